#include "control/control_regions.h"

#include "base/text.h"
#include "control/control_dcs.h"
#include "control/control_pools.h"
#include "plat/address.h"
#include "plat/clock.h"

#define NAME_MIN        8
#define NAME_MAX_LENGTH 32

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static bool has_text(const json_t *object, const char *member, const char *text)
{
    const char *found = text_of(object, member);
    return found && strcmp(found, text) == 0;
}

json_t *control_regions(const struct control_directory *d)
{
    return json_object_get(d->record, "regions");
}

json_t *control_region_named(const struct control_directory *d, struct span name)
{
    size_t i;
    json_t *region;
    json_array_foreach(control_regions(d), i, region)
    {
        if (span_eq(span_str(text_of(region, "name")), name))
            return region;
    }
    return NULL;
}

const char *control_region_primary(const struct control_directory *d)
{
    return text_of(json_object_get(d->record, "aws"), "region");
}

bool control_dc_in(const json_t *dc, struct span region)
{
    return span_eq(span_str(text_of(dc, "region")), region);
}

/* The worst of its domain controllers. */
const char *control_region_state(const struct control_directory *d, const json_t *region)
{
    static const char *const worst_first[] = {"Failed", "Creating", "Impaired"};
    struct span name = span_str(text_of(region, "name"));
    const char *state = text_of(region, "state");
    unsigned count = 0, at = 3;
    size_t i;
    json_t *dc;
    if (state)
        return state;
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
    {
        if (!control_dc_in(dc, name))
            continue;
        count++;
        for (unsigned s = 0; s < at; s++)
            at = has_text(dc, "state", worst_first[s]) ? s : at;
    }
    if (!count)
        return "Failed";
    return at < 3 ? worst_first[at] : "Active";
}

/* --- what an administrator asks ----------------------------------------------------------------
 */

/* A label of DNS, since SRV records have it, in small letters as regions are written. */
static bool name_ok(struct span name)
{
    if (name.len < NAME_MIN || name.len > NAME_MAX_LENGTH || name.ptr[0] == '-' ||
        name.ptr[name.len - 1] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789-", name.ptr[i], 37))
            return false;
    }
    return true;
}

/* Does a domain controller of another region, or another region, lie in it? */
static bool taken(const struct control_directory *d, const char *subnet)
{
    size_t i, j;
    json_t *one, *name;
    json_array_foreach(json_object_get(d->record, "dcs"), i, one)
    {
        if (has_text(one, "subnet", subnet))
            return true;
    }
    json_array_foreach(control_regions(d), i, one)
        json_array_foreach(json_object_get(one, "subnet_ids"), j, name)
    {
        if (strcmp(json_string_value(name), subnet) == 0)
            return true;
    }
    return false;
}

static enum err check_subnets(struct control_call *call, json_t *subnets)
{
    size_t i;
    json_t *name;
    if (json_array_size(subnets) != CONTROL_REGION_DCS ||
        json_equal(json_array_get(subnets, 0), json_array_get(subnets, 1)))
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "subnet: expected two different ones");
    json_array_foreach(subnets, i, name)
    {
        if (taken(call->directory, json_string_value(name)))
            return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_REGION_SUBNET,
                                  "%s is a subnet of another region of the directory",
                                  json_string_value(name));
    }
    return ERR_OK;
}

static enum err check_new(struct control_call *call, const struct control_new_region *in)
{
    const struct control_directory *d = call->directory;
    const char *primary = control_region_primary(d);
    if (!name_ok(in->name) || span_eq(in->name, span_str(text_of(d->record, "site"))))
        return control_refuse(call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "%.*s: expected a name of 8 to 32 small letters, digits and hyphens "
                              "that no site has yet",
                              SPAN_ARG(in->name));
    if (control_region_named(d, in->name) || (primary && span_eq(in->name, span_str(primary))))
        return control_refuse(call, 409, "AlreadyExists", REASON_CONTROL_EXISTS,
                              "the directory is in region %.*s already", SPAN_ARG(in->name));
    if (json_array_size(control_regions(d)) + 1 >= CONTROL_REGIONS_MAX)
        return control_refuse(call, 400, "RegionLimitExceeded", REASON_CONTROL_REGION_LIMIT,
                              "the directory is in %d regions", CONTROL_REGIONS_MAX);
    return check_subnets(call, in->subnets);
}

