#include "base/text.h"
#include "directory/zones.h"
#include "writer/rights.h"
#include "writer/values.h"

/* Dynamic updates of DNS zones ([MS-DNSP] 3.1.6.3, RFC 2136 section 3.4): changes of the records of
 * nodes, made in memory first and written where something is different. Who may write dnsRecord may
 * change a node, and who may make nodes in the zone may make one; who has no right to the zone
 * itself makes only names that are its own. A node without records is deleted, so that its name is
 * free again. */

#define NODES_MAX   256 /* of one update */
#define RECORDS_MAX 512 /* of one node */

struct record {
    struct span value; /* as stored */
    struct dnsp_record r;
};

struct node {
    struct span name; /* as its object is called; "@" is the zone's top */
    bool there;
    struct dir_obj o;
    struct record *records;
    unsigned count, before; /* before: how many there were */
};

struct update {
    struct op *op;
    struct dir_obj zone;
    struct node *nodes;
    unsigned count;
    unsigned values; /* of the whole update: the most that can come to one node */
    bool changed;
};

/* --- the zone ----------------------------------------------------------------------------------
 */

static enum err no_zone(struct op *op)
{
    return op_refuse(op, ERR_NOT_FOUND, REASON_DNS_UPDATE_ZONE,
                     "%.*s is not a zone that takes updates", SPAN_ARG(op->in->target));
}

static enum err zone_in(struct op *op, dir_id parent, struct dir_obj *out)
{
    struct dir_obj container;
    TRY(dir_child(op->s, parent, SPAN_LIT("MicrosoftDNS"), &container));
    return dir_child(op->s, container.id, op->in->target, out);
}

static bool takes_updates(const struct dir_obj *zone)
{
    struct dir_values values;
    struct span v;
    struct dnsp_property p;
    bool has = zone->class_id == CLASS_dnsZone && dir_zone_type(zone) == DNSP_ZONE_PRIMARY &&
               dir_attr(zone, ATTR_dNSProperty, &values);
    while (has && dir_values_next(&values, &v)) {
        if (dnsp_property_decode(v, &p) == ERR_OK && p.id == DNSP_PROPERTY_ALLOW_UPDATE &&
            p.data.len == 1)
            return p.data.ptr[0] != DNSP_UPDATE_OFF;
    }
    return false;
}

static enum err find_zone(struct op *op, struct dir_obj *out)
{
    struct dir_obj system;
    TRY(dir_child(op->s, op->naming.domain_nc, SPAN_LIT("System"), &system));
    const dir_id parents[] = {op->naming.domain_dns_nc, op->naming.forest_dns_nc, system.id};
    for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++) {
        enum err e = zone_in(op, parents[i], out);
        if (e == ERR_OK)
            return takes_updates(out) ? ERR_OK : no_zone(op);
        if (e != ERR_NOT_FOUND)
            return e;
    }
    return no_zone(op);
}

/* --- nodes -------------------------------------------------------------------------------------
 */

static enum err too_many(struct op *op, const struct node *n)
{
    return op_refuse(op, ERR_LIMIT, REASON_DNS_UPDATE_TOO_LARGE,
                     "%.*s has, or would have, more than %d records", SPAN_ARG(n->name),
                     RECORDS_MAX);
}

static enum err load_records(struct update *u, struct node *n)
{
    struct dir_values values = {.left = 0};
    struct span value;
    if (n->there && !dir_attr(&n->o, ATTR_dnsRecord, &values))
        values.left = 0;
    if (values.left > RECORDS_MAX)
        return too_many(u->op, n);
    n->records = arena_array(u->op->a, values.left + u->values + 1, sizeof(*n->records));
    if (!n->records)
        return ERR_NOMEM;
    while (values.left > 0 && dir_values_next(&values, &value)) {
        struct record *r = &n->records[n->count];
        r->value = value;
        n->count += dnsp_record_decode(value, &r->r) == ERR_OK && r->r.type != DNSP_TOMBSTONE;
    }
    n->before = n->count;
    return ERR_OK;
}

