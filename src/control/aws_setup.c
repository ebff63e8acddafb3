/*
 * What AWS lets be set up about a directory and has little or no meaning here: RADIUS and single
 * sign-on, which are kept and shown, and updates of size and operating system.
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
    json_object_set_new(into, "SsoEnabled", json_boolean(json_is_true(note(d, "sso"))));
    if (!radius)
        return;
    json_object_set(into, "RadiusSettings", radius);
    json_object_set_new(into, "RadiusStatus", json_string("Failed"));
    if (!json_object_get(into, "StageReason"))
        json_object_set_new(into, "StageReason",
                            json_string("RadiusStatus: no RADIUS server is ever asked, so logons "
                                        "have no second factor."));
}

/* --- single sign-on ----------------------------------------------------------------------------
 */

enum err aws_enable_sso(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    if (!note(call->c.directory, "alias"))
        return aws_refuse(call, "ClientException", REASON_CONTROL_ARGUMENT,
                          "The directory has no alias: CreateAlias gives it one.");
    return keep(call, "sso", json_true());
}

enum err aws_disable_sso(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    return keep(call, "sso", NULL);
}

/* --- updates -----------------------------------------------------------------------------------
 */

#define UPDATES_MAX 50 /* the oldest ones are forgotten */

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

static json_t *with_entry(struct aws_call *call, const char *before, const char *after)
{
    json_t *updates = note(call->c.directory, "updates");
    json_int_t now = (json_int_t)(plat_now() / UTIME_SECOND);
    updates = updates ? json_deep_copy(updates) : json_array();
    json_array_append_new(updates, json_pack("{s:s, s:s, s:s, s:I}", "type", "SIZE", "before",
                                             before, "after", after, "at", now));
    if (json_array_size(updates) > UPDATES_MAX)
        json_array_remove(updates, 0);
    return updates;
}

/* Of what size and edition mean to AWS, this service has the limit of shares and who may have
 * further regions. */
static enum err update_size(struct aws_call *call)
{
    const json_t *wish = json_object_get(call->in, "DirectorySizeUpdateSettings");
    const char *size = json_string_value(json_object_get(wish, "DirectorySize"));
    const char *edition = json_string_value(note(call->c.directory, "edition"));
    bool large = edition && strcmp(edition, "Enterprise") == 0;
    if (!size)
        return needs(call, "DirectorySizeUpdateSettings.DirectorySize");
    if (large == (strcmp(size, "Large") == 0))
        return done_already(call, "size");
    if (large)
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
                          "DirectorySizeUpdateSettings.DirectorySize: expected Large; an "
                          "Enterprise directory does not become a Standard one.");
    if (json_is_true(json_object_get(call->in, "CreateSnapshotBeforeUpdate")))
        TRY(aws_do(call, OP_SNAPSHOT_CREATE, json_object(), NULL));
    TRY(keep(call, "edition", json_string("Enterprise")));
    return keep(call, "updates", with_entry(call, "Small", "Large"));
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
    struct span type = aws_text(call, "UpdateType"), region = aws_text(call, "RegionName");
    json_t *all, *one;
    size_t i;
    TRY(aws_directory_of(call));
    const char *here = json_string_value(note(call->c.directory, "region"));
    all = json_array();
    json_array_foreach(note(call->c.directory, "updates"), i, one)
    {
        if (!span_eq(type, span_str(json_string_value(json_object_get(one, "type")))) ||
            (region.len && here && !span_eq(region, span_str(here))))
            continue;
        json_t *entry = json_pack("{s:s, s:s, s:O, s:O}", "Status", "Updated", "InitiatedBy",
                                  "Customer", "StartTime", json_object_get(one, "at"),
                                  "LastUpdatedDateTime", json_object_get(one, "at"));
        if (here)
            json_object_set_new(entry, "Region", json_string(here));
        json_array_append_new(all, entry);
    }
    return aws_page(call, all, "Region", "UpdateActivities");
}
