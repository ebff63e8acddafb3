#include "wire/rpc/srvsvc.h"

#include "wire/ndr/ndr_table.h"

#define TEXT(T, m) ROW(WSTR, T, m, UNIQUE)
#define SERVER(T)  ROW(WSTR, T, server, IN, UNIQUE)

/* --- shares ---------------------------------------------------------------------------------- */

static const struct ndr_type share0 =
    NDR_TABLE(STRUCT, struct srvsvc_share0, "SHARE_INFO_0", 4, TEXT(srvsvc_share0, name));
static const struct ndr_type share1 =
    NDR_TABLE(STRUCT, struct srvsvc_share1, "SHARE_INFO_1", 4, TEXT(srvsvc_share1, name),
              ROW(U32, srvsvc_share1, type), TEXT(srvsvc_share1, comment));
static const struct ndr_type share2 =
    NDR_TABLE(STRUCT, struct srvsvc_share2, "SHARE_INFO_2", 4, TEXT(srvsvc_share2, name),
              ROW(U32, srvsvc_share2, type), TEXT(srvsvc_share2, comment),
              ROW(U32, srvsvc_share2, permissions), ROW(U32, srvsvc_share2, max_users),
              ROW(U32, srvsvc_share2, current_users), TEXT(srvsvc_share2, path),
              TEXT(srvsvc_share2, password));
static const struct ndr_type share501 =
    NDR_TABLE(STRUCT, struct srvsvc_share501, "SHARE_INFO_501", 4, TEXT(srvsvc_share501, name),
              ROW(U32, srvsvc_share501, type), TEXT(srvsvc_share501, comment),
              ROW(U32, srvsvc_share501, flags));
static const struct ndr_type share502 =
    NDR_TABLE(STRUCT, struct srvsvc_share502, "SHARE_INFO_502_I", 4,
              ROW(STRUCT, srvsvc_share502, base, OF(share2)),
              ROW(STRUCT, srvsvc_share502, descriptor, OF(rpc_ndr_descriptor)));
static const struct ndr_type share1005 = NDR_TABLE(
    STRUCT, struct srvsvc_share1005, "SHARE_INFO_1005", 4, ROW(U32, srvsvc_share1005, flags));

#define SHARES(T, name, share)                                                                     \
    NDR_TABLE(STRUCT, struct T, name, 4, ROW(U32, T, count),                                       \
              ROW(STRUCT, T, shares, UNIQUE, SIZE(T, count), LIMIT(SRVSVC_SHARES_MAX), OF(share)))
static const struct ndr_type shares0 = SHARES(srvsvc_shares0, "SHARE_INFO_0_CONTAINER", share0);
static const struct ndr_type shares1 = SHARES(srvsvc_shares1, "SHARE_INFO_1_CONTAINER", share1);
static const struct ndr_type shares2 = SHARES(srvsvc_shares2, "SHARE_INFO_2_CONTAINER", share2);
static const struct ndr_type shares501 =
    SHARES(srvsvc_shares501, "SHARE_INFO_501_CONTAINER", share501);
static const struct ndr_type shares502 =
    SHARES(srvsvc_shares502, "SHARE_INFO_502_CONTAINER", share502);

/* Of a level that is not here nothing can be said but that it is unknown. */
static const struct ndr_type shares =
    NDR_TABLE(MS_UNION, union srvsvc_shares, "SHARE_ENUM_UNION", 4,
              ARM(0, STRUCT, UNIQUE, OF(shares0)), ARM(1, STRUCT, UNIQUE, OF(shares1)),
              ARM(2, STRUCT, UNIQUE, OF(shares2)), ARM(501, STRUCT, UNIQUE, OF(shares501)),
              ARM(502, STRUCT, UNIQUE, OF(shares502)), ARM_DEFAULT(VOID));
static const struct ndr_type share_list = NDR_TABLE(
    STRUCT, struct srvsvc_share_list, "SHARE_ENUM_STRUCT", 4, ROW(U32, srvsvc_share_list, level),
    ROW(UNION, srvsvc_share_list, shares, OF(shares), SWITCH(srvsvc_share_list, level)));

#define ENUM_ROWS                                                                                  \
    SERVER(srvsvc_share_enum), ROW(STRUCT, srvsvc_share_enum, list, IN_OUT, OF(share_list)),       \
        ROW(U32, srvsvc_share_enum, max_size, IN), ROW(U32, srvsvc_share_enum, total, OUT),        \
        ROW(U32, srvsvc_share_enum, resume, IN_OUT, UNIQUE),                                       \
        ROW(U32, srvsvc_share_enum, status, OUT)
const struct ndr_type srvsvc_ndr_share_enum =
    NDR_TABLE(CALL, struct srvsvc_share_enum, "NetrShareEnum", 1, ENUM_ROWS);
const struct ndr_type srvsvc_ndr_share_enum_sticky =
    NDR_TABLE(CALL, struct srvsvc_share_enum, "NetrShareEnumSticky", 1, ENUM_ROWS);

