"""Knot, authoritative for the names that Entente answers with the same records."""
import shutil
import tempfile

from bench_common import Failure, end, run, start, tree, wait_for, write


class Knot:
    name = "Knot"

    def __init__(self, domain, lines, address="127.0.8.31", port=5300):
        self.address, self.port = address, port
        self.dir = tempfile.mkdtemp(prefix="knot-bench-")
        zone = write(f"{self.dir}/zone", "\n".join(lines) + "\n")
        conf = write(f"{self.dir}/knot.conf", f"""server:
    rundir: {self.dir}
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {self.dir}
zone:
  - domain: {domain}
    file: {zone}
    zonefile-sync: -1
""")
        self.process = start("knotd", "-c", conf)
        wait_for("knotd", lambda: dig(address, port, domain, "SOA"))
        self.pids = tree(self.process.pid)

    def stop(self):
        end(self.process)
        shutil.rmtree(self.dir, ignore_errors=True)


def dig(address, port, name, kind):
    try:
        out = run("dig", f"@{address}", "-p", str(port), "+noall", "+answer", "+time=1", "+tries=1", name, kind)
    except Failure:
        return []
    return [line for line in out.splitlines() if line and not line.startswith(";")]
