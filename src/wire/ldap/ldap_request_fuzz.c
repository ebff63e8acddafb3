/* Requests: what decodes is encoded; that decodes, and encodes to the same bytes. Controls' values,
 * too. */
#include "wire/ldap/ldap_client.h"
#include "wire/ldap/ldap_controls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX (16u << 20)

static void check_control(struct span v, struct arena *a)
{
    struct ldap_paged paged;
    struct ldap_sort sort;
    struct ldap_verify_name name;
    struct ldap_vlv vlv;
    struct ldap_dirsync dirsync;
    struct ldap_passwd_modify passwd;
    struct span attr;
    uint32_t word;
    (void)ldap_paged_decode(v, &paged);
    (void)ldap_sort_decode(v, a, &sort);
    (void)ldap_sd_flags_decode(v, &word);
    (void)ldap_extended_dn_decode(v, &word);
    (void)ldap_verify_name_decode(v, &name);
    (void)ldap_vlv_decode(v, &vlv);
    (void)ldap_dirsync_decode(v, &dirsync);
    (void)ldap_passwd_modify_decode(v, &passwd);
    (void)ldap_asq_decode(v, &attr);
}

static void encode(const struct ldap_message *m, struct arena *a, struct span *out)
{
    struct builder b;
    builder_in(&b, a, ARENA_MAX / 8);
    ldap_put_request(&b, m);
    ENT_ASSERT(builder_done(&b, out) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct ldap_message *m, *again;
    struct ldap_ping_request ping;
    struct span in = span_of(data, size), first, second;
    int32_t id;
    uint8_t op;
    size_t len;
    if (size > 1 << 16)
        return 0;
    arena_init(&a, 0, ARENA_MAX, 0);
    (void)ldap_peek(in, LDAP_MESSAGE_MAX, &len);
    if (ldap_decode(in, &a, &m) == ERR_OK) {
        ENT_ASSERT(ldap_peek(in, size, &len) == ERR_OK && len == size);
        ENT_ASSERT(ldap_decode_id(in, &id, &op) == ERR_OK && id == m->id && op == m->op);
        encode(m, &a, &first);
        ENT_ASSERT(ldap_decode(first, &a, &again) == ERR_OK);
        encode(again, &a, &second);
        ENT_ASSERT(span_eq(first, second));
        if (m->op == LDAP_SEARCH_REQUEST)
            (void)ldap_ping_from_filter(m->search.filter, &ping);
        for (uint32_t i = 0; i < m->control_count; i++)
            check_control(m->controls[i].value, &a);
    }
    check_control(in, &a);
    arena_fini(&a);
    return 0;
}
