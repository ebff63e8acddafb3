#include "base/text.h"
#include "control/aws_data.h"
#include "crypt/hash.h"
#include "plat/clock.h"

struct aws_token {
    uint8_t who[32], what[32];
    utime when;
    json_t *answer;
};

struct aws_tokens {
    unsigned next;
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

static struct aws_token *find(struct aws_tokens *all, const uint8_t who[32])
{
    utime oldest = plat_now() - AWS_TOKEN_LIFE;
    for (unsigned i = 0; all && i < AWS_TOKENS_MAX; i++) {
        struct aws_token *t = &all->token[i];
        if (t->answer && t->when >= oldest && memcmp(t->who, who, 32) == 0)
            return t;
    }
    return NULL;
}

bool aws_token_known(struct aws_call *call, enum err *result_out)
{
    uint8_t who[32], what[32];
    if (!aws_text(call, "ClientToken").len || !digests(call, who, what))
        return false;
    const struct aws_token *t = find(call->c.control->tokens, who);
    if (!t)
        return false;
    *result_out = ERR_OK;
    if (memcmp(t->what, what, sizeof(what)) == 0)
        call->out = json_incref(t->answer);
    else
        *result_out = aws_refuse(call, "ConflictException", REASON_CONTROL_EXISTS,
                                 "ClientToken: a request with this token was of another content.");
    return true;
}

void aws_token_remember(struct aws_call *call)
{
    struct control *c = call->c.control;
    uint8_t who[32], what[32];
    if (!aws_text(call, "ClientToken").len || !digests(call, who, what))
        return;
    if (!c->tokens)
        c->tokens = calloc(1, sizeof(*c->tokens));
    if (!c->tokens)
        return;
    struct aws_token *t = &c->tokens->token[c->tokens->next++ % AWS_TOKENS_MAX];
    json_decref(t->answer);
    memcpy(t->who, who, sizeof(who));
    memcpy(t->what, what, sizeof(what));
    t->when = plat_now();
    t->answer = call->out ? json_incref(call->out) : json_object();
}

void aws_tokens_free(struct aws_tokens *all)
{
    for (unsigned i = 0; all && i < AWS_TOKENS_MAX; i++)
        json_decref(all->token[i].answer);
    free(all);
}
