/* RFC 4120 section 5.4: AS and TGS; RFC 6113 section 5.4: FAST. */
#include "wire/krb/krb_types.h"

static const struct der_field body_rows[] = {
    DER_ROW(krb_kdc_req_body, kdc_options, 0, der_flags),
    DER_ROW_PTR(krb_kdc_req_body, cname, 1, krb_principal_type),
    DER_ROW(krb_kdc_req_body, realm, 2, der_text),
    DER_ROW_PTR(krb_kdc_req_body, sname, 3, krb_principal_type),
    DER_ROW_HAS(krb_kdc_req_body, from, 4, der_time),
    DER_ROW_HAS(krb_kdc_req_body, till, 5, der_time),
    DER_ROW_HAS(krb_kdc_req_body, rtime, 6, der_time),
    DER_ROW(krb_kdc_req_body, nonce, 7, krb_nonce_type),
    DER_ROW(krb_kdc_req_body, etype, 8, krb_etypes_type),
    DER_ROW_OPT(krb_kdc_req_body, addresses, 9, krb_addresses_type),
    DER_ROW_PTR(krb_kdc_req_body, enc_authorization_data, 10, krb_encrypted_type),
    DER_ROW_OPT(krb_kdc_req_body, additional_tickets, 11, krb_tickets_type),
};
const struct der_type krb_req_body_type = {DER_TYPE_SEQUENCE(krb_kdc_req_body, body_rows),
                                           KRB_RAW(krb_kdc_req_body)};

static const struct der_type as_req_number = KRB_ONLY(KRB_AS_REQ);
static const struct der_type as_rep_number = KRB_ONLY(KRB_AS_REP);
static const struct der_type tgs_req_number = KRB_ONLY(KRB_TGS_REQ);
static const struct der_type tgs_rep_number = KRB_ONLY(KRB_TGS_REP);

#define REQ_ROWS(NUMBER)                                                                           \
    {                                                                                              \
        DER_ROW_CONST(pvno, 1, krb_pvno_type), DER_ROW(krb_kdc_req, msg_type, 2, NUMBER),          \
            DER_ROW_OPT(krb_kdc_req, padata, 3, krb_method_data_type),                             \
            DER_ROW(krb_kdc_req, req_body, 4, krb_req_body_type)                                   \
    }
static const struct der_field as_req_rows[] = REQ_ROWS(as_req_number);
static const struct der_field tgs_req_rows[] = REQ_ROWS(tgs_req_number);
const struct der_type krb_as_req_type = {DER_TYPE_SEQUENCE(krb_kdc_req, as_req_rows),
                                         .outer = DER_APP(KRB_AS_REQ), KRB_RAW(krb_kdc_req)};
const struct der_type krb_tgs_req_type = {DER_TYPE_SEQUENCE(krb_kdc_req, tgs_req_rows),
                                          .outer = DER_APP(KRB_TGS_REQ), KRB_RAW(krb_kdc_req)};

#define REP_ROWS(NUMBER)                                                                           \
    {                                                                                              \
        DER_ROW_CONST(pvno, 0, krb_pvno_type), DER_ROW(krb_kdc_rep, msg_type, 1, NUMBER),          \
            DER_ROW_OPT(krb_kdc_rep, padata, 2, krb_method_data_type),                             \
            DER_ROW(krb_kdc_rep, crealm, 3, der_text),                                             \
            DER_ROW(krb_kdc_rep, cname, 4, krb_principal_type),                                    \
            DER_ROW(krb_kdc_rep, ticket, 5, krb_ticket_type),                                      \
            DER_ROW(krb_kdc_rep, enc_part, 6, krb_encrypted_type)                                  \
    }
static const struct der_field as_rep_rows[] = REP_ROWS(as_rep_number);
static const struct der_field tgs_rep_rows[] = REP_ROWS(tgs_rep_number);
const struct der_type krb_as_rep_type = KRB_TYPE_IN(DER_APP(KRB_AS_REP), krb_kdc_rep, as_rep_rows);
const struct der_type krb_tgs_rep_type =
    KRB_TYPE_IN(DER_APP(KRB_TGS_REP), krb_kdc_rep, tgs_rep_rows);

static const struct der_field last_req_rows[] = {
    DER_ROW(krb_last_req, lr_type, 0, der_int32),
    DER_ROW(krb_last_req, lr_value, 1, der_time),
};
static const struct der_type last_req_type = {DER_TYPE_SEQUENCE(krb_last_req, last_req_rows)};
static const struct der_type last_reqs_type = {DER_TYPE_LIST(last_req_type, 0, KRB_LAST_REQ_MAX)};

