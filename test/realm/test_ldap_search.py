"""What a search can ask for and what comes back: filters, names in every form, controls, lists of attributes, ranges
and limits; by python3-ldap."""

import json
import uuid

import ldap
import pytest
from ldap.controls import RequestControl, SimplePagedResultsControl
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack

from ldap_service import BASE, CLOUD, service  # noqa: F401 (a fixture)

PLACE = f"ou=Found,{BASE}"
MEMBERS = 4000
SHOW_DELETED = RequestControl("1.2.840.113556.1.4.417", True)


def flags(oid, number, critical=True):
    """A control whose value is SEQUENCE { INTEGER }."""
    return RequestControl(oid, critical, bytes([0x30, 3, 2, 1, number]))


def sd_flags(number):
    return flags("1.2.840.113556.1.4.801", number)


PEOPLE = {
    "anna": {"sn": "Miller", "givenName": "Anna", "displayName": "Anna Miller", "telephoneNumber": "+49 1",
             "garbageCollPeriod": "-3", "description": "x*y (z)\\"},
    "bert": {"sn": "Öztürk", "givenName": "Bert", "displayName": "Bert Öztürk", "garbageCollPeriod": "12"},
    "cleo": {"sn": "miller", "displayName": "Cleopatra Miller-Moll", "garbageCollPeriod": "5",
             "userAccountControl": "66050"},
    "dora": {"description": "x"},
}
GROUPS = {"inner": ["anna", "bert"], "middle": ["inner"], "outer": ["middle", "cleo"], "loop": ["outer"]}


@pytest.fixture(scope="module")
def tree(service):
    records = [f"dn: {PLACE}\nobjectClass: organizationalUnit\n"]
    for name, values in PEOPLE.items():
        more = "".join(f"{k}: {v}\n" for k, v in values.items())
        records.append(f"dn: cn={name},{PLACE}\nobjectClass: user\nsAMAccountName: f-{name}\n{more}")
    for name, members in GROUPS.items():
        more = "".join(f"member: cn={m},{PLACE}\n" for m in members)
        records.append(f"dn: cn={name},{PLACE}\nobjectClass: group\nsAMAccountName: f-{name}\n{more}")
    for i in range(MEMBERS):
        records.append(f"dn: cn=x{i},cn=Crowd,{PLACE}\nobjectClass: contact\n")
    records.insert(1, f"dn: cn=Crowd,{PLACE}\nobjectClass: container\n")
    path = service.dir / "tree.ldif"
    path.write_text("\n".join(records), encoding="utf-8")
    said = service.cli("--output", "json", "directory", "import", path, "--directory", CLOUD)
    assert json.loads(said)["result"]["refused"] == 0, said
    client = service.connect()
    client.add_s(f"cn=huge,{PLACE}", [("objectClass", b"group"), ("sAMAccountName", b"f-huge"),
                                      ("groupType", b"4"),
                                      ("member", [f"cn=x{i},cn=Crowd,{PLACE}".encode() for i in range(MEMBERS)])])
    client.modify_s(f"cn=outer,{PLACE}", [(ldap.MOD_ADD, "member", f"cn=loop,{PLACE}".encode())])
    return client


def names(client, filterstr, base=PLACE, scope=ldap.SCOPE_ONELEVEL, controls=None):
    found = client.search_ext_s(base, scope, filterstr, ["cn"], serverctrls=controls)
    return sorted(entry["cn"][0].decode() for dn, entry in found if dn)


def one(client, base, attributes=None, controls=None, scope=ldap.SCOPE_BASE, filterstr="(objectClass=*)"):
    (dn, entry), = [e for e in client.search_ext_s(base, scope, filterstr, attributes, serverctrls=controls) if e[0]]
    return dn, entry


EVERYBODY = sorted([*PEOPLE, *GROUPS, "huge", "Crowd"])
USERS = sorted(PEOPLE)


