"""SAMR: stock clients list and read the accounts, administrators make and change them; nobody does what he may not."""

import concurrent.futures
import json
from pathlib import Path

import pytest
from impacket.dcerpc.v5 import samr, transport
from samba import NTSTATUSError, credentials, param
from samba.dcerpc import lsa as samba_lsa
from samba.dcerpc import samr as samba_samr
from samba.dcerpc import security
from samba.ndr import ndr_pack

from ldap_service import ADDRESS, BASE, CLOUD, DC, PASSWORD, service  # noqa: F401 (a fixture)
from test_rpc import EXAMPLES, KERBEROS, LOGIN, OPTIONS, hide, refused, rpcclient

ADMIN = f"-U CLOUD/administrator%{PASSWORD['administrator']}"
NEW = "Tu7lip-bulb-9911"
SAM_CIPHER = Path(__file__).parents[2] / "src" / "crypt" / "lsa_crypto_oracle.py"


def net(service, words, login=ADMIN, ok=True):
    return service.run(f"net {words} -S {DC} {login.replace('CLOUD/', '')} {OPTIONS} "
                       f"--option=lockdirectory={service.dir} < /dev/null", ok=ok)


def admin(service, commands, ok=True):
    return rpcclient(service, commands, login=ADMIN, ok=ok)


@pytest.fixture(scope="module", autouse=True)
def groups(service):
    service.cli("group", "create", "Readers", "--scope", "global", "--directory", CLOUD)
    service.cli("group", "create", "Locals", "--scope", "domain-local", "--directory", CLOUD)
    service.cli("group", "add-member", "Readers", "alice", "--directory", CLOUD)
    service.cli("group", "add-member", "Locals", "Readers", "--directory", CLOUD)


def rid(service, name):
    line = next(x for x in rpcclient(service, f"lookupnames {name}").splitlines() if " S-1-5-21-" in x)
    return line.split()[1].rsplit("-", 1)[1]


@pytest.mark.parametrize("binding", [f"ncacn_np:{DC}", f"ncacn_ip_tcp:{DC}[seal]"])
@pytest.mark.parametrize("login", [LOGIN, KERBEROS])
def test_lists(service, binding, login):
    said = rpcclient(service, "enumdomains; enumdomusers; enumdomgroups; enumalsgroups domain; enumalsgroups builtin",
                     binding, login)
    for name in ("CLOUD", "Builtin", "alice", "Administrator", "krbtgt", "Domain Admins", "Readers", "Locals",
                 "Administrators", "Backup Operators"):
        assert f"[{name}]" in said, (name, said)


def test_the_domain(service):
    said = rpcclient(service, "querydominfo; querydominfo 1; querydominfo 5; querydominfo 12; getdompwinfo; lookupdomain cloud")
    for line in ("Domain:\t\tCLOUD", "Minimum password length:\t\t\t7", "remember x passwords):\t24",
                 "password_properties: 0x00000001", "Lockout after bad attempts:                  0",
                 "Domain Name: cloud Domain SID: S-1-5-21-"):
        assert line in said, (line, said)


def test_a_user(service):
    alice = rid(service, "alice")
    said = rpcclient(service, f"queryuser alice; queryusergroups {alice}; getusrdompwinfo {alice}")
    for line in ("User Name   :\talice", f"user_rid :\t{int(alice):#x}", "group_rid:\t0x201", "acb_info :\t0x00000010",
                 f"group rid:[{int(rid(service, 'Readers')):#x}] attr:[0x7]", "min_password_length      : 0x0007"):
        assert line in said, (line, said)
    assert "NO_SUCH_USER" in rpcclient(service, "queryuser 99999", ok=False)


def test_groups(service):
    readers = rid(service, "Readers")
    said = rpcclient(service, f"querygroup {readers}; querygroupmem {readers}; querygroupmem 513")
    assert "Group Name:\tReaders" in said and said.count(f"rid:[{int(rid(service, 'alice')):#x}] attr:[0x7]") == 2, said
    said = rpcclient(service, f"queryaliasmem domain {rid(service, 'Locals')}; queryaliasmem builtin 544")
    assert f"-{readers}]" in said and "-512]" in said, said
    sid = next(x.split()[1] for x in rpcclient(service, "lookupnames Readers").splitlines() if " S-1-5-21-" in x)
    said = rpcclient(service, f"queryuseraliases domain {sid}")
    assert f"{int(rid(service, 'Locals')):#x}" in said, said


