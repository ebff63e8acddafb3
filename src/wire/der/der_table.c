#include "wire/der/der_table.h"

const struct der_type der_int32 = {
    .kind = DER_K_INT32, .tag = DER_INTEGER, .size = sizeof(int32_t)};
const struct der_type der_uint32 = {
    .kind = DER_K_UINT32, .tag = DER_INTEGER, .size = sizeof(uint32_t)};
const struct der_type der_int64 = {
    .kind = DER_K_INT64, .tag = DER_INTEGER, .size = sizeof(int64_t)};
const struct der_type der_enum = {
    .kind = DER_K_INT32, .tag = DER_ENUMERATED, .size = sizeof(int32_t)};
const struct der_type der_bool = {.kind = DER_K_BOOL, .tag = DER_BOOLEAN, .size = sizeof(bool)};
const struct der_type der_octets = {
    .kind = DER_K_SPAN, .tag = DER_OCTET_STRING, .size = sizeof(struct span)};
const struct der_type der_oid = {.kind = DER_K_SPAN, .tag = DER_OID, .size = sizeof(struct span)};
const struct der_type der_text = {
    .kind = DER_K_TEXT, .tag = DER_GENERAL_STRING, .size = sizeof(struct span)};
const struct der_type der_time = {
    .kind = DER_K_TIME, .tag = DER_GENERALIZED_TIME, .size = sizeof(utime)};
const struct der_type der_flags = {
    .kind = DER_K_FLAGS, .tag = DER_BIT_STRING, .size = sizeof(uint32_t)};
const struct der_type der_raw = {.kind = DER_K_RAW, .size = sizeof(struct span)};

static size_t storage_of(const struct der_type *type)
{
    static const size_t sizes[] = {
        [DER_K_INT32] = sizeof(int32_t),
        [DER_K_UINT32] = sizeof(uint32_t),
        [DER_K_INT64] = sizeof(int64_t),
        [DER_K_CONST] = 0,
        [DER_K_BOOL] = sizeof(bool),
        [DER_K_SPAN] = sizeof(struct span),
        [DER_K_TEXT] = sizeof(struct span),
        [DER_K_TIME] = sizeof(utime),
        [DER_K_FLAGS] = sizeof(uint32_t),
        [DER_K_RAW] = sizeof(struct span),
        [DER_K_LIST] = sizeof(struct der_list),
    };
    if (type->kind == DER_K_SEQUENCE || (type->kind == DER_K_LIST && type->raw))
        return type->size;
    return sizes[type->kind];
}

static bool absence_is_known(const struct der_field *f)
{
    if (!(f->flags & DER_OPTIONAL) || f->flags & DER_POINTER || f->has)
        return true;
    switch (f->type->kind) {
    case DER_K_LIST:
    case DER_K_SPAN:
    case DER_K_TEXT:
    case DER_K_RAW:
        return true;
    default:
        return false;
    }
}

static const char *check_row(const struct der_type *type, unsigned i)
{
    const struct der_field *f = &type->fields[i];
    size_t held = f->flags & DER_POINTER ? sizeof(void *) : f->size;
    if (f->size != f->type->size)
        return "a member and its type differ in size";
    if (f->offset + held > type->size)
        return "a member lies outside its struct";
    for (unsigned k = 0; k < i; k++)
        if (type->fields[k].tag == f->tag)
            return "two rows have the same tag";
    if (!absence_is_known(f))
        return "an optional member cannot say that it is absent";
    return der_table_check(f->type);
}

const char *der_table_check(const struct der_type *type)
{
    if (type->kind > DER_K_LIST || type->size != storage_of(type))
        return "a type and its storage differ in size";
    if (type->kind != DER_K_RAW && type->tag == 0)
        return "a type has no tag";
    if (type->raw && type->raw - 1 + sizeof(struct span) > type->size)
        return "the raw span lies outside its struct";
    if (type->kind == DER_K_LIST)
        return type->hi <= 0 ? "a list has no maximum" : der_table_check(type->item);
    for (unsigned i = 0; i < type->count; i++) {
        const char *wrong = check_row(type, i);
        if (wrong)
            return wrong;
    }
    return NULL;
}
