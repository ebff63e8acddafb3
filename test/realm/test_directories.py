"""Many directories in one service: their number, and what one does not know of another."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import ldap_service
from ldap_service import Service
from netns import wait_for

ADMIN = "Adm1n-of-many"


def folder_of(name):
    folder = Path("/tmp") / f"entente-{name}-{os.getpid()}"
    folder.mkdir()
    return folder


def refused(service, *words):
    done = subprocess.run([ldap_service.BUILD / "src" / "entente", "--output", "json", *map(str, words)],
                          env=dict(os.environ, ENTENTE_SOCKET=str(service.socket)), text=True, stdout=subprocess.PIPE,
                          check=False)
    assert done.returncode in (1, 2), done.stdout
    return json.loads(done.stdout)["error"]["reason"]


def failed_directory(number):
    return {"id": f"d-{number:010x}", "name": f"d{number}.example", "short_name": f"D{number}", "state": "Failed",
            "site": "Default-First-Site-Name", "dcs": [{"host": "dc1", "addresses": ["127.0.0.1"]}]}


def test_no_more_are_made_than_the_next_start_takes():
    """256 records of directories that are not started; the 257th would keep the service from starting again."""
    folder = folder_of("full")
    try:
        (folder / "state").mkdir(mode=0o755)
        state = {"format": 1, "directories": [failed_directory(i) for i in range(256)]}
        (folder / "state" / "control.json").write_text(json.dumps(state), encoding="utf-8")
        os.chmod(folder / "state" / "control.json", 0o644)
        s = Service(folder)
        try:
            create = ["directory", "create", "one.more.example", "--short-name", "MORE", "--admin-password-file",
                      s.secret("admin", ADMIN)]
            assert refused(s, *create) == "CONTROL_DIRECTORIES"
        finally:
            s.process.terminate()
            s.process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answer(form, *words):
    """Of what asks no service: the exit status, and what is said."""
    done = subprocess.run([ldap_service.BUILD / "src" / "entente", "--output", form, *words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="surrogateescape", check=False)
    return done.returncode, json.loads(done.stdout) if form == "json" else done.stdout


def test_what_asks_no_service_answers_in_both_forms():
    show = ["config", "show", "--effective", "--state-dir", "/some/where", "--topic-ops", "http://127.0.0.1/x"]
    code, text = answer("text", *show)
    assert code == 0 and "state-dir = /some/where\n" in text and "kdc-workers = 1\n" in text, text
    code, body = answer("json", *show)
    assert code == 0 and body["schema_version"] == 1, body
    assert "".join(f"{name} = {value}\n" for name, value in body["result"].items()) == text
    code, text = answer("text", "config", "check", "--state-dir", "/tmp", "--user", "nobody")
    assert answer("json", "config", "check", "--state-dir", "/tmp", "--user", "nobody") == (
        code, {"schema_version": 1, "result": {"sentence": text.strip()}})
    for words in (["config", "show", "--state-dir", b"/\xff"], ["config", "check", "--nonsense", "x"],
                  ["restore", "/nowhere", "--key-file", "/none", "--state-dir", "/tmp/entente-none", "--user", "nobody"]):
        code, body = answer("json", *words)
        assert code == 2 and body["error"]["message"], body


def addresses_of(interface):
    shown = subprocess.run(["ip", "-j", "address", "show", "dev", interface], text=True, stdout=subprocess.PIPE, check=True)
    return {(a["local"], a["prefixlen"]) for a in json.loads(shown.stdout)[0]["addr_info"]}


def test_addresses_come_and_go_on_an_interface():
    """A network of the operator's: an address is on the interface while a domain controller has it."""
    folder, link = folder_of("placed"), f"pool{os.getpid() % 10000}"
    subprocess.run(["ip", "link", "add", link, "type", "veth", "peer", "name", f"{link}p"], check=True)
    try:
        for end in (link, f"{link}p"):
            subprocess.run(["ip", "link", "set", end, "up"], check=True)
        s = Service(folder, ["--subnet-four", f"10.77.1.0/24 zone-a {link}", "--subnet-six", f"fd77::/64 zone-b {link}",
                             "--subnet-none", "10.78.1.0/24 zone-a no-such-link"])
        try:
            secret = s.secret("admin", ADMIN)
            told = s.cli("directory", "create", "placed.example", "--short-name", "PLACED", "--subnet", "subnet-four",
                         "--subnet", "subnet-six", "--admin-password-file", secret, "--wait")
            assert told.endswith("\nplaced.example: Active\n"), told
            assert {("10.77.1.10", 24), ("fd77::a", 64)} <= addresses_of(link)
            answer = subprocess.run(["dig", "+short", "+tries=2", "+time=2", "@fd77::a", "dc1.placed.example"], text=True,
                                    stdout=subprocess.PIPE, check=True).stdout
            assert answer.strip() == "10.77.1.10"
            assert s.cli("dc", "remove", "dc2", "--wait=60") == "dc2: gone\n"
            assert ("10.77.1.10", 24) in addresses_of(link) and ("fd77::a", 64) not in addresses_of(link)
            assert refused(s, "dc", "add", "--subnet", "subnet-none") == "CONTROL_START_FAILED"
        finally:
            s.process.terminate()
            s.process.wait(60)
        assert ("10.77.1.10", 24) not in addresses_of(link)
    finally:
        subprocess.run(["ip", "link", "delete", link], check=True)
        shutil.rmtree(folder, ignore_errors=True)


