/*
 * Changes: a request becomes an intent with the session's rights, the writer decides, its answer
 * becomes the result. The connection is paused meanwhile, so one client has one change under way.
 */
#include "base/text.h"
#include "directory/account.h"
#include "directory/policy_facts.h"
#include "directory/volatile.h"
#include "ldap/ldap_internal.h"

#define CHANGE_TIMEOUT (30 * UTIME_SECOND)

/* --- the result --------------------------------------------------------------------------------
 */

static const struct {
    enum reason reason;
    enum ldap_code code;
} by_reason[] = {
    {REASON_DIR_NAME, LDAP_INVALID_DN_SYNTAX},
    {REASON_DIR_NO_OBJECT, LDAP_NO_SUCH_OBJECT},
    {REASON_DIR_NO_PARENT, LDAP_NO_SUCH_OBJECT},
    {REASON_DIR_EXISTS, LDAP_ENTRY_ALREADY_EXISTS},
    {REASON_DIR_CLASS, LDAP_OBJECT_CLASS_VIOLATION},
    {REASON_DIR_NO_CLASS, LDAP_NO_SUCH_ATTRIBUTE},
    {REASON_DIR_PARENT_CLASS, LDAP_NAMING_VIOLATION},
    {REASON_DIR_RDN_ATTRIBUTE, LDAP_NAMING_VIOLATION},
    {REASON_DIR_NO_ATTRIBUTE_TYPE, LDAP_NO_SUCH_ATTRIBUTE},
    {REASON_DIR_ATTRIBUTE_CLASS, LDAP_OBJECT_CLASS_VIOLATION},
    {REASON_DIR_MISSING, LDAP_OBJECT_CLASS_VIOLATION},
    {REASON_DIR_SYNTAX, LDAP_INVALID_ATTRIBUTE_SYNTAX},
    {REASON_DIR_NAMING_ATTRIBUTE, LDAP_NOT_ALLOWED_ON_RDN},
    {REASON_DIR_VALUE_EXISTS, LDAP_ATTRIBUTE_OR_VALUE_EXISTS},
    {REASON_DIR_NO_VALUE, LDAP_NO_SUCH_ATTRIBUTE},
    {REASON_DIR_MEMBER_EXISTS, LDAP_ENTRY_ALREADY_EXISTS}, /* as the account database says it */
    {REASON_DIR_NO_MEMBER, LDAP_UNWILLING_TO_PERFORM},
    {REASON_DIR_ACCOUNT_NAME_TAKEN, LDAP_ENTRY_ALREADY_EXISTS},
    {REASON_DIR_UPN_TAKEN, LDAP_CONSTRAINT_VIOLATION},
    {REASON_DIR_SPN_TAKEN, LDAP_CONSTRAINT_VIOLATION},
    {REASON_DIR_PASSWORD_UNPROTECTED, LDAP_UNWILLING_TO_PERFORM},
    {REASON_DIR_PASSWORD_WRONG, LDAP_CONSTRAINT_VIOLATION},
    {REASON_LOGON_LOCKED_OUT, LDAP_CONSTRAINT_VIOLATION},
    {REASON_KDC_LOCKED_NOW, LDAP_CONSTRAINT_VIOLATION},
    {REASON_KDC_LOCKOUT_NOT_STORED, LDAP_CONSTRAINT_VIOLATION},
    {REASON_DIR_HAS_CHILDREN, LDAP_NOT_ALLOWED_ON_NON_LEAF},
    {REASON_DIR_OTHER_PARTITION, LDAP_AFFECTS_MULTIPLE_DSAS},
    {REASON_DIR_TREE_TOO_LARGE, LDAP_ADMIN_LIMIT_EXCEEDED},
    {REASON_DIR_SYSTEM_CLASS, LDAP_UNWILLING_TO_PERFORM},
    {REASON_DIR_PROTECTED, LDAP_UNWILLING_TO_PERFORM},
    {REASON_DIR_SCHEMA_INVALID, LDAP_UNWILLING_TO_PERFORM},
    {REASON_DIR_SCHEMA_TAKEN, LDAP_UNWILLING_TO_PERFORM},
    {REASON_DIR_SCHEMA_FIXED, LDAP_UNWILLING_TO_PERFORM},
    {REASON_DIR_DELETED, LDAP_UNWILLING_TO_PERFORM},
    {REASON_DIR_LOOP, LDAP_UNWILLING_TO_PERFORM},
};

