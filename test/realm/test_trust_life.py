"""The life of a trust after it was made, between two forests of Entente: it heals by itself, and is proved from each
domain controller to each of the other side's."""

import json
import os
import shlex
import signal
from pathlib import Path

import pytest

from entente import BUILD
from entente_lab import Pair
from netns import wait_for
from traffic import Traffic, going_on


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


def not_due(ours, partner):
    """As if that trust had been missed for long: it is not tried again by itself while this test lasts."""
    ours.stop()
    file = Path(ours.state, "control.json")
    known = json.loads(file.read_text(encoding="utf-8"))
    entry, = (t for d in known["directories"] for t in d["trusts"] if t["partner"] == partner)
    hour = 3600 * 10**6
    entry["began"] -= hour
    entry["due"] += hour
    file.write_text(json.dumps(known), encoding="utf-8")
    ours.serve()
    ours.wait_ready()


@pytest.mark.parametrize("direction,complement", [("two-way", "two-way"), ("outgoing", "incoming"), ("incoming", "outgoing")])
def test_a_partner_that_is_heard_is_proved_at_once(lab, direction, complement):
    """Long before its turn comes: its first proof of its own half is heard by our KDC."""
    lab.half(lab.cloud, direction)
    not_due(lab.cloud, lab.world.corp.dns)
    shown, since = lab.shown(lab.cloud), lab.cloud.mark()
    assert shown["state"] == "VerifyFailed", shown
    lab.half(lab.corp, complement)
    both_heal(lab)
    verified_at, = (e["time"] for e in lab.cloud.events(since) if e["event"] == "control.trust_state")
    assert verified_at < shown["next_check"], shown


def test_a_secure_channel_is_heard(lab):
    """Alone: what the partner says by Kerberos does not come through."""
    ours, w = lab.cloud, lab.world
    lab.half(ours, "incoming")
    not_due(ours, w.corp.dns)
    ours.host.nft_rule(f"ip saddr {w.corp.addresses[0]} meta l4proto {{ tcp, udp }} th dport 88", "reject", hook="input")
    try:
        lab.corp.cli("trust", "create", w.cloud.dns, "--direction", "outgoing", "--sid", ours.sid(), "--password-file",
                     lab.corp.secret(w.trust_password))
        wait_for(lambda: verified(lab, ours), "our half to be proved")
        assert lab.shown(lab.corp)["reason"] == "VERIFY_PORT_CLOSED"
    finally:
        ours.host.nft_flush()


def test_who_made_a_half_waits_for_the_other(lab):
    w, ours = lab.world, lab.cloud
    making = ours.host.start(str(BUILD / "entente"), "--socket", ours.socket, "--output", "json", "trust", "create", w.corp.dns,
                             "--direction", "two-way", "--password-file", ours.secret(w.trust_password), "--wait=60",
                             log="waiting.log")
    log = Path(ours.host.dir, "waiting.log")
    wait_for(lambda: "VERIFY_HALF_MISSING" in log.read_text(encoding="utf-8"), "the other half to be missed")
    lab.half(lab.corp, "two-way")
    code = making.wait(60)
    ours.host.procs.remove(making)
    progress, _, answer = log.read_text(encoding="utf-8").partition("{")
    lines = progress.splitlines()
    assert code == 0 and lines[0].startswith(f"{w.corp.dns}: VerifyFailed: VERIFY_HALF_MISSING: "), lines
    assert lines[-1] == f"{w.corp.dns}: Verified", lines
    made = json.loads("{" + answer)["result"]
    assert made["state"] == "Verified" and "other_side" not in made and "reason" not in made, made
    lab.corp.cli("trust", "delete", w.cloud.dns, "--keep-forwarder")
    code, _, text = ours.try_cli("trust", "verify", w.corp.dns, "--wait=0")
    assert code == 3 and f"{w.corp.dns} is not Verified after 0 s, but VerifyFailed" in text, text


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


@pytest.mark.parametrize("direction,kind", [("outgoing", "forest"), ("incoming", "external")])
def test_what_the_other_side_is_told_works(lab, direction, kind):
    """As it stands, with the password typed."""
    w = lab.world
    lab.half(lab.cloud, direction, kind)
    told = lab.cloud.cli("trust", "instructions", w.corp.dns)
    assert w.trust_password not in str(told)
    (line,), = [tool["lines"] for tool in told["other_side"] if tool["tool"] == "Entente"]
    words = shlex.split(line)
    assert words.pop(0) == "entente"
    lab.corp.cli(*words, "--password-file", lab.corp.secret(w.trust_password))
    shown = lab.shown(lab.corp)
    assert (shown["direction"], shown["type"]) == (told["other_side_chooses"], kind), shown
    both_heal(lab)


