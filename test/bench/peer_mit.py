"""MIT's krb5kdc with db2 and neither last success nor lockout written: as fast as Debian's package goes."""
import os
import secrets
import shutil
import sys

from bench_common import AWS, CORP, KEPT, end, run, start, tree, wait_for, write
from entente_server import SERVICE

ADDRESS, PORT = "127.0.8.30", 8830


class Mit:
    name, share = "MIT", 1

    def __init__(self, users):
        self.users = users
        self.dir = os.path.join(KEPT, f"mit-{users[AWS].count}")
        ready = os.path.join(self.dir, "ready")
        self.env = dict(os.environ, KRB5_CONFIG=f"{self.dir}/krb5.conf", KRB5_KDC_PROFILE=f"{self.dir}/kdc.conf")
        if not os.path.exists(ready):
            print(f"krb5kdc: preparing {users[AWS].count} users", file=sys.stderr)
            shutil.rmtree(self.dir, ignore_errors=True)
            os.makedirs(self.dir)
            self.configure()
            for forest, other in ((AWS, CORP), (CORP, AWS)):
                self.fill(forest.upper(), other.upper(), users[forest])
            write(ready, "")
        self.process = start("krb5kdc", "-n", "-r", AWS.upper(), "-r", CORP.upper(), env=self.env,
                             log=f"{self.dir}/out.log")
        wait_for("krb5kdc", lambda: f"{ADDRESS}:{PORT} " in run("ss", "-Hlun"))
        self.pids = tree(self.process.pid)

    def configure(self):
        realms = "".join(f" {r.upper()} = {{\n  database_module = {r}\n  key_stash_file = {self.dir}/{r}.stash\n"
                         "  supported_enctypes = aes256-cts-hmac-sha1-96:normal\n"
                         "  master_key_type = aes256-cts-hmac-sha1-96\n }\n" for r in (AWS, CORP))
        modules = "".join(f" {r} = {{\n  db_library = db2\n  database_name = {self.dir}/{r}\n"
                          "  disable_last_success = true\n  disable_lockout = true\n }\n" for r in (AWS, CORP))
        write(f"{self.dir}/krb5.conf", f"[libdefaults]\n default_realm = {AWS.upper()}\n dns_lookup_kdc = false\n"
                                       f"[logging]\n kdc = FILE:{self.dir}/kdc.log\n")
        write(f"{self.dir}/kdc.conf", f"[kdcdefaults]\n kdc_listen = {ADDRESS}:{PORT}\n"
                                      f" kdc_tcp_listen = {ADDRESS}:{PORT}\n[realms]\n{realms}[dbmodules]\n{modules}")

    def fill(self, realm, other, users):
        run("kdb5_util", "-r", realm, "create", "-s", "-P", secrets.token_hex(8), env=self.env)
        script = [f"addprinc -pw {password} +requires_preauth {name}"
                  for name, password in users.lines(users.passwords)]
        script += [f"addprinc -randkey {SERVICE}"]
        script += [f"addprinc -pw between-{a}-{b} krbtgt/{a}@{b}" for a, b in ((realm, other), (other, realm))]
        run("kadmin.local", "-r", realm, input="\n".join(script) + "\n", env=self.env)

    def kdc(self, _forest):
        return f"{ADDRESS}:{PORT}"

    def stop(self):
        end(self.process)
        os.unlink(f"{self.dir}/kdc.log")
