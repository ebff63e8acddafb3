"""Sorted searches and views of a part of what is sorted, asked for with python3-ldap and ldapsearch."""

import ldap
import pytest
from ldap.controls import SimplePagedResultsControl
from ldap.controls.sss import SSSRequestControl, SSSResponseControl
from ldap.controls.vlv import VLVRequestControl, VLVResponseControl

from ldap_service import BASE, GSSAPI, service  # noqa: F401 (a fixture)

PLACE = f"ou=Sorted,{BASE}"
WORDS = ["kiwi", "Äpfel", "apple", "Banana", "äther", "zoo", "Ωmega", "banana split", "ÉTÉ", "été2", "a", "B"]
BITS = [7, -5, 2147483647, 0, -2147483648, 40, 300, 5, 1, 2, 3, 4]
MISSING = ["none1", "none2"]


@pytest.fixture(scope="module")
def tree(service):
    """Contacts c0.. with a text, a number and a name that is spread over two values; two have nothing to sort by."""
    records = [f"dn: {PLACE}\nobjectClass: organizationalUnit\n"]
    for i, word in enumerate(WORDS):
        records.append(f"dn: cn=c{i},{PLACE}\nobjectClass: contact\ndisplayName: {word}\ngarbageCollPeriod: {BITS[i]}\n"
                       f"otherTelephone: {word}\notherTelephone: zzz{i}\n")
    records += [f"dn: cn={name},{PLACE}\nobjectClass: contact\n" for name in MISSING]
    service.run(f"ldapadd {GSSAPI} -f {service.ldif(chr(10).join(records))} > /dev/null", who="administrator")
    return service.connect()


def ask(client, controls, filterstr="(objectClass=contact)", base=PLACE, scope=ldap.SCOPE_ONELEVEL):
    """The names that came, in their order, and the response controls by class."""
    number = client.search_ext(base, scope, filterstr, ["cn"], serverctrls=controls)
    _, found, _, answered = client.result3(number)
    return [entry["cn"][0].decode() for dn, entry in found if dn], {type(c): c for c in answered}


def refused(client, controls, error, base=PLACE):
    """What the exception says, its response controls decoded, and that nothing came before it."""
    number = client.search_ext(base, ldap.SCOPE_ONELEVEL, "(objectClass=contact)", ["cn"], serverctrls=controls)
    with pytest.raises(error) as caught:
        client.result3(number)
    decoded = {}
    for oid, critical, value in caught.value.args[0]["ctrls"]:
        for known in (SSSResponseControl, VLVResponseControl):
            if oid == known.controlType:
                decoded[known] = known(critical)
                decoded[known].decodeControlValue(value)
    return decoded


def in_order(keys, reverse=False):
    """Names as the specification orders them: what has no key is greater than all that have one."""
    return [f"c{i}" for i in sorted(range(len(keys)), key=lambda i: keys[i], reverse=reverse)]


TEXTS = [w.lower() for w in WORDS]


@pytest.mark.parametrize("rule,expected", [
    ("displayName", in_order(TEXTS) + MISSING),
    ("-displayName", MISSING[::-1] + in_order(TEXTS, True)),
    ("DISPLAYNAME:1.2.840.113556.1.4.1499", in_order(TEXTS) + MISSING),
    ("garbageCollPeriod", in_order(BITS) + MISSING),
    ("-garbageCollPeriod", MISSING[::-1] + in_order(BITS, True)),
    ("otherTelephone", in_order([min(w.lower(), f"zzz{i}") for i, w in enumerate(WORDS)]) + MISSING),
    ("cn", sorted([f"c{i}" for i in range(len(WORDS))] + MISSING)),
])
def test_order_of_values(tree, rule, expected):
    names, answered = ask(tree, [SSSRequestControl(True, [rule])])
    assert names == expected
    assert answered[SSSResponseControl].sortResult == 0


