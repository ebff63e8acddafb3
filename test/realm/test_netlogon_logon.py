"""NETLOGON: people log on at members of a domain, and at those of a forest that trusts it."""

import pytest
from impacket.krb5 import crypto
from samba.dcerpc import krb5pac
from samba.ndr import ndr_pack

import ticket
from ldap_service import BASE, CLOUD, CORP, PASSWORD, service  # noqa: F401 (a fixture)
from test_netlogon import MACHINE, TRUST, channel, machine, partner  # noqa: F401
from test_rpc import refused

NO_SUCH_USER, WRONG_PASSWORD, LOGON_FAILURE = 0xC0000064, 0xC000006A, 0xC000006D
INVALID_INFO_CLASS, INVALID_PARAMETER, NO_SUCH_PACKAGE = 0xC0000003, 0xC000000D, 0xC00000FE


@pytest.fixture(scope="module")
def member(service):
    return machine(service, "PC1")


def logon(service, user="alice", domain="CLOUD", secret=None, by=channel, **more):
    return by(service, "logon", user=user, domain=domain, secret=secret or PASSWORD[user.split("@")[0]], **more)[0]


@pytest.mark.parametrize("via", ["ex", "flags", "plain"])
@pytest.mark.parametrize("level", [1, 2, 5, 6])
@pytest.mark.parametrize("validation", [2, 3, 6])
def test_a_member_asks(service, member, via, level, validation):
    said = logon(service, via=via, level=level, validation=validation)
    assert said["name"] == "alice" and said["domain"] == "CLOUD" and said["server"] == "DC1", said
    assert said["authoritative"] == 1 and said["primary"] == 513 and 513 in said["groups"], said
    assert said["key"] == (level in (2, 6)) and said["key_fits"], said
    assert bool(said["flags"] & 0x100) == (level in (2, 6)), said
    if validation == 6:
        assert said["dns"] == CLOUD and said["upn"] == f"alice@{CLOUD}", said


@pytest.mark.parametrize("user, domain", [("ALICE", "cloud"), ("alice", CLOUD), (f"alice@{CLOUD}", ""), ("alice", "")])
def test_names(service, member, user, domain):
    for level in (1, 2):
        assert logon(service, user, domain, PASSWORD["alice"], level=level)["name"] == "alice"


def test_groups_are_those_of_the_ticket(service, member):
    client = service.connect()
    kinds = {"Global-g": "-2147483646", "Universal-u": "-2147483640", "Local-l": "-2147483644"}
    for name, kind in kinds.items():
        client.add_s(f"CN={name},CN=Users,{BASE}", [("objectClass", [b"group"]), ("sAMAccountName", [name.encode()]),
                                                    ("groupType", [kind.encode()])])
    client.modify_s(f"CN=Global-g,CN=Users,{BASE}", [(0, "member", [f"CN=alice,CN=Users,{BASE}".encode()])])
    client.modify_s(f"CN=Universal-u,CN=Users,{BASE}", [(0, "member", [f"CN=Global-g,CN=Users,{BASE}".encode()])])
    client.modify_s(f"CN=Local-l,CN=Users,{BASE}", [(0, "member", [f"CN=Universal-u,CN=Users,{BASE}".encode()])])
    said = logon(service, validation=3)
    assert len(said["groups"]) == 2 and len(said["extra"]) == 2 and said["flags"] & 0x20, said
    assert all(s.startswith(said["domain_sid"] + "-") for s in said["extra"]), said
    assert not logon(service, validation=2)["flags"] & 0x20
    # The partner has domain-local groups of its own.
    assert len(logon(service, by=partner)["extra"]) == 1


def test_wrong_password(service, member):
    for level in (1, 2):
        assert logon(service, secret="Another-0ne", level=level)["status"] == WRONG_PASSWORD
    refused(service, "netlogon.logon", "NTLM_PASSWORD_WRONG")
    assert logon(service, user="nobody", secret="Another-0ne")["status"] == NO_SUCH_USER
    refused(service, "netlogon.logon", "NTLM_USER_UNKNOWN")
    assert "status" not in logon(service)


def test_wrong_passwords_lock(service, member):
    client = service.connect()
    client.modify_s(BASE, [(2, "lockoutThreshold", [b"3"])])
    try:
        for _ in range(2):
            assert logon(service, "locky", secret="Another-0ne")["status"] == WRONG_PASSWORD
        assert logon(service, "locky", secret="Another-0ne", level=1)["status"] == 0xC0000234
        refused(service, "netlogon.logon", "KDC_LOCKED_NOW")
        assert logon(service, "locky")["status"] == 0xC0000234
        refused(service, "netlogon.logon", "LOGON_LOCKED_OUT")
    finally:
        client.modify_s(BASE, [(2, "lockoutThreshold", [b"0"])])
        client.modify_s(f"CN=locky,CN=Users,{BASE}", [(2, "lockoutTime", [b"0"])])


