/* The system calls of each group, as a seccomp filter. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/span.h"
#include "plat/sandbox.h"

/* Allowed when (argument arg & mask) == value; mask 0: always. */
struct call {
    int number;
    unsigned arg;
    uint64_t mask, value;
};

#define CALL(name)                                                                                 \
    {                                                                                              \
        SCMP_SYS(name), 0, 0, 0                                                                    \
    }
#define CALL_IS(name, arg, v)                                                                      \
    {                                                                                              \
        SCMP_SYS(name), arg, UINT32_MAX, v                                                         \
    }
#define CALL_HAS(name, arg, bit)                                                                   \
    {                                                                                              \
        SCMP_SYS(name), arg, bit, bit                                                              \
    }
#define CALL_NOT(name, arg, bit)                                                                   \
    {                                                                                              \
        SCMP_SYS(name), arg, bit, 0                                                                \
    }
#define CALL_END                                                                                   \
    {                                                                                              \
        -1, 0, 0, 0                                                                                \
    }

static const struct call base_calls[] = {
    /* memory; nothing becomes executable */
    CALL(brk),
    CALL(munmap),
    CALL(mremap),
    CALL(madvise),
    CALL(membarrier),
    CALL_NOT(mmap, 2, PROT_EXEC),
    CALL_NOT(mprotect, 2, PROT_EXEC),
    /* descriptors that are there */
    CALL(read),
    CALL(readv),
    CALL(pread64),
    CALL(write),
    CALL(writev),
    CALL(close),
    CALL(lseek),
    CALL(fstat),
    CALL(newfstatat),
    CALL(fcntl),
    CALL(dup),
    CALL(dup2),
    CALL(dup3),
    CALL_IS(ioctl, 1, FIONBIO),
    CALL_IS(ioctl, 1, FIONREAD),
    CALL_IS(ioctl, 1, TCGETS),
    /* channels to other processes */
    CALL(sendmsg),
    CALL(recvmsg),
    CALL(sendto),
    CALL(recvfrom),
    CALL(getsockopt),
    CALL(shutdown),
    /* waiting */
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_wait),
    CALL(epoll_pwait),
    CALL(poll),
    CALL(ppoll),
    CALL(select),
    CALL(pselect6),
    CALL(eventfd2),
    CALL(pipe2),
    CALL(futex),
    CALL(clock_gettime),
    CALL(clock_getres),
    CALL(clock_nanosleep),
    CALL(nanosleep),
    CALL(gettimeofday),
    CALL(time),
    CALL(sched_yield),
    CALL(restart_syscall),
    /* oneself */
    CALL(getpid),
    CALL(gettid),
    CALL(getppid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getgid),
    CALL(getegid),
    CALL(getrandom),
    CALL(getrusage),
    CALL(getcpu),
    CALL(sched_getaffinity),
    CALL(uname),
    CALL(sysinfo),
    CALL(rseq),
    CALL(set_robust_list),
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(rt_sigreturn),
    CALL(sigaltstack),
    CALL(exit),
    CALL(exit_group),
    CALL_IS(prctl, 0, PR_SET_NAME),
    CALL_IS(prctl, 0, PR_SET_PDEATHSIG),
    CALL_END,
};

static const struct call serve_calls[] = {
    CALL(accept),      CALL(accept4),     CALL(recvmmsg),   CALL(sendmmsg),
    CALL(getsockname), CALL(getpeername), CALL(setsockopt), CALL_END,
};

static const struct call dial_calls[] = {
    CALL_IS(socket, 0, AF_UNIX),
    CALL_IS(socket, 0, AF_INET),
    CALL_IS(socket, 0, AF_INET6),
    CALL(socketpair),
    CALL(connect),
    CALL(bind),
    CALL(setsockopt),
    CALL(getsockname),
    CALL(getpeername),
    CALL_END,
};

