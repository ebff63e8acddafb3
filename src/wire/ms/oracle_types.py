"""Random values of the structures that src/wire/ms reads and writes, made and written by Samba."""
import ipaddress
import uuid

from samba.dcerpc import dnsp, drsblobs, krb5pac, lsa, misc, nbt, netlogon, samr, security
from samba.ndr import ndr_pack, ndr_unpack

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.$ äöüßéñøłЖλ日本語😀"


def text(rnd, low=0, high=20):
    return "".join(rnd.choice(ALPHABET) for _ in range(rnd.randint(low, high)))


def label(rnd):
    return "".join(rnd.choice("abcdefghijklmnopqrstuvwxyz0123456789-") for _ in range(rnd.randint(1, 15)))


def dns_name(rnd):
    return ".".join(label(rnd) for _ in range(rnd.randint(1, 4)))


def u32(rnd):
    return rnd.choice([0, 1, 0xFFFFFFFF, rnd.getrandbits(32), rnd.getrandbits(16), rnd.getrandbits(8)])


def u16(rnd):
    return u32(rnd) & 0xFFFF


def nttime(rnd):
    return rnd.choice([0, 0x7FFFFFFFFFFFFFFF, rnd.getrandbits(62)])


def domain_sid(rnd):
    return "S-1-5-21-%d-%d-%d" % (u32(rnd), u32(rnd), u32(rnd))


def any_sid(rnd):
    count = rnd.randint(1, 15)
    return "S-1-%d-%s" % (rnd.randint(0, 20), "-".join(str(u32(rnd)) for _ in range(count)))


def guid(rnd):
    return str(uuid.UUID(int=rnd.getrandbits(128)))


def octets(rnd, low=0, high=40):
    return bytes(rnd.getrandbits(8) for _ in range(rnd.randint(low, high)))


class Fields(list):
    def add(self, name, value):
        self.append((name, value))
        return value

    def text(self, name, value):
        """An absent text is "null", a present one is in quotes."""
        self.append((name, "null" if value is None else '"%s"' % value))
        return value


class Type:
    """One structure: how Samba names it, and a random one."""

    def __init__(self, cls, fill):
        self.cls = cls
        self.fill = fill

    def random(self, rnd):
        fields = Fields()
        value = self.fill(rnd, fields)
        return (value if isinstance(value, bytes) else ndr_pack(value)), fields

    def again(self, data):
        return ndr_pack(ndr_unpack(self.cls, data))


TYPES = {}


def kind(cls):
    def add(fill):
        TYPES[fill.__name__] = Type(cls, fill)
        return fill

    return add


# --- PAC ---------------------------------------------------------------------------------------------


def lsa_string(rnd, fields, name, cls=lsa.String):
    s = cls()
    s.string = fields.text(name, rnd.choice([None, text(rnd), text(rnd)]))
    return s


def groups(rnd, fields, name, array):
    items = []
    for i in range(rnd.choice([0, 0, 1, 2, 30])):
        g = samr.RidWithAttribute()
        g.rid, g.attributes = u32(rnd), u32(rnd)
        fields.add(name, "%d/%d" % (g.rid, g.attributes))
        items.append(g)
    array.count = len(items)
    array.rids = items


