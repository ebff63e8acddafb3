#include "rpc/lsa_partner.h"

#include "directory/account.h"
#include "trust/trust_ask.h"

#define REVISION 2 /* of the client ([MS-LSAT] 2.2.16) */

/* Partners are not asked for their partners' names: a forest does not answer for a third one. */
static bool may_ask(struct rpc_ctx *c)
{
    struct dir_snap snap;
    struct dir_obj o;
    bool ours = false;

    if (!c->who->token->account || dir_snap_begin(c->env->dir, &snap) != ERR_OK)
        return false;
    if (dir_by_id(&snap, c->who->token->account, &o) == ERR_OK)
        ours = !((uint32_t)dir_attr_i32(&o, ATTR_userAccountControl, 0) &
                 UAC_INTERDOMAIN_TRUST_ACCOUNT);
    dir_snap_end(&snap);
    return ours;
}

static bool is_open(const struct lsa_found *f, const struct trust *of)
{
    return f->use == LSA_SID_UNKNOWN && f->trust && (!of || f->trust == of);
}

static const struct trust *next_partner(const struct lsa_lookup *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (is_open(&l->found[i], NULL))
            return l->found[i].trust;
    }
    return NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* The request for all that is open with one partner, in the order of what was asked. */
static enum err put_names(struct rpc_ctx *c, const struct lsa_lookup *l, const struct trust *t,
                          struct lsa_lookup_names3 *q)
{
    if (!(q->names = arena_new_array(c->arena, l->count, struct span)))
        return ERR_NOMEM;
    q->level = LSA_LOOKUP_ALL;
    q->revision = REVISION;
    for (uint32_t i = 0; i < l->count; i++) {
        if (is_open(&l->found[i], t))
            q->names[q->count++] = l->names[i];
    }
    return ERR_OK;
}

static enum err put_sids(struct rpc_ctx *c, const struct lsa_lookup *l, const struct trust *t,
                         struct lsa_lookup_sids2 *q)
{
    if (!(q->sids.sids = arena_new_array(c->arena, l->count, struct lsa_sid)))
        return ERR_NOMEM;
    q->level = LSA_LOOKUP_ALL;
    q->revision = REVISION;
    for (uint32_t i = 0; i < l->count; i++) {
        if (is_open(&l->found[i], t))
            q->sids.sids[q->sids.count++] = l->sids[i];
    }
    return ERR_OK;
}

/* Both questions, of which one is put. */
union question {
    struct lsa_lookup_names3 names;
    struct lsa_lookup_sids2 sids;
};

static const struct ndr_type *question_type(const struct lsa_lookup *l)
{
    return l->names ? &lsa_ndr_lookup_names4 : &lsa_ndr_lookup_sids3;
}

static enum err put(struct rpc_ctx *c, const struct lsa_lookup *l, const struct trust *t,
                    union question *q)
{
    *q = (union question){.names.count = 0};
    return l->names ? put_names(c, l, t, &q->names) : put_sids(c, l, t, &q->sids);
}

static enum err message(struct rpc_ctx *c, const struct lsa_lookup *l, const struct trust *t,
                        struct span *out)
{
    struct trust_call call = {.partner = t->dns_name,
                              .interface = TRUST_LSARPC,
                              .opnum = l->names ? LSA_LOOKUP_NAMES4 : LSA_LOOKUP_SIDS3};
    union question q;
    struct builder b;