def test_names(service):
    said = rpcclient(service, "samlookupnames domain alice Readers; samlookuprids domain 500 512 99999", ok=False)
    assert "name alice: " in said and "(1)" in said and "name Readers: " in said and "(2)" in said, said
    assert "rid 0x1f4: Administrator (1)" in said and "rid 0x200: Domain Admins (2)" in said, said
    assert "SOME_UNMAPPED" in said and "NONE_MAPPED" in rpcclient(service, "samlookupnames domain nobody-here", ok=False)


def test_lists_for_people(service):
    for command in ("querydispinfo", "querydispinfo2", "querydispinfo3"):
        said = rpcclient(service, f"{command} 1; {command} 3; {command} 4")
        assert "Account: alice" in said and "Domain Admins" in said, said


def test_net(service):
    listed = net(service, "rpc user").split("\n")
    assert {"alice", "Administrator", "locky"} <= set(listed), listed
    assert "Readers" in net(service, "rpc user info alice")
    assert "CLOUD\\alice" in net(service, "rpc group members Readers")
    assert "CLOUD\\Domain Admins" in net(service, "rpc group members Administrators")
    assert "CLOUD\\Readers" in net(service, "rpc group members Locals")
    assert "Domain Users" in net(service, "rpc group list")


def test_samrdump(service):
    said = service.run(f"/usr/bin/python3 -B {EXAMPLES}/samrdump.py CLOUD/alice:{PASSWORD['alice']}@{DC}")
    assert "Found user: alice, uid = " in said and "alice (" in said and "AccountIsDisabled: False" in said, said


@pytest.mark.parametrize("level", [23, 24, 25, 26, 31])
def test_a_user_is_made(service, level):
    """With a password under the session key, in each of the ways in which it may travel."""
    name = f"made{level}"
    said = admin(service, f"createdomuser {name}; setuserinfo2 {name} {level} {NEW}{level}", ok=False)
    assert "result was" not in said, said
    said = admin(service, f"queryuser {name}")
    assert "acb_info :\t0x00000011" in said or "acb_info :\t0x00000015" in said, said
    service.cli("user", "enable", name, "--directory", CLOUD)
    service.secret(name, f"{NEW}{level}")
    assert f"{name}@{CLOUD.upper()}" in service.run("klist", who=name)
    assert "result was" not in admin(service, f"deletedomuser {name}", ok=False)
    assert "NONE_MAPPED" in admin(service, f"samlookupnames domain {name}", ok=False)


def test_a_password_beside_the_rest(service):
    """Level 32, as Samba's libraries send it: the password under AES, and a field of level 21."""
    made = admin(service, f"createdomuser made32; setuserinfo2 made32 24 {NEW}; lookupnames made32")
    lp, creds = param.LoadParm(), credentials.Credentials()
    creds.guess(lp)
    creds.set_username("administrator")
    creds.set_domain("CLOUD")
    creds.set_password(PASSWORD["administrator"])
    conn = samba_samr.samr(f"ncacn_np:{ADDRESS[CLOUD]}", lp, creds)
    sid = security.dom_sid(next(x.split()[1] for x in made.splitlines() if " S-1-5-21-" in x))
    domain, number = sid.split()
    server = conn.Connect2(None, 0x2000000)
    user = conn.OpenUser(conn.OpenDomain(server, 0x2000000, domain), 0x2000000, number)
    info, word = samba_samr.UserInfo32(), f"{NEW}-32".encode("utf-16-le")
    plain = len(word).to_bytes(2, "little") + word + bytes(512 - len(word))
    for tag in (1, 0):
        hidden = bytearray.fromhex(service.run(f"/usr/bin/python3 -B {SAM_CIPHER} SAM {conn.session_key.hex()} {plain.hex()}"))
        hidden[3] ^= tag
        info.password.auth_data, info.password.salt = list(hidden[:64]), list(hidden[64:80])
        info.password.cipher_len, info.password.cipher = len(hidden) - 80, list(hidden[80:])
        info.info.fields_present, info.info.description.string = 0x1000010, "thirty-two"
        if tag:
            with pytest.raises(NTSTATUSError, match="password"):
                conn.SetUserInfo2(user, 32, info)
    conn.SetUserInfo2(user, 32, info)
    service.cli("user", "enable", "made32", "--directory", CLOUD)
    assert "thirty-two" in admin(service, "queryuser made32")
    assert "made32" in rpcclient(service, "getusername", login=f"-U CLOUD/made32%{NEW}-32")


