/*
 * SASL binds: GSSAPI (RFC 4752) and GSS-SPNEGO ([MS-ADTS] 5.1.1.1.2), and the security layer that
 * they leave on the connection.
 */
#include "auth/acceptor.h"
#include "base/text.h"
#include "ldap/ldap_internal.h"

/* A record with what was received after it must fit the filter's room. */
#define RECORD_MAX  (48u * 1024)
#define RECORD_HEAD 4
/* A client that takes less would make records of headers. */
#define CLIENT_BUFFER_MIN 1024

enum sasl_stage { STAGE_TOKENS, STAGE_ACKNOWLEDGE, STAGE_CHOICE };

struct ldap_sasl {
    struct acceptor_context *context;
    enum sasl_stage stage;
    bool spnego;
    enum gss_sasl_layer layer;
    uint32_t client_buffer;
};

/* --- the layer ---------------------------------------------------------------------------------
 */

struct layer {
    struct ldap_server *server;
    struct acceptor_context *context; /* the session's */
    bool seal;
    uint32_t piece; /* plaintext of one record that we send */
    uint8_t *held;  /* an incomplete record */
    size_t held_len;
};

static enum err open_record(struct layer *l, struct span record, struct builder *plain)
{
    struct span text;
    bool sealed;
    arena_reset(&l->server->layer_memory);
    TRY(acceptor_unwrap(l->context, record, &l->server->layer_memory, &sealed, &text));
    if (l->seal && !sealed)
        return ERR_INTEGRITY;
    builder_span(plain, text);
    return plain->err;
}

/* Whole records from the front of bytes; *left_out is the incomplete one at the end. */
static enum err open_records(struct layer *l, struct span bytes, struct builder *plain,
                             struct span *left_out)
{
    while (bytes.len >= RECORD_HEAD) {
        struct reader r = reader_of(bytes);
        size_t len = reader_be32(&r);
        if (len > RECORD_MAX)
            return ERR_LIMIT;
        if (bytes.len - RECORD_HEAD < len)
            break;
        TRY(open_record(l, span_sub(bytes, RECORD_HEAD, len), plain));
        bytes = span_sub(bytes, RECORD_HEAD + len, bytes.len);
    }
    *left_out = bytes;
    return ERR_OK;
}

/* Memory is held between calls only for a record of which a part is here. */
static enum err layer_input(void *filter, struct span wire, struct builder *plain,
                            struct builder *reply)
{
    struct layer *l = filter;
    struct span bytes = wire, left;
    (void)reply;
    if (l->held_len) {
        if (l->held_len + wire.len > RECORD_HEAD + RECORD_MAX + PLAT_FILTER_PIECE)
            return ERR_LIMIT;
        memcpy(l->held + l->held_len, wire.ptr, wire.len);
        bytes = span_of(l->held, l->held_len + wire.len);
    }
    TRY(open_records(l, bytes, plain, &left));
    if (left.len && !l->held)
        l->held = malloc(RECORD_HEAD + RECORD_MAX + PLAT_FILTER_PIECE);
    if (left.len && !l->held)
        return ERR_NOMEM;
    if (left.len) {
        memmove(l->held, left.ptr, left.len);
    } else {
        free(l->held);
        l->held = NULL;
    }
    l->held_len = left.len;
    return ERR_OK;
}

static enum err layer_output(void *filter, struct span plain, struct builder *wire)
{
    struct layer *l = filter;
    while (plain.len) {
        struct span piece = span_sub(plain, 0, l->piece), record;
        arena_reset(&l->server->layer_memory);
        TRY(acceptor_wrap(l->context, l->seal, piece, &l->server->layer_memory, &record));
        builder_be32(wire, (uint32_t)record.len);
        builder_span(wire, record);
        plain = span_sub(plain, piece.len, plain.len);
    }
    return wire->err;
}

static void layer_free(void *filter)
{
    struct layer *l = filter;
    free(l->held);
    free(l);
}

static const struct plat_filter_ops layer_ops = {
    .input = layer_input, .output = layer_output, .free = layer_free};

static enum err add_layer(struct ldap_session *ss)
{
    const struct ldap_sasl *sasl = ss->layer;
    struct layer *l = calloc(1, sizeof(*l));
    if (!l)
        return ERR_NOMEM;
    l->server = ss->server;
    l->context = sasl->context;
    l->seal = sasl->layer == GSS_SASL_CONFIDENTIALITY;
    l->piece = sasl->client_buffer - GSS_WRAP_OVERHEAD_MAX;
    enum err e = plat_conn_filter(ss->conn, &layer_ops, l);
    if (e != ERR_OK)
        free(l);
    else
        ss->sealed = l->seal;
    return e;
}

