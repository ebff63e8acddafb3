"""AWS Directory Service Data: users, groups and memberships over REST. Debian's clients do not know it: requests are signed
by botocore's code and by curl's."""

import json
import secrets
from pathlib import Path

import pytest

from aws_api import ENDPOINT, REGION, AwsForest, Refusal, at_once, error_of
from entente import Client
from netns import Network, wait_for
from world import World


class Lab:
    def __init__(self):
        self.world = World("awsdata")
        self.net = Network("awsdata")
        try:
            self.cloud = AwsForest(self.net, self.world.cloud)
            self.cloud.serve()
            self.cloud.create()
            self.key = self.cloud.new_key()
            self.ds = self.cloud.client("ds", self.key)
            self.id = self.cloud.cli("directory", "show", self.world.cloud.dns)["id"]
            self.disabled = self.refused("AccessDeniedException", "Users/ListUsers")
            self.ds.get_directory_limits()
            self.set_access("EnableDirectoryDataAccess")
        except BaseException:
            self.net.close()
            raise

    def data(self, operation, **members):
        return self.cloud.data(self.key, self.id, operation, **members)

    def set_access(self, operation):
        return self.cloud.ds(self.key, operation, DirectoryId=self.id)

    def refused(self, code, operation, **members):
        with pytest.raises(Refusal) as refusal:
            self.data(operation, **members)
        assert refusal.value.code == code, refusal.value
        return refusal.value

    def name(self):
        return "u" + secrets.token_hex(4)

    def user(self, **more):
        name = self.name()
        self.data("Users/CreateUser", SAMAccountName=name, **more)
        return name


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def everything(lab, operation, member, **more):
    found, token = [], {}
    while True:
        page = lab.data(operation, **more, **token)
        found += page[member]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def test_access_has_to_be_enabled(lab):
    assert lab.disabled.status == 403 and "enable-directory-data-access" in lab.disabled.message
    lab.cloud.reason_seen("API_DATA_DISABLED")
    assert lab.set_access("DescribeDirectoryDataAccess") == {"DataAccessStatus": "Enabled"}
    with pytest.raises(Refusal, match="DirectoryInDesiredStateException"):
        lab.set_access("EnableDirectoryDataAccess")


def test_the_life_of_a_user(lab):
    f = lab.world.cloud
    name = lab.name()
    made = lab.data("Users/CreateUser", SAMAccountName=name, GivenName="Zoë", Surname="Müller",
                    EmailAddress="zoe@example.com", OtherAttributes={"department": {"S": "Sales"},
                                                                     "description": {"SS": ["one"]}})
    assert made["SID"].startswith("S-1-5-21-")
    lab.refused("ConflictException", "Users/CreateUser", SAMAccountName=name)
    shown = lab.data("Users/DescribeUser", SAMAccountName=name, OtherAttributes=["department", "description", "title"])
    assert (shown["GivenName"], shown["Surname"], shown["EmailAddress"]) == ("Zoë", "Müller", "zoe@example.com")
    assert shown["OtherAttributes"] == {"department": {"S": "Sales"}, "description": {"S": "one"}}
    assert shown["UserPrincipalName"] == f"{name}@{f.dns}" and shown["Realm"] == f.dns
    assert shown["Enabled"] is False and shown["DistinguishedName"].startswith(f"CN={name},")

    # A password enables; stock Kerberos tells.
    password = lab.world.password()
    lab.ds.reset_user_password(DirectoryId=lab.id, UserName=name, NewPassword=password)
    assert lab.data("Users/DescribeUser", SAMAccountName=name)["Enabled"] is True
    client = Client(lab.net, lab.world.client_address, f.addresses, f.realm, name=f"client{name}")
    client.kinit(f"{name}@{f.realm}", password)
    lab.data("Users/DisableUser", SAMAccountName=name)
    assert client.kinit(f"{name}@{f.realm}", password, ok=False).returncode != 0

    lab.data("Users/UpdateUser", SAMAccountName=name, Surname="Maier", UpdateType="REPLACE")
    lab.data("Users/UpdateUser", SAMAccountName=name, OtherAttributes={"department": {"S": "Sales"}}, UpdateType="REMOVE")
    lab.data("Users/UpdateUser", SAMAccountName=name, OtherAttributes={"title": {"S": "Chief"}}, UpdateType="ADD")
    shown = lab.data("Users/DescribeUser", SAMAccountName=name, OtherAttributes=["department", "title"])
    assert shown["Surname"] == "Maier" and shown["OtherAttributes"] == {"title": {"S": "Chief"}}

    lab.data("Users/DeleteUser", SAMAccountName=name)
    assert lab.refused("ResourceNotFoundException", "Users/DescribeUser", SAMAccountName=name).status == 404


