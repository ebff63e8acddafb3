"""A managed directory as its owner meets it: what Admin may do and what not, by OpenLDAP's tools, MIT's and
python3-ldap; addresses come out of the configured subnets."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import ldap
import pytest

import ldap_service
from ldap_service import Service
from samba.dcerpc import security
from samba.ndr import ndr_pack

FOREST, BASE, UNIT = "managed.example", "dc=managed,dc=example", "ou=MANAGED,dc=managed,dc=example"
NET = f"127.{120 + os.getpid() % 60}.{os.getpid() // 60 % 250}"
OTHER_NET = f"127.{120 + os.getpid() % 60}.{os.getpid() // 60 % 250 + 1}"
POLICY = f"cn=CustomerPSO-01,cn=Password Settings Container,cn=System,{BASE}"
ADMIN = "Own3r-of-it"


@pytest.fixture(scope="module")
def service():
    folder = Path("/tmp") / f"entente-managed-{os.getpid()}"
    folder.mkdir()
    options = ["--subnet-first", f"{NET}.0/24 zone-one", "--subnet-second", f"{OTHER_NET}.0/28 zone-two"]
    s = Service(folder, options)
    try:
        s.secret("Admin", ADMIN)
        s.cli("directory", "create", FOREST, "--short-name", "MANAGED", "--managed", "--admin-password-file",
              s.dir / "Admin")
        ldap_service.ADDRESS[FOREST] = f"{NET}.10"
        ldap_service.PASSWORD["Admin"] = ADMIN
        yield s
    finally:
        s.process.terminate()
        s.process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def admin(service):
    return service.connect("Admin", forest=FOREST)


def quoted(password):
    return f'"{password}"'.encode("utf-16le")


def user(client, name, password="F1rst-of-all", where=f"ou=Users,{UNIT}"):
    dn = f"cn={name},{where}"
    client.add_s(dn, [("objectClass", b"user"), ("sAMAccountName", name.encode()), ("unicodePwd", quoted(password)),
                      ("userAccountControl", b"512")])
    return dn


def shown(service):
    return json.loads(service.cli("--output", "json", "directory", "show", FOREST))["result"]


# --- addresses -------------------------------------------------------------------------------------------------------

def test_two_domain_controllers_in_two_subnets(service):
    dcs = shown(service)["dcs"]
    assert [(dc["host"], dc["addresses"], dc["subnet"], dc["zone"]) for dc in dcs] == [
        ("dc1", [f"{NET}.10"], "subnet-first", "zone-one"), ("dc2", [f"{OTHER_NET}.10"], "subnet-second", "zone-two")]


def refused(service, *words):
    done = subprocess.run([ldap_service.BUILD / "src" / "entente", "--output", "json", *map(str, words)],
                          env=dict(os.environ, ENTENTE_SOCKET=str(service.socket)), text=True,
                          stdout=subprocess.PIPE, check=False)
    assert done.returncode in (1, 2), done.stdout
    return json.loads(done.stdout)["error"]["reason"]


def test_subnets_have_ends(service):
    create = ["directory", "create", "other.example", "--short-name", "OTHER", "--admin-password-file",
              service.dir / "Admin"]
    assert refused(service, *create, "--subnet", "subnet-nowhere") == "CONTROL_POOL_UNKNOWN"
    # .10 has an owner: .11 to .14 are left, and .15 is the last of the network.
    assert refused(service, *create, "--subnet", "subnet-second", "--domain-controllers", 5) == "CONTROL_POOL_EMPTY"
    assert refused(service, *create, "--subnet", "subnet-first", "--address", "127.0.0.5") == "CONTROL_ARGUMENT"


# --- the schema ------------------------------------------------------------------------------------------------------

def test_the_schema_is_extended_by_the_service_alone(service, admin):
    """Not by Admin over LDAP, not even through a unit that is Admin's; what the owner hands in is Admin's to use."""
    schema = f"CN=Schema,CN=Configuration,{BASE}"
    new = [("objectClass", b"attributeSchema"), ("attributeID", b"1.3.6.1.4.1.99999.1.1"), ("isSingleValued", b"TRUE"),
           ("attributeSyntax", b"2.5.5.12"), ("oMSyntax", b"64")]
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        admin.add_s(f"CN=exBadge,{schema}", new)
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        admin.modify_s(f"CN=User,{schema}", [(ldap.MOD_ADD, "mayContain", b"employeeNumber")])
    service.cli("schema", "extend", service.ldif(f"""dn: CN=exBadge,{schema}
