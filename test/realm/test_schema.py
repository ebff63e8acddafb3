"""The schema is extended over LDAP with OpenLDAP's tools and by `entente schema extend`: what was added is used at once
at every domain controller, is in the subschema, and is there after a restart; a bad file leaves nothing."""

import json
import os
import shutil
import signal
import subprocess
import uuid
from pathlib import Path

import ldap
import pytest

import ldap_service
from ldap_service import Service, values
from netns import wait_for
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack

FOREST, BASE = "more.example", "DC=more,DC=example"
SCHEMA = f"CN=Schema,CN=Configuration,{BASE}"
NET = f"127.{120 + os.getpid() % 40}.{os.getpid() // 40 % 250}"
HOSTS = [f"{NET}.10", f"{NET}.11"]
ARC = "1.3.6.1.4.1.99999"

ATTRIBUTE = """dn: CN={name},{schema}
changetype: add
objectClass: top
objectClass: attributeSchema
cn: {name}
attributeID: {oid}
attributeSyntax: 2.5.5.12
oMSyntax: 64
isSingleValued: TRUE
searchFlags: 1
lDAPDisplayName: {name}

"""
NOW = "dn:\nchangetype: modify\nadd: schemaUpdateNow\nschemaUpdateNow: 1\n-\n\n"
CLASS = """dn: CN={name},{schema}
changetype: add
objectClass: classSchema
governsID: {oid}
subClassOf: top
objectClassCategory: {category}
{more}

"""
GROW = "dn: CN={of},{schema}\nchangetype: modify\nadd: {what}\n{what}: {value}\n-\n\n"


def ldif(*records, **names):
    return "".join(records).format(schema=SCHEMA, **names)


@pytest.fixture(scope="module")
def service():
    folder = Path("/tmp") / f"entente-more-{os.getpid()}"
    folder.mkdir()
    s = Service(folder)
    try:
        s.secret("administrator", ldap_service.PASSWORD["administrator"])
        s.cli("directory", "create", FOREST, "--short-name", "MORE", "--admin-password-file", s.dir / "administrator",
              "--address", HOSTS[0], "--address", HOSTS[1])
        yield s
    finally:
        s.process.terminate()
        s.process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def connect(host=0):
    ldap_service.ADDRESS[FOREST] = HOSTS[host]
    return Service.connect(None, forest=FOREST)


def tool(service, words, text=None, ok=True):
    """OpenLDAP's, with a simple bind over TLS."""
    done = subprocess.run(f"{words} -x -H ldaps://{HOSTS[0]} -D administrator@{FOREST} -y {service.dir}/administrator",
                          shell=True, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, LDAPTLS_REQCERT="never"), timeout=60, check=False)
    assert (done.returncode == 0) == ok, done.stdout
    return done.stdout


def extend(service, text, *words, ok=True):
    path = service.ldif(text)
    done = subprocess.run([ldap_service.BUILD / "src" / "entente", "--output", "json", "schema", "extend", str(path),
                           *words], env=dict(os.environ, ENTENTE_SOCKET=str(service.socket)), text=True,
                          stdout=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode == 0) == ok, done.stdout
    return json.loads(done.stdout)["result" if ok else "error"]


def listed(service):
    return json.loads(service.cli("--output", "json", "schema", "list"))["result"]


def tried(what):
    """None while a process is away."""
    try:
        return what()
    except (ldap.SERVER_DOWN, ldap.UNAVAILABLE, ldap.BUSY):
        return None


