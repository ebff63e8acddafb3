/*
 * What AWS lets be set up about a directory and has little or no meaning here: RADIUS, which is
 * kept and shown, and updates of size and operating system.
 */
#include "base/text.h"
#include "control/aws_call.h"
#include "plat/clock.h"

/* Puts a note in the place of what was there (taken; NULL: none), or all back. */
static enum err keep(struct aws_call *call, const char *name, json_t *value)
{
    json_t *notes = aws_notes(call->c.directory), *before = json_object_get(notes, name);
    json_incref(before);
    if (value)
        json_object_set_new(notes, name, value);
    else
        json_object_del(notes, name);
    enum err e = control_keep(&call->c);
    if (e == ERR_OK) {
        json_decref(before);
        return ERR_OK;
    }
    if (before)
        json_object_set_new(notes, name, before);
    else
        json_object_del(notes, name);
    return e;
}

static json_t *note(const struct control_directory *d, const char *name)
{
    return json_object_get(json_object_get(d->record, "aws"), name);
}

/* --- RADIUS ------------------------------------------------------------------------------------
 */

/* The shared secret is not kept: nothing would ever read it. */
static enum err keep_radius(struct aws_call *call)
{
    const json_t *asked = json_object_get(call->in, "RadiusSettings");
    json_t *kept = json_deep_copy(asked);
    size_t servers = json_array_size(json_object_get(asked, "RadiusServers")) +
                     json_array_size(json_object_get(asked, "RadiusServersIpv6"));
    if (servers == 0 || !json_object_get(asked, "SharedSecret") ||
        !json_object_get(asked, "AuthenticationProtocol")) {
        json_decref(kept);
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
                          "RadiusSettings: expected RadiusServers, SharedSecret and "
                          "AuthenticationProtocol.");
    }
    json_object_del(kept, "SharedSecret");
    return keep(call, "radius", kept);
}

enum err aws_enable_radius(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    if (note(call->c.directory, "radius"))
        return aws_refuse(call, "EntityAlreadyExistsException", REASON_CONTROL_EXISTS,
                          "The directory has RADIUS settings: change them by UpdateRadius.");
    return keep_radius(call);
}

enum err aws_update_radius(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    if (!note(call->c.directory, "radius"))
        return aws_refuse(call, "EntityDoesNotExistException", REASON_CONTROL_NO_OBJECT,
                          "The directory has no RADIUS settings: make them by EnableRadius.");
    return keep_radius(call);
}

enum err aws_disable_radius(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    if (!note(call->c.directory, "radius"))
        return ERR_OK;
    return keep(call, "radius", NULL);
}

void aws_show_setup(const struct control_directory *d, json_t *into)
{
    json_t *radius = note(d, "radius");
    json_object_set_new(into, "SsoEnabled", json_false());
    if (!radius)
        return;
    json_object_set(into, "RadiusSettings", radius);
    json_object_set_new(into, "RadiusStatus", json_string("Failed"));
    if (!json_object_get(into, "StageReason"))
        json_object_set_new(into, "StageReason",
                            json_string("RadiusStatus: no RADIUS server is ever asked, so logons "
                                        "have no second factor."));
}

/* --- updates -----------------------------------------------------------------------------------
 */

static enum err done_already(struct aws_call *call, const char *what)
{
    return aws_refuse(call, "DirectoryInDesiredStateException", REASON_CONTROL_EXISTS,
                      "The directory's %s is what was asked for.", what);
}

static enum err needs(struct aws_call *call, const char *what)
{
    return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
                      "%s: expected, for this UpdateType.", what);
}

static bool is_large(const struct aws_call *call)
{
    const char *edition = json_string_value(note(call->c.directory, "edition"));
    return edition && strcmp(edition, "Enterprise") == 0;
}

