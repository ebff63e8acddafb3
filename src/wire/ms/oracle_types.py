"""Random values of the structures that src/wire/ms reads and writes, made and written by Samba."""
import uuid

from samba.dcerpc import drsblobs, krb5pac, lsa, misc, netlogon, samr, security
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
