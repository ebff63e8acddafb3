/*
 * Whether an NTLM response was made for this domain controller: what a client says that it wants to
 * reach, and whose challenge it says that it answers. A response that was relayed from another
 * server names that one.
 */
#include "auth/acceptor_state.h"
#include "base/text.h"

/* "cifs/dc1.cloud.example.com", with a port or a further part behind the host, or the host alone.
 */
static struct span host_of(struct span target)
{
    const uint8_t *slash = memchr(target.ptr, '/', target.len);
    struct span host =
        slash ? span_sub(target, (size_t)(slash - target.ptr) + 1, target.len) : target;
    const uint8_t *next = host.len ? memchr(host.ptr, '/', host.len) : NULL;
    if (next)
        host.len = (size_t)(next - host.ptr);
    const uint8_t *colon = host.len ? memchr(host.ptr, ':', host.len) : NULL;
    bool port = colon && !memchr(colon + 1, ':', host.len - (size_t)(colon - host.ptr) - 1);
    return port ? span_sub(host, 0, (size_t)(colon - host.ptr)) : host;
}

/* Its own names, and the domain's, under which clients look for any of its controllers. */
static bool is_us(const struct acceptor *acc, const struct dir_naming *n, struct span host,
                  struct arena *a)
{
    const struct acceptor_ntlm_ops *ops = acc->env.ntlm;
    const struct span names[] = {ntlm_dc_name(acc), ntlm_dns_name(acc, n, a), n->dns_name,
                                 n->flat_name, SPAN_LIT("localhost")};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (ascii_eq_fold(host, names[i]))
            return true;
    for (unsigned i = 0; i < ops->name_count; i++)
        if (ascii_eq_fold(host, ops->names[i]))
            return true;
    return false;
}

bool ntlm_is_target(const struct acceptor *acc, const struct dir_snap *s,
                    const struct ntlm_target_info *i, struct arena *a)
{
    struct dir_naming n;
    struct span text;
    if (dir_naming(s, &n) != ERR_OK)
        return false;
    if (i->computer.ptr && (text_from_utf16(i->computer, a, &text) != ERR_OK ||
                            !ascii_eq_fold(text, ntlm_dc_name(acc))))
        return false;
    if (i->target.len == 0 || (i->flags & NTLM_AV_UNTRUSTED_TARGET))
        return true;
    return text_from_utf16(i->target, a, &text) == ERR_OK && is_us(acc, &n, host_of(text), a);
}
