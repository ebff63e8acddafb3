"""Refusals of the service itself: each is made for real, and looked at where an administrator sees it, in the
HTTP answer, the exit status of the CLI and the events."""

import base64
import http.client
import json
import os
import signal
import socket

import pytest
from samba.dcerpc import security
from samba.ndr import ndr_pack

from entente import Client, EntenteForest
from netns import Network, wait_for
from world import World


class Lab:
    def __init__(self):
        self.world = World("reasons")
        self.net = Network("reasons")
        try:
            self.cloud = EntenteForest(self.net, self.world.cloud)
            self.cloud.serve()
            self.no_directory = self.ask("user", "list", {})
            self.cloud.create()
            f = self.world.cloud
            self.client = Client(self.net, self.world.client_address, f.addresses, f.realm)
        except BaseException:
            self.net.close()
            raise

    def ask(self, noun, verb, args):
        """Status and error of one operation over HTTP."""
        http_socket = http.client.HTTPConnection("localhost")
        http_socket.sock = socket.socket(socket.AF_UNIX)
        http_socket.sock.connect(self.cloud.socket)
        http_socket.request("POST", f"/v1/{noun}/{verb}", json.dumps(args),
                            {"Content-Type": "application/json"})
        reply = http_socket.getresponse()
        body = json.loads(reply.read())
        http_socket.close()
        assert body["schema_version"] == 1
        return reply.status, body.get("error")


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


class Orphans:
    """While it lasts the parent sleeps, so that a process which dies stays away."""

    def __init__(self, cloud, *killed):
        self.cloud, self.killed = cloud, killed

    def __enter__(self):
        pids = [p["pid"] for name, p in self.cloud.processes().items() if name.split()[0] in self.killed]
        assert len(pids) == len(self.killed), self.cloud.processes()
        os.kill(self.cloud.proc.pid, signal.SIGSTOP)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def __exit__(self, *_):
        os.kill(self.cloud.proc.pid, signal.SIGCONT)
        self.cloud.wait_ready()


def is_refusal(lab, answer, status, code, reason):
    assert answer[0] == status and answer[1]["code"] == code and answer[1]["reason"] == reason, answer
    assert answer[1]["cause"] and answer[1]["remedy"] and answer[1]["message"], answer
    assert lab.cloud.reason_seen(reason)["event"] == "control.operation"


# --- what the administrator asks ---------------------------------------------------------------------


@pytest.mark.parametrize("noun,verb,args", [
    ("user", "create", {"password": "x"}),
    ("user", "create", {"name": "x", "password": "x", "colour": "blue"}),
    ("directory", "set", {}),
    ("directory", "import", {"file": "/nonexistent"}),
    ("trust", "create", {"partner": "x.example.org", "short_name": "X", "direction": "two-way", "password": "x",
                         "sid": "S-1-5-x"}),
])
def test_arguments(lab, noun, verb, args):
    is_refusal(lab, lab.ask(noun, verb, args), 400, "InvalidParameter", "CONTROL_ARGUMENT")


def test_which_directory(lab):
    assert lab.no_directory[0] == 400 and lab.no_directory[1]["reason"] == "CONTROL_NO_DIRECTORY"
    answer = lab.ask("user", "list", {"directory": "nowhere.example.com"})
    is_refusal(lab, answer, 404, "DirectoryNotFound", "CONTROL_NO_DIRECTORY")
    assert lab.cloud.refused("user", "list", "--directory", "nowhere.example.com") == "CONTROL_NO_DIRECTORY"


@pytest.mark.parametrize("noun,args", [("user", {"name": "nobody-here"}), ("group", {"name": "nobody-here"}),
                                       ("trust", {"partner": "nowhere.example.com"})])
def test_no_such_object(lab, noun, args):
    is_refusal(lab, lab.ask(noun, "show", args), 404, "NotFound", "CONTROL_NO_OBJECT")
    assert lab.cloud.refused(noun, "show", *args.values()) == "CONTROL_NO_OBJECT"


def test_what_is_of_another_kind(lab):
    """entente user delete GROUP deletes nothing."""
    cli = lab.cloud.cli
    cli("group", "create", "kin")
    lab.cloud.add_user("kim", lab.world.password())
    for noun, name in (("user", "kin"), ("service", "kin"), ("group", "kim"), ("computer", "kim"), ("computer", "kin")):
        for verb in ("show", "delete"):
            assert lab.cloud.refused(noun, verb, name) == "CONTROL_NO_OBJECT", (noun, verb, name)
    assert lab.cloud.refused("user", "disable", "kin") == "CONTROL_NO_OBJECT"
    assert cli("group", "show", "kin")["name"] == "kin" and cli("user", "show", "kim")["name"] == "kim"


def directory(lab, address, name=None):
    return {"name": name or "other.example.com", "short_name": "OTHER", "address": [address],
            "admin_password": lab.world.password()}


def test_there_already(lab):
    f = lab.world.cloud
    is_refusal(lab, lab.ask("directory", "create", directory(lab, "10.99.0.1", f.dns)), 409, "AlreadyExists",
               "CONTROL_EXISTS")
    partner = lab.world.corp
    words = {"partner": partner.dns, "short_name": partner.netbios, "direction": "two-way",
             "password": lab.world.trust_password}
    assert lab.ask("trust", "create", words) == (200, None)
    is_refusal(lab, lab.ask("trust", "create", words), 409, "AlreadyExists", "CONTROL_EXISTS")


def test_address_of_another_machine(lab):
    answer = lab.ask("directory", "create", directory(lab, "192.0.2.1"))
    is_refusal(lab, answer, 500, "CreateFailed", "CONTROL_START_FAILED")
    assert "192.0.2.1" in answer[1]["message"]
    assert [d["name"] for d in lab.cloud.cli("directory", "list")] == [lab.world.cloud.dns]


