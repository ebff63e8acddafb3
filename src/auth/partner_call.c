#include "auth/partner_call.h"

enum err partner_call(const struct trust_call *call, const struct ndr_type *type, const void *args,
                      struct arena *a, struct span *out)
{
    struct trust_call whole = *call;
    struct builder b;
    builder_in(&b, a, TRUST_STUB_MAX);
    ndr_put_call(&b, type, NDR_IN, args);
    TRY(builder_done(&b, &whole.stub));
    return trust_call_encode(&whole, a, out);
}

enum err partner_call_answer(enum err e, struct span reply, const struct ndr_type *type,
                             struct arena *a, void *args_out, struct trust_answer *how_out)
{
    struct trust_answer answer;
    if (e != ERR_OK || trust_answer_decode(reply, &answer) != ERR_OK)
        return ERR_IO;
    *how_out = answer;
    if (answer.status != 0)
        return ERR_REFUSED;
    /* The reply goes with the step, and what is decoded stays. */
    struct span stub = arena_dup_span(a, answer.stub);
    if (arena_failed(a))
        return ERR_NOMEM;
    return ndr_decode_call(type, NDR_OUT, stub, a, args_out, NULL);
}
