#include "directory/access.h"
#include "wire/ms/secdesc.h"

static const struct sid sid_creator_owner = {1, 1, {0, 0, 0, 0, 0, 3}, {0}};
static const struct sid sid_creator_group = {1, 1, {0, 0, 0, 0, 0, 3}, {1}};

#define REVISION_DS 4 /* whether or not object ACEs are in it */
#define ACE_AUDITS  (ACE_SUCCESS_AUDIT | ACE_FAILED_AUDIT)

/* One ACL while it is put together. */
struct making {
    struct ace *aces;
    unsigned count, room;
    enum err err;
    const struct sid *owner, *group; /* NULL: creator SIDs stay */
    const struct guid *object_class;
};

static void add(struct making *m, const struct ace *ace)
{
    if (m->count == m->room) {
        m->err = ERR_LIMIT;
        return;
    }
    m->aces[m->count++] = *ace;
}

static bool names_creator(const struct ace *ace)
{
    return sid_eq(&ace->sid, &sid_creator_owner) || sid_eq(&ace->sid, &sid_creator_group);
}

static void substitute_creator(const struct making *m, struct ace *ace)
{
    if (m->owner && sid_eq(&ace->sid, &sid_creator_owner))
        ace->sid = *m->owner;
    else if (m->group && sid_eq(&ace->sid, &sid_creator_group))
        ace->sid = *m->group;
}

static bool for_this_class(const struct making *m, const struct ace *ace)
{
    return !ace->inherited_type ||
           (m->object_class && guid_eq(ace->inherited_type, m->object_class));
}

/* What a container below gets of one ACE: an effective one, an inheritable one, one that is both,
 * or none (the table at the end of [MS-DTYP] 2.5.3.4.4). One that names a creator can be both only
 * as two ACEs, because the effective one names the real owner. */
static void inherit_ace(struct making *m, const struct ace *parent)
{
    struct ace ace = *parent;
    bool container = parent->flags & ACE_CONTAINER_INHERIT;
    bool propagates = !(parent->flags & ACE_NO_PROPAGATE);
    bool effective = container && for_this_class(m, parent);

    if (!parent->known || !(container || (parent->flags & ACE_OBJECT_INHERIT)))
        return;
    ace.mask = access_map_generic(parent->mask);
    if (effective && (!propagates || names_creator(parent))) {
        struct ace alone = ace;

        alone.flags = ACE_INHERITED | (parent->flags & ACE_AUDITS);
        alone.inherited_type = NULL;
        if (!alone.object_type && alone.type >= ACE_ALLOWED_OBJECT &&
            alone.type <= ACE_AUDIT_OBJECT)
            alone.type -= ACE_ALLOWED_OBJECT; /* nothing is left that wants the longer form */
        substitute_creator(m, &alone);
        add(m, &alone);
        effective = false;
    }
    if (!propagates)
        return;
    ace.flags &= ACE_OBJECT_INHERIT | ACE_CONTAINER_INHERIT | ACE_AUDITS;
    ace.flags |= ACE_INHERITED | (effective ? 0 : ACE_INHERIT_ONLY);
    add(m, &ace);
}

static enum err inherit_acl(struct making *m, struct span acl)
{
    struct ace_iter it;
    struct ace ace;

    ace_iter_init(&it, acl);
    while (ace_next(&it, &ace))
        inherit_ace(m, &ace);
    return ace_iter_err(&it);
}

/* An explicit ACE is taken as given; one that is effective and inheritable and names a creator
 * splits. */
static void explicit_ace(struct making *m, const struct ace *given)
{
    struct ace ace = *given;

    ace.flags &= (uint8_t)~ACE_INHERITED;
    if (given->known)
        ace.mask = access_map_generic(given->mask);
    if (!given->known || !names_creator(given)) {
        add(m, &ace);
        return;
    }
    if (!(ace.flags & ACE_INHERIT_ONLY)) {
        struct ace alone = ace;

        alone.flags &= ACE_AUDITS;
        substitute_creator(m, &alone);
        add(m, &alone);
    }
    if (ace.flags & (ACE_CONTAINER_INHERIT | ACE_OBJECT_INHERIT)) {
        ace.flags |= ACE_INHERIT_ONLY;
        add(m, &ace);
    }
}

/* Inherited ACEs of a protected ACL become explicit ones; otherwise they are dropped, to be made
 * anew. */
static enum err explicit_acl(struct making *m, struct span acl, bool keep_inherited)
{
    struct ace_iter it;
    struct ace ace;

    ace_iter_init(&it, acl);
    while (ace_next(&it, &ace))
        if (keep_inherited || !(ace.flags & ACE_INHERITED))
            explicit_ace(m, &ace);
    return ace_iter_err(&it);
}

static enum err combine(struct making *m, struct span own, bool is_protected, struct span parent,
                        struct arena *a)
{
    m->room = 2 * (acl_count(own) + acl_count(parent));
    m->aces = arena_new_array(a, m->room, struct ace);
    if (!m->aces)
        return ERR_NOMEM;
    TRY(explicit_acl(m, own, is_protected));
    if (!is_protected)
        TRY(inherit_acl(m, parent));
    return m->err;
}

enum which { DACL, SACL };

static const struct {
    uint16_t present, is_protected, inherited;
} bits[] = {
    [DACL] = {SD_DACL_PRESENT, SD_DACL_PROTECTED, SD_DACL_INHERITED},
    [SACL] = {SD_SACL_PRESENT, SD_SACL_PROTECTED, SD_SACL_INHERITED},
};

static bool protects(const struct sd *sd, enum which w)
{
    return (sd->control & bits[w].present) && (sd->control & bits[w].is_protected);
}

