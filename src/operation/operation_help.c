/*
 * Help texts and the manual's section, from the records.
 */
#include "base/text.h"
#include "operation/operation.h"

/* What is typed behind an option's name for its value: a secret stands in a file, and the time to
 * wait may be left out. */
static const char *value_of(const struct operation_arg *arg)
{
    return arg->type == ARG_SECRET ? "-file FILE" : arg->type == ARG_WAIT ? "[=SECONDS]" : "";
}

static void usage_line(const struct operation *op, FILE *out)
{
    fprintf(out, "entente %s %s", op->noun, op->verb);
    for (const struct operation_arg *arg = op->args; arg->name; arg++) {
        if (arg->flags & ARG_POSITIONAL)
            fprintf(out, arg->flags & ARG_REQUIRED ? " %s" : " [%s]", arg->name);
    }
    for (const struct operation_arg *arg = op->args; arg->name; arg++) {
        if (arg->flags & ARG_POSITIONAL)
            continue;
        bool required = arg->flags & ARG_REQUIRED;
        const char *value = value_of(arg);
        fprintf(out, " %s--%s%s%s%s", required ? "" : "[", arg->name,
                *value || arg->type == ARG_BOOL ? value : " VALUE", required ? "" : "]",
                arg->flags & ARG_LIST ? "..." : "");
    }
    fputc('\n', out);
}

static void help_arg(const struct operation_arg *arg, FILE *out)
{
    char name[64];
    snprintf(name, sizeof(name), "%s%s%s", arg->flags & ARG_POSITIONAL ? "" : "--", arg->name,
             value_of(arg));
    fprintf(out, "  %-26s %s%s%s%s\n", name, arg->help, arg->choices ? ": " : "",
            arg->choices ? arg->choices : "", arg->flags & ARG_LIST ? " (repeat for more)" : "");
}

void operation_help(const struct operation *op, FILE *out)
{
    fprintf(out, "usage: ");
    usage_line(op, out);
    fprintf(out, "\n%s.\n", op->summary);
    if (op->text)
        fprintf(out, "%s\n", op->text);
    fputc('\n', out);
    for (const struct operation_arg *arg = op->args; arg->name; arg++)
        help_arg(arg, out);
}

void operation_help_noun(struct span noun, FILE *out)
{
    for (unsigned i = 0; i < OP__COUNT; i++) {
        const struct operation *op = operation_of(i);
        if (span_eq(span_str(op->noun), noun))
            fprintf(out, "  entente %s %-16s %s\n", op->noun, op->verb, op->summary);
    }
}

void operation_help_all(FILE *out)
{
    for (unsigned i = 0; i < OP__COUNT; i++) {
        const struct operation *op = operation_of(i);
        if (i > 0 && strcmp(op->noun, operation_of(i - 1)->noun) != 0)
            fputc('\n', out);
        fprintf(out, "  entente %-10s %-14s %s\n", op->noun, op->verb, op->summary);
    }
}

void operation_manual(FILE *out)
{
    for (unsigned i = 0; i < OP__COUNT; i++) {
        const struct operation *op = operation_of(i);
        fprintf(out, "*entente %s %s*\n\t%s.", op->noun, op->verb, op->summary);
        if (op->text)
            fprintf(out, " %s", op->text);
        fprintf(out, "\n\n");
        for (const struct operation_arg *arg = op->args; arg->name; arg++) {
            fprintf(out, "\t*%s%s%s*\n\t\t%s%s%s%s.\n\n", arg->flags & ARG_POSITIONAL ? "" : "--",
                    arg->name, value_of(arg), arg->help, arg->choices ? ": " : "",
                    arg->choices ? arg->choices : "",
                    arg->flags & ARG_REQUIRED ? "" : " (optional)");
        }
    }
}
