#include "kdc/kdc_usages.h"

#include "base/text.h"

struct usage_node {
    struct kdc_node node;
    struct krb_key key;
    uint32_t number;
    unsigned parts;
    struct krb_usage usage; /* as much of it as its parts have */
};

static void drop(struct kdc_node *n)
{
    mem_wipe(n, n->bytes);
    free(n);
}

void kdc_usages_init(struct kdc_table *t)
{
    kdc_table_init(t, KDC_USAGES_BYTES, drop);
}

static uint32_t hash_of(const struct krb_key *key, uint32_t number, unsigned parts)
{
    return kdc_hash((uint64_t)number << 3 ^ parts, span_of(key->bytes, key->len));
}

static bool is(const struct usage_node *u, const struct krb_key *key, uint32_t number,
               unsigned parts)
{
    return u->number == number && u->parts == parts && u->key.etype == key->etype &&
           u->key.len == key->len && memcmp(u->key.bytes, key->bytes, key->len) == 0;
}

static enum err make(struct kdc_table *t, uint32_t hash, const struct krb_key *key, uint32_t number,
                     unsigned parts, const struct krb_usage **out)
{
    size_t size = offsetof(struct usage_node, usage) + krb_usage_size(parts);
    struct usage_node *u = calloc(1, size);
    if (!u)
        return ERR_NOMEM;
    u->node = (struct kdc_node){.hash = hash, .bytes = (uint32_t)size};
    u->key = *key;
    u->number = number;
    u->parts = parts;
    enum err e = krb_usage_init_for(&u->usage, key, number, parts);
    if (e == ERR_OK)
        e = kdc_table_add(t, &u->node);
    if (e != ERR_OK) {
        drop(&u->node);
        return e;
    }
    *out = &u->usage;
    return ERR_OK;
}

enum err kdc_usages_get(struct kdc_table *t, const struct krb_key *key, uint32_t number,
                        unsigned parts, const struct krb_usage **out)
{
    uint32_t hash = hash_of(key, number, parts);
    if (key->len > sizeof(key->bytes))
        return ERR_RANGE;
    for (struct kdc_node *n = kdc_table_first(t, hash); n; n = n->next) {
        struct usage_node *u = (struct usage_node *)n;
        if (n->hash != hash || !is(u, key, number, parts))
            continue;
        n->used = true;
        *out = &u->usage;
        return ERR_OK;
    }
    return make(t, hash, key, number, parts, out);
}
