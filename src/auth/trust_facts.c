#include "auth/trust_facts.h"

#include "base/text.h"
#include "directory/index.h"
#include "wire/ms/forest_info.h"

static struct span bytes_of(const struct dir_obj *o, uint32_t attr, struct arena *a)
{
    struct span value;
    return dir_attr_first(o, attr, &value) ? arena_dup_span(a, value) : SPAN_NONE;
}

static enum err read_trust(const struct dir_obj *o, struct arena *a, struct trust *out)
{
    struct trust t = {
        .object = o->id,
        .usn = dir_obj_usn(o),
        .dns_name = bytes_of(o, ATTR_trustPartner, a),
        .flat_name = bytes_of(o, ATTR_flatName, a),
        .direction = (uint32_t)dir_attr_i32(o, ATTR_trustDirection, 0),
        .type = (uint32_t)dir_attr_i32(o, ATTR_trustType, 0),
        .attributes = (uint32_t)dir_attr_i32(o, ATTR_trustAttributes, 0),
        .enctypes = (uint32_t)dir_attr_i32(o, ATTR_msDS_SupportedEncryptionTypes, 0),
    };
    struct span sid = bytes_of(o, ATTR_securityIdentifier, a);
    struct span info = bytes_of(o, ATTR_msDS_TrustForestTrustInfo, a);
    struct forest_record *records = NULL;
    if (sid.len)
        TRY(sid_from_bytes(sid, &t.sid));
    if (info.len)
        TRY(forest_info_decode(info, a, &records, &t.record_count));
    t.records = records;
    if (arena_failed(a))
        return ERR_NOMEM;
    *out = t;
    return ERR_OK;
}

enum err auth_trusts(const struct dir_snap *s, struct arena *a, struct trust **list_out,
                     unsigned *count_out)
{
    uint32_t class_id = CLASS_trustedDomain;
    struct dir_index_cursor cursor;
    unsigned count = 0;
    dir_id id;
    TRY(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(&class_id, sizeof(class_id)), false,
                       &cursor));
    uint64_t expected = dir_index_count(s, &cursor, AUTH_TRUSTS_MAX + 1);
    if (expected > AUTH_TRUSTS_MAX)
        return ERR_LIMIT;
    struct trust *list = arena_new_array(a, expected, struct trust);
    if (!list)
        return ERR_NOMEM;
    while (count < expected && dir_index_next(s, &cursor, &id)) {
        struct dir_obj o;
        TRY(dir_by_id(s, id, &o));
        TRY(read_trust(&o, a, &list[count]));
        count++;
    }
    *list_out = list;
    *count_out = count;
    return dir_snap_err(s);
}

const struct trust *auth_trust_named(const struct trust *list, unsigned count, struct span name)
{
    for (unsigned i = 0; i < count; i++) {
        if (ascii_eq_fold(list[i].dns_name, name) || ascii_eq_fold(list[i].flat_name, name))
            return &list[i];
    }
    return NULL;
}

/* uPNSuffixes and msDS-SPNSuffixes of CN=Partitions. */
static enum err read_suffixes(const struct dir_snap *s, const struct dir_naming *naming,
                              struct arena *a, struct trust_local *local)
{
    static const uint32_t attrs[] = {ATTR_uPNSuffixes, ATTR_msDS_SPNSuffixes};
    struct dir_obj partitions;
    struct span *list = arena_new_array(a, AUTH_SUFFIXES_MAX, struct span);
    if (!list)
        return ERR_NOMEM;
    TRY(dir_child(s, naming->config_nc, SPAN_LIT("Partitions"), &partitions));
    for (unsigned i = 0; i < 2; i++) {
        struct dir_values values;
        if (!dir_attr(&partitions, attrs[i], &values))
            continue;
        while (local->suffix_count < AUTH_SUFFIXES_MAX &&
               dir_values_next(&values, &list[local->suffix_count])) {
            list[local->suffix_count] = arena_dup_span(a, list[local->suffix_count]);
            local->suffix_count++;
        }
    }
    local->suffixes = list;
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}

enum err auth_trust_local(const struct dir_snap *s, const struct dir_naming *naming,
                          struct arena *a, struct trust_local *out)
{
    struct trust_local local = {
        .dns_name = naming->dns_name,
        .realm = naming->realm,
        .flat_name = naming->flat_name,
        .forest_name = naming->forest_name,
        .domain_sid = naming->domain_sid,
        .forest_sids = &naming->domain_sid,
        .forest_sid_count = 1,
    };
    TRY(read_suffixes(s, naming, a, &local));
    *out = local;
    return ERR_OK;
}

enum err auth_route_facts(const struct dir_snap *s, const struct dir_naming *naming,
                          struct arena *a, struct route_facts *out)
{
    struct trust_local *local = arena_new(a, struct trust_local);
    struct route_facts f = {.local = local};
    struct trust *trusts;
    if (!local)
        return ERR_NOMEM;
    TRY(auth_trust_local(s, naming, a, local));
    TRY(auth_trusts(s, a, &trusts, &f.trust_count));
    f.trusts = trusts;
    *out = f;
    return ERR_OK;
}
