#include "wire/krb/krb_msg.h"

const char *krb_error_name(int32_t code)
{
    switch (code) {
#define X(name, number)                                                                            \
    case number:                                                                                   \
        return #name;
        KRB_ERROR_CODES(X)
#undef X
    default:
        return "unknown";
    }
}

enum krb_msg_type krb_message_type(struct span in)
{
    static const enum krb_msg_type known[] = {KRB_AS_REQ, KRB_AS_REP, KRB_TGS_REQ, KRB_TGS_REP,
                                              KRB_AP_REQ, KRB_AP_REP, KRB_SAFE,    KRB_PRIV,
                                              KRB_CRED,   KRB_ERROR};
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (in.len > 0 && in.ptr[0] == DER_APP(known[i]))
            return known[i];
    return 0;
}

enum err krb_decode_kdc_req(struct span in, struct arena *a, struct krb_kdc_req **out)
{
    switch (krb_message_type(in)) {
    case KRB_AS_REQ:
        return krb_decode_as_req(in, a, out);
    case KRB_TGS_REQ:
        return krb_decode_tgs_req(in, a, out);
    default:
        return ERR_UNSUPPORTED;
    }
}

enum err krb_decode_kdc_rep(struct span in, struct arena *a, struct krb_kdc_rep **out)
{
    switch (krb_message_type(in)) {
    case KRB_AS_REP:
        return krb_decode_as_rep(in, a, out);
    case KRB_TGS_REP:
        return krb_decode_tgs_rep(in, a, out);
    default:
        return ERR_UNSUPPORTED;
    }
}

enum err krb_decode_enc_kdc_rep_part(struct span in, struct arena *a,
                                     struct krb_enc_kdc_rep_part **out)
{
    if (in.len > 0 && in.ptr[0] == krb_enc_tgs_rep_part_type.outer)
        return krb_decode_enc_tgs_rep_part(in, a, out);
    return krb_decode_enc_as_rep_part(in, a, out);
}

const struct krb_padata *krb_padata_find(const struct krb_padata_list *l, int32_t type)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->items[i].padata_type == type)
            return &l->items[i];
    return NULL;
}

const struct krb_authdata *krb_authdata_find(const struct krb_authdata_list *l, int32_t type)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->items[i].ad_type == type)
            return &l->items[i];
    return NULL;
}