static json_t *new_region(const struct control_new_region *in)
{
    char now[32];
    utime_to_iso(plat_now(), now);
    json_t *region = json_pack("{s:s, s:O}", "created", now, "subnet_ids", in->subnets);
    control_set_span(region, "name", in->name);
    if (in->vpc)
        json_object_set_new(region, "vpc_id", json_string(in->vpc));
    return region;
}

static void drop(struct control_directory *d, const json_t *region)
{
    json_t *list = control_regions(d);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (json_array_get(list, i) == region)
            json_array_remove(list, i--);
    }
}

enum err control_region_begin_add(struct control_call *call, const struct control_new_region *in)
{
    struct control_directory *d = call->directory;
    json_t *dcs, *dc, *region;
    size_t i;
    TRY(check_new(call, in));
    TRY(control_dcs_from_pools(call, in->subnets, control_dc_next(d), CONTROL_REGION_DCS, &dcs));
    json_array_foreach(dcs, i, dc)
    {
        control_set_span(dc, "region", in->name);
        control_set_span(dc, "site", in->name);
    }
    if (!control_regions(d))
        json_object_set_new(d->record, "regions", json_array());
    region = new_region(in);
    json_array_append_new(control_regions(d), region);
    enum err e = control_dcs_begin_add(call, dcs);
    if (e != ERR_OK)
        drop(d, region);
    return e;
}

enum err control_region_begin_remove(struct control_call *call, struct span name)
{
    struct control_directory *d = call->directory;
    const char *primary = control_region_primary(d);
    json_t *region = control_region_named(d, name);
    TRY(control_running(call));
    if (!region && primary && span_eq(name, span_str(primary)))
        return control_refuse(call, 400, "PrimaryRegion", REASON_CONTROL_REGION_PRIMARY,
                              "%s is the directory's primary region", primary);
    if (!region)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "the directory is in no region %.*s", SPAN_ARG(name));
    json_t *dcs = json_deep_copy(json_object_get(d->record, "dcs"));
    json_t *before = json_incref(json_object_get(region, "state"));
    json_object_set_new(region, "state", json_string("Deleting"));
    control_dcs_leave(call->control, d, name);
    enum err e = control_keep(call);
    if (e != ERR_OK) {
        json_object_del(region, "state");
        if (before)
            json_object_set(region, "state", before);
        control_dcs_back(call->control, d, dcs);
    }
    json_decref(before);
    json_decref(dcs);
    return e;
}

/* --- sites and subnets -------------------------------------------------------------------------
 */

struct place {
    struct control *c;
    struct control_directory *d;
    struct arena *a;
    const char **why_out;
};

static struct span config_dn(const struct place *at)
{
    struct builder b;
    struct span out = SPAN_NONE, rest = span_str(text_of(at->d->record, "name"));
    builder_in(&b, at->a, 1024);
    builder_printf(&b, "CN=Configuration");
    while (rest.len) {
        const uint8_t *dot = memchr(rest.ptr, '.', rest.len);
        size_t len = dot ? (size_t)(dot - rest.ptr) : rest.len;
        builder_printf(&b, ",DC=%.*s", (int)len, (const char *)rest.ptr);
        rest = span_sub(rest, len + 1, rest.len);
    }
    return builder_done(&b, &out) == ERR_OK ? out : SPAN_NONE;
}

static struct span site_dn(const struct place *at, struct span site)
{
    return span_str(
        arena_printf(at->a, "CN=%.*s,CN=Sites,%.*s", SPAN_ARG(site), SPAN_ARG(config_dn(at))));
}

/* Empty: the configuration does not name this subnet any more. */
static struct span subnet_dn(const struct place *at, const char *subnet)
{
    const struct control_pool *pool = control_pool_named(at->c->env.pools, span_str(subnet));
    struct plat_addr addr;
    char text[PLAT_ADDR_TEXT];
    if (!pool || plat_addr_from_bytes(span_of(pool->network, pool->size), 0, &addr) != ERR_OK)
        return SPAN_NONE;
    return span_str(arena_printf(at->a, "CN=%.*s/%u,CN=Subnets,CN=Sites,%.*s",
                                 SPAN_ARG(plat_addr_text(&addr, text)), pool->prefix,
                                 SPAN_ARG(config_dn(at))));
}

