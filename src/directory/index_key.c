#include "base/text.h"
#include "directory/dir_internal.h"
#include "directory/index.h"

#define INDEX_HASH      16
#define INDEX_VALUE_MAX (DIR_INDEX_CUT + INDEX_HASH)
#define FOLD_STACK      2048

static enum schema_rule rule_of(uint32_t attr)
{
    const struct schema_attr *a = schema_attr(attr);
    return a ? schema_syntax(a->syntax)->rule : RULE_OCTET;
}

static bool is_number(enum schema_rule rule, struct span v)
{
    return (rule == RULE_INTEGER || rule == RULE_TIME) && (v.len == 4 || v.len == 8);
}

/* Big-endian with the sign flipped orders as bytes. */
static void put_number(struct span v, uint8_t out[8])
{
    for (size_t i = 0; i < v.len; i++)
        out[i] = v.ptr[v.len - 1 - i];
    out[0] ^= 0x80;
}

static bool is_folded(enum schema_rule rule)
{
    return rule == RULE_UNICODE || rule == RULE_NO_CASE;
}

enum err dir_value_normalize(uint32_t attr, struct span stored, struct arena *a, struct span *out)
{
    enum schema_rule rule = rule_of(attr);
    uint8_t number[8];
    if (is_folded(rule))
        return text_fold(stored, a, out);
    if (is_number(rule, stored)) {
        put_number(stored, number);
        stored = arena_dup_span(a, span_of(number, stored.len));
        if (!stored.ptr)
            return ERR_NOMEM;
    }
    *out = stored;
    return ERR_OK;
}

/* Appends at most INDEX_VALUE_MAX bytes: all of a short value; the beginning and the hash of a long
 * one, so that different long values have different keys. */
static void put_value(struct store_key *k, struct span v, bool hashed)
{
    uint8_t digest[HASH_SIZE_MAX];
    if (v.len < INDEX_VALUE_MAX) {
        store_key_bytes(k, v);
        return;
    }
    store_key_bytes(k, span_sub(v, 0, DIR_INDEX_CUT));
    if (!hashed)
        return;
    hash_one(HASH_SHA256, v, digest);
    store_key_bytes(k, span_of(digest, INDEX_HASH));
}

static void put_folded(struct store_key *k, struct span text, bool hashed)
{
    uint8_t buf[FOLD_STACK];
    size_t len = text_fold_into(text, buf, sizeof(buf));
    if (len <= sizeof(buf)) {
        put_value(k, span_of(buf, len), hashed);
        return;
    }
    struct arena a;
    struct span folded;
    arena_init(&a, 0, 4 * text.len + FOLD_STACK, 0);
    if (text_fold(text, &a, &folded) == ERR_OK)
        put_value(k, folded, hashed);
    else
        k->overflow = true;
    arena_fini(&a);
}

static void put_normalized(struct store_key *k, uint32_t attr, struct span v, bool hashed)
{
    enum schema_rule rule = rule_of(attr);
    uint8_t number[8];
    if (is_folded(rule)) {
        put_folded(k, v, hashed);
    } else if (is_number(rule, v)) {
        put_number(v, number);
        store_key_bytes(k, span_of(number, v.len));
    } else {
        put_value(k, v, hashed);
    }
}

void dir_index_key(struct store_key *k, uint8_t tag, uint32_t attr, struct span stored)
{
    store_key_init(k);
    store_key_u8(k, tag);
    store_key_u32(k, attr);
    put_normalized(k, attr, stored, true);
}

void dir_index_bound(struct store_key *k, uint8_t tag, uint32_t attr, struct span stored,
                     bool prefix)
{
    store_key_init(k);
    store_key_u8(k, tag);
    store_key_u32(k, attr);
    if (prefix && is_number(rule_of(attr), stored))
        k->overflow = true;
    else
        put_normalized(k, attr, stored, false);
}

void dir_child_key(struct store_key *k, dir_id parent, struct span rdn)
{
    store_key_init(k);
    store_key_u32(k, parent);
    put_folded(k, rdn, true);
}

void dir_link_key(struct store_key *k, dir_id first, uint32_t attr)
{
    store_key_init(k);
    store_key_u32(k, first);
    store_key_u32(k, attr);
}

void dir_linkdata_key(struct store_key *k, dir_id source, uint32_t attr, dir_id target,
                      uint64_t tag)
{
    dir_link_key(k, source, attr);
    store_key_u32(k, target);
    store_key_u64(k, tag);
}

uint64_t dir_linkdata_tag(struct span data)
{
    uint8_t digest[HASH_SIZE_MAX];
    hash_one(HASH_SHA256, data, digest);
    return le64_at(digest);
}

bool dir_attr_has_linkdata(uint32_t attr)
{
    const struct schema_attr *a = schema_attr(attr);
    return a && a->syntax != SYNTAX_DN;
}
