/*
 * Inside the LDAP service: connections, requests, and the verbs.
 *
 * A request object holds all memory of one request and comes out of a pool. Most requests are
 * answered before consume returns; a search that fills the output, or a write that waits for the
 * writer, stays with its session as `running`, and no other message of that connection is looked at
 * meanwhile. A paged search rests in session->pages between its pages.
 */
#ifndef LDAP_LDAP_INTERNAL_H
#define LDAP_LDAP_INTERNAL_H

#include "base/builder.h"
#include "directory/policy.h"
#include "directory/search.h"
#include "ldap/ldap.h"
#include "plat/datagram.h"
#include "plat/stream.h"
#include "wire/ldap/ldap_controls.h"
#include "wire/ldap/ldap_message.h"
#include "wire/ldap/ldap_write.h"

/* AD's lDAPAdminLimits. */
#define LDAP_PAGE_MAX          1000
#define LDAP_VALUES_RANGE      1500
#define LDAP_QUERY_DURATION    (120 * UTIME_SECOND)
#define LDAP_PAGED_MAX         4     /* searches between pages on one connection */
#define LDAP_SORT_ROWS_MAX     10000 /* AD's MaxTempTableSize */
#define LDAP_SORT_BYTES_MAX    (4u << 20)
#define LDAP_ENTRY_MAX         (24u << 20)
#define LDAP_REQUEST_ARENA     (48u << 20)
#define LDAP_POOL_MAX          64
#define LDAP_IDENTITY_MAX      (4u << 20)
#define LDAP_IDENTITY_NAME_MAX 1024
#define LDAP_GC_PORT           3268
#define LDAP_TLS_PORT          636
#define LDAP_GC_TLS_PORT       3269

/* AD's sentence for who did not bind. */
#define LDAP_NEEDS_BIND                                                                            \
    "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful "  \
    "bind must be completed on the connection., data 0, v4563"

struct ldap_sasl;
struct ldap_wants;
struct acceptor;

/* What every bind wants to know of the directory: read again only when there was a commit. */
struct ldap_domain {
    uint64_t id; /* of the snapshot that was looked at; 0: none */
    bool allow_cleartext_bind, has_psos;
    struct policy_settings policy; /* of accounts without a password settings object */
};

/* Naming contexts below the base of the last search, as URLs. */
#define LDAP_REFERENCES 4
#define LDAP_URL_MAX    1200 /* two names of a forest: 255 octets each, escaped as a DN */
struct ldap_url {
    uint16_t len;
    char text[LDAP_URL_MAX];
};
struct ldap_references {
    uint64_t id; /* of the snapshot; 0: none */
    dir_id base;
    bool one; /* of one level */
    unsigned count;
    struct ldap_url url[LDAP_REFERENCES];
};

struct ldap_server {
    struct ldap_env env;
    struct ldap_domain domain;
    struct ldap_references references;
    struct plat_stream *tcp;
    struct plat_udp *udp;
    struct plat_hook *turn;
    struct ldap_request *pool;
    unsigned pooled;
    uint64_t next_cookie;
    struct ldap_wants *wants;
    struct acceptor *acceptor;
    struct arena names;        /* of the acceptor */
    struct arena layer_memory; /* one record of a security layer */
};

/* What the controls of a request ask for. */
struct ldap_options {
    bool paged, show_deleted, domain_scope, phantom_root, extended_dn, extended_text;
    bool permissive, tree_delete, has_sd_flags, range_quiet, as_ever;
    bool has_sort, sort_critical, has_vlv;
    struct ldap_paged page;
    struct ldap_sort sort;
    struct ldap_vlv vlv;
    uint32_t sd_flags;
};

/* Who is on the other end. */
struct ldap_identity {
    struct arena memory; /* of the token */
    struct dir_token token;
    struct span name; /* for whoami and events: "AWS\\alice" */
    dir_id account;   /* whose token it will be, unless it is ready */
    utime until;      /* a ticket's end; 0: none */
    bool bound, ready;
};

