/*
 * A trust in the forest of a fuzz target: of both directions, with the forest corp.example.net.
 */
#ifndef WRITER_FUZZ_TRUST_H
#define WRITER_FUZZ_TRUST_H

#include "trust/trust.h"
#include "writer/writer.h"

#define FUZZ_SECRET SPAN_LIT("a shared secret of two forests")

static inline void fuzz_trust(struct dir *d)
{
    struct arena a;
    struct writer *w;
    struct intent in = {.kind = INTENT_TRUST_PUT,
                        .flags = INTENT_SYSTEM | INTENT_PROTECTED,
                        .token = dir_token_system,
                        .target = SPAN_LIT("corp.example.net"),
                        .trust = {.dns_name = SPAN_LIT("corp.example.net"),
                                  .flat_name = SPAN_LIT("CORP"),
                                  .sid = SID_NT(21, 201, 202, 203),
                                  .direction = TRUST_BOTH,
                                  .type = TRUST_UPLEVEL,
                                  .attributes = TRUST_FOREST_TRANSITIVE,
                                  .password = FUZZ_SECRET}};
    struct writer_item item = {.intent = &in};
    arena_init(&a, 0, 16u << 20, ARENA_WIPE);
    ENT_ASSERT(writer_new(&(struct writer_args){.dir = d}, &w) == ERR_OK);
    ENT_ASSERT(writer_handle_batch(w, &item, 1, &a) == ERR_OK && item.reply.err == ERR_OK);
    writer_free(w);
    arena_fini(&a);
}

#endif
