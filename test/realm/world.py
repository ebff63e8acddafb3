"""Names, addresses, people, passwords and the date of one test world, all drawn from one printed seed, so that
nothing can be fitted to one name. `ENTENTE_SEED=N` repeats a run."""

import os
import random
import string
import time
from dataclasses import dataclass, field

SEED = int(os.environ.get("ENTENTE_SEED") or random.SystemRandom().randrange(1 << 32))

# Given names from several scripts: user names are UTF-8, and case folding must be right beyond ASCII.
GIVEN = ["alice", "bjørn", "zoë", "łukasz", "ирина", "νίκος", "josé", "müller", "çağla", "anna"]
WORDS = ["amber", "basalt", "cedar", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper",
         "kelp", "lumen", "maple", "nimbus", "onyx", "prairie", "quartz", "raven", "sierra", "tundra"]
# The years of a world, 2015 to 2060: on both sides of where 31 bits of seconds end, which Heimdal's ticket caches
# do not get over.
FIRST, LAST_OF_HEIMDAL, LAST = 1420070400, 2145000000, 2840140800


@dataclass
class Forest:
    dns: str
    netbios: str
    hosts: list  # host names of the DCs, first labels
    addresses: list
    admin_password: str
    users: dict = field(default_factory=dict)

    @property
    def realm(self):
        return self.dns.upper()

    @property
    def base(self):
        return ",".join("DC=" + label for label in self.dns.split("."))

    def fqdn(self, index=0):
        return f"{self.hosts[index]}.{self.dns}"


class World:
    """Two forests and the shared trust password. Each world of one run differs: its name is mixed in. today: at the
    machine's own date, for programs that change their user, which FAKETIME does not survive."""

    def __init__(self, name, dcs=1, seed=SEED, ipv6=False, until=LAST, today=False):
        self.rng = random.Random(f"{seed}/{name}")
        self.net = self.rng.randrange(1, 255)
        self.ipv6 = ipv6
        words = self.words = self.rng.sample(WORDS, 6)
        self.cloud = self._forest(words[0], words[1], 1, dcs)
        self.corp = self._forest(words[2], words[3], 2, 1)
        self.clock = 0 if today else self.rng.randint(FIRST, until) - int(time.time())
        self.client_address, self.other_client_address = self.address(200), self.address(201)
        self.trust_password = self.password()

    def _forest(self, first, second, block, dcs):
        # NetBIOS names are deliberately not the first DNS label.
        netbios = (second[:6] + self.digits(2)).upper()
        hosts = [f"{self.rng.choice(WORDS)[:5]}{block}{i}{self.digits(1)}" for i in range(dcs)]
        return Forest(dns=f"{first}{self.digits(2)}.example.com", netbios=netbios, hosts=hosts,
                      addresses=[self.address(block * 10 + i) for i in range(dcs)],
                      admin_password=self.password())

    def another(self):
        """A third forest, on the same network."""
        return self._forest(self.words[4], self.words[5], 3, 1)

    def address(self, host):
        return f"fd99:{self.net:x}::{host:x}" if self.ipv6 else f"10.99.{self.net}.{host}"

    def digits(self, n):
        return "".join(self.rng.choice(string.digits) for _ in range(n))

    def password(self):
        """Strong enough for every policy; no shell or LDIF specials, some non-ASCII."""
        body = "".join(self.rng.choice(string.ascii_letters + string.digits) for _ in range(14))
        return f"Pw1-{body}-é"

    def person(self):
        return self.rng.choice(GIVEN) + self.digits(4)

    def ascii_person(self):
        return self.rng.choice([g for g in GIVEN if g.isascii()]) + self.digits(4)
