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

/* The special forms may be followed by ";..." as in extended DNs (<GUID=..>;<SID=..>;CN=...): the
 * first component decides, the rest must be well-formed. ERR_MALFORMED, ERR_LIMIT, ERR_NOMEM.
 * Everything in out is in the arena or a view into text. */
enum err dn_parse(struct span text, struct arena *a, struct dn *out);

/* Takes a plain DN apart from its leaf without allocating: *pos starts at 0, false at the end or on
 * a syntax error (*err_out tells). The value is unescaped into buf when it needs to be, else a
 * view. */
bool dn_next(struct span text, size_t *pos, uint8_t *buf, size_t cap, struct span *type,
             struct span *value, enum err *err_out);

/* "CN=Smith\, John": the type in upper case as AD prints it, the value escaped (RFC 4514 2.4). */
void dn_put_rdn(struct builder *b, struct span type, struct span value);
enum err dn_print(const struct dn *d, struct arena *a, struct span *out);
/* One RDN from text, "CN=x"; ERR_MALFORMED. */
enum err dn_parse_rdn(struct span text, struct arena *a, struct dn_rdn *out);
/* Same names, case ignored. Types compare as attributes: "2.5.4.3" equals "cn". */
bool dn_eq(const struct dn *x, const struct dn *y);

#endif
