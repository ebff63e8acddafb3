/*
 * The block of counters of a process (base/counters.h) as a file: its parent makes it, it maps it,
 * others read it. The file outlives the process, so that what is counted goes on when it was
 * started again.
 */
#ifndef PLAT_COUNTERS_SHARE_H
#define PLAT_COUNTERS_SHARE_H

#include <sys/types.h>

#include "base/counters.h"
#include "base/err.h"
#include "base/span.h"

/* Makes the file, or makes it new: zeros, mode 0600, of that user. ERR_IO. */
enum err plat_counters_make(const char *path, uid_t uid, gid_t gid, int *fd_out);
/* From now on this process counts there. Does not take fd over. ERR_IO. */
enum err plat_counters_share(int fd);
/* Counts the process's resident memory as it is now. Where /proc shows processes to themselves
 * alone (systemd's ProtectProc=), nobody else can; the file is opened by plat_counters_share. */
void plat_counters_memory(void);
/* Where it is below the run folder, by the process's name. ERR_LIMIT. */
enum err plat_counters_path(const char *run_dir, struct span process, char *out, size_t cap);
#define PLAT_COUNTERS_FOLDER "counters"
/* ERR_NOT_FOUND, ERR_IO. */
enum err plat_counters_read(const char *path, struct counters *out);

#endif
