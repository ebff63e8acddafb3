"""NETLOGON: members and partners make secure channels with stock clients, and what is refused has its reason."""

import base64
import hashlib
import hmac
import json
import struct
from pathlib import Path

import pytest
from impacket.dcerpc.v5 import nrpc, transport

from ldap_service import ADDRESS, BASE, CLOUD, CORP, DC, PASSWORD, service  # noqa: F401 (a fixture)
from test_rpc import NDR, answer, connect, fragment, refused, rpcclient, status_of

CHANNEL = Path(__file__).with_name("samba_channel.py")
MACHINE = "Mach1ne-of-the-tests"
TRUST = "Tru5t-between-us"
TCP = f"ncacn_ip_tcp:{DC}[schannel,seal]"
ACCESS_DENIED = 0xC0000022


def machine(service, name, password=MACHINE):
    client = service.connect()
    client.add_s(f"CN={name},CN=Computers,{BASE}",
                 [("objectClass", [b"computer"]), ("sAMAccountName", [f"{name}$".encode()]),
                  ("userAccountControl", [b"4096"]), ("unicodePwd", [f'"{password}"'.encode("utf-16-le")])])
    return name


@pytest.fixture(scope="module")
def member(service):
    return machine(service, "PC1")


def channel(service, *calls, account="PC1$", computer="PC1", password=MACHINE, kind=2, binding=TCP, **more):
    conf = service.dir / "channel.conf"
    conf.write_text(f"[global]\nrealm = {CLOUD.upper()}\nworkgroup = CLOUD\ninterfaces = lo\n"
                    f"lock directory = {service.dir}\nprivate dir = {service.dir}\n", encoding="ascii")
    ask = service.secret("channel.json", json.dumps(dict(
        more, host=DC, account=account, computer=computer, password=password, type=kind, binding=binding,
        calls=calls)))
    said = service.run(f"/usr/bin/python3 -B {CHANNEL} {conf} < {ask}")
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def partner(service, *calls, **more):
    """As the other forest's domain controller, which trusts us."""
    return channel(service, *calls, **dict(dict(account=f"{CORP}.", computer="DC9", password=TRUST, kind=3), **more))


@pytest.mark.parametrize("binding", [TCP, f"ncacn_np:{DC}[schannel,seal]"])
def test_a_member(service, member, binding):
    said = channel(service, "capabilities", "capabilities", binding=binding)
    assert said[0]["flags"] == said[1]["flags"] and said[0]["flags"] & 0x41000000 == 0x41000000, said


def test_names_and_sids(service, member):
    """As winbind asks them. Strangers' names are asked of their forest, for our members alone."""
    corp = "CORP\\carol"
    said = channel(service, "lookups", names=["CLOUD\\alice", "BUILTIN\\Administrators", corp])[0]
    assert [n.split("\\")[1] for n in said["names"]] == ["alice", "Administrators", "carol"], said
    said = partner(service, "lookups", names=["CLOUD\\alice", corp])[0]
    assert len(said["names"]) == 1 and said["names"][0].endswith("\\alice"), said


def test_a_channel_that_only_signs(service, member):
    """CVE-2022-38023."""
    said = channel(service, "capabilities", binding=f"ncacn_ip_tcp:{DC}[schannel,sign]")
    assert "status" in said[0], said
    refused(service, "rpc.bind", "NETLOGON_NOT_SEALED")


def test_a_partner(service):
    said = partner(service, "capabilities")
    assert said[0]["flags"] & 0x01000000, said


def test_wrong_password(service, member):
    assert channel(service, "capabilities", password="Another-0ne")[0]["status"] == ACCESS_DENIED
    refused(service, "netlogon.authenticate", "NETLOGON_SECRET")


