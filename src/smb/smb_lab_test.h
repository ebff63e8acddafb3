/*
 * A server without connections on a folder of its own, and requests as they are on the wire: what
 * the tests of files have in common. Each program has one of it.
 */
#ifndef SMB_SMB_LAB_TEST_H
#define SMB_SMB_LAB_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"
#include "base/text.h"
#include "directory/access.h"
#include "plat/files.h"
#include "plat/task.h"
#include "smb/smb_internal.h"
#include "wire/ms/sddl.h"
#include "wire/smb2/smb2_info.h"

#define ALL_SHARED 7u
#define FULL       SMB_FILE_ALL
#define GPO        "a.example\\Policies\\{1}"

static struct arena arena;
static char root[] = "/tmp/entente-smb-file-XXXXXX";
static enum reason told; /* of the last event */
static struct smb_server sv;
static struct smb_conn conn = {.server = &sv, .conn = (struct plat_conn *)&sv, .peer = "test"};
static struct smb_tree sysvol = {.id = 1, .share = SMB_SYSVOL};
static struct sid domain, somebody[2];
static struct dir_token administrator, user, creator;
static struct smb_identity who = {.refs = 1};
static struct smb_session ss = {.conn = &conn, .who = &who, .id = 1};
static struct span answered;

/* --- the connection and the disk: those of plat are not there ----------------------------------
 */

static struct smb2_header late; /* of the last answer that was sent by itself */
static struct span late_message;
static unsigned lates;

enum err plat_conn_send(struct plat_conn *to, struct span data)
{
    struct span rest = span_sub(data, SMB2_FRAME_SIZE, data.len), message;

    assert_ptr_equal(to, conn.conn);
    assert_ok(smb2_next(&rest, &late, &message));
    late_message = arena_dup_span(&arena, message);
    lates++;
    return ERR_OK;
}

void plat_conn_close(struct plat_conn *c, enum reason why)
{
    (void)c, (void)why;
    fail();
}

const struct plat_addr *plat_conn_peer(const struct plat_conn *c)
{
    (void)c;
    return NULL;
}

static bool disk_is_slow;
static void (*disk_fn)(void *ctx);
static void *disk_ctx;

enum err plat_task_start(struct plat_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    (void)loop;
    disk_fn = fn;
    disk_ctx = ctx;
    if (!disk_is_slow)
        fn(ctx);
    return ERR_OK;
}

void plat_task_away(void (*fn)(void *ctx), void *ctx)
{
    fn(ctx);
}

/* --- events ---------------------------------------------------------------------------------- */

static inline void keep_reason(void *ctx, const struct event *ev)
{
    (void)ctx;
    told = ev->reason;
}

static inline utime no_time(void)
{
    return 0;
}

/* --- requests -------------------------------------------------------------------------------- */

static inline uint32_t run(uint16_t command, uint32_t (*handler)(struct smb_request *rq),
                           const void *body)
{
    struct smb_frame f = {.conn = &conn, .arena = &arena};
    struct smb_request rq = {.frame = &f,
                             .conn = &conn,
                             .server = &sv,
                             .arena = &arena,
                             .head = {.command = command},
                             .session = &ss,
                             .tree = &sysvol,
                             .last = true};
    struct builder b;

    told = REASON_NONE;
    builder_in(&b, &arena, 1 << 20);
    builder_zeros(&b, SMB2_HEADER_SIZE);
    smb2_put(&b, 0, smb2_request_shape(command), body);
    assert_ok(builder_done(&b, &rq.message));
    builder_in(&f.b, &arena, 1 << 20);
    builder_zeros(&f.b, SMB2_HEADER_SIZE);
    uint32_t status = handler(&rq);
    if (rq.answered)
        assert_ok(builder_done(&f.b, &answered));
    return status;
}

static inline struct span wide(const char *text)
{
    struct span out;

    assert_ok(text_to_utf16(span_str(text), &arena, &out));
    return out;
}

static struct smb2_create_response created;

static inline uint32_t create(const char *name, uint32_t access, uint32_t share,
                              uint32_t disposition, uint32_t options, struct smb2_file_id *id)
{
    const struct smb2_create_request q = {.impersonation = 2,
                                          .access = access,
                                          .share_access = share,
                                          .disposition = disposition,
                                          .options = options,
                                          .name = wide(name)};
    uint32_t status = run(SMB2_CREATE, smb_do_create, &q);

    *id = (struct smb2_file_id){0};
    if (status == NT_OK) {
        assert_ok(smb2_decode(smb2_response_shape(SMB2_CREATE), answered, &created));
        *id = created.id;
    }
    return status;
}

static inline void close_file(struct smb2_file_id id)
{
    assert_int_equal(run(SMB2_CLOSE, smb_do_close, &(struct smb2_close_request){.id = id}), NT_OK);
}

static inline void make(const char *name, bool folder)
{
    struct smb2_file_id id;

    assert_int_equal(create(name, FULL, ALL_SHARED, SMB2_FILE_CREATE,
                            folder ? SMB2_OPTION_DIRECTORY : SMB2_OPTION_NON_DIRECTORY, &id),
                     NT_OK);
    close_file(id);
}

static inline uint32_t status_of(const char *name, uint32_t access)
{
    struct smb2_file_id id;
    uint32_t status = create(name, access, ALL_SHARED, SMB2_FILE_OPEN, 0, &id);

    if (status == NT_OK)
        close_file(id);
    return status;
}