/* "enlarged" tells when: a directory grows once. */
static enum err enlarge(struct aws_call *call)
{
    json_t *notes = aws_notes(call->c.directory), *before = json_object_get(notes, "edition");
    json_incref(before);
    json_object_set_new(notes, "edition", json_string("Enterprise"));
    json_object_set_new(notes, "enlarged", json_integer(plat_now() / UTIME_SECOND));
    enum err e = control_keep(&call->c);
    if (e != ERR_OK) {
        json_object_del(notes, "enlarged");
        json_object_del(notes, "edition");
        if (before)
            json_object_set(notes, "edition", before);
    }
    json_decref(before);
    return e;
}

/* Of what size and edition mean to AWS, this service has the limit of shares and who may have
 * further regions. */
static enum err update_size(struct aws_call *call)
{
    const json_t *wish = json_object_get(call->in, "DirectorySizeUpdateSettings");
    const char *size = json_string_value(json_object_get(wish, "DirectorySize"));
    if (!size)
        return needs(call, "DirectorySizeUpdateSettings.DirectorySize");
    if (is_large(call) == (strcmp(size, "Large") == 0))
        return done_already(call, "size");
    if (is_large(call))
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
                          "DirectorySizeUpdateSettings.DirectorySize: expected Large; an "
                          "Enterprise directory does not become a Standard one.");
    if (json_is_true(json_object_get(call->in, "CreateSnapshotBeforeUpdate")))
        TRY(aws_do(call, OP_SNAPSHOT_CREATE, json_object(), NULL));
    /* Another request may have enlarged it while the snapshot was made. */
    return is_large(call) ? done_already(call, "size") : enlarge(call);
}

static enum err update_os(struct aws_call *call)
{
    const json_t *wish = json_object_get(call->in, "OSUpdateSettings");
    const char *version = json_string_value(json_object_get(wish, "OSVersion"));
    if (!version)
        return needs(call, "OSUpdateSettings.OSVersion");
    if (strcmp(version, "SERVER_2019") == 0)
        return done_already(call, "operating system");
    return aws_refuse(call, "UnsupportedOperationException", REASON_API_UNSUPPORTED,
                      "OSUpdateSettings.OSVersion: expected SERVER_2019; what the domain "
                      "controllers do does not depend on it.");
}

static enum err update_network(struct aws_call *call)
{
    const json_t *wish = json_object_get(call->in, "NetworkUpdateSettings");
    const char *type = json_string_value(json_object_get(wish, "NetworkType"));
    if (!type)
        return needs(call, "NetworkUpdateSettings.NetworkType");
    return aws_refuse(call, "UnsupportedOperationException", REASON_API_UNSUPPORTED,
                      "NetworkUpdateSettings: the addresses of a domain controller are those that "
                      "it was made with; add others by UpdateNumberOfDomainControllers.");
}

enum err aws_update_directory_setup(struct aws_call *call)
{
    struct span type = aws_text(call, "UpdateType");
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    if (span_eq(type, SPAN_LIT("SIZE")))
        return update_size(call);
    return span_eq(type, SPAN_LIT("OS")) ? update_os(call) : update_network(call);
}

enum err aws_describe_update_directory(struct aws_call *call)
{
    struct span region = aws_text(call, "RegionName");
    TRY(aws_directory_of(call));
    const char *here = json_string_value(note(call->c.directory, "region"));
    json_t *at = note(call->c.directory, "enlarged"), *all = json_array();
    if (at && span_eq(aws_text(call, "UpdateType"), SPAN_LIT("SIZE")) &&
        (!region.len || !here || span_eq(region, span_str(here)))) {
        json_t *one = json_pack("{s:s, s:s, s:O, s:O}", "Status", "Updated", "InitiatedBy",
                                "Customer", "StartTime", at, "LastUpdatedDateTime", at);
        if (here)
            json_object_set_new(one, "Region", json_string(here));
        json_array_append_new(all, one);
    }
    return aws_page(call, all, "Region", "UpdateActivities");
}