static enum ldap_code code_of(enum err err, enum reason reason)
{
    for (size_t i = 0; i < sizeof(by_reason) / sizeof(by_reason[0]); i++) {
        if (reason == by_reason[i].reason)
            return by_reason[i].code;
    }
    switch (err) {
    case ERR_OK:
        return LDAP_SUCCESS;
    case ERR_NOT_FOUND:
        return LDAP_NO_SUCH_OBJECT;
    case ERR_EXISTS:
        return LDAP_ENTRY_ALREADY_EXISTS;
    case ERR_DENIED:
        return LDAP_INSUFFICIENT_ACCESS_RIGHTS;
    case ERR_CONSTRAINT:
    case ERR_RANGE:
        return LDAP_CONSTRAINT_VIOLATION;
    case ERR_MALFORMED:
        return LDAP_INVALID_ATTRIBUTE_SYNTAX;
    case ERR_LIMIT:
        return LDAP_ADMIN_LIMIT_EXCEEDED;
    case ERR_UNSUPPORTED:
    case ERR_REFUSED:
    case ERR_STATE:
        return LDAP_UNWILLING_TO_PERFORM;
    case ERR_BUSY:
    case ERR_TIMEOUT:
        return LDAP_BUSY;
    case ERR_CLOSED:
        return LDAP_UNAVAILABLE;
    default:
        return LDAP_OPERATIONS_ERROR;
    }
}

/* The writer's sentence and the reason's code; what the writer did not say, the catalogue does. */
static enum err result(struct ldap_request *rq, enum err err, enum reason reason, struct span said)
{
    const struct reason_row *row = reason_row(reason);
    const char *text = NULL;
    if (err != ERR_OK)
        text = said.len ? arena_printf(&rq->values, "%.*s (%s)", SPAN_ARG(said), row->code)
                        : arena_printf(&rq->values, "%s (%s)", row->cause, row->code);
    uint32_t code = err == ERR_OK ? LDAP_SUCCESS : code_of(err, reason);
    if (rq->m->op == LDAP_MODIFY_DN_REQUEST && reason == REASON_DIR_NO_PARENT)
        code = LDAP_OTHER; /* [MS-ADTS] 3.1.1.5.4.1.2 */
    return ldap_reply(rq, code, text, SPAN_NONE);
}

static void conclude(struct ldap_request *rq, enum err err, enum reason reason, struct span said)
{
    struct ldap_session *ss = rq->session;
    (void)result(rq, err, reason, said);
    ss->running = NULL;
    ldap_request_free(rq);
    plat_conn_resume(ss->conn);
}

static struct ldap_request *request_of(struct plat_call *call)
{
    return (struct ldap_request *)((char *)call - offsetof(struct ldap_request, call));
}

/* --- wrong old passwords -----------------------------------------------------------------------
 */

static void locked_out(struct plat_call *call, enum err err, struct plat_msg *msg)
{
    struct ldap_request *rq = request_of(call);
    struct intent_reply reply;
    rq->calling = false;
    if (err == ERR_OK)
        err = intent_reply_decode(msg->payload, &rq->arena, &reply);
    bool stored = err == ERR_OK && reply.err == ERR_OK;
    conclude(rq, ERR_DENIED, stored ? REASON_KDC_LOCKED_NOW : REASON_KDC_LOCKOUT_NOT_STORED,
             SPAN_NONE);
}

static enum err start_lockout(struct ldap_request *rq, dir_id account, int64_t now)
{
    struct intent in = {
        .kind = INTENT_LOCKOUT, .flags = INTENT_LOGON, .account = account, .when = now};
    struct span bytes;
    TRY(intent_encode(&in, &rq->arena, &bytes));
    rq->call = (struct plat_call){.done = locked_out};
    TRY(plat_channel_start(rq->channel, INTENT_MESSAGE, bytes, CHANGE_TIMEOUT, &rq->call));
    rq->calling = true;
    return ERR_OK;
}

/* Everybody may change a password who knows the old one: a wrong one counts as at a logon, or a
 * change would be the place to guess at. False: no lockout is due. */
