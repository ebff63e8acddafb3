#!/usr/bin/python3
"""The main job on an embedded default: a managed forest in the cloud and a corporate forest, a trust between
them made from both sides, proved in both directions, and a person of one using a service of the other. Every
address is a loopback address; the clients are MIT's and OpenLDAP's, in a private mount namespace with a
resolv.conf of their own, and find everything through DNS."""
import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, "build", "demo")
CLOUD = {"dns": "aws.example.com", "flat": "AWS", "addresses": ["127.0.1.10", "127.0.1.11"],
         "hosts": ["aws-dc1", "aws-dc2"]}
CORP = {"dns": "corp.example.com", "flat": "CORP", "addresses": ["127.0.1.20"], "hosts": ["corp-dc1"]}


class Failed(Exception):
    pass


class Demo:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="entente-demo-")
        os.chmod(self.dir, 0o755)
        self.entente = os.path.join(BUILD, "src", "entente")
        self.socket = os.path.join(self.dir, "run", "control.sock")
        self.serve = None
        self.step_number = 0

    # --- telling -------------------------------------------------------------------------------------

    def step(self, title, proves):
        self.step_number += 1
        print(f"\n{self.step_number}. {title}\n   {proves}", flush=True)

    def show(self, text):
        for line in text.rstrip().splitlines():
            print(f"      {line}", flush=True)

    # --- running -------------------------------------------------------------------------------------

    def secret(self, name, text):
        path = os.path.join(self.dir, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            f.write(text + "\n")
        return path

    def cli(self, *words, show=True, check=True):
        if show:
            self.show("$ entente " + " ".join(words))
        done = subprocess.run([self.entente, "--socket", self.socket, *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if check and done.returncode not in (0,):
            self.show(done.stdout)
            raise Failed(f"entente {words[0]} {words[1]} ended with {done.returncode}")
        return done.stdout

    def data(self, *words):
        done = self.cli("--output", "json", *words, show=False)
        return json.loads(done)["result"]

    def client(self, nameserver, realm, script, check=True):
        """A stock client: its own resolv.conf and krb5.conf in a private mount namespace."""
        resolv = self.write("resolv.conf", f"nameserver {nameserver}\n")
        conf = self.write("krb5.conf", f"[libdefaults]\n default_realm = {realm}\n dns_lookup_kdc = true\n"
                                       " dns_canonicalize_hostname = false\n rdns = false\n")
        env = dict(os.environ, KRB5_CONFIG=conf, KRB5CCNAME=os.path.join(self.dir, "tickets"), LC_ALL="C.UTF-8")
        inner = f"mount --bind {resolv} /etc/resolv.conf && {script}"
        for line in script.split(" && "):
            self.show("$ " + line.replace(self.dir + "/", ""))
        done = subprocess.run(["unshare", "--mount", "sh", "-c", inner], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.show(done.stdout)
        if check and done.returncode:
            raise Failed(f"{script.split()[0]} ended with {done.returncode}")
        return done

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    # --- the steps -------------------------------------------------------------------------------------

    def build(self):
        self.step("Build", "Everything is made from the sources in this folder.")
        if not os.path.isdir(BUILD):
            subprocess.run(["meson", "setup", BUILD, TOP], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["ninja", "-C", BUILD, "src/entente", "src/entente-serve"], check=True,
                       stdout=subprocess.DEVNULL)

    def start(self):
        self.step("Start the service", "One parent that binds ports; each role in a process of its own, "
                  "without root's rights.")
        self.serve = subprocess.Popen(
            [self.entente, "serve", "--state-dir", f"{self.dir}/state", "--run-dir", f"{self.dir}/run",
             "--user", "nobody", "--log", f"{self.dir}/events.log"], start_new_session=True)
        end = time.monotonic() + 15
        while not os.path.exists(self.socket):
            if self.serve.poll() is not None or time.monotonic() > end:
                raise Failed("the service did not start")
            time.sleep(0.02)

    def create(self, forest):
        words = ["directory", "create", forest["dns"], "--short-name", forest["flat"],
                 "--admin-password-file", self.secret("admin", "Adm1n-" + secrets.token_urlsafe(12))]
        for address, host in zip(forest["addresses"], forest["hosts"]):
            words += ["--address", address, "--host", host]
        begun = time.monotonic()
        self.cli(*words)
        forest["sid"] = self.data("directory", "show", forest["dns"])["domain_sid"]
        self.show(f"{forest['dns']} is active with {len(forest['addresses'])} domain controller(s) after "
                  f"{time.monotonic() - begun:.1f} s; its SID is {forest['sid']}")

    def people(self):
        self.step("People and services", "alice belongs to the company, bob to the cloud; web is a service in the "
                  "cloud, with a group that only cloud machines know.")
        alice, bob = self.secret("alice", "Wonder-" + secrets.token_urlsafe(9)), self.secret(
            "bob", "Builder-" + secrets.token_urlsafe(9))
        self.cli("user", "create", "alice", "--password-file", alice, "--directory", CORP["dns"])
        self.cli("user", "create", "bob", "--password-file", bob, "--directory", CLOUD["dns"])
        self.cli("service", "create", "web", "--spn", f"HTTP/web.{CLOUD['dns']}", "--directory", CLOUD["dns"])
        self.cli("service", "keytab", "web", "--output", f"{self.dir}/web.keytab", "--directory", CLOUD["dns"])
        self.cli("service", "create", "files", "--spn", f"HTTP/files.{CORP['dns']}", "--directory", CORP["dns"])
        return alice, bob

    def trust(self):
        self.step("The trust, one half on each side", "The same password on both sides, typed once on each; a "
                  "conditional forwarder toward the other side's DNS.")
        password = self.secret("trust", "Tru5t-" + secrets.token_urlsafe(18))
        for here, there in ((CLOUD, CORP), (CORP, CLOUD)):
            out = self.cli("trust", "create", there["dns"], "--type", "forest", "--direction", "two-way",
                           "--password-file", password, "--short-name", there["flat"], "--sid", there["sid"],
                           *[w for a in there["addresses"] for w in ("--forwarder", a)], "--directory",
                           here["dns"])
            if here is CLOUD:
                self.show("The other half does not exist yet, and the state says so:")
            self.show(out)

    def verify(self):
        self.step("Proof in both directions", "Each side logs on to the other's KDCs as the trust account "
                  "(outgoing) and presents a referral of its own (incoming): step proof, by Kerberos. It makes a "
                  "secure channel to each domain controller there, and lets each prove its own channel back: step "
                  "channel, by NETLOGON. From every domain controller to every other.")
        for here, there in ((CLOUD, CORP), (CORP, CLOUD)):
            self.show(self.cli("trust", "verify", there["dns"], "--directory", here["dns"]))
            self.all_proved(here, there)

    def all_proved(self, here, there):
        rows = self.data("trust", "verify", there["dns"], "--directory", here["dns"])
        proved = {(r["dc"], r["server"].split(".")[0], r["side"], r["step"]) for r in rows if r["status"] == "pass"}
        for half in ("outgoing", "incoming"):
            for how, step in (("Kerberos", "proof"), ("NETLOGON", "channel")):
                missing = [(a, b) for a in here["hosts"] for b in there["hosts"] if (a, b, half, step) not in proved]
                if missing:
                    raise Failed(f"{half} is not proved by {how}: {missing}")
                self.show(f"{half} by {how}: proved from {', '.join(here['hosts'])} to {', '.join(there['hosts'])}")

    def logon(self, alice, bob):
        realm, cloud = CORP["dns"].upper(), CLOUD["dns"].upper()
        self.step("alice of the company uses a service in the cloud",
                  "Her KDC refers her over the trust; the cloud's KDC believes the referral, filters its SIDs and "
                  "issues the ticket, which decrypts with the service's own keytab.")
        self.client(CORP["addresses"][0], realm,
                    f"kinit alice@{realm} < {alice} && kvno -k {self.dir}/web.keytab HTTP/web.{CLOUD['dns']} "
                    f"&& klist")
        self.step("bob of the cloud uses a service of the company", "The same the other way round.")
        self.client(CLOUD["addresses"][1], cloud,
                    f"kinit bob@{cloud} < {bob} && kvno HTTP/files.{CORP['dns']}")

    def directory_search(self, alice):
        realm = CORP["dns"].upper()
        host = f"{CLOUD['hosts'][0]}.{CLOUD['dns']}"
        base = ",".join("DC=" + label for label in CLOUD["dns"].split("."))
        self.step("alice reads the cloud's directory over LDAP",
                  "A cross-realm ticket is enough to bind, signed and sealed, to a directory of the other forest.")
        self.client(CORP["addresses"][0], realm,
                    f"kinit alice@{realm} < {alice} && ldapsearch -LLL -Q -N -Y GSSAPI -H ldap://{host} "
                    f"-b {base} '(sAMAccountName=bob)' sAMAccountName userPrincipalName objectSid")

    def refusal(self, alice):
        realm = CORP["dns"].upper()
        self.step("A refusal explains itself", "Without the right on the service, selective authentication "
                  "refuses alice; the event says which side, why, and what mends it.")
        self.cli("trust", "set", CORP["dns"], "--selective-auth", "--directory", CLOUD["dns"])
        self.client(CORP["addresses"][0], realm,
                    f"kinit alice@{realm} < {alice} && kvno HTTP/web.{CLOUD['dns']}", check=False)
        with open(f"{self.dir}/events.log", encoding="utf-8") as f:
            refused = [json.loads(line) for line in f if '"SELECTIVE_AUTH_DENIED"' in line]
        if not refused:
            raise Failed("selective authentication refused nothing")
        self.show(json.dumps({k: refused[-1][k] for k in ("event", "reason", "side", "client", "service")
                              if k in refused[-1]}))
        sid = self.data("user", "show", "alice", "--directory", CORP["dns"])["sid"]
        self.cli("service", "allow", "web", sid, "--directory", CLOUD["dns"])
        self.client(CORP["addresses"][0], realm, f"kvno HTTP/web.{CLOUD['dns']}")

    def look_around(self):
        print(f"""
It is left running. Look around:
   export ENTENTE_SOCKET={self.socket} PATH={os.path.dirname(self.entente)}:$PATH
   entente directory list
   entente directory show {CLOUD['dns']}
   entente trust show {CORP['dns']} --directory {CLOUD['dns']}
   dig @{CLOUD['addresses'][0]} _ldap._tcp.{CLOUD['dns']} SRV
   tail -f {self.dir}/events.log
Stop it: kill {self.serve.pid}; rm -r {self.dir}""")

    def close(self, keep):
        if keep or not self.serve:
            return
        os.killpg(self.serve.pid, signal.SIGTERM)
        try:
            self.serve.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.serve.pid, signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(prog="./demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("demo: run as root: the service binds ports below 1024, the clients get a mount namespace",
              file=sys.stderr)
        return 1
    demo = Demo()
    done = False
    begun = time.monotonic()
    try:
        demo.build()
        begun = time.monotonic()
        demo.start()
        demo.step("Two forests", "The cloud forest with two domain controllers, the corporate forest with one.")
        demo.create(CLOUD)
        demo.create(CORP)
        alice, bob = demo.people()
        demo.trust()
        demo.verify()
        demo.logon(alice, bob)
        demo.directory_search(alice)
        demo.refusal(alice)
        done = True
    except Failed as e:
        print(f"\ndemo: FAILED in step {demo.step_number}: {e}; events: {demo.dir}/events.log", flush=True)
    if done:
        print(f"\ndemo: all {demo.step_number} steps passed in {time.monotonic() - begun:.1f} s after the build",
              flush=True)
        if options.keep:
            demo.look_around()
    demo.close(options.keep or not done)
    if not done and demo.serve and not options.keep:
        os.killpg(demo.serve.pid, signal.SIGTERM)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
