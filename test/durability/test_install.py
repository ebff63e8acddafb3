"""What `ninja install` makes: the tree runs with the defaults of entente.conf(5), with the rights that its unit
gives it and as the user that its sysusers file makes, and everything that is shipped is where it belongs."""

import configparser
import os
import re
import subprocess

import pytest

from entente import BUILD, ROOT, Client
from netns import Network, run, wait_for
from world import World

PREFIX = "usr/local"


@pytest.fixture(scope="module")
def tree():
    net = Network("inst")
    try:
        net.tree = os.path.join(net.dir, "tree")
        run("ninja", "-C", str(BUILD.parent), "install", env={**os.environ, "DESTDIR": net.tree})
        os.chmod(net.dir, 0o755)
        yield net
    finally:
        net.close()


def installed(tree, path):
    return os.path.join(tree.tree, PREFIX, path)


def unit(tree):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(installed(tree, "lib/systemd/system/entente.service"))
    return parser


def test_every_file_has_its_place(tree):
    found = {os.path.relpath(os.path.join(folder, name), tree.tree)
             for folder, _, names in os.walk(tree.tree) for name in names}
    assert found == {f"{PREFIX}/{path}" for path in (
        "bin/entente", "bin/entente-serve", "lib/systemd/system/entente.service", "lib/sysusers.d/entente.conf",
        "share/bash-completion/completions/entente", "share/man/man1/entente.1", "share/man/man5/entente.conf.5", "share/man/man8/entente-serve.8")}
    for page in ("man1/entente.1", "man5/entente.conf.5", "man8/entente-serve.8"):
        assert not run("man", "--warnings", "-l", "-E", "UTF-8", "-Tutf8", "-Z", installed(tree, "share/man/" + page),
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr


def test_the_unit_is_sound(tree):
    """systemd's own opinion of the file, and of what it leaves open."""
    path = installed(tree, "lib/systemd/system/entente.service")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert f"ExecStart=/{PREFIX}/bin/entente serve\n" in text
    there = os.path.join(tree.dir, "entente.service")
    with open(there, "w", encoding="utf-8") as f:
        f.write(text.replace(f"/{PREFIX}/bin/entente", installed(tree, "bin/entente")))
    said = run("systemd-analyze", "verify", "--man=no", there).stdout
    assert "entente.service" not in said, said
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=30", there).stdout
    assert re.search(r"exposure level for entente.service: [0-2]\.\d", said), said[-200:]


class Installed:
    """A machine on which the tree was installed: its /usr/local, its users and its folders."""

    def __init__(self, tree, world):
        f = world.cloud
        self.tree, self.forest = tree, f
        self.host = tree.host("server", f.addresses, nameservers=f.addresses, domain=f.dns)
        root = os.path.join(self.host.dir, "root")
        os.makedirs(root + "/etc")
        for name in ("passwd", "group", "shadow", "gshadow"):
            if os.path.exists(f"/etc/{name}"):
                run("cp", "-p", f"/etc/{name}", root + "/etc")
        run("systemd-sysusers", f"--root={root}", installed(tree, "lib/sysusers.d/entente.conf"))
        for name in ("passwd", "group"):
            self.host.run("mount", "--bind", f"{root}/etc/{name}", f"/etc/{name}")
        self.host.run("mount", "--bind", installed(tree, ""), f"/{PREFIX}")
        for path in ("/run", "/etc/entente", "/var/lib/entente"):
            self.host.run("sh", "-c", f"mkdir -p {path} && mount -t tmpfs -o mode=755 none {path}")
        self.host.run("mount", "-t", "proc", "-o", "hidepid=invisible,subset=pid", "none", "/proc")
        self.host.run("install", "-d", "-m", "755", "/run/entente")

    def serve(self, *words):
        """As the unit starts it: bounded capabilities, none to be gained, nothing of others in /proc."""
        service = unit(self.tree)["Service"]
        rights = ",".join("+" + c[4:].lower() for c in service["CapabilityBoundingSet"].split())
        assert [service[name] for name in ("NoNewPrivileges", "UMask", "ProtectProc", "ProcSubset")] == [
            "yes", "0027", "invisible", "pid"]
        return self.host.start("setpriv", "--bounding-set", "-all," + rights, "--inh-caps", "-all", "--no-new-privs",
                               "sh", "-c", f"umask 0027; exec {service['ExecStart']}", log="serve.log")

    def cli(self, *words, check=True):
        return self.host.run(f"/{PREFIX}/bin/entente", *words, check=check)

    def secret(self, name, text):
        path = os.path.join(self.host.dir, name)
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(text + "\n")
        return path


def test_installed_and_used(tree):
    world = World("install")
    f, machine = world.cloud, Installed(tree, world)
    machine.host.run("sh", "-c", "printf 'kdc-workers = 2\\nlog = /var/lib/entente/events\\n' "
                     "> /etc/entente/entente.conf")
    service = machine.serve()
    wait_for(lambda: machine.cli("directory", "list", check=False).returncode == 0, "the control socket", 60)
    machine.cli("directory", "create", f.dns, "--short-name", f.netbios, "--address", f.addresses[0], "--host",
                f.hosts[0], "--admin-password-file", machine.secret("admin", f.admin_password))
    person, password = world.ascii_person(), world.password()
    machine.cli("user", "create", person, "--password-file", machine.secret("user", password))
    client = Client(tree, world.client_address, f.addresses, f.realm)
    client.kinit(f"{person}@{f.realm}", password)
    client.kvno(f"ldap/{f.fqdn()}")
    # Processes are hidden from each other here.
    said = machine.cli("metrics").stdout
    up, memory = (set(re.findall(rf'^entente_{family}\{{.*process="(.*?)".*\}} [1-9]', said, re.M))
                  for family in ("process_up", "process_resident_memory_bytes"))
    assert up and up == memory, said
    owners = machine.host.run("stat", "-c", "%n %U %a", "/var/lib/entente/key", "/run/entente/control.sock").stdout
    assert "/var/lib/entente/key root 600" in owners or "/var/lib/entente/key entente 600" in owners, owners
    with open(f"/proc/{service.pid}/task/{service.pid}/children", encoding="ascii") as children:
        users = [machine.host.run("stat", "-c", "%U", f"/proc/{pid}").stdout.strip() for pid in children.read().split()]
    assert len(users) >= 7 and set(users) == {"entente"}, users
    service.terminate()
    assert service.wait(60) == 0
    machine.host.procs.remove(service)


def test_the_unit_allows_what_the_processes_need(tree):
    """Each call of their own filters is in the unit's."""
    def group(name):
        lines = [w.strip() for w in run("systemd-analyze", "syscall-filter", name).stdout.splitlines()]
        plain = {w for w in lines if w and w[0] not in "@#"}
        return plain.union(*(group(w) for w in lines if w.startswith("@") and w != name))
    allowed = set()
    for word in unit(tree)["Service"]["SystemCallFilter"].split():
        allowed |= group(word) if word.startswith("@") else {word}
    calls = set(re.findall(r"\bCALL(?:_IS|_NOT|_HAS)?\((\w+),?", (ROOT / "src/plat/sandbox_calls.c").read_text(
        encoding="utf-8"))) - {"name"}
    calls |= set(re.findall(r"SYS_(\w+)", (ROOT / "src/plat/sandbox_files.c").read_text(encoding="utf-8")))
    assert len(calls) > 80 and calls - allowed == set()
