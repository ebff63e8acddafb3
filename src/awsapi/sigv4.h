/*
 * AWS Signature Version 4 from the server's side: what a request says about who signed it, and
 * whether it was that one. Pure: the request is given, the secret and the time too.
 *
 * A signature covers the method, the path, the query, the headers that it names and a hash of the
 * body; it has a resolution of one second and no nonce. Who can read the connection can therefore
 * send a request again within SIGV4_WINDOW: TLS is what prevents that, not this.
 *
 * Source: AWS General Reference, "Signature Version 4 signing process".
 */
#ifndef AWSAPI_SIGV4_H
#define AWSAPI_SIGV4_H

#include "base/arena.h"
#include "base/err.h"
#include "base/reasons.h"
#include "base/times.h"

#define SIGV4_WINDOW      (5 * UTIME_MINUTE)
#define SIGV4_HEADERS_MAX 64
#define SIGV4_QUERY_MAX   64
#define SIGV4_TARGET_MAX  4096
#define SIGV4_KEY_ID_MAX  128
#define SIGV4_SECRET_MAX  128

struct sigv4_header {
    struct span name, value;
};

/* A request as it came: nothing is decoded. */
struct sigv4_request {
    struct span method, target; /* target: path and query */
    const struct sigv4_header *headers;
    unsigned header_count;
    struct span body;
};

/* What its Authorization header says; views into the request. */
struct sigv4_claim {
    struct span key_id;
    struct span date, region, service; /* of the scope; date: 20150830 */
    struct span signed_headers;
    uint8_t signature[32];
    struct span time; /* x-amz-date */
    utime when;
};

/* The first header of this name; the empty span. */
struct span sigv4_header(const struct sigv4_request *rq, struct span name);

/* ERR_REFUSED with a row of the catalogue and a sentence (in the arena) when it is not signed or
 * not in this form; ERR_NOMEM. */
enum err sigv4_read(const struct sigv4_request *rq, struct arena *a, struct sigv4_claim *out,
                    enum reason *reason_out, const char **why_out);

/* Is it signed with this secret, and now? ERR_REFUSED with API_CLOCK or API_SIGNATURE_WRONG. The
 * comparison takes the same time whatever the difference. */
enum err sigv4_verify(const struct sigv4_request *rq, const struct sigv4_claim *claim,
                      struct span secret, utime now, struct arena *a, enum reason *reason_out,
                      const char **why_out);

/* The text whose hash is signed; for tests, and inside. */
enum err sigv4_canonical(const struct sigv4_request *rq, const struct sigv4_claim *claim,
                         struct arena *a, struct span *out);

#endif
