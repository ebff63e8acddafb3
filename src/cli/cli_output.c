/*
 * Replies for people: a table where the record names columns, otherwise one member a line. A member
 * called "sentence" is printed as it is: it says in words what the others say in values; of one
 * called "lines" each has a line of its own, as it is to be typed; "data" is what
 * --output writes. What the reasons in it mean, and what mends them, stands below.
 */
#include "base/reasons.h"
#include "base/text.h"
#include "cli/cli.h"

#define COLUMNS_MAX 12
#define REASONS_MAX 16

struct column {
    char name[32];
    size_t width;
};

static void print_value(const json_t *value, FILE *out)
{
    size_t i;
    json_t *item;
    if (json_is_string(value))
        fputs(json_string_value(value), out);
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "yes" : "no", out);
    else if (json_is_integer(value))
        fprintf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_array(value))
        json_array_foreach((json_t *)value, i, item)
        {
            fputs(i ? ", " : "", out);
            print_value(item, out);
        }
    else
        fputs("-", out);
}

/* The text of a cell; the caller frees. */
static char *cell(const json_t *value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    print_value(value, f);
    fclose(f);
    return text;
}

/* Columns a terminal needs for UTF-8 text, one for each code point. */
static size_t display_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static unsigned split_columns(const char *names, struct column columns[COLUMNS_MAX])
{
    unsigned count = 0;
    while (*names && count < COLUMNS_MAX) {
        size_t len = strcspn(names, ",");
        snprintf(columns[count].name, sizeof(columns[count].name), "%.*s", (int)len, names);
        columns[count].width = len;
        count++;
        names += len + (names[len] == ',');
    }
    return count;
}

static void print_cell(const char *text, const struct column *column, bool last, FILE *out)
{
    fputs(text ? text : "-", out);
    size_t width = display_width(text ? text : "-");
    if (!last)
        fprintf(out, "%*s", (int)(column->width + 2 - width), "");
}

static void print_table(const char *names, const json_t *rows, FILE *out)
{
    struct column columns[COLUMNS_MAX];
    unsigned count = split_columns(names, columns);
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row)
    {
        for (unsigned c = 0; c < count; c++) {
            char *text = cell(json_object_get(row, columns[c].name));
            size_t width = text ? display_width(text) : 1;
            columns[c].width = width > columns[c].width ? width : columns[c].width;
            free(text);
        }
    }
    for (unsigned c = 0; c < count; c++)
        print_cell(columns[c].name, &columns[c], c + 1 == count, out);
    fputc('\n', out);
    json_array_foreach((json_t *)rows, i, row)
    {
        for (unsigned c = 0; c < count; c++) {
            char *text = cell(json_object_get(row, columns[c].name));
            print_cell(text, &columns[c], c + 1 == count, out);
            free(text);
        }
        fputc('\n', out);
    }
}

static void print_lines(const json_t *lines, unsigned indent, FILE *out)
{
    size_t i;
    json_t *line;
    json_array_foreach((json_t *)lines, i, line)
        fprintf(out, "%*s%s\n", (int)indent + 4, "", json_string_value(line));
}

static void print_object(const json_t *object, unsigned indent, FILE *out)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        if (json_is_null(value) || strcmp(name, "data") == 0)
            continue;
        if (strcmp(name, "sentence") == 0) {
            fprintf(out, "%*s%s\n", (int)indent, "", json_string_value(value));
        } else if (strcmp(name, "lines") == 0) {
            print_lines(value, indent, out);
        } else if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
            size_t i;
            json_t *item;
            fprintf(out, "%*s%s:\n", (int)indent, "", name);
            json_array_foreach(value, i, item)
            {
                print_object(item, indent + 4, out);
                if (i + 1 < json_array_size(value))
                    fputc('\n', out);
            }
        } else if (json_is_object(value)) {
            fprintf(out, "%*s%s:\n", (int)indent, "", name);
            print_object(value, indent + 4, out);
        } else {
            fprintf(out, "%*s%-20s ", (int)indent, "", name);
            print_value(value, out);
            fputc('\n', out);
        }
    }
}

/* --- reasons -----------------------------------------------------------------------------------
 */

struct reasons {
    enum reason seen[REASONS_MAX];
    unsigned count;
};

static void add_reason(struct reasons *all, const json_t *code)
{
    enum reason r =
        json_is_string(code) ? reason_by_code(span_str(json_string_value(code))) : REASON_NONE;
    for (unsigned i = 0; i < all->count; i++) {
        if (all->seen[i] == r)
            return;
    }
    if (r != REASON_NONE && all->count < REASONS_MAX)
        all->seen[all->count++] = r;
}

/* Those of a reply are at most in the rows of a list in its object. */
static void gather(const json_t *value, unsigned depth, struct reasons *all)
{
    size_t i;
    const char *name;
    json_t *one;
    if (depth > 3)
        return;
    json_array_foreach((json_t *)value, i, one) gather(one, depth + 1, all);
    add_reason(all, json_object_get(value, "reason"));
    add_reason(all, json_object_get(value, "state_reason"));
    json_object_foreach((json_t *)value, name, one) gather(one, depth + 1, all);
}

static void explain(const json_t *result, FILE *out)
{
    struct reasons all = {.count = 0};
    gather(result, 0, &all);
    for (unsigned i = 0; i < all.count; i++) {
        const struct reason_row *row = reason_row(all.seen[i]);
        fprintf(out, "\n%s (side: %s): %s\n  remedy: %s\n", row->code, reason_side_name(row->side),
                row->cause, row->remedy);
    }
}

static void print_error(const json_t *error, FILE *err)
{
    const char *remedy = json_string_value(json_object_get(error, "remedy"));
    const char *reason = json_string_value(json_object_get(error, "reason"));
    const char *side = json_string_value(json_object_get(error, "side"));
    const char *message = json_string_value(json_object_get(error, "message"));
    fprintf(err, "entente: %s\n", message ? message : "refused");
    if (reason)
        fprintf(err, "  reason: %s%s%s%s\n", reason, side ? " (side: " : "", side ? side : "",
                side ? ")" : "");
    if (remedy)
        fprintf(err, "  remedy: %s\n", remedy);
}

static enum cli_exit exit_of(const struct cli_reply *reply)
{
    const char *verdict = json_string_value(json_object_get(reply->body, "verdict"));
    if (reply->status >= 500)
        return EXIT_TOOL;
    if (reply->status >= 400)
        return EXIT_NO;
    if (verdict && strcmp(verdict, "fail") == 0)
        return EXIT_NO;
    return verdict && strcmp(verdict, "unknown") == 0 ? EXIT_UNKNOWN : EXIT_GOOD;
}

enum cli_exit cli_print(const struct operation *op, const struct cli_reply *reply, bool json,
                        FILE *out, FILE *err)
{
    const json_t *error = json_object_get(reply->body, "error");
    const json_t *result = json_object_get(reply->body, "result");
    if (json) {
        json_dumpf(reply->body, out, JSON_INDENT(2));
        fputc('\n', out);
    } else if (error) {
        print_error(error, err);
    } else if (json_is_string(result)) {
        fputs(json_string_value(result), out);
    } else if (op->columns && json_is_array(result)) {
        print_table(op->columns, result, out);
        if (strstr(op->columns, "reason"))
            explain(result, out);
    } else if (json_is_object(result)) {
        print_object(result, 0, out);
        explain(result, out);
    }
    return exit_of(reply);
}
