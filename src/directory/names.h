/*
 * Distinguished names as text: RFC 4514 with what Active Directory accepts and prints
 * ([MS-ADTS] 3.1.1.3.1.2). Multi-valued RDNs are refused: AD does not have them. Syntax only;
 * dir_by_dn looks names up.
 */
#ifndef DIRECTORY_NAMES_H
#define DIRECTORY_NAMES_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/err.h"
#include "wire/ms/guid.h"
#include "wire/ms/sid.h"

#define DN_TEXT_MAX  16384 /* bytes of text */
#define DN_RDNS_MAX  256
#define DN_VALUE_MAX 1024 /* bytes of one value */

struct dn_rdn {
    struct span type;  /* as given: "CN", "2.5.4.3" */
    struct span value; /* unescaped, valid UTF-8 */
};

enum dn_form {
    DN_PLAIN,
    DN_GUID,   /* <GUID=...> */
    DN_SID,    /* <SID=...> */
    DN_WKGUID, /* <WKGUID=...,DN> */
};

struct dn {
    enum dn_form form;
    struct guid guid;
    struct sid sid;
    struct dn_rdn *rdn; /* leaf first; of the container for DN_WKGUID; none for the empty DN */
    unsigned count;
};

/* The extended form that responses may have (<GUID=..>;<SID=..>;CN=...) is not accepted in requests
 * ([MS-ADTS] 3.1.1.3.1.2.4). The empty name is a plain DN of no RDNs. ERR_MALFORMED, ERR_LIMIT,
 * ERR_NOMEM. Everything in out is in the arena or a view into text. */
enum err dn_parse(struct span text, struct arena *a, struct dn *out);

/* Takes a plain DN apart from its leaf on without allocating: *pos starts at 0; ERR_NOT_FOUND at
 * the end. The value is unescaped into buf when it needs to be, else it is a view. */
enum err dn_next(struct span text, size_t *pos, uint8_t buf[DN_VALUE_MAX], struct dn_rdn *out);
/* The forms in angle brackets, without the lookups they ask for. For DN_WKGUID *rest_out is the
 * container's DN. For text that does not begin with "<" the form is DN_PLAIN and nothing else is
 * set. */
enum err dn_special(struct span text, struct dn *out, struct span *rest_out);

/* "CN=Smith\, John": the type in upper case as AD prints it, the value escaped (RFC 4514 2.4). */
void dn_put_rdn(struct builder *b, struct span type, struct span value);
enum err dn_print(const struct dn *d, struct arena *a, struct span *out);
/* One RDN from text, "CN=x"; ERR_MALFORMED. */
enum err dn_parse_rdn(struct span text, struct arena *a, struct dn_rdn *out);
/* The same attribute: case ignored, "2.5.4.3" equals "cn". */
bool dn_type_eq(struct span x, struct span y);
/* Same names: types as above, values folded. */
bool dn_eq(const struct dn *x, const struct dn *y);

#endif