def test_net_makes_and_deletes(service):
    assert "Added user" in net(service, f"rpc user add dave {NEW}")
    service.secret("dave", NEW)
    assert "dave@" in service.run("klist", who="dave")
    assert "Deleted user" in net(service, "rpc user delete dave")


def test_what_may_not_be_read(service):
    """Counts and times of logons are told as the directory tells the attributes that hold them; who is hidden is in no list."""
    client, dn = service.connect(), f"CN=quiet,CN=Users,{BASE}"
    client.add_s(dn, [("objectClass", [b"user"]), ("sAMAccountName", [b"quiet"]), ("userAccountControl", [b"512"]),
                      ("unicodePwd", [f'"{NEW}"'.encode("utf-16-le")])])
    assert "result was" not in rpcclient(service, "getusername", login=f"-U CLOUD/quiet%{NEW}")
    assert "LOGON_FAILURE" in rpcclient(service, "getusername", login="-U CLOUD/quiet%Wrong-one-1", ok=False)
    asked = f"queryuser {rid(service, 'quiet')}"
    none = "bad_password_count:\t0x00000000"
    for who in (LOGIN, ADMIN):
        said = rpcclient(service, asked, login=who)
        assert none not in said and "logon_count:\t0x00000001" in said, said
    closed = security.descriptor.from_sddl("D:P(A;;GA;;;SY)(A;;GA;;;BA)(OA;;RP;bf967a05-0de6-11d0-a285-00aa003049e2;;AU)"
                                           "(OA;;RP;3e0abfd0-126a-11d0-a060-00aa006c33ed;;AU)",
                                           security.dom_sid("S-1-5-21-1-2-3"))
    client.modify_s(dn, [(2, "nTSecurityDescriptor", [ndr_pack(closed)])])
    said = rpcclient(service, asked)
    assert "User Name   :\tquiet" in said and none in said and "logon_count:\t0x00000000" in said, said
    assert none not in admin(service, asked)
    hide(service, "eremite")
    assert "[eremite]" in admin(service, "enumdomusers") and "[eremite]" not in rpcclient(service, "enumdomusers")


def test_groups_change(service):
    """A group and an alias, as net makes them, gives them members of ours and of a trusted forest, and deletes them."""
    for name, options, theirs in (("Crew", "", False), ("Local crew", "-L", True)):
        assert "Added" in net(service, f"rpc group add '{name}' {options} -C 'who works'")
        assert "result was" not in net(service, f"rpc group addmem '{name}' alice")
        assert "MEMBER_IN_" in net(service, f"rpc group addmem '{name}' alice", ok=False)
        assert "CLOUD\\alice" in net(service, f"rpc group members '{name}'")
        if theirs:
            net(service, f"rpc group addmem '{name}' 'CORP\\carol'")
            assert "CORP\\carol" in net(service, f"rpc group members '{name}'")
            net(service, f"rpc group delmem '{name}' 'CORP\\carol'")
            assert "carol" not in net(service, f"rpc group members '{name}'")
        if not theirs:
            assert "who works" in admin(service, f"querygroup {rid(service, name)}")
        net(service, f"rpc group delmem '{name}' alice")
        assert "alice" not in net(service, f"rpc group members '{name}'")
        assert "MEMBER_NOT_IN_" in net(service, f"rpc group delmem '{name}' alice", ok=False)
        assert "Added" not in net(service, f"rpc group add '{name}' {options}", ok=False)
        if not theirs:
            net(service, f"rpc group rename {name} Team")
            name = "Team"
        assert name in net(service, "rpc group list")
        net(service, f"rpc group delete '{name}'")
        assert name not in net(service, "rpc group list").split("\n")


def test_groups_of_others(service):
    """What LDAP would not let them do; and rpcclient's own commands."""
    assert "ACCESS_DENIED" in net(service, "rpc group addmem Readers locky", login=LOGIN, ok=False)
    assert "ACCESS_DENIED" in net(service, "rpc group delmem Readers alice", login=LOGIN, ok=False)
    assert "Access is denied" in net(service, "rpc group add Mine", login=LOGIN, ok=False)
    assert "Deleted" not in net(service, "rpc group delete Readers", login=LOGIN, ok=False)
    refused(service, "samr.change", "DIR_ACCESS")
    for command in ("createdomgroup Plain", "deletedomgroup Plain", "createdomalias Plain"):
        assert "result was" not in admin(service, command), command
    assert "result was" not in admin(service, f"deletealias domain {rid(service, 'Plain')}")


