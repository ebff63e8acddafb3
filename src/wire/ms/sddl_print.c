#include "wire/ms/sddl.h"
#include "wire/ms/sddl_table.h"
#include "wire/ms/secdesc.h"

/* The words of all bits of v, or false when a bit has none. */
static bool put_words(struct builder *b, const struct sddl_word *table, uint32_t v)
{
    uint32_t named = 0;

    for (const struct sddl_word *w = table; w->word; w++)
        named |= w->value;
    if (v & ~named)
        return false;
    for (const struct sddl_word *w = table; w->word; w++) {
        if (v & w->value)
            builder_printf(b, "%s", w->word);
    }
    return true;
}

static void put_guid(struct builder *b, const struct guid *g)
{
    char text[GUID_TEXT_SIZE];

    if (g) {
        guid_to_text(g, text);
        builder_printf(b, "%s", text);
    }
    builder_u8(b, ';');
}

/* Conditions and claims lie behind the SID; plain ACEs may have padding there. */
static bool has_words(const struct ace *ace)
{
    if ((ace->type >= ACE_ALLOWED_CALLBACK && ace->type <= ACE_AUDIT_CALLBACK_OBJECT) ||
        ace->type == ACE_RESOURCE_ATTRIBUTE)
        return false;
    for (size_t i = 0; i < ace->extra.len; i++) {
        if (ace->extra.ptr[i])
            return false;
    }
    return true;
}

static enum err put_ace(struct builder *b, const struct ace *ace, const struct sddl_domain *dom)
{
    const struct sddl_word *type = sddl_ace_types;

    while (type->word && type->value != ace->type)
        type++;
    if (!type->word || !has_words(ace))
        return ERR_UNSUPPORTED;
    builder_printf(b, "(%s;", type->word);
    if (!put_words(b, sddl_ace_flags, ace->flags))
        return ERR_UNSUPPORTED;
    builder_u8(b, ';');
    if (!put_words(b, ace->type == ACE_MANDATORY_LABEL ? sddl_label_rights : sddl_rights,
                   ace->mask))
        builder_printf(b, "0x%x", ace->mask);
    builder_u8(b, ';');
    put_guid(b, ace->object_type);
    put_guid(b, ace->inherited_type);
    sddl_sid_put(b, &ace->sid, dom);
    builder_u8(b, ')');
    return b->err;
}

static enum err put_list(struct builder *b, const char *letter, unsigned flags, struct span acl,
                         const struct sddl_domain *dom)
{
    static const char *const words[] = {"", "P", "AR", "PAR", "AI", "PAI", "ARAI", "PARAI"};
    struct ace_iter it;
    struct ace ace;

    builder_printf(b, "%s:%s", letter, words[flags]);
    if (!acl.ptr) {
        builder_span(b, SDDL_NULL_ACL);
        return b->err;
    }
    ace_iter_init(&it, acl);
    while (ace_next(&it, &ace))
        TRY(put_ace(b, &ace, dom));
    return ace_iter_err(&it);
}

/* Protected, inherit-required, inherited as three bits. */
static unsigned list_flags(uint16_t control, uint16_t protect, uint16_t required,
                           uint16_t inherited)
{
    return (control & protect ? 1u : 0) | (control & required ? 2u : 0) |
           (control & inherited ? 4u : 0);
}

static enum err print(const struct sd *sd, const struct sddl_domain *dom, struct builder *b)
{
    if (sd->has_owner) {
        builder_printf(b, "O:");
        sddl_sid_put(b, &sd->owner, dom);
    }
    if (sd->has_group) {
        builder_printf(b, "G:");
        sddl_sid_put(b, &sd->group, dom);
    }
    if (sd->control & SD_DACL_PRESENT)
        TRY(put_list(
            b, "D",
            list_flags(sd->control, SD_DACL_PROTECTED, SD_DACL_INHERIT_REQ, SD_DACL_INHERITED),
            sd->dacl, dom));
    if (sd->control & SD_SACL_PRESENT)
        TRY(put_list(
            b, "S",
            list_flags(sd->control, SD_SACL_PROTECTED, SD_SACL_INHERIT_REQ, SD_SACL_INHERITED),
            sd->sacl, dom));
    return b->err;
}

enum err sddl_print(struct span bytes, const struct sddl_domain *dom, struct builder *b)
{
    struct sd sd;
    enum err e = sd_open(bytes, &sd);

    if (e == ERR_OK)
        e = print(&sd, dom, b);
    if (e != ERR_OK)
        builder_fail(b, e);
    return e;
}
