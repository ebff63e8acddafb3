"""Changes over LDAP: passwords by their owner and by administrators, names, tombstones, and what nobody may write;
by python3-ldap and OpenLDAP's tools."""

import base64
import json
import os
import signal
import struct
import uuid

import ldap
import pytest
from ldap.controls import RequestControl

from ldap_service import ADDRESS, BASE, CLOUD, CORP, GSSAPI, PASSWORD, service  # noqa: F401 (a fixture)
from netns import wait_for

PLACE = f"ou=Written,{BASE}"
SHOW_DELETED = RequestControl("1.2.840.113556.1.4.417", True)
DELETED = f"cn=Deleted Objects,{BASE}"


@pytest.fixture(scope="module")
def admin(service):
    client = service.connect()
    client.add_s(PLACE, [("objectClass", b"organizationalUnit")])
    domain = [(ldap.MOD_REPLACE, "minPwdAge", b"0")]  # so that tests may change a password twice
    client.modify_s(BASE, domain)
    return client


def quoted(password):
    return f'"{password}"'.encode("utf-16le")


def new_user(client, name, password="F1rst-of-all", **more):
    dn = f"cn={name},{PLACE}"
    client.add_s(dn, [("objectClass", b"user"), ("sAMAccountName", name.encode()), ("unicodePwd", quoted(password)),
                      ("userAccountControl", b"512"), *((k, v.encode()) for k, v in more.items())])
    PASSWORD[name] = password
    return dn


def change(old, new):
    return [(ldap.MOD_DELETE, "unicodePwd", quoted(old)), (ldap.MOD_ADD, "unicodePwd", quoted(new))]


def reset(new):
    return [(ldap.MOD_REPLACE, "unicodePwd", quoted(new))]


def refused(client, dn, mods, error, reason, controls=None):
    with pytest.raises(error) as caught:
        client.modify_ext_s(dn, mods, serverctrls=controls)
    assert reason in caught.value.args[0]["info"], caught.value


# --- passwords -------------------------------------------------------------------------------------------------------

def test_a_user_changes_the_password(service, admin):
    dn = new_user(admin, "wanda")
    own = service.connect("wanda")
    own.modify_s(dn, change("F1rst-of-all", "Sec0nd-of-all"))
    with pytest.raises(ldap.INVALID_CREDENTIALS):
        service.connect("wanda")
    PASSWORD["wanda"] = "Sec0nd-of-all"
    service.connect("wanda").modify_s(dn, change("Sec0nd-of-all", "Th1rd-of-all"))
    PASSWORD["wanda"] = "Th1rd-of-all"
    again = service.connect("wanda")
    service.secret("wanda", "Th1rd-of-all")
    assert "u:CLOUD\\wanda" in service.run(f"ldapwhoami {GSSAPI}", who="wanda")  # Kerberos agrees
    violation = ldap.CONSTRAINT_VIOLATION
    refused(again, dn, change("Th1rd-of-all", "F1rst-of-all"), violation, "PASSWORD_USED_BEFORE")
    refused(again, dn, change("Th1rd-of-all", "Sh0rt"), violation, "PASSWORD_TOO_SHORT")
    refused(again, dn, change("Th1rd-of-all", "wanda-Is-1t"), violation, "PASSWORD_HAS_NAME")
    refused(again, dn, change("Th1rd-of-all", "onlyletters"), violation, "PASSWORD_TOO_SIMPLE")
    refused(again, dn, change("Wr0ng-0ne", "F0urth-of-all"), violation, "DIR_PASSWORD_WRONG")
    refused(again, dn, reset("F0urth-of-all"), ldap.INSUFFICIENT_ACCESS, "DIR_ACCESS")
    admin.modify_s(BASE, [(ldap.MOD_REPLACE, "minPwdAge", b"-864000000000")])
    refused(again, dn, change("Th1rd-of-all", "F0urth-of-all"), violation, "PASSWORD_TOO_YOUNG")
    admin.modify_s(BASE, [(ldap.MOD_REPLACE, "minPwdAge", b"0")])


