/*
 * The names and domains that a trusted forest claims, what the administrator has decided about
 * them, and the suffixes that our own users' names may end in.
 */
#include "control/control_trusts.h"

#include "base/text.h"
#include "plat/clock.h"
#include "trust/forest_merge.h"
#include "wire/ms/forest_info.h"

#define COLLISIONS_MAX 256

struct names {
    struct control_call *call;
    struct trust trust;
    struct forest_record *records; /* of our own, with room for those that are added */
    unsigned count;
    struct forest_collision *collisions;
    unsigned collision_count;
};

static enum err read_names(struct names *n, unsigned room)
{
    TRY(control_trust_find(n->call, &n->trust));
    n->count = n->trust.record_count;
    n->records = arena_new_array(n->call->a, n->count + room, struct forest_record);
    if (!n->records)
        return ERR_NOMEM;
    if (n->count)
        memcpy(n->records, n->trust.records, n->count * sizeof(*n->records));
    return ERR_OK;
}

/* --- what is shown ------------------------------------------------------------------------------
 */

static const char *name_status(const struct forest_record *r)
{
    if (r->type == FOREST_DOMAIN)
        return r->flags & FOREST_SID_CONFLICT         ? "conflict"
               : r->flags & FOREST_SID_ADMIN_DISABLED ? "disabled"
                                                      : "enabled";
    return r->flags & FOREST_TLN_CONFLICT         ? "conflict"
           : r->flags & FOREST_TLN_ADMIN_DISABLED ? "disabled"
           : r->flags & FOREST_TLN_NEW            ? "new"
                                                  : "enabled";
}

static const char *flat_status(const struct forest_record *r)
{
    return r->flags & FOREST_NB_CONFLICT         ? "conflict"
           : r->flags & FOREST_NB_ADMIN_DISABLED ? "disabled"
                                                 : "enabled";
}

/* Who has the better right, and the rows of the catalogue that say so. */
static void add_conflicts(const struct names *n, unsigned record, json_t *into)
{
    for (unsigned i = 0; i < n->collision_count; i++) {
        const struct forest_collision *c = &n->collisions[i];
        if (c->record != record)
            continue;
        control_set_span(into, "conflict_with", c->with);
        json_object_set_new(into, "reason", json_string(reason_row(c->reason)->code));
        json_object_set_new(into, "remedy", json_string(reason_row(c->reason)->remedy));
    }
}

static json_t *record_json(const struct names *n, unsigned which)
{
    static const char *const types[] = {"top-level name", "exclusion", "domain"};
    const struct forest_record *r = &n->records[which];
    char text[SID_TEXT_SIZE > 32 ? SID_TEXT_SIZE : 32];
    json_t *into = json_object();
    json_object_set_new(into, "type", json_string(types[r->type]));
    control_set_span(into, "name", r->name);
    json_object_set_new(into, "status", json_string(name_status(r)));
    if (r->type == FOREST_DOMAIN) {
        control_set_span(into, "short_name", r->flat_name);
        json_object_set_new(into, "short_name_status", json_string(flat_status(r)));
        sid_to_text(&r->sid, text);
        json_object_set_new(into, "sid", json_string(text));
    }
    if (r->time) {
        utime_to_iso(utime_from_filetime(r->time), text);
        json_object_set_new(into, "since", json_string(text));
    }
    add_conflicts(n, which, into);
    return into;
}

static enum err find_collisions(struct names *n)
{
    struct control_call *call = n->call;
    struct trust_local *local = arena_new(call->a, struct trust_local);
    struct route_facts facts = {.local = local};
    struct trust *list;
    n->collisions = arena_new_array(call->a, COLLISIONS_MAX, struct forest_collision);
    struct forest_record *copy = arena_new_array(call->a, n->count, struct forest_record);
    if (!local || !n->collisions || !copy)
        return ERR_NOMEM;
    TRY(control_trust_local(call, local));
    TRY(auth_trusts(&call->snap, call->a, &list, &facts.trust_count));
    facts.trusts = list;
    memcpy(copy, n->records, n->count * sizeof(*copy));
    for (unsigned i = 0; i < facts.trust_count; i++) {
        if (list[i].object != n->trust.object)
            continue;
        list[i].records = copy;
        trust_flag_collisions(&facts, i, copy, n->collisions, COLLISIONS_MAX, &n->collision_count);
    }
    return ERR_OK;
}

static enum err show(struct control_call *call)
{
    struct names n = {.call = call};
    TRY(read_names(&n, 0));
    if (n.count)
        TRY(find_collisions(&n));
    call->result = json_array();
    for (unsigned i = 0; i < n.count; i++) {
        if (n.records[i].type <= FOREST_DOMAIN)
            json_array_append_new(call->result, record_json(&n, i));
    }
    return ERR_OK;
}

