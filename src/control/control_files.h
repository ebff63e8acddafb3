/*
 * Paths that a request names. Control opens none of them: it is kept to the service's own folders,
 * and asks the process that has nothing else to do (serve/role_files.c).
 */
#ifndef CONTROL_CONTROL_FILES_H
#define CONTROL_CONTROL_FILES_H

#include "control/control_call.h"

/* A file to be read; the caller closes it. Refused: CONTROL_ARGUMENT. */
enum err control_file_open(struct control_call *call, const char *path, int *fd_out);
/* Copies a directory's data, or with an empty id all files of the service but those, into a folder
 * that exists. ERR_LIMIT: the disk is full; else ERR with a sentence. */
enum err control_file_copy(struct control_call *call, struct span id, const char *folder,
                           const char **why_out);

#endif