@pytest.mark.parametrize("account, kind", [("NOBODY$", 2), ("alice", 2), ("PC1$", 6), ("PC1$", 3), ("nowhere.example.", 3)])
def test_no_such_account(service, member, account, kind):
    said = channel(service, "capabilities", account=account, kind=kind)
    assert said[0]["status"] == 0xC000018B, said
    refused(service, "netlogon.authenticate", "NETLOGON_ACCOUNT")


def test_an_authenticator_again(service, member):
    assert channel(service, "stale")[0]["status"] == ACCESS_DENIED
    refused(service, "netlogon.call", "NETLOGON_AUTHENTICATOR")


def test_for_another_computer(service, member):
    assert channel(service, "capabilities", claims="PC2")[0]["status"] == ACCESS_DENIED
    refused(service, "netlogon.call", "NETLOGON_SESSION")


def test_the_name_of_another_computer(service, member):
    """Whose name it is takes it from who only uses it, not the other way round."""
    machine(service, "PC4")
    assert "flags" in channel(service, "capabilities")[0]
    assert channel(service, "capabilities", account="PC4$")[0]["status"] == 0xC0000122
    refused(service, "netlogon.authenticate", "NETLOGON_COMPUTER")
    assert "flags" in channel(service, "capabilities", account="PC4$", computer="PC5")[0]
    machine(service, "PC5")
    assert "flags" in channel(service, "capabilities", account="PC5$", computer="PC5")[0]
    assert "status" in channel(service, "capabilities", account="PC4$", computer="PC5")[0]
    service.connect().delete_s(f"CN=PC5,CN=Computers,{BASE}")
    assert "flags" in channel(service, "capabilities", account="PC4$", computer="PC5")[0]


def test_a_member_changes_its_password(service):
    machine(service, "PC3")
    me = dict(account="PC3$", computer="PC3")
    for old, new in ((MACHINE, "An0ther-machine-pässword"), ("An0ther-machine-pässword", "The-Th1rd-of-them")):
        assert "status" not in channel(service, "set_password", **me, password=old, new=new)[0]
        assert channel(service, "capabilities", **me, password=old)[0]["status"] == ACCESS_DENIED
        assert "flags" in channel(service, "capabilities", **me, password=new)[0]


def test_a_password_that_is_no_text(service):
    """As Windows draws them: 120 units, surrogates among them."""
    machine(service, "PC20")
    me = dict(account="PC20$", computer="PC20")
    raw = "".join(f"{unit:04x}" for unit in (0xD8D8, 0x4100, 0xDCDC)) + "20ac" * 117
    assert "status" not in channel(service, "set_password", **me, new_raw=raw)[0]
    assert channel(service, "capabilities", **me)[0]["status"] == ACCESS_DENIED
    said = channel(service, "capabilities", "set_password", "capabilities", **me, raw=raw, new="And-then-text-again1")
    assert "flags" in said[0] and "flags" in said[2], said


def test_a_password_by_its_hash(service, member):
    said = channel(service, "set_hash", "capabilities")
    assert said[0]["status"] == 0xC00000BB and "flags" in said[1], said
    refused(service, "netlogon.password", "NETLOGON_HASH_ALONE")


def test_a_reset_ends_the_channel(service):
    """Who has the old password may not set the next one over the channel that it made with it."""
    machine(service, "PC7")
    text = base64.b64encode('"Reset-by-the-admin-1"'.encode("utf-16-le")).decode()
    ldif = service.ldif(f"dn: CN=PC7,CN=Computers,{BASE}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: {text}\n")
    reset = ["env", "LDAPTLS_REQCERT=never", "ldapmodify", "-x", "-H", f"ldaps://{ADDRESS[CLOUD]}", "-D",
             f"administrator@{CLOUD}", "-y", str(service.dir / "administrator"), "-f", str(ldif)]
    said = channel(service, "capabilities", "outside", "set_password", "capabilities", account="PC7$", computer="PC7",
                   command=reset, new="By-the-old-0wner")
    assert "flags" in said[0] and "status" not in said[1], said
    assert said[2]["status"] == said[3]["status"] == ACCESS_DENIED, said
    refused(service, "netlogon.call", "NETLOGON_PASSWORD_CHANGED")
    assert "flags" in channel(service, "capabilities", account="PC7$", computer="PC7", password="Reset-by-the-admin-1")[0]
    # Its own change does not.
    said = channel(service, "set_password", "capabilities", account="PC7$", computer="PC7",
                   password="Reset-by-the-admin-1", new="The-0wners-next-1")
    assert "flags" in said[1], said


