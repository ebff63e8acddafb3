"""A trust between an Entente forest and a forest of Samba 4.17, each half made on its own side with the
same password, seen by stock clients of MIT and Heimdal in hosts of their own that know nothing but their
DNS server: in each kind and direction exactly the permitted way works."""

import pytest

from entente import ldif_line
from samba_lab import Lab

NOT_FOUND = {"mit": "Server not found in Kerberos database", "heimdal": ") unknown ("}
NO_CLIENT = {"mit": "not found in Kerberos database", "heimdal": ") unknown"}


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


class Way:
    """What a kind and a direction of the trust allow."""

    def __init__(self, kind, direction):
        self.kind, self.direction = kind, direction
        self.corp_users_come = direction in ("outgoing", "two-way")
        self.cloud_users_go = direction in ("incoming", "two-way")

    def named(self, service, realm):
        """Over a forest trust the KDCs refer by the name alone; over an external one the realm has to be known."""
        return service if self.kind == "forest" else f"{service}@{realm}"


@pytest.fixture(scope="module", params=[(kind, direction) for kind in ("forest", "external")
                                        for direction in ("outgoing", "incoming", "two-way")], ids="-".join)
def way(lab, request):
    lab.trust(*request.param)
    shown = lab.cloud.cli("trust", "show", lab.world.corp.dns)
    assert (shown["type"], shown["direction"], shown["sid"]) == (*request.param, lab.corp.sid)
    return Way(*request.param)


BOTH_CLIENTS = pytest.mark.parametrize("maker", ["mit", "heimdal"])


@BOTH_CLIENTS
def test_a_corporate_user_comes(lab, way, maker):
    """Outgoing: we trust them, so their user gets a ticket for our service."""
    client = lab.corp_logs_on(maker)
    since = lab.cloud.mark()
    out = client.ticket(way.named(lab.spn, lab.world.cloud.realm), ok=way.corp_users_come)
    if not way.corp_users_come:
        # Their KDC has no way to us: we never hear of it.
        assert out.returncode and NOT_FOUND[maker] in out.stdout, out.stdout
        assert not [e for e in lab.cloud.events(since) if e["event"] == "kdc.tgs"]
        return
    assert f"{lab.spn}@{lab.world.cloud.realm}" in client.klist()
    sids = lab.sids_for(client)
    assert sids["user"] == lab.corp_user_sid() and f"{lab.corp.sid}-513" in sids["groups"]
    assert lab.group_sid in sids["resource"]
    assert not any(s.startswith(lab.cloud_sid) for s in sids["groups"] | sids["extra"])


@BOTH_CLIENTS
def test_a_cloud_user_goes(lab, way, maker):
    """Incoming: they trust us, so our user gets a ticket for their service."""
    w = lab.world
    client = lab.cloud_logs_on(maker)
    since = lab.cloud.mark()
    out = client.ticket(way.named(f"cifs/{w.corp.fqdn()}", w.corp.realm), ok=way.cloud_users_go)
    if way.cloud_users_go:
        assert f"cifs/{w.corp.fqdn()}@{w.corp.realm}" in client.klist()
        return
    assert out.returncode and NOT_FOUND[maker] in out.stdout, out.stdout
    lab.cloud.reason_seen("ROUTE_TRUST_OUTGOING_ONLY" if way.kind == "forest" else "TRANSIT_NOT_INCOMING", since)


def test_directories_are_read(lab, way):
    """ldapsearch with a cross-realm ticket: their user in our directory, our user in theirs."""
    w = lab.world
    for client, forest, user, may in (
            (lab.corp_logs_on("mit"), w.cloud, lab.cloud_user, way.corp_users_come),
            (lab.cloud_logs_on("mit"), w.corp, lab.corp_user, way.cloud_users_go)):
        out = client.ldapsearch(forest, f"(sAMAccountName={user})", "sAMAccountName")
        assert (out.returncode == 0) == may, out.stdout
        if may:
            assert f"ldap/{forest.fqdn()}@{forest.realm}" in client.klist()
            assert ldif_line("sAMAccountName", user) in out.stdout.splitlines(), out.stdout
        else:
            assert "Server not found in Kerberos database" in out.stdout, out.stdout


