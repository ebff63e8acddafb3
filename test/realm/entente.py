"""An Entente forest in one host: the service as an administrator starts it, and its CLI."""

import base64
import json
import os
import pwd
import signal
import subprocess
from pathlib import Path

from netns import wait_for

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ENTENTE_BUILD", ROOT / "build")) / "src"


def build_programs():
    """The programs under test are those of the tree: built once, in no time when nothing changed. ENTENTE_BUILT: by
    who runs several of us at a time."""
    if os.environ.get("ENTENTE_BUILT"):
        return
    if not (BUILD.parent / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(BUILD.parent), str(ROOT)], check=True)
    subprocess.run(["ninja", "-C", str(BUILD.parent), "src/entente", "src/entente-serve", "src/dns_testd"],
                   check=True, stdout=subprocess.DEVNULL)


class Refused(AssertionError):
    """The CLI's answer was no: code is its exit status, reason the code of the catalogue's row."""

    def __init__(self, words, code, body, text):
        self.code, self.body = code, body
        self.reason = (body or {}).get("error", {}).get("reason")
        super().__init__(f"entente {' '.join(words)} -> {code}\n{text}")


class EntenteForest:
    def __init__(self, net, forest, host_name=None):
        self.forest = forest
        self.host = net.host(host_name or forest.hosts[0], forest.addresses,
                             nameservers=forest.addresses, domain=forest.dns)
        self.host.set_krb5(forest.realm)
        self.dir = self.host.dir
        # The service leaves root: its user has to reach its folders through ours.
        os.chmod(net.dir, 0o755)
        os.chmod(self.dir, 0o755)
        self.state, self.run_dir = f"{self.dir}/state", f"{self.dir}/run"
        for path in (self.state, self.run_dir):
            os.mkdir(path)
        user = pwd.getpwnam("nobody")
        os.chown(self.state, user.pw_uid, user.pw_gid)
        self.socket = f"{self.run_dir}/control.sock"
        self.log = f"{self.dir}/events.log"
        self.cli_program = BUILD / "entente"
        self.proc = None
        self.secrets = 0

    # --- the service ---------------------------------------------------------------------------

    def serve(self, *settings):
        self.proc = self.host.start(str(BUILD / "entente"), "serve", "--state-dir", self.state, "--run-dir",
                                    self.run_dir, "--user", "nobody", "--log", self.log, *settings, log="serve.log")
        wait_for(self._answers, f"the control socket of {self.forest.dns}: {self.serve_log()}", 60)

    def _answers(self):
        if self.proc.poll() is not None:
            raise AssertionError(f"the service ended: {self.serve_log()}")
        return self.try_cli("directory", "list")[0] == 0

    def serve_log(self):
        path = Path(self.dir) / "serve.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self):
        """nsenter became the service, so this is its id; its children are its own business."""
        if self.proc:
            os.kill(self.proc.pid, signal.SIGTERM)
            self.proc.wait(60)
            self.host.procs.remove(self.proc)
            self.proc = None

    def create(self, of_dcs=None):
        """of_dcs: the addresses of each domain controller, parted by commas; one each otherwise."""
        f = self.forest
        words = [w for a in of_dcs or f.addresses for w in ("--address", a)] + [w for h in f.hosts for w in ("--host", h)]
        self.cli("directory", "create", f.dns, "--short-name", f.netbios, *words, "--admin-password-file",
                 self.secret(f.admin_password))
        self.wait_ready()

    def processes(self):
        return {p["name"]: p for p in self.cli("directory", "show", self.forest.dns)["processes"]}

    def wait_ready(self):
        wait_for(lambda: all(p["ready"] for p in self.processes().values()), f"processes of {self.forest.dns}")
        for a in self.forest.addresses:
            wait_for(lambda: self.forest.hosts[0] in self.host.run(
                "dig", "+short", "+tries=1", "+time=1", f"@{a}", "SRV", f"_kerberos._udp.{self.forest.dns}",
                check=False).stdout, f"DNS at {a}")

    def kill(self, name, sig=signal.SIGKILL):
        """Kills one process by the id that the service tells; the id."""
        pid = self.processes()[name]["pid"]
        os.kill(pid, sig)
        return pid

    # --- the CLI -------------------------------------------------------------------------------

    def secret(self, text):
        self.secrets += 1
        path = f"{self.dir}/secret{self.secrets}"
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(text + "\n")
        return path

    def try_cli(self, *words):
        """The exit status, the parsed answer (None when there is none) and the text."""
        r = self.host.run(str(BUILD / "entente"), "--socket", self.socket, "--output", "json", *words, check=False)
        try:
            return r.returncode, json.loads(r.stdout), r.stdout
        except ValueError:
            return r.returncode, None, r.stdout

    def cli(self, *words):
        code, body, text = self.try_cli(*words)
        if code != 0 or (body is None and text.strip()):
            raise Refused(words, code, body, text)
        return (body or {}).get("result")

    def refused(self, *words, status=2):
        """The reason of the refusal, which has to come; status 1: the service could not do it."""
        code, body, text = self.try_cli(*words)
        assert code == status, f"entente {' '.join(words)} -> {code}\n{text}"
        return body["error"]["reason"]

    def sid(self):
        return self.cli("directory", "show", self.forest.dns)["domain_sid"]

    def add_user(self, name, password, *options):
        self.cli("user", "create", name, "--password-file", self.secret(password), *options)
        self.forest.users[name] = password

    def set_password(self, name, password):
        self.cli("user", "set-password", name, "--password-file", self.secret(password))
        self.forest.users[name] = password

    def add_service(self, name, *spns):
        self.cli("service", "create", name, *[w for s in spns for w in ("--spn", s)])

    def keytab(self, name):
        path = f"{self.dir}/{name}.keytab"
        self.cli("service", "keytab", name, "--output", path)
        return path

    def trust(self, partner, sid, direction, password, kind="forest", forwarders=(), *options):
        self.cli("trust", "create", partner.dns, "--short-name", partner.netbios, "--sid", sid, "--type", kind,
                 "--direction", direction, "--password-file", self.secret(password),
                 *[w for f in forwarders for w in ("--forwarder", f)], *options)

    # --- events --------------------------------------------------------------------------------

    def events(self, since=0):
        """Every event after the first `since`."""
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8", errors="replace") as f:
            lines = f.read().split("\n")[:-1]
        return [json.loads(line) for line in lines[since:]]

    def mark(self):
        return len(self.events())

    def reason_seen(self, reason, since=0):
        """Waits for an event with this reason: events are written after the answer went out."""
        def found():
            return [e for e in self.events(since) if e.get("reason") == reason]
        try:
            return wait_for(found, reason, 30)[0]
        except AssertionError:
            tail = "\n".join(map(str, self.events(since)[-20:]))
            raise AssertionError(f"no event {reason}; there were:\n{tail}") from None