def test_ldapsearch_sorts(service, tree):
    said = service.run(f"ldapsearch {GSSAPI} -b {PLACE} -s one -E '!sss=-garbageCollPeriod' '(garbageCollPeriod=*)' cn",
                       who="alice")
    names = [line[4:] for line in said.splitlines() if line.startswith("cn: ")]
    assert names == in_order(BITS, True)
    assert "sortResult: (0) Success" in said


@pytest.mark.parametrize("size", [1, 5, 100])
def test_pages_of_what_is_sorted(tree, size):
    whole, _ = ask(tree, [SSSRequestControl(True, ["-displayName"])])
    names, cookie = [], b""
    while True:
        page, answered = ask(tree, [SSSRequestControl(True, ["-displayName"]),
                                    SimplePagedResultsControl(True, size=size, cookie=cookie)])
        assert len(page) <= size and answered[SSSResponseControl].sortResult == 0
        names += page
        cookie = answered[SimplePagedResultsControl].cookie
        if not cookie:
            break
    assert names == whole


@pytest.mark.parametrize("rules,code", [
    (["noSuchThing"], 16),
    (["member"], 18),                               # a link
    (["tokenGroups"], 18),                          # constructed
    (["displayName:1.2.840.113556.1.4.1523"], 18),  # German
    (["displayName", "cn"], 53),                    # AD has one key
])
def test_what_cannot_be_sorted(tree, rules, code):
    names, answered = ask(tree, [SSSRequestControl(False, rules)])
    assert sorted(names) == sorted([f"c{i}" for i in range(len(WORDS))] + MISSING)
    assert answered[SSSResponseControl].sortResult == code
    assert refused(tree, [SSSRequestControl(True, rules)],
                   ldap.UNAVAILABLE_CRITICAL_EXTENSION)[SSSResponseControl].sortResult == code


def test_malformed_sort_is_a_protocol_error(tree):
    for value in (b"", b"\x30\x00", b"\x30\x05\x04\x03cn!"):
        control = ldap.controls.RequestControl("1.2.840.113556.1.4.473", False, value)
        with pytest.raises(ldap.PROTOCOL_ERROR):
            ask(tree, [control])


def test_size_limit_cuts_the_sorted_list(tree):
    number = tree.search_ext(PLACE, ldap.SCOPE_ONELEVEL, "(garbageCollPeriod=*)", ["cn"], sizelimit=3,
                             serverctrls=[SSSRequestControl(True, ["garbageCollPeriod"])])
    came = []
    with pytest.raises(ldap.SIZELIMIT_EXCEEDED):
        while True:
            came += [entry["cn"][0].decode() for _, entry in tree.result3(number, all=0)[1]]
    assert came == in_order(BITS)[:3]


def test_order_tells_nothing_of_what_may_not_be_read(service, tree):
    """A confidential attribute counts as absent for who may not read it, in the order too."""
    for i, word in enumerate((b"2", b"3", b"1")):
        tree.add_s(f"cn=u{i},{PLACE}", [("objectClass", b"user"), ("sAMAccountName", f"sorted{i}".encode()),
                                        ("unixUserPassword", word)])
    rule = [SSSRequestControl(True, ["unixUserPassword"])]
    assert ask(tree, rule, "(sAMAccountName=sorted*)")[0] == ["u2", "u0", "u1"]
    assert ask(service.connect("alice"), rule, "(sAMAccountName=sorted*)")[0] == ["u0", "u1", "u2"]


def view(client, rule, filterstr="(objectClass=contact)", **where):
    names, answered = ask(client, [SSSRequestControl(True, [rule]), VLVRequestControl(True, **where)], filterstr)
    vlv = answered[VLVResponseControl]
    assert vlv.virtualListViewResult == 0
    return names, vlv.targetPosition, vlv.contentCount


ORDER = in_order(BITS)
N = len(ORDER)