def test_openldap_extends(service):
    tool(service, "ldapmodify", ldif(ATTRIBUTE, NOW, name="exBadge", oid=f"{ARC}.1.1"))
    tool(service, "ldapmodify", ldif(GROW, of="User", what="mayContain", value="exBadge"))
    tool(service, "ldapadd", f"dn: cn=bo,cn=Users,{BASE}\nobjectClass: user\nsAMAccountName: bo\nexBadge: 17\n")
    said = tool(service, f"ldapsearch -LLL -b {BASE} '(exBadge=17)' exBadge")
    assert values(said, "exBadge") == ["17"]
    client = connect(1)  # the other domain controller
    assert [a["exBadge"] for dn, a in client.search_s(BASE, ldap.SCOPE_SUBTREE, f"({ARC}.1.1=17)", ["exBadge"])
            if dn] == [[b"17"]]
    found = client.search_s(SCHEMA, ldap.SCOPE_ONELEVEL, "(lDAPDisplayName=exBadge)")
    assert found[0][1]["attributeID"] == [f"{ARC}.1.1".encode()] and "schemaIDGUID" in found[0][1]
    allowed = client.search_s(f"cn=bo,cn=Users,{BASE}", ldap.SCOPE_BASE, attrlist=["allowedAttributes"])
    assert b"exBadge" in allowed[0][1]["allowedAttributes"]


def test_the_subschema_says_it(service):
    entry = connect(1).search_s(f"CN=Aggregate,{SCHEMA}", ldap.SCOPE_BASE, attrlist=["attributeTypes", "objectClasses"])
    types = [t for t in entry[0][1]["attributeTypes"] if b"NAME 'exBadge'" in t]
    assert len(types) == 1 and f"( {ARC}.1.1 NAME".encode() in types[0] and b"SINGLE-VALUE" in types[0]
    user = [c for c in entry[0][1]["objectClasses"] if b"NAME 'user'" in c]
    assert b"exBadge" in user[0]
    (_, when), = connect().search_s(f"CN=Aggregate,{SCHEMA}", ldap.SCOPE_BASE, attrlist=["modifyTimeStamp", "whenCreated"])
    (_, head), = connect().search_s(SCHEMA, ldap.SCOPE_BASE, attrlist=["whenChanged"])
    assert when["modifyTimeStamp"] == head["whenChanged"] and when["modifyTimeStamp"] >= when["whenCreated"]


def test_a_class_of_objects(service):
    text = ldif(ATTRIBUTE, name="exRoom", oid=f"{ARC}.1.2") + ldif(
        CLASS, name="exAsset", oid=f"{ARC}.2.1", category=1,
        more="mustContain: exRoom\nmayContain: description\npossSuperiors: organizationalUnit\npossSuperiors: container")
    done = extend(service, text, "--description", "assets")
    assert done["status"] == "Completed" and done["id"].startswith("e-")
    client = connect(1)
    client.add_s(f"cn=desk,cn=Users,{BASE}", [("objectClass", b"exAsset"), ("exRoom", b"12")])
    found = connect(0).search_s(BASE, ldap.SCOPE_SUBTREE, "(objectClass=exAsset)", ["objectClass", "exRoom"])
    assert [a for dn, a in found if dn] == [{"objectClass": [b"top", b"exAsset"], "exRoom": [b"12"]}]
    with pytest.raises(ldap.OBJECT_CLASS_VIOLATION):
        client.add_s(f"cn=desk2,cn=Users,{BASE}", [("objectClass", b"exAsset")])


def test_links_of_both_directions(service):
    pair = """dn: CN=exOwner,{schema}
changetype: ntdsSchemaAdd
objectClass: attributeSchema
attributeID: %s.1.3
attributeSyntax: 2.5.5.1
oMSyntax: 127
oMObjectClass:: KwwCh3McAIVK
isSingleValued: FALSE
linkID: 1.2.840.113556.1.2.50

dn: CN=exOwns,{schema}
changetype: ntdsSchemaAdd
objectClass: attributeSchema
attributeID: %s.1.4
attributeSyntax: 2.5.5.1
oMSyntax: 127
oMObjectClass:: KwwCh3McAIVK
isSingleValued: FALSE
linkID: exOwner

""" % (ARC, ARC)
    extend(service, ldif(pair, GROW, of="exAsset", what="mayContain", value="exOwner")
           + ldif(GROW, of="User", what="mayContain", value="exOwns"))
    desk, bo = f"CN=desk,CN=Users,{BASE}", f"CN=bo,CN=Users,{BASE}"
    client = connect(1)
    client.modify_s(desk, [(ldap.MOD_ADD, "exOwner", bo.encode())])
    assert client.search_s(bo, ldap.SCOPE_BASE, attrlist=["exOwns"])[0][1] == {"exOwns": [desk.encode()]}
    client.rename_s(bo, "cn=Bo Li")
    assert client.search_s(desk, ldap.SCOPE_BASE, f"(exOwner=cn=Bo Li,cn=Users,{BASE})", ["exOwner"]
                           )[0][1] == {"exOwner": [f"CN=Bo Li,CN=Users,{BASE}".encode()]}
    client.rename_s(f"cn=Bo Li,cn=Users,{BASE}", "cn=bo")


