"""The DNS server against stock clients and peers: dig, kdig, host, nsupdate and Unbound ask it, Knot
answers beside it and behind it, and scripted servers misbehave. Everything is on 127/8, on addresses of
this process alone. Names are drawn from a printed seed: ENTENTE_SEED=N repeats a run."""

import json
import os
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ENTENTE_BUILD", ROOT / "build"))
SEED = int(os.environ.get("ENTENTE_SEED") or random.SystemRandom().randrange(1 << 32))
RNG = random.Random(SEED)
PORT = 5300
print(f"ENTENTE_SEED={SEED}")

_hosts = iter(range(1, 250))


def address():
    """An address that nobody else on this machine uses."""
    return f"127.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}.{next(_hosts)}"


def label():
    return "".join(RNG.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(RNG.randrange(4, 12)))


CLOUD = f"{label()}.cloud.example"
CORP = f"{label()}.corp.example"


def wait_for(what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain")


class Server:
    """Our server over a zone text. Its events are kept."""

    def __init__(self, tmp, zones, *options, networks=("127.0.0.0/8",), addr=None, listen=None):
        self.addr = addr or address()
        self.path = Path(tmp) / f"zones-{self.addr}"
        self.path.write_text(zones)
        self.events = []
        argv = [str(BUILD / "src" / "dns_testd"), str(self.path), "-l", listen or f"{self.addr}:{PORT}", "-r", "0"]
        argv += [word for net in networks for word in ("-n", net)] + list(options)
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.events.append(json.loads(line))

    def reasons(self):
        return [event["reason"] for event in self.events]

    def reload(self, zones):
        self.path.write_text(zones)
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 0
        self.reader.join(5)

    def ask(self, name, kind="A", tcp=False, **options):
        query = dns.message.make_query(name, kind, **options)
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, self.addr, port=PORT, timeout=6)


@pytest.fixture
def start(tmp_path):
    running = []

    def go(*args, **options):
        server = Server(tmp_path, *args, **options)
        running.append(server)
        return server

    yield go
    for server in running:
        server.stop()


def big_txt():
    return "\n".join(f"big 60 TXT {'x' * 200}{i}" for i in range(20))


ZONES = f"""zone {CLOUD}
@ 3600 SOA dc1.{CLOUD} hostmaster.{CLOUD} 7 900 600 86400 300
@ 3600 NS dc1.{CLOUD}
@ 600 A 127.0.1.10
dc1 3600 A 127.0.1.10
dc1 3600 AAAA fd00::10
dc2 3600 A 127.0.1.11
_ldap._tcp 600 SRV 0 100 389 dc1.{CLOUD}
_ldap._tcp 600 SRV 0 100 389 dc2.{CLOUD}
_ldap._tcp 600 SRV 10 100 389 far.{CLOUD}
_kerberos._udp.site._sites 600 SRV 0 100 88 dc1.{CLOUD}
far 600 A 192.0.2.77
www 60 CNAME dc1.{CLOUD}
gone 60 CNAME nothing.{CLOUD}
*.apps 60 A 127.0.1.99
fixed.apps 60 TXT fixed
child 600 NS ns.child.{CLOUD}
ns.child 600 A 127.0.9.9
{big_txt()}
zone 1.0.127.in-addr.arpa
@ 3600 SOA dc1.{CLOUD} hostmaster.{CLOUD} 7 900 600 86400 300
@ 3600 NS dc1.{CLOUD}
10 600 PTR dc1.{CLOUD}
"""

CORP_ZONES = f"""zone {CORP}
@ 3600 SOA dc.{CORP} hostmaster.{CORP} 7 900 600 86400 120
@ 3600 NS dc.{CORP}
dc 3600 A 192.0.2.53
host 500 A 192.0.2.1
alias 400 CNAME host.{CORP}
home 400 CNAME dc2.{CLOUD}
_ldap._tcp 600 SRV 0 100 389 dc.{CORP}
{big_txt()}
"""


