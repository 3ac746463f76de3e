/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "degraded.h"
#include "fake-planner.h"
#include "fake-sys.h"
#include "rcu-expedite.h"
#include "resources.h"
#include "test-support.h"

typedef struct {
    char *dir;
    FakeSys *fake;
    FakeFs *root;
    FakeFs *srv;
    FrostResources resources;
    FakePlanner *planner;
    bool has_inherited;
    GLogLevelFlags fatal;
} Fixture;

static FrostLedgerFs *
entry(Fixture *f, const char *mount_point)
{
    FrostLedgerData *data = f->resources.ledger->data;

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        if (g_str_equal(data->filesystems[i].mount_point, mount_point))
            return &data->filesystems[i];
    }
    g_error("%s is not in the ledger", mount_point);
}

/* Both processes are killed while "/" and "/srv" are frozen. */
static void
die_frozen(Fixture *f)
{
    const FrostPlanFilter filter = {0};

    assert_true(frost_resources_open(&f->resources, f->dir, NULL));
    assert_true(frost_resources_begin(&f->resources,
                                      frost_plan_new(fake_sys_get(f->fake), &filter, NULL), NULL));
    atomic_store(&entry(f, "/")->state, FROST_FS_FROZEN);
    atomic_store(&entry(f, "/srv")->state, FROST_FS_FROZEN);
    fake_sys_freeze_earlier(f->fake, f->srv);
    fake_sys_freeze_earlier(f->fake, f->root);
    frost_resources_clear(&f->resources);
    frost_resources_init(&f->resources, fake_sys_get(f->fake));
}

static void
on_inherited(void *user)
{
    Fixture *f = user;

    f->has_inherited = true;
}

static void
inherit_now(Fixture *f)
{
    f->has_inherited = false;
    frost_resources_inherit(&f->resources, &f->planner->base, on_inherited, f);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    if (f->has_inherited)
        frost_resources_hand_over(&f->resources);
}

static void
inherit(Fixture *f)
{
    frost_resources_take_over(&f->resources, frost_ledger_open(f->dir, NULL));
    assert_non_null(f->resources.ledger);
    assert_true(frost_ledger_is_active(f->resources.ledger));
    inherit_now(f);
    assert_true(f->has_inherited);
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
    f->dir = test_make_statedir();
    f->fake = fake_sys_new();
    f->root = fake_sys_add_fs(f->fake, "/", "ext4");
    f->srv = fake_sys_add_fs(f->fake, "/srv", "xfs");
    frost_resources_init(&f->resources, fake_sys_get(f->fake));
    f->planner = fake_planner_new(fake_sys_get(f->fake), NULL);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    frost_resources_clear(&f->resources);
    f->planner->base.free(&f->planner->base);
    assert_int_equal(fake_sys_open_fds(f->fake), 0);
    fake_sys_free(f->fake);
    test_remove_dir(f->dir);
    g_log_set_always_fatal(f->fatal);
    g_free(f);
    return 0;
}

static void
assert_thaws(Fixture *f, const char *mount_point, const FakeFs *fs)
{
    FrostSys *sys = fake_sys_get(f->fake);
    int fd = entry(f, mount_point)->fd;

    assert_ptr_equal(fake_sys_fs_of_fd(f->fake, fd), fs);
    assert_int_equal(sys->kernel.thaw(&sys->kernel, fd), 0);
    assert_false(fake_sys_is_frozen(f->fake, fs));
}

static void
what_is_still_mounted_is_opened_again(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    inherit(f);
    assert_int_equal(f->resources.inherited->len, 2);
    assert_thaws(f, "/", f->root);
    assert_thaws(f, "/srv", f->srv);
}

static void
what_was_unmounted_meanwhile_is_reached_by_its_device(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_umount(f->fake, "/srv");
    inherit(f);
    assert_int_equal(f->resources.inherited->len, 2);
    assert_thaws(f, "/srv", f->srv);
    assert_thaws(f, "/", f->root);
}

static void
what_is_covered_is_reached_by_its_device(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_add_nodev_fs(f->fake, "/srv", "tmpfs", "cover");
    inherit(f);
    assert_int_equal(f->resources.inherited->len, 2);
    assert_thaws(f, "/srv", f->srv);
    assert_thaws(f, "/", f->root);
}

static void
what_is_gone_is_held_no_more(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_thaw_by_other(f->fake, f->srv);
    fake_sys_umount(f->fake, "/srv");
    inherit(f);
    assert_int_equal(f->resources.inherited->len, 1);
    assert_int_equal(atomic_load(&entry(f, "/srv")->state), FROST_FS_LOST);
    assert_int_equal(frost_ledger_count(f->resources.ledger, FROST_FS_FROZEN), 1);
    assert_thaws(f, "/", f->root);
}

static void
what_cannot_be_reached_stays_held(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_umount(f->fake, "/srv");
    frost_resources_take_over(&f->resources, frost_ledger_open(f->dir, NULL));
    g_strlcpy(entry(f, "/srv")->fs_type, "ext4", sizeof entry(f, "/srv")->fs_type);
    inherit_now(f);
    assert_int_equal(f->resources.inherited->len, 1);
    assert_int_equal(entry(f, "/srv")->fd, -1);
    assert_int_equal(frost_ledger_count(f->resources.ledger, FROST_FS_FROZEN), 2);
    assert_true(frost_resources_miss_some(&f->resources));
}