changetype: ntdsSchemaAdd
objectClass: attributeSchema
attributeID: 1.3.6.1.4.1.99999.1.1
attributeSyntax: 2.5.5.12
oMSyntax: 64
isSingleValued: TRUE

dn: CN=User,{schema}
changetype: ntdsSchemaModify
add: mayContain
mayContain: exBadge
-

dn: CN=Attribute-Schema,{schema}
changetype: ntdsSchemaModify
add: possSuperiors
possSuperiors: organizationalUnit
-

"""))
    dn = user(admin, "badged")
    admin.modify_s(dn, [(ldap.MOD_ADD, "exBadge", b"17")])
    assert admin.search_s(BASE, ldap.SCOPE_SUBTREE, "(exBadge=17)", ["cn"])[0][1] == {"cn": [b"badged"]}
    new[1] = ("attributeID", b"1.3.6.1.4.1.99999.1.2")
    with pytest.raises(ldap.UNWILLING_TO_PERFORM, match="below the head of the schema"):
        admin.add_s(f"CN=exOther,ou=Users,{UNIT}", new)


# --- what Admin may ---------------------------------------------------------------------------------------------------

def test_admin_logs_on_everywhere(service):
    assert "MANAGED\\Admin" in service.run(f"ldapwhoami -Y GSSAPI -Q -N -H ldap://dc1.{FOREST}", who="Admin", forest=FOREST)
    found = service.run(f"ldapsearch -LLL -x -H ldaps://dc2.{FOREST} -D Admin@{FOREST} -w {ADMIN} -b '{UNIT}' -s one ou",
                        forest=FOREST)
    assert "ou: Users" in found and "ou: Computers" in found


def test_admin_makes_people_groups_and_units(service, admin):
    dn = user(admin, "paula")
    ldap_service.PASSWORD["paula"] = "F1rst-of-all"
    service.connect("paula", forest=FOREST)
    admin.modify_s(dn, [(ldap.MOD_REPLACE, "unicodePwd", quoted("Sec0nd-of-all"))])
    admin.add_s(f"ou=Sales,{UNIT}", [("objectClass", b"organizationalUnit")])
    group = f"cn=Sellers,ou=Sales,{UNIT}"
    admin.add_s(group, [("objectClass", b"group"), ("sAMAccountName", b"Sellers"), ("member", dn.encode())])
    assert admin.search_s(group, ldap.SCOPE_BASE)[0][1]["member"]
    admin.rename_s(dn, "cn=Paula", f"ou=Sales,{UNIT}")
    admin.delete_s(f"cn=Paula,ou=Sales,{UNIT}")
    admin.delete_s(group)
    admin.delete_s(f"ou=Sales,{UNIT}")


def test_admin_by_openldaps_tools(service):
    change = service.ldif(f"dn: ou=By tools,{UNIT}\nchangetype: add\nobjectClass: organizationalUnit\n\n"
                          f"dn: ou=By tools,{UNIT}\nchangetype: modify\nreplace: description\ndescription: mine\n\n"
                          f"dn: ou=By tools,{UNIT}\nchangetype: delete\n")
    service.run(f"ldapmodify -x -H ldaps://dc1.{FOREST} -D Admin@{FOREST} -w {ADMIN} -f {change}", forest=FOREST)
    change = service.ldif(f"dn: ou=Elsewhere,{BASE}\nchangetype: add\nobjectClass: organizationalUnit\n")
    told = service.run(f"ldapmodify -x -H ldaps://dc1.{FOREST} -D Admin@{FOREST} -w {ADMIN} -f {change}", forest=FOREST,
                       ok=False)
    assert "Insufficient access (50)" in told and "DIR_ACCESS" in told


def test_admin_joins_computers(service, admin):
    dn = f"cn=WS1,ou=Computers,{UNIT}"
    admin.add_s(dn, [("objectClass", b"computer"), ("sAMAccountName", b"WS1$"), ("userAccountControl", b"4096"),
                     ("dNSHostName", f"ws1.{FOREST}".encode()), ("servicePrincipalName", f"host/ws1.{FOREST}".encode())])
    admin.delete_s(dn)
    # Where the domain says that computers go, for clients that ask.
    head = admin.search_s(f"<WKGUID=AA312825768811D1ADED00C04FD8D5CD,{BASE}>", ldap.SCOPE_BASE, attrlist=["ou"])
    assert head[0][0].lower() == f"ou=computers,{UNIT}".lower()


def test_accounts_of_the_command_line_go_to_the_unit(service, admin):
    service.cli("user", "create", "quentin", "--password-file", service.secret("quentin", "F1rst-of-all"))
    assert admin.search_s(f"ou=Users,{UNIT}", ldap.SCOPE_ONELEVEL, "(sAMAccountName=quentin)")
    admin.delete_s(f"cn=quentin,ou=Users,{UNIT}")


def test_password_policies_apply(service, admin):
    """A policy of the owner's for one person: eleven characters, where the domain asks for seven."""
    dn = user(admin, "petra")
    found = admin.search_s(POLICY, ldap.SCOPE_BASE)[0][1]
    assert (found["msDS-PasswordSettingsPrecedence"], found["msDS-LockoutThreshold"]) == ([b"10"], [b"5"])
    admin.modify_s(POLICY, [(ldap.MOD_REPLACE, "msDS-MinimumPasswordLength", b"11"),
                            (ldap.MOD_ADD, "msDS-PSOAppliesTo", dn.encode())])
    with pytest.raises(ldap.CONSTRAINT_VIOLATION) as caught:
        admin.modify_s(dn, [(ldap.MOD_REPLACE, "unicodePwd", quoted("Sh0rt-one"))])
    assert "PASSWORD_TOO_SHORT" in caught.value.args[0]["info"]
    admin.modify_s(dn, [(ldap.MOD_REPLACE, "unicodePwd", quoted("L0ng-enough-1"))])
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        admin.modify_s(POLICY, [(ldap.MOD_REPLACE, "msDS-PasswordSettingsPrecedence", b"1")])
    admin.modify_s(POLICY, [(ldap.MOD_DELETE, "msDS-PSOAppliesTo", None), (ldap.MOD_REPLACE, "msDS-MinimumPasswordLength", b"7")])
    admin.delete_s(dn)


