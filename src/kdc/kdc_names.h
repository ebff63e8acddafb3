/*
 * Which account a name leads to, kept while nothing at all changes in the directory: an answer
 * counts only for the very snapshot id it was found at. Any commit may move a name, make it
 * ambiguous or delete its owner, and asking again is a descent or two.
 *
 * A table of fixed slots in sets of four, as many as KDC_NAMES; of a full set one is overwritten,
 * each in turn. Names that were not found are not kept. Not thread-safe.
 */
#ifndef KDC_KDC_NAMES_H
#define KDC_KDC_NAMES_H

#include "directory/directory.h"

#define KDC_NAMES     16384
#define KDC_NAME_KEPT 66 /* bytes; longer names are looked up each time */

enum kdc_name_kind {
    KDC_NAME_SAM = 1, /* sAMAccountName */
    KDC_NAME_UPN,     /* userPrincipalName */
    KDC_NAME_SPN,     /* servicePrincipalName, mapped classes included */
};

struct kdc_names {
    struct kdc_name_slot *slots; /* made with the first name */
    uint32_t turn;
};

void kdc_names_init(struct kdc_names *n);
void kdc_names_fini(struct kdc_names *n);

/* ERR_NOT_FOUND, ERR_EXISTS (ambiguous), ERR_IO. */
enum err kdc_names_find(struct kdc_names *n, const struct dir_snap *s, enum kdc_name_kind kind,
                        struct span name, dir_id *out);

#endif
