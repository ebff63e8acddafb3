#!/usr/bin/python3
"""usage: smb_calls.py CONF KIND ADDRESS DOMAIN USER PASSWORD-FILE COUNT NAMES: COUNT SMB sessions (KIND sessions: connect, NTLMv2, IPC$,
close), or lookups of names over one pipe (KIND lookups, one name each, in turn from the file NAMES). Samba's own client
library; prints how many were answered as they should be. What the client costs is not counted: see bench_rpc.py."""
import sys

from samba.credentials import DONT_USE_KERBEROS, Credentials
from samba.dcerpc import lsa, security
from samba.param import LoadParm
from samba.samba3 import libsmb_samba_internal as libsmb
from samba.samba3 import param as s3param


def sessions(conf, address, creds, count, _names):
    lp = s3param.get_context()
    lp.load(conf)
    good = 0
    for _ in range(count):
        conn = libsmb.Conn(address, "IPC$", lp=lp, creds=creds)
        good += conn is not None
        del conn
    return good


def lookups(conf, address, creds, count, names):
    lp = LoadParm()
    lp.load(conf)
    pipe = lsa.lsarpc(f"ncacn_np:{address}[smb2]", lp, creds)
    attributes = lsa.ObjectAttribute()
    attributes.sec_qos = lsa.QosInfo()
    policy = pipe.OpenPolicy2("", attributes, security.SEC_FLAG_MAXIMUM_ALLOWED)
    good = 0
    for i in range(count):
        name = lsa.String()
        name.string = names[i % len(names)]
        _, sids, _ = pipe.LookupNames(policy, [name], lsa.TransSidArray(), lsa.LSA_LOOKUP_NAMES_ALL, 0)
        good += sids.count == 1 and sids.sids[0].sid_type == lsa.SID_NAME_USER
    return good


def main():
    conf, kind, address, domain, user, secret, count, names = sys.argv[1:]
    creds = Credentials()
    base = LoadParm()
    base.load(conf)
    creds.guess(base)
    creds.set_domain(domain)
    creds.set_username(user)
    creds.set_kerberos_state(DONT_USE_KERBEROS)
    with open(secret, encoding="utf-8") as f:
        creds.set_password(f.read().strip())
    with open(names, encoding="ascii") as f:
        known = [line.split()[0] for line in f]
    print({"sessions": sessions, "lookups": lookups}[kind](conf, address, creds, int(count), known))


main()
