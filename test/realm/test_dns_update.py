"""Dynamic updates: nsupdate -g with a machine's own keys changes the machine's names, and nobody else's."""

import os

import pytest

from entente import EntenteForest
from member import Member
from netns import Network
from world import World

SIGNED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dns_signed.py")


class Lab:
    def __init__(self):
        self.world = World("dnsupdate")
        f = self.world.cloud
        self.net = Network("dup")  # at today's date: nsupdate does not run at another
        try:
            self.cloud = EntenteForest(self.net, f)
            self.cloud.serve()
            self.cloud.create()
            self.user, self.helper = self.world.ascii_person(), "h" + self.world.digits(4)
            for name in (self.user, self.helper):
                self.cloud.add_user(name, self.world.password())
            self.cloud.cli("group", "add-member", "DnsAdmins", self.helper)
            self.own = Member(self.net, self.cloud, "own" + self.world.digits(2), self.world.client_address)
            self.other = Member(self.net, self.cloud, "other" + self.world.digits(2), self.world.other_client_address)
            for member in (self.own, self.other):
                member.adcli("join", "-N", member.name.upper(), "-H", member.fqdn)
        except BaseException:
            self.net.close()
            raise

    def set_address(self, member, name, address, **kw):
        return member.nsupdate(f"update delete {name} A", f"update add {name} 600 A {address}", **kw)

    def refused(self, member, reason, *lines, said="REFUSED", **kw):
        mark = self.cloud.mark()
        assert said in member.nsupdate(*lines, ok=False, **kw)
        self.cloud.reason_seen(reason, mark)

    def serial(self):
        return int(self.own.run("dig", "+short", f"@{self.cloud.forest.addresses[0]}", self.cloud.forest.dns, "SOA").split()[2])


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def test_a_machine_and_its_own_name(lab):
    own = lab.own
    own.kinit()
    before, mark = lab.serial(), lab.cloud.mark()
    lab.set_address(own, own.fqdn, own.address)
    assert own.addresses(own.fqdn) == [own.address] and lab.serial() > before
    done = [e for e in lab.cloud.events(mark) if e["event"] == "dns.update"]
    assert [e["who"] for e in done] == [f"{own.account}@{lab.cloud.forest.realm}"], done
    own.nsupdate(f"update add {own.fqdn} 600 AAAA fd99::77", f"update add {own.fqdn} 600 TXT \"rack 7\"")
    assert own.addresses(own.fqdn, "AAAA") == ["fd99::77"] and own.addresses(own.fqdn, "TXT") == ['"rack', '7"']
    lab.set_address(own, own.fqdn, "10.99.0.7")
    assert own.addresses(own.fqdn) == ["10.99.0.7"]
    own.nsupdate(f"update delete {own.fqdn} A")
    assert own.addresses(own.fqdn) == [] and own.addresses(own.fqdn, "AAAA") == ["fd99::77"]
    own.nsupdate(f"update delete {own.fqdn}")
    assert "NXDOMAIN" in own.run("dig", f"@{lab.cloud.forest.addresses[0]}", own.fqdn)


def test_over_tcp(lab):
    """-v: updates too."""
    lab.own.kinit()
    lab.own.run("nsupdate", "-g", "-v", input=f"update add {lab.own.fqdn} 600 A 10.99.0.8\nsend\n")
    assert lab.own.addresses(lab.own.fqdn) == ["10.99.0.8"]


def test_names_of_others(lab):
    """Neither those that are there nor those that could be: a name like wpad is a trap for all who look for it."""
    own, other, f = lab.own, lab.other, lab.cloud.forest
    own.kinit()
    lab.set_address(own, own.fqdn, own.address)
    other.kinit()
    lab.refused(other, "DNS_UPDATE_DENIED", f"update add _ldap._tcp.{f.dns} 600 SRV 0 0 389 {other.fqdn}")
    for name in (own.fqdn, f.fqdn(), f.dns):
        lab.refused(other, "DNS_UPDATE_DENIED", f"update add {name} 600 A {other.address}")
        lab.refused(other, "DNS_UPDATE_DENIED", f"update add {name} 600 TXT here")
    for name in (f"wpad.{f.dns}", f"deep.{other.fqdn}", f"x.{f.dns}"):
        lab.refused(other, "DNS_UPDATE_NAME_NOT_OWN", f"update add {name} 600 A {other.address}")
    assert own.addresses(own.fqdn) == [own.address]
    # One that may not go with it takes all of an update with it.
    lab.refused(other, "DNS_UPDATE_DENIED", f"update add {other.fqdn} 600 A {other.address}", f"update delete {own.fqdn}")
    assert other.addresses(other.fqdn) == [] and own.addresses(own.fqdn) == [own.address]


