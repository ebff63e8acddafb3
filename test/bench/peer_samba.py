"""Samba's Active Directory domain controller, provisioned once and kept. Its users are the first of ours, with
the same passwords: it takes about 30 ms to add one."""
import os
import shutil
import sys

from bench_common import AWS, KEPT, Failure, end, run, start, tree, wait_for, write
from bench_users import Keys
from entente_server import SERVICE

ADDRESS = "127.0.8.40"
USERS = 2000
SYSTEM_FOLDERS = ["/run/samba", "/var/lib/samba", "/var/cache/samba", "/etc/samba", "/var/log/samba"]
HERE = os.path.dirname(os.path.abspath(__file__))


class Samba:
    name, share, address = "Samba", 0.05, ADDRESS

    def __init__(self, users, services="ldap,cldap,kdc", port=88):
        self.count = min(USERS, users[AWS].count)
        self.users = {AWS: Keys(self.count, users[AWS].keys)}
        self.passwords = users[AWS].passwords
        self.dir = os.path.join(KEPT, f"samba-{users[AWS].count}")
        self.conf = f"{self.dir}/etc/smb.conf"
        ready = os.path.join(self.dir, "ready")
        for folder in SYSTEM_FOLDERS:  # in the mount namespace of this run
            os.makedirs(folder, exist_ok=True)
            run("mount", "-t", "tmpfs", "none", folder)
        if not os.path.exists(ready):
            print(f"samba: preparing {self.count} users, a minute or two", file=sys.stderr, flush=True)
            shutil.rmtree(self.dir, ignore_errors=True)
            os.makedirs(self.dir)
            self.provision()
            write(ready, "")
        krb5 = write(f"{self.dir}/krb5.conf", f"[libdefaults]\n default_realm = {AWS.upper()}\n[kdc]\n"
                                              " max-kdc-datagram-reply-length = 65000\n")
        self.process = start("/usr/sbin/samba", "-s", self.conf, "--foreground", "--no-process-group",
                             "--option=ldap server require strong auth=no", f"--option=server services={services}",
                             env=dict(os.environ, KRB5_CONFIG=krb5), log=f"{self.dir}/samba.log")
        wait_for("samba", lambda: f"{ADDRESS}:88 " in run("ss", "-Hlun") and f"{ADDRESS}:{port} " in run("ss", "-Hltn"), 60)
        self.pids = tree(self.process.pid)

    def provision(self):
        run("samba-tool", "domain", "provision", f"--realm={AWS.upper()}", "--domain=AWS", "--host-name=samba",
            f"--host-ip={ADDRESS}", "--adminpass=Adm1n-of-the-bench", "--server-role=dc", "--dns-backend=NONE",
            "--function-level=2008_R2", f"--targetdir={self.dir}", f"--option=interfaces={ADDRESS}/8",
            "--option=bind interfaces only=yes", "--option=log level=0",
            "--option=server services=ldap,cldap,kdc")
        run("/usr/bin/python3", os.path.join(HERE, "peer_samba_fill.py"), self.conf, f"{self.dir}/private/sam.ldb",
            self.passwords, str(self.count), SERVICE)

    def kdc(self, forest):
        if forest != AWS:
            raise Failure("samba has one realm here")
        return f"{ADDRESS}:88"

    def stop(self):
        end(self.process)