@pytest.mark.parametrize("attribute, value, before, status, reason", [
    ("userAccountControl", b"514", b"512", 0xC0000072, "LOGON_DISABLED"),
    ("accountExpires", b"129000000000000000", b"0", 0xC0000193, "LOGON_ACCOUNT_EXPIRED"),
    ("userWorkstations", b"PC7,PC8", None, 0xC0000070, "LOGON_WORKSTATION"),
    ("logonHours", bytes(21), None, 0xC000006F, "LOGON_HOURS"),
    ("pwdLastSet", b"0", b"-1", 0xC0000224, "LOGON_MUST_CHANGE")])
def test_who_may_not(service, member, attribute, value, before, status, reason):
    client, dn = service.connect(), f"CN=locky,CN=Users,{BASE}"
    client.modify_s(dn, [(2, attribute, [value])])
    try:
        for level in (1, 2):
            assert logon(service, "locky", level=level)["status"] == status
        refused(service, "netlogon.logon", reason)
        # Only who knows the password is told.
        assert logon(service, "locky", secret="Another-0ne")["status"] == WRONG_PASSWORD
    finally:
        client.modify_s(dn, [(2, attribute, before and [before])])
    assert "status" not in logon(service, "locky")


def test_machines(service, member):
    """They log on over the network, where the server says so, and nobody sits down at one."""
    machine(service, "PC6")
    assert logon(service, "PC6$", secret=MACHINE)["name"] == "PC6$"
    assert logon(service, "PC6$", secret=MACHINE, control=0x20)["status"] == 0xC0000199
    assert logon(service, "PC6$", secret=MACHINE, level=1)["status"] == 0xC0000199
    refused(service, "netlogon.logon", "LOGON_MACHINE_ACCOUNT")


def test_version_1(service, member):
    assert logon(service, old=True)["status"] == LOGON_FAILURE
    refused(service, "netlogon.logon", "NTLM_VERSION")


@pytest.mark.parametrize("target, passes", [(["PC1", "CLOUD"], True), (["pc1", "cloud", CLOUD], True), ([], True),
                                            (["PC2", "CLOUD"], False), (["DC1", "CLOUD"], False),
                                            (["PC1", "CORP"], False)])
def test_a_logon_that_was_relayed(service, member, target, passes):
    """CVE-2015-0005: a member asks for those alone who wanted to reach it, whatever computer it says it is."""
    said = logon(service, target=target)
    assert ("status" not in said) == passes, said
    if not passes:
        assert said["status"] == LOGON_FAILURE
        refused(service, "netlogon.logon", "NTLM_TARGET")


def test_a_logon_that_was_relayed_under_another_name(service, member):
    """The computer's name is the client's to choose, its account's is not."""
    assert logon(service, computer="SRV9", target=["SRV9", "CLOUD"])["status"] == LOGON_FAILURE
    assert "status" not in logon(service, computer="SRV9", target=["PC1", "CLOUD"])


def test_levels(service, member):
    assert logon(service, validation=5)["status"] == INVALID_INFO_CLASS
    assert channel(service, "logoff", user="alice", domain="CLOUD", level=3)[0]["status"] == INVALID_INFO_CLASS
    assert "status" not in channel(service, "logoff", user="alice", domain="CLOUD")[0]


def test_other_packages(service, member):
    assert channel(service, "generic", package="WDigest")[0]["status"] == NO_SUCH_PACKAGE
    refused(service, "netlogon.logon", "NETLOGON_PACKAGE")
    assert partner(service, "generic", package="Kerberos")[0]["status"] == NO_SUCH_PACKAGE


@pytest.fixture(scope="module")
def signatures(service, member):
    """Those of the PAC in a ticket for the member: {type of buffer: (checksum type, bytes)}."""
    service.connect().modify_s(f"CN=PC1,CN=Computers,{BASE}", [(0, "servicePrincipalName", [f"host/pc1.{CLOUD}".encode()])])
    service.run(f"kvno -q host/pc1.{CLOUD}", who="alice")
    key = crypto.string_to_key(18, MACHINE, f"{CLOUD.upper()}hostpc1.{CLOUD}")
    pac = ticket.pac_under(str(service.dir / "tickets"), key, f"host/pc1.{CLOUD}")
    return {b.type: (b.info.type, bytes(b.info.signature)) for b in pac.buffers
            if b.type in (krb5pac.PAC_TYPE_SRV_CHECKSUM, krb5pac.PAC_TYPE_KDC_CHECKSUM)}


def pac_request(server, kdc, kind, server_size=None):
    request = krb5pac.PAC_Validate()
    request.ChecksumLength = len(server) if server_size is None else server_size
    request.SignatureType, request.SignatureLength = kind, len(kdc)
    request.ChecksumAndSignature = server + kdc
    return ndr_pack(request)


def verify(service, message, **more):
    return channel(service, "generic", package="kerberos", message=message.hex(), **more)[0]


