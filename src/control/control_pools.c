#include "control/control_pools.h"

#include "base/text.h"
#include "plat/address.h"

const struct control_pools control_pools_default = {
    .count = 2,
    .pool = {{"subnet-0000000a", "local-1a", "", {127, 0, 1}, 4, 24},
             {"subnet-0000000b", "local-1b", "", {127, 0, 2}, 4, 24}}};

static bool word_ok(struct span s, size_t size)
{
    if (s.len == 0 || s.len >= size)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && !memchr("-_.", c, 3))
            return false;
    }
    return true;
}

static struct span next_word(struct span *rest)
{
    while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
        *rest = span_sub(*rest, 1, rest->len);
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != '\t')
        len++;
    struct span word = span_sub(*rest, 0, len);
    *rest = span_sub(*rest, len, rest->len);
    return word;
}

static void keep(char *to, struct span word)
{
    memcpy(to, word.ptr, word.len);
    to[word.len] = '\0';
}

/* A network's own address has no bit set beyond its prefix. */
static bool network_ok(const struct control_pool *pool)
{
    for (unsigned bit = pool->prefix; bit < pool->size * 8; bit++) {
        if (pool->network[bit / 8] >> (7 - bit % 8) & 1)
            return false;
    }
    return true;
}

static enum err parse_network(struct span text, struct control_pool *out)
{
    struct plat_addr at;
    uint64_t prefix;
    const uint8_t *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    if (!slash)
        return ERR_MALFORMED;
    size_t len = (size_t)(slash - text.ptr);
    TRY(plat_addr_parse(span_sub(text, 0, len), 0, &at));
    TRY(text_to_u64(span_sub(text, len + 1, text.len), 128, &prefix));
    struct span host = plat_addr_host(&at);
    out->size = (unsigned)host.len;
    out->prefix = (unsigned)prefix;
    memcpy(out->network, host.ptr, host.len);
    /* Room for the ten that are not given, and not so much that nobody would look through it. */
    unsigned bits = out->size * 8;
    return prefix + 4 <= bits && prefix >= 8 && network_ok(out) ? ERR_OK : ERR_RANGE;
}

enum err control_pools_set(struct control_pools *pools, struct span name, struct span value,
                           const char **why_out)
{
    struct control_pool pool = {.zone = "local-1a"};
    struct span zone, interface;
    *why_out = "expected NETWORK [ZONE [INTERFACE]], as in 10.1.2.0/24 local-1a eth0: the network "
               "without bits beyond its prefix, of 16 addresses or more";
    if (!word_ok(name, sizeof pool.name) || parse_network(next_word(&value), &pool) != ERR_OK)
        return ERR_RANGE;
    keep(pool.name, name);
    zone = next_word(&value);
    interface = next_word(&value);
    if (next_word(&value).len || (zone.len && !word_ok(zone, sizeof pool.zone)) ||
        (interface.len && !word_ok(interface, sizeof pool.interface)))
        return ERR_RANGE;
    if (zone.len)
        keep(pool.zone, zone);
    keep(pool.interface, interface);
    for (unsigned i = 0; i < pools->count; i++) {
        if (strcmp(pools->pool[i].name, pool.name) == 0) {
            pools->pool[i] = pool;
            return ERR_OK;
        }
    }
    *why_out = "expected no more than 16 subnets";
    if (pools->count == CONTROL_POOLS_MAX)
        return ERR_RANGE;
    pools->pool[pools->count++] = pool;
    return ERR_OK;
}

/* Two networks are apart, or one lies in the other. */
static bool overlap(const struct control_pool *a, const struct control_pool *b)
{
    unsigned shared = a->prefix < b->prefix ? a->prefix : b->prefix;
    if (a->size != b->size)
        return false;
    for (unsigned bit = 0; bit < shared; bit++) {
        if ((a->network[bit / 8] ^ b->network[bit / 8]) >> (7 - bit % 8) & 1)
            return false;
    }
    return true;
}

enum err control_pools_check(const struct control_pools *pools, struct arena *a,
                             const char **why_out)
{
    for (unsigned i = 1; i < pools->count; i++) {
        const struct control_pool *one = &pools->pool[i];
        for (unsigned j = 0; j < i; j++) {
            const struct control_pool *other = &pools->pool[j];
            if (!overlap(one, other))
                continue;
            *why_out = arena_printf(
                a, "%s: %s and %s, %s, have addresses in common: expected networks that do not",
                one->name, control_pool_text(one, a), other->name, control_pool_text(other, a));
            return ERR_RANGE;
        }
    }
    return ERR_OK;
}

static const char *text_of(const uint8_t *bytes, unsigned size, struct arena *a)
{
    struct plat_addr at;
    char text[PLAT_ADDR_TEXT];
    if (plat_addr_from_bytes(span_of(bytes, size), 0, &at) != ERR_OK)
        return NULL;
    return arena_dup_str(a, plat_addr_text(&at, text));
}

const char *control_pool_text(const struct control_pool *pool, struct arena *a)
{
    const char *network = text_of(pool->network, pool->size, a);
    if (!network)
        return NULL;
    return arena_printf(a, "%s/%u %s%s%s", network, pool->prefix, pool->zone,
                        *pool->interface ? " " : "", pool->interface);
}

const struct control_pool *control_pool_named(const struct control_pools *pools, struct span name)
{
    for (unsigned i = 0; i < pools->count; i++) {
        if (span_eq(span_str(pools->pool[i].name), name))
            return &pools->pool[i];
    }
    return NULL;
}

const char *control_pool_address(const struct control_pool *pool, unsigned index, struct arena *a)
{
    uint8_t bytes[16];
    unsigned bits = pool->size * 8 - pool->prefix;
    uint64_t host = (uint64_t)index + CONTROL_POOL_FIRST;
    if (bits < 32 && host >= (UINT64_C(1) << bits) - 1) /* the last one is for broadcasts */
        return NULL;
    memcpy(bytes, pool->network, sizeof bytes);
    for (unsigned i = pool->size; i-- > 0 && host; host >>= 8)
        bytes[i] |= (uint8_t)host;
    return text_of(bytes, pool->size, a);
}
