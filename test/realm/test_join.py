"""Machines join with stock clients and are members: Samba's net with winbindd, and adcli."""

import pytest

from entente import EntenteForest
from member import Member
from netns import Network, wait_for
from world import World


class Lab:
    def __init__(self):
        self.world = World("join")
        f = self.world.cloud
        self.net = Network("join")
        try:
            self.cloud = EntenteForest(self.net, f)
            self.cloud.serve()
            self.cloud.create()
            self.user, self.group = self.world.ascii_person(), "Readers " + self.world.digits(3)
            self.cloud.add_user(self.user, self.world.password())
            self.cloud.cli("group", "create", self.group, "--scope", "global")
            self.cloud.cli("group", "add-member", self.group, self.user)
            self.samba = Member(self.net, self.cloud, "smb" + self.world.digits(2), self.world.client_address)
            self.adcli = Member(self.net, self.cloud, "adc" + self.world.digits(2), self.world.other_client_address)
        except BaseException:
            self.net.close()
            raise


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


@pytest.fixture(scope="module")
def joined(lab):
    """Joined by net ads join, with winbindd."""
    member = lab.samba
    said = member.net("ads", "join", *member.administrator)
    assert f"Joined '{member.name.upper()}' to dns domain '{lab.cloud.forest.dns}'" in said, said
    assert "DNS update failed" not in said, said
    member.host.start("/usr/sbin/winbindd", "-s", member.conf, "--foreground", "--no-process-group", log="winbindd.log")
    wait_for(lambda: member.run("wbinfo", "-t", ok=False).returncode == 0, "winbindd's secure channel")
    return member


def test_the_join_is_proved(joined):
    assert "Join is OK" in joined.net("ads", "testjoin")
    assert f"Join to '{joined.forest.netbios}' is OK" in joined.net("rpc", "testjoin")
    assert "succeeded" in joined.run("wbinfo", "-t")
    assert "dNSHostName: " + joined.fqdn in joined.net("ads", "status", "-P")


def test_the_name_was_registered(lab, joined):
    """By net ads join itself: probed, tried without a signature, then signed with the machine's own ticket."""
    assert joined.addresses(joined.fqdn) == [joined.address]
    lab.cloud.reason_seen("DNS_UPDATE_PREREQUISITE")
    lab.cloud.reason_seen("DNS_UPDATE_UNSIGNED")


def test_names_are_registered_and_not(joined):
    assert "Successfully registered" in joined.net("ads", "dns", "register", "-P")
    assert joined.addresses(joined.fqdn) == [joined.address]
    assert "Successfully un-registered" in joined.net("ads", "dns", "unregister", "-P", joined.fqdn)
    assert joined.addresses(joined.fqdn) == []
    assert "Successfully registered" in joined.net("ads", "dns", "register", "-P", joined.fqdn, "10.99.0.1", "10.99.0.2")
    assert joined.addresses(joined.fqdn) == ["10.99.0.1", "10.99.0.2"]


def test_not_the_name_of_another(lab, joined):
    dc = lab.cloud.forest.fqdn()
    before, mark = joined.addresses(dc), lab.cloud.mark()
    assert joined.net("ads", "dns", "register", "-P", dc, joined.address, ok=False).returncode != 0
    lab.cloud.reason_seen("DNS_UPDATE_DENIED", mark)
    assert joined.addresses(dc) == before


def test_people_and_groups(lab, joined):
    short = joined.forest.netbios
    who = f"{short}\\{lab.user}"
    assert who in joined.run("wbinfo", "-u").split("\n")
    assert f"{short}\\{lab.group.lower()}" in joined.run("wbinfo", "-g").split("\n")
    assert joined.run("wbinfo", "-i", who).startswith(f"{who}:*:")
    sid = joined.run("wbinfo", "-n", who).split()[0]
    assert sid.startswith(lab.cloud.sid() + "-") and joined.run("wbinfo", "-s", sid).startswith(who)
    group = joined.run("wbinfo", "-n", f"{short}\\{lab.group}").split()[0]
    gid = joined.run("wbinfo", "-Y", group).strip()
    assert gid in joined.run("wbinfo", "-r", who).split()
    assert group in joined.run("wbinfo", "--user-sids", sid).split()


