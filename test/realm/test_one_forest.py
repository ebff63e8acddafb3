"""One Entente forest with two domain controllers, and a client with stock MIT tools that knows nothing
but the addresses of its DNS servers."""

import re

import pytest

from entente import Client, EntenteForest
from netns import Network, wait_for
from world import GIVEN, World


class Lab:
    def __init__(self):
        self.world = World("one", dcs=2)
        self.net = Network("one", self.world.clock)
        try:
            self.cloud = EntenteForest(self.net, self.world.cloud)
            self.cloud.serve()
            self.cloud.create()
            f = self.world.cloud
            self.client = Client(self.net, self.world.client_address, f.addresses, f.realm)
            self.spn = f"HTTP/web.{f.dns}"
            self.cloud.add_service("web", self.spn)
            self.keytab = self.cloud.keytab("web")
        except BaseException:
            self.net.close()
            raise

    def user(self, ascii_only=False):
        """A new user: name, password and principal."""
        name = self.world.ascii_person() if ascii_only else self.world.person()
        password = self.world.password()
        self.cloud.add_user(name, password)
        return name, password, f"{name}@{self.world.cloud.realm}"


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def test_dns_lists_both(lab):
    f = lab.world.cloud
    for server in f.addresses:
        for service in ("_kerberos._udp", "_kerberos._tcp", "_kpasswd._udp", "_ldap._tcp", "_ldap._tcp.dc._msdcs",
                        "_kerberos._tcp.dc._msdcs", "_ldap._tcp.Default-First-Site-Name._sites"):
            out = lab.client.run("dig", "+short", f"@{server}", "SRV", f"{service}.{f.dns}").stdout
            targets = sorted(line.split()[3] for line in out.splitlines())
            assert targets == sorted(f"{f.fqdn(i)}." for i in range(2)), (service, out)
        for i, address in enumerate(f.addresses):
            assert lab.client.run("dig", "+short", f"@{server}", f.fqdn(i)).stdout.split() == [address]


def test_logon_and_service_ticket(lab):
    _, password, principal = lab.user()
    lab.client.kinit(principal, password)
    lab.client.kvno(lab.spn)
    listed = lab.client.klist()
    assert f"krbtgt/{lab.world.cloud.realm}@{lab.world.cloud.realm}" in listed and lab.spn in listed
    # The keytab decrypts the ticket: its name, key and version are the service's.
    out = lab.client.kvno(lab.spn, "-k", lab.keytab).stdout
    assert "keytab entry valid" in out


@pytest.mark.parametrize("given", GIVEN)
def test_names_of_every_script(lab, given):
    name, password = given + lab.world.digits(5), lab.world.password()
    lab.cloud.add_user(name, password)
    lab.client.kinit(f"{name}@{lab.world.cloud.realm}", password)
    assert name in lab.client.klist()


def test_names_ignore_case(lab):
    name, password, _ = lab.user()
    lab.client.kinit(f"{name.upper()}@{lab.world.cloud.realm}", password)
    # With canonicalization the ticket bears the account's own spelling.
    lab.client.kinit(f"{name.upper()}@{lab.world.cloud.realm}", password, "-C")
    assert f"Default principal: {name}@{lab.world.cloud.realm}" in lab.client.klist()


def test_enterprise_name(lab):
    name, password, _ = lab.user()
    lab.client.kinit(f"{name}@{lab.world.cloud.dns}", password, "-E")
    assert f"Default principal: {name}\\@{lab.world.cloud.dns}@{lab.world.cloud.realm}" in lab.client.klist()
    lab.client.kinit(f"{name}@{lab.world.cloud.dns}", password, "-E", "-C")
    assert f"Default principal: {name}@{lab.world.cloud.realm}" in lab.client.klist()
    lab.client.kvno(lab.spn)


def test_unknown_user(lab):
    since = lab.cloud.mark()
    out = lab.client.kinit(f"nobody{lab.world.digits(6)}@{lab.world.cloud.realm}", "x", ok=False)
    assert out.returncode and "not found in Kerberos database" in out.stdout
    lab.cloud.reason_seen("KDC_CLIENT_UNKNOWN", since)


def test_unknown_service(lab):
    _, password, principal = lab.user()
    lab.client.kinit(principal, password)
    since = lab.cloud.mark()
    out = lab.client.kvno(f"HTTP/none{lab.world.digits(6)}.{lab.world.cloud.dns}", ok=False)
    assert out.returncode and "Server not found in Kerberos database" in out.stdout
    lab.cloud.reason_seen("KDC_SERVICE_UNKNOWN", since)