def test_what_a_member_asks_at_its_start(service, member):
    said = channel(service, "domain_info")[0]
    assert said["primary"][:3] == ["CLOUD", CLOUD, CLOUD] and said["primary"][3].startswith("S-1-5-21-"), said
    assert said["trusted"] == {CLOUD: [0x1D, 0], CORP: [0x22, 8]} and said["flags"] == 0, said
    assert said["guid"] != "00000000-0000-0000-0000-000000000000" and said["types"] == 0xFFFFFFFF, said
    dn = f"CN=PC1,CN=Computers,{BASE}"
    service.connect().modify_s(dn, [(2, "dNSHostName", [f"pc1.{CLOUD}".encode()]),
                                    (2, "msDS-SupportedEncryptionTypes", [b"24"])])
    said = channel(service, "domain_info", workstation=2)[0]
    assert said["host"] == f"pc1.{CLOUD}" and said["types"] == 24 and said["flags"] == 2, said
    assert channel(service, "domain_info", level=2)[0]["policy"] == 0


def test_what_a_member_says_of_itself(service):
    """Its system is noted; its name is its own to give, unless it says that it writes that itself."""
    machine(service, "PC8")
    me = dict(account="PC8$", computer="PC8", system=[10, 0, 19045, "Pack 9"])

    def stored():
        found = service.connect().search_s(f"CN=PC8,CN=Computers,{BASE}", 0, "(objectClass=*)", [
            "operatingSystem", "operatingSystemVersion", "operatingSystemServicePack", "dNSHostName", "servicePrincipalName"])
        return {k: sorted(x.decode() for x in v) for k, v in found[0][1].items()}
    system = {"operatingSystem": ["Testix"], "operatingSystemVersion": ["10.0 (19045)"],
              "operatingSystemServicePack": ["Pack 9"]}
    for said in (dict(dns=f"pc8.{CLOUD}", workstation=2), dict(dns=f"dc1.{CLOUD}"), dict(dns="pc8.elsewhere.example")):
        assert "status" not in channel(service, "domain_info", **me, **said)[0]
        assert stored() == system
    refused(service, "netlogon.member", "DIR_DNS_NAME_NOT_OWN")
    assert "status" not in channel(service, "domain_info", **me, dns=f"pc8.{CLOUD}")[0]
    assert stored() == dict(system, dNSHostName=[f"pc8.{CLOUD}"],
                            servicePrincipalName=["HOST/PC8", f"HOST/pc8.{CLOUD}"])
    told = len(service.events("netlogon.member"))
    channel(service, "domain_info", **me, dns=f"pc8.{CLOUD}")
    assert len(service.events("netlogon.member")) == told


# --- trusts ---------------------------------------------------------------------------------------

def test_names_of_the_forest(service):
    said = partner(service, "forest_info")[0]
    assert [r[0] for r in said["records"]] == [0, 2] and said["records"][0][1] == CLOUD, said


def test_a_member_asks_for_the_forest(service, member):
    assert channel(service, "forest_info")[0]["status"] == 0xC0000002


def test_own_secrets(service, member):
    said = partner(service, "trust_info", "passwords")
    assert said[0]["numbers"] == [8], said
    # Without history both are the same password, and both calls tell the same.
    assert said[0]["new"] == said[0]["old"] == said[1]["new"] == said[1]["old"], said
    said = channel(service, "trust_info", "passwords")
    assert said[0]["numbers"] == [0] and said[0]["new"] == said[1]["new"] != said[0]["old"], said


