"""Directories, trusts and what belongs to them, made with AWS's API alone, as scripts and Terraform do: every state is
polled by its waiters' names."""

import base64
import re
from functools import partial

import pytest
from botocore.exceptions import ClientError

from aws_api import AwsForest, Refusal, at_once, error_of
from netns import Network, wait_for
from world import World

VPC = {"VpcId": "vpc-01234567", "SubnetIds": ["subnet-0000000a", "subnet-0000000b"]}  # of the default configuration
AFAR = {"VpcId": "vpc-76543210", "SubnetIds": ["subnet-0000000c", "subnet-0000000d"]}
SUBNETS = [word for i, letter in enumerate("abcdefgh") for word in (
    f"--subnet-0000000{letter}", f"127.0.{i + 1}.0/24 {'local-1' if i < 2 else 'west-2'}{'ab'[i % 2]}")]
MADE_OF = {"cloud.example.com": "CLOUD", "corp.example.com": "CORPORATE"}


class Lab:
    def __init__(self):
        self.world = World("awsdirs")
        self.net = Network("awsdirs")
        try:
            self.service = AwsForest(self.net, self.world.cloud)
            self.service.subnets = SUBNETS
            self.service.serve()
            self.key = self.service.new_key()
            self.ds = self.service.client("ds", self.key)
            self.password = self.world.password()
            self.ids = {name: self.create(name, ShortName=short) for name, short in MADE_OF.items()}
            for name in self.ids:
                self.wait_stage(self.ids[name], "Active")
        except BaseException:
            self.net.close()
            raise

    def create(self, name, **more):
        return self.ds.create_microsoft_ad(Name=name, Password=self.password, VpcSettings=VPC, **more)["DirectoryId"]

    def directory(self, id):
        return self.ds.describe_directories(DirectoryIds=[id])["DirectoryDescriptions"][0]

    def wait_stage(self, id, stage):
        def reached():
            now = self.directory(id)
            # On a busy machine a process may be away for so long that it is noticed: it comes back.
            assert now["Stage"] in ("Requested", "Creating", "Created", "Impaired", stage), now
            return now["Stage"] == stage
        wait_for(reached, f"{id} {stage}")

    def trust(self, id):
        return self.ds.describe_trusts(TrustIds=[id])["Trusts"][0]

    def wait_trust(self, id, *states):
        try:
            return wait_for(lambda: self.trust(id)["TrustState"] in states and self.trust(id), f"{states}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.trust(id)}") from None

    def make_trust(self, here, there, direction, **more):
        return self.ds.create_trust(
            DirectoryId=self.ids[here], RemoteDomainName=there, TrustPassword="Shared by 2 sides",
            TrustDirection=direction,
            ConditionalForwarderIpAddrs=self.directory(self.ids[there.rstrip(".")])["DnsIpAddrs"], **more)["TrustId"]

    def refused(self, code, call, **kw):
        with pytest.raises(ClientError) as error:
            call(**kw)
        assert error.value.response["Error"]["Code"] == code, error.value
        return error.value.response["Error"]["Message"]


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


CLOUD, CORP = MADE_OF


# --- directories -----------------------------------------------------------------------------------------------


def test_a_directory_is_described_as_it_was_asked_for(lab):
    d = lab.directory(lab.ids[CORP])
    assert (d["Name"], d["ShortName"], d["Edition"], d["Size"]) == (CORP, "CORPORATE", "Enterprise", "Large")
    assert d["VpcSettings"]["VpcId"] == VPC["VpcId"] and d["VpcSettings"]["SubnetIds"] == VPC["SubnetIds"]
    assert d["VpcSettings"]["AvailabilityZones"] == ["local-1a", "local-1b"]
    assert d["DesiredNumberOfDomainControllers"] == 2 and "StageReason" not in d
    controllers = wait_for(lambda: (lambda all: all if {c["Status"] for c in all} == {"Active"} else None)(
        lab.ds.describe_domain_controllers(DirectoryId=lab.ids[CORP])["DomainControllers"]), "controllers")
    assert [c["SubnetId"] for c in controllers] == VPC["SubnetIds"]
    assert [c["DnsIpAddr"] for c in controllers] == d["DnsIpAddrs"]
    region = lab.ds.describe_regions(DirectoryId=lab.ids[CORP])["RegionsDescription"][0]
    assert region["RegionType"] == "Primary" and region["Status"] == "Active"


def codes(outcomes):
    return sorted(map(error_of, outcomes), key=str)


def test_two_who_make_the_same(lab):
    """One wins; when its directory is deleted, nothing is left of it."""
    outcomes = at_once(*[lambda: lab.service.client("ds", lab.key).create_microsoft_ad(
        Name="twice.example.com", Password=lab.password, VpcSettings=VPC)] * 2)
    assert codes(outcomes) == ["EntityAlreadyExistsException", None]
    (id,) = [o["DirectoryId"] for o in outcomes if error_of(o) is None]
    lab.wait_stage(id, "Active")
    addresses = lab.directory(id)["DnsIpAddrs"]
    lab.ds.delete_directory(DirectoryId=id)
    wait_for(lambda: id not in [d["DirectoryId"] for d in lab.ds.describe_directories()["DirectoryDescriptions"]],
             "the deletion")
    lab.refused("EntityDoesNotExistException", lab.ds.delete_directory, DirectoryId=id)
    again = lab.create("twice.example.com")
    lab.wait_stage(again, "Active")
    assert again != id and lab.directory(again)["DnsIpAddrs"] == addresses
    lab.ds.delete_directory(DirectoryId=again)


