"""SYSVOL and NETLOGON are written by those whom the files' descriptors admit, with stock clients: smbclient, smbcacls,
samba-tool. Everybody else reads."""

import hashlib
import os
import re
import shutil

import pytest

from ldap_service import CLOUD, CORP, DC, PASSWORD, service  # noqa: F401 (a fixture)
from test_smb import BIG, SMB, smbclient

POLICIES = f"{CLOUD}\\Policies"


@pytest.fixture(scope="module")
def files(service):
    """What clients put there."""
    (service.dir / "small").write_bytes(b"echo small\r\n")
    (service.dir / "big").write_bytes(BIG)
    for name in ("small", "big"):
        (service.dir / name).chmod(0o644)
    return service.dir


@pytest.fixture(scope="module")
def owner(service):
    """locky may make policies, and is no administrator."""
    service.cli("group", "add-member", "Group Policy Creator Owners", "locky", "--directory", CLOUD)
    return "locky"


def admin(service, share, command, ok=True, options=""):
    return smbclient(service, share, command, options, who="administrator", ok=ok)


def on_disk(service, name):
    path, = (service.dir / "state").glob(f"d-*/sysvol/{CLOUD}/{name}")
    return path


def changes(service, event):
    return [e["detail"] for e in service.events(event) if e["reason"] == "NONE"]


def test_files_are_made_moved_and_removed(service, files):
    said = admin(service, "netlogon", f"put {files}/small start.cmd; mkdir Tools; put {files}/small Tools\\a.cmd; "
                 "rename Tools\\a.cmd Tools\\B.cmd; ls Tools\\*; get tools\\b.CMD -")
    assert "NT_STATUS" not in said and "B.cmd" in said and "echo small" in said
    assert on_disk(service, "scripts/Tools/B.cmd").read_bytes() == (files / "small").read_bytes()
    said = admin(service, "netlogon", "del start.cmd; deltree Tools; ls")
    assert "start.cmd" not in said and "Tools" not in said
    assert not any((service.dir / "state").glob(f"d-*/sysvol/{CLOUD}/scripts/Tools"))
    assert f"{CLOUD}/scripts/start.cmd" in changes(service, "smb.make")
    assert f"{CLOUD}/scripts/start.cmd" in changes(service, "smb.remove")
    assert f"{CLOUD}/scripts/Tools/a.cmd: {CLOUD}/scripts/Tools/B.cmd" in changes(service, "smb.rename")


@pytest.mark.parametrize("options", ["-m SMB2_02 --option=clientminprotocol=SMB2_02", "-m SMB2_10", "-m SMB3_11",
                                     "--client-protection=encrypt"])
def test_large_files(service, files, options):
    admin(service, "netlogon", f"put {files}/big Large.bin", options=options)
    assert hashlib.sha256(on_disk(service, "scripts/Large.bin").read_bytes()).digest() == hashlib.sha256(BIG).digest()
    got = files / "got"
    got.unlink(missing_ok=True)
    admin(service, "netlogon", f"get large.bin {got}; del large.bin", options=options)
    assert hashlib.sha256(got.read_bytes()).digest() == hashlib.sha256(BIG).digest()


def test_sparse_names_and_overwriting(service, files):
    admin(service, "sysvol", f"cd {POLICIES}; put {files}/big Übung.bin; put {files}/small Übung.bin")
    assert on_disk(service, "Policies/Übung.bin").stat().st_size == 12
    for name in ("nul", "a:b"):
        assert "NT_STATUS_OBJECT_NAME_INVALID" in admin(service, "sysvol", f"put {files}/small {POLICIES}\\{name}", ok=False)
    admin(service, "sysvol", f"del {POLICIES}\\Übung.bin")


@pytest.mark.parametrize("who, forest", [("alice", CLOUD), ("carol", CORP)])
def test_others_only_read(service, files, who, forest):
    admin(service, "netlogon", f"put {files}/small kept.cmd")
    for command in (f"put {files}/small new.cmd", f"put {files}/small kept.cmd", "mkdir new", "del kept.cmd",
                    "rename kept.cmd other.cmd"):
        assert "NT_STATUS_ACCESS_DENIED" in smbclient(service, "netlogon", command, who=who, forest=forest, ok=False), command
    assert "echo small" in smbclient(service, "netlogon", "get kept.cmd -", who=who, forest=forest)
    assert "SMB_FILE_DENIED" in {e["reason"] for e in service.events("smb.create")}


