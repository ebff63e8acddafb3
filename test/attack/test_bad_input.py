"""A running service under attack: every port, the control socket, the configuration and the processes
themselves get what they should not. After each round every process is the one it was, stock clients log on,
and memory stays where it was. Addresses and random bytes are drawn from a printed seed: ENTENTE_SEED=N
repeats a run."""

import errno
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dns.message
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ENTENTE_BUILD", ROOT / "build"))
SEED = int(os.environ.get("ENTENTE_SEED") or random.SystemRandom().randrange(1 << 32))
RNG = random.Random(SEED)
print(f"ENTENTE_SEED={SEED}")

FOREST = "attack.example.com"
REALM = FOREST.upper()
GROWTH_MAX = 48 << 20   # of one process over the whole file
LOGON_MAX = 6           # seconds, of one logon on a loaded machine
BACK_MAX = 1.0          # seconds until a killed process serves again
KRB, DNS, LDAP, TLS = "krb", "dns", "ldap", "tls"
PROTOCOL = {53: DNS, 88: KRB, 464: KRB, 389: LDAP, 3268: LDAP, 636: TLS, 3269: TLS}
EXPECTED = {(port, kind) for port in (53, 88, 389, 464) for kind in ("udp", "tcp")} | {(3268, "tcp")}

resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="ports below 1024 and mount namespaces need root")


def wait_for(what, seconds=10.0):
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.01)


