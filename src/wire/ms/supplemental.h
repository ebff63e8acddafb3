/*
 * supplementalCredentials: the keys of an account as AD stores and replicates them
 * ([MS-SAMR] 2.2.10): USER_PROPERTIES, a list of named properties, of which
 * Primary:Kerberos-Newer-Keys holds the Kerberos keys. All of it is secret: decode into an arena
 * that wipes.
 */
#ifndef WIRE_MS_SUPPLEMENTAL_H
#define WIRE_MS_SUPPLEMENTAL_H

#include "base/arena.h"
#include "base/builder.h"

#define SUPPLEMENTAL_MAX            65536 /* bytes of one attribute value */
#define SUPPLEMENTAL_PROPERTIES_MAX 32
#define SUPPLEMENTAL_KEYS_MAX       64 /* of all four lists together */

#define SUPPLEMENTAL_KERBEROS_NEWER SPAN_LIT("Primary:Kerberos-Newer-Keys")
#define SUPPLEMENTAL_PACKAGES       SPAN_LIT("Packages")

/* --- USER_PROPERTIES ------------------------------------------------------------------------ */

struct supplemental_property {
    struct span name;  /* UTF-8 */
    struct span value; /* bytes; on the wire as hexadecimal text */
};

/* ERR_MALFORMED, ERR_LIMIT, ERR_NOMEM. A value without properties gives count 0. */
enum err supplemental_decode(struct span blob, struct arena *a, struct supplemental_property **out,
                             unsigned *count_out);
void supplemental_put(struct builder *b, const struct supplemental_property *properties,
                      unsigned count);
/* The value of the property with this name; ptr NULL: none. */
struct span supplemental_find(const struct supplemental_property *properties, unsigned count,
                              struct span name);
/* The value of "Packages" that names these properties without "Primary:", as AD writes it first. */
void supplemental_put_packages(struct builder *b, const struct span *names, unsigned count);

/* --- Primary:Kerberos-Newer-Keys (KERB_STORED_CREDENTIAL_NEW) -------------------------------- */

struct supplemental_key {
    int32_t etype;
    uint32_t iterations;
    struct span value;
};

struct supplemental_kerberos {
    struct span salt; /* UTF-8 */
    uint32_t default_iterations;
    unsigned count, service_count, old_count, older_count;
    struct supplemental_key *keys, *service_keys, *old_keys, *older_keys;
};

enum err supplemental_kerberos_decode(struct span value, struct arena *a,
                                      struct supplemental_kerberos *out);
void supplemental_kerberos_put(struct builder *b, const struct supplemental_kerberos *creds);

#endif
