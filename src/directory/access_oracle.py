#!/usr/bin/python3
"""Random access checks and inheritances with Samba's answers: access_oracle.py plain|check|create SEED COUNT.

Each case is one line of words, hex where it is bytes:
  plain, check
          descriptor, desired rights, class, property set or -, property or -, self SID or -, the token's
          SIDs with commas, granted 0 or 1
  create  parent descriptor, creator's descriptor, class, default owner, default group, result

Samba's library is called directly, because its Python binding has neither object types nor inheritance.
"""
import ctypes
import random
import re
import struct
import sys

from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack

LIB = ctypes.CDLL("/usr/lib/x86_64-linux-gnu/samba/libsamba-security-samba4.so.0")
NDR = ctypes.CDLL("libndr.so.3")
NDR_STANDARD = ctypes.CDLL("libndr-standard.so.0")

DOMAIN = "S-1-5-21-1000-2000-3000"
SIDS = ["%s-%d" % (DOMAIN, rid) for rid in (500, 512, 1104, 1105)]
SIDS += ["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-7"]
SELF, OWNER_RIGHTS = "S-1-5-10", "S-1-3-4"
CREATORS = ["S-1-3-0", "S-1-3-1"]
GUIDS = [bytes([n]) * 16 for n in range(1, 7)]
RIGHTS = [1 << n for n in list(range(9)) + [16, 17, 18, 19]]
# Samba grants whatever is desired on meeting an object ACE that allows control access.
NO_CONTROL = [right for right in RIGHTS if right != 0x100]


class Blob(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Token(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint32), ("sids", ctypes.c_char_p),
                ("privileges", ctypes.c_uint64), ("rights", ctypes.c_uint32)]


def c_sid(text):
    """struct dom_sid, which is the wire's bytes with room for all sub-authorities."""
    return sid_bytes(text).ljust(68, b"\0") if text else None


def make_token(sids):
    return ctypes.byref(Token(len(sids), b"".join(map(c_sid, sids)), 0, 0))


def address(value):
    """Where the C structure of a Python object of Samba's is."""
    return ctypes.c_void_p(int(re.search(r"0x([0-9a-f]+)>", repr(value)).group(1), 16))


def sid_bytes(text):
    return ndr_pack(security.dom_sid(text))


def make_ace(rnd, sids, guids, flags, rights=RIGHTS):
    mask = sum(set(rnd.sample(rights, rnd.randint(1, 6))))
    kind, parts = rnd.choice([0, 0, 1]), b""
    if guids and rnd.random() < 0.5:
        kind += 5
        present = rnd.choice([0, 1, 1, 2, 3])
        parts = struct.pack("<I", present)
        for bit in (1, 2):
            if present & bit:
                parts += rnd.choice(guids)
    body = struct.pack("<I", mask) + parts + sid_bytes(rnd.choice(sids))
    return struct.pack("<BBH", kind, flags(rnd), 4 + len(body)) + body


def make_sd(rnd, aces, owner, group, protected=False):
    control, offsets, body = 0x8000, [], b""
    for sid in (owner, group):
        offsets.append(20 + len(body) if sid else 0)
        body += sid_bytes(sid) if sid else b""
    offsets += [0, 0]
    if aces is not None:
        control |= 4 | (0x1000 if protected else 0)
        acl = b"".join(aces)
        offsets[3] = 20 + len(body)
        body += struct.pack("<BBHHH", 4, 0, 8 + len(acl), len(aces), 0) + acl
    head = struct.pack("<BBHIIII", 1, 0, control, *offsets)
    return ndr_unpack(security.descriptor, head + body)


def wire(value):
    return ndr_pack(value).hex()


def insert(guid, access, parent):
    node = ctypes.c_void_p()
    root = ctypes.c_void_p(parent) if parent else None
    assert LIB.insert_in_object_tree(None, guid, access, root, ctypes.byref(node))
    return node.value


def effective(rnd):
    return rnd.choice([0, 0, 0, 8, 2])