def test_an_owner_changes_the_password(service):
    """By rpcclient in three ways, and as smbpasswd does it on another machine; who does not know the old one does not."""
    client, words = service.connect(), [f"Changing-t1mes-{n}" for n in range(6)]
    client.add_s(f"CN=mover,CN=Users,{BASE}", [
        ("objectClass", [b"user"]), ("sAMAccountName", [b"mover"]), ("userAccountControl", [b"512"]),
        ("unicodePwd", [f'"{words[0]}"'.encode("utf-16-le")])])
    client.modify_s(BASE, [(2, "minPwdAge", [b"0"])])
    try:
        for n, command in ((0, "chgpasswd2"), (1, "chgpasswd3"), (2, "chgpasswd4")):
            login = f"-U CLOUD/mover%{words[n]}"
            said = rpcclient(service, f"{command} mover {words[n]} {words[n + 1]}", login=login, ok=False)
            assert "result was" not in said, said
            assert "LOGON_FAILURE" in rpcclient(service, "getusername", login=login, ok=False)
        said = smbpasswd(service, "mover", words[3], words[4])
        assert "Password changed" in said, said
        login = f"-U CLOUD/mover%{words[4]}"
        assert "mover" in rpcclient(service, "getusername", login=login)
        said = rpcclient(service, f"chgpasswd3 mover {words[0]} {words[5]}", login=login, ok=False)
        assert "WRONG_PASSWORD" in said, said
        for command in ("chgpasswd2", "chgpasswd3", "chgpasswd4"):
            assert "WRONG_PASSWORD" in rpcclient(service, f"{command} locky Not-this-1 {words[5]}", login=login, ok=False)
            said = rpcclient(service, f"{command} mover {words[4]} short", login=login, ok=False)
            assert "PASSWORD_RESTRICTION" in said, said
        refused(service, "samr.password", "NTLM_PASSWORD_WRONG")
        refused(service, "samr.password", "PASSWORD_TOO_SHORT")
        net(service, f"rpc password mover {words[5]}")
        assert "mover" in rpcclient(service, "getusername", login=f"-U CLOUD/mover%{words[5]}")
    finally:
        client.modify_s(BASE, [(2, "minPwdAge", [b"-864000000000"])])


def smbpasswd(service, user, old, new):
    typed = service.secret("typed", f"{old}\n{new}\n{new}\n")
    conf = service.secret("smbpasswd.conf", f"[global]\nworkgroup = CLOUD\ninterfaces = lo\nlock directory = {service.dir}\n")
    return service.run(f"smbpasswd -c {conf} -s -r {DC} -U {user} < {typed}", ok=False)


def impacket_smbpasswd(service, user, old, new):
    return service.run(f"/usr/bin/python3 -B {EXAMPLES}/smbpasswd.py CLOUD/{user}:{old}@{ADDRESS[CLOUD]} -newpass {new}",
                       ok=False)


def nobody(binding, user, old, new):
    dce = transport.DCERPCTransportFactory(binding).get_dce_rpc()
    dce.connect()
    dce.bind(samr.MSRPC_UUID_SAMR)
    try:
        return str(samr.hSamrUnicodeChangePasswordUser2(dce, "\\x00", user, old, new)["ErrorCode"])
    except samr.DCERPCSessionError as e:
        return str(e)


def bare_pipe(_service, *words):
    return nobody(f"ncacn_np:{ADDRESS[CLOUD]}[\\pipe\\samr]", *words)


def rpcclient_aes(service, user, old, new):
    return rpcclient(service, f"chgpasswd4 {user} {old} {new}", login="-U%", ok=False)


def bare_tcp(_service, *words):
    return nobody(f"ncacn_ip_tcp:{ADDRESS[CLOUD]}[49152]", *words)


