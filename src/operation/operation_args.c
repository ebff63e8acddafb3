/*
 * Arguments: one check per type, used for what a person types and for what arrives as JSON alike,
 * so that the command line and the service cannot disagree.
 */
#include <arpa/inet.h>
#include <ctype.h>

#include "base/text.h"
#include "operation/operation.h"

typedef enum err (*text_check)(const struct operation_arg *arg, struct span *text,
                               const char **expected);

static bool no_control(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    }
    return text_valid(s);
}

static enum err check_text(const struct operation_arg *arg, struct span *text,
                           const char **expected)
{
    (void)arg;
    *expected = "text in UTF-8 without control characters";
    return text->len > 0 && no_control(*text) ? ERR_OK : ERR_RANGE;
}

static bool label_char(uint8_t c)
{
    return isalnum(c) || c == '-' || c == '_';
}

static enum err check_dns_name(const struct operation_arg *arg, struct span *text,
                               const char **expected)
{
    (void)arg;
    *expected = "a DNS name of two labels or more, such as corp.example.com";
    if (text->len > 1 && text->ptr[text->len - 1] == '.')
        text->len--;
    unsigned labels = 1;
    size_t length = 0;
    for (size_t i = 0; i < text->len; i++) {
        if (text->ptr[i] == '.') {
            if (length == 0 || text->ptr[i - 1] == '-')
                return ERR_RANGE;
            labels++;
            length = 0;
        } else if (!label_char(text->ptr[i]) || ++length > 63 ||
                   (length == 1 && text->ptr[i] == '-')) {
            return ERR_RANGE;
        }
    }
    return length > 0 && text->ptr[text->len - 1] != '-' && labels >= 2 ? ERR_OK : ERR_RANGE;
}

static enum err check_flat_name(const struct operation_arg *arg, struct span *text,
                                const char **expected)
{
    (void)arg;
    *expected = "a NetBIOS name: 1 to 15 letters, digits or hyphens, not only digits";
    bool other = false;
    for (size_t i = 0; i < text->len; i++) {
        if (!isalnum(text->ptr[i]) && text->ptr[i] != '-')
            return ERR_RANGE;
        other |= !isdigit(text->ptr[i]);
    }
    return other && text->ptr[0] != '-' ? ERR_OK : ERR_RANGE;
}

static bool address_family(struct span text, int *family)
{
    char zero[64];
    uint8_t bytes[16];
    if (text.len == 0 || text.len >= sizeof(zero))
        return false;
    memcpy(zero, text.ptr, text.len);
    zero[text.len] = '\0';
    *family = memchr(zero, ':', text.len) ? AF_INET6 : AF_INET;
    return inet_pton(*family, zero, bytes) == 1;
}

static enum err check_address(const struct operation_arg *arg, struct span *text,
                              const char **expected)
{
    int family;
    (void)arg;
    *expected = "an IPv4 or IPv6 address";
    return address_family(*text, &family) ? ERR_OK : ERR_RANGE;
}

static enum err check_addresses(const struct operation_arg *arg, struct span *text,
                                const char **expected)
{
    struct span rest = *text;
    unsigned count = 0;
    (void)arg;
    *expected = "an IPv4 or IPv6 address, or up to four of one host, parted by commas";
    do {
        const uint8_t *comma = rest.len ? memchr(rest.ptr, ',', rest.len) : NULL;
        size_t len = comma ? (size_t)(comma - rest.ptr) : rest.len;
        int family;
        if (!address_family(span_sub(rest, 0, len), &family) || ++count > OPERATION_ADDRESSES_MAX)
            return ERR_RANGE;
        if (!comma)
            return ERR_OK;
        rest = span_sub(rest, len + 1, rest.len);
    } while (true);
}

