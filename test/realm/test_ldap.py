"""The LDAP server against stock clients: OpenLDAP's tools with simple binds, GSSAPI and GSS-SPNEGO, TLS, reads
and writes, and Samba's locator."""

import base64
import re
import socket
import subprocess

import pytest

from ldap_service import ADDRESS, BASE, CLOUD, CORP, DC, GSSAPI, service, values  # noqa: F401 (a fixture)


def test_root_is_for_everybody(service):
    root = service.run(f"ldapsearch -x -LLL -H ldap://{DC} -s base -b '' '(objectClass=*)'")
    assert values(root, "defaultNamingContext") == ["DC=ldap-cloud,DC=example"]
    assert values(root, "dnsHostName") == [DC]
    assert {"GSSAPI", "GSS-SPNEGO"} <= set(values(root, "supportedSASLMechanisms"))
    assert len(values(root, "namingContexts")) == 5


def test_anonymous_sees_nothing_else(service):
    said = service.run(f"ldapsearch -x -H ldap://{DC} -b {BASE}", ok=False)
    assert "000004DC" in said and "Operations error" in said


def test_samba_finds_the_domain_controller(service):
    script = ("from samba.net import Net; from samba.credentials import Credentials; "
              "from samba.param import LoadParm; from samba.dcerpc import nbt; "
              f"r = Net(Credentials(), LoadParm()).finddc(address='{ADDRESS[CLOUD]}', "
              "flags=nbt.NBT_SERVER_LDAP | nbt.NBT_SERVER_DS | nbt.NBT_SERVER_WRITABLE); "
              "print(r.pdc_dns_name, r.dns_domain, r.forest, r.domain_name, r.pdc_name)")
    done = subprocess.run(["/usr/bin/python3", "-c", script], text=True, stdout=subprocess.PIPE, check=True)
    assert done.stdout.split() == [DC, CLOUD, CLOUD, "CLOUD", "DC1"]


def test_ping_of_another_domain_has_no_answer(service):
    ask = "ldapsearch -x -LLL -H ldap://%s -s base -b '' '(&(DnsDomain=%s)(NtVer=\\06\\00\\00\\00))' NetLogon"
    assert "Netlogon::" in service.run(ask % (DC, CLOUD))
    assert "Netlogon" not in service.run(ask % (DC, "other.example"))


@pytest.mark.parametrize("name", ["CLOUD\\alice", f"alice@{CLOUD}", f"cn=alice,cn=users,{BASE}", "alice"])
@pytest.mark.parametrize("how", [f"-H ldaps://{DC}", f"-ZZ -H ldap://{DC}"])
def test_simple_bind_over_tls(service, name, how):
    assert "u:CLOUD\\alice" in service.run(f"ldapwhoami -x {how} -D '{name}' -y {service.dir}/alice")


def test_simple_bind_in_the_clear_is_refused(service):
    said = service.run(f"ldapwhoami -x -H ldap://{DC} -D alice -y {service.dir}/alice", ok=False)
    assert "Strong(er) authentication required" in said and "LDAP_BIND_CLEARTEXT" in said


@pytest.mark.parametrize("name,password,reason", [("alice", "wrong", "LDAP_BIND_PASSWORD"),
                                                  ("nobody-here", "wrong", "LDAP_BIND_NAME")])
def test_wrong_simple_bind(service, name, password, reason):
    said = service.run(f"ldapwhoami -x -H ldaps://{DC} -D {name} -w {password}", ok=False)
    assert "data 52e, v4563\n" in said and "LDAP_BIND" not in said
    assert service.events("ldap.bind")[-1]["reason"] == reason


def test_name_without_password_is_no_bind(service):
    said = service.run("/usr/bin/python3 -c \"import ldap, os; ldap.set_option(ldap.OPT_X_TLS_CACERTFILE, "
                       f"os.environ['LDAPTLS_CACERT']); c = ldap.initialize('ldaps://{DC}'); "
                       "c.simple_bind_s('alice', '')\"", ok=False)
    assert "LDAP_BIND_NO_PASSWORD" in said


@pytest.mark.parametrize("choice", [b"\x89\x00", b"\xa3\x07\x04\x05PLAIN"], ids=["NTLM", "PLAIN"])
def test_other_ways_to_bind_are_told_what_is_served(service, choice):
    """As ldap3 asks which of Windows' own ways there are ([MS-ADTS] 5.1.1.1.3), and another SASL mechanism."""
    bind = b"\x02\x01\x03\x04\x00" + choice
    message = b"\x02\x01\x01\x60" + bytes([len(bind)]) + bind
    with socket.create_connection((ADDRESS[CLOUD], 389), 20) as s:
        s.sendall(b"\x30" + bytes([len(message)]) + message)
        said = s.recv(4096)
    assert b"\x0a\x01\x07" in said and b"GSSAPI" in said and b"LDAP_BIND_METHOD" in said, said
    assert service.events("ldap.bind")[-1]["reason"] == "LDAP_BIND_METHOD"


