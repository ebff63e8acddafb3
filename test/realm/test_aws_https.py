"""The AWS API with TLS: who trusts the service's authority is served, nobody else; the operator's own certificate, and
both kinds renewed while the service runs."""

import os
import signal
import socket
import ssl
import stat

import botocore.exceptions
import pytest

from aws_api import AwsForest, inside
from entente import BUILD
from netns import Network, wait_for
from world import World

PORT = 8443
SUBJECT = "/CN=operator.example.com"


class Lab:
    def __init__(self):
        self.world = World("https")
        self.net = Network("https")
        try:
            self.service = AwsForest(self.net, self.world.cloud)
            self.host, self.address = self.service.host, self.world.cloud.addresses[0]
            self.endpoint = f"https://{self.address}:{PORT}"
            self.service.serve(api=f"{self.address}:{PORT}")
            self.key = self.service.new_key()
            self.ca = f"{self.service.dir}/ca.pem"
            self.service.cli("ca", "show", "--output", self.ca)
            self.stranger = self.authority("stranger")
        except BaseException:
            self.net.close()
            raise

    def path(self, name):
        return f"{self.service.dir}/{name}"

    def authority(self, name):
        """An authority that the service knows nothing of: the path of its certificate; its key is beside it."""
        self.host.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                      f"/CN={name}", "-days", "30", "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.pem"))
        return self.path(f"{name}.pem")

    def given(self, signer, name, days=20):
        """A certificate for our address that this authority signs: (certificate, key)."""
        self.host.run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", SUBJECT, "-keyout",
                      self.path(f"{name}.key"), "-out", self.path(f"{name}.csr"))
        with open(self.path("names"), "w", encoding="utf-8") as f:
            f.write(f"subjectAltName=IP:{self.address}\n")
        self.host.run("openssl", "x509", "-req", "-in", self.path(f"{name}.csr"), "-CA", self.path(f"{signer}.pem"), "-CAkey",
                      self.path(f"{signer}.key"), "-CAcreateserial", "-days", str(days), "-extfile", self.path("names"), "-out",
                      self.path(f"{name}.pem"))
        return self.path(f"{name}.pem"), self.path(f"{name}.key")

    def curl(self, *words, check=True):
        return self.host.run("curl", "-sS", "--max-time", "20", "--aws-sigv4", "aws:amz:eu-central-1:ds", "--user",
                             ":".join(self.key[:2]), "-H", "X-Amz-Target: DirectoryService_20150416.DescribeDirectories",
                             "-H", "Content-Type: application/x-amz-json-1.1", "-d", "{}", *words, check=check)

    def connect(self, ca, version=None):
        context = ssl.create_default_context(cafile=ca)
        if version:
            context.minimum_version = context.maximum_version = version
        with inside(self.host):
            raw = socket.create_connection((self.address, PORT), timeout=20)
        return context.wrap_socket(raw, server_hostname=self.address)

    def serial(self, ca):
        with self.connect(ca) as s:
            return s.getpeercert()["serialNumber"]

    def config(self, *words):
        """`entente config check`: its exit status and what it says."""
        r = self.host.run(str(BUILD / "entente"), "config", "check", *words, check=False)
        return r.returncode, r.stdout

    def reload(self):
        """What the service says of its certificate after SIGHUP."""
        mark = self.service.mark()
        os.kill(self.service.proc.pid, signal.SIGHUP)
        return wait_for(lambda: [e for e in self.service.events(mark) if e["event"] == "serve.api_certificate"],
                        "the certificate", 20)[0]


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


# --- who is served ---------------------------------------------------------------------------------------------


def test_clients_that_trust_the_authority(lab):
    assert lab.service.aws(lab.key, "--ca-bundle", lab.ca, "ds", "describe-directories",
                           endpoint=lab.endpoint)["DirectoryDescriptions"] == []
    ds = lab.service.client("ds", lab.key, endpoint=lab.endpoint, verify=lab.ca)
    assert ds.describe_directories()["DirectoryDescriptions"] == []
    assert "DirectoryDescriptions" in lab.curl("--cacert", lab.ca, lab.endpoint).stdout
    shown = lab.service.cli("ca", "show")
    assert shown["file"] == f"{lab.service.state}/api-ca.pem" and "expires" in shown
    with open(shown["file"], encoding="ascii") as there, open(lab.ca, encoding="ascii") as written:
        assert there.read() == written.read()


def test_clients_that_do_not(lab):
    for words in ([], ["--ca-bundle", lab.stranger]):
        said = lab.service.aws(lab.key, *words, "ds", "describe-directories", check=False, endpoint=lab.endpoint)
        assert "SSL validation failed" in said and "CERTIFICATE_VERIFY_FAILED" in said, said
    for verify in (None, lab.stranger):
        with pytest.raises(botocore.exceptions.SSLError):
            lab.service.client("ds", lab.key, endpoint=lab.endpoint, verify=verify).describe_directories()
    assert lab.curl("--cacert", lab.stranger, lab.endpoint, check=False).returncode == 60
    # The name counts, not the authority alone.
    elsewhere = lab.curl("--cacert", lab.ca, "--connect-to", f"::{lab.address}:{PORT}", f"https://else.example.com:{PORT}",
                         check=False)
    assert elsewhere.returncode == 60, elsewhere.stdout


