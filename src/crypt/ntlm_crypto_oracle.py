#!/usr/bin/python3
"""Random keys and messages of NTLM version 2, computed by impacket: ntlm_crypto_oracle.py SEED COUNT.

One case a line, its words as hex (nothing: "-"):
  NT-HASH USER DOMAIN CHALLENGE TEMP PROOF BASE-KEY EXPORTED ENCRYPTED MIC-MESSAGE MIC
  SIDE EXCHANGED MESSAGE SIGNATURE HEADER SECRET SEALED SIGNATURE
MESSAGE is the first of its direction, only signed; then HEADER and SECRET are signed and SECRET is sealed.
USER and DOMAIN are UTF-8, USER as it was typed.
"""
import hashlib
import hmac
import random
import sys

from Cryptodome.Cipher import ARC4
from impacket import ntlm

LETTERS = "abcxyzABCXYZ019.-_äÄéÉñÑøØœŒжЖωΩ中"


def name(r, least):
    return "".join(r.choice(LETTERS) for _ in range(r.randrange(least, 20)))


def case(r):
    nt_hash, user, domain = r.randbytes(16), name(r, 1), name(r, 0)
    challenge, temp, exported = r.randbytes(8), r.randbytes(r.randrange(28, 300)), r.randbytes(16)
    owf = ntlm.NTOWFv2(user, "", domain, hash=nt_hash)
    proof = ntlm.hmac_md5(owf, challenge + temp)
    base = ntlm.hmac_md5(owf, proof)
    encrypted = ntlm.generateEncryptedSessionKey(base, exported)
    messages = r.randbytes(r.randrange(200))
    mic = hmac.new(exported, messages, hashlib.md5).digest()

    side, exchanged = r.choice(("Client", "Server")), r.randrange(2)
    flags = ntlm.NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY | ntlm.NTLMSSP_NEGOTIATE_128
    flags |= ntlm.NTLMSSP_NEGOTIATE_SIGN | ntlm.NTLMSSP_NEGOTIATE_SEAL
    flags |= ntlm.NTLMSSP_NEGOTIATE_KEY_EXCH if exchanged else 0
    sign_key = ntlm.SIGNKEY(flags, exported, side)
    seal_key = ntlm.SEALKEY(flags, exported, side)
    handle = ARC4.new(seal_key).encrypt
    message, header, secret = r.randbytes(r.randrange(99)), r.randbytes(r.randrange(40)), r.randbytes(r.randrange(1, 999))
    first = ntlm.SIGN(flags, sign_key, message, 0, handle).getData()
    sealed, second = ntlm.SEAL(flags, sign_key, seal_key, header + secret, secret, 1, handle)
    return [nt_hash, user.encode(), domain.encode(), challenge, temp, proof, base, exported, encrypted, messages, mic,
            bytes([side == "Server"]), bytes([exchanged]), message, first, header, secret, sealed, second.getData()]


def main():
    r = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        print(*(w.hex() or "-" for w in case(r)))


main()