@kind(krb5pac.PAC_LOGON_INFO_CTR)
def logon_info(rnd, f):
    ctr = krb5pac.PAC_LOGON_INFO_CTR()
    ctr.info = krb5pac.PAC_LOGON_INFO()
    info3 = ctr.info.info3
    b = info3.base
    for name in ("logon_time", "logoff_time", "kickoff_time", "last_password_change",
                 "allow_password_change", "force_password_change"):
        setattr(b, name, f.add(name, nttime(rnd)))
    for name in ("account_name", "full_name", "logon_script", "profile_path", "home_directory",
                 "home_drive"):
        setattr(b, name, lsa_string(rnd, f, name))
    b.logon_count = f.add("logon_count", u16(rnd))
    b.bad_password_count = f.add("bad_password_count", u16(rnd))
    b.rid = f.add("rid", u32(rnd))
    b.primary_gid = f.add("primary_gid", u32(rnd))
    groups(rnd, f, "group", b.groups)
    b.user_flags = f.add("user_flags", u32(rnd))
    key = octets(rnd, 16, 16)
    b.key.key = list(key)
    f.add("key", key.hex())
    b.logon_server = lsa_string(rnd, f, "logon_server", lsa.StringLarge)
    b.logon_domain = lsa_string(rnd, f, "logon_domain", lsa.StringLarge)
    b.domain_sid = security.dom_sid(f.add("domain_sid", domain_sid(rnd)))
    b.acct_flags = f.add("acct_flags", u32(rnd))
    b.sub_auth_status = f.add("sub_auth_status", u32(rnd))
    b.last_successful_logon = f.add("last_success", nttime(rnd))
    b.last_failed_logon = f.add("last_failure", nttime(rnd))
    b.failed_logon_count = f.add("failed_count", u32(rnd))
    sids = []
    for i in range(rnd.choice([0, 1, 2, 25])):
        s = netlogon.netr_SidAttr()
        s.sid = security.dom_sid(any_sid(rnd))
        s.attributes = u32(rnd)
        f.add("extra", "%s/%d" % (s.sid, s.attributes))
        sids.append(s)
    info3.sidcount = len(sids)
    info3.sids = sids
    if rnd.random() < 0.5:
        rg = ctr.info.resource_groups
        rg.domain_sid = security.dom_sid(f.add("resource_domain", domain_sid(rnd)))
        groups(rnd, f, "resource", rg.groups)
    return ctr


@kind(krb5pac.PAC_CONSTRAINED_DELEGATION_CTR)
def delegation(rnd, f):
    ctr = krb5pac.PAC_CONSTRAINED_DELEGATION_CTR()
    ctr.info = krb5pac.PAC_CONSTRAINED_DELEGATION()
    ctr.info.proxy_target = lsa_string(rnd, f, "target")
    services = [lsa_string(rnd, f, "service") for _ in range(rnd.randint(0, 5))]
    ctr.info.num_transited_services = len(services)
    ctr.info.transited_services = services
    return ctr


def pac_client(rnd, f):
    v = krb5pac.PAC_LOGON_NAME()
    v.logon_time = f.add("authtime", nttime(rnd))
    v.account_name = f.text("name", text(rnd, 1))
    return v


def pac_upn(rnd, f):
    v = krb5pac.PAC_UPN_DNS_INFO()
    v.upn_name = f.text("upn", text(rnd, 1))
    v.dns_domain_name = f.text("dns", dns_name(rnd).upper())
    v.flags = rnd.randint(0, 3)
    f.add("upn_flags", v.flags)
    if v.flags & 2:
        v.ex = krb5pac.PAC_UPN_DNS_INFO_SAM_NAME_AND_SID()
        v.ex.samaccountname = f.text("sam", text(rnd, 1))
        v.ex.objectsid = security.dom_sid(f.add("sid", any_sid(rnd)))
    return v


def pac_attributes(rnd, f):
    v = krb5pac.PAC_ATTRIBUTES_INFO()
    v.flags_length = 2
    v.flags = f.add("attributes", rnd.randint(0, 3))
    return v


def pac_requestor(rnd, f):
    v = krb5pac.PAC_REQUESTER_SID()
    v.sid = security.dom_sid(f.add("requestor", any_sid(rnd)))
    return v


SIGNATURES = {-138: 16, 15: 12, 16: 12}


def pac_signature(cksumtype):
    v = krb5pac.PAC_SIGNATURE_DATA()
    v.type = cksumtype & 0xFFFFFFFF
    v.signature = bytes(SIGNATURES[cksumtype])
    return v


