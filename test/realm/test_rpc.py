"""DCE/RPC: stock clients ask the endpoint mapper and the LSA, over pipes and TCP, with each level of protection."""

import json
import re
import socket
import struct
import time
from pathlib import Path

import pytest
from impacket.dcerpc.v5 import drsuapi, lsad, transport
from impacket.dcerpc.v5.dtypes import NULL
from samba.dcerpc import security
from samba.ndr import ndr_pack

from ldap_service import ADDRESS, BASE, CLOUD, CORP, DC, PASSWORD, service  # noqa: F401 (a fixture)

EXAMPLES = "/usr/share/doc/python3-impacket/examples"
OPTIONS = f"--option=realm={CLOUD.upper()} --option=workgroup=CLOUD --option=interfaces=lo"


LOGIN = f"-U CLOUD/alice%{PASSWORD['alice']}"
KERBEROS = "--use-kerberos=required --use-krb5-ccache=$KRB5CCNAME"


def rpcclient(service, commands, binding=f"ncacn_np:{DC}", login=LOGIN, ok=True):
    """With a password, or with the ticket of its caller."""
    return service.run(f"rpcclient {OPTIONS} --option=lockdirectory={service.dir} {login} '{binding}' "
                       f"-c '{commands}' < /dev/null", who="alice" if login == KERBEROS else None, ok=ok)


def refused(service, event, reason):
    """Events are written after the answer is sent."""
    end = time.monotonic() + 20
    while not any(e["reason"] == reason for e in service.events(event)):
        assert time.monotonic() < end, service.events(event)
        time.sleep(0.02)


@pytest.mark.parametrize("options", ["", "-port 445"])
def test_rpcdump(service, options):
    who = f"CLOUD/alice:{PASSWORD['alice']}@{DC}"
    said = service.run(f"/usr/bin/python3 -B {EXAMPLES}/rpcdump.py {options} {who}")
    assert "12345778-1234-ABCD-EF00-0123456789AB" in said, said
    assert "ncacn_ip_tcp:" in said and "[49152]" in said and "PIPE\\lsass" in said


@pytest.mark.parametrize("binding", [f"ncacn_np:{DC}", f"ncacn_np:{DC}[sign]", f"ncacn_np:{DC}[seal]",
                                     f"ncacn_np:{DC}[connect]", f"ncacn_np:{DC}[packet]",
                                     f"ncacn_ip_tcp:{DC}[sign]", f"ncacn_ip_tcp:{DC}[seal]",
                                     f"ncacn_ip_tcp:{DC}[seal,spnego]"])
@pytest.mark.parametrize("login", [LOGIN, KERBEROS])
def test_each_transport_and_level(service, binding, login):
    said = rpcclient(service, "lsaquery", binding, login)
    assert "Domain Name: CLOUD" in said and "Domain Sid: S-1-5-21-" in said, said


def test_tcp_without_protection(service):
    said = rpcclient(service, "lsaquery", f"ncacn_ip_tcp:{DC}[connect]", ok=False)
    assert "Domain Name" not in said and "ACCESS_DENIED" in said, said
    refused(service, "rpc.call", "RPC_NOT_PROTECTED")


def test_nobody(service):
    said = rpcclient(service, "getusername; lsaquery", login="-U%", ok=False)
    assert "CLOUD" not in said and "ACCESS_DENIED" in said, said
    refused(service, "rpc.call", "RPC_ANONYMOUS")


def test_nobody_learns_what_a_partner_asks(service):
    """Before it makes a trust, Samba asks the other side anonymously for its names and SID, and for nothing else."""
    ask = service.dir / "nobody.py"
    ask.write_text(
        "from samba import credentials, param\n"
        "from samba.dcerpc import lsa\n"
        "lp = param.LoadParm()\n"
        "creds = credentials.Credentials()\n"
        "creds.set_anonymous()\n"
        f"conn = lsa.lsarpc('ncacn_np:{DC}', lp, creds)\n"
        "attr = lsa.ObjectAttribute()\n"
        "attr.sec_qos = lsa.QosInfo()\n"
        "policy = conn.OpenPolicy2('', attr, 1)\n"
        "info = conn.QueryInfoPolicy2(policy, lsa.LSA_POLICY_INFO_DNS)\n"
        "print(info.name.string, info.dns_domain.string, info.dns_forest.string, info.sid)\n"
        "try:\n"
        "    conn.QueryInfoPolicy2(policy, lsa.LSA_POLICY_INFO_ACCOUNT_DOMAIN)\n"
        "except Exception as e:\n"
        "    print(e.args[0])\n"
        "conn.Close(policy)\n", encoding="ascii")
    said = service.run(f"/usr/bin/python3 -B {ask}")
    assert f"CLOUD {CLOUD} {CLOUD} S-1-5-21-" in said and str(0xC0000022) in said, said