/* --- the bind ----------------------------------------------------------------------------------
 */

static enum err new_sasl(struct ldap_session *ss, bool spnego, struct ldap_sasl **out)
{
    struct ldap_sasl *sasl = calloc(1, sizeof(*sasl));
    if (!sasl)
        return ERR_NOMEM;
    enum err e = acceptor_context_new(ss->server->acceptor, &sasl->context);
    if (e != ERR_OK) {
        free(sasl);
        return e;
    }
    sasl->spnego = spnego;
    *out = sasl;
    return ERR_OK;
}

void ldap_sasl_free(struct ldap_sasl *sasl)
{
    if (sasl)
        acceptor_context_free(sasl->context);
    free(sasl);
}

static void give_up(struct ldap_session *ss)
{
    ldap_sasl_free(ss->sasl);
    ss->sasl = NULL;
}

static enum err respond(struct ldap_request *rq, uint32_t code, const char *text, struct span token)
{
    struct ldap_result result = {.code = code, .message = span_str(text)};
    struct builder b;
    ldap_response(rq, &b);
    ldap_put_bind_response(&b, rq->id, &result, token, NULL, 0);
    return ldap_send(rq->session, &b);
}

static enum err refuse(struct ldap_request *rq, enum reason reason, struct span token)
{
    const char *text =
        arena_printf(&rq->arena,
                     "80090308: LdapErr: DSID-0C0905E2, comment: AcceptSecurityContext error, data "
                     "52e, v4563: %s (%s)",
                     reason_row(reason)->cause, reason_row(reason)->code);
    ldap_event(rq->session, "ldap.bind", reason, rq->m->bind.mechanism);
    give_up(rq->session);
    return respond(rq, LDAP_INVALID_CREDENTIALS, text, token.len ? token : SPAN_NONE);
}

/* An account of ours is named as a simple bind names it, a stranger by its principal. */
static enum err name_of(struct ldap_request *rq, const struct acceptor_session *who,
                        struct span *out)
{
    struct dir_naming n;
    struct dir_obj o;
    struct span sam;
    *out = who->principal;
    if (who->token->account == 0)
        return ERR_OK;
    TRY(ldap_request_read(rq));
    TRY(dir_naming(&rq->snap, &n));
    if (dir_by_id(&rq->snap, who->token->account, &o) != ERR_OK ||
        !dir_attr_first(&o, ATTR_sAMAccountName, &sam))
        return ERR_OK;
    *out = span_str(arena_printf(&rq->arena, "%.*s\\%.*s", SPAN_ARG(n.flat_name), SPAN_ARG(sam)));
    return ERR_OK;
}

/* The session's identity and, when one was agreed, its layer. token: the last of SPNEGO. */
static enum err complete(struct ldap_request *rq, struct span token)
{
    struct ldap_session *ss = rq->session;
    struct ldap_sasl *sasl = ss->sasl;
    const struct acceptor_session *who = acceptor_session(sasl->context);
    struct span name;
    TRY(name_of(rq, who, &name));
    TRY(ldap_identity_token(ss, who->token, name, who->endtime));
    ldap_event(ss, "ldap.bind", REASON_NONE, rq->m->bind.mechanism);
    TRY(respond(rq, LDAP_SUCCESS, NULL, token.len ? token : SPAN_NONE));
    if (sasl->layer == GSS_SASL_NONE) {
        give_up(ss);
        return ERR_OK;
    }
    ss->layer = sasl;
    ss->sasl = NULL;
    return add_layer(ss);
}

static enum err offer(struct ldap_request *rq)
{
    struct ldap_session *ss = rq->session;
    struct span token;
    /* One protection is enough: a layer inside TLS is not offered. */
    unsigned layers =
        ss->tls ? GSS_SASL_NONE : GSS_SASL_NONE | GSS_SASL_INTEGRITY | GSS_SASL_CONFIDENTIALITY;
    enum err e = acceptor_sasl_offer(ss->sasl->context, layers, RECORD_MAX, &rq->arena, &token);
    if (e == ERR_REFUSED)
        return refuse(rq, acceptor_reason(ss->sasl->context), SPAN_NONE);
    TRY(e);
    ss->sasl->stage = STAGE_CHOICE;
    return respond(rq, LDAP_SASL_BIND_IN_PROGRESS, NULL, token);
}

