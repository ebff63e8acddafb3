/*
 * Families that come from processes: how each is, and what it has counted.
 */
#include <string.h>

#include "control/control_metrics.h"

static void put_process(FILE *out, const char *family, const struct control_sample *s,
                        const char *label, const char *value)
{
    control_metrics_name(out, family, "directory", s->directory, "dc", s->dc, "role", s->role,
                         "process", s->process, label, value, NULL);
}

static void put_health(const struct control_sample *samples, FILE *out)
{
    const struct control_sample *s;
    control_metrics_family(out, "process_up", "gauge", "Whether a process serves");
    for (s = samples; s; s = s->next) {
        put_process(out, "process_up", s, "", NULL);
        fprintf(out, "%d\n", s->status.ready);
    }
    control_metrics_family(out, "process_restarts_total", "counter",
                           "How often a process was started again");
    for (s = samples; s; s = s->next) {
        if (!s->directory)
            continue; /* control does not know it of itself */
        put_process(out, "process_restarts_total", s, "", NULL);
        fprintf(out, "%u\n", s->status.restarts);
    }
}

/* Of processes that never counted here it is not their work. */
static void put_counter(const struct control_sample *samples, enum counter id, FILE *out)
{
    const struct counter_row *row = counter_row(id);
    for (const struct control_sample *s = samples; s; s = s->next) {
        if (s->counted.value[id] == 0 && !counter_is_gauge(id))
            continue;
        put_process(out, row->family, s, row->label, *row->label ? row->label_value : NULL);
        fprintf(out, "%llu\n", (unsigned long long)s->counted.value[id]);
    }
}

static void put_counters(const struct control_sample *samples, FILE *out)
{
    const char *family = "";
    for (unsigned id = 0; id < COUNTER__COUNT; id++) {
        const struct counter_row *row = counter_row(id);
        if (strcmp(row->family, family) != 0)
            control_metrics_family(out, row->family, counter_is_gauge(id) ? "gauge" : "counter",
                                   row->help);
        family = row->family;
        put_counter(samples, id, out);
    }
}

static void put_reasons(const struct control_sample *samples, FILE *out)
{
    control_metrics_family(
        out, "refusals_total", "counter",
        "Events with a reason: refusals and failures, as docs/ERRORS.md has them");
    for (const struct control_sample *s = samples; s; s = s->next) {
        for (unsigned i = REASON_NONE + 1; i < REASON__COUNT; i++) {
            if (s->counted.reason[i] == 0)
                continue;
            put_process(out, "refusals_total", s, "reason", reason_row(i)->code);
            fprintf(out, "%llu\n", (unsigned long long)s->counted.reason[i]);
        }
    }
}

void control_metrics_processes(const struct control_sample *samples, FILE *out)
{
    put_health(samples, out);
    put_counters(samples, out);
    put_reasons(samples, out);
}
