/*
 * What an Authorization header says, and the signature that it ought to have.
 */
#include "awsapi/sigv4.h"

#include "base/builder.h"
#include "base/text.h"
#include "crypt/hash.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

struct span sigv4_header(const struct sigv4_request *rq, struct span name)
{
    for (unsigned i = 0; i < rq->header_count; i++) {
        if (ascii_eq_fold(rq->headers[i].name, name))
            return rq->headers[i].value;
    }
    return SPAN_NONE;
}

static enum err refuse(enum reason reason, const char *why, enum reason *reason_out,
                       const char **why_out)
{
    *reason_out = reason;
    *why_out = why;
    return ERR_REFUSED;
}

/* --- the claim ---------------------------------------------------------------------------------
 */

static struct span trim(struct span s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = span_sub(s, 1, s.len);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Takes what stands before the separator; all of it when there is none. */
static struct span take(struct span *rest, char separator)
{
    const uint8_t *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct span taken = *rest;
    if (at) {
        taken.len = (size_t)(at - rest->ptr);
        *rest = span_sub(*rest, taken.len + 1, rest->len);
    } else {
        *rest = SPAN_NONE;
    }
    return taken;
}

static bool starts(struct span s, struct span with)
{
    return s.len >= with.len && memcmp(s.ptr, with.ptr, with.len) == 0;
}

/* "KEY/20150830/us-east-1/ds/aws4_request" */
static bool read_scope(struct span text, struct sigv4_claim *out)
{
    out->key_id = take(&text, '/');
    out->date = take(&text, '/');
    out->region = take(&text, '/');
    out->service = take(&text, '/');
    return out->key_id.len && out->key_id.len <= SIGV4_KEY_ID_MAX && out->date.len == 8 &&
           out->region.len && out->region.len <= 64 && out->service.len &&
           span_eq(text, SPAN_LIT("aws4_request"));
}

static bool read_signature(struct span hex, struct arena *a, uint8_t out[32])
{
    struct span bytes;
    if (hex.len != 64 || text_unhex(hex, a, &bytes) != ERR_OK)
        return false;
    memcpy(out, bytes.ptr, 32);
    return true;
}

/* "20150830T123600Z" */
static bool read_time(struct span text, utime *out)
{
    uint8_t plain[15];
    if (text.len != 16 || text.ptr[8] != 'T')
        return false;
    memcpy(plain, text.ptr, 8);
    memcpy(plain + 8, text.ptr + 9, 7);
    return utime_from_generalized(span_of(plain, sizeof(plain)), out) == ERR_OK;
}

static bool names_header(struct span list, struct span name)
{
    while (list.len) {
        if (span_eq(take(&list, ';'), name))
            return true;
    }
    return false;
}

/* What decides where a request goes and what it does has to be signed. */
static const char *unsigned_header(const struct sigv4_request *rq, struct span list)
{
    static const char *const must[] = {"host", "x-amz-date"};
    static const char *const when_sent[] = {"x-amz-target", "x-amz-security-token"};
    for (size_t i = 0; i < 2; i++) {
        if (!names_header(list, span_str(must[i])))
            return must[i];
        if (sigv4_header(rq, span_str(when_sent[i])).ptr &&
            !names_header(list, span_str(when_sent[i])))
            return when_sent[i];
    }
    return NULL;
}

static const char *read_parts(struct span text, struct arena *a, struct sigv4_claim *out)
{
    bool scope = false, headers = false, signature = false;
    while (text.len) {
        struct span value = trim(take(&text, ','));
        struct span name = take(&value, '=');
        if (span_eq(name, SPAN_LIT("Credential")))
            scope = read_scope(value, out);
        else if (span_eq(name, SPAN_LIT("SignedHeaders")))
            headers = (out->signed_headers = value).len != 0;
        else if (span_eq(name, SPAN_LIT("Signature")))
            signature = read_signature(value, a, out->signature);
    }
    if (!scope)
        return "Authorization header requires 'Credential' parameter of the form "
               "KEY/YYYYMMDD/REGION/SERVICE/aws4_request.";
    if (!headers)
        return "Authorization header requires 'SignedHeaders' parameter.";
    if (!signature)
        return "Authorization header requires 'Signature' parameter of 64 hexadecimal digits.";
    return NULL;
}

enum err sigv4_read(const struct sigv4_request *rq, struct arena *a, struct sigv4_claim *out,
                    enum reason *reason_out, const char **why_out)
{
    struct span text = sigv4_header(rq, SPAN_LIT("authorization"));
    struct sigv4_claim claim = {.time = trim(sigv4_header(rq, SPAN_LIT("x-amz-date")))};
    if (text.len == 0)
        return refuse(REASON_API_UNSIGNED, "Missing Authentication Token", reason_out, why_out);
    if (!starts(text, SPAN_LIT(ALGORITHM " ")))
        return refuse(REASON_API_SIGNATURE_FORM,
                      "Authorization header requires the algorithm " ALGORITHM ".", reason_out,
                      why_out);
    const char *why = read_parts(span_sub(text, sizeof(ALGORITHM), text.len), a, &claim);
    if (arena_failed(a))
        return ERR_NOMEM;
    if (why)
        return refuse(REASON_API_SIGNATURE_FORM, why, reason_out, why_out);
    if (!read_time(claim.time, &claim.when))
        return refuse(REASON_API_SIGNATURE_FORM,
                      "Authorization header requires existence of a 'X-Amz-Date' header of the "
                      "form YYYYMMDDTHHMMSSZ.",
                      reason_out, why_out);
    const char *left_out = unsigned_header(rq, claim.signed_headers);
    if (left_out)
        return refuse(
            REASON_API_SIGNATURE_FORM,
            arena_printf(a, "'%s' must be a 'SignedHeader' in the AWS Authorization.", left_out),
            reason_out, why_out);
    *out = claim;
    return ERR_OK;
}

/* --- the signature -----------------------------------------------------------------------------
 */

static void keyed(const uint8_t key[32], struct span text, uint8_t out[32])
{
    hmac_once(HASH_SHA256, span_of(key, 32), &text, 1, out);
}

static void signing_key(struct span secret, const struct sigv4_claim *claim, uint8_t out[32])
{
    uint8_t first[4 + SIGV4_SECRET_MAX];
    memcpy(first, "AWS4", 4);
    memcpy(first + 4, secret.ptr, secret.len);
    hmac_once(HASH_SHA256, span_of(first, 4 + secret.len), &claim->date, 1, out);
    mem_wipe(first, sizeof(first));
    keyed(out, claim->region, out);
    keyed(out, claim->service, out);
    keyed(out, SPAN_LIT("aws4_request"), out);
}

static enum err expected(const struct sigv4_request *rq, const struct sigv4_claim *claim,
                         struct span secret, struct arena *a, uint8_t out[32])
{
    uint8_t digest[32], key[32];
    struct span canonical;
    TRY(sigv4_canonical(rq, claim, a, &canonical));
    hash_one(HASH_SHA256, canonical, digest);
    char *text = arena_printf(a, ALGORITHM "\n%.*s\n%.*s/%.*s/%.*s/aws4_request\n%.*s",
                              SPAN_ARG(claim->time), SPAN_ARG(claim->date), SPAN_ARG(claim->region),
                              SPAN_ARG(claim->service),
                              SPAN_ARG(text_hex(a, span_of(digest, sizeof(digest)))));
    if (arena_failed(a))
        return ERR_NOMEM;
    signing_key(secret, claim, key);
    keyed(key, span_str(text), out);
    mem_wipe(key, sizeof(key));
    return ERR_OK;
}

static enum err check_time(const struct sigv4_claim *claim, utime now, struct arena *a,
                           enum reason *reason_out, const char **why_out)
{
    char ours[32];
    if (memcmp(claim->date.ptr, claim->time.ptr, 8) != 0)
        return refuse(REASON_API_SIGNATURE_WRONG,
                      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                      "date from HTTP",
                      reason_out, why_out);
    if (claim->when >= now - SIGV4_WINDOW && claim->when <= now + SIGV4_WINDOW)
        return ERR_OK;
    utime_to_iso(now, ours);
    return refuse(REASON_API_CLOCK,
                  arena_printf(a, "Signature %s: %.*s is more than 5 minutes %s the server's %s",
                               claim->when < now ? "expired" : "not yet current",
                               SPAN_ARG(claim->time), claim->when < now ? "before" : "after", ours),
                  reason_out, why_out);
}

enum err sigv4_verify(const struct sigv4_request *rq, const struct sigv4_claim *claim,
                      struct span secret, utime now, struct arena *a, enum reason *reason_out,
                      const char **why_out)
{
    uint8_t signature[32];
    if (secret.len > SIGV4_SECRET_MAX)
        return ERR_LIMIT;
    TRY(check_time(claim, now, a, reason_out, why_out));
    enum err e = expected(rq, claim, secret, a, signature);
    bool same = e == ERR_OK && mem_eq_ct(signature, claim->signature, sizeof(signature));
    mem_wipe(signature, sizeof(signature));
    if (e == ERR_NOMEM)
        return e;
    if (same)
        return ERR_OK;
    return refuse(REASON_API_SIGNATURE_WRONG,
                  "The request signature we calculated does not match the signature you provided. "
                  "Check your AWS Secret Access Key and signing method.",
                  reason_out, why_out);
}
