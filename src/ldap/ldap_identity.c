/*
 * Who a session is. A simple bind proves a name, and for many clients that is all: the token is
 * made by the first request that needs one, and holds until the next bind.
 */
#include "base/text.h"
#include "ldap/ldap_internal.h"

void ldap_identity_clear(struct ldap_identity *who)
{
    arena_reset(&who->memory);
    who->token = dir_token_anonymous;
    who->name = SPAN_NONE;
    who->account = 0;
    who->until = 0;
    who->bound = who->ready = false;
}

static void keep(struct ldap_identity *who, struct dir_token *token)
{
    (void)access_cache_attach(token, &who->memory);
    who->token = *token;
    who->ready = true;
}

void ldap_identity_account(struct ldap_session *ss, dir_id account, struct span name)
{
    struct ldap_identity *who = &ss->who;
    ldap_identity_clear(who);
    who->account = account;
    who->name = arena_dup_span(&who->memory, name);
    who->bound = true;
}

enum err ldap_identity_token(struct ldap_session *ss, const struct dir_token *token,
                             struct span name, utime until)
{
    struct ldap_identity *who = &ss->who;
    struct dir_token copy = *token;
    ldap_identity_clear(who);
    copy.cache = NULL;
    copy.sids = arena_dup(&who->memory, token->sids, token->count * sizeof(*token->sids));
    if (!copy.sids)
        return ERR_NOMEM;
    keep(who, &copy);
    who->name = arena_dup_span(&who->memory, name);
    who->until = until;
    who->bound = true;
    return ERR_OK;
}

enum err ldap_identity_ready(struct ldap_request *rq)
{
    struct ldap_identity *who = &rq->session->who;
    bool reading = rq->has_snap;
    struct dir_token token;
    if (!who->bound || who->ready)
        return who->bound ? ERR_OK : ERR_DENIED;
    TRY(ldap_request_read(rq));
    enum err e = dir_token_for_account(&rq->snap, who->account, &who->memory, &token);
    if (!reading)
        ldap_request_pause(rq);
    if (e == ERR_OK)
        keep(who, &token);
    if (e != ERR_NOT_FOUND)
        return e;
    ldap_identity_clear(who); /* the account was deleted since */
    return ERR_DENIED;
}
