/*
 * What a power cut may leave. The test stands between LMDB and the kernel: it records every write
 * to the directory's file, every sync, and every acknowledgement of a commit. Then, for each moment
 * of that record, it builds files that a disk could hold if the power went just then: all that was
 * synced, and of the rest any part, in sectors, in any order. Each must open as exactly one of the
 * committed states, with nothing lost that was acknowledged before.
 *
 * ENTENTE_POWERCUT=N records N commits instead of a few.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "directory/dir_fixture_test.h"

#define SECTOR      512
#define FILES_MAX   64 /* descriptors watched */
#define IMAGE_MAX   (64u << 20)
#define DEFAULT_RUN 14

enum event_kind { EVENT_WRITE, EVENT_WRITE_THROUGH, EVENT_SYNC, EVENT_ACK };

struct event_row {
    enum event_kind kind;
    size_t at, len;
    uint8_t *bytes;
    uint64_t usn; /* ACK */
};

static struct {
    bool on;
    struct event_row *rows;
    size_t count, room;
    int file[FILES_MAX]; /* 0: not watched, 1: watched, 2: watched, O_DSYNC */
} rec;

static void record_event(enum event_kind kind, const void *bytes, size_t len, size_t at,
                         uint64_t usn)
{
    if (rec.count == rec.room) {
        rec.room = rec.room ? rec.room * 2 : 256;
        rec.rows = realloc(rec.rows, rec.room * sizeof(rec.rows[0]));
        ENT_ASSERT(rec.rows);
    }
    struct event_row *r = &rec.rows[rec.count++];
    *r = (struct event_row){kind, at, len, NULL, usn};
    if (!len)
        return;
    r->bytes = malloc(len);
    ENT_ASSERT(r->bytes && at + len <= IMAGE_MAX);
    memcpy(r->bytes, bytes, len);
}

/* --- between LMDB and libc ----------------------------------------------------------------------
 */

/* The labels are the names that liblmdb calls, whatever the headers rename them to. */
int cut_open(const char *path, int flags, int mode) __asm__("open");
ssize_t cut_pwrite(int fd, const void *buf, size_t len, off_t at) __asm__("pwrite");
ssize_t cut_write(int fd, const void *buf, size_t len) __asm__("write");
ssize_t cut_writev(int fd, const struct iovec *iov, int count) __asm__("writev");
int cut_fdatasync(int fd) __asm__("fdatasync");
int cut_fsync(int fd) __asm__("fsync");
int cut_close(int fd) __asm__("close");

/* The function that this one stands in front of. */
#define NEXT(type, name)                                                                           \
    static __typeof__(type) *next;                                                                 \
    if (!next)                                                                                     \
    next = (__typeof__(type) *)dlsym(RTLD_NEXT, name)

static int watched(int fd)
{
    return rec.on && fd >= 0 && fd < FILES_MAX ? rec.file[fd] : 0;
}

static void record_write(int fd, const void *buf, ssize_t len, size_t at)
{
    if (len > 0 && watched(fd))
        record_event(watched(fd) == 2 ? EVENT_WRITE_THROUGH : EVENT_WRITE, buf, (size_t)len, at, 0);
}

int cut_open(const char *path, int flags, int mode)
{
    NEXT(int(const char *, int, ...), "open");
    int fd = next(path, flags, mode);
    const char *name = strrchr(path, '/');
    if (rec.on && fd >= 0 && fd < FILES_MAX && name && strcmp(name, "/data.mdb") == 0)
        rec.file[fd] = flags & O_DSYNC ? 2 : 1;
    return fd;
}

ssize_t cut_pwrite(int fd, const void *buf, size_t len, off_t at)
{
    NEXT(ssize_t(int, const void *, size_t, off_t), "pwrite");
    ssize_t n = next(fd, buf, len, at);
    record_write(fd, buf, n, (size_t)at);
    return n;
}

ssize_t cut_write(int fd, const void *buf, size_t len)
{
    NEXT(ssize_t(int, const void *, size_t), "write");
    size_t at = watched(fd) ? (size_t)lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t n = next(fd, buf, len);
    record_write(fd, buf, n, at);
    return n;
}

ssize_t cut_writev(int fd, const struct iovec *iov, int count)
{
    NEXT(ssize_t(int, const struct iovec *, int), "writev");
    size_t at = watched(fd) ? (size_t)lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t n = next(fd, iov, count);
    for (int i = 0; watched(fd) && n > 0 && i < count; i++) {
        record_write(fd, iov[i].iov_base, (ssize_t)iov[i].iov_len, at);
        at += iov[i].iov_len;
    }
    return n;
}

int cut_fdatasync(int fd)
{
    NEXT(int(int), "fdatasync");
    int rc = next(fd);
    if (rc == 0 && watched(fd))
        record_event(EVENT_SYNC, NULL, 0, 0, 0);
    return rc;
}

int cut_fsync(int fd)
{
    NEXT(int(int), "fsync");
    int rc = next(fd);
    if (rc == 0 && watched(fd))
        record_event(EVENT_SYNC, NULL, 0, 0, 0);
    return rc;
}

