#include "writer/rights.h"

#include "base/builder.h"

/* clang-format off */
#define GUID(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)                                              \
    {{(a) & 0xff, (a) >> 8 & 0xff, (a) >> 16 & 0xff, (a) >> 24 & 0xff, (b) & 0xff, (b) >> 8,       \
      (c) & 0xff, (c) >> 8, d0, d1, d2, d3, d4, d5, d6, d7}}
const struct guid right_change_password =
    GUID(0xab721a53, 0x1e2f, 0x11d0, 0x98, 0x19, 0x00, 0xaa, 0x00, 0x40, 0x52, 0x9b);
const struct guid right_force_change_password =
    GUID(0x00299570, 0x246d, 0x11d0, 0xa7, 0x68, 0x00, 0xaa, 0x00, 0x6e, 0x05, 0x29);
const struct guid right_self_membership =
    GUID(0xbf9679c0, 0x0de6, 0x11d0, 0xa2, 0x85, 0x00, 0xaa, 0x00, 0x30, 0x49, 0xe2);
const struct guid right_validated_spn =
    GUID(0xf3a64788, 0x5306, 0x11d1, 0xa9, 0xc5, 0x00, 0x00, 0xf8, 0x03, 0x67, 0xc1);
const struct guid right_validated_dns_host =
    GUID(0x72e39547, 0x7b18, 0x11d1, 0xad, 0xef, 0x00, 0xc0, 0x4f, 0xd8, 0xd5, 0xcd);
const struct guid right_install_replica =
    GUID(0x9923a32a, 0x3607, 0x11d2, 0xb9, 0xbe, 0x00, 0x00, 0xf8, 0x7a, 0x36, 0xb2);
const struct guid right_unexpire_password =
    GUID(0xccc2dc7d, 0xa6ad, 0x4a7a, 0x88, 0x46, 0xc0, 0x4e, 0x3c, 0xc5, 0x35, 0x01);
const struct guid right_password_not_required =
    GUID(0x280f369c, 0x67c7, 0x438e, 0xae, 0x98, 0x1d, 0x46, 0xf3, 0xc6, 0xf5, 0x41);
const struct guid right_reversible_password =
    GUID(0x05c74c5e, 0x4deb, 0x43b4, 0xbd, 0x9f, 0x86, 0x66, 0x4c, 0x2a, 0x7f, 0xd5);
const struct guid right_reanimate =
    GUID(0x45ec5156, 0xdb7e, 0x47bb, 0xb5, 0x3f, 0xdb, 0xeb, 0x2d, 0x03, 0xc4, 0x0f);
const struct guid right_change_pdc =
    GUID(0xbae50096, 0x4752, 0x11d1, 0x90, 0x52, 0x00, 0xc0, 0x4f, 0xc2, 0xd4, 0xcf);
const struct guid right_change_rid_master =
    GUID(0xd58d5f36, 0x0a98, 0x11d1, 0xad, 0xbb, 0x00, 0xc0, 0x4f, 0xd8, 0xd5, 0xcd);
const struct guid right_change_infrastructure_master =
    GUID(0xcc17b1fb, 0x33d9, 0x11d2, 0x97, 0xd4, 0x00, 0xc0, 0x4f, 0xd8, 0xd5, 0xcd);
const struct guid right_change_schema_master =
    GUID(0xe12b56b6, 0x0a95, 0x11d1, 0xad, 0xbb, 0x00, 0xc0, 0x4f, 0xd8, 0xd5, 0xcd);
const struct guid right_change_domain_master =
    GUID(0x014bc69c, 0x7b3b, 0x11d1, 0x85, 0xf6, 0x08, 0x00, 0x2b, 0xe7, 0x4f, 0xab);
/* clang-format on */

static enum err denied(struct op *op, dir_id id, const char *what)
{
    return op_refuse(op, ERR_DENIED, REASON_DIR_ACCESS,
                     "the requester lacks the right \"%s\" on %.*s", what,
                     SPAN_ARG(op_name(op, id)));
}

bool right_may_write(const struct draft *d, const struct schema_attr *attr)
{
    struct op *op = d->op;
    if (op_system(op))
        return true;
    if (!d->is_new)
        return access_object(op->s, &d->obj, &op->in->token, ACCESS_WRITE_PROP, attr) == ERR_OK;
    struct access_target target = {.object_class = &d->cls->guid, .property = &attr->guid};
    if (!guid_is_zero(&attr->property_set))
        target.property_set = &attr->property_set;
    return access_check(d->sd, &op->in->token, ACCESS_WRITE_PROP, &target,
                        d->has_sid ? &d->sid : NULL);
}

enum err right_write(const struct draft *d, const struct schema_attr *attr)
{
    if (right_may_write(d, attr))
        return ERR_OK;
    char what[128];
    struct builder b;
    builder_over(&b, (uint8_t *)what, sizeof what - 1);
    builder_printf(&b, "write property %s", attr->name);
    what[b.len] = 0;
    return denied(d->op, d->id, what);
}

bool right_has(const struct draft *d, uint32_t access, const struct guid *right)
{
    struct op *op = d->op;
    if (op_system(op))
        return true;
    if (!d->is_new)
        return access_object_guid(op->s, &d->obj, &op->in->token, access, right) == ERR_OK;
    struct access_target target = {.object_class = &d->cls->guid, .property = right};
    return access_check(d->sd, &op->in->token, access, &target, d->has_sid ? &d->sid : NULL);
}

enum err right_control(const struct draft *d, const struct guid *right, const char *name)
{
    return right_has(d, ACCESS_CONTROL, right) ? ERR_OK : denied(d->op, d->id, name);
}

bool right_object_has(struct op *op, const struct dir_obj *o, uint32_t access)
{
    return op_system(op) || access_object(op->s, o, &op->in->token, access, NULL) == ERR_OK;
}

enum err right_object(struct op *op, const struct dir_obj *o, uint32_t access, const char *name)
{
    return right_object_has(op, o, access) ? ERR_OK : denied(op, o->id, name);
}

bool right_child_has(struct op *op, const struct dir_obj *parent, uint32_t access,
                     const struct schema_class *cls)
{
    return op_system(op) ||
           access_object_guid(op->s, parent, &op->in->token, access, &cls->guid) == ERR_OK;
}

enum err right_domain(struct op *op, const struct guid *right, const char *name)
{
    struct dir_obj head;
    if (op_system(op))
        return ERR_OK;
    TRY(dir_by_id(op->s, op->naming.domain_nc, &head));
    if (access_object_guid(op->s, &head, &op->in->token, ACCESS_CONTROL, right) == ERR_OK)
        return ERR_OK;
    return denied(op, head.id, name);
}

bool right_admin(const struct op *op)
{
    struct sid admins = SID_NT(32, 544), domain, enterprise;
    if (op_system(op) || dir_token_has(&op->in->token, &admins))
        return true;
    return (sid_append(&op->naming.domain_sid, 512, &domain) == ERR_OK &&
            dir_token_has(&op->in->token, &domain)) ||
           (sid_append(&op->naming.domain_sid, 519, &enterprise) == ERR_OK &&
            dir_token_has(&op->in->token, &enterprise));
}
