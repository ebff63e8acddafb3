#include "plat/random.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/text.h"

#define BLOCK 4096 /* one page: what the kernel wipes in a forked child */

/* The child of a fork sees zeros here, so left is 0 and it fetches its own. */
struct pool {
    size_t left;
    uint8_t bytes[BLOCK - sizeof(size_t)];
};

static _Thread_local struct pool *pool;

static void from_kernel(void *out, size_t len)
{
    for (uint8_t *p = out; len > 0;) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            ent_fatal("the kernel gives no random bytes: %s", strerror(errno));
        p += n;
        len -= (size_t)n;
    }
}

/* NULL when the kernel cannot wipe on fork; bytes then come from it one call at a time. */
static struct pool *own_pool(void)
{
    if (pool)
        return pool;
    void *p = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (madvise(p, BLOCK, MADV_WIPEONFORK) != 0) {
        munmap(p, BLOCK);
        return NULL;
    }
    (void)madvise(p, BLOCK, MADV_DONTDUMP);
    return pool = p;
}

void plat_random(void *out, size_t len)
{
    struct pool *own = len <= sizeof(own->bytes) / 4 ? own_pool() : NULL;
    if (!own) {
        from_kernel(out, len);
        return;
    }
    if (own->left < len) {
        from_kernel(own->bytes, sizeof(own->bytes));
        own->left = sizeof(own->bytes);
    }
    uint8_t *from = own->bytes + sizeof(own->bytes) - own->left;
    if (len == 0)
        return;
    memcpy(out, from, len);
    mem_wipe(from, len);
    own->left -= len;
}

uint32_t plat_random_u32(void)
{
    uint32_t v;
    plat_random(&v, sizeof(v));
    return v;
}

uint64_t plat_random_u64(void)
{
    uint64_t v;
    plat_random(&v, sizeof(v));
    return v;
}

uint32_t plat_random_below(uint32_t bound)
{
    ENT_ASSERT(bound != 0);
    /* Values below the remainder of 2^32 by bound would make small results more likely. */
    uint32_t least = -bound % bound, v;
    do
        v = plat_random_u32();
    while (v < least);
    return v % bound;
}
