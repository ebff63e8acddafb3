"""Domain controllers come and go while their directory runs: stock clients find those that are there, and go on with
the others when one dies or does not answer."""

import ast
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

import ldap
import pytest

import ldap_service
from ldap_service import Service
from netns import wait_for

CLIENT = Path(__file__).with_name("smb_client.py")
FOREST, BASE = "many.example", "dc=many,dc=example"
NET = f"127.{180 + os.getpid() % 60}.{os.getpid() // 60 % 250}"
ADMIN = ldap_service.PASSWORD["administrator"]
SERVICES = ["_ldap._tcp", "_kerberos._udp", "_kpasswd._udp", "_gc._tcp", "_ldap._tcp.dc._msdcs",
            "_kerberos._tcp.Default-First-Site-Name._sites"]


@pytest.fixture(scope="module")
def service():
    folder = Path("/tmp") / f"entente-dcs-{os.getpid()}"
    folder.mkdir()
    s = Service(folder, ["--subnet-only", f"{NET}.0/24 zone-one"])
    try:
        s.secret("administrator", ADMIN)
        ldap_service.ADDRESS[FOREST] = f"{NET}.10"
        s.cli("directory", "create", FOREST, "--short-name", "MANY", "--admin-password-file", s.dir / "administrator")
        yield s
    finally:
        s.process.terminate()
        s.process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def asked(service, *words, ok=True):
    done = subprocess.run([ldap_service.BUILD / "src" / "entente", "--output", "json", *map(str, words)],
                          env=dict(os.environ, ENTENTE_SOCKET=str(service.socket)), text=True, stdout=subprocess.PIPE,
                          check=False, timeout=90)
    assert (done.returncode == 0) == ok, done.stdout
    body = json.loads(done.stdout) if done.stdout.strip() else {}
    return body.get("result") if ok else body["error"]["reason"]


def shown(service):
    return asked(service, "directory", "show", FOREST)


def states(service):
    return {dc["host"]: dc["state"] for dc in asked(service, "dc", "list")}


def targets(service, name, at=10):
    """What Knot's or BIND's client is told by one of the servers."""
    text = subprocess.run(["dig", "+short", "+tries=2", "+time=2", f"@{NET}.{at}", "SRV", f"{name}.{FOREST}"], text=True,
                          stdout=subprocess.PIPE, check=True).stdout
    return sorted(line.split()[3].split(".")[0] for line in text.splitlines())


def ldap_at(host):
    client = ldap.initialize(f"ldaps://{NET}.{host}", bytes_mode=False)
    client.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)
    client.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    client.set_option(ldap.OPT_NETWORK_TIMEOUT, 5)
    client.simple_bind_s(f"administrator@{FOREST}", ADMIN)
    return client


def referred(service):
    """Where SYSVOL is, as the first domain controller tells it over SMB."""
    said = service.run(f"kvno -q cifs/dc1.{FOREST} && /usr/bin/python3 -B {CLIENT} referrals dc1.{FOREST} {FOREST.upper()} "
                       "administrator", who="administrator", forest=FOREST)
    return sorted(name[1:].split(".")[0] for name in ast.literal_eval(said.splitlines()[1])[1:])


def test_all_serve_the_same_files(service):
    """What is written at one is read, renamed and removed at the other, at once."""
    def smb(host, command):
        return service.run(f"smbclient //{NET}.{host}/netlogon --use-kerberos=off -U MANY/administrator%{ADMIN} -W MANY "
                           f"--option=interfaces=lo --option=lockdirectory={service.dir} -c '{command}' < /dev/null",
                           forest=FOREST, ok=False)

    assert "NT_STATUS" not in smb(10, f"put {service.dir}/krb5.conf one.txt")
    assert "default_realm" in smb(11, "get ONE.TXT -")
    assert "NT_STATUS" not in smb(11, "rename one.txt two.txt")
    assert "two.txt" in smb(10, "ls") and "NT_STATUS" not in smb(10, "del two.txt")
    assert "NT_STATUS_OBJECT_NAME_NOT_FOUND" in smb(11, "get two.txt -")


def test_one_comes_and_goes(service):
    assert states(service) == {"dc1": "Active", "dc2": "Active"}
    dc = asked(service, "dc", "add")
    assert (dc["host"], dc["addresses"], dc["state"], dc["zone"]) == ("dc3", [f"{NET}.12"], "Active", "zone-one")
    for name in SERVICES:
        assert targets(service, name) == ["dc1", "dc2", "dc3"] == targets(service, name, at=12)
    # Everything that it serves is asked of it alone: LDAPS with its own certificate, Kerberos with its own key.
    found = service.run(f"ldapsearch -LLL -Y GSSAPI -Q -N -H ldap://dc3.{FOREST} -s base -b '' dnsHostName",
                        who="administrator", forest=FOREST)
    assert f"dnsHostName: dc3.{FOREST}" in found
    assert "MANY" in service.run(f"ldapwhoami -x -H ldaps://dc3.{FOREST} -D administrator@{FOREST} -w {ADMIN}", forest=FOREST)
    assert referred(service) == ["dc1", "dc2", "dc3"]
    client = ldap_at(10)
    settings = f"cn=NTDS Settings,cn=DC3,cn=Servers,cn=Default-First-Site-Name,cn=Sites,cn=Configuration,{BASE}"
    assert client.search_s(settings, ldap.SCOPE_BASE)

    service.cli("dc", "remove", "dc3")
    assert states(service) == {"dc1": "Active", "dc2": "Active"}
    for name in SERVICES:
        assert targets(service, name) == ["dc1", "dc2"]
    assert referred(service) == ["dc1", "dc2"]
    for dn in (settings, f"cn=DC3,ou=Domain Controllers,{BASE}"):
        with pytest.raises(ldap.NO_SUCH_OBJECT):
            client.search_s(dn, ldap.SCOPE_BASE)
    for port in (53, 88, 389, 445, 636):
        with pytest.raises(OSError):
            socket.create_connection((f"{NET}.12", port), timeout=2)


