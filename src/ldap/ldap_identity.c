/*
 * Who a session is: a token made at the bind, which holds until the next one.
 */
#include "base/text.h"
#include "ldap/ldap_internal.h"

void ldap_identity_clear(struct ldap_identity *who)
{
    arena_reset(&who->memory);
    who->token = dir_token_anonymous;
    who->name = SPAN_NONE;
    who->until = 0;
    who->bound = false;
}

enum err ldap_identity_account(struct ldap_session *ss, const struct dir_snap *s, dir_id account,
                               struct span name)
{
    struct ldap_identity *who = &ss->who;
    struct dir_token token;
    ldap_identity_clear(who);
    enum err e = dir_token_for_account(s, account, &who->memory, &token);
    if (e != ERR_OK)
        return e;
    (void)access_cache_attach(&token, &who->memory);
    who->token = token;
    who->name = arena_dup_span(&who->memory, name);
    who->bound = true;
    return ERR_OK;
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
    (void)access_cache_attach(&copy, &who->memory);
    who->token = copy;
    who->name = arena_dup_span(&who->memory, name);
    who->until = until;
    who->bound = true;
    return ERR_OK;
}
