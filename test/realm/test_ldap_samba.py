"""The same LDIF into a domain of Samba 4.17 and into one of ours, the same changes tried and the same questions asked:
the answers are the same, or in the list of differences below with the reason for each."""

import base64
import json
import os
import re

import pytest

from entente import EntenteForest
from ldap_answers import records
from netns import Network
from samba_forest import HERE, PYTHON, SambaForest
from world import Forest, World

BASE_SCOPE, ONE, SUBTREE = 0, 1, 2


def domain(world, block):
    """Both have the same names; each has its own address and host."""
    one = world.corp
    return Forest(dns=one.dns, netbios=one.netbios, hosts=["dcsame"], admin_password="Same-f0r-both!",
                  addresses=[f"10.99.{world.net}.{block}"])


PEOPLE = """dn: ou=Same,{b}
objectClass: organizationalUnit
description: in both

dn: cn=Anna Müller,ou=Same,{b}
objectClass: user
sAMAccountName: anna
givenName: Anna
sn: Müller
displayName: Anna Müller
mail: anna@example.net
telephoneNumber: +49 1
otherTelephone: 2
otherTelephone: 3
userPrincipalName: anna@{d}
description: x*y (z)\\
garbageCollPeriod: -3

dn: cn=Bert,ou=Same,{b}
objectClass: user
sAMAccountName: bert
sn: miller
userAccountControl: 514
garbageCollPeriod: 12
employeeNumber: 7

dn: cn=box,ou=Same,{b}
objectClass: computer
sAMAccountName: box$
userAccountControl: 4096
dNSHostName: box.{d}
servicePrincipalName: HOST/box
servicePrincipalName: HOST/box.{d}

dn: cn=Carl,ou=Same,{b}
objectClass: contact
sn: Miller-Moll
manager: cn=Anna Müller,ou=Same,{b}
garbageCollPeriod: 5

dn: cn=inner,ou=Same,{b}
objectClass: group
sAMAccountName: inner
member: cn=Anna Müller,ou=Same,{b}
member: cn=Bert,ou=Same,{b}

dn: cn=outer,ou=Same,{b}
objectClass: group
sAMAccountName: outer
groupType: -2147483640
member: cn=inner,ou=Same,{b}

dn: cn=local,ou=Same,{b}
objectClass: group
sAMAccountName: local
groupType: -2147483644
member: cn=outer,ou=Same,{b}
member: cn=box,ou=Same,{b}
"""

FILTERS = """
(cn=bert) (CN=BERT) (sn=MÜLLER) (sn=müller) (sn=mill*) (sn=*moll) (sn=*ill*) (sn=m*l*r) (displayName=*Müller)
(cn~=bert) (sn>=miller) (sn<=miller) (garbageCollPeriod>=5) (garbageCollPeriod<=-3) (garbageCollPeriod=12)
(garbageCollPeriod=abc) (!(garbageCollPeriod=abc)) (mail=*) (!(mail=*)) (&(objectClass=user)(!(mail=*)))
(description=x\\2ay\\20\\28z\\29\\5c) (description=x\\2a*) (|(cn=bert)(&(sn=m*)(!(cn=bert)))) (&) (|) (objectClass=*)
(objectClass=USER) (objectClass=person) (objectClass=top) (objectCategory=person) (objectCategory=computer)
(objectCategory=group) (&(objectCategory=person)(objectClass=user)) (userAccountControl=514)
(userAccountControl:1.2.840.113556.1.4.803:=2) (userAccountControl:1.2.840.113556.1.4.803:=4096)
(userAccountControl:1.2.840.113556.1.4.804:=4098) (groupType:1.2.840.113556.1.4.803:=2147483648)
(groupType=-2147483646) (groupType=2147483650) (sAMAccountType=805306368) (sAMAccountType=268435456)
(member=cn=inner,ou=Same,{b}) (memberOf=cn=inner,ou=Same,{b}) (memberOf=cn=Inner,OU=same,{b})
(member:1.2.840.113556.1.4.1941:=cn=bert,ou=Same,{b}) (memberOf:1.2.840.113556.1.4.1941:=cn=local,ou=Same,{b})
(memberOf:1.2.840.113556.1.4.1941:=cn=outer,ou=Same,{b}) (manager=cn=Anna\\20Müller,ou=Same,{b}) (directReports=*)
(noSuchThing=x) (!(noSuchThing=x)) (|(noSuchThing=x)(cn=bert)) (cn:=bert) (cn:dn:=bert) (:2.5.13.2:=bert)
(anr=anna) (anr=mül) (servicePrincipalName=host/box) (servicePrincipalName=HOST/*) (userPrincipalName=anna@{d})
(whenCreated>=20000101000000.0Z) (whenCreated<=20000101000000.0Z) (distinguishedName=cn=bert,ou=Same,{b})
(name=bert) (primaryGroupID=513) (primaryGroupID=515) (logonCount=0) (pwdLastSet=0) (accountExpires>=1)
""".split()

