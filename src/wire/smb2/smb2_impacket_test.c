/*
 * Every message, information level and header against impacket's structures, on random values
 * (smb2_oracle.py): what impacket wrote is read to the same values, and written to the same bytes.
 */
#include "wire/smb2/smb2_info.h"

#include "base/test.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS    40
#define KINDS     62 /* lines of a round */
#define LINE_ROOM (64 * 1024)
#define BYTES_MAX (64 * 1024)

static struct arena arena;

static void put_hex(struct builder *b, struct span bytes)
{
    builder_span(b, bytes.len ? text_hex(&arena, bytes) : SPAN_LIT("-"));
}

/* One value of a struct as the oracle writes it, with a space before it. */
static void put_value(struct builder *b, const struct smb2_field *f, const uint8_t *in)
{
    struct span buffer;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;

    if (f->kind == SMB2_ZERO || (f->kind >= SMB2_OFF8 && f->kind <= SMB2_OFF32))
        return;
    builder_u8(b, ' ');
    in += f->at;
    memcpy(&v16, in, sizeof(v16));
    memcpy(&v32, in, sizeof(v32));
    switch (f->kind) {
    case SMB2_U8:
        builder_printf(b, "%u", *in);
        return;
    case SMB2_U16:
        builder_printf(b, "%u", v16);
        return;
    case SMB2_U32:
        builder_printf(b, "%lu", (unsigned long)v32);
        return;
    case SMB2_U64:
        memcpy(&v64, in, sizeof(v64));
        builder_printf(b, "%llu", (unsigned long long)v64);
        return;
    case SMB2_BYTES:
        put_hex(b, span_of(in, f->size));
        return;
    default:
        memcpy(&buffer, in, sizeof(buffer));
        put_hex(b, buffer);
    }
}

static struct span done(struct builder *b)
{
    struct span out;

    assert_ok(builder_done(b, &out));
    return out;
}

static struct span values_of(const struct smb2_shape *shape, const void *in)
{
    struct builder b;

    builder_in(&b, &arena, LINE_ROOM);
    for (unsigned i = 0; i < shape->count; i++)
        put_value(&b, &shape->fields[i], in);
    return done(&b);
}

/* A body behind a header of zeros, or a part. */
static void check_shape(const struct smb2_shape *shape, struct span bytes, struct span values,
                        bool part)
{
    _Alignas(8) uint8_t in[SMB2_STRUCT_MAX];
    struct builder b;

    assert_non_null(shape);
    builder_in(&b, &arena, BYTES_MAX);
    builder_zeros(&b, part ? 0 : SMB2_HEADER_SIZE);
    builder_span(&b, bytes);
    struct span message = done(&b);
    assert_ok((part ? smb2_part_decode : smb2_decode)(shape, message, in));
    assert_span_equal(values_of(shape, in), values);
    builder_in(&b, &arena, BYTES_MAX);
    builder_zeros(&b, part ? 0 : SMB2_HEADER_SIZE);
    if (part)
        smb2_part_put(&b, shape, in);
    else
        smb2_put(&b, 0, shape, in);
    assert_span_equal(done(&b), message);
    /* No prefix that cuts a field off is taken. */
    for (size_t cut = 0; cut < (part ? 0 : SMB2_HEADER_SIZE) + smb2_shape_fixed(shape); cut++)
        assert_err((part ? smb2_part_decode : smb2_decode)(shape, span_sub(message, 0, cut), in),
                   ERR_MALFORMED);
}

static void check_header(struct span bytes, struct span values)
{
    struct smb2_header h;
    struct builder b;

    assert_ok(smb2_header_decode(bytes, &h));
    builder_in(&b, &arena, LINE_ROOM);
    builder_printf(&b, " %u %lu %u %u %lu %lu %llu", h.credit_charge, (unsigned long)h.status,
                   h.command, h.credits, (unsigned long)h.flags, (unsigned long)h.next,
                   (unsigned long long)h.message_id);
    if (h.flags & SMB2_FLAG_ASYNC)
        builder_printf(&b, " %llu", (unsigned long long)h.async_id);
    else
        builder_printf(&b, " %lu %lu", (unsigned long)h.process_id, (unsigned long)h.tree_id);
    builder_printf(&b, " %llu ", (unsigned long long)h.session_id);
    put_hex(&b, span_of(h.signature, sizeof(h.signature)));
    assert_span_equal(done(&b), values);
    builder_in(&b, &arena, LINE_ROOM);
    smb2_header_put(&b, &h);
    assert_span_equal(done(&b), bytes);
    for (size_t cut = 0; cut < bytes.len; cut++)
        assert_err(smb2_header_decode(span_sub(bytes, 0, cut), &h), ERR_MALFORMED);
}

