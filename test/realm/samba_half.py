"""Run on the Samba DC's host: makes, changes or deletes Samba's half of a trust through Samba's own LSA,
so that nothing has to be asked of the other side.

usage: samba_half.py SMB_CONF create|delete|delete-by-sid|garbled|collisions (JSON on stdin)
"""

import json
import sys

from samba import credentials, param, string_to_byte_array
from samba.dcerpc import drsblobs, lsa, security
from samba.ndr import ndr_pack
from samba.trust_utils import CreateTrustedDomainRelax


def auth_half(password, ntnow):
    clear = drsblobs.AuthInfoClear()
    data = string_to_byte_array(password.encode("utf-16-le"))
    clear.size = len(data)
    clear.password = data
    info = drsblobs.AuthenticationInformation()
    info.LastUpdateTime = ntnow
    info.AuthType = lsa.TRUST_AUTH_TYPE_CLEAR
    info.AuthInfo = clear
    array = drsblobs.AuthenticationInformationArray()
    array.count = 1
    array.array = [info]
    io = drsblobs.trustAuthInOutBlob()
    io.count = 1
    io.current = array
    return io


def connect(lp, q):
    creds = credentials.Credentials()
    creds.guess(lp)
    creds.set_username(q.get("admin_user", "Administrator"))
    creds.set_password(q["admin_password"])
    creds.set_kerberos_state(credentials.DONT_USE_KERBEROS)
    conn = lsa.lsarpc(f"ncacn_np:{q['host']}[]", lp, creds)
    attr = lsa.ObjectAttribute()
    attr.sec_qos = lsa.QosInfo()
    policy = conn.OpenPolicy2("", attr, security.SEC_FLAG_MAXIMUM_ALLOWED)
    return conn, policy


def create(conn, policy, q):
    info = lsa.TrustDomainInfoInfoEx()
    info.domain_name.string = q["dns"]
    info.netbios_name.string = q["netbios"]
    info.sid = security.dom_sid(q["sid"])
    info.trust_direction = q["direction"]
    info.trust_type = lsa.LSA_TRUST_TYPE_UPLEVEL
    info.trust_attributes = q["attributes"]
    half = auth_half(q["password"], q["filetime"])
    handle = CreateTrustedDomainRelax(conn, policy, info, lsa.LSA_TRUSTED_DOMAIN_ALL_ACCESS, half, half)
    if q.get("enctypes"):
        enc = lsa.TrustDomainInfoSupportedEncTypes()
        enc.enc_types = q["enctypes"]
        conn.SetInformationTrustedDomain(handle, lsa.LSA_TRUSTED_DOMAIN_SUPPORTED_ENCRYPTION_TYPES, enc)
    if q["attributes"] & lsa.LSA_TRUST_ATTRIBUTE_FOREST_TRANSITIVE:
        set_forest_info(conn, policy, q)


def garbled(conn, policy, q):
    """Secrets that are encrypted with no key of ours."""
    info = lsa.TrustDomainInfoInfoEx()
    info.domain_name.string = q["dns"]
    info.netbios_name.string = q["netbios"]
    info.sid = security.dom_sid(q["sid"])
    info.trust_direction = q["direction"]
    info.trust_type = lsa.LSA_TRUST_TYPE_UPLEVEL
    info.trust_attributes = q["attributes"]
    auth = lsa.TrustDomainInfoAuthInfoInternal()
    auth.auth_blob = lsa.DATA_BUF2()
    auth.auth_blob.size = 1000
    auth.auth_blob.data = [7] * 1000
    conn.CreateTrustedDomainEx2(policy, info, auth, lsa.LSA_TRUSTED_DOMAIN_ALL_ACCESS)


def collisions(conn, policy, q):
    """What the other names in q would collide with, checked only."""
    own = lsa.ForestTrustRecord()
    own.type = lsa.LSA_FOREST_TRUST_TOP_LEVEL_NAME
    own.forest_trust_data.string = q["dns"]
    entries = [own]
    for name in q["names"]:
        top = lsa.ForestTrustRecord()
        top.type = lsa.LSA_FOREST_TRUST_TOP_LEVEL_NAME
        top.forest_trust_data.string = name
        entries.append(top)
    info = lsa.ForestTrustInformation()
    info.count, info.entries = len(entries), entries
    name = lsa.StringLarge()
    name.string = q["dns"]
    found = conn.lsaRSetForestTrustInformation(policy, name, lsa.LSA_FOREST_TRUST_DOMAIN_INFO, info, 1)
    for e in found.entries if found else []:
        print("collision", e.index, e.type, e.flags, e.name.string)


def set_forest_info(conn, policy, q):
    top = lsa.ForestTrustRecord()
    top.type = lsa.LSA_FOREST_TRUST_TOP_LEVEL_NAME
    top.forest_trust_data.string = q["dns"]
    domain = lsa.ForestTrustRecord()
    domain.type = lsa.LSA_FOREST_TRUST_DOMAIN_INFO
    domain.forest_trust_data.domain_sid = security.dom_sid(q["sid"])
    domain.forest_trust_data.dns_domain_name.string = q["dns"]
    domain.forest_trust_data.netbios_domain_name.string = q["netbios"]
    info = lsa.ForestTrustInformation()
    info.count = 2
    info.entries = [top, domain]
    name = lsa.StringLarge()
    name.string = q["dns"]
    conn.lsaRSetForestTrustInformation(policy, name, lsa.LSA_FOREST_TRUST_DOMAIN_INFO, info, 0)


def delete(conn, policy, q):
    name = lsa.String()
    name.string = q["dns"]
    handle = conn.OpenTrustedDomainByName(policy, name, security.SEC_STD_DELETE)
    conn.DeleteObject(handle)


def delete_by_sid(conn, policy, q):
    conn.DeleteTrustedDomain(policy, security.dom_sid(q["sid"]))


def main():
    lp = param.LoadParm()
    lp.load(sys.argv[1])
    q = json.load(sys.stdin)
    conn, policy = connect(lp, q)
    {"create": create, "delete": delete, "garbled": garbled, "collisions": collisions,
     "delete-by-sid": delete_by_sid}[sys.argv[2]](conn, policy, q)
    print("done")


if __name__ == "__main__":
    main()