def knot_zone(text):
    """Our zone text as zone files: {apex: text}."""
    files = {}
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "zone":
            apex = words[1]
            files[apex] = f"$ORIGIN {apex}.\n"
            continue
        absolute = {"CNAME", "NS", "PTR", "SOA", "SRV"}
        if words[2] in absolute:
            words = [w + "." if "." in w and i > 2 else w for i, w in enumerate(words)]
        if words[2] == "TXT":
            words[3] = f'"{words[3]}"'
        files[apex] += " ".join(words) + "\n"
    return files


@pytest.fixture
def knot(tmp_path):
    """Starts a Knot server over a zone text; gives its address."""
    running = []

    def go(text):
        addr, home = address(), tmp_path / f"knot{len(running)}"
        home.mkdir()
        zones = ""
        for apex, content in knot_zone(text).items():
            (home / apex).write_text(content)
            zones += f"  - domain: {apex}\n    file: {home / apex}\n    journal-content: none\n    zonefile-sync: -1\n"
        (home / "knot.conf").write_text(
            f"server:\n    listen: {addr}@{PORT}\n    rundir: {home}\n    udp-workers: 1\n    tcp-workers: 1\n"
            f"database:\n    storage: {home}\nlog:\n  - target: {home}/log\n    any: info\nzone:\n{zones}")
        running.append(subprocess.Popen(["/usr/sbin/knotd", "-c", str(home / "knot.conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

        def up():
            try:
                apex = next(iter(knot_zone(text)))
                return dns.query.udp(dns.message.make_query(apex, "SOA"), addr, port=PORT, timeout=1).answer
            except (OSError, dns.exception.Timeout):
                return None

        wait_for(up)
        return addr

    yield go
    for process in running:
        process.terminate()
        process.wait(60)


def run(*argv):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=30).stdout


def dig(server, *words):
    return run("dig", f"@{server.addr}", "-p", PORT, "+tries=1", "+time=5", *words)


# --- stock clients -----------------------------------------------------------------------------


def test_dig(start):
    server = start(ZONES)
    out = dig(server, f"_ldap._tcp.{CLOUD}", "SRV")
    assert "status: NOERROR" in out and "flags: qr aa rd;" in out
    assert f"0 100 389 dc1.{CLOUD}." in out and "ADDITIONAL: 5" in out  # four addresses and OPT
    assert "udp: 1232" in out
    assert re.findall(r"SRV\s+\d+ 100 389 (\w+)\.", out)[-1] == "far"  # the lowest priority
    out = dig(server, f"No.{CLOUD}", "A")
    assert "status: NXDOMAIN" in out and re.search(rf"{CLOUD}\.\s+300\s+IN\s+SOA", out)
    assert "status: NOERROR" in dig(server, f"dc1.{CLOUD}", "TXT")
    assert f";DC1.{CLOUD}." in dig(server, f"DC1.{CLOUD}")
    assert f"dc1.{CLOUD}." in dig(server, "-x", "127.0.1.10")
    assert "status: NOERROR" in dig(server, "+tcp", f"dc1.{CLOUD}")
    assert "status: NOERROR" in dig(server, "+noedns", f"dc1.{CLOUD}")
    assert "status: BADVERS" in dig(server, "+edns=1", "+noednsneg", f"dc1.{CLOUD}")


def test_dig_follows_truncation(start):
    server = start(ZONES)
    out = dig(server, "+ignore", f"big.{CLOUD}", "TXT")
    assert " tc " in out.split("flags:")[1].split(";")[0] and "ANSWER: 0" in out
    out = dig(server, f"big.{CLOUD}", "TXT")
    assert "(TCP)" in out and "ANSWER: 20" in out


def test_what_dig_is_refused(start):
    server = start(ZONES)
    assert "status: REFUSED" in dig(server, "+tcp", CLOUD, "AXFR", "+comments") or \
        "Transfer failed" in dig(server, CLOUD, "AXFR")
    assert "status: REFUSED" in dig(server, "CH", "TXT", "version.bind")
    assert "status: REFUSED" in dig(server, "elsewhere.example")
    assert "status: NOTIMP" in dig(server, "+opcode=notify", CLOUD, "SOA")
    out = dig(server, f"dc1.{CLOUD}", "ANY")
    assert "ANSWER: 1," in out
    update = subprocess.run(["nsupdate", "-v"], capture_output=True, text=True, timeout=30,
                            input=f"server {server.addr} {PORT}\nzone {CLOUD}\nupdate add x.{CLOUD} 60 A 192.0.2.9\nsend\n")
    assert "NOTIMP" in update.stderr
    assert "status: NXDOMAIN" in dig(server, f"x.{CLOUD}")
    wait_for(lambda: {"DNS_TRANSFER_REFUSED", "DNS_CLASS_REFUSED", "DNS_NO_FORWARDER",
                      "DNS_OPERATION_REFUSED"} <= set(server.reasons()))


def test_kdig_and_host(start):
    server = start(ZONES)
    out = run("kdig", f"@{server.addr}", "-p", PORT, f"_ldap._tcp.{CLOUD}", "SRV")
    assert "status: NOERROR" in out and "ANSWER: 3" in out
    out = run("kdig", f"@{server.addr}", "-p", PORT, "+tcp", "+bufsize=4096", f"big.{CLOUD}", "TXT")
    assert "ANSWER: 20" in out
    out = run("host", "-p", PORT, f"www.{CLOUD}", server.addr)
    assert "is an alias for" in out and "127.0.1.10" in out


@pytest.fixture
def unbound(tmp_path):
    """Unbound, which mixes the case of its questions and wants it back; asks this server about a zone."""
    running = []

    def go(kind, zone, server):
        addr, conf = address(), tmp_path / "unbound.conf"
        conf.write_text(f"""server:
    interface: {addr}@{PORT}
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{tmp_path}"
    pidfile: "{tmp_path}/unbound.pid"
    use-syslog: no
    use-caps-for-id: yes
    do-not-query-localhost: no
    access-control: 127.0.0.0/8 allow
    module-config: "iterator"
    local-zone: "127.in-addr.arpa." nodefault
{kind}-zone:
    name: "{zone}"
    {kind}-addr: {server}@{PORT}
""")
        running.append(subprocess.Popen(["/usr/sbin/unbound", "-d", "-c", str(conf)], stderr=subprocess.DEVNULL))

        def answer(name, kind="A"):
            try:
                query = dns.message.make_query(name, kind)
                return dns.query.udp_with_fallback(query, addr, port=PORT, timeout=2)[0]
            except (OSError, dns.exception.Timeout):
                return None
        wait_for(lambda: answer("localhost."))  # its own zone: nobody is asked for it
        return answer

    yield go
    for process in running:
        process.terminate()
        process.wait(60)


def test_unbound_asks_us(start, unbound):
    server = start(ZONES)
    ask = unbound("stub", CLOUD, server.addr)
    wait_for(lambda: (ask(f"dc1.{CLOUD}") or dns.message.Message()).answer)
    assert len(ask(f"_ldap._tcp.{CLOUD}", "SRV").answer[0]) == 3
    assert len(ask(f"big.{CLOUD}", "TXT").answer[0]) == 20
    assert ask(f"none.{CLOUD}").rcode() == dns.rcode.NXDOMAIN
    assert ask(f"x.apps.{CLOUD}").answer[0][0].address == "127.0.1.99"


# --- beside Knot -------------------------------------------------------------------------------


def shape(response):
    """What two servers must agree on. The SOA of a negative answer and the addresses are compared, the
    order of records and the TTL 0 of nothing are not."""
    def records(section):
        return sorted((rr.name.to_text().lower(), rr.rdtype, rr.ttl, sorted(r.to_text().lower() for r in rr))
                      for rr in section)
    aa = bool(response.flags & dns.flags.AA)
    return dns.rcode.to_text(response.rcode()), aa, records(response.answer), records(response.authority)


def questions():
    owners = ["", "dc1.", "dc2.", "_ldap._tcp.", "_tcp.", "www.", "gone.", "x.apps.", "a.b.apps.", "apps.",
              "fixed.apps.", "x.fixed.apps.", "child.", "x.child.", "ns.child.", "big.", "*.apps.", "none.",
              "a.b.c.", "_kerberos._udp.site._sites.", "_sites.", f"{label()}."]
    for owner in owners:
        for kind in ("A", "AAAA", "SRV", "NS", "SOA", "CNAME", "TXT", "MX", "TYPE65280"):
            yield "".join(RNG.choice((c.upper(), c)) for c in owner + CLOUD), kind
    for owner in ("10.", "11.", ""):
        for kind in ("PTR", "A", "SOA"):
            yield f"{owner}1.0.127.in-addr.arpa", kind


def test_the_same_answers_as_knot(start, knot):
    server, other = start(ZONES), knot(ZONES)
    count = 0
    for name, kind in questions():
        query = dns.message.make_query(name, kind, use_edns=0, payload=4096)
        ours = dns.query.tcp(query, server.addr, port=PORT, timeout=5)
        theirs = dns.query.tcp(query, other, port=PORT, timeout=5)
        if kind != "NS" and name.lower() != CLOUD.lower():  # Knot adds NS to some answers: none here
            assert shape(ours) == shape(theirs), (name, kind, ours, theirs)
        else:
            assert shape(ours)[:3] == shape(theirs)[:3], (name, kind, ours, theirs)
        count += 1
    assert count > 200


# --- forwarding --------------------------------------------------------------------------------


def forward(suffix, *servers):
    return f"\nforward {suffix} " + " ".join(f"{s}:{PORT}" for s in servers) + "\n"


def test_knot_behind_us(start, knot):
    server = start(ZONES + forward(CORP, knot(CORP_ZONES)))
    for _ in range(2):  # from Knot, then from the cache
        response = server.ask(f"_ldap._tcp.{CORP}", "SRV")
        assert response.answer[0][0].target.to_text() == f"dc.{CORP}."
        assert not response.flags & dns.flags.AA and response.flags & dns.flags.RA
        assert server.ask(f"none.{CORP}").rcode() == dns.rcode.NXDOMAIN
        assert server.ask(f"none.{CORP}").authority[0].rdtype == dns.rdatatype.SOA
        assert server.ask(f"alias.{CORP}").answer[1][0].address == "192.0.2.1"
        big = server.ask(f"big.{CORP}", "TXT", tcp=True)
        assert len(big.answer[0]) == 20
        assert server.ask(f"big.{CORP}", "TXT").flags & dns.flags.TC
        # Knot knows only the alias; the rest is ours, and is answered by us.
        assert server.ask(f"home.{CORP}").answer[1][0].address == "127.0.1.11"
    response = server.ask("Host." + CORP)
    assert response.answer[0].ttl <= 500


def spelling(response):
    """All names of an answer with their letters as they came."""
    sections = (response.question, response.answer, response.authority)
    return sorted((rr.name.to_text(), rr.rdtype, sorted(r.to_text() for r in rr)) for s in sections for rr in s)


def test_spelling_as_from_unbound(start, knot, unbound):
    """Both mix the case of what they ask; of that nothing is in what they answer, kept or not."""
    other = knot(CORP_ZONES)
    server, ask = start(ZONES + forward(CORP, other)), unbound("forward", CORP, other)
    wait_for(lambda: (ask(f"host.{CORP}") or dns.message.Message()).answer)
    for _ in range(2):
        for name, kind in (("_ldap._tcp", "SRV"), ("alias", "A"), ("host", "TXT"), ("none", "A"), ("big", "TXT")):
            ours = server.ask(f"{name}.{CORP}", kind, tcp=name == "big")
            assert spelling(ours) == spelling(ask(f"{name}.{CORP}", kind)), name
            assert all(text == text.lower() for text, _, _ in spelling(ours))
    mixed = "".join(RNG.choice((c.upper(), c)) for c in f"alias.{CORP}")
    assert server.ask(mixed).answer[0].name.to_text() == mixed + "."


def test_a_dead_first_server(start, knot):
    nobody, good = address(), knot(CORP_ZONES)
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind((address(), PORT))
    server = start(ZONES + forward(CORP, nobody, silent.getsockname()[0], good))
    begin = time.monotonic()
    assert server.ask(f"host.{CORP}").answer[0][0].address == "192.0.2.1"
    assert time.monotonic() - begin < 1.5
    for i in range(4):
        server.ask(f"none{i}.{CORP}")
    begin = time.monotonic()
    assert server.ask(f"other.{CORP}").rcode() == dns.rcode.NXDOMAIN
    assert time.monotonic() - begin < 0.3
    wait_for(lambda: server.reasons().count("DNS_FORWARDER_UNREACHABLE") == 2)
    dead = {event["server"] for event in server.events if event["reason"] == "DNS_FORWARDER_UNREACHABLE"}
    assert dead == {f"{nobody}:{PORT}", f"{silent.getsockname()[0]}:{PORT}"}
    silent.close()


class Scripted:
    """A server whose answer to a datagram is what answer(query, wire, reply) sends with reply."""

    def __init__(self, answer):
        self.addr, self.seen, self.answer = address(), [], answer
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((self.addr, PORT))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            try:
                wire, who = self.sock.recvfrom(4096)
            except OSError:
                return
            if not wire:
                return
            query = dns.message.from_wire(wire)
            self.seen.append((query, who))
            try:
                self.answer(query, lambda data, sock=self.sock: sock.sendto(data, who))
            except OSError:  # stopped while it answered
                return

    def stop(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


@pytest.fixture
def scripted():
    running = []

    def go(answer):
        running.append(Scripted(answer))
        return running[-1]

    yield go
    for server in running:
        try:
            server.stop()
        except OSError:
            pass


def good(query, address="192.0.2.1"):
    response = dns.message.make_response(query)
    response.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", address))
    return response


def test_forged_answers_are_not_taken(start, scripted):
    """Wrong ids, wrong questions, wrong case, another sender: only the real answer counts."""
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind((address(), PORT))

    def answer(query, reply):
        evil = good(query, "203.0.113.66")
        evil.id ^= 1
        reply(evil.to_wire())
        evil.id ^= 1
        reply(bytes(evil.to_wire()), stranger)
        other = dns.message.make_query("other." + CORP, "A")
        other.id = query.id
        reply(good(other, "203.0.113.66").to_wire())
        reply(b"\0" * 30)
        time.sleep(0.1)
        reply(good(query).to_wire())

    server = start(ZONES + forward(CORP, scripted(answer).addr))
    for i in range(3):
        assert server.ask(f"host{i}.{CORP}").answer[0][0].address == "192.0.2.1"
    stranger.close()


def test_questions_are_hard_to_guess(start, scripted):
    upstream = scripted(lambda query, reply: reply(good(query).to_wire()))
    server = start(ZONES + forward(CORP, upstream.addr))
    for i in range(40):
        server.ask(f"{label()}{i}.{CORP}")
    assert len({query.id for query, _ in upstream.seen}) > 35
    assert len({who[1] for _, who in upstream.seen}) > 35
    assert len({query.question[0].name.to_text()[-len(CORP) - 1:] for query, _ in upstream.seen}) > 30


def test_a_slow_server(start, scripted):
    def answer(query, reply):
        time.sleep(1.2)
        reply(good(query).to_wire())

    upstream = scripted(answer)
    server = start(ZONES + forward(CORP, upstream.addr))
    assert server.ask(f"host.{CORP}").answer[0][0].address == "192.0.2.1"


def test_a_server_that_lowers_the_case_and_has_no_tcp(start, scripted, knot):
    def answer(query, reply):
        lower = dns.message.make_query(query.question[0].name.to_text().lower(), "A")
        lower.id = query.id
        reply(good(lower, "203.0.113.66").to_wire())

    upstream = scripted(answer)
    server = start(ZONES + forward(CORP, upstream.addr, knot(CORP_ZONES)))
    assert server.ask(f"host.{CORP}").answer[0][0].address == "192.0.2.1"  # Knot's, not the unproven one


def test_the_partner_cannot_speak_about_our_names(start, scripted):
    def answer(query, reply):
        response = dns.message.make_response(query)
        name = query.question[0].name
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", f"dc1.{CLOUD}."))
        response.answer.append(dns.rrset.from_text(f"dc1.{CLOUD}.", 60, "IN", "A", "203.0.113.66"))
        response.additional.append(dns.rrset.from_text(f"dc2.{CLOUD}.", 60, "IN", "A", "203.0.113.66"))
        reply(response.to_wire())

    server = start(ZONES + forward(CORP, scripted(answer).addr))
    for _ in range(2):
        response = server.ask(f"www.{CORP}")
        assert response.answer[1][0].address == "127.0.1.10"
        assert "203.0.113.66" not in response.to_text()
    assert server.ask(f"dc2.{CLOUD}").answer[0][0].address == "127.0.1.11"


def test_servers_that_forward_to_each_other(start):
    one, two = address(), address()
    a = start(ZONES + forward(CORP, two), "-f", one, addr=one)
    b = start(forward(CORP, one), "-f", two, addr=two)
    begin = time.monotonic()
    assert a.ask(f"host.{CORP}").rcode() == dns.rcode.SERVFAIL
    assert time.monotonic() - begin < 1
    wait_for(lambda: "DNS_FORWARD_LOOP" in a.reasons() + b.reasons())


def test_forwarders_change_while_running(start, knot):
    server = start(ZONES)
    assert server.ask(f"host.{CORP}").rcode() == dns.rcode.REFUSED
    first = ZONES + forward(CORP, knot(CORP_ZONES))
    server.reload(first)
    wait_for(lambda: server.ask(f"host.{CORP}").rcode() == dns.rcode.NOERROR)
    server.reload(ZONES.replace("127.0.1.10", "127.0.1.12"))
    wait_for(lambda: server.ask(f"host.{CORP}").rcode() == dns.rcode.REFUSED)
    assert server.ask(f"dc1.{CLOUD}").answer[0][0].address == "127.0.1.12"


def test_default_forwarder_and_networks(start, scripted):
    upstream = scripted(lambda query, reply: reply(good(query, "198.51.100.1").to_wire()))
    outside = f"127.{100 + os.getpid() % 100}.255.1"
    inside = ".".join(upstream.addr.split(".")[:3])
    server = start(ZONES + forward(".", upstream.addr), networks=(f"{inside}.0/24",))
    query = dns.message.make_query("www.example.net", "A")
    answer = dns.query.udp(query, server.addr, port=PORT, timeout=5, source=address())
    assert answer.answer[0][0].address == "198.51.100.1"
    answer = dns.query.udp(query, server.addr, port=PORT, timeout=5, source=outside)
    assert answer.rcode() == dns.rcode.REFUSED and not answer.flags & dns.flags.RA
    answer = dns.query.udp(dns.message.make_query(f"dc1.{CLOUD}", "A"), server.addr, port=PORT, timeout=5,
                           source=outside)
    assert answer.answer
    wait_for(lambda: "DNS_RECURSION_REFUSED" in server.reasons())


# --- streams -----------------------------------------------------------------------------------


def framed(query):
    wire = query.to_wire()
    return struct.pack(">H", len(wire)) + wire


def read_frame(sock):
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
        more = sock.recv(65537)
        if not more:
            return None
        data += more
    return data


def test_pipelined_questions(start):
    server = start(ZONES)
    queries = [dns.message.make_query(f"dc{i % 3}.{CLOUD}", "A") for i in range(500)]
    with socket.create_connection((server.addr, PORT), timeout=10) as sock:
        threading.Thread(target=sock.sendall, args=(b"".join(map(framed, queries)),), daemon=True).start()
        data = b""
        seen = []
        while len(seen) < 500:
            data += sock.recv(65536)
            while len(data) >= 2 and len(data) >= 2 + struct.unpack(">H", data[:2])[0]:
                length = struct.unpack(">H", data[:2])[0]
                seen.append(struct.unpack(">H", data[2:4])[0])
                data = data[2 + length:]
    assert seen == [query.id for query in queries]


def test_half_closed(start):
    server = start(ZONES)
    with socket.create_connection((server.addr, PORT), timeout=10) as sock:
        sock.sendall(framed(dns.message.make_query(f"dc1.{CLOUD}", "A")))
        sock.shutdown(socket.SHUT_WR)
        assert read_frame(sock)
        assert sock.recv(1) == b""


def test_a_trickle_and_nonsense(start):
    server = start(ZONES)
    slow = socket.create_connection((server.addr, PORT), timeout=20)
    slow.sendall(b"\0")
    runt = socket.create_connection((server.addr, PORT), timeout=10)
    runt.sendall(b"\0\3abc")
    assert runt.recv(1) == b""
    huge = socket.create_connection((server.addr, PORT), timeout=10)
    huge.sendall(b"\xff\xff" + b"x" * 100)
    assert huge.recv(1) == b""
    begin = time.monotonic()
    wire = framed(dns.message.make_query(f"dc1.{CLOUD}", "A"))[1:]
    closed = False
    for byte in wire:
        time.sleep(0.5)
        try:
            slow.sendall(bytes([byte]))
        except OSError:
            closed = True
            break
    assert closed and time.monotonic() - begin < 12
    assert server.ask(f"dc1.{CLOUD}", tcp=True).answer


def test_many_idle_connections(start):
    """More than the server keeps: those idle for longest make room."""
    server = start(ZONES)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    idle = [socket.create_connection((server.addr, PORT), timeout=10) for _ in range(1000)]
    time.sleep(1.1)
    idle += [socket.create_connection((server.addr, PORT), timeout=10) for _ in range(1000)]
    begin = time.monotonic()
    assert server.ask(f"dc1.{CLOUD}", tcp=True).answer
    assert server.ask(f"dc1.{CLOUD}").answer
    assert time.monotonic() - begin < 1
    for sock in idle:
        sock.close()


def test_ipv6(start):
    port = 20000 + os.getpid() % 10000
    start(ZONES, listen=f"[::1]:{port}")
    query = dns.message.make_query(f"dc1.{CLOUD}", "AAAA")
    assert dns.query.udp(query, "::1", port=port, timeout=5).answer[0][0].address == "fd00::10"
    assert dns.query.tcp(query, "::1", port=port, timeout=5).answer[0][0].address == "fd00::10"


def test_random_bytes_do_no_harm(start):
    server = start(ZONES)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire = dns.message.make_query(f"dc1.{CLOUD}", "A", use_edns=0).to_wire()
    for _ in range(3000):
        data = bytearray(wire)
        for _ in range(RNG.randrange(1, 6)):
            data[RNG.randrange(len(data))] = RNG.randrange(256)
        sock.sendto(bytes(data[:RNG.randrange(len(data) + 1)]), (server.addr, PORT))
    sock.close()
    assert server.ask(f"dc1.{CLOUD}").answer


def test_no_question_is_lost_under_load(start, tmp_path):
    server = start(ZONES)
    names = tmp_path / "queries"
    names.write_text("".join(f"{n}.{CLOUD} {t}\n" for n in ("dc1", "dc2", "none", "x.apps") for t in ("A", "SRV")))
    out = run("dnsperf", "-s", server.addr, "-p", PORT, "-d", names, "-l", 2, "-q", 50)
    assert "Queries lost:         0 (0.00%)" in out, out
