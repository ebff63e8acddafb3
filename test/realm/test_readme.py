"""README's commands by hand, as they stand there: what comes after the build, in one shell, block after block."""

import re
from pathlib import Path

import pytest

from entente import BUILD, ROOT
from netns import Network, wait_for

SECTION, BUILT = "## Five minutes by hand", "export PATH="
MARK = "### block {} ###"
# A person waits until the service answers, and looks again until a trust is proved.
PATIENCE = {
    0: "until entente directory list >/dev/null 2>&1; do sleep 0.1; done",
    6: """until ds describe-trusts --query "Trusts[?RemoteDomainName=='office.example.com'].TrustState" | grep '^Verified'
       do sleep 0.1; done""",
}


def blocks():
    """The indented blocks of the section, without what builds the programs: ./check did that."""
    text = Path(ROOT / "README.md").read_text(encoding="utf-8").split(SECTION)[1].split("\n## ")[0]
    found = [re.sub(r"(?m)^    ", "", b) for b in re.findall(r"(?m)(?:^    .*\n)+", text)]
    assert found[0].count(BUILT) == 1
    found[0] = found[0][found[0].index(BUILT):]
    return found


class Lab:
    def __init__(self):
        self.net = Network("readme")
        try:
            self.host = self.net.host("reader", ["10.99.0.5"], binds=["/tmp/entente"])
            for path in (self.net.dir, self.host.dir):
                Path(path).chmod(0o755)  # the service leaves root
            self.tree = Path(self.host.dir) / "tree"
            self.tree.mkdir()
            (self.tree / "build").symlink_to(BUILD.parent)
            self.said = self.run(blocks())
        except BaseException:
            self.net.close()
            raise

    def run(self, found):
        """What each block printed."""
        script = [f"cd {self.tree}"]
        for i, block in enumerate(found):
            script += [f"echo '{MARK.format(i)}'", block, PATIENCE.get(i, "")]
        path = self.host.write("typed.sh", "\n".join(script) + "\nwait\n")
        shell = self.host.start("bash", path, log="typed.log", env={
            "HOME": self.host.dir, "AWS_EC2_METADATA_DISABLED": "true"})
        wait_for(lambda: shell.poll() is not None, "the shell")
        text = Path(self.host.dir, "typed.log").read_text(encoding="utf-8")
        assert shell.returncode == 0, text
        self.host.procs.remove(shell)
        said = re.split(MARK.format(r"\d+"), text)[1:]
        assert len(said) == len(found), text
        return said


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def test_two_forests_and_a_trust(lab):
    _, forests, people, trust, group, logon, _, _ = lab.said
    assert "aws.example.com" in forests and "corp.example.com" in forests
    assert "web" in people
    assert "outgoing" in trust and "incoming" in trust
    assert "web-users" in group
    assert "keytab entry valid" in logon and "krbtgt/CORP.EXAMPLE.COM@CORP.EXAMPLE.COM" in logon
    assert "Ticket server: HTTP/web.aws.example.com@AWS.EXAMPLE.COM" in logon, logon


def test_a_trust_with_the_aws_cli(lab):
    aws = lab.said[6]
    assert re.search(r"office\.example\.com\tOne-Way: Outgoing\t", aws), aws
    assert re.search(r"cloud\.example\.com\tOne-Way: Incoming\tCreated", aws), aws
    assert "Verified" in aws.splitlines(), aws


def test_its_end(lab):
    """The log's last lines; the service ended, or its shell would still wait."""
    assert lab.said[7].count('"event"') == 3, lab.said[7]