def test_an_administrator_resets_the_password(service, admin):
    dn = new_user(admin, "rosa")
    admin.modify_s(dn, reset("Res3t-of-all"))
    PASSWORD["rosa"] = "Res3t-of-all"
    service.connect("rosa")
    admin.modify_s(dn, reset("F1rst-of-all"))  # history does not bind administrators
    refused(admin, dn, reset("Sh0rt"), ldap.CONSTRAINT_VIOLATION, "PASSWORD_TOO_SHORT")
    for value in (b'"half', "Unquoted-1".encode("utf-16le"), b""):
        refused(admin, dn, [(ldap.MOD_REPLACE, "unicodePwd", value)], ldap.LDAPError, "DIR_PASSWORD_FORM")
    refused(admin, dn, [(ldap.MOD_DELETE, "unicodePwd", quoted("F1rst-of-all"))], ldap.CONSTRAINT_VIOLATION,
            "DIR_PASSWORD_FORM")


@pytest.mark.parametrize("layer,works", [("-O maxssf=0", False), ("-O maxssf=1", False), ("", True)])
def test_a_password_is_set_over_a_sealed_connection_only(service, admin, layer, works):
    name = "layer" + (layer[-1:] or "2")
    dn = new_user(admin, name)
    value = base64.b64encode(quoted("An0ther-one")).decode()
    said = service.run(f"ldapmodify {GSSAPI} {layer} -f " + str(service.ldif(
        f"dn: {dn}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: {value}\n")), who="administrator", ok=works)
    assert works or ("unwilling" in said and "DIR_PASSWORD_UNPROTECTED" in said)
    PASSWORD[name] = "An0ther-one" if works else "F1rst-of-all"
    service.connect(name)


def test_an_account_that_cannot_be_locked_lets_nobody_in(service, admin):
    """The writer locks; while it is away nobody guesses on, and the right password is no way in either."""
    dn = new_user(admin, "unlockable")
    admin.modify_s(BASE, [(ldap.MOD_REPLACE, "lockoutThreshold", b"1")])
    shown = json.loads(service.cli("--output", "json", "directory", "show", CLOUD))["result"]
    [writer] = [p["pid"] for p in shown["processes"] if p["name"].startswith("writer")]
    os.kill(writer, signal.SIGSTOP)
    try:
        for password in "Wr0ng-0ne", "F1rst-of-all":
            PASSWORD["unlockable"] = password
            before = len(service.events("ldap.bind"))
            with pytest.raises(ldap.INVALID_CREDENTIALS):
                service.connect("unlockable")
            # The event is written after the answer went out.
            wait_for(lambda: len(service.events("ldap.bind")) > before, "the event of the bind")
            assert "KDC_LOCKOUT_NOT_STORED" in str(service.events("ldap.bind")[-1])
    finally:
        os.kill(writer, signal.SIGCONT)
        admin.modify_s(BASE, [(ldap.MOD_REPLACE, "lockoutThreshold", b"0")])
    admin.modify_s(dn, [(ldap.MOD_REPLACE, "lockoutTime", b"0")])
    service.connect("unlockable")


def test_guesses_by_changing_a_password_lock_the_account(service, admin):
    """Whoever knows the old password may change it: so a wrong one counts as at a logon."""
    dn = new_user(admin, "target")
    admin.modify_s(BASE, [(ldap.MOD_REPLACE, "lockoutThreshold", b"3")])
    stranger = service.connect("alice")
    try:
        for _ in range(2):
            refused(stranger, dn, change("Wr0ng-0ne", "N3w-of-all"), ldap.CONSTRAINT_VIOLATION, "DIR_PASSWORD_WRONG")
        assert admin.search_s(dn, ldap.SCOPE_BASE, attrlist=["badPwdCount"])[0][1] == {"badPwdCount": [b"2"]}
        refused(stranger, dn, change("Wr0ng-0ne", "N3w-of-all"), ldap.CONSTRAINT_VIOLATION, "KDC_LOCKED_NOW")
        refused(stranger, dn, change("F1rst-of-all", "N3w-of-all"), ldap.CONSTRAINT_VIOLATION, "LOGON_LOCKED_OUT")
        with pytest.raises(ldap.INVALID_CREDENTIALS) as caught:
            service.connect("target")
        assert "data 775" in caught.value.args[0]["info"]
        admin.modify_s(dn, [(ldap.MOD_REPLACE, "lockoutTime", b"0")])
        service.connect("target").modify_s(dn, change("F1rst-of-all", "N3w-of-all"))
    finally:
        admin.modify_s(BASE, [(ldap.MOD_REPLACE, "lockoutThreshold", b"0")])
    assert [e["detail"] for e in service.events("ldap.password")].count("target") == 3