@pytest.mark.parametrize("before,after,offset,count,first,last,position", [
    (0, 2, 1, 0, 0, 3, 1),              # the beginning
    (2, 2, 6, N, 3, 8, 6),
    (3, 3, N, N, N - 4, N, N),          # the end
    (1, 1, 2 * N, 0, N - 2, N, N),      # behind the end
    (0, 0, 0, 0, 0, 1, 1),
    (0, 0, 50, 100, N // 2 - 1, N // 2, N // 2),   # half of what the client believes is there
    (0, 0, 1, 3, 0, 1, 1),              # 1 is the first, whatever the client believes
    (99, 99, 4, 0, 0, N, 4),
])
def test_view_by_offset(tree, before, after, offset, count, first, last, position):
    names, at, total = view(tree, "garbageCollPeriod", before_count=before, after_count=after, offset=offset,
                            content_count=count)
    assert (names, at, total) == (ORDER[first:last], position, N)  # what has no number is not in the list


@pytest.mark.parametrize("rule,value,names,position", [
    ("garbageCollPeriod", "4", ["c10", "c11", "c7"], 7),
    ("garbageCollPeriod", "6", ["c7", "c0", "c5"], 9),
    ("garbageCollPeriod", "-2147483648", ["c4", "c1"], 1),
    ("-garbageCollPeriod", "6", ["c0", "c7", "c11"], 5),
    ("displayName", "BANANA", ["c11", "c3", "c7"], 4),
    ("displayName", "\U0001f600".encode(), [in_order(TEXTS)[-1]], N + 1),
])
def test_view_by_value(tree, rule, value, names, position):
    assert view(tree, rule, before_count=1, after_count=1, greater_than_or_equal=value) == (names, position, N)


@pytest.mark.parametrize("controls,code", [
    ([VLVRequestControl(True, 0, 1, 1, 0)], 60),
    ([SSSRequestControl(True, ["cn"]), VLVRequestControl(True, 0, 1, 0, 5)], 61),
    ([SSSRequestControl(False, ["member"]), VLVRequestControl(True, 0, 1, 1, 0)], 53),
    ([SSSRequestControl(True, ["garbageCollPeriod"]), VLVRequestControl(True, 0, 1, greater_than_or_equal="x")], 80),
    ([SSSRequestControl(True, ["cn"]), VLVRequestControl(True, 0, 1, 1, 0),
      SimplePagedResultsControl(True, 5, "")], 53),
])
def test_refused_views(tree, controls, code):
    assert refused(tree, controls, ldap.VLV_ERROR)[VLVResponseControl].virtualListViewResult == code


def test_more_than_is_sorted(service, tree):
    """10,000 entries are sorted; one more, and the answer depends on whether order is critical."""
    place = f"ou=Crowd,{BASE}"
    text = f"dn: {place}\nobjectClass: organizationalUnit\n\n" + "".join(
        f"dn: cn=p{i:05},{place}\nobjectClass: contact\ndisplayName: {(i * 7919) % 10000:05}\n\n" for i in range(10000))
    path = service.dir / "crowd.ldif"
    path.write_text(text, encoding="ascii")
    service.cli("directory", "import", path, "--directory", "ldap-cloud.example")
    order = [f"p{i:05}" for i in sorted(range(10000), key=lambda i: (i * 7919) % 10000)]
    sss, paged = [SSSRequestControl(True, ["displayName"])], SimplePagedResultsControl(True, 1000, "")
    first, answered = ask(tree, sss + [paged], base=place)
    assert first == order[:1000] and answered[SimplePagedResultsControl].cookie
    tree.add_s(f"cn=one-more,{place}", [("objectClass", b"contact")])
    critical = refused(tree, sss, ldap.UNAVAILABLE_CRITICAL_EXTENSION, base=place)
    assert critical[SSSResponseControl].sortResult == 11
    loose, answered = ask(tree, [SSSRequestControl(False, ["displayName"]), paged], base=place)
    assert len(loose) == 1000 and answered[SSSResponseControl].sortResult == 11
    seen = refused(tree, [SSSRequestControl(False, ["cn"]), VLVRequestControl(True, 0, 1, 1, 0)], ldap.VLV_ERROR,
                   base=place)
    assert seen[VLVResponseControl].virtualListViewResult == 11