def test_the_maker_of_a_half_is_told(lab):
    """People read one line below the other; who has nothing left to do is told nothing."""
    w = lab.world
    words = ["trust", "create", w.corp.dns, "--direction", "outgoing", "--password-file", lab.cloud.secret(w.trust_password)]
    out = lab.cloud.host.run(str(BUILD / "entente"), "--socket", lab.cloud.socket, *words).stdout
    lines = [line.strip() for line in out.split("\n")]
    for told in (f"Trust Name: {w.cloud.dns}", "Direction of Trust: One-way: incoming (users in this domain can be "
                 "authenticated in the specified domain)", "Sides of Trust: This domain only"):
        assert told in lines, out
    assert w.trust_password not in out
    lab.half(lab.corp, "incoming")
    both_heal(lab)
    lab.cloud.cli("trust", "delete", w.corp.dns, "--keep-forwarder")
    assert "other_side" not in lab.cloud.cli(*words)


def test_a_change_is_proved_at_once(lab):
    lab.half(lab.corp, "two-way")
    lab.half(lab.cloud, "two-way")
    both_heal(lab)
    w = lab.world
    lab.cloud.cli("trust", "set", w.corp.dns, "--password-file", lab.cloud.secret(w.password()))
    wait_for(lambda: lab.shown(lab.cloud).get("reason") == "VERIFY_PASSWORD_DIFFERENT", "the fault to be seen")
    lab.cloud.cli("trust", "set", w.corp.dns, "--password-file", lab.cloud.secret(w.trust_password))
    both_heal(lab)


def test_both_halves_from_one_side(lab):
    """Over the LSA of our own kind, and away again."""
    w = lab.world
    admin = ("--remote-admin", f"Administrator@{w.corp.realm}", "--remote-password-file", lab.cloud.secret(w.corp.admin_password))
    made = lab.cloud.cli("trust", "create", w.corp.dns, "--direction", "outgoing", "--password-file",
                         lab.cloud.secret(w.trust_password), *admin)
    assert made["state"] == "Verified" and made["sid"] == lab.corp.sid(), made
    shown = lab.shown(lab.corp)
    assert (shown["direction"], shown["type"], shown["sid"]) == ("incoming", "forest", lab.cloud.sid()), shown
    lab.logs_on(lab.corp).kvno(lab.cloud.spn)
    lab.cloud.cli("trust", "delete", w.corp.dns, "--keep-forwarder", *admin)
    assert lab.corp.cli("trust", "list") == []


def test_half_a_trust_is_not_left_behind(lab):
    """The other half is made, and then it shows that the partner is not who the administrator said."""
    w = lab.world
    code, _, text = lab.cloud.try_cli(
        "trust", "create", w.corp.dns, "--direction", "outgoing", "--sid", "S-1-5-21-1-2-3", "--password-file",
        lab.cloud.secret(w.trust_password), "--remote-admin", "Administrator", "--remote-password-file",
        lab.cloud.secret(w.corp.admin_password))
    assert code and "TRUST_CHANGE_IDENTITY" in text, text
    assert (lab.corp.cli("trust", "list"), lab.cloud.cli("trust", "list")) == ([], [])


