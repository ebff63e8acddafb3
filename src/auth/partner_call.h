/*
 * One call of an interface that is asked of a partner's domain controllers: to the message that the
 * peer process takes, and from its answer (trust/trust_ask.h). Authenticators are the peer's.
 */
#ifndef AUTH_PARTNER_CALL_H
#define AUTH_PARTNER_CALL_H

#include "trust/trust_ask.h"
#include "wire/ndr/ndr.h"

/* call: all but the stub, which is made of the in-arguments. ERR_LIMIT, ERR_NOMEM. */
enum err partner_call(const struct trust_call *call, const struct ndr_type *type, const void *args,
                      struct arena *a, struct span *out);

/* e: of the way to the peer. ERR_OK: *args_out has the arguments that came out, in the arena.
 * ERR_REFUSED: *how_out says why; its spans are views into reply. ERR_IO: the peer failed.
 * ERR_MALFORMED, ERR_NOMEM. */
enum err partner_call_answer(enum err e, struct span reply, const struct ndr_type *type,
                             struct arena *a, void *args_out, struct trust_answer *how_out);

#endif
