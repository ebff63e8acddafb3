"""Kerberos, by krb_load: requests made beforehand, each one different, replies decrypted and checked."""
import json

from bench_common import AWS, CORP, LOAD_CPU, in_turn, run
from bench_users import LOAD
from entente_server import SERVICE

TCP_WINDOW = 4  # more at once against krb5kdc wait for connections that were dropped
TICKETS = 500   # users that log on before TGS is measured


def load(bench, server, kind, transport="udp", times=1):
    """What krb_load prints: replies, cpu_seconds, seconds, reply_bytes, checked."""
    users, tgs = bench.users[CORP if kind == "referred" else AWS], kind not in ("as", "refused")
    count, window = int(bench.options.count * times), bench.options.window
    words = [LOAD, f"kind={kind}", f"transport={transport}", f"server={server.kdc(AWS)}",
             f"home={server.kdc(CORP if kind == 'referred' else AWS)}", f"realm={AWS.upper()}", f"other={CORP.upper()}",
             f"service={SERVICE}", f"users={users.keys}", f"use={min(TICKETS, users.count) if tgs else users.count}",
             f"count={count}", f"window={min(window, TCP_WINDOW) if transport == 'tcp' else window}",
             "pids=" + ",".join(str(p) for p in server.pids)]
    return json.loads(run("taskset", "-c", LOAD_CPU, *words, timeout=60))


def rates(bench, *asked):
    """Replies for each CPU second, of (server, kind, transport, times) in turn; and their mean sizes."""
    sizes = [0] * len(asked)

    def measure(i):
        def once():
            done = load(bench, *asked[i])
            sizes[i] = done["reply_bytes"]
            return done["replies"] / done["cpu_seconds"]
        return once
    for each in asked:
        load(bench, *each[:3], 500 / bench.options.count)  # what is kept for later is made
    return in_turn(bench.options.rounds, *(measure(i) for i in range(len(asked)))), sizes


def beside_mit(what, kind, goal, transport="udp", times=1, peer_kind=None):
    def row(bench):
        (us, them), sizes = rates(bench, (bench.ours(), kind, transport, times),
                                  (bench.mit(), peer_kind or kind, transport, times))
        return {"work": what, "ours": us, "peer": them, "name": "MIT", "goal": goal, "bytes": sizes}
    return row


ROWS = {
    "refused": beside_mit("AS refused (PREAUTH_REQUIRED)", "refused", 10, times=4),
    "as": beside_mit("AS with encrypted timestamp", "as", 10, times=2),
    "tgs": beside_mit("TGS for a service", "tgs", 8, times=2),
    "as-tcp": beside_mit("AS, a TCP connection each", "as", 5, "tcp"),
    "tgs-tcp": beside_mit("TGS, a TCP connection each", "tgs", 5, "tcp"),
    "referral": beside_mit("TGS: referral to the other realm", "other", 8, times=2),
    "referred": beside_mit("TGS from a referral (MIT: makes one)", "referred", 8, times=2, peer_kind="other"),
}
