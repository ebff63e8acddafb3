/*
 * Where a client is: subnets are objects named after their network, "10.1.0.0/16", in
 * CN=Subnets,CN=Sites of the configuration, each with the site that it lies in.
 */
#include "auth/site.h"
#include "directory/links.h"
#include "plat/address.h"

static bool subnets_of(const struct dir_snap *s, dir_id config_nc, struct dir_obj *out)
{
    struct dir_obj sites;
    return dir_child(s, config_nc, SPAN_LIT("Sites"), &sites) == ERR_OK &&
           dir_child(s, sites.id, SPAN_LIT("Subnets"), out) == ERR_OK &&
           dir_has_children(s, out->id);
}

static bool site_of_subnet(const struct dir_snap *s, const struct dir_obj *subnet, struct span *out)
{
    struct dir_link_cursor cursor = {0};
    struct dir_obj site;
    dir_id id;
    if (subnet->class_id != CLASS_subnet ||
        !dir_link_next(s, ATTR_siteObject, subnet->id, &cursor, &id, NULL) ||
        dir_by_id(s, id, &site) != ERR_OK)
        return false;
    *out = site.rdn;
    return true;
}

/* By name, from the address itself to the whole of the net: what it takes does not grow with the
 * number of subnets. */
struct span auth_site_of(const struct dir_snap *s, dir_id config_nc, struct span client,
                         struct span own, struct span *subnet_out)
{
    uint8_t network[16];
    struct dir_obj subnets, subnet;
    struct span site;
    if (!subnets_of(s, config_nc, &subnets))
        return own;
    if (client.len != 4 && client.len != sizeof(network))
        return SPAN_NONE;
    memcpy(network, client.ptr, client.len);
    for (unsigned prefix = 8 * (unsigned)client.len + 1; prefix-- > 0;) {
        char text[PLAT_ADDR_TEXT], name[PLAT_ADDR_TEXT + 4];
        struct plat_addr addr;
        if (prefix < 8 * client.len)
            network[prefix / 8] &= (uint8_t) ~(0x80u >> prefix % 8);
        if (plat_addr_from_bytes(span_of(network, client.len), 0, &addr) != ERR_OK)
            return SPAN_NONE;
        plat_addr_text(&addr, text);
        int len = snprintf(name, sizeof(name), "%s/%u", text, prefix);
        if (dir_child(s, subnets.id, span_of(name, (size_t)len), &subnet) == ERR_OK &&
            site_of_subnet(s, &subnet, &site)) {
            if (subnet_out)
                *subnet_out = subnet.rdn;
            return site;
        }
    }
    return SPAN_NONE;
}