static enum err get_node(struct update *u, struct span name, struct node **out)
{
    for (unsigned i = 0; i < u->count; i++) {
        if (text_eq_fold(u->nodes[i].name, name)) {
            *out = &u->nodes[i];
            return ERR_OK;
        }
    }
    struct op *op = u->op;
    if (u->count == NODES_MAX)
        return op_refuse(op, ERR_LIMIT, REASON_DNS_UPDATE_TOO_LARGE,
                         "the update names more than %d names", NODES_MAX);
    struct node *n = &u->nodes[u->count];
    *n = (struct node){.name = name};
    enum err e = dir_child(op->s, u->zone.id, name, &n->o);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    n->there = e == ERR_OK;
    TRY(load_records(u, n));
    u->count++;
    *out = n;
    return ERR_OK;
}

/* --- changes in memory -------------------------------------------------------------------------
 */

static bool is_top(const struct node *n)
{
    return span_eq(n->name, SPAN_LIT("@"));
}

static unsigned count_of(const struct node *n, uint16_t type)
{
    unsigned count = 0;
    for (unsigned i = 0; i < n->count; i++)
        count += n->records[i].r.type == type;
    return count;
}

static struct record *find_record(struct node *n, const struct dnsp_record *r)
{
    for (unsigned i = 0; i < n->count; i++) {
        if (dnsp_record_same(&n->records[i].r, r))
            return &n->records[i];
    }
    return NULL;
}

static enum err bad_record(struct op *op, const struct node *n)
{
    return op_refuse(op, ERR_CONSTRAINT, REASON_DNS_UPDATE_RECORD,
                     "a record of %.*s is malformed or of a type that updates cannot change",
                     SPAN_ARG(n->name));
}

static bool type_changes(uint16_t type)
{
    switch (type) {
    case DNSP_A:
    case DNSP_NS:
    case DNSP_CNAME:
    case DNSP_PTR:
    case DNSP_MX:
    case DNSP_TXT:
    case DNSP_AAAA:
    case DNSP_SRV:
        return true;
    default:
        return false;
    }
}

/* An alias has no other records, and is not made where there are some: RFC 2136 section 3.4.2.2 has
 * such additions passed over. */
static enum err add_record(struct update *u, struct node *n, struct span value)
{
    struct record fresh = {.value = value};
    if (dnsp_record_decode(value, &fresh.r) != ERR_OK || !type_changes(fresh.r.type))
        return bad_record(u->op, n);
    unsigned aliases = count_of(n, DNSP_CNAME);
    struct record *old =
        fresh.r.type == DNSP_CNAME && aliases ? n->records : find_record(n, &fresh.r);
    if (!old && (fresh.r.type == DNSP_CNAME ? n->count > 0 : aliases > 0))
        return ERR_OK;
    if (!old && n->count == RECORDS_MAX)
        return too_many(u->op, n);
    if (!old)
        old = &n->records[n->count++];
    *old = fresh;
    return ERR_OK;
}

static void take_out(struct node *n, struct record *r)
{
    *r = n->records[--n->count];
}

/* The zone keeps its SOA and its last name server (RFC 2136 section 3.4.2.4). */
static enum err delete_record(struct update *u, struct node *n, struct span value)
{
    struct dnsp_record r;
    if (dnsp_record_decode(value, &r) != ERR_OK)
        return bad_record(u->op, n);
    struct record *old = find_record(n, &r);
    bool kept =
        is_top(n) && (r.type == DNSP_SOA || (r.type == DNSP_NS && count_of(n, DNSP_NS) == 1));
    if (old && !kept)
        take_out(n, old);
    return ERR_OK;
}

