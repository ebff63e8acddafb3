#!/usr/bin/python3
"""The floors of the house: who may include whom.

Every #include "FOLDER/..." under src/ must be of the file's own folder or of one in its meson.build's
`uses`; `uses` may name lower floors only (the table below); and there is no cycle. Prints one line per
fault; exits 1 when there is one.
"""
import os
import re
import sys

import tree

FLOOR = {
    "base": 0, "plat": 1, "crypt": 1, "operation": 1,
    "wire/der": 2, "wire/ndr": 2, "wire/krb": 2, "wire/ldap": 2, "wire/dns": 2, "wire/ms": 2,
    "wire/rpc": 2, "wire/smb2": 2, "wire/ntlm": 2, "wire/spnego": 2, "store": 2,
    "directory": 3, "trust": 3, "network": 3, "awsapi": 3, "auth": 4,
    "kdc": 5, "ldap": 5, "dns": 5, "smb": 5, "rpc": 5, "peer": 5,
    "writer": 6, "control": 6, "serve": 7, "cli": 7,
}
SECOND_LEVEL = {"wire/der", "wire/ndr"}  # under the other codecs, though on their floor
BESIDE = {("wire/rpc", "wire/ms")}  # the interfaces of Windows speak of its structures
WIRE = {f for f in FLOOR if f.startswith("wire/")}
CODECS = WIRE - {"wire/ms", "wire/ndr", "wire/der"}
# What a folder may never use although it is lower, or the only ones that it may.
NEVER = {
    "directory": {"plat"} | CODECS, "trust": {"plat", "store"} | CODECS, "network": {"plat"},
    "writer": {"auth"} | CODECS, "control": CODECS,
}
NEVER.update({f: {"plat", "store"} for f in WIRE})
ONLY = {
    "store": {"base", "plat"}, "cli": {"base", "plat", "operation"}, "operation": {"base"},
    "network": {"base"}, "awsapi": {"base", "crypt"}, "plat": {"base"}, "crypt": {"base"},
}
NO_SERVICES = {"writer", "control"}  # they speak no service's protocol; control reads trusts as auth does


def may_use(folder, used):
    if used in NEVER.get(folder, ()) or (folder in ONLY and used not in ONLY[folder]):
        return False
    if FLOOR[used] < FLOOR[folder]:
        return not (folder in NO_SERVICES and FLOOR[used] > 4)
    return (used in SECOND_LEVEL and folder in WIRE - SECOND_LEVEL) or (folder, used) in BESIDE


def cycle_from(folder, uses, path):
    if folder in path:
        return path[path.index(folder):] + [folder]
    for used in uses.get(folder, ()):
        found = cycle_from(used, uses, path + [folder])
        if found:
            return found
    return None


def main():
    faults = []
    folders = tree.folders()
    uses = {f: tree.names(f, "uses") for f in folders}
    for f in folders:
        if f not in FLOOR:
            faults.append("src/%s: not in the table of floors (tools/scan_floors.py)" % f)
            continue
        for u in uses[f]:
            if u not in FLOOR or not may_use(f, u):
                faults.append("src/%s/meson.build: %s may not use %s" % (f, f, u))
        found = cycle_from(f, uses, [])
        if found:
            faults.append("src/%s/meson.build: cycle %s" % (f, " -> ".join(found)))
    for path in tree.tracked("src/*.c", "src/*.h"):
        folder = os.path.dirname(path)[len("src/"):]
        for n, line in enumerate(tree.read(path).splitlines(), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not m:
                continue
            target = os.path.dirname(m.group(1))
            allowed = list(uses.get(folder, ()))
            if re.search(r"_(test|fuzz)\.[ch]$", path) and folder in uses:
                allowed += tree.names(folder, "test_uses")
            if target != folder and target not in allowed:
                faults.append('%s:%d: %s does not use "%s"' % (path, n, folder, m.group(1)))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
