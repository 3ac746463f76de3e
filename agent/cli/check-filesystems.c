/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check.h"

#define TOPIC "filesystems"

/* Firmware reads it, and hardly anybody ever writes to it. */
static bool
is_boot(const FrostFilesystem *fs)
{
    return g_str_equal(fs->fs_type, "vfat") && (g_str_has_prefix(fs->mount_point, "/boot") ||
                                                g_str_has_prefix(fs->mount_point, "/efi"));
}

static void
check_left_out(const FrostCheck *self, const FrostFilesystem *fs)
{
    switch (fs->verdict) {
    case FROST_VERDICT_FREEZE:
        if (fs->opaque)
            frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL,
                            "%s stands on what cannot be seen: its place in the order is a guess",
                            fs->mount_point);
        break;
    case FROST_VERDICT_SYNC:
        frost_check_add(self, is_boot(fs) ? FROST_GRADE_OK : FROST_GRADE_WARNING, TOPIC, NULL,
                        "%s: %s", fs->mount_point, fs->reason);
        break;
    case FROST_VERDICT_EXCLUDED:
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "%s: %s", fs->mount_point, fs->reason);
        break;
    case FROST_VERDICT_UNTOUCHED:
        if (g_str_has_prefix(fs->fs_type, "fuseblk"))
            frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL,
                            "%s (%s) is served by a process and cannot be frozen", fs->mount_point,
                            fs->fs_type);
        break;
    case FROST_VERDICT_UNREACHABLE:
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC, NULL, "%s: %s", fs->mount_point,
                        fs->reason);
        break;
    case FROST_VERDICT_READ_ONLY:
    case FROST_VERDICT_NOT_LISTED:
        break;
    }
}

void
frost_check_filesystems(const FrostCheck *self)
{
    const FrostPlan *plan = self->plan;

    if (!plan)
        return; /* whoever has tried to make one has told why there is none */
    if (self->config->mode != FROST_MODE_FREEZE) {
        frost_check_add(
            self, FROST_GRADE_WARNING, TOPIC, "It is what the configuration says.", "%s",
            self->config->mode == FROST_MODE_SYNC
                ? "mode=sync: a freeze runs the hooks and writes out, and freezes nothing"
                : "mode=off: a freeze does nothing");
        return;
    }
    if (plan->freezable == 0)
        frost_check_add(self, FROST_GRADE_PROBLEM, TOPIC, "frost-ga plan tells why.",
                        "there is nothing to freeze");
    else
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "%u would be frozen, in %u step%s",
                        plan->freezable, plan->levels, plan->levels == 1 ? "" : "s");
    for (guint i = 0; i < plan->filesystems->len; i++)
        check_left_out(self, g_ptr_array_index(plan->filesystems, i));
}
