#include "base/text.h"
#include "wire/ms/sddl.h"

/* What the name of a SID is relative to. */
enum base { BASE_NONE, BASE_DOMAIN, BASE_ROOT };

struct alias {
    char name[3];
    uint8_t base;
    uint8_t authority;
    uint8_t count;
    uint32_t sub[6];
};

#define BUILTIN(name, rid)                                                                         \
    {                                                                                              \
        name, BASE_NONE, 5, 2,                                                                     \
        {                                                                                          \
            32, rid                                                                                \
        }                                                                                          \
    }
#define WELL_KNOWN(name, authority, sub)                                                           \
    {                                                                                              \
        name, BASE_NONE, authority, 1,                                                             \
        {                                                                                          \
            sub                                                                                    \
        }                                                                                          \
    }
#define DOMAIN(name, rid)                                                                          \
    {                                                                                              \
        name, BASE_DOMAIN, 0, 1,                                                                   \
        {                                                                                          \
            rid                                                                                    \
        }                                                                                          \
    }
#define ROOT(name, rid)                                                                            \
    {                                                                                              \
        name, BASE_ROOT, 0, 1,                                                                     \
        {                                                                                          \
            rid                                                                                    \
        }                                                                                          \
    }

/* [MS-DTYP] 2.5.1.1 with the SIDs of 2.4.2.4; AP, KA, EK, AS and SS came with Windows Server 2016.
 */
static const struct alias aliases[] = {
    DOMAIN("DA", 512),
    DOMAIN("DG", 514),
    DOMAIN("DU", 513),
    DOMAIN("DD", 516),
    DOMAIN("DC", 515),
    DOMAIN("LA", 500),
    DOMAIN("LG", 501),
    DOMAIN("CA", 517),
    DOMAIN("RS", 553),
    DOMAIN("PA", 520),
    DOMAIN("CN", 522),
    DOMAIN("AP", 525),
    DOMAIN("KA", 526),
    ROOT("SA", 518),
    ROOT("EA", 519),
    ROOT("RO", 498),
    ROOT("EK", 527),
    BUILTIN("BA", 544),
    BUILTIN("BU", 545),
    BUILTIN("BG", 546),
    BUILTIN("PU", 547),
    BUILTIN("AO", 548),
    BUILTIN("SO", 549),
    BUILTIN("PO", 550),
    BUILTIN("BO", 551),
    BUILTIN("RE", 552),
    BUILTIN("RU", 554),
    BUILTIN("RD", 555),
    BUILTIN("NO", 556),
    BUILTIN("MU", 558),
    BUILTIN("LU", 559),
    BUILTIN("IS", 568),
    BUILTIN("CY", 569),
    BUILTIN("ER", 573),
    BUILTIN("CD", 574),
    BUILTIN("RA", 575),
    BUILTIN("ES", 576),
    BUILTIN("MS", 577),
    BUILTIN("HA", 578),
    BUILTIN("AA", 579),
    BUILTIN("RM", 580),
    WELL_KNOWN("WD", 1, 0),
    WELL_KNOWN("CO", 3, 0),
    WELL_KNOWN("CG", 3, 1),
    WELL_KNOWN("OW", 3, 4),
    WELL_KNOWN("NU", 5, 2),
    WELL_KNOWN("IU", 5, 4),
    WELL_KNOWN("SU", 5, 6),
    WELL_KNOWN("AN", 5, 7),
    WELL_KNOWN("ED", 5, 9),
    WELL_KNOWN("PS", 5, 10),
    WELL_KNOWN("AU", 5, 11),
    WELL_KNOWN("RC", 5, 12),
    WELL_KNOWN("SY", 5, 18),
    WELL_KNOWN("LS", 5, 19),
    WELL_KNOWN("NS", 5, 20),
    WELL_KNOWN("WR", 5, 33),
    {"UD", BASE_NONE, 5, 6, {84, 0, 0, 0, 0, 0}},
    {"AC", BASE_NONE, 15, 2, {2, 1}},
    WELL_KNOWN("LW", 16, 4096),
    WELL_KNOWN("ME", 16, 8192),
    WELL_KNOWN("MP", 16, 8448),
    WELL_KNOWN("HI", 16, 12288),
    WELL_KNOWN("SI", 16, 16384),
    WELL_KNOWN("AS", 18, 1),
    WELL_KNOWN("SS", 18, 2),
};
#define ALIASES (sizeof(aliases) / sizeof(aliases[0]))

static enum err resolve(const struct alias *alias, const struct sddl_domain *dom, struct sid *out)
{
    const struct sid *base = alias->base == BASE_DOMAIN ? dom->domain : dom->forest_root;

    if (alias->base == BASE_NONE) {
        *out = sid_make(alias->authority, alias->count, alias->sub);
        return ERR_OK;
    }
    return base ? sid_append(base, alias->sub[0], out) : ERR_NOT_FOUND;
}

enum err sddl_sid_parse(struct span text, const struct sddl_domain *dom, struct sid *out)
{
    for (size_t i = 0; text.len == 2 && i < ALIASES; i++) {
        if (ascii_eq_fold(text, span_str(aliases[i].name)))
            return resolve(&aliases[i], dom, out);
    }
    return sid_from_text(text, out);
}

void sddl_sid_put(struct builder *b, const struct sid *sid, const struct sddl_domain *dom)
{
    char text[SID_TEXT_SIZE];
    struct sid named;

    for (size_t i = 0; i < ALIASES; i++) {
        if (resolve(&aliases[i], dom, &named) == ERR_OK && sid_eq(&named, sid)) {
            builder_printf(b, "%s", aliases[i].name);
            return;
        }
    }
    sid_to_text(sid, text);
    builder_printf(b, "%s", text);
}
