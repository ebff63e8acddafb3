#include "control/control_shares.h"

#include "base/text.h"
#include "plat/clock.h"
#include "plat/random.h"

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static json_t *now_text(void)
{
    char text[32];
    utime_to_iso(plat_now(), text);
    return json_string(text);
}

const char *control_owner(const struct control_directory *d)
{
    const char *owner = text_of(json_object_get(d->record, "aws"), "account");
    return owner ? owner : CONTROL_ACCOUNT_DEFAULT;
}

json_t *control_shares(const struct control_directory *d)
{
    return json_object_get(d->record, "shares");
}

static json_t *share_whose(const struct control_directory *d, const char *member, struct span text)
{
    size_t i;
    json_t *share;
    json_array_foreach(control_shares(d), i, share)
    {
        if (span_eq(span_str(text_of(share, member)), text))
            return share;
    }
    return NULL;
}

json_t *control_share_with(const struct control_directory *d, struct span account)
{
    return share_whose(d, "account", account);
}

json_t *control_share_by_id(const struct control *c, struct span id,
                            struct control_directory **of_out)
{
    for (struct control_directory *d = c->directories; d; d = d->next) {
        json_t *share = share_whose(d, "id", id);
        if (!share)
            continue;
        *of_out = d;
        return share;
    }
    return NULL;
}

bool control_share_is(const json_t *share, const char *status)
{
    return strcmp(text_of(share, "status"), status) == 0;
}

/* --- the operations ----------------------------------------------------------------------------
 */

/* Writes the record with this list of shares (taken), or leaves it as it was. */
static enum err keep(struct control_call *call, struct control_directory *d, json_t *shares)
{
    json_t *before = json_incref(control_shares(d));
    json_object_set_new(d->record, "shares", shares);
    enum err e = control_keep(call);
    if (e != ERR_OK && before)
        json_object_set(d->record, "shares", before);
    else if (e != ERR_OK)
        json_object_del(d->record, "shares");
    json_decref(before);
    return e;
}

static size_t limit_of(const struct control_directory *d)
{
    const char *edition = text_of(json_object_get(d->record, "aws"), "edition");
    return edition && strcmp(edition, "Enterprise") == 0 ? CONTROL_SHARES_ENTERPRISE
                                                         : CONTROL_SHARES_STANDARD;
}

static enum err check_target(struct control_call *call, struct span account)
{
    if (span_eq(account, span_str(control_owner(call->directory))))
        return control_refuse(call, 400, "InvalidTarget", REASON_CONTROL_SHARE_TARGET,
                              "account %.*s owns the directory", SPAN_ARG(account));
    if (!control_account_known(call->control, account))
        return control_refuse(call, 400, "InvalidTarget", REASON_CONTROL_SHARE_TARGET,
                              "no access key acts for account %.*s", SPAN_ARG(account));
    return ERR_OK;
}

static json_t *new_share(struct control_call *call, struct span account)
{
    uint8_t id[5];
    struct span method = control_arg(call, "method");
    bool asks = !span_eq(method, SPAN_LIT("organizations"));
    plat_random(id, sizeof id);
    json_t *share = json_pack(
        "{s:o, s:s, s:s, s:o, s:o}", "id",
        json_sprintf("d-%.*s", SPAN_ARG(text_hex(call->a, span_of(id, sizeof id)))), "method",
        asks ? "handshake" : "organizations", "status", asks ? "PendingAcceptance" : "Shared",
        "created", now_text(), "updated", now_text());
    control_set_span(share, "account", account);
    control_set_span(share, "notes", control_arg(call, "notes"));
    return share;
}

enum err control_share_create(struct control_call *call)
{
    struct control_directory *d = call->directory;
    struct span account = control_arg(call, "account");
    json_t *former = control_share_with(d, account), *shares = json_array(), *one;
    size_t i;
    enum err e = check_target(call, account);
    if (e == ERR_OK && former && !control_share_is(former, "Rejected"))
        e = control_refuse(call, 409, "DirectoryAlreadyShared", REASON_CONTROL_SHARED,
                           "the directory is shared with %.*s as %s", SPAN_ARG(account),
                           text_of(former, "id"));
    json_array_foreach(control_shares(d), i, one) if (one != former) json_array_append(shares, one);
    if (e == ERR_OK && json_array_size(shares) >= limit_of(d))
        e = control_refuse(call, 400, "ShareLimitExceeded", REASON_CONTROL_SHARE_LIMIT,
                           "the directory is shared with %zu accounts", limit_of(d));
    if (e != ERR_OK) {
        json_decref(shares);
        return e;
    }
    json_t *share = new_share(call, account);
    call->result = json_deep_copy(share);
    json_array_append_new(shares, share);
    return keep(call, d, shares);
}

enum err control_share_list(struct control_call *call)
{
    json_t *shares = control_shares(call->directory);
    call->result = shares ? json_deep_copy(shares) : json_array();
    return ERR_OK;
}

static enum err find(struct control_call *call, struct control_directory **of_out, json_t **out)
{
    struct span id = control_arg(call, "id");
    *out = control_share_by_id(call->control, id, of_out);
    if (*out)
        return ERR_OK;
    return control_refuse(call, 404, "NotFound", REASON_CONTROL_NO_OBJECT, "there is no share %.*s",
                          SPAN_ARG(id));
}

static enum err answer(struct control_call *call, const char *status)
{
    struct control_directory *d;
    json_t *share;
    TRY(find(call, &d, &share));
    if (!control_share_is(share, "PendingAcceptance"))
        return control_refuse(call, 409, "DirectoryAlreadyShared", REASON_CONTROL_SHARED,
                              "the share is %s, not PendingAcceptance", text_of(share, "status"));
    json_t *shares = json_deep_copy(control_shares(d));
    for (size_t i = 0; i < json_array_size(shares); i++) {
        json_t *one = json_array_get(shares, i);
        if (!json_equal(one, share))
            continue;
        json_object_set_new(one, "status", json_string(status));
        json_object_set_new(one, "updated", now_text());
        call->result = json_deep_copy(one);
    }
    return keep(call, d, shares);
}

enum err control_share_accept(struct control_call *call)
{
    return answer(call, "Shared");
}

enum err control_share_reject(struct control_call *call)
{
    return answer(call, "Rejected");
}

enum err control_share_delete(struct control_call *call)
{
    struct control_directory *d;
    json_t *share, *one, *shares;
    size_t i;
    TRY(find(call, &d, &share));
    shares = json_array();
    json_array_foreach(control_shares(d), i, one) if (one != share) json_array_append(shares, one);
    return keep(call, d, shares);
}