@kind(krb5pac.PAC_DATA)
def pac(rnd, f):
    parts = [(1, logon_info(rnd, f)), (10, pac_client(rnd, f)), (12, pac_upn(rnd, f))]
    if rnd.random() < 0.3:
        parts.append((11, delegation(rnd, f)))
    if rnd.random() < 0.5:
        parts += [(17, pac_attributes(rnd, f)), (18, pac_requestor(rnd, f))]
    server, kdc = (f.add(n, rnd.choice(list(SIGNATURES))) for n in ("server", "kdc"))
    parts += [(6, pac_signature(server)), (7, pac_signature(kdc))]
    if rnd.random() < 0.5:
        parts += [(16, pac_signature(kdc)), (19, pac_signature(kdc))]
    v = krb5pac.PAC_DATA()
    v.num_buffers = len(parts)
    v.version = 0
    buffers = []
    for number, info in parts:
        b = krb5pac.PAC_BUFFER()
        b.type = number
        b.info = info
        buffers.append(b)
    v.buffers = buffers
    return v


def pac_sids(data):
    for b in ndr_unpack(krb5pac.PAC_DATA, data).buffers:
        if b.type == krb5pac.PAC_TYPE_LOGON_INFO:
            info = b.info.info
    base = info.info3.base
    lines = ["user %s-%d" % (base.domain_sid, base.rid), "primary %d" % base.primary_gid]
    lines += ["group %d" % g.rid for g in base.groups.rids or []]
    lines += ["extra %s" % s.sid for s in info.info3.sids or []]
    lines += ["resource %s-%d" % (info.resource_groups.domain_sid, g.rid)
              for g in info.resource_groups.groups.rids or []]
    return lines


# --- trusts ------------------------------------------------------------------------------------------


def auth_infos(rnd, f, name, count):
    array = drsblobs.AuthenticationInformationArray()
    infos = []
    for _ in range(count):
        info = drsblobs.AuthenticationInformation()
        info.LastUpdateTime = nttime(rnd)
        info.AuthType = rnd.choice([0, 1, 2, 2, 3])
        if info.AuthType == 0:
            v, data = drsblobs.AuthInfoNone(), b""
        elif info.AuthType == 1:
            v, data = drsblobs.AuthInfoNT4Owf(), octets(rnd, 16, 16)
            v.size = 16
            hash16 = samr.Password()
            hash16.hash = list(data)
            v.password = hash16
        elif info.AuthType == 2:
            v, data = drsblobs.AuthInfoClear(), octets(rnd, 0, 60)
            v.size, v.password = len(data), list(data)
        else:
            v = drsblobs.AuthInfoVersion()
            v.size, v.version = 4, u32(rnd)
            data = v.version.to_bytes(4, "little")
        info.AuthInfo = v
        f.add(name, "%d/%d/%s" % (info.LastUpdateTime, info.AuthType, data.hex()))
        infos.append(info)
    array.count = count
    array.array = infos
    return array


def in_out(rnd, f, name):
    blob = drsblobs.trustAuthInOutBlob()
    blob.count = rnd.randint(0, 4)
    blob.current = auth_infos(rnd, f, name, blob.count)
    blob.previous = auth_infos(rnd, f, name + "_previous", blob.count)
    return blob


@kind(drsblobs.trustAuthInOutBlob)
def trust_auth(rnd, f):
    return in_out(rnd, f, "info")


@kind(drsblobs.trustDomainPasswords)
def trust_auth_pair(rnd, f):
    v = drsblobs.trustDomainPasswords()
    v.confounder = list(octets(rnd, 512, 512))
    v.outgoing = in_out(rnd, f, "outgoing")
    v.incoming = in_out(rnd, f, "incoming")
    return v


def counted(f, value):
    s = drsblobs.ForestTrustString()
    s.size = len(value.encode())
    s.string = value
    return s


