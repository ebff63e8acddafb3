#include "wire/ms/sddl_table.h"

#include "base/text.h"
#include "wire/ms/secdesc.h"

/* Longer words first, so that the beginning of a text decides. */
const struct sddl_word sddl_ace_types[] = {
    {"OA", ACE_ALLOWED_OBJECT},
    {"OD", ACE_DENIED_OBJECT},
    {"OU", ACE_AUDIT_OBJECT},
    {"OL", ACE_ALARM_OBJECT},
    {"AU", ACE_AUDIT},
    {"AL", ACE_ALARM},
    {"ML", ACE_MANDATORY_LABEL},
    {"SP", ACE_SCOPED_POLICY},
    {"XA", ACE_ALLOWED_CALLBACK},
    {"XD", ACE_DENIED_CALLBACK},
    {"XU", ACE_AUDIT_CALLBACK},
    {"ZA", ACE_ALLOWED_CALLBACK_OBJECT},
    {"RA", ACE_RESOURCE_ATTRIBUTE},
    {"A", ACE_ALLOWED},
    {"D", ACE_DENIED},
    {NULL, 0},
};

const struct sddl_word sddl_ace_flags[] = {
    {"OI", ACE_OBJECT_INHERIT}, {"CI", ACE_CONTAINER_INHERIT},
    {"NP", ACE_NO_PROPAGATE},   {"IO", ACE_INHERIT_ONLY},
    {"ID", ACE_INHERITED},      {"SA", ACE_SUCCESS_AUDIT},
    {"FA", ACE_FAILED_AUDIT},   {NULL, 0},
};

const struct sddl_word sddl_rights[] = {
    {"CC", 0x1},        {"DC", 0x2},        {"LC", 0x4},     {"SW", 0x8},        {"RP", 0x10},
    {"WP", 0x20},       {"DT", 0x40},       {"LO", 0x80},    {"CR", 0x100},      {"SD", 0x10000},
    {"RC", 0x20000},    {"WD", 0x40000},    {"WO", 0x80000}, {"GA", 0x10000000}, {"GX", 0x20000000},
    {"GW", 0x40000000}, {"GR", 0x80000000}, {NULL, 0},
};

const struct sddl_word sddl_right_sets[] = {
    {"FA", 0x1F01FF}, {"FX", 0x1200A0}, {"FW", 0x120116}, {"FR", 0x120089}, {"KA", 0xF003F},
    {"KR", 0x20019},  {"KX", 0x20019},  {"KW", 0x20006},  {NULL, 0},
};

const struct sddl_word sddl_label_rights[] = {
    {"NW", 0x1},
    {"NR", 0x2},
    {"NX", 0x4},
    {NULL, 0},
};

const struct sddl_word *sddl_word_at(const struct sddl_word *table, struct span s)
{
    for (; table->word; table++) {
        struct span word = span_str(table->word);

        if (ascii_eq_fold(span_sub(s, 0, word.len), word))
            return table;
    }
    return NULL;
}
