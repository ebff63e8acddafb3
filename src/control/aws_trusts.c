/*
 * Trusts as AWS shows them. A trust's id belongs to its object in the directory, so one that was
 * made by other means has one, too.
 */
#include "base/text.h"
#include "control/aws_call.h"
#include "control/control_lifecycle.h"
#include "control/control_trusts.h"
#include "plat/clock.h"

static const struct {
    const char *aws, *word;
} directions[] = {
    {"One-Way: Outgoing", "outgoing"}, {"One-Way: Incoming", "incoming"}, {"Two-Way", "two-way"}};

static const char *direction_word(struct span aws)
{
    for (size_t i = 0; i < 3; i++) {
        if (span_eq(span_str(directions[i].aws), aws))
            return directions[i].word;
    }
    return "";
}

static const char *direction_of(const struct trust *t)
{
    const char *word = control_trust_direction_word(t->direction);
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(directions[i].word, word) == 0)
            return directions[i].aws;
    }
    return "Two-Way";
}

static const char *id_of(struct aws_call *call, const struct trust *t)
{
    const char *object = arena_printf(call->a, "%u", t->object);
    return aws_id(call->a, "t-",
                  span_str(json_string_value(json_object_get(call->c.directory->record, "id"))),
                  span_str(object ? object : ""));
}

/* --- what is shown -----------------------------------------------------------------------------
 */

static void set_time(json_t *into, const char *member, const struct dir_obj *o, uint32_t attr)
{
    json_object_set_new(into, member, json_integer(dir_attr_i64(o, attr, 0) / UTIME_SECOND));
}

/* AWS's own words for what its administrators know, then the cause as it is. */
static const char *category(const char *code)
{
    static const char *const rows[][2] = {
        {"VERIFY_PASSWORD_DIFFERENT", "Access is denied. "},
        {"VERIFY_HALF_MISSING", "Access is denied. "},
    };
    for (size_t i = 0; i < 2; i++) {
        if (strcmp(rows[i][0], code) == 0)
            return rows[i][1];
    }
    return "The specified domain either does not exist or could not be contacted. ";
}

static void add_reason(const json_t *state, json_t *into)
{
    const char *code = json_string_value(json_object_get(state, "reason"));
    const char *detail = json_string_value(json_object_get(state, "detail"));
    if (!code)
        return;
    const struct reason_row *row = reason_row(reason_by_code(span_str(code)));
    const char *name = json_string_value(json_object_get(state, "state"));
    bool warned = name && strcmp(name, "Verified") == 0;
    json_object_set_new(into, "TrustStateReason",
                        json_sprintf("%s%s: %s%s%s %s", warned ? "Warning: " : category(code), code,
                                     detail && *detail ? detail : row->cause,
                                     detail && *detail ? ". " : " ",
                                     detail && *detail ? row->cause : "", row->remedy));
}

/* AWS does not verify incoming trusts, and its clients wait for Created: ours keep that name. */
static void add_state(struct aws_call *call, const struct trust *t, json_t *into)
{
    struct control_directory *d = call->c.directory;
    json_t *shown = json_object();
    const char *partner = arena_dup_str(call->a, t->dns_name);
    control_trust_add_state(&call->c, t, shown);
    const char *state = json_string_value(json_object_get(shown, "state"));
    if (t->direction == TRUST_INBOUND)
        state = "Created";
    else if (partner && json_is_string(json_object_get(d->checking, partner)))
        state = "Verifying";
    json_object_set_new(into, "TrustState", json_string(state));
    if (json_object_get(shown, "since"))
        json_object_set_new(into, "StateLastUpdatedDateTime",
                            aws_time(json_object_get(shown, "since")));
    if (strcmp(state, "Verifying") != 0)
        add_reason(shown, into);
    json_decref(shown);
}

static enum err describe(struct aws_call *call, const struct trust *t, json_t *into)
{
    const json_t *entry = control_trust_state(call->c.directory, t->dns_name, false);
    const char *given = json_string_value(json_object_get(entry, "given"));
    struct dir_obj o;
    TRY(control_read(&call->c));
    TRY(dir_by_id(&call->c.snap, t->object, &o));
    json_object_set(into, "DirectoryId", json_object_get(call->c.directory->record, "id"));
    json_object_set_new(into, "TrustId", json_string(id_of(call, t)));
    control_set_span(into, "RemoteDomainName", given ? span_str(given) : t->dns_name);
    json_object_set_new(
        into, "TrustType",
        json_string(t->attributes & TRUST_FOREST_TRANSITIVE ? "Forest" : "External"));
    json_object_set_new(into, "TrustDirection", json_string(direction_of(t)));
    json_object_set_new(
        into, "SelectiveAuth",
        json_string(t->attributes & TRUST_CROSS_ORGANIZATION ? "Enabled" : "Disabled"));
    set_time(into, "CreatedDateTime", &o, ATTR_whenCreated);
    set_time(into, "LastUpdatedDateTime", &o, ATTR_whenChanged);
    add_state(call, t, into);
    return ERR_OK;
}

/* --- finding -----------------------------------------------------------------------------------
 */

/* What cannot be read has no trusts to show: it is being made, or deleted. */
static enum err trusts_of(struct aws_call *call, struct control_directory *d, struct trust **out,
                          unsigned *count_out)
{
    control_read_end(&call->c);
    control_hold(&call->c, d);
    *count_out = 0;
    if (!control_in_state(d, "Active") && !control_in_state(d, "Impaired"))
        return ERR_OK;
    TRY(control_read(&call->c));
    return auth_trusts(&call->c.snap, call->a, out, count_out);
}

