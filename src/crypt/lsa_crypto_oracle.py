#!/usr/bin/python3
"""Encrypts as [MS-LSAD] 5.1.5 and [MS-SAMR] 3.2.2.4 say, with another library: "LSAD" or "SAM", key and text in
hexadecimal; prints tag, salt, cipher."""
import hashlib
import hmac
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def derive(key, what):
    label = b"Microsoft " + sys.argv[1].encode() + b" " + what + b" key AEAD-AES-256-CBC-HMAC-SHA512 16\0"
    return hmac.new(key, label, hashlib.sha512).digest()


def main():
    key, text = bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
    salt, pad = hashlib.sha256(text).digest()[:16], 16 - len(text) % 16
    aes = Cipher(algorithms.AES(derive(key, b"encryption")[:32]), modes.CBC(salt)).encryptor()
    cipher = aes.update(text + bytes([pad]) * pad) + aes.finalize()
    tag = hmac.new(derive(key, b"MAC"), b"\1" + salt + cipher + b"\1", hashlib.sha512).digest()
    print((tag + salt + cipher).hex())


main()
