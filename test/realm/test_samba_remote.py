"""Both halves of a trust made from our side, with the rights of Samba's administrator over its LSA."""

import pytest

from samba_lab import Lab
from world import LAST


@pytest.fixture(scope="module")
def lab():
    made = Lab("remote", until=LAST)
    yield made
    made.net.close()


def both(lab, *more, admin=None, password=None):
    corp = lab.world.corp
    return ("--remote-admin", admin or f"administrator@{corp.realm}", "--remote-password-file",
            lab.cloud.secret(password or corp.admin_password), *more)


def create(lab, kind, direction, *options):
    w = lab.world
    return ("trust", "create", w.corp.dns, "--type", kind, "--direction", direction, "--password-file",
            lab.cloud.secret(w.trust_password), *options)


def theirs(lab):
    """What Samba has, or nothing."""
    return lab.corp.tool("domain", "trust", "list").stdout


@pytest.mark.parametrize("kind,direction", [("forest", "two-way"), ("forest", "outgoing"), ("forest", "incoming"),
                                            ("external", "two-way"), ("external", "outgoing")])
def test_both_halves(lab, kind, direction):
    w, cloud = lab.world, lab.cloud
    made = cloud.cli(*create(lab, kind, direction, *both(lab)))
    try:
        assert (made["state"], made["sid"], made["short_name"]) == ("Verified", lab.corp.sid, w.corp.netbios), made
        assert "other_side" not in made
        shown = theirs(lab).lower()
        assert w.cloud.dns in shown and {"two-way": "both", "outgoing": "incoming", "incoming": "outgoing"}[direction] in shown
        if direction != "incoming" and kind == "forest":
            lab.corp_logs_on().ticket(lab.spn)
        if direction != "outgoing" and kind == "forest":
            lab.cloud_logs_on().ticket(f"cifs/{w.corp.fqdn()}")
    finally:
        cloud.cli("trust", "delete", w.corp.dns, "--keep-forwarder", *both(lab))
    assert w.cloud.dns not in theirs(lab)


def test_nothing_stays_when_they_refuse(lab):
    """A wrong password, an account without rights, a trust that is there."""
    w, cloud = lab.world, lab.cloud
    wrong = both(lab, password=w.password())
    assert cloud.refused(*create(lab, "forest", "two-way", *wrong), status=1) == "REMOTE_LOGON_REFUSED"
    user = both(lab, admin=f"{w.corp.netbios}\\{lab.corp_user}", password=w.corp.users[lab.corp_user])
    assert cloud.refused(*create(lab, "forest", "two-way", *user), status=1) == "REMOTE_REFUSED"
    lab.corp.create_half(w.cloud, lab.cloud_sid, 3, w.password(), 8)
    assert cloud.refused(*create(lab, "forest", "two-way", *both(lab)), status=1) == "REMOTE_REFUSED"
    lab.corp.delete_half(w.cloud)
    assert cloud.cli("trust", "list") == []
    assert cloud.refused(*create(lab, "forest", "two-way", "--remote-admin", "administrator")) == "CONTROL_ARGUMENT"
    assert cloud.cli("trust", "list") == []
