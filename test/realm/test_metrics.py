"""What is counted is what stock clients did, and Prometheus's own tool has nothing against how it is said."""

import re
import shutil

import pytest

from entente import Client, EntenteForest
from netns import Network, run, wait_for
from world import World


class Lab:
    def __init__(self):
        self.world = w = World("metrics", dcs=2)
        self.net = Network("met", w.clock)
        try:
            self.forest = EntenteForest(self.net, w.cloud)
            self.forest.serve("--metrics", "127.0.0.1:9464", "--log-format", "text")
            self.forest.create()
            self.user = w.ascii_person()
            self.forest.add_user(self.user, w.password())
            self.client = Client(self.net, w.client_address, w.cloud.addresses, w.cloud.realm)
        except BaseException:
            self.net.close()
            raise

    def text(self):
        """As the administrator asks on the socket."""
        return self.forest.host.run("curl", "-sS", "--fail", "--unix-socket", self.forest.socket, "http://x/metrics").stdout

    def all(self, name, **labels):
        """The values of all metrics of this name with these labels."""
        found = []
        for line in self.text().splitlines():
            m = re.fullmatch(r"entente_(\w+)(?:\{(.*)\})? (\d+)", line)
            has = dict(re.findall(r'(\w+)="([^"]*)"', m[2] or "")) if m else {}
            if m and m[1] == name and labels.items() <= has.items():
                found.append(int(m[3]))
        return found

    def sum(self, name, **labels):
        return sum(self.all(name, **labels))


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def test_prometheus_reads_it(lab):
    assert shutil.which("promtool")
    for text in (lab.text(), lab.forest.host.run("curl", "-sS", "--fail", "http://127.0.0.1:9464/metrics").stdout,
                 lab.forest.host.run(str(lab.forest.cli_program), "--socket", lab.forest.socket, "metrics").stdout):
        said = run("promtool", "check", "metrics", input=text, check=False)
        assert said.returncode == 0 and not said.stdout, said.stdout
        assert "entente_process_up" in text
    # The tool does refuse.
    assert run("promtool", "check", "metrics", input="entente_x{ 1\n", check=False).returncode != 0


def test_nothing_else_is_there(lab):
    for path in ("/", "/metrics/x", "/v1/directory/list"):
        said = lab.forest.host.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:9464{path}")
        assert said.stdout == "404"


def grows(lab, what, name, **labels):
    before = lab.sum(name, **labels)
    what()
    return lab.sum(name, **labels) - before


def test_logons(lab):
    w, c = lab.world, lab.client
    me, password = f"{lab.user}@{w.cloud.realm}", w.cloud.users[lab.user]
    assert grows(lab, lambda: c.kinit(me, password), "logons_total", method="kerberos") == 1
    assert grows(lab, lambda: c.kvno(f"ldap/{w.cloud.fqdn()}"), "kerberos_requests_total", exchange="tgs") >= 1
    assert grows(lab, lambda: c.kinit(me, password + "x", ok=False), "refusals_total",
                 reason="KDC_PASSWORD_WRONG", role="kdc") >= 1
    # The log of this service is text, which says the same.
    with open(lab.forest.log, encoding="utf-8") as log:
        lines = [line for line in log if " reason=KDC_PASSWORD_WRONG " in line]
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z kdc\.as reason=KDC_PASSWORD_WRONG severity=error side=client component=kdc ",
                    lines[0]), lines
    new = w.password()
    assert grows(lab, lambda: lab.forest.set_password(lab.user, new), "writer_changes_total") == 1
    c.kinit(me, new)


def test_searches_and_names(lab):
    w, c = lab.world, lab.client
    c.kinit(f"{lab.user}@{w.cloud.realm}", w.cloud.users[lab.user])
    dc = w.cloud.hosts[1]
    assert grows(lab, lambda: c.ldapsearch(w.cloud, "(cn=nobody)", server=1), "ldap_requests_total", operation="search", dc=dc) >= 1
    assert lab.sum("ldap_requests_total", operation="bind", dc=dc) >= 1
    dig = ("dig", "+tries=1", f"@{w.cloud.addresses[0]}")
    assert grows(lab, lambda: c.run(*dig, "SOA", w.cloud.dns), "dns_answers_total", rcode="noerror") == 1
    assert grows(lab, lambda: c.run(*dig, "A", f"nobody.{w.cloud.dns}"), "dns_answers_total", rcode="nxdomain") == 1


def test_calls_over_smb(lab):
    """And the logon by NTLM that carries them."""
    w = lab.world

    def ask():
        lab.client.run("rpcclient", "-c", "lsaquery", "-U", f"{w.cloud.netbios}/administrator%{w.cloud.admin_password}",
                       "--use-kerberos=off", w.cloud.fqdn())
    assert grows(lab, ask, "rpc_calls_total", role="rpc") >= 1
    assert lab.sum("smb_requests_total") > 3 and lab.sum("logons_total", method="ntlm") >= 1
    wait_for(lambda: set(lab.all("connections", role="rpc")) == {0}, "its connections to end")


def test_states(lab):
    w = lab.world
    assert lab.all("directory_state", directory=w.cloud.dns, state="Active") == [1]
    assert len(lab.all("domain_controller_state", state="Active")) == 2
    assert lab.sum("directory_size_bytes") > 1 << 20
    up = lab.all("process_up")
    assert len(up) == len(lab.forest.processes()) + 1 and set(up) == {1}
    memory = lab.all("process_resident_memory_bytes")
    assert len(memory) == len(up) and all(1 << 20 < n < 1 << 30 for n in memory), memory
    lab.forest.cli("trust", "create", w.corp.dns, "--type", "external", "--direction", "two-way", "--password-file",
                   lab.forest.secret("Of-n0-use"), "--short-name", w.corp.netbios, "--sid", "S-1-5-21-1-2-3")
    assert lab.all("trust_state", partner=w.corp.dns) == [1]
    assert lab.all("trust_verified_timestamp_seconds", partner=w.corp.dns) == []


def test_counts_go_on_when_a_process_was_started_again(lab):
    w = lab.world
    name = next(n for n in lab.forest.processes() if n.startswith("kdc") and n.endswith(w.cloud.hosts[0]))
    before = lab.sum("kerberos_requests_total", process=name)
    lab.forest.kill(name)
    lab.forest.wait_ready()
    assert before > 0 and lab.sum("kerberos_requests_total", process=name) == before
    assert lab.sum("process_restarts_total", process=name) == 1