static bool guessed_wrong(struct ldap_request *rq, dir_id id)
{
    const struct ldap_env *env = &rq->session->server->env;
    int64_t now = utime_to_filetime(env->now());
    struct dir_obj o;
    struct dir_account a;
    struct policy_settings policy;
    if (ldap_request_read(rq) != ERR_OK || dir_by_id(&rq->snap, id, &o) != ERR_OK ||
        dir_account_of(&rq->snap, &o, &a) != ERR_OK ||
        policy_settings_for(&rq->snap, id, &rq->arena, &policy, NULL) != ERR_OK)
        return false;
    uint32_t bad = vol_bad_password(env->dir, id, now, policy.lockout_window);
    bool due = policy_lockout_due(a.uac, a.sid.sub[a.sid.count - 1], bad, &policy);
    ldap_event(rq->session, "ldap.password", REASON_DIR_PASSWORD_WRONG, a.sam_name);
    ldap_request_pause(rq);
    return due && start_lockout(rq, id, now) == ERR_OK;
}

static void answered(struct plat_call *call, enum err err, struct plat_msg *msg)
{
    struct ldap_request *rq = request_of(call);
    struct intent_reply reply;
    rq->calling = false;
    if (err == ERR_OK)
        err = intent_reply_decode(msg->payload, &rq->arena, &reply);
    if (err != ERR_OK)
        conclude(rq, err, REASON_LDAP_WRITER_AWAY, SPAN_NONE);
    else if (reply.reason != REASON_DIR_PASSWORD_WRONG || !guessed_wrong(rq, reply.id))
        conclude(rq, reply.err, reply.reason, reply.text);
}

static enum err submit(struct ldap_request *rq, struct intent *in)
{
    struct ldap_session *ss = rq->session;
    const struct ldap_env *env = &ss->server->env;
    struct span bytes;
    in->token = ss->who.token;
    in->flags |= ldap_private(ss) ? INTENT_PROTECTED : 0;
    in->flags |= rq->options.permissive ? INTENT_PERMISSIVE : 0;
    in->flags |= rq->options.tree_delete ? INTENT_TREE_DELETE : 0;
    in->flags |= rq->options.show_deleted ? INTENT_SHOW_DELETED : 0;
    in->sd_parts = rq->options.has_sd_flags ? rq->options.sd_flags & 15 : 0;
    enum err e = intent_encode(in, &rq->arena, &bytes);
    if (e != ERR_OK)
        return result(rq, e, REASON_WIRE_TOO_LARGE, SPAN_NONE);
    rq->channel = env->writer(env->ctx);
    rq->call = (struct plat_call){.done = answered};
    if (rq->channel)
        plat_channel_cork(rq->channel); /* until the turn's end (ldap_session.c) */
    if (!rq->channel ||
        plat_channel_start(rq->channel, INTENT_MESSAGE, bytes, CHANGE_TIMEOUT, &rq->call) != ERR_OK)
        return result(rq, ERR_CLOSED, REASON_LDAP_WRITER_AWAY, SPAN_NONE);
    rq->calling = true;
    ss->running = rq;
    plat_conn_pause(ss->conn);
    return ERR_BUSY;
}

void ldap_abandon_change(struct ldap_request *rq)
{
    if (rq->calling)
        plat_channel_cancel(rq->channel, &rq->call);
    rq->calling = false;
    ldap_request_free(rq);
}

/* --- the requests ------------------------------------------------------------------------------
 */

/* "userCertificate;binary" is the attribute as it is. */
static struct span without_binary(struct span name)
{
    const struct span option = SPAN_LIT(";binary");
    if (name.len > option.len &&
        ascii_eq_fold(span_sub(name, name.len - option.len, option.len), option))
        return span_sub(name, 0, name.len - option.len);
    return name;
}

static struct intent_mod mod_of(enum intent_mod_op op, const struct ldap_attribute *a)
{
    return (struct intent_mod){
        .op = op, .attr = without_binary(a->name), .values = a->values, .count = a->count};
}

static enum err add(struct ldap_request *rq)
{
    const struct ldap_add *in = &rq->m->add;
    struct intent intent = {.kind = INTENT_ADD, .target = in->dn, .mod_count = in->count};
    intent.mods = arena_new_array(&rq->arena, in->count, struct intent_mod);
    if (!intent.mods)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < in->count; i++)
        intent.mods[i] = mod_of(MOD_ADD, &in->attrs[i]);
    return submit(rq, &intent);
}

