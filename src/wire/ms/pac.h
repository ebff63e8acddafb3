/*
 * The privilege attribute certificate ([MS-PAC]): who the client is and which groups it is in,
 * inside a Kerberos ticket. Three parts that are used alone or together:
 *
 * - Opening: pac_open checks the container and gives views of its buffers; pac_logon_info and its
 *   kin decode one buffer. Whoever opens a PAC must verify it before believing it (pac_sign.h).
 * - Contents: the structs below, decoded into an arena or filled in by who builds a PAC.
 * - Building: pac_build writes a whole PAC into one builder, in Windows' order, each buffer on an
 *   8-byte boundary, signatures zero, and reports where the things lie that differ from ticket to
 *   ticket. A KDC keeps the result per account, copies it for each ticket, patches the copy with
 *   pac_set_times and its kin and signs it.
 *
 * Times are FILETIME, texts UTF-8. Nothing here allocates but from the arena that is passed.
 */
#ifndef WIRE_MS_PAC_H
#define WIRE_MS_PAC_H

#include "base/arena.h"
#include "base/builder.h"
#include "wire/ms/guid.h"
#include "wire/ms/sid.h"

#define PAC_MAX           65535 /* bytes: Windows' largest MaxTokenSize */
#define PAC_BUFFERS_MAX   32    /* 20 types are defined, each at most once */
#define PAC_SIGNATURE_MAX 64    /* bytes of a signature, of any type there may ever be */
#define PAC_GROUPS_MAX    4096  /* of one array; a Windows token ends at 1024 SIDs */

enum pac_type {
    PAC_LOGON_INFO = 1,
    PAC_CREDENTIALS = 2,
    PAC_SERVER_CHECKSUM = 6,
    PAC_KDC_CHECKSUM = 7,
    PAC_CLIENT_INFO = 10,
    PAC_DELEGATION = 11,
    PAC_UPN_DNS = 12,
    PAC_CLIENT_CLAIMS = 13,
    PAC_DEVICE_INFO = 14,
    PAC_DEVICE_CLAIMS = 15,
    PAC_TICKET_CHECKSUM = 16,
    PAC_ATTRIBUTES = 17,
    PAC_REQUESTOR_SID = 18,
    PAC_FULL_CHECKSUM = 19, /* the extended KDC signature */
    PAC_REQUESTOR_GUID = 20,
};

/* --- the container --------------------------------------------------------------------------- */

struct pac_buffer {
    uint32_t type;
    uint32_t offset; /* from the start of the PAC */
    uint32_t size;
};

struct pac {
    struct span bytes;
    unsigned count;
    struct pac_buffer buffers[PAC_BUFFERS_MAX];
};

/* ERR_MALFORMED: wrong version, an unaligned offset, a buffer outside the PAC, over its header or
 * over another buffer (a signature that overlaps data would not cover it). ERR_LIMIT. */
enum err pac_open(struct span bytes, struct pac *out);
/* The first buffer of the type, later ones being ignored as [MS-PAC] 2.4 says; NULL: none. */
const struct pac_buffer *pac_find(const struct pac *p, enum pac_type type);
/* Its contents; ptr NULL: none. */
struct span pac_contents(const struct pac *p, enum pac_type type);

/* --- contents -------------------------------------------------------------------------------- */

struct pac_group { /* GROUP_MEMBERSHIP */
    uint32_t rid;
    uint32_t attributes;
};

struct pac_sid { /* KERB_SID_AND_ATTRIBUTES */
    const struct sid *sid;
    uint32_t attributes;
};

#define PAC_GROUP_DEFAULT  0x00000007 /* mandatory, enabled by default, enabled */
#define PAC_GROUP_RESOURCE 0x20000007

enum pac_user_flags {
    PAC_FLAG_EXTRA_SIDS = 0x20,
    PAC_FLAG_RESOURCE_GROUPS = 0x200,
};

/* KERB_VALIDATION_INFO ([MS-PAC] 2.5). A text whose ptr is NULL is a null pointer on the wire;
 * Windows writes texts that are not set as empty ones, with a pointer. Arrays may be NULL when
 * their count is 0. user_flags is what the wire has: a builder of PACs sets the two bits above when
 * it gives extra SIDs or resource groups. */
struct pac_logon_info {
    int64_t logon_time, logoff_time, kickoff_time;
    int64_t password_last_set, password_can_change, password_must_change;
    struct span account_name, full_name, logon_script, profile_path, home_directory, home_drive;
    uint16_t logon_count, bad_password_count;
    uint32_t rid, primary_gid;
    uint32_t group_count;
    struct pac_group *groups;
    uint32_t user_flags;
    uint8_t session_key[16];
    struct span logon_server, logon_domain;
    const struct sid *domain_sid; /* NULL possible on the wire, never in a valid PAC */
    uint8_t reserved1[8];
    uint32_t
        user_account_control; /* USER_* bits of [MS-SAMR] 2.2.1.12, not LDAP's userAccountControl */
    uint32_t sub_auth_status;
    int64_t last_success, last_failure;
    uint32_t failed_count;
    uint32_t reserved3;
    uint32_t extra_count;
    struct pac_sid *extra;
    const struct sid *resource_domain;
    uint32_t resource_count;
    struct pac_group *resource;
};

struct pac_client_info {
    int64_t authtime;
    struct span name;
};

enum pac_upn_flags {
    PAC_UPN_CONSTRUCTED = 1, /* the account has no userPrincipalName */
    PAC_UPN_EXTENDED = 2,    /* sam_name and sid are there */
};