def test_lockout_is_told(service):
    service.run(f"ldapmodify {GSSAPI} -f " + str(service.ldif(
        f"dn: {BASE}\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 3\n")), who="administrator")
    for _ in range(3):
        said = service.run(f"ldapwhoami -x -H ldaps://{DC} -D locky -w wrong", ok=False)
    assert "data 775" in said and "KDC_LOCKED_NOW" in said
    shown = service.run(f"ldapsearch {GSSAPI} -LLL -b {BASE} '(sAMAccountName=locky)' badPwdCount", who="alice")
    assert values(shown, "badPwdCount") == ["3"]
    said = service.run(f"ldapwhoami -x -H ldaps://{DC} -D locky -y {service.dir}/locky", ok=False)
    assert "data 775" in said and "LOGON_LOCKED_OUT" in said


@pytest.mark.parametrize("mechanism", ["GSSAPI", "GSS-SPNEGO"])
@pytest.mark.parametrize("who,forest", [("alice", CLOUD), ("carol", CORP)])
def test_ticket_is_a_bind(service, mechanism, who, forest):
    said = service.run(f"ldapsearch -Y {mechanism} -N -LLL -H ldap://{DC} -b {BASE} '(sAMAccountName=alice)' cn",
                       who=who, forest=forest)
    assert "SASL SSF: 256" in said and values(said, "cn") == ["alice"]


@pytest.mark.parametrize("how", ["-O maxssf=0", "-O maxssf=1", "-ZZ"])
def test_gssapi_layers(service, how):
    said = service.run(f"ldapwhoami {GSSAPI} {how}", who="alice")
    assert "u:CLOUD\\alice" in said


def test_pages_give_each_entry_once(service):
    said = service.run(f"ldapsearch {GSSAPI} -LLL -E pr=100/noprompt -b cn=schema,cn=configuration,{BASE} 1.1",
                       who="alice")
    names = re.findall("^dn: .*", said.replace("\n ", ""), re.MULTILINE)
    assert len(names) == len(set(names)) > 1500
    plain = service.run(f"ldapsearch {GSSAPI} -LLL -b cn=schema,cn=configuration,{BASE} 1.1", who="alice", ok=False)
    assert "Size limit exceeded" in plain and plain.count("dn: ") == 1000


def test_global_catalog_shows_its_attributes_only(service):
    said = service.run(f"ldapsearch {GSSAPI}:3268 -LLL -b '' '(sAMAccountName=alice)' sAMAccountName codePage",
                       who="alice")
    assert values(said, "sAMAccountName") == ["alice"] and not values(said, "codePage")


def test_critical_control_that_is_unknown(service):
    said = service.run(f"ldapsearch {GSSAPI} -b {BASE} -E '!1.2.3.4'", who="alice", ok=False)
    assert "Critical extension is unavailable" in said


def test_missing_object_names_what_exists(service):
    said = service.run(f"ldapsearch {GSSAPI} -b cn=x,ou=y,{BASE}", who="alice", ok=False)
    assert "No such object" in said and "matchedDN: DC=ldap-cloud,DC=example" in said


def test_descriptor_by_parts(service):
    ask = f"ldapsearch {GSSAPI} -LLL -s base -b {BASE} nTSecurityDescriptor"
    assert "nTSecurityDescriptor::" not in service.run(ask, who="alice")
    dacl = base64.b64encode(bytes([0x30, 3, 2, 1, 4])).decode()
    assert "nTSecurityDescriptor::" in service.run(f"{ask} -E '!1.2.840.113556.1.4.801=::{dacl}'", who="alice")


