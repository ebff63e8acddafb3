/*
 * What a token remembers (access.h says why): a hash of its SIDs, and for the descriptors and
 * classes that it met, the decision for each attribute as two bits.
 */
#ifndef DIRECTORY_ACCESS_CACHE_H
#define DIRECTORY_ACCESS_CACHE_H

#include "directory/token.h"

bool access_cache_has(const struct access_cache *c, const struct dir_token *t,
                      const struct sid *sid);
/* False: none of the token's SIDs has this last part. */
bool access_cache_may_have(const struct access_cache *c, uint32_t last);

enum access_answer { ACCESS_UNKNOWN = 0, ACCESS_NO = 2, ACCESS_YES = 3 };

struct access_key {
    uint32_t sd_id;
    uint32_t class_id;
    bool self; /* the object is one of the token's SIDs, so that PRINCIPAL_SELF is the token */
};

/* index: of a compiled attribute, for reading it, or this. What extensions added may become more
 * while a cache lives, and is not kept. */
unsigned access_cache_list_index(void); /* may the token list the children */

/* What is known under a key, or NULL. The place is another key's as soon as access_cache_claims
 * tells another number. */
const uint8_t *access_cache_find(const struct access_cache *c, const struct access_key *k);
unsigned access_cache_claims(const struct access_cache *c);
static inline enum access_answer access_cache_answer(const uint8_t *bits, unsigned index)
{
    return bits ? bits[index / 4] >> (index % 4 * 2) & 3 : ACCESS_UNKNOWN;
}
void access_cache_put(struct access_cache *c, const struct access_key *k, unsigned index, bool yes);

#endif