# --- what belongs to trusts ------------------------------------------------------------------------------------------

TDO = f"cn={CORP},cn=System,{BASE}"


def test_trusts_are_not_written_over_ldap(service, admin):
    account = f"cn=CORP$,cn=Users,{BASE}"
    assert admin.search_s(TDO, ldap.SCOPE_BASE, attrlist=["trustDirection"])[0][1] == {"trustDirection": [b"3"]}
    for attribute, value in (("trustAuthOutgoing", b"x"), ("trustAuthIncoming", b"x"), ("trustDirection", b"1"),
                             ("trustAttributes", b"0"), ("msDS-TrustForestTrustInfo", b"x"), ("description", b"x"),
                             ("securityIdentifier", b"x"), ("msDS-SupportedEncryptionTypes", b"4")):
        refused(admin, TDO, [(ldap.MOD_REPLACE, attribute, value)], ldap.UNWILLING_TO_PERFORM, "DIR_SYSTEM_CLASS")
    with pytest.raises(ldap.UNWILLING_TO_PERFORM):
        admin.rename_s(TDO, "cn=other.example")
    for cls in (b"trustedDomain", b"secret"):
        with pytest.raises(ldap.UNWILLING_TO_PERFORM):
            admin.add_s(f"cn=new.example,cn=System,{BASE}", [("objectClass", cls), ("trustPartner", b"new.example"),
                                                            ("flatName", b"NEW")])
    refused(admin, account, reset("Trust-secret-1"), ldap.CONSTRAINT_VIOLATION, "DIR_PASSWORD_CANNOT_CHANGE")
    refused(admin, account, [(ldap.MOD_REPLACE, "userAccountControl", b"512")], ldap.CONSTRAINT_VIOLATION,
            "DIR_ACCOUNT_CONTROL")
    dn = new_user(admin, "nearly")
    refused(admin, dn, [(ldap.MOD_REPLACE, "userAccountControl", b"2080")], ldap.LDAPError, "DIR_ACCOUNT_CONTROL")


def test_secrets_of_trusts_are_not_read(admin):
    names = ["trustAuthOutgoing", "trustAuthIncoming", "initialAuthIncoming", "initialAuthOutgoing", "unicodePwd",
             "supplementalCredentials", "ntPwdHistory", "currentValue"]
    for base, scope in ((TDO, ldap.SCOPE_BASE), (f"cn=CORP$,cn=Users,{BASE}", ldap.SCOPE_BASE)):
        assert admin.search_s(base, scope, attrlist=names)[0][1] == {}
    for name in names:
        found = admin.search_s(BASE, ldap.SCOPE_SUBTREE, f"({name}=*)", ["1.1"])
        assert [e for e in found if e[0]] == []


# --- names -----------------------------------------------------------------------------------------------------------

