/*
 * What a domain tells of itself ([MS-SAMR] 3.1.5.5.1): its password policy, its counts.
 */
#include "wire/rpc/samr_domain.h"
#include "directory/index.h"
#include "directory/policy_facts.h"
#include "rpc/samr_service.h"

/* Counts beyond this are not told exactly; they only inform people. */
#define COUNT_MAX 10000000

static uint32_t count_of(const struct samr_domain *d, uint32_t type)
{
    uint8_t bytes[4] = {(uint8_t)type, (uint8_t)(type >> 8), (uint8_t)(type >> 16),
                        (uint8_t)(type >> 24)};
    struct dir_index_cursor cursor;

    if (d->builtin || dir_index_open(ATTR_sAMAccountType, INDEX_EQUAL, span_of(bytes, 4), false,
                                     &cursor) != ERR_OK)
        return 0;
    return (uint32_t)dir_index_count(&d->view.snap, &cursor, COUNT_MAX);
}

/* Intervals travel as negative numbers; "for ever" is the smallest of all. */
static int64_t interval(int64_t duration)
{
    return duration >= POLICY_FOREVER ? INT64_MIN : -duration;
}

void samr_policy(const struct policy_settings *p, struct samr_domain_password *out)
{
    *out =
        (struct samr_domain_password){.min_length = (uint16_t)p->min_length,
                                      .history = (uint16_t)p->history,
                                      .properties = (p->complexity ? SAMR_PASSWORD_COMPLEX : 0) |
                                                    (p->reversible ? SAMR_PASSWORD_REVERSIBLE : 0),
                                      .max_age = interval(p->max_age),
                                      .min_age = interval(p->min_age)};
}

/* Told, and nothing more: nobody is logged off when his hours end. */
static int64_t logoff(const struct samr_domain *d)
{
    struct dir_obj head;

    return dir_by_id(&d->view.snap, d->view.naming.domain_nc, &head) == ERR_OK
               ? dir_attr_i64(&head, ATTR_forceLogoff, INT64_MIN)
               : INT64_MIN;
}

static void general(struct rpc_ctx *c, const struct samr_domain *d, struct samr_domain_general *out)
{
    *out = (struct samr_domain_general){.logoff = logoff(d),
                                        .oem = SPAN_LIT(""),
                                        .name = arena_dup_span(c->arena, samr_domain_name(d)),
                                        .replica_source = arena_dup_span(c->arena, c->env->host),
                                        .modified = (int64_t)dir_snap_usn(&d->view.snap),
                                        .state = SAMR_STATE_ENABLED,
                                        .role = SAMR_ROLE_PRIMARY,
                                        .uas_compatible = 1,
                                        .users = count_of(d, SAMR_TYPE_USER) +
                                                 count_of(d, SAMR_TYPE_MACHINE),
                                        .groups = count_of(d, SAMR_TYPE_GROUP),
                                        .aliases = count_of(d, SAMR_TYPE_ALIAS)};
}

static int64_t created(const struct samr_domain *d)
{
    struct dir_obj head;

    if (dir_by_id(&d->view.snap, d->view.naming.domain_nc, &head) != ERR_OK)
        return 0;
    return dir_attr_i64(&head, ATTR_creationTime, 0);
}

static uint32_t tell(struct rpc_ctx *c, const struct samr_domain *d, uint16_t level,
                     union samr_domain_info *out)
{
    struct policy_settings p;

    if (policy_domain_settings(&d->view.snap, &p) != ERR_OK)
        return NT_INTERNAL_ERROR;
    struct samr_domain_lockout lockout = {interval(p.lockout_duration), interval(p.lockout_window),
                                          (uint16_t)p.threshold};
    switch (level) {
    case SAMR_DOMAIN_PASSWORD:
        samr_policy(&p, &out->password);
        return NT_OK;
    case SAMR_DOMAIN_GENERAL:
        general(c, d, &out->general);
        return NT_OK;
    case SAMR_DOMAIN_GENERAL2:
        general(c, d, &out->general2.general);
        out->general2.duration = lockout.duration;
        out->general2.window = lockout.window;
        out->general2.threshold = lockout.threshold;
        return NT_OK;
    case SAMR_DOMAIN_LOGOFF:
        out->logoff = logoff(d);
        return NT_OK;
    case SAMR_DOMAIN_OEM:
        out->text = SPAN_LIT("");
        return NT_OK;
    case SAMR_DOMAIN_NAME:
        out->text = arena_dup_span(c->arena, samr_domain_name(d));
        return NT_OK;
    case SAMR_DOMAIN_REPLICATION:
        out->text = arena_dup_span(c->arena, c->env->host);
        return NT_OK;
    case SAMR_DOMAIN_ROLE:
        out->number = SAMR_ROLE_PRIMARY;
        return NT_OK;
    case SAMR_DOMAIN_STATE:
        out->number = SAMR_STATE_ENABLED;
        return NT_OK;
    case SAMR_DOMAIN_MODIFIED:
    case SAMR_DOMAIN_MODIFIED2:
        out->modified = (struct samr_domain_modified){.count = (int64_t)dir_snap_usn(&d->view.snap),
                                                      .created = created(d)};
        return NT_OK;
    case SAMR_DOMAIN_LOCKOUT:
        out->lockout = lockout;
        return NT_OK;
    default:
        return NT_INVALID_INFO_CLASS;
    }
}

uint32_t samr_query_domain(struct rpc_ctx *c, void *args)
{
    struct samr_query_domain *x = args;
    union samr_domain_info *info = arena_new(c->arena, union samr_domain_info);
    struct samr_domain d;
    uint32_t status = samr_domain_begin(c, &x->handle, &d);

    if (status != NT_OK)
        return status;
    status = info ? tell(c, &d, x->level, info) : NT_INSUFFICIENT_RESOURCES;
    samr_domain_end(&d);
    if (status == NT_OK && arena_failed(c->arena))
        status = NT_INSUFFICIENT_RESOURCES;
    if (status == NT_OK)
        x->info = info;
    return status;
}

static void rules(const struct policy_settings *p, struct samr_password_info *out)
{
    struct samr_domain_password all;

    samr_policy(p, &all);
    out->min_length = all.min_length;
    out->properties = all.properties;
}

uint32_t samr_domain_password_info(struct rpc_ctx *c, void *args)
{
    struct policy_settings p;
    struct lsa_view v;
    uint32_t status = lsa_view_begin(c, &v);

    if (status != NT_OK)
        return status;
    status = lsa_status(policy_domain_settings(&v.snap, &p));
    lsa_view_end(&v);
    if (status == NT_OK)
        rules(&p, args);
    return status;
}

/* Those that hold for this user. */
uint32_t samr_user_password_info(struct rpc_ctx *c, void *args)
{
    struct samr_password_info *x = args;
    struct policy_settings p;
    struct samr_object user;
    uint32_t status = samr_object_begin(c, &x->handle, RPC_HANDLE_SAM_USER, &user);

    if (status != NT_OK)
        return status;
    status = lsa_status(policy_settings_for(&user.view.snap, user.o.id, c->arena, &p, NULL));
    samr_object_end(&user);
    if (status == NT_OK)
        rules(&p, x);
    return status;
}
