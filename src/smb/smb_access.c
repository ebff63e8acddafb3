#include "smb/smb_access.h"

#include "directory/access.h"
#include "directory/schema.h"
#include "wire/ms/sddl.h"
#include "wire/smb2/smb2_body.h"

/* Protected, so that nobody looks for more above it. */
#define ROOT_SDDL                                                                                  \
    "O:BAG:DAD:P(A;OICI;0x1f01ff;;;BA)(A;OICI;0x1f01ff;;;SY)(A;OICI;0x1f01ff;;;DA)"                \
    "(A;OICI;0x1200a9;;;AU)(A;OICI;0x1200a9;;;SO)"
/* As Windows has it: who makes a policy has what belongs to it, and no other. */
#define MAKES         0x1301bfu
#define POLICIES_SDDL ROOT_SDDL "(A;;0x1301bf;;;PA)(A;OICIIO;0x1f01ff;;;CO)"

static enum err parse(const char *text, const struct sid *domain, struct arena *a, struct span *out)
{
    const struct sddl_domain names = {.domain = domain, .forest_root = domain};
    struct builder b;

    builder_in(&b, a, SD_MAX);
    TRY(sddl_parse(span_str(text), &names, a, &b));
    return builder_done(&b, out);
}

static enum err put(uint16_t control, const struct sid *owner, const struct sid *group,
                    const struct acl_build *dacl, struct arena *a, struct span *out)
{
    const struct sd_build sd = {
        .control = control | SD_DACL_PRESENT, .owner = owner, .group = group, .dacl = dacl};
    struct builder b;

    builder_in(&b, a, SD_MAX);
    sd_put(&b, &sd);
    return builder_done(&b, out);
}

static bool makes_policies(const struct ace *ace)
{
    return ace->type == ACE_ALLOWED_OBJECT && ace->mask & ACCESS_CREATE_CHILD &&
           !(ace->flags & ACE_INHERIT_ONLY) && ace->object_type &&
           guid_eq(ace->object_type, &schema_class(CLASS_groupPolicyContainer)->guid);
}

/* In a managed directory a delegated group. */
static enum err add_makers(struct span container, struct arena *a, struct span *policies)
{
    struct ace *aces = arena_array(a, SMB_ACES_MAX, sizeof(*aces));
    struct acl_build dacl = {.revision = ACL_REVISION_NT, .aces = aces};
    struct ace_iter it;
    struct sd made, of;

    if (!aces)
        return ERR_NOMEM;
    TRY(sd_open(*policies, &made));
    TRY(sd_open(container, &of));
    for (ace_iter_init(&it, made.dacl); ace_next(&it, &aces[dacl.count]);)
        dacl.count++; /* of ours: a few */
    ace_iter_init(&it, of.dacl);
    for (struct ace ace; ace_next(&it, &ace);) {
        if (!makes_policies(&ace))
            continue;
        if (dacl.count == SMB_ACES_MAX)
            return ERR_LIMIT;
        aces[dacl.count++] =
            (struct ace){.type = ACE_ALLOWED, .known = true, .mask = MAKES, .sid = ace.sid};
    }
    return put(made.control & SD_DACL_PROTECTED, &made.owner, &made.group, &dacl, a, policies);
}

enum err smb_defaults_make(const struct sid *domain, struct span container, struct arena *a,
                           struct smb_defaults *out)
{
    struct smb_defaults made = {.owner = SID_NT(32, 544)};

    TRY(sid_append(domain, 512, &made.group));
    TRY(parse(ROOT_SDDL, domain, a, &made.root));
    TRY(parse(POLICIES_SDDL, domain, a, &made.policies));
    if (container.len)
        TRY(add_makers(container, a, &made.policies));
    *out = made;
    return ERR_OK;
}

uint32_t smb_rights(uint32_t mask)
{
    static const struct {
        uint32_t generic, rights;
    } map[] = {
        {0x80000000, 0x00120089},
        {0x40000000, 0x00120116},
        {0x20000000, 0x001200a0},
        {0x10000000, SMB_FILE_ALL},
    };
    uint32_t result = mask & 0x0fffffff;

    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (mask & map[i].generic)
            result |= map[i].rights;
    return result;
}

/* CREATOR OWNER and CREATOR GROUP stand for whoever it will be. */
static const struct sid *creator(const struct sid *sid, const struct sid *owner,
                                 const struct sid *group)
{
    const struct sid co = sid_make(3, 1, (const uint32_t[]){0}),
                     cg = sid_make(3, 1, (const uint32_t[]){1});

    return sid_eq(sid, &co) ? owner : sid_eq(sid, &cg) ? group : NULL;
}

/* What an ACE of the folder gives to something new in it: none, one or two. */
static unsigned inherit_ace(const struct ace *in, bool is_folder, const struct sid *owner,
                            const struct sid *group, struct ace out[2])
{
    bool on = !(in->flags & ACE_NO_PROPAGATE);
    uint8_t both = in->flags & (ACE_OBJECT_INHERIT | ACE_CONTAINER_INHERIT);
    const struct sid *who = creator(&in->sid, owner, group);
    bool applies = both & (is_folder ? ACE_CONTAINER_INHERIT : ACE_OBJECT_INHERIT);
    bool goes_on = is_folder && on && both;
    unsigned n = 0;

    if (applies) {
        out[n] = *in;
        out[n].mask = smb_rights(in->mask);
        out[n].flags = ACE_INHERITED | (goes_on && !who ? both : 0);
        if (who)
            out[n].sid = *who;
        n++;
    }
    if (goes_on && (who || !applies)) {
        out[n] = *in;
        out[n].flags = both | ACE_INHERIT_ONLY | ACE_INHERITED;
        n++;
    }
    return n;
}