# Stands before an SMB server, and hangs up on who asks for LsarCreateTrustedDomainEx2 (59): where the answer would come;
# with "forever" from then on before everything; with "late" and "never" before the request has gone on, which it does once
# somebody has looked for the trust (LsarOpenTrustedDomainByName, 55) and been answered, or not at all.
FORGETFUL = """import socket, sys, threading
server, how = sys.argv[1:]
lost, looked = threading.Event(), threading.Event()
def asks(data, opnum):
    at = data.find(b"\\x05\\x00\\x00\\x03\\x10")
    return at >= 0 and data[at + 22:at + 24] == bytes((opnum, 0))
def serve(client):
    there = socket.create_connection((server, 445))
    created, looking = threading.Event(), threading.Event()
    def hang_up():
        lost.set()
        client.shutdown(socket.SHUT_RDWR)
    def back():
        while data := there.recv(65536):
            if lost.is_set() and created.is_set():
                continue
            pending = data[12:16] == b"\\x03\\x01\\x00\\x00"
            if created.is_set() and not pending:  # not one that only says STATUS_PENDING: this is what is lost
                hang_up()
            else:
                client.sendall(data)
                if looking.is_set() and not pending:
                    looked.set()
    threading.Thread(target=back, daemon=True).start()
    while data := client.recv(65536):
        if asks(data, 59) and not lost.is_set():
            created.set()
            if how in ("late", "never"):
                hang_up()
                if how == "late":
                    looked.wait()
                    there.sendall(data)
                continue
        elif asks(data, 55) and lost.is_set():
            looking.set()
        there.sendall(data)
listening = socket.create_server(("", 8445))
print("listens", flush=True)
while True:
    client, _ = listening.accept()
    if how == "forever" and lost.is_set():
        client.close()
    else:
        threading.Thread(target=serve, args=(client,), daemon=True).start()
"""


@pytest.mark.parametrize("how,became,stays", [
    ("once", "is deleted again", False), ("forever", "may still be there", True),
    ("late", "is deleted again", False), ("never", "is not there so far, but may still be made", False)])
def test_the_answer_of_the_other_side_is_lost(lab, how, became, stays):
    """Its half may be there by then, or be made yet: it is deleted again, or who asked is told that it may be there."""
    w, there = lab.world, lab.corp.host
    proxy = there.start("/usr/bin/python3", "-c", FORGETFUL, w.corp.addresses[0], how, log=f"forgetful.{how}.log")
    wait_for(lambda: "listens" in Path(there.dir, f"forgetful.{how}.log").read_text(encoding="utf-8"), "the one between")
    there.run("nft", "-f", "-", input="table ip between {\n chain c {\n type nat hook prerouting priority -100;\n"
              " tcp dport 445 redirect to :8445\n }\n}\n")
    try:
        code, body, text = lab.cloud.try_cli(
            "trust", "create", w.corp.dns, "--direction", "outgoing", "--password-file", lab.cloud.secret(w.trust_password),
            "--remote-admin", "Administrator", "--remote-password-file", lab.cloud.secret(w.corp.admin_password))
    finally:
        there.nft_flush()
        there.stop(proxy)
    assert code and body["error"]["reason"] == "REMOTE_UNCERTAIN", text
    assert became in body["error"]["message"], text
    assert lab.cloud.cli("trust", "list") == []
    assert [t["partner"] for t in lab.corp.cli("trust", "list")] == ([w.cloud.dns] if stays else [])


def test_each_side_makes_new_passwords(lab):
    """Told over the secure channel of our own kind, while users of both forests come and go; then each side's other
    half has another password, and both prove."""
    w = lab.world
    lab.half(lab.corp, "two-way")
    lab.half(lab.cloud, "two-way")
    both_heal(lab)
    traffic = [Traffic(lambda ours=ours: lab.logs_on(ours), lab.other(ours).spn) for ours in (lab.cloud, lab.corp)]
    with going_on(traffic):
        for ours, version in ((lab.cloud, 2), (lab.corp, 2)):
            assert ours.cli("trust", "rotate", lab.other(ours).forest.dns)["password_version"] == version
        for t in traffic:
            t.further(10)
    for ours in (lab.cloud, lab.corp):
        rows = ours.cli("trust", "verify", lab.other(ours).forest.dns)
        assert {row["status"] for row in rows} == {"pass"}, rows


def proofs(rows):
    """(ours, theirs, side, step) of what passed."""
    return {(r["dc"], r["server"].split(".")[0], r["side"], r["step"]) for r in rows
            if r["status"] == "pass" and r["step"] in ("proof", "channel")}


