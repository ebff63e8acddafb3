"""The same two forests with IPv6 addresses alone: no host has an IPv4 address but loopback's, so every step of
every logon, of DNS and of the trust's proof goes over IPv6."""

import re

import pytest

from entente import ldif_line
from samba_lab import Lab


@pytest.fixture(scope="module")
def lab():
    made = Lab("ipv6", ipv6=True)
    try:
        made.trust("forest", "two-way")
        yield made
    finally:
        made.net.close()


def test_names_are_served(lab):
    f = lab.world.cloud
    for server in f.addresses:
        for transport in ("+notcp", "+tcp"):
            for i, address in enumerate(f.addresses):
                out = lab.cloud_client.run("dig", "+short", transport, f"@{server}", "AAAA", f.fqdn(i)).stdout
                assert out.split() == [address], out
            out = lab.cloud_client.run("dig", "+short", transport, f"@{server}", "A", f.fqdn()).stdout
            assert out.split() == []


def test_the_trust_is_proved(lab):
    rows = lab.cloud.cli("trust", "verify", lab.world.corp.dns)
    proofs = {(row["side"], row["status"]) for row in rows if row["step"] == "proof"}
    assert proofs == {("incoming", "pass"), ("outgoing", "pass")}, rows
    assert all(lab.world.corp.addresses[0] in row["server"] for row in rows if row["step"] == "proof")


@pytest.mark.parametrize("maker", ["mit", "heimdal"])
def test_users_come_and_go(lab, maker):
    client = lab.corp_logs_on(maker)
    client.ticket(lab.spn)
    assert lab.group_sid in lab.sids_for(client)["resource"]
    lab.cloud_logs_on(maker).ticket(f"cifs/{lab.world.corp.fqdn()}")


def test_both_transports(lab):
    """libkrb5 asks over UDP first; what is too large for a datagram it fetches over TCP."""
    user = lab.cloud_user
    out = lab.cloud_client.kinit(f"{user}@{lab.world.cloud.realm}", lab.world.cloud.users[user], trace=True).stdout
    for transport in ("dgram", "stream"):
        assert re.search(rf"Received answer \(\d+ bytes\) from {transport} fd99:", out), out


def test_directories_are_read(lab):
    w = lab.world
    for client, forest, user in ((lab.corp_logs_on(), w.cloud, lab.cloud_user),
                                 (lab.cloud_logs_on(), w.corp, lab.corp_user)):
        out = client.ldapsearch(forest, f"(sAMAccountName={user})", "sAMAccountName", server=len(forest.hosts) - 1)
        assert ldif_line("sAMAccountName", user) in out.stdout.splitlines(), out.stdout


def test_passwords_are_changed(lab):
    w, client = lab.world, lab.cloud_client
    name, old, new = w.person(), w.password(), w.password()
    lab.cloud.add_user(name, old, "--must-change")
    out = client.kpasswd(f"{name}@{w.cloud.realm}", old, new)
    assert "Password changed" in out.stdout, out.stdout
    client.kinit(f"{name}@{w.cloud.realm}", new)
