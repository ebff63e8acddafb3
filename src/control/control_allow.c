/*
 * The right Allowed-To-Authenticate on a service's account ([MS-ADTS] 5.1.3.2.1): an object ACE for
 * one principal, of this forest or another.
 */
#include "base/text.h"
#include "control/control_trusts.h"
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

/* The account of a service principal name, an account, or a computer without its "$". */
static enum err find_service(struct control_call *call, struct span name, struct dir_obj *out)
{
    TRY(control_read(call));
    if (memchr(name.ptr, '/', name.len) &&
        dir_by_value(&call->snap, ATTR_servicePrincipalName, name, out) == ERR_OK)
        return ERR_OK;
    struct span computer = span_str(arena_printf(call->a, "%.*s$", SPAN_ARG(name)));
    bool is_computer = dir_by_value(&call->snap, ATTR_sAMAccountName, name, out) == ERR_NOT_FOUND &&
                       dir_by_value(&call->snap, ATTR_sAMAccountName, computer, out) == ERR_OK;
    return control_find(call, is_computer ? computer : name, "service", out);
}

enum err control_service_allow(struct control_call *call)
{
    struct control_mods m = {.call = call};
    struct intent in = {.kind = INTENT_MODIFY, .sd_parts = 4, .mods = m.mod};
    struct intent_reply reply;
    struct dir_obj service;
    struct span sd, changed;
    struct sid who;
    TRY(control_principal_sid(call, control_arg(call, "principal"), &who));
    TRY(find_service(call, control_arg(call, "name"), &service));
    TRY(dir_sd(&call->snap, service.sd_id, &sd));
    TRY(with_ace(call, sd, &who, &changed));
    control_mod(&m, MOD_REPLACE, "nTSecurityDescriptor", changed);
    in.mod_count = m.count;
    TRY(control_dn_of(call, service.id, &in.target));
    return control_intent(call, &in, &reply);
}
