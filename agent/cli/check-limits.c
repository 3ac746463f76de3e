/* SPDX-License-Identifier: MIT */
#include "check.h"

#define TOPIC "limits"

/* How long hosts wait for the answer to a freeze, the shortest first (Proxmox VE: since
 * qemu-server 9.1.10). libvirt itself has no limit. */
static const struct {
    const char *name;
    unsigned freeze_s;
} hosts[] = {{"CloudStack", 10}, {"KubeVirt and Velero", 60}, {"Proxmox VE", 600}};

/* How long Proxmox VE and CloudStack wait for the answer to a thaw. */
#define THAW_S 10u

/* "A gives up after 10 s, B after 60 s", for the hosts that do so within @limit_s; "": none does.
 */
static char *
impatient_hosts(unsigned limit_s)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(hosts) && hosts[i].freeze_s <= limit_s; i++)
        g_string_append_printf(text, "%s%s after %u s", i == 0 ? "" : ", ", hosts[i].name,
                               hosts[i].freeze_s);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
check_freeze(const FrostCheck *self)
{
    const FrostConfig *config = self->config;
    unsigned budget_s = config->freeze_budget_s;
    g_autofree char *impatient = impatient_hosts(budget_s > 0 ? budget_s : G_MAXUINT);

    if (budget_s == 0)
        frost_check_add(
            self, FROST_GRADE_OK, TOPIC,
            "freeze-budget=55 would end a freeze before KubeVirt gives up.",
            "only the steps of a freeze have limits, not the whole: %u s for writing out each "
            "filesystem, %u s for each hook, %u s for freezing. These hosts give up: "
            "%s",
            config->sync_timeout_s, config->hook_timeout_s, config->freeze_timeout_s, impatient);
    else
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "a freeze is ended after %u s (freeze-budget)%s%s", budget_s,
                        *impatient ? "; these hosts give up before: "
                                   : ", before any host that is "
                                     "known gives up",
                        impatient);
}

void
frost_check_limits(const FrostCheck *self)
{
    unsigned reply_s = self->config->thaw_reply_timeout_s;

    check_freeze(self);
    if (reply_s == 0 || reply_s >= THAW_S)
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, "thaw-reply-timeout=8 is the default.",
                        "a thaw is answered when its hooks have ended%s, but Proxmox VE and "
                        "CloudStack wait for %u s only",
                        reply_s == 0 ? "" : " or thaw-reply-timeout has passed", THAW_S);
}
