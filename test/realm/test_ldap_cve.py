"""Known attacks on directories over LDAP, by the name under which they became known, with a stock client."""

import ldap
import pytest
from ldap.modlist import addModlist
from samba.dcerpc import security
from samba.ndr import ndr_pack

from ldap_service import BASE, service  # noqa: F401 (a fixture)

CONFIDENTIAL = "unixUserPassword"
CONFIDENTIAL_OID = "1.2.840.113556.1.4.1910"
SECRET = ["unicodePwd", "dBCSPwd", "supplementalCredentials", "ntPwdHistory", "lmPwdHistory", "trustAuthIncoming",
          "trustAuthOutgoing", "currentValue", "priorValue"]
LOCKY = f"CN=locky,CN=Users,{BASE}"


@pytest.fixture(scope="module")
def marked(service):
    """locky has a value that only administrators may read."""
    service.connect().modify_s(LOCKY, [(ldap.MOD_REPLACE, CONFIDENTIAL, [b"sesame"])])
    return service


def names(client, text, attributes=("cn",), base=BASE):
    found = client.search_s(base, ldap.SCOPE_SUBTREE, text, list(attributes))
    return {dn.lower(): attrs for dn, attrs in found if dn}


def failure(call, *args):
    """The kind of error, which has to come."""
    with pytest.raises(ldap.LDAPError) as caught:
        call(*args)
    return caught.type


# --- what may not be read may not be guessed ----------------------------------------------------------


@pytest.mark.parametrize("port", [636, 3269])
def test_cve_2026_58222_confidential_attribute_is_not_shown(marked, port):
    alice = marked.connect("alice", port)
    for asked in ([CONFIDENTIAL], [CONFIDENTIAL.upper()], [CONFIDENTIAL_OID], [f"{CONFIDENTIAL};range=0-*"], ["*"],
                  ["*", "+", CONFIDENTIAL]):
        shown = names(alice, "(cn=locky)", asked)[LOCKY.lower()]
        assert not [a for a in shown if a.lower().startswith(CONFIDENTIAL.lower()) or CONFIDENTIAL_OID in a], shown
    # It has one: who may read it does.
    assert names(marked.connect(), "(cn=locky)", [CONFIDENTIAL])[LOCKY.lower()] == {CONFIDENTIAL: [b"sesame"]}


@pytest.mark.parametrize("leaf", [f"({CONFIDENTIAL}=sesame)", f"({CONFIDENTIAL}=*)", f"({CONFIDENTIAL}=se*)",
                                  f"({CONFIDENTIAL}>=a)", f"({CONFIDENTIAL}<=z)", f"({CONFIDENTIAL}~=sesame)",
                                  f"({CONFIDENTIAL}:=sesame)", f"({CONFIDENTIAL_OID}=sesame)"])
def test_cve_2026_58222_no_filter_finds_by_it(marked, leaf):
    alice = marked.connect("alice")
    assert LOCKY.lower() not in names(alice, leaf)
    assert LOCKY.lower() not in names(alice, f"(&(cn=locky){leaf})")
    # Undefined, and so is its negation: the same whether the value is right or wrong.
    wrong = leaf.replace("sesame", "barley").replace("=se*", "=ba*")
    for shape in ("(&(cn=locky)(!%s))", "(|(cn=alice)(!%s))", "(!(!%s))"):
        assert names(alice, shape % leaf).keys() == names(alice, shape % wrong).keys()


def test_cve_2026_58222_no_other_operation_tells(marked):
    alice = marked.connect("alice")

    def outcome(call, *args):
        try:
            return call(*args)
        except ldap.LDAPError as e:
            return type(e)
    right, wrong = b"sesame", b"barley"
    assert outcome(alice.compare_s, LOCKY, CONFIDENTIAL, right) == outcome(alice.compare_s, LOCKY, CONFIDENTIAL, wrong)
    for op in (ldap.MOD_DELETE, ldap.MOD_ADD):
        told = [outcome(alice.modify_s, LOCKY, [(op, CONFIDENTIAL, [v])]) for v in (right, wrong)]
        assert told == [ldap.INSUFFICIENT_ACCESS] * 2, told


def test_cve_2026_58222_secrets_are_for_nobody(marked):
    admin = marked.connect()
    for attribute in SECRET:
        assert names(admin, f"({attribute}=*)") == {}, attribute
        assert all(attribute not in attrs for attrs in names(admin, "(objectClass=user)", [attribute]).values())
        assert failure(admin.compare_s, LOCKY, attribute, b"x") == ldap.NO_SUCH_ATTRIBUTE