def test_who_and_what(service):
    said = rpcclient(service, "getusername; dsroledominfo")
    assert "Account Name: alice, Authority Name: CLOUD" in said, said
    assert "Primary Domain Controller" in said or "Machine Role = [5]" in said, said


def fragment(kind, body, flags=3, auth=b""):
    return struct.pack("<BBBB4sHHI", 5, 0, kind, flags, b"\x10\0\0\0", 16 + len(body) + len(auth),
                       max(len(auth) - 8, 0), 1) + body + auth


LSA = bytes.fromhex("785734123412cdabef000123456789ab") + struct.pack("<HH", 0, 0)
NDR = bytes.fromhex("045d888aeb1cc9119fe808002b104860") + struct.pack("<HH", 2, 0)
BIND = struct.pack("<HHIB3xHBB", 4280, 4280, 0, 1, 0, 1, 0) + LSA + NDR


def answer(connection):
    head = connection.recv(16, socket.MSG_WAITALL)
    return head[2], head + connection.recv(struct.unpack_from("<H", head, 8)[0] - 16, socket.MSG_WAITALL)


def connect():
    return socket.create_connection((ADDRESS[CLOUD], 49152), timeout=20)


def test_security_that_is_not_served(service):
    with connect() as c:
        c.sendall(fragment(11, BIND, auth=struct.pack("<BBBBI", 99, 6, 0, 0, 1) + b"token"))
        assert answer(c)[0] == 13
    refused(service, "rpc.bind", "RPC_AUTH_TYPE")


def test_a_fragment_without_protection(service):
    """CVE-2021-23192: on an association that seals, nothing is taken that is not sealed."""
    def bare(dce):
        dce.set_auth_level(1)
        dce.call(0, bytes(20))
        dce.recv()

    rpc = transport.DCERPCTransportFactory(f"ncacn_ip_tcp:{ADDRESS[CLOUD]}[49152]")
    rpc.set_credentials("alice", PASSWORD["alice"], "CLOUD")
    dce = rpc.get_dce_rpc()
    dce.set_auth_level(6)
    dce.connect()
    dce.bind(lsad.MSRPC_UUID_LSAD)
    assert status_of(lambda: bare(dce)) != "OK"
    refused(service, "rpc.bind", "RPC_NOT_PROTECTED")


def test_calls_that_never_end(service):
    """A client may begin as many calls as are joined at once; one more is turned away, and ends with its connection."""
    held = [connect() for _ in range(33)]
    for c in held:
        c.sendall(fragment(11, BIND))
        assert answer(c)[0] == 12
    for c in held[:32]:
        c.sendall(fragment(0, struct.pack("<IHH", 100, 0, 0) + bytes(32), flags=1) + fragment(14, BIND))
        assert answer(c)[0] == 15  # so the fragment before it was taken
    held[32].sendall(fragment(0, struct.pack("<IHH", 100, 0, 0) + bytes(32), flags=1))
    kinds = answer(held[32])
    for c in held:
        c.close()
    assert kinds[0] == 3 and struct.unpack_from("<I", kinds[1], 24)[0] == 0x1C010014
    refused(service, "rpc.call", "RPC_LIMIT")


def lsa(service, call):
    rpc = transport.DCERPCTransportFactory(f"ncacn_np:{ADDRESS[CLOUD]}[\\pipe\\lsarpc]")
    rpc.set_credentials("alice", PASSWORD["alice"], "CLOUD")
    dce = rpc.get_dce_rpc()
    dce.connect()
    dce.bind(lsad.MSRPC_UUID_LSAD)
    return call(dce)


def status_of(call):
    try:
        call()
        return "OK"
    except Exception as e:  # impacket has one kind for each interface
        return str(e)


def test_more_access_than_one_has(service):
    assert "ACCESS_DENIED" in status_of(lambda: lsa(service, lambda dce: lsad.hLsarOpenPolicy2(dce, 0x8)))
    refused(service, "lsa.policy", "LSA_ACCESS")


