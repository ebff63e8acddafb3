#include <errno.h>

#include "base/text.h"
#include "cli/cli.h"

struct parse {
    const struct operation *op;
    struct arena *a;
    struct cli_request *request;
    const char **why;
    unsigned positionals; /* taken */
};

static enum err complain(struct parse *p, const char *sentence)
{
    *p->why = sentence ? sentence : "out of memory";
    return ERR_RANGE;
}

static enum err store(struct parse *p, const struct operation_arg *arg, json_t *value)
{
    const char *member = operation_member(arg, p->a);
    json_t *args = p->request->args;
    if (!member) {
        json_decref(value);
        return ERR_NOMEM;
    }
    if (!(arg->flags & ARG_LIST)) {
        if (json_object_get(args, member)) {
            json_decref(value);
            return complain(p, arena_printf(p->a, "%s was given twice", arg->name));
        }
        return json_object_set_new(args, member, value) == 0 ? ERR_OK : ERR_NOMEM;
    }
    json_t *list = json_object_get(args, member);
    if (!list) {
        list = json_array();
        if (json_object_set_new(args, member, list) != 0) {
            json_decref(value);
            return ERR_NOMEM;
        }
    }
    return json_array_append_new(list, value) == 0 ? ERR_OK : ERR_NOMEM;
}

/* errno says why, unless it is too long for a secret. */
static enum err unreadable(struct parse *p, const char *what, enum err e, const char *path)
{
    return complain(p, arena_printf(p->a, "%s: cannot read %s: %s", what ? what : "it",
                                    path ? path : "the file",
                                    e == ERR_LIMIT ? "it is too long" : strerror(errno)));
}

static enum err take(struct parse *p, const struct operation_arg *arg, struct span text)
{
    json_t *value = NULL;
    if (arg->type == ARG_OUTPUT) {
        p->request->output_file = arena_dup_str(p->a, text);
        return p->request->output_file ? ERR_OK : ERR_NOMEM;
    }
    if (arg->type == ARG_CONTENT) {
        const char *path = arena_dup_str(p->a, text);
        enum err e = path ? cli_file(path, arg->limit, p->a, &text) : ERR_NOMEM;
        if (e == ERR_LIMIT)
            return complain(p, arena_printf(p->a, "%s: %s has more than %u bytes", arg->name, path,
                                            arg->limit));
        if (e != ERR_OK)
            return unreadable(p, arg->name, e, path);
    }
    TRY(operation_value(arg, text, p->a, &value, p->why));
    return store(p, arg, value);
}

/* Without a value, which is never a word of its own: that could as well be the next argument. */
static enum err take_wait(struct parse *p, const struct operation_arg *arg, const char *value)
{
    json_t *seconds = NULL;
    if (p->request->wait)
        return complain(p, arena_printf(p->a, "%s was given twice", arg->name));
    if (value)
        TRY(operation_value(arg, span_str(value), p->a, &seconds, p->why));
    p->request->wait = arg->wait;
    p->request->wait_seconds = value ? (unsigned)json_integer_value(seconds) : CLI_WAIT_DEFAULT;
    json_decref(seconds);
    return ERR_OK;
}

static enum err take_secret_file(struct parse *p, const struct operation_arg *arg, const char *path)
{
    struct span secret;
    enum err e = cli_secret_file(path, p->a, &secret);
    if (e != ERR_OK)
        return unreadable(p, arena_printf(p->a, "--%s-file", arg->name), e, path);
    return take(p, arg, secret);
}

