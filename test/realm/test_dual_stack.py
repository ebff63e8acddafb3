"""One domain controller with an address of each family: who has one of them only is served all the same."""

import pytest

import smbtorture
from entente import Client, EntenteForest
from netns import Network
from world import World


class Lab:
    def __init__(self):
        self.world = World("dual")
        f = self.world.cloud
        self.v4, self.v6 = f.addresses[0], f"fd99:{self.world.net:x}::10"
        f.addresses = [self.v4, self.v6]
        self.net = Network("dual")
        try:
            self.cloud = EntenteForest(self.net, f)
            self.cloud.serve()
            self.cloud.create([f"{self.v4},{self.v6}"])
            self.user, self.password = self.world.person(), self.world.password()
            self.cloud.add_user(self.user, self.password)
            self.clients = {"ipv4": Client(self.net, self.world.client_address, [self.v4], f.realm, "four"),
                            "ipv6": Client(self.net, f"fd99:{self.world.net:x}::99", [self.v6], f.realm, "six")}
        except BaseException:
            self.net.close()
            raise


@pytest.fixture(scope="module")
def lab():
    made = Lab()
    yield made
    made.net.close()


def test_one_host_with_two_addresses(lab):
    shown = lab.cloud.cli("directory", "show", lab.world.cloud.dns)
    assert [dc["addresses"] for dc in shown["dcs"]] == [[lab.v4, lab.v6]]
    for server in (lab.v4, lab.v6):
        for kind, address in (("A", lab.v4), ("AAAA", lab.v6)):
            out = lab.cloud.host.run("dig", "+short", f"@{server}", kind, lab.world.cloud.fqdn()).stdout
            assert out.split() == [address], (server, kind, out)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_client_of_one_family(lab, family):
    client, f = lab.clients[family], lab.world.cloud
    client.kinit(f"{lab.user}@{f.realm}", lab.password)
    client.kvno(f"ldap/{f.fqdn()}")
    out = client.run("ldapsearch", "-LLL", "-Q", "-N", "-Y", "GSSAPI", "-H", f"ldap://{f.fqdn()}", "-b", f.base,
                     "-s", "base", "objectSid").stdout
    assert "objectSid::" in out, out


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_call_over_tcp(lab, family):
    """The endpoint mapper, which knows addresses of IPv4 alone, tells the port; the client goes on where it was."""
    client, f = lab.clients[family], lab.world.cloud
    client.kinit(f"{lab.user}@{f.realm}", lab.password)
    out = client.run("rpcclient", "-s", smbtorture.configuration(client.host, f), "--use-kerberos=required",
                     f"--use-krb5-ccache={client.cache}", f"ncacn_ip_tcp:{f.fqdn()}[sign]", "-c", "lsaquery").stdout
    assert f"Domain Name: {f.netbios}" in out, out


def test_too_many_addresses_are_refused(lab):
    """At most four, and each has to be one."""
    for address in (",".join(f"127.0.6.{i}" for i in range(5)), "127.0.6.1,", "127.0.6.1,x"):
        code, _, text = lab.cloud.try_cli("directory", "create", "other.example.com", "--short-name", "OTHER", "--address",
                                          address, "--admin-password-file", lab.cloud.secret(lab.password))
        assert code == 1 and "address: expected" in text, (address, text)