def test_from_every_dc_to_every_other(lab):
    lab.half(lab.corp, "two-way")
    lab.half(lab.cloud, "two-way")
    both_heal(lab)
    for ours in (lab.cloud, lab.corp):
        theirs = lab.other(ours).forest
        rows = ours.cli("trust", "verify", theirs.dns)
        assert {row["status"] for row in rows} == {"pass"}, rows
        assert proofs(rows) == {(a, b, side, step) for a in ours.forest.hosts for b in theirs.hosts for side, step in (
            ("outgoing", "proof"), ("outgoing", "channel"), ("incoming", "proof"), ("incoming", "channel"))}, rows
    # Who authenticates selectively gives our machines no ticket to ask with, and is asked by a logon.
    lab.corp.cli("trust", "set", lab.world.cloud.dns, "--selective-auth")
    rows = lab.cloud.cli("trust", "verify", lab.world.corp.dns)
    assert {row["status"] for row in rows} == {"pass"}, rows
    lab.corp.reason_seen("SELECTIVE_AUTH_DENIED")
    # Without that, too, the trust is no worse for it.
    lab.corp.host.nft_rule("tcp dport 445", "reject with tcp reset", hook="input")
    rows = lab.cloud.cli("trust", "verify", lab.world.corp.dns)
    lab.corp.host.nft_flush()
    assert [(r["dc"], r["side"], r["step"], r["status"], r["reason"]) for r in rows if r["status"] != "pass"] == [
        (ours, "incoming", "channel", "unknown", "PARTNER_SELECTIVE") for ours in lab.world.cloud.hosts], rows


def test_a_dc_of_ours_cannot_be_asked(lab):
    """It is named; the others prove the trust, which stays what it is."""
    lab.half(lab.corp, "two-way")
    lab.half(lab.cloud, "two-way")
    both_heal(lab)
    ours, theirs = lab.cloud, lab.world.corp
    silent, = (p["pid"] for name, p in ours.processes().items() if name.startswith("peer") and name.endswith(ours.forest.hosts[0]))
    os.kill(silent, signal.SIGSTOP)
    since = lab.corp.mark()
    asking = ours.host.start(str(BUILD / "entente"), "--socket", ours.socket, "--output", "json", "trust", "verify", theirs.dns,
                             log="asking.log")
    wait_for(lambda: len([e for e in lab.corp.events(since) if e["event"].startswith("kdc.")]) >= 2, "the other one to prove")
    os.kill(silent, signal.SIGKILL)
    code = asking.wait(60)
    ours.host.procs.remove(asking)
    answer = json.loads(Path(ours.host.dir, "asking.log").read_text(encoding="utf-8"))
    assert code == 3 and answer["verdict"] == "unknown", answer
    asked = [(r["dc"], r["step"], r["status"], r["reason"]) for r in answer["result"] if r["status"] != "pass"]
    assert asked == [(ours.forest.hosts[0], "ask", "unknown", "CONTROL_PEER_AWAY")], answer
    assert proofs(answer["result"]) == {(ours.forest.hosts[1], theirs.hosts[0], side, step) for side, step in (
        ("outgoing", "proof"), ("outgoing", "channel"), ("incoming", "proof"), ("incoming", "channel"))}
    assert verified(lab, ours)
    # Whatever else is asked goes to the one that is there; and then the first is back.
    wait_for(lambda: ours.try_cli("trust", "verify", theirs.dns)[0] == 0, "all to be asked again")


def back(rows):
    """What the partner's channels to us were found to be: (status, reason) from each domain controller of ours."""
    return {(r["status"], r.get("reason")) for r in rows if (r["side"], r["step"]) == ("incoming", "channel")}


@pytest.mark.parametrize("kind", ["forest", "external"])
def test_the_channel_back(lab, kind):
    """The partner's own secure channel to us fails for reasons of its own, while Kerberos goes on to prove both halves."""
    w, ours = lab.world, lab.cloud
    lab.half(lab.corp, "two-way", kind)
    lab.half(ours, "two-way", kind)
    both_heal(lab)
    # The partner's 445 is closed: it cannot be asked, which says nothing of the trust.
    lab.corp.host.nft_rule("tcp dport 445", "reject with tcp reset", hook="input")
    code, body, _ = ours.try_cli("trust", "verify", w.corp.dns)
    lab.corp.host.nft_flush()
    assert code == 0 and back(body["result"]) == {("unknown", "CHANNEL_BACK_NOT_ASKED")}, body
    assert all("445/tcp" in r["detail"] and "445/tcp" in r["remedy"] for r in body["result"] if r["status"] == "unknown"), body
    # Ours are closed to the partner, in that direction alone: its channel breaks and is not made again.
    ours.host.nft_rule(f"ip saddr {w.corp.addresses[0]} tcp dport {{ 135, 49152 }}", "reject with tcp reset", hook="input")
    code, body, _ = ours.try_cli("trust", "verify", w.corp.dns)
    ours.host.nft_flush()
    assert code == 2 and back(body["result"]) == {("fail", "CHANNEL_BACK_UNREACHED")}, body
    assert {(r["side"], r["step"]) for r in body["result"] if r["status"] == "fail"} == {("incoming", "channel")}, body
    assert lab.shown(ours)["reason"] == "CHANNEL_BACK_UNREACHED"
    # Its account here is disabled: Kerberos does not look at it, NETLOGON does.
    ours.cli("user", "disable", f"{w.corp.netbios}$")
    code, body, _ = ours.try_cli("trust", "verify", w.corp.dns)
    ours.cli("user", "enable", f"{w.corp.netbios}$")
    assert code == 2 and back(body["result"]) == {("fail", "CHANNEL_BACK_REFUSED")}, body
    wait_for(lambda: verified(lab, ours), "the channel back to be made again")


