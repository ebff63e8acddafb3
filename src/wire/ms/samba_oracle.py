#!/usr/bin/python3
"""Samba's own NDR code, asked by the tests over a pipe.

A request is one line, the answer is lines as said:
  random TYPE SEED   hex of a random value as Samba writes it; number of lines; the value as name=value
  again TYPE HEX     hex of the value after Samba read it and wrote it again, or "error ..."
  sids pac HEX       number of lines; whom a PAC speaks of: user, primary, group, extra and resource SIDs
"""
import random
import sys

import oracle_types


def answer_random(kind, seed):
    value = oracle_types.TYPES[kind]
    data, fields = value.random(random.Random(int(seed)))
    print(data.hex() or "-")
    print(len(fields))
    for name, text in fields:
        print("%s=%s" % (name, text))


def answer_again(kind, data):
    try:
        data = oracle_types.TYPES[kind].again(bytes.fromhex(data) if data != "-" else b"")
        print(data.hex() or "-")
    except Exception as e:  # whatever Samba says is the answer
        print("error %s" % " ".join(str(e).split()))


def answer_sids(data):
    lines = oracle_types.pac_sids(bytes.fromhex(data))
    print(len(lines))
    for line in lines:
        print(line)


def main():
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=False)
    for line in sys.stdin:
        verb, kind, rest = line.split()
        if verb == "random":
            answer_random(kind, rest)
        elif verb == "sids":
            answer_sids(rest)
        else:
            answer_again(kind, rest)
        sys.stdout.flush()


main()
