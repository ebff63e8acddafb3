/*
 * Inside control: one request to the AWS API. A handler (aws_*.c) translates: what AWS's operation
 * says becomes arguments of an operation of ours (operation.h), which is performed as it is for
 * `entente`, and its result becomes AWS's answer. So the two fronts cannot do different things.
 *
 * What AWS knows of a directory and the rest of the service does not (an alias, tags, the subnets
 * it was asked to lie in) is kept in its record under "aws".
 */
#ifndef CONTROL_AWS_CALL_H
#define CONTROL_AWS_CALL_H

#include "awsapi/aws_shape.h"
#include "control/control_call.h"

struct aws_call {
    const struct aws_operation *op;
    const json_t *in;
    struct arena *a;
    struct span region, account, key_id; /* of the signature */
    const char *request_id;
    struct aws_token *token; /* busy for this call; NULL: none (aws_tokens.c) */
    /* The directory that it is about (held), reading it, and intents. */
    struct control_call c;
    /* The answer; owned. */
    json_t *out;
    /* A refusal. */
    const char *error;   /* a literal: "EntityDoesNotExistException" */
    const char *message; /* in the arena */
    enum reason reason;
};

/* What every operation may have to say, each service in its own words. */
enum aws_error {
    AWS_MISSING,
    AWS_EXISTS,
    AWS_INVALID,
    AWS_DENIED,
    AWS_UNAVAILABLE,
    AWS_FAILED,
    AWS__ERRORS
};

typedef enum err (*aws_handler)(struct aws_call *call);

/* --- aws_call.c --- */

/* Checks the request and performs it. ERR_REFUSED, with the refusal in the call; nothing else.
 * aws_done lets go of what it holds. */
enum err aws_perform(struct aws_call *call);
void aws_done(struct aws_call *call);
/* Does an operation that is not unsupported have its handler? */
bool aws_handled(enum aws_operation_id id);