@pytest.mark.parametrize("filterstr,expected", [
    ("(cn=anna)", ["anna"]), ("(CN=ANNA)", ["anna"]), ("(2.5.4.3=Anna)", ["anna"]),
    ("(sn=MILLER)", ["anna", "cleo"]), ("(sn=öztürk)", ["bert"]), ("(cn~=Anna)", ["anna"]),
    ("(displayName=*mill*)", ["anna", "cleo"]), ("(displayName=anna*)", ["anna"]), ("(displayName=*LER)", ["anna"]),
    ("(displayName=c*t*moll)", ["cleo"]), ("(displayName=*ÖZT*)", ["bert"]), ("(displayName=*l*l*l*)", ["cleo"]),
    ("(sn>=miller)", ["anna", "bert", "cleo"]), ("(sn>=n)", ["bert"]), ("(sn<=MILLER)", ["anna", "cleo"]),
    ("(garbageCollPeriod>=5)", ["bert", "cleo"]), ("(garbageCollPeriod<=-3)", ["anna"]),
    ("(garbageCollPeriod<=5)", ["anna", "cleo"]), ("(garbageCollPeriod>=99999999999)", []),
    ("(telephoneNumber=*)", ["anna"]), ("(&(objectClass=user)(!(telephoneNumber=*)))", ["bert", "cleo", "dora"]),
    ("(description=x\\2ay \\28z\\29\\5c)", ["anna"]), ("(description=x\\2a*)", ["anna"]),
    ("(description=x*)", ["anna", "dora"]),
    ("(&(objectCategory=person)(|(cn=anna)(&(sn=miller)(!(cn=anna)))(cn=dora)))", ["anna", "cleo", "dora"]),
    ("(&)", EVERYBODY), ("(|)", []), ("(!(|))", EVERYBODY), ("(objectClass=*)", EVERYBODY),
    ("(objectClass=USER)", USERS), ("(objectClass=1.2.840.113556.1.5.9)", USERS), ("(objectCategory=person)", USERS),
    ("(userAccountControl:1.2.840.113556.1.4.803:=512)", USERS),
    ("(userAccountControl:1.2.840.113556.1.4.803:=65538)", ["cleo"]),
    ("(userAccountControl:1.2.840.113556.1.4.804:=65537)", ["cleo"]),
    ("(!(userAccountControl:1.2.840.113556.1.4.804:=65537))", sorted(set(EVERYBODY) - {"cleo"})),
    ("(groupType:1.2.840.113556.1.4.803:=2147483648)", sorted(GROUPS)),
    ("(groupType=2147483650)", sorted(GROUPS)), ("(groupType=-2147483646)", sorted(GROUPS)),
    ("(anr=anna mill)", ["anna"]), ("(anr=mill)", ["anna", "cleo"]), ("(anr==Anna Miller)", ["anna"]),
    ("(whenCreated>=20000101000000.0Z)", EVERYBODY), ("(whenCreated<=20000101000000.0Z)", []),
    ("(cn:=ANNA)", ["anna"]), ("(cn:dn:=anna)", ["anna"]), ("(ou:dn:=Found)", []),
    ("(:2.5.13.2:=anna)", []), ("(cn:2.5.13.2:=anna)", []), ("(cn:1.2.3:=anna)", []),
    ("(noSuchThing=x)", []), ("(!(noSuchThing=x))", []), ("(|(noSuchThing=x)(cn=anna))", ["anna"]),
    ("(&(noSuchThing=x)(cn=anna))", []), ("(garbageCollPeriod=abc)", []), ("(!(garbageCollPeriod=abc))", []),
    ("(unicodePwd=*)", []), ("(!(unicodePwd=*))", EVERYBODY),
])
def test_filters(tree, filterstr, expected):
    assert names(tree, filterstr) == expected
    found = names(tree, f"(&(|(objectClass=user)(objectClass=group)(cn=Crowd)){filterstr})", BASE, ldap.SCOPE_SUBTREE)
    assert [n for n in found if n in EVERYBODY] == expected  # the same by another plan


