"""A trust between an Entente forest and a forest of Samba 4.17, each half made on its own side with the
same password, seen by a stock MIT client in a third host: exactly the permitted direction works."""

import re

import pytest

import ticket
from entente import Client, EntenteForest
from netns import Network
from samba_forest import SambaForest
from world import World

FOREST, EXTERNAL = 8, 4
DIRECTIONS = {"incoming": 1, "outgoing": 2, "two-way": 3}
# The direction seen from the other side.
COMPLEMENT = {"incoming": 2, "outgoing": 1, "two-way": 3}


class Lab:
    def __init__(self, name="samba"):
        self.world = World(name)
        w = self.world
        self.net = Network(name[:3])
        try:
            self.cloud = EntenteForest(self.net, w.cloud)
            self.cloud.serve()
            self.cloud.create()
            self.cloud_sid = self.cloud.sid()
            self.corp = SambaForest(self.net, w.corp)
            self.corp.set_forward(w.cloud.dns, w.cloud.addresses)
            self.corp.start()
            self.cloud.cli("forwarder", "create", w.corp.dns, "--address", w.corp.addresses[0])
            self.corp_user, self.cloud_user = w.person(), w.person()
            self.corp.add_user(self.corp_user, w.password())
            self.cloud.add_user(self.cloud_user, w.password())
            self.spn = f"HTTP/web.{w.cloud.dns}"
            self.cloud.add_service("web", self.spn)
            self.keytab = self.cloud.keytab("web")
            self.cloud.cli("group", "create", "Guests of web", "--scope", "domain-local")
            self.cloud.cli("group", "add-member", "Guests of web", self.corp_user_sid())
            self.group_sid = self.cloud.cli("group", "show", "Guests of web")["sid"]
            self.corp_client = Client(self.net, w.client_address, w.corp.addresses, w.corp.realm, "corppc",
                                      [(f".{w.cloud.dns}", w.cloud.realm), (f".{w.corp.dns}", w.corp.realm)])
            self.cloud_client = Client(self.net, w.client_address[:-1] + "1", w.cloud.addresses, w.cloud.realm,
                                       "cloudpc")
        except BaseException:
            self.net.close()
            raise
        self.made = None

    def corp_user_sid(self):
        out = self.corp.host.run("ldbsearch", "-H", f"{self.corp.dir}/samba/private/sam.ldb",
                                 f"(sAMAccountName={self.corp_user})", "objectSid").stdout
        return re.search(r"objectSid: (\S+)", out)[1]

    def trust(self, kind, direction, *options, password=None, enctypes=24):
        """Both halves; those of the test before go first."""
        if self.made == (kind, direction, options, password, enctypes):
            return
        self.part()
        w = self.world
        self.corp.create_half(w.cloud, self.cloud_sid, COMPLEMENT[direction], w.trust_password,
                              FOREST if kind == "forest" else EXTERNAL, enctypes)
        self.cloud.trust(w.corp, self.corp.sid, direction, password or w.trust_password, kind, (), *options)
        self.made = (kind, direction, options, password, enctypes)

    def part(self):
        if self.made:
            self.corp.delete_half(self.world.cloud)
            self.cloud.cli("trust", "delete", self.world.corp.dns, "--keep-forwarder")
        self.made = None

    def corp_logs_on(self):
        w = self.world
        self.corp_client.kinit(f"{self.corp_user}@{w.corp.realm}", w.corp.users[self.corp_user])

    def cloud_logs_on(self):
        w = self.world
        self.cloud_client.kinit(f"{self.cloud_user}@{w.cloud.realm}", w.cloud.users[self.cloud_user])

    def sids_for(self, client):
        """What the service reads out of the ticket that the client holds for it."""
        return ticket.sids(client.cache, self.keytab, self.spn)


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def allowed(direction, wanted):
    return direction in (wanted, "two-way")


KINDS = [pytest.param(kind, direction, marks=[pytest.mark.long] if kind == "external" and direction == "two-way" else [])
         for kind in ("forest", "external") for direction in ("outgoing", "incoming", "two-way")]


