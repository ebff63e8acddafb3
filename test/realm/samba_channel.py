"""Calls NETLOGON with Samba's own client over a secure channel.

usage: samba_channel.py SMB_CONF < JSON
{"host", "account", "computer", "password", "type": 2|3|0 (a user), "binding": "ncacn_ip_tcp:HOST[schannel,seal]", "calls": [..]}
Prints one line of JSON for each call: {"call": .., and what it answered or "status"}.
"""

import json
import sys

from samba import NTSTATUSError, WERRORError, credentials, param
from samba.dcerpc import lsa, misc, netlogon
from samba.ndr import ndr_unpack  # noqa: F401 (the types of the answers)


class Channel:
    def __init__(self, lp, q):
        self.q, self.lp = q, lp
        self.creds = credentials.Credentials()
        self.creds.guess(lp)
        self.creds.set_kerberos_state(credentials.DONT_USE_KERBEROS)
        self.creds.set_secure_channel_type(q["type"])
        self.creds.set_username(q["account"])
        self.creds.set_workstation(q["computer"])
        self.creds.set_password(q["password"])
        self.server = "\\\\" + q["host"]
        self.conn = netlogon.netlogon(q["binding"], lp, self.creds)
        self.computer = q.get("claims", q["computer"])

    def authenticators(self):
        ours = self.creds.new_client_authenticator()
        one = netlogon.netr_Authenticator()
        one.cred.data = list(ours["credential"])
        one.timestamp = ours["timestamp"]
        return one, netlogon.netr_Authenticator()

    def capabilities(self):
        _, flags = self.conn.netr_LogonGetCapabilities(self.server, self.computer, *self.authenticators(), 1)
        return {"flags": flags}

    def stale(self):
        """An authenticator that was used before."""
        ours = self.authenticators()
        self.conn.netr_LogonGetCapabilities(self.server, self.computer, *ours, 1)
        _, flags = self.conn.netr_LogonGetCapabilities(self.server, self.computer, *ours, 1)
        return {"flags": flags}

    def forest_info(self):
        _, info = self.conn.netr_GetForestTrustInformation(self.server, self.computer, self.authenticators()[0], 0)
        return {"records": [[r.type, str(getattr(r.forest_trust_data, "string", r.forest_trust_data))]
                            for r in info.entries]}

    def trust_info(self, account=None):
        _, new, old, info = self.conn.netr_ServerGetTrustInfo(
            self.server, account or self.q["account"], self.q["type"], self.computer, self.authenticators()[0])
        return {"new": bytes(new.hash).hex(), "old": bytes(old.hash).hex(), "numbers": info.data}

    def foreign_trust_info(self):
        return self.trust_info(self.q["foreign"])

    def passwords(self, account=None):
        _, new, old = self.conn.netr_ServerTrustPasswordsGet(
            self.server, account or self.q["account"], self.q["type"], self.computer, self.authenticators()[0])
        return {"new": bytes(new.hash).hex(), "old": bytes(old.hash).hex()}

    def foreign_passwords(self):
        return self.passwords(self.q["foreign"])

    def lookups(self):
        """Names and SIDs, by the LSA over the same kind of connection."""
        conn = lsa.lsarpc(self.q["binding"], self.lp, self.creds)
        names = []
        for text in self.q["names"]:
            names.append(lsa.String())
            names[-1].string = text
        sids = lsa.TransSidArray3()
        _, sids, _ = conn.LookupNames4(names, sids, 2, 0, 0, 2)
        pointers = []
        for found in sids.sids:
            if found.sid:
                pointers.append(lsa.SidPtr())
                pointers[-1].sid = found.sid
        array = lsa.SidArray()
        array.num_sids, array.sids = len(pointers), pointers
        domains, back, _ = conn.LookupSids3(array, lsa.TransNameArray2(), 2, 0, 0, 2)
        return {"sids": [str(s.sid) for s in sids.sids],
                "names": [f"{domains.domains[n.sid_index].name.string}\\{n.name.string}" for n in back.names]}

    def trusts(self):
        found = self.conn.netr_DsrEnumerateDomainTrusts(self.server, 0x3F)
        return {"trusts": {t.dns_name: [t.trust_flags, t.trust_type, t.trust_attributes] for t in found.array}}

    def verify(self):
        """As a trust's administrator: rediscover, verify, ask for the state."""
        said = {}
        for name, code in (("found", 5), ("verified", 10), ("state", 6)):
            info = self.conn.netr_LogonControl2Ex(self.server, code, 2, self.q["partner"])
            said[name] = [info.flags, info.pdc_connection_status[0], info.trusted_dc_name,
                          info.tc_connection_status[0]]
        return said

    def partner_names(self):
        found = self.conn.netr_DsRGetForestTrustInformation(self.server, self.q["partner"], self.q.get("flags", 0))
        return {"types": [r.type for r in found.entries], "name": found.entries[0].forest_trust_data.string}

    def set_password(self):
        buffer = netlogon.netr_CryptPassword()
        text = self.q["new"].encode("utf-16-le")
        buffer.data = list(bytes(512 - len(text)) + text)
        buffer.length = len(text)
        self.creds.encrypt_netr_crypt_password(buffer)
        self.conn.netr_ServerPasswordSet2(self.server, self.q["account"], self.q["type"], self.computer,
                                          self.authenticators()[0], buffer)
        return {}

    def control(self):
        return {"flags": self.conn.netr_LogonControl(self.server, 1, 1).flags}


def main():
    lp = param.LoadParm()
    lp.load(sys.argv[1])
    q = json.load(sys.stdin)
    channel = None
    for call in q["calls"]:
        said = {"call": call}
        try:
            channel = channel or Channel(lp, q)
            said.update(getattr(channel, call)())
        except (NTSTATUSError, WERRORError) as e:
            said["status"] = e.args[0]
        print(json.dumps(said))


assert misc.SEC_CHAN_WKSTA == 2 and misc.SEC_CHAN_DNS_DOMAIN == 3
main()
