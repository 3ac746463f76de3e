/* SPDX-License-Identifier: MIT */
#include "fake-plan.h"

#include "test-support.h"

static void
free_entry(gpointer data)
{
    FrostFilesystem *fs = data;

    g_free(fs->mount_point);
    g_free(fs->fs_type);
    g_free(fs);
}

FrostPlan *
fake_plan_new(FrostSys *sys)
{
    FrostPlan *self = g_new0(FrostPlan, 1);

    self->sys = sys;
    self->filesystems = g_ptr_array_new_with_free_func(free_entry);
    return self;
}

void
fake_plan_free(FrostPlan *self)
{
    for (guint i = 0; i < self->filesystems->len; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(self->filesystems, i);

        if (fs->fd >= 0)
            self->sys->close(self->sys, fs->fd);
    }
    g_ptr_array_unref(self->filesystems);
    g_free(self);
}

void
fake_plan_add(FrostPlan *self, const char *mount_point, FrostDecision decision, unsigned level)
{
    FrostFilesystem *fs = g_new0(FrostFilesystem, 1);
    FrostStat stat = {0};

    fs->decision = decision;
    fs->level = level;
    fs->turn = self->filesystems->len;
    fs->mount_point = g_strdup(mount_point);
    fs->fs_type = g_strdup("ext4");
    fs->fd = self->sys->open_mount(self->sys, mount_point);
    assert_true(fs->fd >= 0);
    assert_int_equal(self->sys->stat_fd(self->sys, fs->fd, &stat), 0);
    fs->mount_dev = fs->device = stat.dev;
    g_ptr_array_add(self->filesystems, fs);
}