@BOTH_CLIENTS
def test_an_enterprise_name_of_the_partner(lab, way, maker):
    """At a machine of ours: who may come is told WRONG_REALM, goes there, and comes back with a referral."""
    w = lab.world
    client = lab.client("cloud", maker)
    since = lab.cloud.mark()
    out = client.kinit(f"{lab.corp_user}@{w.corp.dns}", w.corp.users[lab.corp_user], client.ENTERPRISE,
                       ok=way.corp_users_come)
    if not way.corp_users_come:
        assert out.returncode and NO_CLIENT[maker] in out.stdout, out.stdout
        lab.cloud.reason_seen("TRANSIT_NOT_OUTGOING", since)
        return
    lab.cloud.reason_seen("KDC_CLIENT_ELSEWHERE", since)
    assert f"krbtgt/{w.corp.realm}@{w.corp.realm}" in client.klist()
    client.ticket(f"{lab.spn}@{w.cloud.realm}")


@BOTH_CLIENTS
def test_passwords_are_changed(lab, way, maker):
    """Each at the own KDC, wherever the machine stands: no trust is needed, and none may be in the way."""
    w = lab.world
    client = lab.client("cloud", maker)
    name, old, new = w.person(), w.password(), w.password()
    lab.cloud.add_user(name, old, "--must-change")  # who has to may at once
    people = [(name, w.cloud, old, new), (lab.corp_user, w.corp, w.corp.users[lab.corp_user], w.password())]
    for name, forest, old, new in people:
        out = client.kpasswd(f"{name}@{forest.realm}", old, new)
        assert out.returncode == 0 and ("Success" in out.stdout or "Password changed" in out.stdout), out.stdout
        forest.users[name] = new
        client.kinit(f"{name}@{forest.realm}", new)
        assert client.kinit(f"{name}@{forest.realm}", old, ok=False).returncode


def test_an_enterprise_name_becomes_canonical(lab):
    w = lab.world
    lab.trust("forest", "two-way")
    client = lab.client("cloud")
    out = client.kinit(f"{lab.corp_user}@{w.corp.dns}", w.corp.users[lab.corp_user], "-E", "-C", trace=True)
    assert f"Following referral to realm {w.corp.realm}" in out.stdout, out.stdout
    assert f"Default principal: {lab.corp_user}@{w.corp.realm}" in client.klist()


def test_wrong_trust_password(lab):
    lab.trust("forest", "two-way", password=lab.world.password())
    client = lab.corp_logs_on()
    since = lab.cloud.mark()
    out = client.ticket(lab.spn, ok=False)
    assert out.returncode
    lab.cloud.reason_seen("KDC_REFERRAL_KEY", since)


def test_selective_authentication(lab):
    lab.trust("forest", "two-way", "--selective-auth")
    client = lab.corp_logs_on()
    since = lab.cloud.mark()
    out = client.ticket(lab.spn, ok=False)
    assert out.returncode and "policy" in out.stdout.lower(), out.stdout
    assert [e for e in lab.cloud.events(since) if "SELECTIVE" in e.get("reason", "")]
    lab.cloud.cli("service", "allow", lab.spn, f"{lab.world.corp.netbios}\\{lab.corp_user}")
    lab.corp_logs_on()
    lab.corp_client.kvno(lab.spn)
    assert lab.group_sid in lab.sids_for(lab.corp_client)["resource"]


def test_deleted_trust(lab):
    lab.trust("forest", "two-way")
    lab.corp_logs_on()
    lab.corp_client.kvno(f"krbtgt/{lab.world.cloud.realm}@{lab.world.corp.realm}")
    lab.cloud.cli("trust", "delete", lab.world.corp.dns, "--keep-forwarder")
    since = lab.cloud.mark()
    try:
        out = lab.corp_client.kvno(lab.spn, ok=False)
        assert out.returncode
        lab.cloud.reason_seen("KDC_REALM_UNKNOWN", since)
    finally:
        lab.corp.delete_half(lab.world.cloud)
        lab.made = None
