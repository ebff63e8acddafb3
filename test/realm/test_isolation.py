"""Two directories in one service: what is done to one of them, load or crash, its neighbour does not notice. Stock clients
work in the neighbour's realm all the while; what is asserted is that they are answered and whose processes live."""

import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

import ldap_service
from ldap_service import Service
from netns import wait_for

NET = f"127.{70 + os.getpid() % 40}.{os.getpid() // 40 % 250}"
VICTIM, NEIGHBOUR = "victim.example", "neighbour.example"
AT = {VICTIM: f"{NET}.10", NEIGHBOUR: f"{NET}.20"}
PASSWORD = "Adm1n-of-both"
ROUNDS = 15
RNG = random.Random(5)


@pytest.fixture(scope="module")
def service():
    folder = Path("/tmp") / f"entente-apart-{os.getpid()}"
    folder.mkdir()
    s = Service(folder)
    try:
        s.secret("Administrator", PASSWORD)
        for name, address in AT.items():
            s.cli("directory", "create", name, "--short-name", name.split(".", maxsplit=1)[0].upper(), "--address", address,
                  "--admin-password-file", s.dir / "Administrator")
            ldap_service.ADDRESS[name] = address
        yield s
    finally:
        s.process.terminate()
        s.process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def shown(service, name):
    return json.loads(service.cli("--output", "json", "directory", "show", name))["result"]


def processes(service, name):
    return {p["name"]: (p["pid"], p["restarts"], p["ready"]) for p in shown(service, name)["processes"]}


def neighbours_work(service):
    """DNS, Kerberos and LDAP as a member of the realm uses them: a logon with service location, a search with its ticket."""
    for _ in range(ROUNDS):
        found = service.run(f"ldapsearch -LLL -Y GSSAPI -Q -N -H ldap://dc1.{NEIGHBOUR} -b dc=neighbour,dc=example "
                            "'(sAMAccountName=krbtgt)' sAMAccountName", who="Administrator", forest=NEIGHBOUR)
        assert "sAMAccountName: krbtgt" in found


# --- load --------------------------------------------------------------------------------------------------------------

def datagrams(stop):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setblocking(False)
        while not stop.is_set():
            for port in (53, 88, 389, 464):
                try:
                    s.sendto(RNG.randbytes(RNG.randrange(1, 1200)), (AT[VICTIM], port))
                except OSError:
                    pass


def streams(stop):
    """Requests that are nonsense, too long, too deep, or not read from."""
    deep = b"\x30\x84\x00\x00\x10\x00" + b"\xa0\x84\x00\x00\x0f\xf0" * 600
    search = bytes.fromhex("3025020101632004000a01020a0100020100020100010100870b6f626a656374436c6173733000")
    while not stop.is_set():
        for port, data in ((88, struct.pack(">I", 60000) + RNG.randbytes(2000)), (389, deep), (389, search * 50),
                           (389, b"\x30\x84\x7f\xff\xff\xff"), (445, b"\0\1\0\0" + RNG.randbytes(500)),
                           (135, RNG.randbytes(500)), (53, b"\xff\xff" + RNG.randbytes(900))):
            try:
                with socket.create_connection((AT[VICTIM], port), timeout=2) as s:
                    s.sendall(data)
            except OSError:
                pass


def test_load_on_one(service):
    before = processes(service, NEIGHBOUR), processes(service, VICTIM)
    stop = threading.Event()
    with ExitStack() as held:
        for port in (88, 389, 445, 636, 3268, 53, 464, 135):  # connections that never say anything, or never all of it
            for number in range(100):
                s = held.enter_context(socket.create_connection((AT[VICTIM], port), timeout=5))
                s.sendall(b"\0\0\x30\0\x6a"[:number % 5])
        threads = [threading.Thread(target=job, args=(stop,)) for job in (datagrams, streams)]
        for t in threads:
            t.start()
        try:
            neighbours_work(service)
        finally:
            stop.set()
            for t in threads:
                t.join()
    assert (processes(service, NEIGHBOUR), processes(service, VICTIM)) == before
    # Nor has the one under load come to harm.
    assert "krbtgt/VICTIM" in service.run("klist", who="Administrator", forest=VICTIM)


def test_crashes_of_one(service):
    """Every process of the victim, its writer too, time and again."""
    before = processes(service, NEIGHBOUR)
    stop = threading.Event()
    killed = Counter()

    def crash():
        while not stop.is_set():
            for name, (pid, _, _) in processes(service, VICTIM).items():
                if pid:
                    try:
                        os.kill(pid, signal.SIGSEGV)
                        killed[name] += 1
                    except ProcessLookupError:
                        pass
            stop.wait(0.2)
    with ThreadPoolExecutor(1) as pool:
        crashing = pool.submit(crash)
        try:
            neighbours_work(service)
        finally:
            stop.set()
        crashing.result()
    assert set(killed) == set(processes(service, VICTIM)) and max(killed.values()) > 1, killed
    assert processes(service, NEIGHBOUR) == before
    wait_for(lambda: shown(service, VICTIM)["state"] == "Active" and
             all(ready for _, _, ready in processes(service, VICTIM).values()), "the victim", 60)
    assert "krbtgt/VICTIM" in service.run("klist", who="Administrator", forest=VICTIM)


