"""`entente trust verify` against Samba: it passes for a right trust, and names each fault that is made for
real, by the row of the catalogue and by the side that it is on."""

import os
import shlex
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest

from entente import BUILD
from netns import wait_for
from samba_lab import Lab
from signpost import Signpost
from world import LAST, Forest


@pytest.fixture(scope="module")
def lab():
    made = Lab("verify", until=LAST)
    yield made
    made.net.close()


def verify(lab, partner=None):
    """The exit status and the rows."""
    code, body, text = lab.cloud.try_cli("trust", "verify", partner or lab.world.corp.dns)
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
        # Nobody asks: what was not proved is proved again by itself.
        wait_for(lambda: lab.cloud.cli("trust", "show", w.corp.dns)["state"] == "Verified", "the trust to heal")
        expect(lab)
        lab.corp.delete_half(w.cloud)
    finally:
        lab.cloud.cli("trust", "delete", w.corp.dns, "--keep-forwarder")


@pytest.mark.parametrize("kind,direction", [("forest", "two-way"), ("external", "outgoing"), ("external", "incoming")])
def test_what_the_other_side_is_told_works(lab, kind, direction):
    """The line for samba-tool as it stands, with the password typed: twice for each direction. Samba's tool of 4.17
    makes the trust and ends with a traceback of its own, so what it made is looked at."""
    lab.part()
    w = lab.world
    lab.cloud.trust(w.corp, lab.corp.sid, direction, w.trust_password, kind)
    told = lab.cloud.cli("trust", "instructions", w.corp.dns)
    assert w.trust_password not in str(told)
    line, = [line for tool in told["other_side"] for line in tool["lines"] if line.startswith("samba-tool ")]
    try:
        out = lab.corp.tool(*shlex.split(line)[1:], input=4 * f"{w.trust_password}\n", check=False,
                            env={"LC_ALL": "C.UTF-8"}).stdout
        assert w.cloud.dns in lab.corp.tool("domain", "trust", "list").stdout, out
        wait_for(lambda: lab.cloud.cli("trust", "show", w.corp.dns)["state"] == "Verified", "the trust to be proved")
    finally:
        lab.corp.delete_half(w.cloud)
        lab.cloud.cli("trust", "delete", w.corp.dns, "--keep-forwarder")


def test_what_is_not_given_is_learned(lab):
    """The NetBIOS name by the ping of Samba's, the SID from its referral to us."""
    lab.part()
    w = lab.world
    lab.corp.create_half(w.cloud, lab.cloud_sid, 3, w.trust_password, 8)
    lab.cloud.cli("trust", "create", w.corp.dns, "--type", "forest", "--direction", "two-way", "--password-file",
                  lab.cloud.secret(w.trust_password))
    try:
        shown = lab.cloud.cli("trust", "show", w.corp.dns)
        assert (shown["short_name"], shown["sid"], shown["state"]) == (w.corp.netbios, lab.corp.sid, "Verified")
    finally:
        lab.corp.delete_half(w.cloud)
        lab.cloud.cli("trust", "delete", w.corp.dns, "--keep-forwarder")


def test_what_is_set_meanwhile_stays_set(lab):
    """The first verification writes the SID that it learned into the trust as it is then."""
    lab.part()
    w, cloud = lab.world, lab.cloud
    lab.corp.create_half(w.cloud, lab.cloud_sid, 3, w.trust_password, 8)
    peers = [p["pid"] for name, p in cloud.processes().items() if name.startswith("peer")]
    assert peers
    for pid in peers:
        os.kill(pid, signal.SIGSTOP)
    try:
        creating = cloud.host.start(
            str(BUILD / "entente"), "--socket", cloud.socket, "trust", "create", w.corp.dns, "--type", "forest",
            "--direction", "two-way", "--short-name", w.corp.netbios, "--password-file",
            cloud.secret(w.trust_password), log="creating.log")
        wait_for(lambda: cloud.try_cli("trust", "show", w.corp.dns)[0] == 0, "the trust", 60)
        cloud.cli("trust", "set", w.corp.dns, "--selective-auth")
    finally:
        go_on(peers)
    try:
        assert creating.wait(60) == 0
        cloud.host.procs.remove(creating)
        shown = cloud.cli("trust", "show", w.corp.dns)
        assert (shown["sid"], shown["selective_auth"], shown["state"]) == (lab.corp.sid, True, "Verified"), shown
    finally:
        lab.corp.delete_half(w.cloud)
        cloud.cli("trust", "delete", w.corp.dns, "--keep-forwarder")


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