# What differs between any two domains, or with the time.
PASSING = {"objectguid", "whencreated", "whenchanged", "usncreated", "usnchanged", "createtimestamp", "modifytimestamp",
           "creationtime", "msds-keyversionnumber", "serverreference", "logoncount", "lastlogon", "lastlogontimestamp",
           "pwdlastset", "dscorepropagationdata", "replpropertymetadata", "parentguid", "ntsecuritydescriptor"}


def queries(b):
    ou, some = f"ou=Same,{b}", ["cn"]
    out = [[ou, ONE, f.format(b=b, d=DNS(b)), some, []] for f in FILTERS]
    out += [[ou, scope, "(objectClass=*)", some, []] for scope in (BASE_SCOPE, ONE, SUBTREE)]
    for name in ("cn=Anna Müller", "cn=Bert", "cn=box", "cn=Carl", "cn=inner", "cn=outer", "cn=local"):
        dn = f"{name},{ou}"
        out += [[dn, BASE_SCOPE, "(objectClass=*)", wanted, []] for wanted in (
            None, ["*"], ["1.1"], ["cn", "noSuchThing"], ["memberOf", "member"], ["tokenGroups"], ["canonicalName"],
            ["primaryGroupToken", "msDS-User-Account-Control-Computed", "msDS-PrincipalName", "structuralObjectClass"],
            ["tokenGroupsGlobalAndUniversal"], ["distinguishedName", "name", "objectClass", "objectCategory"])]
    out += [[ou, BASE_SCOPE, "(objectClass=*)", None, []],
            [b, BASE_SCOPE, "(objectClass=*)", ["objectClass", "dc", "name", "objectCategory", "nTMixedDomain",
                                                "masteredBy", "instanceType", "wellKnownObjects", "systemFlags"], []],
            [f"cn=nobody,{ou}", BASE_SCOPE, "(objectClass=*)", some, []],
            [f"cn=x,ou=nowhere,{b}", SUBTREE, "(objectClass=*)", some, []],
            ["rubbish", BASE_SCOPE, "(objectClass=*)", some, []],
            [f"<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,{b}>", BASE_SCOPE, "(objectClass=*)", some, []],
            [f"<WKGUID=aa312825768811d1aded00c04fd8d5cd,{b}>", BASE_SCOPE, "(objectClass=*)", some, []],
            ["<SID=S-1-5-32-544>", BASE_SCOPE, "(objectClass=*)", ["cn", "groupType", "sAMAccountType"], []],
            [f"cn=Builtin,{b}", ONE, "(objectClass=group)", ["cn", "objectSid", "groupType", "sAMAccountType"], []],
            [f"cn=Users,{b}", ONE, "(objectClass=group)", ["cn", "objectSid", "groupType", "sAMAccountType"], []],
            [f"cn=Users,{b}", ONE, "(sAMAccountName=krbtgt)", ["userAccountControl", "primaryGroupID", "memberOf"], []],
            [b, ONE, "(objectClass=*)", ["objectClass", "systemFlags", "isCriticalSystemObject"], []],
            [f"cn=Configuration,{b}", ONE, "(objectClass=*)", ["objectClass"], []],
            [f"cn=Partitions,cn=Configuration,{b}", ONE, "(objectClass=crossRef)",
             ["nCName", "nETBIOSName", "dnsRoot", "systemFlags"], []],
            [b, SUBTREE, "(&(cn=bert)(objectClass=user))", some, []],
            [b, SUBTREE, "(&(cn=bert)(objectClass=user))", some, [["1.2.840.113556.1.4.1339", ""]]],
            ["", BASE_SCOPE, "(objectClass=*)", ["defaultNamingContext", "namingContexts", "supportedLDAPVersion",
                                                 "rootDomainNamingContext", "schemaNamingContext", "dnsHostName",
                                                 "configurationNamingContext", "ldapServiceName", "dsServiceName"], []],
            [ou, ONE, "(cn=bert)", some, [["1.2.840.113556.1.4.473", "MAYwBAQCY24="]]],  # sorted by cn
            [ou, ONE, "(cn=bert)", some, [["1.2.3.4", ""]]]]
    return out


