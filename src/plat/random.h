/*
 * Random bytes from the kernel, fetched in blocks so that a session key does not cost a system
 * call. Bytes are wiped as they are handed out, and a forked child never sees those of its parent
 * (MADV_WIPEONFORK). One block per thread. The kernel failing to give random bytes is fatal.
 */
#ifndef PLAT_RANDOM_H
#define PLAT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void plat_random(void *out, size_t len);
uint32_t plat_random_u32(void);
uint64_t plat_random_u64(void);
/* Uniform in 0..bound-1; bound must not be 0. */
uint32_t plat_random_below(uint32_t bound);

#endif
