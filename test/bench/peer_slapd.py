"""OpenLDAP with mdb, every commit synced, indexed as an administrator would: loaded once by slapadd and kept in
build/bench; what runs is a copy."""
import base64
import hashlib
import os
import secrets
import shutil
import tempfile

from bench_common import KEPT, Failure, end, run, start, tree, wait_for, write

ADDRESS, PORT = "127.0.8.60", 3890
CONFIGURATION = """modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
loglevel none
database mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw {secret}
directory {folder}/db
maxsize 1073741824
index objectClass eq
index uid,cn,sn,mail eq
access to attrs=userPassword by self write by anonymous auth by * none
access to * by users read by * none
"""


def scheme():
    """How passwords are kept unless told otherwise."""
    made = run("slappasswd", "-n", "-s", "x")
    if not made.startswith("{SSHA}"):
        raise Failure(f"slappasswd makes {made[:8]}, not {{SSHA}}")
    return "{SSHA}"


def ssha(password):
    salt = secrets.token_bytes(8)
    return base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()


class Slapd:
    name, rdn, account, accounts = "OpenLDAP", "cn", "uid", "inet"
    address, port = ADDRESS, PORT

    def __init__(self, suffix, people, person):
        self.suffix, self.base, self.admin = suffix, f"ou=Bench,{suffix}", f"cn=admin,{suffix}"
        kept = os.path.join(KEPT, f"slapd-{len(people)}")
        if not os.path.exists(f"{kept}/ready"):
            shutil.rmtree(kept, ignore_errors=True)
            os.makedirs(f"{kept}/db")
            run("slapadd", "-q", "-f", self.configure(kept), "-l", self.ldif(kept, people, person))
            write(f"{kept}/ready", "")
        self.dir = tempfile.mkdtemp(prefix="slapd-run-", dir=KEPT)
        shutil.copytree(f"{kept}/db", f"{self.dir}/db", copy_function=lambda a, b: run("cp", "--sparse=always", a, b))
        self.password = f"{self.dir}/admin"
        self.process = start("slapd", "-f", self.configure(self.dir), "-h", f"ldap://{ADDRESS}:{PORT}", "-d", "0")
        wait_for("slapd", lambda: f"{ADDRESS}:{PORT} " in run("ss", "-Hltn"))
        self.pids = tree(self.process.pid)

    def configure(self, folder):
        secret = f"Adm1n-{secrets.token_hex(8)}"
        write(f"{folder}/admin", secret + "\n")
        schema = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
        return write(f"{folder}/slapd.conf", schema + CONFIGURATION.format(
            folder=folder, suffix=self.suffix, admin=self.admin, secret=secret))

    def ldif(self, folder, people, person):
        top = self.suffix.split(",")[0].split("=")[1]
        text = [f"dn: {self.suffix}\nobjectClass: dcObject\nobjectClass: organization\ndc: {top}\no: Bench\n",
                f"dn: {self.base}\nobjectClass: organizationalUnit\nou: Bench\n"]
        hashed = scheme()
        for name, password in people:
            text.append(f"dn: cn={name},{self.base}\nobjectClass: inetOrgPerson\nuid: {name}\n"
                        f"userPassword: {hashed}{ssha(password)}\n{person(name)}")
        return write(f"{folder}/people.ldif", "\n".join(text))

    def stop(self):
        end(self.process)
        shutil.rmtree(self.dir, ignore_errors=True)
