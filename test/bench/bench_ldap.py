#!/usr/bin/python3
"""LDAP rows of the bench: Entente beside OpenLDAP (slapd with mdb) in one run, the same 10,000 people, the same
attributes asked for and access checks on. docs/PERFORMANCE.md explains the rows."""
import argparse
import json
import os
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build-release")
KEPT = os.path.join(TOP, "build", "bench")
LOAD = os.path.join(BUILD, "test", "bench", "ldap_load")
FOREST = "ldap.example.com"
SUFFIX = ",".join("DC=" + part for part in FOREST.split("."))
OURS, SLAPD, SLAPD_PORT = "127.0.8.50", "127.0.8.60", 3890
ATTRS = "cn,sn,givenName,displayName,mail,telephoneNumber"

# kind, what the row says, requests, connections, outstanding on each, what is compared
WORKS = [
    ("base", "LDAP base search by DN", 40000, 4, 16, "cpu"),
    ("equality", "LDAP equality search, indexed, subtree", 40000, 4, 16, "cpu"),
    ("latency", "the same, one at a time: p50, us", 4000, 1, 1, "p50"),
    ("bind", "LDAP simple bind, connection kept", 20000, 16, 1, "cpu"),
    ("connect", "LDAP connect and bind", 5000, 4, 1, "cpu"),
    ("add", "LDAP add, durable, 32 clients, a second", 2000, 32, 1, "clock"),
    ("modify", "LDAP modify, durable, 32 clients, a second", 3000, 32, 1, "clock"),
]


def run(*words, **more):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def wait_for(what, ready, seconds=20):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            sys.exit(f"bench: {what} did not come up")
        time.sleep(0.02)


def tree(pid):
    """The process and all below it."""
    found, i = [pid], 0
    while i < len(found):
        for task in os.listdir(f"/proc/{found[i]}/task"):
            with open(f"/proc/{found[i]}/task/{task}/children", encoding="ascii") as f:
                found += [int(p) for p in f.read().split()]
        i += 1
    return found


def pss_kib(pids):
    """Memory of processes, what is shared divided among those that share it."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total


def people(count):
    """Names and passwords, made once for each number."""
    path = os.path.join(KEPT, f"people-{count}")
    if not os.path.exists(path):
        os.makedirs(KEPT, exist_ok=True)
        write(path, "".join(f"user{i:05d} Pass-{secrets.token_hex(8)}\n" for i in range(count)))
    with open(path, encoding="ascii") as f:
        return path, [line.split() for line in f]


def person(name):
    number = name[-5:]
    return (f"cn: {name}\nsn: Last{number}\ngivenName: First{number}\ndisplayName: First{number} Last{number}\n"
            f"mail: {name}@bench.example.com\ntelephoneNumber: +1 555 {number}\n")


class Entente:
    name, rdn, account, accounts, port = "Entente", "CN", "sAMAccountName", "ad", 389

    def __init__(self, count):
        self.dir = tempfile.mkdtemp(prefix="entente-bench-")
        os.chmod(self.dir, 0o755)
        self.address, self.base = OURS, f"OU=Bench,{SUFFIX}"
        self.program = os.path.join(BUILD, "src", "entente")
        self.socket = f"{self.dir}/run/control.sock"
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", self.program, "serve", "--state-dir", f"{self.dir}/state", "--run-dir",
             f"{self.dir}/run", "--user", "nobody", "--log", f"{self.dir}/events.log"], start_new_session=True)
        wait_for("entente", lambda: os.path.exists(self.socket))
        self.password = write(f"{self.dir}/admin", f"Adm1n-{secrets.token_urlsafe(12)}\n")
        self.admin = f"CN=Administrator,CN=Users,{SUFFIX}"
        self.cli("directory", "create", FOREST, "--short-name", "LDAP", "--address", self.address, "--host", "dc1",
                 "--admin-password-file", self.password)
        self.cli("directory", "set", FOREST, "--allow-cleartext-bind")
        began = time.monotonic()
        self.cli("directory", "import", self.ldif(count), "--directory", FOREST)
        print(f"entente: {count} people imported in {time.monotonic() - began:.1f} s")
        self.pids = tree(self.process.pid)

    def cli(self, *words):
        return run(self.program, "--socket", self.socket, *words)

    def ldif(self, count):
        text = [f"dn: {self.base}\nobjectClass: organizationalUnit\n"]
        for name, password in people(count)[1]:
            text.append(f"dn: CN={name},{self.base}\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: 512\n"
                        f"userPassword: {password}\nentente-key: 1 18 {secrets.token_hex(32)}\n{person(name)}")
        return write(f"{self.dir}/people.ldif", "\n".join(text))

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(15)
        shutil.rmtree(self.dir, ignore_errors=True)


class Slapd:
    """OpenLDAP with mdb, every commit synced, indexed as an administrator would; loaded once and kept, run on a copy."""
    name, rdn, account, accounts, port = "OpenLDAP", "cn", "uid", "inet", SLAPD_PORT

    def __init__(self, count):
        self.address, self.base, self.admin = SLAPD, f"ou=Bench,{SUFFIX}", f"cn=admin,{SUFFIX}"
        kept = os.path.join(KEPT, f"slapd-{count}")
        if not os.path.exists(f"{kept}/ready"):
            shutil.rmtree(kept, ignore_errors=True)
            os.makedirs(f"{kept}/db")
            run("slapadd", "-q", "-f", self.configure(kept), "-l", self.ldif(kept, count))
            write(f"{kept}/ready", "")
        self.dir = tempfile.mkdtemp(prefix="slapd-bench-", dir=KEPT)
        shutil.copytree(f"{kept}/db", f"{self.dir}/db", copy_function=lambda a, b: run("cp", "--sparse=always", a, b))
        self.password = f"{self.dir}/admin"
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", "slapd", "-f", self.configure(self.dir), "-h", f"ldap://{SLAPD}:{SLAPD_PORT}", "-d",
             "0"], stderr=subprocess.DEVNULL)
        wait_for("slapd", lambda: f"{SLAPD}:{SLAPD_PORT} " in run("ss", "-Hltn"))
        self.pids = tree(self.process.pid)

    def configure(self, folder):
        secret = f"Adm1n-{secrets.token_hex(8)}"
        write(f"{folder}/admin", secret + "\n")
        schema = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
        return write(f"{folder}/slapd.conf", f"""{schema}modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