COUNT = int(os.environ.get("ENTENTE_DIRECTORIES", "20"))  # as many as AWS allows in a region


def logon(service, number):
    """MIT's client, in the realm of one directory, with that directory's DNS."""
    forest = f"many{number}.example"
    ldap_service.ADDRESS[forest] = shown(service, forest)["addresses"][0]
    return service.run("klist", who="Administrator", forest=forest, ok=False)


def shown(service, name):
    return json.loads(service.cli("--output", "json", "directory", "show", name))["result"]


@pytest.mark.long
def test_twenty_side_by_side():
    """Each in its own realm, files and keys; what kills one, the others do not notice."""
    folder, net = folder_of("many"), f"127.{os.getpid() % 60 + 1}.{os.getpid() // 60 % 250}"
    s = Service(folder, ["--subnet-all", f"{net}.0/24 zone-one"])
    try:
        secret = s.secret("Administrator", ADMIN)
        for number in range(COUNT):
            s.cli("directory", "create", f"many{number}.example", "--short-name", f"MANY{number}", "--domain-controllers", 1,
                  "--admin-password-file", secret)
        listed = json.loads(s.cli("--output", "json", "directory", "list"))["result"]
        assert len(listed) == COUNT and {d["state"] for d in listed} == {"Active"}
        assert len({a for d in listed for a in d["addresses"]}) == COUNT
        for number in range(COUNT):
            assert f"krbtgt/MANY{number}.EXAMPLE@MANY{number}.EXAMPLE" in logon(s, number)
        # One password for all of them, and yet no two stored alike, and none opened by another's key.
        sids = {shown(s, f"many{number}.example")["domain_sid"] for number in range(COUNT)}
        assert len(sids) == COUNT
        victim = shown(s, "many0.example")
        others = [p["pid"] for number in range(1, COUNT) for p in shown(s, f"many{number}.example")["processes"]]
        for _ in range(3):
            for process in shown(s, "many0.example")["processes"]:
                if process["pid"]:
                    os.kill(process["pid"], signal.SIGKILL)
            for number in range(1, min(COUNT, 5)):
                assert "krbtgt/" in logon(s, number)
        assert others == [p["pid"] for number in range(1, COUNT) for p in shown(s, f"many{number}.example")["processes"]]
        wait_for(lambda: shown(s, "many0.example")["state"] == "Active" and
                 all(p["ready"] for p in shown(s, "many0.example")["processes"]), "the killed one", 60)
        assert "krbtgt/" in logon(s, 0)
        s.cli("directory", "delete", "many0.example")
        assert not (folder / "state" / victim["id"]).exists()
        assert "krbtgt/" in logon(s, 1)
    finally:
        s.process.terminate()
        s.process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def config(*words):
    return subprocess.run([ldap_service.BUILD / "src" / "entente", "config", *map(str, words)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def test_the_configuration_is_looked_at_before_it_is_used(tmp_path):
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text("# two workers\nkdc-workers = 2\nsubnet-a = 10.1.0.0/24 zone-a eth0\n", encoding="utf-8")
    bad.write_text("kdc-workers = 2\n\nkdc-workers = many\n", encoding="utf-8")
    assert config("check", "--config", good).returncode == 0
    told = config("check", "--config", bad)
    assert told.returncode == 2 and "line 3" in told.stdout and "1 to 64" in told.stdout
    assert config("check", "--config", tmp_path / "none.conf").returncode == 2
    assert config("check", "--no-such", "1").returncode == 2
    # Each subnet is good, and the two are not: an address would belong to both.
    told = config("check", "--config", good, "--subnet-b", "10.1.0.128/25 zone-b")
    assert told.returncode == 2 and "subnet-a" in told.stdout and "10.1.0.128/25" in told.stdout
    assert config("check", "--config", good, "--subnet-b", "10.1.1.0/24", "--subnet-a", "10.1.2.0/24").returncode == 0
    effective = config("show", "--effective", "--config", good, "--user", "svc").stdout.splitlines()
    assert config("show", "--config", good, "--user", "svc").stdout.splitlines() == effective
    assert {"kdc-workers = 2", "ldap-workers = 1", "user = svc", "subnet-a = 10.1.0.0/24 zone-a eth0"} <= set(effective)
    # What it prints is a configuration, and says the same again.
    again = tmp_path / "again.conf"
    again.write_text("\n".join(line for line in effective if not line.endswith(" = ")), encoding="utf-8")
    assert config("show", "--config", again).stdout.splitlines() == effective


def test_the_whole_service_at_a_glance():
    folder, net = folder_of("glance"), f"127.{os.getpid() % 60 + 61}.{os.getpid() // 60 % 250}"
    s = Service(folder, ["--subnet-all", f"{net}.0/24 zone-one"])
    try:
        secret = s.secret("Administrator", ADMIN)
        for number in (1, 2):
            s.cli("directory", "create", f"glance{number}.example", "--short-name", f"G{number}", "--domain-controllers",
                  number, "--admin-password-file", secret)
        rows = json.loads(s.cli("--output", "json", "status"))["result"]
        assert [(r["name"], r["state"], r["dcs"], r["trusts"]) for r in rows] == [
            ("glance1.example", "Active", "1/1", "0/0"), ("glance2.example", "Active", "2/2", "0/0")]
        assert all(len(set(r["processes"].split("/"))) == 1 and r["restarts"] == 0 for r in rows)
        text = s.cli("status", "show")
        assert "glance1.example" in text and "2/2" in text
    finally:
        s.process.terminate()
        s.process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
