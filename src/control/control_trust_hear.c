/*
 * What the KDC and NETLOGON notice of partners (directory/volatile.h), for trusts that are not
 * proved. Two halves that are both there and fail for another reason hear each other's proofs for
 * ever, so only who was silent before is news.
 */
#include "base/text.h"
#include "control/control_trusts.h"
#include "directory/account.h"
#include "directory/volatile.h"
#include "plat/clock.h"

/* Longer than a partner of our kind waits between its proofs. */
#define SILENCE (10 * UTIME_MINUTE)

/* By a referral or a secure channel, or by a logon of its account; 0: never. */
static utime heard_at(struct control_call *call, const struct trust *t)
{
    struct dir_account account;
    const struct dir *dir = call->directory->dir;
    int64_t as_trust = vol_heard_at(dir, t->object), as_account = 0;
    const char *name = arena_printf(call->a, "%.*s$", SPAN_ARG(t->flat_name));
    if (name && dir_account_by_sam(&call->snap, span_str(name), &account) == ERR_OK)
        as_account = vol_heard_at(dir, account.id);
    int64_t last = as_trust > as_account ? as_trust : as_account;
    return last ? utime_from_filetime(last) : 0;
}

static bool is_news(const json_t *entry, utime heard)
{
    return heard - json_integer_value(json_object_get(entry, "heard")) >= SILENCE;
}

bool control_trust_is_heard(struct control_call *call, const struct trust *t)
{
    const json_t *entry = control_trust_state(call->directory, t->dns_name, false);
    const char *state = json_string_value(json_object_get(entry, "state"));
    return state && strcmp(state, "Verified") != 0 && is_news(entry, heard_at(call, t));
}

void control_trust_hear_begun(struct control_call *call, const struct trust *t)
{
    json_t *entry = control_trust_state(call->directory, t->dns_name, false);
    if (!entry || control_read(call) != ERR_OK)
        return;
    utime heard = heard_at(call, t);
    if (is_news(entry, heard))
        json_object_set_new(entry, "stirred", json_integer(plat_now()));
    json_object_set_new(entry, "heard", json_integer(heard));
}
