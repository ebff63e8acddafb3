#include "base/text.h"
#include "control/aws_data.h"
#include "crypt/hash.h"
#include "plat/clock.h"
#include "plat/files.h"

#define LINE_MAX 2048 /* of an answer: names and SIDs */
#define FILE_MAX (2 * AWS_TOKENS_MAX * LINE_MAX)

struct aws_token {
    uint8_t who[32], what[32];
    utime when;
    json_t *answer;
    bool busy; /* it is performed now: there is no answer yet */
};

struct aws_tokens {
    unsigned next;
    unsigned lines; /* of the file, also of tokens that made room for others */
    struct aws_token token[AWS_TOKENS_MAX];
};

/* Tokens are of one account and one operation. */
static bool digests(const struct aws_call *call, uint8_t who[32], uint8_t what[32])
{
    struct span parts[] = {call->account, span_str(call->op->name), aws_text(call, "ClientToken")};
    char *body = json_dumps(call->in, JSON_SORT_KEYS | JSON_COMPACT);
    if (!body)
        return false;
    hash_parts(HASH_SHA256, parts, 3, who);
    hash_one(HASH_SHA256, span_str(body), what);
    mem_wipe(body, strlen(body));
    free(body);
    return true;
}

static bool lives(const struct aws_token *t, utime now)
{
    return t->busy || (t->answer && t->when >= now - AWS_TOKEN_LIFE);
}

static struct aws_token *find(struct aws_tokens *all, const uint8_t who[32])
{
    utime now = plat_now();
    for (unsigned i = 0; i < AWS_TOKENS_MAX; i++) {
        struct aws_token *t = &all->token[i];
        if (lives(t, now) && memcmp(t->who, who, 32) == 0)
            return t;
    }
    return NULL;
}

/* The oldest makes room. NULL: all are being performed. */
static struct aws_token *take(struct aws_tokens *all)
{
    for (unsigned i = 0; i < AWS_TOKENS_MAX; i++) {
        struct aws_token *t = &all->token[all->next++ % AWS_TOKENS_MAX];
        if (t->busy)
            continue;
        json_decref(t->answer);
        *t = (struct aws_token){0};
        return t;
    }
    return NULL;
}

/* --- the file ----------------------------------------------------------------------------------
 */

/* One line for each token that was performed, in the order of time. */
static void put_line(struct builder *b, struct arena *a, const struct aws_token *t)
{
    struct span who = text_hex(a, span_of(t->who, sizeof(t->who)));
    struct span what = text_hex(a, span_of(t->what, sizeof(t->what)));
    char *answer = json_dumps(t->answer, JSON_COMPACT);
    builder_printf(b, "{\"who\":\"%.*s\",\"what\":\"%.*s\",\"when\":%lld,\"answer\":%s}\n",
                   SPAN_ARG(who), SPAN_ARG(what), (long long)t->when, answer ? answer : "{}");
    free(answer);
}

static void tokens_path(const struct control *c, char *out, size_t size)
{
    snprintf(out, size, "%s/tokens.jsonl", c->env.state_dir);
}

/* The file anew, of those that live. */
static void rewrite(struct control *c)
{
    char path[600];
    struct aws_tokens *all = c->tokens;
    struct arena a;
    struct builder b;
    struct span text;
    utime now = plat_now();
    unsigned lines = 0;
    arena_init(&a, 0, 2 * FILE_MAX, 0);
    builder_in(&b, &a, FILE_MAX);
    for (unsigned i = 0; i < AWS_TOKENS_MAX; i++) {
        const struct aws_token *t = &all->token[(all->next + i) % AWS_TOKENS_MAX];
        if (t->busy || !lives(t, now))
            continue;
        put_line(&b, &a, t);
        lines++;
    }
    tokens_path(c, path, sizeof(path));
    if (builder_done(&b, &text) == ERR_OK && plat_file_write(path, text, 0600) == ERR_OK)
        all->lines = lines;
    arena_fini(&a);
}

