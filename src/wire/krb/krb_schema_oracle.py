"""Compares the rows of our tables (on standard input) with Samba's ASN.1 schema of Kerberos.

A row is: message, path of members, context tag, 1 if optional, universal tag. Members have the
specification's names but for those in NAMES; a list adds "[]" to the path. Exits 77 without Samba.
"""
import sys

try:
    from pyasn1.type import univ
    from samba.tests.krb5 import rfc4120_pyasn1 as schema
except ImportError:
    sys.exit(77)

CLASSES = {
    'ticket': 'Ticket', 'enc_ticket_part': 'EncTicketPart', 'as_req': 'AS_REQ', 'tgs_req': 'TGS_REQ',
    'req_body': 'KDC_REQ_BODY', 'as_rep': 'AS_REP', 'tgs_rep': 'TGS_REP',
    'enc_as_rep_part': 'EncASRepPart', 'enc_tgs_rep_part': 'EncTGSRepPart', 'ap_req': 'AP_REQ',
    'authenticator': 'Authenticator', 'ap_rep': 'AP_REP', 'enc_ap_rep_part': 'EncAPRepPart',
    'safe': 'KRB_SAFE', 'safe_body': 'KRB_SAFE_BODY', 'priv': 'KRB_PRIV',
    'enc_priv_part': 'EncKrbPrivPart', 'cred': 'KRB_CRED', 'enc_cred_part': 'EncKrbCredPart',
    'error': 'KRB_ERROR', 'error_data': 'KERB_ERROR_DATA', 'encrypted': 'EncryptedData',
    'cksum': 'Checksum', 'method_data': 'METHOD_DATA', 'typed_data': 'TYPED_DATA',
    'authdata': 'AuthorizationData', 'etype_info2': 'ETYPE_INFO2', 'etype_info': 'ETYPE_INFO',
    'pa_enc_ts': 'PA_ENC_TS_ENC', 'pa_pac_request': 'KERB_PA_PAC_REQUEST',
    'pa_pac_options': 'PA_PAC_OPTIONS', 'pa_for_user': 'PA_S4U2Self', 'fast_req': 'KrbFastReq',
    'fast_response': 'KrbFastResponse', 'ad_kdc_issued': 'AD_KDCIssued',
    'change_passwd': 'ChangePasswdDataMS',
}
# Choices: the one arm.
ARMS = {'fast_request': ('PA_FX_FAST_REQUEST', 'armored-data'),
        'fast_reply': ('PA_FX_FAST_REPLY', 'armored-data')}
NAMES = {'name-type': 'type', 'name-string': 'parts'}
NAMES_IN = {'pa_for_user': {'name': 'user_name', 'realm': 'user_realm', 'auth': 'auth_package'},
            'pa_pac_options': {'options': 'flags'}}
# Required by the schema, optional to us on purpose: their headers say why.
LENIENT = {'till', 's_address'}


def rows(message, spec, path):
    if isinstance(spec, (univ.SequenceOf, univ.SetOf)):
        yield from rows(message, spec.componentType, path + '[]')
    elif isinstance(spec, univ.Sequence):
        for field in spec.componentType.namedTypes:
            names = dict(NAMES, **(NAMES_IN.get(message, {}) if path == '' else {}))
            name = names.get(field.name, field.name.replace('-', '_'))
            tags = field.asn1Object.tagSet.superTags
            here = path + ('.' if path else '') + name
            optional = field.isOptional or name in LENIENT
            yield message, here, str(tags[-1].tagId), str(int(optional)), str(tags[0].tagId)
            yield from rows(message, field.asn1Object, here)


def main():
    ours = {tuple(line.split()) for line in sys.stdin}
    theirs = set()
    for message, name in CLASSES.items():
        theirs.update(rows(message, getattr(schema, name)(), ''))
    for message, (name, arm) in ARMS.items():
        choice = getattr(schema, name)().componentType
        theirs.update(rows(message, choice[choice.getPositionByName(arm)].asn1Object, ''))
    known = set(CLASSES) | set(ARMS)
    ours = {row for row in ours if row[0] in known}
    for row in sorted(ours - theirs):
        print('only ours:', *row)
    for row in sorted(theirs - ours):
        print('only the schema:', *row)
    sys.exit(0 if ours == theirs and len(ours) > 300 else 1)


main()