def test_auxiliary_classes(service):
    """One that an object takes by itself, and one that all objects of a class have."""
    extend(service, ldif(CLASS, name="exTagged", oid=f"{ARC}.2.2", category=3, more="mayContain: exRoom"))
    client = connect(1)
    ou = f"ou=tagged,{BASE}"
    client.add_s(ou, [("objectClass", [b"organizationalUnit", b"exTagged"]), ("exRoom", b"14")])
    with pytest.raises(ldap.OBJECT_CLASS_VIOLATION):
        client.add_s(f"ou=other,{BASE}", [("objectClass", [b"organizationalUnit"]), ("exRoom", b"14")])
    extend(service, ldif(GROW, of="Organizational-Unit", what="auxiliaryClass", value="exTagged"))
    client.add_s(f"ou=other,{BASE}", [("objectClass", [b"organizationalUnit"]), ("exRoom", b"14")])
    found = connect(0).search_s(BASE, ldap.SCOPE_SUBTREE, "(exRoom=14)", ["ou"])
    assert sorted(a["ou"][0] for dn, a in found if dn) == [b"other", b"tagged"]


LAPS_ARC = "1.2.840.113556.1.8000.2554.50051.45980.28112.18903.35903.6685103.1224907.2"
LAPS = """dn: CN=ms-Mcs-AdmPwdExpirationTime,{schema}
changetype: add
objectClass: attributeSchema
ldapDisplayName: ms-Mcs-AdmPwdExpirationTime
adminDisplayName: ms-Mcs-AdmPwdExpirationTime
attributeId: {arc}.2
attributeSyntax: 2.5.5.16
omSyntax: 65
isSingleValued: TRUE
instanceType: 4
searchFlags: 0
systemOnly: FALSE
showInAdvancedViewOnly: FALSE

dn: CN=ms-Mcs-AdmPwd,{schema}
changetype: add
objectClass: attributeSchema
ldapDisplayName: ms-Mcs-AdmPwd
adminDisplayName: ms-Mcs-AdmPwd
attributeId: {arc}.1
attributeSyntax: 2.5.5.5
omSyntax: 19
isSingleValued: TRUE
instanceType: 4
searchFlags: {flags}
systemOnly: FALSE
isMemberOfPartialAttributeSet: FALSE
showInAdvancedViewOnly: FALSE

dn:
changetype: modify
add: schemaUpdateNow
schemaUpdateNow: 1
-

dn: CN=Computer,{schema}
changetype: modify
add: mayContain
mayContain: ms-Mcs-AdmPwdExpirationTime
mayContain: ms-Mcs-AdmPwd
-

"""