@kind(drsblobs.ForestTrustInfo)
def forest_info(rnd, f):
    info = drsblobs.ForestTrustInfo()
    info.version = 1
    records = []
    for _ in range(rnd.randint(0, 8)):
        armor = drsblobs.ForestTrustInfoRecordArmor()
        r = armor.record
        r.flags = u32(rnd)
        r.timestamp = nttime(rnd)
        r.type = rnd.randint(0, 4)
        f.add("record", "%d/%d/%d" % (r.type, r.flags, r.timestamp))
        if r.type < 2:
            r.data = counted(f, f.text("name", dns_name(rnd)))
        elif r.type == 2:
            d = drsblobs.ForestTrustDataDomainInfo()
            d.sid = security.dom_sid(f.add("sid", domain_sid(rnd)))
            d.dns_name = counted(f, f.text("name", dns_name(rnd)))
            d.netbios_name = counted(f, f.text("flat", label(rnd).upper()))
            r.data = d
        else:
            d = drsblobs.ForestTrustDataBinaryData()
            data = octets(rnd)
            d.size, d.data = len(data), list(data)
            f.add("data", (len(data).to_bytes(4, "little") + data).hex())
            r.data = d
        records.append(armor)
    info.count = len(records)
    info.records = records
    return info


# --- security descriptors ----------------------------------------------------------------------------

PLAIN_ACES = [security.SEC_ACE_TYPE_ACCESS_ALLOWED, security.SEC_ACE_TYPE_ACCESS_DENIED,
              security.SEC_ACE_TYPE_SYSTEM_AUDIT]
OBJECT_ACES = [security.SEC_ACE_TYPE_ACCESS_ALLOWED_OBJECT, security.SEC_ACE_TYPE_ACCESS_DENIED_OBJECT,
               security.SEC_ACE_TYPE_SYSTEM_AUDIT_OBJECT]
ACE_FLAGS = [1, 2, 4, 8, 16, 64, 128]
RIGHTS = [1 << n for n in range(9)] + [1 << n for n in range(16, 20)] + [1 << n for n in range(28, 32)]
DOMAIN_RIDS = [498, 500, 501, 512, 513, 514, 515, 516, 517, 518, 519, 520, 522, 553, 1104]
KNOWN_SIDS = ["S-1-1-0", "S-1-3-0", "S-1-3-1", "S-1-3-4", "S-1-5-9", "S-1-5-10", "S-1-5-11", "S-1-5-18",
              "S-1-5-2", "S-1-5-4", "S-1-5-6", "S-1-5-7", "S-1-5-12", "S-1-5-19", "S-1-5-20",
              "S-1-5-33"] + ["S-1-5-32-%d" % n for n in range(544, 581)]


def trustee(rnd, domain):
    kind_of = rnd.randint(0, 2)
    if kind_of == 0:
        return "%s-%d" % (domain, rnd.choice(DOMAIN_RIDS))
    return rnd.choice(KNOWN_SIDS) if kind_of == 1 else any_sid(rnd)


def random_ace(rnd, f, name, domain):
    ace = security.ace()
    with_object = rnd.random() < 0.4
    ace.type = rnd.choice(OBJECT_ACES if with_object else PLAIN_ACES)
    ace.flags = sum(rnd.sample(ACE_FLAGS, rnd.randint(0, 4)))
    ace.access_mask = rnd.choice([sum(rnd.sample(RIGHTS, rnd.randint(1, 8))), rnd.getrandbits(32)])
    ace.trustee = security.dom_sid(trustee(rnd, domain))
    types = ["-", "-"]
    if with_object:
        ace.object.flags = rnd.randint(0, 3)
        if ace.object.flags & 1:
            types[0] = guid(rnd)
            ace.object.type = misc.GUID(types[0])
        if ace.object.flags & 2:
            types[1] = guid(rnd)
            ace.object.inherited_type = misc.GUID(types[1])
    f.add(name, "%d/%d/%d/%s/%s/%s" % (ace.type, ace.flags, ace.access_mask, types[0], types[1],
                                      ace.trustee))
    return ace


def random_descriptor(rnd, f, domain):
    sd = security.descriptor()
    sd.type = 0x8000 | sum(rnd.sample([0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000], rnd.randint(0, 3)))
    if rnd.random() < 0.8:
        sd.owner_sid = security.dom_sid(f.add("owner", trustee(rnd, domain)))
    if rnd.random() < 0.8:
        sd.group_sid = security.dom_sid(f.add("group", trustee(rnd, domain)))
    if rnd.random() < 0.5:
        for _ in range(rnd.randint(1, 4)):
            sd.sacl_add(random_ace(rnd, f, "sacl", domain))
        sd.type |= 0x10
    if rnd.random() < 0.9:
        for _ in range(rnd.randint(1, 12)):
            sd.dacl_add(random_ace(rnd, f, "dacl", domain))
        sd.type |= 0x4
    f.add("control", sd.type)
    return sd