enum err smb_sd_inherit(struct span parent, bool is_folder, const struct sid *owner,
                        const struct sid *group, struct arena *a, struct span *out)
{
    struct ace *aces = arena_array(a, 2 * SMB_ACES_MAX, sizeof(*aces)), ace;
    struct acl_build dacl = {.revision = ACL_REVISION_NT, .aces = aces};
    struct ace_iter it;
    struct sd sd;

    if (!aces)
        return ERR_NOMEM;
    TRY(sd_open(parent, &sd));
    ace_iter_init(&it, sd.dacl);
    for (unsigned n = 0; ace_next(&it, &ace); n++) {
        if (n == SMB_ACES_MAX)
            return ERR_LIMIT;
        if (ace.known && !ace_type_is_object(ace.type))
            dacl.count += inherit_ace(&ace, is_folder, owner, group, aces + dacl.count);
    }
    TRY(ace_iter_err(&it));
    return put(SD_DACL_INHERITED, owner, group, &dacl, a, out);
}

enum err smb_sd_normal(struct span bytes, const struct sid *owner, const struct sid *group,
                       struct arena *a, struct span *out)
{
    struct ace *aces = arena_array(a, SMB_ACES_MAX, sizeof(*aces));
    struct acl_build dacl = {.revision = ACL_REVISION_NT, .aces = aces};
    struct ace_iter it;
    struct sd sd;

    if (!aces)
        return ERR_NOMEM;
    TRY(sd_check(bytes));
    TRY(sd_open(bytes, &sd));
    ace_iter_init(&it, sd.dacl);
    for (struct ace ace; ace_next(&it, &ace);) {
        if (dacl.count == SMB_ACES_MAX)
            return ERR_LIMIT;
        if (ace.known && !(ace.flags & ACE_INHERIT_ONLY))
            ace.mask = smb_rights(ace.mask);
        if (ace.known && ace_type_is_object(ace.type))
            dacl.revision = ACL_REVISION_AD;
        aces[dacl.count++] = ace;
    }
    uint16_t kept = sd.control & (SD_DACL_PROTECTED | SD_DACL_INHERITED);
    /* No list at all lets everybody in; that is kept as it is said. */
    return put(kept, sd.has_owner ? &sd.owner : owner, sd.has_group ? &sd.group : group,
               sd.dacl.ptr ? &dacl : NULL, a, out);
}

static uint32_t policy_rights(uint32_t object)
{
    static const struct {
        uint32_t object, files;
    } map[] = {
        {ACCESS_READ_PROP | ACCESS_LIST, SMB_FILE_READ & ~(uint32_t)SMB2_READ_CONTROL},
        {ACCESS_WRITE_PROP, SMB2_SYNCHRONIZE | SMB2_WRITE_DATA | SMB2_APPEND_DATA | SMB2_WRITE_EA |
                                SMB2_WRITE_ATTRIBUTES},
        {ACCESS_CREATE_CHILD, SMB2_WRITE_DATA | SMB2_APPEND_DATA},
        {ACCESS_DELETE_CHILD, SMB2_DELETE_CHILD},
    };
    uint32_t files = object & 0x001f0000; /* the standard rights are the same */

    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if ((object & map[i].object) == map[i].object)
            files |= map[i].files;
    return files;
}

enum err smb_sd_of_policy(struct span object, struct arena *a, struct span *out)
{
    struct ace *aces = arena_array(a, SMB_ACES_MAX, sizeof(*aces));
    struct acl_build dacl = {.revision = ACL_REVISION_AD, .aces = aces};
    const struct sid co = sid_make(3, 1, (const uint32_t[]){0});
    struct ace_iter it;
    struct sd sd;

    if (!aces)
        return ERR_NOMEM;
    TRY(sd_open(object, &sd));
    ace_iter_init(&it, sd.dacl);
    for (struct ace ace; ace_next(&it, &ace);) {
        if (!ace.known)
            continue;
        if (dacl.count == SMB_ACES_MAX)
            return ERR_LIMIT;
        ace.mask = policy_rights(access_map_generic(ace.mask));
        ace.flags |= ACE_OBJECT_INHERIT | ACE_CONTAINER_INHERIT;
        if (sid_eq(&ace.sid, &co))
            ace.flags |= ACE_INHERIT_ONLY;
        aces[dacl.count++] = ace;
    }
    TRY(ace_iter_err(&it));
    return put(sd.control & SD_DACL_PROTECTED, &sd.owner, &sd.group, &dacl, a, out);
}

uint32_t smb_granted(struct span sd, struct span folder_sd, const struct dir_token *token)
{
    uint32_t granted = access_granted(sd, token, NULL, NULL);
    uint32_t folder = folder_sd.len ? access_granted(folder_sd, token, NULL, NULL) : 0;

    if (granted & SMB_FILE_ALL)
        granted |= SMB2_SYNCHRONIZE;
    if (folder & SMB2_DELETE_CHILD)
        granted |= SMB2_DELETE;
    if (folder & SMB2_READ_DATA)
        granted |= SMB2_READ_ATTRIBUTES;
    return granted & (SMB_FILE_ALL);
}
