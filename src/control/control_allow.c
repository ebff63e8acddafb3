/*
 * The right Allowed-To-Authenticate on a service's account ([MS-ADTS] 5.1.3.2.1): an object ACE for
 * one principal, of this forest or another.
 */
#include "control/control_call.h"
#include "trust/selective.h"
#include "wire/ms/secdesc.h"

#define RIGHT_CONTROL_ACCESS 0x100

static enum err with_ace(struct control_call *call, struct span old, const struct sid *who,
                         struct span *out)
{
    struct sd sd;
    struct ace_iter it;
    struct builder b;
    struct guid right;
    unsigned count = 0;
    TRY(sd_open(old, &sd));
    unsigned max = acl_count(sd.dacl) + 1;
    struct ace *aces = arena_new_array(call->a, max, struct ace);
    if (!aces)
        return ERR_NOMEM;
    memcpy(right.b, trust_right_allowed_to_authenticate, sizeof(right.b));
    /* Explicit entries stand before inherited ones: the new one goes first among those that allow.
     */
    aces[count++] = (struct ace){.type = ACE_ALLOWED_OBJECT,
                                 .known = true,
                                 .mask = RIGHT_CONTROL_ACCESS,
                                 .object_type = &right,
                                 .sid = *who};
    ace_iter_init(&it, sd.dacl);
    while (count < max && ace_next(&it, &aces[count]))
        count++;
    TRY(ace_iter_err(&it));
    struct acl_build acl = {.count = count, .aces = aces};
    struct sd_build build = {.control = sd.control | SD_DACL_PRESENT,
                             .owner = sd.has_owner ? &sd.owner : NULL,
                             .group = sd.has_group ? &sd.group : NULL,
                             .dacl = &acl};
    builder_in(&b, call->a, SD_MAX);
    sd_put(&b, &build);
    return builder_done(&b, out);
}

enum err control_service_allow(struct control_call *call)
{
    struct control_mods m = {.call = call};
    struct intent in = {.kind = INTENT_MODIFY, .sd_parts = 4, .mods = m.mod};
    struct intent_reply reply;
    struct dir_obj service, principal;
    struct span sd, changed, value, name = control_arg(call, "principal");
    struct sid who;
    TRY(control_find(call, control_arg(call, "name"), "service", &service));
    if (sid_from_text(name, &who) != ERR_OK) {
        TRY(control_find(call, name, "user", &principal));
        if (!dir_attr_first(&principal, ATTR_objectSid, &value))
            return ERR_NOT_FOUND;
        TRY(sid_from_bytes(value, &who));
    }
    TRY(dir_sd(&call->snap, service.sd_id, &sd));
    TRY(with_ace(call, sd, &who, &changed));
    control_mod(&m, MOD_REPLACE, "nTSecurityDescriptor", changed);
    in.mod_count = m.count;
    TRY(control_dn_of(call, service.id, &in.target));
    return control_intent(call, &in, &reply);
}
