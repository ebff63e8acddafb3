/*
 * A request against its shapes. The first fault is told, with the path of the member as AWS writes
 * it: "vpcSettings.subnetIds.2.member".
 */
#include "awsapi/aws_shape.h"
#include "base/text.h"

#define SHOWN_MAX 200 /* bytes of a value in a message */
#define PATH_SIZE 256

struct checking {
    struct arena *a;
    char path[PATH_SIZE];
    const char *error, *why;
};

/* --- what is wrong -----------------------------------------------------------------------------
 */

static enum err wrong_type(struct checking *c, const char *expected)
{
    c->error = "SerializationException";
    c->why = arena_printf(c->a, "Expected %s at '%s'", expected, c->path);
    return ERR_REFUSED;
}

static enum err constraint(struct checking *c, const struct aws_shape *shape, struct span value,
                           const char *must)
{
    bool cut = value.len > SHOWN_MAX;
    if (cut)
        value = text_valid_part(span_sub(value, 0, SHOWN_MAX));
    c->error = "ValidationException";
    if (shape->sensitive || !value.ptr)
        c->why = arena_printf(c->a,
                              "1 validation error detected: Value at '%s' failed to satisfy "
                              "constraint: Member must %s",
                              c->path, must);
    else
        c->why = arena_printf(c->a,
                              "1 validation error detected: Value '%.*s%s' at '%s' failed to "
                              "satisfy constraint: Member must %s",
                              SPAN_ARG(value), cut ? "..." : "", c->path, must);
    return ERR_REFUSED;
}

static enum err bounds(struct checking *c, const struct aws_shape *shape, struct span value,
                       int64_t number, const char *what)
{
    if (number < shape->min)
        return constraint(c, shape, value,
                          arena_printf(c->a, "have %s greater than or equal to %lld", what,
                                       (long long)shape->min));
    if (number > shape->max)
        return constraint(
            c, shape, value,
            arena_printf(c->a, "have %s less than or equal to %lld", what, (long long)shape->max));
    return ERR_OK;
}

/* --- one value ---------------------------------------------------------------------------------
 */

static bool chosen(struct span value, const char *choices)
{
    while (*choices) {
        size_t len = strcspn(choices, "|");
        if (span_eq(value, span_of(choices, len)))
            return true;
        choices += len + (choices[len] == '|');
    }
    return false;
}

static enum err check_text(struct checking *c, const struct aws_shape *shape, const json_t *value)
{
    struct span text = span_of(json_string_value(value), json_string_length(value));
    int64_t characters = 0;
    if (!json_is_string(value))
        return wrong_type(c, "a string");
    for (size_t i = 0; i < text.len; i++)
        characters += (text.ptr[i] & 0xc0) != 0x80;
    TRY(bounds(c, shape, text, characters, "length"));
    if (memchr(text.ptr, 0, text.len))
        return constraint(c, shape, SPAN_NONE, "have no character U+0000");
    if (shape->choices && !chosen(text, shape->choices))
        return constraint(c, shape, text,
                          arena_printf(c->a, "satisfy enum value set: [%s]", shape->choices));
    if (shape->match && !shape->match(text, shape->how))
        return constraint(
            c, shape, text,
            arena_printf(c->a, "satisfy regular expression pattern: %s", shape->pattern));
    return ERR_OK;
}

static enum err check_number(struct checking *c, const struct aws_shape *shape, const json_t *value)
{
    char text[32];
    if (!json_is_integer(value))
        return wrong_type(c, "an integer");
    snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
    return bounds(c, shape, span_str(text), json_integer_value(value), "value");
}

/* --- what holds others -------------------------------------------------------------------------
 */

static enum err check(struct checking *c, enum aws_shape_id id, const json_t *value);

/* Appends to the path; returns what it was as long as. A path that is too long ends. */
static size_t go_down(struct checking *c, const char *format, const char *name)
{
    size_t was = strlen(c->path);
    snprintf(c->path + was, sizeof(c->path) - was, format, name);
    if (was == 0 && c->path[0] >= 'A' && c->path[0] <= 'Z')
        c->path[0] = (char)(c->path[0] | 0x20);
    else if (c->path[was] == '.' && c->path[was + 1] >= 'A' && c->path[was + 1] <= 'Z')
        c->path[was + 1] = (char)(c->path[was + 1] | 0x20);
    return was;
}

