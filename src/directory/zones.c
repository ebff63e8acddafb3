#include "directory/zones.h"

/* The property with this id; false when there is none. */
static bool property(const struct dir_obj *zone, uint32_t id, struct dnsp_property *out)
{
    struct dir_values values;
    struct span value;
    if (!dir_attr(zone, ATTR_dNSProperty, &values))
        return false;
    while (dir_values_next(&values, &value)) {
        if (dnsp_property_decode(value, out) == ERR_OK && out->id == id)
            return true;
    }
    return false;
}

uint32_t dir_zone_type(const struct dir_obj *zone)
{
    struct dnsp_property p;
    if (!property(zone, DNSP_PROPERTY_ZONE_TYPE, &p) || p.data.len != 4)
        return DNSP_ZONE_PRIMARY;
    struct reader r = reader_of(p.data);
    return reader_le32(&r);
}

unsigned dir_zone_masters(const struct dir_obj *zone, struct dnsp_address out[DNSP_MASTERS_MAX])
{
    struct dnsp_property p;
    unsigned count = 0;
    if (!property(zone, DNSP_PROPERTY_MASTERS, &p) &&
        !property(zone, DNSP_PROPERTY_MASTERS_IP4, &p))
        return 0;
    return dnsp_masters_decode(&p, out, &count) == ERR_OK ? count : 0;
}
