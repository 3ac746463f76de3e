/* SPDX-License-Identifier: MIT */
#include "degraded.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "log.h"

static const char *const names[FROST_DEGRADED_COUNT] = {
    [FROST_DEGRADED_LEDGER_FILE] =
        "the ledger is in memory only, so that nobody knows what was frozen "
        "if agent and freezer are both killed",
    [FROST_DEGRADED_EXPEDITED] =
        "grace periods are not expedited, so that freezing takes some 30 ms "
        "longer",
    [FROST_DEGRADED_OOM_PROTECTION] = "the freezer is not protected from the out-of-memory killer",
    [FROST_DEGRADED_LOCKED_MEMORY] = "the freezer's memory is not locked",
    [FROST_DEGRADED_THREADS] = "the freezer has fewer threads than filesystems",
    [FROST_DEGRADED_OWN_DESCRIPTORS] = "the freezer's threads share their descriptors, so that its "
                                       "death may be seen late",
    [FROST_DEGRADED_RIGHTS] = "the freezer keeps all rights of the agent",
    [FROST_DEGRADED_FILES] = "the freezer can open files",
    [FROST_DEGRADED_CALLS] = "the freezer can make any system call",
    [FROST_DEGRADED_PACE] = "the queues of disks are not kept short while data is written out, so "
                            "that programs may wait longer for their own writes",
};

static const char *
reason(FrostDegraded lack, int why)
{
    if (lack == FROST_DEGRADED_EXPEDITED && why == EOPNOTSUPP)
        return "this kernel is set to normal grace periods, or a real-time kernel";
    if (lack == FROST_DEGRADED_LEDGER_FILE && why == EPROTO)
        return "the file is one of another version";
    if (lack == FROST_DEGRADED_LEDGER_FILE && why == EDEADLK)
        return "the state directory is itself to be frozen";
    if (lack == FROST_DEGRADED_FILES && (why == ENOSYS || why == EOPNOTSUPP))
        return why == ENOSYS ? "this kernel has no Landlock" : "Landlock is turned off";
    if (lack == FROST_DEGRADED_CALLS && (why == ENOSYS || why == EINVAL))
        return "this kernel has no seccomp filters";
    return g_strerror(why);
}

char *
frost_degraded_describe_one(const FrostLedgerData *ledger, FrostDegraded lack)
{
    int why = atomic_load(&ledger->degraded[lack]);

    return why == 0 ? NULL : g_strdup_printf("%s: %s", names[lack], reason(lack, why));
}

char *
frost_degraded_describe(const FrostLedgerData *ledger)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int lack = 0; lack < FROST_DEGRADED_COUNT; lack++) {
        g_autofree char *one = frost_degraded_describe_one(ledger, (FrostDegraded)lack);

        if (one)
            g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "", one);
    }
    return text->len > 0 ? g_strdup(text->str) : NULL;
}

void
frost_degraded_log(const FrostLedgerData *ledger, uint32_t *told)
{
    for (int lack = 0; lack < FROST_DEGRADED_COUNT; lack++) {
        g_autofree char *one = frost_degraded_describe_one(ledger, (FrostDegraded)lack);

        if (one && !(*told & (1u << lack)))
            frost_notice("%s", one);
        if (one)
            *told |= 1u << lack;
    }
}

bool
frost_may_freeze(FrostSys *sys)
{
    g_autofree char *text = NULL;
    const char *line;

    if (sys->read_file(sys, "/proc/self/status", &text, NULL) < 0 ||
        !(line = strstr(text, "\nCapEff:")))
        return true;
    return g_ascii_strtoull(line + strlen("\nCapEff:"), NULL, 16) & (1ull << CAP_SYS_ADMIN);
}