# --- names that are no names --------------------------------------------------------------------------

SPECIAL = ["@ROOTDSE", "@INDEXLIST", "@ATTRIBUTES", "@BASEINFO", "@MODULES", "@PARTITION", "@INDEX:CN:LOCKY", "@",
           f"@INDEXLIST,{BASE}", "<GUID=>", "<SID=>", "<WKGUID=>", "<GUID=@INDEXLIST>", "<>", "<SID=S-1-0-0>",
           f"<GUID={'0' * 32}>", f"<WKGUID={'0' * 32},{BASE}>", f"<GUID={'0' * 32}>;@ROOTDSE"]


@pytest.mark.parametrize("who", ["alice", "administrator"])
@pytest.mark.parametrize("name", SPECIAL)
def test_cve_2026_58221_special_names_are_nothing(service, who, name):
    client = service.connect(who)
    nothing = (ldap.INVALID_DN_SYNTAX, ldap.NO_SUCH_OBJECT, ldap.NAMING_VIOLATION)
    for scope in (ldap.SCOPE_BASE, ldap.SCOPE_ONELEVEL, ldap.SCOPE_SUBTREE):
        assert failure(client.search_s, name, scope, "(objectClass=*)") in nothing
    assert failure(client.modify_s, name, [(ldap.MOD_ADD, "description", [b"x"])]) in nothing
    assert failure(client.delete_s, name) in nothing
    assert failure(client.compare_s, name, "cn", b"x") in nothing
    assert failure(client.rename_s, name, "CN=y") in nothing
    assert failure(client.add_s, name, addModlist({"objectClass": [b"contact"]})) in nothing + (
        ldap.INSUFFICIENT_ACCESS, ldap.UNWILLING_TO_PERFORM)
    # A place that is not there is OTHER, as Active Directory has it.
    refused = failure(client.rename_s, LOCKY, "CN=locky", name)
    assert refused in nothing + (ldap.INSUFFICIENT_ACCESS, ldap.OTHER), refused


def test_cve_2026_58221_another_name_gives_no_other_right(service):
    """By its GUID or SID an object is the same object, for who may and for who may not."""
    admin, alice = service.connect(), service.connect("alice")
    shown = names(admin, "(cn=locky)", ["objectGUID", "objectSid"])[LOCKY.lower()]
    for name in (f"<GUID={shown['objectGUID'][0].hex()}>", f"<SID={shown['objectSid'][0].hex()}>"):
        change = [(ldap.MOD_REPLACE, "description", [b"by alice"])]
        assert failure(alice.modify_s, name, change) == ldap.INSUFFICIENT_ACCESS
        assert failure(alice.delete_s, name) == ldap.INSUFFICIENT_ACCESS
        admin.modify_s(name, [(ldap.MOD_REPLACE, "description", [name.encode()])])
        assert names(alice, "(cn=locky)", ["description"])[LOCKY.lower()] == {"description": [name.encode()]}
    vault, hidden = f"OU=vault,{BASE}", f"CN=hidden,OU=vault,{BASE}"
    admin.add_s(vault, addModlist({"objectClass": [b"organizationalUnit"]}))
    admin.add_s(hidden, addModlist({"objectClass": [b"contact"]}))
    guid = f"<GUID={names(admin, '(cn=hidden)', ['objectGUID'])[hidden.lower()]['objectGUID'][0].hex()}>"
    assert alice.search_s(guid, ldap.SCOPE_BASE, "(objectClass=*)", ["cn"])
    closed = ndr_pack(security.descriptor.from_sddl("D:P(A;;GA;;;SY)(A;;GA;;;BA)",
                                                    security.dom_sid("S-1-5-21-1-2-3")))
    admin.modify_s(vault, [(ldap.MOD_REPLACE, "nTSecurityDescriptor", [closed])])
    absent = f"<GUID={'12' * 16}>"

    def answer(name, scope):
        try:
            return [dn for dn, _ in alice.search_s(name, scope, "(objectClass=*)", ["cn"]) if dn]
        except ldap.LDAPError as e:
            return type(e)
    for scope in (ldap.SCOPE_BASE, ldap.SCOPE_ONELEVEL, ldap.SCOPE_SUBTREE):
        for name in (guid, hidden):
            assert answer(name, scope) == answer(absent, scope), (name, scope)
    assert admin.search_s(guid, ldap.SCOPE_BASE, "(objectClass=*)", ["cn"])
