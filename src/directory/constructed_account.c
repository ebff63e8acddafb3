#include "directory/constructed.h"

#include "directory/idset.h"
#include "directory/links.h"
#include "directory/policy_facts.h"
#include "directory/token_internal.h"

static bool own_sid(const struct constructing *c, struct sid *out)
{
    struct span bytes;

    return dir_attr_first(c->obj, ATTR_objectSid, &bytes) && sid_from_bytes(bytes, out) == ERR_OK;
}

static enum err add_sids(struct constructing *c, const struct dir_group_sid *g, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t bytes[SID_BYTES_MAX];
        size_t len = sid_to_bytes(&g[i].sid, bytes);

        TRY(constructed_add(c, arena_dup_span(c->arena, span_of(bytes, len))));
    }
    return ERR_OK;
}

/* Domain-local groups too, those of BUILTIN among them, unless only global and universal ones are
 * asked for
 * ([MS-ADTS] 3.1.1.4.5.19 and .20). */
static enum err add_local(struct constructing *c, const struct sid *self,
                          const struct dir_memberships *m)
{
    struct dir_local_set local;
    unsigned count = 0;
    struct sid *sids =
        arena_new_array(c->arena, (size_t)1 + m->global_count + m->universal_count, struct sid);

    if (!sids)
        return ERR_NOMEM;
    sids[count++] = *self;
    for (unsigned i = 0; i < m->global_count; i++)
        sids[count++] = m->global[i].sid;
    for (unsigned i = 0; i < m->universal_count; i++)
        sids[count++] = m->universal[i].sid;
    TRY(token_local_groups(c->snap, sids, count, NULL, c->arena, &local));
    return add_sids(c, local.groups, local.count);
}

enum err constructed_token_groups(struct constructing *c)
{
    struct dir_memberships m;
    struct sid self;

    if (!own_sid(c, &self))
        return ERR_OK;
    TRY(dir_memberships(c->snap, c->obj->id, c->arena, &m));
    TRY(add_sids(c, m.global, m.global_count));
    TRY(add_sids(c, m.universal, m.universal_count));
    TRY(add_sids(c, m.history, m.history_count));
    if (c->attr == ATTR_tokenGroupsGlobalAndUniversal)
        return ERR_OK;
    return add_local(c, &self, &m);
}

/* ERR_NOT_FOUND when the object is no account of the domain. */
static enum err account_policy(struct constructing *c, struct dir_account *acc,
                               struct policy_settings *p, dir_id *pso)
{
    struct dir_naming naming;

    TRY(dir_account_of(c->snap, c->obj, acc));
    TRY(dir_naming(c->snap, &naming));
    if (dir_nc_of(c->snap, c->obj->id) != naming.domain_nc)
        return ERR_NOT_FOUND;
    return policy_settings_for(c->snap, c->obj->id, c->arena, p, pso);
}

static enum err absent(enum err e)
{
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err constructed_uac(struct constructing *c)
{
    int64_t now = utime_to_filetime(c->now);
    struct dir_account acc;
    struct policy_settings p;
    uint32_t bits = 0;
    enum err e = account_policy(c, &acc, &p, NULL);

    if (e != ERR_OK)
        return absent(e);
    if (policy_locked_out(acc.uac, acc.lockout_time, now, &p))
        bits |= UAC_LOCKOUT;
    if (now > policy_password_expiry(acc.uac, acc.pwd_last_set, &p))
        bits |= UAC_PASSWORD_EXPIRED;
    return constructed_add_number(c, bits);
}

enum err constructed_password_expiry(struct constructing *c)
{
    struct dir_account acc;
    struct policy_settings p;
    enum err e = account_policy(c, &acc, &p, NULL);

    if (e != ERR_OK)
        return absent(e);
    return constructed_add_number(c, policy_password_expiry(acc.uac, acc.pwd_last_set, &p));
}

enum err constructed_pso(struct constructing *c)
{
    struct dir_account acc;
    struct policy_settings p;
    dir_id pso;
    enum err e = account_policy(c, &acc, &p, &pso);

    if (e != ERR_OK)
        return absent(e);
    return pso ? constructed_add_dn(c, pso) : ERR_OK;
}

/* The version in the replication metadata of unicodePwd, which every change of an account's keys
 * moves. */
enum err constructed_key_version(struct constructing *c)
{
    struct dir_attr_meta meta;
    size_t pos = 0;

    if (!c->obj->account.len)
        return ERR_OK;
    while (dir_attr_meta_next(c->snap, c->obj->id, &pos, &meta))
        if (meta.attr == ATTR_unicodePwd)
            return constructed_add_number(c, meta.version);
    return constructed_add_number(c, 1);
}

enum err constructed_primary_group_token(struct constructing *c)
{
    struct sid sid;
    uint32_t rid;

    if (!c->class || !schema_class_is(c->class, CLASS_group) || !own_sid(c, &sid))
        return ERR_OK;
    if (sid_split(&sid, &sid, &rid) != ERR_OK)
        return ERR_OK;
    return constructed_add_number(c, rid);
}

enum err constructed_principal_name(struct constructing *c)
{
    char text[SID_TEXT_SIZE];
    struct dir_naming naming;
    struct span sam;
    struct sid sid;

    if (!own_sid(c, &sid))
        return ERR_OK;
    TRY(dir_naming(c->snap, &naming));
    if (sid_in_domain(&sid, &naming.domain_sid, NULL) &&
        dir_attr_first(c->obj, ATTR_sAMAccountName, &sam))
        return constructed_add_text(
            c, arena_printf(c->arena, "%.*s\\%.*s", SPAN_ARG(naming.flat_name), SPAN_ARG(sam)));
    sid_to_text(&sid, text);
    return constructed_add_text(c, arena_dup_str(c->arena, span_str(text)));
}

/* Everything that the object is a member of, or that is a member of it, at any distance. */
enum err constructed_transitive(struct constructing *c)
{
    bool up = c->attr == ATTR_msds_memberOfTransitive;
    struct idset set = {.arena = c->arena, .max = CONSTRUCTED_VALUES_MAX};
    dir_id from = c->obj->id, id;

    for (unsigned i = 0;; from = set.ids[i++]) {
        struct dir_link_cursor cursor = {0};

        while (up ? dir_backlink_next(c->snap, ATTR_member, from, &cursor, &id)
                  : dir_link_next(c->snap, ATTR_member, from, &cursor, &id, NULL))
            TRY(idset_add(&set, id));
        if (i == set.count)
            break;
    }
    for (unsigned i = 0; i < set.count; i++)
        TRY(constructed_add_dn(c, set.ids[i]));
    return ERR_OK;
}
