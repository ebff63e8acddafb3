#!/usr/bin/python3
"""Random keys, signatures and encrypted messages of SMB, computed by python3-cryptography (OpenSSL).

smb_crypto_oracle.py SEED COUNT; one case a line, its words as hex (nothing: "-"):
  keys GENERATION CIPHER SESSION-KEY PREAUTH SIGN APPLICATION TO-SERVER TO-CLIENT
  sign ALGORITHM KEY MESSAGE SIGNATURE         the message's own signature field is random
  seal CIPHER KEY HEADER PLAIN SEALED          the header with its signature
"""
import random
import struct
import sys

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.kdf.kbkdf import CounterLocation, KBKDFHMAC, Mode

CONTEXTS_30 = {"sign": (b"SMB2AESCMAC\0", b"SmbSign\0"), "app": (b"SMB2APP\0", b"SmbRpc\0"),
               "in": (b"SMB2AESCCM\0", b"ServerIn \0"), "out": (b"SMB2AESCCM\0", b"ServerOut\0")}
LABELS_311 = {"sign": b"SMBSigningKey\0", "app": b"SMBAppKey\0",
              "in": b"SMBC2SCipherKey\0", "out": b"SMBS2CCipherKey\0"}


def kdf(key, label, context, length):
    return KBKDFHMAC(hashes.SHA256(), Mode.CounterMode, length, 4, 4, CounterLocation.BeforeFixed,
                     label, context, None).derive(key)


def keys(r):
    generation, cipher = r.randrange(3), r.randrange(1, 5)
    session, preauth = r.randbytes(r.choice((8, 16, 24, 32))), r.randbytes(64)
    short = session[:16].ljust(16, b"\0")
    out = [short, short, bytes(32), bytes(32)]
    if generation:
        out = []
        for name in ("sign", "app", "in", "out"):
            label, context = CONTEXTS_30[name] if generation == 1 else (LABELS_311[name], preauth)
            long = cipher > 2 and name in ("in", "out")
            out.append(kdf(session if long else short, label, context, 32 if long else 16))
        out[2:] = [k.ljust(32, b"\0") for k in out[2:]]
    return ["keys", generation, cipher, session, preauth, *out]


def sign(r):
    algorithm, key = r.randrange(3), r.randbytes(16)
    message = bytearray(r.randbytes(64 + r.choice((0, 1, 15, 16, 17, r.randrange(5000)))))
    message[12:14] = struct.pack("<H", r.choice((0x0c, 0x0c0c, r.randrange(0x13))))
    clear = bytes(message[:48]) + bytes(16) + bytes(message[64:])
    if algorithm == 0:
        done = hmac.HMAC(key, hashes.SHA256())
        done.update(clear)
        signature = done.finalize()[:16]
    elif algorithm == 1:
        done = CMAC(AES(key))
        done.update(clear)
        signature = done.finalize()
    else:
        who = (message[16] & 1) | (2 if message[12:14] == b"\x0c\0" else 0)
        signature = AESGCM(key).encrypt(bytes(message[24:32]) + struct.pack("<I", who), b"", clear)
    return ["sign", algorithm, key, bytes(message), signature]


def seal(r):
    cipher = r.randrange(1, 5)
    key, plain = r.randbytes(32 if cipher > 2 else 16), r.randbytes(r.choice((1, 16, 64, r.randrange(9000))))
    aead, size = (AESCCM, 11) if cipher in (1, 3) else (AESGCM, 12)
    tail = r.randbytes(size).ljust(16, b"\0") + struct.pack("<IHHQ", len(plain), 0, 1, r.getrandbits(64))
    sealed = aead(key).encrypt(tail[:size], plain, tail)
    return ["seal", cipher, key, b"\xfdSMB" + sealed[-16:] + tail, plain, sealed[:-16]]


def main():
    r = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        for case in (keys(r), sign(r), seal(r)):
            print(*(w.hex() or "-" if isinstance(w, bytes) else w for w in case))


main()
