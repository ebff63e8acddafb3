#include "wire/ms/ndr_types.h"
#include "wire/ms/guid.h"
#include "wire/ms/sid.h"

static const struct ndr_row sid_rows[] = {
    {.kind = NDR_U8, .at = offsetof(struct sid, revision)},
    {.kind = NDR_U8, .at = offsetof(struct sid, count)},
    {.kind = NDR_U8, .shape = NDR_FIXED, .limit = 6, .at = offsetof(struct sid, authority)},
    {.kind = NDR_U32,
     .shape = NDR_CONF,
     .limit = SID_SUBS_MAX,
     .at = offsetof(struct sid, sub),
     .size_is = NDR_MEMBER(struct sid, count)},
};
const struct ndr_type ndr_sid = NDR_TYPE("RPC_SID", STRUCT, 4, struct sid, sid_rows);

/* On the wire a GUID is a number and two shorter ones and bytes, which in little-endian is the 16
 * bytes as they are kept, aligned to 4. The alignment comes from an empty array of numbers. */
static const struct ndr_row guid_rows[] = {
    {.kind = NDR_U8,
     .shape = NDR_FIXED,
     .limit = 16,
     .flags = NDR_GUID_BYTES,
     .at = offsetof(struct guid, b)},
};
const struct ndr_type ndr_guid = NDR_TYPE("GUID", STRUCT, 4, struct guid, guid_rows);
