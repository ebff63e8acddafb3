/* Elements under both rules: what DER accepts BER accepts alike, and writing it again gives the
 * input. */
#include "wire/der/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH_MAX 16

static void check_element(const struct der_tlv *e)
{
    uint8_t mem[DER_HEADER_MAX];
    struct builder b;
    struct span out;
    builder_over(&b, mem, sizeof(mem));
    der_put_header(&b, e->tag, e->body.len);
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK);
    ENT_ASSERT(out.len + e->body.len == e->whole.len);
    ENT_ASSERT(memcmp(out.ptr, e->whole.ptr, out.len) == 0);
}

static void check_int(struct span body)
{
    int64_t strict, padded;
    if (der_get_int(body, DER_RULES, &strict) != ERR_OK)
        return;
    ENT_ASSERT(der_get_int(body, BER_RULES, &padded) == ERR_OK && strict == padded);
    ENT_ASSERT(der_size_int(strict) == 2 + body.len);
}

static void walk(struct span in, enum der_rules rules, unsigned depth)
{
    struct reader r = reader_of(in);
    struct der_tlv e;
    while (reader_left(&r) > 0 && der_read(&r, rules, &e)) {
        if (rules == DER_RULES)
            check_element(&e);
        check_int(e.body);
        uint32_t flags;
        (void)der_get_flags(e.body, &flags);
        size_t len = 0;
        ENT_ASSERT(der_peek(e.whole, rules, e.tag, SIZE_MAX, &len) == ERR_OK && len == e.whole.len);
        if (depth < DEPTH_MAX && (e.tag & 0x20))
            walk(e.body, rules, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk(span_of(data, size), DER_RULES, 0);
    walk(span_of(data, size), BER_RULES, 0);
    return 0;
}
