#include "serve/serve_names.h"

#include "base/text.h"
#include "plat/files.h"

#define FILE_MAX    (256u << 10)
#define SERVER_WAIT (2 * UTIME_SECOND)
#define DNS_PORT    53

/* --- the two files -----------------------------------------------------------------------------
 */

static struct span next_line(struct span *text)
{
    const uint8_t *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
    size_t len = end ? (size_t)(end - text->ptr) : text->len;
    struct span line = span_sub(*text, 0, len);
    *text = span_sub(*text, len + 1, text->len);
    const uint8_t *comment = line.len ? memchr(line.ptr, '#', line.len) : NULL;
    return comment ? span_sub(line, 0, (size_t)(comment - line.ptr)) : line;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span next_word(struct span *line)
{
    size_t len = 0;
    while (line->len && is_blank(line->ptr[0]))
        *line = span_sub(*line, 1, line->len);
    while (len < line->len && !is_blank(line->ptr[len]))
        len++;
    struct span word = span_sub(*line, 0, len);
    *line = span_sub(*line, len, line->len);
    return word;
}

static void add(struct serve_addresses *list, unsigned max, struct span word, uint16_t port)
{
    if (list->count < max && plat_addr_parse(word, port, &list->of[list->count]) == ERR_OK)
        list->count++;
}

void serve_names_in_hosts(struct span text, struct span name, uint16_t port,
                          struct serve_addresses *out)
{
    *out = (struct serve_addresses){0};
    while (text.len) {
        struct span line = next_line(&text), address = next_word(&line), word;
        while ((word = next_word(&line)).len) {
            if (ascii_eq_fold(word, name)) {
                add(out, SERVE_NAMES_ADDRESSES_MAX, address, port);
                break;
            }
        }
    }
}

void serve_names_servers(struct span text, struct serve_addresses *out)
{
    *out = (struct serve_addresses){0};
    while (text.len) {
        struct span line = next_line(&text);
        if (span_eq(next_word(&line), SPAN_LIT("nameserver")))
            add(out, SERVE_NAMES_SERVERS_MAX, next_word(&line), DNS_PORT);
    }
    if (out->count == 0)
        add(out, 1, SPAN_LIT("127.0.0.1"), DNS_PORT);
}

/* --- the servers -------------------------------------------------------------------------------
 */

static void answered(struct peer_dns_question *q, enum err e, const struct dns_response *response);

static void ask(struct serve_lookup *l)
{
    l->question.done = answered;
    peer_dns_ask(&l->question, &l->servers.of[l->at], dns_name_span(&l->name), l->type,
                 plat_mono() + SERVER_WAIT);
}

static void take(struct serve_lookup *l, const struct dns_response *response)
{
    struct dns_found found;
    if (dns_find(&response->section[DNS_SECTION_ANSWER], dns_name_span(&l->name), l->type,
                 SPAN_LIT("\0"), l->a, &found) != ERR_OK)
        return;
    for (size_t i = 0; i < found.records.count && l->found.count < SERVE_NAMES_ADDRESSES_MAX; i++) {
        struct plat_addr *to = &l->found.of[l->found.count];
        if (plat_addr_from_bytes(found.records.rrs[i].rdata, l->port, to) == ERR_OK)
            l->found.count++;
    }
}

/* IPv4, and IPv6 where there is none; a server that does not answer, or refuses, has others behind
 * it. */
static void answered(struct peer_dns_question *q, enum err e, const struct dns_response *response)
{
    struct serve_lookup *l =
        (struct serve_lookup *)((char *)q - offsetof(struct serve_lookup, question));
    bool heard = e == ERR_OK &&
                 (response->rcode == DNS_RCODE_NOERROR || response->rcode == DNS_RCODE_NXDOMAIN);
    if (heard)
        take(l, response);
    if (l->found.count) {
        l->done(l, ERR_OK);
    } else if (heard && l->type == DNS_TYPE_A) {
        l->type = DNS_TYPE_AAAA;
        ask(l);
    } else if (!heard && l->at + 1 < l->servers.count) {
        l->at++;
        ask(l);
    } else {
        l->done(l, heard ? ERR_NOT_FOUND : e == ERR_OK ? ERR_IO : e);
    }
}

enum err serve_lookup_begin(struct serve_lookup *l, struct span name, uint16_t port)
{
    struct span text = SPAN_NONE;
    (void)plat_file_read("/etc/hosts", FILE_MAX, l->a, &text);
    serve_names_in_hosts(text, name, port, &l->found);
    if (l->found.count)
        return ERR_OK;
    if (dns_name_from_text(name, &l->name) != ERR_OK)
        return ERR_MALFORMED;
    text = SPAN_NONE;
    (void)plat_file_read("/etc/resolv.conf", FILE_MAX, l->a, &text);
    serve_names_servers(text, &l->servers);
    l->question.ask.loop = l->loop;
    l->question.ask.a = l->a;
    l->port = port;
    l->type = DNS_TYPE_A;
    l->at = 0;
    ask(l);
    return ERR_BUSY;
}