static enum err check_list(struct checking *c, const struct aws_shape *shape, const json_t *value)
{
    size_t i;
    json_t *element;
    if (!json_is_array(value))
        return wrong_type(c, "a list");
    TRY(bounds(c, shape, SPAN_NONE, (int64_t)json_array_size(value), "length"));
    json_array_foreach((json_t *)value, i, element)
    {
        char index[32];
        snprintf(index, sizeof(index), "%zu", i + 1);
        size_t was = go_down(c, ".%s.member", index);
        TRY(check(c, shape->of, element));
        c->path[was] = 0;
    }
    return ERR_OK;
}

static enum err check_map(struct checking *c, const struct aws_shape *shape, const json_t *value)
{
    const char *key;
    json_t *element;
    if (!json_is_object(value))
        return wrong_type(c, "an object");
    TRY(bounds(c, shape, SPAN_NONE, (int64_t)json_object_size(value), "length"));
    json_object_foreach((json_t *)value, key, element)
    {
        json_t *name = json_string(key);
        size_t was = go_down(c, ".%s", "key");
        enum err e = check(c, shape->key, name);
        json_decref(name);
        TRY(e);
        c->path[was] = 0;
        (void)go_down(c, ".%s.value", key);
        TRY(check(c, shape->of, element));
        c->path[was] = 0;
    }
    return ERR_OK;
}

static const struct aws_member *member_of(const struct aws_member *members, const char *name)
{
    for (; members->name; members++) {
        if (strcmp(members->name, name) == 0)
            return members;
    }
    return NULL;
}

/* A member that nobody knows may ask for something: it is refused, not passed over. */
static enum err check_members(struct checking *c, const struct aws_member *members,
                              const json_t *value)
{
    static const struct aws_shape nothing = {.sensitive = true};
    const char *name;
    json_t *element;
    if (!json_is_object(value))
        return wrong_type(c, "an object");
    json_object_foreach((json_t *)value, name, element)
    {
        if (!member_of(members, name))
            return constraint(c, &nothing, SPAN_NONE,
                              arena_printf(c->a, "not have the unknown member '%s'", name));
    }
    for (; members->name; members++) {
        element = json_object_get(value, members->name);
        size_t was = go_down(c, *c->path ? ".%s" : "%s", members->name);
        if (element && !json_is_null(element))
            TRY(check(c, members->shape, element));
        else if (members->required)
            return constraint(c, &nothing, SPAN_NONE, "not be null");
        c->path[was] = 0;
    }
    return ERR_OK;
}

static enum err check(struct checking *c, enum aws_shape_id id, const json_t *value)
{
    const struct aws_shape *shape = aws_shape(id);
    switch (shape->type) {
    case AWS_TEXT:
        return check_text(c, shape, value);
    case AWS_NUMBER:
        return check_number(c, shape, value);
    case AWS_BOOL:
        return json_is_boolean(value) ? ERR_OK : wrong_type(c, "true or false");
    case AWS_LIST:
        return check_list(c, shape, value);
    case AWS_MAP:
        return check_map(c, shape, value);
    case AWS_STRUCT:
        return check_members(c, shape->members, value);
    }
    ENT_ASSERT(false);
    return ERR_STATE;
}

enum err aws_check(const struct aws_operation *op, const json_t *input, struct arena *a,
                   const char **error_out, const char **why_out)
{
    struct checking c = {.a = a};
    enum err e = check_members(&c, op->members, input);
    if (arena_failed(a))
        return ERR_NOMEM;
    if (e == ERR_REFUSED) {
        *error_out = c.error;
        *why_out = c.why;
    }
    return e;
}

/* --- bytes -------------------------------------------------------------------------------------
 */

/* The parser recurses: levels are counted before it sees them. */
static bool too_deep(struct span body)
{
    unsigned depth = 0;
    bool text = false;
    for (size_t i = 0; i < body.len; i++) {
        uint8_t c = body.ptr[i];
        if (text) {
            i += c == '\\';
            text = c != '"';
        } else if (c == '"') {
            text = true;
        } else if (c == '{' || c == '[') {
            if (++depth > AWS_DEPTH_MAX)
                return true;
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return false;
}

json_t *aws_parse(struct span body)
{
    if (body.len == 0)
        return json_object();
    if (too_deep(body))
        return NULL;
    json_t *root =
        json_loadb((const char *)body.ptr, body.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (root && !json_is_object(root)) {
        json_decref(root);
        root = NULL;
    }
    return root;
}
