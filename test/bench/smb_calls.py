#!/usr/bin/python3
"""usage: smb_calls.py CONF KIND ADDRESS DOMAIN USER PASSWORD-FILE COUNT NAMES: COUNT calls of one KIND, by Samba's own client library;
prints how many were answered as they should be. What the client costs is not counted: see bench_rpc.py.

sessions        SMB sessions: connect, NTLMv2, IPC$, close
lookups         of a name each, in turn from the file NAMES, over one pipe
many-lookups    of a hundred names each
sids            of a SID each
tcp-lookups     of a name each over TCP, sealed by a secure channel
prepare         makes the computer account of the kinds below, and some users have the passwords in NAMES; COUNT is 1
channels        secure channels (ReqChallenge, Authenticate3), sealed, and one SamLogonEx over each
channel-logons  SamLogonEx of users with NTLMv2 (passwords: in NAMES) over one channel"""
import sys

from samba import NTSTATUSError
from samba.credentials import CLI_CRED_NTLMv2_AUTH, DONT_USE_KERBEROS, Credentials
from samba.dcerpc import lsa, misc, netlogon, ntlmssp, samr, security
from samba.ndr import ndr_pack
from samba.net import Net
from samba.param import LoadParm
from samba.samba3 import libsmb_samba_internal as libsmb
from samba.samba3 import param as s3param


MACHINE, MACHINE_PASSWORD = "BENCHPC", "Of-the-bench-0nly"
LOGON_USERS = 20
PEOPLE = 2000  # Samba's directory has no more of the names
NT_USER_EXISTS = 0xC0000063


def parameters(conf):
    lp = LoadParm()
    lp.load(conf)
    return lp


def sessions(conf, address, creds, count, _names):
    lp = s3param.get_context()
    lp.load(conf)
    good = 0
    for _ in range(count):
        conn = libsmb.Conn(address, "IPC$", lp=lp, creds=creds)
        good += conn is not None
        del conn
    return good


class Lsa:
    def __init__(self, conf, binding, creds):
        self.pipe = lsa.lsarpc(binding, parameters(conf), creds)
        attributes = lsa.ObjectAttribute()
        attributes.sec_qos = lsa.QosInfo()
        self.policy = self.pipe.OpenPolicy2("", attributes, security.SEC_FLAG_MAXIMUM_ALLOWED)

    def names(self, names):
        """The SID of each; of a name that is no user's, none."""
        domains, sids, _ = self.pipe.LookupNames(self.policy, names, lsa.TransSidArray(), lsa.LSA_LOOKUP_NAMES_ALL, 0)
        return [s.sid_type == lsa.SID_NAME_USER and f"{domains.domains[s.sid_index].sid}-{s.rid}" for s in sids.sids]

    def sid(self, one):
        _, names, _ = self.pipe.LookupSids(self.policy, one, lsa.TransNameArray(), lsa.LSA_LOOKUP_NAMES_ALL, 0)
        return names.names[0].sid_type == lsa.SID_NAME_USER


def over_pipe(address):
    return f"ncacn_np:{address}[smb2]"


def lsa_names(names):
    found = []
    for words in names[:PEOPLE]:
        found.append(lsa.String())
        found[-1].string = words[0]
    return found


def lookups(conf, address, creds, count, names, at_once=1):
    conn = Lsa(conf, over_pipe(address), creds)
    every = lsa_names(names)
    good = 0
    for i in range(0, count, at_once):
        good += sum(bool(sid) for sid in conn.names([every[k % len(every)] for k in range(i, i + at_once)]))
    return good


def many_lookups(conf, address, creds, count, names):
    return lookups(conf, address, creds, count, names, at_once=100)


def tcp_lookups(conf, address, creds, count, names):
    """LookupNames4 needs no handle, and is for those who have a secure channel."""
    _, own = channel(conf, address, creds)
    pipe = lsa.lsarpc(f"ncacn_ip_tcp:{address}[schannel,seal]", parameters(conf), own)
    every = lsa_names(names)
    good = 0
    for i in range(count):
        _, sids, _ = pipe.LookupNames4([every[i % len(every)]], lsa.TransSidArray3(), lsa.LSA_LOOKUP_NAMES_ALL, 0, 0, 2)
        good += sids.sids[0].sid_type == lsa.SID_NAME_USER
    return good


def one_sid(text):
    pointer, array = lsa.SidPtr(), lsa.SidArray()
    pointer.sid = security.dom_sid(text)
    array.num_sids, array.sids = 1, [pointer]
    return array


