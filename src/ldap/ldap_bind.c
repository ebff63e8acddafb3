/*
 * Simple bind ([MS-ADTS] 5.1.1.1.1): the names AD accepts, the password over a protected connection
 * only, and the same policy as every logon.
 */
#include "base/counters.h"
#include "base/text.h"
#include "directory/account.h"
#include "directory/policy_facts.h"
#include "directory/volatile.h"
#include "ldap/ldap_internal.h"

enum { DATA_NO_SUCH_USER_OR_PASSWORD = 0x52e, DATA_LOCKED_OUT = 0x775 };

/* Whether the name or the password was wrong is for the log only. */
static enum err refuse(struct ldap_request *rq, uint32_t data, enum reason reason)
{
    const char *code = data == DATA_NO_SUCH_USER_OR_PASSWORD ? "" : reason_row(reason)->code;
    const char *text =
        arena_printf(&rq->values,
                     "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data "
                     "%x, v4563%s%s%s",
                     data, *code ? " (" : "", code, *code ? ")" : "");
    ldap_event(rq->session, "ldap.bind", reason, rq->m->bind.name);
    return ldap_reply(rq, LDAP_INVALID_CREDENTIALS, text, SPAN_NONE);
}

/* --- names -------------------------------------------------------------------------------------
 */

static enum err by_dn(const struct dir_snap *s, struct span name, struct dir_account *out)
{
    struct dir_obj o;
    TRY(dir_by_dn(s, name, &o, NULL));
    if (o.flags & DIR_OBJ_DELETED)
        return ERR_NOT_FOUND;
    return dir_account_of(s, &o, out);
}

static bool names_domain(const struct dir_naming *n, struct span domain)
{
    return ascii_eq_fold(domain, n->flat_name) || ascii_eq_fold(domain, n->dns_name);
}

/* A name of one of the forms of 5.1.1.1.1: FLAT\name, name@domain, DN, name. */
static enum err find(const struct dir_snap *s, struct span name, struct dir_account *out)
{
    struct dir_naming n;
    const uint8_t *back = memchr(name.ptr, '\\', name.len), *at = memrchr(name.ptr, '@', name.len);
    TRY(dir_naming(s, &n));
    if (memchr(name.ptr, '=', name.len) || name.ptr[0] == '<') {
        enum err e = by_dn(s, name, out);
        if (e != ERR_MALFORMED)
            return e;
    }
    if (at) {
        enum err e = dir_account_by_upn(s, name, out);
        size_t user = (size_t)(at - name.ptr);
        if (e != ERR_NOT_FOUND)
            return e;
        return names_domain(&n, span_sub(name, user + 1, name.len))
                   ? dir_account_by_sam(s, span_sub(name, 0, user), out)
                   : ERR_NOT_FOUND;
    }
    if (back) {
        size_t domain = (size_t)(back - name.ptr);
        return names_domain(&n, span_sub(name, 0, domain))
                   ? dir_account_by_sam(s, span_sub(name, domain + 1, name.len), out)
                   : ERR_NOT_FOUND;
    }
    return dir_account_by_sam(s, name, out);
}

/* --- the password ------------------------------------------------------------------------------
 */

struct attempt {
    struct ldap_request *rq;
    struct dir_account account;
    struct dir_obj obj;
    struct policy_settings policy;
    int64_t now;
};

/* Durable before it is acted on, as everywhere. */
static enum err lock_out(struct attempt *t)
{
    const struct ldap_env *env = &t->rq->session->server->env;
    struct intent in = {
        .kind = INTENT_LOCKOUT, .flags = INTENT_LOGON, .account = t->account.id, .when = t->now};
    struct intent_reply reply;
    ldap_request_pause(t->rq);
    enum err e = env->intent(env->ctx, &in, &t->rq->arena, &reply);
    return refuse(t->rq, DATA_LOCKED_OUT,
                  e == ERR_OK && reply.err == ERR_OK ? REASON_KDC_LOCKED_NOW
                                                     : REASON_KDC_LOCKOUT_NOT_STORED);
}

static enum err wrong_password(struct attempt *t)
{
    uint32_t rid = t->account.sid.sub[t->account.sid.count - 1];
    uint32_t bad = vol_bad_password(t->rq->session->server->env.dir, t->account.id, t->now,
                                    t->policy.lockout_window);
    if (policy_lockout_due(t->account.uac, rid, bad, &t->policy))
        return lock_out(t);
    return refuse(t->rq, DATA_NO_SUCH_USER_OR_PASSWORD, REASON_LDAP_BIND_PASSWORD);
}

static enum err welcome(struct attempt *t)
{
    struct ldap_request *rq = t->rq;
    struct dir_naming n;
    TRY(dir_naming(&rq->snap, &n));
    struct span name;
    struct builder b;
    builder_in(&b, &rq->values, LDAP_IDENTITY_NAME_MAX);
    builder_span(&b, n.flat_name);
    builder_u8(&b, '\\');
    builder_span(&b, t->account.sam_name);
    TRY(builder_done(&b, &name));
    ldap_identity_account(rq->session, t->account.id, name);
    vol_good_logon(rq->session->server->env.dir, t->account.id, t->now);
    counter_add(COUNTER_LOGONS_SIMPLE, 1);
    ldap_event(rq->session, "ldap.bind", REASON_NONE, SPAN_LIT("simple"));
    return ldap_reply(rq, LDAP_SUCCESS, NULL, SPAN_NONE);
}

