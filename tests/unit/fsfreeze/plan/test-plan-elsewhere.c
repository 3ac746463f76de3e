/* SPDX-License-Identifier: MIT */

/*
 * test-plan-elsewhere.c - a plan of the mounts that another process sees
 */

#include <errno.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "plan-reopen.h"
#include "plan.h"
#include "test-support.h"

#define THEIRS "/proc/4711/root"

typedef struct {
    FakeSys *fake;
    FrostSys *sys;
    FakeFs *srv;   /* their /srv */
    FakeFs *other; /* one that they do not list */
    GString *table;
} Fixture;

/* A line of their mount table: the model has the filesystem where we reach it. */
static void
list(Fixture *f, unsigned id, FakeFs *fs, const char *point, const char *type)
{
    g_string_append_printf(f->table, "%u 1 %u:%u / %s rw - %s none rw\n", id,
                           major(fake_fs_dev(fs)), minor(fake_fs_dev(fs)), point, type);
    fake_sys_set_file(f->fake, "/proc/4711/mountinfo", f->table->str);
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fake = fake_sys_new();
    f->sys = fake_sys_get(f->fake);
    f->sys->mounts_of = 4711;
    f->table = g_string_new(NULL);
    fake_sys_add_fs(f->fake, "/", "xfs");
    fake_sys_add_fs(f->fake, "/srv", "xfs");
    f->srv = fake_sys_add_fs(f->fake, THEIRS "/srv", "ext4");
    f->other = fake_sys_add_fs(f->fake, "/other", "ext4");
    list(f, 30, f->srv, "/srv", "ext4");
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    assert_int_equal(fake_sys_open_fds(f->fake), 0);
    fake_sys_free(f->fake);
    g_string_free(f->table, TRUE);
    g_free(f);
    return 0;
}

static void
their_filesystems_are_opened_below_their_root_and_called_by_their_names(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostPlan) plan = plan_make(f->fake, NULL);

    assert_int_equal(plan->filesystems->len, 1);
    assert_int_equal(plan->freezable, 1);
    assert_true(fake_sys_fs_of_fd(f->fake, plan_find(plan, "/srv")->fd) == f->srv);
    assert_int_equal(fake_sys_opened(f->fake, "/srv"), 0);
    assert_int_equal(fake_sys_opened(f->fake, "/"), 0);
}

static void
a_path_that_leads_to_another_filesystem_than_their_table_shows_is_not_used(void **state)
{
    Fixture *f = *state;

    g_string_truncate(f->table, 0);
    list(f, 30, f->other, "/srv", "ext4"); /* what is there by now is not what was listed */
    assert_plan(f->fake, NULL, "/srv unreachable");
    assert_int_equal(fake_sys_opened(f->fake, THEIRS "/srv"), 1);
}

static void
a_list_and_the_filters_go_by_their_names(void **state)
{
    Fixture *f = *state;
    const FrostPlanFilter listed = {.mount_points = GLOBS("/srv")};
    const FrostPlanFilter excluded = {.exclude = GLOBS("/srv")};
    const FrostPlanFilter as_we_reach_it = {.exclude = GLOBS(THEIRS "/srv")};

    assert_plan(f->fake, &listed, "/srv freeze");
    assert_plan(f->fake, &excluded, "/srv excluded");
    assert_plan(f->fake, &as_we_reach_it, "/srv freeze");
}

static void
an_error_names_the_mount_point_as_they_see_it(void **state)
{
    Fixture *f = *state;

    fake_sys_fail(f->fake, f->srv, FAKE_OPEN, 0, EACCES);
    assert_no_plan(f->fake, FROST_PLAN_ERROR_OPEN, "failed to open /srv: Permission denied");
}

static void
without_that_process_there_is_no_plan(void **state)
{
    Fixture *f = *state;

    fake_sys_fail_path(f->fake, "/proc/4711/mountinfo", ENOENT);
    assert_no_plan(f->fake, FROST_PLAN_ERROR_MOUNTINFO, "/proc/4711/mountinfo");
}

static void
a_filesystem_is_reopened_below_their_root_as_long_as_they_live(void **state)
{
    Fixture *f = *state;
    dev_t dev = fake_fs_dev(f->srv);
    int fd = frost_plan_reopen(f->sys, dev, dev);

    assert_true(fd >= 0);
    assert_true(fake_sys_fs_of_fd(f->fake, fd) == f->srv);
    f->sys->close(f->sys, fd);

    /* a process that has become a zombie has no mounts either */
    fake_sys_fail_path(f->fake, "/proc/4711/mountinfo", EINVAL);
    assert_int_equal(frost_plan_reopen(f->sys, dev, dev), -ENOENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        CASE(their_filesystems_are_opened_below_their_root_and_called_by_their_names),
        CASE(a_path_that_leads_to_another_filesystem_than_their_table_shows_is_not_used),
        CASE(a_list_and_the_filters_go_by_their_names),
        CASE(an_error_names_the_mount_point_as_they_see_it),
        CASE(without_that_process_there_is_no_plan),
        CASE(a_filesystem_is_reopened_below_their_root_as_long_as_they_live),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
