/*
 * What a user is ([MS-SAMR] 3.1.5.5.5): all of it is gathered, and the level's table sends its
 * part.
 */
#include "directory/policy_facts.h"
#include "directory/volatile.h"
#include "rpc/samr_service.h"
#include "wire/rpc/samr_user.h"

#define HOURS_BYTES 21 /* of a week */

static void names(struct rpc_ctx *c, struct samr_object *x, struct samr_user_all *u)
{
    const struct {
        uint32_t attr;
        struct span *out;
    } texts[] = {
        {ATTR_sAMAccountName, &u->name},  {ATTR_displayName, &u->full_name},
        {ATTR_homeDirectory, &u->home},   {ATTR_homeDrive, &u->drive},
        {ATTR_scriptPath, &u->script},    {ATTR_profilePath, &u->profile},
        {ATTR_description, &u->comment},  {ATTR_userWorkstations, &u->workstations},
        {ATTR_comment, &u->user_comment},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i].out = samr_text(c, &x->reader, texts[i].attr);
    u->parameters = u->lm_password = u->nt_password = u->private_data = SPAN_LIT("");
}

static void hours(struct rpc_ctx *c, struct samr_object *x, struct samr_hours *out)
{
    struct span stored;
    uint8_t *bits = arena_alloc(c->arena, HOURS_BYTES);

    if (!bits)
        return;
    memset(bits, 0xff, HOURS_BYTES);
    if (dir_attr_first(&x->o, ATTR_logonHours, &stored) && stored.len == HOURS_BYTES &&
        dir_reader_may(&x->reader, schema_attr(ATTR_logonHours)))
        memcpy(bits, stored.ptr, HOURS_BYTES);
    *out = (struct samr_hours){8 * HOURS_BYTES, HOURS_BYTES, bits};
}

/* Never is the largest number here. */
static int64_t or_never(int64_t time)
{
    return time == 0 ? INT64_MAX : time;
}

static bool may(struct samr_object *x, uint32_t attr)
{
    return dir_reader_may(&x->reader, schema_attr(attr));
}

static uint16_t fits(uint32_t count)
{
    return (uint16_t)(count > UINT16_MAX ? UINT16_MAX : count);
}

/* The process's own counts, too, are told to who may read the attributes that they become. */
static void times(struct rpc_ctx *c, struct samr_object *x, struct samr_user_all *u)
{
    struct dir_account a;
    struct policy_settings p;
    struct vol_state vol;

    vol_get(c->env->dir, x->o.id, &vol);
    if (may(x, ATTR_lastLogon))
        u->last_logon = vol.last_logon ? vol.last_logon : samr_i64(&x->reader, ATTR_lastLogon, 0);
    if (may(x, ATTR_logonCount))
        u->logons = fits(vol.logon_count);
    if (may(x, ATTR_badPwdCount))
        u->bad_passwords = fits(vol.bad_count);
    u->password_set = samr_i64(&x->reader, ATTR_pwdLastSet, 0);
    u->expires = or_never(samr_i64(&x->reader, ATTR_accountExpires, 0));
    if (dir_account_of(&x->view.snap, &x->o, &a) != ERR_OK ||
        policy_settings_for(&x->view.snap, x->o.id, c->arena, &p, NULL) != ERR_OK)
        return;
    int64_t now = utime_to_filetime(c->env->now());
    if (may(x, ATTR_pwdLastSet)) {
        u->must_change = policy_password_expiry(a.uac, u->password_set, &p); /* 0: now */
        u->can_change = u->password_set ? u->password_set + p.min_age : 0;
        u->expired = u->must_change <= now;
        u->control |= u->expired ? SAMR_EXPIRED : 0;
    }
    if (may(x, ATTR_lockoutTime) && policy_locked_out(a.uac, a.lockout_time, now, &p))
        u->control |= SAMR_LOCKED;
}

static void gather(struct rpc_ctx *c, struct samr_object *x, struct samr_user_all *u)
{
    names(c, x, u);
    hours(c, x, &u->hours);
    u->rid = x->rid;
    u->primary_group = (uint32_t)samr_i32(&x->reader, ATTR_primaryGroupID, 0);
    u->control = samr_control_of((uint32_t)samr_i32(&x->reader, ATTR_userAccountControl, 0));
    u->fields = SAMR_FIELDS_READ;
    u->country = (uint16_t)samr_i32(&x->reader, ATTR_countryCode, 0);
    u->code_page = (uint16_t)samr_i32(&x->reader, ATTR_codePage, 0);
    times(c, x, u);
}

uint32_t samr_query_user(struct rpc_ctx *c, void *args)
{
    struct samr_query_user *q = args;
    union samr_user_info *info = arena_new(c->arena, union samr_user_info);
    struct samr_object x;
    uint32_t status = samr_object_begin(c, &q->handle, RPC_HANDLE_SAM_USER, &x);

    if (status != NT_OK)
        return status;
    bool told = q->level >= SAMR_USER_GENERAL && q->level <= SAMR_USER_ALL && q->level != 2 &&
                q->level != 15 && (q->level <= SAMR_USER_EXPIRES || q->level == SAMR_USER_ALL);
    if (told && info)
        gather(c, &x, &info->all);
    samr_object_end(&x);
    if (!told)
        return NT_INVALID_INFO_CLASS;
    if (arena_failed(c->arena))
        return NT_INSUFFICIENT_RESOURCES;
    q->info = info;
    return NT_OK;
}
