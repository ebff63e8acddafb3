/*
 * What is kept in a directory's record for AWS's sake: tags, and IP routes, which are the networks
 * that may have other names looked up.
 */
#include "base/text.h"
#include "control/aws_call.h"
#include "plat/clock.h"

#define TAGS_MAX   50
#define ROUTES     "ip routes" /* in making: no partner is called so */
#define ROUTES_MAX 60          /* a directory's networks are 64 */

static json_t *list_of(json_t *notes, const char *name)
{
    json_t *list = json_object_get(notes, name);
    if (!list) {
        list = json_array();
        json_object_set_new(notes, name, list);
    }
    return list;
}

/* The element whose member is this text; SIZE_MAX. */
static size_t place_of(const json_t *list, const char *member, const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
    {
        if (json_equal(json_object_get(one, member), value))
            return i;
    }
    return SIZE_MAX;
}

static void take_out(json_t *list, const char *member, const json_t *value)
{
    size_t at = place_of(list, member, value);
    if (at != SIZE_MAX)
        json_array_remove(list, at);
}

/* The changed record is kept, or the old list put back. */
static enum err keep(struct aws_call *call, const char *name, json_t *before)
{
    enum err e = control_keep(&call->c);
    if (e == ERR_OK)
        json_decref(before);
    else
        json_object_set_new(aws_notes(call->c.directory), name, before);
    return e;
}

/* --- tags --------------------------------------------------------------------------------------
 */

enum err aws_take_tags(struct aws_call *call, const json_t *tags, json_t *notes)
{
    json_t *list = list_of(notes, "tags"), *tag;
    size_t i;
    json_array_foreach((json_t *)tags, i, tag)
    {
        take_out(list, "Key", json_object_get(tag, "Key"));
        json_array_append(list, tag);
    }
    if (json_array_size(list) <= TAGS_MAX)
        return ERR_OK;
    return aws_refuse(call, "TagLimitExceededException", REASON_CONTROL_ARGUMENT,
                      "A resource has at most %d tags.", TAGS_MAX);
}

enum err aws_add_tags(struct aws_call *call)
{
    TRY(aws_directory(call, aws_text(call, "ResourceId")));
    json_t *notes = aws_notes(call->c.directory);
    json_t *before = json_deep_copy(list_of(notes, "tags"));
    enum err e = aws_take_tags(call, json_object_get(call->in, "Tags"), notes);
    if (e == ERR_OK)
        return keep(call, "tags", before);
    json_object_set_new(notes, "tags", before);
    return e;
}

enum err aws_list_tags(struct aws_call *call)
{
    TRY(aws_directory(call, aws_text(call, "ResourceId")));
    json_t *tags = json_object_get(json_object_get(call->c.directory->record, "aws"), "tags");
    return aws_page(call, tags ? json_incref(tags) : json_array(), "Key", "Tags");
}

enum err aws_remove_tags(struct aws_call *call)
{
    size_t i;
    json_t *key;
    TRY(aws_directory(call, aws_text(call, "ResourceId")));
    json_t *list = list_of(aws_notes(call->c.directory), "tags");
    json_t *before = json_deep_copy(list);
    json_array_foreach(json_object_get(call->in, "TagKeys"), i, key) take_out(list, "Key", key);
    return keep(call, "tags", before);
}

/* --- routes ------------------------------------------------------------------------------------
 */

static json_t *network_of(const json_t *route)
{
    json_t *v4 = json_object_get(route, "CidrIp");
    return v4 ? v4 : json_object_get(route, "CidrIpv6");
}

static bool holds(const json_t *list, const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
    {
        if (json_equal(one, value))
            return true;
    }
    return false;
}

/* The networks of the directory's settings: those of the old routes go, those of the new ones come,
 * others stay. */
static enum err apply(struct aws_call *call, const json_t *before, const json_t *after)
{
    json_t *shown, *old = json_array(), *networks = json_array(), *one;
    size_t i;
    enum err e = aws_do(call, OP_DIRECTORY_SHOW, json_object(), &shown);
    if (e == ERR_OK) {
        json_array_foreach((json_t *)before, i, one) json_array_append(old, network_of(one));
        json_array_foreach(json_object_get(json_object_get(shown, "settings"), "network"), i, one)
        {
            if (!holds(old, one))
                json_array_append(networks, one);
        }
        json_array_foreach((json_t *)after, i, one) json_array_append(networks, network_of(one));
        e = aws_do(call, OP_DIRECTORY_SET, json_pack("{s:O}", "network", networks), NULL);
        json_decref(shown);
    }
    json_decref(networks);
    json_decref(old);
    return e;
}

/* The writer is waited for, and others are served: two lists that both began with the former one
 * would lose what the first of them added. */
static enum err begin_routes(struct aws_call *call, json_t **routes_out)
{
    json_t *making = call->c.directory->making;
    if (json_object_get(making, ROUTES))
        return aws_refuse(call, aws_error(call->op, AWS_UNAVAILABLE), REASON_CONTROL_BUSY,
                          "IpRoutes: another request changes the directory's routes; ask again.");
    json_object_set_new(making, ROUTES, json_true());
    *routes_out = json_deep_copy(list_of(aws_notes(call->c.directory), "ip_routes"));
    return ERR_OK;
}

