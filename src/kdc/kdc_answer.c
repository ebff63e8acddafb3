/*
 * One request, one reply: decode, dispatch, turn a refusal into an error, tell what was decided.
 */
#include "base/counters.h"
#include "base/text.h"
#include "kdc/kdc_request.h"

enum err kdc_new(const struct kdc_env *env, struct kdc **out)
{
    struct kdc *k = calloc(1, sizeof(*k));
    if (!k)
        return ERR_NOMEM;
    k->env = *env;
    kdc_domain_init(&k->domain);
    kdc_names_init(&k->names);
    kdc_accounts_init(&k->accounts);
    kdc_usages_init(&k->usages);
    kdc_logons_init(&k->logons);
    k->trust_keys = auth_trust_cache_new();
    if (!k->trust_keys) {
        free(k);
        return ERR_NOMEM;
    }
    *out = k;
    return ERR_OK;
}

void kdc_free(struct kdc *k)
{
    if (!k)
        return;
    auth_trust_cache_free(k->trust_keys);
    kdc_table_fini(&k->logons);
    kdc_table_fini(&k->usages);
    kdc_table_fini(&k->accounts);
    kdc_names_fini(&k->names);
    kdc_domain_fini(&k->domain);
    free(k);
}

enum err kdc_request_begin(struct kdc *k, enum kdc_transport transport, const char *event,
                           struct arena *a, struct kdc_request *r)
{
    *r = (struct kdc_request){.kdc = k, .a = a, .transport = transport, .now = k->env.now()};
    event_init(&r->event, r->now, event, REASON_NONE);
    TRY(dir_snap_begin(k->env.dir, &r->snap));
    enum err e = kdc_domain_look(&k->domain, &r->snap);
    r->domain = &k->domain;
    if (e != ERR_OK)
        dir_snap_end(&r->snap);
    return e;
}

/* Steps of a dialogue are not refusals: they make no noise. */
static bool is_dialogue(enum reason reason)
{
    return reason == REASON_KDC_PREAUTH_REQUIRED || reason == REASON_KDC_USE_TCP;
}

static void name(struct kdc_request *r, const char *field, const struct krb_principal *p)
{
    if (p->name.parts.count)
        event_text(&r->event, field, krb_unparse(&p->name, p->realm, r->a));
}

static void tell(struct kdc_request *r)
{
    name(r, "client", &r->client);
    name(r, "service", &r->service);
    event_emit(r->kdc->env.events, &r->event);
}

void kdc_request_end(struct kdc_request *r, enum err e)
{
    if (e != ERR_OK) {
        r->event.reason = e == ERR_REFUSED ? r->refusal.reason : REASON_SERVER_FAILED;
        event_num(&r->event, "krb_error", r->refusal.code);
        if (e != ERR_REFUSED)
            event_text(&r->event, "error", span_str(err_name(e)));
    }
    if (!is_dialogue(r->event.reason))
        tell(r);
    dir_snap_end(&r->snap);
    kdc_table_trim(&r->kdc->accounts);
    kdc_table_trim(&r->kdc->usages);
    kdc_table_trim(&r->kdc->logons);
}

static enum err dispatch(struct kdc_request *r, struct span request, struct span *reply_out)
{
    struct krb_kdc_req *req;
    enum err e = krb_decode_kdc_req(request, r->a, &req);
    if (e != ERR_OK)
        return kdc_refuse(r, KRB_ERR_GENERIC, REASON_WIRE_MALFORMED);
    r->req = req;
    r->body = &req->req_body;
    r->padata = &req->padata;
    if (req->msg_type == KRB_AS_REQ)
        return kdc_as(r, reply_out);
    return kdc_tgs(r, reply_out);
}

void kdc_answer(struct kdc *k, enum kdc_transport transport, struct span request, struct arena *a,
                struct span *reply_out)
{
    struct kdc_request *r = arena_new(a, struct kdc_request);
    enum krb_msg_type type = krb_message_type(request);
    *reply_out = SPAN_NONE;
    if (!r || (type != KRB_AS_REQ && type != KRB_TGS_REQ))
        return;
    counter_add(type == KRB_AS_REQ ? COUNTER_KERBEROS_AS : COUNTER_KERBEROS_TGS, 1);
    enum err e = kdc_request_begin(k, transport, type == KRB_AS_REQ ? "kdc.as" : "kdc.tgs", a, r);
    if (e != ERR_OK) {
        kdc_plain_error(k, KDC_ERR_SVC_UNAVAILABLE, SPAN_LIT("UNAVAILABLE"), a, reply_out);
        return;
    }
    e = dispatch(r, request, reply_out);
    if (e != ERR_OK && e != ERR_REFUSED)
        r->refusal = (struct kdc_refusal){.code = KRB_ERR_GENERIC, .reason = REASON_SERVER_FAILED};
    if (e != ERR_OK)
        kdc_error_reply(r, reply_out);
    kdc_request_end(r, e);
}
