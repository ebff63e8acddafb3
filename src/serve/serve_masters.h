/*
 * The master keys of directories, from which the keys of their secrets are derived. Each is drawn
 * when its directory is made, and all lie sealed under the key file in STATE-DIR/masters: a new key
 * file seals them anew, and opens nothing that is sealed in a directory itself.
 *
 * A directory that an older version made has no master there: its is an HMAC of its id under the
 * key file; all are taken over when there is no file masters yet, if they open what is sealed in
 * their directories. If not, the file was lost, and a new one would hide that.
 *
 * Exchanging the key file is three steps, each of which is on disk before the next: the new key as
 * STATE-DIR/key.next, masters under it, the new key as STATE-DIR/key. serve_masters_load knows by
 * the key that opens masters how far an interrupted exchange came, and ends it.
 */
#ifndef SERVE_SERVE_MASTERS_H
#define SERVE_SERVE_MASTERS_H

#include "base/arena.h"
#include "base/err.h"

#define SERVE_MASTERS_MAX    512 /* directories that are, and some that were */
#define SERVE_MASTERS_ID_MAX 63
#define SERVE_MASTER_SIZE    32
#define SERVE_MASTERS_FILE   "masters"
#define SERVE_KEY_FILE       "key"
#define SERVE_KEY_FILE_NEXT  "key.next"
#define SERVE_MASTER_OF_KEYS "access keys" /* the name that control's own has */

struct serve_masters {
    char state_dir[512];
    uint8_t key[SERVE_MASTER_SIZE]; /* the key file's content */
    unsigned count;
    struct serve_master {
        char id[SERVE_MASTERS_ID_MAX + 1];
        uint8_t master[SERVE_MASTER_SIZE];
    } of[SERVE_MASTERS_MAX];
};

/* Reads both files; makes the key file where there is neither. A sentence with a remedy (in the
 * arena) when they cannot be used. m is wiped by the caller. */
enum err serve_masters_load(const char *state_dir, struct arena *a, struct serve_masters *m,
                            const char **why_out);
/* The master of this id. fresh: one that is not known is drawn, and is on disk when this returns;
 * else ERR_NOT_FOUND. ERR_IO with errno, ERR_LIMIT. */
enum err serve_masters_get(struct serve_masters *m, struct span id, bool fresh,
                           uint8_t out[SERVE_MASTER_SIZE]);
/* Draws a new key file. ERR_IO with errno: the former one is in use still, or the new one will be
 * when the service begins again; nothing is lost. */
enum err serve_masters_rotate(struct serve_masters *m);

#endif