static const struct call files_read_calls[] = {
    CALL_NOT(openat, 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
    CALL_NOT(open, 1, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
    CALL(stat),
    CALL(lstat),
    CALL(statx),
    CALL(access),
    CALL(faccessat),
    CALL(faccessat2),
    CALL(readlink),
    CALL(readlinkat),
    CALL(getdents64),
    CALL(getcwd),
    CALL(statfs),
    CALL(fstatfs),
    CALL(fadvise64),
    CALL(fgetxattr),
    CALL_END,
};

static const struct call files_write_calls[] = {
    CALL(openat),    CALL(open),      CALL(rename),    CALL(renameat),
    CALL(renameat2), CALL(unlink),    CALL(unlinkat),  CALL(mkdir),
    CALL(mkdirat),   CALL(rmdir),     CALL(link),      CALL(linkat),
    CALL(symlink),   CALL(fsync),     CALL(fdatasync), CALL(sync_file_range),
    CALL(msync),     CALL(ftruncate), CALL(fallocate), CALL(pwrite64),
    CALL(pwritev),   CALL(chmod),     CALL(fchmod),    CALL(fchmodat),
    CALL(fchown),    CALL(fchownat),  CALL(utimensat), CALL(umask),
    CALL(flock),     CALL(fsetxattr), CALL_END,
};

static const struct call thread_calls[] = {
    CALL_HAS(clone, 0, CLONE_THREAD),
    CALL(sched_setaffinity),
    CALL(sched_getparam),
    CALL(sched_getscheduler),
    CALL_END,
};

static const struct call spawn_calls[] = {
    CALL(fork),        CALL(vfork),     CALL(clone),      CALL(execve),          CALL(wait4),
    CALL(waitid),      CALL(kill),      CALL(setsid),     CALL(setpgid),         CALL(chdir),
    CALL(close_range), CALL(prlimit64), CALL(arch_prctl), CALL(set_tid_address), CALL_END,
};

static const struct call listen_calls[] = {
    CALL_IS(socket, 0, AF_UNIX),
    CALL_IS(socket, 0, AF_INET),
    CALL_IS(socket, 0, AF_INET6),
    CALL(socketpair),
    CALL(bind),
    CALL(listen),
    CALL(setsockopt),
    CALL(getsockname),
    CALL(unlink),
    CALL(chmod),
    CALL_END,
};

static const struct {
    unsigned group;
    const struct call *calls;
} groups[] = {
    {PLAT_CALLS_BASE, base_calls},
    {PLAT_CALLS_SERVE, serve_calls},
    {PLAT_CALLS_DIAL, dial_calls},
    {PLAT_CALLS_FILES_READ, files_read_calls},
    {PLAT_CALLS_FILES_WRITE, files_write_calls},
    {PLAT_CALLS_THREADS, thread_calls},
    {PLAT_CALLS_SPAWN, spawn_calls},
    {PLAT_CALLS_LISTEN, listen_calls},
};

/* Negative on failure, as libseccomp's own functions. */
static int allow(scmp_filter_ctx filter, const struct call *c)
{
    if (c->mask == 0)
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, c->number, 0);
    struct scmp_arg_cmp cmp = SCMP_CMP64(c->arg, SCMP_CMP_MASKED_EQ, c->mask, c->value);
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, c->number, 1, cmp);
}

static int add_groups(scmp_filter_ctx filter, unsigned wanted)
{
    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
        for (const struct call *c = groups[g].calls; (wanted & groups[g].group) && c->number != -1;
             c++) {
            int e = allow(filter, c);
            if (e < 0 && e != -EEXIST)
                return e;
        }
    return 0;
}

static int fill(scmp_filter_ctx filter, unsigned wanted)
{
    int e = add_groups(filter, wanted);
    if (e < 0)
        return e;
    /* A signal to ourselves only: abort and raise. */
    struct scmp_arg_cmp self = SCMP_CMP64(0, SCMP_CMP_EQ, (uint64_t)getpid());
    e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self);
    /* Its flags are behind a pointer, where a filter cannot look; libc then takes clone. */
    if (e == 0)
        e = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    /* To ask for limits is harmless, and done by libraries at odd moments; to set them is not. */
    if (e == 0 && !(wanted & PLAT_CALLS_SPAWN))
        e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                             SCMP_CMP64(2, SCMP_CMP_EQ, 0));
    return e;
}

/* Between the trap and the end nothing of the program goes on, so what is not safe in a signal
 * handler elsewhere is harmless here. */
static void report(int signum, siginfo_t *info, void *context)
{
    (void)context;
    char text[128];
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, info->si_syscall);
    int n = snprintf(text, sizeof(text), "entente: sandbox: system call %s (%d) is not allowed\n",
                     name ? name : "?", info->si_syscall);
    (void)!write(STDERR_FILENO, text, (size_t)n);
    signal(signum, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signum);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(signum);
    _exit(1);
}

enum err plat_seccomp(unsigned calls, enum plat_seccomp_action action)
{
    uint32_t refuse = action == PLAT_SECCOMP_REPORT ? SCMP_ACT_TRAP : SCMP_ACT_KILL_PROCESS;
    scmp_filter_ctx filter = seccomp_init(refuse);
    if (!filter)
        return ERR_NOMEM;
    int e = fill(filter, calls);
    if (e == 0 && action == PLAT_SECCOMP_REPORT) {
        struct sigaction sa = {.sa_sigaction = report, .sa_flags = SA_SIGINFO};
        e = sigaction(SIGSYS, &sa, NULL);
    }
    if (e == 0)
        e = seccomp_load(filter);
    seccomp_release(filter);
    return e == 0 ? ERR_OK : e == -EINVAL || e == -ENOSYS ? ERR_UNSUPPORTED : ERR_IO;
}