# --- what a client does ------------------------------------------------------------------------


def ldif_line(attribute, text):
    """As ldapsearch prints a value."""
    if text.isascii():
        return f"{attribute}: {text}"
    return f"{attribute}:: {base64.b64encode(text.encode()).decode()}"


class Client:
    """A machine with stock MIT clients, no KDC address and its own resolver."""

    ENTERPRISE = "-E"

    def __init__(self, net, address, nameservers, realm="", name="client", domain_realm=()):
        self.host = net.host(name, [address], nameservers=nameservers)
        self.host.set_krb5(realm, domain_realm=domain_realm)
        self.cache = f"FILE:{self.host.dir}/krb5cc"

    def run(self, *argv, trace=False, **kw):
        env = {"KRB5_TRACE": "/dev/stdout"} if trace else None
        return self.host.run(*argv, check=False, env=env, timeout=60, **kw)

    def kinit(self, principal, password, *options, ok=True, trace=False):
        self.host.run("kdestroy", check=False)
        r = self.run("kinit", *options, principal, input=password + "\n", trace=trace)
        if ok and r.returncode:
            raise AssertionError(f"kinit {principal}: {r.stdout}\n{self.traced('kinit', *options, principal, password=password)}")
        return r

    def traced(self, *argv, password=""):
        """The same once more with libkrb5's trace, for the message of a failure."""
        return self.run(*argv, input=password + "\n" if password else None, trace=True).stdout

    def kvno(self, service, *options, ok=True):
        r = self.run("kvno", *options, service)
        if ok and r.returncode:
            raise AssertionError(f"kvno {service}: {r.stdout}\n{self.traced('kvno', *options, service)}")
        return r

    def ticket(self, service, ok=True):
        return self.kvno(service, ok=ok)

    def ldapsearch(self, forest, filter, *attributes, server=0):
        return self.run("ldapsearch", "-Y", "GSSAPI", "-Q", "-N", "-LLL", "-o", "ldif-wrap=no", "-H",
                        f"ldap://{forest.fqdn(server)}", "-b", forest.base, filter, *attributes)

    def klist(self):
        return self.run("klist").stdout

    def kpasswd(self, principal, old, new):
        return self.run("kpasswd", principal, input=f"{old}\n{new}\n{new}\n")