/* rootDSE's schemaUpdateNow ([MS-ADTS] 3.1.1.3.3.13) asks for what is so anyway: what the writer
 * took is seen by the next request. */
static bool asks_for_schema(const struct ldap_modify *in)
{
    return !in->dn.len && in->count == 1 &&
           ascii_eq_fold(in->changes[0].attr.name, SPAN_LIT("schemaUpdateNow"));
}

static enum err modify(struct ldap_request *rq)
{
    static const enum intent_mod_op ops[] = {[LDAP_CHANGE_ADD] = MOD_ADD,
                                             [LDAP_CHANGE_DELETE] = MOD_DELETE,
                                             [LDAP_CHANGE_REPLACE] = MOD_REPLACE};
    const struct ldap_modify *in = &rq->m->modify;
    struct intent intent = {.kind = INTENT_MODIFY, .target = in->dn, .mod_count = in->count};
    if (asks_for_schema(in))
        return ldap_reply(rq, LDAP_SUCCESS, NULL, SPAN_NONE);
    intent.mods = arena_new_array(&rq->arena, in->count, struct intent_mod);
    if (!intent.mods)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < in->count; i++)
        intent.mods[i] = mod_of(ops[in->changes[i].op], &in->changes[i].attr);
    return submit(rq, &intent);
}

static enum err modify_dn(struct ldap_request *rq)
{
    const struct ldap_modify_dn *in = &rq->m->modify_dn;
    struct intent intent = {.kind = INTENT_MODIFY_DN,
                            .target = in->dn,
                            .new_rdn = in->new_rdn,
                            .new_parent = in->new_superior,
                            .delete_old_rdn = in->delete_old_rdn};
    return submit(rq, &intent);
}

/* A comparison is a filter on one object, with the rights of reading. */
static enum err compare(struct ldap_request *rq)
{
    const struct ldap_compare *in = &rq->m->compare;
    struct dir_filter f = {.op = FILTER_EQUAL, .value = in->value};
    struct dir_filter has = {.op = FILTER_PRESENT};
    const struct dir_token *token = &rq->session->who.token;
    const struct schema_attr *attr;
    struct dir_obj o;
    TRY(ldap_request_read(rq));
    if (dir_by_dn(&rq->snap, in->dn, &o, NULL) != ERR_OK || (o.flags & DIR_OBJ_DELETED) ||
        !access_visible(&rq->snap, &o, token))
        return result(rq, ERR_NOT_FOUND, REASON_DIR_NO_OBJECT, SPAN_NONE);
    attr = schema_attr_by_name(in->attr);
    f.attr = has.attr = attr ? attr->id : 0;
    if (!attr || dir_filter_resolve(&rq->snap, &f, &rq->arena) != ERR_OK ||
        dir_filter_resolve(&rq->snap, &has, &rq->arena) != ERR_OK ||
        !dir_filter_match(&rq->snap, &has, &o, token, &rq->scratch))
        return ldap_reply(rq, LDAP_NO_SUCH_ATTRIBUTE, NULL, SPAN_NONE);
    bool equal = dir_filter_match(&rq->snap, &f, &o, token, &rq->scratch);
    return ldap_reply(rq, equal ? LDAP_COMPARE_TRUE : LDAP_COMPARE_FALSE, NULL, SPAN_NONE);
}

enum err ldap_do_change(struct ldap_request *rq)
{
    enum err e = ldap_identity_ready(rq);
    if (e == ERR_DENIED)
        return ldap_reply(rq, LDAP_OPERATIONS_ERROR, LDAP_NEEDS_BIND, SPAN_NONE);
    TRY(e);
    switch (rq->m->op) {
    case LDAP_ADD_REQUEST:
        return add(rq);
    case LDAP_MODIFY_REQUEST:
        return modify(rq);
    case LDAP_MODIFY_DN_REQUEST:
        return modify_dn(rq);
    case LDAP_DELETE_REQUEST: {
        struct intent intent = {.kind = INTENT_DELETE, .target = rq->m->delete_dn};
        return submit(rq, &intent);
    }
    case LDAP_COMPARE_REQUEST:
        return compare(rq);
    default:
        return ERR_UNSUPPORTED;
    }
}
