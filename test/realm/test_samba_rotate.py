"""A new trust password: made here, told Samba over the secure channel, while users come and go. And the names that
Samba's forest claims, asked over the same channel."""

import pytest

from netns import wait_for
from samba_lab import Lab
from traffic import Traffic, going_on
from world import LAST


@pytest.fixture(scope="module")
def lab():
    made = Lab("rotate", until=LAST)
    yield made
    made.net.close()


def verify(lab):
    code, body, text = lab.cloud.try_cli("trust", "verify", lab.world.corp.dns)
    assert code == 0, text
    return body["result"]


@pytest.mark.parametrize("kind", ["forest", "external"])
def test_a_new_password(lab, kind):
    w = lab.world
    lab.trust(kind, "two-way")
    verify(lab)
    since = lab.cloud.mark()
    services = [(lab.corp_logs_on, lab.spn, w.cloud.realm), (lab.cloud_logs_on, f"cifs/{w.corp.fqdn()}", w.corp.realm)]

    def come_and_go():
        for logs_on, spn, realm in services:
            logs_on().ticket(spn if kind == "forest" else f"{spn}@{realm}")

    come_and_go()
    shown = lab.cloud.cli("trust", "rotate", w.corp.dns)
    assert shown["password_version"] == 2, shown
    assert [e["version"] for e in lab.cloud.events(since) if e["event"] == "control.trust_rotated"] == [2]
    come_and_go()
    verify(lab)  # which logs on with the new password
    assert lab.cloud.refused("trust", "rotate", w.corp.dns) == "DIR_TRUST_ROLLED_LATELY"
    lab.part()


def test_nobody_notices(lab):
    """Users of both forests go on through the change, with both of our domain controllers."""
    w = lab.world
    lab.trust("forest", "two-way")
    verify(lab)
    traffic = [Traffic(lab.corp_logs_on, lab.spn), Traffic(lab.cloud_logs_on, f"cifs/{w.corp.fqdn()}")]
    with going_on(traffic):
        lab.cloud.cli("trust", "rotate", w.corp.dns)
        for t in traffic:
            t.further(10)
    lab.part()


def test_samba_makes_one(lab):
    """As the side that trusts: winbindd tells us the new password over the channel that we grant."""
    w = lab.world
    lab.trust("forest", "incoming")
    verify(lab)
    since = lab.cloud.mark()

    def changed():
        """winbindd hears of a new trust by a message that it reads when it comes to it."""
        out = lab.corp.host.run("wbinfo", "--change-secret", f"--domain={w.cloud.netbios}", check=False)
        assert out.returncode == 0 or "DOMAIN_NOT_FOUND" in out.stdout, out.stdout
        return out.returncode == 0
    wait_for(changed, "winbindd to know the trust")
    told = [e for e in lab.cloud.events(since) if e["event"] == "writer.change" and e["kind"] == "trust-roll"]
    assert [e["result"] for e in told] == ["ok"], told
    lab.cloud_logs_on().ticket(f"cifs/{w.corp.fqdn()}")
    verify(lab)
    lab.part()


def test_what_was_cut_short_is_completed(lab):
    """Their side does not have the new password, as if we had died before we told it: it is told by itself."""
    w = lab.world
    lab.trust("forest", "two-way")
    lab.cloud.cli("trust", "rotate", w.corp.dns)
    lab.corp.delete_half(w.cloud)
    lab.corp.create_half(w.cloud, lab.cloud_sid, 3, w.trust_password, 8)
    code, _, _ = lab.cloud.try_cli("trust", "verify", w.corp.dns)
    assert code == 2 and lab.cloud.cli("trust", "show", w.corp.dns)["reason"] == "VERIFY_PASSWORD_DIFFERENT"
    wait_for(lambda: lab.cloud.cli("trust", "show", w.corp.dns)["state"] == "Verified", "the change to be completed")
    lab.corp_logs_on().ticket(lab.spn)
    lab.part()