@pytest.mark.parametrize("filterstr,expected", [
    ("(member=cn=inner,{p})", ["middle"]), ("(memberOf=cn=inner,{p})", ["anna", "bert"]),
    ("(member:1.2.840.113556.1.4.1941:=cn=anna,{p})", ["inner", "loop", "middle", "outer"]),
    ("(member:1.2.840.113556.1.4.1941:=cn=cleo,{p})", ["loop", "outer"]),
    ("(memberOf:1.2.840.113556.1.4.1941:=cn=middle,{p})", ["anna", "bert", "inner"]),
    ("(memberOf:1.2.840.113556.1.4.1941:=cn=outer,{p})",
     ["anna", "bert", "cleo", "inner", "loop", "middle", "outer"]),  # a circle reaches itself
    ("(&(objectClass=user)(memberOf:1.2.840.113556.1.4.1941:=cn=loop,{p}))", ["anna", "bert", "cleo"]),
    ("(member=cn=nobody,{p})", []), ("(!(member=cn=nobody,{p}))", EVERYBODY), ("(member=rubbish)", []),
    ("(!(member=rubbish))", []), ("(distinguishedName=cn=dora,{p})", ["dora"]),
])
def test_filters_of_names(tree, filterstr, expected):
    assert names(tree, filterstr.format(p=PLACE)) == expected


def test_identifiers_in_filters_and_names(tree):
    dn, entry = one(tree, f"cn=anna,{PLACE}", ["objectGUID", "objectSid"])
    raw, sid = entry["objectGUID"][0], ndr_unpack(security.dom_sid, entry["objectSid"][0])
    guid = uuid.UUID(bytes_le=raw)
    binary = "".join(f"\\{b:02x}" for b in raw)
    forms = [f"<GUID={guid}>", f"<GUID={raw.hex()}>", f"<SID={sid}>", f"<SID={entry['objectSid'][0].hex()}>"]
    for form in forms:
        assert one(tree, form)[0] == dn
        assert names(tree, f"(member={form})") == ["inner"]
        tree.modify_s(form, [(ldap.MOD_REPLACE, "info", form.encode())])
        assert one(tree, dn, ["info"])[1]["info"] == [form.encode()]
        assert tree.compare_s(form, "cn", b"ANNA")
    for filterstr in (f"(objectGUID={binary})", f"(objectSid={sid})",
                      "(objectSid=%s)" % "".join(f"\\{b:02x}" for b in entry["objectSid"][0])):
        assert names(tree, filterstr) == ["anna"]
    for bad in ("<GUID=12>", "<SID=S-1->", "<GUID=>", "<X=1>", "<WKGUID=1>", "cn=a,,dc=b", "=", "cn"):
        with pytest.raises((ldap.INVALID_DN_SYNTAX, ldap.NO_SUCH_OBJECT)):
            one(tree, bad)


def test_names_in_values(tree):
    """Members are given by GUID and SID as well, and taken away so."""
    entry = one(tree, f"cn=dora,{PLACE}", ["objectGUID", "objectSid"])[1]
    group = f"cn=inner,{PLACE}"
    tree.modify_s(group, [(ldap.MOD_ADD, "member", f"<GUID={entry['objectGUID'][0].hex()}>".encode())])
    assert names(tree, f"(memberOf={group})") == ["anna", "bert", "dora"]
    sid = ndr_unpack(security.dom_sid, entry["objectSid"][0])
    tree.modify_s(group, [(ldap.MOD_DELETE, "member", f"<SID={sid}>".encode())])
    assert names(tree, f"(memberOf={group})") == ["anna", "bert"]


def test_well_known_containers(tree):
    users = f"<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,{BASE}>"
    assert one(tree, users)[0] == "CN=Users,DC=ldap-cloud,DC=example"
    tree.modify_s(users, [(ldap.MOD_REPLACE, "description", b"Found by its GUID")])
    assert one(tree, f"cn=users,{BASE}", ["description"])[1] == {"description": [b"Found by its GUID"]}
    assert "Users" in names(tree, "(objectClass=*)", users, ldap.SCOPE_BASE)
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        one(tree, f"<WKGUID=00000000000000000000000000000000,{BASE}>")