def DNS(b):
    return ".".join(part[3:] for part in b.split(","))


def changes(b):
    ou = f"ou=Same,{b}"
    bert, anna = f"cn=Bert,{ou}", f"cn=Anna Müller,{ou}"
    modify = lambda dn, *mods: ["modify", dn, [list(m) for m in mods]]  # noqa: E731
    add, delete, replace = 0, 1, 2
    return [
        modify(bert, (replace, "description", ["one"])), modify(bert, (add, "description", ["two"])),
        modify(bert, (delete, "description", ["nine"])), modify(bert, (delete, "info", [])),
        modify(bert, (replace, "noSuchThing", ["x"])), modify(bert, (replace, "garbageCollPeriod", ["abc"])),
        modify(bert, (add, "otherTelephone", ["1", "2"])), modify(bert, (add, "otherTelephone", ["1"])),
        modify(bert, (delete, "otherTelephone", ["1"]), (add, "otherTelephone", ["1"])),
        modify(bert, (replace, "cn", ["other"])), modify(bert, (replace, "objectClass", ["contact"])),
        modify(bert, (replace, "groupType", ["2"])), modify(bert, (delete, "objectClass", [])),
        modify(bert, (replace, "sAMAccountName", ["anna"])), modify(bert, (replace, "objectSid", ["S-1-5-32-544"])),
        modify(bert, (replace, "whenCreated", ["20000101000000.0Z"])), modify(bert, (replace, "memberOf", [anna])),
        modify(bert, (replace, "canonicalName", ["x"])), modify(bert, (replace, "userAccountControl", ["2080"])),
        modify(bert, (replace, "primaryGroupID", ["99999"])), modify(bert, (replace, "pwdLastSet", ["5"])),
        modify(bert, (replace, "manager", [f"cn=nobody,{ou}"])), modify(bert, (replace, "manager", ["rubbish"])),
        modify(f"cn=inner,{ou}", (add, "member", [bert])),
        modify(f"cn=inner,{ou}", (delete, "member", [f"cn=Carl,{ou}"])),
        modify(f"cn=nobody,{ou}", (replace, "description", ["x"])),
        ["add", bert, [["objectClass", ["user"]], ["sAMAccountName", ["other"]]]],
        ["add", f"cn=x,{ou}", [["objectClass", ["user"]], ["sAMAccountName", ["BERT"]]]],
        ["add", f"cn=x,{ou}", [["objectClass", ["noSuchClass"]]]], ["add", f"cn=x,{ou}", [["description", ["x"]]]],
        ["add", f"cn=x,ou=nowhere,{b}", [["objectClass", ["contact"]]]],
        ["add", f"cn=x,{ou}", [["objectClass", ["contact"]], ["groupType", ["2"]]]],
        ["add", f"ou=x,{ou}", [["objectClass", ["contact"]]]], ["add", f"cn=x,{ou}", [["objectClass", ["top"]]]],
        ["add", f"cn=x,cn=System,{b}", [["objectClass", ["trustedDomain"]], ["trustPartner", ["x.example"]]]],
        ["add", f"cn=sub,{ou}", [["objectClass", ["container"]]]],
        ["add", f"cn=leaf,cn=sub,{ou}", [["objectClass", ["contact"]]]],
        ["delete", f"cn=sub,{ou}", None], ["delete", f"cn=nobody,{ou}", None], ["delete", f"cn=Users,{b}", None],
        ["delete", b, None], ["rename", bert, [f"cn=Carl", None]], ["rename", bert, ["ou=x", None]],
        ["rename", ou, ["ou=Same", f"cn=sub,{ou}"]], ["rename", f"cn=nobody,{ou}", ["cn=x", None]],
        ["rename", bert, ["cn=Bert", f"ou=nowhere,{b}"]], ["rename", f"cn=Users,{b}", ["cn=People", None]],
        ["rename", f"cn=leaf,cn=sub,{ou}", ["cn=moved", ou]], ["delete", f"cn=moved,{ou}", None],
        ["delete", f"cn=sub,{ou}", None],
    ]


