/* Whole frames: compounds with the bodies of every command in both directions, contexts, SMB1's
 * negotiation. What decodes is written, and decodes to what is written to the same bytes. */
#include "wire/smb2/smb2_context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM (1u << 20)

static struct span put(struct arena *a, const struct smb2_shape *shape, const void *in)
{
    struct builder b;
    struct span out = SPAN_NONE;

    builder_in(&b, a, ROOM);
    builder_zeros(&b, SMB2_HEADER_SIZE);
    smb2_put(&b, 0, shape, in);
    /* Two buffers that overlap in the input may not fit one behind the other. */
    (void)builder_done(&b, &out);
    return out;
}

static void check_body(const struct smb2_shape *shape, struct span message, struct arena *a)
{
    _Alignas(8) uint8_t first[SMB2_STRUCT_MAX], second[SMB2_STRUCT_MAX];

    if (!shape || smb2_decode(shape, message, first) != ERR_OK)
        return;
    struct span bytes = put(a, shape, first);
    if (!bytes.len)
        return;
    ENT_ASSERT(smb2_decode(shape, bytes, second) == ERR_OK);
    ENT_ASSERT(span_eq(put(a, shape, second), bytes));
}

static void check_negotiate(struct span message, struct arena *a)
{
    struct smb2_negotiate_request q;
    struct smb2_negotiate_contexts c, again;
    struct builder b;
    struct span bytes;

    if (smb2_decode(smb2_request_shape(SMB2_NEGOTIATE), message, &q) != ERR_OK)
        return;
    if (smb2_negotiate_contexts_decode(q.contexts, q.context_count, &c) != ERR_OK)
        return;
    builder_in(&b, a, ROOM);
    unsigned count = smb2_negotiate_contexts_put(&b, &c);
    ENT_ASSERT(builder_done(&b, &bytes) == ERR_OK);
    ENT_ASSERT(smb2_negotiate_contexts_decode(bytes, count, &again) == ERR_OK);
    ENT_ASSERT(span_eq(again.salt, c.salt) && span_eq(again.netname, c.netname));
    ENT_ASSERT(again.ciphers.count == c.ciphers.count && again.signing.count == c.signing.count);
}

static void check_create(struct span message, struct arena *a)
{
    struct smb2_create_context list[SMB2_CREATE_CONTEXTS_MAX], again[SMB2_CREATE_CONTEXTS_MAX];
    struct smb2_create_request q;
    unsigned count, second;
    struct builder b;
    struct span bytes;

    if (smb2_decode(smb2_request_shape(SMB2_CREATE), message, &q) != ERR_OK)
        return;
    if (smb2_create_contexts_decode(q.contexts, list, &count) != ERR_OK)
        return;
    builder_in(&b, a, 8 * ROOM);
    smb2_create_contexts_put(&b, list, count);
    if (builder_done(&b, &bytes) != ERR_OK)
        return;
    ENT_ASSERT(smb2_create_contexts_decode(bytes, again, &second) == ERR_OK && second == count);
    for (unsigned i = 0; i < count; i++)
        ENT_ASSERT(span_eq(again[i].name, list[i].name) && span_eq(again[i].data, list[i].data));
}

static void check_compound(struct span rest, struct arena *a)
{
    struct smb2_header h;
    struct span message;

    for (unsigned n = 0; n < SMB2_COMPOUND_MAX && rest.len; n++) {
        if (smb2_next(&rest, &h, &message) != ERR_OK)
            return;
        check_body(smb2_request_shape(h.command), message, a);
        check_body(smb2_response_shape(h.command), message, a);
        check_body(&smb2_error_shape, message, a);
        check_negotiate(message, a);
        check_create(message, a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size), sealed;
    struct smb2_transform t;
    struct smb1_negotiate n;
    struct arena a;
    size_t len;

    if (size > 1 << 16)
        return 0;
    arena_init(&a, 0, 64u << 20, 0);
    (void)smb2_frame(in, 1 << 16, &len);
    (void)smb2_transform_decode(in, &t, &sealed);
    (void)smb1_negotiate_decode(in, &n);
    if (smb2_kind_of(in) == SMB2_KIND_PLAIN)
        check_compound(in, &a);
    arena_fini(&a);
    return 0;
}