/* "--name", "--name=value", "--name-file" of a secret, "--no-name" of a flag. */
static enum err option(struct parse *p, char **words, int count, int *used)
{
    struct span word = span_str(words[0] + 2);
    const uint8_t *equal = word.len ? memchr(word.ptr, '=', word.len) : NULL;
    struct span name = equal ? span_of(word.ptr, (size_t)(equal - word.ptr)) : word;
    const struct operation_arg *arg = operation_arg_find(p->op, name);
    *used = 1;
    if (!arg && name.len > 3 && memcmp(name.ptr, "no-", 3) == 0) {
        arg = operation_arg_find(p->op, span_sub(name, 3, name.len));
        if (arg && arg->type == ARG_BOOL && !equal)
            return store(p, arg, json_false());
        arg = NULL;
    }
    bool secret_file = false;
    if (!arg && name.len > 5 && memcmp(name.ptr + name.len - 5, "-file", 5) == 0) {
        arg = operation_arg_find(p->op, span_sub(name, 0, name.len - 5));
        secret_file = arg && arg->type == ARG_SECRET;
    }
    if (!arg || (arg->type == ARG_SECRET) != secret_file || (arg->flags & ARG_POSITIONAL))
        return complain(p, arena_printf(p->a, "--%.*s: no option of entente %s %s%s",
                                        SPAN_ARG(name), p->op->noun, p->op->verb,
                                        arg && arg->type == ARG_SECRET
                                            ? " (secrets are read from a file: add -file)"
                                            : ""));
    if (arg->type == ARG_BOOL && !equal)
        return store(p, arg, json_true());
    if (arg->type == ARG_WAIT)
        return take_wait(p, arg, equal ? (const char *)equal + 1 : NULL);
    if (!equal && count < 2)
        return complain(p, arena_printf(p->a, "--%.*s: a value is missing", SPAN_ARG(name)));
    const char *value = equal ? (const char *)equal + 1 : words[1];
    *used = equal ? 1 : 2;
    return secret_file ? take_secret_file(p, arg, value) : take(p, arg, span_str(value));
}

static enum err positional(struct parse *p, const char *word)
{
    unsigned seen = 0;
    for (const struct operation_arg *arg = p->op->args; arg->name; arg++) {
        if ((arg->flags & ARG_POSITIONAL) && seen++ == p->positionals) {
            p->positionals++;
            return take(p, arg, span_str(word));
        }
    }
    return complain(p, arena_printf(p->a, "%s: one word too many", word));
}

/* Whatever is required and was not typed: secrets are asked for, the rest is an error. */
static enum err complete(struct parse *p)
{
    for (const struct operation_arg *arg = p->op->args; arg->name; arg++) {
        const char *member = operation_member(arg, p->a);
        bool given = member && (json_object_get(p->request->args, member) ||
                                (arg->type == ARG_OUTPUT && p->request->output_file));
        if (given || !(arg->flags & ARG_REQUIRED))
            continue;
        struct span secret;
        if (arg->type != ARG_SECRET || cli_secret_ask(arg->help, p->a, &secret) != ERR_OK)
            return complain(p, arena_printf(p->a, "%s%s%s is missing: %s",
                                            arg->flags & ARG_POSITIONAL ? "" : "--", arg->name,
                                            arg->type == ARG_SECRET ? "-file" : "", arg->help));
        TRY(take(p, arg, secret));
    }
    return ERR_OK;
}

enum err cli_parse(const struct operation *op, char **words, int count, struct arena *a,
                   struct cli_request *out, const char **why_out)
{
    struct cli_request request = {.op = op, .args = json_object()};
    struct parse p = {.op = op, .a = a, .request = &request, .why = why_out};
    bool options_end = false;
    enum err e = request.args ? ERR_OK : ERR_NOMEM;
    *why_out = "out of memory";
    for (int i = 0, used; e == ERR_OK && i < count; i += used) {
        used = 1;
        if (!options_end && strcmp(words[i], "--") == 0)
            options_end = true;
        else if (!options_end && strncmp(words[i], "--", 2) == 0)
            e = option(&p, words + i, count - i, &used);
        else
            e = positional(&p, words[i]);
    }
    if (e == ERR_OK)
        e = complete(&p);
    if (e == ERR_OK)
        *out = request;
    else
        json_decref(request.args);
    return e;
}
