"""Samba's own LDAP tools against the server: ldbsearch, ldbadd, ldbmodify, ldbdel and samba-tool, with Kerberos over
GSS-SPNEGO, sealed."""

import pytest

from ldap_service import BASE, CLOUD, DC, PASSWORD, service, values  # noqa: F401 (a fixture)

AT = (f"-H ldap://{DC} --use-kerberos=required --option=realm={CLOUD.upper()} --option=workgroup=CLOUD "
      "--option=interfaces=lo")
READER, WRITER = (f"{AT} -U {who}%{PASSWORD[who]}" for who in ("alice", "administrator"))


def test_ldb_reads(service):
    base = f"-b {BASE}"
    assert values(service.run(f"ldbsearch {READER} {base} '(sAMAccountName=alice)' cn"), "cn") == ["alice"]
    said = service.run(f"ldbsearch {READER} {base} '(objectClass=group)' cn --controls=paged_results:1:7 "
                       "--controls=server_sort:1:0:cn")
    names = values(said, "cn")
    assert len(names) > 40 and names == sorted(names, key=str.lower)
    said = service.run(f"ldbsearch {READER} {base} '(sAMAccountName=alice)' memberOf --extended-dn")
    assert "<GUID=" in said and "<SID=S-1-5-21-" in said
    said = service.run(f"ldbsearch {READER} {base} -s base nTSecurityDescriptor --controls=sd_flags:1:7")
    assert "nTSecurityDescriptor: O:" in said.replace("\n ", "")  # in SDDL, so it was understood
    said = service.run(f"ldbsearch {READER} -b cn=Users,{BASE} '(objectClass=user)' cn --controls=vlv:1:0:2:2:0 "
                       "--controls=server_sort:1:0:cn")
    assert len(values(said, "cn")) == 3


def test_ldb_writes(service):
    dn = f"cn=ldb,cn=Users,{BASE}"
    service.run(f"ldbadd {WRITER} " + str(service.ldif(f"dn: {dn}\nobjectClass: contact\ninfo: one\n")))
    service.run(f"ldbmodify {WRITER} " + str(service.ldif(f"dn: {dn}\nchangetype: modify\nreplace: info\ninfo: two\n")))
    assert values(service.run(f"ldbsearch {READER} -b {dn} info"), "info") == ["two"]
    service.run(f"ldbrename {WRITER} {dn} cn=ldb2,cn=Users,{BASE}")
    service.run(f"ldbdel {WRITER} cn=ldb2,cn=Users,{BASE}")
    said = service.run(f"ldbsearch {WRITER} -b {BASE} --show-deleted '(&(isDeleted=TRUE)(name=ldb2*))' lastKnownParent")
    assert values(said, "lastKnownParent") == ["CN=Users,DC=ldap-cloud,DC=example"]


def test_samba_tool_manages_accounts(service):
    password = "Samba-t00l-1"
    service.run(f"samba-tool user create toolman {password} {WRITER}")
    service.run(f"samba-tool group add toolmen {WRITER}")
    service.run(f"samba-tool group addmembers toolmen toolman {WRITER}")
    assert "toolman" in service.run(f"samba-tool group listmembers toolmen {WRITER}").split()
    assert "toolman" in service.run(f"samba-tool user list {WRITER}").split()
    service.secret("toolman", password)
    assert "u:CLOUD\\toolman" in service.run(f"ldapwhoami -x -H ldaps://{DC} -D toolman -y {service.dir}/toolman")
    service.run(f"samba-tool user setpassword toolman --newpassword=Samba-t00l-2 {WRITER}")
    service.run(f"samba-tool user disable toolman {WRITER}")
    said = service.run(f"ldapwhoami -x -H ldaps://{DC} -D toolman -w Samba-t00l-2", ok=False)
    assert "data 533" in said
    service.run(f"samba-tool user delete toolman {WRITER}")
    assert "toolman" not in service.run(f"samba-tool user list {WRITER}").split()


@pytest.mark.parametrize("mechanism", ["GSSAPI", "GSS-SPNEGO"])
@pytest.mark.parametrize("layer,strength", [("maxssf=0", None), ("minssf=1,maxssf=1", 1), ("minssf=56", 256)])
def test_layers_of_both_mechanisms(service, mechanism, layer, strength):
    """Nothing, signed, sealed; what follows the bind goes through the layer."""
    said = service.run(f"ldapsearch -Y {mechanism} -O {layer} -N -LLL -H ldap://{DC} -b {BASE} '(cn=alice)' cn",
                       who="alice")
    assert values(said, "cn") == ["alice"]
    assert ("SASL data security layer installed" in said) == (strength is not None)
    if mechanism == "GSS-SPNEGO" and strength == 1:
        strength = 256  # Cyrus SASL always seals with this mechanism when it has a layer
    assert strength is None or f"SASL SSF: {strength}" in said
