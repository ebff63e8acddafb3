#include "directory/idset.h"

#define FIRST_SLOTS 64

static unsigned slot_of(const struct idset *s, dir_id id)
{
    unsigned mask = s->slot_count - 1, at = (id * 2654435761u >> 7) & mask;

    while (s->slots[at] && s->slots[at] != id)
        at = (at + 1) & mask;
    return at;
}

bool idset_has(const struct idset *s, dir_id id)
{
    return s->slot_count && s->slots[slot_of(s, id)] == id;
}

/* Slots are kept at most half full; ids has room for as many. What is outgrown stays in the arena,
 * in all no more than what is in use. */
static enum err grow(struct idset *s)
{
    struct idset bigger = *s;

    bigger.slot_count = s->slot_count ? 2 * s->slot_count : FIRST_SLOTS;
    bigger.slots = arena_new_array(s->arena, bigger.slot_count, dir_id);
    bigger.ids = arena_new_array(s->arena, bigger.slot_count / 2, dir_id);
    if (!bigger.slots || !bigger.ids)
        return ERR_NOMEM;
    for (unsigned i = 0; i < s->count; i++) {
        bigger.ids[i] = s->ids[i];
        bigger.slots[slot_of(&bigger, s->ids[i])] = s->ids[i];
    }
    *s = bigger;
    return ERR_OK;
}

enum err idset_add(struct idset *s, dir_id id)
{
    if (idset_has(s, id))
        return ERR_OK;
    if (s->count >= (s->max ? s->max : IDSET_MAX))
        return ERR_LIMIT;
    if (s->count == s->slot_count / 2)
        TRY(grow(s));
    s->slots[slot_of(s, id)] = id;
    s->ids[s->count++] = id;
    return ERR_OK;
}

static int compare(const void *a, const void *b)
{
    dir_id x = *(const dir_id *)a, y = *(const dir_id *)b;

    return (x > y) - (x < y);
}

void idset_sort(struct idset *s)
{
    if (s->count > 1)
        qsort(s->ids, s->count, sizeof(dir_id), compare);
}