def free_addresses(count):
    """Addresses of 127.0.9/24 on which nobody serves DNS."""
    found = []
    for host in RNG.sample(range(2, 250), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            try:
                s.bind((f"127.0.9.{host}", 53))
            except OSError:
                continue
        found.append(f"127.0.9.{host}")
        if len(found) == count:
            return found
    raise AssertionError("no free addresses")


class Service:
    def __init__(self):
        self.dir = Path(tempfile.mkdtemp(prefix="entente-attack-"))
        self.dir.chmod(0o755)
        self.socket = self.dir / "run" / "control.sock"
        self.addresses = free_addresses(2)
        self.process = serve(self.dir, self.dir / "state", self.dir / "run")
        self.count = 0
        wait_for(self.socket.exists, 60)

    def secret(self, name, text):
        path = self.dir / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            f.write(text + "\n")
        return path

    def cli(self, *words, check=True):
        done = subprocess.run([BUILD / "src" / "entente", "--socket", self.socket, *words], text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert not check or done.returncode == 0, done.stdout
        return done

    def processes(self):
        """name: (pid, restarts, ready), control among them."""
        def look():
            """Again when a process was just being replaced: no directory has control, and what opens files for it."""
            shown = json.loads(self.cli("--output", "json", "directory", "show").stdout)["result"]["processes"]
            others = [pid for pid in children(self.process.pid) if pid not in [p["pid"] for p in shown]]
            names = [role(pid) for pid in others]
            return (shown, others[names.index("control"):]) if sorted(names) == ["control", "files"] else None
        shown, others = wait_for(look)
        all_of_them = {p["name"]: (p["pid"], p["restarts"], p["ready"]) for p in shown}
        all_of_them["control"] = (others[0], 0, True)
        return all_of_them

    def memory(self):
        return {name: rss(entry[0]) for name, entry in self.processes().items()}

    def ports(self, address):
        """What is really bound at an address, as the kernel tells."""
        wanted = "%08X" % struct.unpack("=I", socket.inet_aton(address))
        found = set()
        for kind, state in (("tcp", "0A"), ("udp", "07")):
            for line in Path(f"/proc/net/{kind}").read_text(encoding="ascii").splitlines()[1:]:
                local, here = line.split()[1], line.split()[3]
                if local.startswith(wanted + ":") and here == state:
                    found.add((int(local.split(":")[1], 16), kind))
        return found

    def client(self, script, tcp=False, nameservers=None, realm_conf="", timeout=30):
        """A stock client with a resolv.conf, krb5.conf and ticket file of its own."""
        self.count += 1
        work = self.dir / f"client-{self.count}-{threading.get_ident()}"
        work.mkdir()
        servers = nameservers or self.addresses[:1]
        (work / "resolv.conf").write_text("".join(f"nameserver {a}\n" for a in servers)
                                          + "options timeout:1 attempts:3\n", encoding="ascii")
        (work / "krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = true\n rdns = false\n"
            f" dns_canonicalize_hostname = false\n{' udp_preference_limit = 1' if tcp else ''}\n{realm_conf}",
            encoding="ascii")
        env = dict(os.environ, KRB5_CONFIG=str(work / "krb5.conf"), KRB5CCNAME=str(work / "tickets"), LC_ALL="C")
        done = subprocess.run(["unshare", "--mount", "sh", "-c",
                               f"mount --bind {work}/resolv.conf /etc/resolv.conf && {script}"], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False)
        shutil.rmtree(work)
        return done

    def kinit(self, **options):
        return self.client(f"kinit alice@{REALM} < {self.dir}/alice", **options)

    def logon(self, **options):
        begun = time.monotonic()
        done = self.kinit(**options)
        assert done.returncode == 0, done.stdout
        assert time.monotonic() - begun < LOGON_MAX

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            shutil.rmtree(self.dir, ignore_errors=True)


def serve(folder, state, run, *more, **options):
    return subprocess.Popen([BUILD / "src" / "entente", "serve", "--state-dir", state, "--run-dir", run, "--user",
                             "nobody", "--log", folder / "events.log", *more], **options)


def children(pid):
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def role(pid):
    """Empty when it has just ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def rss(pid):
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


@pytest.fixture(scope="module")
def service():
    s = Service()
    try:
        words = ["directory", "create", FOREST, "--short-name", "ATTACK", "--admin-password-file",
                 s.secret("admin", "Adm1n-of-attack")]
        for number, address in enumerate(s.addresses):
            words += ["--address", address, "--host", f"dc{number + 1}"]
        s.cli(*words)
        s.cli("user", "create", "alice", "--password-file", s.secret("alice", "Wonder-land-7"))
        s.cli("user", "create", "carol", "--password-file", s.secret("carol", "Old-passw0rd-1"))
        s.logon()
        s.logon(tcp=True)
        s.baseline = s.memory()
        yield s
    finally:
        s.stop()


@pytest.fixture
def unharmed(service):
    """What must hold after every round."""
    before = service.processes()
    yield service
    assert service.processes() == before
    service.logon()
    service.logon(tcp=True)
    for name, now in service.memory().items():
        assert now - service.baseline[name] < GROWTH_MAX, (name, service.baseline[name], now)


# --- valid requests, the stock clients' own ----------------------------------------------------------


class Relay:
    """Between a client and a TCP port of the service; keeps the requests."""

    def __init__(self, target):
        self.requests = []
        self.target = target
        self.listener = socket.create_server(("127.0.9.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            client, _ = self.listener.accept()
            with client, client.makefile("rwb") as near:
                request = self._message(near)
                if not request:
                    return
                self.requests.append(request[4:])
                with socket.create_connection(self.target, timeout=5) as s, s.makefile("rwb") as far:
                    far.write(request)
                    far.flush()
                    near.write(self._message(far))

    @staticmethod
    def _message(stream):
        head = stream.read(4)
        return head + stream.read(int.from_bytes(head, "big"))

    def stop(self):
        socket.create_connection(("127.0.9.1", self.port)).close()
        self.thread.join(5)
        self.listener.close()


@pytest.fixture(scope="module")
def valid(service):
    """Valid requests for each port."""
    address = service.addresses[0]
    kdc, kpasswd = Relay((address, 88)), Relay((address, 464))
    conf = (f"[realms]\n {REALM} = {{\n  kdc = 127.0.9.1:{kdc.port}\n  kpasswd_server = 127.0.9.1:{kpasswd.port}\n }}\n")
    done = service.client(f"kinit alice@{REALM} < {service.dir}/alice && kvno ldap/dc1.{FOREST}", tcp=True,
                          realm_conf=conf)
    assert kdc.requests and kdc.requests[-1][0] == 0x6C, done.stdout
    service.secret("change", "Old-passw0rd-1\nNew-passw0rd-2\nNew-passw0rd-2")
    service.client(f"kpasswd carol@{REALM} < {service.dir}/change", tcp=True, realm_conf=conf)
    assert kpasswd.requests
    kdc.stop()
    kpasswd.stop()
    as_requests = [r for r in kdc.requests if r[0] == 0x6A]
    search = tlv(0x30, b"\x02\x01\x01" + tlv(0x63, bytes.fromhex("04000a01000a0100020100020100010100")
                                              + tlv(0x87, b"objectClass") + b"\x30\x00"))
    return {88: [as_requests[0], as_requests[-1], kdc.requests[-1]], 464: [kpasswd.requests[0]],
            53: [dns.message.make_query(f"_kerberos._udp.{FOREST}", "SRV", use_edns=0).to_wire()], LDAP: [search]}


def requests_for(valid, port):
    return valid.get(port) or valid.get(PROTOCOL.get(port), [b"\x16\x03\x01\x00\x05hello"])


# --- what may come back ------------------------------------------------------------------------------


def tlv(tag, inner):
    size = len(inner)
    if size < 128:
        return bytes([tag, size]) + inner
    width = (size.bit_length() + 7) // 8
    return bytes([tag, 0x80 | width]) + size.to_bytes(width, "big") + inner


def der_length(data):
    """The length of the element that data begins with, header included."""
    if data[1] < 0x80:
        return 2 + data[1]
    size = data[1] & 0x7F
    return 2 + size + int.from_bytes(data[2:2 + size], "big")


def check_krb_error(reply):
    assert reply[0] == 0x7E, f"not KRB-ERROR: {reply[:8].hex()}"
    assert der_length(reply) == len(reply)


def check_reply(port, reply):
    """A protocol's error; never success."""
    if port == 88:
        check_krb_error(reply)
    elif port == 464:
        total, version, ap_rep = struct.unpack(">HHH", reply[:6])
        assert (total, version, ap_rep) == (len(reply), 1, 0)
        check_krb_error(reply[6:])
    elif port == 53:
        head = struct.unpack(">HHHHHH", reply[:12])
        assert head[1] & 0x8000, "a question as an answer"
        if len(reply) > 12:
            dns.message.from_wire(reply, ignore_trailing=False, raise_on_truncation=False)
    elif PROTOCOL.get(port) == LDAP:
        while reply:
            assert reply[0] == 0x30 and der_length(reply) <= len(reply), "not whole messages"
            reply = reply[der_length(reply):]


def volley(service, port, datagrams):
    """Sends datagrams at a rate that the service keeps up with; returns the replies."""
    replies = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.connect((service.addresses[0], port))
        s.setblocking(False)

        def drain():
            while True:
                try:
                    replies.append(s.recv(65536))
                except BlockingIOError:
                    return

        for number, datagram in enumerate(datagrams):
            s.send(datagram)
            if number % 16 == 15:
                time.sleep(0.001)
                drain()
        time.sleep(0.2)
        drain()
    for reply in replies:
        check_reply(port, reply)
    return replies


def framed(port, message):
    if PROTOCOL.get(port) == KRB:
        return struct.pack(">I", len(message)) + message
    if PROTOCOL.get(port) == DNS:
        return struct.pack(">H", len(message)) + message
    return message


def unframed(port, stream):
    """The messages of a TCP stream that has ended."""
    size = {KRB: 4, DNS: 2}.get(PROTOCOL.get(port))
    while stream and size:
        length = int.from_bytes(stream[:size], "big")
        assert size + length <= len(stream), "the stream ends inside a message"
        yield stream[size:size + length]
        stream = stream[size + length:]
    if stream:
        yield stream


def exchange(service, port, data, close_after=True, timeout=5):
    """One connection: data, then the end of what we send; everything that comes back until the end."""
    received = b""
    with socket.create_connection((service.addresses[0], port), timeout=timeout) as s:
        try:
            s.sendall(data)
            if close_after:
                s.shutdown(socket.SHUT_WR)
            while True:
                piece = s.recv(65536)
                if not piece:
                    break
                received += piece
        except OSError as e:
            if e.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):  # refused in the middle of it
                raise
            return []
    return list(unframed(port, received))


def each_port(service, kind):
    return sorted(port for port, k in service.ports(service.addresses[0]) if k == kind)


# --- the rounds --------------------------------------------------------------------------------------


def test_ports_are_served(service, valid):
    for address in service.addresses:
        assert service.ports(address) >= EXPECTED
    for port in (53, 88, 389, 464, 3268):
        for request in requests_for(valid, port):
            assert exchange(service, port, framed(port, request)), f"{port}: a valid request has no answer"


def test_empty(unharmed):
    for port in each_port(unharmed, "udp"):
        volley(unharmed, port, [b""] * 100)
    for port in each_port(unharmed, "tcp"):
        for data in (b"", b"\0", framed(port, b"")):
            for reply in exchange(unharmed, port, data):
                check_reply(port, reply)


def test_truncated_at_every_byte(unharmed, valid):
    for port in each_port(unharmed, "udp"):
        for request in requests_for(valid, port):
            volley(unharmed, port, [request[:cut] for cut in range(len(request))])
    for port in each_port(unharmed, "tcp"):
        for request in requests_for(valid, port):
            whole = framed(port, request)
            step = 1 if len(whole) < 400 else 7
            for cut in range(0, len(whole), step):  # the stream ends inside a message: nothing to answer
                for reply in exchange(unharmed, port, whole[:cut]):
                    check_reply(port, reply)
            for cut in range(0, len(request), step):  # a whole message that is not whole inside
                for reply in exchange(unharmed, port, framed(port, request[:cut])):
                    check_reply(port, reply)


def test_flipped_bytes(unharmed, valid):
    """Each byte of a request changed. A change that the protocol ignores may leave it valid."""
    for port in each_port(unharmed, "udp"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect((unharmed.addresses[0], port))
            for request in requests_for(valid, port):
                for at in range(len(request)):
                    changed = request[at] ^ RNG.randrange(1, 256)
                    s.send(request[:at] + bytes([changed]) + request[at + 1:])
                    if at % 16 == 15:
                        time.sleep(0.001)


def test_oversized_lengths(unharmed):
    for port in each_port(unharmed, "tcp"):
        for length in (0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x80000010, 0x00100001, 0xFFFF0000):
            begun = time.monotonic()
            for reply in exchange(unharmed, port, struct.pack(">I", length) + b"x" * 2000):
                check_reply(port, reply)
            if PROTOCOL.get(port) == KRB:  # refused by its length, no byte of it is waited for
                with socket.create_connection((unharmed.addresses[0], port), timeout=5) as s:
                    s.sendall(struct.pack(">I", length))
                    reply = s.recv(65536)
                    assert reply == b"" or reply[4] == 0x7E
                assert time.monotonic() - begun < 4
    for port in each_port(unharmed, "udp"):
        volley(unharmed, port, [b"\x6a" + head + b"x" * 60 for head in
                                (b"\x84\xff\xff\xff\xff", b"\x84\x7f\xff\xff\xff", b"\x88" + b"\xff" * 8, b"\x80",
                                 b"\xff" * 120, b"\x82\x00\x01", b"\x81\x05")])
        volley(unharmed, port, [bytes(size) for size in (1500, 9000, 16384, 16385, 60000, 65507)])


def nested(depth, tag, inner=b""):
    for _ in range(depth):
        inner = tlv(tag, inner)
    return inner


def test_deep_nesting(unharmed):
    def bodies(room):
        for tag in (0x30, 0x6A, 0x6C, 0xA0, 0x24, 0x63):
            for outer in (0x6A, 0x6C, 0x30):
                yield nested(1, outer, nested(room // 5, tag))
                yield bytes([outer, 0x80]) + bytes([tag, 0x80]) * (room // 3)
        yield b"\x30\x84\x00\x00\x10\x00\x02\x01\x01\x63\x82\x0f\x00" + b"\xa0\x84\x00\x00\x0f\x00" * 600
        question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
        yield question + b"\xc0\x0c\x00\x01\x00\x01"                  # a name that points at itself
        yield question + b"\x01a" * 127 + b"\xc0\x0c\x00\x01\x00\x01"  # and one that grows
        yield question + b"\x01a" * 200 + b"\x00\x00\x01\x00\x01"
        yield question[:4] + b"\xff\xff" * 4 + b"\x00\x00\x01\x00\x01" * 100

    for port in each_port(unharmed, "udp"):
        volley(unharmed, port, [body for body in bodies(1200)] + [body for body in bodies(16000)])
    for port in each_port(unharmed, "tcp"):
        for body in bodies(50000):
            for reply in exchange(unharmed, port, framed(port, body[:65535])):
                check_reply(port, reply)


def test_random_bytes(unharmed, valid):
    def noise():
        data = RNG.randbytes(RNG.choice((1, 7, 12, 40, 300, 1400)))
        first = RNG.choice((b"", b"", b"\x6a\x82", b"\x6c\x81", b"\x30\x84", b"\x00\x00\x00\x20"))
        return first + data

    for port in each_port(unharmed, "udp"):
        volley(unharmed, port, [noise() for _ in range(2000)])
    for port in each_port(unharmed, "tcp"):
        for _ in range(150):
            for reply in exchange(unharmed, port, framed(port, noise()) + noise()):
                check_reply(port, reply)
            for reply in exchange(unharmed, port, noise()):
                check_reply(port, reply)


def test_half_closed(unharmed, valid):
    """Who has ended its side still gets the answer, and then the end."""
    for port in (53, 88, 464):
        request = requests_for(valid, port)[0]
        assert exchange(unharmed, port, framed(port, request))
        assert len(exchange(unharmed, port, framed(port, request) * 5)) >= 1
        assert not exchange(unharmed, port, framed(port, request)[:-1])
    with ExitStack() as kept:  # half-closed by the other side: they ask and never take the answer
        for _ in range(200):
            s = kept.enter_context(socket.create_connection((unharmed.addresses[0], 88)))
            s.sendall(framed(88, valid[88][0]) * 20)
            s.shutdown(socket.SHUT_WR)
        unharmed.logon(tcp=True)


def test_byte_a_second(unharmed, valid):
    with ExitStack() as kept:
        slow = []
        for port in each_port(unharmed, "tcp"):
            whole = framed(port, requests_for(valid, port)[0])
            slow += [(kept.enter_context(socket.create_connection((unharmed.addresses[0], port))), whole)
                     for _ in range(20)]
        for second in range(3):
            for s, whole in slow:
                s.sendall(whole[second:second + 1])
            begun = time.monotonic()
            unharmed.logon(tcp=True)
            unharmed.logon()
            time.sleep(max(0, 1 - (time.monotonic() - begun)))


@contextmanager
def connections(address, port, count, source="127.0.9.1"):
    opened = []
    try:
        for _ in range(count):
            s = socket.socket()
            s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            s.bind((source, 0))
            s.settimeout(5)
            s.connect((address, port))
            opened.append(s)
        yield opened
    finally:
        for s in opened:
            s.close()


def test_idle_connections(unharmed):
    address = unharmed.addresses[0]
    with connections(address, 88, 2000):
        unharmed.logon()
        unharmed.logon(tcp=True)
        with connections(address, 53, 300), connections(address, 464, 500), connections(
                address, 389, 500):
            unharmed.logon()
            unharmed.logon(tcp=True)


def test_more_connections_than_there_is_room_for(unharmed):
    """The connections idle for longest make room: one source cannot keep the others out."""
    with connections(unharmed.addresses[0], 88, 12500):
        wait_for(lambda: unharmed.kinit(tcp=True, nameservers=unharmed.addresses[:1]).returncode == 0, 60)


def test_unfinished_requests_hold_little(unharmed, valid):
    """Each connection announces a long message and sends nearly all of it."""
    announced = struct.pack(">I", 60000) + b"\x6a\x82\xea\x5c" + bytes(50000)
    with connections(unharmed.addresses[0], 88, 300) as opened:
        for s in opened:
            s.sendall(announced)
        unharmed.logon(tcp=True)


# --- the control socket ------------------------------------------------------------------------------


def control(service, data, timeout=10):
    """(status, JSON) of raw bytes to the control socket; (0, None) when it only closes."""
    received = b""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout)
        s.connect(str(service.socket))
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            while True:
                piece = s.recv(65536)
                if not piece:
                    break
                received += piece
        except ConnectionResetError:
            pass
    if not received.startswith(b"HTTP/1.1 "):
        assert not received, received[:80]
        return 0, None
    head, _, body = received.partition(b"\r\n\r\n")
    try:
        return int(head.split()[1]), json.loads(body)
    except ValueError:
        return int(head.split()[1]), None


def post(service, path, body):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return control(service, head.encode() + body)


def operations():
    text = (ROOT / "src/operation/operations.def").read_text(encoding="utf-8")
    found = re.findall(r'OPERATION\(\w+, "([a-z-]+)", "([a-z-]+)"', text)
    assert len(found) > 30
    return found


def test_control_malformed_http(unharmed):
    for data in (b"", b"\0" * 100, b"GET", b"POST /v1/user/list", b"\r\n\r\n\r\n", RNG.randbytes(4000),
                 b"POST /v1/user/list HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
                 b"POST /v1/user/list HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
                 b"POST /v1/user/list HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{}",
                 b"POST /v1/user/list HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
                 b"POST /v1/user/list HTTP/1.1\r\n" + b"X: y\r\n" * 50000 + b"\r\n",
                 b"POST /v1/" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        try:
            status, body = control(unharmed, data, timeout=1)
        except socket.timeout:  # libmicrohttpd may wait for the rest until the connection's time is over
            unharmed.cli("user", "list")
            continue
        assert status == 0 or 400 <= status < 600, (data[:60], status)
        assert body is None or "error" in body


def refused(answer, status, code=None):
    assert answer[0] == status, answer
    assert answer[1]["error"]["message"] and (not code or answer[1]["error"]["code"] == code), answer


def test_control_bad_bodies(unharmed):
    refused(post(unharmed, "/v1/user/conquer", {}), 404, "UnknownOperation")
    for path in ("/", "/v1", "/v2/user/list"):  # the AWS API's
        status, answer = post(unharmed, path, {})
        assert (status, answer["__type"]) == (400, "MissingAuthenticationTokenException")
    for path in ("/v1/", "/v1/user", "/v1/user/", "/v1//list", "/v1/user/list/x", "/v1/user/list%00",
                 "/v1/../v1/user/list"):
        refused(post(unharmed, path, {}), 404, "UnknownOperation")
    refused(control(unharmed, b"GET /v1/user/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 405)
    refused(post(unharmed, "/v1/user/list", b'{"a":"' + b"x" * (2 << 20) + b'"}'), 413, "RequestTooLarge")
    for body in (b"{", b"[" * 100000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"nul", b'{"name":"a","name":"b"}',
                 b'{"name":"\xff\xfe"}', b'{"name":"a\\u0000b"}', b'{"name":"\\ud800"}', b"{} {}", b"\0", b"1e999",
                 b"[]", b"null", b"1", b'"x"', b"[[]]", RNG.randbytes(200)):
        status, answer = post(unharmed, "/v1/user/show", body)
        assert 400 <= status < 500 and answer["error"]["message"], (body[:40], status, answer)


def test_control_wrong_types(unharmed):
    for noun, verb in operations():
        path = f"/v1/{noun}/{verb}"
        refused(post(unharmed, path, {"nosuchmember": "x"}), 400)
        for wrong in (1, -1, 1.5, True, None, [], {}, [1], [[]], {"a": {}}, "", "x" * 70000, "é" * 4000, "x" + "é" * 4000, "\u0001", "a\nb"):
            status, answer = post(unharmed, path, {"name": wrong, "partner": wrong, "directory": wrong, "spn": wrong})
            assert 400 <= status < 500 and answer["error"]["message"], (path, wrong, status, answer)


def test_control_many_connections(unharmed):
    with ExitStack() as kept:
        for number in range(60):
            s = kept.enter_context(socket.socket(socket.AF_UNIX))
            s.connect(str(unharmed.socket))
            s.sendall(b"POST /v1/user/list HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{"[:number])
        unharmed.cli("user", "list")


def test_control_is_not_for_others(unharmed):
    code = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(unharmed.socket)!r})"
    done = subprocess.run(["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", "/usr/bin/python3",
                           "-c", code], text=True, stderr=subprocess.PIPE, check=False)
    assert "PermissionError" in done.stderr


# --- wrong configuration -----------------------------------------------------------------------------


def refused_start(service, words, *expected):
    done = subprocess.run([BUILD / "src" / "entente", "serve", *words], text=True, timeout=10,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 1, done.stdout
    for text in expected:
        assert text in done.stdout, done.stdout
    assert len(done.stdout.splitlines()) <= 3


def own(tmp, *more):
    return ["--state-dir", tmp / "state", "--run-dir", tmp / "run", "--log", tmp / "log", "--user", "nobody", *more]


def test_bad_configuration_file(unharmed, tmp_path):
    file = tmp_path / "entente.conf"
    for text, line, expected in (("user = nobody\nkdc-workers = 0\n", 2, "a number of processes from 1 to 64"),
                                 ("# text\n\nkdc-workers = many", 3, "a number of processes from 1 to 64"),
                                 ("state-dir = here", 1, "an absolute path"), ("state-dir =", 1, "an absolute path"),
                                 ("user = a/b", 1, "a user name"), ("stat-dir = /x", 1, "known are state-dir"),
                                 ("nonsense", 1, "expected name = value"), ("log = \0", 1, "an absolute path"),
                                 ("run-dir = /" + "x" * 600, 1, "an absolute path"),
                                 ("dns-workers = 99999999999999999999", 1, "from 1 to 64")):
        file.write_text(text, encoding="utf-8")
        refused_start(unharmed, ["--config", file], f"{file}, line {line}: ", expected)
    refused_start(unharmed, ["--config", tmp_path / "none"], "cannot be read: No such file")
    refused_start(unharmed, own(tmp_path, "--colour", "blue"), "no setting has this name")
    refused_start(unharmed, ["--state-dir"], "expected --SETTING VALUE")


def test_unknown_user(unharmed, tmp_path):
    refused_start(unharmed, own(tmp_path)[:-1] + ["nosuchuser"], "there is no user nosuchuser", "useradd")


def test_key_file(unharmed, tmp_path):
    (tmp_path / "state").mkdir()
    key = tmp_path / "state" / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o644)
    refused_start(unharmed, own(tmp_path), f"the key file {key} can be read by others; remedy: chmod 600 {key}")
    key.write_bytes(b"short")
    key.chmod(0o600)
    refused_start(unharmed, own(tmp_path), "it must hold 32 bytes; remedy: restore it from a backup")


def test_second_instance(unharmed, tmp_path):
    refused_start(unharmed, own(tmp_path)[2:] + ["--state-dir", unharmed.dir / "state"], "another entente serve uses",
                  "remedy: stop it, or give another --state-dir")
    refused_start(unharmed, own(tmp_path) + ["--run-dir", unharmed.dir / "run"], "another entente serve uses",
                  "remedy: stop it, or give another --run-dir")


def create_elsewhere(service, address):
    return service.cli("directory", "create", "other.example.com", "--short-name", "OTHER", "--admin-password-file",
                       service.dir / "admin", "--address", address, "--host", "dc1", check=False)


def test_address_not_here(unharmed):
    done = create_elsewhere(unharmed, "192.0.2.7")
    assert done.returncode and "192.0.2.7 port" in done.stdout and "ip address add" in done.stdout, done.stdout
    done = create_elsewhere(unharmed, "256.1.1.1")
    assert done.returncode and "address: expected an IPv4 or IPv6 address" in done.stdout, done.stdout


def test_port_in_use(unharmed):
    done = create_elsewhere(unharmed, unharmed.addresses[0])
    assert done.returncode, done.stdout
    [address] = free_addresses(1)
    with socket.socket() as taken:
        taken.bind((address, 88))
        taken.listen()
        done = create_elsewhere(unharmed, address)
    assert done.returncode and f"{address} port 88/tcp cannot be bound" in done.stdout, done.stdout
    assert "ss -lnp" in done.stdout
    assert "other.example.com" not in unharmed.cli("directory", "list").stdout


# --- processes that stop or die ----------------------------------------------------------------------


def test_stopped_writer(unharmed):
    writer = next(entry[0] for name, entry in unharmed.processes().items() if name.startswith("writer"))
    os.kill(writer, signal.SIGSTOP)
    try:
        for _ in range(3):
            unharmed.logon()
            unharmed.logon(tcp=True)
        done = unharmed.client(f"kinit alice@{REALM} < {unharmed.dir}/admin")
        assert done.returncode and "incorrect" in done.stdout, done.stdout
        unharmed.logon()
        done = unharmed.cli("group", "create", "late", check=False)
        assert done.returncode and "writer does not answer" in done.stdout, done.stdout
        unharmed.logon()
    finally:
        os.kill(writer, signal.SIGCONT)
    wait_for(lambda: unharmed.cli("group", "create", "later", check=False).returncode == 0, 60)


class Logons:
    """Stock clients that log on one after the other; some with a wrong password."""

    def __init__(self, service, count):
        self.service, self.outcomes, self.refusals, self.ended = service, [], [], False
        self.threads = [threading.Thread(target=self._run, args=(i,)) for i in range(count)]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        both = self.service.addresses[::1 if number % 2 else -1]
        while not self.ended:
            self.outcomes.append(self.service.kinit(nameservers=both, tcp=number % 3 == 2))
            if number == 0:
                self.refusals.append(self.service.client(f"kinit alice@{REALM} < {self.service.dir}/admin",
                                                         nameservers=both))

    def end(self):
        self.ended = True
        for thread in self.threads:
            thread.join()
        return self.outcomes


def test_killed_processes(service):
    logons = Logons(service, 3)
    late = {}
    try:
        for name, (pid, _, _) in service.processes().items():
            os.kill(pid, signal.SIGKILL)
            begun = time.monotonic()
            wait_for(lambda: back(service, name, pid), 60)
            late[name] = time.monotonic() - begun
    finally:
        outcomes = logons.end()
    print({name: f"{seconds:.2f} s" for name, seconds in late.items()}, len(outcomes), "logons")
    failed = [o.stdout for o in outcomes if o.returncode]
    assert len(outcomes) >= 10 and not failed, failed
    for refusal in logons.refusals:
        assert refusal.returncode and "incorrect" in refusal.stdout, refusal.stdout
    assert max(late.values()) < BACK_MAX, late
    assert len(late) >= 9
    service.logon()
    service.cli("group", "create", "after")


def test_killed_parent(service):
    """Its children end with it; the next one finds everything."""
    pids = [entry[0] for entry in service.processes().values()]
    service.cli("group", "create", "kept")
    service.process.kill()
    service.process.wait(60)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 60)
    service.process = serve(service.dir, service.dir / "state", service.dir / "run")
    wait_for(lambda: service.cli("group", "show", "kept", check=False).returncode == 0, 60)
    wait_for(lambda: all(ready for _, _, ready in service.processes().values()), 60)
    service.logon(nameservers=service.addresses[:1])
    service.logon(nameservers=service.addresses[1:], tcp=True)


def back(service, name, pid):
    if service.cli("directory", "list", check=False).returncode:
        return False
    try:
        entry = service.processes().get(name)
    except (AssertionError, ValueError, KeyError):
        return False
    return entry and entry[0] != pid and entry[2]
