#!/usr/bin/python3
"""Fragments that impacket seals under Kerberos: acceptor_rpc_oracle.py SEED COUNT.

One case a line, hex: KEY SEQUENCE BODY SEALED TOKEN. impacket signs no headers and pads by as much as it takes.
"""
import random
import sys

from impacket.krb5 import gssapi
from impacket.krb5.crypto import Key


def main():
    r = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        etype, size, gss = r.choice(((17, 16, gssapi.GSSAPI_AES128), (18, 32, gssapi.GSSAPI_AES256)))
        key, sequence, body = r.randbytes(size), r.getrandbits(30), r.randbytes(4 * r.randrange(1, 400))
        sealed, token = gss().GSS_Wrap(Key(etype, key), body, sequence)
        print(key.hex(), "%08x" % sequence, body.hex(), sealed.hex(), token.hex())


main()
