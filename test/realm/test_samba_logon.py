"""People log on by NTLM across a trust with a forest of Samba's: at a member of ours, and at a server of theirs."""

import pytest

from member import Member
from netns import wait_for
from samba_lab import Lab


@pytest.fixture(scope="module")
def lab():
    made = Lab("ntlm")
    yield made
    made.net.close()


@pytest.fixture(scope="module")
def joined(lab):
    """A machine of the cloud with winbindd."""
    lab.trust("forest", "two-way")
    member = Member(lab.net, lab.cloud, "smb" + lab.world.digits(2), lab.world.address(202))
    member.net("ads", "join", *member.administrator)
    member.host.start("/usr/sbin/winbindd", "-s", member.conf, "--foreground", "--no-process-group", log="winbindd.log")
    wait_for(lambda: member.run("wbinfo", "-t", ok=False).returncode == 0, "winbindd's secure channel")
    return member


def ntlm(member, forest, user, password=None):
    """As wbinfo -a says it: in clear, which is an interactive logon, and by challenge and response."""
    return member.run("wbinfo", "-a", f"{forest.netbios}\\{user}%{password or forest.users[user]}", ok=False).stdout


@pytest.mark.parametrize("kind", ["forest", "external"])
@pytest.mark.parametrize("direction", ["two-way", "outgoing"])
def test_their_user_at_our_member(lab, joined, kind, direction):
    lab.trust(kind, direction)
    said = ntlm(joined, lab.world.corp, lab.corp_user)
    assert "plaintext password authentication succeeded" in said, said
    assert "challenge/response password authentication succeeded" in said, said
    said = ntlm(joined, lab.world.corp, lab.corp_user, "Wrong-password-1")
    assert "succeeded" not in said and "WRONG_PASSWORD" in said, said
    lab.cloud.reason_seen("NETLOGON_PARTNER_REFUSED")


def test_not_where_we_do_not_trust(lab, joined):
    lab.trust("forest", "incoming")
    said = ntlm(joined, lab.world.corp, lab.corp_user)
    assert "succeeded" not in said, said
    lab.cloud.reason_seen("TRANSIT_NOT_OUTGOING")
    assert lab.cloud.refused("group", "add-member", "Guests of web",
                             f"{lab.world.corp.netbios}\\{lab.corp_user}") == "TRANSIT_NOT_OUTGOING"


def at_our_controller(joined, lab, *argv, password=None):
    """By NTLM alone, at the SMB and RPC service of our own domain controller."""
    w = lab.world
    tool, where, *rest = argv
    return joined.run(tool, "-s", joined.conf, where.format(w.cloud.fqdn()), "--use-kerberos=off", "-U",
                      f"{w.corp.netbios}\\{lab.corp_user}%{password or w.corp.users[lab.corp_user]}", *rest, ok=False).stdout


@pytest.mark.parametrize("kind", ["forest", "external"])
def test_their_user_at_our_controller(lab, joined, kind):
    lab.trust(kind, "outgoing")
    share, rpc = ("smbclient", "//{}/netlogon", "-c", "ls"), ("rpcclient", "ncacn_ip_tcp:{}[seal]", "-c", "getusername")
    assert "blocks of size" in at_our_controller(joined, lab, *share)
    said = at_our_controller(joined, lab, *rpc)
    assert f"Account Name: {lab.corp_user}, Authority Name: {lab.world.corp.netbios}" in said, said
    for command in (share, rpc):
        said = at_our_controller(joined, lab, *command, password="Wrong-password-1")
        assert "NT_STATUS_" in said, said
    lab.cloud.reason_seen("NETLOGON_PARTNER_REFUSED")


def test_our_user_at_their_server(lab, joined):
    """Samba's domain controller asks us over the channel that the trust gives it."""
    lab.trust("forest", "two-way")
    w = lab.world
    for password, ok in ((w.cloud.users[lab.cloud_user], True), ("Wrong-password-1", False)):
        said = joined.run("smbclient", "-s", joined.conf, f"//{w.corp.fqdn()}/netlogon", "--use-kerberos=off",
                          "-U", f"{w.cloud.netbios}\\{lab.cloud_user}%{password}", "-c", "ls", ok=False)
        assert ("blocks of size" in said.stdout) == ok, said.stdout
    lab.cloud.reason_seen("NTLM_PASSWORD_WRONG")


def test_their_controllers_are_down(lab, joined):
    """What nobody can say is refused with the reason of the channel, while our own people log on. The last one here."""
    lab.trust("forest", "two-way")
    w = lab.world
    lab.corp.stop()
    said = at_our_controller(joined, lab, "smbclient", "//{}/netlogon", "-c", "ls")
    assert "NT_STATUS_NO_LOGON_SERVERS" in said, said
    lab.cloud.reason_seen("VERIFY_PORT_SILENT")
    said = joined.run("smbclient", "-s", joined.conf, f"//{w.cloud.fqdn()}/netlogon", "--use-kerberos=off", "-U",
                      f"{w.cloud.netbios}\\{lab.cloud_user}%{w.cloud.users[lab.cloud_user]}", "-c", "ls", ok=False)
    assert "blocks of size" in said.stdout, said.stdout
