"""Suites that others wrote, beside a default Samba domain controller with the same invocation: what passes there
passes here, but for the differences that docs/CONFORMANCE.md explains, and no fewer than its figures say."""

import re
from pathlib import Path

import pytest

import smbtorture
from samba_lab import Lab

PAGE = (Path(__file__).parents[2] / "docs" / "CONFORMANCE.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-zA-Z0-9._-]+)` \| (\d+ of \d+) \| (\d+ of \d+) \|", re.M)
# Samba takes half a minute to refuse what it does not serve, and minutes for many files.
LONG = {"rpc.mgmt", "rpc.pac", "rpc.samr.priv", "rpc.samr.passwords.badpwdcount", "smb2.dir", "smb2.create", "smb2.maxfid",
        "smb2.compound_find", "smb2.notify.double"}
TABLE = {suite: (samba, ours) for suite, samba, ours in ROW.findall(PAGE)}


@pytest.fixture(scope="module")
def lab():
    made = Lab("torture")
    yield made
    made.net.close()


def test_the_page_has_the_suites():
    assert {"rpc.lsa", "rpc.netlogon.admin", "rpc.bind", "smb2.connect", "ldap.basic", "ldap.cldap"} <= set(TABLE)


@pytest.mark.parametrize("suite", [pytest.param(s, marks=[pytest.mark.long] if s in LONG or s.startswith("net.") else []) for s in sorted(TABLE)])
def test_suite(lab, suite):
    w = lab.world
    theirs = smbtorture.run(lab.corp_client.host, w.corp, suite)
    ours = smbtorture.run(lab.cloud_client.host, w.cloud, suite)
    assert theirs.tests.keys() == ours.tests.keys()
    assert str(theirs) == TABLE[suite][0], theirs.words
    assert len(ours.passed) >= int(TABLE[suite][1].split()[0]), ours.words
    for name in theirs.passed - ours.passed:  # each is explained by its name
        assert f"`{name}`" in PAGE, (name, ours.words[name])
