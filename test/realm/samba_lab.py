"""Two forests that may trust each other: Entente in the cloud, with two domain controllers, Samba on premises;
a service and people on both sides, and a machine of each side with stock clients of MIT and Heimdal."""

import re

import ticket
from entente import Client, EntenteForest
from heimdal import Heimdal
from netns import Network
from samba_forest import SambaForest
from world import LAST_OF_HEIMDAL, World

FOREST, EXTERNAL = 8, 4
DIRECTIONS = {"incoming": 1, "outgoing": 2, "two-way": 3}
# The direction seen from the other side.
COMPLEMENT = {"incoming": 2, "outgoing": 1, "two-way": 3}


class Lab:
    def __init__(self, name="samba", ipv6=False, until=LAST_OF_HEIMDAL, today=False):
        self.world = World(name, dcs=2, ipv6=ipv6, until=until, today=today)
        self.net = Network(name[:3], self.world.clock)
        self.made = None
        try:
            self._cloud()
            self._corp()
            self._people()
            self._clients()
        except BaseException:
            self.net.close()
            raise

    def _cloud(self):
        self.cloud = EntenteForest(self.net, self.world.cloud)
        self.cloud.serve()
        self.cloud.create()
        self.cloud_sid = self.cloud.sid()

    def _corp(self):
        w = self.world
        self.corp = SambaForest(self.net, w.corp)
        self.corp.set_forward(w.cloud.dns, w.cloud.addresses)
        self.corp.passwords_change_at_once()
        self.corp.start()
        self.cloud.cli("forwarder", "create", w.corp.dns, "--address", w.corp.addresses[0])

    def _people(self):
        w = self.world
        self.corp_user, self.cloud_user = w.person(), w.person()
        self.corp.add_user(self.corp_user, w.password())
        self.cloud.add_user(self.cloud_user, w.password())
        self.spn = f"HTTP/web.{w.cloud.dns}"
        self.cloud.add_service("web", self.spn)
        self.keytab = self.cloud.keytab("web")
        self.cloud.cli("group", "create", "Guests of web", "--scope", "domain-local")
        self.cloud.cli("group", "add-member", "Guests of web", self.corp_user_sid())
        self.group_sid = self.cloud.cli("group", "show", "Guests of web")["sid"]

    def _clients(self):
        w = self.world
        self.corp_client = Client(self.net, w.client_address, w.corp.addresses, w.corp.realm, "corppc")
        self.cloud_client = Client(self.net, w.other_client_address, w.cloud.addresses, w.cloud.realm, "cloudpc")
        self.clients = {("corp", "mit"): self.corp_client, ("cloud", "mit"): self.cloud_client,
                        ("corp", "heimdal"): Heimdal(self.corp_client.host),
                        ("cloud", "heimdal"): Heimdal(self.cloud_client.host)}

    def clients_know_realms(self, know):
        """Over an external trust no KDC refers a client by a host's name: it has to know the host's realm."""
        w = self.world
        known = [(d, f.realm) for f in (w.cloud, w.corp) for d in (f.dns, f".{f.dns}")] if know else ()
        self.corp_client.host.set_krb5(w.corp.realm, domain_realm=known)
        self.cloud_client.host.set_krb5(w.cloud.realm, domain_realm=known)

    def corp_user_sid(self):
        out = self.corp.host.run("ldbsearch", "-H", f"{self.corp.dir}/samba/private/sam.ldb",
                                 f"(sAMAccountName={self.corp_user})", "objectSid").stdout
        return re.search(r"objectSid: (\S+)", out)[1]

    def trust(self, kind, direction, *options, password=None, enctypes=24):
        """Both halves; those of the test before go first."""
        if self.made == (kind, direction, options, password, enctypes):
            return
        self.part()
        w = self.world
        self.corp.create_half(w.cloud, self.cloud_sid, COMPLEMENT[direction], w.trust_password,
                              FOREST if kind == "forest" else EXTERNAL, enctypes)
        self.cloud.trust(w.corp, self.corp.sid, direction, password or w.trust_password, kind, (), *options)
        self.clients_know_realms(kind == "external")
        self.made = (kind, direction, options, password, enctypes)

    def part(self):
        if self.made:
            self.corp.delete_half(self.world.cloud)
            self.cloud.cli("trust", "delete", self.world.corp.dns, "--keep-forwarder")
        self.made = None

    def client(self, side, maker="mit"):
        return self.clients[side, maker]

    def corp_logs_on(self, maker="mit"):
        """A client with a fresh TGT of the corporate user, on a machine of the corporation."""
        w, client = self.world, self.client("corp", maker)
        client.kinit(f"{self.corp_user}@{w.corp.realm}", w.corp.users[self.corp_user])
        return client

    def cloud_logs_on(self, maker="mit"):
        w, client = self.world, self.client("cloud", maker)
        client.kinit(f"{self.cloud_user}@{w.cloud.realm}", w.cloud.users[self.cloud_user])
        return client

    def sids_for(self, client):
        """What the service reads out of the ticket that the client holds for it."""
        return ticket.sids(client.cache, self.keytab, self.spn)
