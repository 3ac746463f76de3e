/* SPDX-License-Identifier: MIT */

/*
 * test-plan-namespaces.c - a plan of what all mount namespaces show
 */

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "plan-reopen.h"
#include "test-support.h"

#define THEIRS "/proc/77/root"
#define HIDDEN_NUMBER 4026532299u
#define HIDDEN "mnt:[4026532299]"
#define ALL (&(FrostPlanFilter){.all_namespaces = true})

typedef struct {
    FakeSys *fake;
    FakeFs *root; /* shown to both */
    FakeFs *proc;
    FakeFs *pool; /* (nullable): a btrfs that is shown to us */
    FakeFs *data; /* to process 77 only */
    GString *table;
} Fixture;

static void
list(Fixture *f, unsigned id, unsigned parent, dev_t dev, const char *point, const char *type)
{
    g_string_append_printf(f->table, "%u %u %u:%u / %s rw - %s none rw\n", id, parent, major(dev),
                           minor(dev), point, type);
    fake_sys_set_file(f->fake, "/proc/77/mountinfo", f->table->str);
}

/* From here on what is mounted is mounted in the other namespace. */
static void
keep_own_table(FakeSys *fake)
{
    FrostSys *sys = fake_sys_get(fake);
    g_autofree char *text = NULL;

    assert_int_equal(sys->read_file(sys, "/proc/self/mountinfo", &text, NULL), 0);
    fake_sys_set_file(fake, "/proc/self/mountinfo", text);
}

static const char *
source_of(FakeSys *fake, const char *mount_point)
{
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    return g_intern_string(plan_find(plan, mount_point)->source);
}

static int
make(void **state, bool with_pool)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fake = fake_sys_new();
    f->table = g_string_new(NULL);
    f->root = fake_sys_add_fs(f->fake, "/", "ext4");
    f->proc = fake_sys_add_nodev_fs(f->fake, "/proc", "proc", "proc");
    fake_sys_add_entry(f->fake, f->proc, "/proc/self/ns/mnt", S_IFREG | 0444);
    fake_sys_add_entry(f->fake, f->proc, "/proc/77/ns/mnt", S_IFREG | 0444);
    if (with_pool)
        f->pool = fake_sys_add_fs(f->fake, "/pool", "btrfs");
    keep_own_table(f->fake);
    f->data = fake_sys_add_fs(f->fake, THEIRS "/data", "xfs");
    list(f, 900, 1, fake_fs_dev(f->root), "/", "ext4");
    list(f, 901, 900, fake_fs_dev(f->data), "/data", "xfs");
    *state = f;
    return 0;
}

static int
set_up(void **state)
{
    return make(state, false);
}

static int
set_up_pool(void **state)
{
    return make(state, true);
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
filesystems_of_another_namespace_are_frozen_with_the_rest(void **state)
{
    Fixture *f = *state;

    assert_plan(f->fake, ALL, THEIRS "/data freeze, / freeze, /proc untouched");
    g_autoptr(FrostPlan) plan = plan_make(f->fake, ALL);
    assert_true(fake_sys_fs_of_fd(f->fake, plan_find(plan, THEIRS "/data")->fd) == f->data);
    assert_int_equal(plan->levels, 1);
}

static void
other_namespaces_are_not_read_unless_configured(void **state)
{
    Fixture *f = *state;

    assert_plan(f->fake, NULL, "/ freeze, /proc untouched");
    assert_int_equal(fake_sys_opened(f->fake, THEIRS "/data"), 0);
}

static void
one_that_cannot_be_opened_there_is_named_and_fails_nothing(void **state)
{
    static const int ERRORS[] = {EACCES, EIO, ENOENT};
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(ERRORS); i++) {
        fake_sys_fail_path(f->fake, THEIRS "/data", ERRORS[i]);
        assert_plan(f->fake, ALL, "/ freeze, " THEIRS "/data elsewhere, /proc untouched");
    }
}