static enum err chosen(struct ldap_request *rq)
{
    struct ldap_sasl *sasl = rq->session->sasl;
    struct acceptor_sasl_choice choice;
    enum err e = acceptor_sasl_chosen(sasl->context, rq->m->bind.credentials, &rq->arena, &choice);
    if (e == ERR_REFUSED)
        return refuse(rq, acceptor_reason(sasl->context), SPAN_NONE);
    TRY(e);
    if (choice.layer != GSS_SASL_NONE && choice.max_buffer < CLIENT_BUFFER_MIN)
        return refuse(rq, REASON_AUTH_SASL_MALFORMED, SPAN_NONE);
    sasl->layer = choice.layer;
    sasl->client_buffer = choice.max_buffer;
    return complete(rq, SPAN_NONE);
}

/* SPNEGO has no exchange about layers: the context's flags decide, and records are as large as
 * ours. */
static enum err agreed_by_flags(struct ldap_request *rq, struct span token)
{
    struct ldap_session *ss = rq->session;
    struct ldap_sasl *sasl = ss->sasl;
    sasl->layer = acceptor_layer_of_flags(acceptor_session(sasl->context)->flags);
    if (ss->tls && sasl->layer != GSS_SASL_NONE) {
        give_up(ss);
        return respond(rq, LDAP_UNWILLING_TO_PERFORM,
                       "00002029: LdapErr: DSID-0C090595, comment: Cannot start kerberos "
                       "signing/sealing when using TLS/SSL, data 0, v4563",
                       SPAN_NONE);
    }
    sasl->client_buffer = RECORD_MAX;
    return complete(rq, token);
}

static enum err bindings_of(struct ldap_request *rq, struct span *out)
{
    const struct ldap_session *ss = rq->session;
    struct builder b;
    *out = SPAN_NONE;
    if (!ss->tls)
        return ERR_OK;
    builder_in(&b, &rq->arena, 256);
    builder_printf(&b, "tls-server-end-point:");
    builder_span(&b, tls_end_point(plat_conn_filter_state(ss->conn)));
    return builder_done(&b, out);
}

static enum err token(struct ldap_request *rq)
{
    struct ldap_sasl *sasl = rq->session->sasl;
    struct span bindings, out = SPAN_NONE;
    bool done = false;
    TRY(bindings_of(rq, &bindings));
    enum err e =
        acceptor_step(sasl->context, rq->m->bind.credentials, bindings, &rq->arena, &out, &done);
    if (e == ERR_REFUSED)
        return refuse(rq, acceptor_reason(sasl->context), out);
    TRY(e);
    /* Who begins with nothing asks what there is, and Samba's clients rely on an answer. */
    if (sasl->spnego && rq->m->bind.credentials.len == 0 && out.len == 0)
        TRY(acceptor_hint(rq->session->server->acceptor, &rq->arena, &out));
    if (!done)
        return respond(rq, LDAP_SASL_BIND_IN_PROGRESS, NULL, out);
    if (sasl->spnego)
        return agreed_by_flags(rq, out);
    if (out.len == 0)
        return offer(rq);
    sasl->stage = STAGE_ACKNOWLEDGE;
    return respond(rq, LDAP_SASL_BIND_IN_PROGRESS, NULL, out);
}

static enum err step(struct ldap_request *rq)
{
    switch (rq->session->sasl->stage) {
    case STAGE_TOKENS:
        return token(rq);
    case STAGE_ACKNOWLEDGE:
        if (rq->m->bind.credentials.len)
            return refuse(rq, REASON_AUTH_SASL_MALFORMED, SPAN_NONE);
        return offer(rq);
    default:
        return chosen(rq);
    }
}

enum err ldap_bind_sasl(struct ldap_request *rq)
{
    struct ldap_session *ss = rq->session;
    const struct span mechanism = rq->m->bind.mechanism;
    bool spnego = ascii_eq_fold(mechanism, SPAN_LIT("GSS-SPNEGO"));
    if (!spnego && !ascii_eq_fold(mechanism, SPAN_LIT("GSSAPI"))) {
        give_up(ss);
        ldap_event(ss, "ldap.bind", REASON_LDAP_BIND_METHOD, mechanism);
        return respond(rq, LDAP_AUTH_METHOD_NOT_SUPPORTED,
                       "00002027: LdapErr: the mechanism is not supported: use GSSAPI or "
                       "GSS-SPNEGO (LDAP_BIND_METHOD)",
                       SPAN_NONE);
    }
    if (ss->layer)
        return respond(rq, LDAP_UNWILLING_TO_PERFORM,
                       "00002035: LdapErr: this connection has a security layer already: bind "
                       "again on a new one",
                       SPAN_NONE);
    if (ss->sasl && ss->sasl->spnego != spnego)
        give_up(ss);
    if (!ss->sasl) {
        ldap_identity_clear(&ss->who);
        TRY(new_sasl(ss, spnego, &ss->sasl));
    }
    return step(rq);
}
