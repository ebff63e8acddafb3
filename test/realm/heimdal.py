"""Heimdal's clients on a host, as tools/install_packages unpacks them: they share the host's resolver and
krb5.conf with the MIT ones, and have a ticket cache of their own."""

import os
import pty
import select
import subprocess
import time

from entente import ROOT

HOME = ROOT / "build" / "heimdal" / "usr"
LIBRARIES = HOME / "lib" / "x86_64-linux-gnu"


class Heimdal:
    ENTERPRISE = "--enterprise"

    def __init__(self, host):
        assert HOME.is_dir(), f"{HOME} is missing: tools/install_packages heimdal"
        self.host = host
        self.cache = f"FILE:{host.dir}/heimdal-cc"
        self.env = {"LD_LIBRARY_PATH": str(LIBRARIES), "KRB5CCNAME": self.cache}

    def run(self, program, *words, **kw):
        return self.host.run(str(HOME / "bin" / program), *words, check=False, env=self.env, timeout=60, **kw)

    def checked(self, ok, program, *words, **kw):
        r = self.run(program, *words, **kw)
        if ok and r.returncode:
            raise AssertionError(f"Heimdal: {program} {' '.join(words)} -> {r.returncode}\n{r.stdout}")
        return r

    def kinit(self, principal, password, *options, ok=True):
        self.run("kdestroy.heimdal")
        return self.checked(ok, "kinit.heimdal", "--password-file=STDIN", *options, principal, input=password + "\n")

    def ticket(self, service, ok=True):
        """A name without a realm is asked for with canonicalization: the KDCs refer."""
        return self.checked(ok, "kgetcred", *([] if "@" in service else ["--canonicalize"]), service)

    def klist(self):
        return self.run("heimtools", "klist").stdout

    def kpasswd(self, principal, old, new):
        """It asks on a terminal only."""
        return self.on_terminal("kpasswd.heimdal", principal, answers=[old, new, new])

    def on_terminal(self, program, *words, answers):
        """One answer for each prompt that ends in a colon."""
        argv = self.host.argv(str(HOME / "bin" / program), *words)
        pid, fd = pty.fork()
        if pid == 0:
            os.execvpe(argv[0], argv, self.host.environment(self.env))
        shown, answered, end = b"", 0, time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([fd], [], [], 1)[0]:
                continue
            try:
                data = os.read(fd, 4096)
            except OSError:  # the terminal is closed: the program ended
                break
            if not data:
                break
            shown += data
            if answered < len(answers) and shown.rstrip(b" ").endswith(b":"):
                os.write(fd, answers[answered].encode() + b"\n")
                answered += 1
                shown += b"\n"
        os.close(fd)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return subprocess.CompletedProcess(argv, status, shown.decode(errors="replace"))