def test_extended_names(tree):
    group = f"cn=inner,{PLACE}"
    anna = one(tree, f"cn=anna,{PLACE}", ["objectGUID", "objectSid"])
    raw, sid = anna[1]["objectGUID"][0], anna[1]["objectSid"][0]
    as_hex = f"<GUID={raw.hex()}>;<SID={sid.hex()}>;{anna[0]}"
    dashed = f"<GUID={uuid.UUID(bytes_le=raw)}>;<SID={ndr_unpack(security.dom_sid, sid)}>;{anna[0]}"
    oid = "1.2.840.113556.1.4.529"
    for control, form in ((RequestControl(oid, True), as_hex), (flags(oid, 0), as_hex), (flags(oid, 1), dashed)):
        assert form.encode() in one(tree, group, ["member"], [control])[1]["member"]
        assert one(tree, f"cn=anna,{PLACE}", ["cn"], [control])[0] == form
    ou = one(tree, PLACE, ["objectCategory", "distinguishedName"], [flags(oid, 1)])
    assert ou[0].startswith("<GUID=") and "<SID=" not in ou[0] and ou[1]["distinguishedName"][0].decode() == ou[0]
    assert ou[1]["objectCategory"][0].startswith(b"<GUID=")


def test_attribute_lists(tree):
    dn = f"cn=anna,{PLACE}"
    assert one(tree, dn, ["1.1"])[1] == {}
    assert set(one(tree, dn, ["1.1", "cn"])[1]) == {"cn"}
    assert set(one(tree, dn, ["CN", "noSuchThing", "SN"])[1]) == {"cn", "sn"}
    everything, plain = one(tree, dn, ["*"])[1], one(tree, dn)[1]
    assert everything == plain and {"memberOf", "objectSid", "distinguishedName", "whenCreated"} <= set(plain)
    assert not {"tokenGroups", "canonicalName", "nTSecurityDescriptor", "unicodePwd"} & set(plain)
    assert set(one(tree, dn, ["*", "canonicalName"])[1]) == {*plain, "canonicalName"}
    assert one(tree, dn, ["canonicalName"])[1]["canonicalName"] == [b"ldap-cloud.example/Found/anna"]
    some = ["cn", "memberOf", "canonicalName", "tokenGroups"]
    number = tree.search_ext(dn, ldap.SCOPE_BASE, attrlist=some, attrsonly=1)
    assert tree.result(number)[1][0][1] == {name: [] for name in some}


def test_ranges(tree):
    dn = f"cn=huge,{PLACE}"
    seen, low, pieces = [], 0, []
    while True:
        entry = one(tree, dn, [f"member;range={low}-*"])[1]
        (name, values), = entry.items()
        pieces.append(name)
        seen += values
        if name.endswith("-*"):
            break
        low = int(name.split("-")[-1]) + 1
    assert pieces == ["member;range=0-1499", "member;range=1500-2999", "member;range=3000-*"]
    assert len(set(seen)) == len(seen) == MEMBERS
    (name, values), = one(tree, dn, ["member"])[1].items()
    assert (name, values) == ("member;range=0-1499", seen[:1500])
    assert one(tree, dn, ["member;range=10-11"])[1] == {"member;range=10-11": seen[10:12]}
    assert one(tree, dn, ["member;range=3999-9999"])[1] == {"member;range=3999-*": seen[3999:]}
    assert one(tree, dn, ["Member;Range=0-0"])[1] == {"member;range=0-0": seen[:1]}
    with pytest.raises(ldap.OPERATIONS_ERROR):
        one(tree, dn, ["member;range=4000-*"])
    quiet = RequestControl("1.2.840.113556.1.4.1948", True)
    assert one(tree, dn, ["member;range=4000-*"], [quiet])[1] == {}
    assert one(tree, f"cn=dora,{PLACE}", ["memberOf;range=0-*"])[1] == {}
    assert one(tree, f"cn=anna,{PLACE}", ["objectClass;range=1-2"])[1] == {"objectClass;range=1-2":
                                                                            [b"person", b"organizationalPerson"]}


