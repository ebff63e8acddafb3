"""The names and domains that a trusted forest claims: shown, decided about, and obeyed by the KDC."""

import pytest

from entente import BUILD
from entente_lab import Pair
from netns import wait_for


@pytest.fixture(scope="module")
def lab():
    made = Pair("names")
    try:
        join(made)
        yield made
    finally:
        made.net.close()


def join(lab):
    lab.half(lab.cloud, "two-way")
    lab.half(lab.corp, "two-way")
    for forest in (lab.cloud, lab.corp):
        wait_for(lambda: lab.shown(forest)["state"] == "Verified", f"the trust at {forest.forest.dns}")


def names(lab, *options, forest=None):
    """{(type, name): row} of what the other forest claims."""
    forest = forest or lab.cloud
    rows = forest.cli("trust", "namespaces", lab.other(forest).forest.dns, *options)
    return {(row["type"], row["name"]): row for row in rows}


def reaches(lab):
    """Does a user of the cloud get a ticket for corp's service?"""
    return lab.logs_on(lab.cloud).kvno(lab.corp.spn, ok=False).returncode == 0


def test_what_is_claimed_is_shown(lab):
    corp = lab.world.corp
    shown = names(lab)
    assert shown["top-level name", corp.dns]["status"] == "enabled"
    domain = shown["domain", corp.dns]
    assert (domain["short_name"], domain["sid"], domain["status"], domain["short_name_status"]) == (
        corp.netbios, lab.corp.sid(), "enabled", "enabled")
    assert len(shown) == 2


@pytest.mark.parametrize("off,on,reason", [("--disable", "--enable", "ROUTE_DISABLED"),
                                           ("--exclude", "--include", "ROUTE_EXCLUDED")])
def test_a_name_that_is_off_leads_nowhere(lab, off, on, reason):
    corp = lab.world.corp
    name = corp.dns if off == "--disable" else f"web.{corp.dns}"
    assert reaches(lab)
    shown = names(lab, off, name)
    assert shown["top-level name", corp.dns]["status"] == ("disabled" if off == "--disable" else "enabled")
    assert (("exclusion", name) in shown) == (off == "--exclude")
    since = lab.cloud.mark()
    assert not reaches(lab)
    lab.cloud.reason_seen(reason, since)
    shown = names(lab, on, name)
    assert shown["top-level name", corp.dns]["status"] == "enabled" and len(shown) == 2
    assert reaches(lab)


def test_a_disabled_domain_leads_nowhere(lab):
    corp = lab.world.corp
    assert names(lab, "--disable-domain", corp.dns)["domain", corp.dns]["status"] == "disabled"
    assert not reaches(lab)
    names(lab, "--enable-domain", corp.dns)
    assert reaches(lab)
    shown = names(lab, "--disable-short-name", corp.netbios)
    assert shown["domain", corp.dns]["short_name_status"] == "disabled"
    names(lab, "--enable-short-name", corp.netbios)


def test_only_what_is_there_is_decided_about(lab):
    corp = lab.world.corp
    assert lab.cloud.refused("trust", "namespaces", corp.dns, "--enable", "nobody.example") == "FOREST_NAME_UNKNOWN"
    assert lab.cloud.refused("trust", "namespaces", corp.dns, "--exclude", "nobody.example") == "FOREST_NAME_UNKNOWN"
    other = f"ext{lab.world.digits(4)}.example.org"
    lab.cloud.cli("trust", "create", other, "--type", "external", "--direction", "outgoing", "--short-name",
                  f"EXT{lab.world.digits(4)}", "--password-file", lab.cloud.secret("Any-1-password"))
    assert lab.cloud.refused("trust", "namespaces", other) == "FOREST_TRUST_NEEDED"
    lab.cloud.cli("trust", "delete", other)


def test_decisions_at_the_same_time(lab):
    """Each is built on the others, whoever comes first: none is lost."""
    corp, cloud = lab.world.corp, lab.cloud
    wanted = [f"part{i}.{corp.dns}" for i in range(4)]
    deciding = [cloud.host.start(str(BUILD / "entente"), "--socket", cloud.socket, "trust", "namespaces", corp.dns, "--exclude", name,
                                 log=f"deciding{i}.log") for i, name in enumerate(wanted)]
    for process in deciding:
        assert process.wait(30) == 0
        cloud.host.procs.remove(process)
    assert {name for kind, name in names(lab) if kind == "exclusion"} == set(wanted)
    names(lab, *(word for name in wanted for word in ("--include", name)))


def test_a_name_of_our_own_is_in_conflict(lab):
    corp, cloud = lab.world.corp, lab.cloud
    cloud.cli("directory", "add-upn-suffix", corp.dns)
    try:
        row = names(lab, "--disable-short-name", corp.netbios)["top-level name", corp.dns]
        assert (row["status"], row["conflict_with"], row["reason"]) == ("conflict", corp.dns, "FOREST_INFO_TLN_CONFLICT")
        assert cloud.refused("trust", "namespaces", corp.dns, "--enable", corp.dns) == "FOREST_INFO_TLN_CONFLICT"
        assert not reaches(lab)
    finally:
        cloud.cli("directory", "remove-upn-suffix", corp.dns)
    assert names(lab, "--enable-short-name", corp.netbios)["top-level name", corp.dns]["status"] == "enabled"
    assert reaches(lab)


def test_users_names_end_in_a_suffix(lab):
    """alice@people.example logs on to her own forest, which has another name."""
    cloud, w = lab.cloud, lab.world
    suffix, user, password = f"people{w.digits(3)}.example", w.ascii_person(), w.password()
    cloud.cli("directory", "add-upn-suffix", suffix)
    cloud.add_user(user, password, "--upn", f"other.{user}@{suffix}")
    client = lab.clients[cloud]
    client.kinit(f"other.{user}@{suffix}", password, client.ENTERPRISE)
    client.kvno(cloud.spn)


def test_a_suffix_crosses_the_trust(lab):
    """It is asked over the secure channel, waits, and leads home when it is enabled there."""
    cloud, corp, w = lab.cloud, lab.corp, lab.world
    suffix, user, password = f"guests{w.digits(3)}.example", w.ascii_person(), w.password()
    cloud.cli("directory", "add-upn-suffix", suffix)
    cloud.add_user(user, password, "--upn", f"other.{user}@{suffix}")
    name, client = f"other.{user}@{suffix}", lab.clients[corp]
    assert names(lab, "--refresh", forest=corp)["top-level name", suffix]["status"] == "new"
    since = corp.mark()
    assert client.kinit(name, password, client.ENTERPRISE, ok=False).returncode != 0
    corp.reason_seen("ROUTE_DISABLED", since)
    assert names(lab, "--enable", suffix, forest=corp)["top-level name", suffix]["status"] == "enabled"
    client.kinit(name, password, client.ENTERPRISE)
    client.kvno(corp.spn)
    cloud.cli("directory", "remove-upn-suffix", suffix)
    assert ("top-level name", suffix) not in names(lab, "--refresh", forest=corp)
