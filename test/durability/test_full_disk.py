"""The state directory's file system is full: changes are refused with a reason and a remedy, logons go on, what
was acknowledged stays, and when there is space again everything goes on without a restart."""

import os
import signal

import pytest

from entente import Client, EntenteForest
from netns import Network, wait_for
from world import World

SIZE = "24m"


@pytest.fixture
def forest():
    net, world = Network("full"), World("full", dcs=2)
    try:
        made = EntenteForest(net, world.cloud)
        made.world = world
        made.host.run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "none", made.state)
        made.host.run("chown", "nobody", made.state)
        made.serve()
        made.create()
        made.client = Client(net, world.client_address, world.cloud.addresses, world.cloud.realm)
        made.user, made.password = world.ascii_person(), world.password()
        made.add_user(made.user, made.password)
        made.add_service("web", f"HTTP/web.{world.cloud.dns}")
        yield made
    finally:
        net.close()


def fill(forest):
    """To the last byte."""
    said = forest.host.run("dd", "if=/dev/zero", f"of={forest.state}/fill", "bs=4k", check=False).stdout
    assert "No space left" in said


def logon(forest):
    principal = f"{forest.user}@{forest.world.cloud.realm}"
    forest.client.kinit(principal, forest.password)
    forest.client.kvno(f"HTTP/web.{forest.world.cloud.dns}")
    r = forest.client.kinit(principal, forest.password + "x", ok=False)
    assert r.returncode and "incorrect" in r.stdout, r.stdout


def write_until_refused(forest, kept, since):
    """Pages that are free inside the file still serve for a while."""
    for i in range(2000):
        name = f"full{len(kept)}x{since}"
        code, body, text = forest.try_cli("user", "create", name, "--password-file", forest.secret(forest.password),
                                          "--given-name", "g" * 60, "--surname", "s" * 60)
        if code:
            return body["error"]
        kept.append(name)
    raise AssertionError("nothing was refused")


def refused_over_ldap(forest):
    f = forest.world.cloud
    forest.client.kinit(f"Administrator@{f.realm}", f.admin_password)
    said = forest.client.run("ldapadd", "-Y", "GSSAPI", "-Q", "-N", "-H", f"ldap://{f.fqdn()}", input="".join(
        f"dn: CN=full-over-ldap{i},CN=Users,{f.base}\nobjectClass: user\nsAMAccountName: full-over-ldap{i}\n\n"
        for i in range(2000)))
    assert said.returncode and "SERVER_DISK_FULL" in said.stdout, said.stdout[-500:]


def names(forest):
    return {u["name"] for u in forest.cli("user", "list") if u["name"].startswith("full") and
            "ldap" not in u["name"]}


def test_full_and_free_again(forest):
    kept = []
    for since in range(2):
        fill(forest)
        error = write_until_refused(forest, kept, since)
        assert error["reason"] == "SERVER_DISK_FULL" and "df STATE-DIR" in error["remedy"], error
        assert "nothing was changed" in error["message"]
        logon(forest)
        refused_over_ldap(forest)
        for name in [n for n in forest.processes() if since or n.startswith("writer")]:
            pid = forest.kill(name)
            wait_for(lambda: forest.processes()[name]["pid"] != pid and forest.processes()[name]["ready"], name, 60)
        logon(forest)
        assert write_until_refused(forest, kept, f"{since}k")["reason"] == "SERVER_DISK_FULL"
        assert names(forest) == set(kept)
        os.kill(forest.processes()[next(n for n in forest.processes() if n.startswith("kdc"))]["pid"], signal.SIGKILL)
        logon(forest)
        forest.host.run("rm", f"{forest.state}/fill")
        forest.add_user(f"full{len(kept)}free", forest.password)
        kept.append(f"full{len(kept)}free")
        assert names(forest) == set(kept)
        assert forest.cli("directory", "check", forest.world.cloud.dns)["usn"]


def test_a_start_on_a_full_disk(forest):
    """Started anew, it serves what is there; a new directory is refused and leaves nothing behind."""
    fill(forest)
    forest.stop()
    forest.serve()
    forest.wait_ready()
    logon(forest)
    forest.host.run("ip", "addr", "add", f"{forest.world.corp.addresses[0]}/24", "dev", "eth0")
    words = ["directory", "create", forest.world.corp.dns, "--short-name", "CORP", "--address",
             forest.world.corp.addresses[0], "--admin-password-file", forest.secret(forest.password)]
    assert forest.refused(*words, status=1) == "SERVER_DISK_FULL"
    assert len(forest.cli("directory", "list")) == 1
    forest.host.run("rm", f"{forest.state}/fill")
    forest.add_user("afterwards", forest.password)
    forest.cli(*words)
    assert len(forest.cli("directory", "list")) == 2
    assert forest.cli("directory", "check", forest.world.cloud.dns)["usn"]