def test_size_limit_gives_what_it_allows(tree):
    number = tree.search_ext(f"cn=Crowd,{PLACE}", ldap.SCOPE_ONELEVEL, sizelimit=7, attrlist=["cn"])
    came = []
    with pytest.raises(ldap.SIZELIMIT_EXCEEDED):
        while True:
            came += tree.result3(number, all=0)[1]
    assert len(came) == 7
    assert len(tree.search_ext_s(f"cn=Crowd,{PLACE}", ldap.SCOPE_ONELEVEL, "(|(cn=x1)(cn=x2))", sizelimit=2)) == 2


def test_pages_and_a_size_limit(tree):
    """The limit counts over all pages."""
    cookie, came = b"", []
    with pytest.raises(ldap.SIZELIMIT_EXCEEDED):
        while True:
            number = tree.search_ext(f"cn=Crowd,{PLACE}", ldap.SCOPE_ONELEVEL, attrlist=["1.1"], sizelimit=25,
                                     serverctrls=[SimplePagedResultsControl(True, 10, cookie)])
            while True:
                kind, found, _, controls = tree.result3(number, all=0)
                came += found
                if kind == ldap.RES_SEARCH_RESULT:
                    break
            cookie = controls[0].cookie
    assert len(came) == 25


def test_pages_are_given_up(tree):
    def ask(size, cookie):
        number = tree.search_ext(f"cn=Crowd,{PLACE}", ldap.SCOPE_ONELEVEL, attrlist=["1.1"],
                                 serverctrls=[SimplePagedResultsControl(True, size, cookie)])
        _, found, _, controls = tree.result3(number)
        return found, controls[0].cookie
    first, cookie = ask(10, b"")
    assert len(first) == 10 and cookie
    assert ask(0, cookie) == ([], b"")
    with pytest.raises(ldap.UNWILLING_TO_PERFORM):
        ask(10, cookie)
    with pytest.raises(ldap.UNWILLING_TO_PERFORM):
        ask(10, b"not a cookie of ours")


def test_references_and_how_to_be_spared(tree):
    def references(controls=None, scope=ldap.SCOPE_SUBTREE, base=BASE):
        return sorted(e[1][0] for e in tree.search_ext_s(base, scope, "(cn=anna)", ["cn"], serverctrls=controls)
                      if not e[0])
    host, dn = "ldap://{}ldap-cloud.example/", "DC=ldap-cloud,DC=example"
    zones = [host.format(zone + ".") + f"DC={zone},{dn}" for zone in ("DomainDnsZones", "ForestDnsZones")]
    assert references() == sorted([*zones, host.format("") + f"CN=Configuration,{dn}"])
    assert references([RequestControl("1.2.840.113556.1.4.1339", True)]) == []
    assert references([flags("1.2.840.113556.1.4.1340", 1)]) == []
    assert references(scope=ldap.SCOPE_BASE) == references(base=PLACE) == []
    assert references(base=f"cn=configuration,{BASE}") == [host.format("") + f"CN=Schema,CN=Configuration,{dn}"]
    phantom = flags("1.2.840.113556.1.4.1340", 2)
    assert names(tree, "(cn=anna)", "", ldap.SCOPE_SUBTREE, [phantom]) == ["anna"]
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        names(tree, "(cn=anna)", "", ldap.SCOPE_SUBTREE)


def descriptor(client, dn, number):
    entry = one(client, dn, ["nTSecurityDescriptor"], [sd_flags(number)])[1]
    return ndr_unpack(security.descriptor, entry["nTSecurityDescriptor"][0]) if entry else None


def parts(sd):
    return (1 if sd.owner_sid else 0) | (2 if sd.group_sid else 0) | (4 if sd.dacl else 0) | (8 if sd.sacl else 0)


@pytest.mark.parametrize("asked", [1, 2, 4, 7, 8, 15])
def test_parts_of_a_descriptor(service, tree, asked):
    dn = f"cn=anna,{PLACE}"
    assert parts(descriptor(tree, dn, asked)) & 7 == asked & 7
    stranger = descriptor(service.connect("alice"), dn, asked)
    assert stranger is None if asked & 8 else parts(stranger) == asked


