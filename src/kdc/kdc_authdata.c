/*
 * Authorization data that is not ours: what the header ticket carries besides its PAC, and what the
 * client asks to have added (RFC 4120 sections 3.3.3, 5.2.6 and 5.4.1, [MS-KILE] 3.3.5.7). It
 * restricts or informs and passes on, because who dropped a restriction would give more than the
 * ticket before gave. What only a KDC may say is never taken from it: a PAC that arrives so would
 * stand in a ticket that our keys vouch for. From a client that is refused, not dropped in silence;
 * in a ticket it is what its KDC said there, and goes no further.
 */
#include "kdc/kdc_request.h"

/* AD-IF-RELEVANT within AD-IF-RELEVANT: nobody nests deeper than one. */
#define AUTHDATA_DEPTH_MAX 4

enum authdata_rule {
    AUTHDATA_PASSES,
    AUTHDATA_ISSUED, /* only a KDC may say it */
    AUTHDATA_UNKNOWN /* this KDC would have to understand it */
};

static enum authdata_rule rule_of(int32_t type)
{
    static const struct {
        int32_t type;
        enum authdata_rule rule;
    } rules[] = {
        /* table: authdata -- type, rule */
        {KRB_AD_KDC_ISSUED, AUTHDATA_ISSUED},
        {KRB_AD_AND_OR, AUTHDATA_UNKNOWN},
        {KRB_AD_MANDATORY_FOR_KDC, AUTHDATA_UNKNOWN},
        {KRB_AD_CAMMAC, AUTHDATA_ISSUED},
        {KRB_AD_AUTHENTICATION_INDICATOR, AUTHDATA_ISSUED},
        {KRB_AD_WIN2K_PAC, AUTHDATA_ISSUED},
        {KRB_AD_SIGNTICKET, AUTHDATA_ISSUED},
        /* end table */
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].type == type)
            return rules[i].rule;
    return AUTHDATA_PASSES;
}

struct authdata_filter {
    struct kdc_request *r;
    bool asked; /* by the client: what only a KDC may say is refused */
};

static enum err filter_list(const struct authdata_filter *f, const struct krb_authdata_list *in,
                            unsigned depth, struct krb_authdata_list *out);

/* A container with what may pass of its elements, ad_data empty when nothing may. */
static enum err filter_container(const struct authdata_filter *f, struct span in, unsigned depth,
                                 struct span *out)
{
    struct krb_authdata_list *inside, passed = {0};
    if (depth == AUTHDATA_DEPTH_MAX || krb_decode_authdata(in, f->r->a, &inside) != ERR_OK)
        return kdc_refuse(f->r, KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    passed.items = arena_new_array(f->r->a, inside->count, struct krb_authdata);
    if (!passed.items)
        return ERR_NOMEM;
    TRY(filter_list(f, inside, depth + 1, &passed));
    if (passed.count == 0) {
        *out = SPAN_NONE;
        return ERR_OK;
    }
    return krb_encode_authdata(&passed, f->r->a, out);
}

/* Adds to out, which has room, what may pass. */
static enum err filter_list(const struct authdata_filter *f, const struct krb_authdata_list *in,
                            unsigned depth, struct krb_authdata_list *out)
{
    for (uint32_t i = 0; i < in->count; i++) {
        struct krb_authdata item = in->items[i];
        enum authdata_rule rule = rule_of(item.ad_type);
        if (rule == AUTHDATA_UNKNOWN)
            return kdc_refuse(f->r, KDC_ERR_POLICY, REASON_KDC_AUTHDATA_UNKNOWN);
        if (rule == AUTHDATA_ISSUED && f->asked)
            return kdc_refuse(f->r, KDC_ERR_POLICY, REASON_KDC_AUTHDATA_FORGED);
        if (item.ad_type == KRB_AD_IF_RELEVANT)
            TRY(filter_container(f, item.ad_data, depth, &item.ad_data));
        if (rule == AUTHDATA_PASSES && (item.ad_type != KRB_AD_IF_RELEVANT || item.ad_data.len))
            out->items[out->count++] = item;
    }
    return ERR_OK;
}

/* In the authenticator's subkey, or without one in the session key: RFC 4120 section 5.4.1. */
static enum err open_asked(struct kdc_request *r, const struct kdc_header *h,
                           const struct krb_authdata_list **out)
{
    static const struct krb_authdata_list none = {0};
    struct krb_authdata_list *list;
    struct span plain;
    const struct krb_encrypted *sealed = r->body->enc_authorization_data;
    const struct krb_key *key = h->has_subkey ? &h->subkey : &h->session;
    uint32_t usage = h->has_subkey ? KRB_USAGE_TGS_REQ_AD_SUBKEY : KRB_USAGE_TGS_REQ_AD_SESSION;
    *out = &none;
    if (!sealed)
        return ERR_OK;
    if (kdc_decrypt(r, key, usage, sealed, &plain) != ERR_OK)
        return kdc_refuse(r, KRB_AP_ERR_BAD_INTEGRITY, REASON_KDC_AUTHDATA_KEY);
    if (krb_decode_authdata(plain, r->a, &list) != ERR_OK)
        return kdc_refuse(r, KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    *out = list;
    return ERR_OK;
}

enum err kdc_authdata_forward(struct kdc_request *r, const struct kdc_header *h,
                              struct krb_authdata_list *out)
{
    struct authdata_filter f = {.r = r};
    struct krb_authdata_list list = {0};
    const struct krb_authdata_list *had = &h->part->authorization_data, *asked;
    TRY(open_asked(r, h, &asked));
    list.items = arena_new_array(r->a, had->count + asked->count, struct krb_authdata);
    if (!list.items)
        return ERR_NOMEM;
    TRY(filter_list(&f, had, 0, &list));
    f.asked = true;
    TRY(filter_list(&f, asked, 0, &list));
    *out = list;
    return ERR_OK;
}

/* Whether the list has the element, by itself or where it may be ignored. */
static bool holds(struct kdc_request *r, const struct krb_authdata_list *l, int32_t type)
{
    struct krb_authdata_list *inside;
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->items[i].ad_type == type)
            return true;
        if (l->items[i].ad_type == KRB_AD_IF_RELEVANT &&
            krb_decode_authdata(l->items[i].ad_data, r->a, &inside) == ERR_OK &&
            krb_authdata_find(inside, type))
            return true;
    }
    return false;
}

enum err kdc_authdata_of_header(struct kdc_request *r, const struct kdc_header *h)
{
    const struct krb_authdata_list *ticket = &h->part->authorization_data;
    const struct krb_authdata_list *own = &h->authenticator->authorization_data;
    if (holds(r, ticket, KRB_AD_FX_FAST_ARMOR) || holds(r, own, KRB_AD_FX_FAST_ARMOR))
        return kdc_refuse(r, KRB_ERR_GENERIC, REASON_KDC_ARMOR_ONLY);
    if (!r->fast.used &&
        (holds(r, ticket, KRB_AD_FX_FAST_USED) || holds(r, own, KRB_AD_FX_FAST_USED)))
        return kdc_refuse(r, KRB_AP_ERR_MODIFIED, REASON_KDC_BODY_CHANGED);
    return ERR_OK;
}
