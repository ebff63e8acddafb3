#include "directory/volatile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "directory/dir_internal.h"

/* One slot for each object id there can be; the file is sparse and only slots in use take memory.
 */
#define VOL_SLOTS     (UINT64_C(1) << 32)
#define VOL_FILE_SIZE (VOL_SLOTS * sizeof(struct vol_slot))

/* Count and time of bad passwords change together: the count in the upper 16 bits, the FILETIME
 * without its low 10 bits (0.1 ms) below, good until the year 2492. */
#define BAD_TIME_SHIFT 10
#define BAD_TIME_MASK  ((UINT64_C(1) << 48) - 1)
#define BAD_COUNT_MAX  0xffffu

struct vol_slot {
    _Atomic uint64_t bad;
    _Atomic int64_t last_logon;
    _Atomic uint32_t logons;
    uint32_t unused;
    _Atomic int64_t heard; /* FILETIME */
};
_Static_assert(sizeof(struct vol_slot) == 32, "the file's layout");

enum err vol_open(struct dir *d, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EACCES || errno == EROFS ? ERR_DENIED : ERR_IO;
    off_t size = lseek(fd, 0, SEEK_END);
    if (size < 0 || ((uint64_t)size < VOL_FILE_SIZE && ftruncate(fd, (off_t)VOL_FILE_SIZE) != 0)) {
        close(fd);
        return ERR_IO;
    }
    void *p = mmap(NULL, VOL_FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return ERR_IO;
    d->volatile_slots = p;
    return ERR_OK;
}

void vol_close(struct dir *d)
{
    if (d->volatile_slots)
        munmap(d->volatile_slots, VOL_FILE_SIZE);
    d->volatile_slots = NULL;
}

static struct vol_slot *slot(const struct dir *d, dir_id id)
{
    return d->volatile_slots ? &d->volatile_slots[id] : NULL;
}

static uint64_t pack(uint32_t count, int64_t filetime)
{
    return (uint64_t)count << 48 | ((uint64_t)filetime >> BAD_TIME_SHIFT & BAD_TIME_MASK);
}

static uint32_t count_of(uint64_t bad)
{
    return (uint32_t)(bad >> 48);
}

static int64_t time_of(uint64_t bad)
{
    return (int64_t)((bad & BAD_TIME_MASK) << BAD_TIME_SHIFT);
}

#define HEARD_APART INT64_C(1000000) /* 100 ns units */

static void hear(struct vol_slot *s, int64_t now)
{
    int64_t last = atomic_load(&s->heard);
    if (now - last >= HEARD_APART || now < last)
        atomic_store(&s->heard, now);
}

void vol_heard(struct dir *d, dir_id id, int64_t now_filetime)
{
    if (!d->volatile_slots)
        return;
    hear(slot(d, id), now_filetime);
    hear(slot(d, 0), now_filetime);
}

int64_t vol_heard_at(const struct dir *d, dir_id id)
{
    struct vol_slot *s = slot(d, id);
    return s ? atomic_load(&s->heard) : 0;
}

uint32_t vol_bad_password(struct dir *d, dir_id id, int64_t now_filetime, int64_t window)
{
    struct vol_slot *s = slot(d, id);
    if (!s)
        return 0;
    uint64_t old = atomic_load(&s->bad);
    uint32_t count;
    do {
        bool stale = now_filetime - time_of(old) > window;
        count = stale ? 1 : count_of(old) + 1;
        if (count > BAD_COUNT_MAX)
            count = BAD_COUNT_MAX;
    } while (!atomic_compare_exchange_weak(&s->bad, &old, pack(count, now_filetime)));
    return count;
}

void vol_good_logon(struct dir *d, dir_id id, int64_t now_filetime)
{
    struct vol_slot *s = slot(d, id);
    if (!s)
        return;
    vol_reset_bad(d, id);
    atomic_store(&s->last_logon, now_filetime);
    atomic_fetch_add(&s->logons, 1);
}

void vol_reset_bad(struct dir *d, dir_id id)
{
    struct vol_slot *s = slot(d, id);
    if (!s)
        return;
    /* The time of the last bad password stays, as badPasswordTime does. Writing only when there is
     * something to reset keeps the line shared on the common path. */
    uint64_t old = atomic_load(&s->bad);
    while (count_of(old) && !atomic_compare_exchange_weak(&s->bad, &old, old & BAD_TIME_MASK))
        ;
}

void vol_get(const struct dir *d, dir_id id, struct vol_state *out)
{
    struct vol_slot *s = slot(d, id);
    *out = (struct vol_state){0};
    if (!s)
        return;
    uint64_t bad = atomic_load(&s->bad);
    *out = (struct vol_state){count_of(bad), time_of(bad), atomic_load(&s->last_logon),
                              atomic_load(&s->logons)};
}
