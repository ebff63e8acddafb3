/*
 * One modification of one attribute of a draft: which attributes a request may touch at all,
 * rights, values from LDAP's text form, and the attributes that are not plain values (links, the
 * descriptor, passwords).
 */
#ifndef WRITER_VALUES_H
#define WRITER_VALUES_H

#include "writer/draft.h"

/* Applies a modification; in an add every one is MOD_ADD. Rights are checked unless the draft is
 * new: an add looks at them when the new descriptor is known. */
enum err values_apply(struct draft *d, const struct intent_mod *m);
/* The attribute of a name as LDAP gives it (";binary" is ignored); refuses when the schema has
 * none. */
enum err values_attr(struct op *op, struct span name, const struct schema_attr **out);
/* Text to stored form, refusing with the attribute and its rule. */
enum err values_from_text(struct draft *d, const struct schema_attr *attr, struct span text,
                          struct span *out);
/* May a request name this attribute at all? */
enum err values_allowed(struct draft *d, const struct schema_attr *attr);

/* The object as a whole, after all modifications: what the class requires and allows, single
 * values. */
enum err values_check_schema(struct draft *d);

/* What a modification of an object that is there may change of it: classes, roles, the rules of
 * single attributes (modify.c). */
enum err modify_check(struct draft *d);
/* Every rule about an object as it is going to be: accounts, groups, names, schema (add.c). */
enum err object_check(struct draft *d);
/* Attributes that every new object gets: category, system flags, an account's (add.c). */
enum err object_defaults(struct draft *d);
/* A new object from op->in, checked, not yet written (add.c). */
enum err add_object(struct op *op, struct draft *d);

/* May objects of the class be under this one (add.c)? */
bool object_fits_under(const struct schema_class *cls, const struct dir_obj *parent);

/* Is the modification an undelete, and that of a tombstone's draft (undelete.c)? */
bool undelete_asked(const struct intent *in);
enum err undelete(struct draft *d);

/* A tombstone of it, without looking at rights (delete.c). */
enum err delete_object(struct op *op, const struct dir_obj *o);
/* The same for what nobody may delete: the service's own doing. */
enum err delete_unprotected(struct op *op, const struct dir_obj *o);

/* --- links (links.c) ------------------------------------------------------------------------- */

enum err links_apply(struct draft *d, const struct schema_attr *attr, const struct intent_mod *m);
/* A foreign principal's object for this SID: found, or made in the same record. */
enum err links_foreign(struct op *op, const struct sid *sid, dir_id *out);

/* --- the descriptor (descriptor.c) ----------------------------------------------------------- */

enum err descriptor_apply(struct draft *d, const struct intent_mod *m);
/* The descriptor of a new object; given: nTSecurityDescriptor of the request, or empty. */
enum err descriptor_new(struct draft *d, const struct dir_obj *parent, struct span given);
/* Hands the change of a container's descriptor, or its move, on to everything below. */
enum err descriptor_propagate(struct op *op, dir_id id, struct span sd);

/* --- accounts and groups (account.c, group.c, names.c, spn.c) -------------------------------- */

bool account_is_user(
    const struct schema_class *c); /* user and derived: computer, inetOrgPerson, ... */
bool account_is_group(const struct schema_class *c);
/* Defaults of a new account or group: SID, names, control bits, type. */
enum err account_defaults(struct draft *d);
/* All rules of accounts over the changed attributes; computes what follows from them. */
enum err account_check(struct draft *d);
enum err group_check(struct draft *d);
enum err names_check(struct draft *d); /* sAMAccountName, userPrincipalName */
enum err spn_check(struct draft *d);
/* Values that an account may give itself without the right to write the attribute. */
enum err spn_validated(struct draft *d, struct span value);
bool host_validated(struct draft *d, struct span value);
/* May this object be a member of this group? Scopes and kinds ([MS-SAMR] 3.1.1.8.9). */
enum err group_may_have(struct draft *group, const struct dir_obj *member);
enum err group_may_have_foreign(struct draft *group);

#endif
