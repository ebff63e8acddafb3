"""Trusts made, looked at and deleted by `samba-tool domain trust` on the Samba side, with our administrator's
credentials: both halves through our LSA, or the local half alone, in each kind and direction, with Kerberos and NTLM."""

import pytest

import smbtorture
from netns import wait_for
from samba_lab import COMPLEMENT, Lab

# As Samba calls a direction that is ours.
THEIRS = {"incoming": "outgoing", "outgoing": "incoming", "two-way": "both"}
KERBEROS = {"kerberos": "required", "ntlm": "off"}


@pytest.fixture(scope="module")
def lab():
    made = Lab("tool")
    yield made
    made.net.close()


def tool(lab, verb, *options, login="kerberos", **kw):
    """With our administrator's credentials: an account name as Kerberos and NTLM both take it."""
    f = lab.world.cloud
    who = f"administrator@{f.realm}" if login == "kerberos" else f"{f.netbios}\\administrator"
    given = [f"-U{who}%{f.admin_password}", f"--use-kerberos={KERBEROS[login]}"] if login else []
    return lab.corp.tool("domain", "trust", verb, f.dns, *options, *given, **kw).stdout


def make(lab, kind, direction, login, *options):
    return tool(lab, "create", f"--type={kind}", f"--direction={THEIRS[direction]}", "--skip-validation", *options,
                login=login)


def unmake(lab, login="kerberos"):
    said = tool(lab, "delete", "--delete-location=both", login=login)
    assert "RemoteTDO deleted" in said, said
    assert not lab.cloud.cli("trust", "list")
    assert lab.world.cloud.dns not in lab.corp.tool("domain", "trust", "list").stdout


def works(lab, kind, direction):
    """A ticket each way that the direction allows: so both sides have the same secrets, each the right way round."""
    w = lab.world
    lab.clients_know_realms(kind == "external")
    named = (lambda s, realm: s) if kind == "forest" else (lambda s, realm: f"{s}@{realm}")
    if direction != "incoming":
        lab.corp_logs_on().ticket(named(lab.spn, w.cloud.realm))
    if direction != "outgoing":
        lab.cloud_logs_on().ticket(named(f"cifs/{w.corp.fqdn()}", w.corp.realm))


def test_validated(lab):
    """Both halves with nothing left out: Samba asks our NETLOGON for names (44, 43), which calls back, and lets each
    side prove the channel (46, 18). It comes first: a trust that is made again within half a minute is not proved at once."""
    w = lab.world
    said = tool(lab, "create", "--type=forest", "--direction=both")
    assert "OK: LocalValidation" in said and "OK: RemoteValidation" in said and "Success." in said, said
    assert f"DNS[*.{w.cloud.dns}]" in said and f"DNS[*.{w.corp.dns}]" in said, said
    said = tool(lab, "validate")
    assert "OK: LocalRediscover: DC" in said and "OK: RemoteRediscover: DC" in said and "ERROR" not in said, said
    said = lab.corp.tool("domain", "trust", "namespaces", w.cloud.dns, "--refresh=check").stdout
    assert f"SID[{lab.cloud_sid}]" in said, said
    works(lab, "forest", "two-way")
    unmake(lab)


@pytest.mark.parametrize("kind,direction,login", [
    ("forest", "two-way", "kerberos"), ("forest", "incoming", "ntlm"), ("forest", "outgoing", "kerberos"),
    ("external", "two-way", "ntlm"), ("external", "incoming", "kerberos"), ("external", "outgoing", "ntlm")])
def test_both_halves(lab, kind, direction, login):
    w = lab.world
    said = make(lab, kind, direction, login)
    assert "Remote TDO created." in said and "Success." in said, said
    shown = lab.cloud.cli("trust", "show", w.corp.dns)
    assert (shown["type"], shown["direction"], shown["sid"]) == (kind, direction, lab.corp.sid), shown
    listed = lab.corp.tool("domain", "trust", "list").stdout
    assert f"Name[{w.cloud.dns}]" in listed and f"Type[{kind.capitalize()}]" in listed, listed
    shown = lab.corp.tool("domain", "trust", "show", w.cloud.dns).stdout
    assert f"SID:            {lab.cloud_sid}" in shown and f"0x{COMPLEMENT[direction]:x} (" in shown, shown
    works(lab, kind, direction)
    wait_for(lambda: lab.cloud.cli("trust", "show", w.corp.dns)["state"] == "Verified", "our side to prove it by itself")
    unmake(lab, login)


def test_names_of_the_partner(lab):
    """rpcclient at our side: names and SIDs of the other forest, which Samba answers over the secure channel."""
    w = lab.world
    make(lab, "forest", "two-way", "kerberos")
    client, name, sid = lab.cloud_client, f"{w.corp.netbios}\\\\{lab.corp_user}", lab.corp_user_sid()
    said = client.run("rpcclient", "-s", smbtorture.configuration(client.host, w.cloud),
                      f"-Uadministrator@{w.cloud.realm}%{w.cloud.admin_password}", f"ncacn_np:{w.cloud.fqdn()}", "-c",
                      f"lookupnames {name} {w.corp.netbios}\\\\nobody; lookupsids {sid} {lab.corp.sid}-513").stdout
    assert f"{lab.corp_user} {sid} (User: 1)" in said and "nobody" in said and "(UNKNOWN: 8)" in said, said
    assert f"{sid} {w.corp.netbios}\\{lab.corp_user} (1)" in said, said
    assert f"{w.corp.netbios}\\Domain Users (2)" in said, said
    unmake(lab)


def test_the_local_half(lab):
    """Samba asks us nothing but an anonymous look at our names; our administrator makes the other half."""
    w = lab.world
    shared = f"{w.trust_password}\n" * 4
    # 4.17 ends with a traceback after its half is made.
    said = tool(lab, "create", "--type=forest", "--direction=both", "--create-location=local", "--skip-validation",
                "-U%", login=None, input=shared, check=False)
    assert "Local TDO created" in said, said
    lab.cloud.trust(w.corp, lab.corp.sid, "two-way", w.trust_password)
    works(lab, "forest", "two-way")
    unmake(lab)


def test_who_may_not(lab):
    """A user without the right makes nothing, and the refusal is an event."""
    w = lab.world
    since = lab.cloud.mark()
    said = lab.corp.tool("domain", "trust", "create", w.cloud.dns, "--type=forest", "--direction=both",
                         "--skip-validation", f"-U{lab.cloud_user}@{w.cloud.realm}%{w.cloud.users[lab.cloud_user]}",
                         check=False).stdout
    assert "Access Denied" in said, said
    assert not lab.cloud.cli("trust", "list")
    lab.cloud.reason_seen("LSA_ACCESS", since)
