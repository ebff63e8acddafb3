"""An LDAP service for tests: two forests in one service that trust each other, so that a stranger binds as well.
Stock clients run with a resolver, tickets and authorities of their own; python3-ldap connects to the addresses."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import ldap
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ENTENTE_BUILD", ROOT / "build"))
CLOUD, CORP = "ldap-cloud.example", "ldap-corp.example"
BASE = "dc=ldap-cloud,dc=example"
NET = f"127.{60 + os.getpid() % 60}.{os.getpid() // 60 % 250}"
ADDRESS = {CLOUD: f"{NET}.10", CORP: f"{NET}.20"}
DC = f"dc1.{CLOUD}"
GSSAPI = f"-Y GSSAPI -Q -N -H ldap://{DC}"
PASSWORD = {"administrator": "Adm1n-of-ldap", "alice": "Wonder-land-7", "carol": "Company-77-x", "locky": "Lock-me-0ut"}


class Service:
    def __init__(self, folder, options=()):
        self.dir = folder
        folder.chmod(0o755)
        for name in ("state", "run"):
            (folder / name).mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [BUILD / "src" / "entente", "serve", "--state-dir", folder / "state", "--run-dir", folder / "run",
             "--user", "nobody", "--log", folder / "events.log", *options])
        self.socket = folder / "run" / "control.sock"
        end = time.monotonic() + 15
        while not self.socket.exists():
            assert self.process.poll() is None and time.monotonic() < end, "the service did not start"
            time.sleep(0.02)

    def secret(self, name, text):
        path = self.dir / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    def cli(self, *words):
        done = subprocess.run([BUILD / "src" / "entente", *map(str, words)],
                              env=dict(os.environ, ENTENTE_SOCKET=str(self.socket)), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def run(self, script, who=None, forest=CLOUD, ok=True):
        """A stock client with its own resolver and, when it is somebody, tickets. Returns what it printed."""
        (self.dir / "resolv.conf").write_text(f"nameserver {ADDRESS[forest]}\n", encoding="ascii")
        (self.dir / "krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {forest.upper()}\n dns_lookup_kdc = true\n rdns = false\n"
            " dns_canonicalize_hostname = false\n", encoding="ascii")
        authorities = self.dir / "authorities.pem"
        authorities.write_bytes(b"".join(p.read_bytes() for p in (self.dir / "state").glob("d-*/ldap-ca.pem")))
        env = dict(os.environ, KRB5_CONFIG=str(self.dir / "krb5.conf"), KRB5CCNAME=str(self.dir / "tickets"),
                   LDAPTLS_CACERT=str(authorities), LC_ALL="C")
        logon = f"kinit {who}@{forest.upper()} < {self.dir}/{who} > /dev/null && " if who else ""
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c",
             f"mount --bind {self.dir}/resolv.conf /etc/resolv.conf && {logon}{script}"],
            env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        assert not ok or done.returncode == 0, done.stdout
        return done.stdout

    def connect(self, who="administrator", port=636, forest=CLOUD):
        """python3-ldap, bound over TLS. Certificates are looked at in the tests of TLS."""
        client = ldap.initialize(f"ldaps://{ADDRESS[forest]}:{port}", bytes_mode=False)
        client.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)
        client.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        client.set_option(ldap.OPT_REFERRALS, 0)
        client.set_option(ldap.OPT_TIMEOUT, 30)
        client.simple_bind_s(f"{who}@{forest}", PASSWORD[who])
        return client

    def ldif(self, text):
        path = self.dir / "change.ldif"
        path.write_text(text, encoding="utf-8")
        return path

    def events(self, name):
        with open(self.dir / "events.log", encoding="utf-8") as log:
            return [e for e in map(json.loads, log) if e["event"] == name]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = Path("/tmp") / f"entente-ldap-{os.getpid()}"
    folder.mkdir()
    s = Service(folder)
    try:
        for name, text in PASSWORD.items():
            s.secret(name, text)
        sids = {}
        for forest in (CLOUD, CORP):
            s.cli("directory", "create", forest, "--short-name", forest[5:].split(".")[0].upper(), "--address",
                  ADDRESS[forest], "--host", "dc1", "--admin-password-file", s.dir / "administrator")
            shown = json.loads(s.cli("--output", "json", "directory", "show", forest))
            sids[forest] = shown["result"]["domain_sid"]
        trust = s.secret("trust", "Tru5t-between-us")
        for here, there in ((CLOUD, CORP), (CORP, CLOUD)):
            s.cli("trust", "create", there, "--type", "forest", "--direction", "two-way", "--password-file", trust,
                  "--short-name", there[5:].split(".")[0].upper(), "--sid", sids[there], "--forwarder",
                  ADDRESS[there], "--directory", here)
        for user, forest in (("alice", CLOUD), ("locky", CLOUD), ("carol", CORP)):
            s.cli("user", "create", user, "--password-file", s.dir / user, "--directory", forest)
        yield s
    finally:
        s.process.terminate()
        s.process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def values(ldif, attribute):
    return re.findall(rf"^{attribute}: (.*)$", ldif.replace("\n ", ""), re.MULTILINE | re.IGNORECASE)
