/* Extensions of Windows that are not ASN.1, and the place of the PAC in a ticket. */
#include "wire/krb/krb_msg.h"

enum err krb_ext_error_decode(struct span in, struct krb_ext_error *out)
{
    struct reader r = reader_of(in);
    struct krb_ext_error e = {.status = reader_le32(&r)};
    e.reserved = reader_le32(&r);
    e.flags = reader_le32(&r);
    TRY(reader_end(&r));
    *out = e;
    return ERR_OK;
}

enum err krb_ext_error_encode(uint32_t ntstatus, struct arena *a, struct span *out)
{
    uint8_t mem[12];
    struct builder b;
    struct krb_error_data e = {.data_type = KRB_ERR_TYPE_EXTENDED};
    builder_over(&b, mem, sizeof(mem));
    builder_le32(&b, ntstatus);
    builder_le32(&b, 0);
    builder_le32(&b, 1);
    TRY(builder_done(&b, &e.data_value));
    return krb_encode_error_data(&e, a, out);
}

enum err krb_supported_enctypes_decode(struct span in, uint32_t *out)
{
    struct reader r = reader_of(in);
    uint32_t bits = reader_le32(&r);
    TRY(reader_end(&r));
    *out = bits;
    return ERR_OK;
}

void krb_put_supported_enctypes(struct builder *b, uint32_t bits)
{
    builder_le32(b, bits);
}

enum err krb_token_info_decode(struct span in, struct krb_token_info *out)
{
    struct reader r = reader_of(in);
    struct krb_token_info t = {.flags = reader_le32(&r)};
    t.token_il = reader_le32(&r);
    reader_copy(&r, t.machine_id, sizeof(t.machine_id));
    TRY(reader_end(&r));
    *out = t;
    return ERR_OK;
}

void krb_put_token_info(struct builder *b, const struct krb_token_info *t)
{
    builder_le32(b, t->flags);
    builder_le32(b, t->token_il);
    builder_bytes(b, t->machine_id, sizeof(t->machine_id));
}

enum err krb_pa_for_user_signed(const struct krb_pa_for_user *p, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, KRB_REQUEST_MAX);
    builder_le32(&b, (uint32_t)p->user_name.type);
    for (uint32_t i = 0; i < p->user_name.parts.count; i++)
        builder_span(&b, p->user_name.parts.items[i]);
    builder_span(&b, p->user_realm);
    builder_span(&b, p->auth_package);
    return builder_done(&b, out);
}

/* Where a ticket's PAC stands: the element of the list, what is inside it, the element in there. */
struct pac_place {
    uint32_t outer;
    struct krb_authdata_list *inside;
    uint32_t inner;
};

/* Two PACs could be read differently by two readers: refused. */
static enum err find_pac(const struct krb_authdata_list *l, struct arena *a, struct pac_place *out)
{
    struct pac_place found = {0};
    for (uint32_t i = 0; i < l->count; i++) {
        struct krb_authdata_list *inside;
        if (l->items[i].ad_type != KRB_AD_IF_RELEVANT)
            continue;
        TRY(krb_decode_authdata(l->items[i].ad_data, a, &inside));
        for (uint32_t k = 0; k < inside->count; k++) {
            if (inside->items[k].ad_type != KRB_AD_WIN2K_PAC)
                continue;
            if (found.inside)
                return ERR_MALFORMED;
            found = (struct pac_place){i, inside, k};
        }
    }
    if (!found.inside)
        return ERR_NOT_FOUND;
    *out = found;
    return ERR_OK;
}

enum err krb_ticket_pac(const struct krb_authdata_list *l, struct arena *a, struct span *out)
{
    struct pac_place at;
    TRY(find_pac(l, a, &at));
    *out = at.inside->items[at.inner].ad_data;
    return ERR_OK;
}

enum err krb_ticket_signed_bytes(const struct krb_enc_ticket_part *t, struct arena *a,
                                 struct span *out)
{
    static const uint8_t zero = 0;
    struct pac_place at;
    TRY(find_pac(&t->authorization_data, a, &at));
    at.inside->items[at.inner].ad_data = span_of(&zero, 1);
    struct krb_enc_ticket_part copy = *t;
    uint32_t count = t->authorization_data.count;
    copy.authorization_data.items = arena_new_array(a, count, struct krb_authdata);
    if (!copy.authorization_data.items)
        return ERR_NOMEM;
    memcpy(copy.authorization_data.items, t->authorization_data.items,
           count * sizeof(struct krb_authdata));
    TRY(krb_encode_authdata(at.inside, a, &copy.authorization_data.items[at.outer].ad_data));
    return krb_encode_enc_ticket_part(&copy, a, out);
}

enum err krb_authdata_of_pac(struct span pac, struct arena *a, struct krb_authdata_list *out)
{
    struct krb_authdata inner = {KRB_AD_WIN2K_PAC, pac};
    struct krb_authdata_list inside = {&inner, 1};
    struct krb_authdata *outer = arena_new(a, struct krb_authdata);
    if (!outer)
        return ERR_NOMEM;
    outer->ad_type = KRB_AD_IF_RELEVANT;
    TRY(krb_encode_authdata(&inside, a, &outer->ad_data));
    *out = (struct krb_authdata_list){outer, 1};
    return ERR_OK;
}