static enum err check_network(const struct operation_arg *arg, struct span *text,
                              const char **expected)
{
    (void)arg;
    *expected = "a network such as 10.0.0.0/16";
    const uint8_t *slash = text->len ? memchr(text->ptr, '/', text->len) : NULL;
    if (!slash)
        return ERR_RANGE;
    size_t at = (size_t)(slash - text->ptr);
    int family;
    uint64_t bits;
    if (!address_family(span_sub(*text, 0, at), &family))
        return ERR_RANGE;
    return text_to_u64(span_sub(*text, at + 1, text->len), family == AF_INET ? 32 : 128, &bits);
}

static enum err check_spn(const struct operation_arg *arg, struct span *text, const char **expected)
{
    (void)arg;
    *expected = "a service principal name such as HTTP/web.example.com";
    unsigned parts = 1;
    size_t length = 0;
    for (size_t i = 0; i < text->len; i++) {
        if (text->ptr[i] <= 0x20 || text->ptr[i] == '@' || text->ptr[i] == '\\')
            return ERR_RANGE;
        if (text->ptr[i] != '/') {
            length++;
            continue;
        }
        if (length == 0 || ++parts > 3)
            return ERR_RANGE;
        length = 0;
    }
    return length > 0 && parts >= 2 && text_valid(*text) ? ERR_OK : ERR_RANGE;
}

static enum err check_choice(const struct operation_arg *arg, struct span *text,
                             const char **expected)
{
    *expected = arg->choices;
    const char *at = arg->choices;
    while (*at) {
        size_t length = strcspn(at, "|");
        if (span_eq(span_of(at, length), *text))
            return ERR_OK;
        at += length + (at[length] == '|');
    }
    return ERR_RANGE;
}

static enum err check_secret(const struct operation_arg *arg, struct span *text,
                             const char **expected)
{
    (void)arg;
    *expected = "a password in UTF-8, not empty";
    return text->len > 0 && text_valid(*text) ? ERR_OK : ERR_RANGE;
}

static enum err check_content(const struct operation_arg *arg, struct span *text,
                              const char **expected)
{
    (void)arg;
    *expected = "text in UTF-8, not empty";
    return text->len > 0 && text_valid(*text) && !memchr(text->ptr, '\0', text->len) ? ERR_OK
                                                                                     : ERR_RANGE;
}

static const text_check checks[] = {
    [ARG_TEXT] = check_text,           [ARG_DNS_NAME] = check_dns_name,
    [ARG_FLAT_NAME] = check_flat_name, [ARG_ACCOUNT] = check_text,
    [ARG_ADDRESS] = check_address,     [ARG_ADDRESSES] = check_addresses,
    [ARG_NETWORK] = check_network,     [ARG_SPN] = check_spn,
    [ARG_CHOICE] = check_choice,       [ARG_SECRET] = check_secret,
    [ARG_INPUT] = check_text,          [ARG_OUTPUT] = check_text,
    [ARG_CONTENT] = check_content,
};

/* Secrets are never repeated in a sentence. */
static enum err refuse(const struct operation_arg *arg, const char *expected, struct arena *a,
                       const char **why_out)
{
    *why_out = arena_printf(a, "%s: expected %s", arg->name, expected);
    return ERR_RANGE;
}

static enum err number_value(const struct operation_arg *arg, struct span text, struct arena *a,
                             json_t **out, const char **why_out)
{
    uint64_t number;
    if (text_to_u64(text, arg->limit, &number) != ERR_OK)
        return refuse(arg, arena_printf(a, "a number from 0 to %u", arg->limit), a, why_out);
    *out = json_integer((json_int_t)number);
    return *out ? ERR_OK : ERR_NOMEM;
}

static enum err bool_value(const struct operation_arg *arg, struct span text, struct arena *a,
                           json_t **out, const char **why_out)
{
    if (!span_eq(text, SPAN_LIT("true")) && !span_eq(text, SPAN_LIT("false")))
        return refuse(arg, "true or false", a, why_out);
    *out = json_boolean(text.len == 4);
    return ERR_OK;
}

