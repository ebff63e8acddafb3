#!/usr/bin/python3
"""Samba's own NDR code, asked by the tests over a pipe.

A request is one line, the answer is lines as said:
  random TYPE SEED   hex of a random value as Samba writes it; number of lines; the value as name=value
  again TYPE HEX     hex of the value after Samba read it and wrote it again, or "error ..."
  call NAME DIRECTION/HEX/HEX
                     hex of the arguments of a call ("lsa.OpenPolicy2", "in" or "out") after Samba read and
                     wrote them, or "error ..."; the last HEX is the request that an answer belongs to
  sids pac HEX       number of lines; whom a PAC speaks of: user, primary, group, extra and resource SIDs
"""
import importlib
import os
import random
import sys

from samba.ndr import ndr_pack_in, ndr_pack_out, ndr_unpack_in, ndr_unpack_out

import oracle_types

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "rpc"))
import oracle_rpc  # noqa: E402 (types of the folder beside this one)

oracle_types.TYPES.update(oracle_rpc.TYPES)


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


def answer_call(name, rest):
    module, cls = name.split(".")
    direction, data, request = rest.split("/")
    try:
        v = getattr(importlib.import_module("samba.dcerpc." + module), cls)()
        if direction.startswith("in"):
            ndr_unpack_in(v, bytes.fromhex(data))
            data = ndr_pack_in(v, bigendian=direction == "in-big")
        else:
            if request:
                ndr_unpack_in(v, bytes.fromhex(request))
            ndr_unpack_out(v, bytes.fromhex(data))
            data = ndr_pack_out(v)
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
        elif verb == "call":
            answer_call(kind, rest)
        else:
            answer_again(kind, rest)
        sys.stdout.flush()


main()
