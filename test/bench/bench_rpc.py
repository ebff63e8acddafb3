"""What SMB and RPC cost beside Samba: sessions, lookups, secure channels and logons over them, by Samba's own client
library. It is slower than any server, so only the server's CPU time is looked at, that of children which have ended
included: Samba has a process for each connection. Lookups by many clients at once are made by smb_load."""
import json
import os

from bench_common import AWS, BUILD, KEPT, LOAD_CPU, Failure, cpu_seconds, in_turn, run, tree, write
from entente_server import ADMIN, SHORT

HERE = os.path.dirname(os.path.abspath(__file__))
SESSIONS, LOOKUPS, CHANNELS, LOGONS = 150, 2000, 100, 1000
MANY, CALLS_EACH, PEOPLE = 64, 100, 2000  # connections, calls over each, names that Samba has, too
LOAD = os.path.join(BUILD, "test", "bench", "smb_load")
NEED_PASSWORDS, NEED_CHANNEL = ("prepare", "channels", "channel-logons"), ("tcp-lookups",)


def ended_seconds(pids):
    """CPU seconds of the children that these have waited for."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            ticks += sum(int(word) for word in f.read().rsplit(")", 1)[1].split()[13:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def used(server):
    """All that its processes have used; looked at again when one ends meanwhile."""
    while True:
        try:
            pids = tree(server.process.pid)
            return cpu_seconds(pids) + ended_seconds(pids)
        except (FileNotFoundError, ProcessLookupError):
            continue


def client_conf():
    """Of the client library, which keeps files of its own."""
    folder = os.path.join(KEPT, "smb-client")
    os.makedirs(folder, exist_ok=True)
    kept = "".join(f"{what} = {folder}\n" for what in ("private dir", "lock directory", "state directory",
                                                       "cache directory", "pid directory"))
    return write(f"{folder}/smb.conf", f"[global]\nnetbios name = CLIENT\ninterfaces = 127.0.0.1/8\n{kept}")


def calls(bench, server, address, kind, count):
    """Makes them; names: lines that begin with the name, with passwords where somebody logs on."""
    names = bench.users[AWS].passwords if kind in NEED_PASSWORDS else server.users[AWS].keys
    words = [client_conf(), kind, address, SHORT[AWS], "Administrator", bench.ours().secret(ADMIN), str(count), names]
    good = int(run("taskset", "-c", LOAD_CPU, "/usr/bin/python3", os.path.join(HERE, "smb_calls.py"), *words, timeout=120))
    if good != count:
        raise Failure(f"{server.name}: {good} of {count} {kind} were answered well")


def rate(bench, server, address, kind, count):
    before = used(server)
    calls(bench, server, address, kind, count)
    return count / (used(server) - before)


def beside(work, kind, count):
    def row(bench):
        ours, samba = bench.ours(), bench.samba_files()
        both = ((ours, ours.address[AWS]), (samba, samba.address))
        measures = [lambda server=server, address=address: rate(bench, server, address, kind, count)
                    for server, address in both]
        if kind in NEED_PASSWORDS + NEED_CHANNEL:
            for server, address in both:
                calls(bench, server, address, "prepare", 1)
        for measure in measures:
            measure()
        us, them = in_turn(bench.options.rounds, *measures)
        return {"work": work, "ours": us, "peer": them, "name": "Samba", "goal": 10}
    return row


def by_many(what, kind):
    """By clients that ask at once: for each CPU second, and by the clock."""
    def rows(bench):
        ours, samba = bench.ours(), bench.samba_files()
        secret = ours.secret(ADMIN)

        def load(server, address, calls):
            words = [f"kind={kind}", f"server={address}:445", f"domain={SHORT[AWS]}", "user=Administrator",
                     f"password-file={secret}", f"names={server.users[AWS].keys}", f"use={PEOPLE}", f"conns={MANY}",
                     f"count={calls}", f"root={server.process.pid}"]
            done = json.loads(run("taskset", "-c", LOAD_CPU, LOAD, *words, timeout=120))
            return done["replies"] / done["cpu_seconds"], done["replies"] / done["seconds"]
        measures = [lambda: load(ours, ours.address[AWS], 10 * MANY * CALLS_EACH),
                    lambda: load(samba, samba.address, MANY * CALLS_EACH)]
        for measure in measures:
            measure()
        us, them = in_turn(bench.options.rounds, *measures)
        work = f"LSA lookup of a {what}, {MANY} clients at once"
        return [{"work": work, "ours": [r[i] for r in us], "peer": [r[i] for r in them], "name": "Samba", "goal": 10, **more}
                for i, more in ((0, {}), (1, {"unit": "per second"}))]
    return rows


ROWS = {
    "smb-sessions": beside("SMB session with NTLMv2, IPC$", "sessions", SESSIONS),
    "lsa-lookups": beside("LSA lookup of a name, pipe kept", "lookups", LOOKUPS),
    "lsa-names-at-once": by_many("name", "names"),
    "lsa-sids-at-once": by_many("SID", "sids"),
    "lsa-many": beside("names looked up by LSA, 100 a call", "many-lookups", 10 * LOOKUPS),
    "lsa-sids": beside("LSA lookup of a SID, pipe kept", "sids", LOOKUPS),
    "lsa-tcp": beside("LSA lookup of a name, TCP, sealed", "tcp-lookups", LOOKUPS),
    "channels": beside("secure channel made, and a logon over it", "channels", CHANNELS),
    "channel-logons": beside("logon with NTLMv2, channel kept", "channel-logons", LOGONS),
}
