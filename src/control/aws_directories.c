/*
 * Directories and their domain controllers as AWS shows them.
 */
#include "base/text.h"
#include "control/aws_call.h"
#include "control/control_dcs.h"
#include "control/control_pools.h"
#include "control/control_regions.h"
#include "control/control_shares.h"

#define DIRECTORIES_LIMIT CONTROL_DIRECTORIES_MAX
#define FLAT_NAME_MAX     15

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* --- where it lies -----------------------------------------------------------------------------
 */

/* What AWS was asked to make in this place: of a further region, or of the primary one. */
static const json_t *placed(const struct control_directory *d, struct span region)
{
    return region.len ? control_region_named(d, region) : json_object_get(d->record, "aws");
}

/* Of a directory that was made without subnets: two that are named after it. */
static json_t *subnets_of(const struct control_directory *d, struct span region)
{
    json_t *ids = json_object_get(placed(d, region), "subnet_ids");
    const char *id = member(d->record, "id") + 2;
    if (ids)
        return json_incref(ids);
    ids = json_array();
    for (unsigned i = 0; i < 2; i++)
        json_array_append_new(ids, json_sprintf("subnet-%.7s%x", id, i));
    return ids;
}

static json_t *zone_of(const struct aws_call *call, struct span name, const char *subnet,
                       size_t index)
{
    const struct control_pool *pool =
        control_pool_named(call->c.control->env.pools, span_str(subnet));
    if (pool)
        return json_string(pool->zone);
    return json_sprintf("%.*s%c", SPAN_ARG(name), (char)('a' + (int)(index % 26)));
}

json_t *aws_vpc(const struct aws_call *call, const struct control_directory *d, struct span region)
{
    const char *id = member(d->record, "id") + 2;
    const char *vpc = member(placed(d, region), "vpc_id");
    struct span name = region.len ? region : aws_primary_region(call, d);
    json_t *subnets = subnets_of(d, region), *zones = json_array();
    for (size_t i = 0; i < json_array_size(subnets); i++) {
        const char *subnet = json_string_value(json_array_get(subnets, i));
        json_array_append_new(zones, zone_of(call, name, subnet, i));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "VpcId",
                     vpc ? json_string(vpc) : json_sprintf("vpc-%.8s", id), "SubnetIds", subnets,
                     "SecurityGroupId", json_sprintf("sg-%.8s", id), "AvailabilityZones", zones);
}

static void add_addresses(const struct control_directory *d, struct span region, json_t *into)
{
    json_t *v4 = json_array(), *v6 = json_array(), *dc, *address;
    size_t i, j;
    json_array_foreach(json_object_get(d->record, "dcs"), i, dc)
    {
        if (!control_dc_in(dc, region))
            continue;
        json_array_foreach(json_object_get(dc, "addresses"), j, address)
            json_array_append(strchr(json_string_value(address), ':') ? v6 : v4, address);
    }
    json_object_set_new(into, "DnsIpAddrs", v4);
    if (json_array_size(v6))
        json_object_set(into, "DnsIpv6Addrs", v6);
    json_decref(v6);
}

/* --- DescribeDirectories -----------------------------------------------------------------------
 */

json_t *aws_description(const struct aws_call *call, const struct control_directory *d)
{
    const json_t *record = d->record, *notes = json_object_get(record, "aws");
    const char *edition = member(notes, "edition"), *alias = member(notes, "alias");
    const char *about = member(notes, "description");
    struct span region = aws_region(call, d);
    const char *id = member(record, "id"), *why = member(record, "state_reason");
    bool enterprise = edition && strcmp(edition, "Enterprise") == 0;
    json_t *since = json_object_get(record, "state_since");
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:i, s:s}",
        "DirectoryId", id, "Name", member(record, "name"), "ShortName",
        member(record, "short_name"), "Size", enterprise ? "Large" : "Small", "Edition",
        enterprise ? "Enterprise" : "Standard", "Type", "MicrosoftAD", "Alias", alias ? alias : id,
        "AccessUrl", json_sprintf("%s.awsapps.com", alias ? alias : id), "Stage",
        member(record, "state"), "LaunchTime", aws_time(json_object_get(record, "created")),
        "StageLastUpdatedDateTime", aws_time(since ? since : json_object_get(record, "created")),
        "NetworkType", "IPv4", "VpcSettings", aws_vpc(call, d, region),
        "DesiredNumberOfDomainControllers", (int)control_dc_count(d, region), "OsVersion",
        "SERVER_2019");
    add_addresses(d, region, out);
    if (json_object_get(out, "DnsIpv6Addrs"))
        json_object_set_new(out, "NetworkType", json_string("Dual-stack"));
    if (about)
        json_object_set_new(out, "Description", json_string(about));
    if (why)
        json_object_set_new(out, "StageReason", json_string(why));
    aws_show_setup(d, out);
    json_object_set_new(out, "RegionsInfo", aws_regions_info(call, d));
    return out;
}

