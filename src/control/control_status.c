/*
 * The whole service on one screen: a line for each directory.
 */
#include "control/control_dcs.h"

#include "plat/clock.h"

#define STATUS_TIMEOUT (2 * UTIME_SECOND)

static json_t *of_all(unsigned good, unsigned all)
{
    return json_sprintf("%u/%u", good, all);
}

static json_t *in_states(const json_t *list, const char *one, const char *other)
{
    unsigned good = 0;
    json_t *entry;
    size_t i;
    json_array_foreach((json_t *)list, i, entry)
    {
        const char *state = json_string_value(json_object_get(entry, "state"));
        good += state && (strcmp(state, one) == 0 || strcmp(state, other) == 0);
    }
    return of_all(good, (unsigned)json_array_size(list));
}

static void add_processes(struct control_call *call, struct control_directory *d, json_t *row)
{
    struct span id = span_str(json_string_value(json_object_get(d->record, "id")));
    struct control_status status = {0};
    struct plat_msg reply;
    unsigned ready = 0, restarts = 0;
    if (plat_channel_call(call->control->env.serve, CONTROL_STATUS, id, STATUS_TIMEOUT, call->a,
                          &reply) != ERR_OK ||
        control_status_decode(reply.payload, call->a, &status) != ERR_OK)
        return;
    for (unsigned i = 0; i < status.count; i++) {
        ready += status.process[i].ready;
        restarts += status.process[i].restarts;
    }
    json_object_set_new(row, "processes", of_all(ready, status.count));
    json_object_set_new(row, "restarts", json_integer(restarts));
}

/* Found by its id each time: others may have changed the list while this waited. */
static json_t *ids_of(const struct control *c)
{
    json_t *ids = json_array();
    for (const struct control_directory *d = c->directories; d; d = d->next)
        json_array_append(ids, json_object_get(d->record, "id"));
    return ids;
}

enum err control_status_show(struct control_call *call)
{
    json_t *ids = ids_of(call->control), *id;
    size_t i;
    call->result = json_array();
    json_array_foreach(ids, i, id)
    {
        struct control_directory *d =
            control_directory_by_id(call->control, span_str(json_string_value(id)));
        if (!d)
            continue;
        control_hold(call, d);
        json_t *row = json_object();
        json_object_set(row, "name", json_object_get(d->record, "name"));
        json_object_set(row, "state", json_object_get(d->record, "state"));
        json_object_set_new(row, "dcs",
                            in_states(json_object_get(d->record, "dcs"), "Active", "Active"));
        json_object_set_new(row, "trusts",
                            in_states(json_object_get(d->record, "trusts"), "Verified", "Created"));
        add_processes(call, d, row);
        json_object_set(row, "state_reason", json_object_get(d->record, "state_reason"));
        json_array_append_new(call->result, row);
    }
    json_decref(ids);
    return ERR_OK;
}
