"""Kerberos, by krb_load: requests made beforehand, each one different, replies decrypted and checked."""
import json

from bench_common import AWS, CORP, LOAD_CPU, in_turn, run
from bench_users import LOAD
from entente_server import SERVICE

TCP_WINDOW = 4  # more at once against krb5kdc wait for connections that were dropped
TICKETS = 500   # users that log on before TGS is measured
LOAD_USERS = 10000  # krb_load's maximum


def load(bench, server, kind, users=None, transport="udp", times=1, **more):
    """What krb_load prints: replies, cpu_seconds, seconds, reply_bytes, checked."""
    home, tgs = CORP if kind == "referred" else AWS, kind not in ("as", "refused")
    users = users or server.users[home]
    share = server.share  # of the requests that others get: it is that much slower
    count, window = max(100, int(bench.options.count * times * share)), bench.options.window
    use = min(max(50, int(TICKETS * share)), users.count) if tgs else min(users.count, LOAD_USERS)
    words = dict(kind=kind, transport=transport, server=server.kdc(AWS), home=server.kdc(home), realm=AWS.upper(),
                 other=CORP.upper(), service=SERVICE, users=users.keys, use=use, count=count,
                 window=min(window, TCP_WINDOW if transport == "tcp" else window, count),
                 pids=",".join(str(p) for p in server.pids)) | more
    return json.loads(run("taskset", "-c", LOAD_CPU, LOAD, *(f"{k}={v}" for k, v in words.items()), timeout=120))


def rates(bench, *asked):
    """Replies for each CPU second, of load()'s arguments in turn; and their mean sizes."""
    sizes = [0] * len(asked)

    def measure(i):
        def once():
            done = load(bench, **asked[i])
            sizes[i] = done["reply_bytes"]
            return done["replies"] / done["cpu_seconds"]
        return once
    for each in asked:
        load(bench, **each)  # what is kept for later is made
    return in_turn(bench.options.rounds, *(measure(i) for i in range(len(asked)))), sizes


def beside(what, kind, goal, peer="mit", transport="udp", times=1, peer_kind=None):
    def row(bench):
        other = getattr(bench, peer)()
        (us, them), sizes = rates(bench, dict(server=bench.ours(), kind=kind, transport=transport, times=times),
                                  dict(server=other, kind=peer_kind or kind, transport=transport, times=times))
        return {"work": what, "ours": us, "peer": them, "name": other.name, "goal": goal, "bytes": sizes}
    return row


def nested(what, kind):
    """A user in many groups beside a plain one."""
    def row(bench):
        ours = bench.ours()
        (us, them), sizes = rates(bench, dict(server=ours, kind=kind, users=ours.nested), dict(server=ours, kind=kind))
        return {"work": what, "ours": us, "peer": them, "name": "plain user", "goal": 0.33, "bytes": sizes}
    return row


WORKERS_USERS = 500  # each asks 16 times in a round: all are known to both workers when it is measured


def workers(bench):
    """Two KDC processes beside one, on both cores; requests come from many sockets, as many outstanding for each
    process. What is kept is each process's own and what a first logon costs is not asked here, so users are few
    enough that the round before has made all of them known to both."""
    ours = bench.ours()
    us, them = [], []
    try:
        for _ in range(bench.options.rounds):
            for count, into in (("1", them), ("2", us)):
                ours.halt()
                ours.begin(cpu="0,1", settings=("--kdc-workers", count))
                for _ in range(2):
                    done = load(bench, ours, "as", times=2, sockets=16, use=min(WORKERS_USERS, bench.options.users),
                                window=int(count) * bench.options.window)
                into.append(done["replies"] / done["cpu_seconds"])
    finally:
        if ours.process.poll() is None:
            ours.halt()
        ours.begin()
    return {"work": "AS, two workers", "ours": us, "peer": them, "name": "one worker", "goal": 0.9}


ROWS = {
    "refused": beside("AS refused (PREAUTH_REQUIRED)", "refused", 10, times=4),
    "as": beside("AS with encrypted timestamp", "as", 10, times=2),
    "tgs": beside("TGS for a service", "tgs", 8, times=2),
    "as-tcp": beside("AS, a TCP connection each", "as", 5, transport="tcp"),
    "tgs-tcp": beside("TGS, a TCP connection each", "tgs", 5, transport="tcp"),
    "referral": beside("TGS: referral to the other realm", "other", 8, times=2),
    "referred": beside("TGS from a referral (MIT: makes one)", "referred", 8, times=2, peer_kind="other"),
    "as-samba": beside("AS with encrypted timestamp", "as", 300, peer="samba", times=2),
    "tgs-samba": beside("TGS for a service", "tgs", 150, peer="samba", times=2),
    "as-nested": nested("AS, a user in 1,000 groups, ten deep", "as"),
    "tgs-nested": nested("TGS for the same user", "tgs"),
    "workers": workers,
}