def test_logons_by_kerberos(lab, joined):
    who = f"{joined.forest.netbios}\\{lab.user}"
    said = joined.run("wbinfo", f"--krb5auth={who}%{lab.cloud.forest.users[lab.user]}")
    assert "succeeded" in said, said
    refused = joined.run("wbinfo", f"--krb5auth={who}%Wrong-password-1", ok=False)
    assert refused.returncode != 0 and "succeeded" not in refused.stdout, refused.stdout


def test_logons_by_ntlm(lab, joined):
    """In clear, which is an interactive logon, and by challenge and response."""
    who, password = f"{joined.forest.netbios}\\{lab.user}", lab.cloud.forest.users[lab.user]
    said = joined.run("wbinfo", "-a", f"{who}%{password}")
    assert "plaintext password authentication succeeded" in said, said
    assert "challenge/response password authentication succeeded" in said, said
    said = joined.run("wbinfo", "-a", f"{who}%Wrong-password-1", ok=False)
    assert said.returncode != 0 and "NT_STATUS_WRONG_PASSWORD" in said.stdout, said.stdout
    lab.cloud.reason_seen("NTLM_PASSWORD_WRONG")
    said = joined.run("ntlm_auth", f"--configfile={joined.conf}", f"--username={lab.user}", f"--password={password}",
                      f"--domain={joined.forest.netbios}", "--diagnostics", ok=False).stdout
    for old in ("LM and NTLM", "NTLM in LM", "NTLM"):
        assert f"Test {old} failed" in said, said
    for new in ("NTLMv2", "NTLMv2 and LMv2"):
        assert f"Test {new} failed" not in said, said
    lab.cloud.reason_seen("NTLM_VERSION")


def test_sysvol_as_the_machine(joined):
    said = joined.run("smbclient", "-s", joined.conf, f"//{joined.forest.fqdn()}/sysvol", "-P", "-c", "ls")
    assert joined.forest.dns in said, said


def test_the_machine_changes_its_password(joined):
    said = joined.net("ads", "changetrustpw", ok=False)
    assert "Password change for principal" in said.stdout and said.returncode == 0, said.stdout
    assert "Join is OK" in joined.net("ads", "testjoin")


def test_who_may_not_join(lab):
    member = lab.adcli
    said = member.net("ads", "join", "-U", "administrator%Wrong-password-1", ok=False)
    assert said.returncode != 0 and "Joined" not in said.stdout, said.stdout


def test_adcli(lab):
    member = lab.adcli
    said = member.adcli("join", "-N", member.name.upper(), "-H", member.fqdn, "--show-details")
    assert f"domain-SID = {lab.cloud.sid()}" in said and f"host-fqdn = {member.fqdn}" in said, said
    assert "Sucessfully validated join" in member.adcli("testjoin", input=None)
    said = member.adcli("update", "--computer-password-lifetime=0", "--add-service-principal=HTTP/" + member.fqdn,
                        "--verbose", input=None)
    member.kinit()
    member.kinit_as(lab.user)
    member.run("kvno", f"HTTP/{member.fqdn}")
    member.kinit()
    member.nsupdate(f"update add {member.fqdn} 600 A {member.address}")
    assert member.addresses(member.fqdn) == [member.address]
    member.adcli("delete-computer", member.name.upper())
    assert member.adcli("testjoin", input=None, ok=False).returncode != 0


def test_leaving(lab, joined):
    said = joined.net("ads", "leave", *joined.administrator)
    assert f"Deleted account for '{joined.name.upper()}'" in said, said
    assert joined.net("ads", "testjoin", ok=False).returncode != 0