def test_nothing_is_changed_when_they_cannot_be_told(lab):
    w = lab.world
    lab.trust("forest", "two-way")
    lab.corp.host.nft_rule("tcp dport 135", "reject", hook="input")
    try:
        code, body, text = lab.cloud.try_cli("trust", "rotate", w.corp.dns)
        assert code != 0 and body["error"]["reason"] == "VERIFY_PORT_CLOSED", text
    finally:
        lab.corp.host.nft_flush()
    verify(lab)
    assert lab.cloud.cli("trust", "rotate", w.corp.dns)["password_version"] == 2
    lab.part()


def test_only_who_trusts_makes_one(lab):
    lab.trust("forest", "incoming")
    assert lab.cloud.refused("trust", "rotate", lab.world.corp.dns) == "DIR_TRUST_NO_HALF"
    lab.part()


def test_their_names_are_asked(lab):
    """Samba adds a suffix to its users' names: it is new, and used when the administrator says so."""
    w, cloud = lab.world, lab.cloud
    lab.trust("forest", "two-way")
    suffix = f"people{w.digits(3)}.example"
    lab.corp.modify(f"CN=Partitions,CN=Configuration,{w.corp.base}", uPNSuffixes=suffix)
    rows = {(r["type"], r["name"]): r["status"] for r in cloud.cli("trust", "namespaces", w.corp.dns, "--refresh")}
    assert rows["top-level name", w.corp.dns] == "enabled" and rows["domain", w.corp.dns] == "enabled", rows
    assert rows["top-level name", suffix] == "new", rows
    client, name = lab.cloud_client, f"ada.{w.digits(4)}@{suffix}"
    user = w.ascii_person()
    lab.corp.add_user(user, w.password())
    lab.corp.modify(f"CN={user},CN=Users,{w.corp.base}", userPrincipalName=name)
    since = cloud.mark()
    assert client.kinit(name, w.corp.users[user], client.ENTERPRISE, ok=False).returncode != 0
    assert cloud.reason_seen("ROUTE_DISABLED", since)
    rows = {(r["type"], r["name"]): r["status"] for r in cloud.cli("trust", "namespaces", w.corp.dns, "--enable", suffix)}
    assert rows["top-level name", suffix] == "enabled", rows
    # From a machine of the cloud, whose KDC knows by the suffix where the name lives.
    client.kinit(name, w.corp.users[user], client.ENTERPRISE)
    client.ticket(lab.spn)
    lab.part()


def test_our_names_are_asked(lab):
    """By Samba, over the channel that we grant."""
    w, cloud = lab.world, lab.cloud
    lab.trust("forest", "incoming")
    verify(lab)
    suffix = f"guests{w.digits(3)}.example"
    cloud.cli("directory", "add-upn-suffix", suffix)
    said = lab.corp.tool("domain", "trust", "namespaces", w.cloud.dns, "--refresh=store").stdout
    assert f"TLN: Status[Enabled]                  DNS[*.{w.cloud.dns}]" in said, said
    assert suffix in said and "Status[Disabled-New]" in said, said
    lab.part()


def test_it_happens_by_itself(lab):
    """The last: a month later."""
    w = lab.world
    lab.trust("forest", "two-way")
    verify(lab)
    shown = lab.cloud.cli("trust", "show", w.corp.dns)
    assert shown["state"] == "Verified" and "rotate_days" not in shown
    lab.cloud.stop()
    lab.net.clock += 31 * 86400
    lab.corp.restart(ahead=0)
    since = lab.cloud.mark()
    lab.cloud.serve()
    lab.cloud.wait_ready()
    told = wait_for(lambda: [e for e in lab.cloud.events(since) if e["event"] == "control.trust_rotated"], "the new password")
    assert (told[0]["partner"], told[0]["version"]) == (w.corp.dns, 2)
    verify(lab)
    shown = lab.cloud.cli("trust", "set", w.corp.dns, "--rotate-days", "7")
    assert shown["rotate_days"] == 7 and shown["password_changed"] > shown["since"], shown
