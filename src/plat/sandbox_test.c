#include "base/test.h"
#include "plat/channel.h"
#include "plat/clock.h"
#include "plat/net.h"
#include "plat/process.h"
#include "plat/random.h"
#include "plat/sandbox.h"
#include "plat/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs f in a child and gives its wait status; what it says on stderr goes to err. */
static int status_of(int (*f)(void), char *err, size_t cap)
{
    int fds[2], status = -1;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        _exit(f());
    }
    close(fds[1]);
    size_t len = 0;
    ssize_t n;
    char drop[256];
    while ((n = cap > len + 1 ? read(fds[0], err + len, cap - len - 1)
                              : read(fds[0], drop, sizeof(drop))) > 0)
        len += cap > len + 1 ? (size_t)n : 0;
    if (cap)
        err[len] = 0;
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void assert_lives(int (*f)(void))
{
    char err[512];
    int status = status_of(f, err, sizeof(err));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("status %x: %s", (unsigned)status, err);
}

/* --- users --- */

static void finding_users(void **state)
{
    (void)state;
    uid_t uid = 99;
    gid_t gid = 99;
    assert_ok(plat_user_find("root", &uid, &gid));
    assert_int_equal(uid, 0);
    assert_int_equal(gid, 0);
    assert_err(plat_user_find("no-such-user-here", &uid, &gid), ERR_NOT_FOUND);
}

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s", __FILE__, __LINE__, #x);                                  \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

static int drop(void)
{
    gid_t groups[8];
    CHECK(plat_drop_user(65534, 65534) == ERR_OK);
    CHECK(geteuid() == 65534 && getegid() == 65534);
    CHECK(getgroups(8, groups) == 1 && groups[0] == 65534);
    CHECK(setuid(0) != 0);
    CHECK(open("/etc/shadow", O_RDONLY) < 0);
    CHECK(prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 0);
    CHECK(plat_drop_user(65534, 65534) == ERR_OK);
    CHECK(plat_drop_user(0, 0) == ERR_DENIED);
    CHECK(plat_drop_user(65533, 65534) == ERR_DENIED);
    return 0;
}

static void dropping_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_lives(drop);
}

static int harden(void)
{
    struct rlimit r;
    CHECK(plat_harden(64) == ERR_OK);
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    CHECK(getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max == 0);
    CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur == 64 && r.rlim_max == 64);
    return 0;
}

/* A system that gives fewer descriptors than the role may use is no reason not to serve. */
static int harden_with_few(void)
{
    struct rlimit r, few = {16, 32};
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    plat_process_many_fds();
    CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur == 32 && r.rlim_max == 32);
    if (geteuid() == 0)
        CHECK(plat_drop_user(65534, 65534) == ERR_OK);
    CHECK(plat_harden(64) == ERR_OK);
    CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur == 32 && r.rlim_max == 32);
    return 0;
}

static void hardening(void **state)
{
    (void)state;
    assert_lives(harden);
    assert_lives(harden_with_few);
}