@kind(security.descriptor)
def sd(rnd, f):
    return random_descriptor(rnd, f, domain_sid(rnd))


class Sddl(Type):
    """The bytes are a descriptor, the fields its domain and its text; again: domain, text -> bytes."""

    def random(self, rnd):
        f = Fields()
        domain = f.add("domain", domain_sid(rnd))
        value = random_descriptor(rnd, Fields(), domain)
        text_form = f.add("sddl", value.as_sddl(security.dom_sid(domain)))
        return self.again(("%s\n%s" % (domain, text_form)).encode()), f

    def again(self, data):
        domain, text_form = data.decode().split("\n")
        return ndr_pack(security.descriptor.from_sddl(text_form, security.dom_sid(domain)))


class SchemaSddl(Sddl):
    """The default descriptors of the schema's classes, one after the other."""

    FILE = "/usr/share/samba/setup/ad-schema/AD_DS_Classes__Windows_Server_2016.ldf"

    def random(self, rnd):
        with open(self.FILE, encoding="cp1252") as ldif:
            lines = ldif.read().replace("\n ", "").split("\n")
        name = "defaultSecurityDescriptor: "
        texts = sorted({line[len(name):] for line in lines if line.startswith(name)})
        texts = [t for t in texts if t.startswith("D:")]
        f = Fields()
        domain = f.add("domain", domain_sid(rnd))
        f.add("sddl", rnd.choice(texts))
        return self.again(("%s\n%s" % (domain, f[1][1])).encode()), f


TYPES["sddl"] = Sddl(None, None)
TYPES["schema_sddl"] = SchemaSddl(None, None)


# --- locating a domain controller --------------------------------------------------------------------


def ping_labels(rnd):
    """Names that share endings, as in one forest."""
    forest = dns_name(rnd)
    domain = rnd.choice([forest, "%s.%s" % (label(rnd), forest)])
    return forest, domain, "%s.%s" % (label(rnd), domain)


@kind(nbt.NETLOGON_SAM_LOGON_RESPONSE_EX)
def netlogon_ex(rnd, f):
    """With address and next site: Samba's Python writes both always."""
    v = nbt.NETLOGON_SAM_LOGON_RESPONSE_EX()
    v.command = f.add("opcode", rnd.choice([23, 24, 25]))
    v.sbz = 0
    v.server_type = f.add("flags", u32(rnd))
    v.domain_uuid = misc.GUID(f.add("guid", guid(rnd)))
    v.forest, v.dns_domain, v.pdc_dns_name = ping_labels(rnd)
    f.text("forest", v.forest)
    f.text("dns_domain", v.dns_domain)
    f.text("dns_host", v.pdc_dns_name)
    v.domain_name = f.text("flat_domain", rnd.choice([label(rnd).upper(), label(rnd)]))
    v.pdc_name = f.text("computer", label(rnd).upper())
    v.user_name = f.text("user", rnd.choice(["", label(rnd)]))
    v.server_site = f.text("dc_site", label(rnd))
    v.client_site = f.text("client_site", rnd.choice(["", label(rnd), v.server_site]))
    v.sockaddr_size = 16
    v.sockaddr.sockaddr_family = 2
    v.sockaddr.pdc_ip = f.add("address", ".".join(str(rnd.randint(0, 255)) for _ in range(4)))
    v.sockaddr.remaining = bytes(8)
    v.next_closest_site = f.text("next_site", rnd.choice(["", label(rnd)]))
    v.nt_version = f.add("nt_version", 0x1D)
    v.lmnt_token = v.lm20_token = 0xFFFF
    return v


