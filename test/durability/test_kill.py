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


def endure(lab, passes, every):
    lab.start(Logons(lab, "udp"), Logons(lab, "tcp", tcp=True), Passwords(lab, "set"), Passwords(lab, "kpasswd"),
              Adds(lab, "adds"), Changes(lab, "changes"), Names(lab, "names"))
    for _ in range(passes):
        for how, name in rounds(lab, every):
            how(name)
            assert not lab.faults, f"after {how.__name__} {name}: " + "\n\n".join(lab.faults[:20])
    lab.finish()
    for load in lab.loads:
        assert sum(load.tally.get(k, 0) for k in ("tickets", "changes", "added", "changed", "answers")) >= 3, load.tally


def test_every_process_killed_and_stopped(lab):
    endure(lab, 1, False)


@pytest.mark.long
def test_again_and_again(lab):
    endure(lab, 8, True)