struct pac_upn_dns {
    struct span upn, dns_domain; /* dns_domain is upper case in Windows' PACs */
    uint32_t flags;              /* building adds PAC_UPN_EXTENDED when sid is given */
    struct span sam_name;
    const struct sid *sid; /* NULL: the short form */
};

enum pac_attribute_flags {
    PAC_WAS_REQUESTED = 1,
    PAC_WAS_GIVEN_IMPLICITLY = 2,
};

struct pac_delegation { /* S4U_DELEGATION_INFO */
    struct span target;
    uint32_t count;
    struct span *services;
};

/* Each decodes the contents of one buffer, all of it; texts go into the arena. ERR_MALFORMED,
 * ERR_LIMIT, ERR_NOMEM, ERR_UNSUPPORTED (big-endian NDR). */
enum err pac_logon_info(struct span contents, struct arena *a, struct pac_logon_info *out);
enum err pac_client_info(struct span contents, struct arena *a, struct pac_client_info *out);
enum err pac_upn_dns(struct span contents, struct arena *a, struct pac_upn_dns *out);
enum err pac_attributes(struct span contents, uint32_t *flags_out);
enum err pac_requestor_sid(struct span contents, struct sid *out);
enum err pac_requestor_guid(struct span contents, struct guid *out);
enum err pac_delegation(struct span contents, struct arena *a, struct pac_delegation *out);

/* Each writes the contents of one buffer, without padding at the end. */
void pac_put_logon_info(struct builder *b, const struct pac_logon_info *info);
void pac_put_client_info(struct builder *b, const struct pac_client_info *info);
void pac_put_upn_dns(struct builder *b, const struct pac_upn_dns *info);
void pac_put_attributes(struct builder *b, uint32_t flags);
void pac_put_delegation(struct builder *b, const struct pac_delegation *info);

/* --- building -------------------------------------------------------------------------------- */

/* Where the signature of one buffer lies: bytes at..at+size, size 0 when the PAC has no such
 * buffer. */
struct pac_signature_place {
    uint32_t at;
    uint32_t size;
    int32_t cksumtype;
};

enum pac_signature { PAC_SIG_SERVER, PAC_SIG_KDC, PAC_SIG_TICKET, PAC_SIG_FULL, PAC_SIGS };

/* Offsets from the start of the PAC; 0: not there. */
struct pac_layout {
    uint32_t size;
    uint32_t logon_time_at;  /* 8 bytes: KERB_VALIDATION_INFO's LogonTime */
    uint32_t client_time_at; /* 8 bytes: PAC_CLIENT_INFO's ClientId */
    uint32_t client_name_at; /* client_name_size bytes of UTF-16LE */
    uint32_t client_name_size;
    uint32_t attributes_at; /* 4 bytes: the flags of PAC_ATTRIBUTES_INFO */
    struct pac_signature_place sigs[PAC_SIGS];
};

/* What pac_build writes, in the order 1 2 10 12 11 13 14 15 17 18 20 6 7 16 19. A buffer is given
 * as a struct or as ready contents (raw, taken from another PAC); NULL and empty spans leave it
 * out. raw[] is indexed by type; signature types in it are ignored. */
struct pac_content {
    const struct pac_logon_info *logon;
    const struct pac_client_info *client;
    const struct pac_upn_dns *upn_dns;
    const struct pac_delegation *delegation;
    bool has_attributes;
    uint32_t attributes;
    const struct sid *requestor;
    struct span raw[PAC_REQUESTOR_GUID + 1];
    int32_t server_cksumtype; /* enum krb_cksumtype; 0: no signatures 6 and 7 at all */
    int32_t kdc_cksumtype;    /* for 7, 16 and 19 */
    bool ticket_signature;    /* 16 */
    bool full_signature;      /* 19 */
};

/* Appends the PAC to b, at any position, as if it began there. The layout is filled in when b is
 * good. Sticky errors: ERR_UNSUPPORTED for an unknown checksum type, ERR_LIMIT beyond PAC_MAX. */
void pac_build(struct builder *b, const struct pac_content *content, struct pac_layout *layout_out);

/* Fills in a layout for a PAC that was opened, to sign it or to compare. */
enum err pac_layout_of(const struct pac *p, struct pac_layout *out);

/* Overwrites ClientId, and LogonTime unless keep_logon. bytes is the PAC of that layout. */
void pac_set_times(uint8_t *bytes, const struct pac_layout *layout, int64_t authtime,
                   bool keep_logon);
/* Overwrites LogonCount and BadPasswordCount; the attributes' flags. */
void pac_set_counts(uint8_t *bytes, const struct pac_layout *layout, uint16_t logons, uint16_t bad);
void pac_set_attributes(uint8_t *bytes, const struct pac_layout *layout, uint32_t flags);
/* The contents of a PAC_LOGON_INFO around what differs from logon to logon: LogonTime and the two
 * counts lie between the three parts. ERR_MALFORMED: too short for that. */
#define PAC_STEADY_PARTS 3
enum err pac_logon_steady(struct span contents, struct span parts_out[PAC_STEADY_PARTS]);
/* Overwrites LogonTime and counts with those of such contents. */
void pac_set_logon(uint8_t *bytes, const struct pac_layout *layout, struct span contents);
/* Overwrites the client name with one whose UTF-16 has the same size; ERR_RANGE when it has not
 * (then the PAC must be built anew), ERR_MALFORMED when it is not UTF-8. */
enum err pac_set_name(uint8_t *bytes, const struct pac_layout *layout, struct span name);

#endif
