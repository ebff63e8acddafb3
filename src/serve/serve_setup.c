#include "base/builder.h"
#include "base/reader.h"
#include "serve/serve.h"

static void put_text(struct builder *b, struct span s)
{
    builder_le32(b, (uint32_t)s.len);
    builder_span(b, s);
}

static struct span get_text(struct reader *r)
{
    return reader_span(r, reader_le32(r));
}

enum err serve_setup_encode(const struct serve_setup *in, struct arena *a, struct span *out)
{
    struct builder b;
    struct span spec;
    TRY(control_spec_encode(&in->spec, a, &spec));
    builder_in(&b, a, SERVE_SETUP_MAX);
    builder_u8(&b, in->role);
    builder_le32(&b, in->uid);
    builder_le32(&b, in->gid);
    builder_u8(&b, in->dc);
    put_text(&b, in->path);
    put_text(&b, in->volatile_path);
    put_text(&b, in->state_path);
    for (unsigned i = 0; i < DIR_SECRET__COUNT; i++) {
        builder_u8(&b, in->keyring.have[i]);
        builder_bytes(&b, in->keyring.key[i], sizeof(in->keyring.key[i]));
    }
    put_text(&b, spec);
    put_text(&b, in->authorities);
    put_text(&b, in->api_identity);
    builder_u8(&b, (uint8_t)in->pools.count);
    for (unsigned i = 0; i < in->pools.count; i++) {
        const struct control_pool *pool = &in->pools.pool[i];
        put_text(&b, span_str(pool->name));
        put_text(&b, span_str(pool->zone));
        put_text(&b, span_str(pool->interface));
        builder_u8(&b, (uint8_t)pool->size);
        builder_u8(&b, (uint8_t)pool->prefix);
        builder_bytes(&b, pool->network, sizeof pool->network);
    }
    builder_u8(&b, (uint8_t)in->topics.count);
    for (unsigned i = 0; i < in->topics.count; i++) {
        put_text(&b, span_str(in->topics.topic[i].name));
        put_text(&b, span_str(in->topics.topic[i].url));
    }
    return builder_done(&b, out);
}

static void get_word(struct reader *r, char *to, size_t size)
{
    struct span s = get_text(r);
    if (s.len >= size || (s.len && memchr(s.ptr, '\0', s.len)))
        reader_fail(r, ERR_LIMIT);
    else if (reader_ok(r) && s.len)
        memcpy(to, s.ptr, s.len); /* zeros follow */
}

static void get_pools(struct reader *r, struct control_pools *out)
{
    out->count = reader_u8(r);
    if (out->count > CONTROL_POOLS_MAX)
        reader_fail(r, ERR_LIMIT);
    for (unsigned i = 0; reader_ok(r) && i < out->count; i++) {
        struct control_pool *pool = &out->pool[i];
        get_word(r, pool->name, sizeof pool->name);
        get_word(r, pool->zone, sizeof pool->zone);
        get_word(r, pool->interface, sizeof pool->interface);
        pool->size = reader_u8(r);
        pool->prefix = reader_u8(r);
        reader_copy(r, pool->network, sizeof pool->network);
        if ((pool->size != 4 && pool->size != 16) || pool->prefix > pool->size * 8)
            reader_fail(r, ERR_MALFORMED);
    }
}

static void get_topics(struct reader *r, struct control_topics *out)
{
    out->count = reader_u8(r);
    if (out->count > CONTROL_TOPICS_MAX)
        reader_fail(r, ERR_LIMIT);
    for (unsigned i = 0; reader_ok(r) && i < out->count; i++) {
        get_word(r, out->topic[i].name, sizeof out->topic[i].name);
        get_word(r, out->topic[i].url, sizeof out->topic[i].url);
    }
}

enum err serve_setup_decode(struct span bytes, struct serve_setup *out)
{
    struct reader r = reader_of(bytes);
    struct serve_setup setup = {.role = reader_u8(&r)};
    setup.uid = reader_le32(&r);
    setup.gid = reader_le32(&r);
    setup.dc = reader_u8(&r);
    setup.path = get_text(&r);
    setup.volatile_path = get_text(&r);
    setup.state_path = get_text(&r);
    for (unsigned i = 0; i < DIR_SECRET__COUNT; i++) {
        setup.keyring.have[i] = reader_u8(&r);
        reader_copy(&r, setup.keyring.key[i], sizeof(setup.keyring.key[i]));
    }
    struct span spec = get_text(&r);
    setup.authorities = get_text(&r);
    setup.api_identity = get_text(&r);
    get_pools(&r, &setup.pools);
    get_topics(&r, &setup.topics);
    TRY(reader_end(&r));
    TRY(control_spec_decode(spec, &setup.spec));
    if (setup.role >= ROLE__COUNT || (setup.spec.dc_count && setup.dc >= setup.spec.dc_count))
        return ERR_MALFORMED;
    *out = setup;
    return ERR_OK;
}
