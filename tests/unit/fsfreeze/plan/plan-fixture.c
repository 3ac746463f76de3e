/* SPDX-License-Identifier: MIT */
#include "plan-fixture.h"

#include <sys/sysmacros.h>

#include <string.h>

#include "test-support.h"

int
plan_setup(void **state)
{
    FakeSys *fake = fake_sys_new();

    fake_sys_add_fs(fake, "/", "ext4");
    *state = fake;
    return 0;
}

int
plan_teardown(void **state)
{
    fake_sys_free(*state);
    return 0;
}

FrostPlan *
plan_make(FakeSys *fake, const FrostPlanFilter *filter)
{
    static const FrostPlanFilter NONE = {0};
    g_autoptr(GError) error = NULL;
    FrostPlan *plan = frost_plan_new(fake_sys_get(fake), filter ? filter : &NONE, &error);

    assert_no_error(error);
    return plan;
}

FrostFilesystem *
plan_find(const FrostPlan *plan, const char *mount_point)
{
    for (guint i = 0; i < plan->filesystems->len; i++) {
        FrostFilesystem *fs = plan->filesystems->pdata[i];
        if (strcmp(fs->mount_point, mount_point) == 0)
            return fs;
    }
    print_error("%s is not in the plan\n", mount_point);
    fail();
    return NULL;
}

/* "/ freeze, /boot sync": what the plan says, in its order. */
static char *
describe(const FrostPlan *plan)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < plan->filesystems->len; i++) {
        const FrostFilesystem *fs = plan->filesystems->pdata[i];
        g_string_append_printf(text, "%s%s %s", i ? ", " : "", fs->mount_point,
                               frost_decision_name(fs->decision));
    }
    return g_string_free(text, FALSE);
}

void
assert_plan(FakeSys *fake, const FrostPlanFilter *filter, const char *expected)
{
    g_autoptr(FrostPlan) plan = plan_make(fake, filter);
    g_autofree char *text = describe(plan);

    assert_string_equal(text, expected);
}

void
assert_no_plan(FakeSys *fake, FrostPlanError code, const char *part)
{
    g_autoptr(GError) error = NULL;
    FrostPlanFilter filter = {0};

    assert_null(frost_plan_new(fake_sys_get(fake), &filter, &error));
    assert_error(error, FROST_PLAN_ERROR, (int)code, part);
    assert_int_equal(fake_sys_open_fds(fake), 0);
}

void
assert_levels(FakeSys *fake, const FrostPlanFilter *filter, const char *expected)
{
    g_autoptr(FrostPlan) plan = plan_make(fake, filter);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < plan->freezable; i++) {
        const FrostFilesystem *fs = plan->filesystems->pdata[i];
        g_string_append_printf(text, "%s%u:%s", i ? " " : "", fs->level, fs->mount_point);
    }
    assert_string_equal(text->str, expected);
}

char *
loop_attribute(dev_t loop, const char *name)
{
    return g_strdup_printf("/sys/dev/block/%u:%u/loop/%s", major(loop), minor(loop), name);
}

char *
path_of_loop_file(FakeSys *fake, dev_t loop)
{
    FrostSys *sys = fake_sys_get(fake);
    g_autofree char *file = loop_attribute(loop, "backing_file");
    char *path = NULL;

    assert_int_equal(sys->read_file(sys, file, &path, NULL), 0);
    return g_strchomp(path);
}
