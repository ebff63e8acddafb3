#include "wire/rpc/wkssvc.h"

#include "wire/ndr/ndr_table.h"

static const struct ndr_type info100 = NDR_TABLE(
    STRUCT, struct wkssvc_info100, "WKSTA_INFO_100", 4, ROW(U32, wkssvc_info100, platform),
    ROW(WSTR, wkssvc_info100, computer, UNIQUE), ROW(WSTR, wkssvc_info100, domain, UNIQUE),
    ROW(U32, wkssvc_info100, major), ROW(U32, wkssvc_info100, minor));
static const struct ndr_type info101 = NDR_TABLE(STRUCT, struct wkssvc_info101, "WKSTA_INFO_101", 4,
                                                 ROW(STRUCT, wkssvc_info101, base, OF(info100)),
                                                 ROW(WSTR, wkssvc_info101, lan_root, UNIQUE));
static const struct ndr_type info102 =
    NDR_TABLE(STRUCT, struct wkssvc_info102, "WKSTA_INFO_102", 4,
              ROW(STRUCT, wkssvc_info102, base, OF(info101)), ROW(U32, wkssvc_info102, logged_on));
static const struct ndr_type info =
    NDR_TABLE(UNION, union wkssvc_info, "WKSTA_INFO", 4, ARM(100, STRUCT, UNIQUE, OF(info100)),
              ARM(101, STRUCT, UNIQUE, OF(info101)), ARM(102, STRUCT, UNIQUE, OF(info102)),
              ARM_DEFAULT(VOID));

const struct ndr_type wkssvc_ndr_get_info =
    NDR_TABLE(CALL, struct wkssvc_get_info, "NetrWkstaGetInfo", 1,
              ROW(WSTR, wkssvc_get_info, server, IN, UNIQUE), ROW(U32, wkssvc_get_info, level, IN),
              ROW(UNION, wkssvc_get_info, info, OUT, OF(info), SWITCH(wkssvc_get_info, level)),
              ROW(U32, wkssvc_get_info, status, OUT));

static const struct rpc_call calls[] = {
    {WKSSVC_GET_INFO, &wkssvc_ndr_get_info},
};

const struct rpc_iface wkssvc_iface = {
    .name = "wkssvc",
    .id = {{{0x98, 0xd0, 0xff, 0x6b, 0x12, 0xa1, 0x10, 0x36, 0x98, 0x33, 0x46, 0xc3, 0xf8, 0x7e,
             0x34, 0x5a}},
           1,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