@pytest.fixture(scope="module")
def expired(service):
    """Somebody who must change the password, and has no session to do it in."""
    client, dn = service.connect(), f"CN=late,CN=Users,{BASE}"
    client.add_s(dn, [("objectClass", [b"user"]), ("sAMAccountName", [b"late"]), ("userAccountControl", [b"512"]),
                      ("unicodePwd", [f'"{NEW}"'.encode("utf-16-le")])])

    def make(word):
        client.modify_s(dn, [(2, "unicodePwd", [f'"{word}"'.encode("utf-16-le")]), (2, "pwdLastSet", [b"0"]),
                             (2, "lockoutTime", [b"0"])])
        said = rpcclient(service, "getusername", login=f"-U CLOUD/late%{word}", ok=False)
        assert "PASSWORD_MUST_CHANGE" in said, said
        said = admin(service, "queryuser late")
        assert "acb_info :\t0x00020010" in said, said
    return make


@pytest.mark.parametrize("number, change", enumerate([smbpasswd, impacket_smbpasswd, rpcclient_aes, bare_tcp]))
def test_an_expired_password_is_changed(service, expired, number, change):
    """By whom has no session, as in Windows; the rules for the new one hold, but for its age."""
    old, new = f"Expired-w0rd-{number}", f"Fresh-w0rd-{number}"
    expired(old)
    assert "MUST_CHANGE" not in change(service, "late", "Not-this-1", new)
    assert "LOGON_FAILURE" in rpcclient(service, "getusername", login=f"-U CLOUD/late%{new}", ok=False)
    change(service, "late", old, "short")
    refused(service, "samr.password", "PASSWORD_TOO_SHORT")
    change(service, "late", old, new)
    assert "late" in rpcclient(service, "getusername", login=f"-U CLOUD/late%{new}")


def test_nobody_guesses_on(service, expired):
    """Wrong old passwords count, and lock, as at logons; names and passwords look the same from outside."""
    expired("Expired-w0rd-9")
    client = service.connect()
    client.modify_s(BASE, [(2, "lockoutThreshold", [b"3"])])
    try:
        assert "WRONG_PASSWORD" in bare_pipe(service, "nobody-here", "Not-this-1", NEW)
        assert ["WRONG_PASSWORD" in bare_pipe(service, "late", "Not-this-1", NEW) for _ in range(3)] == [True, True, False]
        said = bare_pipe(service, "late", "Expired-w0rd-9", f"{NEW}-x")
        assert "ACCOUNT_LOCKED_OUT" in said, said
        refused(service, "samr.password", "LOGON_LOCKED_OUT")
    finally:
        client.modify_s(BASE, [(2, "lockoutThreshold", [b"0"])])
    expired("Expired-w0rd-9")
    said = bare_pipe(service, "late", "Expired-w0rd-9", "short")
    assert "PASSWORD_RESTRICTION" in said, said


AES = """
import sys
from samba import credentials, param, NTSTATUSError
from samba.dcerpc import lsa, samr
lp, creds = param.LoadParm(), credentials.Credentials()
creds.set_anonymous()
conn = samr.samr(sys.argv[1], lp, creds)
user, password = lsa.String(), samr.EncryptedPasswordAES()
user.string = sys.argv[2]
for rounds, cipher in ((4999, 528), (1000001, 528), (2 ** 64 - 1, 528), (0, 528), (5000, 528), (5000, 16), (5000, 0)):
    password.PBKDF2Iterations, password.cipher_len, password.cipher = rounds, cipher, [7] * cipher
    try:
        conn.ChangePasswordUser4(lsa.String(), user, password)
        print("changed")
    except NTSTATUSError as e:
        print(hex(e.args[0]))
"""


@pytest.mark.parametrize("user", ["locky", "nobody-here"])
def test_rounds_and_ciphers(service, user):
    """What no client sends; and as many rounds for a name that nobody has, so that time does not tell it."""
    (service.dir / "aes.py").write_text(AES, encoding="ascii")
    said = service.run(f"/usr/bin/python3 -B {service.dir}/aes.py 'ncacn_np:{DC}' {user}")
    assert [line for line in said.split("\n") if line.startswith("0x")] == ["0xc000006a"] * 7, said
    refused(service, "samr.password", "WIRE_MALFORMED")


def test_many_rounds_hold_up_nobody(service):
    """Ten clients at once: eight are computed in turns, the others told to try again, and meanwhile who logs on is let
    in."""
    (service.dir / "rounds.py").write_text(AES.replace("(4999, 528), (1000001, 528), (2 ** 64 - 1, 528), (0, 528), "
                                                        "(5000, 528), (5000, 16), (5000, 0)", "(200000, 528),"),
                                            encoding="ascii")
    script = f"for i in $(seq 10); do /usr/bin/python3 -B {service.dir}/rounds.py 'ncacn_np:{DC}' nobody-here 2>&1 | tail -1 & done; wait"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        many = pool.submit(service.run, script)
        calls = 0
        while not many.done():
            assert "alice" in rpcclient(service, "getusername")
            calls += 1
    said = many.result().split("\n")
    assert calls > 1 and said.count("0xc000006a") >= 8, (calls, said)


