#include "wire/rpc/drs_types.h"

#include "wire/ms/ndr_types.h"
#include "wire/ndr/ndr_table.h"

static const struct ndr_type extensions = NDR_TABLE(
    STRUCT, struct drs_extensions, "DRS_EXTENSIONS", 4, ROW(U32, drs_extensions, count),
    ROW(U8, drs_extensions, bytes, SIZE(drs_extensions, count), LIMIT(DRS_EXTENSIONS_MAX)));

const struct ndr_type drs_ndr_bind = NDR_TABLE(
    CALL, struct drs_bind, "IDL_DRSBind", 1,
    ROW(STRUCT, drs_bind, client, IN, UNIQUE, OF(ndr_guid)),
    ROW(STRUCT, drs_bind, extensions, IN, UNIQUE, OF(extensions)),
    ROW(STRUCT, drs_bind, answer, OUT, UNIQUE, OF(extensions)),
    ROW(STRUCT, drs_bind, handle, OUT, OF(rpc_ndr_handle)), ROW(U32, drs_bind, status, OUT));

const struct ndr_type drs_ndr_unbind = NDR_TABLE(
    CALL, struct drs_unbind, "IDL_DRSUnbind", 1,
    ROW(STRUCT, drs_unbind, handle, IN_OUT, OF(rpc_ndr_handle)), ROW(U32, drs_unbind, status, OUT));

static const struct ndr_type name =
    NDR_TABLE(STRUCT, struct drs_name, "NAME", 4, ROW(WSTR, drs_name, text, UNIQUE));
static const struct ndr_type request =
    NDR_TABLE(STRUCT, struct drs_crack_request, "DRS_MSG_CRACKREQ_V1", 4,
              ROW(U32, drs_crack_request, codepage), ROW(U32, drs_crack_request, language),
              ROW(U32, drs_crack_request, flags), ROW(U32, drs_crack_request, offered),
              ROW(U32, drs_crack_request, desired), ROW(U32, drs_crack_request, count),
              ROW(STRUCT, drs_crack_request, names, UNIQUE, SIZE(drs_crack_request, count),
                  LIMIT(DRS_NAMES_MAX), OF(name)));
static const struct ndr_type request_union =
    NDR_TABLE(UNION, union drs_crack_in, "DRS_MSG_CRACKREQ", 4, ARM(1, STRUCT, OF(request)));

static const struct ndr_type cracked =
    NDR_TABLE(STRUCT, struct drs_cracked, "DS_NAME_RESULT_ITEMW", 4, ROW(U32, drs_cracked, status),
              ROW(WSTR, drs_cracked, domain, UNIQUE), ROW(WSTR, drs_cracked, name, UNIQUE));
static const struct ndr_type result = NDR_TABLE(
    STRUCT, struct drs_crack_result, "DS_NAME_RESULTW", 4, ROW(U32, drs_crack_result, count),
    ROW(STRUCT, drs_crack_result, items, UNIQUE, SIZE(drs_crack_result, count),
        LIMIT(DRS_NAMES_MAX), OF(cracked)));
static const struct ndr_type answer =
    NDR_TABLE(STRUCT, struct drs_crack_answer, "DRS_MSG_CRACKREPLY_V1", 4,
              ROW(STRUCT, drs_crack_answer, result, UNIQUE, OF(result)));
static const struct ndr_type answer_union =
    NDR_TABLE(UNION, union drs_crack_out, "DRS_MSG_CRACKREPLY", 4, ARM(1, STRUCT, OF(answer)));

const struct ndr_type drs_ndr_crack_names = NDR_TABLE(
    CALL, struct drs_crack_names, "IDL_DRSCrackNames", 1,
    ROW(STRUCT, drs_crack_names, handle, IN, OF(rpc_ndr_handle)),
    ROW(U32, drs_crack_names, in_version, IN),
    ROW(UNION, drs_crack_names, in, IN, OF(request_union), SWITCH(drs_crack_names, in_version)),
    ROW(U32, drs_crack_names, out_version, OUT),
    ROW(UNION, drs_crack_names, out, OUT, OF(answer_union), SWITCH(drs_crack_names, out_version)),
    ROW(U32, drs_crack_names, status, OUT));

static const struct rpc_call calls[] = {
    {DRS_BIND, &drs_ndr_bind},
    {DRS_UNBIND, &drs_ndr_unbind},
    {DRS_CRACK_NAMES, &drs_ndr_crack_names},
};

const struct rpc_iface drs_iface = {
    .name = "drsuapi",
    .id = {{{0x35, 0x42, 0x51, 0xe3, 0x06, 0x4b, 0xd1, 0x11, 0xab, 0x04, 0x00, 0xc0, 0x4f, 0xc2,
             0xdc, 0xd2}},
           4,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
