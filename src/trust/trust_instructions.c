#include "trust/trust_instructions.h"

#include <stdarg.h>

#include "base/text.h"
#include "trust/trust_attributes.h"

/* One tool at a time. */
struct writing {
    struct arena *a;
    struct trust_instruction *to;
    uint32_t direction; /* theirs */
    bool forest;
    const char *ours; /* DNS name of our domain, their partner */
    const char *short_name, *sid, *list, *entente_list, *theirs;
};

static void say(struct writing *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct writing *w, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (w->to->count < TRUST_INSTRUCTION_LINES)
        w->to->lines[w->to->count++] = arena_dup_str(w->a, span_str(text));
}

/* clang-format off */
static const struct words {
    const char *wizard, *wizard_says, *dotnet, *samba, *entente, *netdom;
} words[TRUST_BOTH + 1] = {
    /* their direction in the words of each tool; of netdom, which of the two the local domain is */
    [TRUST_DISABLED] = {"", "", "", "", "", ""},
    [TRUST_INBOUND] = {"One-way: incoming", "users in this domain can be authenticated in the specified domain",
                       "Inbound", "incoming", "incoming", "trusted"},
    [TRUST_OUTBOUND] = {"One-way: outgoing", "users in the specified domain can be authenticated in this domain",
                        "Outbound", "outgoing", "outgoing", "trusting"},
    [TRUST_BOTH] = {"Two-way", "users of each can be authenticated in the other", "Bidirectional", "both", "two-way",
                    ""},
};
/* clang-format on */

static void wizard(struct writing *w)
{
    const struct words *word = &words[w->direction];
    w->to->tool = "Windows: Active Directory Domains and Trusts";
    say(w,
        "Before: DNS Manager, Conditional Forwarders, New Conditional Forwarder...: DNS domain %s, "
        "IP addresses %s, store it in Active Directory.",
        w->ours, w->list);
    say(w,
        "Active Directory Domains and Trusts (domain.msc): right-click %s, Properties, tab Trusts, "
        "button New Trust...",
        w->theirs);
    say(w, "Welcome to the New Trust Wizard: Next.");
    say(w, "Trust Name: %s", w->ours);
    say(w, "Trust Type: %s", w->forest ? "Forest trust" : "External trust");
    say(w, "Direction of Trust: %s (%s)", word->wizard, word->wizard_says);
    say(w, "Sides of Trust: This domain only");
    if (w->direction & TRUST_OUTBOUND)
        say(w, "Outgoing Trust Authentication Level: %s",
            w->forest ? "Forest-wide authentication" : "Domain-wide authentication");
    say(w, "Trust Password: the trust password, the same as here, twice");
    say(w, "Trust Selections Complete: Next. Trust Creation Complete: Next.");
    if (w->direction & TRUST_OUTBOUND)
        say(w, "Confirm Outgoing Trust: No, do not confirm the outgoing trust");
    if (w->direction & TRUST_INBOUND)
        say(w, "Confirm Incoming Trust: No, do not confirm the incoming trust");
    say(w, "Completing the New Trust Wizard: Finish.");
}

static void powershell(struct writing *w)
{
    w->to->tool = "Windows: PowerShell, as an administrator of the domain, on a domain controller";
    say(w,
        "Add-DnsServerConditionalForwarderZone -Name %s -MasterServers %s -ReplicationScope Forest",
        w->ours, w->list);
    say(w, "$password = (Get-Credential -UserName trust -Message 'The trust "
           "password').GetNetworkCredential()"
           ".Password");
    say(w, "$here = [System.DirectoryServices.ActiveDirectory.%s]::%s()",
        w->forest ? "Forest" : "Domain", w->forest ? "GetCurrentForest" : "GetCurrentDomain");
    say(w, "$here.CreateLocalSideOfTrustRelationship('%s', '%s', $password)", w->ours,
        words[w->direction].dotnet);
}

/* netdom takes the trust's password from its command line alone. */
static void netdom(struct writing *w)
{
    bool trusting = w->direction != TRUST_INBOUND;
    w->to->tool = "Windows: netdom";
    if (w->forest || w->direction == TRUST_BOTH) {
        say(w, "netdom cannot make %s on one side alone: use the wizard or PowerShell.",
            w->forest ? "a forest trust" : "a two-way trust");
        return;
    }
    say(w, "netdom trust %s /domain:%s /add /oneside:%s /passwordt:PASSWORD",
        trusting ? w->theirs : w->ours, trusting ? w->ours : w->theirs, words[w->direction].netdom);
    say(w, "PASSWORD stands for the trust password, the same as here. It stays in the history of "
           "the console: "
           "the wizard and PowerShell ask for it.");
}

static void samba_tool(struct writing *w)
{
    w->to->tool =
        "Samba: samba-tool, as root on a domain controller, which asks for the trust password";
    say(w, "Before: have the resolver behind \"dns forwarder\" of smb.conf send %s to %s.", w->ours,
        w->list);
    say(w,
        "samba-tool domain trust create %s --type=%s --direction=%s --create-location=local "
        "--skip-validation -U%%",
        w->ours, w->forest ? "forest" : "external", words[w->direction].samba);
}

static void entente(struct writing *w)
{
    w->to->tool = "Entente";
    say(w,
        "entente trust create %s --short-name %s --sid %s --type %s --direction %s%s --directory "
        "%s",
        w->ours, w->short_name, w->sid, w->forest ? "forest" : "external",
        words[w->direction].entente, w->entente_list, w->theirs);
}

static const char *list_of(const struct trust_other_side *o, const char *before, struct arena *a)
{
    struct builder b;
    struct span text;
    builder_in(&b, a, 4096);
    for (unsigned i = 0; i < o->server_count; i++) {
        if (i || before[0] == ' ')
            builder_span(&b, span_str(before));
        builder_span(&b, o->servers[i]);
    }
    return builder_done(&b, &text) == ERR_OK ? arena_dup_str(a, text) : NULL;
}

enum err trust_instructions(const struct trust_other_side *o, struct arena *a,
                            struct trust_instruction out[TRUST_INSTRUCTION_TOOLS])
{
    static void (*const tools[TRUST_INSTRUCTION_TOOLS])(struct writing * w) = {
        wizard, powershell, netdom, samba_tool, entente};
    char sid[SID_TEXT_SIZE];
    sid_to_text(&o->local->domain_sid, sid);
    struct writing w = {
        .a = a,
        .direction = trust_direction_complement(o->trust->direction),
        .forest = o->trust->attributes & TRUST_FOREST_TRANSITIVE,
        .ours = arena_dup_str(a, o->local->dns_name),
        .short_name = arena_dup_str(a, o->local->flat_name),
        .theirs = arena_dup_str(a, o->trust->dns_name),
        .sid = arena_dup_str(a, span_str(sid)),
        .list = list_of(o, ",", a),
        .entente_list = list_of(o, " --forwarder ", a),
    };
    if (arena_failed(a) || !w.list || !w.entente_list)
        return ERR_NOMEM;
    for (unsigned i = 0; i < TRUST_INSTRUCTION_TOOLS; i++) {
        w.to = &out[i];
        *w.to = (struct trust_instruction){.count = 0};
        tools[i](&w);
    }
    return arena_failed(a) ? ERR_NOMEM : ERR_OK;
}