@pytest.mark.parametrize("direction,sides", [("two-way", ("incoming", "outgoing")), ("outgoing", ("outgoing",)),
                                             ("incoming", ("incoming",))])
def test_only_rc4_on_their_side(lab, direction, sides):
    lab.trust("forest", direction, enctypes=4)
    # Their account for us has AES keys all the same: the logon passes, what their users bring does not.
    rows = expect(lab, *[(side, "VERIFY_NO_COMMON_ENCTYPE") for side in sides])
    if "outgoing" in sides:
        told = [row["detail"] for row in rows if row["side"] == "outgoing" and row["status"] == "fail"]
        assert lab.world.cloud.realm in told[0] and "KDC_ERR_ETYPE_NOSUPP" in told[0], told
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


@pytest.fixture(scope="module")
def signpost(lab):
    return Signpost(lab.net, lab.world.address(77))


@contextmanager
def pointed(lab, signpost, address, port, domain=None):
    """Our forwarder asks the signpost about the partner, and that sends us to this address and port."""
    w, domain = lab.world, domain or lab.world.corp.dns
    signpost.point(domain, f"elsewhere.{domain}", address, port)
    lab.cloud.try_cli("forwarder", "delete", domain)
    lab.cloud.cli("forwarder", "create", domain, "--address", signpost.address)
    try:
        yield f"elsewhere.{domain} ({address})"
    finally:
        lab.cloud.cli("forwarder", "delete", domain)
        if domain == w.corp.dns:
            lab.cloud.cli("forwarder", "create", domain, "--address", w.corp.addresses[0])


def details(lab, rows, reason, count):
    """Of the rows with this reason, which are all that failed by Kerberos, so many from each domain controller of ours;
    the secure channel fails there, too, for reasons of its own."""
    rows = [row for row in rows if row["step"] != "channel"]
    assert {row["reason"] for row in rows if row["status"] == "fail"} == {reason}, [(x.get("reason"), x["side"], x["detail"]) for x in rows]
    found = [(row["server"], row["detail"]) for row in rows if row.get("reason") == reason]
    assert sorted(row["dc"] for row in rows if row.get("reason") == reason) == sorted(count * lab.world.cloud.hosts), rows
    return found


def stop_resolvers(lab):
    """Their ids, for go_on()."""
    ours = [p["pid"] for name, p in lab.cloud.processes().items() if "dns" in name]
    assert ours
    for pid in ours:
        os.kill(pid, signal.SIGSTOP)
    return ours


def go_on(pids):
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def test_our_own_resolver_is_silent(lab):
    lab.trust("forest", "two-way")
    ours = stop_resolvers(lab)
    try:
        _, rows = verify(lab)
    finally:
        go_on(ours)
    found = details(lab, rows, "VERIFY_RESOLVER_SILENT", 1)
    assert {server for server, _ in found} == set(lab.world.cloud.addresses)
    assert all(f"_kerberos._tcp.{lab.world.corp.dns}" in detail and server in detail for server, detail in found)
    wait_for(lambda: verify(lab)[0] == 0, "our resolver to answer again")


def test_no_kdc_at_that_port(lab, signpost):
    """Samba's LDAP server hangs up on a Kerberos request, a web server answers with a page."""
    lab.trust("forest", "two-way")
    web = signpost.host.start("/usr/bin/python3", "-m", "http.server", "88", "--directory", signpost.host.dir)
    wait_for(lambda: signpost.host.run("curl", "-s", f"http://{signpost.address}:88/", check=False).returncode == 0,
             "the web server")
    try:
        for address, port in ((lab.world.corp.addresses[0], 389), (signpost.address, 88)):
            with pointed(lab, signpost, address, port) as where:
                _, rows = verify(lab)
                for server, detail in details(lab, rows, "VERIFY_NOT_A_KDC", 2):
                    assert server == where and f"port {port}/tcp" in detail
    finally:
        signpost.host.stop(web)