@pytest.mark.parametrize("call", ["foreign_trust_info", "foreign_passwords"])
@pytest.mark.parametrize("who, foreign", [("member", "PC2$"), ("member", "DC1$"), ("member", f"{CORP}."),
                                          ("partner", "PC1$"), ("partner", "nowhere.example.")])
def test_secrets_of_others(service, member, call, who, foreign):
    """Even a domain controller's: who has one channel has one secret."""
    said = (channel if who == "member" else partner)(service, call, foreign=foreign)
    assert said[0]["status"] == ACCESS_DENIED, said
    refused(service, "netlogon.call", "NETLOGON_NOT_OWN")


def test_lists_of_trusts(service, member):
    said = rpcclient(service, "dsenumdomtrusts")
    assert f"{CLOUD} (CLOUD)" in said, said
    said = channel(service, "trusts")[0]
    flat, cloud = said["trusts"][CORP], said["trusts"][CLOUD]
    assert flat[0] == 0x22 and cloud[0] == 0x1D and flat[2] == 8, said


ADMIN = f"-U CLOUD/administrator%{PASSWORD['administrator']}"


def test_logon_control(service, member):
    said = rpcclient(service, "logonctrl 1; logonctrl2 1 1; logonctrl2ex 1 1", login=ADMIN, ok=False)
    assert "WERR" not in said, said
    assert channel(service, "control")[0]["flags"] == 0
    pipe = transport.DCERPCTransportFactory(f"ncacn_np:{ADDRESS[CLOUD]}[\\pipe\\netlogon]")
    pipe.set_credentials("alice", PASSWORD["alice"], "CLOUD")
    dce = pipe.get_dce_rpc()
    dce.connect()
    dce.bind(nrpc.MSRPC_UUID_NRPC)
    ask = nrpc.NetrLogonControl2Ex()
    ask["ServerName"], ask["FunctionCode"], ask["QueryLevel"], ask["Data"]["tag"] = DC + "\0", 6, 2, 6
    ask["Data"]["TrustedDomainName"] = CORP + "\0"
    said = status_of(lambda: dce.request(ask))
    assert "0x5" in said or "ACCESS_DENIED" in said.upper(), said
    refused(service, "netlogon.call", "NETLOGON_ACCESS")


def as_user(service, *calls, who="administrator", **more):
    return channel(service, *calls, account=who, computer="X", password=PASSWORD[who], kind=0,
                   binding=f"ncacn_np:{DC}", partner=CORP, **more)


def test_a_trust_is_verified(service):
    """The domain controller that is asked opens a secure channel to its partner and calls back."""
    said = as_user(service, "verify")[0]
    dc = f"\\\\dc1.{CORP}"
    assert said["found"] == [0x30, 0, dc, 0] == said["state"] and said["verified"] == [0xB0, 0, dc, 0], said


def test_the_partner_is_asked_for_its_names(service):
    for flags in (0, 1):
        said = as_user(service, "partner_names", flags=flags)[0]
        assert said["types"] == [0, 2] and said["name"] == CORP, said
    said = as_user(service, "partner_names", who="alice", flags=1)[0]
    assert said["status"] == 5, said
    refused(service, "netlogon.call", "NETLOGON_ACCESS")


# --- attacks --------------------------------------------------------------------------------------

AES = 0x612FFFFF


def bare():
    """NETLOGON as nobody, over a connection that protects nothing."""
    dce = transport.DCERPCTransportFactory(f"ncacn_ip_tcp:{ADDRESS[CLOUD]}[49152]").get_dce_rpc()
    dce.connect()
    dce.bind(nrpc.MSRPC_UUID_NRPC)
    return dce


def authenticate(dce, credential, flags=AES, account="PC1$"):
    return nrpc.hNetrServerAuthenticate3(dce, DC + "\0", account + "\0", 2, "PC1\0", credential, flags)