@kind(nbt.NETLOGON_SAM_LOGON_RESPONSE)
def netlogon_5(rnd, f):
    v = nbt.NETLOGON_SAM_LOGON_RESPONSE()
    v.command = f.add("opcode", rnd.choice([19, 20, 21]))
    v.pdc_name = f.text("computer", "\\\\" + label(rnd).upper())
    v.user_name = f.text("user", text(rnd))
    v.domain_name = f.text("flat_domain", text(rnd, 1, 15))
    v.domain_uuid = misc.GUID(f.add("guid", guid(rnd)))
    v.forest, v.dns_domain, v.pdc_dns_name = ping_labels(rnd)
    f.text("forest", v.forest)
    f.text("dns_domain", v.dns_domain)
    f.text("dns_host", v.pdc_dns_name)
    v.pdc_ip = f.add("address", ".".join(str(rnd.randint(0, 255)) for _ in range(4)))
    v.server_type = f.add("flags", u32(rnd))
    v.nt_version = f.add("nt_version", 3)
    v.lmnt_token = v.lm20_token = 0xFFFF
    return v


@kind(nbt.NETLOGON_SAM_LOGON_RESPONSE_NT40)
def netlogon_nt40(rnd, f):
    v = nbt.NETLOGON_SAM_LOGON_RESPONSE_NT40()
    v.command = f.add("opcode", rnd.choice([19, 20, 21]))
    v.pdc_name = f.text("computer", "\\\\" + label(rnd).upper())
    v.user_name = f.text("user", text(rnd))
    v.domain_name = f.text("flat_domain", text(rnd, 1, 15))
    v.nt_version = f.add("nt_version", 1)
    v.lmnt_token = v.lm20_token = 0xFFFF
    return v


# --- DNS in the directory ----------------------------------------------------------------------------


def wire_name(name):
    parts = [part.encode() for part in name.split(".") if part]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def dns_soa(rnd):
    v = dnsp.soa()
    numbers = b""
    for name in ("serial", "refresh", "retry", "expire", "minimum"):
        n = u32(rnd)
        setattr(v, name, n)
        numbers += n.to_bytes(4, "big")
    v.mname, v.rname = dns_name(rnd), dns_name(rnd)
    return v, wire_name(v.mname) + wire_name(v.rname) + numbers


def dns_srv(rnd):
    v = dnsp.srv()
    v.wPriority, v.wWeight, v.wPort = u16(rnd), u16(rnd), u16(rnd)
    v.nameTarget = dns_name(rnd)
    numbers = b"".join(n.to_bytes(2, "big") for n in (v.wPriority, v.wWeight, v.wPort))
    return v, numbers + wire_name(v.nameTarget)


def dns_mx(rnd):
    v = dnsp.mx()
    v.wPriority, v.nameTarget = u16(rnd), dns_name(rnd)
    return v, v.wPriority.to_bytes(2, "big") + wire_name(v.nameTarget)


def dns_txt(rnd):
    v = dnsp.string_list()
    v.str = [label(rnd) for _ in range(rnd.randint(1, 4))]
    v.count = len(v.str)
    return v, b"".join(bytes([len(s)]) + s.encode() for s in v.str)


def dns_data(rnd, kind_of):
    if kind_of == 1:
        parts = [rnd.randint(0, 255) for _ in range(4)]
        return ".".join(map(str, parts)), bytes(parts)
    if kind_of == 28:
        address = ipaddress.IPv6Address(rnd.getrandbits(128))
        return str(address), address.packed
    if kind_of == 0:
        stamp = rnd.getrandbits(62)
        return stamp, stamp.to_bytes(8, "little")
    if kind_of in (2, 5, 12):
        name = dns_name(rnd)
        return name, wire_name(name)
    return {6: dns_soa, 33: dns_srv, 15: dns_mx, 16: dns_txt}[kind_of](rnd)