def test_people(lab):
    own, f = lab.own, lab.cloud.forest
    own.kinit_as(lab.user)
    lab.refused(own, "DNS_UPDATE_NAME_NOT_OWN", f"update add {lab.user}.{f.dns} 600 A 10.99.0.9")
    for who in ("administrator", lab.helper):
        own.kinit_as(who)
        own.nsupdate(f"update add www.{f.dns} 600 CNAME {own.fqdn}")
        assert own.addresses(f"www.{f.dns}", "CNAME") == [own.fqdn + "."]
        own.nsupdate(f"update delete www.{f.dns}")


def test_reverse_names(lab):
    own, other = lab.own, lab.other
    name = ".".join(reversed(own.address.split("."))) + ".in-addr.arpa"
    own.kinit()
    own.nsupdate(f"update add {name} 600 PTR {own.fqdn}")
    assert own.run("dig", "+short", f"@{lab.cloud.forest.addresses[0]}", "-x", own.address).split() == [own.fqdn + "."]
    other.kinit()
    lab.refused(other, "DNS_UPDATE_DENIED", f"update delete {name}")
    theirs = ".".join(reversed(other.address.split("."))) + ".in-addr.arpa"
    lab.refused(other, "DNS_UPDATE_NAME_NOT_OWN", f"update add {theirs} 600 PTR {own.fqdn}")
    other.nsupdate(f"update add {theirs} 600 PTR {other.fqdn}")


def test_without_a_signature(lab):
    own = lab.own
    lab.refused(own, "DNS_UPDATE_UNSIGNED", f"update add {own.fqdn} 600 A 10.99.0.66", gss=False)
    # Who only asks is told, as a question would be answered.
    lab.refused(own, "DNS_UPDATE_PREREQUISITE", f"prereq nxdomain {lab.cloud.forest.fqdn()}", said="YXDOMAIN", gss=False)
    own.nsupdate(f"prereq yxdomain {lab.cloud.forest.fqdn()}", gss=False)
    out = own.run("dig", f"@{lab.cloud.forest.addresses[0]}", lab.cloud.forest.dns, "AXFR", ok=False).stdout
    assert "Transfer failed" in out, out
    lab.cloud.reason_seen("DNS_TRANSFER_REFUSED")


def test_prerequisites(lab):
    own = lab.own
    own.kinit()
    lab.set_address(own, own.fqdn, "10.99.0.1")
    lab.refused(own, "DNS_UPDATE_PREREQUISITE", f"prereq nxrrset {own.fqdn} A", f"update add {own.fqdn} 600 A 10.99.0.2", said="YXRRSET")
    lab.refused(own, "DNS_UPDATE_PREREQUISITE", f"prereq yxrrset {own.fqdn} A 10.99.0.3", f"update delete {own.fqdn}", said="NXRRSET")
    own.nsupdate(f"prereq yxrrset {own.fqdn} A 10.99.0.1", f"update add {own.fqdn} 600 A 10.99.0.2")
    assert own.addresses(own.fqdn) == ["10.99.0.1", "10.99.0.2"]


def test_records_and_zones_that_are_not_taken(lab):
    own, f = lab.own, lab.cloud.forest
    own.kinit()
    lab.refused(own, "DNS_UPDATE_RECORD", f"update add {own.fqdn} 600 HINFO a b")
    lab.refused(own, "DNS_UPDATE_ZONE", f"server {f.addresses[0]}", "zone elsewhere.example",
                "update add x.elsewhere.example 600 A 10.99.0.1", said="NOTAUTH", gss=False)


def by_hand(lab, what):
    f = lab.cloud.forest
    said = lab.own.run("/usr/bin/python3", "-B", SIGNED, f.fqdn(), f.addresses[0], what, lab.own.fqdn, "10.99.0.50")
    return dict(line.split(" ", 1) for line in said.splitlines())


def test_a_message_that_comes_twice(lab):
    lab.own.kinit()
    mark = lab.cloud.mark()
    said = by_hand(lab, "twice")
    assert said == {"key": "0", "first": "0 0", "second": "9 16", "altered": "9 16"}, said
    lab.cloud.reason_seen("AUTH_MESSAGE_SEQUENCE", mark)
    lab.cloud.reason_seen("AUTH_MESSAGE_INTEGRITY", mark)
    assert lab.own.addresses(lab.own.fqdn) == ["10.99.0.50"]


def test_a_key_that_would_not_notice(lab):
    lab.own.kinit()
    mark = lab.cloud.mark()
    assert by_hand(lab, "weak") == {"key": "17"}
    lab.cloud.reason_seen("DNS_KEY_WEAK", mark)
