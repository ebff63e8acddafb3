"""Loads that write, each with its journal. A write that was acknowledged is there for good; one that was
refused is not; of one without an answer nothing is known, but it is there whole or not at all."""

import glob
import re

from lab import Load, rid

# What a client may be told while a process on its way is dead or stopped: nothing, or "not now".
AWAY = re.compile(r"Can't contact LDAP server|Server is unavailable|Server is busy|Connect error|"
                  r"Cannot contact any KDC|GSSAPI Error")
CLI_AWAY = ("CONTROL_WRITER_AWAY",)


class Passwords(Load):
    """Passwords set by an administrator and changed by their owner. `known` are those of which one is right."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.user = lab.world.ascii_person()
        self.known = [lab.world.password()]
        lab.forest.add_user(self.user, self.known[0])

    def turn(self):
        new = self.lab.world.password()
        told = self.set_by_owner(new) if self.name == "kpasswd" else self.set_by_administrator(new)
        if told:
            old, self.known = self.known[-1], [new]
            self.count("changes")
            self.logon(self.user, new, True)
            self.logon(self.user, old, False)
        elif told is None:
            self.known.append(new)
            self.count("unknown")

    def set_by_administrator(self, new):
        """True: acknowledged. None: nothing is known. False: it was not done."""
        code, body, text = self.lab.forest.try_cli("user", "set-password", self.user, "--password-file",
                                                   self.secret(new))
        reason = (body or {}).get("error", {}).get("reason")
        if code and body and reason not in CLI_AWAY:
            self.lab.fault(f"{self.name}: set-password -> {text}")
        return True if code == 0 else None

    def set_by_owner(self, new):
        if len(self.known) > 1:
            self.lab.barrier()
            self.settle()
        r = self.client.kpasswd(self.lab.principal(self.user), self.known[0], new)
        if r.returncode == 0 and "Password changed." in r.stdout:
            return True
        if re.search("incorrect|Preauthentication failed", r.stdout):
            self.lab.fault(f"{self.name}: the right password was refused: {r.stdout}")
        return None

    def settle(self):
        """Exactly one of those that may be right is right."""
        right = [p for p in self.known if self.logon(self.user, p, None)]
        if len(right) == 1:
            self.known = right
        elif right or not self.lab.outages:
            self.lab.fault(f"{self.name}: {len(right)} of {len(self.known)} passwords are right")

    def verify(self):
        self.settle()


class Adds(Load):
    """Users added three at a time, some then put into a group, some deleted: by both domain controllers."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.number = 0
        self.acknowledged, self.unknown, self.absent, self.deleted = {}, {}, set(), set()
        self.members, self.maybe_members = set(), set()
        self.rids = {}  # of every object that was ever seen: {rid: name}
        self.last_rid = 0
        lab.forest.cli("group", "create", "crowd")
        lab.admin_logon(self.client)

    def dn(self, name):
        return f"CN={name},CN=Users,{self.lab.world.cloud.base}"

    def turn(self):
        names = [f"load{self.number + i}" for i in range(3)]
        self.number += 3
        dc = self.number % 2
        said = self.lab.ldif(self.client, dc, "\n".join(
            f"dn: {self.dn(n)}\nobjectClass: user\nsAMAccountName: {n}\ndescription: token of {n}\n"
            f"displayName: {n}\nuserPrincipalName: {n}@{self.lab.world.cloud.dns}\n" for n in names), tool="ldapadd")
        begun = re.findall(r'adding new entry "CN=(load\d+),', said.stdout)
        sure = names if said.returncode == 0 else begun[:-1]
        self.acknowledged.update((n, f"token of {n}") for n in sure)
        self.unknown.update((n, f"token of {n}") for n in begun if n not in sure)
        self.absent.update(n for n in names if n not in begun)
        self.count("added" if said.returncode == 0 else "unknown")
        if self.away(said):
            return
        self.look(1 - dc, names)
        self.enter(dc, names[0])
        self.delete(1 - dc, names[1])

    def away(self, said):
        """Whether it was not done; the ticket may have been lost with a KDC's answer."""
        if said.returncode == 0:
            return False
        if not AWAY.search(said.stdout):
            self.lab.fault(f"{self.name}: {said.stdout}")
        self.lab.admin_logon(self.client)
        return True

    def look(self, dc, names):
        """The other domain controller shows them at once; their RIDs are new ones, in order."""
        found = self.lab.search(self.client, dc, "(|" + "".join(f"(sAMAccountName={n})" for n in names) + ")",
                                "objectSid", "sAMAccountName")
        for name in names:
            entry = found.get(self.dn(name).lower())
            if not entry:
                self.lab.fault(f"{self.name}: {name} was acknowledged and is not there")
                continue
            number = rid(entry["objectsid"][0])
            if number <= self.last_rid or number in self.rids:
                self.lab.fault(f"{self.name}: RID {number} of {name} after {self.last_rid}, {self.rids.get(number)}")
            self.rids[number], self.last_rid = name, number

    def enter(self, dc, name):
        group = f"CN=crowd,CN=Users,{self.lab.world.cloud.base}"
        said = self.lab.ldif(self.client, dc, f"dn: {group}\nchangetype: modify\nadd: member\nmember: "
                             f"{self.dn(name)}\n")
        (self.maybe_members if self.away(said) else self.members).add(name)

    def delete(self, dc, name):
        said = self.lab.ldif(self.client, dc, f"dn: {self.dn(name)}\nchangetype: delete\n")
        value = self.acknowledged.pop(name)
        if self.away(said):
            self.unknown[name] = value
        else:
            self.deleted.add(name)

    def verify(self):
        for dc in (0, 1):
            found = self.lab.search(self.client, dc, "(sAMAccountName=load*)", "description", "displayName",
                                    "objectSid", "memberOf", "userPrincipalName", "userAccountControl")
            names = {dn.split(",")[0][3:]: e for dn, e in found.items()}
            self.verify_presence(dc, names)
            self.verify_members(dc, names)
            for name, entry in names.items():
                number = rid(entry["objectsid"][0])
                if self.rids.setdefault(number, name) != name:
                    self.lab.fault(f"{name} has RID {number}, which was {self.rids[number]}'s")
        self.count("verified")

    def verify_presence(self, dc, names):
        for name, token in self.acknowledged.items():
            if names.get(name, {}).get("description") != [token]:
                self.lab.fault(f"dc {dc}: {name} was acknowledged; it is {names.get(name)}")
        for name in (self.absent | self.deleted) & set(names):
            self.lab.fault(f"dc {dc}: {name} is there, and was not sent or was deleted")
        for name, entry in names.items():
            whole = (entry.get("description") == [f"token of {name}"] and entry.get("displayname") == [name]
                     and entry.get("userprincipalname") == [f"{name}@{self.lab.world.cloud.dns}"]
                     and "useraccountcontrol" in entry)
            if not whole:
                self.lab.fault(f"dc {dc}: {name} is not whole: {entry}")

    def verify_members(self, dc, names):
        group = self.lab.search(self.client, dc, "(sAMAccountName=crowd)", "member")
        listed = {dn.split(",")[0][3:] for e in group.values() for dn in e.get("member", [])}
        pointing = {name for name, e in names.items() if "memberof" in e}
        if listed != pointing:
            self.lab.fault(f"dc {dc}: links of one side only: {listed ^ pointing}")
        if not self.members - self.deleted <= listed or listed - self.members - self.maybe_members:
            self.lab.fault(f"dc {dc}: members {self.members}, perhaps {self.maybe_members}; listed {listed}")