static inline uint32_t write_at(struct smb2_file_id id, uint64_t offset, const char *text)
{
    const struct smb2_write_request q = {.offset = offset, .id = id, .data = span_str(text)};

    return run(SMB2_WRITE, smb_do_write, &q);
}

static inline uint32_t set_info(struct smb2_file_id id, unsigned level,
                                const struct smb2_shape *shape, const void *info)
{
    struct smb2_set_info_request q = {.type = SMB2_INFO_FILE, .level = (uint8_t)level, .id = id};
    struct builder b;

    builder_in(&b, &arena, 4096);
    smb2_part_put(&b, shape, info);
    assert_ok(builder_done(&b, &q.data));
    return run(SMB2_SET_INFO, smb_do_set_info, &q);
}

static inline uint32_t set_file(struct smb2_file_id id, unsigned level, struct smb2_file_info info)
{
    return set_info(id, level, smb2_file_shape(level), &info);
}

static inline uint32_t rename_to(struct smb2_file_id id, const char *name, bool replace)
{
    const struct smb2_rename info = {.replace = replace, .name = wide(name)};

    return set_info(id, SMB2_FILE_RENAME, &smb2_rename_shape, &info);
}

static inline void all_of(struct smb2_file_id id, struct smb2_file_info *out)
{
    const struct smb2_query_info_request q = {
        .type = SMB2_INFO_FILE, .level = SMB2_FILE_ALL, .max_output = 4096, .id = id};
    struct smb2_output p;

    assert_int_equal(run(SMB2_QUERY_INFO, smb_do_query_info, &q), NT_OK);
    assert_ok(smb2_decode(smb2_response_shape(SMB2_QUERY_INFO), answered, &p));
    assert_ok(smb2_part_decode(smb2_file_shape(SMB2_FILE_ALL), p.data, out));
}

/* Descriptors and attributes need a place beside the file: not every file system has one. */
static inline bool has_notes(void)
{
    uint8_t note[16];
    size_t len;

    return plat_tree_note(sv.root, note, sizeof(note), &len) != ERR_UNSUPPORTED;
}

static inline struct span descriptor(const char *sddl)
{
    const struct sddl_domain names = {.domain = &domain, .forest_root = &domain};
    struct builder b;
    struct span out;

    builder_in(&b, &arena, 4096);
    assert_ok(sddl_parse(span_str(sddl), &names, &arena, &b));
    assert_ok(builder_done(&b, &out));
    return out;
}

static inline uint32_t protect(struct smb2_file_id id, uint32_t parts, struct span sd)
{
    const struct smb2_set_info_request q = {
        .type = SMB2_INFO_SECURITY, .additional = parts, .id = id, .data = sd};

    return run(SMB2_SET_INFO, smb_do_set_info, &q);
}

/* On the machine itself, as anybody does who is not a client. */
static inline void put_there(const char *folder, const char *name, bool is_folder)
{
    struct plat_tree_facts facts;
    struct span names[] = {span_str(folder)};
    int in, fd;

    assert_ok(plat_tree_open(sv.root, names, 1, &in, &facts));
    assert_ok(plat_tree_make(in, span_str(name), is_folder, &fd, &facts));
    close(fd);
    close(in);
}

static inline unsigned entries_of(const char *a, const char *b)
{
    struct plat_tree_facts facts;
    struct plat_tree_scan *scan;
    struct span names[] = {span_str(a), span_str(b)}, name;
    unsigned count = 0;
    int fd;

    assert_ok(plat_tree_open(sv.root, names, 2, &fd, &facts));
    assert_ok(plat_tree_scan_new(fd, &scan));
    while (plat_tree_scan_next(scan, &name) == ERR_OK)
        count++;
    plat_tree_scan_free(scan);
    close(fd);
    return count;
}

/* --- the server ------------------------------------------------------------------------------ */

static inline int setup(void **state)
{
    static struct event_sink sink = {.write = keep_reason};
    static struct sid users = {
        .revision = 1, .count = 1, .authority = {0, 0, 0, 0, 0, 5}, .sub = {11}};
    static const char *const folders[] = {"Policies", "scripts"};
    char path[256];
    (void)state;

    arena_init(&arena, 0, 64 << 20, 0);
    arena_init(&sv.arena, 0, 16 << 20, 0);
    domain = SID_NT(21, 1, 2, 3);
    conn.sessions = &ss;
    sv.env.events = &sink;
    sv.env.now = no_time;
    sv.env.domain = SPAN_LIT("a.example");
    assert_ok(smb_defaults_make(&domain, SPAN_NONE, &arena, &sv.defaults));
    administrator = (struct dir_token){.sids = &sv.defaults.owner, .count = 1};
    user = (struct dir_token){.sids = &users, .count = 1};
    assert_ok(sid_append(&domain, 1100, &somebody[0]));
    assert_ok(sid_append(&domain, 520, &somebody[1]));
    creator = (struct dir_token){.sids = somebody, .count = 2};
    who.facts.token = &administrator;
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/a.example/%s", root, folders[i]);
        assert_ok(plat_dir_make(path, 0700));
    }
    return plat_tree_root(root, &sv.root) == ERR_OK ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;

    assert_null(ss.opens);
    assert_null(conn.pending);
    assert_int_equal(sv.file_opens, 0);
    assert_int_equal(sv.flush_count, 0);
    for (unsigned i = 0; i < SMB_NODE_BUCKETS; i++)
        assert_null(sv.nodes[i]);
    close(sv.root);
    arena_fini(&arena);
    arena_fini(&sv.arena);
    return plat_dir_remove(root) == ERR_OK ? 0 : -1;
}

#endif
