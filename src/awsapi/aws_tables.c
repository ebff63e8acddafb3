#include "awsapi/aws_match.h"
#include "awsapi/aws_shape.h"

#define ANY INT64_MAX

/* The words of the two tables. */
#define M(name_, shape_, required_) {#name_, AWS_SHAPE_##shape_, required_},
#define MEMBERS(...)                                                                               \
    (const struct aws_member[])                                                                    \
    {                                                                                              \
        __VA_ARGS__                                                                                \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define TEXT(min_, max_)           .type = AWS_TEXT, .min = min_, .max = max_
#define SENSITIVE                  .sensitive = true
#define MATCH(match_, how_, text_) .match = match_, .how = how_, .pattern = text_
#define CHOICE(choices_)           .type = AWS_TEXT, .max = ANY, .choices = choices_
#define NUMBER(min_, max_)         .type = AWS_NUMBER, .min = min_, .max = max_
#define BOOL                       .type = AWS_BOOL
#define LIST(of_, min_, max_)      .type = AWS_LIST, .of = AWS_SHAPE_##of_, .min = min_, .max = max_
#define LIST_MAX                   AWS_LIST_MAX
#define STRUCT(...)                .type = AWS_STRUCT, .members = MEMBERS(__VA_ARGS__)
#define MAP(key_, of_, min_, max_)                                                                 \
    .type = AWS_MAP, .key = AWS_SHAPE_##key_, .of = AWS_SHAPE_##of_, .min = min_, .max = max_

static const struct aws_shape shapes[AWS_SHAPE__COUNT] = {
#define SHAPE(name_, ...) [AWS_SHAPE_##name_] = {.name = #name_, __VA_ARGS__},
#include "awsapi/aws_shapes.def"
#undef SHAPE
};

static const struct aws_operation operations[AWS_OP__COUNT] = {
#define AWS_OPERATION(name_, service_, missing_, unsupported_, ...)                                \
    [AWS_OP_##name_] = {.id = AWS_OP_##name_,                                                      \
                        .name = #name_,                                                            \
                        .service = AWS_##service_,                                                 \
                        .missing = AWS_##missing_,                                                 \
                        .unsupported = unsupported_,                                               \
                        .members = MEMBERS(__VA_ARGS__)},
#include "awsapi/aws_operations.def"
#undef AWS_OPERATION
};

const struct aws_shape *aws_shape(enum aws_shape_id id)
{
    ENT_ASSERT(id < AWS_SHAPE__COUNT);
    return &shapes[id];
}

const struct aws_operation *aws_operation(enum aws_operation_id id)
{
    ENT_ASSERT(id < AWS_OP__COUNT);
    return &operations[id];
}

static bool takes(struct span *text, struct span prefix)
{
    if (text->len < prefix.len || memcmp(text->ptr, prefix.ptr, prefix.len) != 0)
        return false;
    *text = span_sub(*text, prefix.len, text->len);
    return true;
}

static const struct aws_operation *find(enum aws_service service, struct span name)
{
    for (unsigned i = 0; i < AWS_OP__COUNT; i++) {
        if (operations[i].service == service && span_eq(span_str(operations[i].name), name))
            return &operations[i];
    }
    return NULL;
}

const struct aws_operation *aws_operation_by_target(struct span target)
{
    return takes(&target, SPAN_LIT("DirectoryService_20150416.")) ? find(AWS_DS, target) : NULL;
}

const struct aws_operation *aws_operation_by_path(struct span path)
{
    if (takes(&path, SPAN_LIT("/Users/")))
        return find(AWS_USERS, path);
    if (takes(&path, SPAN_LIT("/Groups/")))
        return find(AWS_GROUPS, path);
    return takes(&path, SPAN_LIT("/GroupMemberships/")) ? find(AWS_MEMBERSHIPS, path) : NULL;
}
