/*
 * Included before every source file: functions that this project never calls, because each has a
 * bounded replacement in base (text.h, builder.h, arena.h). Using one does not compile.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#ifndef __ASSEMBLER__
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef gets
#undef strtok
#undef atoi
#undef atol
#undef gmtime
#undef localtime
#undef ctime
#undef rand
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atoll      \
    gmtime localtime rand srand
/* Only calls: the word is a field of Kerberos messages, here and in krb5.h. */
#define ctime(...) ctime_is_banned_use_base_times_h
#endif

#endif