loglevel none
database mdb
suffix "{SUFFIX}"
rootdn "{self.admin}"
rootpw {secret}
directory {folder}/db
maxsize 1073741824
index objectClass eq
index uid,cn,sn,mail eq
access to attrs=userPassword by self write by anonymous auth by * none
access to * by users read by * none
""")

    def ldif(self, folder, count):
        top = SUFFIX.split(",")[0].split("=")[1]
        text = [f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: {top}\no: Bench\n",
                f"dn: {self.base}\nobjectClass: organizationalUnit\nou: Bench\n"]
        hashed = run("slappasswd", "-n", "-s", "x")  # its scheme is the administrator's default
        scheme = hashed[:hashed.index("}") + 1]
        for name, password in people(count)[1]:
            text.append(f"dn: cn={name},{self.base}\nobjectClass: inetOrgPerson\nuid: {name}\n"
                        f"userPassword: {ssha(password, scheme)}\n{person(name)}")
        return write(f"{folder}/people.ldif", "\n".join(text))

    def stop(self):
        self.process.terminate()
        self.process.wait(15)
        shutil.rmtree(self.dir, ignore_errors=True)


def ssha(password, scheme):
    import base64
    import hashlib
    if scheme != "{SSHA}":
        sys.exit(f"bench: slappasswd makes {scheme}, not {{SSHA}}")
    salt = secrets.token_bytes(8)
    return scheme + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()


def load(server, work, count, users, tag):
    kind, _, _, conns, window, _ = work
    words = [LOAD, "kind=" + ("equality" if kind == "latency" else kind), f"server={server.address}:{server.port}",
             f"users={people(users)[0]}", f"use={users}", f"base={server.base}", f"rdn={server.rdn}",
             f"filter={server.account}", f"attrs={ATTRS}", f"accounts={server.accounts}", f"tag={tag}", f"count={count}",
             f"conns={conns}", f"window={window}", "pids=" + ",".join(str(p) for p in server.pids)]
    if kind in ("add", "modify"):
        words += [f"bind={server.admin}", f"password-file={server.password}"]
    return json.loads(run("taskset", "-c", "1", *words, timeout=120))


def figure(work, done):
    how = work[5]
    return done["p50_us"] if how == "p50" else done["replies"] / done["cpu_seconds" if how == "cpu" else "seconds"]


def row(work, servers, options):
    rates, sizes = [[] for _ in servers], [0] * len(servers)
    count = max(200, int(work[2] * options.scale))
    for server in servers:
        load(server, work, min(count, 500), options.users, f"w{secrets.token_hex(3)}")
    for _ in range(options.rounds):
        for i, server in enumerate(servers):
            done = load(server, work, count, options.users, f"n{secrets.token_hex(3)}")
            rates[i].append(figure(work, done))
            sizes[i] = done["reply_bytes"]
    return {"work": work[1], "rates": rates, "bytes": sizes, "less": work[5] == "p50"}


def show(row_):
    us, them = (statistics.median(r) for r in row_["rates"])
    ratio = them / us if row_["less"] else us / them
    spread = max((max(v) - min(v)) / statistics.median(v) for v in row_["rates"])
    size = "{:.0f} / {:.0f}".format(*row_["bytes"])
    print(f"| {row_['work']:<42} | {us:>8,.0f} | {them:>8,.0f} | {ratio:>5.2f} | {size:>11} | {spread:>5.0%} |", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="test/bench/bench_ldap.py", description=__doc__)
    parser.add_argument("--users", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="of the numbers of requests")
    parser.add_argument("--only", default="", help="kinds, with commas: " + ",".join(w[0] for w in WORKS))
    parser.add_argument("--alone", action="store_true", help="without the peer")
    parser.add_argument("--hold", action="store_true", help="start, print the processes, and wait")
    options = parser.parse_args()
    run("ninja", "-C", BUILD, "src/entente", "src/entente-serve", "test/bench/ldap_load")
    servers = []
    try:
        servers.append(Entente(options.users))
        servers.append(servers[0] if options.alone else Slapd(options.users))
        if options.hold:
            print(json.dumps([{k: str(v) for k, v in vars(s).items()} for s in servers]), flush=True)
            signal.pause()
        for work in WORKS:
            if not options.only or work[0] in options.only.split(","):
                show(row(work, servers, options))
        for server in servers:
            print(f"{server.name}: {pss_kib(server.pids) / 1024:.1f} MB (PSS) in {len(server.pids)} processes")
    finally:
        for server in set(servers):
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