/* --- decisions ----------------------------------------------------------------------------------
 */

static const struct {
    const char *member;
    enum forest_decision what;
} decisions[] = {
    {"enable", FOREST_ENABLE},
    {"disable", FOREST_DISABLE},
    {"exclude", FOREST_EXCLUDE},
    {"include", FOREST_INCLUDE},
    {"enable_domain", FOREST_DOMAIN_ENABLE},
    {"disable_domain", FOREST_DOMAIN_DISABLE},
    {"enable_short_name", FOREST_FLAT_ENABLE},
    {"disable_short_name", FOREST_FLAT_DISABLE},
};
#define DECISIONS (sizeof(decisions) / sizeof(decisions[0]))

static enum err decide(struct names *n, enum forest_decision what, struct span name)
{
    int64_t now = utime_to_filetime(plat_now());
    enum reason r = trust_decide_forest_name(n->records, &n->count, what, name, now);
    if (r == REASON_NONE)
        return ERR_OK;
    return control_refuse(n->call, r == REASON_FOREST_NAME_UNKNOWN ? 404 : 409, "NameNotChanged", r,
                          "%.*s of the trust with %.*s: %s", SPAN_ARG(name),
                          SPAN_ARG(n->trust.dns_name), reason_row(r)->cause);
}

static size_t asked(const struct control_call *call)
{
    size_t total = 0;
    for (size_t i = 0; i < DECISIONS; i++)
        total += json_array_size(control_list(call, decisions[i].member));
    return total;
}

static enum err decide_all(struct names *n)
{
    size_t k;
    json_t *name;
    for (size_t i = 0; i < DECISIONS; i++) {
        json_array_foreach((json_t *)control_list(n->call, decisions[i].member), k, name)
            TRY(decide(n, decisions[i].what, span_str(json_string_value(name))));
    }
    return ERR_OK;
}

enum err control_trust_put_names(struct control_call *call, const struct trust *t,
                                 const struct forest_record *records, unsigned count)
{
    struct intent in = {.kind = INTENT_TRUST_PUT, .target = t->dns_name};
    struct intent_reply reply;
    struct builder b;
    in.trust.usn = t->usn;
    builder_in(&b, call->a, FOREST_INFO_MAX);
    forest_info_put(&b, records, count);
    TRY(builder_done(&b, &in.trust.forest_info));
    return control_intent(call, &in, &reply);
}

static enum err decide_on_current(struct names *n, unsigned room)
{
    enum err e = ERR_OK;
    for (unsigned i = 0; i < CONTROL_TRUST_TRIES; i++) {
        TRY(read_names(n, room));
        TRY(decide_all(n));
        e = control_trust_put_names(n->call, &n->trust, n->records, n->count);
        if (e != ERR_REFUSED || n->call->reason != REASON_DIR_TRUST_STALE)
            break;
    }
    return e;
}

enum err control_trust_namespaces(struct control_call *call)
{
    struct names n = {.call = call};
    size_t decisions_count = asked(call);
    TRY(control_trust_find(call, &n.trust));
    if (!(n.trust.attributes & TRUST_FOREST_TRANSITIVE))
        return control_refuse(call, 400, "NotAForestTrust", REASON_FOREST_TRUST_NEEDED,
                              "the trust with %.*s is no forest trust", SPAN_ARG(n.trust.dns_name));
    if (control_flag(call, "refresh"))
        TRY(control_trust_refresh(call, &n.trust));
    if (decisions_count)
        TRY(decide_on_current(&n, (unsigned)decisions_count));
    return show(call);
}

/* --- suffixes -----------------------------------------------------------------------------------
 */

static enum err change_suffix(struct control_call *call, enum intent_mod_op op)
{
    struct control_mods m = {.call = call};
    struct intent in = {.kind = INTENT_MODIFY};
    struct intent_reply reply;
    struct dir_naming naming;
    struct span config;
    TRY(control_read(call));
    TRY(dir_naming(&call->snap, &naming));
    TRY(control_dn_of(call, naming.config_nc, &config));
    control_mod(&m, op, "uPNSuffixes", ascii_lower(call->a, control_arg(call, "suffix")));
    in.target = span_str(arena_printf(call->a, "CN=Partitions,%.*s", SPAN_ARG(config)));
    in.mods = m.mod;
    in.mod_count = m.count;
    return control_intent(call, &in, &reply);
}

enum err control_directory_add_upn_suffix(struct control_call *call)
{
    return change_suffix(call, MOD_ADD);
}

enum err control_directory_remove_upn_suffix(struct control_call *call)
{
    return change_suffix(call, MOD_DELETE);
}
