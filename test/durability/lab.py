"""A forest with two domain controllers, stock clients that use it all the time and keep a journal of what
they were told, and an administrator who does terrible things to its processes meanwhile."""

import base64
import os
import re
import signal
import threading
import time
import traceback
from pathlib import Path

from entente import Client, EntenteForest
from netns import Network, wait_for
from world import World

PATIENCE = 60  # seconds until a failure is called one; nothing waits so long when all is well


def children(pid):
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def role(pid):
    """Empty when it has just ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def entries(ldif):
    """{DN in lower case: {attribute in lower case: [values]}} of ldapsearch -LLL."""
    found = {}
    for block in re.split(r"\n\n+", ldif.replace("\n ", "")):
        pairs = [m.groups() for m in re.finditer(r"^([\w;-]+)(::?) ?(.*)$", block, re.MULTILINE)]
        if not pairs or pairs[0][0] != "dn":
            continue
        values = {}
        for name, colon, value in pairs[1:]:
            if colon == "::" and name.lower() != "objectsid":
                value = base64.b64decode(value).decode("utf-8", errors="replace")
            values.setdefault(name.lower(), []).append(value)
        dn = base64.b64decode(pairs[0][2]).decode() if pairs[0][1] == "::" else pairs[0][2]
        found[dn.lower()] = values
    return found


def rid(sid_base64):
    return int.from_bytes(base64.b64decode(sid_base64)[-4:], "little")


class Lab:
    def __init__(self, tag):
        self.world = World(tag, dcs=2)
        self.net = Network(tag)
        self.faults, self.outages, self.loads, self.over = [], [], [], False
        try:
            self.forest = EntenteForest(self.net, self.world.cloud)
            self.forest.serve()
            self.forest.create()
            # One client is to use UDP for everything.
            self.forest.cli("directory", "set", "--udp-reply-limit", "60000")
            self.spn = f"HTTP/web.{self.world.cloud.dns}"
            self.forest.add_service("web", self.spn)
            self.keytab = self.forest.keytab("web")
            self.admin = self.client("admin")
            self.admin_logon(self.admin)
            self.ldif(self.admin, 0, f"dn: {self.world.cloud.base}\nchangetype: modify\nreplace: minPwdAge\n"
                      "minPwdAge: 0\n-\nreplace: pwdHistoryLength\npwdHistoryLength: 0\n", must=True)
        except BaseException:
            self.close()
            raise

    def close(self):
        self.over = True
        for load in self.loads:
            load.join(2 * PATIENCE)
        self.net.close()

    # --- clients -------------------------------------------------------------------------------

    def client(self, name, tcp=False):
        """A machine whose first DNS server is now the one, now the other domain controller."""
        number = len(self.net.hosts)
        f = self.world.cloud
        servers = f.addresses if number % 2 else f.addresses[::-1]
        made = Client(self.net, f"10.99.{self.world.net}.{200 + number}", servers, f.realm, name)
        made.first_server = servers[0]
        made.tcp = tcp
        conf = Path(made.host.krb5).read_text(encoding="utf-8")
        limit = 1 if tcp else 32700
        made.host.write("krb5.conf", conf.replace("udp_preference_limit = 1400", f"udp_preference_limit = {limit}"))
        return made

    def principal(self, name):
        return f"{name}@{self.world.cloud.realm}"

    def admin_logon(self, client):
        return client.kinit(self.principal("Administrator"), self.world.cloud.admin_password, ok=False)

    def ldif(self, client, dc, text, must=False, tool="ldapmodify"):
        """Changes as Administrator, signed and sealed by the ticket in the client's cache."""
        r = client.run(tool, "-Y", "GSSAPI", "-Q", "-N", "-H", f"ldap://{self.world.cloud.fqdn(dc)}", input=text)
        assert not must or r.returncode == 0, r.stdout
        return r

    def search(self, client, dc, pattern, *attributes, options=()):
        """Waits for an answer: a search loses nothing when it is asked again."""
        def answer():
            r = client.run("ldapsearch", "-Y", "GSSAPI", "-Q", "-N", "-LLL", "-o", "ldif-wrap=no", "-E",
                           "pr=500/noprompt", *options, "-H", f"ldap://{self.world.cloud.fqdn(dc)}", "-b",
                           self.world.cloud.base, pattern, *attributes)
            if r.returncode:
                self.admin_logon(client)
            return r if r.returncode == 0 else None
        return entries(wait_for(answer, f"a search on {dc}", PATIENCE).stdout)

    # --- what happened -------------------------------------------------------------------------

    def fault(self, text):
        self.faults.append(text)

    def excused(self, begun):
        """Nothing answers while there is no service at all."""
        return any(begun <= end and time.monotonic() >= start for start, end in self.outages)

    def start(self, *loads):
        self.loads += loads
        for load in loads:
            load.start()

    def finish(self):
        """Ends the load; every process has to be there again, and what is stored has to be whole."""
        self.over = True
        for load in self.loads:
            load.join()
        self.forest.wait_ready()
        self.barrier()
        code, body, text = self.forest.try_cli("directory", "check", self.world.cloud.dns)
        if code != 0 or body["verdict"] != "pass":
            self.fault(f"directory check: {text}")
        for load in self.loads:
            load.verify()
        print({load.name: dict(load.tally) for load in self.loads})
        assert not self.faults, "\n\n".join(self.faults[:20])

    def barrier(self):
        """A write that was acknowledged: what was asked of the writer before is settled."""
        def write():
            return self.forest.try_cli("group", "create", f"barrier{time.monotonic_ns()}")[0] == 0
        wait_for(write, "a write", PATIENCE)

    # --- the processes -------------------------------------------------------------------------

    def pids(self):
        """{name: pid}, with the service's own and the parent; None when that cannot be told now."""
        code, body, _ = self.forest.try_cli("directory", "show", self.world.cloud.dns)
        if code != 0 or not all(p["ready"] for p in body["result"]["processes"]):
            return None
        found = {p["name"]: p["pid"] for p in body["result"]["processes"]}
        rest = set(children(self.forest.proc.pid)) - set(found.values())
        service = {role(pid): pid for pid in rest}
        if sorted(service) != ["control", "files"] or len(found) < 11:
            return None
        return {**found, **service, "parent": self.forest.proc.pid}

    def ready(self):
        return wait_for(self.pids, "all processes", PATIENCE)

    def progress(self, what, but=lambda client: False):
        """Waits until a logon that begins now has come to its right end, of each kind."""
        since = time.monotonic()
        for load in self.loads:
            if isinstance(load, Logons) and not but(load.client):
                wait_for(lambda: load.last_good > since or self.faults, f"{load.name} logons: {what}", PATIENCE)

    def patient(self, name):
        """Which clients go on when this process is stopped, but not soon: over TCP the stock client stays for ten
        seconds with a KDC whose kernel took its connection; a resolver asks a silent first server for a second
        or two, at each of many lookups."""
        role, host = name.split()[0], name.split("/")[-1]
        f = self.world.cloud
        if role == "kdc":
            return lambda client: client.tcp
        if role == "dns":
            return lambda client: client.first_server == f.addresses[f.hosts.index(host)]
        return lambda client: False

    def kill(self, name, but=lambda client: False):
        pid = self.ready()[name]
        if name == "parent":
            return self.kill_parent()
        os.kill(pid, signal.SIGKILL)
        self.progress(f"killed {name}", but)
        return wait_for(lambda: (self.pids() or {name: pid})[name] != pid, f"another {name}", PATIENCE)

    def kill_parent(self):
        pids = self.ready()
        begun = time.monotonic()
        self.outages.append((begun, begun + 10 * PATIENCE))
        self.forest.proc.kill()
        self.forest.proc.wait()
        self.forest.host.procs.remove(self.forest.proc)
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids.values()), "their end", PATIENCE)
        self.forest.serve()
        self.ready()
        self.outages[-1] = (begun, time.monotonic())
        self.progress("killed parent")

    def stop(self, name, killed=None):
        """Stopped until logons that began meanwhile have succeeded; another one may be killed meanwhile."""
        pid = self.ready()[name]
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(self.world.rng.uniform(0.2, 2.5))
            if killed:
                self.kill(killed, self.patient(name))
            self.progress(f"stopped {name}", self.patient(name))
        finally:
            os.kill(pid, signal.SIGCONT)
        assert self.ready()[name] == pid, f"{name} was started anew because it was stopped"