/* type 0: all. */
static void delete_all(struct node *n, uint16_t type)
{
    for (unsigned i = n->count; i-- > 0;) {
        uint16_t is = n->records[i].r.type;
        bool kept = is_top(n) && (is == DNSP_SOA || is == DNSP_NS);
        if (!kept && (type == 0 || is == type))
            take_out(n, &n->records[i]);
    }
}

/* See INTENT_ZONE_UPDATE. */
static enum err apply(struct update *u, const struct intent_mod *m)
{
    struct node *n;
    TRY(get_node(u, m->attr, &n));
    if (m->op == MOD_DELETE && m->count == 0)
        delete_all(n, 0);
    for (unsigned i = 0; i < m->count; i++) {
        struct reader r = reader_of(m->values[i]);
        if (m->op == MOD_ADD)
            TRY(add_record(u, n, m->values[i]));
        else if (m->op == MOD_DELETE)
            TRY(delete_record(u, n, m->values[i]));
        else
            delete_all(n, reader_le16(&r));
    }
    return ERR_OK;
}

/* --- writing -----------------------------------------------------------------------------------
 */

static enum err denied(struct op *op, const struct node *n)
{
    return op_refuse(op, ERR_DENIED, REASON_DNS_UPDATE_DENIED,
                     "the requester may not change the records of %.*s in %.*s", SPAN_ARG(n->name),
                     SPAN_ARG(op->in->target));
}

/* The whole DNS name that a computer's account gives it; the empty span. */
static struct span own_name(struct op *op)
{
    struct dir_obj o;
    struct span name;
    dir_id id = op->in->token.account;
    if (!id || dir_by_id(op->s, id, &o) != ERR_OK ||
        !schema_class_is(schema_class(o.class_id), CLASS_computer))
        return SPAN_NONE;
    if (dir_attr_first(&o, ATTR_dNSHostName, &name) && name.len > 0)
        return name;
    if (!dir_attr_first(&o, ATTR_sAMAccountName, &name) || name.len < 2 ||
        name.ptr[name.len - 1] != '$')
        return SPAN_NONE;
    return span_str(arena_printf(op->a, "%.*s.%.*s", (int)name.len - 1, (const char *)name.ptr,
                                 SPAN_ARG(op->naming.dns_name)));
}

static bool points_to(const struct node *n, struct span host)
{
    for (unsigned i = 0; i < n->count; i++) {
        if (n->records[i].r.type != DNSP_PTR || !ascii_eq_fold(n->records[i].r.name, host))
            return false;
    }
    return true;
}

static bool is_own(struct update *u, const struct node *n)
{
    struct op *op = u->op;
    struct span own = own_name(op), wire, zone = op->in->target;
    if (!own.len || dnsp_name_from_text(own, op->a, &wire) != ERR_OK)
        return false;
    if (dns_name_under(zone, SPAN_LIT("in-addr.arpa")) ||
        dns_name_under(zone, SPAN_LIT("ip6.arpa")))
        return points_to(n, wire);
    struct span whole =
        span_str(arena_printf(op->a, "%.*s.%.*s", SPAN_ARG(n->name), SPAN_ARG(zone)));
    return text_eq_fold(whole, own);
}

static enum err may_make(struct update *u, const struct node *n)
{
    struct op *op = u->op;
    if (!right_child_has(op, &u->zone, ACCESS_CREATE_CHILD, schema_class(CLASS_dnsNode)))
        return denied(op, n);
    if (right_object_has(op, &u->zone, ACCESS_WRITE_PROP) || is_own(u, n))
        return ERR_OK;
    return op_refuse(op, ERR_DENIED, REASON_DNS_UPDATE_NAME_NOT_OWN,
                     "%.*s in %.*s is not the requester's own name", SPAN_ARG(n->name),
                     SPAN_ARG(op->in->target));
}

