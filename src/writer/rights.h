/*
 * Who may change what: the access checks of the writer, over directory/access.h. Every function
 * refuses with DIR_ACCESS and a sentence that names the right that is missing, and lets the
 * service's own intents pass.
 */
#ifndef WRITER_RIGHTS_H
#define WRITER_RIGHTS_H

#include "writer/draft.h"

/* Control-access rights and validated writes ([MS-ADTS] 5.1.3.2.1, 5.1.3.2.2). */
extern const struct guid right_change_password, right_force_change_password, right_self_membership,
    right_validated_spn, right_validated_dns_host, right_install_replica, right_unexpire_password,
    right_password_not_required, right_reversible_password, right_change_pdc,
    right_change_rid_master, right_change_infrastructure_master, right_change_schema_master,
    right_change_domain_master, right_reanimate;

/* WRITE_PROP on one attribute. For a new object the descriptor it is going to have decides. */
bool right_may_write(const struct draft *d, const struct schema_attr *attr);
enum err right_write(const struct draft *d, const struct schema_attr *attr);
/* A validated write (ACCESS_SELF_WRITE) or control access of the object. */
bool right_has(const struct draft *d, uint32_t access, const struct guid *right);
enum err right_control(const struct draft *d, const struct guid *right, const char *name);
/* Rights on the object as a whole: DELETE, WRITE_DAC, ... */
enum err right_object(struct op *op, const struct dir_obj *o, uint32_t access, const char *name);
bool right_object_has(struct op *op, const struct dir_obj *o, uint32_t access);
/* Creating and deleting a child of a class. */
bool right_child_has(struct op *op, const struct dir_obj *parent, uint32_t access,
                     const struct schema_class *cls);
/* A control access right on the head of the domain. */
enum err right_domain(struct op *op, const struct guid *right, const char *name);

/* Member of BUILTIN\Administrators, Domain Admins or Enterprise Admins: holders of the privileges
 * to enable delegation, to manage audit lists and to give objects to others. */
bool right_admin(const struct op *op);

#endif