def test_the_policy_of_passwords(service):
    """As libnetapi's NetUserModalsSet sets it; who may not over LDAP may not here."""
    client = service.connect()
    for who, fails in (("alice", "access"), ("administrator", None)):
        lp, creds = param.LoadParm(), credentials.Credentials()
        creds.guess(lp)
        creds.set_username(who)
        creds.set_domain("CLOUD")
        creds.set_password(PASSWORD[who])
        conn = samba_samr.samr(f"ncacn_np:{ADDRESS[CLOUD]}", lp, creds)
        server = conn.Connect2(None, 0x2000000)
        name = samba_lsa.String()
        name.string = "CLOUD"
        domain = conn.OpenDomain(server, 0x2000000, conn.LookupDomain(server, name))
        old = {level: conn.QueryDomainInfo(domain, level) for level in (1, 3, 12)}
        for level, field, value, attribute in ((1, "min_password_length", 9, "minPwdLength"), (12, "lockout_threshold", 77, "lockoutThreshold"),
                                               (3, "force_logoff_time", -600000000, "forceLogoff")):
            info = conn.QueryDomainInfo(domain, level)
            setattr(info, field, value % 2**64 if level == 3 else value)
            if fails:
                with pytest.raises(NTSTATUSError, match=fails):
                    conn.SetDomainInfo(domain, level, info)
                continue
            conn.SetDomainInfo(domain, level, info)
            assert client.search_s(BASE, 0, attrlist=[attribute])[0][1][attribute] == [str(value).encode()]
            assert getattr(conn.QueryDomainInfo(domain, level), field) == getattr(info, field)
            conn.SetDomainInfo(domain, level, old[level])


def test_what_handles_may(service):
    """The rights that SAMR tells: a user's own entry says whether it may change its password."""
    client, dn = service.connect(), f"CN=fixed,CN=Users,{BASE}"
    client.add_s(dn, [("objectClass", [b"user"]), ("sAMAccountName", [b"fixed"])])
    number = rid(service, "fixed")
    for change, own, everyone in ((True, "0x20044", "0x2035b"), (False, "0x20004", "0x2031b")):
        said = rpcclient(service, f"samquerysecobj {number}")
        assert own in said and everyone in said and "S-1-5-32-548" in said and f"-{number}" in said, said
        if change:  # as Users and Computers does it
            deny = security.descriptor.from_sddl("D:(OD;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;PS)"
                                                 "(OD;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)(A;;GA;;;BA)(A;;RPLCRC;;;AU)",
                                                 security.dom_sid("S-1-5-21-1-2-3"))
            client.modify_s(dn, [(2, "nTSecurityDescriptor", [ndr_pack(deny)])])


def test_rules_are_those_of_ldap(service):
    assert "PASSWORD_RESTRICTION" in admin(service, "setuserinfo2 locky 24 short", ok=False)
    refused(service, "samr.change", "PASSWORD_TOO_SHORT")
    assert "USER_EXISTS" in admin(service, "createdomuser locky", ok=False)
    refused(service, "samr.change", "DIR_EXISTS")


def test_what_others_may_not(service):
    for command in ("createdomuser mine", "deletedomuser locky", f"setuserinfo2 locky 24 {NEW}"):
        assert "ACCESS_DENIED" in rpcclient(service, command, ok=False), command
    refused(service, "samr.change", "DIR_ACCESS")
    said = rpcclient(service, "enumdomusers", login="-U%", ok=False)
    assert "alice" not in said and "ACCESS_DENIED" in said, said


def connect(user):
    rpc = transport.DCERPCTransportFactory(f"ncacn_np:{ADDRESS[CLOUD]}[\\pipe\\samr]")
    rpc.set_credentials(user, PASSWORD[user], "CLOUD")
    dce = rpc.get_dce_rpc()
    dce.connect()
    dce.bind(samr.MSRPC_UUID_SAMR)
    return dce


def domain_of(dce):
    server = samr.hSamrConnect5(dce)["ServerHandle"]
    sid = samr.hSamrLookupDomainInSamServer(dce, server, "CLOUD")["DomainId"]
    return samr.hSamrOpenDomain(dce, server, domainId=sid)["DomainHandle"]