    TRY(put(c, l, t, &q));
    builder_in(&b, c->arena, TRUST_STUB_MAX);
    ndr_put_call(&b, question_type(l), NDR_IN, &q);
    TRY(builder_done(&b, &call.stub));
    return trust_call_encode(&call, c->arena, out);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* The partner's name of a domain that its answer refers to: one of its own, or nothing. */
static bool refer(struct lsa_lookup *l, struct rpc_ctx *c, const struct trust *t,
                  const struct lsa_domains *theirs, uint32_t index, uint32_t *index_out)
{
    if (!theirs || index >= theirs->count || !theirs->domains[index].sid ||
        !trust_speaks_for(t, theirs->domains[index].sid))
        return false;
    const struct lsa_domain *d = &theirs->domains[index];
    return lsa_refer(l->domains, c->arena, d->name, d->sid, index_out) == ERR_OK;
}

static void take_name(struct lsa_lookup *l, struct rpc_ctx *c, struct lsa_found *f,
                      const struct lsa_lookup_sids2 *a, const struct lsa_translated_name_ex *n)
{
    if (n->use == LSA_SID_UNKNOWN || !n->name.len ||
        !refer(l, c, f->trust, a->domains, n->domain, &f->domain))
        return;
    f->use = n->use;
    f->name = n->name;
    l->mapped++;
}

static void take_sid(struct lsa_lookup *l, struct rpc_ctx *c, struct lsa_found *f,
                     const struct lsa_lookup_names3 *a, const struct lsa_translated_sid_ex2 *s)
{
    if (s->use == LSA_SID_UNKNOWN || !s->sid || !trust_speaks_for(f->trust, s->sid) ||
        !refer(l, c, f->trust, a->domains, s->domain, &f->domain))
        return;
    f->use = s->use;
    f->sid = *s->sid;
    l->mapped++;
}

/* Whatever came, this partner is not asked again. */
static void take(struct rpc_ctx *c, struct lsa_lookup *l, const struct trust *t,
                 const union question *a)
{
    uint32_t at = 0, there = 0;

    if (a)
        there = l->names ? a->names.sids.count : a->sids.names.count;
    for (uint32_t i = 0; i < l->count; i++) {
        struct lsa_found *f = &l->found[i];
        if (!is_open(f, t))
            continue;
        if (at < there && l->names)
            take_sid(l, c, f, &a->names, &a->names.sids.sids[at]);
        else if (at < there)
            take_name(l, c, f, &a->sids, &a->sids.names.names[at]);
        at++;
        f->trust = NULL;
    }
}

static uint32_t ask_next(struct rpc_ctx *c, void *args, struct lsa_lookup *l);

static uint32_t answered(struct rpc_ctx *c, void *args, enum err e, struct span reply)
{
    struct lsa_lookup *l = c->state;
    const struct trust *t = next_partner(l);
    struct trust_answer answer = {.reason = REASON_SERVER_FAILED};
    union question q;

    if (e == ERR_OK)
        e = trust_answer_decode(reply, &answer);
    if (e == ERR_OK && answer.status)
        e = ERR_REFUSED;
    if (e == ERR_OK)
        e = put(c, l, t, &q);
    if (e == ERR_OK)
        e = ndr_decode_call(question_type(l), NDR_OUT, answer.stub, c->arena, &q, NULL);
    if (e != ERR_OK)
        rpc_refused(c->server, c->who, "lsa.lookup",
                    answer.reason != REASON_NONE ? answer.reason : REASON_SERVER_FAILED,
                    t->dns_name);
    take(c, l, t, e == ERR_OK ? &q : NULL);
    return ask_next(c, args, l);
}

static uint32_t ask_next(struct rpc_ctx *c, void *args, struct lsa_lookup *l)
{
    const struct trust *t = next_partner(l);
    struct span payload;

    if (!t)
        return l->finish(c, args, l);
    if (message(c, l, t, &payload) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    return rpc_ask(c, TRUST_MESSAGE_CALL, payload, answered);
}

static void ask_no_more_than(struct lsa_lookup *l, unsigned max)
{
    for (uint32_t i = 0, n = 0; i < l->count; i++) {
        if (is_open(&l->found[i], NULL) && ++n > max)
            l->found[i].trust = NULL;
    }
}

uint32_t lsa_ask_partners(struct rpc_ctx *c, void *args, struct lsa_lookup *l)
{
    ask_no_more_than(l, LSA_NAMES_MAX);
    if (!next_partner(l) || !may_ask(c))
        return l->finish(c, args, l);
    c->state = l;
    return ask_next(c, args, l);
}
