/*
 * A directory goes back to an earlier copy of itself, and keeps what has to be as it is now: the
 * secrets of trusts, machines and krbtgt, which others have changed with us since; and every number
 * that was ever given out, so that no SID and no id comes to stand for something else.
 *
 * The copy lies in FOLDER/restore. It is made ready there, then takes the place of the directory's
 * file by a rename: what is interrupted has not happened, and is done again. Whoever has the folder
 * open must open it again.
 */
#ifndef DIRECTORY_RESTORE_H
#define DIRECTORY_RESTORE_H

#include "directory/directory.h"

#define DIR_RESTORE_FOLDER "restore"
#define DIR_RESTORE_FAILED "restore.failed"

/* A consistent copy of an open directory into an existing empty folder; readers and the writer go
 * on. ERR_IO. */
enum err dir_copy(struct dir *d, const char *folder);

/* What folder/restore holds becomes the directory. ERR_NOT_FOUND: nothing is to be restored;
 * ERR_CONSTRAINT: the copy is another directory's; ERR_IO: nothing was changed. */
enum err dir_restore(const char *folder, utime now, void (*random)(void *out, size_t len));
/* What cannot be restored is put aside as folder/restore.failed, and the directory goes on. */
void dir_restore_give_up(const char *folder);

#endif
