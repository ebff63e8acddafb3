/*
 * Principal names. On the wire a principal is a realm and a sequence of parts with a type; as text
 * it is "part/part@REALM" in which '/', '@', '\', newline, tab, backspace and zero are escaped with
 * '\' (as krb5_parse_name of MIT and Heimdal do).
 *
 * Parts and realms are bytes, by agreement UTF-8, compared exactly by Kerberos and without case by
 * AD; which comparison applies is said by the function's name. Pure, thread-safe; results live in
 * the arena given.
 */
#ifndef WIRE_KRB_KRB_NAME_H
#define WIRE_KRB_KRB_NAME_H

#include "base/arena.h"
#include "base/err.h"
#include "wire/krb/krb_const.h"

#define KRB_NAME_PARTS_MAX 16
#define KRB_REALM_MAX      255
/* One principal as text, escapes included. */
#define KRB_NAME_TEXT_MAX 2048

struct krb_strings {
    struct span *items;
    uint32_t count;
};

/* PrincipalName, RFC 4120 section 5.2.2. */
struct krb_name {
    int32_t type;
    struct krb_strings parts;
};

struct krb_principal {
    struct span realm;
    struct krb_name name;
};

/*
 * Text to a principal. The realm is what follows the unescaped '@'; without one it is
 * default_realm. ERR_MALFORMED: nothing before or after the '@', a second unescaped one, a '\\' at
 * the end; ERR_LIMIT.
 */
enum err krb_parse(struct span text, struct span default_realm, int32_t type, struct arena *a,
                   struct krb_principal *out);
/* "user@upn.suffix" as the one part of an enterprise name in the given realm. */
enum err krb_parse_enterprise(struct span upn, struct span realm, struct arena *a,
                              struct krb_principal *out);
/* Text with escapes; with an empty realm only the parts. The empty span when the arena is full. */
struct span krb_unparse(const struct krb_name *n, struct span realm, struct arena *a);
/* The parts joined by '/' without escapes and realm: the form in which AD stores an SPN, and in
 * which a UPN or an account name is looked up. One part is returned as it is, without a copy. */
struct span krb_name_plain(const struct krb_name *n, struct arena *a);

/* Exact (types ignored, as RFC 4120 section 6.2 asks), and with ASCII case ignored. */
bool krb_name_eq(const struct krb_name *a, const struct krb_name *b);
bool krb_name_eq_fold(const struct krb_name *a, const struct krb_name *b);
bool krb_principal_eq(const struct krb_principal *a, const struct krb_principal *b);
/* Realms of AD are DNS names: ASCII case ignored. */
bool krb_realm_eq(struct span a, struct span b);

/* Parts as a NULL-safe view: the i-th, or the empty span. */
static inline struct span krb_part(const struct krb_name *n, uint32_t i)
{
    return i < n->parts.count ? n->parts.items[i] : SPAN_NONE;
}
/* Exactly one part that equals s with ASCII case ignored ("krbtgt"), and so on. */
bool krb_name_is(const struct krb_name *n, const char *first, const char *second_or_null);
/* Two parts, the first "krbtgt": the realm for which it is a TGS in *realm_out (may be NULL). */
bool krb_name_is_tgs(const struct krb_name *n, struct span *realm_out);

/* Makes names from parts; the spans are kept, not copied. Empty (no parts) when the arena is full.
 */
struct krb_name krb_name_1(int32_t type, struct span first, struct arena *a);
struct krb_name krb_name_2(int32_t type, struct span first, struct span second, struct arena *a);
/* krbtgt/realm, of type KRB_NT_SRV_INST. */
struct krb_name krb_name_tgs(struct span realm, struct arena *a);

/* The parts of a service principal name, [MS-KILE] 3.1.5.11: class/host[:port][/service]. */
struct krb_spn {
    struct span service_class; /* "MSSQLSvc" */
    struct span host;          /* without the port */
    struct span port;          /* "1433", an instance name, or empty */
    struct span service_name;  /* third part, or empty */
};
/* ERR_MALFORMED: fewer than two or more than three parts, an empty part. */
enum err krb_spn_parse(struct span text, struct krb_spn *out);
enum err krb_spn_from_name(const struct krb_name *n, struct krb_spn *out);

#endif
