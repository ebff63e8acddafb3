"""A directory's creation that is cut short leaves one that works, or one that says it failed and can be made
again: never half of one."""

import json
import os
import signal

import pytest

from entente import BUILD, EntenteForest
from lab import children
from netns import Network, wait_for
from world import World


@pytest.fixture
def forest():
    net, world = Network("cut"), World("cut")
    try:
        made = EntenteForest(net, world.cloud)
        made.serve()
        yield made
    finally:
        net.close()


def name_of(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as f:
        return f.read()


def recorded(forest):
    try:
        with open(f"{forest.state}/control.json", encoding="utf-8") as f:
            return {d["name"]: d["state"] for d in json.load(f)["directories"]}
    except OSError:
        return {}


def create(forest):
    """The words of the command, which has begun: its record is there, its domain controllers are not."""
    f = forest.forest
    words = ["directory", "create", f.dns, "--short-name", f.netbios, "--address", f.addresses[0], "--host",
             f.hosts[0], "--admin-password-file", forest.secret(f.admin_password)]
    process = forest.host.start(str(BUILD / "entente"), "--socket", forest.socket, *words, log="create.log")
    wait_for(lambda: recorded(forest) == {f.dns: "Creating"}, "the record of a new directory", 60)
    return words, process


def all_die(forest):
    """Children end with their parent, and their ports with them: a moment later, on a busy machine."""
    pids = children(forest.proc.pid)
    forest.proc.kill()
    forest.proc.wait()
    forest.host.procs.remove(forest.proc)
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "the end of its processes", 60)


def settled(forest, process):
    process.wait(60)
    forest.host.procs.remove(process)

    def state():
        code, body, _ = forest.try_cli("directory", "list")
        return code == 0 and body["result"][0]["state"] != "Creating" and body["result"][0]["state"]
    return wait_for(state, "a state", 60)


def works(forest):
    forest.wait_ready()
    forest.add_user("somebody", "Some-b0dys-password")
    assert forest.cli("directory", "check")["usn"]


def test_control_dies(forest):
    """The others go on with it; the new control finds it running."""
    _, process = create(forest)
    [control] = [p for p in children(forest.proc.pid) if "control" in name_of(p)]
    os.kill(control, signal.SIGKILL)
    assert settled(forest, process) == "Active"
    works(forest)


@pytest.mark.parametrize("late", [False, True])
def test_everything_dies(forest, late):
    words, process = create(forest)
    if late:
        service = 3  # control, files, the directory's writer
        wait_for(lambda: len(children(forest.proc.pid)) > service, "the domain controller's processes", 60)
    all_die(forest)
    forest.serve()
    state = settled(forest, process)
    assert state == "Active" if late else state in ("Active", "Failed")
    if state == "Failed":
        forest.cli("directory", "delete", forest.forest.dns)
        forest.cli(*words)
    works(forest)


def test_a_deletion_that_is_cut_short(forest):
    """Everything dies once the deletion is on record: it is gone on with, and nothing is left."""
    f = forest.forest
    forest.create()
    [folder] = [p for p in os.listdir(forest.state) if p.startswith("d-")]
    os.kill(forest.proc.pid, signal.SIGSTOP)  # so that the processes are not ended yet
    deleting = forest.host.start(str(BUILD / "entente"), "--socket", forest.socket, "directory", "delete", f.dns,
                                 log="delete.log")
    wait_for(lambda: recorded(forest) == {f.dns: "Deleting"}, "the record of the deletion", 60)
    all_die(forest)
    deleting.wait(60)
    forest.host.procs.remove(deleting)
    forest.serve()
    wait_for(lambda: forest.cli("directory", "list") == [], "the end of the directory", 60)
    assert not os.path.exists(f"{forest.state}/{folder}")
    forest.create()