@pytest.fixture(scope="module")
def both():
    world = World("ldap-same")
    net = Network("same")
    try:
        ours, theirs = EntenteForest(net, domain(world, 11), "ours"), SambaForest(net, domain(world, 21))
        ours.serve()
        ours.create()
        theirs.start()
        client = net.host("asker", [world.client_address])
        answers = []
        for side in (theirs, ours):
            f = side.forest
            job = {"url": f"ldaps://{f.addresses[0]}", "who": f"administrator@{f.dns}", "password": f.admin_password,
                   "ldif": PEOPLE.format(b=f.base, d=f.dns), "changes": changes(f.base), "queries": queries(f.base)}
            sid = side.domain_sid() if side is theirs else side.sid()
            done = client.run(PYTHON, os.path.join(HERE, "ldap_answers.py"), input=json.dumps(job), check=False)
            assert done.stdout.startswith("{"), done.stdout
            answers.append((json.loads(done.stdout), sid))
        yield ours.forest.base, answers
    finally:
        net.close()


def plain(value, sid):
    """One value without what belongs to the domain: its SID becomes a word, names lose their case."""
    raw = base64.b64decode(value)
    parts = [int(p) for p in sid.split("-")[3:]]
    prefix = b"".join(p.to_bytes(4, "little") for p in parts)
    if raw[:1] == b"\x01" and raw[8:8 + len(prefix)] == prefix:
        rid = int.from_bytes(raw[-4:], "little")
        return f"<domain>-{rid if rid < 1000 else 'own'}"
    try:
        text = raw.decode().lower()
        return "<rid>" if re.fullmatch("1[01][0-9][0-9]", text) else without_guid(text)
    except UnicodeDecodeError:
        return raw.hex()


def without_guid(text):
    return re.sub("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<guid>", text)


def normal(answer, sid):
    code, entries, references = answer
    found = {(without_guid(dn.lower()), i if "cn=partitions" in dn.lower() else 0): entry
             for i, (dn, entry) in enumerate(sorted(entries, key=lambda e: sorted(e[1].items())))}
    out = {dn: {k.lower(): sorted(plain(v, sid) for v in values) for k, values in entry.items()
                if k.lower() not in PASSING} for dn, entry in found.items()}
    # Samba gives the scheme of the connection, AD always the plain one.
    return code, out, sorted(r.lower().replace("ldaps:", "ldap:") for r in references)


