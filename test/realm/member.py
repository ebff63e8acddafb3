"""Machines that become members of an Entente forest with stock clients: each has its own network, mounts and name."""

from samba_forest import BINDS


class Member:
    """binds: private folders of this machine; Samba's and what its programs keep."""

    def __init__(self, net, cloud, name, address, dns=None):
        f = cloud.forest
        self.forest, self.name, self.address = f, name, address
        self.fqdn = f"{name}.{dns or f.dns}"
        self.host = net.host(name, [address], nameservers=f.addresses, domain=f.dns, binds=BINDS)
        self.dir = self.host.dir
        self.keytab = f"{self.dir}/krb5.keytab"
        # adcli's; Samba's programs have no keytab here, or they would write the one of /etc.
        self.host.set_krb5(f.realm, extra=f"  default_keytab_name = FILE:{self.keytab}\n")
        hosts = self.host.write("hosts", f"127.0.0.1 localhost\n{address} {self.fqdn} {name}\n")
        self.host.run("mount", "--bind", hosts, "/etc/hosts")
        self.host.run("mkdir", "-p", "/var/lib/samba/private", "/run/samba/winbindd")
        self.conf = self.host.write("smb.conf", "\n".join([
            "[global]", f"realm = {f.realm}", f"workgroup = {f.netbios}", "security = ads", "interfaces = lo eth0",
            "kerberos method = secrets only", "log level = 1",
            "idmap config * : backend = autorid", "idmap config * : range = 100000-9999999", ""]))
        self.administrator = ["-U", f"administrator%{f.admin_password}"]

    @property
    def account(self):
        return self.name.upper() + "$"

    def run(self, *argv, ok=True, **kw):
        r = self.host.run(*argv, check=False, timeout=60, **kw)
        assert not ok or r.returncode == 0, f"{argv} -> {r.returncode}\n{r.stdout}"
        return r.stdout if ok else r

    def net(self, *argv, **kw):
        return self.run("net", "-s", self.conf, *argv, **kw)

    def adcli(self, verb, *argv, **kw):
        kw.setdefault("input", self.forest.admin_password)
        login = ["--stdin-password", "-U", "administrator"] if kw["input"] else []
        keytab = ["-K", self.keytab] if verb != "delete-computer" else []
        return self.run("adcli", verb, "-D", self.forest.dns, *keytab, *login, *argv, **kw)

    def kinit(self):
        """With the machine's own keys."""
        self.run("kinit", "-k", "-t", self.keytab, self.account)

    def kinit_as(self, user):
        password = self.forest.users.get(user, self.forest.admin_password)
        self.run("kinit", f"{user}@{self.forest.realm}", input=password + "\n")

    def nsupdate(self, *lines, gss=True, ok=True):
        """ok False: what nsupdate said of its refusal."""
        r = self.run("nsupdate", *(["-g"] if gss else []), input="\n".join([*lines, "send", ""]), ok=False)
        assert (r.returncode == 0) == ok, r.stdout
        return r.stdout

    def addresses(self, name, kind="A"):
        return sorted(self.run("dig", "+short", f"@{self.forest.addresses[0]}", name, kind).split())