def test_passwords_of_local_administrators(service):
    """As LAPS keeps them: the attribute is confidential, so the right to read all is not enough for it."""
    password, machine = "Local-secret-1", f"CN=MACHINE,CN=Computers,{BASE}"
    tool(service, "ldapmodify", ldif(LAPS, arc=LAPS_ARC, flags=904))
    for who in ("reader", "helper"):
        service.secret(who, "Wonder-land-7")
        ldap_service.PASSWORD[who] = "Wonder-land-7"
        service.cli("user", "create", who, "--password-file", service.dir / who, "--directory", FOREST)
    admin = connect()
    admin.add_s(machine, [("objectClass", b"computer"), ("sAMAccountName", b"MACHINE$"),
                          ("ms-Mcs-AdmPwd", password.encode()), ("ms-Mcs-AdmPwdExpirationTime", b"134000000000000000")])

    def seen(who):
        client = Service.connect(None, who, forest=FOREST)
        found = client.search_s(BASE, ldap.SCOPE_SUBTREE, "(sAMAccountName=MACHINE$)",
                                ["ms-Mcs-AdmPwd", "ms-Mcs-AdmPwdExpirationTime"])
        guessed = client.search_s(BASE, ldap.SCOPE_SUBTREE, f"(ms-Mcs-AdmPwd={password})", ["cn"])
        begins = client.search_s(BASE, ldap.SCOPE_SUBTREE, "(ms-Mcs-AdmPwd=Local*)", ["cn"])
        other = client.search_s(BASE, ldap.SCOPE_SUBTREE, f"(&(objectClass=computer)(!(ms-Mcs-AdmPwd={password})))", ["cn"])
        try:
            compared = client.compare_s(machine, "ms-Mcs-AdmPwd", password)
        except ldap.LDAPError:
            compared = False
        return (sorted(next(a for dn, a in found if dn)), [len([dn for dn, _ in x if dn]) for x in (guessed, begins)],
                machine in [dn for dn, _ in other], compared)  # as if it had none

    both, time = ["ms-Mcs-AdmPwd", "ms-Mcs-AdmPwdExpirationTime"], ["ms-Mcs-AdmPwdExpirationTime"]
    assert seen("administrator") == (both, [1, 1], False, True)
    assert seen("reader") == (time, [0, 0], True, False)
    assert seen("helper") == (time, [0, 0], True, False)
    # The right that is given: to read this one attribute, and control access for it ([MS-ADTS] 3.1.1.4.4).
    raw = admin.search_s(f"CN=ms-Mcs-AdmPwd,{SCHEMA}", ldap.SCOPE_BASE, attrlist=["schemaIDGUID"])[0][1]["schemaIDGUID"][0]
    sid = ndr_unpack(security.dom_sid, admin.search_s(f"CN=helper,CN=Users,{BASE}", ldap.SCOPE_BASE, attrlist=["objectSid"])
                     [0][1]["objectSid"][0])
    flags = ldap.controls.RequestControl("1.2.840.113556.1.4.801", True, b"\x30\x03\x02\x01\x04")
    sd = ndr_unpack(security.descriptor, admin.search_ext_s(
        machine, ldap.SCOPE_BASE, attrlist=["nTSecurityDescriptor"], serverctrls=[flags])[0][1]["nTSecurityDescriptor"][0])
    given = security.descriptor.from_sddl(f"D:(OA;;RPCR;{uuid.UUID(bytes_le=raw)};;{sid})", sid)
    sd.dacl_add(given.dacl.aces[0])
    admin.modify_ext_s(machine, [(ldap.MOD_REPLACE, "nTSecurityDescriptor", ndr_pack(sd))], serverctrls=[flags])
    assert seen("helper") == (both, [1, 1], False, True)
    assert seen("reader") == (time, [0, 0], True, False)


