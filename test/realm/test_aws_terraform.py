"""What the Terraform AWS provider asks for aws_directory_service_directory, _conditional_forwarder and _trust, call by
call, and what it holds for an error: a state that it does not expect, more or fewer than one, a plan that would change
what was just applied."""

import pytest
from botocore.exceptions import ClientError

from aws_api import AwsForest
from netns import Network, wait_for
from world import World

CLOUD, OFFICE = "cloud.example.com", "office.example.com"
SUBNETS = ["subnet-0000000a", "subnet-0000000b"]
TAGS = [{"Key": "Name", "Value": "made by a plan"}]


class NotFound(Exception):
    pass


class Provider:
    """The provider's finders and waiters."""

    def __init__(self, ds):
        self.ds = ds

    def pages(self, call, member, **kw):
        found = []
        while True:
            try:
                page = call(**kw)
            except ClientError as error:
                if error.response["Error"]["Code"] == "EntityDoesNotExistException":
                    raise NotFound from None
                raise
            found += page[member]
            if "NextToken" not in page:
                return found
            kw["NextToken"] = page["NextToken"]

    def one(self, *args, **kw):
        found = self.pages(*args, **kw)
        if not found:
            raise NotFound
        (only,) = found  # several are an error
        return only

    def wait(self, refresh, state, pending, target):
        """target (): until it is not found."""
        def reached():
            try:
                now = refresh()
            except NotFound:
                return target == ()
            assert now[state] in pending or now[state] in target, now
            return now[state] in target and now
        return wait_for(reached, f"{target or 'the end'}")

    def directory(self, id):
        return self.one(self.ds.describe_directories, "DirectoryDescriptions", DirectoryIds=[id])

    def controllers(self, id, **kw):
        return self.pages(self.ds.describe_domain_controllers, "DomainControllers", DirectoryId=id, **kw)

    def trust(self, id, trust):
        return self.one(self.ds.describe_trusts, "Trusts", DirectoryId=id, TrustIds=[trust])

    def forwarder(self, id, domain):
        return self.one(self.ds.describe_conditional_forwarders, "ConditionalForwarders", DirectoryId=id,
                        RemoteDomainNames=[domain])


class Directory:
    """aws_directory_service_directory"""

    def __init__(self, provider, name, password, **more):
        self.p, self.ds = provider, provider.ds
        self.id = self.ds.create_microsoft_ad(Name=name, Password=password, Tags=TAGS, Edition="Standard",
                                              VpcSettings={"VpcId": "vpc-01234567", "SubnetIds": SUBNETS},
                                              **more)["DirectoryId"]

    def wait_created(self):
        self.p.wait(lambda: self.p.directory(self.id), "Stage", ("Requested", "Creating", "Created"), ("Active",))

    def read(self):
        """The state that a plan is held against."""
        d = self.p.directory(self.id)
        tags = self.p.pages(self.ds.list_tags_for_resource, "Tags", ResourceId=self.id)
        assert d["VpcSettings"]["SecurityGroupId"] and d["AccessUrl"]
        return {**{k: d.get(k) for k in ("Alias", "Description", "DesiredNumberOfDomainControllers", "Edition", "SsoEnabled",
                                         "Name", "ShortName", "Size", "Type")},
                "DnsIpAddrs": set(d["DnsIpAddrs"]), "SubnetIds": set(d["VpcSettings"]["SubnetIds"]),
                "VpcId": d["VpcSettings"]["VpcId"], "Zones": set(d["VpcSettings"]["AvailabilityZones"]), "Tags": tags}

    def update_controllers(self, number):
        """New ones have to be listed when the call has returned, else they are not waited for."""
        before = {c["DomainControllerId"]: c["Status"] for c in self.p.controllers(self.id)}
        self.ds.update_number_of_domain_controllers(DirectoryId=self.id, DesiredNumber=number)
        after = self.p.controllers(self.id)
        grows = len(after) > len(before)
        waited = [c["DomainControllerId"] for c in after
                  if c["DomainControllerId"] not in before or c["Status"] != "Active"]

        def refresh(id):
            (found,) = self.p.controllers(self.id, DomainControllerIds=[id])
            return found
        for id in waited:
            if grows:
                self.p.wait(lambda id=id: refresh(id), "Status", ("Creating",), ("Active",))
            else:
                self.p.wait(lambda id=id: refresh(id), "Status", ("Deleting",), ())
        return waited

    def delete(self):
        self.ds.delete_directory(DirectoryId=self.id)
        self.p.wait(lambda: self.p.directory(self.id), "Stage", ("Active", "Deleting"), ())


