/*
 * The control process: its socket came from the parent, its links come as children are ready.
 */
#include "control/control.h"
#include "plat/process.h"
#include "serve/serve.h"

void serve_linked_control(struct serve_child *child, uint32_t type, struct span payload, int fd)
{
    control_linked(child->state, type, payload, fd);
}

void serve_told_control(struct serve_child *child, uint32_t type, struct span payload)
{
    control_told(child->state, type, payload);
}

enum err serve_begin_control(struct serve_child *child, const char **why_out)
{
    struct control *control;
    struct control_env env = {.loop = child->loop,
                              .serve = child->parent,
                              .state_dir = arena_dup_str(&child->memory, child->setup.state_path),
                              .run_dir = arena_dup_str(&child->memory, child->setup.volatile_path),
                              .pools = &child->setup.pools,
                              .topics = &child->setup.topics,
                              .listen_fd = plat_process_fd("control"),
                              .api_fd = plat_process_fd("api"),
                              .metrics_fd = plat_process_fd("metrics"),
                              .api_identity = child->setup.api_identity,
                              .events = child->events};
    memcpy(env.seal_key, child->setup.keyring.key[DIR_SECRET_SERVICE], sizeof(env.seal_key));
    TRY(control_new(&env, &control, why_out));
    child->state = control;
    return ERR_OK;
}
