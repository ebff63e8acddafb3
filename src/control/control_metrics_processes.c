/*
 * Families that come from processes: how each is, and what it has counted.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "control/control_metrics.h"

static void put_process(FILE *out, const char *family, const struct control_sample *s,
                        const char *label, const char *value)
{
    control_metrics_name(out, family, "directory", s->directory, "dc", s->dc, "role", s->role,
                         "process", s->process, label, value, NULL);
}

/* Resident pages, in bytes (proc(5), statm); -1: it is not there. */
static long long memory_of(uint32_t pid)
{
    char path[64], text[128];
    unsigned long long all, resident;
    if (pid == 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%u/statm", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    if (sscanf(text, "%llu %llu", &all, &resident) != 2)
        return -1;
    return (long long)resident * sysconf(_SC_PAGESIZE);
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
    control_metrics_family(out, "process_resident_memory_bytes", "gauge", "Memory of a process");
    for (s = samples; s; s = s->next) {
        long long bytes = memory_of(s->status.pid);
        if (bytes < 0)
            continue;
        put_process(out, "process_resident_memory_bytes", s, "", NULL);
        fprintf(out, "%lld\n", bytes);
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