static const struct ndr_type share =
    NDR_TABLE(MS_UNION, union srvsvc_share, "SHARE_INFO", 4, ARM(0, STRUCT, UNIQUE, OF(share0)),
              ARM(1, STRUCT, UNIQUE, OF(share1)), ARM(2, STRUCT, UNIQUE, OF(share2)),
              ARM(501, STRUCT, UNIQUE, OF(share501)), ARM(502, STRUCT, UNIQUE, OF(share502)),
              ARM(1005, STRUCT, UNIQUE, OF(share1005)), ARM_DEFAULT(VOID));
const struct ndr_type srvsvc_ndr_share_get_info = NDR_TABLE(
    CALL, struct srvsvc_share_get_info, "NetrShareGetInfo", 1, SERVER(srvsvc_share_get_info),
    ROW(WSTR, srvsvc_share_get_info, name, IN, REF), ROW(U32, srvsvc_share_get_info, level, IN),
    ROW(UNION, srvsvc_share_get_info, share, OUT, OF(share), SWITCH(srvsvc_share_get_info, level)),
    ROW(U32, srvsvc_share_get_info, status, OUT));

/* --- the server ------------------------------------------------------------------------------ */

static const struct ndr_type server100 =
    NDR_TABLE(STRUCT, struct srvsvc_server100, "SERVER_INFO_100", 4,
              ROW(U32, srvsvc_server100, platform), TEXT(srvsvc_server100, name));
static const struct ndr_type server101 =
    NDR_TABLE(STRUCT, struct srvsvc_server101, "SERVER_INFO_101", 4,
              ROW(U32, srvsvc_server101, platform), TEXT(srvsvc_server101, name),
              ROW(U32, srvsvc_server101, major), ROW(U32, srvsvc_server101, minor),
              ROW(U32, srvsvc_server101, type), TEXT(srvsvc_server101, comment));
static const struct ndr_type server102 =
    NDR_TABLE(STRUCT, struct srvsvc_server102, "SERVER_INFO_102", 4,
              ROW(STRUCT, srvsvc_server102, base, OF(server101)), ROW(U32, srvsvc_server102, users),
              ROW(U32, srvsvc_server102, disconnect), ROW(U32, srvsvc_server102, hidden),
              ROW(U32, srvsvc_server102, announce), ROW(U32, srvsvc_server102, announce_delta),
              ROW(U32, srvsvc_server102, licenses), TEXT(srvsvc_server102, user_path));
static const struct ndr_type server =
    NDR_TABLE(MS_UNION, union srvsvc_server, "SERVER_INFO", 4,
              ARM(100, STRUCT, UNIQUE, OF(server100)), ARM(101, STRUCT, UNIQUE, OF(server101)),
              ARM(102, STRUCT, UNIQUE, OF(server102)), ARM_DEFAULT(VOID));
const struct ndr_type srvsvc_ndr_server_get_info =
    NDR_TABLE(CALL, struct srvsvc_server_get_info, "NetrServerGetInfo", 1,
              SERVER(srvsvc_server_get_info), ROW(U32, srvsvc_server_get_info, level, IN),
              ROW(UNION, srvsvc_server_get_info, info, OUT, OF(server),
                  SWITCH(srvsvc_server_get_info, level)),
              ROW(U32, srvsvc_server_get_info, status, OUT));

#define NUMBER(m) ROW(U32, srvsvc_time, m)
static const struct ndr_type time_of_day =
    NDR_TABLE(STRUCT, struct srvsvc_time, "TIME_OF_DAY_INFO", 4, NUMBER(elapsed), NUMBER(msecs),
              NUMBER(hours), NUMBER(minutes), NUMBER(seconds), NUMBER(hundredths), NUMBER(timezone),
              NUMBER(tick), NUMBER(day), NUMBER(month), NUMBER(year), NUMBER(weekday));
const struct ndr_type srvsvc_ndr_remote_tod =
    NDR_TABLE(CALL, struct srvsvc_remote_tod, "NetrRemoteTOD", 1, SERVER(srvsvc_remote_tod),
              ROW(STRUCT, srvsvc_remote_tod, time, OUT, UNIQUE, OF(time_of_day)),
              ROW(U32, srvsvc_remote_tod, status, OUT));

static const struct rpc_call calls[] = {
    {SRVSVC_SHARE_ENUM, &srvsvc_ndr_share_enum},
    {SRVSVC_SHARE_GET_INFO, &srvsvc_ndr_share_get_info},
    {SRVSVC_SERVER_GET_INFO, &srvsvc_ndr_server_get_info},
    {SRVSVC_REMOTE_TOD, &srvsvc_ndr_remote_tod},
    {SRVSVC_SHARE_ENUM_STICKY, &srvsvc_ndr_share_enum_sticky},
};

const struct rpc_iface srvsvc_iface = {
    .name = "srvsvc",
    .id = {{{0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e,
             0xe1, 0x88}},
           3,
           0},
    .calls = calls,
    .count = sizeof(calls) / sizeof(calls[0]),
};
