"""People use the cloud's machines, databases and sites with the identity that they have, in Samba's forest or in ours:
programs that know nothing of either forest, as their manuals set them up, on machines that have joined."""

import os
import re
import shutil

import pytest

from member import Member
from netns import wait_for
from samba_lab import Lab

POSTGRES = "/usr/lib/postgresql/15/bin"
APACHE = """
ServerRoot {dir}
ServerName {host}
PidFile {dir}/apache.pid
Listen 80
User www-data
Group www-data
ErrorLog /dev/stderr
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_gssapi_module /usr/lib/apache2/modules/mod_auth_gssapi.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
DocumentRoot {dir}/site
DirectoryIndex index.html
<Location "/">
  AuthType GSSAPI
  AuthName "the company"
  GssapiCredStore keytab:{keytab}
  Require valid-user
  Header set X-Who "expr=%{{REMOTE_USER}}"
</Location>
"""
SSHD = """
HostKey {dir}/host_key
GSSAPIAuthentication yes
GSSAPIStrictAcceptorCheck no
PasswordAuthentication no
UsePAM yes
PidFile none
"""
PAM = "auth required pam_{by}.so\naccount required pam_{by}.so\nsession required pam_permit.so\n"
SSSD = """
[sssd]
services = nss, pam
domains = {dns}
[domain/{dns}]
id_provider = ad
ad_hostname = {host}
krb5_keytab = {keytab}
ldap_krb5_keytab = {keytab}
use_fully_qualified_names = False
fallback_homedir = /
default_shell = /bin/sh
dyndns_update = False
debug_level = 6
"""
SSSD_FOLDERS = {"/etc/sssd": ["conf.d"], "/var/log/sssd": ["."], "/var/lib/sss": [
    "db", "mc", "pipes/private", "pubconf/krb5.include.d", "gpo_cache", "deskprofile", "keytabs", "secrets"]}


class Machine(Member):
    """A machine of the cloud. by: whose modules of name service and PAM it has, sss or winbind."""

    def __init__(self, lab, name, address, by):
        super().__init__(lab.net, lab.cloud, name, lab.world.address(address))
        self.by = by
        os.chmod(self.dir, 0o755)
        self.host.run("mount", "-t", "tmpfs", "none", "/run")
        self.host.run("mkdir", "-p", "/run/samba/winbindd", "/run/sshd")
        self.over("/etc/nsswitch.conf", f"passwd: files {by}\ngroup: files {by}\nhosts: files dns\n")
        self.over("/etc/pam.d/sshd", PAM.format(by=by))

    def over(self, path, text):
        """This machine's own file at that place."""
        self.host.run("mount", "--bind", self.host.write(os.path.basename(path), text), path)

    def keys_for(self, user):
        """The keytab once more, for a service that is not root."""
        path = f"{self.dir}/{user}.keytab"
        shutil.copyfile(self.keytab, path)
        shutil.chown(path, user)
        os.chmod(path, 0o600)
        return path

    def listens(self, port):
        wait_for(lambda: self.run("ss", "-Hltn", f"sport = :{port}"), f"port {port} of {self.name}")

    def sshd(self):
        self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.dir}/host_key")
        conf = self.host.write("sshd.conf", SSHD.format(dir=self.dir))
        self.host.start("/usr/sbin/sshd", "-D", "-e", "-f", conf, log="sshd.log")
        self.listens(22)

    def log(self, name):
        with open(f"{self.dir}/{name}", encoding="utf-8", errors="replace") as f:
            return f.read()[-4000:]


class Person:
    """Somebody of one of the two forests, at a machine there."""

    def __init__(self, lab, side):
        self.forest = {"corp": lab.world.corp, "cloud": lab.world.cloud}[side]
        self.name = {"corp": lab.corp_user, "cloud": lab.cloud_user}[side]
        self.principal = f"{self.name}@{self.forest.realm}"
        self.logs_on = {"corp": lab.corp_logs_on, "cloud": lab.cloud_logs_on}[side]


@pytest.fixture(scope="module")
def lab():
    made = Lab("services", today=True)
    made.trust("forest", "outgoing")
    yield made
    made.net.close()


@pytest.fixture(params=["corp", "cloud"])
def person(lab, request):
    return Person(lab, request.param)