/* ERR_REFUSED. */
enum err aws_refuse(struct aws_call *call, const char *error, enum reason reason,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
const char *aws_error(const struct aws_operation *op, enum aws_error which);
/* HTTP's status of an error. */
unsigned aws_status(const struct aws_operation *op, const char *error);

/* A member of the request that is text; the empty span. */
struct span aws_text(const struct aws_call *call, const char *member);
/* Makes the directory of this id the call's; refuses an unknown one, and one of another account. */
enum err aws_directory(struct aws_call *call, struct span id);
/* The same for the member DirectoryId. */
enum err aws_directory_of(struct aws_call *call);
/* Refuses unless the directory is in service. */
enum err aws_active(struct aws_call *call);
/* From here on what the call changes in the directory is changed with its owner's rights
 * (aws_owner.c). */
enum err aws_as_owner(struct aws_call *call);
bool aws_sees(const struct aws_call *call, const struct control_directory *d);
/* "aws" of the record; made when it is not there. */
json_t *aws_notes(struct control_directory *d);

/* Performs an operation on the call's directory (which may be none); args is taken. The result is a
 * new reference, NULL is fine. Refuses as AWS does when it was refused. */
enum err aws_do(struct aws_call *call, enum operation_id id, json_t *args, json_t **result_out);
/* Refuses with what a control_call was refused with; passes ERR_OK on. */
enum err aws_result(struct aws_call *call, enum err e, const struct control_call *c);

/* The same, with the error's name in place where a row of the table has the reason. */
struct aws_renaming {
    enum reason reason;
    const char *error;
};
enum err aws_renamed(struct aws_call *call, enum err e, const struct aws_renaming *rows,
                     size_t count);

/* Cuts one page out of all (taken), beginning after NextToken: Limit or MaxResults elements, at
 * most AWS_PAGE. key is the member by which elements are told apart, "A|B" when each has one of
 * two. Sets out's member and NextToken. */
#define AWS_PAGE 100
enum err aws_page(struct aws_call *call, json_t *all, const char *key, const char *member);
/* Is id in the list of ids that the request asks for? Without a list all are. */
bool aws_wanted(const struct aws_call *call, const char *member, const char *id);
/* Every id of the list must have been found. */
enum err aws_all_found(struct aws_call *call, const char *member, const json_t *found,
                       const char *key);

/* Seconds since 1970 of "2026-11-28T01:17:32Z"; 0. */
json_t *aws_time(const json_t *iso);
/* "t-" and ten hexadecimal digits that belong to these two texts for ever. */
const char *aws_id(struct arena *a, const char *prefix, struct span first, struct span second);

#define AWS_HANDLER(name) enum err name(struct aws_call *call)
AWS_HANDLER(aws_create_microsoft_ad);
AWS_HANDLER(aws_describe_directories);
AWS_HANDLER(aws_delete_directory);
AWS_HANDLER(aws_create_alias);
AWS_HANDLER(aws_get_directory_limits);
AWS_HANDLER(aws_describe_domain_controllers);
AWS_HANDLER(aws_share_directory);
AWS_HANDLER(aws_unshare_directory);
AWS_HANDLER(aws_accept_shared_directory);
AWS_HANDLER(aws_reject_shared_directory);
AWS_HANDLER(aws_describe_shared_directories);

AWS_HANDLER(aws_create_trust);
AWS_HANDLER(aws_describe_trusts);
AWS_HANDLER(aws_verify_trust);
AWS_HANDLER(aws_update_trust);
AWS_HANDLER(aws_delete_trust);
AWS_HANDLER(aws_create_conditional_forwarder);
AWS_HANDLER(aws_describe_conditional_forwarders);
AWS_HANDLER(aws_update_conditional_forwarder);
AWS_HANDLER(aws_delete_conditional_forwarder);
AWS_HANDLER(aws_add_tags);
AWS_HANDLER(aws_list_tags);
AWS_HANDLER(aws_remove_tags);
AWS_HANDLER(aws_add_ip_routes);
AWS_HANDLER(aws_list_ip_routes);
AWS_HANDLER(aws_remove_ip_routes);
AWS_HANDLER(aws_reset_user_password);
AWS_HANDLER(aws_create_computer);
AWS_HANDLER(aws_add_region);
AWS_HANDLER(aws_remove_region);
AWS_HANDLER(aws_describe_regions);
AWS_HANDLER(aws_create_snapshot);
AWS_HANDLER(aws_delete_snapshot);
AWS_HANDLER(aws_describe_snapshots);
AWS_HANDLER(aws_restore_from_snapshot);
AWS_HANDLER(aws_get_snapshot_limits);
AWS_HANDLER(aws_start_schema_extension);
AWS_HANDLER(aws_list_schema_extensions);
AWS_HANDLER(aws_cancel_schema_extension);
AWS_HANDLER(aws_update_number_of_domain_controllers);
AWS_HANDLER(aws_enable_directory_data_access);
AWS_HANDLER(aws_disable_directory_data_access);
AWS_HANDLER(aws_describe_directory_data_access);
AWS_HANDLER(aws_add_group_member);
AWS_HANDLER(aws_create_group);
AWS_HANDLER(aws_create_user);
AWS_HANDLER(aws_delete_group);
AWS_HANDLER(aws_delete_user);
AWS_HANDLER(aws_describe_group);
AWS_HANDLER(aws_describe_user);
AWS_HANDLER(aws_disable_user);
AWS_HANDLER(aws_list_group_members);
AWS_HANDLER(aws_list_groups);
AWS_HANDLER(aws_list_groups_for_member);
AWS_HANDLER(aws_list_users);
AWS_HANDLER(aws_remove_group_member);
AWS_HANDLER(aws_search_groups);
AWS_HANDLER(aws_search_users);
AWS_HANDLER(aws_update_group);
AWS_HANDLER(aws_update_user);
AWS_HANDLER(aws_register_certificate);
AWS_HANDLER(aws_describe_certificate);
AWS_HANDLER(aws_list_certificates);
AWS_HANDLER(aws_deregister_certificate);
AWS_HANDLER(aws_enable_ldaps);
AWS_HANDLER(aws_disable_ldaps);
AWS_HANDLER(aws_describe_ldaps_settings);
AWS_HANDLER(aws_enable_radius);
AWS_HANDLER(aws_update_radius);
AWS_HANDLER(aws_disable_radius);
AWS_HANDLER(aws_update_directory_setup);
AWS_HANDLER(aws_describe_update_directory);
AWS_HANDLER(aws_register_event_topic);
AWS_HANDLER(aws_deregister_event_topic);
AWS_HANDLER(aws_describe_event_topics);
AWS_HANDLER(aws_create_log_subscription);
AWS_HANDLER(aws_delete_log_subscription);
AWS_HANDLER(aws_list_log_subscriptions);
AWS_HANDLER(aws_describe_settings);
AWS_HANDLER(aws_update_settings);

/* A directory as DescribeDirectories tells it; a new reference. */
json_t *aws_description(const struct aws_call *call, const struct control_directory *d);

/* VpcSettings in a region; empty: the primary one. */
json_t *aws_vpc(const struct aws_call *call, const struct control_directory *d, struct span region);

/* --- aws_regions.c --- */

/* The further region of the directory that the request was signed for; empty: whatever it was
 * signed for is answered by the primary one. */
struct span aws_region(const struct aws_call *call, const struct control_directory *d);
/* The region of the directory's creation; of one that was made without: that of the request. */
struct span aws_primary_region(const struct aws_call *call, const struct control_directory *d);
json_t *aws_regions_info(const struct aws_call *call, const struct control_directory *d);

/* --- aws_shares.c --- */

/* The share of this id with the caller's account, and its directory; NULL. */
json_t *aws_share_of(const struct aws_call *call, struct span id,
                     struct control_directory **of_out);
/* What DirectoryId names, or, if it is a share that is in use, the directory of that. */
enum err aws_directory_or_share(struct aws_call *call);
/* The descriptions of what is shared with the caller's account go to the end of all. */
void aws_shared_with_us(struct aws_call *call, json_t *all);
/* DeleteDirectory of a share: it ends, and the directory does not. */
enum err aws_leave_shared_directory(struct aws_call *call, const json_t *share);

/* RADIUS, and no single sign-on, into a directory's description. */
void aws_show_setup(const struct control_directory *d, json_t *into);
/* Tags of a request, which replace those of the same key; refuses too many. */
enum err aws_take_tags(struct aws_call *call, const json_t *tags, json_t *notes);

/* --- aws_sts.c --- */

/* GetCallerIdentity, the one operation of STS that clients ask of whoever they talk to: an answer
 * in XML, from malloc. */
char *aws_sts(struct span body, struct span account, struct span key_id, const char *request_id,
              unsigned *status_out);
char *aws_sts_error(const char *code, const char *message, const char *request_id);

#endif