def test_faults(service):
    assert "nca_s_op_rng_error" in status_of(lambda: lsa(service, lambda dce: (dce.call(200, b""), dce.recv())))
    assert "bad_stub" in status_of(lambda: lsa(service, lambda dce: (dce.call(44, b"\1"), dce.recv())))
    other = b"\0" * 4 + b"x" * 16
    assert "context_mismatch" in status_of(lambda: lsa(service, lambda dce: (dce.call(0, other), dce.recv())))


def test_names_and_sids(service):
    said = rpcclient(service, "lookupnames alice CLOUD\\\\locky Administrators everyone nobody-here")
    sid = {line.split()[0].lower(): line.split()[1] for line in said.splitlines() if " S-1-" in line}
    domain = sid["alice"].rsplit("-", 1)[0]
    assert sid["cloud\\locky"].startswith(domain) and sid["administrators"] == "S-1-5-32-544", said
    assert sid["everyone"] == "S-1-1-0" and "nobody-here S-0-0 (UNKNOWN: 8)" in said, said
    said = rpcclient(service, f"lookupsids {sid['alice']} S-1-5-32-544 S-1-5-18 S-1-1-0 {domain}-512 {domain}-99999 "
                              f"S-1-5-21-1-2-3-1000 {domain}")
    for line in (f"{sid['alice']} CLOUD\\alice (1)", "S-1-5-32-544 BUILTIN\\Administrators (4)",
                 "S-1-5-18 NT AUTHORITY\\SYSTEM (5)", "S-1-1-0 \\Everyone (5)", f"{domain}-512 CLOUD\\Domain Admins (2)",
                 f"CLOUD\\{domain}-99999 (8)", "S-1-5-21-1-2-3-1000 *unknown*\\*unknown* (8)"):
        assert line in said, (line, said)


def test_lookups_without_a_handle(service):
    """Members and domain controllers ask so over their secure channels (test_netlogon.py), and nobody else does."""
    for command in ("lookupsids3 S-1-5-32-544", "lookupnames4 alice"):
        for binding in (f"ncacn_ip_tcp:{DC}[seal]", f"ncacn_np:{DC}"):
            assert "ACCESS_DENIED" in rpcclient(service, command, binding, ok=False)
    refused(service, "rpc.call", "RPC_NOT_PROTECTED")


def test_lookupsid(service):
    said = service.run(f"/usr/bin/python3 -B {EXAMPLES}/lookupsid.py CLOUD/alice:{PASSWORD['alice']}@{DC} 1200")
    assert "500: CLOUD\\Administrator (SidTypeUser)" in said and "CLOUD\\alice (SidTypeUser)" in said, said
    assert "512: CLOUD\\Domain Admins (SidTypeGroup)" in said


def test_trusts(service):
    said = rpcclient(service, "enumtrust")
    assert "LDAPCORP S-1-5-21-" in said.upper() or "CORP S-1-5-21-" in said, said


def test_shares(service):
    said = service.run(f"smbclient -L //{DC} {OPTIONS} {LOGIN} --option=lockdirectory={service.dir} < /dev/null")
    assert all(name in said for name in ("SYSVOL", "NETLOGON", "IPC$")), said
    said = rpcclient(service, "srvinfo; netshareenum 1; netremotetod")
    assert "500" in said and "netname: SYSVOL" in said, said


@pytest.mark.parametrize("level, everybody", [(1, True), (2, False), (502, False)])
def test_shares_in_each_level(service, level, everybody):
    """Those with a path are for administrators ([MS-SRVS] 3.1.4.8)."""
    for login, told in ((LOGIN, everybody), (f"-U CLOUD/administrator%{PASSWORD['administrator']}", True)):
        for command in (f"netshareenum {level}", f"netshareenumall {level}", f"netsharegetinfo SYSVOL {level}"):
            said = rpcclient(service, command, login=login, ok=False)
            assert ("SYSVOL" in said) == told and (told or "ACCESS_DENIED" in said), (command, said)


def test_finding_a_domain_controller(service):
    said = rpcclient(service, f"dsr_getdcname {CLOUD}; dsr_getsitename {DC}; getanydcname CLOUD; getdcname CLOUD")
    assert f"\\\\{DC}" in said and ADDRESS[CLOUD] in said and "Default-First-Site-Name" in said, said
    assert said.count("\\\\DC1") >= 2, said
    said = rpcclient(service, "dsr_getdcname nowhere.example", ok=False)
    assert "WERR_NO_SUCH_DOMAIN" in said, said


