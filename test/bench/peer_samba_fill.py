#!/usr/bin/python3
"""usage: peer_samba_fill.py SMB.CONF SAM.LDB PASSWORDS COUNT SERVICE: adds users and one service in one transaction."""
import secrets
import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB


def main():
    conf, path, passwords, count, service = sys.argv[1:]
    lp = LoadParm()
    lp.load(conf)
    db = SamDB(url=path, session_info=system_session(), lp=lp)
    base = f"CN=Users,{db.domain_dn()}"

    def add(name, password, **more):
        db.add({"dn": f"CN={name},{base}", "objectClass": "user", "sAMAccountName": name, "userAccountControl": "512",
                "unicodePwd": f'"{password}"'.encode("utf-16-le"), **more})

    db.transaction_start()
    with open(passwords, encoding="ascii") as f:
        for _, line in zip(range(int(count)), f):
            add(*line.split())
    add("web", f"S3rvice-{secrets.token_hex(8)}", servicePrincipalName=service,
        **{"msDS-SupportedEncryptionTypes": "24"})
    db.transaction_commit()


main()
