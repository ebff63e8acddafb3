"""Two forests of Entente that may trust each other: one in the cloud with two domain controllers, one on premises."""

from entente import Client, EntenteForest
from netns import Network, wait_for
from world import LAST, World


class Pair:
    def __init__(self, name, until=LAST):
        self.world = w = World(name, dcs=2, until=until)
        self.net = Network(name[:3], w.clock)
        try:
            self.cloud, self.corp = EntenteForest(self.net, w.cloud), EntenteForest(self.net, w.corp)
            for ours, theirs in ((self.cloud, w.corp), (self.corp, w.cloud)):
                ours.serve()
                ours.create()
                ours.cli("forwarder", "create", theirs.dns, *[x for a in theirs.addresses for x in ("--address", a)])
                ours.user = w.ascii_person()
                ours.add_user(ours.user, w.password())
                ours.spn = f"HTTP/web.{ours.forest.dns}"
                ours.add_service("web", ours.spn)
            self.clients = {f: Client(self.net, a, f.forest.addresses, f.forest.realm, n) for f, a, n in
                            ((self.cloud, w.client_address, "cloudpc"), (self.corp, w.other_client_address, "corppc"))}
            for ours in (self.cloud, self.corp):
                self.knows_the_other(ours)
        except BaseException:
            self.net.close()
            raise

    def knows_the_other(self, ours):
        """Its DNS servers forward what they are asked about the other forest."""
        theirs = self.other(ours).forest
        for address in ours.forest.addresses:
            wait_for(lambda: theirs.hosts[0] in self.clients[ours].run(
                "dig", "+short", "+tries=1", "+time=1", f"@{address}", "SRV", f"_kerberos._udp.{theirs.dns}").stdout,
                f"{theirs.dns} to be known at {address}")

    def half(self, ours, direction, kind="forest", password=None):
        """This side's half, with nothing but what an administrator would type."""
        theirs = self.other(ours).forest
        ours.cli("trust", "create", theirs.dns, "--type", kind, "--direction", direction, "--password-file",
                 ours.secret(password or self.world.trust_password))

    def other(self, forest):
        return self.corp if forest is self.cloud else self.cloud

    def shown(self, ours):
        return ours.cli("trust", "show", self.other(ours).forest.dns)

    def part(self):
        for ours in (self.cloud, self.corp):
            ours.try_cli("trust", "delete", self.other(ours).forest.dns, "--keep-forwarder")

    def logs_on(self, forest):
        """A client in that forest with a fresh TGT of its user."""
        client = self.clients[forest]
        client.kinit(f"{forest.user}@{forest.forest.realm}", forest.forest.users[forest.user])
        return client