def test_many_who_make_the_same(lab):
    """Whatever it is, one makes it, the others are told that it is there, and there is one of it."""
    id, key = lab.ids[CORP], lab.key
    here = {"DirectoryId": id}

    def ds():
        return lab.service.client("ds", key)

    def many(count, call):
        return codes(at_once(*[call] * count))
    made = [
        lambda: ds().create_trust(**here, RemoteDomainName="once.example.net", TrustPassword="Shared by 2 sides",
                                  TrustDirection="Two-Way", ConditionalForwarderIpAddrs=["10.1.2.3"]),
        lambda: ds().create_conditional_forwarder(**here, RemoteDomainName="far.example.org", DnsIpAddrs=["10.1.2.3"]),
        lambda: ds().create_computer(**here, ComputerName="once1", Password="One-time-1"),
    ]
    for make in made:
        assert many(4, make) == ["EntityAlreadyExistsException"] * 3 + [None]
    assert [t["RemoteDomainName"] for t in lab.ds.describe_trusts(**here)["Trusts"]].count("once.example.net") == 1
    lab.service.ds(key, "EnableDirectoryDataAccess", **here)
    for operation, name in (("Users/CreateUser", "once2"), ("Groups/CreateGroup", "once3")):
        assert many(4, lambda: lab.service.data(key, id, operation, SAMAccountName=name)) == ["ConflictException"] * 3 + [None]  # noqa: B023
    assert many(3, lambda: lab.service.data(key, id, "GroupMemberships/AddGroupMember", GroupName="once3",
                                            MemberName="once2")) == ["ConflictException"] * 2 + [None]
    lab.service.ds(key, "DisableDirectoryDataAccess", **here)
    # Five snapshots there may be, and two domain controllers there are.
    assert many(7, lambda: ds().create_snapshot(**here)) == [None] * 5 + ["SnapshotLimitExceededException"] * 2
    assert set(many(3, lambda: ds().update_number_of_domain_controllers(**here, DesiredNumber=3))) == {None}
    assert len(lab.ds.describe_domain_controllers(**here)["DomainControllers"]) == 3
    wait_for(lambda: {s["Status"] for s in lab.ds.describe_snapshots(**here)["Snapshots"]} == {"Completed"}, "snapshots")
    for snapshot in lab.ds.describe_snapshots(**here)["Snapshots"]:
        lab.ds.delete_snapshot(SnapshotId=snapshot["SnapshotId"])
    wait_for(lambda: {d["Status"] for d in lab.ds.describe_domain_controllers(**here)["DomainControllers"]} == {"Active"}, "dc3")
    lab.ds.update_number_of_domain_controllers(**here, DesiredNumber=2)
    (trust,) = [t for t in lab.ds.describe_trusts(**here)["Trusts"] if t["RemoteDomainName"] == "once.example.net"]
    ended = many(3, lambda: ds().delete_trust(TrustId=trust["TrustId"], DeleteAssociatedConditionalForwarder=True))
    assert None in ended and set(ended) <= {None, "EntityDoesNotExistException"}, ended
    lab.ds.delete_conditional_forwarder(**here, RemoteDomainName="far.example.org")
    assert codes(at_once(lambda: ds().create_alias(**here, Alias="the-one"),
                         lambda: ds().create_alias(DirectoryId=lab.ids[CLOUD], Alias="the-one"))) == [
                             "EntityAlreadyExistsException", None]


def test_directories_that_cannot_be_made(lab):
    other = {"VpcId": "vpc-01234567", "SubnetIds": ["subnet-0000000a", "subnet-01234567"]}
    message = lab.refused("InvalidParameterException", lab.ds.create_microsoft_ad, Name="a.example.com",
                          Password=lab.password, VpcSettings=other)
    assert "subnet-01234567" in message
    other["SubnetIds"] = ["subnet-0000000a"] * 2
    lab.refused("InvalidParameterException", lab.ds.create_microsoft_ad, Name="a.example.com", Password=lab.password,
                VpcSettings=other)
    lab.refused("ValidationException", lab.ds.create_microsoft_ad, Name="single", Password=lab.password,
                VpcSettings=VPC)
    # What AWS's patterns let through and no forest can be called.
    before = {d["DirectoryId"] for d in lab.ds.describe_directories()["DirectoryDescriptions"]}
    for name in ("one-label", "back\\slash.example.com", "a" * 64 + ".example.com", ("a" * 60 + ".") * 5 + "com"):
        message = lab.refused("InvalidParameterException", lab.ds.create_microsoft_ad, Name=name, Password=lab.password,
                              VpcSettings=VPC)
        assert message.startswith("Name: "), message
    for short in ("12345", "MORE THAN FIFTEEN", "A.B", "A B", "ÄÖ"):
        message = lab.refused("InvalidParameterException", lab.ds.create_microsoft_ad, Name="a.example.com", ShortName=short,
                              Password=lab.password, VpcSettings=VPC)
        assert message.startswith("ShortName: "), message
    assert before == {d["DirectoryId"] for d in lab.ds.describe_directories()["DirectoryDescriptions"]}
    weak = lab.refused("ValidationException", lab.ds.create_microsoft_ad, Name="a.example.com", Password="weak secret",
                       VpcSettings=VPC)
    assert "weak secret" not in weak and "password" in weak


SQUATTER = """
import socket, time
held = []
for last in range(10, 60):
    s = socket.socket()
    try:
        s.bind(("127.0.1.%d" % last, 88))
        s.listen()
        held.append(s)
    except OSError:
        pass  # a domain controller's
print("held", flush=True)
time.sleep(600)
"""


def test_a_directory_that_fails_says_why_and_can_be_deleted(lab):
    squatter = lab.service.host.start("/usr/bin/python3", "-c", SQUATTER, log="squatter.log")
    wait_for(lambda: "held" in open(f"{lab.service.dir}/squatter.log", encoding="utf-8").read(), "the squatter")
    id = lab.create("late.example.com")
    lab.wait_stage(id, "Failed")
    reason = lab.directory(id)["StageReason"]
    assert "port 88/tcp" in reason and "remedy" in reason, reason
    lab.refused("DirectoryUnavailableException", lab.ds.reset_user_password, DirectoryId=id, UserName="Admin",
                NewPassword=lab.password)
    assert lab.ds.describe_trusts(DirectoryId=id)["Trusts"] == []
    lab.ds.delete_directory(DirectoryId=id)
    wait_for(lambda: id not in [d["DirectoryId"] for d in lab.ds.describe_directories()["DirectoryDescriptions"]],
             "the deletion")
    lab.service.host.stop(squatter)


def test_domain_controllers_come_and_go(lab):
    id = lab.create("many.example.com")
    lab.wait_stage(id, "Active")

    def controllers():
        return lab.ds.describe_domain_controllers(DirectoryId=id)["DomainControllers"]
    lab.ds.update_number_of_domain_controllers(DirectoryId=id, DesiredNumber=3)
    assert len(controllers()) == 3  # before it is there
    wait_for(lambda: [c["Status"] for c in controllers()] == ["Active"] * 3, "three controllers")
    assert lab.directory(id)["DesiredNumberOfDomainControllers"] == 3
    lab.ds.update_number_of_domain_controllers(DirectoryId=id, DesiredNumber=2)
    wait_for(lambda: len(controllers()) == 2, "two controllers")
    lab.refused("DomainControllerLimitExceededException", lab.ds.update_number_of_domain_controllers, DirectoryId=id,
                DesiredNumber=100)
    lab.ds.delete_directory(DirectoryId=id)


def test_snapshots(lab):
    here = {"DirectoryId": lab.ids[CORP]}
    id = lab.ds.create_snapshot(**here, Name="before")["SnapshotId"]

    def shown():
        return lab.ds.describe_snapshots(SnapshotIds=[id])["Snapshots"][0]
    wait_for(lambda: shown()["Status"] == "Completed", "the snapshot")
    assert (shown()["Name"], shown()["Type"], shown()["DirectoryId"]) == ("before", "Manual", lab.ids[CORP])
    assert lab.ds.get_snapshot_limits(**here)["SnapshotLimits"]["ManualSnapshotsCurrentCount"] == 1
    lab.service.cli("user", "create", "later", "--password-file", lab.service.secret(lab.password), "--directory", CORP)
    lab.ds.restore_from_snapshot(SnapshotId=id)
    wait_for(lambda: lab.directory(lab.ids[CORP])["Stage"] == "Active", "the restored directory")
    wait_for(lambda: lab.service.try_cli("user", "show", "later", "--directory", CORP)[0] == 2, "what was before")
    lab.ds.delete_snapshot(SnapshotId=id)
    lab.refused("EntityDoesNotExistException", lab.ds.describe_snapshots, SnapshotIds=[id])
    lab.refused("EntityDoesNotExistException", lab.ds.restore_from_snapshot, SnapshotId=id)