def test_pages_and_searches(lab):
    made = {lab.user(GivenName="Findable*", OtherAttributes={"department": {"S": "Tower(1)"}}) for _ in range(5)}
    all_users = [u["SAMAccountName"] for u in everything(lab, "Users/ListUsers", "Users", MaxResults=2)]
    assert made <= set(all_users) and len(all_users) == len(set(all_users)) and "Administrator" in all_users
    for text, attributes in (("able*", ["givenName"]), ("(1)", ["title", "department"]), ("FINDABLE", ["givenName"])):
        found = everything(lab, "Users/SearchUsers", "Users", SearchString=text, SearchAttributes=attributes, MaxResults=2)
        assert {u["SAMAccountName"] for u in found} == made, text
    assert everything(lab, "Users/SearchUsers", "Users", SearchString="*", SearchAttributes=["department"]) == []
    for name in made:
        lab.data("Users/DeleteUser", SAMAccountName=name)
    lab.refused("ValidationException", "Users/ListUsers", NextToken="x")
    lab.refused("ValidationException", "Users/SearchUsers", SearchString="x", SearchAttributes=["unicodePwd"])


def test_groups_and_members(lab):
    group, other, user = "g" + lab.name(), "h" + lab.name(), lab.user()
    lab.data("Groups/CreateGroup", SAMAccountName=group, GroupScope="DomainLocal", GroupType="Security")
    lab.data("Groups/CreateGroup", SAMAccountName=other)
    shown = lab.data("Groups/DescribeGroup", SAMAccountName=group, OtherAttributes=["description"])
    assert (shown["GroupScope"], shown["GroupType"], shown["OtherAttributes"]) == ("DomainLocal", "Security", {})
    assert (lab.data("Groups/DescribeGroup", SAMAccountName=other)["GroupScope"]) == "Global"
    lab.data("GroupMemberships/AddGroupMember", GroupName=group, MemberName=user)
    lab.data("GroupMemberships/AddGroupMember", GroupName=group, MemberName=other)
    members = everything(lab, "GroupMemberships/ListGroupMembers", "Members", SAMAccountName=group, MaxResults=1)
    assert {(m["SAMAccountName"], m["MemberType"]) for m in members} == {(user, "USER"), (other, "GROUP")}
    assert [g["SAMAccountName"] for g in everything(lab, "GroupMemberships/ListGroupsForMember", "Groups",
                                                    SAMAccountName=user)] == [group]
    lab.refused("ConflictException", "GroupMemberships/AddGroupMember", GroupName=group, MemberName=user)
    lab.data("GroupMemberships/RemoveGroupMember", GroupName=group, MemberName=user)
    lab.refused("ResourceNotFoundException", "GroupMemberships/RemoveGroupMember", GroupName=group, MemberName="nobody")
    lab.data("Groups/UpdateGroup", SAMAccountName=other, GroupScope="Universal",
             OtherAttributes={"description": {"S": "the whole tower"}})
    found = everything(lab, "Groups/SearchGroups", "Groups", SearchString="whole tow", SearchAttributes=["description"])
    assert [(g["SAMAccountName"], g["GroupScope"]) for g in found] == [(other, "Universal")]
    assert {group, other} <= {g["SAMAccountName"] for g in everything(lab, "Groups/ListGroups", "Groups")}
    lab.refused("ResourceNotFoundException", "Users/DescribeUser", SAMAccountName=group[:20])
    for name in (group, other):
        lab.data("Groups/DeleteGroup", SAMAccountName=name)
    lab.refused("ResourceNotFoundException", "Groups/DeleteGroup", SAMAccountName=group)


def test_a_token_is_performed_once(lab):
    name, token = lab.name(), secrets.token_hex(8)
    first = lab.data("Users/CreateUser", SAMAccountName=name, ClientToken=token)
    assert lab.data("Users/CreateUser", SAMAccountName=name, ClientToken=token) == first
    lab.refused("ConflictException", "Users/CreateUser", SAMAccountName=lab.name(), ClientToken=token)
    lab.refused("ConflictException", "Users/CreateUser", SAMAccountName=name, ClientToken=secrets.token_hex(8))


def test_one_token_many_times_at_once(lab):
    """A client that does not wait for the answer: one is performed, the others get its answer or are told to wait."""
    name, token = lab.name(), secrets.token_hex(8)
    outcomes = at_once(*[lambda: lab.data("Users/CreateUser", SAMAccountName=name, ClientToken=token)] * 6)
    sids = {o["SID"] for o in outcomes if error_of(o) is None}
    assert len(sids) == 1, outcomes
    assert all("is being performed" in o.message for o in outcomes if error_of(o)), outcomes
    assert lab.data("Users/CreateUser", SAMAccountName=name, ClientToken=token)["SID"] in sids


