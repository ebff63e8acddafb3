/*
 * Text: UTF-8 inside, UTF-16LE on Microsoft's wire. Comparison is as AD's: case-insensitive by
 * simple Unicode case folding, without locale ([MS-ADTS] 3.1.1.2.2.4).
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"
#include "base/builder.h"
#include "base/err.h"

/* True when s is well-formed UTF-8: no overlong forms, no surrogates, at most U+10FFFF. */
bool text_valid(struct span s);
/* Its beginning that is well-formed: what is left of a text that was cut somewhere. */
struct span text_valid_part(struct span s);
bool text_is_ascii(struct span s);

/* UTF-8 to UTF-16LE and back. ERR_MALFORMED on bad input (an unpaired surrogate, an odd length). */
enum err text_to_utf16(struct span utf8, struct arena *a, struct span *out);
enum err text_from_utf16(struct span utf16le, struct arena *a, struct span *out);
/* The same into a builder, for codecs; a bad input is the builder's sticky error. */
void text_put_utf16(struct builder *b, struct span utf8);

/* Case-insensitive equality and order of UTF-8 text; malformed bytes compare as themselves. */
bool text_eq_fold(struct span a, struct span b);
int text_cmp_fold(struct span a, struct span b);
/* The folded text as bytes (index keys). Never longer than 3 times the input. */
enum err text_fold(struct span s, struct arena *a, struct span *out);
/* The same into memory of the caller: whole characters, at most cap bytes. Returns the length of
 * the whole folded text, which is more than was written when it is more than cap. */
size_t text_fold_into(struct span s, uint8_t *out, size_t cap);

/* Upper case as Windows writes it (NTLM's keys are made of it): character by character, never for
 * comparing. Malformed bytes stay as they are. */
enum err text_upper(struct span s, struct arena *a, struct span *out);

/* ASCII-only case, for DNS names, realms and attribute names. */
bool ascii_eq_fold(struct span a, struct span b);
struct span ascii_upper(struct arena *a, struct span s);
struct span ascii_lower(struct arena *a, struct span s);
/* name equals suffix, or ends in "." + suffix; ASCII case ignored. */
bool dns_name_under(struct span name, struct span suffix);

/* Strict decimal: digits only (a leading '-' for the signed one), whole input, in range. */
enum err text_to_u64(struct span s, uint64_t max, uint64_t *out);
enum err text_to_i64(struct span s, int64_t *out);

/* Hexadecimal, lower case; text_unhex wants an even number of digits and nothing else. */
struct span text_hex(struct arena *a, struct span bytes);
enum err text_unhex(struct span hex, struct arena *a, struct span *out);

/* Base64 (RFC 4648 section 4); decoding wants correct padding and nothing else. */
struct span text_base64(struct arena *a, struct span bytes);
enum err text_unbase64(struct span text, struct arena *a, struct span *out);

/* Overwrites memory in a way that the compiler keeps. */
void mem_wipe(void *ptr, size_t len);
/* Equality in time that depends on len alone. */
bool mem_eq_ct(const void *a, const void *b, size_t len);

#endif
