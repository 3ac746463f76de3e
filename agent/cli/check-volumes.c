/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/sysmacros.h>

#include "block-topology.h"
#include "check.h"

#define TOPIC "kernel"
#define LVM_UUID "LVM-"
#define NAMES_MAX 3u

static bool
is_of_lvm(FrostSys *sys, dev_t device)
{
    g_autofree char *path =
        g_strdup_printf("/sys/dev/block/%u:%u/dm/uuid", major(device), minor(device));
    g_autofree char *uuid = NULL;

    return sys->read_file(sys, path, &uuid, NULL) == 0 && g_str_has_prefix(uuid, LVM_UUID);
}

static bool
is_on_lvm(FrostSys *sys, const FrostFilesystem *fs)
{
    if (fs->device == 0)
        return false;
    g_autoptr(FrostFoundation) foundation = frost_foundation_of(sys, fs->device);

    for (guint i = 0; i < foundation->devices->len; i++) {
        if (is_of_lvm(sys, g_array_index(foundation->devices, dev_t, i)))
            return true;
    }
    return false;
}

typedef enum {
    NESTS,   /* two freezes of one filesystem are counted: since 6.12 */
    REFUSES, /* there is one at a time */
    FORGETS, /* counted, but LVM's is never counted off: seen with 6.12.95, not with 6.12.117 */
} SecondFreeze;

static SecondFreeze
second_freeze(FrostSys *sys)
{
    g_autofree char *text = NULL;
    unsigned major, minor, patch = 0;

    if (sys->read_file(sys, "/proc/sys/kernel/osrelease", &text, NULL) < 0 ||
        sscanf(text, "%u.%u.%u", &major, &minor, &patch) < 2)
        return NESTS;
    if (major < 6 || (major == 6 && minor < 12))
        return REFUSES;
    return major == 6 && minor == 12 && patch < 117 ? FORGETS : NESTS;
}

static void
tell(const FrostCheck *self, SecondFreeze second, const char *names)
{
    if (second == REFUSES)
        frost_check_add(self, FROST_GRADE_OK, TOPIC, "Make them before a freeze or after the thaw.",
                        "an LVM snapshot of a frozen filesystem (%s) fails before Linux 6.12, and "
                        "lvcreate leaves an empty volume",
                        names);
    else
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                        "Make them before a freeze or after the thaw. An umount, lvchange -an and "
                        "lvchange -ay mend a volume.",
                        "an LVM snapshot of a frozen filesystem (%s) leaves its volume frozen for "
                        "some kernels 6.12: LVM's later ones freeze nothing, and after an umount "
                        "it cannot be mounted",
                        names);
}

void
frost_check_volumes(const FrostCheck *self)
{
    SecondFreeze second = second_freeze(self->sys);
    g_autoptr(GString) names = g_string_new(NULL);
    unsigned count = 0;

    for (guint i = 0; self->plan && second != NESTS && i < self->plan->freezable; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(self->plan->filesystems, i);

        if (is_on_lvm(self->sys, fs) && count++ < NAMES_MAX)
            g_string_append_printf(names, "%s%s", count > 1 ? ", " : "", fs->mount_point);
    }
    if (count > NAMES_MAX)
        g_string_append(names, "...");
    if (count > 0)
        tell(self, second, names->str);
}