@kind(dnsp.DnssrvRpcRecord)
def dns_record(rnd, f):
    v = dnsp.DnssrvRpcRecord()
    v.wType = f.add("type", rnd.choice([0, 1, 2, 5, 6, 12, 15, 16, 28, 33]))
    v.version = 5
    v.rank = f.add("rank", rnd.choice([0, 8, 32, 128, 130, 240]))
    v.dwSerial = f.add("serial", u32(rnd))
    v.dwTtlSeconds = f.add("ttl", u32(rnd))
    v.dwTimeStamp = f.add("stamp", u32(rnd))
    v.data, rdata = dns_data(rnd, v.wType)
    f.add("rdata", rdata.hex())
    return v


@kind(dnsp.DnsProperty)
def dns_property(rnd, f):
    v = dnsp.DnsProperty()
    v.namelength, v.flag, v.version, v.name = 1, 0, 1, 0
    v.id = f.add("id", rnd.choice([0x01, 0x02, 0x08, 0x10, 0x12, 0x20, 0x40]))
    v.data = f.add("number", u32(rnd) & (0xFF if v.id == 2 else 0xFFFFFFFF))
    v.wDataLength = {0x02: 1, 0x08: 8}.get(v.id, 4)
    return v


# --- keys and metadata -------------------------------------------------------------------------------


@kind(drsblobs.supplementalCredentialsBlob)
def supplemental(rnd, f):
    v = drsblobs.supplementalCredentialsBlob()
    packages = []
    for _ in range(rnd.randint(0, 5)):
        p = drsblobs.supplementalCredentialsPackage()
        data = octets(rnd).hex()
        p.name, p.data = "Primary:%s" % label(rnd), data
        p.name_len, p.data_len, p.reserved = 2 * len(p.name), len(data), 0
        f.add("property", "%s/%s" % (p.name, data))
        packages.append(p)
    v.sub.prefix = drsblobs.SUPPLEMENTAL_CREDENTIALS_PREFIX
    v.sub.signature = drsblobs.SUPPLEMENTAL_CREDENTIALS_SIGNATURE
    v.sub.num_packages = len(packages)
    v.sub.packages = packages
    return v


def kerberos_keys(rnd, f, name):
    keys = []
    for _ in range(rnd.randint(0, 4)):
        k = drsblobs.package_PrimaryKerberosKey4()
        k.keytype, k.iteration_count = rnd.choice([1, 3, 17, 18]), u32(rnd)
        k.value = octets(rnd, 1, 32)
        k.value_len = len(k.value)
        f.add(name, "%d/%d/%s" % (k.keytype, k.iteration_count, k.value.hex()))
        keys.append(k)
    return keys


@kind(drsblobs.package_PrimaryKerberosBlob)
def kerberos_newer(rnd, f):
    v = drsblobs.package_PrimaryKerberosBlob()
    v.version, v.flags = 4, 0
    c = drsblobs.package_PrimaryKerberosCtr4()
    c.salt.string = f.text("salt", text(rnd, 1))
    c.default_iteration_count = f.add("iterations", u32(rnd))
    # Samba writes no service keys, whatever it is given.
    for part in ("", "old_", "older_"):
        keys = kerberos_keys(rnd, f, part + "key")
        setattr(c, "num_%skeys" % part, len(keys))
        setattr(c, part + "keys", keys)
    v.ctr = c
    return v


@kind(drsblobs.replPropertyMetaDataBlob)
def repl_meta(rnd, f):
    v = drsblobs.replPropertyMetaDataBlob()
    v.version = 1
    c = drsblobs.replPropertyMetaDataCtr1()
    entries = []
    for _ in range(rnd.randint(0, 10)):
        e = drsblobs.replPropertyMetaData1()
        e.attid, e.version = u32(rnd), u32(rnd)
        seconds = rnd.getrandbits(34)
        e.originating_change_time = seconds * 10000000
        e.originating_invocation_id = misc.GUID(guid(rnd))
        e.originating_usn, e.local_usn = rnd.getrandbits(62), rnd.getrandbits(62)
        f.add("entry", "%d/%d/%d/%s/%d/%d" % (e.attid, e.version, seconds, e.originating_invocation_id,
                                              e.originating_usn, e.local_usn))
        entries.append(e)
    c.count = len(entries)
    c.array = entries
    v.ctr = c
    return v
