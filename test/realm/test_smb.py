"""SMB: stock clients read NETLOGON and SYSVOL with every dialect, signature and cipher; what is refused, and why."""

import hashlib
import random
from pathlib import Path

import pytest

from ldap_service import CLOUD, CORP, DC, PASSWORD, service  # noqa: F401 (a fixture)
from test_rpc import refused, rpcclient

SMB = (f"--use-kerberos=required --option=realm={CLOUD.upper()} --option=workgroup=CLOUD "
       "--option=interfaces=lo --use-krb5-ccache=$KRB5CCNAME")
BIG = random.Random(7).randbytes(300_001)  # more than four reads
CLIENT = Path(__file__).with_name("smb_client.py")


@pytest.fixture(scope="module")
def share(service):
    """Files as an administrator puts them there; links that lead out of the share are not served."""
    folder, = (service.dir / "state").glob(f"d-*/sysvol/{CLOUD}")
    (folder / "scripts" / "logon.cmd").write_text("echo hello\r\n", encoding="ascii")
    (folder / "scripts" / "big.bin").write_bytes(BIG)
    (folder / "scripts" / "Übung").mkdir()
    (folder / "scripts" / "out").symlink_to(service.dir / "administrator")
    for n in range(600):
        (folder / "Policies" / f"policy-{n:04}").mkdir()
    return folder


def smbclient(service, share, command, options="", who="alice", forest=CLOUD, ok=True):
    # Samba's tools remember addresses of names, across runs.
    return service.run(f"smbclient //{DC}/{share} {SMB} --option=lockdirectory={service.dir} {options} "
                       f"-c '{command}' < /dev/null", who=who, forest=forest, ok=ok)


def get_big(service, options):
    path = service.dir / "got.bin"
    path.unlink(missing_ok=True)
    said = smbclient(service, "netlogon", f"get BIG.bin {path}", options)
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(BIG).digest(), said


def impacket(service, case, *words, who="alice"):
    """With the ticket of MIT's tools: impacket's own requests have no checksum, which no KDC but Windows' takes."""
    return service.run(f"kvno -q cifs/{DC} && /usr/bin/python3 -B {CLIENT} {case} {DC} {CLOUD.upper()} {who} "
                       + " ".join(words), who=who).splitlines()


def reasons(service, event):
    return {e["reason"] for e in service.events(event)}


def test_lists_and_reads(service, share):
    said = smbclient(service, "netlogon", "ls")
    assert "logon.cmd" in said and "Übung" in said and "300001" in said
    assert " out " not in said
    assert "echo hello" in smbclient(service, "netlogon", "get logon.cmd -")
    assert "echo hello" in smbclient(service, "SYSVOL", f"cd {CLOUD.upper()}\\SCRIPTS; get LOGON.cmd -")
    said = smbclient(service, "sysvol", f"cd {CLOUD}\\Policies; ls")
    assert all(f"policy-{n:04}" in said for n in range(600))
    said = smbclient(service, "sysvol", f"cd {CLOUD}\\Policies; ls policy-001?")
    assert said.count("policy-") == 10
    assert "NT_STATUS_OBJECT_NAME_NOT_FOUND" in smbclient(service, "netlogon", "get nothing -", ok=False)
    assert "NT_STATUS_OBJECT_NAME_INVALID" in smbclient(service, "netlogon", "get out -", ok=False)
    assert any(e["who"].startswith("alice@") for e in service.events("smb.session"))


def test_a_stranger_of_a_trusted_forest_reads(service, share):
    assert "logon.cmd" in smbclient(service, "netlogon", "ls", who="carol", forest=CORP)


@pytest.mark.parametrize("dialect", ["SMB2_02", "SMB2_10", "SMB3_00", "SMB3_02", "SMB3_11"])
def test_each_dialect(service, share, dialect):
    get_big(service, f"-m {dialect} --option=clientminprotocol={dialect}")


