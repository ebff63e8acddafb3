/*
 * What the other side's administrator types.
 */
#include "control/control_trusts.h"

#include "trust/trust_instructions.h"

#define SERVERS_MAX (CONTROL_DCS_MAX * CONTROL_DC_ADDRESSES_MAX)

/* Every domain controller is a DNS server of its forest. */
static unsigned servers(const struct control_call *call, struct span out[SERVERS_MAX])
{
    size_t i, j;
    json_t *dc, *address;
    unsigned count = 0;
    json_array_foreach(json_object_get(call->directory->record, "dcs"), i, dc)
    {
        json_array_foreach(json_object_get(dc, "addresses"), j, address)
        {
            if (count < SERVERS_MAX)
                out[count++] = span_str(json_string_value(address));
        }
    }
    return count;
}

enum err control_trust_instruct(struct control_call *call, const struct trust *t, json_t **out)
{
    struct trust_local local;
    struct span list[SERVERS_MAX];
    struct trust_other_side other = {.trust = t, .local = &local, .servers = list};
    struct trust_instruction *told =
        arena_new_array(call->a, TRUST_INSTRUCTION_TOOLS, struct trust_instruction);
    if (!told)
        return ERR_NOMEM;
    other.server_count = servers(call, list);
    TRY(control_trust_local(call, &local));
    TRY(trust_instructions(&other, call->a, told));
    *out = json_array();
    for (unsigned i = 0; i < TRUST_INSTRUCTION_TOOLS; i++) {
        json_t *lines = json_array();
        for (unsigned k = 0; k < told[i].count; k++)
            json_array_append_new(lines, json_string(told[i].lines[k]));
        json_array_append_new(*out, json_pack("{s:s, s:o}", "tool", told[i].tool, "lines", lines));
    }
    return ERR_OK;
}

enum err control_trust_instructions(struct control_call *call)
{
    struct trust t;
    json_t *told;
    TRY(control_trust_find(call, &t));
    call->result = json_object();
    control_set_span(call->result, "partner", t.dns_name);
    TRY(control_trust_add_sentence(call, &t, call->result));
    TRY(control_trust_instruct(call, &t, &told));
    json_object_set_new(call->result, "other_side", told);
    return ERR_OK;
}