def test_flags_are_changed(service):
    """What everybody reads becomes confidential for all at once, by samba-tool, and the other way round."""
    admin = connect()
    dn = f"CN=MACHINE,CN=Computers,{BASE}"
    at = (f"-H ldap://dc1.{FOREST} --use-kerberos=required --option=realm={FOREST.upper()} --option=workgroup=MORE "
          f"--option=interfaces=lo -U administrator%{ldap_service.PASSWORD['administrator']}")

    def samba(words):
        return service.run(f"samba-tool schema {words} {at}", forest=FOREST)

    def reads():
        client = Service.connect(None, "reader", forest=FOREST)
        return sorted(client.search_s(dn, ldap.SCOPE_BASE, attrlist=["ms-Mcs-AdmPwdExpirationTime"])[0][1])
    assert reads()
    samba("attribute modify ms-Mcs-AdmPwdExpirationTime --searchflags=fCONFIDENTIAL")
    assert not reads() and "searchFlags: 128" in samba("attribute show ms-Mcs-AdmPwdExpirationTime")
    samba("attribute modify ms-Mcs-AdmPwdExpirationTime --searchflags=fCOPY")
    assert reads()
    bo = f"cn=bo,cn=Users,{BASE}"  # an attribute that every directory has, read before and so well known
    admin.modify_s(bo, [(ldap.MOD_REPLACE, "employeeNumber", b"4711")])
    reader = Service.connect(None, "reader", forest=FOREST)

    def number():
        return reader.search_s(bo, ldap.SCOPE_BASE, attrlist=["employeeNumber"])[0][1]
    assert number() and number()
    samba("attribute modify Employee-Number --searchflags=fCONFIDENTIAL")
    assert not number() and not reader.search_s(bo, ldap.SCOPE_BASE, "(employeeNumber=4711)")
    samba("attribute modify Employee-Number --searchflags=fCOPY")
    assert number()
    assert "Computer" in samba("attribute show_oc ms-Mcs-AdmPwd").split()
    assert "ms-Mcs-AdmPwd" in samba("objectclass show computer")
    for value in (b"1", b"129"):  # an index
        with pytest.raises(ldap.UNWILLING_TO_PERFORM):
            admin.modify_s(f"CN=ms-Mcs-AdmPwd,{SCHEMA}", [(ldap.MOD_REPLACE, "searchFlags", value)])


def test_another_directory_has_its_own(service):
    """One process serves both to administrators, and each has its own definition of the same name."""
    other, base = "other.example", "DC=other,DC=example"
    service.cli("directory", "create", other, "--short-name", "OTHER", "--admin-password-file",
                service.dir / "administrator", "--address", f"{NET}.20")
    ldap_service.ADDRESS[other] = f"{NET}.20"
    client = Service.connect(None, forest=other)
    dn = f"cn=Administrator,cn=Users,{base}"
    with pytest.raises(ldap.NO_SUCH_ATTRIBUTE):
        client.modify_s(dn, [(ldap.MOD_ADD, "exBadge", b"x")])
    text = (ATTRIBUTE + GROW).replace("2.5.5.12", "2.5.5.9").replace("oMSyntax: 64", "oMSyntax: 2").format(
        schema=f"CN=Schema,CN=Configuration,{base}", name="exBadge", oid=f"{ARC}.1.1", of="User", what="mayContain",
        value="exBadge")
    extend(service, text, "--directory", other)
    with pytest.raises(ldap.INVALID_SYNTAX):
        client.modify_s(dn, [(ldap.MOD_ADD, "exBadge", b"x")])
    client.modify_s(dn, [(ldap.MOD_ADD, "exBadge", b"5")])
    for directory in (FOREST, other, FOREST):
        service.cli("directory", "check", directory)
    service.cli("directory", "delete", other)


def test_nothing_stays_of_a_bad_file(service):
    before = len(listed(service))
    text = ldif(ATTRIBUTE, name="exLost", oid=f"{ARC}.1.7") + ldif(ATTRIBUTE, name="exClash", oid="2.5.4.13")
    error = extend(service, text, ok=False)
    assert error["reason"] == "DIR_SCHEMA_TAKEN" and "line 13" in error["message"], error
    assert not connect().search_s(SCHEMA, ldap.SCOPE_ONELEVEL, "(lDAPDisplayName=exLost)")
    last = listed(service)[-1]
    assert len(listed(service)) == before + 1 and last["status"] == "Failed" and "line 13" in last["reason"]
    tool(service, "ldapmodify", ldif("dn: CN=User,{schema}\nchangetype: modify\ndelete: mayContain\n"
                                     "mayContain: exBadge\n"), ok=False)