static enum err write_sd(const struct sd_build *b, struct arena *a, struct span *out)
{
    struct builder bytes;

    builder_in(&bytes, a, 2 * SD_MAX);
    sd_put(&bytes, b);
    return builder_done(&bytes, out);
}

/* Descriptor own under parent, with creator SIDs made concrete. A NULL DACL does not survive: it
 * would keep an object open to everybody whatever its parent says, so that it becomes what is
 * inherited. */
static enum err combine_sd(const struct sd *own, const struct sd *parent, const struct sid *owner,
                           const struct sid *group, const struct guid *object_class,
                           struct arena *a, struct span *out)
{
    struct making making[2];
    struct acl_build acl[2];
    struct sd_build b = {.owner = owner, .group = group};

    for (enum which w = DACL; w <= SACL; w++) {
        struct making *m = &making[w];
        bool is_protected = protects(own, w);

        *m = (struct making){.owner = owner, .group = group, .object_class = object_class};
        TRY(combine(m, w == DACL ? own->dacl : own->sacl, is_protected,
                    w == DACL ? parent->dacl : parent->sacl, a));
        acl[w] = (struct acl_build){.revision = REVISION_DS, .count = m->count, .aces = m->aces};
        if (is_protected)
            b.control |= bits[w].is_protected;
        else if (w == DACL || m->count)
            b.control |= bits[w].inherited;
    }
    b.dacl = &acl[DACL];
    if ((own->control & SD_SACL_PRESENT) || acl[SACL].count)
        b.sacl = &acl[SACL];
    return write_sd(&b, a, out);
}

static enum err open_or_none(struct span sd, struct sd *out)
{
    if (sd.len)
        return sd_open(sd, out);
    *out = (struct sd){0};
    return ERR_OK;
}

static void take_acl(struct sd *into, const struct sd *from, enum which w)
{
    uint16_t mask = bits[w].present | bits[w].is_protected | bits[w].inherited;

    into->control = (uint16_t)((into->control & ~mask) | (from->control & mask));
    if (w == DACL)
        into->dacl = from->dacl;
    else
        into->sacl = from->sacl;
}

enum err access_create_sd(const struct access_create *in, struct arena *a, struct span *out)
{
    struct sd parent, own, fallback;

    TRY(open_or_none(in->parent_sd, &parent));
    TRY(open_or_none(in->creator_sd, &own));
    TRY(open_or_none(in->class_default, &fallback));
    if (!(own.control & SD_DACL_PRESENT))
        take_acl(&own, &fallback, DACL);
    if (!(own.control & SD_SACL_PRESENT))
        take_acl(&own, &fallback, SACL);
    return combine_sd(&own, &parent, own.has_owner ? &own.owner : &in->owner,
                      own.has_group ? &own.group : &in->group, in->object_class, a, out);
}

enum err access_inherit_sd(struct span parent_sd, struct span child_sd,
                           const struct guid *child_class, struct arena *a, struct span *out)
{
    struct sd parent, child;

    TRY(open_or_none(parent_sd, &parent));
    TRY(sd_open(child_sd, &child));
    return combine_sd(&child, &parent, child.has_owner ? &child.owner : NULL,
                      child.has_group ? &child.group : NULL, child_class, a, out);
}

static enum err aces_of(struct span acl, struct arena *a, struct acl_build *out)
{
    struct making m = {.room = acl_count(acl)};
    struct ace_iter it;
    struct ace ace;

    m.aces = arena_new_array(a, m.room, struct ace);
    if (!m.aces)
        return ERR_NOMEM;
    ace_iter_init(&it, acl);
    while (ace_next(&it, &ace))
        add(&m, &ace);
    TRY(ace_iter_err(&it));
    *out = (struct acl_build){.revision = acl_revision(acl), .count = m.count, .aces = m.aces};
    return m.err;
}

/* A descriptor whose parts were chosen, written as it is. */
static enum err rewrite(const struct sd *sd, struct arena *a, struct span *out)
{
    struct acl_build dacl, sacl;
    struct sd_build b = {.control = sd->control};

    if (sd->has_owner)
        b.owner = &sd->owner;
    if (sd->has_group)
        b.group = &sd->group;
    if (sd->dacl.ptr) {
        TRY(aces_of(sd->dacl, a, &dacl));
        b.dacl = &dacl;
    }
    if (sd->sacl.ptr) {
        TRY(aces_of(sd->sacl, a, &sacl));
        b.sacl = &sacl;
    }
    return write_sd(&b, a, out);
}

enum err access_sd_select(struct span sd, unsigned parts, struct arena *a, struct span *out)
{
    static const struct sd none;
    struct sd v;

    TRY(sd_open(sd, &v));
    v.has_owner = v.has_owner && (parts & SD_PART_OWNER);
    v.has_group = v.has_group && (parts & SD_PART_GROUP);
    if (!(parts & SD_PART_DACL))
        take_acl(&v, &none, DACL);
    if (!(parts & SD_PART_SACL))
        take_acl(&v, &none, SACL);
    return rewrite(&v, a, out);
}

enum err access_sd_merge(struct span sd, struct span update, unsigned parts, struct arena *a,
                         struct span *out)
{
    struct sd v, new;

    TRY(open_or_none(sd, &v));
    TRY(sd_open(update, &new));
    if ((parts & SD_PART_OWNER) && new.has_owner) {
        v.has_owner = true;
        v.owner = new.owner;
    }
    if ((parts & SD_PART_GROUP) && new.has_group) {
        v.has_group = true;
        v.group = new.group;
    }
    if (parts & SD_PART_DACL)
        take_acl(&v, &new, DACL);
    if (parts & SD_PART_SACL)
        take_acl(&v, &new, SACL);
    return rewrite(&v, a, out);
}
