"""Runs suites of Samba's smbtorture against a domain controller and counts what its own words say."""

import os
import re

OUTCOME = re.compile(r"^(success|failure|error|skip): (.*?)( \[)?$")


class Score:
    """What became of each test of a suite, by name, and the words of those that did not pass."""

    def __init__(self, text):
        self.text, self.tests, self.words = text, {}, {}
        lines = text.splitlines()
        for number, line in enumerate(lines):
            found = OUTCOME.match(line)
            if found:
                self.tests[found[2]] = found[1]
                self.words[found[2]] = lines[number + 1] if found[3] else ""

    @property
    def passed(self):
        return {name for name, outcome in self.tests.items() if outcome == "success"}

    def __str__(self):
        return f"{len(self.passed)} of {len(self.tests)}"


def configuration(host, forest):
    """smbtorture keeps what it needs in folders of its own."""
    folder = os.path.join(host.dir, f"torture-{forest.netbios}")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "smb.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"[global]\nrealm = {forest.realm}\nworkgroup = {forest.netbios}\ninterfaces = lo eth0\n" +
                "".join(f"{name} = {folder}\n" for name in ("lock directory", "private dir", "state directory",
                                                            "cache directory")))
    return path


def run(host, forest, suite, share="NETLOGON"):
    """From a client's host, as the administrator of the forest: the same words whoever the server is."""
    done = host.run("smbtorture", "-s", configuration(host, forest), f"//{forest.fqdn()}/{share}", "-U",
                    f"administrator@{forest.realm}%{forest.admin_password}", suite, check=False, timeout=240)
    score = Score(done.stdout)
    assert score.tests, f"{suite}: {done.stdout}"
    return score