def test_names_change(admin):
    for unit in ("a", "b"):
        admin.add_s(f"ou={unit},{PLACE}", [("objectClass", b"organizationalUnit")])
    admin.add_s(f"cn=first,ou=a,{PLACE}", [("objectClass", b"contact")])
    admin.rename_s(f"cn=first,ou=a,{PLACE}", "cn=Sécond\\, with a comma")
    admin.rename_s(f"cn=sécond\\, with a comma,ou=a,{PLACE}", "cn=third", f"ou=b,{PLACE}")
    entry = admin.search_s(f"ou=b,{PLACE}", ldap.SCOPE_ONELEVEL, attrlist=["cn", "name", "distinguishedName"])
    assert entry == [("CN=third,OU=b,OU=Written,DC=ldap-cloud,DC=example",
                      {"cn": [b"third"], "name": [b"third"],
                       "distinguishedName": [b"CN=third,OU=b,OU=Written,DC=ldap-cloud,DC=example"]})]
    admin.rename_s(f"ou=b,{PLACE}", "ou=b", f"ou=a,{PLACE}")
    assert admin.search_s(f"cn=third,ou=b,ou=a,{PLACE}", ldap.SCOPE_BASE, attrlist=["1.1"])
    below = f"ou=b,ou=a,{PLACE}"
    for call, error in ((lambda: admin.rename_s(f"ou=a,{PLACE}", "ou=a", below), ldap.UNWILLING_TO_PERFORM),
                        (lambda: admin.rename_s(f"ou=a,{PLACE}", "ou=c", delold=0), ldap.LDAPError),
                        (lambda: admin.rename_s(f"ou=a,{PLACE}", "cn=a"), ldap.NAMING_VIOLATION),
                        (lambda: admin.rename_s(f"cn=nobody,{PLACE}", "cn=x"), ldap.NO_SUCH_OBJECT),
                        (lambda: admin.rename_s(f"ou=a,{PLACE}", "ou=x", f"ou=nowhere,{BASE}"), ldap.OTHER),
                        (lambda: admin.rename_s(f"ou=a,{PLACE}", "ou=a", f"cn=configuration,{BASE}"), ldap.LDAPError)):
        with pytest.raises(error):
            call()


def test_permissive_changes(admin):
    dn = f"cn=lenient,{PLACE}"
    permissive = [RequestControl("1.2.840.113556.1.4.1413", True)]
    admin.add_s(dn, [("objectClass", b"contact"), ("otherTelephone", [b"1"])])
    twice, gone = [(ldap.MOD_ADD, "otherTelephone", b"1")], [(ldap.MOD_DELETE, "otherTelephone", b"9")]
    for mods, error in ((twice, ldap.TYPE_OR_VALUE_EXISTS), (gone, ldap.NO_SUCH_ATTRIBUTE)):
        with pytest.raises(error):
            admin.modify_s(dn, mods)
        admin.modify_ext_s(dn, mods, serverctrls=permissive)
    assert admin.search_s(dn, ldap.SCOPE_BASE, attrlist=["otherTelephone"])[0][1] == {"otherTelephone": [b"1"]}


def test_comparisons(admin):
    dn = f"cn=compared,{PLACE}"
    admin.add_s(dn, [("objectClass", b"contact"), ("garbageCollPeriod", b"7"), ("info", b"x")])
    assert admin.compare_s(dn, "garbageCollPeriod", b"007") and not admin.compare_s(dn, "info", b"y")
    for attribute in ("sn", "noSuchThing", "unicodePwd"):
        with pytest.raises(ldap.NO_SUCH_ATTRIBUTE):
            admin.compare_s(dn, attribute, b"x")
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        admin.compare_s(f"cn=nobody,{PLACE}", "cn", b"x")


# --- tombstones ------------------------------------------------------------------------------------------------------

