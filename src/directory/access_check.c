#include "directory/access.h"
#include "wire/ms/secdesc.h"

#define RIGHTS_ALL 0x010F01FFu

static const struct sid sid_owner_rights = {1, 1, {0, 0, 0, 0, 0, 3}, {4}};
static const struct sid sid_principal_self = {1, 1, {0, 0, 0, 0, 0, 5}, {10}};
static const struct sid sid_administrators = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 544}};
static const struct sid sid_local_system = {1, 1, {0, 0, 0, 0, 0, 5}, {18}};

/* What one walk over a DACL is about. */
struct walk {
    const struct dir_token *token;
    const struct access_target *target;
    const struct sid *self;
    bool owner; /* the token holds the owner's SID */
    uint32_t granted, denied;
};

static bool applies_to_token(const struct walk *w, const struct sid *sid)
{
    if (sid_eq(sid, &sid_owner_rights))
        return w->owner;
    if (sid_eq(sid, &sid_principal_self))
        return w->self && dir_token_has(w->token, w->self);
    return dir_token_has(w->token, sid);
}

static bool guid_is(const struct guid *a, const struct guid *b)
{
    return b && guid_eq(a, b);
}

static bool applies_to_target(const struct walk *w, const struct guid *type)
{
    const struct access_target *t = w->target;

    if (!type)
        return true;
    return t && (guid_is(type, t->property) || guid_is(type, t->property_set) ||
                 guid_is(type, t->object_class));
}

/* The first ACE that speaks of a right decides it ([MS-ADTS] 5.1.3.3.3). For one target the object
 * type tree is a single path, and every node of the path hands its rights down to the target, so
 * that the walk needs no tree. Conditions are not evaluated: one that allows is unproved, one that
 * denies is assumed. */
static void walk_ace(struct walk *w, const struct ace *ace)
{
    bool allow = ace->type == ACE_ALLOWED || ace->type == ACE_ALLOWED_OBJECT;
    bool deny = ace->type == ACE_DENIED || ace->type == ACE_DENIED_OBJECT ||
                ace->type == ACE_DENIED_CALLBACK || ace->type == ACE_DENIED_CALLBACK_OBJECT;
    uint32_t mask = access_map_generic(ace->mask) & ~(uint32_t)ACCESS_SYSTEM_SECURITY;

    if (!ace->known || (ace->flags & ACE_INHERIT_ONLY) || (!allow && !deny))
        return;
    if (!applies_to_target(w, ace->object_type) || !applies_to_token(w, &ace->sid))
        return;
    if (allow)
        w->granted |= mask & ~w->denied;
    else
        w->denied |= mask & ~w->granted;
}

/* SeSecurityPrivilege and SeTakeOwnershipPrivilege are assigned to Administrators on every domain
 * controller; a directory has no other place for privileges. */
static uint32_t privileges(const struct dir_token *token)
{
    if (dir_token_has(token, &sid_administrators) || dir_token_has(token, &sid_local_system))
        return ACCESS_SYSTEM_SECURITY | ACCESS_WRITE_OWNER;
    return 0;
}

/* The owner may always read the descriptor and change the DACL, unless an ACE for OWNER RIGHTS says
 * what the owner may do instead ([MS-DTYP] 2.5.3.2). */
static bool restricts_owner(const struct ace *ace)
{
    return ace->known && !(ace->flags & ACE_INHERIT_ONLY) && sid_eq(&ace->sid, &sid_owner_rights);
}

/* What is granted stays granted, so the owner's rights may as well come last, when the walk has
 * shown whether they are restricted. */
static enum err walk_dacl(const struct sd *sd, struct walk *w)
{
    struct ace_iter it;
    struct ace ace;
    bool restricted = false;

    w->owner = sd->has_owner && dir_token_has(w->token, &sd->owner);
    ace_iter_init(&it, sd->dacl);
    while (ace_next(&it, &ace)) {
        restricted |= restricts_owner(&ace);
        walk_ace(w, &ace);
    }
    if (w->owner && !restricted)
        w->granted |= ACCESS_READ_CONTROL | ACCESS_WRITE_DAC;
    return ace_iter_err(&it);
}

uint32_t access_granted(struct span sd, const struct dir_token *token,
                        const struct access_target *target, const struct sid *self)
{
    struct walk w = {.token = token, .target = target, .self = self};
    struct sd opened;

    if (token->system)
        return RIGHTS_ALL;
    if (sd_open(sd, &opened) != ERR_OK)
        return 0;
    w.granted = privileges(token);
    if (!opened.dacl.ptr)
        return w.granted | (RIGHTS_ALL & ~(uint32_t)ACCESS_SYSTEM_SECURITY);
    if (walk_dacl(&opened, &w) != ERR_OK)
        return 0;
    return w.granted;
}

bool access_check(struct span sd, const struct dir_token *token, uint32_t desired,
                  const struct access_target *target, const struct sid *self)
{
    uint32_t want = access_map_generic(desired);

    return (want & ~access_granted(sd, token, target, self)) == 0;
}

uint32_t access_map_generic(uint32_t mask)
{
    static const struct {
        uint32_t generic, rights;
    } map[] = {
        {0x80000000, 0x00020094}, /* read: RC LC RP LO */
        {0x40000000, 0x00020028}, /* write: RC WP VW */
        {0x20000000, 0x00020004}, /* execute: RC LC */
        {0x10000000, 0x000F01FF}, /* all */
    };
    uint32_t result = mask & 0x0FFFFFFF;

    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (mask & map[i].generic)
            result |= map[i].rights;
    return result;
}
