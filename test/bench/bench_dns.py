"""DNS, by dnsperf: authoritative beside Knot."""
import os

from bench_common import AWS, KEPT, LOAD_CPU, Failure, cpu_seconds, in_turn, run, write
from entente_server import ADDRESS
from peer_knot import Knot, dig
import peer_knot

SECONDS = "2"
QUERIES = [(f"_ldap._tcp.{AWS}", "SRV"), (f"_kerberos._tcp.{AWS}", "SRV"), (f"_kerberos._udp.{AWS}", "SRV"),
           (f"_kpasswd._udp.{AWS}", "SRV"), (f"_gc._tcp.{AWS}", "SRV"), (f"_ldap._tcp.dc._msdcs.{AWS}", "SRV"),
           (f"_kerberos._tcp.dc._msdcs.{AWS}", "SRV"), (f"aws-dc1.{AWS}", "A"), (AWS, "A"), (AWS, "SOA")]


def ask(server, address, port, queries):
    before = cpu_seconds(server.pids)
    out = run("taskset", "-c", LOAD_CPU, "dnsperf", "-s", address, "-p", str(port), "-d", queries, "-l", SECONDS, "-c",
              "4")
    used = cpu_seconds(server.pids) - before
    line = [each for each in out.splitlines() if "Queries completed" in each][0]
    wrong = [each for each in out.splitlines() if "Response codes" in each and "NOERROR" not in each]
    if wrong:
        raise Failure(f"{address} answers {wrong[0].strip()}")
    return int(line.split()[2]) / used


def authoritative(bench):
    ours = bench.ours()
    answers = {(name, kind): dig(ADDRESS[AWS], 53, name, kind) for name, kind in QUERIES}
    known = [question for question, lines in answers.items() if lines]
    zone = sorted({line for lines in answers.values() for line in lines})
    if not any("\tNS\t" in line for line in zone):
        zone.append(f"{AWS}. 3600 IN NS aws-dc1.{AWS}.")
    queries = write(os.path.join(KEPT, "queries"), "".join(f"{name} {kind}\n" for name, kind in known))
    knot = Knot(zone)
    try:
        us, them = in_turn(bench.options.rounds, lambda: ask(ours, ADDRESS[AWS], 53, queries),
                           lambda: ask(knot, peer_knot.ADDRESS, peer_knot.PORT, queries))
    finally:
        knot.stop()
    return {"work": f"DNS, {len(known)} names", "ours": us, "peer": them, "name": knot.name, "goal": 1}


ROWS = {"dns": authoritative}