static enum err end_routes(struct aws_call *call, enum err e)
{
    json_object_del(call->c.directory->making, ROUTES);
    return e;
}

static enum err change_routes(struct aws_call *call, json_t *after)
{
    json_t *notes = aws_notes(call->c.directory);
    json_t *before = json_deep_copy(list_of(notes, "ip_routes"));
    enum err e = apply(call, before, after);
    if (e != ERR_OK) {
        json_decref(before);
        json_decref(after);
        return e;
    }
    json_object_set_new(notes, "ip_routes", after);
    return keep(call, "ip_routes", before);
}

static json_t *new_route(const json_t *asked, const json_t *id)
{
    json_t *route = json_deep_copy(asked);
    json_object_set(route, "DirectoryId", (json_t *)id);
    json_object_set_new(route, "IpRouteStatusMsg", json_string("Added"));
    json_object_set_new(route, "AddedDateTime", json_integer(plat_now() / UTIME_SECOND));
    return route;
}

static enum err add_route(struct aws_call *call, const json_t *asked, json_t *routes)
{
    json_t *network = network_of(asked), *one;
    size_t i;
    if (!network || (json_object_get(asked, "CidrIp") && json_object_get(asked, "CidrIpv6")))
        return aws_refuse(call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
                          "IpRoutes: expected either CidrIp or CidrIpv6 in each.");
    json_array_foreach(routes, i, one)
    {
        if (json_equal(network_of(one), network))
            return aws_refuse(call, "EntityAlreadyExistsException", REASON_CONTROL_EXISTS,
                              "There is a route of %s already.", json_string_value(network));
    }
    if (json_array_size(routes) >= ROUTES_MAX)
        return aws_refuse(call, "IpRouteLimitExceededException", REASON_CONTROL_ARGUMENT,
                          "A directory has at most %d routes.", ROUTES_MAX);
    json_array_append_new(routes,
                          new_route(asked, json_object_get(call->c.directory->record, "id")));
    return ERR_OK;
}

enum err aws_add_ip_routes(struct aws_call *call)
{
    json_t *routes, *one;
    size_t i;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    TRY(begin_routes(call, &routes));
    json_array_foreach(json_object_get(call->in, "IpRoutes"), i, one)
    {
        enum err e = add_route(call, one, routes);
        if (e != ERR_OK) {
            json_decref(routes);
            return end_routes(call, e);
        }
    }
    return end_routes(call, change_routes(call, routes));
}

enum err aws_list_ip_routes(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    json_t *routes =
        json_object_get(json_object_get(call->c.directory->record, "aws"), "ip_routes");
    return aws_page(call, routes ? json_incref(routes) : json_array(), "CidrIp|CidrIpv6",
                    "IpRoutesInfo");
}

static enum err remove_route(struct aws_call *call, const json_t *network, json_t *routes)
{
    size_t i;
    json_t *one;
    json_array_foreach(routes, i, one)
    {
        if (!json_equal(network_of(one), network))
            continue;
        json_array_remove(routes, i);
        return ERR_OK;
    }
    return aws_refuse(call, "EntityDoesNotExistException", REASON_CONTROL_NO_OBJECT,
                      "There is no route of %s.", json_string_value(network));
}

enum err aws_remove_ip_routes(struct aws_call *call)
{
    static const char *const members[] = {"CidrIps", "CidrIpv6s"};
    json_t *routes, *network;
    size_t i;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    TRY(begin_routes(call, &routes));
    for (size_t m = 0; m < 2; m++) {
        json_array_foreach(json_object_get(call->in, members[m]), i, network)
        {
            enum err e = remove_route(call, network, routes);
            if (e != ERR_OK) {
                json_decref(routes);
                return end_routes(call, e);
            }
        }
    }
    return end_routes(call, change_routes(call, routes));
}

/* --- data access -------------------------------------------------------------------------------
 */

static bool data_access(const struct control_directory *d)
{
    return json_is_true(json_object_get(json_object_get(d->record, "aws"), "data_access"));
}

static enum err set_data_access(struct aws_call *call, bool on)
{
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    struct control_directory *d = call->c.directory;
    if (data_access(d) == on)
        return aws_refuse(call, "DirectoryInDesiredStateException", REASON_CONTROL_EXISTS,
                          "Data access is %s already.", on ? "enabled" : "disabled");
    json_object_set_new(aws_notes(d), "data_access", json_boolean(on));
    enum err e = control_keep(&call->c);
    if (e != ERR_OK)
        json_object_set_new(aws_notes(d), "data_access", json_boolean(!on));
    return e;
}

enum err aws_enable_directory_data_access(struct aws_call *call)
{
    return set_data_access(call, true);
}

enum err aws_disable_directory_data_access(struct aws_call *call)
{
    return set_data_access(call, false);
}

enum err aws_describe_directory_data_access(struct aws_call *call)
{
    TRY(aws_directory_of(call));
    call->out = json_pack("{s:s}", "DataAccessStatus",
                          data_access(call->c.directory) ? "Enabled" : "Disabled");
    return ERR_OK;
}
