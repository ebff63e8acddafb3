/* The child's side: its descriptors by name, and an end together with its parent. */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "plat/process.h"

static struct {
    char name[PLAT_CHILD_NAME_MAX + 1];
    int fd;
} inherited[PLAT_CHILD_FDS_MAX];
static unsigned inherited_count;
static pid_t parent;

static int highest = 2;

/* The heap grows by what is needed: what lies beyond is cleared when zeroed memory is made of it.
 */
#define HEAP_PAD (16 * 1024)

static void inherit(struct span item)
{
    const uint8_t *colon = memchr(item.ptr, ':', item.len);
    size_t len = colon ? (size_t)(colon - item.ptr) : 0;
    uint64_t fd;
    if (len == 0 || len > PLAT_CHILD_NAME_MAX || inherited_count == PLAT_CHILD_FDS_MAX ||
        text_to_u64(span_sub(item, len + 1, item.len), INT32_MAX, &fd) != ERR_OK ||
        fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
        return;
    memcpy(inherited[inherited_count].name, item.ptr, len);
    inherited[inherited_count++].fd = (int)fd;
    highest = (int)fd > highest ? (int)fd : highest;
}

void plat_process_begin(const char *title)
{
    struct span list = span_str(getenv("ENTENTE_FDS"));
    bool supervised = list.ptr != NULL;
    uint64_t pid;
    (void)mallopt(M_TOP_PAD, HEAP_PAD);
    plat_process_blocks(PLAT_LARGE_BLOCK);
    while (list.len > 0) {
        const uint8_t *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.ptr) : list.len;
        inherit(span_sub(list, 0, len));
        list = span_sub(list, len + 1, list.len);
    }
    /* What a library of the parent forgot to mark close-on-exec is behind those that were given. */
    if (supervised)
        (void)close_range((unsigned)highest + 1, UINT32_MAX, 0);
    if (text_to_u64(span_str(getenv("ENTENTE_PARENT")), INT32_MAX, &pid) == ERR_OK)
        parent = (pid_t)pid;
    (void)unsetenv("ENTENTE_FDS");
    (void)unsetenv("ENTENTE_PARENT");
    (void)prctl(PR_SET_NAME, title);
    plat_process_die_with_parent();
}

void plat_process_blocks(int bytes)
{
    (void)mallopt(M_MMAP_THRESHOLD, bytes);
    (void)mallopt(M_TRIM_THRESHOLD, 4 * bytes);
}

void plat_process_many_fds(void)
{
    struct rlimit fds;
    if (getrlimit(RLIMIT_NOFILE, &fds) != 0)
        return;
    fds.rlim_cur = fds.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &fds);
}

void plat_process_die_with_parent(void)
{
    if (!parent)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it ended before we asked */
        _exit(1);
}

int plat_process_fd(const char *name)
{
    for (unsigned i = 0; i < inherited_count; i++)
        if (strcmp(inherited[i].name, name) == 0)
            return inherited[i].fd;
    return -1;
}