struct ldap_session {
    struct ldap_server *server;
    struct plat_conn *conn;
    struct ldap_identity who;
    struct ldap_request *running;
    struct ldap_request *pages;
    struct ldap_sasl *sasl;  /* a SASL bind under way */
    struct ldap_sasl *layer; /* the one whose security layer the connection has */
    bool gc, tls, sealed;
    char peer[PLAT_ADDR_TEXT]; /* for events, from the first one on */
};

/* One attribute that a search asks for. */
struct ldap_wanted {
    const struct schema_attr *attr;
    struct span name;   /* the attribute's own spelling */
    struct span option; /* "binary", or empty */
    bool range;
    uint32_t low, high; /* high UINT32_MAX: the rest */
};

struct ldap_want {
    bool all;
    struct ldap_wanted *list;
    unsigned count;
};

struct ldap_request {
    struct ldap_request *next;
    struct ldap_session *session;
    struct arena arena;   /* the message and what lives as long as the request */
    struct arena scratch; /* one candidate of a search */
    struct arena values;  /* one entry's values */
    struct arena out;     /* one response */
    struct ldap_message *m;
    int32_t id;
    struct ldap_options options;
    struct dir_snap snap;
    bool has_snap;
    /* search */
    struct dir_search q;
    struct ldap_want want;
    utime deadline;
    uint32_t size_limit, sent, page_sent;
    dir_id held; /* found, and kept for the next page */
    uint64_t cookie;
    struct ldap_sorting *sorting; /* NULL: in the order of the directory */
    uint32_t sort_code;           /* of the response controls */
    uint32_t vlv_position, vlv_count, vlv_code;
    /* write */
    struct plat_channel *channel;
    struct plat_call call;
    bool calling;
};

/* --- ldap_session.c --- */

/* Sends what the builder holds. */
enum err ldap_send(struct ldap_session *ss, struct builder *b);
/* A builder in the request's memory for one response. */
void ldap_response(struct ldap_request *rq, struct builder *b);
/* A result without more: code, AD's diagnostic text, matched DN. text may be NULL. */
enum err ldap_reply(struct ldap_request *rq, uint32_t code, const char *text, struct span matched);
enum err ldap_reply_with(struct ldap_request *rq, uint32_t code, const char *text,
                         struct span matched, const struct ldap_control *controls, uint32_t count);
enum err ldap_request_read(struct ldap_request *rq);
void ldap_request_pause(struct ldap_request *rq);
/* Back to the pool; the session's pointers are the caller's. */
void ldap_request_free(struct ldap_request *rq);
struct ldap_request *ldap_request_new(struct ldap_session *ss);
bool ldap_private(const struct ldap_session *ss);
void ldap_event(struct ldap_session *ss, const char *name, enum reason reason, struct span detail);

/* --- ldap_identity.c --- */

void ldap_identity_clear(struct ldap_identity *who);
/* The session becomes this account, or these SIDs (the first is the user). */
void ldap_identity_account(struct ldap_session *ss, dir_id account, struct span name);
enum err ldap_identity_token(struct ldap_session *ss, const struct dir_token *token,
                             struct span name, utime until);

/* Before a token is used: makes it. ERR_DENIED: the session has not bound. */
enum err ldap_identity_ready(struct ldap_request *rq);

/* --- ldap_domain.c --- */

enum err ldap_domain_look(struct ldap_request *rq);

/* --- ldap_options.c --- */

/* Reads the controls. LDAP_SUCCESS, or the code to refuse with. */
enum ldap_code ldap_options_read(const struct ldap_message *m, struct arena *a,
                                 struct ldap_options *out);
/* The controls that are served, for the root; NULL after the last. */
const char *ldap_options_oid(unsigned index);

/* --- ldap_rootdse.c, ldap_ping.c --- */

struct ldap_facts {
    struct dir_naming naming;
    struct span host;     /* DNS name */
    struct span computer; /* NetBIOS name */
    struct span domain_dn, root_dn, config_dn, schema_dn, server_dn;
};
enum err ldap_facts(const struct ldap_server *sv, const struct dir_snap *s, struct arena *a,
                    struct ldap_facts *out);
/* The whole answer of a search with base "" and scope base, entry and result; client is the
 * address that it is sent to. ERR_NOT_FOUND:
 * nothing at all is to be answered to a datagram. */
