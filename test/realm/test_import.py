"""Bulk load from a file: pieces, lines that end in CRLF, groups that accounts name, and what is told of refusals."""

import subprocess

import ldap
from ldap_service import BASE, BUILD, CLOUD, service  # noqa: F401

PLACE = f"ou=Imported,{BASE}"


def entry(kind, name, *more):
    return [f"dn: cn={name},{PLACE}", f"objectClass: {kind}", f"sAMAccountName: {name}", *more, ""]


def load(service, name, lines, newline="\n"):
    path = service.dir / name
    path.write_bytes(newline.join(lines).encode())
    return subprocess.run([BUILD / "src" / "entente", "--socket", service.socket, "directory", "import", path, "--directory",
                           CLOUD], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def test_many_pieces(service):
    """Half a megabyte is several pieces: the first are 64 KiB. A refused record far behind is told by its line."""
    lines = [f"dn: {PLACE}", "objectClass: organizationalUnit", "", *entry("group", "crew")]
    for i in range(3000):
        if i == 2500:
            wrong = len(lines) + 1
            lines += entry("user", "bad/name")
        lines += entry("user", f"i{i:04}", f"description: {'x' * 60}", f"memberOf: cn=crew,{PLACE}")
    done = load(service, "many.ldif", lines, "\r\n")
    assert {"3002", str(wrong)} <= set(done.stdout.split()), done.stdout
    client = service.connect()
    crew = client.search_s(f"cn=crew,{PLACE}", ldap.SCOPE_BASE, None, ["member;range=0-*"])[0][1]
    assert len(next(iter(crew.values()))) == 1500  # the range that one answer has
    for name in ("i0000", "i2999"):
        found = client.search_s(PLACE, ldap.SCOPE_ONELEVEL, f"(sAMAccountName={name})", ["memberOf"])
        assert [v.lower() for v in found[0][1]["memberOf"]] == [f"cn=crew,{PLACE}".lower().encode()]
    count = client.search_s(f"{BASE}", ldap.SCOPE_SUBTREE, f"(&(description=xxx*)(memberOf=cn=crew,{PLACE})(cn=i29*))", ["1.1"])
    assert sum(dn is not None for dn, _ in count) == 100


def test_clear_passwords_behind_ready_keys(service):
    """What costs a thousand times as much comes in small pieces, however many records were quick before; the last one
    ends without an empty line."""
    def imports():
        return sum(e.get("kind") == "import" for e in service.events("writer.change"))
    lines, before = [f"dn: OU=Clear,{BASE}", "objectClass: organizationalUnit", ""], imports()
    for i in range(300):
        lines += [f"dn: cn=c{i:03},OU=Clear,{BASE}", "objectClass: user", f"sAMAccountName: c{i:03}",
                  f"USERPASSWORD: Cl3ar-enough-{i}", "userAccountControl: 512", ""]
    done = load(service, "clear.ldif", lines[:-1])
    assert "301" in done.stdout.split(), done.stdout
    assert imports() - before == 3  # of 128, 128 and 44
    for i in (0, 127, 128, 299):
        service.connect().simple_bind_s(f"cn=c{i:03},OU=Clear,{BASE}", f"Cl3ar-enough-{i}")


def test_a_record_that_is_too_long(service):
    lines = entry("user", "long", *[f"description: {'y' * 1000}"] * 13000)
    done = load(service, "long.ldif", lines)
    assert done.returncode != 0 and "larger than 12 MiB" in done.stdout, done.stdout


def test_no_such_file(service):
    done = subprocess.run([BUILD / "src" / "entente", "--socket", service.socket, "directory", "import", "/nonexistent.ldif",
                           "--directory", CLOUD], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode != 0 and "/nonexistent.ldif" in done.stdout, done.stdout