enum err aws_describe_directories(struct aws_call *call)
{
    json_t *all = json_array();
    for (struct control_directory *d = call->c.control->directories; d; d = d->next) {
        if (aws_sees(call, d) && aws_wanted(call, "DirectoryIds", member(d->record, "id")))
            json_array_append_new(all, aws_description(call, d));
    }
    aws_shared_with_us(call, all);
    enum err e = aws_all_found(call, "DirectoryIds", all, "DirectoryId");
    if (e != ERR_OK) {
        json_decref(all);
        return e;
    }
    return aws_page(call, all, "DirectoryId", "DirectoryDescriptions");
}

/* --- DescribeDomainControllers -----------------------------------------------------------------
 */

static json_t *controller(struct aws_call *call, const json_t *dc, size_t index)
{
    const struct control_directory *d = call->c.directory;
    const char *id = member(d->record, "id"), *own = member(dc, "id");
    const char *subnet = member(dc, "subnet"), *why = member(dc, "state_reason");
    struct span region = aws_region(call, d);
    json_t *vpc = aws_vpc(call, d, region), *subnets = json_object_get(vpc, "SubnetIds"), *address;
    size_t at = index % json_array_size(subnets), i;
    json_t *since = aws_time(json_object_get(dc, "created"));
    if (!subnet)
        subnet = json_string_value(json_array_get(subnets, at));
    json_t *out =
        json_pack("{s:s, s:s, s:O, s:s, s:o, s:O, s:O}", "DirectoryId", id, "DomainControllerId",
                  own ? own : aws_id(call->a, "dc-", span_str(id), span_str(member(dc, "host"))),
                  "VpcId", json_object_get(vpc, "VpcId"), "SubnetId", subnet, "AvailabilityZone",
                  zone_of(call, region.len ? region : aws_primary_region(call, d), subnet, at),
                  "LaunchTime", since, "StatusLastUpdatedDateTime", since);
    json_array_foreach(json_object_get(dc, "addresses"), i, address) json_object_set(
        out, strchr(json_string_value(address), ':') ? "DnsIpv6Addr" : "DnsIpAddr", address);
    if (why)
        json_object_set_new(out, "StatusReason", json_string(why));
    json_decref(since);
    json_decref(vpc);
    return out;
}

/* "kdc d-0123456789/dc1" belongs to dc1. */
static bool belongs(const char *process, const char *host)
{
    const char *slash = strchr(process, '/');
    size_t len = strlen(host);
    return slash && strncmp(slash + 1, host, len) == 0 &&
           (slash[1 + len] == 0 || slash[1 + len] == '-');
}

/* NULL: every process of this domain controller is ready. */
static const char *not_ready(const json_t *processes, const char *host)
{
    size_t i;
    json_t *process;
    bool any = false;
    json_array_foreach((json_t *)processes, i, process)
    {
        const char *name = member(process, "name");
        if (!belongs(name, host))
            continue;
        any = true;
        if (!json_is_true(json_object_get(process, "ready")))
            return name;
    }
    return any ? NULL : "all of it";
}

/* What its processes tell counts more than what was written when it was made. */
static void judge(const struct control_directory *d, const json_t *dc, const json_t *processes,
                  json_t *out)
{
    const char *state = member(dc, "state");
    bool fixed = state && (strcmp(state, "Deleting") == 0 || strcmp(state, "Failed") == 0);
    if (fixed || !control_in_state(d, "Active")) {
        json_object_set_new(out, "Status", json_string(fixed ? state : control_state(d)));
        return;
    }
    const char *name = not_ready(processes, member(dc, "host"));
    bool young = state && strcmp(state, "Creating") == 0;
    json_object_set_new(out, "Status",
                        json_string(!name   ? "Active"
                                    : young ? "Creating"
                                            : "Impaired"));
    if (name)
        json_object_set_new(out, "StatusReason",
                            json_sprintf("not ready: %.*s",
                                         (int)strcspn(name, strchr(name, '/') ? " " : ""), name));
}