/* The same records with the same times to live: what clients send to refresh them. */
static bool same_as_before(const struct node *n)
{
    struct dir_values values;
    struct span value;
    struct dnsp_record r;
    if (n->count != n->before)
        return false;
    if (n->count == 0)
        return true;
    if (!dir_attr(&n->o, ATTR_dnsRecord, &values))
        return false;
    while (dir_values_next(&values, &value)) {
        if (dnsp_record_decode(value, &r) != ERR_OK || r.type == DNSP_TOMBSTONE)
            continue;
        const struct record *now = find_record((struct node *)(uintptr_t)n, &r);
        if (!now || now->r.ttl != r.ttl)
            return false;
    }
    return true;
}

static enum err put_values(struct draft *d, const struct node *n)
{
    draft_clear(d, ATTR_dnsRecord);
    for (unsigned i = 0; i < n->count; i++)
        TRY(draft_add(d, ATTR_dnsRecord, n->records[i].value, NULL));
    if (draft_has(d, ATTR_dNSTombstoned))
        TRY(draft_set_bool(d, ATTR_dNSTombstoned, false));
    draft_write(d);
    return ERR_OK;
}

static enum err make_node(struct update *u, const struct node *n)
{
    struct draft d;
    TRY(may_make(u, n));
    draft_begin(u->op, u->zone.id, schema_class(CLASS_dnsNode), n->name, &d);
    TRY(object_defaults(&d));
    TRY(descriptor_new(&d, &u->zone, SPAN_NONE));
    return put_values(&d, n);
}

static enum err write_node(struct update *u, const struct node *n)
{
    struct draft d;
    if (same_as_before(n))
        return ERR_OK;
    u->changed = true;
    if (!n->there)
        return make_node(u, n);
    TRY(draft_load(u->op, &n->o, &d));
    if (!right_may_write(&d, schema_attr(ATTR_dnsRecord)))
        return denied(u->op, n);
    return n->count > 0 ? put_values(&d, n) : delete_object(u->op, &n->o);
}

/* Every change counts the zone up (RFC 2136 section 3.6), whoever made it. */
static enum err count_up(struct update *u, struct node *top)
{
    for (unsigned i = 0; i < top->count; i++) {
        struct record *r = &top->records[i];
        struct builder b;
        if (r->r.type != DNSP_SOA)
            continue;
        r->r.serial = ++r->r.soa_serial;
        builder_in(&b, u->op->a, DNSP_RECORD_MAX);
        dnsp_record_put(&b, &r->r);
        TRY(builder_done(&b, &r->value));
    }
    return ERR_OK;
}

static enum err write_top(struct update *u, struct node *top)
{
    struct draft d;
    if (!same_as_before(top)) {
        TRY(draft_load(u->op, &top->o, &d));
        if (!right_may_write(&d, schema_attr(ATTR_dnsRecord)))
            return denied(u->op, top);
        u->changed = true;
    }
    if (!u->changed)
        return ERR_OK;
    TRY(count_up(u, top));
    TRY(draft_load(u->op, &top->o, &d));
    return put_values(&d, top);
}

enum err op_zone_update(struct op *op)
{
    struct update u = {.op = op};
    struct node *top;
    TRY(find_zone(op, &u.zone));
    op->reply->id = u.zone.id;
    if (op->in->when && (uint64_t)op->in->when != op->s->epochs.zones)
        return op_refuse(op, ERR_BUSY, REASON_SERVER_BUSY,
                         "the zones changed after the prerequisites were looked at");
    u.nodes = arena_array(op->a, NODES_MAX, sizeof(*u.nodes));
    if (!u.nodes)
        return ERR_NOMEM;
    for (unsigned i = 0; i < op->in->mod_count; i++)
        u.values += op->in->mods[i].count;
    for (unsigned i = 0; i < op->in->mod_count; i++)
        TRY(apply(&u, &op->in->mods[i]));
    TRY(get_node(&u, SPAN_LIT("@"), &top));
    if (!top->there)
        return no_zone(op);
    for (unsigned i = 0; i < u.count; i++) {
        if (&u.nodes[i] != top)
            TRY(write_node(&u, &u.nodes[i]));
    }
    return write_top(&u, top);
}
