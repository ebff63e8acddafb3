/*
 * Names of other forests: who is called so is asked of the forest itself.
 */
#include "base/text.h"
#include "control/control_trusts.h"
#include "trust/trust_ask.h"

#define LOOKUP_TIMEOUT (TRUST_CALL_TIMEOUT + 5 * UTIME_SECOND)

/* "CORP\\alice" in its two parts, or "alice@corp.example.com". */
static bool split(struct span name, struct span *domain_out, struct span *account_out)
{
    for (size_t i = 0; i < name.len; i++) {
        bool back = name.ptr[i] == '\\';
        if (!back && name.ptr[i] != '@')
            continue;
        struct span left = span_sub(name, 0, i), right = span_sub(name, i + 1, name.len);
        *domain_out = back ? left : right;
        *account_out = back ? right : SPAN_NONE;
        return left.len && right.len;
    }
    return false;
}

/* By its name, or by a suffix that its forest claims. */
static const struct trust *partner_of(const struct trust *list, unsigned count, struct span domain)
{
    const struct trust *found = auth_trust_named(list, count, domain);
    for (unsigned i = 0; !found && i < count; i++) {
        if (trust_claims_name(&list[i], domain))
            found = &list[i];
    }
    return found;
}

/* As the partner's LSA knows it: a user principal name as it is, others with the NetBIOS name. */
static enum err question(struct control_call *call, const struct trust *t, struct span name,
                         struct span account, struct span *out)
{
    struct trust_lookup what = {.partner = t->dns_name, .name = name};
    if (account.len)
        what.name = span_str(
            arena_printf(call->a, "%.*s\\%.*s", SPAN_ARG(t->flat_name), SPAN_ARG(account)));
    return arena_failed(call->a) ? ERR_NOMEM : trust_lookup_encode(&what, call->a, out);
}

enum err control_partner_sid(struct control_call *call, struct span name, struct sid *out)
{
    struct trust *list;
    struct span domain, account, payload, stub;
    unsigned count;
    if (!split(name, &domain, &account))
        return ERR_NOT_FOUND;
    TRY(control_read(call));
    TRY(auth_trusts(&call->snap, call->a, &list, &count));
    const struct trust *t = partner_of(list, count, domain);
    if (!t)
        return ERR_NOT_FOUND;
    if (!(t->direction & TRUST_OUTBOUND))
        return control_refuse(call, 409, "NotTrusted", REASON_TRANSIT_NOT_OUTGOING,
                              "%.*s is of %.*s, which this directory does not trust",
                              SPAN_ARG(name), SPAN_ARG(t->dns_name));
    TRY(question(call, t, name, account, &payload));
    TRY(control_trust_ask_stub(call, TRUST_MESSAGE_LOOKUP, t, payload, LOOKUP_TIMEOUT, &stub));
    if (stub.len == 0)
        return control_refuse(call, 404, "NotFound", REASON_TRUST_NAME_UNKNOWN,
                              "%.*s knows no account, global or universal group %.*s",
                              SPAN_ARG(t->dns_name), SPAN_ARG(name));
    return sid_from_bytes(stub, out);
}

enum err control_principal_sid(struct control_call *call, struct span name, struct sid *out)
{
    struct dir_obj o;
    struct span value;
    enum err e = sid_from_text(name, out);
    if (e != ERR_OK)
        e = control_partner_sid(call, name, out);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(control_find(call, name, NULL, &o));
    return dir_attr_first(&o, ATTR_objectSid, &value) ? sid_from_bytes(value, out) : ERR_NOT_FOUND;
}