int cut_close(int fd)
{
    NEXT(int(int), "close");
    if (fd >= 0 && fd < FILES_MAX)
        rec.file[fd] = 0;
    return next(fd);
}

/* --- the work that is recorded ------------------------------------------------------------------
 */

static struct fixture f;
static uint8_t (*digests)[32]; /* by USN */
static uint64_t last_usn;
static uint32_t seed = 8;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static struct change *some_change(unsigned n)
{
    struct change *c = fixture_change(&f);
    char name[32], text[3000];
    dir_id id = ID_NEXT + n;
    snprintf(name, sizeof(name), "person %u", n);
    create(c, id, ID_USERS, CLASS_user, 0, name);
    fixture_account(c, id, name, 2000 + n);
    memset(text, 'a' + (int)(n % 26), sizeof(text));
    struct span v = span_of(text, draw(sizeof(text)) + 1);
    change_set(c, id, ATTR_description, &v, 1);
    change_link(c, ATTR_member, ID_GROUP, id, SPAN_NONE);
    if (n > 3 && draw(2))
        change_flags(c, ID_NEXT + draw(n), DIR_OBJ_DELETED);
    change_sd(c, ID_NEXT + draw(n + 1), span_str(draw(2) ? "one" : "two"));
    return c;
}

static void note_state(void)
{
    uint8_t sum[HASH_SIZE_MAX];
    fixture_digest(&f, sum);
    memcpy(digests[last_usn], sum, 32);
    record_event(EVENT_ACK, NULL, 0, 0, last_usn);
}

static void record_work(unsigned commits)
{
    static const struct dir_log_limits keep = {.records = 8, .age = UTIME_DAY};
    unsigned n = 0;
    digests = calloc(commits * 4 + 8, sizeof(digests[0]));
    ENT_ASSERT(digests);
    rec.on = true;
    fixture_init(&f);
    last_usn = 0;
    note_state();
    fixture_forest(&f);
    last_usn = 1;
    note_state();
    for (unsigned i = 0; i < commits; i++) {
        struct dir_write w;
        struct span record;
        assert_int_equal(dir_write_begin(f.dir, &w), ERR_OK);
        for (unsigned k = 1 + draw(3); k; k--) {
            assert_int_equal(change_done(some_change(n++), &record), ERR_OK);
            assert_int_equal(dir_write_apply(&w, record, &last_usn), ERR_OK);
        }
        (void)dir_write_trim_log(&w, &keep, FIXTURE_TIME, 4);
        assert_int_equal(dir_write_commit(&w), ERR_OK);
        note_state();
        arena_reset(&f.arena);
    }
    rec.on = false;
    fixture_fini(&f);
}

/* --- the disk -----------------------------------------------------------------------------------
 */

struct disk {
    uint8_t *bytes;
    size_t len;
};

static void disk_write(struct disk *d, const uint8_t *bytes, size_t len, size_t at)
{
    memcpy(d->bytes + at, bytes, len);
    if (at + len > d->len)
        d->len = at + len;
}

/* Each sector that the write touches arrives or not. */
static void disk_write_torn(struct disk *d, const struct event_row *r)
{
    for (size_t done = 0; done < r->len;) {
        size_t n = SECTOR - (r->at + done) % SECTOR;
        if (n > r->len - done)
            n = r->len - done;
        if (draw(2))
            disk_write(d, r->bytes + done, n, r->at + done);
        done += n;
    }
}

enum loss { LOSE_ALL, LOSE_NONE, LOSE_SOME, LOSS__COUNT };

/* from..until are the writes that no sync covers. Which of two overlapping ones came last is open,
 * too. */
static void disk_lose(struct disk *d, size_t from, size_t until, enum loss loss)
{
    size_t n = until - from, start = n && loss == LOSE_SOME ? draw((uint32_t)n) : 0;
    for (size_t i = 0; i < n && loss != LOSE_ALL; i++) {
        const struct event_row *r = &rec.rows[from + (start + i) % n];
        if (r->kind == EVENT_WRITE && loss == LOSE_NONE)
            disk_write(d, r->bytes, r->len, r->at);
        else if (r->kind == EVENT_WRITE)
            disk_write_torn(d, r);
    }
}

static void make_folder(struct fixture *g)
{
    *g = (struct fixture){.path = "/tmp/entente-cut-XXXXXX"};
    ENT_ASSERT(mkdtemp(g->path));
}