enum err aws_describe_domain_controllers(struct aws_call *call)
{
    json_t *all, *dc, *shown;
    size_t i;
    TRY(aws_directory_of(call));
    TRY(aws_do(call, OP_DIRECTORY_SHOW, json_object(), &shown));
    struct span region = aws_region(call, call->c.directory);
    all = json_array();
    json_array_foreach(json_object_get(call->c.directory->record, "dcs"), i, dc)
    {
        if (!control_dc_in(dc, region))
            continue;
        json_t *one = controller(call, dc, i);
        judge(call->c.directory, dc, json_object_get(shown, "processes"), one);
        if (aws_wanted(call, "DomainControllerIds", member(one, "DomainControllerId")))
            json_array_append(all, one);
        json_decref(one);
    }
    json_decref(shown);
    enum err e = aws_all_found(call, "DomainControllerIds", all, "DomainControllerId");
    if (e != ERR_OK) {
        json_decref(all);
        return e;
    }
    return aws_page(call, all, "DomainControllerId", "DomainControllers");
}

/* --- CreateMicrosoftAD -------------------------------------------------------------------------
 */

static json_t *text(struct span s)
{
    return json_stringn((const char *)s.ptr, s.len);
}

/* What NetBIOS names a domain when nobody says: the first label. */
static struct span short_name_of(struct aws_call *call)
{
    struct span name = aws_text(call, "Name"), given = aws_text(call, "ShortName");
    size_t len = 0;
    if (given.len)
        return given;
    while (len < name.len && len < FLAT_NAME_MAX && name.ptr[len] != '.')
        len++;
    return ascii_upper(call->a, span_sub(name, 0, len));
}

/* AWS's patterns let more through than a forest can be called: what `entente` would not take is
 * refused here, and not found out by a directory that fails. */
static enum err check_name(struct aws_call *call, const char *name, const char *arg,
                           struct span value)
{
    const struct operation *op = operation_of(OP_DIRECTORY_CREATE);
    const char *why = "";
    json_t *taken;
    enum err e =
        operation_value(operation_arg_find(op, span_str(arg)), value, call->a, &taken, &why);
    if (e == ERR_RANGE)
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT, "%s: %s.",
                          name, why);
    TRY(e);
    json_decref(taken);
    return ERR_OK;
}

static enum err check_new(struct aws_call *call, struct span short_name)
{
    const json_t *subnets = json_object_get(json_object_get(call->in, "VpcSettings"), "SubnetIds");
    struct span network = aws_text(call, "NetworkType");
    if (span_eq(aws_text(call, "Edition"), SPAN_LIT("Hybrid")))
        return aws_refuse(
            call, "UnsupportedOperationException", REASON_API_UNSUPPORTED,
            "Edition: expected Standard or Enterprise; a directory does not extend an "
            "existing domain.");
    if (network.len && !span_eq(network, SPAN_LIT("IPv4")))
        return aws_refuse(call, "UnsupportedOperationException", REASON_API_UNSUPPORTED,
                          "NetworkType: expected IPv4; addresses are what the subnets of "
                          "entente.conf give.");
    if (json_array_size(subnets) != 2 ||
        json_equal(json_array_get(subnets, 0), json_array_get(subnets, 1)))
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
                          "VpcSettings.SubnetIds: expected two different subnets.");
    TRY(check_name(call, "Name", "name", aws_text(call, "Name")));
    return check_name(call, "ShortName", "short-name", short_name);
}

/* What only AWS asks about it, kept with the record. */
static enum err note(struct aws_call *call, json_t *notes)
{
    const json_t *vpc = json_object_get(call->in, "VpcSettings");
    struct span edition = aws_text(call, "Edition"), about = aws_text(call, "Description");
    json_object_set(notes, "vpc_id", json_object_get(vpc, "VpcId"));
    json_object_set(notes, "subnet_ids", json_object_get(vpc, "SubnetIds"));
    json_object_set_new(notes, "account", text(call->account));
    json_object_set_new(notes, "region", text(call->region));
    json_object_set_new(notes, "edition", text(edition.len ? edition : SPAN_LIT("Enterprise")));
    if (about.len)
        json_object_set_new(notes, "description", text(about));
    return aws_take_tags(call, json_object_get(call->in, "Tags"), notes);
}

