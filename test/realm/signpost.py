"""A DNS server that points where a test wants: what a wrong forwarder, or wrong records of a partner, lead to."""

from netns import wait_for


class Signpost:
    def __init__(self, net, address):
        self.address = address
        self.host = net.host("signpost", [address])
        self.proc = None

    def point(self, domain, target, address, port):
        """The KDC of this domain is said to be target, at this address and port."""
        if self.proc:
            self.host.stop(self.proc)
        self.proc = self.host.start(
            "/usr/sbin/dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
            f"--listen-address={self.address}", "--bind-interfaces", f"--pid-file={self.host.dir}/dnsmasq.pid",
            f"--srv-host=_kerberos._tcp.{domain},{target},{port}", f"--host-record={target},{address}",
            log="dnsmasq.log")
        wait_for(lambda: target in self.host.run("dig", "+short", "+tries=1", "+time=1", f"@{self.address}", "SRV",
                                                 f"_kerberos._tcp.{domain}", check=False).stdout, "the signpost")