static enum err prove(struct attempt *t)
{
    struct ldap_request *rq = t->rq;
    struct policy_logon facts = {
        .kind = POLICY_LOGON_NETWORK, .now = t->now, .settings = &t->policy};
    if (policy_locked_out(t->account.uac, t->account.lockout_time, t->now, &t->policy))
        return refuse(rq, DATA_LOCKED_OUT, REASON_LOGON_LOCKED_OUT);
    if (policy_lockout_missed(rq->session->server->env.dir, &t->account, t->now, &t->policy))
        return lock_out(t);
    enum err e = dir_bind_verify(&rq->snap, t->account.id, rq->m->bind.password);
    if (e == ERR_INTEGRITY || e == ERR_NOT_FOUND)
        return wrong_password(t);
    TRY(e);
    policy_logon_facts(&t->account, &t->obj, &facts);
    struct policy_verdict v = policy_logon_check(&facts);
    if (v.reason != REASON_NONE)
        return refuse(rq, v.win32 ? v.win32 : DATA_NO_SUCH_USER_OR_PASSWORD, v.reason);
    return welcome(t);
}

/* As much work as for a name that exists, so that time does not tell names. */
static enum err unknown_name(struct ldap_request *rq)
{
    struct dir_naming n;
    struct dir_obj o;
    struct sid administrator;
    TRY(dir_naming(&rq->snap, &n));
    if (sid_append(&n.domain_sid, 500, &administrator) == ERR_OK &&
        dir_by_sid(&rq->snap, &administrator, &o) == ERR_OK)
        (void)dir_bind_verify(&rq->snap, o.id, rq->m->bind.password);
    return refuse(rq, DATA_NO_SUCH_USER_OR_PASSWORD, REASON_LDAP_BIND_NAME);
}

static enum err simple(struct ldap_request *rq)
{
    const struct ldap_bind *in = &rq->m->bind;
    struct attempt t = {.rq = rq, .now = utime_to_filetime(rq->session->server->env.now())};
    const struct ldap_domain *domain = &rq->session->server->domain;
    TRY(ldap_domain_look(rq));
    if (!domain->allow_cleartext_bind && !ldap_private(rq->session)) {
        ldap_event(rq->session, "ldap.bind", REASON_LDAP_BIND_CLEARTEXT, in->name);
        return ldap_reply(rq, LDAP_STRONGER_AUTH_REQUIRED,
                          "00002028: LdapErr: DSID-0C090259, comment: The server requires binds to "
                          "turn on integrity checking if SSL\\TLS are not already active on the "
                          "connection, data 0, v4563 (LDAP_BIND_CLEARTEXT)",
                          SPAN_NONE);
    }
    enum err e = find(&rq->snap, in->name, &t.account);
    if (e == ERR_OK)
        e = dir_by_id(&rq->snap, t.account.id, &t.obj);
    if (e == ERR_NOT_FOUND || e == ERR_EXISTS || e == ERR_MALFORMED)
        return unknown_name(rq);
    TRY(e);
    t.policy = domain->policy;
    if (domain->has_psos)
        TRY(policy_settings_for(&rq->snap, t.account.id, &rq->arena, &t.policy, NULL));
    return prove(&t);
}

/* Both empty: anonymous. A name without a password would look like a proof to careless programs
 * (RFC 4513 5.1.2). */
static enum err bind_simple(struct ldap_request *rq)
{
    const struct ldap_bind *in = &rq->m->bind;
    if (in->password.len)
        return in->name.len ? simple(rq)
                            : refuse(rq, DATA_NO_SUCH_USER_OR_PASSWORD, REASON_LDAP_BIND_NAME);
    if (in->name.len == 0)
        return ldap_reply(rq, LDAP_SUCCESS, NULL, SPAN_NONE);
    ldap_event(rq->session, "ldap.bind", REASON_LDAP_BIND_NO_PASSWORD, in->name);
    return ldap_reply(rq, LDAP_UNWILLING_TO_PERFORM,
                      "00002035: LdapErr: a name without a password proves nothing "
                      "(LDAP_BIND_NO_PASSWORD)",
                      SPAN_NONE);
}

enum err ldap_do_bind(struct ldap_request *rq)
{
    const struct ldap_bind *in = &rq->m->bind;
    ldap_drop_pages(rq->session);
    if (in->auth == LDAP_AUTH_SASL)
        return ldap_bind_sasl(rq);
    ldap_sasl_free(rq->session->sasl);
    rq->session->sasl = NULL;
    ldap_identity_clear(&rq->session->who);
    if (in->version != 3 && in->version != 2)
        return ldap_reply(rq, LDAP_PROTOCOL_ERROR, "00000057: LdapErr: unknown protocol version",
                          SPAN_NONE);
    if (in->auth == LDAP_AUTH_SIMPLE)
        return bind_simple(rq);
    ldap_event(rq->session, "ldap.bind", REASON_LDAP_BIND_METHOD, in->name);
    return ldap_reply(rq, LDAP_AUTH_METHOD_NOT_SUPPORTED,
                      "00002027: LdapErr: this way of authentication is not supported: use GSSAPI, "
                      "or a simple bind over TLS (LDAP_BIND_METHOD)",
                      SPAN_NONE);
}