enum err operation_value(const struct operation_arg *arg, struct span text, struct arena *a,
                         json_t **out, const char **why_out)
{
    if (arg->type == ARG_NUMBER || arg->type == ARG_WAIT)
        return number_value(arg, text, a, out, why_out);
    if (arg->type == ARG_BOOL)
        return bool_value(arg, text, a, out, why_out);
    const char *expected = NULL;
    if (arg->limit && text.len > arg->limit)
        return refuse(arg, arena_printf(a, "at most %u bytes", arg->limit), a, why_out);
    if (text.len == 0 || checks[arg->type](arg, &text, &expected) != ERR_OK)
        return refuse(arg, expected ? expected : "a value that is not empty", a, why_out);
    *out = json_stringn((const char *)text.ptr, text.len);
    return *out ? ERR_OK : ERR_NOMEM;
}

/* One JSON value against its argument: strings go through the same check as typed text. */
static enum err check_one(const struct operation_arg *arg, const json_t *value, struct arena *a,
                          const char **why_out)
{
    if (arg->type == ARG_BOOL)
        return json_is_boolean(value) ? ERR_OK : refuse(arg, "true or false", a, why_out);
    if (arg->type == ARG_NUMBER) {
        json_int_t number = json_integer_value(value);
        if (!json_is_integer(value) || number < 0 || number > (json_int_t)arg->limit)
            return refuse(arg, arena_printf(a, "a number from 0 to %u", arg->limit), a, why_out);
        return ERR_OK;
    }
    if (!json_is_string(value))
        return refuse(arg, "a string", a, why_out);
    json_t *checked = NULL;
    struct span text = span_of(json_string_value(value), json_string_length(value));
    enum err e = operation_value(arg, text, a, &checked, why_out);
    json_decref(checked);
    return e;
}

static enum err check_member(const struct operation_arg *arg, const json_t *value, struct arena *a,
                             const char **why_out)
{
    if (!(arg->flags & ARG_LIST))
        return check_one(arg, value, a, why_out);
    if (!json_is_array(value) || json_array_size(value) > OPERATION_LIST_MAX)
        return refuse(arg, arena_printf(a, "a list of at most %d", OPERATION_LIST_MAX), a, why_out);
    if ((arg->flags & ARG_REQUIRED) && json_array_size(value) == 0)
        return refuse(arg, "at least one", a, why_out);
    for (size_t i = 0; i < json_array_size(value); i++)
        TRY(check_one(arg, json_array_get(value, i), a, why_out));
    return ERR_OK;
}

static const struct operation_arg *arg_of_member(const struct operation *op, const char *member,
                                                 struct arena *a)
{
    for (const struct operation_arg *arg = op->args; arg->name; arg++) {
        const char *name = operation_member(arg, a);
        if (name && strcmp(name, member) == 0)
            return arg;
    }
    return NULL;
}

enum err operation_check(const struct operation *op, const json_t *args, struct arena *a,
                         const char **why_out)
{
    const char *member;
    json_t *value;
    if (!json_is_object(args)) {
        *why_out = "expected a JSON object of arguments";
        return ERR_RANGE;
    }
    json_object_foreach((json_t *)args, member, value)
    {
        const struct operation_arg *arg = arg_of_member(op, member, a);
        if (!arg || !operation_arg_sent(arg)) {
            *why_out = arena_printf(a, "%.64s: no argument of %s %s has this name", member,
                                    op->noun, op->verb);
            return ERR_RANGE;
        }
        TRY(check_member(arg, value, a, why_out));
    }
    for (const struct operation_arg *arg = op->args; arg->name; arg++) {
        if ((arg->flags & ARG_REQUIRED) && operation_arg_sent(arg) &&
            !json_object_get(args, operation_member(arg, a)))
            return refuse(arg, arena_printf(a, "a value: %s", arg->help), a, why_out);
    }
    return ERR_OK;
}
