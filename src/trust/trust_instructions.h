/*
 * What the administrator of the other side types to make the complementary half of a trust, word
 * for word, for each tool that side may have. Seen from there everything is the other way round:
 * its partner is our domain, its direction the complement of ours. No password is ever part of it.
 */
#ifndef TRUST_TRUST_INSTRUCTIONS_H
#define TRUST_TRUST_INSTRUCTIONS_H

#include "trust/trust.h"

#define TRUST_INSTRUCTION_TOOLS 5
#define TRUST_INSTRUCTION_LINES 24

struct trust_other_side {
    const struct trust *trust;       /* our half */
    const struct trust_local *local; /* us */
    const struct span *servers;      /* addresses of our DNS servers */
    unsigned server_count;           /* at least one */
};

struct trust_instruction {
    const char *tool;
    const char *lines[TRUST_INSTRUCTION_LINES];
    unsigned count;
};

/* In the arena. ERR_NOMEM. */
enum err trust_instructions(const struct trust_other_side *o, struct arena *a,
                            struct trust_instruction out[TRUST_INSTRUCTION_TOOLS]);

#endif