# --- trusts ----------------------------------------------------------------------------------------------------


def test_a_trust_from_both_sides(lab):
    """As Terraform does: an outgoing half waits for Verified or VerifyFailed, an incoming one for Created."""
    outgoing = lab.make_trust(CLOUD, CORP + ".", "One-Way: Outgoing")
    assert lab.trust(outgoing)["RemoteDomainName"] == CORP + "."
    failed = lab.wait_trust(outgoing, "VerifyFailed", "Verified")
    if failed["TrustState"] == "VerifyFailed":
        assert "VERIFY_HALF_MISSING" in failed["TrustStateReason"] and failed["TrustStateReason"].startswith("Access")
    incoming = lab.make_trust(CORP, CLOUD, "One-Way: Incoming")
    assert lab.trust(incoming)["TrustState"] == "Created"
    assert lab.ds.verify_trust(TrustId=outgoing)["TrustId"] == outgoing
    verified = lab.wait_trust(outgoing, "Verified")
    assert "TrustStateReason" not in verified and verified["SelectiveAuth"] == "Disabled"
    assert verified["TrustType"] == "Forest" and verified["CreatedDateTime"] and verified["StateLastUpdatedDateTime"]
    lab.refused("EntityAlreadyExistsException", lab.make_trust, here=CLOUD, there=CORP, direction="Two-Way")

    (forwarder,) = lab.ds.describe_conditional_forwarders(DirectoryId=lab.ids[CLOUD],
                                                          RemoteDomainNames=[CORP])["ConditionalForwarders"]
    assert forwarder["DnsIpAddrs"] == lab.directory(lab.ids[CORP])["DnsIpAddrs"]

    answer = lab.ds.update_trust(TrustId=outgoing, SelectiveAuth="Enabled")
    assert answer["TrustId"] == outgoing and answer["RequestId"]
    assert lab.wait_trust(outgoing, "Verified")["SelectiveAuth"] == "Enabled"

    lab.ds.delete_trust(TrustId=outgoing, DeleteAssociatedConditionalForwarder=True)
    assert lab.ds.describe_trusts(DirectoryId=lab.ids[CLOUD])["Trusts"] == []
    assert lab.ds.describe_conditional_forwarders(DirectoryId=lab.ids[CLOUD])["ConditionalForwarders"] == []
    lab.ds.delete_trust(TrustId=incoming)
    assert len(lab.ds.describe_conditional_forwarders(DirectoryId=lab.ids[CORP])["ConditionalForwarders"]) == 1
    lab.ds.delete_conditional_forwarder(DirectoryId=lab.ids[CORP], RemoteDomainName=CLOUD)
    for call in (lab.ds.verify_trust, lab.ds.delete_trust):
        lab.refused("EntityDoesNotExistException", call, TrustId=outgoing)


def test_a_failed_trust_heals_by_itself(lab):
    outgoing = lab.make_trust(CLOUD, CORP, "One-Way: Outgoing")
    lab.wait_trust(outgoing, "VerifyFailed")
    incoming = lab.make_trust(CORP, CLOUD, "One-Way: Incoming")
    lab.wait_trust(outgoing, "Verified")  # nobody asks for it
    for id in (outgoing, incoming):
        lab.ds.delete_trust(TrustId=id, DeleteAssociatedConditionalForwarder=True)


def test_a_domain_controller_of_the_partners_is_down(lab):
    """The trust is Verified all the same, and its reason is a warning that names which one."""
    ids = [lab.make_trust(CLOUD, CORP, "Two-Way"), lab.make_trust(CORP, CLOUD, "Two-Way")]
    for id in ids:
        lab.wait_trust(id, "Verified")
    down = lab.directory(lab.ids[CORP])["DnsIpAddrs"][1]
    lab.service.host.nft_rule(f"ip daddr {down} tcp dport 88", "reject with tcp reset", hook="input")
    lab.ds.verify_trust(TrustId=ids[0])
    wait_for(lambda: "TrustStateReason" in lab.trust(ids[0]), "the warning")
    lab.service.host.nft_flush()
    warned = lab.trust(ids[0])
    assert warned["TrustState"] == "Verified" and down in warned["TrustStateReason"], warned
    assert warned["TrustStateReason"].startswith("Warning: VERIFY_PORT_CLOSED: "), warned
    lab.ds.verify_trust(TrustId=ids[0])
    assert "TrustStateReason" not in lab.wait_trust(ids[0], "Verified")
    for id in ids:
        lab.ds.delete_trust(TrustId=id, DeleteAssociatedConditionalForwarder=True)


def test_trust_passwords_that_differ(lab):
    outgoing = lab.make_trust(CLOUD, CORP, "One-Way: Outgoing")
    incoming = lab.ds.create_trust(DirectoryId=lab.ids[CORP], RemoteDomainName=CLOUD, TrustPassword="another secret",
                                   TrustDirection="One-Way: Incoming", ConditionalForwarderIpAddrs=lab.directory(
                                       lab.ids[CLOUD])["DnsIpAddrs"])["TrustId"]
    lab.ds.verify_trust(TrustId=outgoing)
    wait_for(lambda: "VERIFY_PASSWORD_DIFFERENT" in lab.trust(outgoing).get("TrustStateReason", ""), "the reason")
    for id in (outgoing, incoming):
        lab.ds.delete_trust(TrustId=id, DeleteAssociatedConditionalForwarder=True)


def test_trusts_are_shown_in_pages_and_by_id(lab):
    ids = [lab.make_trust(CLOUD, CORP, "Two-Way"), lab.make_trust(CORP, CLOUD, "Two-Way")]
    first = lab.ds.describe_trusts(Limit=1)
    second = lab.ds.describe_trusts(Limit=1, NextToken=first["NextToken"])
    assert [t["TrustId"] for t in first["Trusts"] + second["Trusts"]] == ids
    lab.refused("EntityDoesNotExistException", lab.ds.describe_trusts, TrustIds=[ids[0], "t-0123456789"])
    lab.service.stop()
    lab.service.serve()
    for id in ids:
        lab.wait_trust(id, "Verified")  # ids and states outlive the service
    for id in ids:
        lab.ds.delete_trust(TrustId=id, DeleteAssociatedConditionalForwarder=True)


