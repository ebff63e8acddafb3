#include "directory/access.h"
#include "directory/access_cache.h"
#include "directory/dir_internal.h"
#include "directory/search.h"

/* DS-Read-Partition-Secrets ([MS-ADTS] 5.1.3.2.1) */
static const struct guid right_partition_secrets = {{0x93, 0x2C, 0x4A, 0x08, 0x0D, 0x62, 0x79, 0x48,
                                                     0xA8, 0x36, 0xF0, 0xAE, 0x47, 0xDE, 0x0E,
                                                     0x89}};

/* A stored object as an access check sees it. */
struct subject {
    struct span sd;
    bool have_sid;
    struct sid sid;
    const struct schema_class *class;
};

static enum err load(const struct dir_snap *s, const struct dir_obj *o, struct subject *out)
{
    struct span bytes;

    *out = (struct subject){.class = schema_class(o->class_id)};
    out->have_sid =
        dir_attr_first(o, ATTR_objectSid, &bytes) && sid_from_bytes(bytes, &out->sid) == ERR_OK;
    return o->sd_id ? dir_sd(s, o->sd_id, &out->sd) : ERR_OK;
}

static uint32_t granted(const struct subject *j, const struct dir_token *token,
                        const struct access_target *target)
{
    return access_granted(j->sd, token, target, j->have_sid ? &j->sid : NULL);
}

static struct access_target target_of(const struct subject *j, const struct schema_attr *attr)
{
    return (struct access_target){
        .object_class = j->class ? &j->class->guid : NULL,
        .property_set = guid_is_zero(&attr->property_set) ? NULL : &attr->property_set,
        .property = &attr->guid,
    };
}

enum err access_object(const struct dir_snap *s, const struct dir_obj *o,
                       const struct dir_token *token, uint32_t desired,
                       const struct schema_attr *attr)
{
    struct access_target t = {0};
    struct subject j;

    if (token->system)
        return ERR_OK;
    TRY(load(s, o, &j));
    if (attr)
        t = target_of(&j, attr);
    return (access_map_generic(desired) & ~granted(&j, token, &t)) ? ERR_DENIED : ERR_OK;
}

enum err access_object_guid(const struct dir_snap *s, const struct dir_obj *o,
                            const struct dir_token *token, uint32_t desired,
                            const struct guid *what)
{
    struct access_target t = {.property = what};
    struct subject j;

    if (token->system)
        return ERR_OK;
    TRY(load(s, o, &j));
    return (desired & ~granted(&j, token, &t)) ? ERR_DENIED : ERR_OK;
}

/* Is the object one of the token's SIDs? Hardly ever, which the last four bytes tell. */
static bool is_self(const struct dir_obj *o, const struct dir_token *token)
{
    struct span bytes;
    struct sid sid;

    return dir_attr_first(o, ATTR_objectSid, &bytes) && bytes.len > sizeof(uint32_t) &&
           access_cache_may_have(token->cache, le32_at(bytes.ptr + bytes.len - sizeof(uint32_t))) &&
           sid_from_bytes(bytes, &sid) == ERR_OK && dir_token_has(token, &sid);
}

static struct access_key key_of(const struct dir_obj *o, const struct dir_token *token)
{
    return (struct access_key){o->sd_id, o->class_id, is_self(o, token)};
}

static bool may_list(const struct dir_snap *s, const struct dir_obj *o,
                     const struct dir_token *token)
{
    struct access_key k;
    bool yes;

    if (!token->cache)
        return access_object(s, o, token, ACCESS_LIST, NULL) == ERR_OK;
    k = key_of(o, token);
    switch (access_cache_answer(access_cache_find(token->cache, &k), access_cache_list_index())) {
    case ACCESS_YES:
        return true;
    case ACCESS_NO:
        return false;
    default:
        break;
    }
    yes = access_object(s, o, token, ACCESS_LIST, NULL) == ERR_OK;
    access_cache_put(token->cache, &k, access_cache_list_index(), yes);
    return yes;
}

