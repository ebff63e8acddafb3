/*
 * Inside the AWS API: AWS Directory Service Data, users and groups of a directory over REST.
 */
#ifndef CONTROL_AWS_DATA_H
#define CONTROL_AWS_DATA_H

#include "control/aws_call.h"

/* The directory is in service and its data access enabled, and Realm is its own. */
enum err aws_data_begin(struct aws_call *call);
/* Behind it: the directory's own realm; and refuses when the argument MemberRealm is another. */
bool aws_data_own_realm(const struct aws_call *call, struct span realm);
enum err aws_data_own_members(struct aws_call *call);

/* The user or group that SAMAccountName, or another member of the request, names. */
enum err aws_data_find(struct aws_call *call, const char *member, uint32_t class_id,
                       struct dir_obj *out);

/* An attribute that the API may see and set, by its LDAP name; 0. */
uint32_t aws_data_attribute(const char *name, uint32_t class_id);
/* OtherAttributes: those that the request's list asks for, into one object's answer. */
enum err aws_data_show_attributes(struct aws_call *call, const struct dir_obj *o, uint32_t class_id,
                                  json_t *into);
/* The changes that OtherAttributes of a request means; how is ADD, REPLACE or REMOVE. */
enum err aws_data_attributes(struct aws_call *call, uint32_t class_id, struct control_mods *m,
                             struct span how);
/* One text attribute; nothing for an empty value. */
void aws_data_mod(struct control_mods *m, struct span how, const char *attr, struct span value);

enum err aws_data_add(struct aws_call *call, struct control_mods *m);
enum err aws_data_modify(struct aws_call *call, const struct dir_obj *o, struct control_mods *m);
enum err aws_data_delete(struct aws_call *call, uint32_t class_id);

/* One page of all objects of a class, in the order of their ids; filter: NULL or RFC 4515. */
typedef enum err (*aws_data_fill)(struct aws_call *call, const struct dir_obj *o, json_t *into);
enum err aws_data_list(struct aws_call *call, uint32_t class_id, const char *filter,
                       aws_data_fill fill, const char *member);
/* The filter of SearchString in SearchAttributes, in the arena. */
enum err aws_data_filter(struct aws_call *call, uint32_t class_id, const char **out);
/* DirectoryId and Realm of an answer. */
void aws_data_head(struct aws_call *call);

/* --- aws_tokens.c --- */

/* ClientToken: a request that was performed within AWS_TOKEN_LIFE with the same token is not
 * performed again, also after a restart: tokens.jsonl in the state directory has the digests of the
 * newest AWS_TOKENS_MAX, and their answers. What a crash ends between the change of the directory
 * and that file is performed again, and its client had no answer. */
#define AWS_TOKEN_LIFE (8 * UTIME_HOUR)
#define AWS_TOKENS_MAX 4096
enum err aws_tokens_load(struct control *c);
/* *again_out: it was performed; its answer is in call->out. Refuses one of another body, and one
 * that is being performed. Every begin that did not refuse has its end. */
enum err aws_token_begin(struct aws_call *call, bool *again_out);
void aws_token_end(struct aws_call *call, enum err e);
void aws_tokens_free(struct aws_tokens *all);

#endif
