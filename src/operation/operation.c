#include "operation/operation.h"

#include "base/text.h"

static const struct operation rows[OP__COUNT] = {
#define OPERATION(id_, noun_, verb_, changes_, columns_, summary_, text_, ...)                     \
    [OP_##id_] = {.id = OP_##id_,                                                                  \
                  .noun = noun_,                                                                   \
                  .verb = verb_,                                                                   \
                  .summary = summary_,                                                             \
                  .text = text_,                                                                   \
                  .columns = columns_,                                                             \
                  .changes = changes_,                                                             \
                  .args = {__VA_ARGS__}},
#include "operation/operations.def"
#undef OPERATION
};

const struct operation *operation_of(enum operation_id id)
{
    ENT_ASSERT(id < OP__COUNT);
    return &rows[id];
}

const struct operation *operation_find(struct span noun, struct span verb)
{
    for (unsigned i = 0; i < OP__COUNT; i++) {
        if (span_eq(span_str(rows[i].noun), noun) && span_eq(span_str(rows[i].verb), verb))
            return &rows[i];
    }
    return NULL;
}

bool operation_noun(struct span noun)
{
    for (unsigned i = 0; i < OP__COUNT; i++) {
        if (span_eq(span_str(rows[i].noun), noun))
            return true;
    }
    return false;
}

const struct operation_arg *operation_arg_find(const struct operation *op, struct span name)
{
    for (const struct operation_arg *arg = op->args; arg->name; arg++) {
        if (span_eq(span_str(arg->name), name))
            return arg;
    }
    return NULL;
}

bool operation_arg_sent(const struct operation_arg *arg)
{
    return arg->type != ARG_OUTPUT && arg->type != ARG_WAIT;
}

const char *operation_member(const struct operation_arg *arg, struct arena *a)
{
    char *member = arena_dup_str(a, span_str(arg->name));
    if (!member)
        return NULL;
    for (char *p = member; *p; p++) {
        if (*p == '-')
            *p = '_';
    }
    return member;
}
