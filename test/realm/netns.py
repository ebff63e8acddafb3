"""Hosts made of namespaces: each has its own network, mounts and host name, its own resolv.conf and
krb5.conf, and a veth to one bridge that no packet leaves."""

import os
import shutil
import signal
import subprocess
import tempfile
import time


def run(*argv, check=True, **kw):
    kw.setdefault("stdout", subprocess.PIPE)
    kw.setdefault("stderr", subprocess.STDOUT)
    kw.setdefault("text", True)
    r = subprocess.run(argv, **kw)
    if check and r.returncode:
        raise AssertionError(f"{' '.join(argv)} -> {r.returncode}\n{r.stdout}")
    return r


def wait_for(condition, what, timeout=60.0):
    """Waits until condition() is true; the time only bounds a failure."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s for: {what}")
        time.sleep(0.05)


FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
TIMELESS = ("dig", "curl", "/usr/sbin/dnsmasq", "nft")  # of no date; some do not run under FAKETIME


def at_date(seconds):
    """The environment of a program whose clock is so far ahead; no program under test knows of it. Intervals stay as
    they are, and so do the times of files, which Python compares with those of its caches."""
    return {"LD_PRELOAD": FAKETIME, "FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1"}


class Network:
    """clock: how far the clocks of all its hosts are ahead of the machine's, in seconds."""

    def __init__(self, tag, clock=0):
        self.clock = clock
        self.tag = f"e{os.getpid() % 10000}{tag}"
        self.bridge = f"{self.tag}br"
        self.dir = tempfile.mkdtemp(prefix=f"entente-{tag}-")
        self.hosts = []
        run("ip", "netns", "add", self.bridge)
        run("ip", "-n", self.bridge, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", self.bridge, "link", "set", "br0", "up")

    def host(self, name, addresses, **kw):
        h = Host(self, name, addresses, **kw)
        self.hosts.append(h)
        return h

    def close(self):
        for h in reversed(self.hosts):
            h.close()
        run("ip", "netns", "del", self.bridge, check=False)
        if not os.environ.get("ENTENTE_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)


class Host:
    """binds: paths that get a private folder of this host (Samba's compiled-in places)."""

    def __init__(self, net, name, addresses, nameservers=(), domain="", binds=()):
        self.net, self.name, self.addresses = net, name, list(addresses)
        self.dir = os.path.join(net.dir, name)
        self.procs = []
        os.makedirs(self.dir)
        ns = f"{net.tag}{len(net.hosts)}"
        self.ns = ns
        run("ip", "netns", "add", ns)
        run("ip", "link", "add", f"{ns}a", "netns", ns, "type", "veth", "peer", "name", f"{ns}b",
            "netns", net.bridge)
        run("ip", "-n", ns, "link", "set", f"{ns}a", "name", "eth0")
        run("ip", "-n", ns, "link", "set", "lo", "up")
        run("ip", "-n", ns, "link", "set", "eth0", "up")
        for a in self.addresses:
            # An IPv6 address would wait for the answer of who has it already.
            run("ip", "-n", ns, "addr", "add", *([f"{a}/64", "dev", "eth0", "nodad"] if ":" in a
                                                 else [f"{a}/24", "dev", "eth0"]))
        run("ip", "-n", net.bridge, "link", "set", f"{ns}b", "master", "br0", "up")
        self.resolv = self.write("resolv.conf", "")
        self.set_nameservers(nameservers, domain)
        self.krb5 = self.write("krb5.conf", "[libdefaults]\n  dns_lookup_kdc = true\n")
        # libfaketime leaves two small files there for each process that was killed.
        steps = ["mount -t tmpfs none /dev/shm", f"mount --bind {self.resolv} /etc/resolv.conf"]
        if not os.path.exists("/etc/krb5.conf"):
            open("/etc/krb5.conf", "a").close()
        steps.append(f"mount --bind {self.krb5} /etc/krb5.conf")
        for path in binds:
            private = os.path.join(self.dir, path.strip("/").replace("/", "_"))
            os.makedirs(private, exist_ok=True)
            os.makedirs(path, exist_ok=True)
            steps.append(f"mount --bind {private} {path}")
        steps.append(f"hostname {name}")
        script = " && ".join(steps) + " && echo ready && exec sleep infinity"
        self.holder = subprocess.Popen(
            ["ip", "netns", "exec", ns, "unshare", "--mount", "--uts", "--propagation", "private", "sh",
             "-c", script], stdout=subprocess.PIPE, text=True)
        line = self.holder.stdout.readline()
        assert line == "ready\n", f"host {name} did not start"

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        # In place, so that a bind mount of the file sees it.
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def set_nameservers(self, servers, domain=""):
        lines = [f"nameserver {s}" for s in servers]
        if domain:
            lines.append(f"search {domain}")
        self.write("resolv.conf", "\n".join(lines + ["options timeout:2 attempts:2"]) + "\n")

    def set_krb5(self, realm="", extra="", domain_realm=()):
        """No kdc lines, ever: KDCs are found through DNS."""
        text = "[libdefaults]\n  dns_lookup_kdc = true\n  dns_lookup_realm = false\n" \
               "  dns_canonicalize_hostname = false\n  rdns = false\n" \
               "  udp_preference_limit = 1400\n"
        if realm:
            text += f"  default_realm = {realm}\n"
        text += extra
        if domain_realm:
            text += "[domain_realm]\n" + "".join(f"  {d} = {r}\n" for d, r in domain_realm)
        self.write("krb5.conf", text)

    def argv(self, *argv, ahead=0):
        """The command on this host, at this network's date; ahead: seconds by which its own clock is wrong."""
        seconds = self.net.clock + ahead
        at = [] if not seconds or argv[0] in TIMELESS else ["env", *(f"{k}={v}" for k, v in at_date(seconds).items())]
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-u", *at, *argv]

    def environment(self, env):
        """Every host has its own ticket cache: without it all would share one under /tmp."""
        return {**os.environ, "LC_ALL": "C.UTF-8", "KRB5CCNAME": f"FILE:{self.dir}/krb5cc", **(env or {})}

    def now(self):
        """Seconds since 1970 by this network's clock."""
        return int(time.time()) + self.net.clock

    def run(self, *argv, check=True, env=None, **kw):
        full = self.environment(env)
        kw.setdefault("timeout", 120)  # only bounds a failure
        return run(*self.argv(*argv), check=check, env=full, **kw)

    def start(self, *argv, env=None, log="log", ahead=0):
        full = self.environment(env)
        out = open(os.path.join(self.dir, log), "ab")
        p = subprocess.Popen(self.argv(*argv, ahead=ahead), stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                             env=full, start_new_session=True)
        self.procs.append(p)
        return p

    def nft_rule(self, what, verdict, hook="output"):
        """Packets of this kind are treated so, until nft_flush()."""
        rules = f"table inet lost {{\n chain c {{\n type filter hook {hook} priority 0;\n {what} {verdict}\n }}\n}}\n"
        return self.run("nft", "-f", "-", input=rules)

    def nft_drop(self, what, hook="output"):
        return self.nft_rule(what, "drop", hook)

    def nft_flush(self):
        self.run("nft", "flush", "ruleset")

    def stop(self, p):
        """Ends a process that start() made, with its group."""
        try:
            os.killpg(p.pid, signal.SIGTERM)
            p.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
        except ProcessLookupError:
            p.wait()
        self.procs.remove(p)

    def close(self):
        for p in list(self.procs):
            self.stop(p)
        # What is left in the namespace are daemons that this host's programs made.
        for pid in run("ip", "netns", "pids", self.ns, check=False).stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.holder.wait()
        run("ip", "netns", "del", self.ns, check=False)