static const struct der_field enc_rep_rows[] = {
    DER_ROW(krb_enc_kdc_rep_part, key, 0, krb_key_type),
    DER_ROW(krb_enc_kdc_rep_part, last_req, 1, last_reqs_type),
    DER_ROW(krb_enc_kdc_rep_part, nonce, 2, krb_nonce_type),
    DER_ROW_HAS(krb_enc_kdc_rep_part, key_expiration, 3, der_time),
    DER_ROW(krb_enc_kdc_rep_part, flags, 4, der_flags),
    DER_ROW(krb_enc_kdc_rep_part, authtime, 5, der_time),
    DER_ROW_HAS(krb_enc_kdc_rep_part, starttime, 6, der_time),
    DER_ROW(krb_enc_kdc_rep_part, endtime, 7, der_time),
    DER_ROW_HAS(krb_enc_kdc_rep_part, renew_till, 8, der_time),
    DER_ROW(krb_enc_kdc_rep_part, srealm, 9, der_text),
    DER_ROW(krb_enc_kdc_rep_part, sname, 10, krb_principal_type),
    DER_ROW_OPT(krb_enc_kdc_rep_part, caddr, 11, krb_addresses_type),
    DER_ROW_OPT(krb_enc_kdc_rep_part, encrypted_pa_data, 12, krb_method_data_type),
};
const struct der_type krb_enc_as_rep_part_type =
    KRB_TYPE_IN(DER_APP(25), krb_enc_kdc_rep_part, enc_rep_rows);
const struct der_type krb_enc_tgs_rep_part_type =
    KRB_TYPE_IN(DER_APP(26), krb_enc_kdc_rep_part, enc_rep_rows);

static const struct der_field armor_rows[] = {
    DER_ROW(krb_fast_armor, armor_type, 0, der_int32),
    DER_ROW(krb_fast_armor, armor_value, 1, der_octets),
};
static const struct der_type armor_type = {DER_TYPE_SEQUENCE(krb_fast_armor, armor_rows)};

static const struct der_field armored_req_rows[] = {
    DER_ROW_PTR(krb_fast_armored_req, armor, 0, armor_type),
    DER_ROW(krb_fast_armored_req, req_checksum, 1, krb_cksum_type),
    DER_ROW(krb_fast_armored_req, enc_fast_req, 2, krb_encrypted_type),
};
const struct der_type krb_fast_request_type =
    KRB_TYPE_IN(DER_CTX(0), krb_fast_armored_req, armored_req_rows);

static const struct der_field fast_req_rows[] = {
    DER_ROW(krb_fast_req, fast_options, 0, der_flags),
    DER_ROW(krb_fast_req, padata, 1, krb_method_data_type),
    DER_ROW(krb_fast_req, req_body, 2, krb_req_body_type),
};
const struct der_type krb_fast_req_type = {DER_TYPE_SEQUENCE(krb_fast_req, fast_req_rows)};

static const struct der_field armored_rep_rows[] = {
    DER_ROW(krb_fast_armored_rep, enc_fast_rep, 0, krb_encrypted_type),
};
const struct der_type krb_fast_reply_type =
    KRB_TYPE_IN(DER_CTX(0), krb_fast_armored_rep, armored_rep_rows);

static const struct der_field finished_rows[] = {
    DER_ROW(krb_fast_finished, timestamp, 0, der_time),
    DER_ROW(krb_fast_finished, usec, 1, krb_usec_type),
    DER_ROW(krb_fast_finished, crealm, 2, der_text),
    DER_ROW(krb_fast_finished, cname, 3, krb_principal_type),
    DER_ROW(krb_fast_finished, ticket_checksum, 4, krb_cksum_type),
};
static const struct der_type finished_type = {DER_TYPE_SEQUENCE(krb_fast_finished, finished_rows)};

static const struct der_field fast_response_rows[] = {
    DER_ROW(krb_fast_response, padata, 0, krb_method_data_type),
    DER_ROW_PTR(krb_fast_response, strengthen_key, 1, krb_key_type),
    DER_ROW_PTR(krb_fast_response, finished, 2, finished_type),
    DER_ROW(krb_fast_response, nonce, 3, krb_nonce_type),
};
const struct der_type krb_fast_response_type = {
    DER_TYPE_SEQUENCE(krb_fast_response, fast_response_rows)};