class Changes(Load):
    """One object changed again and again over LDAPS: two attributes, always together."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.user, self.number = lab.world.ascii_person(), 0
        self.possible = [0]
        lab.forest.add_user(self.user, lab.world.password(), "--given-name", "x")
        self.authority = glob.glob(f"{lab.forest.state}/d-*/ldap-ca.pem")[0]
        self.client.host.write("password", lab.world.cloud.admin_password)
        self.dn = f"CN={self.user},CN=Users,{lab.world.cloud.base}"
        lab.admin_logon(self.client)

    def turn(self):
        self.number += 1
        f = self.lab.world.cloud
        r = self.client.host.run(
            "ldapmodify", "-x", "-H", f"ldaps://{f.fqdn(self.number % 2)}", "-D", f"Administrator@{f.dns}", "-y",
            f"{self.client.host.dir}/password", input=f"dn: {self.dn}\nchangetype: modify\nreplace: description\n"
            f"description: {self.number}\n-\nreplace: displayName\ndisplayName: {self.number}\n",
            check=False, env={"LDAPTLS_CACERT": self.authority}, timeout=60)
        if r.returncode == 0:
            self.possible = [self.number]
            self.count("changed")
            return
        self.possible.append(self.number)
        self.count("unknown")
        if not AWAY.search(r.stdout):
            self.lab.fault(f"{self.name}: {r.stdout}")

    def verify(self):
        for dc in (0, 1):
            [entry] = self.lab.search(self.client, dc, f"(sAMAccountName={self.user})", "description",
                                      "displayName").values()
            if entry["description"] != entry["displayname"] or int(entry["description"][0]) not in self.possible:
                self.lab.fault(f"dc {dc}: {entry}, it may be {self.possible}")
