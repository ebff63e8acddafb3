"""A directory goes back to a snapshot while stock clients look on: people are as they were, what others share is as it
is now, and domain controllers are those that there are."""

import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import ldap
import lmdb
import pytest

import ldap_service
from ldap_service import Service
from netns import wait_for

FOREST, BASE = "back.example", "dc=back,dc=example"
NET = f"127.{20 + os.getpid() % 40}.{os.getpid() // 40 % 250}"
ADMIN = "Adm1n-of-back"


@pytest.fixture(scope="module")
def service():
    folder = Path("/tmp") / f"entente-back-{os.getpid()}"
    folder.mkdir()
    s = Service(folder, ["--subnet-only", f"{NET}.0/24 zone-one"])
    try:
        s.secret("administrator", ADMIN)
        ldap_service.ADDRESS[FOREST] = f"{NET}.10"
        ldap_service.PASSWORD["administrator"] = ADMIN
        s.cli("directory", "create", FOREST, "--short-name", "BACK", "--admin-password-file", s.dir / "administrator")
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


def person(service, name, password="F1rst-of-all"):
    service.cli("user", "create", name, "--password-file", service.secret(name, password))
    ldap_service.PASSWORD[name] = password


def sid(service, name):
    return asked(service, "user", "show", name)["sid"]


def kinit(service, who, password, ok=True):
    service.secret(who, password)
    told = service.run("true", who=who, forest=FOREST, ok=False)
    assert ("password" in told.lower() or "not found" in told.lower()) != ok, told


def servers(service):
    client = service.connect(forest=FOREST)
    found = client.search_s(f"cn=Sites,cn=Configuration,{BASE}", ldap.SCOPE_SUBTREE, "(objectClass=server)", ["cn"])
    return sorted(attrs["cn"][0].decode().lower() for dn, attrs in found if dn)


def invocation(service):
    client = service.connect(forest=FOREST)
    dn = f"cn=NTDS Settings,cn=DC1,cn=Servers,cn=Default-First-Site-Name,cn=Sites,cn=Configuration,{BASE}"
    return client.search_s(dn, ldap.SCOPE_BASE, attrlist=["invocationId"])[0][1]["invocationId"][0]


def test_back_to_what_was(service):
    person(service, "paul")
    service.cli("computer", "create", "WS1", "--password-file", service.secret("ws1", "Mach1ne-first"))
    service.cli("dc", "add", "--host", "old")
    made = asked(service, "snapshot", "create", "--name", "before it all")
    assert (made["state"], made["name"], made["type"]) == ("Completed", "before it all", "Manual")
    assert [s["id"] for s in asked(service, "snapshot", "list")] == [made["id"]]
    before = invocation(service)

    person(service, "after")
    last = int(sid(service, "after").rsplit("-", 1)[1])
    service.cli("user", "set-password", "paul", "--password-file", service.secret("paul2", "Sec0nd-of-all"))
    client = service.connect(forest=FOREST)
    client.modify_s(f"cn=WS1,cn=Computers,{BASE}", [(ldap.MOD_REPLACE, "unicodePwd", '"Mach1ne-second"'.encode("utf-16le"))])
    service.cli("dc", "remove", "old")
    service.cli("dc", "add", "--host", "new")

    assert service.cli("snapshot", "restore", made["id"], "--wait") == f"{FOREST}: Active\n"
    shown = asked(service, "directory", "show", FOREST)
    assert shown["state"] == "Active" and all(p["ready"] for p in shown["processes"])
    kinit(service, "paul", "F1rst-of-all")
    kinit(service, "paul", "Sec0nd-of-all", ok=False)
    kinit(service, "after", "F1rst-of-all", ok=False)
    # The machine's password is the newer one, which the machine has.
    service.secret("WS1$", "Mach1ne-second")
    assert "BACK" in service.run(f"ldapwhoami -Y GSSAPI -Q -N -H ldap://dc1.{FOREST}", who="WS1\\$", forest=FOREST)
    assert servers(service) == ["dc1", "dc2", "new"]
    assert {dc["host"]: dc["state"] for dc in asked(service, "dc", "list")} == {
        "dc1": "Active", "dc2": "Active", "new": "Active"}
    assert f"dnsHostName: new.{FOREST}" in service.run(
        f"ldapsearch -LLL -x -H ldaps://new.{FOREST} -D administrator@{FOREST} -w {ADMIN} -s base -b '' dnsHostName",
        forest=FOREST)
    assert invocation(service) != before
    person(service, "later")
    assert int(sid(service, "later").rsplit("-", 1)[1]) > last
    assert "pass" in service.cli("--output", "json", "directory", "check", FOREST)


NEAR = "near.example"


