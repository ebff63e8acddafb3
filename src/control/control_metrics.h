/*
 * What can be measured, for Prometheus: the text format 0.0.4. States come from control's records,
 * processes from serve, counts from the processes' own blocks (base/counters.h).
 */
#ifndef CONTROL_CONTROL_METRICS_H
#define CONTROL_CONTROL_METRICS_H

#include "base/counters.h"
#include "control/control_call.h"

/* One process, and what it has counted. Texts live in the arena of the question. */
struct control_sample {
    const char *directory; /* DNS name; NULL: control */
    const char *dc;        /* host; NULL: of no domain controller */
    const char *process;   /* "kdc d-12/dc1" */
    const char *role;
    struct control_process status;
    struct counters counted;
    struct control_sample *next;
};

/* In a task: asks serve, which takes a while. The text is from malloc; NULL without memory. */
char *control_metrics_text(struct control *c);
/* Writes the families that come from processes. */
void control_metrics_processes(const struct control_sample *samples, FILE *out);
/* The beginning of a family; kind: "counter", "gauge". */
void control_metrics_family(FILE *out, const char *name, const char *kind, const char *help);
/* "NAME{label="value",...} ": label and value in turn, ends at NULL; a NULL value is left out. */
void control_metrics_name(FILE *out, const char *name, ...) __attribute__((sentinel));

#endif
