"""Random values of what src/wire/rpc reads and writes, made and written by Samba."""
from samba.dcerpc import dcerpc, epmapper, lsa, misc, netlogon, samr, security
from samba.ndr import ndr_pack_in, ndr_pack_out, ndr_unpack_in, ndr_unpack_out

import oracle_types
from oracle_types import any_sid, dns_name, domain_sid, guid, label, lsa_string, octets, text, u16, u32

TYPES = {}


def kind(cls):
    def add(fill):
        TYPES[fill.__name__] = oracle_types.Type(cls, fill)
        return fill

    return add


def syntax(rnd, f, name):
    s = misc.ndr_syntax_id()
    s.uuid = misc.GUID(guid(rnd))
    s.if_version = u32(rnd)
    f.add(name, "%s/%d.%d" % (s.uuid, s.if_version & 0xFFFF, s.if_version >> 16))
    return s


def packet(f, ptype, flags, call_id, body):
    p = dcerpc.ncacn_packet()
    p.rpc_vers = 5
    p.rpc_vers_minor = 0
    p.ptype = ptype
    p.pfc_flags = f.add("flags", flags)
    p.drep = [0x10, 0, 0, 0]
    p.auth_length = 0
    p.call_id = f.add("call", call_id)
    p.u = body
    p.frag_length = 0
    p.frag_length = len(oracle_types.ndr_pack(p))
    return p


@kind(dcerpc.ncacn_packet)
def rpc_bind(rnd, f):
    b = dcerpc.bind()
    p_flags, call = rnd.choice([3, 7, 0x13]), u32(rnd)
    b.max_xmit_frag, b.max_recv_frag, b.assoc_group_id = u16(rnd), u16(rnd), u32(rnd)
    contexts, lines = [], oracle_types.Fields()
    lines.add("head", "%d/%d/%d" % (b.max_xmit_frag, b.max_recv_frag, b.assoc_group_id))
    for _ in range(rnd.randint(1, 4)):
        c = dcerpc.ctx_list()
        c.context_id = lines.add("context", u16(rnd))
        c.abstract_syntax = syntax(rnd, lines, "interface")
        transfers = [syntax(rnd, lines, "transfer") for _ in range(rnd.randint(1, 3))]
        c.num_transfer_syntaxes = len(transfers)
        c.transfer_syntaxes = transfers
        contexts.append(c)
    b.num_contexts = len(contexts)
    b.ctx_list = contexts
    b.auth_info = b""
    p = packet(f, rnd.choice([dcerpc.DCERPC_PKT_BIND, dcerpc.DCERPC_PKT_ALTER]), p_flags, call, b)
    f += lines
    return p


@kind(dcerpc.ncacn_packet)
def rpc_bind_ack(rnd, f):
    b = dcerpc.bind_ack()
    lines = oracle_types.Fields()
    b.max_xmit_frag, b.max_recv_frag, b.assoc_group_id = u16(rnd), u16(rnd), u32(rnd)
    address = rnd.choice(["", "135", "\\PIPE\\lsass"])
    b.secondary_address = address
    b.secondary_address_size = len(address) + 1 if address else 0
    lines.add("head", "%d/%d/%d" % (b.max_xmit_frag, b.max_recv_frag, b.assoc_group_id))
    lines.add("address", address)
    b._pad1 = bytes(-(10 + b.secondary_address_size) % 4)
    results = []
    for _ in range(rnd.randint(1, 4)):
        r = dcerpc.ack_ctx()
        r.result, r.reason = rnd.randint(0, 3), rnd.randint(0, 3)
        lines.add("result", "%d/%d" % (r.result, r.reason))
        r.syntax = syntax(rnd, lines, "transfer")
        results.append(r)
    b.num_results = len(results)
    b.ctx_list = results
    b.auth_info = b""
    p = packet(f, rnd.choice([dcerpc.DCERPC_PKT_BIND_ACK, dcerpc.DCERPC_PKT_ALTER_RESP]), 3, u32(rnd), b)
    f += lines
    return p


