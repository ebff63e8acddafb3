/* What the parts of provisioning share. Internal to provision*.c. */
#ifndef DIRECTORY_PROVISION_INTERNAL_H
#define DIRECTORY_PROVISION_INTERNAL_H

#include "directory/change.h"
#include "directory/new_sd.h"
#include "directory/provision.h"
#include "directory/provision_data.h"

#define PROVISION_ATTRS_MAX 96
#define PROVISION_VALUES_MAX                                                                       \
    1024 /* of one object, all attributes together: the largest class has 300 */

/* A whole forest, or one domain controller of a forest that is there. */
enum provision_mode { PROVISION_FOREST, PROVISION_JOIN, PROVISION_LEAVE };

struct provision {
    const struct provision_args *args;
    enum provision_mode mode;
    struct dir *dir;
    struct dir_write *txn;
    struct arena names;   /* lives through the whole provisioning */
    struct arena scratch; /* of one object; wipes, because some are accounts */
    struct new_sd *sds;
    struct span dns_name, realm, flat_name, site, admin;
    struct span domain_dn, config_dn, schema_dn, domain_zones_dn, forest_zones_dn;
    struct span ntds_dn; /* of the first domain controller */
    struct sid sid, dns_admins;
    struct guid guid;
    dir_id domain, config, schema;
    dir_id *class_objects; /* ids drawn beforehand for the classSchema objects, by schema_class_at
                              index */
    /* The last parent used: thousands of schema objects have the same one. */
    struct span parent_dn;
    dir_id parent;
    uint32_t parent_sd_id;
    struct guid dc_ntds_guid[PROVISION_DCS_MAX];
    uint32_t dc_rid[PROVISION_DCS_MAX];
    /* Of a managed directory; grant_dn is in the order of provision_grants. */
    struct sid delegate[PROVISION_DELEGATES_MAX];
    struct span grant_dn[PROVISION_GRANTS_MAX];
};

/* One object while it is put together. Values are in stored form in p->scratch. */
struct provision_object {
    struct provision *p;
    const struct schema_class *cls;
    dir_id id, parent;
    struct guid guid;
    uint32_t flags;
    struct span rdn;
    struct span sd;
    const char *grant; /* entries that the descriptor has in addition, or NULL */
    bool update;       /* of one that exists: only the attributes are written */
    unsigned attr_count, value_count;
    struct {
        const struct schema_attr *attr;
        unsigned count;
    } attrs[PROVISION_ATTRS_MAX];
    /* values[i] belongs to attrs[owner[i]] */
    struct span values[PROVISION_VALUES_MAX];
    uint8_t owner[PROVISION_VALUES_MAX];
    struct span secrets[DIR_SECRET__COUNT]; /* ready to be stored */
    struct change *c;
};

/* Expands a template (provision_data.h) into the arena. */
enum err provision_expand(const struct provision *p, const char *text, struct arena *a,
                          struct span *out);

/* Begins an object under its parent, which must exist; dn is expanded. The record is begun. id 0:
 * drawn. */
enum err provision_begin(struct provision *p, struct span dn, const struct schema_class *cls,
                         dir_id id, struct provision_object *o);
/* Begins an addition to an object that exists. */
enum err provision_begin_update(struct provision *p, struct span dn, struct provision_object *o);
/* Adds one value. Text is LDAP's form; DNs must exist by now. */
enum err provision_text(struct provision_object *o, uint32_t attr, struct span text);
enum err provision_str(struct provision_object *o, uint32_t attr, const char *text);
enum err provision_raw(struct provision_object *o, uint32_t attr, struct span stored);
enum err provision_i32(struct provision_object *o, uint32_t attr, int32_t value);
enum err provision_i64(struct provision_object *o, uint32_t attr, int64_t value);
enum err provision_bool(struct provision_object *o, uint32_t attr, bool value);
enum err provision_sid_value(struct provision_object *o, const struct sid *sid);
/* "name: value" lines, expanded. */
enum err provision_lines(struct provision_object *o, const char *lines);
bool provision_given(const struct provision_object *o, uint32_t attr);
/* An own descriptor (SDDL template); NULL: the class default and what is inherited. */
enum err provision_descriptor(struct provision_object *o, const char *sddl);
/* Defaults of every object, then writes and applies the record. */
enum err provision_end(struct provision_object *o);

enum err provision_table_rows(struct provision *p, const struct provision_table *t);
enum err provision_row(struct provision *p, const struct provision_row *row);

enum err provision_schema(struct provision *p);
enum err provision_right_objects(struct provision *p);
enum err provision_group_objects(struct provision *p);
enum err provision_group_members(struct provision *p);
enum err provision_users(struct provision *p);
enum err provision_dc_accounts(struct provision *p);
enum err provision_dc_servers(struct provision *p);
enum err provision_zones(struct provision *p);

/* --- provision_managed.c --- */

#define PROVISION_ADMIN "Admin"
enum err provision_managed_draw(struct provision *p);
/* The entries for an object, by its expanded DN; NULL: none. */
const char *provision_managed_grant(const struct provision *p, struct span dn);
enum err provision_managed(struct provision *p);
/* SID of a delegated group by the end of its name. */
enum err provision_delegate_sid(const struct provision *p, struct span name, struct sid *out);

/* What every account has from its first day. */
enum err provision_account(struct provision_object *o, struct span sam, uint32_t rid, uint32_t uac,
                           uint32_t primary_group, uint32_t sam_type);
#define SAM_USER    0x30000000
#define SAM_MACHINE 0x30000001
#define SAM_GROUP   0x10000000
#define SAM_ALIAS   0x20000000

/* Keys of an account under construction, into its record: password in UTF-8, spelled-out salt rule.
 * service: a copy for this machine's domain controllers. */
enum err provision_password(struct provision_object *o, struct span sam, struct span password,
                            enum dir_salt_kind salt, bool service, bool bind);
/* 120 random characters that a password may hold. */
struct span provision_random_password(struct provision *p, struct arena *a);

/* An address as text to 4 or 16 bytes. */
enum err provision_address(struct span text, uint8_t out[16], unsigned *len_out);

enum err provision_names(struct provision *p);
enum err provision_dc_identity(struct provision *p, unsigned index);
/* The crossRefs of the DNS partitions learn of a domain controller that joins. */
enum err provision_dc_replicas(struct provision *p);
struct span provision_server_dn(struct provision *p, unsigned index);

/* The names of the DC with this index. */
struct span provision_dc_host(const struct provision *p, unsigned i,
                              struct arena *a); /* dc-a.aws... */
struct span provision_dc_cn(const struct provision *p, unsigned i, struct arena *a); /* DC-A */

#endif
