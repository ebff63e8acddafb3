/*
 * Sharing: what an account sees of a directory that another one owns, and may do with it: describe
 * it, make computer accounts in it (which is how a machine joins), and leave it. All else is the
 * owner's.
 */
#include "base/text.h"
#include "control/aws_call.h"
#include "control/control_shares.h"

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static const char *method_of(const json_t *share)
{
    return strcmp(text_of(share, "method"), "handshake") == 0 ? "HANDSHAKE" : "ORGANIZATIONS";
}

static bool ours(const struct aws_call *call, const json_t *share)
{
    return span_eq(span_str(text_of(share, "account")), call->account);
}

json_t *aws_share_of(const struct aws_call *call, struct span id, struct control_directory **of_out)
{
    json_t *share = control_share_by_id(call->c.control, id, of_out);
    return share && ours(call, share) ? share : NULL;
}

enum err aws_directory_or_share(struct aws_call *call)
{
    struct control_directory *d;
    struct span id = aws_text(call, "DirectoryId");
    const json_t *share = aws_share_of(call, id, &d);
    if (!share)
        return aws_directory(call, id);
    if (!control_share_is(share, "Shared"))
        return aws_refuse(call, aws_error(call->op, AWS_UNAVAILABLE), REASON_API_SHARED,
                          "The share is %s, not Shared.", text_of(share, "status"));
    control_hold(&call->c, d);
    return ERR_OK;
}

/* --- what is shown -----------------------------------------------------------------------------
 */

static json_t *shown(const struct control_directory *d, const json_t *share)
{
    const char *notes = text_of(share, "notes");
    json_t *out = json_pack(
        "{s:s, s:O, s:s, s:O, s:O, s:O, s:o, s:o}", "OwnerAccountId", control_owner(d),
        "OwnerDirectoryId", json_object_get(d->record, "id"), "ShareMethod", method_of(share),
        "SharedAccountId", json_object_get(share, "account"), "SharedDirectoryId",
        json_object_get(share, "id"), "ShareStatus", json_object_get(share, "status"),
        "CreatedDateTime", aws_time(json_object_get(share, "created")), "LastUpdatedDateTime",
        aws_time(json_object_get(share, "updated")));
    if (notes && *notes)
        json_object_set_new(out, "ShareNotes", json_string(notes));
    return out;
}

static void copy_members(json_t *to, const json_t *from, const char *const *members)
{
    for (; *members; members++) {
        json_t *value = json_object_get(from, *members);
        if (value)
            json_object_set(to, *members, value);
    }
}

/* Where it can be reached is told when it may be used. */
static json_t *view(const struct control_directory *d, const json_t *share, const json_t *owned)
{
    static const char *const always[] = {"Name",  "ShortName",   "Size", "Edition",
                                         "Stage", "StageReason", NULL};
    static const char *const used[] = {"DnsIpAddrs", "DnsIpv6Addrs", "NetworkType", NULL};
    static const char *const place[] = {"VpcSettings", NULL};
    const char *id = text_of(share, "id"), *notes = text_of(share, "notes");
    json_t *owner = json_pack("{s:O, s:s}", "DirectoryId", json_object_get(d->record, "id"),
                              "AccountId", control_owner(d));
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:o, s:s, s:O, s:o, s:o, s:b, s:i, s:o}", "DirectoryId", id, "Type",
        "SharedMicrosoftAD", "Alias", id, "AccessUrl", json_sprintf("%s.awsapps.com", id),
        "ShareMethod", method_of(share), "ShareStatus", json_object_get(share, "status"),
        "LaunchTime", aws_time(json_object_get(share, "created")), "StageLastUpdatedDateTime",
        aws_time(json_object_get(share, "updated")), "SsoEnabled", 0,
        "DesiredNumberOfDomainControllers", 0, "OwnerDirectoryDescription", owner);
    copy_members(out, owned, always);
    if (control_share_is(share, "Shared")) {
        copy_members(out, owned, used);
        copy_members(owner, owned, used);
        copy_members(owner, owned, place);
    }
    if (notes && *notes)
        json_object_set_new(out, "ShareNotes", json_string(notes));
    return out;
}

void aws_shared_with_us(struct aws_call *call, json_t *all)
{
    for (struct control_directory *d = call->c.control->directories; d; d = d->next) {
        const json_t *share = control_share_with(d, call->account);
        if (!share || !aws_wanted(call, "DirectoryIds", text_of(share, "id")))
            continue;
        json_t *owned = aws_description(call, d);
        json_array_append_new(all, view(d, share, owned));
        json_decref(owned);
    }
}

