#include "plat/interface.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct nlmsghdr head;
    struct ifaddrmsg body;
    uint8_t attributes[128];
};

static void put(struct request *rq, unsigned short type, struct span value)
{
    struct rtattr attr = {.rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(value.len)};
    uint8_t *at = (uint8_t *)rq + NLMSG_ALIGN(rq->head.nlmsg_len);
    memcpy(at, &attr, sizeof attr);
    memcpy(at + RTA_LENGTH(0), value.ptr, value.len);
    rq->head.nlmsg_len = (unsigned)(NLMSG_ALIGN(rq->head.nlmsg_len) + RTA_ALIGN(attr.rta_len));
}

/* The answer to one request: the kernel's error number, 0 when it did it. */
static enum err exchange(const struct request *rq, int *error_out)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        uint8_t rest[512];
    } answer = {0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return ERR_IO;
    ssize_t sent = send(fd, rq, rq->head.nlmsg_len, 0);
    ssize_t got = sent < 0 ? -1 : recv(fd, &answer, sizeof answer, 0);
    int saved = errno;
    close(fd);
    errno = saved;
    if (got < (ssize_t)(sizeof answer.head + sizeof answer.error.error) ||
        answer.head.nlmsg_type != NLMSG_ERROR)
        return ERR_IO;
    *error_out = -answer.error.error;
    return ERR_OK;
}

static enum err change(const char *name, const struct plat_addr *address, unsigned prefix,
                       unsigned short type, int fine)
{
    struct span host = plat_addr_host(address);
    struct request rq = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof rq.body),
                                  .nlmsg_type = type,
                                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
                         .body = {.ifa_family = address->sa.sa_family,
                                  .ifa_prefixlen = (unsigned char)prefix,
                                  /* Nobody else has it: the pool is ours. */
                                  .ifa_flags = host.len == 16 ? IFA_F_NODAD : 0,
                                  .ifa_index = if_nametoindex(name)}};
    int error;
    if (rq.body.ifa_index == 0)
        return ERR_NOT_FOUND;
    if (type == RTM_NEWADDR)
        rq.head.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
    put(&rq, IFA_LOCAL, host);
    put(&rq, IFA_ADDRESS, host);
    TRY(exchange(&rq, &error));
    if (error == 0 || error == fine)
        return ERR_OK;
    errno = error;
    return error == EPERM || error == EACCES ? ERR_DENIED : ERR_IO;
}

enum err plat_interface_add(const char *name, const struct plat_addr *address, unsigned prefix)
{
    return change(name, address, prefix, RTM_NEWADDR, EEXIST);
}

enum err plat_interface_remove(const char *name, const struct plat_addr *address, unsigned prefix)
{
    return change(name, address, prefix, RTM_DELADDR, EADDRNOTAVAIL);
}