@pytest.mark.parametrize("algorithm", ["aes-128-gmac", "aes-128-cmac", "hmac-sha256"])
def test_each_signature(service, share, algorithm):
    get_big(service, f"--client-protection=sign --option=clientsmb3signingalgorithms={algorithm}")


@pytest.mark.parametrize("cipher", ["aes-128-gcm", "aes-128-ccm", "aes-256-gcm", "aes-256-ccm"])
def test_each_cipher(service, share, cipher):
    get_big(service, f"--client-protection=encrypt --option=clientsmb3encryptionalgorithms={cipher}")


@pytest.mark.parametrize("dialect", ["SMB3_00", "SMB3_02"])
def test_encryption_before_contexts(service, share, dialect):
    get_big(service, f"--client-protection=encrypt -m {dialect}")


NTLM = "--use-kerberos=off --option=workgroup=CLOUD --option=interfaces=lo"


def with_password(service, command, options="", user="alice", password=PASSWORD["alice"], domain="CLOUD"):
    return service.run(f"smbclient //{DC}/netlogon {NTLM} -U {domain}/{user}%{password} -W {domain} {options} "
                       f"--option=lockdirectory={service.dir} -c '{command}' < /dev/null", ok=False)


@pytest.mark.parametrize("options", ["-m SMB2_02", "-m SMB3_00", "", "--client-protection=encrypt"])
def test_ntlm(service, share, options):
    assert "logon.cmd" in with_password(service, "ls", options)


def test_ntlm_refused(service, share):
    assert "NT_STATUS_LOGON_FAILURE" in with_password(service, "ls", password="Wrong-pass-1")
    assert "NT_STATUS_LOGON_FAILURE" in with_password(service, "ls", user="nobody-here")


def stranger(service, command="ls", options="", password=PASSWORD["carol"], domain="CORP"):
    """Of the forest that is trusted, which is asked."""
    return with_password(service, command, options, "carol", password, domain)


@pytest.mark.parametrize("options", ["-m SMB2_02", "-m SMB3_00", "", "--client-protection=encrypt"])
def test_ntlm_of_a_trusted_forest(service, share, options):
    assert "logon.cmd" in stranger(service, options=options)
    assert "logon.cmd" in stranger(service, domain=CORP)
    assert "CORP\\carol" in {e.get("who") for e in service.events("smb.session")}


def test_ntlm_of_a_trusted_forest_refused(service, share):
    assert "NT_STATUS_LOGON_FAILURE" in stranger(service, password="Wrong-pass-1")
    refused(service, "smb.session", "NETLOGON_PARTNER_REFUSED")
    refused(service, "netlogon.logon", "NTLM_PASSWORD_WRONG")


def test_ntlm_with_selective_authentication(service, share):
    service.cli("trust", "set", CORP, "--selective-auth", "--directory", CLOUD)
    try:
        assert "NT_STATUS_AUTHENTICATION_FIREWALL_FAILED" in stranger(service)
        refused(service, "smb.session", "SELECTIVE_AUTH_DENIED")
    finally:
        service.cli("trust", "set", CORP, "--no-selective-auth", "--directory", CLOUD)
    assert "logon.cmd" in stranger(service)


@pytest.mark.parametrize("transport", ["ncacn_np", "ncacn_ip_tcp"])
@pytest.mark.parametrize("options", ["sign", "seal", "ntlm,seal"])
def test_rpc_by_ntlm_of_a_trusted_forest(service, share, transport, options):
    """Over TCP nothing but NTLM proves who it is, bare or within SPNEGO; on pipes, the session before it."""
    for password, said in ((PASSWORD["carol"], "Account Name: carol, Authority Name: CORP"), ("Wrong-pass-1", "NT_STATUS_")):
        login = f"--use-kerberos=off -W CORP -U CORP/carol%{password}"
        assert said in rpcclient(service, "getusername", f"{transport}:{DC}[{options}]", login, ok=False)