@kind(dcerpc.ncacn_packet)
def rpc_request(rnd, f):
    r = dcerpc.request()
    flags, call = rnd.choice([1, 2, 3, 0x83]), u32(rnd)
    r.alloc_hint, r.context_id, r.opnum = u32(rnd), u16(rnd), u16(rnd)
    lines = oracle_types.Fields()
    lines.add("head", "%d/%d/%d" % (r.alloc_hint, r.context_id, r.opnum))
    if flags & 0x80:
        r.object = misc.GUID(lines.add("object", guid(rnd)))
    r.stub_and_verifier = octets(rnd)
    lines.add("stub", r.stub_and_verifier.hex())
    p = packet(f, dcerpc.DCERPC_PKT_REQUEST, flags, call, r)
    f += lines
    return p


@kind(dcerpc.ncacn_packet)
def rpc_response(rnd, f):
    r = dcerpc.response()
    r.alloc_hint, r.context_id, r.cancel_count = u32(rnd), u16(rnd), u16(rnd) & 255
    r.stub_and_verifier = octets(rnd)
    p = packet(f, dcerpc.DCERPC_PKT_RESPONSE, rnd.choice([1, 2, 3]), u32(rnd), r)
    f.add("head", "%d/%d/%d" % (r.alloc_hint, r.context_id, r.cancel_count))
    f.add("stub", r.stub_and_verifier.hex())
    return p


@kind(dcerpc.ncacn_packet)
def rpc_fault(rnd, f):
    r = dcerpc.fault()
    r.alloc_hint, r.context_id, r.cancel_count = 0, u16(rnd), u16(rnd) & 255
    r.flags, r.reserved = 0, 0
    r.status = u32(rnd)
    p = packet(f, dcerpc.DCERPC_PKT_FAULT, 3, u32(rnd), r)
    f.add("head", "%d/%d/%d" % (r.context_id, r.cancel_count, r.status))
    return p


def floor(protocol, lhs, rhs):
    f = epmapper.epm_floor()
    f.lhs.protocol = protocol
    f.lhs.lhs_data = lhs
    f.rhs = rhs
    return f


def uuid_floor(rnd, f, name):
    s = syntax(rnd, f, name)
    rhs = epmapper.epm_rhs_uuid()
    rhs.unknown = (s.if_version >> 16).to_bytes(2, "little")
    lhs = oracle_types.ndr_pack(s.uuid) + (s.if_version & 0xFFFF).to_bytes(2, "little")
    return floor(epmapper.EPM_PROTOCOL_UUID, lhs, rhs)


class Tower(oracle_types.Type):
    """Towers alone are nothing to Samba: one is written inside a question to the endpoint mapper, behind
    a null object, its pointer and two lengths."""

    def random(self, rnd):
        f = oracle_types.Fields()
        v = epmapper.epm_Map()
        v.in_map_tower = epmapper.epm_twr_t()
        v.in_map_tower.tower = self.fill(rnd, f)
        data = ndr_pack_in(v)
        length = int.from_bytes(data[8:12], "little")
        return data[16:16 + length], f


def tower(fill):
    TYPES[fill.__name__] = Tower(None, fill)
    return fill


@tower
def rpc_tower(rnd, f):
    t = epmapper.epm_tower()
    floors = [uuid_floor(rnd, f, "interface"), uuid_floor(rnd, f, "transfer")]
    co = epmapper.epm_rhs_ncacn()
    co.minor_version = 0
    floors.append(floor(epmapper.EPM_PROTOCOL_NCACN, b"", co))
    if rnd.random() < 0.5:
        tcp, ip = epmapper.epm_rhs_tcp(), epmapper.epm_rhs_ip()
        tcp.port = f.add("port", u16(rnd))
        ip.ipaddr = f.add("address", ".".join(str(rnd.randint(0, 255)) for _ in range(4)))
        floors += [floor(epmapper.EPM_PROTOCOL_TCP, b"", tcp), floor(epmapper.EPM_PROTOCOL_IP, b"", ip)]
    else:
        pipe, host = epmapper.epm_rhs_smb(), epmapper.epm_rhs_netbios()
        pipe.unc = f.add("pipe", "\\PIPE\\" + oracle_types.label(rnd))
        host.name = f.add("host", "\\\\" + oracle_types.label(rnd))
        floors += [floor(epmapper.EPM_PROTOCOL_SMB, b"", pipe),
                   floor(epmapper.EPM_PROTOCOL_NETBIOS, b"", host)]
    t.num_floors = len(floors)
    t.floors = floors
    return t