def by_server(rows, forest, status):
    """Which steps came to this, and why, toward each domain controller of the other side."""
    return {host: {(r["side"], r["step"], r["reason"]) for r in rows if r["server"].startswith(host) and r["status"] == status}
            for host in forest.hosts}


def test_a_dc_of_theirs_is_down(lab):
    """It is named, with the reason of each step, and the trust stays Verified; calls go on with the other, and with the
    first again once it is well and the other is not: what is remembered of it keeps nobody from asking."""
    ours, theirs = lab.corp, lab.cloud
    first, second = theirs.forest.addresses
    lab.half(theirs, "two-way")
    lab.half(ours, "two-way")
    both_heal(lab)
    theirs.host.nft_rule(f"ip daddr {second} tcp dport != 53", "reject with tcp reset", hook="input")
    code, body, _ = ours.try_cli("trust", "verify", theirs.forest.dns)
    names = ours.cli("trust", "namespaces", theirs.forest.dns, "--refresh")
    theirs.host.nft_flush()
    assert (code, body["verdict"]) == (0, "warn") and "fail" not in {r["status"] for r in body["result"]}, body
    assert by_server(body["result"], theirs.forest, "warn") == {theirs.forest.hosts[0]: set(), theirs.forest.hosts[1]: {
        (side, step, "VERIFY_PORT_CLOSED") for side, step in (("outgoing", "reach"), ("incoming", "reach"), ("outgoing", "channel"))}}, body
    assert all(r["whose"] == "network" and "Start its services" in r["remedy"] for r in body["result"] if r["status"] == "warn"), body
    shown = lab.shown(ours)
    assert (shown["state"], shown["reason"]) == ("Verified", "VERIFY_PORT_CLOSED") and second in shown["detail"], shown
    # The other does not even say that it is gone.
    theirs.host.nft_drop(f"ip daddr {first} meta l4proto {{ tcp, udp }} th dport != 53", hook="input")
    assert ours.cli("trust", "namespaces", theirs.forest.dns, "--refresh") == names
    theirs.host.nft_flush()
    # One port alone, in one direction: Kerberos proves both halves all the same.
    theirs.host.nft_rule(f"ip daddr {first} tcp dport 135", "reject with tcp reset", hook="input")
    code, body, _ = ours.try_cli("trust", "verify", theirs.forest.dns)
    theirs.host.nft_flush()
    assert code == 0 and by_server(body["result"], theirs.forest, "warn") == {
        theirs.forest.hosts[0]: {("outgoing", "channel", "VERIFY_PORT_CLOSED")}, theirs.forest.hosts[1]: set()}, body
    assert ["port 135/tcp" in r["detail"] for r in body["result"] if r["status"] == "warn"] == [True], body
    # That port of all of them: there is no other.
    theirs.host.nft_rule("tcp dport 135", "reject with tcp reset", hook="input")
    code, body, _ = ours.try_cli("trust", "verify", theirs.forest.dns)
    theirs.host.nft_flush()
    assert code == 2 and by_server(body["result"], theirs.forest, "fail") == {
        host: {("outgoing", "channel", "VERIFY_PORT_CLOSED")} for host in theirs.forest.hosts}, body
    wait_for(lambda: verified(lab, ours), "the trust to be proved again")
    assert "reason" not in lab.shown(ours)
