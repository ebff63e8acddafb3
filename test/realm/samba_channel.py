"""Calls NETLOGON with Samba's own client over a secure channel.

usage: samba_channel.py SMB_CONF < JSON
{"host", "account", "computer", "password", "type": 2|3|0 (a user), "binding": "ncacn_ip_tcp:HOST[schannel,seal]", "calls": [..]}
Prints one line of JSON for each call: {"call": .., and what it answered or "status"}.
"""

import json
import subprocess
import sys

from samba import NTSTATUSError, WERRORError, credentials, param
from samba.dcerpc import lsa, misc, netlogon, ntlmssp, samr
from samba.ndr import ndr_pack, ndr_pack_in, ndr_unpack, ndr_unpack_out  # noqa: F401 (the types of the answers)


class Channel:
    def __init__(self, lp, q):
        self.q, self.lp = q, lp
        self.creds = credentials.Credentials()
        self.creds.guess(lp)
        self.creds.set_kerberos_state(credentials.DONT_USE_KERBEROS)
        self.creds.set_secure_channel_type(q["type"])
        self.creds.set_username(q["account"])
        self.creds.set_workstation(q["computer"])
        if "raw" in q:  # hexadecimal: what was set as new_raw
            self.creds.set_utf16_password(bytes.fromhex(q["raw"]))
        else:
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
        text = bytes.fromhex(self.q["new_raw"]) if "new_raw" in self.q else self.q["new"].encode("utf-16-le")
        buffer.data = list(bytes(512 - len(text)) + text)
        buffer.length = len(text)
        self.creds.encrypt_netr_crypt_password(buffer)
        self.conn.netr_ServerPasswordSet2(self.server, self.q["account"], self.q["type"], self.computer,
                                          self.authenticators()[0], buffer)
        return {}

    def set_hash(self):
        """As it was done before there was opnum 30."""
        self.conn.netr_ServerPasswordSet(self.server, self.q["account"], self.q["type"], self.computer,
                                         self.authenticators()[0], samr.Password())
        return {}

    # --- logons of people; q: user, domain, secret, level, validation, control, via, workstation, target, key

    def scramble(self, few):
        """Under the session's key, as the first bytes of a new password would be."""
        buffer = netlogon.netr_CryptPassword()
        buffer.data = list(few) + [0] * (512 - len(few))
        self.creds.encrypt_netr_crypt_password(buffer)
        return bytes(buffer.data[:len(few)])

    def somebody(self):
        user = credentials.Credentials()
        user.guess(self.lp)
        user.set_username(self.q["user"])
        user.set_domain(self.q["domain"])
        user.set_workstation(self.q.get("workstation", self.q["computer"]))
        user.set_password(self.q["secret"])
        return user

    def interactive(self, user):
        info = netlogon.netr_PasswordInfo()
        info.ntpassword.hash = list(self.scramble(bytes(user.get_nt_hash())))
        return info

    def network(self, user):
        pairs = []
        for kind, value in zip((ntlmssp.MsvAvNbComputerName, ntlmssp.MsvAvNbDomainName, ntlmssp.MsvAvDnsDomainName),
                               self.q.get("target", [])):
            pairs.append(ntlmssp.AV_PAIR())
            pairs[-1].AvId, pairs[-1].Value = kind, value
        pairs.append(ntlmssp.AV_PAIR())
        target = ntlmssp.AV_PAIR_LIST()
        target.count, target.pair = len(pairs), pairs
        info = netlogon.netr_NetworkInfo()
        info.challenge = list(b"8 bytes.")
        how = credentials.CLI_CRED_NTLM_AUTH if self.q.get("old") else credentials.CLI_CRED_NTLMv2_AUTH
        made = user.get_ntlm_response(flags=how, challenge=b"8 bytes.", target_info=ndr_pack(target))
        self.key = bytes(made["nt_session_key"])
        for field, response in ((info.nt, made["nt_response"]), (info.lm, made["lm_response"])):
            field.data, field.length, field.size = list(response), len(response), len(response)
        return info

    def logon(self):
        """Whatever came of it, with what the call says beside its status."""
        q, user = self.q, self.somebody()
        level = q.get("level", 2)
        self.key = bytes(16)
        info = self.network(user) if level in (2, 6) else self.interactive(user)
        who = info.identity_info
        # The response is over the domain as Samba's client spells it, in upper case.
        who.domain_name.string = user.get_domain() if level in (2, 6) else q["domain"]
        who.account_name.string = q["user"]
        who.workstation.string, who.parameter_control = q.get("workstation", q["computer"]), q.get("control", 0x820)
        call = dict(ex=netlogon.netr_LogonSamLogonEx, flags=netlogon.netr_LogonSamLogonWithFlags,
                    plain=netlogon.netr_LogonSamLogon)[q.get("via", "ex")]()
        call.in_server_name, call.in_computer_name = self.server, self.computer
        call.in_logon_level, call.in_logon, call.in_validation_level = level, info, q.get("validation", 6)
        if q.get("via", "ex") != "ex":
            call.in_credential, call.in_return_authenticator = self.authenticators()
        if q.get("via", "ex") != "plain":
            call.in_flags = 0
        ndr_unpack_out(call, self.conn.request(call.opnum(), ndr_pack_in(call)))
        said = {"authoritative": call.out_authoritative}
        if call.result[0]:
            return dict(said, status=call.result[0])
        return dict(said, **self.told(call.out_validation, q.get("validation", 6)))

    def told(self, v, level):
        base = v.base
        key = bytes(base.key.key)
        said = {"name": base.account_name.string, "domain": base.logon_domain.string, "rid": base.rid,
                "domain_sid": str(base.domain_sid), "server": base.logon_server.string, "flags": base.user_flags,
                "groups": sorted(g.rid for g in base.groups.rids), "primary": base.primary_gid,
                "key": bool(any(key)), "key_fits": key == (self.key if level == 6 or not any(self.key)
                                                          else self.scramble(self.key))}
        if level > 2:
            said["extra"] = sorted(str(s.sid) for s in v.sids or [])
        if level == 6:
            said["dns"], said["upn"] = v.dns_domainname.string, v.principal_name.string
        return said

    def domain_info(self):
        q = netlogon.netr_WorkstationInformation()
        q.dns_hostname, q.os_name.string = self.q.get("dns", "pc1.somewhere"), "Testix"
        q.workstation_flags = self.q.get("workstation", 0)
        if "system" in self.q:
            q.os_version.os = netlogon.netr_OsVersion()
            version = q.os_version.os.os
            version.MajorVersion, version.MinorVersion, version.BuildNumber, version.CSDVersion = self.q["system"]
        _, info = self.conn.netr_LogonGetDomainInfo(self.server, self.computer, *self.authenticators(),
                                                    self.q.get("level", 1), q)
        if self.q.get("level", 1) == 2:
            return {"policy": info.policy_size}
        p = info.primary_domain
        return {"primary": [p.domainname.string, p.dns_domainname.string, p.dns_forestname.string, str(p.domain_sid)],
                "guid": str(p.domain_guid), "host": info.dns_hostname.string, "flags": info.workstation_flags,
                "types": info.supported_enc_types,
                "trusted": {t.dns_domainname.string: [t.trust_extension.info.info.flags,
                                                      t.trust_extension.info.info.trust_attributes]
                            for t in info.trusted_domains}}

    def generic(self):
        """To a security package: what services ask that want a PAC verified. q: package, message, validation."""
        info = netlogon.netr_GenericInfo()
        info.identity_info.domain_name.string, info.identity_info.account_name.string = "CLOUD", ""
        hidden = self.scramble(bytes.fromhex(self.q.get("message", "03" * 16)))
        info.package_name.string, info.length, info.data = self.q["package"], len(hidden), list(hidden)
        said, _, _ = self.conn.netr_LogonSamLogonEx(self.server, self.computer, 4, info, self.q.get("validation", 5), 0)
        return {"length": said.length}

    def outside(self):
        """Something happens to the directory meanwhile: q's command."""
        subprocess.run(self.q["command"], check=True, stdout=subprocess.DEVNULL)
        return {}

    def logoff(self):
        info = netlogon.netr_PasswordInfo()
        info.identity_info.domain_name.string, info.identity_info.account_name.string = self.q["domain"], self.q["user"]
        self.conn.netr_LogonSamLogoff(self.server, self.computer, *self.authenticators(), self.q.get("level", 1), info)
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
