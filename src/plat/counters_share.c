#include "plat/counters_share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum err plat_counters_path(const char *run_dir, struct span process, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%s/" PLAT_COUNTERS_FOLDER "/%.*s", run_dir, SPAN_ARG(process));
    if (n < 0 || (size_t)n >= cap)
        return ERR_LIMIT;
    for (char *at = out + n - process.len; *at; at++) {
        if (*at == '/')
            *at = '+';
    }
    return ERR_OK;
}

enum err plat_counters_make(const char *path, uid_t uid, gid_t gid, int *fd_out)
{
    /* With that user's rights: the folder is theirs, and may lead anywhere. */
    setfsgid(gid);
    setfsuid(uid);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    setfsuid(geteuid());
    setfsgid(getegid());
    if (fd < 0)
        return ERR_IO;
    if (ftruncate(fd, sizeof(struct counters)) != 0) {
        close(fd);
        return ERR_IO;
    }
    *fd_out = fd;
    return ERR_OK;
}

static int statm = -1; /* proc(5) */

void plat_counters_memory(void)
{
    char text[128];
    unsigned long long all, resident;
    ssize_t n = statm < 0 ? -1 : pread(statm, text, sizeof(text) - 1, 0);
    if (n <= 0)
        return;
    text[n] = '\0';
    if (sscanf(text, "%llu %llu", &all, &resident) == 2)
        counter_set(COUNTER_RESIDENT_MEMORY, resident * (uint64_t)sysconf(_SC_PAGESIZE));
}

enum err plat_counters_share(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size != (off_t)sizeof(struct counters))
        return ERR_IO;
    struct counters *p =
        mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return ERR_IO;
    for (unsigned i = 0; i < COUNTER__COUNT; i++) {
        if (counter_is_gauge(i))
            p->value[i] = 0;
    }
    counters_here = p;
    statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    plat_counters_memory();
    return ERR_OK;
}

enum err plat_counters_read(const char *path, struct counters *out)
{
    struct counters read_;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    ssize_t n = read(fd, &read_, sizeof(read_));
    close(fd);
    if (n != (ssize_t)sizeof(read_))
        return ERR_IO;
    *out = read_;
    return ERR_OK;
}
