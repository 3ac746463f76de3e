/* SPDX-License-Identifier: MIT */

#include "check.h"

#define TOPIC "filesystems"

/* True for the partition that the firmware boots from. Programs hardly ever write to it. */
static bool
is_boot(const FrostFilesystem *fs)
{
    return g_str_equal(fs->fs_type, "vfat") && (g_str_has_prefix(fs->mount_point, "/boot") ||
                                                g_str_has_prefix(fs->mount_point, "/efi"));
}

/* An unknown order does not matter if there is only one filesystem to freeze. */
static void
check_order(const FrostCheck *self, const FrostFilesystem *fs)
{
    if (fs->unseen && self->plan->freezable > 1)
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL,
                        "%s is of unknown order (%s): it is frozen before all that it may stand on",
                        fs->mount_point, fs->unseen);
}

static void
check_left_out(const FrostCheck *self, const FrostFilesystem *fs)
{
    switch (fs->decision) {
    case FROST_DECISION_FREEZE:
        check_order(self, fs);
        break;
    case FROST_DECISION_SYNC:
        frost_check_add(self, is_boot(fs) ? FROST_GRADE_OK : FROST_GRADE_WARNING, TOPIC, NULL,
                        "%s: %s", fs->mount_point, fs->reason);
        break;
    case FROST_DECISION_EXCLUDED:
    case FROST_DECISION_IN_MEMORY:
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "%s: %s", fs->mount_point, fs->reason);
        break;
    case FROST_DECISION_UNTOUCHED:
        if (g_str_has_prefix(fs->fs_type, "fuseblk"))
            frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL,
                            "%s (%s) is served by a process and cannot be frozen", fs->mount_point,
                            fs->fs_type);
        break;
    case FROST_DECISION_GONE:
    case FROST_DECISION_ELSEWHERE:
    case FROST_DECISION_UNREACHABLE:
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL, "%s: %s", fs->mount_point,
                        fs->reason);
        break;
    case FROST_DECISION_READ_ONLY:
    case FROST_DECISION_NOT_LISTED:
        break;
    }
}

void
frost_check_filesystems(const FrostCheck *self)
{
    const FrostPlan *plan = self->plan;

    if (!plan)
        return; /* check-command.c has reported why there is no plan */
    if (self->config->mode != FROST_MODE_FREEZE) {
        frost_check_add(
            self, FROST_GRADE_WARNING, TOPIC, "It is what the configuration says.", "%s",
            self->config->mode == FROST_MODE_SYNC
                ? "mode=sync: a freeze runs the hooks, writes all data out, and freezes nothing"
                : "mode=off: a freeze does nothing");
        return;
    }
    if (plan->freezable == 0)
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC, "frost-ga plan shows why.",
                        "there is nothing to freeze");
    else
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "%u would be frozen, in %u step%s",
                        plan->freezable, plan->levels, plan->levels == 1 ? "" : "s");
    for (guint i = 0; i < plan->filesystems->len; i++)
        check_left_out(self, g_ptr_array_index(plan->filesystems, i));
}