def test_a_partner_that_comes_later(lab):
    """As Terraform's tests do it: nobody answers for the partner, so the trust is VerifyFailed, is read again, and can be
    deleted. And when the partner comes, it heals, though its NetBIOS name could only be guessed: the guess is another
    forest's name."""
    name = "corporate.example.org"  # CORPORATE is taken
    later = lab.ds.create_trust(DirectoryId=lab.ids[CORP], RemoteDomainName=name, TrustPassword="Shared by 2 sides",
                                TrustDirection="Two-Way", ConditionalForwarderIpAddrs=["127.0.1.99"])["TrustId"]
    for _ in range(2):
        failed = lab.wait_trust(later, "VerifyFailed")
        assert failed["TrustStateReason"].startswith("The specified domain either does not exist or could not be contacted")
    there = lab.create(name, ShortName="LATER")
    lab.wait_stage(there, "Active")
    addresses = lab.directory(there)["DnsIpAddrs"]
    lab.ds.update_conditional_forwarder(DirectoryId=lab.ids[CORP], RemoteDomainName=name, DnsIpAddrs=addresses)
    other = lab.ds.create_trust(DirectoryId=there, RemoteDomainName=CORP, TrustPassword="Shared by 2 sides",
                                TrustDirection="Two-Way", ConditionalForwarderIpAddrs=lab.directory(
                                    lab.ids[CORP])["DnsIpAddrs"])["TrustId"]
    lab.wait_trust(later, "Verified")
    lab.wait_trust(other, "Verified")
    assert lab.service.cli("trust", "show", name, "--directory", CORP)["short_name"] == "LATER"
    assert "guess" not in open(f"{lab.service.state}/control.json", encoding="utf-8").read()
    lab.ds.delete_trust(TrustId=later, DeleteAssociatedConditionalForwarder=True)
    lab.ds.delete_directory(DirectoryId=there)


# --- forwarders, routes, tags, accounts ------------------------------------------------------------------------


def test_conditional_forwarders(lab):
    here = {"DirectoryId": lab.ids[CLOUD]}
    lab.ds.create_conditional_forwarder(**here, RemoteDomainName="far.example.net.", DnsIpAddrs=["10.1.2.3"])
    lab.refused("EntityAlreadyExistsException", lab.ds.create_conditional_forwarder, **here,
                RemoteDomainName="far.example.net", DnsIpAddrs=["10.1.2.3"])
    lab.ds.update_conditional_forwarder(**here, RemoteDomainName="far.example.net", DnsIpAddrs=["10.1.2.4", "10.1.2.5"])
    (shown,) = lab.ds.describe_conditional_forwarders(**here)["ConditionalForwarders"]
    assert (shown["RemoteDomainName"], shown["DnsIpAddrs"]) == ("far.example.net", ["10.1.2.4", "10.1.2.5"])
    assert shown["ReplicationScope"] == "Domain"
    lab.ds.delete_conditional_forwarder(**here, RemoteDomainName="far.example.net")
    for call, more in ((lab.ds.update_conditional_forwarder, {"DnsIpAddrs": ["10.1.2.3"]}),
                       (lab.ds.delete_conditional_forwarder, {})):
        lab.refused("EntityDoesNotExistException", call, **here, RemoteDomainName="far.example.net", **more)
    lab.refused("EntityDoesNotExistException", lab.ds.describe_conditional_forwarders, **here,
                RemoteDomainNames=["far.example.net"])


def test_ip_routes_are_the_networks_that_are_served(lab):
    here = {"DirectoryId": lab.ids[CLOUD]}

    def networks():
        return lab.service.cli("directory", "show", CLOUD)["settings"]["network"]
    before = networks()
    lab.ds.add_ip_routes(**here, IpRoutes=[{"CidrIp": "10.20.0.0/16", "Description": "office"},
                                           {"CidrIp": "10.30.0.0/16"}])
    assert set(networks()) == set(before) | {"10.20.0.0/16", "10.30.0.0/16"}
    shown = {r["CidrIp"]: r for r in lab.ds.list_ip_routes(**here)["IpRoutesInfo"]}
    assert shown["10.20.0.0/16"]["Description"] == "office"
    assert {r["IpRouteStatusMsg"] for r in shown.values()} == {"Added"}
    lab.refused("EntityAlreadyExistsException", lab.ds.add_ip_routes, **here, IpRoutes=[{"CidrIp": "10.20.0.0/16"}])
    lab.ds.remove_ip_routes(**here, CidrIps=["10.20.0.0/16", "10.30.0.0/16"])
    assert networks() == before and lab.ds.list_ip_routes(**here)["IpRoutesInfo"] == []
    lab.refused("EntityDoesNotExistException", lab.ds.remove_ip_routes, **here, CidrIps=["10.20.0.0/16"])

    # Many at once: what was added is listed and served, and what was not was refused.
    def add(net):
        return lab.service.client("ds", lab.key).add_ip_routes(**here, IpRoutes=[{"CidrIp": net}])
    nets = [f"10.{n}.0.0/16" for n in range(40, 46)]
    outcomes = at_once(*[partial(add, net) for net in nets])
    assert set(map(error_of, outcomes)) <= {None, "DirectoryUnavailableException"}, outcomes
    added = [net for net, outcome in zip(nets, outcomes) if error_of(outcome) is None]
    assert added and set(networks()) == set(before) | set(added)
    assert {r["CidrIp"] for r in lab.ds.list_ip_routes(**here)["IpRoutesInfo"]} == set(added)
    lab.ds.remove_ip_routes(**here, CidrIps=added)
    assert networks() == before


def test_ip_routes_of_both_families_in_pages(lab):
    """Debian's botocore knows IPv4 alone: by requests of our own."""
    def ds(operation, **members):
        return lab.service.ds(lab.key, operation, DirectoryId=lab.ids[CLOUD], **members)
    wanted = [{"CidrIpv6": "fd01::/64"}, {"CidrIp": "10.50.0.0/16"}, {"CidrIpv6": "fd02::/64"}]
    ds("AddIpRoutes", IpRoutes=wanted)
    found, page = [], {}
    for _ in range(3):
        page = ds("ListIpRoutes", Limit=1, **({"NextToken": page["NextToken"]} if page else {}))
        found += page["IpRoutesInfo"]
    assert "NextToken" not in page
    assert [{k: r[k] for k in ("CidrIp", "CidrIpv6") if k in r} for r in found] == wanted
    ds("RemoveIpRoutes", CidrIps=["10.50.0.0/16"], CidrIpv6s=["fd01::/64", "fd02::/64"])


