/*
 * What may come next on a command line, from the operation records: for `complete -o default -C
 * "entente --complete" entente` in bash, which gives the line in COMP_LINE, and offers files where
 * nothing comes of it.
 */
#include "base/text.h"
#include "cli/cli.h"

static bool begins(const char *name, struct span with)
{
    return span_eq(span_sub(span_str(name), 0, with.len), with);
}

static void offer(const char *const *words, struct span begun, FILE *out)
{
    for (; *words; words++) {
        if (begins(*words, begun))
            fprintf(out, "%s\n", *words);
    }
}

static const char *const before_noun[] = {"--socket", "--output", "--help", NULL};

/* What is no operation: the service's program answers. Its settings it knows itself. */
static const struct {
    const char *noun;
    const char *const *verbs, *const *options;
} others[] = {
    {"serve", NULL, (const char *const[]){"--config", "--help", NULL}},
    {"config", (const char *const[]){"check", "show", NULL},
     (const char *const[]){"--effective", "--config", NULL}},
    {"restore", NULL, (const char *const[]){"--key-file", "--config", NULL}},
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

/* at: which word, from the noun on. */
static void offer_others(struct span noun, unsigned at, struct span begun, FILE *out)
{
    for (unsigned i = 0; i < OTHERS; i++) {
        if (!span_eq(span_str(others[i].noun), noun))
            continue;
        bool verb = at == 1 && others[i].verbs;
        offer(verb ? others[i].verbs : others[i].options, begun, out);
    }
}

static void offer_nouns(struct span begun, FILE *out)
{
    const char *before = "";
    if (begun.len && begun.ptr[0] == '-') {
        offer(before_noun, begun, out);
        return;
    }
    for (unsigned i = 0; i < OP__COUNT; i++) {
        const char *noun = operation_of(i)->noun;
        if (begins(noun, begun) && strcmp(noun, before) != 0)
            fprintf(out, "%s\n", noun);
        before = noun;
    }
    for (unsigned i = 0; i < OTHERS; i++) {
        if (begins(others[i].noun, begun))
            fprintf(out, "%s\n", others[i].noun);
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

/* What follows such an option: one of its choices, or what nobody here knows. */
static bool offer_choices(const struct operation *op, struct span option, struct span begun,
                          FILE *out)
{
    struct span name = span_sub(option, 2, option.len);
    const struct operation_arg *arg =
        option.len > 2 && option.ptr[0] == '-' ? operation_arg_find(op, name) : NULL;
    bool file = option.len > 7 && !arg && memcmp(option.ptr + option.len - 5, "-file", 5) == 0;
    if (!file && (!arg || arg->type == ARG_BOOL || arg->type == ARG_WAIT))
        return false;
    for (const char *at = arg && arg->choices ? arg->choices : ""; *at;) {
        size_t len = strcspn(at, "|");
        if (span_eq(span_sub(span_of(at, len), 0, begun.len), begun))
            fprintf(out, "%.*s\n", (int)len, at);
        at += len + (at[len] == '|');
    }
    return true;
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

/* Where the noun begins: behind the command and the options that stand before it. False: the line
 * ends with the value of such an option, the word *value_out of *option_out. */
static bool find_noun(struct span line, size_t *at, struct span *option_out, struct span *value_out)
{
    bool whole;
    (void)next_word(line, at, &whole);
    while (*at < line.len && line.ptr[*at] == '-') {
        size_t begin = *at;
        struct span option = next_word(line, at, &whole);
        if (!whole) {
            *at = begin;
            return true;
        }
        if (span_eq(option, SPAN_LIT("--help")))
            continue;
        struct span value = next_word(line, at, &whole);
        if (!whole) {
            *option_out = option;
            *value_out = value;
            return false;
        }
    }
    return true;
}

void cli_complete(struct span line, FILE *out)
{
    static const char *const outputs[] = {"json", "text", NULL};
    struct span word[2] = {SPAN_NONE, SPAN_NONE}, last = SPAN_NONE, before = SPAN_NONE, option;
    unsigned count = 0;
    size_t at = 0;
    bool whole = true;
    if (!line.len || !memchr(line.ptr, ' ', line.len))
        return;
    if (!find_noun(line, &at, &option, &last)) {
        if (span_eq(option, SPAN_LIT("--output")))
            offer(outputs, last, out);
        return;
    }
    while (at < line.len) {
        last = next_word(line, &at, &whole);
        if (whole && count < 2)
            word[count] = last;
        count += whole;
        if (whole) {
            before = last;
            last = SPAN_NONE;
        }
    }
    const struct operation *op = count >= 2 ? operation_find(word[0], word[1]) : NULL;
    if (count == 0)
        offer_nouns(last, out);
    else
        offer_others(word[0], count, last, out);
    if (count == 1)
        offer_verbs(word[0], last, out);
    if (op && !offer_choices(op, before, last, out))
        offer_options(op, last, out);
}
