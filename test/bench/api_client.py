"""A client of the AWS API whose own cost is small: requests are signed (Signature Version 4) without any library of AWS's."""
import configparser
import hashlib
import hmac
import http.client
import json
import time
import uuid

from bench_common import Failure

SERVICE, REGION, TARGET = "ds", "eu-central-1", "DirectoryService_20150416."


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Api:
    """server: "ADDRESS:PORT"; credentials: the file that `entente key create` writes."""

    def __init__(self, server, credentials):
        file = configparser.ConfigParser()
        file.read(credentials)
        self.server = server
        self.id, self.secret = (file["default"][name] for name in ("aws_access_key_id", "aws_secret_access_key"))
        self.connection = http.client.HTTPConnection(server, timeout=20)

    def headers(self, operation, body):
        """Signed; no two requests have the same ones, as those of the SDKs do not."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = [now[:8], REGION, SERVICE, "aws4_request"]
        sent = {"amz-sdk-invocation-id": str(uuid.uuid4()), "content-type": "application/x-amz-json-1.1",
                "host": self.server, "x-amz-date": now, "x-amz-target": TARGET + operation}
        names = ";".join(sent)
        request = "\n".join(["POST", "/", "", *(f"{k}:{v}" for k, v in sent.items()), "", names,
                             hashlib.sha256(body).hexdigest()])
        key = b"AWS4" + self.secret.encode()
        for part in scope:
            key = mac(key, part)
        signed = "\n".join(["AWS4-HMAC-SHA256", now, "/".join(scope), hashlib.sha256(request.encode()).hexdigest()])
        sent["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.id}/{'/'.join(scope)}, SignedHeaders={names}, "
                                 f"Signature={mac(key, signed).hex()}")
        return sent

    def text(self, operation, **members):
        body = json.dumps(members).encode()
        self.connection.request("POST", "/", body, self.headers(operation, body))
        reply = self.connection.getresponse()
        text = reply.read().decode()
        if reply.status != 200:
            raise Failure(f"{operation}: {reply.status} {text}")
        return text

    def call(self, operation, **members):
        return json.loads(self.text(operation, **members) or "{}")

    def bytes(self, operation, **members):
        """A whole request, to be sent within five minutes."""
        body = json.dumps(members).encode()
        sent = self.headers(operation, body) | {"content-length": str(len(body))}
        return ("POST / HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in sent.items()) + "\r\n").encode() + body