def test_wrong_password(lab):
    name, password, principal = lab.user()
    since = lab.cloud.mark()
    out = lab.client.kinit(principal, password + "x", ok=False)
    assert out.returncode and "Password incorrect" in out.stdout
    lab.cloud.reason_seen("KDC_PASSWORD_WRONG", since)
    lab.client.kinit(principal, password)


def test_disabled_user(lab):
    name, password, principal = lab.user()
    lab.cloud.cli("user", "disable", name)
    assert lab.cloud.cli("user", "show", name)["enabled"] is False
    out = lab.client.kinit(principal, password, ok=False)
    assert out.returncode and re.search("revoked", out.stdout)
    lab.cloud.cli("user", "enable", name)
    lab.client.kinit(principal, password)


def test_deleted_user(lab):
    name, password, principal = lab.user()
    lab.client.kinit(principal, password)
    lab.cloud.cli("user", "delete", name)
    out = lab.client.kinit(principal, password, ok=False)
    assert "not found in Kerberos database" in out.stdout


def test_password_change(lab):
    name, password, principal = lab.user()
    since = lab.cloud.mark()
    out = lab.client.kpasswd(principal, password, lab.world.password())
    # The policy's minimum age is a day: a new password cannot be changed yet.
    assert out.returncode and "rejected" in out.stdout.lower(), out.stdout
    lab.cloud.reason_seen("PASSWORD_TOO_YOUNG", since)
    lab.client.kinit(principal, password)
    new = lab.world.password()
    lab.cloud.set_password(name, new)
    assert lab.client.kinit(principal, new).returncode == 0


def test_password_must_change(lab):
    """The one change that the minimum age does not forbid."""
    name, password = lab.world.ascii_person(), lab.world.password()
    lab.cloud.add_user(name, password, "--must-change")
    principal, new = f"{name}@{lab.world.cloud.realm}", lab.world.password()
    out = lab.client.kpasswd(principal, password, new)
    assert "Password changed." in out.stdout, out.stdout
    lab.client.kinit(principal, new)
    assert lab.client.kinit(principal, password, ok=False).returncode


def test_weak_password_is_refused(lab):
    name, _, _ = lab.user()
    reason = lab.cloud.refused("user", "set-password", name, "--password-file", lab.cloud.secret("short"))
    assert reason.startswith("PASSWORD_")


def test_computer(lab):
    name, password = f"pc{lab.world.digits(5)}", lab.world.password()
    lab.cloud.cli("computer", "create", name, "--password-file", lab.cloud.secret(password))
    _, secret, principal = lab.user()
    lab.client.kinit(principal, secret)
    # HOST stands for the classes of the machine's own services.
    for service in ("HOST", "cifs", "host"):
        lab.client.kvno(f"{service}/{name}.{lab.world.cloud.dns}")
    lab.client.kinit(f"{name}$@{lab.world.cloud.realm}", password)


def test_renew_and_forward(lab):
    _, password, principal = lab.user()
    lab.client.kinit(principal, password, "-r", "2d", "-f", "-l", "1h")
    flags = lab.client.run("klist", "-f").stdout
    assert re.search(r"Flags: \w*F\w*R", flags), flags
    assert lab.client.run("kinit", "-R").returncode == 0


def test_only_one_of_two_answers(lab):
    """A client tries the other domain controller when packets to the first vanish."""
    _, password, principal = lab.user()
    f = lab.world.cloud
    lab.client.host.nft_drop(f"ip daddr {f.addresses[0]}")
    try:
        lab.client.kinit(principal, password)
        lab.client.kvno(lab.spn)
    finally:
        lab.client.host.nft_flush()


def test_kill_each_process(lab):
    """Whatever dies is back, and logons go on meanwhile."""
    _, password, principal = lab.user()
    for name in lab.cloud.processes():
        before = lab.cloud.processes()[name]
        lab.cloud.kill(name)
        lab.client.kinit(principal, password)
        lab.client.kvno(lab.spn)

        def back():
            now = lab.cloud.processes().get(name)
            return now and now["ready"] and now["pid"] != before["pid"] and now["restarts"] > before["restarts"]
        wait_for(back, f"{name} to be back", 60)
        lab.client.kinit(principal, password)
    lab.user()


def test_restart_keeps_everything(lab):
    name, password, principal = lab.user()
    sid = lab.cloud.cli("user", "show", name)["sid"]
    lab.cloud.stop()
    lab.cloud.serve()
    lab.cloud.wait_ready()
    assert lab.cloud.cli("user", "show", name)["sid"] == sid
    lab.client.kinit(principal, password)
    assert "keytab entry valid" in lab.client.kvno(lab.spn, "-k", lab.keytab).stdout
    lab.user()
