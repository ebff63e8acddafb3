"""Each process of the service is killed, and stopped for a while, under the load of stock clients: no
acknowledged write is lost, no answer is wrong, and logons go on."""

import pytest

from lab import Lab, Logons, Names
from writes import Adds, Changes, Passwords


@pytest.fixture
def lab():
    made = Lab("kill")
    try:
        yield made
    finally:
        made.close()


def rounds(lab, every):
    """Each process with each signal, in a random order; or of each role that both domain controllers have, one
    killed and the other one stopped."""
    found = []
    for name in lab.ready():
        role, _, host = name.partition("/")
        which = lab.world.cloud.hosts.index(host) if host else None
        found += [(how, name) for number, how in enumerate((lab.kill, lab.stop))
                  if every or which is None or which == (number + len(role)) % 2]
    lab.world.rng.shuffle(found)
    return found


def pairs(lab):
    """A process that is stopped while another one is killed; never the two KDCs, or all have to wait."""
    names = [n for n in lab.ready() if n not in ("control", "parent") and not n.startswith("writer")]
    for stopped in lab.world.rng.sample(names, 6):
        yield stopped, lab.world.rng.choice([n for n in [*names, "control"] if n.split()[0] != stopped.split()[0]])


def endure(lab, passes, every):
    lab.start(Logons(lab, "udp"), Logons(lab, "tcp", tcp=True), Passwords(lab, "set"), Passwords(lab, "kpasswd"),
              Adds(lab, "adds"), Changes(lab, "changes"), Names(lab, "names"))
    for _ in range(passes):
        for how, name in rounds(lab, every):
            how(name)
            assert not lab.faults, f"after {how.__name__} {name}: " + "\n\n".join(lab.faults[:20])
        for stopped, killed in pairs(lab) if every else ():
            lab.stop(stopped, killed)
            assert not lab.faults, f"after {stopped} and {killed}: " + "\n\n".join(lab.faults[:20])
    lab.finish()
    for load in lab.loads:
        assert sum(load.tally.get(k, 0) for k in ("tickets", "changes", "added", "changed", "answers")) >= 3, load.tally


def test_every_process_killed_and_stopped(lab):
    endure(lab, 1, False)


@pytest.mark.long
def test_again_and_again(lab):
    endure(lab, 8, True)
