/* RFC 4120 section 5.2: what the messages are made of, and section 5.3: tickets. */
#include "wire/krb/krb_types.h"

const struct der_type krb_pvno_type = KRB_CONST(KRB_PVNO);
const struct der_type krb_usec_type = {
    .kind = DER_K_INT32, .tag = DER_INTEGER, .size = sizeof(int32_t), .lo = 0, .hi = 999999};
const struct der_type krb_nonce_type = {.kind = DER_K_INT64,
                                        .tag = DER_INTEGER,
                                        .size = sizeof(int64_t),
                                        .lo = INT32_MIN,
                                        .hi = UINT32_MAX};

static const struct der_type strings_type = {DER_TYPE_LIST(der_text, 0, KRB_NAME_PARTS_MAX)};
static const struct der_field principal_rows[] = {
    DER_ROW(krb_name, type, 0, der_int32),
    DER_ROW(krb_name, parts, 1, strings_type),
};
const struct der_type krb_principal_type = {DER_TYPE_SEQUENCE(krb_name, principal_rows)};

static const struct der_field address_rows[] = {
    DER_ROW(krb_address, addr_type, 0, der_int32),
    DER_ROW(krb_address, address, 1, der_octets),
};
const struct der_type krb_address_type = {DER_TYPE_SEQUENCE(krb_address, address_rows)};
const struct der_type krb_addresses_type = {DER_TYPE_LIST(krb_address_type, 0, KRB_ADDRESSES_MAX)};

static const struct der_field authdata_rows[] = {
    DER_ROW(krb_authdata, ad_type, 0, der_int32),
    DER_ROW(krb_authdata, ad_data, 1, der_octets),
};
static const struct der_type authdata_element = {DER_TYPE_SEQUENCE(krb_authdata, authdata_rows)};
const struct der_type krb_authdata_type = {DER_TYPE_LIST(authdata_element, 0, KRB_AUTHDATA_MAX)};

static const struct der_field padata_rows[] = {
    DER_ROW(krb_padata, padata_type, 1, der_int32),
    DER_ROW(krb_padata, padata_value, 2, der_octets),
};
static const struct der_type padata_element = {DER_TYPE_SEQUENCE(krb_padata, padata_rows)};
const struct der_type krb_method_data_type = {DER_TYPE_LIST(padata_element, 0, KRB_PADATA_MAX)};

static const struct der_field typed_rows[] = {
    DER_ROW(krb_typed_data, data_type, 0, der_int32),
    DER_ROW_OPT(krb_typed_data, data_value, 1, der_octets),
};
static const struct der_type typed_element = {DER_TYPE_SEQUENCE(krb_typed_data, typed_rows)};
const struct der_type krb_typed_data_type = {DER_TYPE_LIST(typed_element, 1, KRB_TYPED_DATA_MAX)};

/* RFC 4120 says UInt32. AD, where a read-only DC's number is in the high half, has signed words
 * ([MS-KILE] 3.1.5.8), and MIT refuses anything larger. */
static const struct der_type kvno_type = {.kind = DER_K_UINT32,
                                          .tag = DER_INTEGER,
                                          .size = sizeof(uint32_t),
                                          .lo = INT32_MIN,
                                          .hi = UINT32_MAX};
static const struct der_field encrypted_rows[] = {
    DER_ROW(krb_encrypted, etype, 0, der_int32),
    DER_ROW_HAS(krb_encrypted, kvno, 1, kvno_type),
    DER_ROW(krb_encrypted, cipher, 2, der_octets),
};
const struct der_type krb_encrypted_type = {DER_TYPE_SEQUENCE(krb_encrypted, encrypted_rows)};

static const struct der_field key_rows[] = {
    DER_ROW(krb_enc_key, keytype, 0, der_int32),
    DER_ROW(krb_enc_key, keyvalue, 1, der_octets),
};
const struct der_type krb_key_type = {DER_TYPE_SEQUENCE(krb_enc_key, key_rows)};

static const struct der_field cksum_rows[] = {
    DER_ROW(krb_cksum, cksumtype, 0, der_int32),
    DER_ROW(krb_cksum, checksum, 1, der_octets),
};
const struct der_type krb_cksum_type = {DER_TYPE_SEQUENCE(krb_cksum, cksum_rows)};

const struct der_type krb_etypes_type = {DER_TYPE_LIST(der_int32, 0, KRB_ETYPES_MAX)};

static const struct der_field ticket_rows[] = {
    DER_ROW_CONST(tkt_vno, 0, krb_pvno_type),
    DER_ROW(krb_ticket, realm, 1, der_text),
    DER_ROW(krb_ticket, sname, 2, krb_principal_type),
    DER_ROW(krb_ticket, enc_part, 3, krb_encrypted_type),
};
const struct der_type krb_ticket_type = {DER_TYPE_SEQUENCE(krb_ticket, ticket_rows),
                                         .outer = DER_APP(1), KRB_RAW(krb_ticket),
                                         .keep_raw = true};
const struct der_type krb_tickets_type = {DER_TYPE_LIST(krb_ticket_type, 0, KRB_TICKETS_MAX)};

static const struct der_field transited_rows[] = {
    DER_ROW(krb_transited, tr_type, 0, der_int32),
    DER_ROW(krb_transited, contents, 1, der_octets),
};
static const struct der_type transited_type = {DER_TYPE_SEQUENCE(krb_transited, transited_rows)};

static const struct der_field enc_ticket_rows[] = {
    DER_ROW(krb_enc_ticket_part, flags, 0, der_flags),
    DER_ROW(krb_enc_ticket_part, key, 1, krb_key_type),
    DER_ROW(krb_enc_ticket_part, crealm, 2, der_text),
    DER_ROW(krb_enc_ticket_part, cname, 3, krb_principal_type),
    DER_ROW(krb_enc_ticket_part, transited, 4, transited_type),
    DER_ROW(krb_enc_ticket_part, authtime, 5, der_time),
    DER_ROW_HAS(krb_enc_ticket_part, starttime, 6, der_time),
    DER_ROW(krb_enc_ticket_part, endtime, 7, der_time),
    DER_ROW_HAS(krb_enc_ticket_part, renew_till, 8, der_time),
    DER_ROW_OPT(krb_enc_ticket_part, caddr, 9, krb_addresses_type),
    DER_ROW_OPT(krb_enc_ticket_part, authorization_data, 10, krb_authdata_type),
};
const struct der_type krb_enc_ticket_part_type = {
    DER_TYPE_SEQUENCE(krb_enc_ticket_part, enc_ticket_rows), .outer = DER_APP(3),
    KRB_RAW(krb_enc_ticket_part)};