@pytest.fixture(scope="module")
def machine(lab):
    """Joined by net ads join; its users, those of the trusted forest too, are known by winbindd."""
    made = Machine(lab, "app" + lab.world.digits(2), 210, "winbind")
    with open(made.conf, "a", encoding="utf-8") as f:
        f.write(f"kerberos method = dedicated keytab\ndedicated keytab file = {made.keytab}\n"
                "template shell = /bin/sh\ntemplate homedir = /\n")
    made.net("ads", "join", *made.administrator)
    made.net("ads", "keytab", "create", "-P")
    for service in ("HTTP", "postgres"):
        made.net("ads", "keytab", "add_update_ads", service, *made.administrator)
    made.host.start("/usr/sbin/winbindd", "-s", made.conf, "--foreground", "--no-process-group", log="winbindd.log")
    wait_for(lambda: made.run("wbinfo", "-t", ok=False).returncode == 0, "winbindd's secure channel")
    return made


# --- their groups --------------------------------------------------------------------------------


def test_groups_take_people_by_their_names(lab):
    """Samba is asked who that is; a name that says another domain is never one of ours."""
    corp, cloud, user = lab.world.corp, lab.cloud, lab.corp_user
    cloud.add_user("twin", lab.world.password())
    lab.corp.add_user("twin", lab.world.password())
    cloud.cli("group", "create", "Readers", "--scope", "domain-local")
    for name in (f"{corp.netbios}\\{user}", f"{user}@{corp.dns}", f"{corp.dns}\\{user}"):
        found = cloud.cli("group", "add-member", "Readers", name)["members"]
        assert [m["sid"] for m in found] == [lab.corp_user_sid()], name
        assert cloud.cli("group", "remove-member", "Readers", name)["members"] == [], name
    found = cloud.cli("group", "add-member", "Readers", f"{corp.netbios}\\twin")["members"]
    assert len(found) == 1 and found[0]["foreign"] and found[0]["sid"].startswith(lab.corp.sid + "-"), found
    assert cloud.cli("group", "add-member", "Readers", f"{corp.netbios}\\Domain Users")["members"][1]["foreign"]
    for nobody in (f"{corp.netbios}\\{cloud.forest.hosts[0]}", f"{corp.netbios}\\Administrators", f"nobody@{corp.dns}"):
        assert cloud.refused("group", "add-member", "Readers", nobody) == "TRUST_NAME_UNKNOWN", nobody
    for elsewhere in ("ELSEWHERE\\twin", "twin@elsewhere.example.net"):
        assert cloud.refused("group", "add-member", "Readers", elsewhere) == "CONTROL_NO_OBJECT", elsewhere
        assert cloud.refused("user", "show", elsewhere) == "CONTROL_NO_OBJECT", elsewhere
    own = cloud.forest
    for ours in (f"{own.netbios}\\twin", f"twin@{own.dns}", f"{own.dns}\\twin"):
        assert cloud.cli("user", "show", ours)["name"] == "twin"