/* The committed state that the file opens as, in this folder, or why it does not. */
static enum err state_of(const struct disk *d, struct fixture *g, uint64_t *usn_out)
{
    struct dir_open_args args = {.path = g->path};
    struct dir_snap s;
    char file[96];
    const char *problem;
    uint8_t sum[HASH_SIZE_MAX];
    snprintf(file, sizeof(file), "%s/data.mdb", g->path);
    FILE *out = fopen(file, "wb");
    ENT_ASSERT(out && fwrite(d->bytes, 1, d->len, out) == d->len && fclose(out) == 0);
    arena_init(&g->arena, 0, 64 << 20, 0);
    enum err e = dir_open(&args, &g->dir);
    if (e == ERR_OK)
        e = dir_snap_begin(g->dir, &s);
    if (e == ERR_OK) {
        *usn_out = dir_snap_usn(&s);
        e = dir_check(&s, &g->arena, &problem);
        dir_snap_end(&s);
    }
    if (e == ERR_OK) {
        fixture_digest(g, sum);
        e = *usn_out <= last_usn && memcmp(sum, digests[*usn_out], 32) == 0 ? ERR_OK
                                                                            : ERR_INTEGRITY;
    }
    fixture_fini(g);
    return e;
}

static bool is_right(const struct disk *d, uint64_t acknowledged)
{
    struct fixture g;
    uint64_t usn = 0;
    make_folder(&g);
    enum err e = state_of(d, &g, &usn);
    if (e == ERR_OK && usn >= acknowledged)
        return true;
    print_message("%s, USN %lu, acknowledged %lu\n", err_name(e), (unsigned long)usn,
                  (unsigned long)acknowledged);
    return false;
}

/* A file that lost what it was promised to hold may crash its reader. */
static bool is_right_in_child(const struct disk *d, uint64_t acknowledged)
{
    struct fixture g;
    int status = 0;
    make_folder(&g);
    pid_t pid = fork();
    ENT_ASSERT(pid >= 0);
    if (pid == 0) {
        uint64_t usn = 0;
        signal(SIGBUS, SIG_DFL); /* cmocka's would report a failure */
        signal(SIGSEGV, SIG_DFL);
        _exit(state_of(d, &g, &usn) == ERR_OK && usn >= acknowledged ? 0 : 1);
    }
    ENT_ASSERT(waitpid(pid, &status, 0) == pid);
    fixture_fini(&g); /* the child may not have come to it */
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* How many of the states that a cut at any moment may leave are wrong, from the first
 * acknowledgement on. */
static unsigned cut_everywhere(unsigned *cuts_out)
{
    struct disk durable = {calloc(1, IMAGE_MAX), 0}, left = {calloc(1, IMAGE_MAX), 0};
    uint64_t acknowledged = 0;
    size_t unsynced = 0;
    unsigned wrong = 0, cuts = 0;
    bool created = false;
    ENT_ASSERT(durable.bytes && left.bytes);
    for (size_t i = 0; i < rec.count; i++) {
        const struct event_row *r = &rec.rows[i];
        if (r->kind == EVENT_WRITE_THROUGH)
            disk_write(&durable, r->bytes, r->len, r->at);
        if (r->kind == EVENT_SYNC) {
            disk_lose(&durable, unsynced, i, LOSE_NONE);
            unsynced = i;
        }
        if (r->kind == EVENT_ACK) {
            acknowledged = r->usn;
            created = true;
        }
        for (enum loss loss = 0; created && loss < LOSS__COUNT; loss++) {
            memcpy(left.bytes, durable.bytes, durable.len);
            left.len = durable.len;
            disk_lose(&left, unsynced, i + 1, loss);
            wrong += !is_right(&left, acknowledged);
            cuts++;
        }
    }
    free(durable.bytes);
    free(left.bytes);
    *cuts_out = cuts;
    return wrong;
}

/* The same at the end, on a disk that ignores fdatasync: the test must notice that. */
static bool lying_disk_is_noticed(void)
{
    struct disk durable = {calloc(1, IMAGE_MAX), 0};
    ENT_ASSERT(durable.bytes);
    for (size_t i = 0; i < rec.count; i++) {
        const struct event_row *r = &rec.rows[i];
        if (r->kind == EVENT_WRITE_THROUGH || (r->kind == EVENT_WRITE && i < rec.count / 2))
            disk_write(&durable, r->bytes, r->len, r->at);
    }
    bool noticed = !is_right_in_child(&durable, last_usn);
    free(durable.bytes);
    return noticed;
}

static unsigned count_events(enum event_kind kind)
{
    unsigned n = 0;
    for (size_t i = 0; i < rec.count; i++)
        n += rec.rows[i].kind == kind;
    return n;
}

static void test_every_cut_leaves_a_committed_state(void **state)
{
    (void)state;
    const char *wish = getenv("ENTENTE_POWERCUT");
    unsigned commits = wish ? (unsigned)strtoul(wish, NULL, 10) : DEFAULT_RUN, cuts = 0;
    record_work(commits);
    /* The recorder sees what it must: each commit syncs its pages, then writes its root through. */
    assert_true(count_events(EVENT_SYNC) >= commits);
    assert_true(count_events(EVENT_WRITE_THROUGH) >= commits);
    assert_true(count_events(EVENT_WRITE) > commits);
    assert_int_equal(cut_everywhere(&cuts), 0);
    print_message("%u states after a cut, all of them committed ones\n", cuts);
    assert_true(cuts > commits * 9);
    assert_true(lying_disk_is_noticed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut_leaves_a_committed_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