@pytest.mark.parametrize("kind,direction", KINDS)
def test_directions(lab, kind, direction):
    lab.trust(kind, direction)
    shown = lab.cloud.cli("trust", "show", lab.world.corp.dns)
    assert (shown["type"], shown["direction"], shown["sid"]) == (kind, direction, lab.corp.sid)
    corp_user_comes(lab, kind, allowed(direction, "outgoing"))
    cloud_user_goes(lab, kind, allowed(direction, "incoming"))


def corp_user_comes(lab, kind, may):
    """Outgoing: we trust them, so their user gets a ticket for our service."""
    w = lab.world
    lab.corp_logs_on()
    since = lab.cloud.mark()
    # Over a forest trust their KDC refers by the name alone; over an external one the realm has to be known.
    name = lab.spn if kind == "forest" else f"{lab.spn}@{w.cloud.realm}"
    out = lab.corp_client.kvno(name, ok=may)
    if not may:
        assert out.returncode and "Server not found in Kerberos database" in out.stdout, out.stdout
        assert not [e for e in lab.cloud.events(since) if e["event"] == "kdc.tgs" and "reason" not in e]
        return
    assert "keytab entry valid" in lab.corp_client.kvno(name, "-k", lab.keytab).stdout
    sids = lab.sids_for(lab.corp_client)
    assert sids["user"] == lab.corp_user_sid() and f"{lab.corp.sid}-513" in sids["groups"]
    assert lab.group_sid in sids["resource"]
    assert not any(s.startswith(lab.cloud_sid) for s in sids["groups"] | sids["extra"])


def cloud_user_goes(lab, kind, may):
    """Incoming: they trust us, so our user gets a ticket for their service."""
    w = lab.world
    lab.cloud_logs_on()
    since = lab.cloud.mark()
    name = f"cifs/{w.corp.fqdn()}" + ("" if kind == "forest" else f"@{w.corp.realm}")
    out = lab.cloud_client.kvno(name, ok=may)
    if may:
        assert f"cifs/{w.corp.fqdn()}@{w.corp.realm}" in lab.cloud_client.klist()
        return
    assert out.returncode and "Server not found in Kerberos database" in out.stdout, out.stdout
    lab.cloud.reason_seen("KDC_SERVICE_UNKNOWN" if kind == "forest" else "TRANSIT_NOT_INCOMING", since)


def test_enterprise_name_of_the_partner_is_followed(lab):
    """A client of our realm that is given a name of theirs is told WRONG_REALM and goes there."""
    w = lab.world
    lab.trust("forest", "two-way")
    out = lab.cloud_client.kinit(f"{lab.corp_user}@{w.corp.dns}", w.corp.users[lab.corp_user], "-E", "-C", trace=True)
    assert f"Following referral to realm {w.corp.realm}" in out.stdout, out.stdout
    assert f"Default principal: {lab.corp_user}@{w.corp.realm}" in lab.cloud_client.klist()
    lab.cloud_client.kvno(f"{lab.spn}@{w.cloud.realm}")


def test_wrong_trust_password(lab):
    lab.trust("forest", "two-way", password=lab.world.password())
    lab.corp_logs_on()
    since = lab.cloud.mark()
    out = lab.corp_client.kvno(lab.spn, ok=False)
    assert out.returncode
    lab.cloud.reason_seen("KDC_REFERRAL_KEY", since)


def test_selective_authentication(lab):
    lab.trust("forest", "two-way", "--selective-auth")
    lab.corp_logs_on()
    since = lab.cloud.mark()
    out = lab.corp_client.kvno(lab.spn, ok=False)
    assert out.returncode and "policy" in out.stdout.lower(), out.stdout
    assert [e for e in lab.cloud.events(since) if "SELECTIVE" in e.get("reason", "")]
    lab.cloud.cli("service", "allow", "web", lab.corp_user_sid())
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