static void
what_could_not_be_reached_is_opened_when_all_is_inherited_once_more(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    fake_sys_fail(f->fake, f->srv, FAKE_OPEN, 1, EMFILE);
    inherit(f);
    assert_int_equal(entry(f, "/srv")->fd, -1);
    int root_fd = entry(f, "/")->fd;
    inherit_now(f);
    assert_false(frost_resources_miss_some(&f->resources));
    assert_int_equal(f->resources.inherited->len, 2);
    assert_int_equal(entry(f, "/")->fd, root_fd);
    assert_thaws(f, "/srv", f->srv);
    assert_thaws(f, "/", f->root);
}

static void
what_does_not_come_back_hinders_none_of_the_others(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    f->planner->hangs = true;
    frost_resources_take_over(&f->resources, frost_ledger_open(f->dir, NULL));
    inherit_now(f);
    assert_true(frost_resources_are_inheriting(&f->resources));
    f->planner->hangs = false;
    fake_planner_come_back(f->planner, g_error_new(FROST_PLANNER_ERROR, 0, "it hangs"));
    while (!f->has_inherited)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(f->resources.inherited->len, 1);
    assert_true(frost_resources_miss_some(&f->resources));
}

/* A freezer that was started without it has something else under that number. */
static void
a_freezer_that_still_runs_finds_no_descriptor_that_came_after_it(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    frost_resources_take_over(&f->resources, frost_ledger_open(f->dir, NULL));
    frost_resources_inherit(&f->resources, &f->planner->base, on_inherited, f);
    while (!f->has_inherited)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(entry(f, "/")->fd, -1);
    assert_int_equal(entry(f, "/srv")->fd, -1);
    frost_resources_hand_over(&f->resources);
    assert_thaws(f, "/", f->root);
    assert_thaws(f, "/srv", f->srv);
}

/* As when the agent ends meanwhile. */
static void
what_is_dropped_while_it_is_inherited_is_heard_of_no_more(void **state)
{
    Fixture *f = *state;

    die_frozen(f);
    f->planner->hangs = true;
    frost_resources_take_over(&f->resources, frost_ledger_open(f->dir, NULL));
    inherit_now(f);
    frost_resources_drop(&f->resources);
    assert_false(frost_resources_are_inheriting(&f->resources));
    assert_false(fake_planner_awaits(f->planner));
    assert_false(f->has_inherited);
}

static void
where_grace_periods_cannot_be_expedited_the_ledger_has_the_reason(void **state)
{
    static const int REASONS[] = {EOPNOTSUPP, EROFS, EACCES, ENOENT};
    const FrostLimits limits = FROST_LIMITS_DEFAULT;
    const FrostPlanFilter filter = {0};
    Fixture *f = *state;

    assert_true(frost_resources_open(&f->resources, f->dir, NULL));
    assert_true(frost_resources_begin(&f->resources,
                                      frost_plan_new(fake_sys_get(f->fake), &filter, NULL), NULL));
    frost_resources_set_terms(&f->resources, &limits, true);
    assert_true(f->resources.ledger->data->expedite_fd > 0);
    assert_null(frost_degraded_describe(f->resources.ledger->data));
    fake_sys_get(f->fake)->close(fake_sys_get(f->fake), f->resources.expedite_fd);
    for (size_t i = 0; i < G_N_ELEMENTS(REASONS); i++) {
        fake_sys_fail_expedite(f->fake, REASONS[i]);
        frost_resources_set_terms(&f->resources, &limits, true);
        g_autofree char *text = frost_degraded_describe(f->resources.ledger->data);

        assert_int_equal(f->resources.ledger->data->expedite_fd, 0);
        assert_non_null(strstr(text, "grace periods are not expedited"));
    }
}

/* Both processes are killed while grace periods are expedited, and the next agent could not read
 * the ledger when it started. */
static void
a_freeze_that_finds_them_expedited_by_an_earlier_one_puts_them_back(void **state)
{
    Fixture *f = *state;
    FrostSys *sys = fake_sys_get(f->fake);
    const FrostPlanFilter filter = {0};
    bool on;

    assert_true(frost_resources_open(&f->resources, f->dir, NULL));
    assert_true(frost_resources_begin(&f->resources, frost_plan_new(sys, &filter, NULL), NULL));
    int fd = sys->kernel.expedite_open(&sys->kernel, &on);
    frost_rcu_expedite_begin(&sys->kernel, fd, &f->resources.ledger->data->expedited);
    sys->close(sys, fd);
    assert_true(fake_sys_is_expedited(f->fake));
    frost_resources_clear(&f->resources);
    frost_resources_init(&f->resources, sys);

    assert_true(frost_resources_open(&f->resources, f->dir, NULL));
    assert_false(fake_sys_is_expedited(f->fake));
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_is_still_mounted_is_opened_again),
        FIXTURE_TEST(what_was_unmounted_meanwhile_is_reached_by_its_device),
        FIXTURE_TEST(what_is_covered_is_reached_by_its_device),
        FIXTURE_TEST(what_is_gone_is_held_no_more),
        FIXTURE_TEST(what_cannot_be_reached_stays_held),
        FIXTURE_TEST(what_could_not_be_reached_is_opened_when_all_is_inherited_once_more),
        FIXTURE_TEST(what_does_not_come_back_hinders_none_of_the_others),
        FIXTURE_TEST(a_freezer_that_still_runs_finds_no_descriptor_that_came_after_it),
        FIXTURE_TEST(what_is_dropped_while_it_is_inherited_is_heard_of_no_more),
        FIXTURE_TEST(where_grace_periods_cannot_be_expedited_the_ledger_has_the_reason),
        FIXTURE_TEST(a_freeze_that_finds_them_expedited_by_an_earlier_one_puts_them_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