def test_group_policies_and_their_links(admin):
    dn = f"cn={{11111111-2222-3333-4444-555555555555}},cn=Policies,cn=System,{BASE}"
    admin.add_s(dn, [("objectClass", b"groupPolicyContainer"), ("displayName", b"mine"), ("flags", b"0")])
    link = f"[LDAP://{dn};0]".encode()
    admin.modify_s(UNIT, [(ldap.MOD_REPLACE, "gPLink", link)])
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        admin.modify_s(BASE, [(ldap.MOD_REPLACE, "gPLink", link)])
    admin.modify_s(UNIT, [(ldap.MOD_DELETE, "gPLink", None)])
    admin.delete_s(dn)


def test_suffixes_of_principals(admin):
    partitions = f"cn=Partitions,cn=Configuration,{BASE}"
    admin.modify_s(partitions, [(ldap.MOD_ADD, "uPNSuffixes", b"people.example")])
    admin.modify_s(partitions, [(ldap.MOD_DELETE, "uPNSuffixes", b"people.example")])


# --- what others may to whom it is delegated -------------------------------------------------------------------------

def test_rights_are_delegated_by_membership(service, admin):
    operator, target = user(admin, "olga"), user(admin, "tom")
    ldap_service.PASSWORD["olga"] = "F1rst-of-all"
    reset = [(ldap.MOD_REPLACE, "unicodePwd", quoted("Reset-by-0lga"))]
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        service.connect("olga", forest=FOREST).modify_s(target, reset)
    group = f"cn=AWS Delegated Account Operators,ou=AWS Delegated Groups,{BASE}"
    admin.modify_s(group, [(ldap.MOD_ADD, "member", operator.encode())])
    olga = service.connect("olga", forest=FOREST)
    olga.modify_s(target, reset)
    for forbidden in (f"cn=Admin,ou=Users,{UNIT}", f"cn=Administrator,cn=Users,{BASE}"):
        with pytest.raises(ldap.INSUFFICIENT_ACCESS):
            olga.modify_s(forbidden, reset)
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        olga.delete_s(target)
    for dn in (operator, target):
        admin.delete_s(dn)


