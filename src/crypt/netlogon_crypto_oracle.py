#!/usr/bin/python3
"""Random values of the secure channel, computed by impacket: netlogon_crypto_oracle.py SEED COUNT.

One case a line, its words as hex (nothing: "-"):
  NT-HASH CLIENT-CHALLENGE SERVER-CHALLENGE KEY CREDENTIAL HASH-ENCRYPTED STAMP AUTHENTICATOR
  NUMBER HEADER SECRET CONFOUNDER SEALED TOKEN
HASH-ENCRYPTED is NT-HASH under DES with KEY. The fragment is one that a client sends.
"""
import hashlib
import hmac
import random
import sys

from impacket import crypto
from impacket.dcerpc.v5 import nrpc


def checksum(token, message, confounder, key):
    """impacket's own adds text to bytes, which Python 3 does not do."""
    return hmac.new(key, token.getData()[:8] + confounder + message, hashlib.sha256).digest()[:8]


def case(r):
    nt_hash, client, server = r.randbytes(16), r.randbytes(8), r.randbytes(8)
    key = nrpc.ComputeSessionKeyAES("", client, server, nt_hash)
    credential = nrpc.ComputeNetlogonCredentialAES(client, key)
    stamp = r.randrange(1 << 32)
    low = (int.from_bytes(credential[:4], "little") + stamp) & 0xFFFFFFFF
    authenticator = nrpc.ComputeNetlogonCredentialAES(low.to_bytes(4, "little") + credential[4:], key)
    number = r.randrange(1 << r.choice((4, 32, 40, 63)))
    header, secret, confounder = r.randbytes(r.randrange(40)), r.randbytes(r.randrange(1, 999)), r.randbytes(8)
    sealed, token = nrpc.SEAL(header + secret, confounder, number, key, aes=True)
    # The header is signed and not encrypted: seal the secret alone under the same checksum.
    xor_key = bytes(b ^ 0xF0 for b in key)
    cipher = nrpc.AES.new(xor_key, nrpc.AES.MODE_CFB, nrpc.deriveSequenceNumber(number) * 2)
    cipher.encrypt(confounder)
    sealed = cipher.encrypt(secret)
    return [nt_hash, client, server, key, credential, crypto.SamEncryptNTLMHash(nt_hash, key),
            stamp.to_bytes(4, "little"), authenticator, number.to_bytes(8, "little"), header, secret, confounder,
            sealed, token.getData()]


def main():
    nrpc.ComputeNetlogonSignatureAES = checksum
    r = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        print(*(w.hex() or "-" for w in case(r)))


main()
