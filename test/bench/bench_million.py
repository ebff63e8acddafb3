"""A million users, each in 20 groups, beside ten thousand of the same kind (--all): importing them, and what a
hundred times as many cost each request."""
import json
import secrets
import statistics
import sys

from bench_common import AWS, LOAD_CPU, in_turn, run, write
from bench_kerberos import load, rates
from bench_ldap import LOAD as LDAP_LOAD
from bench_users import Keys
from entente_server import ADMIN, SERVICE, Entente, base_dn

BIG, SMALL = 1000000, 10000
GROUPS, EACH = 1000, 20
ASKED = 10000  # users that ask, spread over all
BASE = f"OU=Bench,{base_dn(AWS)}"
ATTRS = "cn,sAMAccountName,name,distinguishedName"


def group_lines():
    """memberOf of EACH groups, beginning at each group."""
    names = [f"memberOf: CN=group{g:04d},{BASE}\n" for g in range(GROUPS)]
    return ["".join(names[(g + 53 * k) % GROUPS] for k in range(EACH)) for g in range(GROUPS)]


class Crowd(Entente):
    def __init__(self, count, address):
        self.count, self.address = count, {AWS: address}
        super().__init__()

    def records(self, asking):
        yield f"dn: {BASE}\nobjectClass: organizationalUnit\n\n"
        for g in range(GROUPS):
            yield f"dn: CN=group{g:04d},{BASE}\nobjectClass: group\nsAMAccountName: group{g:04d}\n\n"
        groups, step = group_lines(), self.count // ASKED
        for i in range(self.count):
            name, key = f"user{i:07d}", secrets.token_hex(32)
            if i % step == 0:
                asking.append(f"{name} {key}\n")
            yield (f"dn: CN={name},{BASE}\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: 512\n"
                   f"entente-key: 1 18 {key}\n{groups[i * 31 % GROUPS]}\n")

    def fill(self):
        """Seconds of the import."""
        asking = []
        self.create(AWS)
        self.cli("directory", "set", AWS, "--allow-cleartext-bind")
        took = self.load(AWS, self.records(asking))
        self.users = {AWS: Keys(len(asking), write(f"{self.dir}/keys", "".join(asking)))}
        self.cli("service", "create", "web", "--spn", SERVICE, "--directory", AWS)
        self.know()
        print(f"entente: {self.count} users in {EACH} groups each imported in {took:.1f} s", file=sys.stderr)
        return took


def crowd(bench, count):
    def make():
        server = Crowd(count, f"127.0.9.{10 + len(bench.servers)}")
        try:
            server.took = server.fill()
        except BaseException:
            server.stop()
            raise
        return server
    return bench.server(f"{count} users", make)


def importing(bench):
    return {"work": f"import of {BIG:,} users, {EACH} groups each", "unit": "s", "ours": [crowd(bench, BIG).took],
            "limit": 60}


def kerberos(what, kind):
    def row(bench):
        (us, them), sizes = rates(bench, *(dict(server=crowd(bench, n), kind=kind, times=2) for n in (BIG, SMALL)))
        return {"work": f"{what}, {BIG:,} users", "ours": us, "peer": them, "name": f"{SMALL:,}", "goal": 0.8,
                "bytes": sizes}
    return row


def ldap(what, kind):
    def once(bench, server):
        words = [LDAP_LOAD, f"kind={kind}", f"server={server.address[AWS]}:389", f"users={server.users[AWS].keys}",
                 f"use={ASKED}", f"base={BASE}", "rdn=CN", "filter=sAMAccountName", f"attrs={ATTRS}", "accounts=ad",
                 f"bind=CN=Administrator,CN=Users,{base_dn(AWS)}", f"password-file={server.secret(ADMIN)}",
                 f"count={bench.options.count * 10}", "conns=4", "window=16",
                 "pids=" + ",".join(str(p) for p in server.pids)]
        done = json.loads(run("taskset", "-c", LOAD_CPU, *words, timeout=120))
        return done["replies"] / done["cpu_seconds"]

    def row(bench):
        big, small = crowd(bench, BIG), crowd(bench, SMALL)
        once(bench, big), once(bench, small)
        us, them = in_turn(bench.options.rounds, lambda: once(bench, big), lambda: once(bench, small))
        return {"work": f"{what}, {BIG:,} users", "ours": us, "peer": them, "name": f"{SMALL:,}", "goal": 0.8}
    return row


def latency(bench):
    """At half of what each does at full speed by the clock."""
    servers = [crowd(bench, n) for n in (BIG, SMALL)]
    half = []
    for server in servers:
        full = [load(bench, server, "as", times=2) for _ in range(3)]
        half.append(max(100, int(statistics.median(done["replies"] / done["seconds"] for done in full) / 2)))

    def p99(i):
        return lambda: load(bench, servers[i], "as", times=2, rate=half[i])["p99_us"]
    us, them = in_turn(bench.options.rounds, p99(0), p99(1))
    return {"work": f"AS at half load: p99, {BIG:,} users", "unit": "us", "ours": us, "peer": them, "name": f"{SMALL:,}",
            "less": True, "goal": 0.5}


ROWS = {
    "million-import": importing,
    "million-as": kerberos("AS", "as"),
    "million-tgs": kerberos("TGS", "tgs"),
    "million-base": ldap("LDAP base", "base"),
    "million-equality": ldap("LDAP equality", "equality"),
    "million-p99": latency,
}
