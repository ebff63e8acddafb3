"""The AWS API over HTTP: calls a CPU second and how long they take with a hundred clients, by http_load; and how long until
a directory is there and a trust is proved, when nothing but the API is used. No peer: docs/PERFORMANCE.md says why."""
import json
import os
import random
import secrets
import time

from api_client import Api
from bench_common import BUILD, LOAD_CPU, Failure, cpu_seconds, run, tree, write
from dc_questions import QUESTIONS
from entente_server import Entente

LOAD = os.path.join(BUILD, "test", "bench", "http_load")
SERVER = "127.0.8.9:8053"
VPC = {"VpcId": "vpc-01234567", "SubnetIds": ["subnet-0000000a", "subnet-0000000b"]}  # of the configuration as shipped
NAMES = {"one.example.com": "ONE", "two.example.com": "TWO"}
CLIENTS, RATE = 100, 2000
DEADLINE = 30


class Service(Entente):
    """With an access key. Directories are made by the API; cpu: one core, or both."""

    def __init__(self, cpu):
        super().__init__(cpu=cpu, settings=("--api", SERVER))
        try:
            credentials = f"{self.dir}/credentials"
            self.cli("key", "create", "--output", credentials)
            self.api = Api(SERVER, credentials)
            self.password = f"Adm1n-{secrets.token_urlsafe(12)}"
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def shown(self, id):
        return self.api.call("DescribeDirectories", DirectoryIds=[id])["DirectoryDescriptions"][0]

    def trust(self, id):
        return self.api.call("DescribeTrusts", TrustIds=[id])["Trusts"][0]

    def trusts(self, id):
        return [t["TrustId"] for t in self.api.call("DescribeTrusts", DirectoryId=id)["Trusts"]]

    def create(self, name):
        """Its id, when it is Active and both domain controllers answer."""
        id = self.api.call("CreateMicrosoftAD", Name=name, ShortName=NAMES[name], Password=self.password,
                           VpcSettings=VPC)["DirectoryId"]
        addresses = reached(name, "Stage", lambda: self.shown(id), "Active")["DnsIpAddrs"]
        if len(addresses) != 2:
            raise Failure(f"{name} has {len(addresses)} domain controllers")
        for address in addresses:
            for port, asked in QUESTIONS.items():
                until(f"{address}:{port} of {name}", lambda asked=asked, address=address: asked(address, name))
        return id

    def half(self, id, other, there):
        return self.api.call("CreateTrust", DirectoryId=id, RemoteDomainName=other, TrustPassword=self.password,
                             TrustDirection="Two-Way", ConditionalForwarderIpAddrs=self.shown(there)["DnsIpAddrs"])["TrustId"]


def until(what, ready):
    end = time.monotonic() + DEADLINE
    while True:
        found = ready()
        if found:
            return found
        if time.monotonic() > end:
            raise Failure(f"{what} is waited for in vain")
        time.sleep(0.002)


def reached(what, member, look, state):
    """What look() tells when it is in this state."""
    end = time.monotonic() + DEADLINE
    while True:
        now = look()
        if now[member] == state:
            return now
        if time.monotonic() > end:
            raise Failure(f"{what} is {now[member]}")
        time.sleep(0.005)


# --- calls -------------------------------------------------------------------------------------------

def due(count, rate):
    """When each of the calls is due, in nanoseconds: clients that know nothing of each other, the same ones each time."""
    moments, at = random.Random(count), 0.0
    for _ in range(count):
        at += moments.expovariate(rate)
        yield int(at * 1e9)


def describe(service, count, rate=None):
    """What http_load prints, with the CPU seconds of all the service's processes: the making of the connections, one for
    each client, is part of it."""
    api, pids = service.api, tree(service.process.pid)
    expected = api.text("DescribeDirectories")
    if len(json.loads(expected)["DirectoryDescriptions"]) != len(NAMES):
        raise Failure("the description lacks a directory")
    path = f"{service.dir}/requests"
    with open(path, "wb") as f:
        for moment in due(count, rate) if rate else [0] * count:
            request = api.bytes("DescribeDirectories")
            f.write(b"%d %d\n%s" % (moment, len(request), request))
    before = cpu_seconds(pids)
    words = [f"server={SERVER}", f"requests={path}", f"conns={CLIENTS}",
             "expect=" + write(f"{service.dir}/expected", expected)]
    done = json.loads(run("taskset", "-c", LOAD_CPU, LOAD, *words, timeout=120))
    return done | {"cpu_seconds": cpu_seconds(pids) - before}


def calls(bench):
    full, paced = [], []
    with Service("0") as service:
        for name in NAMES:
            service.create(name)
        describe(service, 500)
        for _ in range(bench.options.rounds):
            full.append(describe(service, 2 * bench.options.count))
            paced.append(describe(service, 2 * bench.options.count, RATE))
    what = f"{CLIENTS} clients"
    return [{"work": "API: DescribeDirectories, two directories", "ours": [d["replies"] / d["cpu_seconds"] for d in full],
             "least": RATE},
            {"work": f"the same by the clock, {what}", "unit": "per second",
             "ours": [d["replies"] / d["seconds"] for d in full], "least": RATE},
            {"work": f"p99, {what}, each with one at once", "unit": "ms", "ours": [d["p99_ms"] for d in full]},
            {"work": f"p99, {what}, {RATE:,} a second in all", "unit": "ms", "ours": [d["p99_ms"] for d in paced],
             "limit": 10}]


# --- directories and trusts --------------------------------------------------------------------------

def deleted(service, id):
    service.api.call("DeleteDirectory", DirectoryId=id)
    until("the end of the directory", lambda: not service.api.call("DescribeDirectories")["DirectoryDescriptions"])


def creating(bench):
    """Seconds from the request."""
    name, taken = next(iter(NAMES)), []
    with Service("0,1") as service:
        for _ in range(bench.options.rounds):
            began = time.monotonic()
            id = service.create(name)
            taken.append(time.monotonic() - began)
            deleted(service, id)
    return {"work": "CreateMicrosoftAD, Active, two DCs answer", "unit": "s", "ours": taken, "limit": 1}


def trusting(bench):
    """The other side's half is made first, and cannot be proved. Seconds from the request for ours until both are."""
    taken = []
    with Service("0,1") as service:
        mine, theirs = [service.create(name) for name in NAMES]
        here, there = NAMES
        for _ in range(bench.options.rounds):
            other = service.half(theirs, here, mine)
            reached("the half that is first", "TrustState", lambda: service.trust(other), "VerifyFailed")
            began = time.monotonic()
            ours = service.half(mine, there, theirs)
            for trust in (ours, other):
                reached("the trust", "TrustState", lambda trust=trust: service.trust(trust), "Verified")
            taken.append(time.monotonic() - began)
            for id, trust in ((mine, ours), (theirs, other)):
                service.api.call("DeleteTrust", TrustId=trust, DeleteAssociatedConditionalForwarder=True)
                until("the end of the trust", lambda id=id: not service.trusts(id))
    return {"work": "CreateTrust, two of ours, both Verified", "unit": "s", "ours": taken, "limit": 1}


ROWS = {"api-calls": calls, "api-create": creating, "api-trust": trusting}