def test_a_name_that_is_no_dc(lab, signpost):
    """DNS leads to Samba's by a name that is not its own. Kerberos proves the trust all the same; but nothing is asked
    over SMB, nor with an administrator's rights, of what only DNS calls a domain controller."""
    w = lab.world
    lab.trust("forest", "two-way")
    with pointed(lab, signpost, w.corp.addresses[0], 88):
        code, rows = verify(lab)
        assert code == 0 and {row["side"] for row in rows if row["step"] == "proof" and row["status"] == "pass"} == {"incoming", "outgoing"}
        assert [row["reason"] for row in rows if row["status"] != "pass"] == len(w.cloud.hosts) * ["PARTNER_NOT_A_DC"], rows


# Takes connections and says nothing until two are open at the same time; then it hangs up on both.
PATIENT = """import socket
server = socket.create_server(("0.0.0.0", 88))
print("listens", flush=True)
while True:
    both = [server.accept()[0], server.accept()[0]]
    for connection in both:
        connection.close()
"""


def test_both_halves_are_proved_at_once(lab, signpost):
    """One after the other, the first would find the port silent."""
    lab.trust("forest", "two-way")
    server = signpost.host.start("/usr/bin/python3", "-c", PATIENT, log="patient.log")
    wait_for(lambda: "listens" in Path(signpost.host.dir, "patient.log").read_text(encoding="utf-8"), "the server")
    try:
        with pointed(lab, signpost, signpost.address, 88):
            _, rows = verify(lab)
            details(lab, rows, "VERIFY_NOT_A_KDC", 2)
    finally:
        signpost.host.stop(server)


def test_nobody_waits_for_a_verification(lab):
    lab.trust("forest", "two-way")
    ours = stop_resolvers(lab)
    try:
        slow = lab.cloud.host.start(str(BUILD / "entente"), "--socket", lab.cloud.socket, "trust", "verify",
                                    lab.world.corp.dns, log="slow.log")
        assert lab.cloud.cli("user", "show", lab.cloud_user)
        assert slow.poll() is None  # it waits for six seconds
        slow.wait(60)
        lab.cloud.host.procs.remove(slow)
    finally:
        go_on(ours)
    wait_for(lambda: verify(lab)[0] == 0, "our resolver to answer again")


def test_the_kdc_of_another_realm(lab, signpost):
    """A forwarder to the wrong forest: Samba's KDC, and then ours, asked for a realm that is not theirs."""
    w = lab.world
    lab.trust("forest", "two-way")
    for forest, domain in ((w.cloud, w.corp.dns), (w.corp, f"other{w.digits(3)}.example.net")):
        if domain != w.corp.dns:
            other = Forest(domain, f"OTHER{w.digits(3)}", [], [], "")
            lab.cloud.trust(other, f"S-1-5-21-{w.digits(8)}-{w.digits(8)}-{w.digits(8)}", "two-way", w.password())
        with pointed(lab, signpost, forest.addresses[0], 88, domain) as where:
            _, rows = verify(lab, domain)
            for server, detail in details(lab, rows, "VERIFY_WRONG_REALM", 2):
                assert server == where
                # Both echo the realm that they are asked for.
                assert f"does not answer for {domain.upper()}" in detail
    lab.cloud.cli("trust", "delete", domain)


def test_the_partner_refuses_the_account(lab):
    """The account of the trust has expired at Samba's: neither the password nor the trust is at fault."""
    lab.trust("forest", "outgoing")
    lab.corp.modify(f"CN={lab.world.cloud.netbios}$,CN=Users,{lab.world.corp.base}", accountExpires="1")
    _, rows = verify(lab)
    for _, detail in details(lab, rows, "VERIFY_REFUSED", 1):
        assert f"{lab.world.cloud.netbios}$@{lab.world.corp.realm}" in detail
    lab.part()


def test_clocks_differ(lab):
    """The last: Samba is started anew, ten minutes ahead."""
    lab.trust("forest", "two-way")
    expect(lab)
    lab.corp.restart(ahead=600)
    _, rows = verify(lab)
    assert {reason for _, reason in failures(rows)} == {"VERIFY_CLOCK_SKEW"}, rows
    skew = [row["detail"] for row in rows if row.get("reason") == "VERIFY_CLOCK_SKEW"]
    assert all(any(word in text for word in ("600", "599", "601", "602", "598")) for text in skew), skew