def command(number, value):
    c = dcerpc.sec_vt()
    c.command = number
    c.u = value
    return c


@kind(dcerpc.sec_verification_trailer)
def rpc_verify(rnd, f):
    context, header = dcerpc.sec_vt_pcontext(), dcerpc.sec_vt_header2()
    context.abstract_syntax = syntax(rnd, f, "interface")
    context.transfer_syntax = syntax(rnd, f, "transfer")
    header.ptype = dcerpc.DCERPC_PKT_REQUEST
    header.drep = [0x10, 0, 0, 0]
    header.call_id = f.add("call", u32(rnd))
    header.context_id, header.opnum = f.add("context", u16(rnd)), f.add("opnum", u16(rnd))
    signs = f.add("signs", rnd.randint(0, 1))
    must, end = dcerpc.DCERPC_SEC_VT_MUST_PROCESS, dcerpc.DCERPC_SEC_VT_COMMAND_END
    t = dcerpc.sec_verification_trailer()
    t._pad = b""
    t.magic = [0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71]
    t.commands = [command(dcerpc.DCERPC_SEC_VT_COMMAND_BITMASK1, signs),
                  command(dcerpc.DCERPC_SEC_VT_COMMAND_PCONTEXT | must, context),
                  command(dcerpc.DCERPC_SEC_VT_COMMAND_HEADER2 | must | end, header)]
    t.count.count = 3
    return t


# --- calls with their members by name: that ours mean what Samba's mean ------------------------------


@kind(lsa.ForestTrustInformation)
def lsa_forest_info(rnd, f):
    v = lsa.ForestTrustInformation()
    entries = []
    for _ in range(rnd.randint(0, 5)):
        r = lsa.ForestTrustRecord()
        r.flags, r.time = u32(rnd), rnd.getrandbits(62)
        r.type = rnd.randint(0, 3)
        f.add("record", "%d/%d/%d" % (r.flags, r.type, r.time))
        if r.type < 2:
            r.forest_trust_data = lsa_string(rnd, f, "name", lsa.StringLarge)
        elif r.type == 2:
            d = lsa.ForestTrustDomainInfo()
            d.domain_sid = security.dom_sid(f.add("sid", any_sid(rnd)))
            d.dns_domain_name = lsa_string(rnd, f, "dns", lsa.StringLarge)
            d.netbios_domain_name = lsa_string(rnd, f, "flat", lsa.StringLarge)
            r.forest_trust_data = d
        else:
            d = lsa.ForestTrustBinaryData()
            data = octets(rnd, 1)
            d.length, d.data = len(data), list(data)
            f.add("data", data.hex())
            r.forest_trust_data = d
        entries.append(r)
    v.count = len(entries)
    v.entries = entries
    return v


class Call(oracle_types.Type):
    """One direction of a call: Samba names the arguments in_... and out_..."""

    def __init__(self, cls, fill, pack, unpack):
        super().__init__(cls, fill)
        self.pack, self.unpack = pack, unpack

    def random(self, rnd):
        f = oracle_types.Fields()
        return self.pack(self.fill(rnd, f)), f

    def again(self, data):
        return self.pack(self.unpack(self.cls(), data))


def call(cls, direction):
    def add(fill):
        pack, unpack = (ndr_pack_in, ndr_unpack_in) if direction == "in" else (ndr_pack_out, ndr_unpack_out)
        TYPES[fill.__name__] = Call(cls, fill, pack, unpack)
        return fill

    return add


def credential(rnd, f):
    c = netlogon.netr_Credential()
    data = octets(rnd, 8, 8)
    c.data = list(data)
    f.add("credential", data.hex())
    return c