static int opens(const char *path, int flags)
{
    int fd = open(path, flags, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : errno;
}

static char own[] = "/tmp/entente-own-XXXXXX", other[] = "/tmp/entente-other-XXXXXX";

static const char *in(const char *folder, const char *name)
{
    static char path[4][64];
    static unsigned next;
    snprintf(path[next % 4], sizeof path[0], "%s/%s", folder, name);
    return path[next++ % 4];
}

static enum err confine(const char *reads, const char *changes)
{
    const struct plat_confines to = {{reads}, {changes}};
    return plat_confine(&to);
}

static int confine_to_read(void)
{
    int before = open(in(other, "file"), O_RDONLY);
    CHECK(before >= 0 && plat_harden(64) == ERR_OK);
    CHECK(confine(own, NULL) == ERR_OK);
    CHECK(opens(in(own, "file"), O_RDONLY) == 0);
    CHECK(opens(in(own, "file"), O_RDWR) == EACCES);
    CHECK(opens(in(own, "new"), O_RDWR | O_CREAT) == EACCES);
    CHECK(opens(in(other, "file"), O_RDONLY) == EACCES);
    CHECK(opens("/etc/passwd", O_RDONLY) == 0 && opens("/proc/self/stat", O_RDONLY) == 0);
    char byte;
    CHECK(read(before, &byte, 1) == 1); /* what is open stays so */
    return 0;
}

static int confine_to_write(void)
{
    CHECK(plat_harden(64) == ERR_OK);
    CHECK(confine(NULL, own) == ERR_OK);
    CHECK(opens(in(own, "file"), O_RDWR) == 0);
    CHECK(mkdir(in(own, "folder"), 0700) == 0);
    CHECK(opens(in(own, "folder/new"), O_RDWR | O_CREAT) == 0);
    CHECK(rename(in(own, "folder/new"), in(own, "new")) == 0); /* as a restore does */
    CHECK(unlink(in(own, "new")) == 0 && rmdir(in(own, "folder")) == 0);
    CHECK(opens(in(other, "file"), O_RDONLY) == EACCES);
    CHECK(opens(in(other, "new"), O_RDWR | O_CREAT) == EACCES);
    CHECK(unlink(in(other, "file")) == -1 && errno == EACCES);
    CHECK(confine("/nowhere", "/nowhere") == ERR_OK); /* twice: less of both */
    CHECK(opens(in(own, "file"), O_RDONLY) == EACCES);
    return 0;
}

/* As the service of SYSVOL: all is read, one folder of it is written. */
static int confine_to_a_part(void)
{
    CHECK(mkdir(in(own, "part"), 0700) == 0 && plat_harden(64) == ERR_OK);
    char part[256];
    snprintf(part, sizeof(part), "%s", in(own, "part"));
    CHECK(confine(own, part) == ERR_OK);
    CHECK(opens(in(own, "file"), O_RDONLY) == 0);
    CHECK(opens(in(own, "file"), O_RDWR) == EACCES);
    CHECK(opens(in(own, "new"), O_RDWR | O_CREAT) == EACCES);
    CHECK(opens(in(own, "part/new"), O_RDWR | O_CREAT) == 0);
    CHECK(symlink("/", in(own, "part/link")) == -1 && errno == EACCES);
    CHECK(unlink(in(own, "part/new")) == 0);
    return 0;
}

static void files_of_others(void **state)
{
    (void)state;
    if (!plat_confine_works())
        skip();
    assert_non_null(mkdtemp(own));
    assert_non_null(mkdtemp(other));
    const char *const folders[] = {own, other};
    for (size_t i = 0; i < 2; i++) {
        FILE *f = fopen(in(folders[i], "file"), "w");
        assert_non_null(f);
        fputs("text", f);
        fclose(f);
    }
    assert_lives(confine_to_read);
    assert_lives(confine_to_a_part);
    assert_lives(confine_to_write);
    for (size_t i = 0; i < 2; i++) {
        unlink(in(folders[i], "file"));
        rmdir(folders[i]);
    }
}

/* --- system calls; the sanitizers make calls of their own, which no role has --- */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static enum err echo_frame(void *session, struct span head, size_t *len_out)
{
    (void)session;
    *len_out = head.len;
    return ERR_OK;
}

static enum err echo_consume(struct plat_conn *c, void *session, struct span message)
{
    (void)session;
    return plat_conn_send(c, message);
}

/* A server in its sandbox answers a client outside of it. */
static int serving(void)
{
    static const struct plat_stream_ops ops = {
        .name = "test", .frame = echo_frame, .consume = echo_consume};
    static const struct plat_stream_limits limits = {.max_conns = 10,
                                                     .max_request = 100,
                                                     .max_buffered = 100000,
                                                     .output_high = 1000,
                                                     .output_max = 10000};
    struct plat_addr at;
    struct plat_stream *s;
    int fd;
    CHECK(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &at) == ERR_OK);
    CHECK(plat_tcp_listen(&at, &fd) == ERR_OK && plat_sock_addr(fd, &at) == ERR_OK);
    pid_t client = fork();
    if (client == 0) {
        char buf[5];
        int c;
        utime end = plat_mono() + 20 * UTIME_SECOND;
        bool ok = plat_tcp_dial_wait(&at, end, &c) == ERR_OK &&
                  plat_send_wait(c, SPAN_LIT("hello"), end) == ERR_OK &&
                  plat_recv_all_wait(c, buf, 5, end) == ERR_OK;
        _exit(ok ? 0 : 1);
    }
    struct plat_loop *loop = plat_loop_new();
    CHECK(plat_stream_new(loop, &ops, &limits, NULL, NULL, &s) == ERR_OK);
    CHECK(plat_stream_listen(s, fd) == ERR_OK);
    CHECK(plat_harden(100) == ERR_OK);
    CHECK(plat_seccomp(PLAT_CALLS_BASE | PLAT_CALLS_SERVE, PLAT_SECCOMP_REPORT) == ERR_OK);
    bool came = false;
    while (!came || plat_stream_conns(s) > 0) {
        plat_loop_turn(loop, UTIME_SECOND / 100);
        came |= plat_stream_conns(s) > 0;
    }
    (void)plat_random_u64();
    void *p = malloc(1 << 20);
    free(p);
    plat_stream_free(s);
    plat_loop_free(loop);
    return 0;
}

static int dialling(void)
{
    struct plat_addr at;
    int fd, server;
    CHECK(plat_addr_parse(SPAN_LIT("127.0.0.1"), 0, &at) == ERR_OK);
    CHECK(plat_tcp_listen(&at, &server) == ERR_OK && plat_sock_addr(server, &at) == ERR_OK);
    CHECK(plat_seccomp(PLAT_CALLS_BASE | PLAT_CALLS_DIAL, PLAT_SECCOMP_REPORT) == ERR_OK);
    CHECK(plat_tcp_dial_wait(&at, plat_mono() + 10 * UTIME_SECOND, &fd) == ERR_OK);
    CHECK(plat_udp_dial(NULL, &at, &fd) == ERR_OK);
    return 0;
}

