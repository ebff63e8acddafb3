/*
 * Snapshots, and the number of domain controllers: what is begun is shown before the call returns,
 * and done apart.
 */
#include "base/text.h"
#include "control/aws_call.h"
#include "control/control_regions.h"
#include "control/control_snapshots.h"

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static json_t *shown(const struct control_directory *d, const json_t *snapshot)
{
    const char *name = member(snapshot, "name");
    json_t *out =
        json_pack("{s:O, s:O, s:s, s:O, s:o}", "DirectoryId", json_object_get(d->record, "id"),
                  "SnapshotId", json_object_get(snapshot, "id"), "Type", "Manual", "Status",
                  json_object_get(snapshot, "state"), "StartTime",
                  aws_time(json_object_get(snapshot, "created")));
    if (name && *name)
        json_object_set_new(out, "Name", json_string(name));
    return out;
}

/* One that is being deleted is not shown any more. */
static bool there(const json_t *snapshot)
{
    return strcmp(member(snapshot, "state"), "Deleting") != 0;
}

static void add(struct aws_call *call, const struct control_directory *d, json_t *all)
{
    size_t i;
    json_t *one;
    json_array_foreach(control_snapshots(d), i, one)
    {
        if (there(one) && aws_wanted(call, "SnapshotIds", member(one, "id")))
            json_array_append_new(all, shown(d, one));
    }
}

enum err aws_describe_snapshots(struct aws_call *call)
{
    json_t *all;
    bool one = aws_text(call, "DirectoryId").len;
    if (one)
        TRY(aws_directory_of(call));
    all = json_array();
    for (struct control_directory *d = call->c.control->directories; d; d = d->next) {
        if (one ? d == call->c.directory : aws_sees(call, d))
            add(call, d, all);
    }
    enum err e = aws_all_found(call, "SnapshotIds", all, "SnapshotId");
    if (e == ERR_OK)
        return aws_page(call, all, "SnapshotId", "Snapshots");
    json_decref(all);
    return e;
}

/* The directory of the member SnapshotId becomes the call's. */
static enum err find(struct aws_call *call)
{
    struct span id = aws_text(call, "SnapshotId");
    for (struct control_directory *d = call->c.control->directories; d; d = d->next) {
        json_t *snapshot = aws_sees(call, d) ? control_snapshot_by_id(d, id) : NULL;
        if (!snapshot || !there(snapshot))
            continue;
        control_hold(&call->c, d);
        return ERR_OK;
    }
    return aws_refuse(call, aws_error(call->op, AWS_MISSING), REASON_CONTROL_NO_OBJECT,
                      "There is no snapshot %.*s.", SPAN_ARG(id));
}

static unsigned count_of(const struct control_directory *d)
{
    unsigned count = 0;
    size_t i;
    json_t *one;
    json_array_foreach(control_snapshots(d), i, one) count += there(one);
    return count;
}

enum err aws_create_snapshot(struct aws_call *call)
{
    static const struct aws_renaming full = {REASON_CONTROL_SNAPSHOT_LIMIT,
                                             "SnapshotLimitExceededException"};
    json_t *made;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    TRY(aws_renamed(call, control_snapshot_begin(&call->c, aws_text(call, "Name"), &made), &full,
                    1));
    call->out = json_pack("{s:O}", "SnapshotId", json_object_get(made, "id"));
    return control_snapshots_apart(call->c.control, call->c.directory);
}

enum err aws_delete_snapshot(struct aws_call *call)
{
    struct span id = aws_text(call, "SnapshotId");
    TRY(find(call));
    TRY(control_snapshot_begin_delete(&call->c, id));
    call->out = json_object();
    control_set_span(call->out, "SnapshotId", id);
    return control_snapshots_apart(call->c.control, call->c.directory);
}

enum err aws_restore_from_snapshot(struct aws_call *call)
{
    TRY(find(call));
    TRY(control_restore_begin(&call->c, aws_text(call, "SnapshotId")));
    return control_restore_apart(call->c.control, call->c.directory);
}

enum err aws_get_snapshot_limits(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    unsigned count = count_of(call->c.directory);
    call->out = json_pack("{s:{s:i, s:i, s:b}}", "SnapshotLimits", "ManualSnapshotsLimit",
                          CONTROL_SNAPSHOTS_MAX, "ManualSnapshotsCurrentCount", (int)count,
                          "ManualSnapshotsLimitReached", (int)(count >= CONTROL_SNAPSHOTS_MAX));
    return ERR_OK;
}

/* --- domain controllers ------------------------------------------------------------------------
 */

static enum err fewer(struct aws_call *call, struct span region, unsigned by)
{
    for (; by; by--) {
        const char *host = control_dc_last(call->c.directory, region);
        if (host)
            TRY(control_dcs_begin_remove(&call->c, span_str(host)));
    }
    return ERR_OK;
}

/* The subnets in turn, going on where those that are there ended. */
static enum err more(struct aws_call *call, struct span region, unsigned count, unsigned by)
{
    struct control_directory *d = call->c.directory;
    const json_t *place =
        region.len ? control_region_named(d, region) : json_object_get(d->record, "aws");
    json_t *subnets = json_object_get(place, "subnet_ids");
    json_t *turned = json_array(), *dcs, *dc;
    for (size_t i = 0; i < json_array_size(subnets); i++)
        json_array_append(turned, json_array_get(subnets, (i + count) % json_array_size(subnets)));
    enum err e = control_dcs_from_pools(&call->c, turned, control_dc_next(d), by, &dcs);
    json_decref(turned);
    TRY(e);
    for (size_t i = 0; region.len && i < json_array_size(dcs); i++) {
        dc = json_array_get(dcs, i);
        control_set_span(dc, "region", region);
        control_set_span(dc, "site", region);
    }
    return control_dcs_begin_add(&call->c, dcs);
}

enum err aws_update_number_of_domain_controllers(struct aws_call *call)
{
    json_int_t desired = json_integer_value(json_object_get(call->in, "DesiredNumber"));
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    struct span region = aws_region(call, call->c.directory);
    unsigned count = control_dc_count(call->c.directory, region);
    if (desired > CONTROL_DCS_MAX)
        return aws_refuse(call, "DomainControllerLimitExceededException", REASON_CONTROL_DC_LIMIT,
                          "DesiredNumber: a directory has at most %d domain controllers.",
                          CONTROL_DCS_MAX);
    if (desired == count)
        return ERR_OK;
    TRY(desired > count ? more(call, region, count, (unsigned)desired - count)
                        : fewer(call, region, count - (unsigned)desired));
    return control_dcs_apart(call->c.control, call->c.directory);
}
