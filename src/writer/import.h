/*
 * Bulk load (docs/IMPORT.md): a piece of LDIF, each record an add of its own. What one record
 * refuses does not hinder the others; all of a piece are one commit. Internal to the folder:
 * import.c goes through the records, import_given.c takes out of one what is no attribute,
 * import_groups.c gathers memberships.
 */
#ifndef WRITER_IMPORT_H
#define WRITER_IMPORT_H

#include "writer/draft.h"
#include "writer/ldif.h"

#define IMPORT_GROUPS_KEPT     32768
#define IMPORT_MEMBERSHIPS_MAX (4 * LDIF_VALUES_MAX) /* made at once */

/* What a record says that is no attribute to be written: its account's secrets and groups. */
struct import_given {
    struct span clear; /* userPassword: the password in the clear */
    struct dir_account_keys keys;
    bool ready; /* keys were given */
    struct span *groups;
    unsigned group_count;
};

/* A group that was found. */
struct import_group {
    struct span dn;
    dir_id id;
    uint32_t rid; /* 0: of no domain (BUILTIN) */
};

struct import_membership {
    dir_id group, member;
};

/* What the records of a piece share. */
struct import {
    struct ldif_reader reader;
    uint32_t added, refused;
    struct builder text; /* of refusals */
    struct import_group group[IMPORT_GROUPS_KEPT];
    struct import_membership membership[IMPORT_MEMBERSHIPS_MAX];
    unsigned memberships, pending; /* pending: behind them, of the record in hand */
    /* The descriptor of the object before, and that object: most are alike. */
    struct span sd;
    dir_id sd_of;
    struct op_guids guids;
};

/* Values of one attribute stand together in an intent, wherever they stood in the record. */
enum err import_gather(struct op *op, const struct ldif_record *rec, struct intent *in,
                       struct import_given *s);
enum err import_secrets(struct draft *d, struct import_given *s);

/* The memberships that the record asks for become pending; refuses what cannot be. */
enum err import_find_groups(struct import *im, const struct draft *d, const struct import_given *s);
/* A change record with the memberships gathered so far. */
enum err import_make_memberships(struct import *im, struct op *op);

#endif
