"""The AWS API with AWS's own clients: who may call, what is refused and how, and what is shown of directories that
were made by other means."""

import datetime
import json
import socket
from contextlib import ExitStack
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError

from aws_api import REGION, AwsForest, inside, post
from entente import BUILD
from netns import Network, wait_for
from world import World

TARGET = "DirectoryService_20150416."


class Lab:
    def __init__(self):
        self.world = World("aws", dcs=2)
        self.net = Network("aws")
        try:
            self.cloud = AwsForest(self.net, self.world.cloud)
            self.cloud.serve()
            self.cloud.create()
            self.key = self.cloud.new_key()
            self.ds = self.cloud.client("ds", self.key)
            self.id = self.cloud.cli("directory", "show", self.world.cloud.dns)["id"]
        except BaseException:
            self.net.close()
            raise

    def refused(self, code, call, **kw):
        """The message of an error, which has to come with this code."""
        with pytest.raises(ClientError) as error:
            call(**kw)
        assert error.value.response["Error"]["Code"] == code, error.value
        return error.value.response["Error"]["Message"]

    def post(self, path="/", body=b"{}", headers=None, sign=True, service="ds", key=None, at=None, tamper=None,
             method="POST"):
        """One request by hand: status, headers, text."""
        headers = {"Host": "127.0.0.1:8053", "Content-Type": "application/x-amz-json-1.1", **(headers or {})}
        request = botocore.awsrequest.AWSRequest(method, f"http://127.0.0.1:8053{path}", headers, body)
        if sign:
            key = key or self.key
            signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key[0], key[1]), service, REGION)
            if at:
                real = botocore.auth.datetime.datetime

                class Then(real):
                    @classmethod
                    def utcnow(cls):
                        return at
                botocore.auth.datetime.datetime = Then
                try:
                    signer.add_auth(request)
                finally:
                    botocore.auth.datetime.datetime = real
            else:
                signer.add_auth(request)
        sent = dict(request.headers.items())
        if tamper:
            path, body = tamper(path, body, sent)
        with inside(self.cloud.host):
            return post(path, body, sent, method)

    def error(self, *args, **kw):
        """The reason's row that one request was refused with, and AWS's name of the error."""
        mark = self.cloud.mark()
        status, _, text = self.post(*args, **kw)
        assert status >= 400, text
        event = wait_for(lambda: [e for e in self.cloud.events(mark) if e["event"] == "api.refused"], "an event", 5)[0]
        assert json.loads(text)["__type"] == event["error"]
        return event["reason"], event["error"]


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def describe(**more):
    return {"headers": {"X-Amz-Target": TARGET + "DescribeDirectories", **more}}


# --- what stock clients see ------------------------------------------------------------------------------------


def test_cli_describes(lab):
    f = lab.world.cloud
    (found,) = lab.cloud.aws(lab.key, "ds", "describe-directories")["DirectoryDescriptions"]
    assert (found["Name"], found["ShortName"], found["Stage"]) == (f.dns, f.netbios, "Active")
    assert found["DnsIpAddrs"] == f.addresses and found["DirectoryId"] == lab.id
    assert found["Type"] == "MicrosoftAD" and found["Alias"] == lab.id and found["AccessUrl"]
    assert found["Size"] == "Small" and len(found["VpcSettings"]["AvailabilityZones"]) == 2
    controllers = lab.cloud.aws(lab.key, "ds", "describe-domain-controllers", "--directory-id", lab.id)
    assert [c["DnsIpAddr"] for c in controllers["DomainControllers"]] == f.addresses
    assert {c["Status"] for c in controllers["DomainControllers"]} == {"Active"}


def test_cli_asks_who_it_is(lab):
    who = lab.cloud.aws(lab.key, "sts", "get-caller-identity")
    assert who["Account"] == "000000000000" and who["UserId"] == lab.key[0]


