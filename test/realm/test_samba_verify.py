"""`entente trust verify` against Samba: it passes for a right trust, and names each fault that is made for
real, by the row of the catalogue and by the side that it is on."""

import pytest

from netns import wait_for
from samba_lab import Lab


@pytest.fixture(scope="module")
def lab():
    made = Lab("verify")
    yield made
    made.net.close()


def verify(lab):
    """The exit status and the rows."""
    code, body, text = lab.cloud.try_cli("trust", "verify", lab.world.corp.dns)
    assert body and "result" in body, text
    return code, body["result"]


def failures(rows):
    return {(row["side"], row["reason"]) for row in rows if row["status"] == "fail"}


def expect(lab, *wanted):
    code, rows = verify(lab)
    assert code == (2 if wanted else 0), rows
    assert failures(rows) == set(wanted), rows
    shown = lab.cloud.cli("trust", "show", lab.world.corp.dns)
    assert shown["state"] == ("VerifyFailed" if wanted else "Verified"), shown
    if wanted:
        assert shown["reason"] in {reason for _, reason in wanted}
    return rows


@pytest.mark.parametrize("kind,direction", [("forest", "two-way"), ("forest", "outgoing"), ("forest", "incoming"),
                                            pytest.param("external", "two-way", marks=pytest.mark.long),
                                            pytest.param("external", "outgoing", marks=pytest.mark.long),
                                            pytest.param("external", "incoming", marks=pytest.mark.long)])
def test_a_right_trust(lab, kind, direction):
    lab.trust(kind, direction)
    rows = expect(lab)
    proofs = {row["side"] for row in rows if row["step"] == "proof" and row["status"] == "pass"}
    assert proofs == ({"incoming", "outgoing"} if direction == "two-way" else {direction})
    assert any(lab.world.corp.addresses[0] in row.get("server", "") for row in rows)


def test_the_other_half_comes_later(lab):
    lab.part()
    w = lab.world
    lab.cloud.trust(w.corp, lab.corp.sid, "two-way", w.trust_password)
    try:
        expect(lab, ("outgoing", "VERIFY_HALF_MISSING"), ("incoming", "VERIFY_HALF_MISSING"))
        lab.corp.create_half(w.cloud, lab.cloud_sid, 3, w.trust_password, 8)
        expect(lab)
        lab.corp.delete_half(w.cloud)
    finally:
        lab.cloud.cli("trust", "delete", w.corp.dns, "--keep-forwarder")


def test_different_passwords(lab):
    w = lab.world
    lab.trust("forest", "two-way", password=w.password())
    expect(lab, ("outgoing", "VERIFY_PASSWORD_DIFFERENT"), ("incoming", "VERIFY_PASSWORD_DIFFERENT"))
    # The remedy of that row mends both halves at once, also for users.
    lab.cloud.cli("trust", "set", w.corp.dns, "--password-file", lab.cloud.secret(w.trust_password))
    expect(lab)
    lab.corp_logs_on().ticket(lab.spn)
    lab.cloud_logs_on().ticket(f"cifs/{w.corp.fqdn()}")
    lab.part()


def test_only_rc4_on_their_side(lab):
    lab.trust("forest", "two-way", enctypes=4)
    # Their trust account has AES keys all the same: the logon passes, what their users bring does not.
    expect(lab, ("incoming", "VERIFY_NO_COMMON_ENCTYPE"))
    client = lab.corp_logs_on()
    since = lab.cloud.mark()
    out = client.ticket(lab.spn, ok=False)
    assert "no support for encryption type" in out.stdout, out.stdout
    lab.cloud.reason_seen("TRUST_NO_COMMON_ENCTYPE", since)
    lab.part()


def test_no_forwarder(lab):
    w = lab.world
    lab.trust("forest", "two-way")
    lab.cloud.cli("forwarder", "delete", w.corp.dns)
    try:
        rows = expect(lab, ("both", "VERIFY_NAME_UNKNOWN"))
        assert any(w.corp.dns in row.get("detail", "") for row in rows)
    finally:
        lab.cloud.cli("forwarder", "create", w.corp.dns, "--address", w.corp.addresses[0])
    expect(lab)


def test_their_dns_is_silent(lab):
    w = lab.world
    lab.trust("forest", "two-way")
    lab.corp.host.nft_drop("ip saddr 10.99.0.0/16 meta l4proto { tcp, udp } th dport 53", hook="input")
    try:
        # What is in the cache is still known: made anew, the forwarder forgets it.
        lab.cloud.cli("forwarder", "delete", w.corp.dns)
        lab.cloud.cli("forwarder", "create", w.corp.dns, "--address", w.corp.addresses[0])
        expect(lab, ("both", "VERIFY_FORWARDER_SILENT"))
    finally:
        lab.corp.host.nft_flush()
    wait_for(lambda: verify(lab)[0] == 0, "the forwarder to be asked again")


def test_port_88_is_silent(lab):
    lab.trust("forest", "two-way")
    lab.corp.host.nft_drop("meta l4proto { tcp, udp } th dport 88", hook="input")
    try:
        _, rows = verify(lab)
        assert {reason for _, reason in failures(rows)} == {"VERIFY_PORT_SILENT"}, rows
    finally:
        lab.corp.host.nft_flush()


def test_port_88_is_closed(lab):
    lab.trust("forest", "two-way")
    lab.corp.host.nft_rule("meta l4proto { tcp, udp } th dport 88", "reject", hook="input")
    try:
        _, rows = verify(lab)
        assert {reason for _, reason in failures(rows)} == {"VERIFY_PORT_CLOSED"}, rows
    finally:
        lab.corp.host.nft_flush()


def test_clocks_differ(lab):
    """The last: Samba is started anew, ten minutes ahead."""
    lab.trust("forest", "two-way")
    expect(lab)
    lab.corp.restart(faketime="+600s")
    _, rows = verify(lab)
    assert {reason for _, reason in failures(rows)} == {"VERIFY_CLOCK_SKEW"}, rows
    skew = [row["detail"] for row in rows if row.get("reason") == "VERIFY_CLOCK_SKEW"]
    assert all(any(word in text for word in ("600", "599", "601", "602", "598")) for text in skew), skew
