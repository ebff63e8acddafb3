/*
 * The tables that a new forest is made from: what [MS-ADTS] 6.1 lists and clients of Active
 * Directory look for. Rows are templates; a percent sign and a letter stand for a name of the new
 * forest:
 *
 *   %D  DN of the domain            %n  its DNS name         %t  now, as a FILETIME
 *   %C  DN of the configuration     %f  the forest's         %s  name of the first site
 *   %S  DN of the schema            %b  the NetBIOS name     %o  DN of the first DC's NTDS settings
 *   %X  DN of DomainDnsZones        %d  the domain SID       %l  functional level
 *   %Y  DN of ForestDnsZones        %a  name of the administrator
 *   %u  DN of where users go        %c  and of where computers go
 *   %(NAME)  GUID of an attribute, a class or a control access right
 *   %{NAME}  SID of the group "AWS Delegated NAME" of a managed directory
 *
 * Rows are in order: a parent stands before its children. Attributes that name other objects and
 * cannot be set yet are in provision_references, which is applied when every object is there.
 */
#ifndef DIRECTORY_PROVISION_DATA_H
#define DIRECTORY_PROVISION_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct provision_row {
    const char *dn;
    const char *object_class; /* the most specific one */
    const char *sddl;         /* NULL: inherited and the class default */
    const char *attrs;        /* "name: value" lines, or NULL */
};

struct provision_table {
    const struct provision_row *rows;
    unsigned count;
};

extern const struct provision_table provision_site_objects;
extern const struct provision_table provision_domain_objects;
extern const struct provision_table provision_config_objects;
extern const struct provision_table
    provision_zone_objects; /* of both DNS partitions; here %X is either */
extern const struct provision_table provision_principals; /* foreign and well-known ones */
extern const struct provision_table provision_references; /* object_class and sddl are unused */

/* Users and groups with a fixed RID. */
struct provision_group {
    uint32_t rid;   /* of the domain, or of S-1-5-32 when builtin */
    int32_t type;   /* groupType */
    unsigned flags; /* PROVISION_* */
    const char *name;
    const char *description;
    const char *members; /* DN templates, one a line, or NULL; set with the references */
};
enum {
    PROVISION_BUILTIN = 1,
    PROVISION_PROTECTED = 2, /* adminCount 1 */
    PROVISION_NEXT_RID = 4,  /* no fixed RID: the next one of the pool */
};
extern const struct provision_group provision_groups[];
extern const unsigned provision_group_count;

/* --- of a managed directory alone --- */

extern const struct provision_table provision_managed_objects, provision_managed_references;

/* Domain-local groups, "AWS Delegated " before the name. The administrators' own is a member of
 * those that are not apart. */
struct provision_delegate {
    const char *name, *description;
    bool apart;
};
#define PROVISION_DELEGATES_MAX 32
extern const struct provision_delegate provision_delegates[];
extern const unsigned provision_delegate_count;

/* Entries that the descriptor of an object has in addition, which may be one of every forest. */
struct provision_grant {
    const char *dn, *aces;
};
#define PROVISION_GRANTS_MAX 32
extern const struct provision_grant provision_grants[];
extern const unsigned provision_grant_count;

/* Control access rights ([MS-ADTS] 5.1.3.2.1), generated at build time. */
struct provision_right {
    const char *name, *display_name, *guid;
    const char *applies_to; /* schemaIDGUIDs, space between */
    uint32_t valid_accesses;
    uint32_t localization_id;
};
extern const struct provision_right provision_rights[];
extern const unsigned provision_right_count;

/* Descriptors ([MS-DTYP] 2.5.1 text) of the roots and of objects with one of their own. */
extern const char provision_sd_domain[], provision_sd_config[], provision_sd_schema[],
    provision_sd_dns_partition[], provision_sd_deleted_objects[], provision_sd_builtin[],
    provision_sd_users[], provision_sd_computers[], provision_sd_domain_controllers[],
    provision_sd_infrastructure[], provision_sd_domain_protected1[],
    provision_sd_domain_protected2[], provision_sd_managed_accounts[],
    provision_sd_config_protected1[], provision_sd_config_protected1wd[],
    provision_sd_config_protected2[], provision_sd_partitions[], provision_sd_sites[],
    provision_sd_quotas[], provision_sd_domain_dns[], provision_sd_forest_dns[],
    provision_sd_admin_holder[];

#endif
