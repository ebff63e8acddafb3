/*
 * What AWS Directory Service takes: its operations with their members, and the shapes of these
 * (lengths, patterns, choices), as tables. A request is checked against them before anybody acts on
 * it. Only what goes in is described: what comes out is made by the handlers (control/aws_*.c).
 *
 * Clients of AWS check required members and least lengths only; everything else is the server's.
 */
#ifndef AWSAPI_AWS_SHAPE_H
#define AWSAPI_AWS_SHAPE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

#define AWS_LIST_MAX  1000 /* elements of a list for which AWS names no maximum */
#define AWS_DEPTH_MAX 16   /* levels of a request's body */

enum aws_type { AWS_TEXT, AWS_NUMBER, AWS_BOOL, AWS_LIST, AWS_STRUCT, AWS_MAP };

enum aws_shape_id {
#define SHAPE(name, ...) AWS_SHAPE_##name,
#include "awsapi/aws_shapes.def"
#undef SHAPE
    AWS_SHAPE__COUNT
};

struct aws_member {
    const char *name; /* NULL: the end */
    enum aws_shape_id shape;
    bool required;
};

struct aws_shape {
    const char *name;
    enum aws_type type;
    bool sensitive;   /* never shown in a message */
    int64_t min, max; /* of a text's characters, of a list's or map's elements, of a number */
    const char *choices;
    bool (*match)(struct span value, const char *how);
    const char *how;     /* match's table */
    const char *pattern; /* the same for people */
    enum aws_shape_id key, of;
    const struct aws_member *members;
};

const struct aws_shape *aws_shape(enum aws_shape_id id);

/* Where an operation is called: DS by X-Amz-Target, the others by their path. */
enum aws_service { AWS_DS, AWS_USERS, AWS_GROUPS, AWS_MEMBERSHIPS };
/* How an operation says that what it is about is not there. */
enum aws_missing { AWS_ENTITY, AWS_DIRECTORY, AWS_RESOURCE };

enum aws_operation_id {
#define AWS_OPERATION(name, ...) AWS_OP_##name,
#include "awsapi/aws_operations.def"
#undef AWS_OPERATION
    AWS_OP__COUNT
};

struct aws_operation {
    enum aws_operation_id id;
    const char *name;
    enum aws_service service;
    enum aws_missing missing;
    const char *unsupported; /* why it has no meaning here, a sentence; NULL: it is done */
    const struct aws_member *members;
};

const struct aws_operation *aws_operation(enum aws_operation_id id);
/* "DirectoryService_20150416.CreateTrust"; NULL when there is none. */
const struct aws_operation *aws_operation_by_target(struct span target);
/* "/Users/CreateUser", of AWS Directory Service Data. */
const struct aws_operation *aws_operation_by_path(struct span path);

/* A body of a request, of bounded depth. NULL: no JSON object. */
json_t *aws_parse(struct span body);
/* Checks it whole. ERR_REFUSED: *error_out is AWS's name of the error (a literal), *why_out says
 * which member and what was expected, in the arena and without any secret. */
enum err aws_check(const struct aws_operation *op, const json_t *input, struct arena *a,
                   const char **error_out, const char **why_out);

#endif
