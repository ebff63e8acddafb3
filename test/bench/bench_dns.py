"""DNS, by dnsperf: authoritative beside Knot, forwarded and cached beside Unbound."""
import base64
import os
import struct

from bench_common import AWS, KEPT, LOAD_CPU, Failure, cpu_seconds, in_turn, run, write
from entente_server import ADDRESS, base_dn
from peer_knot import Knot, dig
from peer_unbound import Unbound

SECONDS = "2"
HOSTS, CACHED = 10000, 1000
KINDS = [(f"_ldap._tcp.{AWS}", "SRV"), (f"_kerberos._tcp.{AWS}", "SRV"), (f"_kerberos._udp.{AWS}", "SRV"),
         (f"_kpasswd._udp.{AWS}", "SRV"), (f"_gc._tcp.{AWS}", "SRV"), (f"_ldap._tcp.dc._msdcs.{AWS}", "SRV"),
         (f"_kerberos._tcp.dc._msdcs.{AWS}", "SRV"), (f"aws-dc1.{AWS}", "A"), (AWS, "A"), (AWS, "SOA")]
OTHER = "others.example.net"  # whose names are asked for through us


def ask(server, address, port, queries, seconds=SECONDS):
    before = cpu_seconds(server.pids)
    out = run("taskset", "-c", LOAD_CPU, "dnsperf", "-s", address, "-p", str(port), "-d", queries, "-l", seconds, "-c",
              "4")
    used = cpu_seconds(server.pids) - before
    line = [each for each in out.splitlines() if "Queries completed" in each][0]
    wrong = [each for each in out.splitlines() if "Response codes" in each and "100.00%" not in each]
    if wrong or "NOERROR" not in out:
        raise Failure(f"{address} answers {wrong[0].strip() if wrong else 'nothing'}")
    return int(line.split()[2]) / used


def beside(bench, work, peer, queries):
    ours = bench.ours()
    for server, address, port in ((ours, ADDRESS[AWS], 53), (peer, peer.address, peer.port)):
        ask(server, address, port, queries, "1")
    us, them = in_turn(bench.options.rounds, lambda: ask(ours, ADDRESS[AWS], 53, queries),
                       lambda: ask(peer, peer.address, peer.port, queries))
    return {"work": work, "ours": us, "peer": them, "name": peer.name, "goal": 1}


def questions(name, pairs):
    return write(os.path.join(KEPT, name), "".join(f"{name} {kind}\n" for name, kind in pairs))


def service_records(bench):
    """What clients ask a domain controller for; Knot has the same answers."""
    bench.ours()
    answers = {(name, kind): dig(ADDRESS[AWS], 53, name, kind) for name, kind in KINDS}
    known = [question for question, lines in answers.items() if lines]
    zone = sorted({line for lines in answers.values() for line in lines})
    if not any("\tNS\t" in line for line in zone):
        zone.append(f"{AWS}. 3600 IN NS aws-dc1.{AWS}.")
    knot = Knot(AWS, zone)
    try:
        return beside(bench, f"DNS, {len(known)} names", knot, questions("queries", known))
    finally:
        knot.stop()


def host_address(i):
    return f"10.20.{i // 250}.{i % 250 + 1}"


def host_records():
    """Host names as a domain keeps them: [MS-DNSP] 2.3.2.2, an A record each."""
    zone = f"DC={AWS},CN=MicrosoftDNS,DC=DomainDnsZones,{base_dn(AWS)}"
    for i in range(HOSTS):
        data = bytes(int(part) for part in host_address(i).split("."))
        record = struct.pack("<HHBBHI", len(data), 1, 5, 0xF0, 0, 1) + struct.pack(">I", 1200) + bytes(8) + data
        yield (f"dn: DC=host{i:05d},{zone}\nobjectClass: dnsNode\n"
               f"dnsRecord:: {base64.b64encode(record).decode()}\n\n")


def hosts(bench):
    ours = bench.ours()
    ours.load(AWS, host_records())
    if not dig(ADDRESS[AWS], 53, f"host{HOSTS - 1:05d}.{AWS}", "A"):
        raise Failure("the hosts that were imported are not answered")
    zone = [f"{AWS}. 3600 IN SOA aws-dc1.{AWS}. hostmaster.{AWS}. 1 900 600 86400 3600",
            f"{AWS}. 3600 IN NS aws-dc1.{AWS}.", f"aws-dc1.{AWS}. 3600 IN A {ADDRESS[AWS]}"]
    zone += [f"host{i:05d}.{AWS}. 1200 IN A {host_address(i)}" for i in range(HOSTS)]
    queries = questions("queries-hosts", [(f"host{i * 7919 % HOSTS:05d}.{AWS}", "A") for i in range(HOSTS)])
    knot = Knot(AWS, zone)
    try:
        return beside(bench, f"DNS, {HOSTS:,} host names", knot, queries)
    finally:
        knot.stop()


def forwarded(bench):
    """Names of others, held by Knot, asked for through us and through Unbound: all but the first from the cache."""
    ours = bench.ours()
    zone = [f"{OTHER}. 3600 IN SOA ns.{OTHER}. hostmaster.{OTHER}. 1 900 600 86400 3600",
            f"{OTHER}. 3600 IN NS ns.{OTHER}.", f"ns.{OTHER}. 3600 IN A 127.0.8.32"]
    zone += [f"host{i:04d}.{OTHER}. 3600 IN A {host_address(i)}" for i in range(CACHED)]
    queries = questions("queries-others", [(f"host{i:04d}.{OTHER}", "A") for i in range(CACHED)])
    knot = Knot(OTHER, zone, "127.0.8.32", 53)
    unbound = None
    try:
        ours.cli("forwarder", "create", OTHER, "--address", knot.address, "--directory", AWS)
        unbound = Unbound(OTHER, knot.address)
        return beside(bench, f"DNS, {CACHED:,} names of others, cached", unbound, queries)
    finally:
        knot.stop()
        if unbound:
            unbound.stop()


ROWS = {"dns": service_records, "dns-hosts": hosts, "dns-forwarded": forwarded}
