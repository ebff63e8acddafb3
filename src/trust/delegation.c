#include "trust/delegation.h"

/* table: ok_as_delegate -- the first row whose attributes are all set decides */
static const struct {
    uint32_t set;
    bool ok;
} rules[] = {
    {TRUST_NO_TGT_DELEGATION, false},
    {TRUST_QUARANTINED, false},
    {TRUST_WITHIN_FOREST, true},
    {TRUST_ENABLE_TGT_DELEGATION, true},
    {0, false},
};
/* end table */

bool trust_ok_as_delegate(const struct trust *t, bool source_ok)
{
    size_t i = 0;

    while ((t->attributes & rules[i].set) != rules[i].set)
        i++; /* the last row wants nothing */
    return source_ok && rules[i].ok;
}
