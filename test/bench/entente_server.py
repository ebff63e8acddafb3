"""Entente as it is shipped: two forests with a trust between them, users with ready keys."""
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from bench_common import AWS, BUILD, CORP, KEPT, SERVER_CPU, Failure, run, start, tree, wait_for, write
from bench_users import Keys

ADDRESS = {AWS: "127.0.8.10", CORP: "127.0.8.20"}
SHORT = {AWS: "AWS", CORP: "CORP"}
SERVICE = f"HTTP/web.{AWS}"
ADMIN = "Adm1n-of-the-bench"


def base_dn(forest):
    return ",".join("DC=" + part for part in forest.split("."))


def user_records(forest, users):
    """LDIF of an OU with all users."""
    base = f"OU=Bench,{base_dn(forest)}"
    yield f"dn: {base}\nobjectClass: organizationalUnit\n\n"
    for name, key in users.lines(users.keys):
        yield (f"dn: CN={name},{base}\nobjectClass: user\nsAMAccountName: {name}\n"
               f"userAccountControl: 512\nentente-key: 1 18 {key}\n\n")


NESTED = "nested"
CHAINS, DEEP = 100, 10


def nested_records(forest, key):
    """A user in 1,000 groups: in the first of each chain, which is in the next, and so on."""
    base = f"CN=Users,{base_dn(forest)}"
    yield (f"dn: CN={NESTED},{base}\nobjectClass: user\nsAMAccountName: {NESTED}\nuserAccountControl: 512\n"
           f"entente-key: 1 18 {key}\n\n")
    for chain in range(CHAINS):
        member = f"CN={NESTED},{base}"
        for level in range(DEEP):
            name = f"chain{chain:02d}-{level}"
            yield f"dn: CN={name},{base}\nobjectClass: group\nsAMAccountName: {name}\nmember: {member}\n\n"
            member = f"CN={name},{base}"


class Entente:
    name, share = "Entente", 1
    address = ADDRESS

    def __init__(self, users=None, cpu=SERVER_CPU, settings=()):
        self.users, self.nested = users, None
        self.dir = tempfile.mkdtemp(prefix="entente-bench-")
        os.chmod(self.dir, 0o755)
        self.program = os.path.join(BUILD, "src", "entente")
        self.socket = f"{self.dir}/run/control.sock"
        self.pids = []
        self.process = None
        self.begin(cpu, settings)

    def begin(self, cpu=SERVER_CPU, settings=()):
        """settings: as on the command line of entente serve. The directories come back with it."""
        self.process = start(self.program, "serve", "--state-dir", f"{self.dir}/state", "--run-dir",
                             f"{self.dir}/run", "--user", "nobody", "--log", f"{self.dir}/events.log", *settings,
                             cpu=cpu, log=f"{self.dir}/serve.log", start_new_session=True)
        wait_for("entente", lambda: self.answers() or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise Failure(f"entente serve ended with {self.process.returncode}")
        for each in json.loads(self.cli("--output", "json", "directory", "list"))["result"]:
            self.wait_ready(each["name"])
        self.know()

    def answers(self):
        return os.path.exists(self.socket) and subprocess.run(
            [self.program, "--socket", self.socket, "directory", "list"], check=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode == 0

    def wait_ready(self, forest):
        def ready():
            shown = self.shown(forest)
            return shown["processes"] and all(p["ready"] for p in shown["processes"])
        wait_for(f"entente's {forest}", ready)

    def shown(self, forest):
        return json.loads(self.cli("--output", "json", "directory", "show", forest))["result"]

    def cli(self, *words):
        return run(self.program, "--socket", self.socket, *words)

    def secret(self, text):
        path = write(f"{self.dir}/secret", text + "\n")
        os.chmod(path, 0o600)
        return path

    def create(self, forest, *more):
        self.cli("directory", "create", forest, "--short-name", SHORT[forest], "--address", self.address[forest], "--host",
                 f"{SHORT[forest].lower()}-dc1", "--admin-password-file", self.secret(ADMIN), *more)
        self.cli("directory", "set", forest, "--udp-reply-limit", "65000")

    def load(self, forest, records):
        """Seconds that the import took."""
        path = f"{self.dir}/{forest}.ldif"
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(records)
        began = time.monotonic()
        self.cli("directory", "import", path, "--directory", forest)
        took = time.monotonic() - began
        os.unlink(path)
        return took

    def half(self, here, there, password):
        """Of a trust; what the answer tells."""
        return json.loads(self.cli("--output", "json", "trust", "create", there, "--direction", "two-way", "--password-file",
                                   self.secret(password), "--short-name", SHORT[there], "--sid",
                                   self.shown(there)["domain_sid"], "--forwarder", ADDRESS[there], "--directory",
                                   here))["result"]

    def trust(self):
        password = f"Tru5t-{secrets.token_urlsafe(18)}"
        for here, there in ((AWS, CORP), (CORP, AWS)):
            self.half(here, there, password)

    def fill(self):
        for forest in (AWS, CORP):
            self.create(forest)
            took = self.load(forest, user_records(forest, self.users[forest]))
            print(f"entente: {self.users[forest].count} users imported in {took:.1f} s", file=sys.stderr)
        key = secrets.token_hex(32)
        self.nested = Keys(1, write(f"{self.dir}/nested.keys", f"{NESTED} {key}\n"))
        self.load(AWS, nested_records(AWS, key))
        self.cli("service", "create", "web", "--spn", SERVICE, "--directory", AWS)
        self.trust()
        self.know()

    def know(self):
        """Its processes as they are now."""
        self.pids = tree(self.process.pid)

    def kdc(self, forest):
        return f"{self.address[forest]}:88"

    def halt(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(15)

    def stop(self):
        self.halt()
        shutil.copy(f"{self.dir}/serve.log", os.path.join(KEPT, "serve.log"))
        shutil.rmtree(self.dir, ignore_errors=True)