def test_life_of_objects(service):
    people = f"ou=People,{BASE}"
    quoted = base64.b64encode('"B0b-Pa55word!"'.encode("utf-16le")).decode()
    service.secret("bob", "B0b-Pa55word!")
    service.run(f"ldapadd {GSSAPI} -f " + str(service.ldif(
        f"dn: {people}\nobjectClass: organizationalUnit\n\n"
        f"dn: cn=Bob,{people}\nobjectClass: user\nsAMAccountName: bob\nunicodePwd:: {quoted}\n"
        "userAccountControl: 512\n\n"
        f"dn: cn=Team,{people}\nobjectClass: group\nsAMAccountName: team\nmember: cn=Bob,{people}\n")),
        who="administrator")
    assert "u:CLOUD\\bob" in service.run(f"ldapwhoami -x -H ldaps://{DC} -D bob -y {service.dir}/bob")
    shown = service.run(f"ldapsearch {GSSAPI} -LLL -b {people} '(cn=Bob)' memberOf", who="bob")
    assert values(shown, "memberOf") == ["CN=Team,OU=People,DC=ldap-cloud,DC=example"]
    service.run(f"ldapmodrdn {GSSAPI} -r cn=Bob,{people} cn=Robert", who="administrator")
    shown = service.run(f"ldapsearch {GSSAPI} -LLL -b {people} '(cn=Team)' member", who="administrator")
    assert values(shown, "member") == ["CN=Robert,OU=People,DC=ldap-cloud,DC=example"]
    said = service.run(f"ldapcompare {GSSAPI} cn=Robert,{people} sAMAccountName:BOB", who="administrator", ok=False)
    assert "TRUE" in said
    said = service.run(f"ldapdelete {GSSAPI} {people}", who="administrator", ok=False)
    assert "Operation not allowed on non-leaf" in said and "DIR_HAS_CHILDREN" in said
    service.run(f"ldapdelete {GSSAPI} -e '!1.2.840.113556.1.4.805' {people}", who="administrator")
    said = service.run(f"ldapsearch {GSSAPI} -b {people}", who="administrator", ok=False)
    assert "No such object" in said


def test_many_members_come_in_ranges(service):
    count, names = 1600, f"ou=Many,{BASE}"
    people = "".join(f"dn: cn=m{i},{names}\nobjectClass: contact\n\n" for i in range(count))
    members = "".join(f"member: cn=m{i},{names}\n" for i in range(count))
    service.run(f"ldapadd {GSSAPI} -f " + str(service.ldif(
        f"dn: {names}\nobjectClass: organizationalUnit\n\n{people}"
        f"dn: cn=Many,{names}\nobjectClass: group\nsAMAccountName: many\ngroupType: 4\n{members}")) + " > /dev/null",
        who="administrator")
    first = service.run(f"ldapsearch {GSSAPI} -LLL -b 'cn=Many,{names}' member", who="alice")
    rest = service.run(f"ldapsearch {GSSAPI} -LLL -b 'cn=Many,{names}' '(cn=*)' 'member;range=1500-*'", who="alice")
    seen = values(first, "member;range=0-1499") + values(rest, r"member;range=1500-\*")
    assert len(seen) == len(set(seen)) == count


@pytest.mark.parametrize("who,change,code,reason", [
    ("alice", f"dn: cn=administrator,cn=users,{BASE}\nchangetype: modify\nreplace: description\ndescription: x\n",
     "Insufficient access", "DIR_ACCESS"),
    ("administrator", f"dn: cn=alice,cn=users,{BASE}\nchangetype: modify\nreplace: nosuch\nnosuch: x\n",
     "No such attribute", "DIR_NO_ATTRIBUTE_TYPE"),
    ("administrator", f"dn: cn=alice,cn=users,{BASE}\nobjectClass: user\nsAMAccountName: alice2\n",
     "Already exists", "DIR_EXISTS"),
    ("administrator", f"dn: cn=alice,cn=users,{BASE}\nchangetype: modify\nadd: description\ndescription: x\n-\n"
                      "delete: description\ndescription: y\n", "No such attribute", "DIR_NO_VALUE"),
])
def test_refused_changes(service, who, change, code, reason):
    said = service.run(f"ldapmodify -a {GSSAPI} -f {service.ldif(change)}", who=who, ok=False)
    assert code in said and reason in said


def test_a_computer_joins_the_domain(service):
    said = service.run(f"adcli join -D {CLOUD} -N JOINER1 --host-fqdn joiner1.{CLOUD} -K {service.dir}/joiner.keytab "
                       f"-U administrator --stdin-password < {service.dir}/administrator"
                       f" && kinit -k -t {service.dir}/joiner.keytab 'JOINER1$@{CLOUD.upper()}'"
                       f" && ldapwhoami {GSSAPI}")
    assert "u:CLOUD\\JOINER1$" in said


def test_binds_are_told(service):
    service.run(f"ldapwhoami {GSSAPI}", who="alice")
    assert any(e["reason"] == "NONE" and e["detail"] == "GSSAPI" for e in service.events("ldap.bind"))
