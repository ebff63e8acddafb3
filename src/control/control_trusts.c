#include "control/control_trusts.h"

#include "base/text.h"
#include "trust/trust_attributes.h"

/* --- facts
 * ------------------------------------------------------------------------------------------- */

static const struct {
    const char *word; /* of the command line and the API */
    uint32_t value;
} directions[] = {
    {"outgoing", TRUST_OUTBOUND}, {"incoming", TRUST_INBOUND}, {"two-way", TRUST_BOTH}};

uint32_t control_trust_direction(struct span word)
{
    for (size_t i = 0; i < 3; i++) {
        if (span_eq(word, span_str(directions[i].word)))
            return directions[i].value;
    }
    return TRUST_DISABLED;
}

const char *control_trust_direction_word(uint32_t value)
{
    for (size_t i = 0; i < 3; i++) {
        if (directions[i].value == value)
            return directions[i].word;
    }
    return "disabled";
}

enum err control_trust_local(struct control_call *call, struct trust_local *out)
{
    struct dir_naming *naming = arena_new(call->a, struct dir_naming);
    if (!naming)
        return ERR_NOMEM;
    TRY(control_read(call));
    TRY(dir_naming(&call->snap, naming));
    return auth_trust_local(&call->snap, naming, call->a, out);
}

enum err control_trust_named(struct control_call *call, struct span partner, struct trust *out)
{
    struct trust *list;
    unsigned count;
    TRY(control_read(call));
    TRY(auth_trusts(&call->snap, call->a, &list, &count));
    if (partner.len && partner.ptr[partner.len - 1] == '.')
        partner.len--;
    const struct trust *found = auth_trust_named(list, count, partner);
    if (!found)
        return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT,
                              "there is no trust with %.*s; entente trust list shows all",
                              SPAN_ARG(partner));
    *out = *found;
    return ERR_OK;
}

enum err control_trust_find(struct control_call *call, struct trust *out)
{
    return control_trust_named(call, control_arg(call, "partner"), out);
}

/* --- what is shown
 * ------------------------------------------------------------------------------------ */

static json_t *trust_json(struct control_call *call, const struct trust *t)
{
    json_t *into = json_object();
    bool forest = t->attributes & TRUST_FOREST_TRANSITIVE;
    char sid[SID_TEXT_SIZE];
    control_set_span(into, "partner", t->dns_name);
    control_set_span(into, "short_name", t->flat_name);
    json_object_set_new(into, "type", json_string(forest ? "forest" : "external"));
    json_object_set_new(into, "direction", json_string(control_trust_direction_word(t->direction)));
    json_object_set_new(into, "selective_auth",
                        json_boolean(t->attributes & TRUST_CROSS_ORGANIZATION));
    if (t->sid.count) {
        sid_to_text(&t->sid, sid);
        json_object_set_new(into, "sid", json_string(sid));
    }
    control_trust_add_state(call, t, into);
    return into;
}

enum err control_trust_add_sentence(struct control_call *call, const struct trust *t, json_t *into)
{
    struct trust_local local;
    struct span sentence;
    TRY(control_trust_local(call, &local));
    TRY(trust_direction_sentence(t->direction, local.dns_name, t->dns_name, call->a, &sentence));
    control_set_span(into, "sentence", sentence);
    json_object_set_new(
        into, "other_side_chooses",
        json_string(control_trust_direction_word(trust_direction_complement(t->direction))));
    return ERR_OK;
}

enum err control_trust_list(struct control_call *call)
{
    struct trust *list;
    unsigned count;
    TRY(control_read(call));
    TRY(auth_trusts(&call->snap, call->a, &list, &count));
    call->result = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(call->result, trust_json(call, &list[i]));
    return ERR_OK;
}

enum err control_trust_show(struct control_call *call)
{
    struct trust t;
    TRY(control_trust_find(call, &t));
    json_decref(call->result);
    call->result = trust_json(call, &t);
    return control_trust_add_sentence(call, &t, call->result);
}
