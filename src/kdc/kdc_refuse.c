/*
 * Refusals: one place that turns a reason into a KRB-ERROR, with the NTSTATUS for Windows clients
 * in its e-data ([MS-KILE] 2.2.1, 2.2.2) and the server's time always in it, so that a skew shows
 * as one.
 */
#include "kdc/kdc_request.h"

enum err kdc_refuse_status(struct kdc_request *r, int32_t code, uint32_t ntstatus,
                           enum reason reason)
{
    r->refusal = (struct kdc_refusal){.code = code, .ntstatus = ntstatus, .reason = reason};
    return ERR_REFUSED;
}

enum err kdc_refuse(struct kdc_request *r, int32_t code, enum reason reason)
{
    return kdc_refuse_status(r, code, 0, reason);
}

enum err kdc_refuse_verdict(struct kdc_request *r, const struct policy_verdict *v)
{
    return kdc_refuse_status(r, (int32_t)v->krb_error, v->ntstatus, v->reason);
}

static void put_now(const struct kdc_request *r, struct krb_error *e)
{
    e->stime = r->now - r->now % UTIME_SECOND;
    e->susec = (int32_t)(r->now % UTIME_SECOND);
}

static struct krb_error error_of(const struct kdc_request *r)
{
    struct krb_error e = {.error_code = r->refusal.code, .realm = r->domain->naming.realm};
    put_now(r, &e);
    if (r->body && r->body->realm.len)
        e.realm = r->body->realm;
    if (r->body && r->body->sname)
        e.sname = *r->body->sname;
    if (r->refusal.crealm.len) {
        e.crealm = r->refusal.crealm;
        e.cname = r->body ? r->body->cname : NULL;
    }
    return e;
}

void kdc_error_reply(struct kdc_request *r, struct span *out)
{
    struct krb_error e = error_of(r);
    *out = SPAN_NONE;
    if (e.sname.parts.count == 0)
        e.sname = krb_name_tgs(r->domain->naming.realm, r->a);
    if (r->refusal.e_data.len)
        e.e_data = r->refusal.e_data;
    else if (r->refusal.ntstatus)
        (void)krb_ext_error_encode(r->refusal.ntstatus, r->a, &e.e_data);
    if (r->fast.used) {
        /* The true error goes inside; the outer one repeats its code for those who look there. */
        struct krb_padata_list inner = {0};
        struct krb_padata_list *method = NULL;
        struct krb_error plain = e;
        struct span encoded;
        plain.e_data = SPAN_NONE;
        if (r->refusal.e_data.len &&
            krb_decode_method_data(r->refusal.e_data, r->a, &method) == ERR_OK)
            inner = *method;
        else
            plain.e_data = e.e_data;
        if (krb_encode_error(&plain, r->a, &encoded) != ERR_OK ||
            kdc_fast_wrap_error(r, encoded, &inner, &e.e_data) != ERR_OK)
            return;
    }
    struct span encoded;
    if (krb_encode_error(&e, r->a, &encoded) == ERR_OK)
        *out = encoded;
}

void kdc_plain_error(struct kdc *k, int32_t code, struct span realm, struct arena *a,
                     struct span *out)
{
    struct kdc_request r = {.kdc = k, .a = a, .now = k->env.now()};
    struct krb_error e = {.error_code = code, .realm = realm, .sname = krb_name_tgs(realm, a)};
    struct span encoded;
    put_now(&r, &e);
    *out = SPAN_NONE;
    if (krb_encode_error(&e, a, &encoded) == ERR_OK)
        *out = encoded;
}