def test_who_makes_a_policy_owns_it(service, files, owner):
    mine, other = "{00000000-0000-0000-0000-000000000001}", "{00000000-0000-0000-0000-000000000002}"
    admin(service, "sysvol", f"mkdir {POLICIES}\\{other}")
    said = smbclient(service, "sysvol", f"cd {POLICIES}; mkdir {mine}; put {files}/small {mine}\\GPT.INI", who=owner)
    assert "NT_STATUS" not in said
    for place in (other, "..\\scripts"):
        said = smbclient(service, "sysvol", f"cd {POLICIES}; put {files}/small {place}\\x", who=owner, ok=False)
        assert "NT_STATUS_ACCESS_DENIED" in said, place
    assert "echo small" in smbclient(service, "sysvol", f"get {POLICIES}\\{mine}\\gpt.ini -")
    smbclient(service, "sysvol", f"deltree {POLICIES}\\{mine}", who=owner)


def test_permissions_are_read_and_set(service, files):
    """smbcacls, as administrators use it: alice is shut out, and is let in again."""
    admin(service, "netlogon", f"put {files}/small guarded.cmd")
    acls = f"smbcacls //{DC}/netlogon guarded.cmd {SMB} --option=lockdirectory={service.dir}"
    said = service.run(acls, who="administrator")
    assert re.search(r"OWNER:BUILTIN.Administrators|OWNER:S-1-5-32-544", said) and "ACL:" in said
    service.run(f"{acls} -S ACL:S-1-5-32-544:ALLOWED/0x0/FULL", who="administrator")
    assert "NT_STATUS_ACCESS_DENIED" in smbclient(service, "netlogon", "get guarded.cmd -", ok=False)
    assert "echo small" in admin(service, "netlogon", "get guarded.cmd -")
    assert f"{CLOUD}/scripts/guarded.cmd" in changes(service, "smb.protect")
    admin(service, "netlogon", "del guarded.cmd")


def test_a_group_policy(service):
    """samba-tool makes the object and the files, gives them the object's permissions, and removes both."""
    # Its SMB half reads the file alone, and remembers addresses in these folders.
    conf = service.dir / "gpo.conf"
    conf.write_text(f"[global]\nrealm = {CLOUD.upper()}\nworkgroup = CLOUD\ninterfaces = lo\n" +
                    "".join(f"{name} = {service.dir}\n" for name in ("lock directory", "cache directory", "state directory",
                                                                     "private dir")), encoding="ascii")

    def gpo(words):
        return service.run(f"samba-tool gpo {words} -s {conf} -H ldap://{DC} "
                           f"-U administrator@{CLOUD.upper()}%{PASSWORD['administrator']}", who="administrator")

    policy, = re.findall(r"\{[0-9A-F-]{36}\}", gpo("create 'Quiet desktops'"))
    ini = on_disk(service, f"Policies/{policy}/GPT.INI")
    assert "Version=0" in ini.read_text(encoding="ascii")
    assert all(on_disk(service, f"Policies/{policy}/{part}").is_dir() for part in ("Machine", "User"))
    assert f"{CLOUD}/Policies/{policy}" in changes(service, "smb.protect")
    assert "Quiet desktops" in gpo("listall")
    gpo(f"setlink DC={CLOUD.replace('.', ',DC=')} {policy}")
    assert gpo("aclcheck").strip() == ""  # of the default ones, too
    gpo(f"del {policy}")
    assert not ini.parent.exists()


def test_the_default_policies(service):
    """Windows applies no policy at all when it cannot read the GPT.INI of one that is linked to the domain."""
    for policy in ("31B2F340-016D-11D2-945F-00C04FB984F9", "6AC1786C-016F-11D2-945F-00C04FB984F9"):
        assert "Version=0" in smbclient(service, "sysvol", f"get {POLICIES}\\{{{policy}}}\\gpt.ini -")


def test_a_backup_keeps_permissions(service, files):
    """What nobody else may read in SYSVOL nobody else reads in what was restored: the record goes along."""
    admin(service, "netlogon", f"put {files}/small secret.cmd")
    folder = service.dir / "backup"
    folder.mkdir()
    shutil.chown(folder, "nobody")
    service.cli("--output", "json", "backup", "create", folder)
    here, = (service.dir / "state").glob(f"d-*/sysvol/{CLOUD}/scripts/secret.cmd")
    there = folder / here.relative_to(service.dir / "state")
    assert os.getxattr(there, "user.entente") == os.getxattr(here, "user.entente") != b""
