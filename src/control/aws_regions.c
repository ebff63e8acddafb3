/*
 * Regions. The endpoint is one for all of them: what a request was signed for says which region of
 * the directory it is about, as it does for AWS, whose endpoints differ by it.
 */
#include "control/aws_call.h"
#include "control/control_dcs.h"
#include "control/control_regions.h"

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

struct span aws_region(const struct aws_call *call, const struct control_directory *d)
{
    return control_region_named(d, call->region) ? call->region : SPAN_NONE;
}

struct span aws_primary_region(const struct aws_call *call, const struct control_directory *d)
{
    const char *region = control_region_primary(d);
    return region ? span_str(region) : call->region;
}

static json_t *text(struct span s)
{
    return json_stringn((const char *)s.ptr, s.len);
}

json_t *aws_regions_info(const struct aws_call *call, const struct control_directory *d)
{
    json_t *names = json_array(), *region;
    size_t i;
    json_array_foreach(control_regions(d), i, region)
        json_array_append(names, json_object_get(region, "name"));
    return json_pack("{s:o, s:o}", "PrimaryRegion", text(aws_primary_region(call, d)),
                     "AdditionalRegions", names);
}

/* region NULL: the primary one. */
static json_t *shown(const struct aws_call *call, const json_t *region)
{
    const struct control_directory *d = call->c.directory;
    struct span own = region ? span_str(member(region, "name")) : SPAN_NONE;
    json_t *vpc = aws_vpc(call, d, own);
    json_t *since = aws_time(json_object_get(region ? region : d->record, "created"));
    json_t *out = json_pack("{s:O, s:o, s:s, s:s, s:{s:O, s:O}, s:i, s:O, s:O, s:O}", "DirectoryId",
                            json_object_get(d->record, "id"), "RegionName",
                            text(region ? own : aws_primary_region(call, d)), "RegionType",
                            region ? "Additional" : "Primary", "Status",
                            region ? control_region_state(d, region) : control_state(d),
                            "VpcSettings", "VpcId", json_object_get(vpc, "VpcId"), "SubnetIds",
                            json_object_get(vpc, "SubnetIds"), "DesiredNumberOfDomainControllers",
                            (int)control_dc_count(d, own), "LaunchTime", since,
                            "StatusLastUpdatedDateTime", since, "LastUpdatedDateTime", since);
    json_decref(vpc);
    json_decref(since);
    return out;
}

enum err aws_describe_regions(struct aws_call *call)
{
    struct span wanted = aws_text(call, "RegionName");
    json_t *all, *region;
    size_t i;
    TRY(aws_directory_of(call));
    const struct control_directory *d = call->c.directory;
    all = json_array();
    if (!wanted.len || span_eq(wanted, aws_primary_region(call, d)))
        json_array_append_new(all, shown(call, NULL));
    json_array_foreach(control_regions(d), i, region)
    {
        if (!wanted.len || span_eq(wanted, span_str(member(region, "name"))))
            json_array_append_new(all, shown(call, region));
    }
    return aws_page(call, all, "RegionName", "RegionsDescription");
}

/* What an operation of ours refuses, in the words of these two. */
static enum err in_its_words(struct aws_call *call, enum err e)
{
    static const struct aws_renaming rows[] = {
        {REASON_CONTROL_EXISTS, "DirectoryAlreadyInRegionException"},
        {REASON_CONTROL_REGION_LIMIT, "RegionLimitExceededException"},
        {REASON_CONTROL_DC_LIMIT, "RegionLimitExceededException"},
        {REASON_CONTROL_REGION_PRIMARY, "UnsupportedOperationException"}};
    return aws_renamed(call, e, rows, sizeof(rows) / sizeof(rows[0]));
}

/* The one that it has until now has to have a name, which is told apart from the new one's. */
static enum err begin_add(struct aws_call *call, const struct control_new_region *in)
{
    struct control_directory *d = call->c.directory;
    json_t *notes = aws_notes(d);
    bool named = !member(notes, "region") && !control_region_named(d, call->region);
    if (named)
        json_object_set_new(notes, "region", text(call->region));
    enum err e = in_its_words(call, control_region_begin_add(&call->c, in));
    if (e != ERR_OK && named)
        json_object_del(notes, "region");
    return e;
}

enum err aws_add_region(struct aws_call *call)
{
    const json_t *vpc = json_object_get(call->in, "VPCSettings");
    struct control_new_region in = {.name = aws_text(call, "RegionName"),
                                    .subnets = json_object_get(vpc, "SubnetIds"),
                                    .vpc = member(vpc, "VpcId")};
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    const char *edition = member(aws_notes(call->c.directory), "edition");
    if (!edition || strcmp(edition, "Enterprise") != 0)
        return aws_refuse(call, "UnsupportedOperationException", REASON_API_UNSUPPORTED,
                          "A directory of the Standard edition is in one region.");
    TRY(begin_add(call, &in));
    return control_dcs_apart(call->c.control, call->c.directory);
}

enum err aws_remove_region(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    TRY(in_its_words(call, control_region_begin_remove(&call->c, call->region)));
    return control_dcs_apart(call->c.control, call->c.directory);
}