static enum err create(struct aws_call *call, struct span short_name, const json_t *notes)
{
    struct control_call *c = &call->c;
    struct control_new in = {
        .name = aws_text(call, "Name"), .short_name = short_name, .managed = true, .notes = notes};
    TRY(control_dcs_from_pools(c, json_object_get(notes, "subnet_ids"), 1, 2, &in.dcs));
    TRY(control_new_directory(c, &in));
    enum err e = control_make_apart(c->control, c->directory, aws_text(call, "Password"));
    if (e != ERR_OK) { /* nobody makes it: its record goes */
        control_directory_remove(c->control, c->directory);
        (void)control_save(c->control);
        return e;
    }
    call->out = json_pack("{s:O}", "DirectoryId", json_object_get(c->directory->record, "id"));
    return ERR_OK;
}

enum err aws_create_microsoft_ad(struct aws_call *call)
{
    static const struct aws_renaming full = {REASON_CONTROL_DIRECTORIES,
                                             "DirectoryLimitExceededException"};
    struct span short_name = short_name_of(call);
    json_t *notes = json_object();
    enum err e = check_new(call, short_name);
    if (e == ERR_OK)
        e = note(call, notes);
    if (e == ERR_OK)
        e = create(call, short_name, notes);
    json_decref(notes);
    return aws_renamed(call, e, &full, 1);
}

/* --- DeleteDirectory, CreateAlias, GetDirectoryLimits ------------------------------------------
 */

/* It is gone when it is not described any more. */
enum err aws_delete_directory(struct aws_call *call)
{
    struct control_directory *theirs;
    const json_t *share = aws_share_of(call, aws_text(call, "DirectoryId"), &theirs);
    if (share)
        return aws_leave_shared_directory(call, share);
    TRY(aws_directory_of(call));
    if (json_array_size(control_shares(call->c.directory)))
        return aws_refuse(call, "ClientException", REASON_CONTROL_SHARED,
                          "The directory is shared with %zu accounts: unshare it first "
                          "(describe-shared-directories shows them).",
                          json_array_size(control_shares(call->c.directory)));
    if (!control_in_state(call->c.directory, "Deleting")) {
        TRY(control_begin_delete(&call->c));
        TRY(control_delete_apart(call->c.control, call->c.directory));
    }
    call->out = json_object();
    control_set_span(call->out, "DirectoryId", aws_text(call, "DirectoryId"));
    return ERR_OK;
}

enum err aws_create_alias(struct aws_call *call)
{
    struct span alias = aws_text(call, "Alias");
    TRY(aws_directory_of(call));
    json_t *notes = aws_notes(call->c.directory);
    if (member(notes, "alias"))
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_EXISTS,
                          "The directory has the alias %s already, and it cannot be changed.",
                          member(notes, "alias"));
    for (struct control_directory *d = call->c.control->directories; d; d = d->next) {
        const char *taken = member(json_object_get(d->record, "aws"), "alias");
        if (taken && ascii_eq_fold(span_str(taken), alias))
            return aws_refuse(call, "EntityAlreadyExistsException", REASON_CONTROL_EXISTS,
                              "The alias %.*s belongs to another directory.", SPAN_ARG(alias));
    }
    control_set_span(notes, "alias", alias);
    enum err e = control_keep(&call->c);
    if (e != ERR_OK) {
        json_object_del(notes, "alias");
        return e;
    }
    call->out = json_object();
    control_set_span(call->out, "DirectoryId", aws_text(call, "DirectoryId"));
    control_set_span(call->out, "Alias", alias);
    return ERR_OK;
}

/* What others have is not told: what is free is free for everybody. */
enum err aws_get_directory_limits(struct aws_call *call)
{
    int count = 0, left = DIRECTORIES_LIMIT;
    for (struct control_directory *d = call->c.control->directories; d; d = d->next, left--)
        count += aws_sees(call, d);
    call->out =
        json_pack("{s:{s:i, s:i, s:b, s:i, s:i, s:b, s:i, s:i, s:b}}", "DirectoryLimits",
                  "CloudOnlyDirectoriesLimit", 0, "CloudOnlyDirectoriesCurrentCount", 0,
                  "CloudOnlyDirectoriesLimitReached", 1, "CloudOnlyMicrosoftADLimit", count + left,
                  "CloudOnlyMicrosoftADCurrentCount", count, "CloudOnlyMicrosoftADLimitReached",
                  left == 0, "ConnectedDirectoriesLimit", 0, "ConnectedDirectoriesCurrentCount", 0,
                  "ConnectedDirectoriesLimitReached", 1);
    return ERR_OK;
}
