/* RFC 4120 sections 5.5 to 5.9: AP, SAFE, PRIV, CRED and errors. */
#include "wire/krb/krb_types.h"

static const struct der_type ap_req_number = KRB_CONST(KRB_AP_REQ);
static const struct der_type ap_rep_number = KRB_CONST(KRB_AP_REP);
static const struct der_type safe_number = KRB_CONST(KRB_SAFE);
static const struct der_type priv_number = KRB_CONST(KRB_PRIV);
static const struct der_type cred_number = KRB_CONST(KRB_CRED);
static const struct der_type error_number = KRB_CONST(KRB_ERROR);

static const struct der_field ap_req_rows[] = {
    DER_ROW_CONST(pvno, 0, krb_pvno_type),
    DER_ROW_CONST(msg_type, 1, ap_req_number),
    DER_ROW(krb_ap_req, ap_options, 2, der_flags),
    DER_ROW(krb_ap_req, ticket, 3, krb_ticket_type),
    DER_ROW(krb_ap_req, authenticator, 4, krb_encrypted_type),
};
const struct der_type krb_ap_req_type = KRB_TYPE_IN(DER_APP(KRB_AP_REQ), krb_ap_req, ap_req_rows);

static const struct der_field authenticator_rows[] = {
    DER_ROW_CONST(authenticator_vno, 0, krb_pvno_type),
    DER_ROW(krb_authenticator, crealm, 1, der_text),
    DER_ROW(krb_authenticator, cname, 2, krb_principal_type),
    DER_ROW_PTR(krb_authenticator, cksum, 3, krb_cksum_type),
    DER_ROW(krb_authenticator, cusec, 4, krb_usec_type),
    DER_ROW(krb_authenticator, ctime, 5, der_time),
    DER_ROW_PTR(krb_authenticator, subkey, 6, krb_key_type),
    DER_ROW_HAS(krb_authenticator, seq_number, 7, der_uint32),
    DER_ROW_OPT(krb_authenticator, authorization_data, 8, krb_authdata_type),
};
const struct der_type krb_authenticator_type =
    KRB_TYPE_IN(DER_APP(2), krb_authenticator, authenticator_rows);

static const struct der_field ap_rep_rows[] = {
    DER_ROW_CONST(pvno, 0, krb_pvno_type),
    DER_ROW_CONST(msg_type, 1, ap_rep_number),
    DER_ROW(krb_ap_rep, enc_part, 2, krb_encrypted_type),
};
const struct der_type krb_ap_rep_type = KRB_TYPE_IN(DER_APP(KRB_AP_REP), krb_ap_rep, ap_rep_rows);

static const struct der_field enc_ap_rep_rows[] = {
    DER_ROW(krb_enc_ap_rep_part, ctime, 0, der_time),
    DER_ROW(krb_enc_ap_rep_part, cusec, 1, krb_usec_type),
    DER_ROW_PTR(krb_enc_ap_rep_part, subkey, 2, krb_key_type),
    DER_ROW_HAS(krb_enc_ap_rep_part, seq_number, 3, der_uint32),
};
const struct der_type krb_enc_ap_rep_part_type =
    KRB_TYPE_IN(DER_APP(27), krb_enc_ap_rep_part, enc_ap_rep_rows);

static const struct der_field safe_body_rows[] = {
    DER_ROW(krb_safe_body, user_data, 0, der_octets),
    DER_ROW_HAS(krb_safe_body, timestamp, 1, der_time),
    DER_ROW_HAS(krb_safe_body, usec, 2, krb_usec_type),
    DER_ROW_HAS(krb_safe_body, seq_number, 3, der_uint32),
    DER_ROW_PTR(krb_safe_body, s_address, 4, krb_address_type),
    DER_ROW_PTR(krb_safe_body, r_address, 5, krb_address_type),
};
const struct der_type krb_safe_body_type = {DER_TYPE_SEQUENCE(krb_safe_body, safe_body_rows)};
const struct der_type krb_enc_priv_part_type =
    KRB_TYPE_IN(DER_APP(28), krb_safe_body, safe_body_rows);

static const struct der_field safe_rows[] = {
    DER_ROW_CONST(pvno, 0, krb_pvno_type),
    DER_ROW_CONST(msg_type, 1, safe_number),
    DER_ROW(krb_safe, safe_body, 2, krb_safe_body_type),
    DER_ROW(krb_safe, cksum, 3, krb_cksum_type),
};
const struct der_type krb_safe_type = KRB_TYPE_IN(DER_APP(KRB_SAFE), krb_safe, safe_rows);