def test_a_client_is_told_its_own_site(service):
    """By the subnet that its address is in, as pings tell it; who is in none has no site."""
    def sites():
        said = rpcclient(service, f"dsr_getdcname {CLOUD}")
        return re.findall(r"(dc|client)_site_name\s*: (?:'([\w-]*)'|NULL)", said)
    base = "CN=Sites,CN=Configuration," + ",".join(f"DC={label}" for label in CLOUD.split("."))
    own = "Default-First-Site-Name"
    assert sites() == [("dc", own), ("client", own)], rpcclient(service, f"dsr_getdcname {CLOUD}")
    ldif = service.dir / "sites.ldif"
    ldif.write_text(f"dn: CN=Harbour,{base}\nobjectClass: site\n\n"
                    f"dn: CN=127.0.0.0/16,CN=Subnets,{base}\nobjectClass: subnet\nsiteObject: CN=Harbour,{base}\n\n", encoding="ascii")
    service.run(f"ldapadd -Y GSSAPI -Q -N -H ldap://{DC} -f {ldif}", who="administrator")
    try:
        assert sites() == [("dc", own), ("client", "Harbour")]
        service.run(f"ldapmodify -Y GSSAPI -Q -N -H ldap://{DC} <<END\ndn: CN=127.0.0.0/16,CN=Subnets,{base}\nchangetype: modrdn\n"
                    "newrdn: CN=10.0.0.0/16\ndeleteoldrdn: 1\nEND", who="administrator")
        assert sites() == [("dc", own), ("client", "")]
    finally:
        service.run(f"ldapdelete -Y GSSAPI -Q -N -H ldap://{DC} 'CN=10.0.0.0/16,CN=Subnets,{base}' 'CN=Harbour,{base}'",
                    who="administrator")


HALF = Path(__file__).with_name("samba_half.py")


def half(service, what, question, user="administrator", ok=True):
    """Samba's own client of the calls that make a trust."""
    conf = service.dir / "half.conf"
    conf.write_text(f"[global]\nrealm = {CLOUD.upper()}\nworkgroup = CLOUD\ninterfaces = lo\n"
                    f"lock directory = {service.dir}\n", encoding="ascii")
    ask = service.secret("half.json", json.dumps(dict(
        question, host=DC, admin_user=user, admin_password=PASSWORD[user], filetime=133_000_000_000_000_000)))
    return service.run(f"/usr/bin/python3 -B {HALF} {conf} {what} < {ask}", ok=ok)


def kvno(service, ok=True):
    return service.run(f"kvno -q cifs/{DC}", who="carol", forest=CORP, ok=ok)


def test_a_trust_is_deleted_and_made(service):
    """With the partner's password our half works again: a stranger's ticket is decrypted with it."""
    name, sid = next(line.split() for line in rpcclient(service, "enumtrust").splitlines() if " S-1-5-21-" in line)
    trust = {"dns": CORP, "netbios": name, "sid": sid, "direction": 3, "attributes": 8, "enctypes": 24}
    assert str(0xC0000022) in half(service, "create", dict(trust, password="Other"), user="alice", ok=False)
    refused(service, "lsa.policy", "LSA_ACCESS")
    kvno(service)
    half(service, "delete", trust)
    assert sid not in rpcclient(service, "enumtrust", ok=False)
    half(service, "create", dict(trust, password="Tru5t-between-us"))
    assert str(0xC0000035) in half(service, "create", dict(trust, password="Tru5t-between-us"), ok=False)
    kvno(service)
    half(service, "delete-by-sid", trust)
    assert sid not in rpcclient(service, "enumtrust", ok=False)
    half(service, "create", dict(trust, password="Tru5t-between-us"))
    kvno(service)
    said = service.cli("trust", "list", "--directory", CLOUD)
    assert CORP in said


def test_collisions_of_names(service):
    """Who sets a forest's names is told which of them others have a better right to; free ones are not among them."""
    said = half(service, "collisions", {"dns": CORP, "names": ["free.example", CLOUD]})
    assert f"collision 2 1 4 {CLOUD}" in said and said.count("collision") == 1, said


