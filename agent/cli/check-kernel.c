/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "check.h"

#define TOPIC "kernel"

/* The oldest kernel that is supported. */
#define MAJOR 5
#define MINOR 10

/* The fraction of hung_task_timeout_secs that a freeze may last (K7). */
#define PATIENCE 8 / 10

static void
check_release(const FrostCheck *self)
{
    g_autofree char *text = NULL;
    unsigned major, minor;

    if (self->sys->read_file(self->sys, "/proc/sys/kernel/osrelease", &text, NULL) < 0 ||
        sscanf(text, "%u.%u", &major, &minor) != 2)
        return;
    if (major < MAJOR || (major == MAJOR && minor < MINOR))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL,
                        "Linux %s is older than %d.%d, the oldest that frost-ga supports",
                        g_strchomp(text), MAJOR, MINOR);
}

static void
check_hung_tasks(const FrostCheck *self)
{
    int64_t seconds = frost_check_number(self, "/proc/sys/kernel/hung_task_timeout_secs");

    if (frost_check_number(self, "/proc/sys/kernel/hung_task_panic") <= 0 || seconds <= 0)
        return;
    frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                    "kernel.hung_task_panic=0 removes this limit.",
                    "it panics when a process waits for %d s: every freeze is ended after %d s",
                    (int)seconds, (int)(seconds * PATIENCE));
}

static void
check_watchdog(const FrostCheck *self, const char *name)
{
    g_autofree char *state_path = g_strdup_printf("/sys/class/watchdog/%s/state", name);
    g_autofree char *timeout_path = g_strdup_printf("/sys/class/watchdog/%s/timeout", name);
    g_autofree char *state = NULL;
    int64_t timeout = frost_check_number(self, timeout_path);

    if (self->sys->read_file(self->sys, state_path, &state, NULL) < 0 ||
        !g_str_has_prefix(state, "active"))
        return;
    frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                    "systemd (RuntimeWatchdogSec=) does not wait; others may, as they write a log.",
                    "%s resets the machine after %d s, if the program that feeds it waits for a "
                    "frozen filesystem",
                    name, (int)timeout);
}

static void
check_grace_periods(const FrostCheck *self)
{
    if (self->config->expedite && frost_check_number(self, "/sys/kernel/rcu_normal") > 0)
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL,
                        "its grace periods cannot be expedited (rcu_normal): freezing takes "
                        "longer");
}

void
frost_check_kernel(const FrostCheck *self)
{
    g_auto(GStrv) watchdogs = NULL;
    guint before = self->findings->len;

    check_release(self);
    check_hung_tasks(self);
    if (self->sys->list_dir(self->sys, "/sys/class/watchdog", &watchdogs) >= 0) {
        for (char **name = watchdogs; *name; name++)
            check_watchdog(self, *name);
    }
    check_grace_periods(self);
    if (self->findings->len == before)
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "nothing in it ends or delays a freeze");
}