static const struct der_field priv_rows[] = {
    DER_ROW_CONST(pvno, 0, krb_pvno_type),
    DER_ROW_CONST(msg_type, 1, priv_number),
    DER_ROW(krb_priv, enc_part, 3, krb_encrypted_type),
};
const struct der_type krb_priv_type = KRB_TYPE_IN(DER_APP(KRB_PRIV), krb_priv, priv_rows);

static const struct der_field cred_rows[] = {
    DER_ROW_CONST(pvno, 0, krb_pvno_type),
    DER_ROW_CONST(msg_type, 1, cred_number),
    DER_ROW(krb_cred, tickets, 2, krb_tickets_type),
    DER_ROW(krb_cred, enc_part, 3, krb_encrypted_type),
};
const struct der_type krb_cred_type = KRB_TYPE_IN(DER_APP(KRB_CRED), krb_cred, cred_rows);

static const struct der_field cred_info_rows[] = {
    DER_ROW(krb_cred_info, key, 0, krb_key_type),
    DER_ROW_OPT(krb_cred_info, prealm, 1, der_text),
    DER_ROW_PTR(krb_cred_info, pname, 2, krb_principal_type),
    DER_ROW_HAS(krb_cred_info, flags, 3, der_flags),
    DER_ROW_HAS(krb_cred_info, authtime, 4, der_time),
    DER_ROW_HAS(krb_cred_info, starttime, 5, der_time),
    DER_ROW_HAS(krb_cred_info, endtime, 6, der_time),
    DER_ROW_HAS(krb_cred_info, renew_till, 7, der_time),
    DER_ROW_OPT(krb_cred_info, srealm, 8, der_text),
    DER_ROW_PTR(krb_cred_info, sname, 9, krb_principal_type),
    DER_ROW_OPT(krb_cred_info, caddr, 10, krb_addresses_type),
};
static const struct der_type cred_info_type = {DER_TYPE_SEQUENCE(krb_cred_info, cred_info_rows)};
static const struct der_type cred_infos_type = {
    DER_TYPE_LIST(cred_info_type, 0, KRB_CRED_INFOS_MAX)};

static const struct der_field enc_cred_rows[] = {
    DER_ROW(krb_enc_cred_part, ticket_info, 0, cred_infos_type),
    DER_ROW_HAS(krb_enc_cred_part, nonce, 1, krb_nonce_type),
    DER_ROW_HAS(krb_enc_cred_part, timestamp, 2, der_time),
    DER_ROW_HAS(krb_enc_cred_part, usec, 3, krb_usec_type),
    DER_ROW_PTR(krb_enc_cred_part, s_address, 4, krb_address_type),
    DER_ROW_PTR(krb_enc_cred_part, r_address, 5, krb_address_type),
};
const struct der_type krb_enc_cred_part_type =
    KRB_TYPE_IN(DER_APP(29), krb_enc_cred_part, enc_cred_rows);

/* Old KDCs count the zero at the end of e-text, so zeros are let through here. */
static const struct der_type e_text_type = {
    .kind = DER_K_SPAN, .tag = DER_GENERAL_STRING, .size = sizeof(struct span)};

static const struct der_field error_rows[] = {
    DER_ROW_CONST(pvno, 0, krb_pvno_type),
    DER_ROW_CONST(msg_type, 1, error_number),
    DER_ROW_HAS(krb_error, ctime, 2, der_time),
    DER_ROW_HAS(krb_error, cusec, 3, krb_usec_type),
    DER_ROW(krb_error, stime, 4, der_time),
    DER_ROW(krb_error, susec, 5, krb_usec_type),
    DER_ROW(krb_error, error_code, 6, der_int32),
    DER_ROW_OPT(krb_error, crealm, 7, der_text),
    DER_ROW_PTR(krb_error, cname, 8, krb_principal_type),
    DER_ROW(krb_error, realm, 9, der_text),
    DER_ROW(krb_error, sname, 10, krb_principal_type),
    DER_ROW_OPT(krb_error, e_text, 11, e_text_type),
    DER_ROW_OPT(krb_error, e_data, 12, der_octets),
};
const struct der_type krb_error_type = KRB_TYPE_IN(DER_APP(KRB_ERROR), krb_error, error_rows);