# --- trusts ------------------------------------------------------------------------------------------------------------

def trust(service, here, partner, forwarder):
    secret = service.secret("trust", "Shared by 2 sides")
    service.cli("trust", "create", partner, "--short-name", partner.split(".", maxsplit=1)[0].upper(), "--direction", "two-way",
                "--password-file", secret, "--forwarder", forwarder, "--no-wait", "--directory", here)


def state(service, here, partner):
    return json.loads(service.cli("--output", "json", "trust", "show", partner, "--directory", here))["result"]["state"]


def test_silent_partners_of_one(service):
    """Each proof waits for a server that says nothing. They are tried again all the time, and the neighbour's trust is
    seen to all the same when its other half appears."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((f"{NET}.66", 53))
        for number in range(20):
            trust(service, VICTIM, f"silent{number}.example", f"{NET}.66")
        trust(service, NEIGHBOUR, VICTIM, AT[VICTIM])
        wait_for(lambda: state(service, NEIGHBOUR, VICTIM) == "VerifyFailed", "the half of a trust", 30)
        trust(service, VICTIM, NEIGHBOUR, AT[NEIGHBOUR])
        wait_for(lambda: state(service, NEIGHBOUR, VICTIM) == "Verified", "the whole trust", 30)
        for number in range(20):
            service.cli("trust", "delete", f"silent{number}.example", "--directory", VICTIM)


# --- files -------------------------------------------------------------------------------------------------------------

def test_the_files_of_one(service):
    """A directory whose files are gone or damaged: the others, and the service itself, go on."""
    folder = service.dir / "state" / shown(service, VICTIM)["id"]
    before = processes(service, NEIGHBOUR)
    moved = folder.with_name("moved")
    folder.rename(moved)
    for pid, _, _ in processes(service, VICTIM).values():
        os.kill(pid, signal.SIGKILL)
    neighbours_work(service)
    assert processes(service, NEIGHBOUR) == before and shown(service, NEIGHBOUR)["state"] == "Active"
    wait_for(lambda: shown(service, VICTIM)["state"] == "Impaired", "Impaired")
    moved.rename(folder)
    wait_for(lambda: shown(service, VICTIM)["state"] == "Active" and
             all(ready for _, _, ready in processes(service, VICTIM).values()), "the victim", 60)
    assert "krbtgt/VICTIM" in service.run("klist", who="Administrator", forest=VICTIM)


def certificates(service):
    """Those of the victim whose end control tells, by the names of their files."""
    return set(re.findall(rf'certificate_expiry_timestamp_seconds{{directory="{VICTIM}",certificate="([^"]+)"',
                          service.cli("metrics")))


def test_control_opens_files_of_the_service_alone(service):
    """Who has taken control over, or put a link into its folders, gets no file of anybody else's: the kernel refuses. What
    an administrator names is read and written all the same, by a process that is told nothing but the name."""
    assert "serve.unconfined" not in (service.dir / "events.log").read_text(encoding="utf-8")
    folder = service.dir / "state" / shown(service, VICTIM)["id"]
    here, elsewhere = folder / "ldap-ca.pem", service.dir / "elsewhere.pem"
    shutil.copy(here, elsewhere)
    elsewhere.chmod(0o644)
    assert certificates(service) == {"ldap-ca", "ldap-dc1"}
    here.rename(folder / "moved.pem")
    here.symlink_to(folder / "moved.pem")
    assert certificates(service) == {"ldap-ca", "ldap-dc1"}
    here.unlink()
    here.symlink_to(elsewhere)
    assert certificates(service) == {"ldap-dc1"}
    (folder / "moved.pem").rename(here)
    backup = service.dir / "backup"
    backup.mkdir()
    shutil.chown(backup, "nobody")
    service.cli("backup", "create", backup)
    assert (backup / folder.name / "data.mdb").stat().st_size > 0 and (backup / "control.json").exists()
    ldif = service.dir / "more.ldif"
    ldif.write_text("dn: ou=named,dc=victim,dc=example\nobjectClass: organizationalUnit\nou: named\n")
    ldif.chmod(0o644)
    assert json.loads(service.cli("--output", "json", "directory", "import", ldif, "--directory", VICTIM))["result"]["added"] == 1