# --- what Admin may not ------------------------------------------------------------------------------------------------

MEMBER = [(ldap.MOD_ADD, "member", f"cn=Admin,ou=Users,{UNIT}".encode())]
FORBIDDEN = [
    (BASE, [(ldap.MOD_REPLACE, "minPwdLength", b"1")]),
    (f"cn=Domain Admins,cn=Users,{BASE}", MEMBER),
    (f"cn=Enterprise Admins,cn=Users,{BASE}", MEMBER),
    (f"cn=Schema Admins,cn=Users,{BASE}", MEMBER),
    (f"cn=Administrators,cn=Builtin,{BASE}", MEMBER),
    (f"cn=Administrator,cn=Users,{BASE}", [(ldap.MOD_REPLACE, "unicodePwd", quoted("Taken-0ver-now"))]),
    (f"cn=krbtgt,cn=Users,{BASE}", [(ldap.MOD_REPLACE, "unicodePwd", quoted("Taken-0ver-now"))]),
    (f"cn=DC1,ou=Domain Controllers,{BASE}", [(ldap.MOD_ADD, "servicePrincipalName", b"http/mine")]),
    (f"cn=AdminSDHolder,cn=System,{BASE}", [(ldap.MOD_REPLACE, "description", b"mine")]),
    (f"ou=AWS Reserved,{BASE}", [(ldap.MOD_REPLACE, "description", b"mine")]),
    (f"ou=Domain Controllers,{BASE}", [(ldap.MOD_REPLACE, "description", b"mine")]),
]


@pytest.mark.parametrize("dn,mods", FORBIDDEN, ids=[f[0].split(",")[0] for f in FORBIDDEN])
def test_admin_is_no_administrator_of_the_domain(admin, dn, mods):
    with pytest.raises((ldap.INSUFFICIENT_ACCESS, ldap.CONSTRAINT_VIOLATION)) as caught:
        admin.modify_s(dn, mods)
    # krbtgt's keys are set by no password at all.
    assert ("DIR_PASSWORD_CANNOT_CHANGE" if "krbtgt" in dn else "DIR_ACCESS") in caught.value.args[0]["info"]


@pytest.mark.parametrize("dn", [UNIT, f"ou=Users,{UNIT}", f"ou=Computers,{UNIT}", f"ou=AWS Delegated Groups,{BASE}",
                                f"cn=AWS Delegated Administrators,ou=AWS Delegated Groups,{BASE}", POLICY,
                                f"cn=DC2,ou=Domain Controllers,{BASE}"])
def test_what_the_service_rests_on_stays(admin, dn):
    with pytest.raises((ldap.INSUFFICIENT_ACCESS, ldap.UNWILLING_TO_PERFORM)):
        admin.delete_s(dn)
    with pytest.raises((ldap.INSUFFICIENT_ACCESS, ldap.UNWILLING_TO_PERFORM)):
        admin.rename_s(dn, dn.split(",")[0] + "-renamed")


@pytest.mark.parametrize("where,kind", [(BASE, "organizationalUnit"), (f"cn=Users,{BASE}", "user"),
                                        (f"ou=Domain Controllers,{BASE}", "computer"), (f"ou=AWS Reserved,{BASE}", "user"),
                                        (f"ou=AWS Delegated Groups,{BASE}", "group"), (f"cn=Sites,cn=Configuration,{BASE}", "site")])