@pytest.fixture
def partner(service):
    """Another forest in the same service that trusts this one and is trusted; gone afterwards."""
    service.cli("directory", "create", NEAR, "--short-name", "NEAR", "--address", f"{NET}.60", "--admin-password-file",
                service.dir / "administrator")
    ldap_service.ADDRESS[NEAR] = f"{NET}.60"
    secret = service.secret("shared", "Shared-by-both-1")
    for ours, theirs in ((FOREST, NEAR), (NEAR, FOREST)):
        service.cli("trust", "create", theirs, "--direction", "two-way", "--forwarder", ldap_service.ADDRESS[theirs],
                    "--password-file", secret, "--directory", ours)
    for ours, theirs in ((FOREST, NEAR), (NEAR, FOREST)):
        service.cli("trust", "verify", theirs, "--directory", ours, "--wait=60")
    yield NEAR
    service.cli("trust", "delete", NEAR, "--directory", FOREST)
    service.cli("directory", "delete", NEAR, "--wait")


def test_a_trust_works_afterwards(service, partner):
    """With the password that both sides made since the snapshot."""
    made = asked(service, "snapshot", "create", "--directory", FOREST)
    for ours, theirs in ((FOREST, partner), (partner, FOREST)):
        assert asked(service, "trust", "rotate", theirs, "--directory", ours)["password_version"] == 2
    service.cli("snapshot", "restore", made["id"], "--directory", FOREST, "--wait")
    for ours, theirs in ((FOREST, partner), (partner, FOREST)):
        rows = asked(service, "trust", "verify", theirs, "--directory", ours)
        assert {row["status"] for row in rows} == {"pass"}, rows
    for ours, theirs in ((FOREST, partner), (partner, FOREST)):
        told = service.run(f"kvno ldap/dc1.{theirs}", who="administrator", forest=ours)
        assert f"ldap/dc1.{theirs}@" in told and ": kvno = " in told, told
    service.cli("snapshot", "delete", made["id"], "--directory", FOREST)


def test_as_many_as_there_may_be(service):
    while len(asked(service, "snapshot", "list")) < 5:
        service.cli("snapshot", "create")
    assert asked(service, "snapshot", "create", ok=False) == "CONTROL_SNAPSHOT_LIMIT"
    for snapshot in asked(service, "snapshot", "list")[1:]:
        service.cli("snapshot", "delete", snapshot["id"])
    assert asked(service, "snapshot", "restore", "s-0000000000", ok=False) == "CONTROL_NO_OBJECT"


def folder(service):
    return next((service.dir / "state").glob("d-*"))


def test_a_damaged_snapshot_changes_nothing(service):
    made = asked(service, "snapshot", "create")
    data = folder(service) / "snapshots" / made["id"] / "data.mdb"
    data.write_bytes(b"this is no directory" * 1000)
    assert asked(service, "snapshot", "restore", made["id"], ok=False) == "CONTROL_RESTORE_FAILED"
    assert asked(service, "directory", "show", FOREST)["state"] == "Active"
    kinit(service, "paul", "F1rst-of-all")
    service.cli("snapshot", "delete", made["id"])
    assert not data.exists()


def test_one_of_another_directory_is_refused(service):
    """Its file came under the right name: whoever puts files there by hand is told, and nothing is lost."""
    made = asked(service, "snapshot", "create")
    service.cli("directory", "create", "stranger.example", "--short-name", "STRANGER", "--address", f"{NET}.99",
                "--admin-password-file", service.dir / "administrator")
    strange = asked(service, "snapshot", "create", "--directory", "stranger.example")
    theirs = next((service.dir / "state").glob(f"d-*/snapshots/{strange['id']}")) / "data.mdb"
    ours = next((service.dir / "state").glob(f"d-*/snapshots/{made['id']}")) / "data.mdb"
    ours.write_bytes(theirs.read_bytes())
    assert asked(service, "snapshot", "restore", made["id"], "--directory", FOREST, ok=False) == "CONTROL_RESTORE_FAILED"
    service.cli("directory", "delete", "stranger.example")
    kinit(service, "paul", "F1rst-of-all")
    assert servers(service) == ["dc1", "dc2", "new"]
    service.cli("snapshot", "delete", made["id"])


def started_again(service):
    service.socket.unlink(missing_ok=True)
    service.process = subprocess.Popen(service.process.args)
    wait_for(service.socket.exists, "the control socket")


def stopped(service):
    service.process.terminate()
    service.process.wait(60)
    wait_for(lambda: not listening(f"{NET}.10"), "the end of all processes")