def test_tags(lab):
    id = lab.ids[CLOUD]
    lab.ds.add_tags_to_resource(ResourceId=id, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    lab.ds.add_tags_to_resource(ResourceId=id, Tags=[{"Key": "a", "Value": "2"}])
    lab.ds.remove_tags_from_resource(ResourceId=id, TagKeys=["b", "nothing"])
    assert lab.ds.list_tags_for_resource(ResourceId=id)["Tags"] == [{"Key": "a", "Value": "2"}]
    lab.refused("TagLimitExceededException", lab.ds.add_tags_to_resource, ResourceId=id,
                Tags=[{"Key": f"k{i}", "Value": ""} for i in range(50)])
    assert lab.ds.list_tags_for_resource(ResourceId=id)["Tags"] == [{"Key": "a", "Value": "2"}]


def test_reset_user_password_and_create_computer(lab):
    here = {"DirectoryId": lab.ids[CLOUD]}
    lab.service.cli("user", "create", "alice", "--password-file", lab.service.secret(lab.password), "--directory", CLOUD)
    lab.ds.reset_user_password(**here, UserName="alice", NewPassword=lab.world.password())
    lab.refused("UserDoesNotExistException", lab.ds.reset_user_password, **here, UserName="nobody",
                NewPassword=lab.password)
    lab.refused("InvalidPasswordException", lab.ds.reset_user_password, **here, UserName="alice", NewPassword="x")
    computer = lab.ds.create_computer(**here, ComputerName="web1", Password="One-time-1")["Computer"]
    assert computer["ComputerName"] == "web1" and computer["ComputerId"].startswith("S-1-5-21-")
    lab.refused("EntityAlreadyExistsException", lab.ds.create_computer, **here, ComputerName="web1",
                Password="One-time-1")
    there = lab.ds.create_computer(**here, ComputerName="web2", Password="One-time-1",
                                   OrganizationalUnitDistinguishedName="OU=Users,OU=CLOUD,DC=cloud,DC=example,DC=com")
    assert there["Computer"]["ComputerId"] == lab.service.cli("computer", "show", "web2", "--directory", CLOUD)["sid"]


# --- what a key's holder may -----------------------------------------------------------------------------------------

DENIED = [("Users/DisableUser", {"SAMAccountName": "Administrator"}),
          ("Users/DeleteUser", {"SAMAccountName": "krbtgt"}),
          ("Users/UpdateUser", {"SAMAccountName": "Administrator", "Surname": "Mine", "UpdateType": "REPLACE"}),
          ("Groups/UpdateGroup", {"SAMAccountName": "Domain Admins", "GroupScope": "Universal"}),
          ("Groups/DeleteGroup", {"SAMAccountName": "AWS Delegated Administrators"}),
          *[("GroupMemberships/AddGroupMember", {"GroupName": group, "MemberName": "Admin"})
            for group in ("Domain Admins", "Enterprise Admins", "Administrators", "Account Operators")]]


def test_a_key_has_the_rights_of_the_directorys_admin(lab):
    """Not those of the service: its Administrator and the domain's groups are no customer's."""
    id = lab.ids[CORP]
    for name in ("Administrator", "DC1$"):
        lab.refused("AccessDeniedException", lab.ds.reset_user_password, DirectoryId=id, UserName=name,
                    NewPassword=lab.world.password())
    lab.refused("AccessDeniedException", lab.ds.create_computer, DirectoryId=id, ComputerName="dc9", Password="One-time-1",
                OrganizationalUnitDistinguishedName="OU=Domain Controllers,DC=corp,DC=example,DC=com")
    lab.service.ds(lab.key, "EnableDirectoryDataAccess", DirectoryId=id)
    for operation, members in DENIED:
        with pytest.raises(Refusal) as refusal:
            lab.service.data(lab.key, id, operation, **members)
        assert (refusal.value.status, refusal.value.code) == (403, "AccessDeniedException"), (operation, refusal.value)
    # What is his he makes, fills and passes on.
    lab.ds.reset_user_password(DirectoryId=id, UserName="Admin", NewPassword=lab.password)
    lab.service.data(lab.key, id, "Users/CreateUser", SAMAccountName="erin", Surname="First")
    lab.ds.reset_user_password(DirectoryId=id, UserName="erin", NewPassword=lab.world.password())
    lab.service.data(lab.key, id, "Groups/CreateGroup", SAMAccountName="team")
    for group in ("team", "AWS Delegated Account Operators"):
        lab.service.data(lab.key, id, "GroupMemberships/AddGroupMember", GroupName=group, MemberName="erin")
    lab.service.data(lab.key, id, "Users/UpdateUser", SAMAccountName="erin", Surname="Second", UpdateType="REPLACE")
    lab.service.data(lab.key, id, "Users/DisableUser", SAMAccountName="erin")
    lab.service.data(lab.key, id, "Groups/DeleteGroup", SAMAccountName="team")
    lab.service.data(lab.key, id, "Users/DeleteUser", SAMAccountName="erin")


# --- regions ---------------------------------------------------------------------------------------------------------

WEST, CLOSEST = "us-west-2", 0x80


def ping_names(blob):
    """The names of a netlogon answer of form 23 ([MS-ADTS] 6.3.1.9): forest, domain, host, NetBIOS domain and name, user, the
    sites of server and client."""
    def name(at):
        if blob[at] >= 0xc0:
            return name(int.from_bytes(blob[at:at + 2], "big") & 0x3fff)[0], at + 2
        if blob[at] == 0:
            return "", at + 1
        label, (rest, end) = blob[at + 1:at + 1 + blob[at]].decode(), name(at + 1 + blob[at])
        return label + ("." + rest if rest else ""), end
    at, names = 24, []
    for _ in range(8):
        text, at = name(at)
        names.append(text)
    return names


def test_a_directory_extends_to_another_region(lab):
    """As Terraform's region does: added here, looked at and removed there, with the region that requests are signed for.
    It is a site: clients of its subnets are told so, and find its domain controllers first."""
    here, dns = {"DirectoryId": lab.ids[CORP]}, f"_msdcs.{CORP}"
    west = lab.service.client("ds", lab.key, region=WEST)

    def regions(**more):
        return lab.ds.describe_regions(**here, **more)["RegionsDescription"]

    def west_dcs():
        return west.describe_domain_controllers(**here)["DomainControllers"]

    def services(name):
        said = lab.service.host.run("dig", f"@{home[0]}", "+short", "+tcp", "SRV", name).stdout
        return sorted(line.split()[3].split(".")[0] for line in said.splitlines())

    def site_told(of, to):
        """What the domain controller at one address tells a client at another: its site, the client's, is it close."""
        said = lab.service.host.run(
            "ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", f"ldap://{of}", "-s", "base", "-b", "",
            f"(&(DnsDomain={CORP})(NtVer=\\06\\00\\00\\00))", "NetLogon", env={"LDAPSOCKET_BIND_ADDRESSES": to}).stdout
        blob = base64.b64decode(re.search("Netlogon:: (.*)", said, re.I).group(1))
        return *ping_names(blob)[6:], bool(blob[4] & CLOSEST)
    home = lab.directory(lab.ids[CORP])["DnsIpAddrs"]
    assert site_told(home[0], "127.0.3.99") == ("Default-First-Site-Name", "Default-First-Site-Name", True)
    (primary,) = regions()
    lab.refused("DirectoryAlreadyInRegionException", lab.ds.add_region, **here, RegionName=primary["RegionName"],
                VPCSettings=AFAR)
    for name, settings in (("US West 2", AFAR), (WEST, VPC), (WEST, {**AFAR, "SubnetIds": AFAR["SubnetIds"][:1] * 2}),
                           (WEST, {**AFAR, "SubnetIds": ["subnet-0000000c", "subnet-00000fff"]})):
        lab.refused("InvalidParameterException", lab.ds.add_region, **here, RegionName=name, VPCSettings=settings)
    assert regions() == [primary]

    lab.ds.add_region(**here, RegionName=WEST, VPCSettings=AFAR)
    assert regions(RegionName=WEST)[0]["Status"] in ("Creating", "Active")
    lab.refused("DirectoryAlreadyInRegionException", lab.ds.add_region, **here, RegionName=WEST, VPCSettings=AFAR)
    (added,) = wait_for(lambda: regions(RegionName=WEST)[0]["Status"] == "Active" and regions(RegionName=WEST), WEST)
    assert (added["RegionType"], added["VpcSettings"]["VpcId"]) == ("Additional", AFAR["VpcId"])
    assert added["VpcSettings"]["SubnetIds"] == AFAR["SubnetIds"] and added["DesiredNumberOfDomainControllers"] == 2
    assert regions()[0] == primary
    shown = lab.directory(lab.ids[CORP])
    assert shown["DnsIpAddrs"] == home and shown["RegionsInfo"]["AdditionalRegions"] == [WEST]
    there = west.describe_directories(DirectoryIds=[lab.ids[CORP]])["DirectoryDescriptions"][0]
    away = [dc["DnsIpAddr"] for dc in west_dcs()]
    assert there["DnsIpAddrs"] == away and [a.rsplit(".", 1)[0] for a in away] == ["127.0.3", "127.0.4"]
    assert there["VpcSettings"]["AvailabilityZones"] == ["west-2a", "west-2b"]

    # The site, as DNS and the domain controllers tell it.
    assert services(f"_ldap._tcp.{WEST}._sites.dc.{dns}") == services(f"_kerberos._tcp.{WEST}._sites.{CORP}") == ["dc3", "dc4"]
    assert services(f"_ldap._tcp.Default-First-Site-Name._sites.dc.{dns}") == ["dc1", "dc2"]
    assert services(f"_ldap._tcp.dc.{dns}") == ["dc1", "dc2", "dc3", "dc4"]
    assert site_told(away[0], "127.0.3.99") == (WEST, WEST, True)
    assert site_told(home[0], "127.0.4.99") == ("Default-First-Site-Name", WEST, False)
    assert site_told(away[1], "127.0.1.99") == (WEST, "Default-First-Site-Name", False)
    assert site_told(away[1], "127.0.9.99") == (WEST, "", False)  # of no subnet

    west.update_number_of_domain_controllers(**here, DesiredNumber=3)
    wait_for(lambda: [dc["Status"] for dc in west_dcs()] == ["Active"] * 3, "three there")
    assert west_dcs()[2]["SubnetId"] == AFAR["SubnetIds"][0]
    assert len(lab.ds.describe_domain_controllers(**here)["DomainControllers"]) == 2
    west.update_number_of_domain_controllers(**here, DesiredNumber=2)
    wait_for(lambda: len(west_dcs()) == 2, "two there")

    lab.service.stop()
    lab.service.serve()
    wait_for(lambda: lab.directory(lab.ids[CORP])["Stage"] == "Active", "the directory")
    assert site_told(away[0], "127.0.3.99") == (WEST, WEST, True)

    lab.refused("UnsupportedOperationException", lab.ds.remove_region, **here)
    lab.refused("DirectoryDoesNotExistException", lab.service.client("ds", lab.key, region="eu-west-9").remove_region, **here)
    west.remove_region(**here)
    wait_for(lambda: regions(RegionName=WEST) == [], "the end of the region")
    assert services(f"_ldap._tcp.{WEST}._sites.dc.{dns}") == [] and services(f"_ldap._tcp.dc.{dns}") == ["dc1", "dc2"]
    assert site_told(home[0], "127.0.3.99") == ("Default-First-Site-Name", "Default-First-Site-Name", True)  # one place again


def test_regions_on_the_command_line(lab):
    def region(*words):
        return lab.service.cli("region", *words, "--directory", CLOUD)
    subnets = ("--subnet", "subnet-0000000c", "--subnet", "subnet-0000000d")
    added = region("add", WEST, *subnets)
    assert (added["state"], added["site"], len(added["dcs"])) == ("Active", WEST, 2)
    assert [(r["name"], r["type"]) for r in region("list")] == [("eu-central-1", "Primary"), (WEST, "Additional")]
    for reason, words in (("CONTROL_EXISTS", ("add", WEST, *subnets)),
                          ("CONTROL_REGION_SUBNET", ("add", "us-west-9", *subnets)),
                          ("CONTROL_REGION_PRIMARY", ("remove", "eu-central-1")),
                          ("CONTROL_NO_OBJECT", ("remove", "us-west-9"))):
        assert lab.service.refused("region", *words, "--directory", CLOUD) == reason
    region("remove", WEST)
    assert [r["type"] for r in region("list")] == ["Primary"]
    for i in range(3):
        region("add", f"us-west-{i}", "--subnet", f"subnet-0000000{'ceg'[i]}", "--subnet", f"subnet-0000000{'dfh'[i]}")
    assert lab.service.refused("region", "add", "us-west-3", *subnets, "--directory", CLOUD) == "CONTROL_REGION_LIMIT"
    lab.refused("RegionLimitExceededException", lab.ds.add_region, DirectoryId=lab.ids[CLOUD], RegionName="us-west-3",
                VPCSettings=AFAR)
    for i in range(3):
        region("remove", f"us-west-{i}")


def test_a_subnet_of_the_administrator_outlives_the_region(lab):
    base = "CN=Subnets,CN=Sites,CN=Configuration," + ",".join(f"DC={label}" for label in CLOUD.split("."))
    theirs = f"CN=127.0.3.0/24,{base}"
    bound = ("-x", "-H", f"ldaps://{lab.directory(lab.ids[CLOUD])['DnsIpAddrs'][0]}", "-D", f"Admin@{CLOUD}", "-w",
             lab.password)

    def ldap(tool, *words, **kw):
        return lab.service.host.run(tool, *bound, *words, env={"LDAPTLS_REQCERT": "never"}, **kw).stdout

    def subnets():
        said = ldap("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", base, "(objectClass=subnet)", "1.1")
        return sorted(re.findall("CN=([0-9./]+),", said))
    ldap("ldapadd", input=f"dn: {theirs}\nobjectClass: subnet\n")
    lab.service.cli("region", "add", WEST, "--subnet", "subnet-0000000c", "--subnet", "subnet-0000000d", "--directory", CLOUD)
    assert subnets() == ["127.0.1.0/24", "127.0.2.0/24", "127.0.3.0/24", "127.0.4.0/24"]
    lab.service.cli("region", "remove", WEST, "--directory", CLOUD)
    assert subnets() == ["127.0.3.0/24"]
    ldap("ldapdelete", theirs)


def test_regions_and_snapshots(lab):
    """Which regions there are is as little of a snapshot as which domain controllers: it goes on as it was."""
    def cli(*words):
        return lab.service.cli(*words, "--directory", CLOUD)

    home = lab.directory(lab.ids[CLOUD])["DnsIpAddrs"][0]

    def there():
        regions = {r["name"]: r["state"] for r in cli("region", "list")}
        said = lab.service.host.run("dig", f"@{home}", "+short", "+tcp", "SRV", f"_ldap._tcp.{WEST}._sites.{CLOUD}", check=False)
        return regions.get(WEST), len(said.stdout.splitlines()) if said.returncode == 0 else None  # it begins again
    subnets = ("--subnet", "subnet-0000000c", "--subnet", "subnet-0000000d")
    before = cli("snapshot", "create")["id"]
    cli("region", "add", WEST, *subnets)
    assert there() == ("Active", 2)
    beside = cli("snapshot", "create")["id"]
    cli("snapshot", "restore", before)  # does not know the site
    wait_for(lambda: there() == ("Active", 2), "the region again")
    cli("region", "remove", WEST)
    cli("snapshot", "restore", beside)  # knows it still
    wait_for(lambda: there() == (None, 0), "no region")
    cli("region", "add", WEST, *subnets)
    cli("region", "remove", WEST)
    for id in (before, beside):
        cli("snapshot", "delete", id)


# --- other accounts --------------------------------------------------------------------------------------------------

CONSUMER, STRANGER = "123456789012", "210987654321"


def test_accounts_are_strangers_to_each_other(lab):
    """Whatever is somebody else's is not there: not shown, not counted, not touched, by no id."""
    key = lab.service.new_key("--account", STRANGER)
    other, here = lab.service.client("ds", key), {"DirectoryId": lab.ids[CORP]}
    assert lab.service.aws(key, "sts", "get-caller-identity")["Account"] == STRANGER
    snapshot = lab.ds.create_snapshot(**here)["SnapshotId"]
    trust = lab.make_trust(CORP, CLOUD, "One-Way: Incoming")
    assert other.describe_directories()["DirectoryDescriptions"] == []
    assert other.describe_trusts()["Trusts"] == [] and other.describe_snapshots()["Snapshots"] == []
    limits = other.get_directory_limits()["DirectoryLimits"]
    assert (limits["CloudOnlyMicrosoftADCurrentCount"], limits["CloudOnlyMicrosoftADLimitReached"]) == (0, False)
    missing, named = "EntityDoesNotExistException", {"DirectoryIds": [lab.ids[CORP]]}
    for call, members in (
            (other.describe_directories, named), (other.delete_directory, here), (other.describe_domain_controllers, here),
            (other.update_number_of_domain_controllers, {**here, "DesiredNumber": 3}),
            (other.create_alias, {**here, "Alias": "theirs"}), (other.describe_shared_directories, {
                "OwnerDirectoryId": lab.ids[CORP]}),
            (other.share_directory, {**here, "ShareMethod": "HANDSHAKE",
                                     "ShareTarget": {"Id": CONSUMER, "Type": "ACCOUNT"}}),
            (other.unshare_directory, {**here, "UnshareTarget": {"Id": CONSUMER, "Type": "ACCOUNT"}}),
            (other.describe_conditional_forwarders, here),
            (other.create_conditional_forwarder, {**here, "RemoteDomainName": "x.example.net", "DnsIpAddrs": ["10.1.2.3"]}),
            (other.update_conditional_forwarder, {**here, "RemoteDomainName": CLOUD, "DnsIpAddrs": ["10.1.2.3"]}),
            (other.delete_conditional_forwarder, {**here, "RemoteDomainName": CLOUD}),
            (other.create_trust, {**here, "RemoteDomainName": "x.example.net", "TrustPassword": "Shared by 2 sides",
                                  "TrustDirection": "Two-Way"}),
            (other.describe_trusts, {"TrustIds": [trust]}), (other.verify_trust, {"TrustId": trust}),
            (other.update_trust, {"TrustId": trust, "SelectiveAuth": "Enabled"}),
            (other.delete_trust, {"TrustId": trust}), (other.create_snapshot, here),
            (other.describe_snapshots, here), (other.describe_snapshots, {"SnapshotIds": [snapshot]}),
            (other.restore_from_snapshot, {"SnapshotId": snapshot}), (other.delete_snapshot, {"SnapshotId": snapshot}),
            (other.get_snapshot_limits, here), (other.list_ip_routes, here),
            (other.add_ip_routes, {**here, "IpRoutes": [{"CidrIp": "10.20.0.0/16"}]}),
            (other.list_tags_for_resource, {"ResourceId": lab.ids[CORP]}),
            (other.add_tags_to_resource, {"ResourceId": lab.ids[CORP], "Tags": [{"Key": "a", "Value": "b"}]}),
            (other.remove_tags_from_resource, {"ResourceId": lab.ids[CORP], "TagKeys": ["a"]}),
            (other.reset_user_password, {**here, "UserName": "Admin", "NewPassword": lab.password}),
            (other.create_computer, {**here, "ComputerName": "web9", "Password": "One-time-1"})):
        lab.refused(missing, call, **members)
    lab.refused("DirectoryDoesNotExistException", other.describe_regions, **here)
    for operation, members in (("Users/ListUsers", {}), ("Users/CreateUser", {"SAMAccountName": "mallory"}),
                               ("Groups/DescribeGroup", {"SAMAccountName": "Domain Users"})):
        with pytest.raises(Refusal) as refusal:
            lab.service.data(key, lab.ids[CORP], operation, **members)
        assert refusal.value.code == "ResourceNotFoundException", refusal.value
    lab.ds.delete_trust(TrustId=trust, DeleteAssociatedConditionalForwarder=True)
    lab.ds.delete_snapshot(SnapshotId=snapshot)


def test_a_directory_is_shared_with_another_account(lab):
    """As Terraform's shared directory and its accepter do, and with the CLI; the other account sees it, joins machines,
    and no more."""
    key, stranger = lab.service.new_key("--account", CONSUMER), lab.service.new_key("--account", STRANGER)
    other, here = lab.service.client("ds", key), {"DirectoryId": lab.ids[CORP]}
    to = {"Id": CONSUMER, "Type": "ACCOUNT"}
    id = lab.ds.share_directory(**here, ShareTarget=to, ShareMethod="HANDSHAKE", ShareNotes="join us")["SharedDirectoryId"]
    lab.refused("DirectoryAlreadySharedException", lab.ds.share_directory, **here, ShareTarget=to, ShareMethod="HANDSHAKE")
    for target in ("000000000000", "111111111111", "somebody"):  # its owner, without a key, no account
        lab.refused("InvalidTargetException", lab.ds.share_directory, **here, ShareMethod="HANDSHAKE",
                    ShareTarget={"Id": target, "Type": "ACCOUNT"})

    def shared(client, **more):
        return client.describe_shared_directories(OwnerDirectoryId=lab.ids[CORP], **more)["SharedDirectories"]
    (invited,) = shared(lab.ds)
    assert invited == shared(other)[0] and invited["ShareStatus"] == "PendingAcceptance"
    assert (invited["OwnerAccountId"], invited["SharedAccountId"]) == ("000000000000", CONSUMER)
    assert (invited["SharedDirectoryId"], invited["ShareNotes"], invited["ShareMethod"]) == (id, "join us", "HANDSHAKE")
    (seen,) = other.describe_directories()["DirectoryDescriptions"]
    assert (seen["DirectoryId"], seen["Type"], seen["ShareStatus"]) == (id, "SharedMicrosoftAD", "PendingAcceptance")
    assert "DnsIpAddrs" not in seen and "VpcSettings" not in seen["OwnerDirectoryDescription"]
    join = {"DirectoryId": id, "ComputerName": "shared1", "Password": "One-time-1"}
    assert "PendingAcceptance" in lab.refused("DirectoryUnavailableException", other.create_computer, **join)
    for client in (lab.ds, lab.service.client("ds", stranger)):  # is not asked
        lab.refused("EntityDoesNotExistException", client.accept_shared_directory, SharedDirectoryId=id)
    other.reject_shared_directory(SharedDirectoryId=id)
    assert shared(lab.ds)[0]["ShareStatus"] == "Rejected"
    lab.refused("DirectoryAlreadySharedException", other.accept_shared_directory, SharedDirectoryId=id)

    again = lab.ds.share_directory(**here, ShareTarget=to, ShareMethod="HANDSHAKE")["SharedDirectoryId"]
    lab.refused("EntityDoesNotExistException", shared, client=lab.ds, SharedDirectoryIds=[id])
    id = join["DirectoryId"] = again
    accepted = other.accept_shared_directory(SharedDirectoryId=id)["SharedDirectory"]
    assert accepted["ShareStatus"] == "Shared" == shared(lab.ds, SharedDirectoryIds=[id])[0]["ShareStatus"]
    lab.service.stop()
    lab.service.serve()
    wait_for(lambda: lab.directory(lab.ids[CORP])["Stage"] == "Active", "the directory")
    (seen,) = lab.service.aws(key, "ds", "describe-directories", "--directory-ids", id)["DirectoryDescriptions"]
    owned = lab.directory(lab.ids[CORP])
    assert (seen["Name"], seen["DnsIpAddrs"], seen["ShareStatus"]) == (CORP, owned["DnsIpAddrs"], "Shared")
    assert seen["OwnerDirectoryDescription"]["AccountId"] == "000000000000"
    assert seen["OwnerDirectoryDescription"]["VpcSettings"] == owned["VpcSettings"]

    computer = wait_for(lambda: other.create_computer(**join)["Computer"], "the computer")
    assert computer["ComputerId"] == lab.service.cli("computer", "show", "shared1", "--directory", CORP)["sid"]
    mark = lab.service.mark()
    for call, more in ((other.reset_user_password, {"UserName": "Admin", "NewPassword": lab.password}),
                       (other.create_snapshot, {}), (other.describe_trusts, {}), (other.describe_domain_controllers, {}),
                       (other.share_directory, {"ShareTarget": {"Id": STRANGER, "Type": "ACCOUNT"},
                                                "ShareMethod": "HANDSHAKE"})):
        message = lab.refused("UnsupportedOperationException", call, DirectoryId=id, **more)
        assert lab.ids[CORP] in message and "000000000000" in message
    lab.service.reason_seen("API_SHARED", mark)
    with pytest.raises(Refusal) as refusal:
        lab.service.data(key, id, "Users/ListUsers")
    assert refusal.value.code == "ValidationException"
    lab.refused("EntityDoesNotExistException", other.create_computer, **{**join, "DirectoryId": lab.ids[CORP]})
    assert "unshare" in lab.refused("ClientException", lab.ds.delete_directory, **here)

    lab.ds.unshare_directory(**here, UnshareTarget=to)
    assert shared(lab.ds) == [] and other.describe_directories()["DirectoryDescriptions"] == []
    lab.refused("DirectoryNotSharedException", lab.ds.unshare_directory, **here, UnshareTarget=to)
    lab.refused("EntityDoesNotExistException", other.create_computer, **join)
    # Without being asked; and who has it may leave it.
    id = lab.ds.share_directory(**here, ShareTarget=to, ShareMethod="ORGANIZATIONS")["SharedDirectoryId"]
    assert other.describe_directories()["DirectoryDescriptions"][0]["ShareStatus"] == "Shared"
    other.delete_directory(DirectoryId=id)
    assert shared(lab.ds) == [] and lab.directory(lab.ids[CORP])["Stage"] == "Active"


def test_shares_on_the_command_line(lab):
    def share(*words):
        return lab.service.cli("share", *words)
    lab.service.new_key("--account", CONSUMER)
    one = share("create", CONSUMER, "--notes", "hello", "--directory", CLOUD)
    assert share("list", "--directory", CLOUD) == [one] and one["status"] == "PendingAcceptance"
    assert lab.service.refused("share", "create", CONSUMER, "--directory", CLOUD) == "CONTROL_SHARED"
    assert lab.service.refused("share", "create", "111111111111", "--directory", CLOUD) == "CONTROL_SHARE_TARGET"
    assert share("accept", one["id"])["status"] == "Shared"
    assert lab.service.refused("share", "reject", one["id"]) == "CONTROL_SHARED"
    share("delete", one["id"])
    assert lab.service.refused("share", "delete", one["id"]) == "CONTROL_NO_OBJECT"
    # 25 accounts, as a directory of AWS's Standard edition.
    id = lab.create("small.example.com", Edition="Standard")
    lab.wait_stage(id, "Active")
    for i in range(26):
        lab.service.new_key("--account", f"3{i:011}")
    for i in range(25):
        share("create", f"3{i:011}", "--method", "organizations", "--directory", "small.example.com")
    assert lab.service.refused("share", "create", f"3{25:011}", "--directory", "small.example.com") == "CONTROL_SHARE_LIMIT"
    lab.refused("ShareLimitExceededException", lab.ds.share_directory, DirectoryId=id, ShareMethod="HANDSHAKE",
                ShareTarget={"Id": f"3{25:011}", "Type": "ACCOUNT"})
    for one in share("list", "--directory", "small.example.com"):
        share("delete", one["id"])
    lab.ds.delete_directory(DirectoryId=id)