static void check_transform(struct span bytes, struct span values)
{
    struct smb2_transform t;
    struct builder b;
    struct span sealed;
    char *end = memchr(values.ptr + 68, ' ', values.len - 68);

    builder_in(&b, &arena, LINE_ROOM);
    builder_span(&b, bytes);
    builder_zeros(&b, strtoul((const char *)values.ptr + 67, NULL, 10));
    struct span message = done(&b);
    assert_non_null(end);
    assert_ok(smb2_transform_decode(message, &t, &sealed));
    builder_in(&b, &arena, LINE_ROOM);
    builder_u8(&b, ' ');
    put_hex(&b, span_of(t.signature, sizeof(t.signature)));
    builder_u8(&b, ' ');
    put_hex(&b, span_of(t.nonce, sizeof(t.nonce)));
    builder_printf(&b, " %zu %u %llu", sealed.len, t.flags, (unsigned long long)t.session_id);
    assert_span_equal(done(&b), values);
    builder_in(&b, &arena, LINE_ROOM);
    smb2_transform_put(&b, &t);
    assert_span_equal(done(&b), bytes);
    assert_err(smb2_transform_decode(span_sub(message, 0, message.len - 1), &t, &sealed),
               ERR_MALFORMED);
}

static void check_line(struct span what, unsigned number, struct span bytes, struct span values)
{
    if (span_eq(what, SPAN_LIT("header")))
        check_header(bytes, values);
    else if (span_eq(what, SPAN_LIT("transform")))
        check_transform(bytes, values);
    else if (span_eq(what, SPAN_LIT("request")))
        check_shape(smb2_request_shape(number), bytes, values, false);
    else if (span_eq(what, SPAN_LIT("response")))
        check_shape(smb2_response_shape(number), bytes, values, false);
    else if (span_eq(what, SPAN_LIT("error")))
        check_shape(&smb2_error_shape, bytes, values, false);
    else if (span_eq(what, SPAN_LIT("file")))
        check_shape(smb2_file_shape(number), bytes, values, true);
    else if (span_eq(what, SPAN_LIT("fs")))
        check_shape(smb2_fs_shape(number), bytes, values, true);
    else
        check_shape(smb2_entry_shape(number), bytes, values, true);
}

static void test_impacket(void **state)
{
    static char line[LINE_ROOM];
    const char *given = getenv("ENTENTE_SEED"), *folder = getenv("ENTENTE_SOURCE");
    unsigned long seed = given ? strtoul(given, NULL, 10) : (unsigned long)time(NULL);
    unsigned lines = 0;
    char command[4096];
    (void)state;

    print_message("ENTENTE_SEED=%lu\n", seed);
    snprintf(command, sizeof(command), "/usr/bin/python3 -B %s/smb2_oracle.py %lu %u",
             folder ? folder : ".", seed, ROUNDS);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof(line), f); lines++) {
        char *save = NULL, *what = strtok_r(line, " \n", &save);
        char *number = strtok_r(NULL, " \n", &save), *hex = strtok_r(NULL, " \n", &save);
        struct span bytes = SPAN_NONE, values = span_str(save);

        arena_reset(&arena);
        assert_non_null(hex);
        assert_ok(text_unhex(span_str(hex), &arena, &bytes));
        /* strtok_r has put a zero on the space before the first value. */
        values.len -= values.len && values.ptr[values.len - 1] == '\n';
        if (values.len)
            values = span_str(arena_printf(&arena, " %.*s", SPAN_ARG(values)));
        check_line(span_str(what), (unsigned)strtoul(number, NULL, 10), bytes, values);
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(lines, ROUNDS * KINDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_impacket)};

    arena_init(&arena, 0, 1 << 22, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
