"""Samba 4.17 as the forest on premises, in a host of its own."""

import json
import os
import subprocess

from netns import wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
BINDS = ["/run/samba", "/var/lib/samba", "/var/cache/samba", "/etc/samba", "/var/log/samba"]
FILETIME_1970 = 116444736000000000


class SambaForest:
    def __init__(self, net, forest, forwards=None):
        self.forest = forest
        self.dns_forwarder = None
        self.host = net.host(forest.hosts[0], forest.addresses, binds=BINDS,
                             nameservers=forest.addresses, domain=forest.dns)
        self.host.set_krb5(forest.realm)
        self.dir = self.host.dir
        self.conf = os.path.join(self.dir, "smb.conf")
        self.ahead = 0
        self.proc = None
        self.forwards = dict(forwards or {})
        self._provision()

    def _provision(self):
        f = self.forest
        self.host.run(
            "samba-tool", "domain", "provision", f"--realm={f.realm}", f"--domain={f.netbios}",
            f"--host-name={f.hosts[0]}", f"--host-ip{'6' if ':' in f.addresses[0] else ''}={f.addresses[0]}",
            f"--adminpass={f.admin_password}", "--server-role=dc", "--dns-backend=SAMBA_INTERNAL",
            "--function-level=2008_R2", f"--targetdir={self.dir}/samba",
            "--option=interfaces=lo eth0", "--option=bind interfaces only=yes",
            "--option=log level=1", "--option=dns forwarder=127.0.0.153",
            "--option=server services=s3fs,rpc,ldap,cldap,kdc,drepl,winbindd,ntp_signd,kcc,dnsupdate,dns")
        self.conf = f"{self.dir}/samba/etc/smb.conf"
        self.sid = self.host.run("ldbsearch", "-H", f"{self.dir}/samba/private/sam.ldb", "-s", "base",
                                 "-b", f.base, "objectSid").stdout.split("objectSid: ")[1].split()[0]

    def set_forward(self, domain, servers):
        """Samba's internal DNS has one forwarder; dnsmasq beside it forwards each domain apart."""
        self.forwards[domain] = list(servers)
        self._restart_dnsmasq()

    def remove_forward(self, domain):
        self.forwards.pop(domain, None)
        self._restart_dnsmasq()

    def _restart_dnsmasq(self):
        if getattr(self, "dnsmasq", None):
            self.host.stop(self.dnsmasq)
        args = [f"--server=/{d}/{s}" for d, servers in self.forwards.items() for s in servers]
        self.dnsmasq = self.host.start(
            "/usr/sbin/dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts",
            "--listen-address=127.0.0.153", "--bind-interfaces", "--conf-file=/dev/null",
            "--cache-size=0", f"--pid-file={self.dir}/dnsmasq.pid", *args, log="dnsmasq.log")

    def start(self):
        self._restart_dnsmasq()
        self.proc = self.host.start("/usr/sbin/samba", "-s", self.conf, "--foreground", "--no-process-group",
                                    ahead=self.ahead, log="samba.log")
        self.wait_ready()

    def wait_ready(self):
        f = self.forest

        def kdc():
            r = self.host.run("ldapsearch", "-x", "-LLL", "-H", f"ldap://{f.fqdn()}", "-s", "base",
                              "-b", "", "dnsHostName", check=False)
            return f.hosts[0] in r.stdout.lower()
        wait_for(kdc, f"LDAP of Samba {f.dns}")
        wait_for(lambda: f.hosts[0] in self.host.run(
            "dig", "+short", "+tries=1", "+time=1", f"@{f.addresses[0]}", "SRV",
            f"_kerberos._udp.{f.dns}", check=False).stdout, f"DNS of Samba {f.dns}")

    def stop(self):
        if self.proc:
            self.host.stop(self.proc)
            self.proc = None

    def restart(self, ahead=0):
        """ahead: seconds by which its clock is then wrong."""
        self.stop()
        self.ahead = ahead
        self.start()

    def tool(self, *argv, **kw):
        return self.host.run("samba-tool", *argv, f"--configfile={self.conf}", **kw)

    def passwords_change_at_once(self):
        """The default policy keeps a password for a day."""
        self.tool("domain", "passwordsettings", "set", "--min-pwd-age=0", "--history-length=0")

    def add_user(self, name, password):
        self.tool("user", "create", name, password)
        self.forest.users[name] = password

    def modify(self, dn, **values):
        ldif = f"dn: {dn}\nchangetype: modify\n" + "".join(f"replace: {k}\n{k}: {v}\n-\n" for k, v in values.items())
        self.host.run("ldbmodify", "-H", f"{self.dir}/samba/private/sam.ldb", input=ldif)

    def half(self, action, **query):
        query.update(host=self.forest.fqdn(), admin_password=self.forest.admin_password)
        r = self.host.run(PYTHON, os.path.join(HERE, "samba_half.py"), self.conf, action,
                          input=json.dumps(query), check=False)
        if "done" not in r.stdout.splitlines():
            raise AssertionError(f"samba half: {action} {r.stdout}")

    def create_half(self, partner, partner_sid, direction, password, attributes, enctypes=24):
        """direction as Samba sees it: 1 inbound (partner trusts us), 2 outbound, 3 both."""
        filetime = FILETIME_1970 + self.host.now() * 10000000
        self.half("create", dns=partner.dns, netbios=partner.netbios, sid=partner_sid,
                  direction=direction, attributes=attributes, password=password, enctypes=enctypes,
                  filetime=filetime)

    def delete_half(self, partner):
        self.half("delete", dns=partner.dns)

    def domain_sid(self):
        return self.sid
