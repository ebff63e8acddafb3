/*
 * Making a new forest: its first domain, configuration and schema, the DNS partitions and zones,
 * the well-known containers, users and groups, the domain controllers and their site: what clients
 * of Active Directory expect to find ([MS-ADTS] 6.1). Everything is one transaction on an empty
 * directory.
 *
 * The tables are in provision_data.h. Random bytes and the time come from the caller, so that a
 * test may make the same forest twice. All names are checked first: provision_check says which one
 * is wrong.
 */
#ifndef DIRECTORY_PROVISION_H
#define DIRECTORY_PROVISION_H

#include "directory/directory.h"

#define PROVISION_DCS_MAX       64
#define PROVISION_ADDRESSES_MAX 16
#define PROVISION_LEVEL         7 /* Windows Server 2016 */

/* The group policies of every domain and of its domain controllers ([MS-GPOD] 1.1.6). */
#define PROVISION_POLICY_DOMAIN "{31B2F340-016D-11D2-945F-00C04FB984F9}"
#define PROVISION_POLICY_DC     "{6AC1786C-016F-11D2-945F-00C04FB984F9}"

struct provision_dc {
    struct span name;       /* "dc-a": host name; its account is "DC-A$" */
    struct span *addresses; /* IPv4 and IPv6 as text, at least one */
    unsigned address_count;
};

struct provision_args {
    struct span dns_name;       /* "aws.example.com" */
    struct span flat_name;      /* "AWS" */
    struct span site;           /* empty: Default-First-Site-Name */
    struct span admin_name;     /* empty: Administrator */
    struct span admin_password; /* UTF-8; must satisfy the default password policy */
    /* A managed directory: the password is that of Admin, who administers what is delegated to its
     * owner; Administrator has one that nobody knows. */
    bool managed;
    struct sid domain_sid;   /* revision 0: drawn */
    struct guid domain_guid; /* zero: drawn */
    const struct provision_dc *dcs;
    unsigned dc_count;
    utime now;
    void (*random)(void *out, size_t len);
};

/* ERR_OK, or ERR_RANGE with a sentence (a constant) that names the argument and its rule. */
enum err provision_check(const struct provision_args *args, const char **why_out);

/* The directory was opened writable, with all keys, and is empty (ERR_EXISTS otherwise). ERR_RANGE
 * as provision_check; other errors: nothing was written. */
enum err provision_forest(struct dir *d, const struct provision_args *args);

/* A domain controller joins a forest, or leaves it: its account, server object and settings (which
 * stay when it leaves: the writer makes tombstones of them), its records in all zones. */
struct provision_dc_change {
    bool leaves;
    struct provision_dc dc;
    struct span site;
    utime now;
    void (*random)(void *out, size_t len);
};
/* Part of a transaction; each object is a record. ERR_EXISTS: something of that name is there.
 * After an error what was applied before stays in the transaction: leaving undoes a join. */
struct dir_write;
enum err provision_dc(struct dir *d, struct dir_write *txn, const struct provision_dc_change *in);

#endif