static int reading_files(void)
{
    CHECK(plat_seccomp(PLAT_CALLS_BASE | PLAT_CALLS_FILES_READ, PLAT_SECCOMP_REPORT) == ERR_OK);
    int fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
    struct stat st;
    CHECK(fd >= 0 && fstat(fd, &st) == 0);
    return 0;
}

static void *one(void *ctx)
{
    *(int *)ctx = 1;
    return NULL;
}

static int threading(void)
{
    pthread_t t;
    int ran = 0;
    CHECK(plat_seccomp(PLAT_CALLS_BASE | PLAT_CALLS_THREADS, PLAT_SECCOMP_REPORT) == ERR_OK);
    CHECK(pthread_create(&t, NULL, one, &ran) == 0);
    CHECK(pthread_join(t, NULL) == 0 && ran);
    return 0;
}

static int writing_files(void)
{
    char path[] = "/tmp/entente-sandbox-XXXXXX";
    CHECK(plat_seccomp(PLAT_CALLS_BASE | PLAT_CALLS_FILES_READ | PLAT_CALLS_FILES_WRITE,
                       PLAT_SECCOMP_REPORT) == ERR_OK);
    int fd = mkstemp(path);
    CHECK(fd >= 0 && pwrite(fd, "x", 1, 0) == 1 && fsync(fd) == 0 && unlink(path) == 0);
    return 0;
}

static int spawning(void)
{
    int status;
    CHECK(plat_seccomp(PLAT_CALLS_BASE | PLAT_CALLS_SPAWN, PLAT_SECCOMP_REPORT) == ERR_OK);
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
    return 0;
}

static void what_each_role_may_do(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();
    assert_lives(serving);
    assert_lives(dialling);
    assert_lives(reading_files);
    assert_lives(writing_files);
    assert_lives(threading);
    assert_lives(spawning);
}

static unsigned role;
static enum plat_seccomp_action action = PLAT_SECCOMP_REPORT;
static long attempt_number, attempt_args[3];

static int attempt(void)
{
    CHECK(plat_seccomp(role, action) == ERR_OK);
    syscall(attempt_number, attempt_args[0], attempt_args[1], attempt_args[2]);
    return 0;
}

static void what_kills(void **state)
{
    (void)state;
    static const struct {
        unsigned role;
        long number, args[3];
        const char *name;
    } rows[] = {
        {PLAT_CALLS_BASE, SYS_socket, {AF_INET, SOCK_STREAM, 0}, "socket"},
        {PLAT_CALLS_BASE | PLAT_CALLS_SERVE, SYS_socket, {AF_INET, SOCK_STREAM, 0}, "socket"},
        {PLAT_CALLS_BASE | PLAT_CALLS_DIAL, SYS_socket, {AF_PACKET, SOCK_RAW, 0}, "socket"},
        {PLAT_CALLS_BASE | PLAT_CALLS_SERVE, SYS_execve, {0, 0, 0}, "execve"},
        {PLAT_CALLS_BASE | PLAT_CALLS_SERVE, SYS_ptrace, {0, 0, 0}, "ptrace"},
        {PLAT_CALLS_BASE | PLAT_CALLS_SERVE, SYS_open, {0, 0, 0}, "open"},
        {PLAT_CALLS_BASE | PLAT_CALLS_FILES_READ, SYS_openat, {AT_FDCWD, 0, O_RDWR}, "openat"},
        {PLAT_CALLS_BASE | PLAT_CALLS_FILES_READ, SYS_openat, {AT_FDCWD, 0, O_CREAT}, "openat"},
        {PLAT_CALLS_BASE | PLAT_CALLS_FILES_READ, SYS_unlink, {0, 0, 0}, "unlink"},
        {PLAT_CALLS_BASE, SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}, "mprotect"},
        {PLAT_CALLS_BASE, SYS_kill, {1, 0, 0}, "kill"},
        {PLAT_CALLS_BASE, SYS_tgkill, {1, 1, 0}, "tgkill"},
        {PLAT_CALLS_BASE | PLAT_CALLS_THREADS, SYS_clone, {SIGCHLD, 0, 0}, "clone"},
        {PLAT_CALLS_BASE, SYS_prctl, {PR_SET_DUMPABLE, 1, 0}, "prctl"},
        {PLAT_CALLS_BASE, SYS_ioctl, {0, TIOCSTI, 0}, "ioctl"},
    };
    if (SANITIZED)
        skip();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char err[512], want[64];
        role = rows[i].role;
        attempt_number = rows[i].number;
        memcpy(attempt_args, rows[i].args, sizeof(attempt_args));
        action = PLAT_SECCOMP_REPORT;
        int status = status_of(attempt, err, sizeof(err));
        snprintf(want, sizeof(want), "system call %s (", rows[i].name);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS || !strstr(err, want))
            fail_msg("row %zu, %s: status %x, %s", i, rows[i].name, (unsigned)status, err);
        action = PLAT_SECCOMP_KILL;
        status = status_of(attempt, NULL, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finding_users),
        cmocka_unit_test(dropping_root),
        cmocka_unit_test(hardening),
        cmocka_unit_test(files_of_others),
        cmocka_unit_test(what_each_role_may_do),
        cmocka_unit_test(what_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
