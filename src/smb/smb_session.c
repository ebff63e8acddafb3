/*
 * Sessions: who somebody is, the keys that follow from it, and their end ([MS-SMB2] 3.3.5.5,
 * 3.3.5.6).
 */
#include <stdlib.h>

#include "base/text.h"
#include "smb/smb_internal.h"

struct smb_session *smb_session_find(struct smb_conn *c, uint64_t id)
{
    for (struct smb_session *ss = c->sessions; ss; ss = ss->next)
        if (ss->id == id)
            return ss;
    return NULL;
}

void smb_identity_unref(struct smb_identity *who)
{
    if (!who || --who->refs)
        return;
    acceptor_context_free(who->context);
    mem_wipe(who, sizeof(*who));
    free(who);
}

static void unlink_session(struct smb_session *ss)
{
    struct smb_session **at = &ss->conn->sessions;

    while (*at != ss)
        at = &(*at)->next;
    *at = ss->next;
    ss->conn->session_count--;
    for (at = &ss->conn->server->all; *at != ss;)
        at = &(*at)->next_all;
    *at = ss->next_all;
}

void smb_session_end(struct smb_session *ss)
{
    struct smb_server *sv = ss->conn->server;

    if (ss->setup)
        smb_late_answer(ss->setup, NT_USER_SESSION_DELETED, NULL);
    ss->setup = NULL;
    while (ss->opens)
        smb_open_free(ss->opens);
    while (ss->trees) {
        struct smb_tree *t = ss->trees;
        ss->trees = t->next;
        free(t);
    }
    unlink_session(ss);
    ss->next = sv->dead;
    sv->dead = ss;
}

void smb_sessions_bury(struct smb_server *sv)
{
    while (sv->dead) {
        struct smb_session *ss = sv->dead;
        sv->dead = ss->next;
        acceptor_context_free(ss->context);
        smb_identity_unref(ss->who);
        mem_wipe(ss, sizeof(*ss));
        free(ss);
    }
}

static struct smb_session *session_new(struct smb_conn *c)
{
    struct smb_server *sv = c->server;
    struct smb_session *ss = c->session_count < SMB_SESSIONS_MAX ? calloc(1, sizeof(*ss)) : NULL;

    if (!ss)
        return NULL;
    ss->conn = c;
    ss->id = ++sv->next_session;
    memcpy(ss->preauth, c->preauth, sizeof(ss->preauth));
    ss->next = c->sessions;
    c->sessions = ss;
    c->session_count++;
    ss->next_all = sv->all;
    sv->all = ss;
    return ss;
}

/* --- keys ------------------------------------------------------------------------------------ */

static enum smb_generation generation(const struct smb_conn *c)
{
    return c->dialect == SMB2_DIALECT_311   ? SMB_GENERATION_311
           : c->dialect >= SMB2_DIALECT_300 ? SMB_GENERATION_30
                                            : SMB_GENERATION_2;
}

/* Once, when the session comes to be: a reauthentication keeps them (3.3.5.5.3). */
static void make_keys(struct smb_session *ss, const struct acceptor_session *as)
{
    struct smb_conn *c = ss->conn;
    struct smb_keys keys;

    smb_keys_derive(generation(c), c->cipher, acceptor_session_key(as), ss->preauth, &keys);
    smb_sign_key_init(&ss->sign, c->signing, keys.sign);
    if (c->cipher != SMB_CIPHER_NONE) {
        smb_cipher_key_init(&ss->to_server, c->cipher, keys.to_server);
        smb_cipher_key_init(&ss->to_client, c->cipher, keys.to_client);
    }
    memcpy(ss->application_key, keys.application, sizeof(ss->application_key));
    ss->has_keys = true;
    mem_wipe(&keys, sizeof(keys));
}

/* The context becomes who the session is. */
static uint32_t adopt(struct smb_session *ss)
{
    const struct acceptor_session *as = acceptor_session(ss->context);
    struct smb_identity *who = calloc(1, sizeof(*who));

    if (!who)
        return NT_INSUFFICIENT_RESOURCES;
    if (!ss->has_keys && !as->anonymous)
        make_keys(ss, as);
    who->refs = 1;
    who->context = ss->context;
    who->endtime = as->endtime;
    who->principal = as->principal;
    who->facts.token = as->token;
    who->facts.anonymous = as->anonymous;
    who->facts.user = as->user;
    who->facts.domain = as->domain;
    who->facts.client = *plat_conn_peer(ss->conn->conn);
    memcpy(who->facts.session_key, ss->application_key, sizeof(who->facts.session_key));
    ss->context = NULL;
    smb_identity_unref(ss->who);
    ss->who = who;
    return NT_OK;
}

/* --- SESSION_SETUP --------------------------------------------------------------------------- */

/* A client that lost its connection takes its older session with it (3.3.5.5.3). Only its own. */
static void end_previous(struct smb_session *ss, uint64_t id)
{
    if (ss->who->facts.anonymous)
        return;
    for (struct smb_session *old = ss->conn->server->all; id && old; old = old->next_all) {
        if (old->id != id || old == ss || !old->who ||
            !span_eq(old->who->principal, ss->who->principal))
            continue;
        smb_session_end(old);
        return;
    }
}

