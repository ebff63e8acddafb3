"""LDAP, by ldap_load: the same people in both servers, the same attributes asked for by one of them, access checks
on; every reply's result is looked at, of a sample the entry."""
import json
import os
import secrets
import sys

import peer_samba
from bench_common import AWS, BUILD, KEPT, LOAD_CPU, in_turn, run, tree, wait_for, write
from entente_server import ADMIN, Entente, base_dn
from peer_slapd import Slapd

LOAD = os.path.join(BUILD, "test", "bench", "ldap_load")
FOREST, ADDRESS = "ldap.example.com", "127.0.8.50"
ATTRS = "cn,sn,givenName,displayName,mail,telephoneNumber"
SAMBA_ATTRS = "cn,name,sAMAccountName"


def people(count):
    """The file of names and passwords, made once for each number; and what is in it."""
    path = os.path.join(KEPT, f"people-{count}")
    if not os.path.exists(path):
        write(path, "".join(f"user{i:05d} Pass-{secrets.token_hex(8)}\n" for i in range(count)))
    with open(path, encoding="ascii") as f:
        return path, [line.split() for line in f]


def person(name):
    number = name[4:]
    return (f"cn: {name}\nsn: Last{number}\ngivenName: First{number}\ndisplayName: First{number} Last{number}\n"
            f"mail: {name}@bench.example.com\ntelephoneNumber: +1 555 {number}\n")


class Directory(Entente):
    """A forest of its own, with passwords, and simple binds without TLS allowed."""
    rdn, account, accounts, address, port = "CN", "sAMAccountName", "ad", ADDRESS, 389

    def fill(self, users):
        suffix = base_dn(FOREST)
        self.base, self.admin = f"OU=Bench,{suffix}", f"CN=Administrator,CN=Users,{suffix}"
        self.cli("directory", "create", FOREST, "--short-name", "LDAP", "--address", ADDRESS, "--host", "dc1",
                 "--admin-password-file", self.secret(ADMIN))
        self.cli("directory", "set", FOREST, "--allow-cleartext-bind")
        took = self.load(FOREST, self.records(users))
        print(f"entente: {len(users)} people imported in {took:.1f} s", file=sys.stderr)
        self.pids = tree(self.process.pid)

    def records(self, users):
        yield f"dn: {self.base}\nobjectClass: organizationalUnit\n\n"
        for name, password in users:
            yield (f"dn: CN={name},{self.base}\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: 512\n"
                   f"userPassword: {password}\nentente-key: 1 18 {secrets.token_hex(32)}\n{person(name)}\n")

    @property
    def password(self):
        return self.secret(ADMIN)


def ours(bench):
    def make():
        server = Directory()
        try:
            server.fill(people(bench.options.users)[1])
        except BaseException:
            server.stop()
            raise
        return server
    return bench.server("entente-ldap", make)


def slapd(bench):
    return bench.server("slapd", lambda: Slapd(base_dn(FOREST), people(bench.options.users)[1], person))


class SambaLdap:
    """Samba's users as they are: their own passwords, and the attributes that they have."""
    name, rdn, account, accounts, port = "Samba", "CN", "sAMAccountName", "ad", 389
    address, base = peer_samba.ADDRESS, f"CN=Users,{base_dn(AWS)}"

    def __init__(self, samba):
        self.samba, self.process, self.people, self.count = samba, samba.process, samba.passwords, samba.count


def samba_ldap(bench):
    samba = bench.samba()
    wait_for("samba's LDAP service", lambda: f"{peer_samba.ADDRESS}:389 " in run("ss", "-Hltn"))
    return SambaLdap(samba)


def load(bench, server, kind, count, conns, window, attrs):
    """What ldap_load prints: replies, seconds, cpu_seconds, p50_us, p99_us, reply_bytes, checked."""
    file, users = people(bench.options.users)[0], bench.options.users
    if isinstance(server, SambaLdap):
        file, users = server.people, server.count
    words = [LOAD, f"kind={kind}", f"server={server.address}:{server.port}", f"users={file}", f"use={users}",
             f"base={server.base}", f"rdn={server.rdn}", f"filter={server.account}", f"attrs={attrs}",
             f"accounts={server.accounts}", f"tag=n{secrets.token_hex(3)}", f"count={count}", f"conns={conns}",
             f"window={window}", "pids=" + ",".join(str(p) for p in tree(server.process.pid))]
    if kind in ("add", "modify"):
        words += [f"bind={server.admin}", f"password-file={server.password}"]
    return json.loads(run("taskset", "-c", LOAD_CPU, *words, timeout=120))


def per_cpu_second(done):
    return done["replies"] / done["cpu_seconds"]


def per_second(done):
    return done["replies"] / done["seconds"]


def beside(what, kind, times, conns, window, goal, figure=per_cpu_second, peer=slapd, attrs=ATTRS, **more):
    """times: of bench.options.count, how many requests a round; Samba gets a tenth of them."""
    def row(bench):
        servers, sizes = (ours(bench), peer(bench)), [0, 0]
        count = max(conns * window, int(bench.options.count * times))

        def measure(i):
            def once():
                some = count // 10 if isinstance(servers[i], SambaLdap) else count
                done = load(bench, servers[i], kind, some, conns, window, attrs)
                sizes[i] = done["reply_bytes"]
                return figure(done)
            return once
        for server in servers:
            load(bench, server, kind, max(conns * window, 200), conns, window, attrs)
        us, them = in_turn(bench.options.rounds, measure(0), measure(1))
        return {"work": what, "ours": us, "peer": them, "name": servers[1].name, "goal": goal, "bytes": sizes, **more}
    return row


ROWS = {
    "ldap-base": beside("LDAP base search by DN", "base", 10, 4, 16, 5),
    "ldap-equality": beside("LDAP indexed equality search, subtree", "equality", 10, 4, 16, 5),
    "ldap-base-samba": beside("LDAP base search by DN", "base", 10, 4, 16, 20, peer=samba_ldap, attrs=SAMBA_ATTRS),
    "ldap-equality-samba": beside("LDAP indexed equality search, subtree", "equality", 10, 4, 16, 20, peer=samba_ldap,
                                  attrs=SAMBA_ATTRS),
    "ldap-latency": beside("LDAP equality search, one outstanding: p50", "equality", 1, 1, 1, 2,
                           lambda done: done["p50_us"], unit="us", less=True),
    "ldap-bind": beside("LDAP simple bind, connection kept", "bind", 5, 16, 1, 2),
    "ldap-connect": beside("LDAP connect and bind", "connect", 1.25, 4, 1, 2),
    "ldap-add": beside("LDAP add, durable, 32 clients", "add", 0.5, 32, 1, 5, per_second, unit="per second"),
    "ldap-modify": beside("LDAP modify, durable, 32 clients", "modify", 0.75, 32, 1, 5, per_second, unit="per second"),
}
