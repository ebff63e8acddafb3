"""Control serves everybody while somebody waits for a process that does not answer."""

import os
import signal
import subprocess
import time

import pytest

from entente import BUILD, EntenteForest
from netns import Network, wait_for
from world import World


@pytest.fixture(scope="module")
def lab():
    """Two forests in one service."""
    net, world = Network("ctl"), World("ctl", dcs=2)
    try:
        forest = EntenteForest(net, world.cloud)
        forest.serve()
        forest.create()
        corp = world.corp
        forest.host.run("ip", "addr", "add", f"{corp.addresses[0]}/24", "dev", "eth0")
        forest.cli("directory", "create", corp.dns, "--short-name", corp.netbios, "--address", corp.addresses[0],
                   "--host", corp.hosts[0], "--admin-password-file", forest.secret(corp.admin_password))
        forest.world = world
        yield forest
    finally:
        net.close()


def begin(lab, *words):
    """A request that goes on by itself."""
    return lab.host.start(str(BUILD / "entente"), "--socket", lab.socket, "--output", "json", *words, log="waits.log")


class Stopped:
    def __init__(self, lab, name):
        self.pid = next(p["pid"] for n, p in lab.processes().items() if n.startswith(name))

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def end(lab, process):
    """Its exit status; the host has it no more."""
    status = process.wait(60)
    lab.host.procs.remove(process)
    return status


def other_requests(lab, process):
    """Everything else is served before the one that waits."""
    cloud, corp = lab.world.cloud.dns, lab.world.corp.dns
    assert len(lab.cli("directory", "list")) == 2
    assert lab.cli("user", "list", "--directory", cloud)
    assert len(lab.processes()) == 13
    name = f"other{time.monotonic_ns()}"
    lab.cli("group", "create", name, "--directory", corp)
    lab.cli("group", "delete", name, "--directory", corp)
    assert process.poll() is None, "it was to wait meanwhile"


def test_a_stopped_writer(lab):
    dns = lab.world.cloud.dns
    with Stopped(lab, "writer"):
        waiting = [begin(lab, "group", "create", f"late{i}", "--directory", dns) for i in range(5)]
        gone = begin(lab, "group", "create", "late5", "--directory", dns)
        for process in waiting:
            other_requests(lab, process)
        gone.kill()
        assert end(lab, gone) == -signal.SIGKILL
    assert [end(lab, p) for p in waiting] == [0] * 5
    for i in range(6):  # also what somebody asked for who then went away
        lab.cli("group", "show", f"late{i}", "--directory", dns)


def test_what_was_given_up_is_not_done_later(lab):
    """The requester was told that nothing is known of the change: it must not come on top of a newer one."""
    dns, since = lab.world.cloud.dns, lab.mark()
    with Stopped(lab, "writer"):
        given_up = begin(lab, "group", "create", "given-up", "--directory", dns)
        assert end(lab, given_up) == 1
    lab.cli("group", "create", "newer", "--directory", dns)
    lab.reason_seen("WRITER_TOO_LATE", since)
    assert lab.refused("group", "show", "given-up", "--directory", dns) == "CONTROL_NO_OBJECT"


def test_a_stopped_peer(lab):
    cloud, corp = lab.world.cloud, lab.world.corp
    sid = lab.cli("directory", "show", corp.dns)["domain_sid"]
    words = [corp.dns, "--short-name", corp.netbios, "--sid", sid, "--direction", "outgoing", "--forwarder",
             corp.addresses[0], "--password-file", lab.secret("Shared-by-2-sides"), "--directory", cloud.dns]
    with Stopped(lab, f"peer"):
        making = begin(lab, "trust", "create", *words)
        wait_for(lambda: lab.try_cli("trust", "show", corp.dns, "--directory", cloud.dns)[0] == 0, "the half")
        assert lab.refused("trust", "create", *words) in ("CONTROL_BUSY", "CONTROL_EXISTS")
        other_requests(lab, making)
        verifying = [begin(lab, "trust", "verify", corp.dns, "--directory", cloud.dns) for _ in range(3)]
        other_requests(lab, verifying[-1])
    assert end(lab, making) == 0
    assert {end(lab, p) for p in verifying} == {2}  # the other half was never made


def test_a_stopped_parent(lab):
    """Nobody but it knows the processes; everything else is as before."""
    with Stopped(lab, "kdc"):
        pass
    os.kill(lab.proc.pid, signal.SIGSTOP)
    try:
        showing = begin(lab, "directory", "show", lab.world.cloud.dns)
        assert lab.cli("user", "list", "--directory", lab.world.cloud.dns)
        lab.cli("group", "create", "orphan", "--directory", lab.world.cloud.dns)
    finally:
        os.kill(lab.proc.pid, signal.SIGCONT)
    end(lab, showing)


def test_deleted_while_asked(lab):
    """A request of a directory that goes away ends, with a reason."""
    dns = lab.world.corp.dns
    with Stopped(lab, f"writer"):
        waiting = begin(lab, "group", "create", "too-late", "--directory", lab.world.cloud.dns)
        checking = begin(lab, "directory", "check", dns)
        lab.cli("directory", "delete", dns)
        assert end(lab, checking) in (0, 2)
        assert [d["name"] for d in lab.cli("directory", "list")] == [lab.world.cloud.dns]
        lab.cli("directory", "delete", lab.world.cloud.dns)
        assert end(lab, waiting) == 1
    assert lab.cli("directory", "list") == []
    assert [name for name in os.listdir(lab.state) if name.startswith("d-")] == []
    assert subprocess.run(["kill", "-0", str(lab.proc.pid)], check=False).returncode == 0