/* The process that was asked first ends before its path is opened. */
static void
another_process_is_asked_for_what_the_first_no_longer_shows(void **state)
{
    Fixture *f = *state;

    fake_sys_add_entry(f->fake, f->proc, "/proc/1234/ns/mnt", S_IFREG | 0444);
    fake_sys_set_file(f->fake, "/proc/1234/mountinfo", f->table->str);
    fake_sys_bind(f->fake, f->data, "/proc/1234/root/data");
    fake_sys_fail_path(f->fake, THEIRS "/data", ENOENT);
    g_autoptr(FrostPlan) plan = plan_make(f->fake, ALL);
    assert_int_equal(plan->freezable, 2);
    assert_true(fake_sys_fs_of_fd(f->fake, plan_find(plan, THEIRS "/data")->fd) == f->data);
}

static void
a_freeze_list_means_our_own_mount_points(void **state)
{
    Fixture *f = *state;
    FrostPlanFilter filter = {.all_namespaces = true, .mount_points = GLOBS("/data", "/")};

    assert_plan(f->fake, &filter, "/ freeze, " THEIRS "/data not-listed, /proc untouched");
    filter = (FrostPlanFilter){.all_namespaces = true, .exclude = GLOBS("/data")};
    assert_plan(f->fake, &filter, "/ freeze, " THEIRS "/data excluded, /proc untouched");
}

static void
a_way_over_what_may_hang_is_not_gone(void **state)
{
    Fixture *f = *state;

    g_string_truncate(f->table, 0);
    list(f, 900, 1, fake_fs_dev(f->root), "/", "ext4");
    list(f, 902, 900, makedev(0, 99), "/nfs", "nfs4");
    list(f, 901, 902, fake_fs_dev(f->data), "/nfs/data", "xfs");
    assert_plan(f->fake, ALL, "/ freeze, " THEIRS "/nfs/data elsewhere, /proc untouched");
    assert_int_equal(fake_sys_opened(f->fake, THEIRS "/nfs/data"), 0);
}

static void
a_filesystem_on_a_file_there_is_frozen_before_that(void **state)
{
    Fixture *f = *state;
    dev_t loop = fake_sys_add_loop(f->fake, f->data);
    FakeFs *upper = fake_sys_add_fs_on(f->fake, THEIRS "/upper", "ext4", loop);

    list(f, 903, 900, fake_fs_dev(upper), "/upper", "ext4");
    g_autoptr(FrostPlan) plan = plan_make(f->fake, ALL);
    assert_int_equal(plan_find(plan, THEIRS "/upper")->level, 0);
    assert_int_equal(plan_find(plan, THEIRS "/data")->level, 1);
    assert_null(plan_find(plan, THEIRS "/upper")->unseen);
}

static void
a_recovery_finds_it_again(void **state)
{
    Fixture *f = *state;
    FrostSys *sys = fake_sys_get(f->fake);
    int fd = frost_plan_reopen(sys, fake_fs_dev(f->data), fake_fs_device(f->data));

    assert_true(fd >= 0);
    assert_true(fake_sys_fs_of_fd(f->fake, fd) == f->data);
    sys->close(sys, fd);
    assert_int_equal(frost_plan_reopen(sys, makedev(9, 9), makedev(9, 9)), -ENOENT);
}

/* As the kernel of SUSE numbers them, and containers on btrfs have them. */
static void
a_subvolume_with_a_number_of_its_own_is_no_second_filesystem(void **state)
{
    static const unsigned ID = 24; /* the fake kernel's fifth mount */
    Fixture *f = *state;

    fake_sys_add_subvolume(f->fake, f->pool, THEIRS "/pool");
    g_string_append_printf(f->table, "%u 900 0:901 / /pool rw - btrfs %s rw\n", ID,
                           source_of(f->fake, "/pool"));
    fake_sys_set_file(f->fake, "/proc/77/mountinfo", f->table->str);
    assert_plan(f->fake, ALL, THEIRS "/data freeze, /pool freeze, / freeze, /proc untouched");
}

/* It has most likely been there for long, and stays. */
static void
the_process_with_the_lowest_number_is_asked_first(void **state)
{
    Fixture *f = *state;

    fake_sys_add_entry(f->fake, f->proc, "/proc/1234/ns/mnt", S_IFREG | 0444);
    fake_sys_set_file(f->fake, "/proc/1234/mountinfo", f->table->str);
    assert_plan(f->fake, ALL, THEIRS "/data freeze, / freeze, /proc untouched");
}