@call(netlogon.netr_ServerAuthenticate3, "in")
def authenticate3_in(rnd, f):
    v = netlogon.netr_ServerAuthenticate3()
    v.in_server_name = f.text("server", rnd.choice([None, text(rnd)]))
    v.in_account_name = f.text("account", text(rnd))
    v.in_secure_channel_type = f.add("type", rnd.choice([2, 3, 4, 6]))
    v.in_computer_name = f.text("computer", text(rnd))
    v.in_credentials = credential(rnd, f)
    v.in_negotiate_flags = f.add("flags", u32(rnd))
    return v


@call(netlogon.netr_ServerAuthenticate3, "out")
def authenticate3_out(rnd, f):
    v = netlogon.netr_ServerAuthenticate3()
    v.out_return_credentials = credential(rnd, f)
    v.out_negotiate_flags = f.add("flags", u32(rnd))
    v.out_rid = f.add("rid", u32(rnd))
    v.result = f.add("status", u32(rnd))
    return v


def translated(rnd, f):
    array = lsa.TransSidArray3()
    sids = []
    for _ in range(rnd.randint(0, 4)):
        s = lsa.TranslatedSid3()
        s.sid_type, s.sid_index, s.flags = rnd.randint(0, 9), rnd.randint(0, 5), u32(rnd)
        f.add("translated", "%d/%d/%d" % (s.sid_type, s.sid_index, s.flags))
        if rnd.random() < 0.7:
            s.sid = security.dom_sid(f.add("sid", any_sid(rnd)))
        sids.append(s)
    array.count = len(sids)
    array.sids = sids
    return array


@call(lsa.LookupNames4, "in")
def lookup_names4_in(rnd, f):
    v = lsa.LookupNames4()
    names = [lsa_string(rnd, f, "name") for _ in range(rnd.randint(0, 6))]
    v.in_num_names = len(names)
    v.in_names = names
    v.in_sids = translated(rnd, f)
    v.in_level = f.add("level", rnd.randint(1, 6))
    v.in_count = f.add("count", u32(rnd))
    v.in_lookup_options = f.add("options", u32(rnd))
    v.in_client_revision = f.add("revision", rnd.randint(1, 2))
    return v


@call(lsa.LookupNames4, "out")
def lookup_names4_out(rnd, f):
    v = lsa.LookupNames4()
    if rnd.random() < 0.8:
        v.out_domains = lsa.RefDomainList()
        domains = []
        for _ in range(rnd.randint(0, 3)):
            d = lsa.DomainInfo()
            d.name = lsa_string(rnd, f, "domain", lsa.StringLarge)
            if rnd.random() < 0.8:
                d.sid = security.dom_sid(f.add("domain_sid", any_sid(rnd)))
            domains.append(d)
        v.out_domains.count = len(domains)
        v.out_domains.domains = domains
        v.out_domains.max_size = f.add("max_size", u32(rnd))
    v.out_sids = translated(rnd, f)
    v.out_count = f.add("count", u32(rnd))
    v.result = f.add("status", u32(rnd))
    return v


def handle(rnd, f, name):
    h = misc.policy_handle()
    h.handle_type = 0
    h.uuid = misc.GUID(f.add(name, guid(rnd)))
    return h


@call(lsa.CreateTrustedDomainEx2, "in")
def lsa_create_trusted(rnd, f):
    v = lsa.CreateTrustedDomainEx2()
    v.in_policy_handle = handle(rnd, f, "policy")
    info = lsa.TrustDomainInfoInfoEx()
    info.domain_name.string = f.text("dns", dns_name(rnd))
    info.netbios_name.string = f.text("flat", label(rnd))
    info.sid = security.dom_sid(f.add("sid", domain_sid(rnd)))
    info.trust_direction = f.add("direction", u32(rnd))
    info.trust_type = f.add("type", u32(rnd))
    info.trust_attributes = f.add("attributes", u32(rnd))
    auth = lsa.TrustDomainInfoAuthInfoInternal()
    data = octets(rnd, 1)
    auth.auth_blob.size, auth.auth_blob.data = len(data), list(data)
    f.add("blob", data.hex())
    v.in_info, v.in_auth_info_internal = info, auth
    v.in_access_mask = f.add("access", u32(rnd))
    return v