def plain(rnd):
    """Without object types, but with OWNER RIGHTS, which Samba's other check does not know."""
    aces = [make_ace(rnd, SIDS + [OWNER_RIGHTS] * 4, None, effective)
            for _ in range(rnd.randint(0, 6))]
    sd = make_sd(rnd, aces, rnd.choice(SIDS[:3]), rnd.choice(SIDS))
    held = rnd.sample(SIDS, rnd.randint(1, 5))
    desired = sum(set(rnd.sample(RIGHTS, rnd.choice([1, 1, 1, 2]))))
    granted = ctypes.c_uint32()
    status = LIB.se_access_check(address(sd), make_token(held), ctypes.c_uint32(desired),
                                 ctypes.byref(granted))
    return [wire(sd), "%x" % desired, "-", "-", "-", "-",
            ",".join(sid_bytes(s).hex() for s in held), "1" if status == 0 else "0"]


def check(rnd):
    self_sid = rnd.choice(SIDS[:4] + [None])
    aces = [make_ace(rnd, SIDS + [SELF], GUIDS[:5], effective, NO_CONTROL)
            for _ in range(rnd.randint(0, 8))]
    sd = make_sd(rnd, aces, rnd.choice(SIDS), rnd.choice(SIDS))
    held = rnd.sample(SIDS, rnd.randint(1, 5))
    # One right: Samba keeps two accounts, and what object ACEs grant is not put together with the rest.
    desired = rnd.choice(RIGHTS)
    depth = rnd.randint(1, 3)
    guids = rnd.sample(GUIDS, 3)
    tree = insert(guids[0], desired, None)
    node = tree
    for guid in guids[1:depth]:
        node = insert(guid, desired, node)
    granted = ctypes.c_uint32()
    status = LIB.sec_access_check_ds(address(sd), make_token(held), ctypes.c_uint32(desired),
                                     ctypes.byref(granted), ctypes.c_void_p(tree),
                                     c_sid(self_sid))
    path = [g.hex() for g in guids[:depth]]
    return [wire(sd), "%x" % desired, path[0], path[1] if depth == 3 else "-",
            path[-1] if depth > 1 else "-", sid_bytes(self_sid).hex() if self_sid else "-",
            ",".join(sid_bytes(s).hex() for s in held), "1" if status == 0 else "0"]


def create(rnd):
    def inheritable(r):
        return r.choice([0, 2, 2, 2, 10, 6, 14, 8])

    def explicit(r):
        return r.choice([0, 0, 2, 10])

    parent = make_sd(rnd, [make_ace(rnd, SIDS + CREATORS, GUIDS[:3], inheritable)
                           for _ in range(rnd.randint(0, 6))], SIDS[0], SIDS[1])
    protected = rnd.random() < 0.2
    creator = make_sd(rnd, [make_ace(rnd, SIDS, GUIDS[:3], explicit)
                            for _ in range(rnd.randint(0, 4))],
                      rnd.choice([None] + SIDS[2:4]), rnd.choice([None, SIDS[3]]), protected)
    owner, group = SIDS[2], SIDS[1]
    class_guid = GUIDS[0]
    objects = class_guid + bytes(16)
    mapper = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32)(lambda mask: mask)
    LIB.create_security_descriptor.restype = ctypes.c_void_p
    auto = 1 | 2  # DACL and SACL from the parent
    result = LIB.create_security_descriptor(None, address(parent), address(creator), True, objects,
                                            ctypes.c_uint32(auto), make_token([owner]), c_sid(owner),
                                            c_sid(group), mapper)
    blob = Blob()
    assert NDR.ndr_push_struct_blob(ctypes.byref(blob), None, ctypes.c_void_p(result),
                                    NDR_STANDARD.ndr_push_security_descriptor) == 0
    return [wire(parent), wire(creator), class_guid.hex(), sid_bytes(owner).hex(), sid_bytes(group).hex(),
            ctypes.string_at(blob.data, blob.length).hex()]


VERBS = {"plain": plain, "check": check, "create": create}


def main():
    verb, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for n in range(count):
        rnd = random.Random(seed * 1000003 + n)
        print(*VERBS[verb](rnd))


main()
