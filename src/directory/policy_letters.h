/* The table that tools/gen_letters.py writes: ranges of letters beyond ASCII, sorted. Inside policy
 * only. */
#ifndef DIRECTORY_POLICY_LETTERS_H
#define DIRECTORY_POLICY_LETTERS_H

#include <stdint.h>

struct policy_letters {
    uint32_t first, last;
};

extern const unsigned policy_letters_count;
extern const struct policy_letters policy_letters[];

#endif
