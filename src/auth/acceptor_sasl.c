/*
 * SASL's layers over a Kerberos context: RFC 4752 section 3.1 for GSSAPI.
 */
#include "auth/acceptor_state.h"

static unsigned possible(const struct acceptor_context *c, unsigned layers)
{
    unsigned can = GSS_SASL_NONE;
    if (c->session.flags & (GSS_FLAG_INTEG | GSS_FLAG_CONF))
        can |= GSS_SASL_INTEGRITY;
    if (c->session.flags & GSS_FLAG_CONF)
        can |= GSS_SASL_CONFIDENTIALITY;
    return layers & can;
}

enum err acceptor_sasl_offer(struct acceptor_context *c, unsigned layers, uint32_t max_buffer,
                             struct arena *a, struct span *out)
{
    uint8_t mem[4];
    struct builder b;
    struct span plain;
    c->reason = REASON_NONE;
    if (c->stage != ACCEPTOR_DONE)
        return ERR_STATE;
    layers = possible(c, layers);
    if (!layers)
        return acceptor_refuse(c, 0, REASON_AUTH_SASL_LAYER);
    struct gss_sasl_offer offer = {.layers = (uint8_t)layers,
                                   .max_buffer = layers == GSS_SASL_NONE ? 0 : max_buffer};
    builder_over(&b, mem, sizeof(mem));
    gss_sasl_put(&b, &offer);
    TRY(builder_done(&b, &plain));
    c->sasl_layers = layers;
    return acceptor_wrap(c, false, plain, a, out);
}

static bool is_one(unsigned layers)
{
    return layers && !(layers & (layers - 1));
}

enum err acceptor_sasl_chosen(struct acceptor_context *c, struct span token, struct arena *a,
                              struct acceptor_sasl_choice *out)
{
    bool sealed;
    struct span plain;
    struct gss_sasl_offer chosen;
    TRY(acceptor_unwrap(c, token, a, &sealed, &plain));
    if (gss_sasl_decode(plain, &chosen) != ERR_OK)
        return acceptor_refuse(c, 0, REASON_AUTH_SASL_MALFORMED);
    if (!is_one(chosen.layers) || !(chosen.layers & c->sasl_layers))
        return acceptor_refuse(c, 0, REASON_AUTH_SASL_LAYER);
    if (chosen.layers != GSS_SASL_NONE && chosen.max_buffer <= GSS_WRAP_OVERHEAD_MAX)
        return acceptor_refuse(c, 0, REASON_AUTH_SASL_MALFORMED);
    *out = (struct acceptor_sasl_choice){
        .layer = chosen.layers, .max_buffer = chosen.max_buffer, .authzid = chosen.authzid};
    return ERR_OK;
}

enum gss_sasl_layer acceptor_layer_of_flags(uint32_t flags)
{
    if (flags & GSS_FLAG_CONF)
        return GSS_SASL_CONFIDENTIALITY;
    return flags & GSS_FLAG_INTEG ? GSS_SASL_INTEGRITY : GSS_SASL_NONE;
}