@call(lsa.QueryInfoPolicy2, "out")
def lsa_dns_domain(rnd, f):
    v = lsa.QueryInfoPolicy2()
    info = lsa.DnsDomainInfo()
    info.name.string = f.text("name", label(rnd))
    info.dns_domain.string = f.text("dns", dns_name(rnd))
    info.dns_forest.string = f.text("forest", dns_name(rnd))
    info.domain_guid = misc.GUID(f.add("guid", guid(rnd)))
    info.sid = security.dom_sid(f.add("sid", domain_sid(rnd)))
    v.in_level = lsa.LSA_POLICY_INFO_DNS
    v.out_info = info
    v.result = f.add("status", u32(rnd))
    return v


def response(rnd, f, name):
    r = netlogon.netr_ChallengeResponse()
    data = octets(rnd, 1)
    r.length, r.data = len(data), list(data)
    f.add(name, data.hex())
    return r


@call(netlogon.netr_LogonSamLogonEx, "in")
def netlogon_network_logon(rnd, f):
    v = netlogon.netr_LogonSamLogonEx()
    v.in_server_name = f.text("server", label(rnd))
    v.in_computer_name = f.text("computer", label(rnd))
    info = netlogon.netr_NetworkInfo()
    who = info.identity_info
    who.domain_name.string = f.text("domain", label(rnd))
    who.parameter_control = f.add("control", u32(rnd))
    who.account_name.string = f.text("account", label(rnd))
    who.workstation.string = f.text("workstation", label(rnd))
    challenge = octets(rnd, 8, 8)
    info.challenge = list(challenge)
    f.add("challenge", challenge.hex())
    info.nt, info.lm = response(rnd, f, "nt"), response(rnd, f, "lm")
    v.in_logon_level = netlogon.NetlogonNetworkTransitiveInformation
    v.in_logon = info
    v.in_validation_level = f.add("validation", u16(rnd))
    v.in_flags = f.add("flags", u32(rnd))
    return v


def password(rnd, f, name):
    p = samr.Password()
    data = octets(rnd, 16, 16)
    p.hash = list(data)
    f.add(name, data.hex())
    return p


@call(netlogon.netr_ServerGetTrustInfo, "out")
def netlogon_trust_info(rnd, f):
    v = netlogon.netr_ServerGetTrustInfo()
    auth = netlogon.netr_Authenticator()
    data = octets(rnd, 8, 8)
    auth.cred.data = list(data)
    f.add("credential", data.hex())
    auth.timestamp = f.add("timestamp", u16(rnd))
    v.out_return_authenticator = auth
    v.out_new_owf_password = password(rnd, f, "current")
    v.out_old_owf_password = password(rnd, f, "previous")
    info = netlogon.netr_TrustInfo()
    info.count = 1
    info.data = [f.add("attributes", u32(rnd))]
    info.entry_count = 1
    info.entries = [lsa.String()]
    v.out_trust_info = info
    return v


@call(netlogon.netr_DsRGetDCNameEx2, "out")
def netlogon_dc_name(rnd, f):
    v = netlogon.netr_DsRGetDCNameEx2()
    info = netlogon.netr_DsRGetDCNameInfo()
    info.dc_unc = f.text("dc", label(rnd))
    info.dc_address = f.text("address", label(rnd))
    info.dc_address_type = f.add("type", 1)
    info.domain_guid = misc.GUID(f.add("guid", guid(rnd)))
    info.domain_name = f.text("domain", dns_name(rnd))
    info.forest_name = f.text("forest", dns_name(rnd))
    info.dc_flags = f.add("flags", u32(rnd))
    info.dc_site_name = f.text("dc_site", label(rnd))
    info.client_site_name = f.text("client_site", label(rnd))
    v.out_info = info
    return v
