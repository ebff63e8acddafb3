#include "base/text.h"
#include "control/control_call.h"
#include "directory/index.h"
#include "directory/zones.h"
#include "plat/address.h"

enum err control_forwarder_put(struct control_call *call, struct span domain,
                               const json_t *addresses)
{
    struct intent in = {.kind = INTENT_FORWARDER_PUT, .target = domain};
    struct intent_reply reply;
    size_t i;
    json_t *address;
    in.servers = arena_new_array(call->a, json_array_size(addresses), struct span);
    if (!in.servers)
        return ERR_NOMEM;
    json_array_foreach((json_t *)addresses, i, address) in.servers[in.server_count++] =
        span_str(json_string_value(address));
    return control_intent(call, &in, &reply);
}

enum err control_forwarder_remove(struct control_call *call, struct span domain)
{
    struct intent in = {.kind = INTENT_FORWARDER_DELETE, .target = domain};
    struct intent_reply reply;
    return control_intent(call, &in, &reply);
}

enum err control_forwarder_create(struct control_call *call)
{
    return control_forwarder_put(call, control_arg(call, "domain"), control_list(call, "address"));
}

enum err control_forwarder_delete(struct control_call *call)
{
    return control_forwarder_remove(call, control_arg(call, "domain"));
}

static json_t *addresses_of(const struct dir_obj *zone)
{
    struct dnsp_address masters[DNSP_MASTERS_MAX];
    unsigned count = dir_zone_masters(zone, masters);
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        struct plat_addr at;
        char text[PLAT_ADDR_TEXT];
        if (plat_addr_from_bytes(span_of(masters[i].bytes, masters[i].len), 0, &at) != ERR_OK)
            continue;
        struct span shown = plat_addr_text(&at, text);
        json_array_append_new(list, json_stringn((const char *)shown.ptr, shown.len));
    }
    return list;
}

enum err control_forwarder_list(struct control_call *call)
{
    uint32_t class_id = CLASS_dnsZone;
    struct dir_index_cursor cursor;
    struct dir_obj o;
    dir_id id;
    call->result = json_array();
    TRY(control_read(call));
    TRY(dir_index_open(ATTR_objectClass, INDEX_EQUAL, span_of(&class_id, sizeof(class_id)), false,
                       &cursor));
    while (dir_index_next(&call->snap, &cursor, &id)) {
        TRY(dir_by_id(&call->snap, id, &o));
        if (dir_zone_type(&o) != DNSP_ZONE_FORWARDER)
            continue;
        json_t *entry = json_object();
        control_set_span(entry, "domain", o.rdn);
        json_object_set_new(entry, "addresses", addresses_of(&o));
        json_array_append_new(call->result, entry);
    }
    return dir_snap_err(&call->snap);
}
