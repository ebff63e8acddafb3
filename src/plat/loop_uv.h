/*
 * libuv's loop itself, for the parts of plat that stand on more of libuv than loop.h shows.
 */
#ifndef PLAT_LOOP_UV_H
#define PLAT_LOOP_UV_H

#include <uv.h>

#include "plat/loop.h"

struct uv_loop_s *plat_loop_uv(struct plat_loop *loop);

#endif
