#include "wire/ms/repl_meta.h"

#include "base/reader.h"

#define VERSION    1
#define ENTRY_SIZE 48

enum err repl_meta_decode(struct span blob, struct arena *a, struct repl_meta **out,
                          unsigned *count_out)
{
    struct reader r = reader_of(blob);
    uint32_t version = reader_le32(&r), count;
    struct repl_meta *entries;

    reader_skip(&r, 4);
    count = reader_le32(&r);
    reader_skip(&r, 4);
    if (!reader_ok(&r))
        return ERR_MALFORMED;
    if (version != VERSION)
        return ERR_UNSUPPORTED;
    if (count > REPL_META_MAX)
        return ERR_LIMIT;
    if (reader_left(&r) != (size_t)count * ENTRY_SIZE)
        return ERR_MALFORMED;
    entries = arena_new_array(a, count, struct repl_meta);
    if (!entries)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        entries[i].attribute = reader_le32(&r);
        entries[i].version = reader_le32(&r);
        entries[i].time = (int64_t)reader_le64(&r);
        reader_copy(&r, entries[i].invocation.b, sizeof(entries[i].invocation.b));
        entries[i].originating_usn = reader_le64(&r);
        entries[i].local_usn = reader_le64(&r);
    }
    TRY(reader_end_whole(&r));
    *out = entries;
    *count_out = count;
    return ERR_OK;
}

void repl_meta_put(struct builder *b, const struct repl_meta *entries, unsigned count)
{
    if (count > REPL_META_MAX)
        builder_fail(b, ERR_LIMIT);
    builder_le32(b, VERSION);
    builder_le32(b, 0);
    builder_le32(b, count);
    builder_le32(b, 0);
    for (unsigned i = 0; i < count && builder_ok(b); i++) {
        builder_le32(b, entries[i].attribute);
        builder_le32(b, entries[i].version);
        builder_le64(b, (uint64_t)entries[i].time);
        builder_bytes(b, entries[i].invocation.b, sizeof(entries[i].invocation.b));
        builder_le64(b, entries[i].originating_usn);
        builder_le64(b, entries[i].local_usn);
    }
}
