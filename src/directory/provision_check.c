#include "base/text.h"
#include "directory/policy.h"
#include "directory/provision_internal.h"

#include <arpa/inet.h>

enum err provision_address(struct span text, uint8_t out[16], unsigned *len_out)
{
    char copy[INET6_ADDRSTRLEN];
    if (!text.len || text.len >= sizeof copy)
        return ERR_MALFORMED;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    if (inet_pton(AF_INET, copy, out) == 1)
        *len_out = 4;
    else if (inet_pton(AF_INET6, copy, out) == 1)
        *len_out = 16;
    else
        return ERR_MALFORMED;
    return ERR_OK;
}

static bool letter_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A host name label (RFC 1123). */
static bool label_ok(struct span s, size_t max)
{
    if (!s.len || s.len > max || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!letter_or_digit(s.ptr[i]) && s.ptr[i] != '-')
            return false;
    return true;
}

static bool dns_name_ok(struct span s)
{
    unsigned labels = 0;
    if (s.len > 200) /* room for the longest service name before it */
        return false;
    for (bool more = true; more; labels++) {
        const uint8_t *dot = s.len ? memchr(s.ptr, '.', s.len) : NULL;
        size_t len = dot ? (size_t)(dot - s.ptr) : s.len;
        if (!label_ok(span_sub(s, 0, len), 63))
            return false;
        more = dot;
        s = span_sub(s, len + 1, s.len);
    }
    return labels >= 2;
}

static bool only_digits(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

/* Neither SAM nor a DN has to be afraid of these. */
static bool admin_ok(struct span s)
{
    if (!s.len || s.len > 20 || !text_valid(s) || s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ' ||
        s.ptr[s.len - 1] == '.' || s.ptr[0] == '#')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f || strchr("\"/\\[]:|<>+=;?,*@%$", s.ptr[i]))
            return false;
    return true;
}

static bool password_ok(const struct provision_args *args)
{
    const struct policy_settings settings = {.min_length = 7, .complexity = true, .history = 24};
    struct span name = args->admin_name.len ? args->admin_name : SPAN_LIT("Administrator");
    if (args->managed)
        name = SPAN_LIT("Admin");
    struct policy_password in = {.settings = &settings,
                                 .password = args->admin_password,
                                 .uac = UAC_NORMAL_ACCOUNT,
                                 .rid = 500,
                                 .sam_name = name,
                                 .now = utime_to_filetime(args->now)};
    return policy_password_check(&in).reason == REASON_NONE;
}

static const char *dcs_wrong(const struct provision_args *args)
{
    uint8_t ip[16];
    unsigned len;
    if (!args->dc_count || args->dc_count > PROVISION_DCS_MAX)
        return "there must be 1 to 64 domain controllers";
    for (unsigned i = 0; i < args->dc_count; i++) {
        const struct provision_dc *dc = &args->dcs[i];
        if (!label_ok(dc->name, 15) || only_digits(dc->name))
            return "a domain controller's name must be a host name of at most 15 letters, digits "
                   "and hyphens";
        if (ascii_eq_fold(dc->name, args->flat_name))
            return "a domain controller must not have the domain's short name";
        for (unsigned k = 0; k < i; k++)
            if (ascii_eq_fold(dc->name, args->dcs[k].name))
                return "two domain controllers have the same name";
        if (!dc->address_count || dc->address_count > PROVISION_ADDRESSES_MAX)
            return "a domain controller must have 1 to 16 addresses";
        for (unsigned k = 0; k < dc->address_count; k++)
            if (provision_address(dc->addresses[k], ip, &len) != ERR_OK)
                return "a domain controller's address is neither IPv4 nor IPv6";
    }
    return NULL;
}

enum err provision_check(const struct provision_args *args, const char **why_out)
{
    const char *why = NULL;
    if (!dns_name_ok(args->dns_name))
        why =
            "the DNS name must have two or more labels of letters, digits and hyphens, together at "
            "most 200 characters";
    else if (!label_ok(args->flat_name, 15) || only_digits(args->flat_name))
        why = "the short name must have 1 to 15 letters, digits and hyphens, and not only digits";
    else if (args->site.len && !label_ok(args->site, 63))
        why = "the site's name must have 1 to 63 letters, digits and hyphens";
    else if (args->admin_name.len && !admin_ok(args->admin_name))
        why = "the administrator's name must have 1 to 20 characters that account names may hold";
    else if (!password_ok(args))
        why =
            "the administrator's password must have 7 or more characters of three kinds (capitals, "
            "small letters, digits, others) and not contain the account's name";
    else if (args->domain_sid.revision && !sid_is_domain(&args->domain_sid))
        why = "the domain's SID must be of the form S-1-5-21-x-y-z";
    else
        why = dcs_wrong(args);
    if (!why)
        return ERR_OK;
    *why_out = why;
    return ERR_RANGE;
}