@pytest.mark.parametrize("dialect", ["SMB2_02", "SMB3_00", "SMB3_11"])
def test_nobody_has_no_share(service, share, dialect):
    client = f"smbclient -U% {NTLM} -m {dialect} --option=lockdirectory={service.dir}"
    said = service.run(f"{client} //{DC}/netlogon -c ls < /dev/null", ok=False)
    assert "NT_STATUS_ACCESS_DENIED" in said and "logon.cmd" not in said
    assert "SMB_ANONYMOUS" in reasons(service, "smb.tree")
    assert "NT_STATUS" not in service.run(f"{client} '//{DC}/ipc$' -c exit < /dev/null")


def test_impacket_with_a_password(service, share):
    """Its stock client, as its user would start it."""
    commands = service.dir / "commands"
    commands.write_text("use netlogon\nls\ncat logon.cmd\n", encoding="ascii")
    said = service.run(f"/usr/bin/python3 /usr/share/doc/python3-impacket/examples/smbclient.py -file {commands} "
                       f"CLOUD/alice:{PASSWORD['alice']}@{DC}")
    assert "big.bin" in said and "echo hello" in said


def test_smb1_leads_to_smb2_only(service, share):
    get_big(service, "--option=clientminprotocol=NT1")
    said = smbclient(service, "netlogon", "ls", "-m NT1 --option=clientminprotocol=NT1", ok=False)
    assert "logon.cmd" not in said
    assert "SMB_NO_DIALECT" in reasons(service, "smb.negotiate")


def test_impacket(service, share):
    listed, got, put, mkdir, delete, tree, pipe, echo = impacket(service, "files")
    assert "logon.cmd" in listed and "big.bin" in listed and "'out'" not in listed
    assert got == f"{len(BIG)} {BIG[:4].hex()}"
    assert put == mkdir == delete == "0xc0000022"
    assert (tree, pipe, echo) == ("0xc00000cc", "0xc0000034", "OK")
    assert "SMB_FILE_DENIED" in reasons(service, "smb.create")
    assert "SMB_NO_SHARE" in reasons(service, "smb.tree")
    assert "SMB_NO_PIPE" in reasons(service, "smb.pipe")


def test_unsigned_and_wrongly_signed(service):
    before = len(service.events("smb.message"))
    assert impacket(service, "unsigned") == ["0xc0000022", "0xc0000022"]
    assert [e["reason"] for e in service.events("smb.message")[before:]] == ["SMB_NOT_SIGNED"] * 2


def test_encrypted_with_another_key(service):
    assert impacket(service, "garbled") == ["True"]
    assert "SMB_NOT_DECRYPTED" in reasons(service, "smb.message")


def test_negotiation_that_was_changed(service):
    assert impacket(service, "changed") == ["True"]
    assert "SMB_NEGOTIATION_CHANGED" in reasons(service, "smb.negotiate")


def test_referrals(service, share):
    domains, controllers, targets, *wrong = impacket(service, "referrals")
    assert domains == str([f"\\{CLOUD}"])
    assert controllers == str([f"\\{CLOUD}", f"\\{DC}"])
    assert targets == str([f"\\{CLOUD}\\SYSVOL"] * 2 + [f"\\{DC}\\SYSVOL"])
    assert wrong == ["0xc0000225"] * 2


def test_sessions_that_never_come_about(service):
    assert impacket(service, "limits") == ["['0xc0000016'] 0xc000009a 0xc000000d"]
    assert {"SMB_LIMIT", "AUTH_TOKEN_MALFORMED"} <= reasons(service, "smb.session")


def test_pending_requests_end(service, share):
    assert impacket(service, "pending") == ["cancel 0x103 True 0xc0000120 True", "close 0x103 True 0x10b True"]


def test_a_lost_session_is_ended_by_its_user_alone(service):
    said = impacket(service, "previous", *(f"{who}:{PASSWORD[who]}" for who in ("alice", "locky")))
    assert said == ["OK", "0xc0000203 OK"]


def test_message_ids_that_were_not_granted(service):
    assert impacket(service, "window") == ["True"]