def test_deleted_objects_are_shown_on_demand(service, admin):
    dn = f"cn=gone,{PLACE}"
    admin.add_s(dn, [("objectClass", b"contact"), ("info", b"x")])
    raw = admin.search_s(dn, ldap.SCOPE_BASE, attrlist=["objectGUID"])[0][1]["objectGUID"][0]
    admin.delete_s(dn)
    by_guid, filterstr = f"<GUID={uuid.UUID(bytes_le=raw)}>", "(&(isDeleted=TRUE)(name=gone*))"
    assert [e for e in admin.search_s(BASE, ldap.SCOPE_SUBTREE, filterstr, ["1.1"]) if e[0]] == []
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        admin.search_s(by_guid, ldap.SCOPE_BASE)
    for oid in ("1.2.840.113556.1.4.417", "1.2.840.113556.1.4.2064"):
        show = [RequestControl(oid, True)]
        (name, entry), = admin.search_ext_s(DELETED, ldap.SCOPE_ONELEVEL, filterstr, serverctrls=show)
        assert name.lower() == f"cn=gone\\0adel:{uuid.UUID(bytes_le=raw)},{DELETED}".lower()
        assert entry["lastKnownParent"] == [b"OU=Written,DC=ldap-cloud,DC=example"] and "info" not in entry
        assert admin.search_ext_s(by_guid, ldap.SCOPE_BASE, serverctrls=show)[0][1] == entry
    refused(admin, by_guid, [(ldap.MOD_REPLACE, "info", b"y")], ldap.NO_SUCH_OBJECT, "DIR_NO_OBJECT")
    refused(admin, by_guid, [(ldap.MOD_REPLACE, "info", b"y")], ldap.UNWILLING_TO_PERFORM, "DIR_DELETED",
            [SHOW_DELETED])
    alice = service.connect("alice")
    for base in (DELETED, BASE):
        found = alice.search_ext_s(base, ldap.SCOPE_SUBTREE, filterstr, serverctrls=[SHOW_DELETED])
        assert [e for e in found if e[0]] == []


def undelete(dn, *more):
    return [(ldap.MOD_DELETE, "isDeleted", None), (ldap.MOD_REPLACE, "distinguishedName", dn.encode()), *more]


def test_a_tombstone_becomes_an_object_again(service, admin):
    dn, other = new_user(admin, "lazarus", mail="l@example.net"), f"cn=Lazarus the Second,{PLACE}"
    team = f"cn=team,{PLACE}"
    admin.add_s(team, [("objectClass", b"group"), ("sAMAccountName", b"team"), ("member", dn.encode())])
    attributes = ["objectGUID", "objectSid", "objectCategory", "sAMAccountType", "primaryGroupID"]
    before = admin.search_s(dn, ldap.SCOPE_BASE, attrlist=attributes)[0][1]
    by_guid = f"<GUID={uuid.UUID(bytes_le=before['objectGUID'][0])}>"
    admin.delete_s(dn)
    shown, system = [SHOW_DELETED], ldap.UNWILLING_TO_PERFORM
    refused(admin, by_guid, undelete(other), ldap.NO_SUCH_OBJECT, "DIR_NO_OBJECT")
    refused(admin, by_guid, undelete(f"cn=x,ou=nowhere,{BASE}"), ldap.NO_SUCH_OBJECT, "DIR_NO_PARENT", shown)
    refused(admin, by_guid, undelete(team), ldap.ALREADY_EXISTS, "DIR_EXISTS", shown)
    refused(admin, by_guid, undelete(f"ou=x,{PLACE}"), ldap.INVALID_DN_SYNTAX, "DIR_NAME", shown)
    refused(admin, by_guid, undelete(f"cn=x,cn=Configuration,{BASE}"), ldap.LDAPError, "DIR_OTHER_PARTITION", shown)
    refused(admin, by_guid, [undelete(other)[0]], system, "DIR_DELETED", shown)
    refused(admin, team, undelete(other), ldap.NO_SUCH_ATTRIBUTE, "DIR_NO_VALUE", shown)
    refused(admin, DELETED, undelete(other), system, "DIR_PROTECTED", shown)
    refused(service.connect("alice"), by_guid, undelete(other), ldap.LDAPError, "DIR_", shown)
    admin.modify_ext_s(by_guid, undelete(other, (ldap.MOD_REPLACE, "description", b"back")), serverctrls=shown)
    (name, entry), = admin.search_s(by_guid, ldap.SCOPE_BASE)
    assert name == "CN=Lazarus the Second,OU=Written,DC=ldap-cloud,DC=example"
    assert {a: entry[a] for a in attributes} == before and entry["description"] == [b"back"]
    assert entry["userAccountControl"] == [b"514"] and not {"isDeleted", "memberOf", "mail"} & set(entry)
    assert admin.search_s(PLACE, ldap.SCOPE_ONELEVEL, "(sAMAccountName=lazarus)", ["cn"])[0][0] == name
    admin.modify_s(by_guid, [*reset("B4ck-again-1"), (ldap.MOD_REPLACE, "userAccountControl", b"512")])
    PASSWORD["lazarus"] = "B4ck-again-1"
    assert service.connect("lazarus").whoami_s() == "u:CLOUD\\lazarus"


