/* Pre-authentication data, authorization data, and the extensions of [MS-KILE], [MS-SFU], RFC 3244.
 */
#include "wire/krb/krb_types.h"

#define RESTRICTIONS_MAX 16

static const struct der_field pa_enc_ts_rows[] = {
    DER_ROW(krb_pa_enc_ts, patimestamp, 0, der_time),
    DER_ROW_HAS(krb_pa_enc_ts, pausec, 1, krb_usec_type),
};
const struct der_type krb_pa_enc_ts_type = {DER_TYPE_SEQUENCE(krb_pa_enc_ts, pa_enc_ts_rows)};

static const struct der_field info2_rows[] = {
    DER_ROW(krb_etype_info2_entry, etype, 0, der_int32),
    DER_ROW_OPT(krb_etype_info2_entry, salt, 1, der_text),
    DER_ROW_OPT(krb_etype_info2_entry, s2kparams, 2, der_octets),
};
static const struct der_type info2_entry = {DER_TYPE_SEQUENCE(krb_etype_info2_entry, info2_rows)};
const struct der_type krb_etype_info2_type = {DER_TYPE_LIST(info2_entry, 1, KRB_ETYPES_MAX)};

static const struct der_field info_rows[] = {
    DER_ROW(krb_etype_info2_entry, etype, 0, der_int32),
    DER_ROW_OPT(krb_etype_info2_entry, salt, 1, der_octets),
};
static const struct der_type info_entry = {DER_TYPE_SEQUENCE(krb_etype_info2_entry, info_rows)};
const struct der_type krb_etype_info_type = {DER_TYPE_LIST(info_entry, 0, KRB_ETYPES_MAX)};

static const struct der_field pac_request_rows[] = {
    DER_ROW(krb_pa_pac_request, include_pac, 0, der_bool),
};
const struct der_type krb_pa_pac_request_type = {
    DER_TYPE_SEQUENCE(krb_pa_pac_request, pac_request_rows)};

static const struct der_field pac_options_rows[] = {
    DER_ROW(krb_pa_pac_options, flags, 0, der_flags),
};
const struct der_type krb_pa_pac_options_type = {
    DER_TYPE_SEQUENCE(krb_pa_pac_options, pac_options_rows)};

static const struct der_field for_user_rows[] = {
    DER_ROW(krb_pa_for_user, user_name, 0, krb_principal_type),
    DER_ROW(krb_pa_for_user, user_realm, 1, der_text),
    DER_ROW(krb_pa_for_user, cksum, 2, krb_cksum_type),
    DER_ROW(krb_pa_for_user, auth_package, 3, der_text),
};
const struct der_type krb_pa_for_user_type = {DER_TYPE_SEQUENCE(krb_pa_for_user, for_user_rows)};

static const struct der_field user_id_rows[] = {
    DER_ROW(krb_s4u_user_id, nonce, 0, krb_nonce_type),
    DER_ROW_PTR(krb_s4u_user_id, cname, 1, krb_principal_type),
    DER_ROW(krb_s4u_user_id, crealm, 2, der_text),
    DER_ROW_OPT(krb_s4u_user_id, subject_certificate, 3, der_octets),
    DER_ROW_HAS(krb_s4u_user_id, options, 4, der_flags),
};
const struct der_type krb_s4u_user_id_type = {DER_TYPE_SEQUENCE(krb_s4u_user_id, user_id_rows),
                                              KRB_RAW(krb_s4u_user_id)};

static const struct der_field x509_user_rows[] = {
    DER_ROW(krb_pa_s4u_x509_user, user_id, 0, krb_s4u_user_id_type),
    DER_ROW(krb_pa_s4u_x509_user, checksum, 1, krb_cksum_type),
};
const struct der_type krb_pa_s4u_x509_user_type = {
    DER_TYPE_SEQUENCE(krb_pa_s4u_x509_user, x509_user_rows)};

/* The name comes first although its tag is the higher one. */
static const struct der_field referral_rows[] = {
    DER_ROW_PTR(krb_pa_svr_referral, referred_name, 1, krb_principal_type),
    DER_ROW(krb_pa_svr_referral, referred_realm, 0, der_text),
};
const struct der_type krb_pa_svr_referral_type = {
    DER_TYPE_SEQUENCE(krb_pa_svr_referral, referral_rows)};

static const struct der_field error_data_rows[] = {
    DER_ROW(krb_error_data, data_type, 1, der_int32),
    DER_ROW_OPT(krb_error_data, data_value, 2, der_octets),
};
const struct der_type krb_error_data_type = {DER_TYPE_SEQUENCE(krb_error_data, error_data_rows)};

static const struct der_field restriction_rows[] = {
    DER_ROW(krb_ad_restriction, restriction_type, 0, der_int32),
    DER_ROW(krb_ad_restriction, restriction, 1, der_octets),
};
static const struct der_type restriction_type = {
    DER_TYPE_SEQUENCE(krb_ad_restriction, restriction_rows)};
const struct der_type krb_ad_restrictions_type = {
    DER_TYPE_LIST(restriction_type, 0, RESTRICTIONS_MAX)};

static const struct der_field kdc_issued_rows[] = {
    DER_ROW(krb_ad_kdc_issued, ad_checksum, 0, krb_cksum_type),
    DER_ROW_OPT(krb_ad_kdc_issued, i_realm, 1, der_text),
    DER_ROW_PTR(krb_ad_kdc_issued, i_sname, 2, krb_principal_type),
    DER_ROW(krb_ad_kdc_issued, elements, 3, krb_authdata_type),
};
const struct der_type krb_ad_kdc_issued_type = {
    DER_TYPE_SEQUENCE(krb_ad_kdc_issued, kdc_issued_rows)};

static const struct der_field change_passwd_rows[] = {
    DER_ROW(krb_change_passwd, newpasswd, 0, der_octets),
    DER_ROW_PTR(krb_change_passwd, targname, 1, krb_principal_type),
    DER_ROW_OPT(krb_change_passwd, targrealm, 2, der_text),
};
const struct der_type krb_change_passwd_type = {
    DER_TYPE_SEQUENCE(krb_change_passwd, change_passwd_rows)};
