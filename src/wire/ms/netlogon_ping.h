/*
 * The netlogon attribute of the rootDSE: how clients locate a domain controller over CLDAP and LDAP
 * ([MS-ADTS] 6.3.1, 6.3.3, 6.3.7). A request is the values of a search filter, an answer is one of
 * three structures, with DNS-like name compression. Both directions of the answer are here, because
 * our own client role asks other DCs.
 *
 * Pure; texts are UTF-8.
 */
#ifndef WIRE_MS_NETLOGON_PING_H
#define WIRE_MS_NETLOGON_PING_H

#include "base/arena.h"
#include "base/builder.h"
#include "wire/ms/guid.h"
#include "wire/ms/sid.h"

#define NETLOGON_ANSWER_MAX 4096 /* bytes of an answer; seven names of 255 bytes at most */

enum netlogon_nt_version {
    NETLOGON_V1 = 0x1,
    NETLOGON_V5 = 0x2,
    NETLOGON_V5EX = 0x4,
    NETLOGON_V5EX_WITH_IP = 0x8,
    NETLOGON_WITH_CLOSEST_SITE = 0x10,
    NETLOGON_AVOID_NT4EMUL = 0x1000000,
    NETLOGON_PDC = 0x10000000,
    NETLOGON_LOCAL = 0x40000000,
};

/* DS_FLAG options (6.3.1.2). */
enum netlogon_ds_flag {
    DS_PDC_FLAG = 0x1,
    DS_GC_FLAG = 0x4,
    DS_LDAP_FLAG = 0x8,
    DS_DS_FLAG = 0x10,
    DS_KDC_FLAG = 0x20,
    DS_TIMESERV_FLAG = 0x40,
    DS_CLOSEST_FLAG = 0x80,
    DS_WRITABLE_FLAG = 0x100,
    DS_GOOD_TIMESERV_FLAG = 0x200,
    DS_NDNC_FLAG = 0x400,
    DS_SELECT_SECRET_DOMAIN_6_FLAG = 0x800,
    DS_FULL_SECRET_DOMAIN_6_FLAG = 0x1000,
    DS_WS_FLAG = 0x2000,
    DS_DS_8_FLAG = 0x4000,
    DS_DS_9_FLAG = 0x8000,
};

/* --- the request ---------------------------------------------------------------------------- */

/* What the filter said. Texts are views of the filter's values; ptr NULL: not given. */
struct netlogon_request {
    struct span dns_domain, host, dns_host, user;
    bool has_sid, has_guid, has_aac, has_nt_version;
    struct sid domain_sid;
    struct guid domain_guid;
    uint32_t aac;
    uint32_t nt_version;
};

/* Takes one equality of the filter into the request; unknown attributes are ignored (6.3.3.1).
 * Any error makes the filter invalid: ERR_EXISTS (given twice), ERR_MALFORMED. */
enum err netlogon_request_add(struct netlogon_request *req, struct span attribute,
                              struct span value);

/* --- the answer ----------------------------------------------------------------------------- */

enum netlogon_form { NETLOGON_FORM_NT40, NETLOGON_FORM_5, NETLOGON_FORM_EX };

/* The form that answers a request with this NtVer (6.3.3.2), NT4 emulation being off. */
enum netlogon_form netlogon_form_for(uint32_t nt_version);

/* As a LOGON_SAM_* code. The EX form has codes of its own, 4 higher: putting and decoding
 * translate. */
enum netlogon_opcode {
    NETLOGON_LOGON_RESPONSE = 19,
    NETLOGON_PAUSE_RESPONSE = 20,
    NETLOGON_USER_UNKNOWN = 21,
};

/* Fields of all forms; which ones a form has is in the comments (NT40: 4, 5, EX: e). The logon
 * server of forms 4 and 5 is computer, which Windows writes with two backslashes before it. */
struct netlogon_answer {
    enum netlogon_form form;
    enum netlogon_opcode opcode;
    uint32_t nt_version;     /* decoded: as sent. Put: WITH_IP and CLOSEST_SITE choose the parts */
    uint32_t flags;          /* 5 e */
    struct guid domain_guid; /* 5 e */
    struct span forest;      /* 5 e */
    struct span dns_domain;  /* 5 e */
    struct span dns_host;    /* 5 e */
    struct span flat_domain; /* 4 5 e */
    struct span computer;    /* 4 5 e */
    struct span user;        /* 4 5 e */
    struct span dc_site;     /* e */
    struct span client_site; /* e */
    struct span next_site;   /* e, with NETLOGON_WITH_CLOSEST_SITE */
    bool has_address;        /* decoded */
    uint8_t address[4];      /* 5, and e with NETLOGON_V5EX_WITH_IP; IPv4 in network order */
};

/* Sticky errors: ERR_RANGE for a name that does not fit a DNS name (labels of 63 bytes, 255 in
 * all). */
void netlogon_answer_put(struct builder *b, const struct netlogon_answer *answer);

/* ERR_MALFORMED; ERR_UNSUPPORTED: an operation code that is not an answer. */
enum err netlogon_answer_decode(struct span bytes, struct arena *a, struct netlogon_answer *out);

#endif