def test_a_part_of_a_descriptor_is_written(tree):
    dn = f"cn=bert,{PLACE}"
    before = descriptor(tree, dn, 7)
    # The whole of another descriptor is sent, and the flags say which part of it counts.
    other = security.descriptor.from_sddl("O:S-1-5-21-1-2-3-500G:BAD:(A;;RPLCLORC;;;AU)(A;;GA;;;DA)(A;;GA;;;SY)",
                                          security.dom_sid(str(before.owner_sid).rsplit("-", 1)[0]))
    tree.modify_ext_s(dn, [(ldap.MOD_REPLACE, "nTSecurityDescriptor", ndr_pack(other))], serverctrls=[sd_flags(4)])
    after = descriptor(tree, dn, 7)
    assert (str(after.owner_sid), str(after.group_sid)) == (str(before.owner_sid), str(before.group_sid))
    explicit = [a for a in after.dacl.aces if not a.flags & security.SEC_ACE_FLAG_INHERITED_ACE]
    assert {str(a.trustee) for a in explicit} == {str(a.trustee) for a in other.dacl.aces}
    other.owner_sid = security.dom_sid("S-1-5-32-544")
    tree.modify_ext_s(dn, [(ldap.MOD_REPLACE, "nTSecurityDescriptor", ndr_pack(other))], serverctrls=[sd_flags(1)])
    last = descriptor(tree, dn, 7)
    assert str(last.owner_sid) == "S-1-5-32-544" and str(last.group_sid) == str(before.group_sid)
    assert len(last.dacl.aces) == len(after.dacl.aces)


def test_root_lists_what_is_served(tree):
    """Each control in the list is taken as critical; what is not in it is refused."""
    root = tree.search_s("", ldap.SCOPE_BASE, attrlist=["supportedControl"])[0][1]
    listed = {v.decode() for v in root["supportedControl"]}
    responses = {"1.2.840.113556.1.4.474", "2.16.840.1.113730.3.4.10"}
    ranges = "1.2.840.113556.1.4.802"  # says that ranges are known, is no control
    vlv = "2.16.840.1.113730.3.4.9"  # wants sorting beside it: test_ldap_sort.py
    assert responses | {ranges, vlv} <= listed
    sequence = {"1.2.840.113556.1.4.319": b"\x30\x05\x02\x01\x05\x04\x00",
                "1.2.840.113556.1.4.473": b"\x30\x06\x30\x04\x04\x02cn",
                "1.2.840.113556.1.4.801": b"\x30\x03\x02\x01\x07", "1.2.840.113556.1.4.1340": b"\x30\x03\x02\x01\x01"}
    for oid in listed - responses - {ranges, vlv}:
        assert names(tree, "(cn=anna)", controls=[RequestControl(oid, True, sequence.get(oid))]) == ["anna"], oid
    for oid in ("1.2.840.113556.1.4.841", "1.2.840.113556.1.4.1504", "1.2.3.4"):  # DirSync, ASQ
        assert oid not in listed
        with pytest.raises(ldap.UNAVAILABLE_CRITICAL_EXTENSION):
            names(tree, "(cn=anna)", controls=[RequestControl(oid, True)])
        assert names(tree, "(cn=anna)", controls=[RequestControl(oid, False)]) == ["anna"]


def test_abandon_has_no_answer(tree):
    number = tree.search_ext(f"cn=Crowd,{PLACE}", ldap.SCOPE_ONELEVEL, attrlist=["1.1"])
    tree.abandon(number)
    tree.abandon(4711)
    assert names(tree, "(cn=anna)") == ["anna"]


def test_scopes(tree):
    crowd = f"cn=Crowd,{PLACE}"
    assert names(tree, "(|(cn=x1)(cn=Crowd)(cn=anna))", PLACE, ldap.SCOPE_SUBTREE) == ["Crowd", "anna", "x1"]
    assert names(tree, "(|(cn=x1)(cn=Crowd))", crowd, ldap.SCOPE_ONELEVEL) == ["x1"]
    assert names(tree, "(|(cn=x1)(cn=Crowd))", crowd, ldap.SCOPE_BASE) == ["Crowd"]
    assert names(tree, "(cn=x1)", f"cn=x1,{crowd}", ldap.SCOPE_ONELEVEL) == []
