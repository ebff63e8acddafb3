#include "base/reasons.h"
#include "base/err.h"

static const struct reason_row rows[REASON__COUNT] = {
    [REASON_NONE] = {"NONE", SIDE_LOCAL, SEVERITY_INFO, "Nothing was refused.", "Nothing to do.",
                     "docs/ERRORS.md"},
#define REASON(code, side, severity, cause, remedy, source)                                        \
    [REASON_##code] = {#code, SIDE_##side, SEVERITY_##severity, cause, remedy, source},
#include "base/reasons.def"
#undef REASON
};

const struct reason_row *reason_row(enum reason r)
{
    ENT_ASSERT((unsigned)r < REASON__COUNT);
    return &rows[r];
}

enum reason reason_by_code(struct span code)
{
    for (unsigned r = 1; r < REASON__COUNT; r++)
        if (span_eq(span_str(rows[r].code), code))
            return (enum reason)r;
    return REASON_NONE;
}

const char *reason_side_name(enum reason_side side)
{
    static const char *const names[] = {"local", "remote", "network", "client"};
    ENT_ASSERT((unsigned)side < sizeof(names) / sizeof(names[0]));
    return names[side];
}

const char *reason_severity_name(enum reason_severity sev)
{
    static const char *const names[] = {"info", "warning", "error", "attack"};
    ENT_ASSERT((unsigned)sev < sizeof(names) / sizeof(names[0]));
    return names[sev];
}
