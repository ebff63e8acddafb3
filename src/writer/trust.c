#include "trust/routing.h"
#include "trust/trust_attributes.h"
#include "writer/trust_secret.h"
#include "writer/values.h"

#include "base/text.h"
#include "directory/index.h"

/* Trusted domain objects ([MS-ADTS] 6.1.6.7), their secrets and their accounts: made and changed
 * here alone, for the service's own intents. */

#define TRUSTS_MAX   1024
#define SUFFIXES_MAX 256 /* as many as the services take */

static enum err system_container(struct op *op, struct dir_obj *out)
{
    return dir_child(op->s, op->naming.domain_nc, SPAN_LIT("System"), out);
}

/* --- facts for the rules of src/trust -------------------------------------------------------- */

static enum err view_tdo(struct op *op, const struct dir_obj *o, struct trust *out)
{
    struct span v;
    *out = (struct trust){.object = o->id,
                          .direction = (uint32_t)dir_attr_i32(o, ATTR_trustDirection, 0),
                          .type = (uint32_t)dir_attr_i32(o, ATTR_trustType, 0),
                          .attributes = (uint32_t)dir_attr_i32(o, ATTR_trustAttributes, 0),
                          .enctypes =
                              (uint32_t)dir_attr_i32(o, ATTR_msDS_SupportedEncryptionTypes, 0)};
    dir_attr_first(o, ATTR_trustPartner, &out->dns_name);
    dir_attr_first(o, ATTR_flatName, &out->flat_name);
    if (dir_attr_first(o, ATTR_securityIdentifier, &v))
        TRY(sid_from_bytes(v, &out->sid));
    if (dir_attr_first(o, ATTR_msDS_TrustForestTrustInfo, &v)) {
        struct forest_record *records;
        TRY(forest_info_decode(v, op->a, &records, &out->record_count));
        out->records = records;
    }
    return ERR_OK;
}

/* Every trust but one. */
static enum err other_trusts(struct op *op, dir_id but, struct trust **out, unsigned *count_out)
{
    uint8_t cls[4];
    struct builder b;
    struct dir_index_cursor c;
    dir_id id;
    unsigned n = 0;
    struct trust *list = arena_array(op->a, TRUSTS_MAX, sizeof *list);
    if (!list)
        return ERR_NOMEM;
    builder_over(&b, cls, sizeof cls);
    builder_le32(&b, CLASS_trustedDomain);
    TRY(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(cls, sizeof cls), false, &c));
    while (dir_index_next(op->s, &c, &id)) {
        struct dir_obj o;
        if (id == but)
            continue;
        if (n == TRUSTS_MAX)
            return ERR_LIMIT;
        TRY(dir_by_id(op->s, id, &o));
        TRY(view_tdo(op, &o, &list[n++]));
    }
    *out = list;
    *count_out = n;
    return ERR_OK;
}

/* Names of our own users may end in these (uPNSuffixes of CN=Partitions): nobody else's claim to
 * them counts. */
static enum err read_suffixes(struct op *op, struct trust_local *l)
{
    struct dir_obj partitions;
    struct dir_values values;
    struct span *list = arena_array(op->a, SUFFIXES_MAX, sizeof *list);
    if (!list)
        return ERR_NOMEM;
    TRY(dir_child(op->s, op->naming.config_nc, SPAN_LIT("Partitions"), &partitions));
    if (dir_attr(&partitions, ATTR_uPNSuffixes, &values))
        while (l->suffix_count < SUFFIXES_MAX && dir_values_next(&values, &list[l->suffix_count]))
            l->suffix_count++;
    l->suffixes = list;
    return ERR_OK;
}

static enum err local_side(struct op *op, struct trust_local *l, struct trust_site *site)
{
    const struct dir_naming *n = &op->naming;
    *l = (struct trust_local){.dns_name = n->dns_name,
                              .realm = n->realm,
                              .flat_name = n->flat_name,
                              .forest_name = n->forest_name,
                              .domain_sid = n->domain_sid,
                              .forest_sids = &n->domain_sid,
                              .forest_sid_count = 1};
    *site = (struct trust_site){.forest_level = n->functional_level,
                                .forest_root = n->domain_nc == n->root_nc};
    return read_suffixes(op, l);
}

static enum err refused(struct op *op, enum reason reason)
{
    return op_refuse(op, ERR_CONSTRAINT, reason, "the trust with %.*s: %s",
                     SPAN_ARG(op->in->target), reason_row(reason)->cause);
}

