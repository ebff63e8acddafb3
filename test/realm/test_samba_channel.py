"""The secure channel to a forest of Samba's: `entente trust verify` proves it with each domain controller, and
names what keeps it from being made."""

import pytest

from samba_lab import Lab
from world import LAST


@pytest.fixture(scope="module")
def lab():
    made = Lab("channel", until=LAST)
    yield made
    made.net.close()


def channels(lab):
    """The rows of the step, and all."""
    _, body, text = lab.cloud.try_cli("trust", "verify", lab.world.corp.dns)
    assert body and "result" in body, text
    return [row for row in body["result"] if row["step"] == "channel"], body["result"]


@pytest.mark.parametrize("kind", ["forest", "external"])
@pytest.mark.parametrize("direction", ["two-way", "outgoing", "incoming"])
def test_it_stands(lab, kind, direction):
    lab.trust(kind, direction)
    rows, every = channels(lab)
    halves = {"two-way": ["outgoing", "incoming"]}.get(direction, [direction])
    assert [(row["dc"], row["side"], row["status"]) for row in rows] == [
        (ours, half, "pass")
        for ours in lab.world.cloud.hosts for half in halves], every
    assert all(lab.world.corp.addresses[0] in row["server"] for row in rows)