# --- a database ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database(lab, machine):
    data = f"{machine.dir}/data"
    postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    os.mkdir(data)
    shutil.chown(data, "postgres")
    machine.run(*postgres, f"{POSTGRES}/initdb", "-D", data, "-A", "peer", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    with open(f"{data}/postgresql.conf", "a", encoding="utf-8") as f:
        f.write(f"listen_addresses = '{machine.address}'\nkrb_server_keyfile = '{machine.keys_for('postgres')}'\n"
                f"unix_socket_directories = '{data}'\n")
    with open(f"{data}/pg_hba.conf", "w", encoding="utf-8") as f:
        f.write("local all all trust\nhostgssenc all all all gss include_realm=1\n")
    machine.host.start(*postgres, f"{POSTGRES}/postgres", "-D", data, log="postgres.log")
    local = ["psql", "-XAt", "-h", data, "-U", "postgres", "-c"]
    wait_for(lambda: machine.run(*local, "select 1", ok=False).returncode == 0, "PostgreSQL")
    for side in ("corp", "cloud"):
        machine.run(*local, f'create user "{Person(lab, side).principal}"')
    return machine


def test_postgresql(database, person):
    """Kerberos authenticates and encrypts; a role's name is the principal's."""
    client = person.logs_on()

    def asks(role):
        return client.run("psql", "-XAt", f"host={database.fqdn} user='{role}' dbname=postgres gssencmode=require", "-c",
                          "select principal, gss_authenticated, encrypted from pg_stat_gssapi where pid = pg_backend_pid()")
    said = asks(person.principal)
    assert said.stdout == f"{person.principal}|t|t\n", said.stdout
    said = asks("postgres")
    assert said.returncode != 0 and "GSSAPI authentication failed" in said.stdout, said.stdout


# --- a site --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(machine):
    os.mkdir(f"{machine.dir}/site")
    with open(f"{machine.dir}/site/index.html", "w", encoding="utf-8") as f:
        f.write("the company's news\n")
    conf = machine.host.write("apache.conf", APACHE.format(dir=machine.dir, host=machine.fqdn,
                                                           keytab=machine.keys_for("www-data")))
    machine.host.start("/usr/sbin/apache2", "-D", "FOREGROUND", "-f", conf, log="apache.log")
    machine.listens(80)
    return machine


def test_apache(site, person):
    client = person.logs_on()
    asks = ["curl", "-sS", "--max-time", "30", "-w", "%{http_code}", f"http://{site.fqdn}/"]
    said = client.run(*asks, "-D", "-", "--negotiate", "-u", ":").stdout
    assert said.endswith("the company's news\n200") and f"X-Who: {person.principal}" in said, said + site.log("apache.log")
    assert client.run(*asks, "-o", "/dev/null").stdout == "401"


# --- machines to log on at -----------------------------------------------------------------------


def ssh(client, machine, user):
    return client.run("ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                      "-o", "LogLevel=ERROR", "-o", "GSSAPIAuthentication=yes", "-o",
                      "PreferredAuthentications=gssapi-with-mic", "-l", user, machine.fqdn, "id -un; id -Gn").stdout


@pytest.fixture(scope="module")
def shell(lab, machine):
    """winbind has each user as SHORT\\name: libkrb5 is told so, as long as Debian has no plugin of Samba's for that."""
    rules = "".join(f"    auth_to_local = RULE:[1:$0\\$1](^{re.escape(f.realm)}\\\\.*)s/^{re.escape(f.realm)}/{f.netbios}/\n"
                    for f in (lab.world.corp, lab.world.cloud))
    machine.host.set_krb5(machine.forest.realm, extra=f"  default_keytab_name = FILE:{machine.keytab}\n[realms]\n"
                          f"  {machine.forest.realm} = {{\n{rules}  }}\n")
    machine.sshd()
    return machine


def test_ssh_with_winbind(lab, shell, person):
    user = f"{person.forest.netbios}\\{person.name}"
    said = ssh(person.logs_on(), shell, user)
    assert said.split("\n")[0].casefold() == user.casefold(), said + shell.log("sshd.log")  # winbind's lower case


@pytest.fixture(scope="module")
def sssd(lab):
    """Joined by adcli; SSSD as its manual has it for Active Directory, which wants the domain's group policies."""
    made = Machine(lab, "sss" + lab.world.digits(2), 211, "sss")
    for path, folders in SSSD_FOLDERS.items():
        mine = f"{made.dir}/{path.strip('/').replace('/', '_')}"
        for folder in folders:
            os.makedirs(f"{mine}/{folder}", exist_ok=True)
        made.run("mount", "--bind", mine, path)
    made.adcli("join", "-N", made.name.upper(), "-H", made.fqdn)
    made.kinit()
    made.nsupdate(f"update add {made.fqdn} 600 A {made.address}")
    path = f"{made.dir}/etc_sssd/sssd.conf"
    with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
        f.write(SSSD.format(dns=made.forest.dns, host=made.fqdn, keytab=made.keytab))
    made.host.start("/usr/sbin/sssd", "-i", "--logger=stderr", log="sssd.log")
    made.sshd()
    return made


def test_ssh_with_sssd(lab, sssd):
    person = Person(lab, "cloud")
    lab.cloud.cli("group", "create", "Operators", "--scope", "global")
    lab.cloud.cli("group", "add-member", "Operators", person.name)
    wait_for(lambda: sssd.run("getent", "passwd", person.name, ok=False).returncode == 0, "SSSD")
    said = ssh(person.logs_on(), sssd, person.name)
    assert said.split("\n")[0] == person.name and "operators" in said.lower(), said + sssd.log("sssd.log")


# --- keytabs -------------------------------------------------------------------------------------


def test_msktutil(lab, machine):
    name, keytab = "msk" + lab.world.digits(2), f"{machine.dir}/msktutil.keytab"
    fqdn = f"{name}.{machine.forest.dns}"
    machine.kinit_as("administrator")
    words = ["--computer-name", name, "--hostname", fqdn, "--keytab", keytab, "--server", machine.forest.fqdn(),
             "--no-reverse-lookups"]
    machine.run("msktutil", "create", *words, "--service", "HTTP", "--enctypes", "0x18")
    machine.run("kvno", "-k", keytab, f"HTTP/{fqdn}")
    machine.run("msktutil", "update", *words)  # by its own keys: a new password
    machine.run("kinit", "-k", "-t", keytab, f"{name}$")
    said = machine.run("kvno", "-k", keytab, f"HTTP/{fqdn}")
    assert "kvno = 2, keytab entry valid" in said, said