def test_versions_of_tls(lab):
    for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        with lab.connect(lab.ca, version) as s:
            assert s.version() == name
    for version in ("-tls1", "-tls1_1"):
        r = lab.host.run("openssl", "s_client", "-connect", f"{lab.address}:{PORT}", version, "-cipher",
                         "DEFAULT:@SECLEVEL=0", "-CAfile", lab.ca, check=False, input="")
        assert r.returncode != 0 and "Cipher is (NONE)" in r.stdout, r.stdout
    r = lab.host.run("openssl", "s_client", "-connect", f"{lab.address}:{PORT}", "-CAfile", lab.ca,
                     "-verify_return_error", "-verify_ip", lab.address, input="")
    assert "Verify return code: 0 (ok)" in r.stdout


def test_what_is_not_tls_is_dropped_at_once(lab):
    """Others are served meanwhile and afterwards."""
    r = lab.curl(f"http://{lab.address}:{PORT}", check=False)
    assert r.returncode in (1, 52, 56) and "Directory" not in r.stdout, r.stdout  # no answer, none of HTTP, or a reset
    with inside(lab.host):
        silent = [socket.create_connection((lab.address, PORT), timeout=20) for _ in range(100)]
    for s in silent[::2]:
        s.sendall(b"\x16\x03\x01")  # a record that does not go on
    assert lab.serial(lab.ca)
    for s in silent:
        s.close()


@pytest.mark.long
def test_who_is_slow_is_dropped(lab):
    """A byte now and then is no reason to be kept: each connection has a minute for a request."""
    with lab.connect(lab.ca) as s:
        s.settimeout(5)
        s.sendall(b"POST / HTTP/1.1\r\n")

        def closed():
            try:
                s.sendall(b"X")
                return s.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True
        wait_for(closed, "the end of the connection", 100)
    assert lab.serial(lab.ca)


# --- keys and their life ---------------------------------------------------------------------------------------


def test_the_authoritys_key_is_the_parents(lab):
    """Control, which answers clients, cannot read it, and keeps no file of its own."""
    key = os.stat(f"{lab.service.state}/api-ca.key")
    assert key.st_uid == 0 and stat.S_IMODE(key.st_mode) == 0o600
    assert [n for n in os.listdir(lab.service.state) if n.startswith("api")] in (
        ["api-ca.key", "api-ca.pem"], ["api-ca.pem", "api-ca.key"])


def test_our_own_is_renewed_while_clients_are_connected(lab):
    before = lab.serial(lab.ca)
    with lab.connect(lab.ca) as kept:
        event = lab.reload()
        assert event["reason"] == "NONE" and event["until"], event
        wait_for(lambda: lab.serial(lab.ca) != before, "the new certificate", 20)
        # The connection from before is answered, and told that it ends.
        kept.sendall(f"POST / HTTP/1.1\r\nHost: {lab.address}:{PORT}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        said = b""
        while piece := kept.recv(4096):
            said += piece
        assert b"MissingAuthenticationToken" in said and b"connection: close" in said.lower(), said
    lab.service.stop()
    lab.service.serve(api=f"{lab.address}:{PORT}")
    assert lab.serial(lab.ca) != before  # another one, of the same authority


def test_configurations_that_are_refused(lab):
    cert, key = lab.given("stranger", "check")
    api = ["--api", lab.endpoint]
    good = [*api, "--api-certificate", cert, "--api-key", key]
    assert lab.config(*good) == (0, "The configuration is good.\n")
    plain = lab.config("--api", f"http://{lab.address}:{PORT}")
    assert plain[0] == 2 and "passwords would cross the network" in plain[1], plain
    other = lab.given("stranger", "other")
    for words, said in (([*api, "--api-certificate", cert], "both or none"),
                        ([*api, "--api-certificate", cert, "--api-key", other[1]], "its own key"),
                        ([*api, "--api-certificate", key, "--api-key", key], "expected a certificate"),
                        ([*api, "--api-certificate", "/nowhere", "--api-key", key], "/nowhere cannot be read"),
                        (["--api", "127.0.0.1:1", *good[2:]], "api = https://")):
        status, text = lab.config(*words)
        assert status == 2 and said in text, text
    os.chmod(key, 0o644)
    status, text = lab.config(*good)
    assert status == 2 and "chmod 600" in text, text


def test_the_operators_certificate(lab):
    """A newer file is taken on SIGHUP, one that cannot be used leaves the one in force."""
    cert, key = lab.given("stranger", "first")
    lab.service.stop()
    lab.service.serve("--api-certificate", cert, "--api-key", key, api=lab.endpoint)
    try:
        ds = lab.service.client("ds", lab.key, endpoint=lab.endpoint, verify=lab.stranger)
        assert ds.describe_directories()["DirectoryDescriptions"] == []
        with pytest.raises(ssl.SSLCertVerificationError):
            lab.connect(lab.ca)
        assert lab.service.refused("ca", "show") == "API_NO_AUTHORITY"  # the file is still there
        first = lab.serial(lab.stranger)
        with open(key, "rb") as f:
            whole = f.read()
        with open(key, "wb") as f:
            f.write(whole[:100])
        event = lab.reload()
        assert event["reason"] == "API_CERTIFICATE" and "its own key" in event["text"], event
        assert lab.serial(lab.stranger) == first
        newer = lab.given("stranger", "newer")
        for there, here in zip(newer, (cert, key)):
            os.replace(there, here)
        assert lab.reload()["reason"] == "NONE"
        wait_for(lambda: lab.serial(lab.stranger) != first, "the newer certificate", 20)
    finally:
        lab.service.stop()
        lab.service.serve(api=lab.endpoint)


def test_without_an_authority_of_its_own(lab):
    lab.service.stop()
    for name in ("api-ca.pem", "api-ca.key"):
        os.unlink(f"{lab.service.state}/{name}")
    lab.service.serve()
    assert lab.service.refused("ca", "show") == "API_NO_AUTHORITY"
