"""What bounds a client: the time limit it asked for, and what it may send before it is somebody."""

import socket
import ssl
import time

import ldap
import pytest

from ldap_service import ADDRESS, BASE, CLOUD, PASSWORD, service  # noqa: F401 (a fixture)

PLACE = f"ou=Bounds,{BASE}"
BIND_RESPONSE, ENTRY, DONE, EXTENDED = 0x61, 0x64, 0x65, 0x78


def tlv(tag, *parts):
    body = b"".join(parts)
    length = bytes([len(body)]) if len(body) < 128 else bytes([0x84]) + len(body).to_bytes(4, "big")
    return bytes([tag]) + length + body


def number(n, tag=2):
    return tlv(tag, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def message(op, mid=1):
    return tlv(0x30, number(mid), op)


def bind(name, password):
    return tlv(0x60, number(3), tlv(4, name.encode()), tlv(0x80, password.encode()))


def search(base, filterattr, seconds):
    return tlv(0x63, tlv(4, base.encode()), number(2, 10), number(0, 10), number(0), number(seconds), tlv(1, b"\0"),
               tlv(0x87, filterattr.encode()), tlv(0x30))


class Raw:
    """A connection that reads when it wants, with little room for what was not read."""

    def __init__(self, tls=True):
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(30)
        plain.connect((ADDRESS[CLOUD], 636 if tls else 389))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(plain) if tls else plain
        self.file = self.socket.makefile("rb")

    def send(self, op, mid=1):
        self.socket.sendall(message(op, mid))

    def receive(self):
        """The operation's tag and its body, or None when the other side has closed."""
        head = self.file.read(2)
        if len(head) < 2:
            return None
        length = head[1]
        if length & 0x80:
            length = int.from_bytes(self.file.read(length & 0x7f), "big")
        body = self.file.read(length)
        at = 2 + body[1]  # the message id
        return body[at], body[at:]


def result_code(body):
    """resultCode is the first ENUMERATED of an LDAPResult."""
    at = 2 + (body[1] & 0x7f if body[1] & 0x80 else 0)
    assert body[at:at + 2] == b"\n\x01"
    return body[at + 2]


def test_time_limit_stops_a_search(service):
    """The client reads nothing until its second is over: the rest of a long answer is not sent."""
    admin = service.connect()
    admin.add_s(PLACE, [("objectClass", b"organizationalUnit")])
    path = service.dir / "bounds.ldif"
    path.write_text("".join(f"dn: cn=b{i},{PLACE}\nobjectClass: contact\ninfo: {'x' * 1000}\nnotes: {'y' * 20000}\n\n"
                            for i in range(900)), encoding="ascii")
    service.cli("directory", "import", path, "--directory", CLOUD)
    for seconds, code in ((1, 3), (0, 0)):
        raw = Raw()
        raw.send(bind(f"administrator@{CLOUD}", PASSWORD["administrator"]))
        assert raw.receive()[0] == BIND_RESPONSE
        raw.send(search(PLACE, "info", seconds), 2)
        first = raw.receive()
        assert first[0] == ENTRY
        time.sleep(1.2)  # the limit itself, which is in whole seconds
        entries = 1
        while (answer := raw.receive())[0] == ENTRY:
            entries += 1
        assert answer[0] == DONE and result_code(answer[1]) == code
        assert entries < 900 if code else entries == 900


def test_what_is_large_waits_for_a_bind(service):
    """256 KiB before authentication, 10 MiB after it."""
    raw = Raw(tls=False)
    raw.send(bind("x" * 300000, "p"))
    answers = []
    while (answer := raw.receive()):
        answers.append(answer[0])
    assert set(answers) <= {EXTENDED}  # at most a notice of disconnection
    admin = service.connect()
    dn = f"cn=large,cn=Users,{BASE}"
    admin.add_s(dn, [("objectClass", b"user"), ("jpegPhoto", b"\xff" * 1000000)])
    assert len(admin.search_s(dn, ldap.SCOPE_BASE, attrlist=["jpegPhoto"])[0][1]["jpegPhoto"][0]) == 1000000
    admin.delete_s(dn)


@pytest.mark.parametrize("asked", [
    tlv(0x63, tlv(4, BASE.encode()), number(2, 10), number(0, 10), number(0), number(0), tlv(1, b"\0"),
        tlv(0x87, b"cn"), tlv(0x30)),
    tlv(0x4a, BASE.encode()), tlv(0x66, tlv(4, BASE.encode()), tlv(0x30)),
    tlv(0x68, tlv(4, f"cn=x,{BASE}".encode()), tlv(0x30)),
    tlv(0x6c, tlv(4, BASE.encode()), tlv(4, b"dc=x"), tlv(1, b"\xff")),
    tlv(0x6e, tlv(4, BASE.encode()), tlv(0x30, tlv(4, b"dc"), tlv(4, b"x"))),
])
def test_nothing_is_done_for_nobody(service, asked):
    raw = Raw(tls=False)
    raw.send(asked)
    tag, body = raw.receive()
    assert result_code(body) == 1 and b"000004DC" in body