def test_zerologon(service, member):
    """CVE-2020-1472: with credentials of zeros one try in 256 would succeed."""
    dce = bare()
    for _ in range(2000):
        nrpc.hNetrServerReqChallenge(dce, DC + "\0", "PC1\0", bytes(8))
        assert "ACCESS_DENIED" in status_of(lambda: authenticate(dce, bytes(8)))
    refused(service, "netlogon.authenticate", "NETLOGON_CHALLENGE_WEAK")


def test_zerologon_without_aes(service, member):
    dce = bare()
    nrpc.hNetrServerReqChallenge(dce, DC + "\0", "PC1\0", b"12345678")
    assert "DOWNGRADE_DETECTED" in status_of(lambda: authenticate(dce, b"12345678", 0x212FFFFF & ~0x01000000))
    refused(service, "netlogon.authenticate", "NETLOGON_DOWNGRADE")


def session(dce):
    """Like the member; a challenge serves once. Returns the session's key."""
    nt = nrpc.ntlm.compute_nthash(MACHINE)
    ours = b"chosen-8"
    theirs = nrpc.hNetrServerReqChallenge(dce, DC + "\0", "PC1\0", ours)["ServerChallenge"]
    key = hmac.new(nt, ours + theirs, hashlib.sha256).digest()[:16]
    proof = nrpc.ComputeNetlogonCredentialAES(ours, key)
    assert authenticate(dce, proof)["ServerCredential"] == nrpc.ComputeNetlogonCredentialAES(theirs, key)
    assert "ACCESS_DENIED" in status_of(lambda: authenticate(dce, proof))
    return key


def test_a_challenge_serves_once(service, member):
    session(bare())
    refused(service, "netlogon.authenticate", "NETLOGON_NO_CHALLENGE")


def test_calls_without_the_channel(service, member):
    dce = bare()
    session(dce)
    ask = nrpc.NetrLogonGetCapabilities()
    ask["ServerName"], ask["ComputerName"], ask["QueryLevel"] = DC + "\0", "PC1\0", 1
    ask["Authenticator"]["Credential"], ask["ReturnAuthenticator"]["Credential"] = bytes(8), bytes(8)
    assert "ACCESS_DENIED" in status_of(lambda: dce.request(ask)).upper()
    refused(service, "netlogon.call", "NETLOGON_NOT_SEALED")


NETLOGON = bytes.fromhex("785634123412cdabef0001234567cffb") + struct.pack("<HH", 1, 0)
BIND = struct.pack("<HHIB3xHBB", 4280, 4280, 0, 1, 0, 1, 0) + NETLOGON + NDR


def bind_channel(connection, computer):
    token = struct.pack("<II", 0, 3) + b"CLOUD\0" + computer + b"\0"
    connection.sendall(fragment(11, BIND, auth=struct.pack("<BBBBI", 68, 6, 0, 0, 7) + token))
    return answer(connection)[0]


def test_a_channel_without_a_session(service):
    with connect() as c:
        assert bind_channel(c, b"NEVER-SEEN") == 13
    refused(service, "rpc.bind", "NETLOGON_SESSION")


@pytest.mark.parametrize("token", [bytes(56), b"\x13\0\x1a\0\xff\xff\0\0" + bytes(48), bytes(8),
                                   b"\x77\0\x7a\0\xff\xff\0\0" + bytes(24)])
def test_a_channel_without_its_key(service, member, token):
    """Whoever knows a computer's name gets as far as its first message: garbage, and RC4 (CVE-2022-38023)."""
    session(bare())
    with connect() as c:
        assert bind_channel(c, b"PC1") == 12
        c.sendall(fragment(0, struct.pack("<IHH", 64, 0, 21) + bytes(64),
                           auth=struct.pack("<BBBBI", 68, 6, 0, 0, 7) + token))
        assert answer(c)[0] == 3 and c.recv(1) == b""
    refused(service, "rpc.bind", "NETLOGON_FRAGMENT")
