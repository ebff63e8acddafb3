/* Responses, as a client reads them; entries are written again by the server's side. */
#include "wire/ldap/ldap_client.h"
#include "wire/ldap/ldap_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX (16u << 20)

static void check_entry(const struct ldap_response *r, struct arena *a)
{
    struct builder b;
    struct ldap_entry e;
    struct ldap_response *again;
    struct span out;
    builder_in(&b, a, ARENA_MAX / 8);
    ldap_entry_begin(&e, &b, r->id, r->dn);
    for (uint32_t i = 0; i < r->attr_count; i++) {
        ldap_entry_attr(&e, r->attrs[i].name);
        for (uint32_t k = 0; k < r->attrs[i].count; k++)
            ldap_entry_value(&e, r->attrs[i].values[k]);
    }
    ldap_entry_end(&e, r->controls, r->control_count);
    ENT_ASSERT(builder_done(&b, &out) == ERR_OK);
    ENT_ASSERT(ldap_decode_response(out, a, &again) == ERR_OK);
    ENT_ASSERT(again->attr_count == r->attr_count && span_eq(again->dn, r->dn));
    ENT_ASSERT(again->control_count == r->control_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct ldap_response *r;
    if (size > 1 << 16)
        return 0;
    arena_init(&a, 0, ARENA_MAX, 0);
    if (ldap_decode_response(span_of(data, size), &a, &r) == ERR_OK && r->op == LDAP_SEARCH_ENTRY)
        check_entry(r, &a);
    arena_fini(&a);
    return 0;
}
