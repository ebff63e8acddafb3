/*
 * The catalogue of reasons. Every refusal, by whichever protocol, is one row: which side it is on,
 * how bad it is, what was seen and why, the command that mends it, the document it comes from.
 * Adding a refusal means adding its row to reasons.def; ./check sees to it that each row is used
 * in the sources and that docs/ERRORS.md, which is generated from the table, is current.
 */
#ifndef BASE_REASONS_H
#define BASE_REASONS_H

#include "base/span.h"

enum reason_side {
    SIDE_LOCAL,   /* this directory: its administrator mends it */
    SIDE_REMOTE,  /* the trust partner's administrator */
    SIDE_NETWORK, /* between them */
    SIDE_CLIENT,  /* who asked */
};

enum reason_severity {
    SEVERITY_INFO,
    SEVERITY_WARNING,
    SEVERITY_ERROR,
    SEVERITY_ATTACK, /* does not happen by mistake */
};

enum reason {
    REASON_NONE = 0, /* nothing was refused */
#define REASON(code, side, severity, cause, remedy, source) REASON_##code,
#include "base/reasons.def"
#undef REASON
    REASON__COUNT
};

struct reason_row {
    const char *code; /* "TRUST_PASSWORD_MISMATCH" */
    enum reason_side side;
    enum reason_severity severity;
    const char *cause;  /* one sentence */
    const char *remedy; /* with the exact command where there is one */
    const char *source; /* specification section or document */
};

/* The row of a reason; REASON_NONE has code "NONE". Never NULL for a value below REASON__COUNT. */
const struct reason_row *reason_row(enum reason r);
/* The reason with this code, or REASON_NONE. */
enum reason reason_by_code(struct span code);
const char *reason_side_name(enum reason_side side);        /* "local" ... */
const char *reason_severity_name(enum reason_severity sev); /* "warning" ... */

#endif