bool access_visible(const struct dir_snap *s, const struct dir_obj *o,
                    const struct dir_token *token)
{
    struct dir_obj parent;

    if (token->system || (o->flags & DIR_OBJ_NC_HEAD))
        return true;
    return dir_by_id(s, o->parent, &parent) == ERR_OK && may_list(s, &parent, token);
}

bool access_lists_children(const struct dir_snap *s, const struct dir_obj *parent,
                           const struct dir_token *token)
{
    return token->system || may_list(s, parent, token);
}

/* A partition secret needs a right on the head of the naming context besides. */
static bool partition_secret(const struct dir_snap *s, const struct dir_obj *o,
                             const struct dir_token *token)
{
    struct dir_obj head;

    return dir_by_id(s, dir_nc_of(s, o->id), &head) == ERR_OK &&
           access_object_guid(s, &head, token, ACCESS_CONTROL, &right_partition_secrets) == ERR_OK;
}

static bool read_decided(const struct dir_reader *r, const struct schema_attr *attr)
{
    uint32_t need = ACCESS_READ_PROP;

    if ((attr->search_flags & SEARCH_PARTITION_SECRET) &&
        !partition_secret(r->snap, r->obj, r->token))
        return false;
    if (attr->id == ATTR_nTSecurityDescriptor)
        return access_object(r->snap, r->obj, r->token, ACCESS_READ_CONTROL, NULL) == ERR_OK;
    if (attr->flags & SCHEMA_CONFIDENTIAL)
        need |= ACCESS_CONTROL;
    return access_object(r->snap, r->obj, r->token, need, attr) == ERR_OK;
}

static bool never(const struct schema_attr *attr)
{
    return (attr->flags & SCHEMA_SECRET) || attr->id == ATTR_pekList ||
           attr->id == ATTR_msDS_ExecuteScriptPassword;
}

void dir_reader_init(struct dir_reader *r, const struct dir_snap *s, const struct dir_obj *o,
                     const struct dir_token *token)
{
    *r = (struct dir_reader){.snap = s, .obj = o, .token = token};
}

static struct access_key key_in(struct dir_reader *r)
{
    if (!r->keyed) {
        r->self = is_self(r->obj, r->token);
        r->keyed = true;
    }
    return (struct access_key){r->obj->sd_id, r->obj->class_id, r->self};
}

/* Found once for all attributes of the object, as long as nobody else's answers take the place. */
static enum access_answer known_answer(struct dir_reader *r, const struct schema_attr *attr)
{
    const struct access_cache *c = r->token->cache;
    unsigned claims = access_cache_claims(c);
    struct access_key k;

    if (!r->looked || r->claims != claims) {
        k = key_in(r);
        r->known = access_cache_find(c, &k);
        r->claims = claims;
        r->looked = true;
    }
    return access_cache_answer(r->known, schema_attr_index(attr));
}

bool dir_reader_may(struct dir_reader *r, const struct schema_attr *attr)
{
    enum access_answer known;
    struct access_key k;
    bool yes;

    if (!attr || never(attr))
        return false;
    if (r->token->system)
        return true;
    /* What rests on another object's descriptor is not kept under this one's. */
    if (!r->token->cache || (attr->search_flags & SEARCH_PARTITION_SECRET) ||
        (attr->flags & SCHEMA_OF_DIRECTORY))
        return read_decided(r, attr);
    known = known_answer(r, attr);
    if (known != ACCESS_UNKNOWN)
        return known == ACCESS_YES;
    yes = read_decided(r, attr);
    k = key_in(r);
    access_cache_put(r->token->cache, &k, schema_attr_index(attr), yes);
    return yes;
}

bool dir_attr_readable(const struct dir_snap *s, const struct dir_obj *o, uint32_t attr,
                       const struct dir_token *token)
{
    struct dir_reader r;

    dir_reader_init(&r, s, o, token);
    return dir_reader_may(&r, schema_attr(attr));
}