static enum err rules(struct op *op, const struct trust *before, const struct trust *after,
                      bool *drop_info)
{
    struct trust_local local;
    struct trust_site site;
    struct trust *others;
    unsigned count;
    TRY(other_trusts(op, after->object, &others, &count));
    TRY(local_side(op, &local, &site));
    *drop_info = false;
    enum reason r = before
                        ? trust_check_change(before, after, &local, &site, others, count, drop_info)
                        : trust_check_new(after, &local, &site, others, count);
    return r == REASON_NONE ? ERR_OK : refused(op, r);
}

/* What the partner claims, with claims that others have a better right to marked: they are kept
 * and not used ([MS-ADTS] 6.1.6.9.3.2). */
static enum err claims(struct op *op, struct trust *after, struct span *out)
{
    struct trust_local local;
    struct trust_site site;
    struct trust *others, *all;
    struct forest_record *records;
    struct builder b;
    unsigned count, found;
    TRY(other_trusts(op, after->object, &others, &count));
    TRY(local_side(op, &local, &site));
    all = arena_array(op->a, count + 1, sizeof *all);
    records = arena_array(op->a, after->record_count, sizeof *records);
    if (!all || !records)
        return ERR_NOMEM;
    if (count)
        memcpy(all, others, count * sizeof *all);
    memcpy(records, after->records, after->record_count * sizeof *records);
    after->records = records;
    all[count] = *after;
    const struct route_facts facts = {.local = &local, .trusts = all, .trust_count = count + 1};
    trust_flag_collisions(&facts, count, records, NULL, 0, &found);
    builder_in(&b, op->a, FOREST_INFO_MAX);
    forest_info_put(&b, records, after->record_count);
    return builder_done(&b, out);
}

/* --- the object ------------------------------------------------------------------------------ */

static enum err begin_tdo(struct op *op, const struct trust *t, struct draft *d)
{
    struct dir_obj container, there;
    TRY(system_container(op, &container));
    if (dir_child(op->s, container.id, t->dns_name, &there) == ERR_OK)
        return op_refuse(op, ERR_EXISTS, REASON_DIR_EXISTS, "%.*s exists already",
                         SPAN_ARG(op_name(op, there.id)));
    draft_begin(op, container.id, schema_class(CLASS_trustedDomain), t->dns_name, d);
    TRY(draft_set(d, ATTR_trustPartner, t->dns_name));
    TRY(draft_set(d, ATTR_flatName, t->flat_name));
    TRY(draft_set_i32(d, ATTR_trustPosixOffset, 0));
    TRY(draft_set_bool(d, ATTR_isCriticalSystemObject, true));
    TRY(object_defaults(d));
    return descriptor_new(d, &container, SPAN_NONE);
}

static enum err set_tdo(struct draft *d, struct trust *t, bool drop_info)
{
    uint8_t sid[SID_BYTES_MAX];
    struct span info;
    if (t->sid.revision)
        TRY(draft_set(d, ATTR_securityIdentifier, span_of(sid, sid_to_bytes(&t->sid, sid))));
    TRY(draft_set_i32(d, ATTR_trustDirection, (int32_t)t->direction));
    TRY(draft_set_i32(d, ATTR_trustType, (int32_t)t->type));
    TRY(draft_set_i32(d, ATTR_trustAttributes, (int32_t)t->attributes));
    if (t->enctypes)
        TRY(draft_set_i32(d, ATTR_msDS_SupportedEncryptionTypes, (int32_t)t->enctypes));
    if (drop_info)
        draft_clear(d, ATTR_msDS_TrustForestTrustInfo);
    if (drop_info || !d->op->in->trust.forest_info.len)
        return ERR_OK;
    TRY(claims(d->op, t, &info));
    return draft_set(d, ATTR_msDS_TrustForestTrustInfo, info);
}

/* The partner by its DNS name or its flat name. */
static enum err find_tdo(struct op *op, struct span name, struct dir_obj *out)
{
    struct dir_obj container;
    struct trust *all;
    unsigned count;
    TRY(system_container(op, &container));
    if (dir_child(op->s, container.id, name, out) == ERR_OK && out->class_id == CLASS_trustedDomain)
        return ERR_OK;
    TRY(other_trusts(op, 0, &all, &count));
    for (unsigned i = 0; i < count; i++)
        if (ascii_eq_fold(all[i].dns_name, name) || ascii_eq_fold(all[i].flat_name, name))
            return dir_by_id(op->s, all[i].object, out);
    return ERR_NOT_FOUND;
}