/* The owner sees all of them, another account its own. */
enum err aws_describe_shared_directories(struct aws_call *call)
{
    struct span id = aws_text(call, "OwnerDirectoryId");
    struct control_directory *d = control_directory_by_id(call->c.control, id);
    bool owner = d && aws_sees(call, d);
    json_t *all, *share;
    size_t i;
    if (!d || (!owner && !control_share_with(d, call->account)))
        return aws_directory(call, id);
    all = json_array();
    json_array_foreach(control_shares(d), i, share)
    {
        if ((owner || ours(call, share)) &&
            aws_wanted(call, "SharedDirectoryIds", text_of(share, "id")))
            json_array_append_new(all, shown(d, share));
    }
    enum err e = aws_all_found(call, "SharedDirectoryIds", all, "SharedDirectoryId");
    if (e == ERR_OK)
        return aws_page(call, all, "SharedDirectoryId", "SharedDirectories");
    json_decref(all);
    return e;
}

/* --- the owner's side --------------------------------------------------------------------------
 */

static enum err in_its_words(struct aws_call *call, enum err e)
{
    static const struct aws_renaming rows[] = {
        {REASON_CONTROL_SHARED, "DirectoryAlreadySharedException"},
        {REASON_CONTROL_SHARE_LIMIT, "ShareLimitExceededException"},
        {REASON_CONTROL_SHARE_TARGET, "InvalidTargetException"}};
    return aws_renamed(call, e, rows, sizeof(rows) / sizeof(rows[0]));
}

static struct span target_of(const struct aws_call *call, const char *member)
{
    return span_str(text_of(json_object_get(call->in, member), "Id"));
}

static void answer_id(struct aws_call *call, const json_t *share)
{
    call->out = json_pack("{s:O}", "SharedDirectoryId", json_object_get(share, "id"));
}

enum err aws_share_directory(struct aws_call *call)
{
    json_t *args, *made;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    args = json_object();
    control_set_span(args, "account", target_of(call, "ShareTarget"));
    control_set_span(args, "method", ascii_lower(call->a, aws_text(call, "ShareMethod")));
    if (aws_text(call, "ShareNotes").len)
        control_set_span(args, "notes", aws_text(call, "ShareNotes"));
    TRY(in_its_words(call, aws_do(call, OP_SHARE_CREATE, args, &made)));
    answer_id(call, made);
    json_decref(made);
    return ERR_OK;
}

static enum err end(struct aws_call *call, const json_t *share)
{
    return aws_do(call, OP_SHARE_DELETE, json_pack("{s:O}", "id", json_object_get(share, "id")),
                  NULL);
}

enum err aws_unshare_directory(struct aws_call *call)
{
    struct span account = target_of(call, "UnshareTarget");
    TRY(aws_directory_of(call));
    json_t *share = json_incref(control_share_with(call->c.directory, account));
    if (!share)
        return aws_refuse(call, "DirectoryNotSharedException", REASON_CONTROL_NO_OBJECT,
                          "The directory is not shared with %.*s.", SPAN_ARG(account));
    answer_id(call, share);
    enum err e = end(call, share);
    json_decref(share);
    return e;
}

/* --- the other account's side ------------------------------------------------------------------
 */

static enum err reply(struct aws_call *call, enum operation_id how, struct control_directory **of,
                      json_t **out)
{
    struct span id = aws_text(call, "SharedDirectoryId");
    if (!aws_share_of(call, id, of))
        return aws_refuse(call, aws_error(call->op, AWS_MISSING), REASON_CONTROL_NO_DIRECTORY,
                          "There is no shared directory %.*s.", SPAN_ARG(id));
    json_t *args = json_object();
    control_set_span(args, "id", id);
    return in_its_words(call, aws_do(call, how, args, out));
}

enum err aws_accept_shared_directory(struct aws_call *call)
{
    struct control_directory *d;
    json_t *share;
    TRY(reply(call, OP_SHARE_ACCEPT, &d, &share));
    call->out = json_pack("{s:o}", "SharedDirectory", shown(d, share));
    json_decref(share);
    return ERR_OK;
}

enum err aws_reject_shared_directory(struct aws_call *call)
{
    struct control_directory *d;
    json_t *share;
    TRY(reply(call, OP_SHARE_REJECT, &d, &share));
    answer_id(call, share);
    json_decref(share);
    return ERR_OK;
}

enum err aws_leave_shared_directory(struct aws_call *call, const json_t *share)
{
    call->out = json_object();
    json_object_set(call->out, "DirectoryId", json_object_get(share, "id"));
    return end(call, share);
}
