#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#include <stdarg.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
/* Bytes between allocations that the sanitizer guards, so that it sees an overrun inside an arena.
 */
#define GAP        16
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define GAP        0
#define HIDE(p, n) ((void)0)
#define SHOW(p, n) ((void)0)
#endif

#define ALIGN         16
#define BLOCK_DEFAULT 4096
#define BLOCK_MAX     (1024 * 1024) /* growth stops doubling here */

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t used;
    size_t last; /* offset of the newest allocation, for arena_grow */
    _Alignas(ALIGN) uint8_t data[];
};

static bool wipes(const struct arena *a)
{
    return a->flags & ARENA_WIPE;
}

/* In an arena that wipes, what lies beyond the used part of a block is always zero: it was made so,
 * and is made so again when the block is cleared. An allocation then has nothing to clear. */
static struct arena_block *block_new(const struct arena *a, size_t cap)
{
    struct arena_block *b = wipes(a) ? calloc(1, sizeof(*b) + cap) : malloc(sizeof(*b) + cap);
    if (!b)
        return NULL;
    b->next = NULL;
    b->cap = cap;
    b->used = 0;
    b->last = 0;
    HIDE(b->data, cap);
    return b;
}

static void block_clear(const struct arena *a, struct arena_block *b)
{
    if (wipes(a)) {
        SHOW(b->data, b->cap);
        mem_wipe(b->data, b->used);
    }
    HIDE(b->data, b->cap);
    b->used = 0;
    b->last = 0;
}

static void block_free(const struct arena *a, struct arena_block *b)
{
    block_clear(a, b);
    SHOW(b->data, b->cap);
    free(b);
}

void arena_init(struct arena *a, size_t first_block, size_t max, unsigned flags)
{
    *a = (struct arena){.max = max, .flags = flags};
    if (first_block)
        a->first = a->current = block_new(a, first_block);
}

void arena_reset(struct arena *a)
{
    if (a->first) {
        struct arena_block *b = a->first->next;
        while (b) {
            struct arena_block *next = b->next;
            block_free(a, b);
            b = next;
        }
        block_clear(a, a->first);
        a->first->next = NULL;
    }
    a->current = a->first;
    a->used_total = 0;
    a->failed = false;
}

void arena_fini(struct arena *a)
{
    arena_reset(a);
    if (a->first)
        block_free(a, a->first);
    *a = (struct arena){0};
}

static void *fail(struct arena *a)
{
    a->failed = true;
    return NULL;
}

static struct arena_block *block_with_room(struct arena *a, size_t need)
{
    struct arena_block *b = a->current;
    if (b && need <= b->cap - b->used)
        return b;
    size_t cap = b ? b->cap * 2 : BLOCK_DEFAULT;
    if (cap > BLOCK_MAX)
        cap = BLOCK_MAX;
    if (cap < need)
        cap = need;
    struct arena_block *fresh = block_new(a, cap);
    if (!fresh)
        return NULL;
    if (b)
        b->next = fresh;
    else
        a->first = fresh;
    a->current = fresh;
    return fresh;
}

static size_t rounded(size_t size)
{
    return ((size ? size : 1) + GAP + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > a->max || a->used_total > a->max - size || size > SIZE_MAX / 2)
        return fail(a);
    size_t need = rounded(size);
    struct arena_block *b = block_with_room(a, need);
    if (!b)
        return fail(a);
    uint8_t *p = b->data + b->used;
    b->last = b->used;
    b->used += need;
    a->used_total += size;
    SHOW(p, size);
    if (!wipes(a))
        memset(p, 0, size);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return fail(a);
    return arena_alloc(a, total);
}

void *arena_grow(struct arena *a, void *ptr, size_t old_size, size_t new_size)
{
    ENT_ASSERT(new_size >= old_size);
    struct arena_block *b = a->current;
    size_t more = new_size - old_size;
    if (ptr && b && ptr == b->data + b->last && new_size <= SIZE_MAX / 2 &&
        rounded(new_size) <= b->cap - b->last) {
        if (more > a->max || a->used_total > a->max - more)
            return fail(a);
        b->used = b->last + rounded(new_size);
        a->used_total += more;
        SHOW(ptr, new_size);
        if (!wipes(a))
            memset((uint8_t *)ptr + old_size, 0, more);
        return ptr;
    }
    void *fresh = arena_alloc(a, new_size);
    if (fresh && old_size)
        memcpy(fresh, ptr, old_size);
    return fresh;
}

void *arena_dup(struct arena *a, const void *ptr, size_t len)
{
    void *p = arena_alloc(a, len);
    if (p && len)
        memcpy(p, ptr, len);
    return p;
}

struct span arena_dup_span(struct arena *a, struct span s)
{
    void *p = arena_dup(a, s.ptr, s.len);
    return p ? span_of(p, s.len) : SPAN_NONE;
}

char *arena_dup_str(struct arena *a, struct span s)
{
    if (s.len == SIZE_MAX)
        return fail(a);
    char *p = arena_alloc(a, s.len + 1);
    if (p && s.len)
        memcpy(p, s.ptr, s.len);
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *p = len < 0 ? fail(a) : arena_alloc(a, (size_t)len + 1);
    if (p)
        vsnprintf(p, (size_t)len + 1, fmt, again);
    va_end(again);
    return p;
}
