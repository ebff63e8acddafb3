/*
 * The project's one error space. A function that can fail returns enum err; zero is success, and an
 * output parameter is untouched on failure. These say what kind of thing went wrong to the code
 * that called; why a request was *refused*, for a person, is a reason (reasons.h). Each protocol
 * edge maps both to its own codes.
 *
 * Three severities: return an error (bad input), ent_fatal (the environment cannot carry us: exit
 * with a sentence), ent_panic (our own bug: abort).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
    ERR_OK = 0,
    ERR_NOMEM,     /* an allocation or an arena's maximum */
    ERR_MALFORMED, /* bytes that are not what their format says */
    ERR_TRUNCATED, /* a prefix of something valid: more bytes may mend it (streams) */
    ERR_LIMIT,     /* a named maximum was exceeded */
    ERR_RANGE,     /* a value outside what is allowed */
    ERR_NOT_FOUND,
    ERR_EXISTS,      /* would break a uniqueness rule */
    ERR_DENIED,      /* rights */
    ERR_CONSTRAINT,  /* breaks a schema or directory rule */
    ERR_INTEGRITY,   /* a checksum, signature or decryption failed */
    ERR_UNSUPPORTED, /* well-formed, but not something we do */
    ERR_BUSY,
    ERR_CLOSED, /* the other end is gone */
    ERR_TIMEOUT,
    ERR_IO,      /* the system refused; errno was logged by who knew the context */
    ERR_STATE,   /* not now: wrong order of calls or wrong state of the object */
    ERR_REFUSED, /* a policy decision; a reason goes with it */
    ERR__COUNT
};

/* A short lower-case name for logs: "malformed". Never NULL. */
const char *err_name(enum err e);

/* The environment cannot carry us: print the sentence on stderr, exit 1. */
_Noreturn void ent_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Our own bug: print file, line and expression, abort. */
_Noreturn void ent_panic(const char *file, int line, const char *what);
#define ENT_ASSERT(x) ((x) ? (void)0 : ent_panic(__FILE__, __LINE__, #x))

/* Return at once when an expression of type enum err is not ERR_OK. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        enum err try_err_ = (expr);                                                                \
        if (try_err_ != ERR_OK)                                                                    \
            return try_err_;                                                                       \
    } while (0)

#endif
