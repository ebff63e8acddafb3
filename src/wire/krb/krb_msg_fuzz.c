/*
 * Every message: the first octet chooses which. What decodes is written again; that decodes, too,
 * and writing it a third time changes nothing.
 */
#include "wire/krb/krb_frame.h"
#include "wire/krb/krb_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX (4u << 20)

static const struct der_type *const types[] = {
#define X(name, type) &krb_##name##_type,
    KRB_MESSAGES(X)
#undef X
};

static void check_type(const struct der_type *type, struct span in, struct arena *a)
{
    void *value, *again;
    struct span first, second;
    if (der_decode(type, in, a, &value) != ERR_OK)
        return;
    ENT_ASSERT(der_encode(type, value, a, &first) == ERR_OK);
    ENT_ASSERT(der_size(type, value) == first.len);
    ENT_ASSERT(der_decode(type, first, a, &again) == ERR_OK);
    ENT_ASSERT(der_encode(type, again, a, &second) == ERR_OK);
    ENT_ASSERT(span_eq(first, second));
}

static void check_helpers(struct span in, struct arena *a)
{
    struct krb_kdc_req *req;
    struct krb_enc_ticket_part *part;
    struct span out;
    struct krb_ext_error ext;
    struct krb_token_info info;
    struct kpasswd_request change;
    struct kpasswd_reply reply;
    size_t len;
    if (krb_decode_kdc_req(in, a, &req) == ERR_OK && req->req_body.sname) {
        struct krb_spn spn;
        (void)krb_name_plain(req->req_body.sname, a);
        (void)krb_spn_from_name(req->req_body.sname, &spn);
    }
    if (krb_decode_enc_ticket_part(in, a, &part) == ERR_OK)
        (void)krb_ticket_signed_bytes(part, a, &out);
    (void)krb_ext_error_decode(in, &ext);
    (void)krb_token_info_decode(in, &info);
    (void)kpasswd_request_decode(in, &change);
    (void)kpasswd_reply_decode(in, &reply);
    (void)krb_tcp_length(in, KRB_REQUEST_MAX, &len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    if (size == 0)
        return 0;
    arena_init(&a, 0, ARENA_MAX, 0);
    struct span in = span_of(data + 1, size - 1);
    check_type(types[data[0] % (sizeof(types) / sizeof(types[0]))], in, &a);
    check_helpers(in, &a);
    arena_fini(&a);
    return 0;
}