static enum err ask(const struct place *at, struct intent *in)
{
    if (arena_failed(at->a))
        return ERR_NOMEM;
    return control_dcs_ask(at->d, in, at->a, at->why_out);
}

/* One that an administrator made is given its site. Which are ours the objects say themselves, so
 * that it is true of a restored snapshot, too. */
#define OURS SPAN_LIT("Made and removed with the directory's regions")

static enum err put_subnet(const struct place *at, const char *subnet, struct span site)
{
    struct span dn = subnet_dn(at, subnet), class = SPAN_LIT("subnet"), in_site = site_dn(at, site);
    struct span ours = OURS;
    struct intent_mod mods[] = {{MOD_ADD, SPAN_LIT("objectClass"), &class, 1},
                                {MOD_ADD, SPAN_LIT("description"), &ours, 1},
                                {MOD_ADD, SPAN_LIT("siteObject"), &in_site, 1}};
    struct intent_mod move = {MOD_REPLACE, SPAN_LIT("siteObject"), &in_site, 1};
    struct intent add = {.kind = INTENT_ADD, .target = dn, .mods = mods, .mod_count = 3};
    struct intent change = {.kind = INTENT_MODIFY, .target = dn, .mods = &move, .mod_count = 1};
    if (!dn.len)
        return ERR_OK;
    enum err e = ask(at, &add);
    return e == ERR_EXISTS ? ask(at, &change) : e;
}

static enum err remove_object(const struct place *at, struct span dn)
{
    struct intent in = {.kind = INTENT_DELETE, .flags = INTENT_TREE_DELETE, .target = dn};
    enum err e = ask(at, &in);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err remove_subnet(const struct place *at, const char *subnet)
{
    struct span dn = subnet_dn(at, subnet), ours = OURS;
    struct intent_mod claim = {MOD_DELETE, SPAN_LIT("description"), &ours, 1};
    struct intent in = {.kind = INTENT_MODIFY, .target = dn, .mods = &claim, .mod_count = 1};
    enum err e = dn.len ? ask(at, &in) : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND || e == ERR_CONSTRAINT) /* gone, or without this description */
        return ERR_OK;
    TRY(e);
    return remove_object(at, dn);
}

static bool has_site(const json_t *dc)
{
    return has_text(dc, "state", "Active") || has_text(dc, "state", "Impaired");
}

enum err control_region_enter(struct control *c, struct control_directory *d,
                              const json_t *entering, struct arena *a, const char **why_out)
{
    struct place at = {c, d, a, why_out};
    size_t i;
    json_t *dc;
    if (json_array_size(control_regions(d)) == 0)
        return ERR_OK;
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
    {
        const char *subnet = text_of(dc, "subnet"), *site = text_of(dc, "site");
        if (subnet && (dc == entering || has_site(dc)))
            TRY(put_subnet(&at, subnet, span_str(site ? site : text_of(d->record, "site"))));
    }
    return ERR_OK;
}

json_t *control_region_leaving(const struct control_directory *d)
{
    size_t i, j;
    json_t *region, *dc;
    json_array_foreach(control_regions(d), i, region)
    {
        unsigned left = 0;
        json_array_foreach(json_object_get(d->record, "dcs"), j, dc) left +=
            control_dc_in(dc, span_str(text_of(region, "name")));
        if (left == 0 && has_text(region, "state", "Deleting"))
            return json_incref(region);
    }
    return NULL;
}

/* With the last further region the directory is one place again, which has no subnets. */
static enum err clear(const struct place *at, const json_t *region)
{
    bool last = json_array_size(control_regions(at->d)) == 1;
    size_t i;
    json_t *subnet, *dc;
    json_array_foreach(json_object_get(region, "subnet_ids"), i, subnet)
        TRY(remove_subnet(at, json_string_value(subnet)));
    json_array_foreach(json_object_get(at->d->record, "dcs"), i, dc)
    {
        if (last && text_of(dc, "subnet"))
            TRY(remove_subnet(at, text_of(dc, "subnet")));
    }
    return remove_object(at, site_dn(at, span_str(text_of(region, "name"))));
}