/* Who cannot be told so later is told so until the service ends: the request was performed. */
static void append(struct control *c, const struct aws_token *t)
{
    char path[600];
    struct arena a;
    struct builder b;
    struct span line;
    if (c->tokens->lines >= 2 * AWS_TOKENS_MAX) {
        rewrite(c);
        return;
    }
    arena_init(&a, 0, 4 * LINE_MAX, 0);
    builder_in(&b, &a, LINE_MAX);
    put_line(&b, &a, t);
    tokens_path(c, path, sizeof(path));
    if (builder_done(&b, &line) == ERR_OK && plat_file_append(path, line, 0600) == ERR_OK)
        c->tokens->lines++;
    arena_fini(&a);
}

static bool take_digest(const json_t *line, const char *member, struct arena *a, uint8_t out[32])
{
    const char *text = json_string_value(json_object_get(line, member));
    struct span bytes;
    if (!text || text_unhex(span_str(text), a, &bytes) != ERR_OK || bytes.len != 32)
        return false;
    memcpy(out, bytes.ptr, 32);
    return true;
}

/* What a crash cut short is none. */
static void take_line(struct aws_tokens *all, struct span text, struct arena *a)
{
    json_t *line = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    struct aws_token t = {.when = json_integer_value(json_object_get(line, "when")),
                          .answer = json_object_get(line, "answer")};
    if (json_is_object(t.answer) && take_digest(line, "who", a, t.who) &&
        take_digest(line, "what", a, t.what) && lives(&t, plat_now())) {
        struct aws_token *kept = take(all);
        t.answer = json_incref(t.answer);
        *kept = t;
    }
    json_decref(line);
}

enum err aws_tokens_load(struct control *c)
{
    char path[600];
    struct arena a;
    struct span text;
    c->tokens = calloc(1, sizeof(*c->tokens));
    if (!c->tokens)
        return ERR_NOMEM;
    tokens_path(c, path, sizeof(path));
    arena_init(&a, 0, 3 * FILE_MAX, 0);
    if (plat_file_read(path, FILE_MAX, &a, &text) == ERR_OK) {
        while (text.len) {
            const uint8_t *end = memchr(text.ptr, '\n', text.len);
            size_t len = end ? (size_t)(end - text.ptr) : text.len;
            take_line(c->tokens, span_sub(text, 0, len), &a);
            text = span_sub(text, len + 1, text.len);
        }
        rewrite(c);
    }
    arena_fini(&a);
    return ERR_OK;
}

void aws_tokens_free(struct aws_tokens *all)
{
    for (unsigned i = 0; all && i < AWS_TOKENS_MAX; i++)
        json_decref(all->token[i].answer);
    free(all);
}

/* --- one request -------------------------------------------------------------------------------
 */

enum err aws_token_begin(struct aws_call *call, bool *again_out)
{
    struct aws_tokens *all = call->c.control->tokens;
    uint8_t who[32], what[32];
    struct aws_token *t;
    *again_out = false;
    if (!aws_text(call, "ClientToken").len)
        return ERR_OK;
    if (!digests(call, who, what))
        return ERR_NOMEM;
    t = find(all, who);
    if (t && memcmp(t->what, what, sizeof(what)) != 0)
        return aws_refuse(call, "ConflictException", REASON_CONTROL_EXISTS,
                          "ClientToken: a request with this token was of another content.");
    if (t && t->busy)
        return aws_refuse(call, "ConflictException", REASON_CONTROL_BUSY,
                          "ClientToken: the request with this token is being performed.");
    if (t) {
        call->out = json_incref(t->answer);
        *again_out = true;
        return ERR_OK;
    }
    t = take(all);
    if (!t)
        return ERR_OK;
    memcpy(t->who, who, sizeof(who));
    memcpy(t->what, what, sizeof(what));
    t->busy = true;
    call->token = t;
    return ERR_OK;
}

void aws_token_end(struct aws_call *call, enum err e)
{
    struct aws_token *t = call->token;
    if (!t)
        return;
    call->token = NULL;
    t->busy = false;
    if (e != ERR_OK)
        return;
    t->when = plat_now();
    t->answer = call->out ? json_incref(call->out) : json_object();
    append(call->c.control, t);
}
