"""The life of a trust after it was made, between two forests of Entente: it heals by itself."""

import pytest

from entente_lab import Pair
from netns import wait_for


@pytest.fixture(scope="module")
def lab():
    made = Pair("life")
    yield made
    made.net.close()


@pytest.fixture(autouse=True)
def apart(lab):
    yield
    lab.part()


def verified(lab, forest):
    return lab.shown(forest)["state"] == "Verified"


def both_heal(lab):
    """Neither knew the other's SID before; each learns it from the other's referral."""
    for forest in (lab.cloud, lab.corp):
        wait_for(lambda: verified(lab, forest), f"the half of {forest.forest.dns} to be proved by itself")


@pytest.mark.parametrize("direction,complement", [("two-way", "two-way"), ("outgoing", "incoming")])
def test_the_other_half_comes_later(lab, direction, complement):
    """Nobody verifies: it is proved again by itself, and says so."""
    lab.half(lab.cloud, direction)
    shown = lab.shown(lab.cloud)
    assert (shown["state"], shown["reason"]) == ("VerifyFailed", "VERIFY_HALF_MISSING"), shown
    assert shown["checked"] < shown["next_check"], shown
    since = lab.cloud.mark()
    lab.half(lab.corp, complement)
    both_heal(lab)
    assert "reason" not in lab.shown(lab.cloud)
    told = [e["state"] for e in lab.cloud.events(since) if e["event"] == "control.trust_state"]
    assert told == ["Verified"], told


def test_what_is_known_outlives_a_restart(lab):
    lab.half(lab.cloud, "two-way")
    before = lab.shown(lab.cloud)
    lab.cloud.stop()
    lab.cloud.serve()
    lab.cloud.wait_ready()
    after = lab.shown(lab.cloud)
    assert [before[k] for k in ("state", "reason", "since")] == [after[k] for k in ("state", "reason", "since")]
    lab.half(lab.corp, "two-way")
    both_heal(lab)


def test_a_trust_made_anew_is_a_new_one(lab):
    """What was known of the one before is not said of it."""
    lab.half(lab.corp, "two-way")
    lab.half(lab.cloud, "two-way")
    both_heal(lab)
    lab.cloud.cli("trust", "delete", lab.world.corp.dns, "--keep-forwarder")
    lab.half(lab.cloud, "two-way", password=lab.world.password())
    shown = lab.shown(lab.cloud)
    assert (shown["state"], shown["reason"]) == ("VerifyFailed", "VERIFY_PASSWORD_DIFFERENT"), shown