class Trust:
    """aws_directory_service_trust"""

    def __init__(self, provider, directory, remote, direction, addresses=None, password="Shared-by-2-sides"):
        self.p, self.ds, self.directory, self.remote = provider, provider.ds, directory, remote
        more = {"ConditionalForwarderIpAddrs": addresses} if addresses else {}
        self.id = self.ds.create_trust(DirectoryId=directory, RemoteDomainName=remote, TrustDirection=direction,
                                       TrustPassword=password, TrustType="Forest", **more)["TrustId"]
        if direction == "One-Way: Incoming":
            self.made = self.wait(("Creating",), ("Created",))
        else:
            self.made = self.wait(("Creating", "Created", "Verifying"), ("Verified", "VerifyFailed"))

    def wait(self, pending, target):
        return self.p.wait(lambda: self.p.trust(self.directory, self.id), "TrustState", pending, target)

    def read(self):
        trust = self.p.trust(self.directory, self.id)
        assert trust["RemoteDomainName"] == self.remote  # with its dot, else the plan replaces the trust
        assert all(trust[k] for k in ("CreatedDateTime", "LastUpdatedDateTime", "StateLastUpdatedDateTime"))
        if trust["TrustState"] != "Created":  # where AWS proves nothing, and we tell what the proof says
            assert ("TrustStateReason" in trust) == (trust["TrustState"] == "VerifyFailed"), trust
        trust["Forwarder"] = set(self.p.forwarder(self.directory, self.remote.rstrip("."))["DnsIpAddrs"])
        return trust

    def update(self, selective):
        self.ds.update_trust(TrustId=self.id, SelectiveAuth=selective)
        trust = self.wait(("Updating", "Updated", "Verifying"), ("Verified", "VerifyFailed"))
        assert trust["SelectiveAuth"] == selective

    def update_forwarder(self, addresses):
        self.ds.update_conditional_forwarder(DirectoryId=self.directory, RemoteDomainName=self.remote, DnsIpAddrs=addresses)
        assert self.p.forwarder(self.directory, self.remote.rstrip("."))["DnsIpAddrs"] == addresses

    def delete(self, forwarder):
        self.ds.delete_trust(TrustId=self.id, DeleteAssociatedConditionalForwarder=forwarder)
        self.wait(("Created", "Deleting", "Deleted"), ())


class Lab:
    def __init__(self):
        self.world = World("tf")
        self.net = Network("tf")
        try:
            self.service = AwsForest(self.net, self.world.cloud)
            self.service.serve()
            self.ds = self.service.client("ds", self.service.new_key())
            self.p = Provider(self.ds)
            self.password = self.world.password()
            self.cloud = Directory(self.p, CLOUD, self.password, Description="the cloud")
            self.office = Directory(self.p, OFFICE, self.password, ShortName="OFFICE")
            for d in (self.cloud, self.office):
                d.wait_created()
            self.at = {d.id: self.p.directory(d.id)["DnsIpAddrs"] for d in (self.cloud, self.office)}
        except BaseException:
            self.net.close()
            raise


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def test_directory(lab):
    """Created, read, refreshed without a change, given a third domain controller and less, deleted."""
    first = lab.cloud.read()
    assert first == {"Alias": lab.cloud.id, "Description": "the cloud", "DesiredNumberOfDomainControllers": 2,
                     "Edition": "Standard", "SsoEnabled": False, "Name": CLOUD, "ShortName": "CLOUD", "Size": "Small",
                     "Type": "MicrosoftAD", "DnsIpAddrs": set(lab.at[lab.cloud.id]), "SubnetIds": set(SUBNETS),
                     "VpcId": "vpc-01234567", "Zones": {"local-1a", "local-1b"}, "Tags": TAGS}
    assert lab.cloud.read() == first
    third = Directory(lab.p, "third.example.com", lab.password)
    third.wait_created()
    lab.ds.create_alias(DirectoryId=third.id, Alias="third-alias")
    assert third.update_controllers(2) == []
    assert len(third.update_controllers(3)) == 1
    assert third.read()["DesiredNumberOfDomainControllers"] == 3 and third.read()["Alias"] == "third-alias"
    third.update_controllers(2)
    assert third.read()["DesiredNumberOfDomainControllers"] == 2
    third.delete()
    with pytest.raises(NotFound):
        third.read()