def test_tokens_outlive_the_service(lab):
    """Also a file whose last line a crash cut off: that token is not known, and all others are."""
    name, token = lab.name(), secrets.token_hex(8)
    first = lab.data("Users/CreateUser", SAMAccountName=name, ClientToken=token)
    group = lab.data("Groups/CreateGroup", SAMAccountName="g" + name, ClientToken=token)
    lost = secrets.token_hex(8)
    lab.data("Users/DisableUser", SAMAccountName=name, ClientToken=lost)
    path = Path(lab.cloud.state) / "tokens.jsonl"
    text = path.read_bytes()
    assert text.endswith(b"\n") and name.encode() in text and token.encode() not in text
    lab.cloud.stop()
    path.write_bytes(path.read_bytes()[:-20])
    lab.cloud.serve()
    lab.cloud.wait_ready()
    assert lab.data("Users/CreateUser", SAMAccountName=name, ClientToken=token) == first
    assert lab.data("Groups/CreateGroup", SAMAccountName="g" + name, ClientToken=token) == group
    lab.refused("ConflictException", "Users/CreateUser", SAMAccountName=lab.name(), ClientToken=token)
    assert path.read_bytes().endswith(b"\n") and path.stat().st_mode & 0o777 == 0o600
    lab.data("Users/DisableUser", SAMAccountName=name, ClientToken=lost)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({line["who"] for line in lines}) == len(lines) >= 3


def test_what_is_refused(lab):
    lab.refused("ValidationException", "Users/CreateUser", SAMAccountName="a b")
    lab.refused("ValidationException", "Users/CreateUser", SAMAccountName="a" * 21)
    lab.refused("ValidationException", "Users/ListUsers", Realm="other.example.net")
    lab.refused("ValidationException", "Users/CreateUser", SAMAccountName=lab.name(),
                OtherAttributes={"unicodePwd": {"S": "x"}})
    lab.refused("ValidationException", "Users/CreateUser", SAMAccountName=lab.name(),
                OtherAttributes={"department": {"N": 7}})
    lab.refused("UnknownOperationException", "Users/Fly")
    with pytest.raises(Refusal, match="ResourceNotFoundException"):
        lab.cloud.data(lab.key, "d-0123456789", "Users/ListUsers")


def test_curl_signs_too(lab):
    config = (f'url = "{ENDPOINT}/Users/ListUsers?DirectoryId={lab.id}"\naws-sigv4 = "aws:amz:{REGION}:ds-data"\n'
              f'user = "{lab.key[0]}:{lab.key[1]}"\nheader = "Content-Type: application/json"\n'
              'data = "{\\"MaxResults\\":1}"\nsilent\n')
    text = lab.cloud.host.run("curl", "-K", "-", input=config).stdout
    assert len(json.loads(text)["Users"]) == 1, text


def test_members_of_a_trusted_forest(lab):
    """MemberRealm names the forest, and the forest is asked who that is."""
    cloud, corp, secret = lab.world.cloud, lab.world.corp, lab.cloud.secret(lab.world.password())
    group, user = lab.name(), lab.name()
    member = {"GroupName": group, "MemberName": user, "MemberRealm": corp.dns}
    lab.data("Groups/CreateGroup", SAMAccountName=group, GroupScope="DomainLocal")
    lab.refused("ResourceNotFoundException", "GroupMemberships/AddGroupMember", **member)
    lab.cloud.host.run("ip", "addr", "add", f"{corp.addresses[0]}/24", "dev", "eth0")
    lab.cloud.cli("directory", "create", corp.dns, "--short-name", corp.netbios, "--address", corp.addresses[0],
                  "--admin-password-file", lab.cloud.secret(corp.admin_password))
    sid = lab.cloud.cli("user", "create", user, "--password-file", secret, "--directory", corp.dns)["sid"]
    for here, there, direction in ((corp, cloud, "incoming"), (cloud, corp, "outgoing")):
        lab.cloud.cli("trust", "create", there.dns, "--short-name", there.netbios, "--direction", direction, "--password-file",
                      secret, "--forwarder", there.addresses[0], "--directory", here.dns)
    lab.data("GroupMemberships/AddGroupMember", **member)
    found = everything(lab, "GroupMemberships/ListGroupMembers", "Members", SAMAccountName=group)
    assert [m["SID"] for m in found] == [sid], found
    lab.refused("ResourceNotFoundException", "GroupMemberships/AddGroupMember", **{**member, "MemberName": "nobody"})
    lab.data("GroupMemberships/RemoveGroupMember", **member)
    assert everything(lab, "GroupMemberships/ListGroupMembers", "Members", SAMAccountName=group) == []
    lab.refused("ValidationException", "GroupMemberships/ListGroupMembers", SAMAccountName=group, MemberRealm=corp.dns)
