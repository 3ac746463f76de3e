/* SPDX-License-Identifier: MIT */

#include "check.h"

#define TOPIC "systemd"
#define STAMPS "/var/lib/systemd/timers"

static bool
is(GHashTable *unit, const char *property, const char *value)
{
    return g_strcmp0(frost_unit_property(unit, property), value) == 0;
}

static void
append(GString *list, const char *name, const char *detail)
{
    g_string_append_printf(list, "%s%s (%s)", list->len > 0 ? ", " : "", name, detail);
}

/* A timer with Persistent=true touches its stamp when it elapses. */
static void
check_timers(const FrostCheck *self, const FrostFilesystem *stamps)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < self->units->blocks->len; i++) {
        GHashTable *unit = g_ptr_array_index(self->units->blocks, i);
        const char *next = frost_unit_property(unit, "NextElapseUSecRealtime");

        if (is(unit, "Persistent", "yes") && is(unit, "ActiveState", "active") && next && *next &&
            !g_str_equal(next, "n/a"))
            append(list, frost_unit_property(unit, "Id"), next);
    }
    if (list->len > 0)
        frost_check_add(self, FROST_GRADE_OK, TOPIC,
                        "The host's thaw, the time limit and frost-ga thaw need no systemd, and "
                        "neither does kill with the agent's pid.",
                        "when a timer with Persistent=true is due while %s is frozen, systemd "
                        "waits for the thaw, and systemctl with it. Due next: %s",
                        stamps->mount_point, list->str);
}

/* While systemd waits for the thaw, it does not feed the watchdog of the hardware. */
static void
check_hardware_watchdog(const FrostCheck *self)
{
    const char *span = frost_units_property(self->units, "RuntimeWatchdogUSec");
    uint64_t limit_s = span ? frost_units_seconds(span) : 0;
    unsigned hold_s = self->config->hold_timeout_s;

    if (limit_s > 0 && (hold_s == 0 || limit_s <= hold_s))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                        "A hold-timeout below RuntimeWatchdogSec= thaws before.",
                        "systemd feeds a hardware watchdog that waits for %s (RuntimeWatchdogSec), "
                        "and a freeze may last %u s: if systemd has to wait for the thaw "
                        "meanwhile, the machine is reset",
                        span, hold_s);
}

/* What systemd itself brings is restarted without harm: journald's file is begun anew. */
static bool
is_of_systemd(const char *name)
{
    return g_str_has_prefix(name, "systemd-");
}

static void
check_service_watchdogs(const FrostCheck *self)
{
    g_autoptr(GString) own = g_string_new(NULL), others = g_string_new(NULL);
    unsigned hold_s = self->config->hold_timeout_s;

    for (guint i = 0; i < self->units->blocks->len; i++) {
        GHashTable *unit = g_ptr_array_index(self->units->blocks, i);
        const char *span = frost_unit_property(unit, "WatchdogUSec");
        const char *name = frost_unit_property(unit, "Id");
        uint64_t limit_s = span && name ? frost_units_seconds(span) : 0;

        if (limit_s > 0 && (hold_s == 0 || limit_s <= hold_s) && is(unit, "ActiveState", "active"))
            append(is_of_systemd(name) ? own : others, name, span);
    }
    if (others->len > 0)
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                        "A hold-timeout below the shortest of them thaws before.",
                        "services with a watchdog that is shorter than a freeze may last (%u s), "
                        "and that are killed if they wait for the disk so long: %s",
                        hold_s, others->str);
    if (own->len > 0)
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "services of systemd with a watchdog that is shorter than a freeze may "
                        "last (%u s), and that are then restarted: %s",
                        hold_s, own->str);
}

void
frost_check_units(const FrostCheck *self)
{
    const FrostFilesystem *stamps =
        self->units && self->plan ? frost_check_frozen_below(self, STAMPS) : NULL;

    if (!stamps)
        return;
    check_timers(self, stamps);
    check_hardware_watchdog(self);
    check_service_watchdogs(self);
}