def test_admin_makes_nothing_elsewhere(admin, where, kind):
    rdn = "ou" if kind == "organizationalUnit" else "cn"
    # A second attribute that the quota of workstations does not give.
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        admin.add_s(f"{rdn}=new,{where}", [("objectClass", kind.encode()), ("description", b"mine")])
    if kind == "computer":  # neither by the quota that everybody has
        with pytest.raises(ldap.INSUFFICIENT_ACCESS):
            admin.add_s(f"cn=new,{where}", [("objectClass", b"computer"), ("sAMAccountName", b"NEW$"),
                                            ("userAccountControl", b"4096")])


def test_trusts_are_made_by_the_service_alone(admin):
    with pytest.raises(ldap.LDAPError) as caught:
        admin.add_s(f"cn=evil.example,cn=System,{BASE}", [("objectClass", b"trustedDomain"), ("trustPartner", b"evil.example")])
    assert "DIR_" in caught.value.args[0]["info"]


def test_delegation_of_tickets_needs_its_privilege(admin):
    dn = user(admin, "dave")
    with pytest.raises(ldap.INSUFFICIENT_ACCESS) as caught:
        admin.modify_s(dn, [(ldap.MOD_REPLACE, "userAccountControl", b"524800")])
    assert "DIR_PRIVILEGE" in caught.value.args[0]["info"]
    admin.delete_s(dn)


# --- what Admin's own objects may not become ---------------------------------------------------------------------------

def sid_of(client, dn):
    return client.search_s(dn, ldap.SCOPE_BASE, attrlist=["objectSid"])[0][1]["objectSid"][0]


def test_admins_objects_take_nobodys_place(service, admin):
    """Full control of an object does not make it somebody else, nor a server that others trust."""
    computer, person = f"cn=WS9,ou=Computers,{UNIT}", user(admin, "impostor")
    admin.add_s(computer, [("objectClass", b"computer"), ("sAMAccountName", b"WS9$"), ("userAccountControl", b"4096")])
    administrator = sid_of(admin, f"cn=Administrator,cn=Users,{BASE}")
    replaced = {
        person: [("primaryGroupID", b"512"), ("primaryGroupID", b"516"), ("sIDHistory", administrator),
                 ("objectSid", administrator), ("sAMAccountName", b"DC1"), ("sAMAccountName", b"krbtgt"),
                 ("userPrincipalName", f"Administrator@{FOREST}".encode()),
                 ("userAccountControl", b"2080"), ("userAccountControl", b"16777728"),
                 ("servicePrincipalName", f"HOST/dc1.{FOREST}".encode()), ("servicePrincipalName", b"cifs/DC1"),
                 ("servicePrincipalName", f"ldap/dc2.{FOREST}".encode()),
                 ("servicePrincipalName", f"GC/dc1.{FOREST}/{FOREST}".encode()),
                 ("supplementalCredentials", b"x"), ("ntPwdHistory", b"x" * 16), ("memberOf", f"cn=Domain Admins,cn=Users,{BASE}".encode())],
        computer: [("userAccountControl", b"8192"), ("userAccountControl", b"83890176"), ("userAccountControl", b"528384"),
                   ("sAMAccountName", b"DC1$"), ("servicePrincipalName", f"cifs/dc1.{FOREST}".encode()),
                   ("primaryGroupID", b"516"), ("msDS-AdditionalSamAccountName", b"DC1$")],
    }
    for dn, mods in replaced.items():
        for name, value in mods:
            with pytest.raises(ldap.LDAPError) as caught:
                admin.modify_s(dn, [(ldap.MOD_REPLACE, name, value)])
                pytest.fail(f"{dn} took {name}")
            assert "DIR_" in caught.value.args[0]["info"], (dn, name)
    box = f"cn=box,{UNIT}"  # where the schema allows what a unit may not hold
    admin.add_s(box, [("objectClass", b"container")])
    for where, kind, more, reason in (
            (UNIT, "trustedDomain", [("trustPartner", b"evil.example"), ("trustDirection", b"3"), ("trustType", b"2")],
             "DIR_SYSTEM_CLASS"),
            (UNIT, "secret", [], "DIR_SYSTEM_CLASS"),
            (UNIT, "crossRef", [("nCName", b"dc=evil"), ("dnsRoot", b"evil.example")], "DIR_SYSTEM_CLASS"),
            (UNIT, "user", [("sAMAccountName", b"copy"), ("objectSid", administrator)], "DIR_SAM_OWNED"),
            (UNIT, "user", [("sAMAccountName", b"copy"), ("sIDHistory", administrator)], "DIR_SAM_OWNED"),
            (UNIT, "user", [("sAMAccountName", b"copy"), ("primaryGroupID", b"512")], "DIR_PRIMARY_GROUP"),
            (UNIT, "computer", [("sAMAccountName", b"COPY$"), ("userAccountControl", b"8192")], "DIR_ACCESS"),
            (box, "foreignSecurityPrincipal", [("objectSid", administrator)], "DIR_SAM_OWNED")):
        with pytest.raises(ldap.LDAPError) as caught:
            admin.add_s(f"cn=copy,{where}", [("objectClass", kind.encode()), *more])
        assert f"({reason})" in caught.value.args[0]["info"], (kind, more, caught.value)
    # The groups that rights are delegated by hold whom he wants, but are no way to the domain's own.
    for group in ("Domain Admins", "Administrators"):
        with pytest.raises(ldap.INSUFFICIENT_ACCESS):
            admin.modify_s(f"cn={group},cn={'Users' if ' ' in group else 'Builtin'},{BASE}",
                           [(ldap.MOD_ADD, "member", f"cn=AWS Delegated Administrators,ou=AWS Delegated Groups,{BASE}".encode())])
    for dn in (computer, person, box):
        admin.delete_s(dn)