def test_partner_that_nobody_knows(lab):
    args = {"partner": "unknown.example.org", "direction": "two-way", "password": lab.world.trust_password}
    is_refusal(lab, lab.ask("trust", "create", args), 400, "PartnerUnknown", "TRUST_FLAT_NAME_UNKNOWN")


# --- processes that are away -------------------------------------------------------------------------


def test_a_process_that_died_is_told(lab):
    name = next(n for n in lab.cloud.processes() if "dns" in n)
    mark = lab.cloud.mark()
    pid = lab.cloud.kill(name)
    event = lab.cloud.reason_seen("SERVE_PROCESS_DIED", mark)
    assert event["event"] == "serve.died" and event["process"] == name and event["signal"] == signal.SIGKILL
    wait_for(lambda: lab.cloud.processes()[name]["ready"] and lab.cloud.processes()[name]["pid"] != pid,
             f"{name} to be back", 20)


def test_no_peer(lab):
    args = {"partner": "unknown.example.org", "direction": "two-way", "password": lab.world.trust_password}
    with Orphans(lab.cloud, "peer"):
        wait_for(lambda: lab.ask("trust", "create", args)[1]["code"] == "PeerUnavailable", "the peer to be gone")
        is_refusal(lab, lab.ask("trust", "create", args), 503, "PeerUnavailable", "CONTROL_PEER_AWAY")


def test_no_writer(lab):
    change = f"dn: CN=Users,{lab.world.cloud.base}\nchangetype: modify\nreplace: description\ndescription: x\n"
    lab.client.kinit(f"Administrator@{lab.world.cloud.realm}", lab.world.cloud.admin_password)
    assert ldap(lab, "ldapmodify", input=change).returncode == 0
    with Orphans(lab.cloud, "writer"):
        wait_for(lambda: lab.ask("group", "create", {"name": "late"})[0] == 503, "the writer to be gone")
        is_refusal(lab, lab.ask("group", "create", {"name": "late"}), 503, "WriterUnavailable",
                   "CONTROL_WRITER_AWAY")
        code, body, _ = lab.cloud.try_cli("group", "create", "late")
        assert code == 1 and body["error"]["reason"] == "CONTROL_WRITER_AWAY", (code, body)
        said = ldap(lab, "ldapmodify", input=change)
        assert said.returncode == 52 and "LDAP_WRITER_AWAY" in said.stdout, said.stdout
    assert ldap(lab, "ldapmodify", input=change).returncode == 0


# --- more than one change may be ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(lab):
    """A unit with as many objects as a tree delete takes, itself not counted."""
    unit = f"OU=many,{lab.world.cloud.base}"
    entries = [f"dn: {unit}\nobjectClass: organizationalUnit\n"]
    entries += [f"dn: CN=c{i},{unit}\nobjectClass: contact\n" for i in range(20000)]
    path = f"{lab.cloud.dir}/many.ldif"
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(entries))
    os.chmod(path, 0o644)
    lab.cloud.cli("directory", "import", path)
    lab.client.kinit(f"Administrator@{lab.world.cloud.realm}", lab.world.cloud.admin_password)
    return unit


def ldap(lab, tool, *words, **options):
    return lab.client.run(tool, "-Q", "-Y", "GSSAPI", "-H", f"ldap://{lab.world.cloud.fqdn()}", *words, **options)


def test_a_change_that_is_too_large(lab, many):
    """Each of the objects would get a list of some 40 kB."""
    entries = "".join(f"(A;CI;RP;;;S-1-5-21-1-2-3-{2000 + i})" for i in range(1100))
    domain = security.dom_sid(lab.cloud.sid())
    sd = ndr_pack(security.descriptor.from_sddl("O:DAG:DAD:(A;CI;GA;;;SY)(A;CI;GA;;;DA)" + entries, domain))
    said = ldap(lab, "ldapmodify", input=f"dn: {many}\nchangetype: modify\nreplace: nTSecurityDescriptor\n"
                f"nTSecurityDescriptor:: {base64.b64encode(sd).decode()}\n")
    assert said.returncode == 11 and "DIR_TOO_LARGE" in said.stdout, said.stdout


def test_a_tree_that_is_too_large(lab, many):
    """One object more than a tree delete takes; without one of them it is deleted."""
    tree = ("-e", "!1.2.840.113556.1.4.805", many)
    said = ldap(lab, "ldapdelete", *tree)
    assert said.returncode == 11 and "DIR_TREE_TOO_LARGE" in said.stdout, said.stdout
    assert ldap(lab, "ldapdelete", f"CN=c7,{many}").returncode == 0
    said = ldap(lab, "ldapdelete", *tree)
    assert said.returncode == 0, said.stdout


# --- an import that is refused in part ---------------------------------------------------------------


def test_an_import_tells_what_it_refused(lab):
    base, name = lab.world.cloud.base, "i" + lab.world.digits(6)
    records = [f"dn: CN={name},CN=Users,{base}\nobjectClass: user\nsAMAccountName: {name}\n",
               f"dn: CN={name}b,CN=Users,{base}\nobjectClass: user\nsAMAccountName: bad/name\n"]
    records += [records[0]] * 30
    path = f"{lab.cloud.dir}/refused.ldif"
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(records))
    os.chmod(path, 0o644)
    result = lab.cloud.cli("directory", "import", path)
    assert (result["added"], result["refused"], len(result["refusals"])) == (1, 31, 20), result
    assert result["refusals"][0]["line"] == 5 and "bad/name" in result["refusals"][0]["cause"], result
    assert result["refusals"][1]["line"] == 9, result