def test_it_is_there_after_a_restart(service):
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    for child in children:  # all but the parent
        os.kill(int(child), signal.SIGKILL)

    found = wait_for(lambda: tried(lambda: connect(1).search_s(BASE, ldap.SCOPE_SUBTREE, "(exBadge=17)", ["exBadge"])),
                     "the directory is read again")
    assert [a for dn, a in found if dn] == [{"exBadge": [b"17"]}]
    change = [(ldap.MOD_REPLACE, "exBadge", b"19")]
    wait_for(lambda: tried(lambda: connect(0).modify_s(f"cn=bo,cn=Users,{BASE}", change)), "and written")
    service.cli("directory", "check")  # fails when something contradicts itself


def test_a_writer_killed_over_a_file(service):
    """All of the file is there or nothing, and what is told is what is so."""
    names = [f"exKilled{i}" for i in range(1200)]
    path = service.ldif("".join(ldif(ATTRIBUTE, name=n, oid=f"{ARC}.9.{i}") for i, n in enumerate(names)))
    before = len(listed(service))
    asked = subprocess.Popen([ldap_service.BUILD / "src" / "entente", "schema", "extend", str(path)],
                             env=dict(os.environ, ENTENTE_SOCKET=str(service.socket)), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    wait_for(lambda: listed(service)[before:] and listed(service)[-1]["status"] != "Initializing", "the writer is asked")
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    writer = [c for c in children if Path(f"/proc/{c}/comm").read_text(encoding="ascii").strip().startswith("writer")]
    assert len(writer) == 1
    os.kill(int(writer[0]), signal.SIGKILL)
    asked.communicate(timeout=60)
    status = listed(service)[-1]["status"]
    assert status in ("Completed", "Failed") and (status == "Completed") == (asked.returncode == 0)
    found = {a["lDAPDisplayName"][0] for dn, a in connect().search_s(
        SCHEMA, ldap.SCOPE_ONELEVEL, "(lDAPDisplayName=exKilled*)", ["lDAPDisplayName"]) if dn}
    assert len(found) == (len(names) if status == "Completed" else 0)
    change = [(ldap.MOD_REPLACE, "exBadge", b"18")]
    wait_for(lambda: tried(lambda: connect().modify_s(f"cn=bo,cn=Users,{BASE}", change)), "somebody writes again")
    service.cli("directory", "check")


def test_a_snapshot_has_the_schema_of_its_time(service):
    made = json.loads(service.cli("--output", "json", "snapshot", "create"))["result"]["id"]
    extend(service, ldif(ATTRIBUTE, GROW, name="exLate", oid=f"{ARC}.1.9", of="User", what="mayContain", value="exLate"))
    bo = f"cn=bo,cn=Users,{BASE}"
    connect().modify_s(bo, [(ldap.MOD_ADD, "exLate", b"1")])
    service.cli("snapshot", "restore", made)
    entry = connect(1).search_s(bo, ldap.SCOPE_BASE)[0][1]
    assert "exLate" not in entry and entry["exBadge"] == [b"18"]
    with pytest.raises(ldap.NO_SUCH_ATTRIBUTE):
        connect(1).modify_s(bo, [(ldap.MOD_ADD, "exLate", b"1")])
    whole = ATTRIBUTE.replace("2.5.5.12", "2.5.5.9").replace("oMSyntax: 64", "oMSyntax: 2")
    extend(service, ldif(whole, GROW, name="exLate", oid=f"{ARC}.1.9", of="User", what="mayContain", value="exLate"))
    connect().modify_s(bo, [(ldap.MOD_ADD, "exLate", b"12")])
    assert connect(1).search_s(BASE, ldap.SCOPE_SUBTREE, "(exLate>=7)", ["exLate"])[0][1] == {"exLate": [b"12"]}
    service.cli("directory", "check")
