/*
 * The arguments of every call, by its table: the first two bytes are the interface and the
 * operation's number, the third and fourth say how many bytes are the request; what is left is an
 * answer to it. What decodes is written, decodes again and is then written as the same bytes.
 */
#include "wire/ms/fuzz.h"
#include "wire/rpc/rpc_iface.h"

static const struct rpc_iface *const ifaces[] = {
    &lsa_iface,    &netlogon_iface, &epm_iface, &dssetup_iface, &srvsvc_iface,
    &wkssvc_iface, &samr_iface,     &drs_iface, &mgmt_iface,
};

static uint64_t args[RPC_ARGS_MAX / 8];

static struct span put(struct arena *a, const struct ndr_type *type, unsigned direction)
{
    struct builder b;

    builder_in(&b, a, FUZZ_MEMORY);
    ndr_put_call(&b, type, direction, args);
    return fuzz_bytes(&b);
}

static bool one(struct arena *a, const struct ndr_type *type, unsigned direction, struct span bytes)
{
    struct span first;

    if (ndr_decode_call(type, direction, bytes, a, args, NULL) != ERR_OK)
        return false;
    first = put(a, type, direction);
    ENT_ASSERT(ndr_decode_call(type, direction, first, a, args, NULL) == ERR_OK);
    ENT_ASSERT(span_eq(first, put(a, type, direction)));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(span_of(data, size));
    unsigned iface = reader_u8(&r) % (sizeof(ifaces) / sizeof(ifaces[0]));
    const struct rpc_call *call = rpc_iface_call(ifaces[iface], reader_u8(&r));
    struct span request = reader_span(&r, reader_le16(&r));
    struct span answer = reader_rest(&r);
    struct arena a;

    if (!reader_ok(&r) || !call)
        return 0;
    const struct ndr_type *type = call->type;
    arena_init(&a, 0, 4 * FUZZ_MEMORY, 0);
    memset(args, 0, sizeof(args));
    if (one(&a, type, NDR_IN, request))
        one(&a, type, NDR_OUT, answer);
    arena_fini(&a);
    return 0;
}
