"""Random values of what src/wire/rpc reads and writes, made and written by Samba."""
from samba.dcerpc import dcerpc, epmapper, misc

import oracle_types
from oracle_types import guid, octets, u16, u32

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
        data = oracle_types.ndr_pack_in(v)
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