def test_conditional_forwarder(lab):
    here = {"DirectoryId": lab.cloud.id, "RemoteDomainName": "far.example.net"}
    lab.ds.create_conditional_forwarder(**here, DnsIpAddrs=["8.8.8.8", "10.1.2.3"])
    shown = lab.p.forwarder(lab.cloud.id, "far.example.net")
    assert (shown["RemoteDomainName"], shown["DnsIpAddrs"]) == ("far.example.net", ["8.8.8.8", "10.1.2.3"])  # a list: in order
    lab.ds.update_conditional_forwarder(**here, DnsIpAddrs=["10.1.2.3"])
    assert lab.p.forwarder(lab.cloud.id, "far.example.net")["DnsIpAddrs"] == ["10.1.2.3"]
    lab.ds.delete_conditional_forwarder(**here)
    with pytest.raises(NotFound):
        lab.p.forwarder(lab.cloud.id, "far.example.net")


@pytest.mark.parametrize("dot", ["", "."])
def test_both_halves_of_a_two_way_trust(lab, dot):
    first = Trust(lab.p, lab.cloud.id, OFFICE + dot, "Two-Way", lab.at[lab.office.id])
    assert first.made["TrustState"] == "VerifyFailed"  # as the provider expects of a first half
    second = Trust(lab.p, lab.office.id, CLOUD + dot, "Two-Way", lab.at[lab.cloud.id])
    for half, partner in ((first, lab.office), (second, lab.cloud)):
        half.wait(("VerifyFailed", "Verifying"), ("Verified",))
        read = half.read()
        assert read == half.read()  # a refresh
        assert (read["SelectiveAuth"], read["TrustType"], read["TrustDirection"]) == ("Disabled", "Forest", "Two-Way")
        assert read["Forwarder"] == set(lab.at[partner.id])
    first.update("Enabled")
    first.update_forwarder(lab.at[lab.office.id][:1])
    assert first.read()["Forwarder"] == set(lab.at[lab.office.id][:1])
    first.delete(forwarder=False)
    assert lab.p.forwarder(lab.cloud.id, OFFICE)["DnsIpAddrs"] == lab.at[lab.office.id][:1]
    lab.ds.delete_conditional_forwarder(DirectoryId=lab.cloud.id, RemoteDomainName=OFFICE + dot)
    second.delete(forwarder=True)
    for half in (first, second):
        with pytest.raises(NotFound):
            half.read()
        with pytest.raises(NotFound):
            lab.p.forwarder(half.directory, half.remote.rstrip("."))


def test_one_way_trusts_with_forwarders_of_their_own_resources(lab):
    """The trusts have no forwarders, aws_directory_service_conditional_forwarder has them."""
    for d, name, partner in ((lab.cloud, OFFICE, lab.office), (lab.office, CLOUD, lab.cloud)):
        lab.ds.create_conditional_forwarder(DirectoryId=d.id, RemoteDomainName=name, DnsIpAddrs=lab.at[partner.id])
    incoming = Trust(lab.p, lab.office.id, CLOUD, "One-Way: Incoming")
    assert incoming.made["TrustState"] == "Created"
    outgoing = Trust(lab.p, lab.cloud.id, OFFICE, "One-Way: Outgoing")
    assert outgoing.made["TrustState"] == "Verified" and "TrustStateReason" not in outgoing.made
    assert outgoing.read()["Forwarder"] == set(lab.at[lab.office.id])
    assert incoming.read()["Forwarder"] == set(lab.at[lab.cloud.id])
    for half in (outgoing, incoming):
        half.delete(forwarder=False)
    for d, name in ((lab.cloud, OFFICE), (lab.office, CLOUD)):
        lab.ds.delete_conditional_forwarder(DirectoryId=d.id, RemoteDomainName=name)


def test_a_trust_without_forwarders_is_refreshed(lab):
    """Nobody told where the partner's DNS servers are: the trust is VerifyFailed and says so, and a refresh, which asks for
    exactly one forwarder of the partner's name, finds one without addresses."""
    trust = Trust(lab.p, lab.cloud.id, "nowhere.example.net.", "Two-Way")
    assert trust.made["TrustState"] == "VerifyFailed" and "could not be contacted" in trust.made["TrustStateReason"]
    assert trust.read()["Forwarder"] == set()
    shown = lab.ds.describe_conditional_forwarders(DirectoryId=lab.cloud.id)["ConditionalForwarders"]
    assert shown == []  # there is none
    trust.delete(forwarder=True)
    with pytest.raises(NotFound):
        lab.p.forwarder(lab.cloud.id, "nowhere.example.net")