def sids(conf, address, creds, count, names):
    conn = Lsa(conf, over_pipe(address), creds)
    known = [one_sid(sid) for sid in conn.names(lsa_names(names[:100]))]
    return sum(conn.sid(known[i % len(known)]) for i in range(count))


def prepare(conf, address, creds, _count, names):
    """With SAMR, so that it is the same for everybody; the account may be there of a round before."""
    lp = parameters(conf)
    conn = samr.samr(over_pipe(address), lp, creds)
    everything = security.SEC_FLAG_MAXIMUM_ALLOWED
    server = conn.Connect2("", everything)
    domain, name = lsa.String(), lsa.String()
    domain.string, name.string = creds.get_domain(), MACHINE + "$"
    handle = conn.OpenDomain(server, everything, conn.LookupDomain(server, domain))
    try:
        conn.CreateUser2(handle, name, samr.ACB_WSTRUST, everything)
    except NTSTATUSError as e:
        if e.args[0] & 0xFFFFFFFF != NT_USER_EXISTS:
            raise
    net = Net(creds, lp, server=address)
    for account, password in [(MACHINE + "$", MACHINE_PASSWORD), *names[:LOGON_USERS]]:
        net.set_password(account_name=account, domain_name=creds.get_domain(), newpassword=password)
    enabled = samr.UserInfo16()
    enabled.acct_flags = samr.ACB_WSTRUST
    rids, _ = conn.LookupNames(handle, [name])
    conn.SetUserInfo(conn.OpenUser(handle, everything, rids.ids[0]), 16, enabled)
    return 1


def channel(conf, address, creds):
    """A connection of NETLOGON over a channel of its own; the calls before it are the client library's."""
    lp, own = parameters(conf), Credentials()
    own.guess(lp)
    own.set_kerberos_state(DONT_USE_KERBEROS)
    own.set_secure_channel_type(misc.SEC_CHAN_WKSTA)
    own.set_domain(creds.get_domain())
    own.set_username(MACHINE + "$")
    own.set_workstation(MACHINE)
    own.set_password(MACHINE_PASSWORD)
    return netlogon.netlogon(f"ncacn_ip_tcp:{address}[schannel,seal]", lp, own), own


def logon(conn, creds, name, password):
    """A network logon with NTLMv2; true when it is that user who was let in."""
    user, target, end = Credentials(), ntlmssp.AV_PAIR_LIST(), ntlmssp.AV_PAIR()
    user.set_username(name)
    user.set_domain(creds.get_domain())
    user.set_workstation(MACHINE)
    user.set_password(password)
    target.count, target.pair = 1, [end]
    made = user.get_ntlm_response(flags=CLI_CRED_NTLMv2_AUTH, challenge=b"8 bytes.", target_info=ndr_pack(target))
    info = netlogon.netr_NetworkInfo()
    info.challenge = list(b"8 bytes.")
    for field, response in ((info.nt, made["nt_response"]), (info.lm, made["lm_response"])):
        field.data, field.length, field.size = list(response), len(response), len(response)
    who = info.identity_info
    who.domain_name.string, who.account_name.string, who.workstation.string = user.get_domain(), name, MACHINE
    who.parameter_control = 0x820
    told, _, _ = conn.netr_LogonSamLogonEx("", MACHINE, netlogon.NetlogonNetworkInformation, info, 6, 0)
    return told.base.account_name.string == name


def channels(conf, address, creds, count, names):
    good = 0
    for i in range(count):
        conn, _ = channel(conf, address, creds)
        good += logon(conn, creds, *names[i % LOGON_USERS])
        del conn
    return good


def channel_logons(conf, address, creds, count, names):
    conn, _ = channel(conf, address, creds)
    return sum(logon(conn, creds, *names[i % LOGON_USERS]) for i in range(count))


KINDS = {"sessions": sessions, "lookups": lookups, "many-lookups": many_lookups, "sids": sids, "tcp-lookups": tcp_lookups, "prepare": prepare,
         "channels": channels, "channel-logons": channel_logons}


def main():
    conf, kind, address, domain, user, secret, count, names = sys.argv[1:]
    creds = Credentials()
    creds.guess(parameters(conf))
    creds.set_domain(domain)
    creds.set_username(user)
    creds.set_kerberos_state(DONT_USE_KERBEROS)
    with open(secret, encoding="utf-8") as f:
        creds.set_password(f.read().strip())
    with open(names, encoding="ascii") as f:
        known = [line.split() for line in f]
    print(KINDS[kind](conf, address, creds, int(count), known))


main()
