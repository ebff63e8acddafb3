"""Unbound, which forwards the names of one zone and keeps the answers."""
import shutil
import tempfile

from bench_common import end, start, tree, wait_for, write
from peer_knot import dig


class Unbound:
    name = "Unbound"
    address, port = "127.0.8.33", 5301

    def __init__(self, zone, forward):
        self.dir = tempfile.mkdtemp(prefix="unbound-bench-")
        conf = write(f"{self.dir}/unbound.conf", f"""server:
    interface: {self.address}@{self.port}
    access-control: 127.0.0.0/8 allow
    do-not-query-localhost: no
    num-threads: 1
    username: ""
    chroot: ""
    directory: "{self.dir}"
    pidfile: "{self.dir}/pid"
    use-syslog: no
    logfile: "{self.dir}/log"
    module-config: "iterator"
forward-zone:
    name: "{zone}"
    forward-addr: {forward}
remote-control:
    control-enable: no
""")
        self.process = start("/usr/sbin/unbound", "-d", "-c", conf, log=f"{self.dir}/out")
        wait_for("unbound", lambda: dig(self.address, self.port, zone, "SOA"))
        self.pids = tree(self.process.pid)

    def stop(self):
        end(self.process)
        shutil.rmtree(self.dir, ignore_errors=True)
