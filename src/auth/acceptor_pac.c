/*
 * From the PAC of a service ticket to the token of an access check ([MS-KILE] 3.4.5.3). Which SIDs
 * of a partner's user are believed was decided by the KDC that issued the ticket; here its
 * signature in the key of our own account is checked, and that the PAC belongs to this ticket.
 */
#include "auth/acceptor_state.h"
#include "wire/ms/pac_sign.h"

static enum err verify(struct acceptor_context *c, const struct pac *p,
                       const struct krb_key *ticket_key)
{
    struct krb_usage u;
    TRY(krb_usage_init_for(&u, ticket_key, PAC_KEY_USAGE, KRB_FOR_CHECKSUM));
    enum err e = pac_verify_server(p, &u);
    krb_usage_wipe(&u);
    return e == ERR_OK ? ERR_OK : acceptor_refuse(c, KRB_AP_ERR_MODIFIED, REASON_PAC_SIGNATURE);
}

static enum err check_client(struct acceptor_context *c, const struct pac *p,
                             const struct krb_enc_ticket_part *part, struct arena *a)
{
    struct pac_client_info info;
    struct span contents = pac_contents(p, PAC_CLIENT_INFO);
    if (!contents.ptr || pac_client_info(contents, a, &info) != ERR_OK)
        return acceptor_refuse(c, KRB_AP_ERR_MODIFIED, REASON_PAC_MALFORMED);
    if (info.authtime != utime_to_filetime(part->authtime) ||
        !span_eq(info.name, krb_name_plain(&part->cname, a)))
        return acceptor_refuse(c, KRB_AP_ERR_MODIFIED, REASON_PAC_NOT_THIS_TICKET);
    return ERR_OK;
}

struct sid_list {
    struct sid *sids;
    unsigned count;
    enum err err;
};

static void add(struct sid_list *l, const struct sid *domain, uint32_t rid)
{
    enum err e = domain ? sid_append(domain, rid, &l->sids[l->count]) : ERR_MALFORMED;
    if (e == ERR_OK)
        l->count++;
    else if (l->err == ERR_OK)
        l->err = e;
}

/* The user first: the domain's SID with the RID, or the first extra SID when the RID is 0 ([MS-PAC]
 * 2.5). */
static enum err collect(const struct pac_logon_info *l, struct arena *a, struct sid_list *out)
{
    struct sid_list s = {0};
    bool primary_listed = false;
    s.sids = arena_new_array(a, (size_t)2 + l->group_count + l->extra_count + l->resource_count,
                             struct sid);
    if (!s.sids)
        return ERR_NOMEM;
    if (l->rid)
        add(&s, l->domain_sid, l->rid);
    else if (l->extra_count == 0 || !l->extra[0].sid)
        return ERR_MALFORMED;
    for (uint32_t i = 0; i < l->extra_count; i++)
        if (l->extra[i].sid)
            s.sids[s.count++] = *l->extra[i].sid;
    for (uint32_t i = 0; i < l->group_count; i++) {
        add(&s, l->domain_sid, l->groups[i].rid);
        primary_listed |= l->groups[i].rid == l->primary_gid;
    }
    if (!primary_listed)
        add(&s, l->domain_sid, l->primary_gid);
    for (uint32_t i = 0; i < l->resource_count; i++)
        add(&s, l->resource_domain, l->resource[i].rid);
    *out = s;
    return s.err == ERR_OK && s.count > 0 ? ERR_OK : ERR_MALFORMED;
}

/* The token is made in the call's arena, together with what it takes to make it; the context keeps
 * the SIDs alone. */
enum err acceptor_keep_token(struct acceptor_context *c, enum err made, const struct dir_token *t)
{
    if (made == ERR_LIMIT)
        return acceptor_refuse(c, KRB_ERR_GENERIC, REASON_AUTH_TOO_MANY_GROUPS);
    TRY(made);
    const struct sid *kept = arena_dup(&c->memory, t->sids, t->count * sizeof(*t->sids));
    if (!kept)
        return ERR_NOMEM;
    c->token = *t;
    c->token.sids = kept;
    return ERR_OK;
}

enum err acceptor_identify(struct acceptor_context *c, const struct dir_snap *s,
                           const struct krb_enc_ticket_part *part, const struct krb_key *ticket_key,
                           struct arena *a)
{
    struct pac p;
    struct span bytes, contents;
    struct pac_logon_info logon;
    struct sid_list list;
    struct dir_token token;
    if (krb_ticket_pac(&part->authorization_data, a, &bytes) != ERR_OK)
        return acceptor_refuse(c, KRB_AP_ERR_MODIFIED, REASON_AUTH_PAC_MISSING);
    if (pac_open(bytes, &p) != ERR_OK)
        return acceptor_refuse(c, KRB_AP_ERR_MODIFIED, REASON_PAC_MALFORMED);
    TRY(verify(c, &p, ticket_key));
    TRY(check_client(c, &p, part, a));
    contents = pac_contents(&p, PAC_LOGON_INFO);
    enum err e = contents.ptr ? pac_logon_info(contents, a, &logon) : ERR_MALFORMED;
    if (e == ERR_OK)
        e = collect(&logon, a, &list);
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK)
        return acceptor_refuse(c, KRB_AP_ERR_MODIFIED, REASON_PAC_MALFORMED);
    return acceptor_keep_token(c, dir_token_for_sids(s, list.sids, list.count, a, &token), &token);
}
