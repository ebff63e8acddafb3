"""Trusts from their creation to Verified: ours with a Samba forest, made from either side, beside two Samba forests, in
turn; and two of ours. The networks and forests are those of the realm tests."""
import json
import os
import secrets
import sys
import time

from bench_common import AWS, BUILD, CORP, TOP, Failure, cpu_seconds, in_turn, tree

os.environ["ENTENTE_BUILD"] = BUILD
sys.path.insert(0, os.path.join(TOP, "test", "realm"))

from entente import EntenteForest  # noqa: E402
from netns import Network  # noqa: E402
from samba_forest import SambaForest  # noqa: E402
from world import World  # noqa: E402


class Forests:
    """One of ours and two of Samba's, which know each other's names."""

    def __init__(self):
        w = self.world = World("bench")
        third = w.another()
        self.net = Network("ben", 0)
        try:
            self.cloud = EntenteForest(self.net, w.cloud)
            self.cloud.serve()
            self.cloud.create()
            self.corp, self.other = SambaForest(self.net, w.corp), SambaForest(self.net, third)
            self.corp.set_forward(w.cloud.dns, w.cloud.addresses)
            self.corp.set_forward(third.dns, third.addresses)
            self.other.set_forward(w.corp.dns, w.corp.addresses)
            for samba in (self.corp, self.other):
                samba.passwords_change_at_once()
                samba.start()
            self.cloud.cli("forwarder", "create", w.corp.dns, "--address", w.corp.addresses[0])
            self.secrets = [self.cloud.secret(text) for text in (w.trust_password, w.corp.admin_password)]
        except BaseException:
            self.net.close()
            raise

    def remote(self):
        return ["--remote-admin", f"administrator@{self.world.corp.realm}", "--remote-password-file", self.secrets[1]]

    def ours(self):
        """Seconds of `entente trust create` with the other administrator's rights, and those of CPU in our processes."""
        name, pids = self.world.corp.dns, tree(self.cloud.proc.pid)
        before, began = cpu_seconds(pids), time.monotonic()
        made = self.cloud.cli("trust", "create", name, "--type", "forest", "--direction", "two-way", "--password-file",
                              self.secrets[0], *self.remote())
        took, used = time.monotonic() - began, cpu_seconds(pids) - before
        self.cloud.cli("trust", "delete", name, "--keep-forwarder", *self.remote())
        if made["state"] != "Verified":
            raise Failure(f"the trust is {made['state']}")
        return took, used

    def between_samba(self):
        """They start anew: winbindd keeps the channel of the trust before, and the validation of the next one fails."""
        self.corp.restart()
        self.other.restart()
        return self.samba(self.other.forest)

    def samba(self, partner):
        """Seconds of Samba's tool, which ends with the validation of both halves."""
        who = [f"-Uadministrator@{partner.realm}%{partner.admin_password}", "--use-kerberos=required"]
        began = time.monotonic()
        said = self.corp.tool("domain", "trust", "create", partner.dns, "--type=forest", "--direction=both", *who).stdout
        took = time.monotonic() - began
        self.corp.tool("domain", "trust", "delete", partner.dns, "--delete-location=both", *who)
        if "Success." not in said:
            raise Failure(f"samba-tool: {said.splitlines()[-1]}")
        return took


def beside_samba(bench):
    f = Forests()
    try:
        made, tool, samba = in_turn(bench.options.rounds, f.ours, lambda: f.samba(f.world.cloud), f.between_samba)
    finally:
        f.net.close()
    seconds = [took for took, _ in made]
    common = {"peer": samba, "name": "Samba-Samba", "unit": "s", "less": True, "goal": 1}
    return [{"work": "trust made by us with Samba, Verified", "ours": seconds, **common},
            {"work": "trust made by Samba with us, validated", "ours": tool, **common},
            {"work": "the first one: CPU time of ours", "unit": "ms", "ours": [1000 * used for _, used in made],
             "limit": 200}]


def verified(ours, password):
    """Seconds from the command until the trust is Verified; the other half is there."""
    ours.half(CORP, AWS, password)
    began = time.monotonic()
    state = ours.half(AWS, CORP, password)["state"]
    while state != "Verified":
        if time.monotonic() - began > 60:
            raise Failure(f"the trust is {state}")
        time.sleep(0.01)
        state = json.loads(ours.cli("--output", "json", "trust", "show", CORP, "--directory", AWS))["result"]["state"]
    return time.monotonic() - began


def ours_with_ours(bench):
    ours, taken = bench.ours(), []
    for _ in range(bench.options.rounds):
        ours.cli("trust", "delete", CORP, "--directory", AWS)
        ours.cli("trust", "delete", AWS, "--directory", CORP)
        taken.append(verified(ours, f"Tru5t-{secrets.token_urlsafe(18)}"))
    return {"work": "trust of two of ours, Verified", "unit": "s", "ours": taken, "limit": 1}


ROWS = {"trust-samba": beside_samba, "trust-ours": ours_with_ours}