/* As snapd keeps those of its snaps: no process is in it. It takes the place of that of process 77.
 */
static void
hide_process(Fixture *f)
{
    fake_sys_set_file(f->fake, "/proc/77/mountinfo", "");
    fake_sys_list_namespace(f->fake, HIDDEN_NUMBER, 4711);
    fake_sys_set_file(f->fake, "/proc/4711/mountinfo", f->table->str);
    fake_sys_bind(f->fake, f->data, "/proc/4711/root/data");
}

static void
a_namespace_that_only_the_kernel_lists_is_entered(void **state)
{
    Fixture *f = *state;

    hide_process(f);
    assert_plan(f->fake, ALL, HIDDEN "/data freeze, / freeze, /proc untouched");
    g_autoptr(FrostPlan) plan = plan_make(f->fake, ALL);
    assert_true(fake_sys_fs_of_fd(f->fake, plan_find(plan, HIDDEN "/data")->fd) == f->data);
    assert_int_equal(fake_sys_open_fds(f->fake), 2); /* nobody has stayed there */
}

static void
one_that_may_not_be_entered_fails_nothing(void **state)
{
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/proc/77/mountinfo", "");
    fake_sys_list_namespace(f->fake, HIDDEN_NUMBER, -EPERM);
    assert_plan(f->fake, ALL, "/ freeze, /proc untouched");
}

/* Also our own: the list has all of them. */
static void
one_that_a_process_shows_is_not_entered(void **state)
{
    static const char *const PATHS[] = {"/proc/self/ns/mnt", "/proc/77/ns/mnt"};
    Fixture *f = *state;
    FrostSys *sys = fake_sys_get(f->fake);

    for (size_t i = 0; i < G_N_ELEMENTS(PATHS); i++) {
        FrostStat stat;

        assert_int_equal(sys->stat_path(sys, PATHS[i], &stat), 0);
        fake_sys_list_namespace(f->fake, stat.ino, 4711);
    }
    assert_plan(f->fake, ALL, THEIRS "/data freeze, / freeze, /proc untouched");
}

static void
nothing_is_entered_unless_configured(void **state)
{
    Fixture *f = *state;

    hide_process(f);
    assert_plan(f->fake, NULL, "/ freeze, /proc untouched");
    assert_int_equal(fake_sys_opened(f->fake, "/proc/4711/root/data"), 0);
}

static void
a_recovery_enters_it_again(void **state)
{
    Fixture *f = *state;
    FrostSys *sys = fake_sys_get(f->fake);

    hide_process(f);
    int fd = frost_plan_reopen(sys, fake_fs_dev(f->data), fake_fs_device(f->data));
    assert_true(fd >= 0);
    assert_true(fake_sys_fs_of_fd(f->fake, fd) == f->data);
    sys->close(sys, fd);
}

int
main(void)
{
#define POOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_pool, tear_down)
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest TESTS[] = {
        TEST(filesystems_of_another_namespace_are_frozen_with_the_rest),
        TEST(other_namespaces_are_not_read_unless_configured),
        TEST(one_that_cannot_be_opened_there_is_named_and_fails_nothing),
        TEST(another_process_is_asked_for_what_the_first_no_longer_shows),
        TEST(a_freeze_list_means_our_own_mount_points),
        TEST(a_way_over_what_may_hang_is_not_gone),
        TEST(a_filesystem_on_a_file_there_is_frozen_before_that),
        TEST(the_process_with_the_lowest_number_is_asked_first),
        TEST(a_recovery_finds_it_again),
        TEST(a_namespace_that_only_the_kernel_lists_is_entered),
        TEST(one_that_may_not_be_entered_fails_nothing),
        TEST(one_that_a_process_shows_is_not_entered),
        TEST(nothing_is_entered_unless_configured),
        TEST(a_recovery_enters_it_again),
        POOL_TEST(a_subvolume_with_a_number_of_its_own_is_no_second_filesystem),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
