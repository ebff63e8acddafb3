/* Principal names as text: what parses is unparsed to something that parses to the same. */
#include "wire/krb/krb_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct krb_principal p, again;
    struct krb_spn spn;
    struct span in = span_of(data, size);
    arena_init(&a, 0, 1 << 20, 0);
    if (krb_parse(in, SPAN_LIT("REALM"), KRB_NT_PRINCIPAL, &a, &p) == ERR_OK) {
        struct span text = krb_unparse(&p.name, p.realm, &a);
        if (text.ptr) {
            ENT_ASSERT(krb_parse(text, SPAN_NONE, KRB_NT_PRINCIPAL, &a, &again) == ERR_OK);
            ENT_ASSERT(krb_principal_eq(&p, &again));
        }
    }
    (void)krb_parse_enterprise(in, SPAN_LIT("REALM"), &a, &p);
    if (krb_spn_parse(in, &spn) == ERR_OK)
        ENT_ASSERT(spn.service_class.len && spn.host.len);
    arena_fini(&a);
    return 0;
}
