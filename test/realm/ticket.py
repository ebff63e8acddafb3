"""What a service reads in a ticket, by decoders that are not ours: impacket takes the ccache and the keytab
apart, libkrb5's key decrypts, Samba's NDR reads the PAC."""

from impacket.krb5 import crypto
from impacket.krb5.asn1 import AD_IF_RELEVANT, EncTicketPart, Ticket
from impacket.krb5.ccache import CCache
from impacket.krb5.keytab import Keytab
from pyasn1.codec.der import decoder
from samba.dcerpc import krb5pac
from samba.ndr import ndr_unpack

AD_WIN2K_PAC = 128
KEY_USAGE_TICKET = 2


def _ticket(cache, service):
    for credential in CCache.loadFile(cache.removeprefix("FILE:")).credentials:
        name = credential["server"].prettyPrint().decode()
        if name.split("@")[0].lower() == service.lower():
            return decoder.decode(credential.ticket["data"], asn1Spec=Ticket())[0]
    raise AssertionError(f"no ticket for {service} in {cache}")


def _key(keytab, etype):
    for entry in Keytab.loadFile(keytab).entries:
        block = entry.main_part["keyblock"]
        if block["keytype"] == etype:
            return crypto.Key(etype, block["keyvalue"]["data"])
    raise AssertionError(f"no key of enctype {etype} in {keytab}")


def pac(cache, keytab, service):
    return pac_under(cache, _key(keytab, int(_ticket(cache, service)["enc-part"]["etype"])), service)


def pac_under(cache, key, service):
    ticket = _ticket(cache, service)
    plain = crypto._enctype_table[key.enctype].decrypt(key, KEY_USAGE_TICKET, bytes(ticket["enc-part"]["cipher"]))
    part = decoder.decode(plain, asn1Spec=EncTicketPart())[0]
    for outer in part["authorization-data"]:
        for inner in decoder.decode(bytes(outer["ad-data"]), asn1Spec=AD_IF_RELEVANT())[0]:
            if int(inner["ad-type"]) == AD_WIN2K_PAC:
                return ndr_unpack(krb5pac.PAC_DATA, bytes(inner["ad-data"]))
    raise AssertionError("the ticket has no PAC")


def sids(cache, keytab, service):
    """The SIDs of the PAC's logon information by where they stand."""
    for buffer in pac(cache, keytab, service).buffers:
        if buffer.type == krb5pac.PAC_TYPE_LOGON_INFO:
            info = buffer.info.info
    base = info.info3.base
    return {"user": f"{base.domain_sid}-{base.rid}",
            "groups": {f"{base.domain_sid}-{g.rid}" for g in base.groups.rids or []},
            "extra": {str(s.sid) for s in info.info3.sids or []},
            "resource": {f"{info.resource_groups.domain_sid}-{g.rid}" for g in info.resource_groups.groups.rids or []}}