def test_a_restore_that_is_cut_short_is_gone_on_with(service):
    """The whole service dies while the directory goes back."""
    made = asked(service, "snapshot", "create")
    person(service, "victim")
    going = subprocess.Popen([ldap_service.BUILD / "src" / "entente", "snapshot", "restore", made["id"]],
                             env=dict(os.environ, ENTENTE_SOCKET=str(service.socket)), stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    state = service.dir / "state" / "control.json"
    wait_for(lambda: "Restoring" in state.read_text(encoding="utf-8"), "the record")
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait(60)
    going.wait(60)
    wait_for(lambda: not listening(f"{NET}.10"), "the end of all processes")
    started_again(service)
    wait_for(lambda: asked(service, "directory", "show", FOREST)["state"] == "Active", "the directory", 60)
    kinit(service, "paul", "F1rst-of-all")
    kinit(service, "victim", "F1rst-of-all", ok=False)
    assert servers(service) == ["dc1", "dc2", "new"]


def serves(service):
    return asked(service, "directory", "show", FOREST)["state"] == "Active" and all(
        p["ready"] for p in asked(service, "directory", "show", FOREST)["processes"]) and listening(f"{NET}.10")


def test_a_restore_without_its_snapshot_leaves_the_directory_in_service(service):
    """As a backup has it that was made while the directory went back: snapshots are not part of it."""
    stopped(service)
    path = service.dir / "state" / "control.json"
    text = json.loads(path.read_text(encoding="utf-8"))
    text["directories"][0].update(state="Restoring", restoring="s-0000000000")
    path.write_text(json.dumps(text), encoding="utf-8")
    started_again(service)
    wait_for(lambda: serves(service), "the directory", 60)
    kinit(service, "paul", "F1rst-of-all")
    assert servers(service) == ["dc1", "dc2", "new"] and "restoring" not in path.read_text(encoding="utf-8")


def test_a_port_that_comes_free_brings_the_directory_back(service):
    stopped(service)
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((f"{NET}.10", 88))
        squatter.listen()
        started_again(service)
        wait_for(lambda: asked(service, "directory", "show", FOREST)["state"] == "Impaired", "Impaired")
        assert "port 88/tcp" in asked(service, "directory", "show", FOREST)["state_reason"]
    wait_for(lambda: serves(service), "the directory", 60)
    kinit(service, "paul", "F1rst-of-all")


def test_what_cannot_be_recorded_does_not_happen(service):
    """The state directory takes no file for a while: every request is refused, and leaves all as it was."""
    kept = asked(service, "snapshot", "create")
    before = asked(service, "directory", "show", FOREST), asked(service, "snapshot", "list")
    state = service.dir / "state"
    owner = state.stat()
    os.chown(state, 0, 0)
    try:
        for words in (("dc", "add"), ("dc", "remove", "dc2"), ("snapshot", "create"), ("snapshot", "delete", kept["id"]),
                      ("snapshot", "restore", kept["id"]), ("directory", "delete", FOREST)):
            assert asked(service, *words, ok=False) == "SERVER_FAILED", words
    finally:
        os.chown(state, owner.st_uid, owner.st_gid)
    after = asked(service, "directory", "show", FOREST), asked(service, "snapshot", "list")
    assert after == before
    asked(service, "snapshot", "restore", kept["id"])
    service.cli("snapshot", "delete", kept["id"])
    kinit(service, "paul", "F1rst-of-all")


def stalled(service, *words):
    """A request that waits for the parent, which sleeps."""
    os.kill(service.process.pid, signal.SIGSTOP)
    return subprocess.Popen([ldap_service.BUILD / "src" / "entente", *words],
                            env=dict(os.environ, ENTENTE_SOCKET=str(service.socket)), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_nobody_deletes_what_goes_back(service):
    made = asked(service, "snapshot", "create")
    going = stalled(service, "snapshot", "restore", made["id"])
    try:
        wait_for(lambda: asked(service, "directory", "list")[0]["state"] == "Restoring", "Restoring")
        assert asked(service, "directory", "delete", FOREST, ok=False) == "CONTROL_BUSY"
    finally:
        os.kill(service.process.pid, signal.SIGCONT)
    assert going.wait(60) == 0, going.stdout.read()
    service.cli("snapshot", "delete", made["id"])
    kinit(service, "paul", "F1rst-of-all")


def test_who_waits_for_what_is_deleted_is_told(service):
    """A domain controller is being added when its directory is deleted: both end, and nothing is left."""
    service.cli("directory", "create", "brief.example", "--short-name", "BRIEF", "--address", f"{NET}.98",
                "--admin-password-file", service.dir / "administrator")
    id = asked(service, "directory", "show", "brief.example")["id"]
    adding = stalled(service, "dc", "add", "--address", f"{NET}.97", "--directory", "brief.example")
    try:
        wait_for(lambda: f"{NET}.97" in (service.dir / "state" / "control.json").read_text(encoding="utf-8"), "the record")
        deleting = stalled(service, "directory", "delete", "brief.example")
        wait_for(lambda: "Deleting" in (service.dir / "state" / "control.json").read_text(encoding="utf-8"), "the record")
    finally:
        os.kill(service.process.pid, signal.SIGCONT)
    assert deleting.wait(20) == 0, deleting.stdout.read()
    assert adding.wait(20) != 0  # and not when its time is over
    assert [d["name"] for d in asked(service, "directory", "list")] == [FOREST]
    assert not (service.dir / "state" / id).exists() and not listening(f"{NET}.97") and not listening(f"{NET}.98")


def listening(address):
    return subprocess.run(["ss", "-Hltn", "src", address], stdout=subprocess.PIPE, check=True).stdout.strip()


def restore(backup, key, state, ok=True):
    done = subprocess.run([ldap_service.BUILD / "src" / "entente", "restore", str(backup), "--key-file", str(key), "--state-dir",
                           str(state), "--user", "nobody"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=90)
    assert (done.returncode == 0) == ok, done.stdout
    return done.stdout


def version(backup, number):
    """Writes another version of the format into the directory's file."""
    folder, = backup.glob("d-*")
    with lmdb.open(str(folder), max_dbs=32) as env:
        meta = env.open_db(b"meta", create=False)
        with env.begin(db=meta, write=True) as txn:
            state = txn.get(b"state")
            txn.put(b"state", number.to_bytes(4, "little") + state[4:])


def no_whole_backup_is_restored(backup, key, former, state):
    elsewhere = state.parent / "elsewhere"
    assert "no control.json" in restore(state.parent, key, elsewhere, ok=False)
    assert "is not opened by the key file" in restore(backup, former, elsewhere, ok=False)
    assert "cannot be read" in restore(backup, backup / "none", elsewhere, ok=False)
    for other in (2, 0):
        version(backup, other)
        said = restore(backup, key, elsewhere, ok=False)
        assert "has version 2" in said and "knows version 1" in said if other else "not completely made" in said, said
    version(backup, 1)
    (backup / "masters").rename(backup.parent / "masters")
    said = restore(backup, key, elsewhere, ok=False)
    assert "masters is missing" in said and "d-" in said and "restore it from a backup" in said, said
    (backup.parent / "masters").rename(backup / "masters")
    assert not elsewhere.exists()
    elsewhere.mkdir()
    (elsewhere / "x").touch()
    assert "holds something" in restore(backup, key, elsewhere, ok=False) and (elsewhere / "x").exists()


def test_a_backup_begins_on_an_empty_machine(service):
    """Another service with nothing but the backup and the key file; the first one has ended."""
    backup, controllers = service.dir / "backup", servers(service)
    if not asked(service, "snapshot", "list"):
        asked(service, "snapshot", "create")
    assert asked(service, "backup", "create", backup, ok=False) == "CONTROL_BACKUP_FAILED"  # it is not there
    state = service.dir / "state"
    around = service.dir / "around"
    around.symlink_to(state)
    for folder in ("backup", state, around, f"{state}/../state/", next(state.glob("d-*"))):
        assert asked(service, "backup", "create", folder, ok=False) == "CONTROL_ARGUMENT"
    backup.mkdir()
    shutil.chown(backup, "nobody")
    former = service.dir / "former"
    shutil.copy2(service.dir / "state" / "key", former)
    asked(service, "key-file", "rotate")
    assert former.read_bytes() != (service.dir / "state" / "key").read_bytes()
    half = service.dir / "state" / "key.new"  # of a service that was killed while it wrote a key
    half.touch(mode=0o600)
    person(service, "carried")
    was = sid(service, "carried")
    assert asked(service, "backup", "create", backup)["directories"] == 1
    half.unlink()
    assert not [f for f in backup.glob("key*") if f.name != "keys.json"] and not list(backup.glob("d-*/snapshots"))
    person(service, "too-late")
    stopped(service)

    shutil.move(service.dir / "state", service.dir / "lost")
    key = service.dir / "lost" / "key"
    no_whole_backup_is_restored(backup, key, former, state)
    restore(backup, key, state)
    started_again(service)
    wait_for(lambda: asked(service, "directory", "show", FOREST)["state"] == "Active", "the directory", 60)
    # Their files were not in it, which is noticed once the directory runs.
    wait_for(lambda: {s["state"] for s in asked(service, "snapshot", "list")} == {"Failed"}, "the state of snapshots", 60)
    assert sid(service, "carried") == was
    kinit(service, "carried", "F1rst-of-all")
    kinit(service, "too-late", "F1rst-of-all", ok=False)
    # Certificates are the same: clients that trust the authority go on trusting it.
    assert "BACK" in service.run(f"ldapwhoami -x -H ldaps://dc1.{FOREST} -D administrator@{FOREST} -w {ADMIN}", forest=FOREST)
    assert servers(service) == controllers
    assert "pass" in service.cli("--output", "json", "directory", "check", FOREST)
