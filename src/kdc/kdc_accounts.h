/*
 * Accounts as the KDC uses them, kept from request to request: facts decoded, keys opened, and the
 * PAC of the account's TGTs ready to be patched and signed (kdc_template.h).
 *
 * Why what is found here is what the directory says now:
 *
 * - While the snapshot's id is the one at which an entry was last found to hold, nothing has
 *   changed.
 * - Otherwise the account's record is looked at, one descent. Its uSNChanged moves with every
 * change of its attributes, its secrets, its flags, its place and its descriptor; so with the same
 * number all of that is the same. A record that is gone drops its entry.
 * - What the directory's settings add (RC4) holds as long as kdc_domain's names_epoch.
 * - Group memberships are not part of the record: the PAC has its own condition.
 * - How a name leads here is asked of kdc_names, which holds for one snapshot only.
 *
 * Nothing goes by time. Entries are wiped when they go. Texts, keys and the PAC are the entry's own
 * and stay until the end of the request. Not thread-safe.
 */
#ifndef KDC_KDC_ACCOUNTS_H
#define KDC_KDC_ACCOUNTS_H

#include "directory/account.h"
#include "kdc/kdc_domain.h"
#include "kdc/kdc_table.h"

#define KDC_ACCOUNTS_BYTES (16u << 20)

/* All keys of an account: those of one version stand together, the current version first and the
 * NT hash as RC4 key at its end where that is allowed. */
struct kdc_keys {
    unsigned versions;
    struct {
        uint32_t kvno;
        uint32_t first, count;
    } version[DIR_KEY_VERSIONS_MAX];
    const struct krb_key *key;
    struct span salt; /* of the current version */
};

struct kdc_account {
    struct dir_account facts;
    struct span workstations;
    int64_t logon_kept; /* lastLogonTimestamp, 0: none */
    uint32_t sd_id;
    uint32_t enctypes; /* enum kdc_enctype_bit: what it supports, defaults applied */
    struct kdc_keys keys;
    struct kdc_template *pac; /* NULL: not made yet */
};

void kdc_accounts_init(struct kdc_table *t);

/* scratch must wipe: secrets are opened in it. ERR_NOT_FOUND: no such object, or none that is an
 * account; it may be deleted: names never lead to one that is. */
enum err kdc_accounts_get(struct kdc_table *t, const struct kdc_domain *d, const struct dir_snap *s,
                          dir_id id, struct arena *scratch, struct kdc_account **out);
/* Gives the account its PAC, in place of the one it had. */
void kdc_accounts_keep_pac(struct kdc_table *t, struct kdc_account *a, struct kdc_template *pac);

/* The key of this version (0: the current) and enctype, or NULL. */
const struct krb_key *kdc_keys_find(const struct kdc_keys *k, unsigned version, int32_t etype);

#endif