def test_a_password_under_another_key(service):
    dce = connect("administrator")
    domain = domain_of(dce)
    user = samr.hSamrOpenUser(dce, domain, userId=int(rid(service, "locky")))["UserHandle"]
    request = samr.SamrSetInformationUser2()
    request["UserHandle"] = user
    request["UserInformationClass"] = samr.USER_INFORMATION_CLASS.UserInternal5Information
    request["Buffer"]["tag"] = samr.USER_INFORMATION_CLASS.UserInternal5Information
    request["Buffer"]["Internal5"]["UserPassword"]["Buffer"] = b"\xff" * 516
    request["Buffer"]["Internal5"]["PasswordExpired"] = 0
    with pytest.raises(Exception, match="STATUS_WRONG_PASSWORD"):
        dce.request(request)
    refused(service, "samr.change", "LSA_SECRET")


def test_a_workstation_by_quota(service):
    """Any account may make a few computers, and none that is more than a workstation."""
    dce = connect("alice")
    domain = domain_of(dce)
    made = samr.hSamrCreateUser2InDomain(dce, domain, "QUOTA1$", samr.USER_WORKSTATION_TRUST_ACCOUNT)
    assert made["RelativeId"] > 1000
    found = service.connect().search_s(BASE, 2, "(sAMAccountName=QUOTA1$)", ["mS-DS-CreatorSID", "userAccountControl"])
    assert found[0][1]["userAccountControl"] == [str(0x1000 | 0x2 | 0x20).encode()]
    with pytest.raises(Exception, match="STATUS_ACCESS_DENIED"):
        samr.hSamrCreateUser2InDomain(dce, domain, "QUOTA2$", samr.USER_SERVER_TRUST_ACCOUNT)
    refused(service, "samr.change", "DIR_ACCESS")
    with pytest.raises(Exception, match="STATUS_INVALID_ACCOUNT_NAME"):
        samr.hSamrCreateUser2InDomain(dce, domain, "a,CN=b", samr.USER_WORKSTATION_TRUST_ACCOUNT)


def test_a_domain_controller(service):
    """An administrator makes the account of one, where its kind belongs; as yet nobody logs on with it."""
    dce = connect("administrator")
    made = samr.hSamrCreateUser2InDomain(dce, domain_of(dce), "SECOND$", samr.USER_SERVER_TRUST_ACCOUNT)
    assert made["RelativeId"] > 1000
    found = service.connect().search_s(BASE, 2, "(sAMAccountName=SECOND$)",
                                       ["userAccountControl", "primaryGroupID", "objectClass"])
    dn, values = found[0]
    assert dn.lower() == f"cn=second,ou=domain controllers,{BASE}".lower()
    assert values["userAccountControl"] == [str(0x2000 | 0x2 | 0x20).encode()]
    assert values["primaryGroupID"] == [b"516"] and values["objectClass"][-1] == b"computer"
    samr.hSamrDeleteUser(dce, made["UserHandle"])
    both = samr.USER_NORMAL_ACCOUNT | samr.USER_SERVER_TRUST_ACCOUNT
    for kind, status in ((0, "INVALID_PARAMETER"), (both, "INVALID_PARAMETER"),
                         (samr.USER_INTERDOMAIN_TRUST_ACCOUNT, "ACCESS_DENIED")):
        with pytest.raises(Exception, match=status):
            samr.hSamrCreateUser2InDomain(dce, domain_of(dce), "THIRD$", kind)


def test_many_users(service):
    """More than one answer holds: the list goes on where it ended."""
    ldif = service.ldif("".join(f"dn: CN=many{i},CN=Users,{BASE}\nchangetype: add\nobjectClass: user\n"
                                f"sAMAccountName: many{i}\n\n" for i in range(1100)))
    service.run(f"ldapmodify -Y GSSAPI -Q -N -H ldap://{DC} -f {ldif} > /dev/null", who="administrator")
    said = rpcclient(service, "enumdomusers; querydispinfo 1 0 2000")
    assert all(f"[many{i}]" in said for i in range(1100)), said[-400:]
    names = net(service, "rpc user").split("\n")
    assert len({n for n in names if n.startswith("many")}) == 1100
    assert json.loads(service.cli("--output", "json", "user", "show", "many7", "--directory", CLOUD))
