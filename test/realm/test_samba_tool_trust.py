"""Trusts made, looked at and deleted by `samba-tool domain trust` on the Samba side, with our administrator's
credentials: both halves through our LSA, or the local half alone, in each kind and direction, with Kerberos and NTLM."""

import os
import re

import pytest

import smbtorture
from netns import wait_for
from samba_forest import HERE, PYTHON, SambaForest
from samba_lab import COMPLEMENT, FOREST, Lab

# As Samba calls a direction that is ours.
THEIRS = {"incoming": "outgoing", "outgoing": "incoming", "two-way": "both"}
CONTROL = os.path.join(HERE, "samba_control.py")
KERBEROS = {"kerberos": "required", "ntlm": "off"}


@pytest.fixture(scope="module")
def lab():
    made = Lab("tool")
    yield made
    made.net.close()


def tool(lab, verb, *options, login="kerberos", partner=None, **kw):
    """With our administrator's credentials: an account name as Kerberos and NTLM both take it."""
    f = partner or lab.world.cloud
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


def validated(said, direction):
    """Who trusts proves its half."""
    assert ("OK: LocalValidation" in said) == (direction != "outgoing"), said
    assert ("OK: RemoteValidation" in said) == (direction != "incoming"), said


def each_dc_proves(lab):
    w, host = lab.world, lab.cloud_client.host
    for dc in range(len(w.cloud.hosts)):
        said = host.run(PYTHON, CONTROL, smbtorture.configuration(host, w.cloud), w.cloud.fqdn(dc), "administrator",
                        w.corp.dns, input=w.cloud.admin_password).stdout
        assert said == "WERR_OK WERR_OK\n", said


@pytest.mark.parametrize("time", ["first", "again"])
def test_validated(lab, time):
    """Both halves with nothing left out: Samba asks our NETLOGON for names (44, 43), which calls back, and lets each
    side prove the channel (46, 18). Made again at once, too: no channel of the trust before is in the way."""
    w = lab.world
    said = tool(lab, "create", "--type=forest", "--direction=both")
    validated(said, "two-way")
    assert "Success." in said and f"DNS[*.{w.cloud.dns}]" in said and f"DNS[*.{w.corp.dns}]" in said, said
    said = tool(lab, "validate")
    assert "OK: LocalRediscover: DC" in said and "OK: RemoteRediscover: DC" in said and "ERROR" not in said, said
    said = lab.corp.tool("domain", "trust", "namespaces", w.cloud.dns, "--refresh=check").stdout
    assert f"SID[{lab.cloud_sid}]" in said, said
    each_dc_proves(lab)
    works(lab, "forest", "two-way")
    unmake(lab)


@pytest.mark.parametrize("direction", ["two-way", "incoming", "outgoing"])
def test_external_validated(lab, direction):
    said = tool(lab, "create", "--type=external", f"--direction={THEIRS[direction]}")
    validated(said, direction)
    assert "Success." in said, said
    works(lab, "external", direction)
    unmake(lab)


def names_refused(said):
    """Where samba-tool ended: whose domain controller it asked for names (43), and what that one answered."""
    found = re.search(r"^ERROR: (LOCAL|REMOTE)_DC.*DsRGetForestTrustInformation\(\) failed - ERROR\((\S+)\)", said, re.M)
    assert found, said
    return found[1], found[2]


@pytest.fixture
def another(lab):
    """A second forest of Samba's, fresh, where we are otherwise."""
    made = SambaForest(lab.net, lab.world.another(), {lab.world.corp.dns: lab.world.corp.addresses})
    lab.corp.set_forward(made.forest.dns, made.forest.addresses)
    made.start()
    yield made.forest
    made.stop()
    lab.corp.remove_forward(made.forest.dns)


def test_incoming_forest_validated(lab, another):
    """samba-tool asks both sides for the other's names (43), whatever the direction, and who does not trust has no
    channel to ask over: ERROR_NO_SUCH_DOMAIN ([MS-NRPC] 3.5.4.7.5). It ends there with another Samba as with us; both
    halves are made by then, and are good."""
    create = "create", "--type=forest", f"--direction={THEIRS['incoming']}"
    theirs = tool(lab, *create, partner=another, check=False)
    assert "RemoteTDO deleted" in tool(lab, "delete", partner=another)
    ours = tool(lab, *create, check=False)
    assert names_refused(ours) == names_refused(theirs) == ("REMOTE", "0x0000054B"), (ours, theirs)
    said = tool(lab, "validate", "--validate-location=local")
    assert "OK: LocalValidation" in said and "OK: LocalRediscover" in said, said
    works(lab, "forest", "incoming")
    unmake(lab)


def test_outgoing_forest_validated(lab):
    """Here it is Samba that does not trust: samba-tool is refused by its own domain controller."""
    said = tool(lab, "create", "--type=forest", f"--direction={THEIRS['outgoing']}", check=False)
    assert names_refused(said)[0] == "LOCAL", said
    each_dc_proves(lab)
    works(lab, "forest", "outgoing")
    unmake(lab)


def test_their_half_again(lab):
    """Only Samba's half goes and comes back, with the same password: our channels have no account there any more."""
    w = lab.world
    lab.trust("forest", "two-way")
    each_dc_proves(lab)
    lab.corp.delete_half(w.cloud)
    lab.corp.create_half(w.cloud, lab.cloud_sid, 3, w.trust_password, FOREST)
    each_dc_proves(lab)
    lab.part()


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
