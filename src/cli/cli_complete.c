/*
 * What may come next on a command line, from the operation records: for `complete -C "entente
 * --complete" entente` in bash, which gives the line in COMP_LINE.
 */
#include "base/text.h"
#include "cli/cli.h"

static bool begins(const char *name, struct span with)
{
    return span_eq(span_sub(span_str(name), 0, with.len), with);
}

static void offer_nouns(struct span begun, FILE *out)
{
    const char *before = "";
    for (unsigned i = 0; i < OP__COUNT; i++) {
        const char *noun = operation_of(i)->noun;
        if (begins(noun, begun) && strcmp(noun, before) != 0)
            fprintf(out, "%s\n", noun);
        before = noun;
    }
    for (const char *const *more = (const char *const[]){"serve", "config", "restore", NULL}; *more;
         more++) {
        if (begins(*more, begun))
            fprintf(out, "%s\n", *more);
    }
}

static void offer_verbs(struct span noun, struct span begun, FILE *out)
{
    for (unsigned i = 0; i < OP__COUNT; i++) {
        const struct operation *op = operation_of(i);
        if (span_eq(span_str(op->noun), noun) && begins(op->verb, begun))
            fprintf(out, "%s\n", op->verb);
    }
}

static void offer_options(const struct operation *op, struct span begun, FILE *out)
{
    for (const struct operation_arg *arg = op->args; arg->name; arg++) {
        char option[80];
        snprintf(option, sizeof option, "--%s%s", arg->name,
                 arg->type == ARG_SECRET ? "-file" : "");
        if (!(arg->flags & ARG_POSITIONAL) && begins(option, begun))
            fprintf(out, "%s\n", option);
    }
}

/* The word at *at, which moves behind it and its blanks; whole: a blank ends it. */
static struct span next_word(struct span line, size_t *at, bool *whole_out)
{
    size_t begin = *at;
    while (*at < line.len && line.ptr[*at] != ' ')
        ++*at;
    struct span word = span_sub(line, begin, *at - begin);
    *whole_out = *at < line.len;
    while (*at < line.len && line.ptr[*at] == ' ')
        ++*at;
    return word;
}

void cli_complete(struct span line, FILE *out)
{
    struct span word[3] = {SPAN_NONE, SPAN_NONE, SPAN_NONE};
    size_t at = 0;
    bool whole = true;
    unsigned count = 0;
    while (at < line.len && count < 3) {
        word[count] = next_word(line, &at, &whole);
        count += whole;
        if (!whole)
            break;
    }
    if (count == 0)
        return;
    if (count == 1)
        offer_nouns(word[1], out);
    else if (count == 2)
        offer_verbs(word[1], word[2], out);
    const struct operation *op = count == 3 ? operation_find(word[1], word[2]) : NULL;
    struct span last = SPAN_NONE;
    while (op && at < line.len) {
        last = next_word(line, &at, &whole);
        if (whole)
            last = SPAN_NONE;
    }
    if (op)
        offer_options(op, last, out);
}