def test_who_rules_the_unit_does_not_rule_its_rules(admin):
    """Neither by the descriptors of what the service rests on, nor by moving it."""
    everything = ndr_pack(security.descriptor.from_sddl("D:(A;;GA;;;WD)", security.dom_sid("S-1-5-21-1-2-3")))
    for dn in (BASE, UNIT, f"ou=Users,{UNIT}", f"ou=AWS Reserved,{BASE}", f"ou=AWS Delegated Groups,{BASE}",
               f"cn=AdminSDHolder,cn=System,{BASE}", f"cn=Administrator,cn=Users,{BASE}", f"ou=Domain Controllers,{BASE}",
               f"cn=AWS Delegated Administrators,ou=AWS Delegated Groups,{BASE}"):
        with pytest.raises(ldap.INSUFFICIENT_ACCESS) as caught:
            admin.modify_s(dn, [(ldap.MOD_REPLACE, "nTSecurityDescriptor", everything)])
        assert '"write DACL"' in caught.value.args[0]["info"] and "DIR_ACCESS" in caught.value.args[0]["info"], dn
    own = f"ou=Own,{UNIT}"
    admin.add_s(own, [("objectClass", b"organizationalUnit")])
    admin.modify_s(own, [(ldap.MOD_REPLACE, "nTSecurityDescriptor", everything)])
    admin.delete_s(own)
    for dn, to in ((f"ou=Users,{UNIT}", BASE), (f"cn=Administrator,cn=Users,{BASE}", f"ou=Users,{UNIT}"),
                   (f"cn=AWS Delegated Account Operators,ou=AWS Delegated Groups,{BASE}", UNIT),
                   (f"cn=DC1,ou=Domain Controllers,{BASE}", f"ou=Computers,{UNIT}")):
        with pytest.raises((ldap.INSUFFICIENT_ACCESS, ldap.UNWILLING_TO_PERFORM)) as caught:
            admin.rename_s(dn, dn.split(",")[0] + "-moved", to)
        assert any(reason in caught.value.args[0]["info"] for reason in ("DIR_ACCESS", "DIR_PROTECTED")), (dn, caught.value)


