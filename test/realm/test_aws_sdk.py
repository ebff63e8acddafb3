"""AWS's SDK for JavaScript over HTTPS: the newest operations of ds, which Debian's botocore does not know, by a client
that does."""

import json
import re
from pathlib import Path

import pytest

from aws_api import AwsForest
from entente import ROOT
from netns import Network, wait_for
from world import World

PACKAGES = ROOT / "build" / "sdk"
NAME = "cloud.example.com"
DIRECTORY, ASSESSMENT = "d-0123456789", "da-012345678901234567"
# What neither awscli nor python3-boto3 of Debian 12 knows, with what the shapes want.
NEWER = {
    "CreateHybridAD": {"AssessmentId": ASSESSMENT,
                       "SecretArn": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:hybrid-a1b2c3"},
    "UpdateHybridAD": {"DirectoryId": DIRECTORY},
    "DescribeHybridADUpdate": {"DirectoryId": DIRECTORY},
    "StartADAssessment": {},
    "ListADAssessments": {},
    "DescribeADAssessment": {"AssessmentId": ASSESSMENT},
    "DeleteADAssessment": {"AssessmentId": ASSESSMENT},
    "EnableCAEnrollmentPolicy": {
        "DirectoryId": DIRECTORY, "PcaConnectorArn":
        "arn:aws:pca-connector-ad:eu-central-1:000000000000:connector/01234567-0123-0123-0123-0123456789ab"},
    "DisableCAEnrollmentPolicy": {"DirectoryId": DIRECTORY},
    "DescribeCAEnrollmentPolicy": {"DirectoryId": DIRECTORY},
    "EnableDirectoryDataAccess": {"DirectoryId": DIRECTORY},
    "DisableDirectoryDataAccess": {"DirectoryId": DIRECTORY},
    "DescribeDirectoryDataAccess": {"DirectoryId": DIRECTORY},
}


def documented():
    """The operations of ds in docs/API.md: name -> why it is refused, or None."""
    text = Path(ROOT / "docs/API.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ds \| (\w+) \| (?:done|refused: (.*)) \|$", text, re.M)
    return {name: why or None for name, why in rows}


class Lab:
    def __init__(self):
        self.world = World("sdk")
        self.net = Network("sdk")
        try:
            self.service = AwsForest(self.net, self.world.cloud)
            self.endpoint = f"https://{self.world.cloud.addresses[0]}:8443"
            self.service.serve(api=self.endpoint)
            self.key = self.service.new_key()
            self.ca = f"{self.service.dir}/ca.pem"
            self.service.cli("ca", "show", "--output", self.ca)
            self.password = self.world.password()
        except BaseException:
            self.net.close()
            raise

    def node(self, *calls, trust=True):
        assert PACKAGES.is_dir(), f"{PACKAGES} is missing: tools/install_packages sdk"
        env = {"AWS_SHARED_CREDENTIALS_FILE": self.key[2], "HOME": self.service.dir, "NODE_NO_WARNINGS": "1",
               **({"NODE_EXTRA_CA_CERTS": self.ca} if trust else {})}
        r = self.service.host.run("node", str(ROOT / "test/realm/aws_sdk.js"), str(PACKAGES), env=env,
                                  input=json.dumps({"endpoint": self.endpoint, "calls": calls}))
        return json.loads(r.stdout)

    def send(self, *calls):
        """Of each (operation, input) the answer; an error ends the test."""
        outcomes = self.node(*({"operation": o, "input": i} for o, i in calls))["outcomes"]
        assert all("answer" in o for o in outcomes), outcomes
        return [o["answer"] for o in outcomes]


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def test_it_knows_every_operation_that_we_document(lab):
    assert sorted(lab.node()["operations"]) == sorted(documented())


def test_it_refuses_a_service_whose_authority_it_does_not_know(lab):
    (outcome,) = lab.node({"operation": "DescribeDirectories", "input": {}}, trust=False)["outcomes"]
    assert "self-signed certificate" in outcome["message"] or "unable to verify" in outcome["message"], outcome


def test_what_is_refused_has_an_error_that_it_knows(lab):
    """And the sentence of docs/API.md."""
    refused = {name: why for name, why in documented().items() if name in NEWER and why}
    assert refused
    outcomes = lab.node(*({"operation": name, "input": NEWER[name]} for name in refused))["outcomes"]
    for (name, why), outcome in zip(refused.items(), outcomes):
        assert (outcome["error"], outcome["known"], outcome["status"]) == ("UnsupportedOperationException", True, 400), name
        assert why in outcome["message"], outcome
    there = [name for name in NEWER if name not in refused and "DirectoryId" in NEWER[name]]
    outcomes = lab.node(*({"operation": name, "input": NEWER[name]} for name in there))["outcomes"]
    assert [(o["error"], o["known"]) for o in outcomes] == [("DirectoryDoesNotExistException", True)] * len(there)


def test_the_life_of_a_directory(lab):
    settings = {"VpcId": "vpc-01234567", "SubnetIds": ["subnet-0000000a", "subnet-0000000b"]}
    (made,) = lab.send(("CreateMicrosoftAD", {"Name": NAME, "Password": lab.password, "VpcSettings": settings}))
    here = {"DirectoryId": made["DirectoryId"]}

    def described():
        (answer,) = lab.send(("DescribeDirectories", {"DirectoryIds": [made["DirectoryId"]]}))
        return answer["DirectoryDescriptions"][0]
    wait_for(lambda: described()["Stage"] == "Active", "Active")
    enabled, there, _, gone = lab.send(
        ("EnableDirectoryDataAccess", here), ("DescribeDirectoryDataAccess", here),
        ("DisableDirectoryDataAccess", here), ("DescribeDirectoryDataAccess", here))
    assert set(enabled) == {"$metadata"} and enabled["$metadata"]["requestId"]
    assert (there["DataAccessStatus"], gone["DataAccessStatus"]) == ("Enabled", "Disabled")
    # Members that Debian's botocore does not know.
    lab.send(("AddIpRoutes", {**here, "IpRoutes": [{"CidrIpv6": "fd01::/64"}, {"CidrIp": "10.50.0.0/16"}]}),
             ("CreateConditionalForwarder", {**here, "RemoteDomainName": "far.example.net", "DnsIpv6Addrs": ["fd01::1"]}))
    (forwarders,) = lab.send(("DescribeConditionalForwarders", here))
    assert forwarders["ConditionalForwarders"][0]["DnsIpv6Addrs"] == ["fd01::1"]
    routes, controllers = lab.node({"pages": "ListIpRoutes", "input": here},
                                   {"pages": "DescribeDomainControllers", "input": here})["outcomes"]
    assert [len(p["IpRoutesInfo"]) for p in routes["pages"]] == [1, 1]
    assert [len(p["DomainControllers"]) for p in controllers["pages"]] == [1, 1]
    lab.send(("DeleteDirectory", here))