def test_boto3_pages_through_controllers(lab):
    first = lab.ds.describe_domain_controllers(DirectoryId=lab.id, Limit=1)
    second = lab.ds.describe_domain_controllers(DirectoryId=lab.id, Limit=1, NextToken=first["NextToken"])
    shown = [c["DomainControllerId"] for page in (first, second) for c in page["DomainControllers"]]
    assert len(set(shown)) == 2 and "NextToken" not in second
    one = lab.ds.describe_domain_controllers(DirectoryId=lab.id, DomainControllerIds=shown[1:])
    assert [c["DomainControllerId"] for c in one["DomainControllers"]] == shown[1:]
    lab.refused("InvalidNextTokenException", lab.ds.describe_domain_controllers, DirectoryId=lab.id, NextToken="x")
    lab.refused("EntityDoesNotExistException", lab.ds.describe_domain_controllers, DirectoryId=lab.id,
                DomainControllerIds=["dc-0123456789"])


def test_alias_is_given_once(lab):
    lab.ds.create_alias(DirectoryId=lab.id, Alias="my-alias")
    (found,) = lab.ds.describe_directories(DirectoryIds=[lab.id])["DirectoryDescriptions"]
    assert found["Alias"] == "my-alias" and found["AccessUrl"] == "my-alias.awsapps.com"
    lab.refused("InvalidParameterException", lab.ds.create_alias, DirectoryId=lab.id, Alias="other")


def test_limits(lab):
    limits = lab.ds.get_directory_limits()["DirectoryLimits"]
    assert limits["CloudOnlyMicrosoftADCurrentCount"] >= 1 and not limits["CloudOnlyMicrosoftADLimitReached"]


def test_an_account_sees_its_own(lab):
    other = lab.cloud.client("ds", lab.cloud.new_key("--account", "123456789012"))
    assert other.describe_directories()["DirectoryDescriptions"] == []
    lab.refused("EntityDoesNotExistException", other.create_alias, DirectoryId=lab.id, Alias="mine")


# --- what is refused -------------------------------------------------------------------------------------------


def test_shapes_are_checked_by_the_server(lab):
    message = lab.refused("ValidationException", lab.ds.describe_directories, DirectoryIds=["d-0123456789", "d-xyz"])
    assert "'directoryIds.2.member'" in message and "^d-[0-9a-f]{10}$" in message
    reason, error = lab.error(body=b'{"DirectoryIds":"d-0123456789"}', **describe())
    assert (reason, error) == ("API_SHAPE", "SerializationException")
    assert lab.error(body=b"{", **describe()) == ("API_SHAPE", "SerializationException")
    # A message is cut, and stays text where it is.
    for letters in (505, 506, 507, 508, 2000, 200000):
        unknown = json.dumps({"é" * letters: 1}, ensure_ascii=False).encode()
        assert lab.error(body=unknown, **describe()) == ("API_SHAPE", "ValidationException")
    assert lab.error(body=b"[" * 100000, **describe()) == ("API_SHAPE", "SerializationException")
    lab.refused("EntityDoesNotExistException", lab.ds.describe_directories, DirectoryIds=["d-0123456789"])


def test_what_has_no_meaning_says_why(lab):
    mark = lab.cloud.mark()
    message = lab.refused("UnsupportedOperationException", lab.ds.create_directory, Name="simple.example.com",
                          Password="Simple-AD-1", Size="Small")
    assert "CreateMicrosoftAD" in message
    lab.cloud.reason_seen("API_UNSUPPORTED", mark)


def test_unknown_operations(lab):
    for target in (TARGET + "Fly", "DescribeDirectories", ""):
        assert lab.error(headers={"X-Amz-Target": target}) == ("API_UNKNOWN_OPERATION", "UnknownOperationException")
    assert lab.error(method="GET", **describe()) == ("API_UNKNOWN_OPERATION", "UnknownOperationException")


def test_signatures(lab):
    def change_body(path, body, headers):
        return path, b'{"Limit":1}'

    def change_target(path, body, headers):
        headers["X-Amz-Target"] = TARGET + "GetDirectoryLimits"
        return path, body

    def change_path(path, body, headers):
        return "/?x=1", body

    def drop_signature(path, body, headers):
        headers["Authorization"] = headers["Authorization"].split(", Signature")[0]
        return path, body

    for tamper in (change_body, change_target, change_path):
        assert lab.error(tamper=tamper, **describe()) == ("API_SIGNATURE_WRONG", "InvalidSignatureException")
    assert lab.error(tamper=drop_signature, **describe()) == ("API_SIGNATURE_FORM", "IncompleteSignatureException")
    assert lab.error(sign=False, **describe()) == ("API_UNSIGNED", "MissingAuthenticationTokenException")
    assert lab.error(key=(lab.key[0], "x" * 40), **describe()) == ("API_SIGNATURE_WRONG", "InvalidSignatureException")
    assert lab.error(key=("AKIAAAAAAAAAAAAAAAAA", lab.key[1]), **describe()) == (
        "API_KEY_UNKNOWN", "UnrecognizedClientException")
    assert lab.error(service="ec2", **describe()) == ("API_SIGNATURE_WRONG", "InvalidSignatureException")


