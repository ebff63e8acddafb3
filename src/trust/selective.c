#include "trust/selective.h"

const struct sid trust_sid_this_organization = {
    .revision = 1, .count = 1, .authority = {0, 0, 0, 0, 0, 5}, .sub = {15}};
const struct sid trust_sid_other_organization = {
    .revision = 1, .count = 1, .authority = {0, 0, 0, 0, 0, 5}, .sub = {1000}};

const uint8_t trust_right_allowed_to_authenticate[16] = {
    0x79, 0xd1, 0xb1, 0x68, 0x15, 0x0d, 0x4f, 0x4d, 0xab, 0x71, 0x46, 0x15, 0x2e, 0x79, 0xa7, 0xbc};

/* clang-format off */
static const enum trust_organization organizations[2][2] = {
    /* table: organization -- crossed a selective trust; without, with S-1-5-1000 in the PAC */
    [false] = {ORGANIZATION_THIS, ORGANIZATION_OTHER},
    [true] = {ORGANIZATION_OTHER, ORGANIZATION_OTHER},
    /* end table */
};
/* clang-format on */

enum trust_organization trust_organization_of(const struct trust *crossed, bool had_other)
{
    bool selective = crossed && (crossed->attributes & TRUST_CROSS_ORGANIZATION);

    return organizations[selective][had_other];
}

const struct sid *trust_organization_sid(enum trust_organization o)
{
    return o == ORGANIZATION_OTHER ? &trust_sid_other_organization : &trust_sid_this_organization;
}

bool trust_selective_applies(enum trust_organization o)
{
    return o == ORGANIZATION_OTHER;
}

enum reason trust_selective_check(enum trust_organization o, bool granted)
{
    return trust_selective_applies(o) && !granted ? REASON_SELECTIVE_AUTH_DENIED : REASON_NONE;
}