def test_a_pac_that_we_did_not_sign(service, signatures):
    server, (kind, kdc) = signatures[krb5pac.PAC_TYPE_SRV_CHECKSUM][1], signatures[krb5pac.PAC_TYPE_KDC_CHECKSUM]
    other = bytes([server[0] ^ 1]) + server[1:]
    for wrong in (pac_request(other, kdc, kind), pac_request(server, other, kind), pac_request(server, kdc, kind + 1),
                  pac_request(server, b"", kind), pac_request(b"", b"", -138), pac_request(server, bytes(16), -138)):
        assert verify(service, wrong)["status"] == LOGON_FAILURE
    refused(service, "netlogon.logon", "PAC_SIGNATURE")
    good = pac_request(server, kdc, kind)
    for wrong in (good[:-1], good + b"\0", b"\4" + good[1:], good[:15], b"",
                  pac_request(server, kdc, kind, 65), pac_request(server, kdc, kind, 0xFFFFFFFF)):
        assert verify(service, wrong)["status"] == INVALID_PARAMETER
    refused(service, "netlogon.logon", "WIRE_MALFORMED")
    assert verify(service, good, validation=3)["status"] == INVALID_INFO_CLASS


def test_a_pac_is_verified(service, signatures):
    """[MS-APDS] 3.2.5.6."""
    server, (kind, kdc) = signatures[krb5pac.PAC_TYPE_SRV_CHECKSUM][1], signatures[krb5pac.PAC_TYPE_KDC_CHECKSUM]
    said = verify(service, pac_request(server, kdc, kind))
    assert "status" not in said and said["length"] == 0, said


def test_an_unknown_domain(service, member):
    said = logon(service, domain="ELSEWHERE")
    assert said["status"] == NO_SUCH_USER and said["authoritative"] == 0, said
    refused(service, "netlogon.logon", "NETLOGON_DOMAIN")


# --- trusts ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("validation", [2, 3, 6])
@pytest.mark.parametrize("user, domain", [("carol", "CORP"), ("carol", CORP), (f"carol@{CORP}", "")])
def test_passed_to_the_trusted_domain(service, member, level, validation, user, domain):
    said = logon(service, user, domain, PASSWORD["carol"], level=level, validation=validation)
    assert said["name"] == "carol" and said["domain"] == "CORP" and said["authoritative"] == 1, said
    assert said["key"] == (level == 2) and said["key_fits"], said
    if validation > 2:
        assert said["extra"] == ["S-1-5-15"], said
    if validation == 6:
        assert said["dns"] == CORP and said["upn"] == f"carol@{CORP}", said


def test_our_groups_of_strangers(service, member):
    client = service.connect()
    sid = logon(service, "carol", "CORP")
    dn = f"CN=Guests-of-ours,CN=Users,{BASE}"
    client.add_s(dn, [("objectClass", [b"group"]), ("sAMAccountName", [b"Guests-of-ours"]),
                      ("groupType", [b"-2147483644"]),
                      ("member", [f"<SID={sid['domain_sid']}-{sid['rid']}>".encode()])])
    said = logon(service, "carol", "CORP")
    assert len(said["extra"]) == 2 and said["extra"][0].startswith("S-1-5-15"), said


def test_the_trusted_domain_refuses(service, member):
    for level in (1, 2):
        said = logon(service, "carol", "CORP", "Another-0ne", level=level)
        assert said["status"] == WRONG_PASSWORD and said["authoritative"] == 1, said
    refused(service, "netlogon.logon", "NETLOGON_PARTNER_REFUSED")
    refused(service, "netlogon.logon", "NTLM_PASSWORD_WRONG")


def test_a_partner_asks(service):
    for level in (1, 2):
        said = logon(service, by=partner, level=level)
        assert said["name"] == "alice" and said["key_fits"], said


@pytest.mark.parametrize("target, passes", [(["SRV1", "CORP"], True), (["SRV1", "CORP", CORP], True), ([], True),
                                            (["SRV1", "CLOUD"], False), (["SRV1", "X", CLOUD], False)])
def test_a_partner_relays(service, target, passes):
    """CVE-2022-21857."""
    said = logon(service, by=partner, target=target)
    assert ("status" not in said) == passes, said
    if not passes:
        refused(service, "netlogon.logon", "NTLM_TARGET")


@pytest.mark.parametrize("domain", ["CORP", "ELSEWHERE"])
def test_a_partner_goes_no_further(service, domain):
    said = logon(service, "carol", domain, by=partner)
    assert said["status"] == NO_SUCH_USER and said["authoritative"] == 0, said
    refused(service, "netlogon.logon", "NETLOGON_TRANSITIVE" if domain == "CORP" else "NETLOGON_DOMAIN")


def test_selective_authentication(service, member):
    service.cli("trust", "set", CORP, "--selective-auth", "--directory", CLOUD)
    try:
        assert logon(service, "carol", "CORP")["status"] == 0xC0000413
        refused(service, "netlogon.logon", "SELECTIVE_AUTH_DENIED")
        said = logon(service, "alice", "CLOUD")
        assert "status" not in said, said
    finally:
        service.cli("trust", "set", CORP, "--no-selective-auth", "--directory", CLOUD)
    assert "status" not in logon(service, "carol", "CORP")