class Load(threading.Thread):
    def __init__(self, lab, name, tcp=False):
        super().__init__(name=name, daemon=True)
        self.lab, self.client, self.rng = lab, lab.client(name, tcp), lab.world.rng
        self.tally = {}

    def run(self):
        try:
            while not self.lab.over:
                self.turn()
        except BaseException:
            self.lab.fault(f"{self.name}: {traceback.format_exc()}")

    def count(self, what):
        self.tally[what] = self.tally.get(what, 0) + 1

    def verify(self):
        pass

    def secret(self, text):
        path = f"{self.client.host.dir}/secret"
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(text + "\n")
        return path

    def logon(self, name, password, right):
        """kinit; whether it succeeded, which has to be as it is right. None: no KDC was there, with excuse."""
        begun = time.monotonic()
        r = self.client.kinit(self.lab.principal(name), password, ok=False)
        if r.returncode == 0 and right is not False:
            self.count("logons")
        elif r.returncode and re.search("incorrect|Preauthentication failed", r.stdout) and right is not True:
            self.count("refusals")
        elif r.returncode and re.search("Cannot (contact any|find) KDC|Resource temporarily unavailable",
                                        r.stdout) and self.lab.excused(begun):
            self.count("outages")
            return None
        else:
            self.lab.fault(f"{self.name}: kinit {name}, right={right} -> {r.returncode}: {r.stdout}")
        return r.returncode == 0


class Logons(Load):
    """The right password is let on and gets a service ticket, a wrong one is refused as wrong: always."""

    def __init__(self, lab, name, tcp=False):
        super().__init__(lab, name, tcp)
        self.user, self.password, self.last_good = lab.world.ascii_person(), lab.world.password(), 0
        lab.forest.add_user(self.user, self.password)

    def turn(self):
        begun = time.monotonic()
        if not self.logon(self.user, self.password, True):
            return
        r = self.client.kvno(self.lab.spn, "-k", self.lab.keytab, ok=False)
        if r.returncode == 0 and "keytab entry valid" in r.stdout:
            self.count("tickets")
        elif not self.lab.excused(begun):
            self.lab.fault(f"{self.name}: kvno -> {r.returncode}: {r.stdout}")
            return
        if self.logon(self.user, self.password + "x", False) is False:
            self.last_good = begun


class Names(Load):
    """DNS of both domain controllers, as a resolver uses it."""

    def turn(self):
        f, begun = self.lab.world.cloud, time.monotonic()
        r = self.client.run("dig", "+short", "+time=2", "+tries=3", "SRV", f"_kerberos._udp.{f.dns}")
        targets = sorted(line.split()[3] for line in r.stdout.splitlines() if line.count(" ") == 3)
        if targets == sorted(f"{f.fqdn(i)}." for i in range(2)):
            self.count("answers")
        elif not self.lab.excused(begun):
            self.lab.fault(f"{self.name}: {r.stdout}")