static enum err wanted(struct op *op, const struct trust *before, struct trust *after)
{
    const struct intent_trust *in = &op->in->trust;
    *after = before ? *before
                    : (struct trust){.dns_name = ascii_lower(op->a, in->dns_name),
                                     .flat_name = in->flat_name};
    if (op->in->flags & INTENT_FLAT_NAME)
        after->flat_name = in->flat_name;
    if (in->type) {
        after->direction = in->direction;
        after->type = in->type;
        after->attributes = in->attributes;
        after->enctypes = in->enctypes ? in->enctypes : after->enctypes;
    }
    if (in->sid.revision)
        after->sid = in->sid;
    if (in->forest_info.len) {
        struct forest_record *records;
        if (forest_info_decode(in->forest_info, op->a, &records, &after->record_count) != ERR_OK)
            return op_refuse(op, ERR_MALFORMED, REASON_DIR_TRUST_INVALID,
                             "the forest trust information is malformed");
        after->records = records;
        unsigned which;
        enum reason r = trust_check_forest_info(records, after->record_count, &which);
        if (r != REASON_NONE)
            return refused(op, r);
    }
    return ERR_OK;
}

enum err op_trust_put(struct op *op)
{
    struct dir_obj o;
    struct trust before, after;
    struct draft d;
    struct trust_secrets s = {.changed = false};
    bool drop_info;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS, "trusts are made by the service alone");
    struct span name = op->in->target.len ? op->in->target : op->in->trust.dns_name;
    enum err e = find_tdo(op, name, &o);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    bool exists = e == ERR_OK;
    if (op->in->trust.usn && (!exists || dir_obj_usn(&o) != op->in->trust.usn))
        return op_refuse(op, ERR_STATE, REASON_DIR_TRUST_STALE,
                         "the trust with %.*s has changed meanwhile", SPAN_ARG(name));
    if (exists)
        TRY(view_tdo(op, &o, &before));
    TRY(wanted(op, exists ? &before : NULL, &after));
    bool renamed = exists && op->in->flags & INTENT_FLAT_NAME;
    if (renamed && !op->in->trust.password.len)
        return refused(op, REASON_DIR_TRUST_INVALID);
    /* Under another name it is another trust to the rules, and its account is another one. */
    TRY(rules(op, exists && !renamed ? &before : NULL, &after, &drop_info));
    if (renamed)
        TRY(trust_delete_account(op, &o));
    TRY(trust_new_secrets(op, exists ? &o : NULL, after.direction, &s));
    TRY(exists ? draft_load(op, &o, &d) : begin_tdo(op, &after, &d));
    TRY(set_tdo(&d, &after, drop_info));
    if (renamed)
        TRY(draft_set(&d, ATTR_flatName, after.flat_name));
    draft_write(&d);
    op->reply->id = d.id;
    return trust_put_secrets(op, d.id, &after, &s);
}

enum err op_trust_roll(struct op *op)
{
    struct dir_obj o;
    struct trust t;
    struct trust_secrets s;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "trust passwords are rolled over by the service alone");
    enum err e = find_tdo(op, op->in->target, &o);
    if (e == ERR_NOT_FOUND)
        return op_refuse(op, e, REASON_DIR_NO_OBJECT, "there is no trust with %.*s",
                         SPAN_ARG(op->in->target));
    TRY(e);
    op->reply->id = o.id;
    TRY(view_tdo(op, &o, &t));
    TRY(trust_roll_secret(op, &t, &s));
    return s.changed ? trust_put_secrets(op, o.id, &t, &s) : ERR_OK;
}

enum err op_trust_delete(struct op *op)
{
    struct dir_obj o;
    if (!op_system(op))
        return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                         "trusts are deleted by the service alone");
    enum err e = find_tdo(op, op->in->target, &o);
    if (e == ERR_NOT_FOUND)
        return op_refuse(op, e, REASON_DIR_NO_OBJECT, "there is no trust with %.*s",
                         SPAN_ARG(op->in->target));
    TRY(e);
    op->reply->id = o.id;
    TRY(trust_delete_account(op, &o));
    return delete_object(op, &o);
}