enum err ldap_rootdse(const struct ldap_server *sv, const struct dir_snap *s,
                      const struct ldap_message *m, struct span client, struct arena *a,
                      struct builder *b);
/* The NetLogon attribute's value. ERR_NOT_FOUND: no such domain here. */
enum err ldap_ping_value(const struct ldap_server *sv, const struct dir_snap *s,
                         const struct ldap_filter *filter, struct span client, struct arena *a,
                         struct span *out);

/* --- ldap_sort.c --- */

/* Does the request want its entries sorted, and can that be? ERR_REFUSED: it cannot and must be;
 * the result is ldap_sort_refusal's. */
enum err ldap_sort_begin(struct ldap_request *rq);
/* In place of dir_search_next while rq->sorting is set, with its results; and ERR_REFUSED. */
enum err ldap_sort_next(struct ldap_request *rq, unsigned examine, struct dir_obj *out);
uint32_t ldap_sort_refusal(const struct ldap_request *rq);
/* Adds the response controls, at most two. */
enum err ldap_sort_controls(struct ldap_request *rq, struct ldap_control *list, uint32_t *count);

/* --- ldap_filter.c --- */

enum err ldap_translate(const struct ldap_filter *in, struct arena *a, struct dir_filter **out);

/* --- ldap_references.c --- */

/* Search references of the request, if it has any. */
enum err ldap_put_references(struct ldap_request *rq);

/* --- ldap_want.c --- */

enum err ldap_want_parse(const struct ldap_search *in, struct arena *a, struct ldap_want *out);
/* The same by way of the lists that came before. NULL without memory; free() ends it. */
struct ldap_wants *ldap_wants_new(void);
enum err ldap_want_find(struct ldap_wants *wants, const struct ldap_search *in, struct arena *a,
                        struct ldap_want *out);

/* --- ldap_entry.c --- */

enum err ldap_entry_put(struct ldap_request *rq, const struct dir_obj *o, struct builder *b);

/* --- ldap_values.c --- */

/* The DN as the request wants it: with <GUID> and <SID> for extended DN. */
enum err ldap_dn_text(struct ldap_request *rq, dir_id id, struct arena *a, struct span *out);
/* One attribute's values into the entry, when the object has any. */
enum err ldap_put_stored(struct ldap_request *rq, const struct dir_obj *o,
                         const struct ldap_wanted *w, struct ldap_entry *e);
bool ldap_is_volatile(uint32_t attr);
enum err ldap_put_volatile(struct ldap_request *rq, const struct dir_obj *o,
                           const struct ldap_wanted *w, struct ldap_entry *e);
/* ERR_RANGE: the range begins behind the last value, and the client did not ask to be spared. */
enum err ldap_put_links(struct ldap_request *rq, const struct dir_obj *o,
                        const struct ldap_wanted *w, struct ldap_entry *e);
enum err ldap_put_constructed(struct ldap_request *rq, const struct dir_obj *o,
                              const struct ldap_wanted *w, struct ldap_entry *e);
enum err ldap_put_descriptor(struct ldap_request *rq, const struct dir_obj *o,
                             const struct ldap_wanted *w, struct ldap_entry *e);
void ldap_put_attr_name(struct ldap_entry *e, const struct ldap_wanted *w, struct arena *a);

/* --- the verbs; each answers and returns ERR_OK, or leaves the request running (ERR_BUSY) --- */

enum err ldap_do_search(struct ldap_request *rq);
enum err ldap_go_on_search(struct ldap_request *rq);
void ldap_drop_pages(struct ldap_session *ss);
enum err ldap_do_bind(struct ldap_request *rq);
enum err ldap_do_extended(struct ldap_request *rq);
enum err ldap_do_change(struct ldap_request *rq);
/* The connection is gone: its running request goes, too. */
void ldap_abandon_change(struct ldap_request *rq);

/* --- TLS and SASL --- */

extern const struct plat_filter_ops ldap_tls_filter;
enum err ldap_start_tls(struct ldap_session *ss);
void ldap_sasl_free(struct ldap_sasl *sasl);
enum err ldap_bind_sasl(struct ldap_request *rq);

#endif