def test_clocks(lab):
    now = datetime.datetime.utcnow()
    for minutes in (-4, 4):
        assert lab.post(at=now + datetime.timedelta(minutes=minutes), **describe())[0] == 200
    for minutes in (-6, 6):
        assert lab.error(at=now + datetime.timedelta(minutes=minutes), **describe()) == (
            "API_CLOCK", "InvalidSignatureException")


def test_huge_bodies(lab):
    assert lab.error(body=b" " * (1 << 21), **describe()) == ("WIRE_TOO_LARGE", "RequestEntityTooLargeException")


def test_bodies_of_nobody_hold_little(lab):
    """They are gathered before their signature is looked at: of 100 MB some are refused, and small requests go on."""
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1:8053\r\nContent-Length: 1000001\r\n\r\n"
    closed = 0
    with ExitStack() as held, inside(lab.cloud.host):
        for _ in range(100):
            s = held.enter_context(socket.create_connection(("127.0.0.1", 8053), timeout=20))
            try:
                s.sendall(head + b"x" * 1000000)
                s.settimeout(0.05)
                closed += s.recv(1) == b""
            except socket.timeout:
                pass  # it waits for the last byte
            except ConnectionError:
                closed += 1
        assert 20 <= closed <= 60, closed
        status, _, _ = post("/", b"{}", {"Host": "127.0.0.1:8053"})
    assert status == 400
    assert lab.ds.get_directory_limits()["DirectoryLimits"]


def test_any_region_is_this_service(lab):
    there = lab.cloud.client("ds", lab.key, region="us-west-2")
    assert [d["DirectoryId"] for d in there.describe_directories()["DirectoryDescriptions"]] == [lab.id]


# --- keys ------------------------------------------------------------------------------------------------------


def test_a_key_file_is_for_its_owner_alone(lab):
    """Also where a file lay that everybody could read."""
    path = Path(lab.cloud.dir) / "open-to-all"
    path.write_text("before", encoding="ascii")
    path.chmod(0o644)
    lab.cloud.cli("key", "create", "--output", str(path))
    assert path.stat().st_mode & 0o777 == 0o600 and "before" not in path.read_text(encoding="ascii")


def test_a_key_lives_until_it_is_revoked(lab):
    key = lab.cloud.new_key()
    assert lab.post(key=key, **describe())[0] == 200
    assert key[0] in [k["access_key_id"] for k in lab.cloud.cli("key", "list")]
    lab.cloud.stop()
    lab.cloud.serve()
    assert lab.post(key=key, **describe())[0] == 200
    lab.cloud.cli("key", "revoke", key[0])
    assert lab.error(key=key, **describe()) == ("API_KEY_UNKNOWN", "UnrecognizedClientException")
    assert lab.cloud.refused("key", "revoke", key[0]) == "API_KEY_UNKNOWN"


def test_secrets_are_nowhere(lab):
    secret = lab.key[1]
    kept = open(f"{lab.cloud.state}/keys.json", encoding="utf-8").read()
    log = open(lab.cloud.log, encoding="utf-8").read()
    assert lab.key[0] in kept and secret not in kept and secret not in log and secret not in lab.cloud.serve_log()


def test_its_port_belongs_to_one_service(lab):
    second = lab.cloud.host.run("sh", "-c", f"mkdir -p {lab.cloud.dir}/second && {BUILD}/entente serve --state-dir "
                                f"{lab.cloud.dir}/second --run-dir {lab.cloud.dir}/second --user nobody --api 127.0.0.1:8053",
                                check=False)
    assert second.returncode != 0 and "Address already in use" in second.stdout