enum err control_region_leave(struct control *c, struct control_directory *d, json_t *region,
                              struct arena *a)
{
    const char *why = NULL;
    struct place at = {c, d, a, &why};
    enum err e = clear(&at, region);
    if (e == ERR_OK) {
        drop(d, region);
    } else {
        json_object_set_new(region, "state", json_string("Failed"));
        json_object_set_new(region, "state_reason", json_string(why && *why ? why : err_name(e)));
    }
    (void)control_save(c);
    return e;
}

void control_region_stale(struct control_directory *d, const json_t *dc)
{
    const char *name = text_of(dc, "region");
    json_t *region = name ? control_region_named(d, span_str(name)) : NULL;
    if (!name || (region && !has_text(region, "state", "Deleting")))
        return;
    if (!region) {
        region = json_pack("{s:s, s:s, s:[]}", "name", name, "state", "Deleting", "subnet_ids");
        if (!control_regions(d))
            json_object_set_new(d->record, "regions", json_array());
        json_array_append_new(control_regions(d), region);
    }
    json_array_append(json_object_get(region, "subnet_ids"), json_object_get(dc, "subnet"));
}

/* --- the operations ----------------------------------------------------------------------------
 */

static json_t *shown(const struct control_directory *d, const json_t *region)
{
    size_t i;
    json_t *dc, *hosts = json_array(), *out = json_object();
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
    {
        if (control_dc_in(dc, span_str(region ? text_of(region, "name") : NULL)))
            json_array_append(hosts, json_object_get(dc, "host"));
    }
    const char *primary = control_region_primary(d), *why = text_of(region, "state_reason");
    const char *name = region ? text_of(region, "name") : primary ? primary : "";
    json_object_set_new(out, "name", json_string(name));
    json_object_set_new(out, "type", json_string(region ? "Additional" : "Primary"));
    json_object_set_new(out, "site", json_string(region ? name : text_of(d->record, "site")));
    json_object_set_new(out, "state",
                        json_string(region ? control_region_state(d, region) : control_state(d)));
    json_object_set_new(out, "dcs", hosts);
    if (why)
        json_object_set_new(out, "state_reason", json_string(why));
    return out;
}

/* ERR_OK unless the region, or one of its domain controllers, is Failed. */
static enum err outcome(struct control_call *call, const json_t *region)
{
    const struct control_directory *d = call->directory;
    const char *name = text_of(region, "name"), *why = text_of(region, "state_reason");
    size_t i;
    json_t *dc;
    if (!region || strcmp(control_region_state(d, region), "Failed") != 0)
        return ERR_OK;
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
    {
        if (control_dc_in(dc, span_str(name)) && has_text(dc, "state", "Failed"))
            why = text_of(dc, "state_reason");
    }
    return control_refuse(call, 500, "RegionFailed", REASON_CONTROL_START_FAILED, "%s: %s", name,
                          why ? why : "it has no domain controllers");
}

enum err control_region_add(struct control_call *call)
{
    struct control_new_region in = {.name = control_arg(call, "name"),
                                    .subnets = json_object_get(call->args, "subnet")};
    TRY(control_region_begin_add(call, &in));
    const char *name = arena_dup_str(call->a, in.name);
    (void)control_dcs_finish(call->control, call->directory, call->a);
    json_t *region = name ? control_region_named(call->directory, span_str(name)) : NULL;
    if (!region)
        return ERR_NOMEM;
    TRY(outcome(call, region));
    call->result = shown(call->directory, region);
    return ERR_OK;
}

enum err control_region_list(struct control_call *call)
{
    size_t i;
    json_t *region;
    call->result = json_pack("[o]", shown(call->directory, NULL));
    json_array_foreach(control_regions(call->directory), i, region)
        json_array_append_new(call->result, shown(call->directory, region));
    return ERR_OK;
}

enum err control_region_remove(struct control_call *call)
{
    TRY(control_region_begin_remove(call, control_arg(call, "name")));
    (void)control_dcs_finish(call->control, call->directory, call->a);
    return outcome(call, control_region_named(call->directory, control_arg(call, "name")));
}