def test_a_name_that_is_taken_meanwhile(admin):
    dn = new_user(admin, "taken")
    raw = admin.search_s(dn, ldap.SCOPE_BASE, attrlist=["objectGUID"])[0][1]["objectGUID"][0]
    admin.delete_s(dn)
    new_user(admin, "taken")
    refused(admin, f"<GUID={raw.hex()}>", undelete(f"cn=Taken too,{PLACE}"), ldap.ALREADY_EXISTS,
            "DIR_ACCOUNT_NAME_TAKEN", [SHOW_DELETED])


# --- the netlogon ping -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("version,code,answered", [
    (0x20000006, 23, 5), (0x6, 23, 5), (0x14, 23, 0x15), (0xe, 23, 13), (0x2, 19, 3), (0x1, 19, 1)])
@pytest.mark.parametrize("shape", ["(&(NtVer={v})(DnsDomain={d}))", "(&(DnsDomain={d}.)(NtVer={v}))",
                                   "(&(&(NtVer={v})(DnsDomain={d}))(AAC=\\00\\00\\00\\00))"])
def test_forms_of_the_ping(service, version, code, answered, shape):
    """What samba-tool, net and winbind, adcli and SSSD ask, anonymously ([MS-ADTS] 6.3.3.2)."""
    client = ldap.initialize(f"ldap://{ADDRESS[CLOUD]}")
    asked = "".join(f"\\{b:02x}" for b in struct.pack("<I", version))
    (dn, entry), = client.search_s("", ldap.SCOPE_BASE, shape.format(v=asked, d=CLOUD), ["NetLogon"])
    assert dn == "" and list(entry) == ["Netlogon"]
    blob, = entry["Netlogon"]
    assert struct.unpack("<H", blob[:2]) == (code,)
    assert struct.unpack("<IHH", blob[-8:]) == (answered, 0xffff, 0xffff)
    if code == 23:
        assert struct.unpack("<I", blob[4:8])[0] & ~1 == 0xd1bc  # 1: holder of the PDC role



def test_a_ping_and_more(service):
    """A client that leaves the version out, and others that ask for attributes beside it: smbtorture's ldap.netlogon-tcp."""
    client = ldap.initialize(f"ldap://{ADDRESS[CLOUD]}")
    (_, entry), = client.search_s("", ldap.SCOPE_BASE, f"(DnsDomain={CLOUD})", ["netlogon"])
    assert entry["Netlogon"][0][:2] == b"\x13\0" and list(entry) == ["Netlogon"]
    asked = f"(&(DnsDomain={CLOUD})(NtVer=\\06\\00\\00\\00)(supportedCapabilities=1.2.840.113556.1.4.800))"
    (_, entry), = client.search_s("", ldap.SCOPE_BASE, asked, ["netlogon", "supportedCapabilities"])
    assert list(entry) == ["Netlogon", "supportedCapabilities"]
    for account, code in (("", 25), ("(AAC=\\00\\00\\00\\00)", 25), ("(AAC=\\80\\00\\00\\00)", 25), ("(AAC=\\10\\00\\00\\00)", 23)):
        (_, entry), = client.search_s("", ldap.SCOPE_BASE, f"(&(NtVer=\\06\\00\\00\\00)(User=alice){account})", ["netlogon"])
        assert entry["Netlogon"][0][0] == code, account
    assert client.search_s("", ldap.SCOPE_BASE, "(&(NtVer=\\06\\00\\00\\00)(supportedCapabilities=*))", ["netlogon"]) == []