# A difference as a line, and why it is one. Each line must be explained, and each explanation needed.
EXPLAINED = [
    ("change modify cn=bert 0 description two: 20, 0", "Samba lets an account have one description, as SAM does over "
     "RPC; the schema allows several"),
    (r"value cn=bert description: \['one'\], \['one', 'two'\]", "the same"),
    ("change modify cn=bert 2 groupType 2: 1, 65", "an attribute of another class: objectClassViolation, RFC 4511"),
    ("change modify cn=bert 2 objectSid .*: 53, 19", "system-only: constraintViolation, [MS-ADTS] 3.1.1.5.3.2"),
    ("change modify cn=bert 2 memberOf .*: 53, 19", "a back link is the server's: constraintViolation"),
    ("change modify cn=bert 2 userAccountControl 2080: 50, 19", "it is refused to everybody, not for want of a right"),
    ("change modify cn=bert 2 primaryGroupID 99999: 53, 19", "no such group: a constraint"),
    ("change modify cn=bert 2 pwdLastSet 5: 80, 21", "not a value that the attribute takes"),
    ("change modify cn=bert 2 manager rubbish: 34, 21", "the value's syntax is wrong, not the name of the request"),
    ("change add cn=x objectClass top: 53, 65", "without a structural class: objectClassViolation"),
    ("change rename cn=bert ou=x: 53, 64", "namingViolation, RFC 4511"),
    ("change rename ou=same ou=Same cn=sub.*: 64, 53", "below itself: unwillingToPerform, [MS-ADTS] 3.1.1.5.4.1.2"),
    (r"references .*dc=domaindnszones.*, .*//domaindnszones\..*", "AD names the dnsRoot of the crossRef"),
    (r"result \(cn~=bert\): 1, 0", "Samba has no approximate match"),
    (r"names \(cn~=bert\): - cn=bert", "the same"),
    (r"names \(sn>=miller\): - cn=anna müller", "Samba orders only ASCII as text"),
    (r"names \(sn<=miller\): cn=anna müller -", "the same"),
    (r"names \(!\((garbageCollPeriod=abc|noSuchThing=x)\)\): .* -",
     "the negation of what is undefined is undefined, RFC 4511 4.5.1.7; Samba has two values"),
    ("value .* msds-principalname: None, .*", "Samba 4.17 does not compute it here"),
    ("value cn=(carl|inner|outer|local) msds-user-account-control-computed: .*8388608.*, None",
     "computed for users, [MS-ADTS] 3.1.1.4.5.17"),
    ("value cn=(inner|outer) tokengroups(globalanduniversal)?: None, .*", "Samba computes them for users only"),
    ("value cn=box iscriticalsystemobject: .*false.*, None", "Samba writes the default"),
    ("names .*: - cn=(access control assistance operators|hyper-v administrators|rds .*|remote management users"
     "|storage replica administrators|system managed accounts group|cloneable domain controllers|enterprise key admins"
     "|key admins|keys|tpm devices)", "the domain is provisioned as by Windows Server 2016, Samba's as by 2008 R2"),
]


def first(dn):
    return dn.lower().split(",")[0]


def differences(base, theirs, their_sid, ours, our_sid):
    for op, t, o in zip(changes(base), theirs["changes"], ours["changes"]):
        if t != o:
            what = re.sub(r"[\[\]',]|None", "", str(op[2])).replace("  ", " ").strip()
            yield f"change {op[0]} {first(op[1])} {what}: {t}, {o}"
    for q, t, o in zip(queries(base), theirs["queries"], ours["queries"]):
        (t_code, t, t_refs), (o_code, o, o_refs) = normal(t, their_sid), normal(o, our_sid)
        if t_code != o_code:
            yield f"result {q[2]}: {t_code}, {o_code}"
        if t_refs != o_refs:
            yield f"references {q[0]} {q[2]}: {t_refs}, {o_refs}"
        for dn, _ in sorted(set(t) - set(o)):
            yield f"names {q[2]}: {first(dn)} -"
        for dn, _ in sorted(set(o) - set(t)):
            yield f"names {q[2]}: - {first(dn)}"
        for key in sorted(set(t) & set(o)):
            for name in sorted(set(t[key]) | set(o[key])):
                if t[key].get(name) != o[key].get(name):
                    yield f"value {first(key[0])} {name}: {t[key].get(name)}, {o[key].get(name)}"


def test_answers_are_the_same(both):
    base, ((theirs, their_sid), (ours, our_sid)) = both
    unexplained, used = [], set()
    for line in differences(base, theirs, their_sid, ours, our_sid):
        why = [i for i, (pattern, _) in enumerate(EXPLAINED) if re.fullmatch(pattern, line)]
        used.update(why)
        unexplained += [] if why else [line]
    assert not unexplained, "\n" + "\n".join(unexplained)
    assert [EXPLAINED[i][0] for i in range(len(EXPLAINED)) if i not in used] == []


def test_both_answered(both):
    """The comparison is of answers, not of two refusals."""
    _, answers = both
    for side, _ in answers:
        assert sum(1 for code, entries, _ in side["queries"] if code == 0 and entries) > 80
        assert side["changes"].count(0) > 6


