/*
 * SDDL, the text form of security descriptors ([MS-DTYP] 2.5.1): "O:DAG:DAD:AI(A;;RPLC;;;AU)".
 * Two-letter names of SIDs that belong to a domain need that domain's SID (DA, DU, ...) or the
 * forest root's (EA, SA, ...). Conditional expressions and resource attributes are not supported:
 * AD's own descriptors hold none, and a condition that is not evaluated must not be accepted. Lists
 * get revision 4, as in AD.
 */
#ifndef WIRE_MS_SDDL_H
#define WIRE_MS_SDDL_H

#include "base/arena.h"
#include "base/builder.h"
#include "wire/ms/sid.h"

struct sddl_domain {
    const struct sid *domain;      /* NULL: names relative to it are ERR_NOT_FOUND / not printed */
    const struct sid *forest_root; /* NULL: the same */
};

/* Puts the self-relative descriptor into the builder; the arena holds the parts meanwhile.
 * ERR_MALFORMED, ERR_UNSUPPORTED (conditions), ERR_NOT_FOUND (a name without its domain),
 * ERR_LIMIT. */
enum err sddl_parse(struct span text, const struct sddl_domain *dom, struct arena *scratch,
                    struct builder *b);
/* The text of a descriptor; parsing it again gives an equal one. ERR_UNSUPPORTED: ACEs with
 * conditions or claims, or of types and flags without a letter. A failure is the builder's sticky
 * error too. */
enum err sddl_print(struct span sd, const struct sddl_domain *dom, struct builder *b);

/* One SID as SDDL writes it: an alias or "S-1-...". */
enum err sddl_sid_parse(struct span text, const struct sddl_domain *dom, struct sid *out);
void sddl_sid_put(struct builder *b, const struct sid *sid, const struct sddl_domain *dom);

#endif