/* The setup is over; a session that never came to be is the caller's to end. */
static uint32_t failed(struct smb_session *ss, struct arena *a, enum err e)
{
    enum reason reason = acceptor_reason(ss->context);
    struct span who = arena_dup_span(a, acceptor_principal(ss->context));
    uint32_t status = acceptor_ntstatus(ss->context);

    acceptor_context_free(ss->context);
    ss->context = NULL;
    smb_event(ss->conn, NULL, "smb.session", reason ? reason : REASON_SERVER_FAILED, who);
    return e == ERR_NOMEM ? NT_INSUFFICIENT_RESOURCES : status ? status : NT_LOGON_FAILURE;
}

/* What a token of the client came to. */
static uint32_t set_up(struct smb_session *ss, struct arena *a, enum err e, bool done,
                       uint64_t previous, struct smb2_session_setup_response *p)
{
    if (e == ERR_OK && done && adopt(ss) != NT_OK)
        e = ERR_NOMEM;
    if (e != ERR_OK)
        return failed(ss, a, e);
    if (!done)
        return NT_MORE_PROCESSING;
    p->flags = ss->who->facts.anonymous ? SMB2_SESSION_IS_NULL : 0;
    smb_event(ss->conn, ss, "smb.session", REASON_NONE, SPAN_NONE);
    end_previous(ss, previous);
    return NT_OK;
}

static bool goes_on(uint32_t status)
{
    return status == NT_OK || status == NT_MORE_PROCESSING;
}

/* Who cannot prove again to be who the session is has it no longer (3.3.5.5.3); that this server
 * has no room for the proof is no fault of the client's. */
static bool ends(const struct smb_session *ss, uint32_t status)
{
    return !goes_on(status) && status != NT_PENDING &&
           (!ss->who || status != NT_INSUFFICIENT_RESOURCES);
}

/* A trusted domain has said what it says of the client. */
static void answered(void *ctx, const struct acceptor_ntlm_answer *answer)
{
    struct smb_session *ss = ctx;
    struct smb_server *sv = ss->conn->server;
    struct smb_pending *setup = ss->setup;
    struct smb2_session_setup_response p = {0};
    bool done = false;

    ss->setup = NULL;
    enum err e = acceptor_resume(ss->context, answer, &sv->arena, &p.security, &done);
    uint32_t status = set_up(ss, &sv->arena, e, done, ss->previous, &p);
    smb_late_answer(setup, status, goes_on(status) ? &p : NULL);
    if (ends(ss, status))
        smb_session_end(ss);
    smb_sessions_bury(sv);
    arena_reset(&sv->arena);
}

static uint32_t hold(struct smb_request *rq, struct smb_session *ss, uint64_t previous)
{
    ss->previous = previous;
    ss->setup = smb_hold(rq);
    if (ss->setup)
        return NT_PENDING;
    acceptor_context_free(ss->context);
    ss->context = NULL;
    return smb_refuse(rq, "smb.session", REASON_SMB_LIMIT, SPAN_NONE, NT_INSUFFICIENT_RESOURCES);
}

static uint32_t step(struct smb_request *rq, struct smb_session *ss,
                     const struct smb2_session_setup_request *q)
{
    struct acceptor_waiter waiter = {answered, ss, plat_conn_peer(ss->conn->conn)};
    struct smb2_session_setup_response p = {0};
    bool done = false;

    if (!ss->context && acceptor_context_new(rq->server->acceptor, &ss->context) != ERR_OK)
        return NT_INSUFFICIENT_RESOURCES;
    acceptor_context_wait(ss->context, &waiter);
    if (!ss->who)
        smb_preauth_add(ss->preauth, rq->message);
    enum err e = acceptor_step(ss->context, q->security, SPAN_NONE, rq->arena, &p.security, &done);
    uint32_t status = e == ERR_BUSY ? hold(rq, ss, q->previous_session_id)
                                    : set_up(ss, rq->arena, e, done, q->previous_session_id, &p);
    if (goes_on(status))
        smb_answer(rq, &p);
    else if (ends(ss, status))
        smb_session_end(ss);
    return status;
}

uint32_t smb_do_session_setup(struct smb_request *rq)
{
    struct smb2_session_setup_request q;
    uint32_t status = smb_body(rq, &q);

    if (status != NT_OK)
        return status;
    /* Several channels of one session are not offered. */
    if (q.flags & SMB2_SESSION_BINDING)
        return NT_REQUEST_NOT_ACCEPTED;
    if (!rq->session && rq->head.session_id)
        return NT_USER_SESSION_DELETED;
    if (rq->session && rq->session->setup)
        return NT_REQUEST_NOT_ACCEPTED;
    if (!rq->session)
        rq->session = session_new(rq->conn);
    if (!rq->session)
        return smb_refuse(rq, "smb.session", REASON_SMB_LIMIT, SPAN_NONE,
                          NT_INSUFFICIENT_RESOURCES);
    rq->head.session_id = rq->session->id;
    return step(rq, rq->session, &q);
}

uint32_t smb_do_logoff(struct smb_request *rq)
{
    struct smb2_empty body = {0};
    uint32_t status = smb_body(rq, &body);

    if (status != NT_OK)
        return status;
    smb_session_end(rq->session);
    smb_answer(rq, &body);
    return NT_OK;
}