def test_rights_of_accounts(service):
    """By rpcclient: privileges by name and number, rights given, told and taken."""
    admin = f"-U CLOUD/administrator%{PASSWORD['administrator']}"
    said = rpcclient(service, "enumprivs; getdispname SeBackupPrivilege; lsaenumsid", login=admin)
    assert "SeBackupPrivilege" in said and "Back up files and directories" in said and "S-1-5-32-544" in said, said
    who = "S-1-5-32-545"
    said = rpcclient(service, f"lsaaddacctrights {who} SeDebugPrivilege SeNetworkLogonRight; lsaenumacctrights {who}",
                     login=admin)
    assert "SeDebugPrivilege" in said and "SeNetworkLogonRight" in said, said
    said = rpcclient(service, f"lsaremoveacctrights {who} SeDebugPrivilege; lsaenumacctrights {who}", login=admin)
    assert "SeDebugPrivilege" not in said and "SeNetworkLogonRight" in said, said
    for login in (LOGIN, KERBEROS):
        said = rpcclient(service, f"lsaaddacctrights {who} SeDebugPrivilege", login=login, ok=False)
        assert "ACCESS_DENIED" in said, said
    refused(service, "lsa.policy", "LSA_ACCESS")
    assert service.events("lsa.policy")[-1]["who"] == "alice"
    said = rpcclient(service, f"lsaaddacctrights {who} SeFlyPrivilege", login=admin, ok=False)
    assert "NO_SUCH_PRIVILEGE" in said, said


def hide(service, name):
    """An account in a container that opens to administrators alone."""
    admin, cave = service.connect(), f"OU={name}s,{BASE}"
    closed = security.descriptor.from_sddl("D:P(A;CI;GA;;;SY)(A;CI;GA;;;BA)", security.dom_sid("S-1-5-21-1-2-3"))
    admin.add_s(cave, [("objectClass", [b"organizationalUnit"]), ("nTSecurityDescriptor", [ndr_pack(closed)])])
    admin.add_s(f"CN={name},{cave}", [("objectClass", [b"user"]), ("sAMAccountName", [name.encode()])])
    return f"CN={name},{cave}"


def test_names_in_other_forms(service):
    """DRSUAPI, as joins ask it, here impacket over TCP, sealed: a SID's object, the domain's; what is not there is said for each name."""
    rpc = transport.DCERPCTransportFactory(f"ncacn_ip_tcp:{ADDRESS[CLOUD]}[49152]")
    rpc.set_credentials("alice", PASSWORD["alice"], "CLOUD")
    dce = rpc.get_dce_rpc()
    dce.set_auth_level(6)
    dce.connect()
    dce.bind(drsuapi.MSRPC_UUID_DRSUAPI)
    bind = drsuapi.DRSBind()
    bind["puuidClientDsa"] = drsuapi.NTDSAPI_CLIENT_GUID
    bind["pextClient"] = NULL
    handle = dce.request(bind)["phDrs"]

    def crack(offered, desired, *names):
        answer = drsuapi.hDRSCrackNames(dce, handle, 0, offered, desired, names)["pmsgOut"]["V1"]["pResult"]["rItems"]
        return [(i["status"], i["pName"][:-1] if i["status"] == 0 else None) for i in answer]

    base = "DC=ldap-cloud,DC=example"
    fqdn, nt4 = drsuapi.DS_NAME_FORMAT.DS_FQDN_1779_NAME, drsuapi.DS_NAME_FORMAT.DS_NT4_ACCOUNT_NAME
    assert crack(nt4, fqdn, "CLOUD\\alice", "CLOUD\\nobody") == [(0, f"CN=alice,CN=Users,{base}"), (2, None)]
    assert crack(fqdn, nt4, f"CN=alice,CN=Users,{base}", base) == [(0, "CLOUD\\alice"), (0, "CLOUD\\")]
    assert crack(drsuapi.DS_NAME_FORMAT.DS_CANONICAL_NAME, fqdn, f"{CLOUD}/") == [(0, base)]
    guid = crack(nt4, drsuapi.DS_NAME_FORMAT.DS_UNIQUE_ID_NAME, "CLOUD\\alice")[0][1]
    assert crack(drsuapi.DS_NAME_FORMAT.DS_UNIQUE_ID_NAME, nt4, guid) == [(0, "CLOUD\\alice")]
    assert crack(drsuapi.DS_NAME_FORMAT.DS_UNIQUE_ID_NAME, 11, guid) == [(4, None)]
    hermit = hide(service, "hermit")
    assert crack(nt4, fqdn, "CLOUD\\alice", "CLOUD\\hermit") == [(0, f"CN=alice,CN=Users,{base}"), (2, None)]
    assert crack(fqdn, nt4, hermit, f"CN=alice,CN=Users,{base}") == [(2, None), (0, "CLOUD\\alice")]


def test_secrets_under_another_key(service):
    trust = {"dns": "other.example", "netbios": "OTHER", "sid": "S-1-5-21-7-8-9", "direction": 3, "attributes": 4}
    assert str(0xC000000D) in half(service, "garbled", dict(trust, password="x"), ok=False)
    refused(service, "lsa.trust", "LSA_SECRET")
