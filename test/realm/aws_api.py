"""An Entente service with its AWS API, and AWS's clients: the CLI in the service's namespace, boto3 in ours, whose
connections are made there."""

import configparser
import ctypes
import http.client
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
from botocore.exceptions import ClientError

from entente import EntenteForest

AWS = "/usr/bin/aws"  # Debian's, whatever else is on the path
ENDPOINT = "http://127.0.0.1:8053"
REGION = "eu-central-1"
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def enter(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(fd)


@contextmanager
def inside(host):
    """This thread's sockets are the host's."""
    own = f"/proc/self/task/{threading.get_native_id()}/ns/net"
    fd = os.open(own, os.O_RDONLY)
    enter(f"/proc/{host.holder.pid}/ns/net")
    try:
        yield
    finally:
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)


def post(path, body, headers, method="POST"):
    """Status, headers and text of one request; inside()."""
    connection = http.client.HTTPConnection("127.0.0.1", 8053, timeout=20)
    connection.request(method, path, body, headers)
    r = connection.getresponse()
    text = r.read().decode()
    connection.close()
    return r.status, r.headers, text


class Refusal(Exception):
    """What a request that no client of Debian's knows is answered with."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.code, self.message = status, body["__type"], body["message"]


def at_once(*calls):
    """What each of these calls, which begin at the same time, returned, or the refusal that it met."""
    gate = threading.Barrier(len(calls))

    def ask(call):
        gate.wait()
        try:
            return call()
        except (ClientError, Refusal) as refusal:
            return refusal
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(ask, calls))


def error_of(outcome):
    """AWS's name of the error that at_once() met; None of what was performed."""
    if isinstance(outcome, ClientError):
        return outcome.response["Error"]["Code"]
    return outcome.code if isinstance(outcome, Refusal) else None


class Inside:
    """A client whose every call is made in the host's namespace."""

    def __init__(self, host, client):
        self.host, self.client = host, client

    def __getattr__(self, name):
        found = getattr(self.client, name)
        if not callable(found) or name == "exceptions":
            return found

        def call(*args, **kw):
            with inside(self.host):
                return found(*args, **kw)
        return call


class AwsForest(EntenteForest):
    subnets = ()  # the configuration's own two

    def serve(self, *settings, api="127.0.0.1:8053"):
        os.makedirs(f"{self.dir}/authorities", exist_ok=True)
        super().serve("--api", api, "--log-groups", f"{self.dir}/groups", "--log-group-/aws/syslog",
                      f"unix://{self.dir}/syslog", "--log-group-far", "tcp://127.0.0.1:10514", "--topic-alarms",
                      "http://127.0.0.1:9009/alarms?of=directories", "--topic-secure",
                      f"https://{self.forest.hosts[0]}.{self.forest.dns}:9443/alarms", "--topic-authorities",
                      f"{self.dir}/authorities/hooks.pem", *self.subnets, *settings)

    def new_key(self, *options):
        """(id, secret, path of the credentials file)"""
        self.secrets += 1
        path = f"{self.dir}/credentials{self.secrets}"
        self.cli("key", "create", "--output", path, *options)
        assert os.stat(path).st_mode & 0o777 == 0o600
        file = configparser.ConfigParser()
        file.read(path)
        return file["default"]["aws_access_key_id"], file["default"]["aws_secret_access_key"], path

    def client(self, service, key, region=REGION, endpoint=ENDPOINT, **kw):
        made = boto3.client(service, endpoint_url=endpoint, region_name=region, aws_access_key_id=key[0],
                            aws_secret_access_key=key[1],
                            config=botocore.config.Config(retries={"max_attempts": 0}), **kw)
        return Inside(self.host, made)

    def aws(self, key, *words, check=True, endpoint=ENDPOINT):
        """The AWS CLI's answer; of one that fails its text."""
        r = self.host.run(AWS, "--endpoint-url", endpoint, "--output", "json", *words, check=False,
                          env={"AWS_SHARED_CREDENTIALS_FILE": key[2], "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "",
                               "AWS_EC2_METADATA_DISABLED": "true", "HOME": self.dir})
        if check and r.returncode:
            raise AssertionError(f"aws {' '.join(words)} -> {r.returncode}\n{r.stdout}")
        return json.loads(r.stdout or "{}") if r.returncode == 0 else r.stdout

    def send(self, key, path, service, headers, body):
        """A request of what Debian's clients do not know, signed by botocore's code."""
        request = botocore.awsrequest.AWSRequest("POST", ENDPOINT + path, {"Host": ENDPOINT[7:], **headers},
                                                 json.dumps(body).encode())
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(*key[:2]), service, REGION).add_auth(request)
        with inside(self.host):
            status, _, text = post(path, request.body, dict(request.headers.items()))
        if status != 200:
            raise Refusal(status, json.loads(text))
        return json.loads(text)

    def data(self, key, id, operation, **members):
        """An operation of ds-data: "Users/CreateUser"."""
        return self.send(key, f"/{operation}?DirectoryId={id}", "ds-data", {"Content-Type": "application/json"}, members)

    def ds(self, key, operation, **members):
        """An operation or a member that is newer than Debian's botocore."""
        return self.send(key, "/", "ds", {"Content-Type": "application/x-amz-json-1.1",
                                          "X-Amz-Target": f"DirectoryService_20150416.{operation}"}, members)
