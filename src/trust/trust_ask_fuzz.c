#include "trust/trust_ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever decodes encodes to the same bytes. The first byte chooses the message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    union {
        struct trust_call call;
        struct trust_answer answer;
        struct trust_reset reset;
        struct trust_channel state;
        struct trust_told told;
        struct trust_remote remote;
        struct trust_identity identity;
        struct trust_lookup lookup;
    } m;
    struct arena a;
    struct span bytes = span_sub(span_of(data, size), 1, size), again = SPAN_NONE;
    enum err e = ERR_MALFORMED;
    if (size == 0)
        return 0;
    arena_init(&a, 0, 1 << 22, 0);
    if (data[0] % 8 == 0 && trust_call_decode(bytes, &m.call) == ERR_OK)
        e = trust_call_encode(&m.call, &a, &again);
    else if (data[0] % 8 == 1 && trust_answer_decode(bytes, &m.answer) == ERR_OK)
        e = trust_answer_encode(&m.answer, &a, &again);
    else if (data[0] % 8 == 2 && trust_reset_decode(bytes, &m.reset) == ERR_OK)
        e = trust_reset_encode(&m.reset, &a, &again);
    else if (data[0] % 8 == 3 && trust_channel_decode(bytes, &m.state) == ERR_OK)
        e = trust_channel_encode(&m.state, &a, &again);
    else if (data[0] % 8 == 4 && trust_told_decode(bytes, &m.told) == ERR_OK)
        e = trust_told_encode(&m.told, &a, &again);
    else if (data[0] % 8 == 5 && trust_remote_decode(bytes, &m.remote) == ERR_OK)
        e = trust_remote_encode(&m.remote, &a, &again);
    else if (data[0] % 8 == 6 && trust_identity_decode(bytes, &m.identity) == ERR_OK)
        e = trust_identity_encode(&m.identity, &a, &again);
    else if (data[0] % 8 == 7 && trust_lookup_decode(bytes, &m.lookup) == ERR_OK)
        e = trust_lookup_encode(&m.lookup, &a, &again);
    ENT_ASSERT(e != ERR_OK || span_eq(bytes, again));
    arena_fini(&a);
    return 0;
}