RPC = """
import sys
from samba import credentials, param
from samba.dcerpc import lsa, samr, security
from samba.ntstatus import NT_STATUS_ACCESS_DENIED
lp = param.LoadParm()
creds = credentials.Credentials()
creds.guess(lp)
creds.set_username("Admin")
creds.set_domain("MANAGED")
creds.set_password("%(password)s")
creds.set_kerberos_state(credentials.DONT_USE_KERBEROS)
MAX = 0x02000000
def attempt(name, do):
    try:
        do()
        print(name, "DONE")
    except Exception as e:
        print(name, hex(e.args[0] & 0xffffffff))
def text(s):
    out = lsa.String()
    out.string = s
    return out
conn = lsa.lsarpc("ncacn_np:%(host)s", lp, creds)
attr = lsa.ObjectAttribute()
attr.sec_qos = lsa.QosInfo()
policy = conn.OpenPolicy2("", attr, MAX)
info = conn.QueryInfoPolicy2(policy, lsa.LSA_POLICY_INFO_DNS)
me = security.dom_sid("%%s-500" %% info.sid)
rights = lsa.RightSet()
rights.count = 1
name = lsa.StringLarge()
name.string = "SeEnableDelegationPrivilege"
rights.names = [name]
attempt("right", lambda: conn.AddAccountRights(policy, me, rights))
attempt("secret", lambda: conn.CreateSecret(policy, text("G$mine"), MAX))
new = lsa.TrustDomainInfoInfoEx()
new.domain_name.string, new.netbios_name.string = "evil.example", "EVIL"
new.sid = security.dom_sid("S-1-5-21-1-2-3")
new.trust_direction, new.trust_type, new.trust_attributes = 3, 2, 8
attempt("trust", lambda: conn.CreateTrustedDomainEx(policy, new, lsa.TrustDomainInfoAuthInfo(), MAX))
sam = samr.samr("ncacn_np:%(host)s", lp, creds)
server = sam.Connect2("", MAX)
domain = sam.OpenDomain(server, MAX, info.sid)
builtin = sam.OpenDomain(server, MAX, security.dom_sid("S-1-5-32"))
admin = sam.LookupNames(domain, [text("Admin")])[0].ids[0]
attempt("group", lambda: sam.AddGroupMember(sam.OpenGroup(domain, MAX, 512), admin, 7))
attempt("alias", lambda: sam.AddAliasMember(sam.OpenAlias(builtin, MAX, 544), security.dom_sid("%%s-%%d" %% (info.sid, admin))))
enabled = samr.UserInfo16()
enabled.acct_flags = 0x11
attempt("user", lambda: sam.SetUserInfo(sam.OpenUser(domain, MAX, 500), 16, enabled))
attempt("delete", lambda: sam.DeleteUser(sam.OpenUser(domain, MAX, 500)))
attempt("server", lambda: sam.CreateUser2(domain, text("DC9$"), 0x100, MAX))
"""


def test_admin_is_no_administrator_over_rpc_either(service):
    script = service.dir / "admin.py"
    script.write_text(RPC % {"password": ADMIN, "host": f"dc1.{FOREST}"}, encoding="ascii")
    said = dict(line.split() for line in service.run(f"/usr/bin/python3 -B {script} 2> /dev/null", forest=FOREST).splitlines())
    assert set(said) == {"right", "secret", "trust", "group", "alias", "user", "delete", "server"}, said
    assert set(said.values()) == {"0xc0000022"}, said


def test_nobody_knows_the_administrators_password(service):
    client = ldap.initialize(f"ldaps://{NET}.10", bytes_mode=False)
    client.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)
    client.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    with pytest.raises(ldap.INVALID_CREDENTIALS):
        client.simple_bind_s(f"administrator@{FOREST}", ADMIN)


def test_admin_makes_files_of_policies(service):
    """Who may make group policies in the directory makes their folders in SYSVOL, and no logon scripts."""
    def smb(command):
        return service.run(f"smbclient //{NET}.10/sysvol --use-kerberos=off -U MANAGED/Admin%{ADMIN} -W MANAGED "
                           f"--option=interfaces=lo --option=lockdirectory={service.dir} -c '{command}' < /dev/null",
                           forest=FOREST, ok=False)

    policy = f"{FOREST}\\Policies\\{{00000000-0000-0000-0000-00000000000A}}"
    assert "NT_STATUS" not in smb(f"mkdir {policy}; mkdir {policy}\\Machine; rename {policy}\\Machine {policy}\\USER")
    assert "USER" in smb(f"ls {policy}\\*")
    assert "NT_STATUS_ACCESS_DENIED" in smb(f"mkdir {FOREST}\\scripts\\new")
    assert "NT_STATUS" not in smb(f"deltree {policy}")