def test_what_cannot_be(service):
    assert asked(service, "dc", "remove", "dc1", ok=False) == "CONTROL_DC_FIRST"
    assert asked(service, "dc", "remove", "dc9", ok=False) == "CONTROL_NO_OBJECT"
    assert asked(service, "dc", "add", "--host", "dc2", ok=False) == "CONTROL_EXISTS"


def test_a_port_in_use_leaves_nothing_behind(service):
    with socket.socket() as there:
        there.bind((f"{NET}.50", 389))
        assert asked(service, "dc", "add", "--address", f"{NET}.50", "--host", "unlucky", ok=False) == "CONTROL_START_FAILED"
    assert states(service) == {"dc1": "Active", "dc2": "Active"}
    assert targets(service, "_ldap._tcp") == ["dc1", "dc2"]
    client = ldap_at(10)
    for base in (BASE, f"cn=Configuration,{BASE}", f"dc=DomainDnsZones,{BASE}"):
        found = client.search_s(base, ldap.SCOPE_SUBTREE, "(|(cn=unlucky)(dc=unlucky))")
        assert not [dn for dn, _ in found if dn]  # the rest are references to other naming contexts


def test_as_many_as_a_machine_runs(service):
    for _ in range(6):
        service.cli("dc", "add")
    assert asked(service, "dc", "add", ok=False) == "CONTROL_DC_LIMIT"
    assert len(targets(service, "_ldap._tcp")) == 8
    for number in range(8, 2, -1):
        service.cli("dc", "remove", f"dc{number}")
    assert targets(service, "_ldap._tcp") == ["dc1", "dc2"]


def processes_of(service, host):
    return {p["name"]: p["pid"] for p in shown(service)["processes"] if f"/{host}" in p["name"]}


def test_clients_go_on_when_one_dies(service):
    """Logons by MIT's client, which finds the KDCs in DNS, while each domain controller in turn is killed whole."""
    failures, count, stop = [], [0], threading.Event()
    (service.dir / "resolv.conf.two").write_text(
        f"nameserver {NET}.10\nnameserver {NET}.11\noptions timeout:1 attempts:3\n", encoding="ascii")
    (service.dir / "krb5.conf.two").write_text(
        f"[libdefaults]\n default_realm = {FOREST.upper()}\n dns_lookup_kdc = true\n rdns = false\n", encoding="ascii")
    env = dict(os.environ, KRB5_CONFIG=str(service.dir / "krb5.conf.two"), KRB5CCNAME=str(service.dir / "load"))

    def load():
        while not stop.is_set():
            done = subprocess.run(
                ["unshare", "--mount", "sh", "-c", f"mount --bind {service.dir}/resolv.conf.two /etc/resolv.conf && "
                 f"kinit administrator < {service.dir}/administrator"], env=env, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, check=False)
            count[0] += 1
            if done.returncode:
                failures.append(done.stdout)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        for host in ("dc1", "dc2", "dc1"):
            begun = count[0]
            for pid in processes_of(service, host).values():
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda: count[0] >= begun + 4, "logons after the death", 60)  # pylint: disable=cell-var-from-loop
            wait_for(lambda: states(service)[host] == "Active" and  # pylint: disable=cell-var-from-loop
                     all(p["ready"] for p in shown(service)["processes"]), "its processes", 30)
    finally:
        stop.set()
        thread.join(60)
    assert not failures and count[0] > 10
    assert shown(service)["state"] == "Active"


def test_one_that_hangs_is_ended(service):
    """A stopped process holds its sockets: nobody else serves them until it is ended."""
    name, pid = next((n, p) for n, p in processes_of(service, "dc2").items() if n.startswith("kdc"))
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: [e for e in service.events("serve.hung") if e["process"] == name], "the event", 60)
    assert service.events("serve.hung")[-1]["reason"] == "SERVE_PROCESS_HUNG"
    wait_for(lambda: processes_of(service, "dc2")[name] not in (0, pid), "another process", 60)
    wait_for(lambda: states(service)["dc2"] == "Active", "the domain controller", 60)
    told = [(e["dc"], e["state"]) for e in service.events("control.dc_state")]
    assert ("dc2", "Impaired") in told and told[-1] == ("dc2", "Active")
    assert ("Impaired" in [e["state"] for e in service.events("control.directory_state")])


def test_an_addition_that_is_cut_short_is_gone_on_with(service):
    """control dies while it waits for the new domain controller: the next one goes on."""
    control = lambda: next(int(p) for p in children(service) if b"control" in command(p))  # noqa: E731
    adding = subprocess.Popen([ldap_service.BUILD / "src" / "entente", "dc", "add"],
                              env=dict(os.environ, ENTENTE_SOCKET=str(service.socket)), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        state = service.dir / "state" / "control.json"
        wait_for(lambda: "dc3" in state.read_text(encoding="utf-8"), "the record")
        os.kill(control(), signal.SIGKILL)
    finally:
        adding.wait(90)
    wait_for(lambda: states(service).get("dc3") == "Active", "the domain controller", 60)
    assert targets(service, "_ldap._tcp") == ["dc1", "dc2", "dc3"]
    assert ldap_at(12).search_s("", ldap.SCOPE_BASE)


def children(service):
    return Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text(encoding="ascii").split()


def command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()