/* The trust of the member TrustId; its directory becomes the call's. */
static enum err find(struct aws_call *call, struct trust *out)
{
    struct span id = aws_text(call, "TrustId");
    for (struct control_directory *d = call->c.control->directories; d; d = d->next) {
        struct trust *list;
        unsigned count;
        if (!aws_sees(call, d))
            continue;
        TRY(trusts_of(call, d, &list, &count));
        for (unsigned i = 0; i < count; i++) {
            if (!span_eq(span_str(id_of(call, &list[i])), id))
                continue;
            *out = list[i];
            return ERR_OK;
        }
    }
    return aws_refuse(call, aws_error(call->op, AWS_MISSING), REASON_CONTROL_NO_OBJECT,
                      "There is no trust %.*s.", SPAN_ARG(id));
}

static enum err add_trusts(struct aws_call *call, struct control_directory *d, json_t *all)
{
    struct trust *list;
    unsigned count;
    TRY(trusts_of(call, d, &list, &count));
    for (unsigned i = 0; i < count; i++) {
        json_t *one;
        if (!aws_wanted(call, "TrustIds", id_of(call, &list[i])))
            continue;
        one = json_object();
        json_array_append_new(all, one);
        TRY(describe(call, &list[i], one));
    }
    return ERR_OK;
}

static enum err collect(struct aws_call *call, json_t *all)
{
    if (aws_text(call, "DirectoryId").len) {
        TRY(aws_directory_of(call));
        TRY(add_trusts(call, call->c.directory, all));
    } else {
        for (struct control_directory *d = call->c.control->directories; d; d = d->next) {
            if (aws_sees(call, d))
                TRY(add_trusts(call, d, all));
        }
    }
    return aws_all_found(call, "TrustIds", all, "TrustId");
}

enum err aws_describe_trusts(struct aws_call *call)
{
    json_t *all = json_array();
    enum err e = collect(call, all);
    if (e == ERR_OK)
        return aws_page(call, all, "TrustId", "Trusts");
    json_decref(all);
    return e;
}

/* --- changes -----------------------------------------------------------------------------------
 */

static json_t *forwarders(const struct aws_call *call)
{
    json_t *list = json_array();
    json_array_extend(list, json_object_get(call->in, "ConditionalForwarderIpAddrs"));
    json_array_extend(list, json_object_get(call->in, "ConditionalForwarderIpv6Addrs"));
    return list;
}

static json_t *text(struct span s)
{
    return json_stringn((const char *)s.ptr, s.len);
}

static json_t *create_args(struct aws_call *call)
{
    json_t *args = json_object(), *servers = forwarders(call);
    json_object_set_new(args, "partner", text(aws_text(call, "RemoteDomainName")));
    json_object_set_new(args, "password", text(aws_text(call, "TrustPassword")));
    json_object_set_new(args, "direction",
                        json_string(direction_word(aws_text(call, "TrustDirection"))));
    json_object_set_new(args, "type",
                        json_string(span_eq(aws_text(call, "TrustType"), SPAN_LIT("External"))
                                        ? "external"
                                        : "forest"));
    json_object_set_new(
        args, "selective_auth",
        json_boolean(span_eq(aws_text(call, "SelectiveAuth"), SPAN_LIT("Enabled"))));
    json_object_set_new(args, "no_wait", json_true());
    if (json_array_size(servers))
        json_object_set(args, "forwarder", servers);
    json_decref(servers);
    return args;
}

static enum err answer_id(struct aws_call *call, const char *id)
{
    call->out = json_pack("{s:s}", "TrustId", id);
    return ERR_OK;
}

enum err aws_create_trust(struct aws_call *call)
{
    struct span given = aws_text(call, "RemoteDomainName");
    struct trust t;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    TRY(aws_do(call, OP_TRUST_CREATE, create_args(call), NULL));
    TRY(control_trust_named(&call->c, given, &t));
    /* The name is shown as it was given, with its dot at the end. */
    if (given.ptr[given.len - 1] == '.') {
        json_t *entry = control_trust_state(call->c.directory, t.dns_name, true);
        control_set_span(entry, "given", given);
        TRY(control_keep(&call->c));
    }
    return answer_id(call, id_of(call, &t));
}

enum err aws_verify_trust(struct aws_call *call)
{
    struct trust t;
    TRY(find(call, &t));
    control_trust_check(call->c.control, call->c.directory, t.dns_name);
    return answer_id(call, id_of(call, &t));
}

enum err aws_update_trust(struct aws_call *call)
{
    struct trust t;
    struct span selective = aws_text(call, "SelectiveAuth");
    TRY(find(call, &t));
    if (!selective.len)
        return aws_refuse(
            call, "InvalidParameterException", REASON_CONTROL_ARGUMENT,
            "SelectiveAuth: expected Enabled or Disabled; nothing else of a trust can "
            "be changed.");
    json_t *args = json_pack("{s:o, s:b}", "partner", text(t.dns_name), "selective_auth",
                             (int)span_eq(selective, SPAN_LIT("Enabled")));
    TRY(aws_do(call, OP_TRUST_SET, args, NULL)); /* and it is proved again */
    call->out = json_pack("{s:s, s:s}", "TrustId", id_of(call, &t), "RequestId", call->request_id);
    return ERR_OK;
}

enum err aws_delete_trust(struct aws_call *call)
{
    struct trust t;
    bool with = json_is_true(json_object_get(call->in, "DeleteAssociatedConditionalForwarder"));
    TRY(find(call, &t));
    json_t *args =
        json_pack("{s:o, s:b}", "partner", text(t.dns_name), "keep_forwarder", (int)!with);
    TRY(aws_do(call, OP_TRUST_DELETE, args, NULL));
    return answer_id(call, id_of(call, &t));
}
