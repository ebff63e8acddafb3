/*
 * entente directory import: the file goes to the writer in pieces of whole records, each of which
 * is one commit. The writer serves nobody else meanwhile, so a piece is as large as takes it about
 * half a second, which is ten thousand accounts with ready keys. Clear passwords cost milliseconds
 * each and may begin in the middle of the file, so their number in a piece is bounded apart.
 */
#include <unistd.h>

#include "base/text.h"
#include "control/control_files.h"
#include "plat/clock.h"
#include "plat/files.h"

#define PIECE_FIRST (64u << 10)
#define PIECE_MAX   (12u << 20) /* fits into an intent */
#define PIECE_TIME  (UTIME_SECOND / 2)
#define PIECE_CLEAR 128 /* passwords in the clear */
/* Refusals that are told one by one; the rest are counted. */
#define REFUSALS_MAX 20

struct import {
    struct control_call *call;
    int fd;
    uint8_t *text; /* PIECE_MAX bytes; what is read and not yet sent */
    size_t have, piece;
    bool at_end; /* of the file */
    uint32_t line, added, refused;
    json_t *refusals; /* of the first ones: line and cause */
};

static bool is_password(struct span line)
{
    struct span name = SPAN_LIT("userPassword:");
    return ascii_eq_fold(span_sub(line, 0, name.len), name);
}

/* Records are parted by an empty line. Where the last one ends that is whole within max bytes and
 * with whose password there are not too many; or the first one, when it is longer; 0: none is
 * whole. */
static size_t whole_records(struct span text, size_t max)
{
    size_t end = 0;
    unsigned passwords = 0;
    for (size_t at = 0; at < text.len && ((at <= max && passwords <= PIECE_CLEAR) || !end);) {
        const uint8_t *newline = memchr(text.ptr + at, '\n', text.len - at);
        if (!newline)
            break;
        size_t next = (size_t)(newline - text.ptr) + 1;
        bool empty = next - at == 1 || (next - at == 2 && text.ptr[at] == '\r');
        passwords += is_password(span_sub(text, at, next - at));
        if (empty && ((next <= max && passwords <= PIECE_CLEAR) || !end))
            end = next;
        at = next;
    }
    return end;
}

static uint32_t count_lines(struct span s)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < s.len; i++)
        lines += s.ptr[i] == '\n';
    return lines;
}

/* The writer's sentences, one a line: "line 118: why". */
static void keep_refusals(struct import *im, struct span text)
{
    while (text.len && json_array_size(im->refusals) < REFUSALS_MAX) {
        const uint8_t *newline = memchr(text.ptr, '\n', text.len);
        size_t len = newline ? (size_t)(newline - text.ptr) : text.len;
        struct span one = span_sub(text, 0, len), head = SPAN_LIT("line ");
        const uint8_t *colon = memchr(one.ptr, ':', one.len);
        size_t at = colon ? (size_t)(colon - one.ptr) : 0;
        uint64_t line;
        json_t *row = json_object();
        if (at > head.len &&
            text_to_u64(span_sub(one, head.len, at - head.len), UINT32_MAX, &line) == ERR_OK) {
            json_object_set_new(row, "line", json_integer((json_int_t)line));
            one = span_sub(one, at + 2, one.len);
        }
        control_set_span(row, "cause", one);
        json_array_append_new(im->refusals, row);
        text = span_sub(text, len + 1, text.len);
    }
}

static enum err send_piece(struct import *im, struct span piece)
{
    struct control_call *call = im->call;
    struct arena a, *outer = call->a;
    struct intent in = {
        .kind = INTENT_IMPORT, .flags = INTENT_BULK, .ldif = piece, .first_line = im->line};
    struct intent_reply reply;
    arena_init(&a, 0, CONTROL_MEMORY, ARENA_WIPE);
    call->a = &a;
    enum err e = control_intent(call, &in, &reply);
    if (e == ERR_OK) {
        struct reader r = reader_of(reply.data);
        im->added += reader_le32(&r);
        im->refused += reader_le32(&r);
        keep_refusals(im, reply.text);
    }
    if (e == ERR_REFUSED && call->message)
        call->message = arena_dup_str(outer, span_str(call->message));
    call->a = outer;
    arena_fini(&a);
    return e;
}

static enum err next_piece(struct import *im)
{
    struct span text = span_of(im->text, im->have);
    utime began = plat_mono();
    size_t end = whole_records(text, im->piece);
    if (im->at_end && (!end || whole_records(span_sub(text, end, text.len), 1) == 0))
        end = im->have; /* no empty line behind the last record */
    if (!end)
        return control_refuse(im->call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "file: the record at line %u is larger than 12 MiB", im->line);
    TRY(send_piece(im, span_sub(text, 0, end)));
    utime took = plat_mono() - began;
    if (took < PIECE_TIME / 2 && im->piece < PIECE_MAX / 2)
        im->piece *= 2;
    else if (took > PIECE_TIME && im->piece > PIECE_FIRST)
        im->piece /= 2;
    im->line += count_lines(span_sub(text, 0, end));
    im->have -= end;
    memmove(im->text, im->text + end, im->have);
    return ERR_OK;
}

static enum err fill(struct import *im)
{
    size_t got, room = PIECE_MAX - im->have;
    if (im->at_end || !room)
        return ERR_OK;
    if (plat_file_fill(im->fd, im->text + im->have, room, &got) != ERR_OK)
        return control_refuse(im->call, 400, "InvalidParameter", REASON_CONTROL_ARGUMENT,
                              "file: it cannot be read to its end");
    im->have += got;
    im->at_end = got < room;
    return ERR_OK;
}

static enum err import_file(struct import *im)
{
    do {
        TRY(fill(im));
        if (im->have)
            TRY(next_piece(im));
    } while (im->have || !im->at_end);
    return ERR_OK;
}

enum err control_directory_import(struct control_call *call)
{
    struct arena memory; /* there may be passwords in it */
    struct import im = {.call = call, .piece = PIECE_FIRST, .line = 1};
    const char *path = arena_dup_str(call->a, control_arg(call, "file"));
    if (!path)
        return ERR_NOMEM;
    TRY(control_file_open(call, path, &im.fd));
    arena_init(&memory, 0, PIECE_MAX, ARENA_WIPE);
    im.text = arena_alloc(&memory, PIECE_MAX);
    im.refusals = json_array();
    enum err e = im.text && im.refusals ? import_file(&im) : ERR_NOMEM;
    arena_fini(&memory);
    close(im.fd);
    if (e == ERR_OK)
        call->result = json_pack("{s:i, s:i, s:O}", "added", (int)im.added, "refused",
                                 (int)im.refused, "refusals", im.refusals);
    json_decref(im.refusals);
    return e;
}
