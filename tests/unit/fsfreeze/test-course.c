/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "course.h"
#include "fake-plan.h"
#include "fake-sys.h"
#include "test-support.h"

#define LIMIT_MS 10000
#define FILESYSTEMS_MAX 8

typedef struct {
    char *dir;
    FakeSys *fake;
    FrostPlan *plan;
    FrostLedger *ledger;
    FrostCrew *crew;
    FrostCourse course;
    FakeFs *fs[FILESYSTEMS_MAX];
    unsigned count;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    /* A state directory that is not there: a ledger in memory. */
    f->dir = test_make_dir();
    f->fake = fake_sys_new();
    f->plan = fake_plan_new(fake_sys_get(f->fake));
    f->crew = g_new0(FrostCrew, 1);
    f->crew->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    f->crew->command_fd = -1;
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    if (f->ledger)
        frost_crew_stop(f->crew);
    close(f->crew->bell);
    g_free(f->crew);
    frost_ledger_free(f->ledger);
    fake_plan_free(f->plan);
    fake_sys_free(f->fake);
    test_remove_dir(f->dir);
    g_free(f);
    return 0;
}

/* A filesystem of its own, at /0, /1, ... in the order of the calls. */
static FakeFs *
add(Fixture *f, unsigned level)
{
    g_autofree char *mount_point = g_strdup_printf("/%u", f->count);
    FakeFs *fs = fake_sys_add_fs(f->fake, mount_point, "ext4");

    fake_plan_add(f->plan, mount_point, FROST_VERDICT_FREEZE, level);
    f->fs[f->count++] = fs;
    return fs;
}

/* The crew is at work from here on. */
static void
begin(Fixture *f)
{
    g_autoptr(GError) error = NULL;

    f->ledger = frost_ledger_open(f->dir, &error);
    assert_no_error(error);
    assert_true(frost_ledger_begin(f->ledger, f->plan, &error));
    assert_no_error(error);
    f->crew->sys = fake_sys_get(f->fake);
    f->crew->ledger = f->ledger->data;
    assert_int_equal(frost_crew_start(f->crew, f->count), f->count);
    frost_course_init(&f->course, f->crew);
}

static void
begin_with(Fixture *f, const unsigned *levels, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add(f, levels[i]);
    begin(f);
}

static FrostFsState
state_of(const Fixture *f, unsigned i)
{
    return (FrostFsState)atomic_load(&f->ledger->data->filesystems[i].state);
}

/* Looks, as the freezer's first thread does, whenever the bell rings. */
static FrostCourseNews
run(Fixture *f)
{
    FrostCourseNews news;
    eventfd_t rung;

    while ((news = frost_course_advance(&f->course)) == FROST_COURSE_PENDING) {
        struct pollfd bell = {.fd = f->crew->bell, .events = POLLIN};

        assert_int_equal(poll(&bell, 1, LIMIT_MS), 1);
        eventfd_read(f->crew->bell, &rung);
    }
    return news;
}

static void
freeze(Fixture *f)
{
    frost_course_freeze(&f->course);
    assert_int_equal(run(f), FROST_COURSE_FROZEN);
}

static void
thaw(Fixture *f)
{
    frost_course_thaw(&f->course);
    assert_int_equal(run(f), FROST_COURSE_THAWED);
}

/* Advances until the ledger has the filesystem in this state. */
static void
run_until_state(Fixture *f, unsigned i, FrostFsState wanted)
{
    eventfd_t rung;

    while (state_of(f, i) != wanted) {
        struct pollfd bell = {.fd = f->crew->bell, .events = POLLIN};

        assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
        assert_true(state_of(f, i) == wanted || poll(&bell, 1, LIMIT_MS) == 1);
        eventfd_read(f->crew->bell, &rung);
    }
}

static unsigned
count_lines(Fixture *f, const char *line)
{
    g_autofree char *journal = fake_sys_journal(f->fake);
    g_auto(GStrv) lines = g_strsplit(journal, "\n", -1);
    unsigned count = 0;

    for (char **l = lines; *l; l++)
        count += strcmp(*l, line) == 0;
    return count;
}

/* How often, without an error. */
static unsigned
count_calls(Fixture *f, const char *call, unsigned i)
{
    g_autofree char *line = g_strdup_printf("%s /%u", call, i);

    return count_lines(f, line);
}

static void
assert_journal(Fixture *f, const char *expected)
{
    g_autofree char *journal = fake_sys_journal(f->fake);

    assert_string_equal(journal, expected);
}

/* Sync ----------------------------------------------------------------------------------------- */

static void
a_sync_is_made_on_all_at_the_same_time(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1, 2}, 3);
    for (unsigned i = 0; i < 3; i++)
        fake_sys_hold(f->fake, f->fs[i], FAKE_SYNC);
    frost_course_sync(&f->course);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_sys_wait_held(f->fake, f->fs[i], FAKE_SYNC));
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    for (unsigned i = 0; i < 3; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_SYNC);

    assert_int_equal(run(f), FROST_COURSE_SYNCED);
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
a_second_round_of_sync_is_waited_for_like_the_first(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    frost_course_sync(&f->course);
    assert_int_equal(run(f), FROST_COURSE_SYNCED);
    fake_sys_hold(f->fake, f->fs[1], FAKE_SYNC);
    frost_course_sync(&f->course);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_SYNC));
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    fake_sys_release(f->fake, f->fs[1], FAKE_SYNC);

    assert_int_equal(run(f), FROST_COURSE_SYNCED);
    assert_int_equal(count_calls(f, "sync", 0), 2);
    assert_int_equal(count_calls(f, "sync", 1), 2);
}

static void
a_sync_that_fails_names_the_filesystem(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_fail(f->fake, f->fs[1], FAKE_SYNC, 1, EIO);
    frost_course_sync(&f->course);

    assert_int_equal(run(f), FROST_COURSE_FAILED);
    assert_int_equal(f->course.culprit, 1);
    assert_int_equal(f->course.error, EIO);
}

static void
a_thaw_during_a_sync_does_not_wait_for_it(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    fake_sys_hold(f->fake, f->fs[0], FAKE_SYNC);
    frost_course_sync(&f->course);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_SYNC));

    thaw(f);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    assert_int_equal(count_calls(f, "thaw", 0), 0);
}

/* Order ---------------------------------------------------------------------------------------- */

static void
levels_go_up_to_freeze_and_down_to_thaw(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){2, 0, 1}, 3);
    freeze(f);
    assert_int_equal(fake_sys_frozen(f->fake), 3);
    thaw(f);

    assert_journal(f, "freeze /1\nfreeze /2\nfreeze /0\nthaw /0\nthaw /2\nthaw /1\n");
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
levels_may_have_gaps(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){7, 3}, 2);
    freeze(f);
    thaw(f);

    assert_journal(f, "freeze /1\nfreeze /0\nthaw /0\nthaw /1\n");
}

static void
everything_of_a_level_is_at_work_at_the_same_time(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0, 1}, 4);
    for (unsigned i = 0; i < 3; i++)
        fake_sys_hold(f->fake, f->fs[i], FAKE_FREEZE);
    frost_course_freeze(&f->course);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_sys_wait_held(f->fake, f->fs[i], FAKE_FREEZE));
    for (unsigned i = 0; i < 3; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_COURSE_FROZEN);

    for (unsigned i = 0; i < 3; i++)
        fake_sys_hold(f->fake, f->fs[i], FAKE_THAW);
    frost_course_thaw(&f->course);
    run_until_state(f, 3, FROST_FS_THAWED);
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_sys_wait_held(f->fake, f->fs[i], FAKE_THAW));
    for (unsigned i = 0; i < 3; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_THAW);
    assert_int_equal(run(f), FROST_COURSE_THAWED);
}

static void
a_level_waits_for_the_one_before(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_course_freeze(&f->course);
    run_until_state(f, 1, FROST_FS_FROZEN);
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    assert_int_equal(state_of(f, 2), FROST_FS_OPEN);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_COURSE_FROZEN);

    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_course_thaw(&f->course);
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);
    assert_int_equal(run(f), FROST_COURSE_THAWED);
}

/* What stands on a loop image is frozen before what the image lies on; the fake kernel would call
 * the other order a deadlock. */
static void
a_stack_of_loops_neither_deadlocks_nor_stays_frozen(void **state)
{
    Fixture *f = *state;
    FakeFs *bottom = fake_sys_add_fs(f->fake, "/srv", "xfs");
    FakeFs *middle = fake_sys_add_loop_fs(f->fake, "/mnt", "ext4", bottom);

    fake_sys_add_loop_fs(f->fake, "/top", "ext4", middle);
    fake_plan_add(f->plan, "/top", FROST_VERDICT_FREEZE, 0);
    fake_plan_add(f->plan, "/mnt", FROST_VERDICT_FREEZE, 1);
    fake_plan_add(f->plan, "/srv", FROST_VERDICT_FREEZE, 2);
    f->count = 3;
    begin(f);

    freeze(f);
    thaw(f);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

/* What is not ours ----------------------------------------------------------------------------- */

static void
what_others_hold_is_neither_counted_nor_thawed(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_freeze_by_other(f->fake, f->fs[1]);
    freeze(f);
    assert_int_equal(state_of(f, 1), FROST_FS_FOREIGN);
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_FROZEN), 2);
    thaw(f);

    assert_true(fake_sys_is_frozen(f->fake, f->fs[1]));
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_THAWED), 2);
    assert_int_equal(count_calls(f, "thaw", 1), 0);
}

static void
what_knows_no_freeze_is_passed_over(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    fake_sys_fail(f->fake, f->fs[0], FAKE_FREEZE, 0, EOPNOTSUPP);
    freeze(f);
    assert_int_equal(state_of(f, 0), FROST_FS_UNSUPPORTED);
    assert_int_equal(frost_ledger_held(f->ledger), 1);
    thaw(f);

    assert_int_equal(count_calls(f, "thaw", 0), 0);
}

static void
what_is_only_to_be_synced_is_only_synced(void **state)
{
    Fixture *f = *state;

    fake_sys_add_fs(f->fake, "/boot/efi", "vfat");
    fake_plan_add(f->plan, "/boot/efi", FROST_VERDICT_SYNC, 0);
    f->count = 1;
    begin(f);
    frost_course_sync(&f->course);
    assert_int_equal(run(f), FROST_COURSE_SYNCED);
    freeze(f);
    thaw(f);

    assert_journal(f, "sync /boot/efi\n");
}

static void
nothing_to_freeze_is_frozen_at_once(void **state)
{
    Fixture *f = *state;

    f->count = 1; /* thread */
    begin(f);
    frost_course_sync(&f->course);
    assert_int_equal(run(f), FROST_COURSE_SYNCED);
    freeze(f);
    thaw(f);

    assert_journal(f, "");
}

/* Failures ------------------------------------------------------------------------------------- */

static void
a_failed_freeze_leaves_nothing_frozen(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1, 1, 2}, 4);
    fake_sys_fail(f->fake, f->fs[2], FAKE_FREEZE, 1, EIO);
    frost_course_freeze(&f->course);

    assert_int_equal(run(f), FROST_COURSE_FAILED);
    assert_int_equal(f->course.culprit, 2);
    assert_int_equal(f->course.error, EIO);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
    assert_int_equal(frost_ledger_held(f->ledger), 0);
    assert_int_equal(count_calls(f, "freeze", 3), 0);
    assert_int_equal(count_calls(f, "thaw", 0), 1);
}

static void
a_failure_thaws_a_late_one_of_its_level_too(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    fake_sys_fail(f->fake, f->fs[1], FAKE_FREEZE, 1, EIO);
    frost_course_freeze(&f->course);
    run_until_state(f, 0, FROST_FS_ABANDONED);
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    assert_true(frost_course_has_abandoned(&f->course));
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_COURSE_FAILED);
    assert_int_equal(f->course.culprit, 1);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
    assert_int_equal(count_calls(f, "freeze", 0), 1);
    assert_int_equal(count_calls(f, "thaw", 0), 1);
}

/* Late ones ------------------------------------------------------------------------------------ */

static void
a_late_freeze_is_thawed_the_moment_it_completes(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_course_freeze(&f->course);
    run_until_state(f, 1, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_course_thaw(&f->course);

    /* The others at once, without a FITHAW on the late one. */
    run_until_state(f, 1, FROST_FS_THAWED);
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    assert_int_equal(state_of(f, 0), FROST_FS_ABANDONED);
    assert_journal(f, "freeze /1\nthaw /1\n");

    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_COURSE_THAWED);
    assert_journal(f, "freeze /1\nthaw /1\nfreeze /0\nthaw /0\n");
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
a_late_freeze_that_is_refused_is_not_thawed(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0}, 1);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    fake_sys_fail(f->fake, f->fs[0], FAKE_FREEZE, 1, EBUSY);
    frost_course_freeze(&f->course);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_course_thaw(&f->course);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_COURSE_THAWED);
    assert_journal(f, "freeze /0: EBUSY\n");
}

/* Of a freezer that has died in the call: no thread of ours will ever come back with it. */
static void
what_another_crew_has_under_way_is_left_alone(void **state)
{
    static const FrostFsState STATES[] = {FROST_FS_FREEZING, FROST_FS_ABANDONED, FROST_FS_THAWING};
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1, 1}, 4);
    fake_sys_freeze_earlier(f->fake, f->fs[0]);
    atomic_store(&f->ledger->data->filesystems[0].state, FROST_FS_FROZEN);
    for (unsigned i = 0; i < 3; i++)
        atomic_store(&f->ledger->data->filesystems[i + 1].state, STATES[i]);
    frost_course_init(&f->course, f->crew);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_THAWED);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(state_of(f, i + 1), STATES[i]);
    assert_false(frost_course_has_abandoned(&f->course));
    assert_false(frost_course_is_thawing(&f->course));
}

static void
a_late_one_keeps_nobody_else_frozen(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_course_freeze(&f->course);
    run_until_state(f, 1, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_course_thaw(&f->course);
    run_until_state(f, 1, FROST_FS_THAWED);

    assert_true(frost_course_has_abandoned(&f->course));
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);

    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_false(frost_course_has_abandoned(&f->course));
    assert_int_equal(count_calls(f, "thaw", 0), 1);
}

static void
a_second_thaw_changes_nothing_but_the_answer(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    freeze(f);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_course_thaw(&f->course);
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    frost_course_thaw(&f->course);
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);

    assert_int_equal(run(f), FROST_COURSE_THAWED);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(count_calls(f, "thaw", i), 1);
}

/* Thaws that go wrong -------------------------------------------------------------------------- */

static void
a_thaw_that_fails_is_tried_twice_and_then_stuck(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[0], FAKE_THAW, 0, EIO);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_STUCK);
    assert_int_equal(state_of(f, 1), FROST_FS_THAWED);
    assert_int_equal(count_lines(f, "thaw /0: EIO"), 2);
    assert_int_equal(f->ledger->data->filesystems[0].error, EIO);
    assert_int_equal(frost_ledger_held(f->ledger), 1);
}

static void
a_thaw_that_fails_once_is_tried_again(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0}, 1);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[0], FAKE_THAW, 1, EINTR);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
what_somebody_else_thawed_is_lost(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    freeze(f);
    fake_sys_thaw_by_other(f->fake, f->fs[0]);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_LOST);
    assert_int_equal(count_lines(f, "thaw /0: EINVAL"), 1);
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_THAWED), 1);
}

static void
times_are_written_down(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0}, 1);
    fake_sys_set_boottime(f->fake, 5000000);
    freeze(f);
    fake_sys_set_boottime(f->fake, 7000000);
    thaw(f);

    assert_int_equal(f->ledger->data->freeze_begun_us, 5000000);
    assert_int_equal(f->ledger->data->filesystems[0].frozen_us, 5000000);
    assert_int_equal(f->ledger->data->filesystems[0].thawed_us, 7000000);
}

/* Whatever happens ----------------------------------------------------------------------------- */

static void
make_trouble(Fixture *f, GRand *rand)
{
    static const int REFUSALS[] = {EIO, EBUSY, EOPNOTSUPP, EPERM, EINVAL};

    for (unsigned i = 0; i < f->count; i++) {
        switch (g_rand_int_range(rand, 0, 12)) {
        case 0:
            fake_sys_fail(f->fake, f->fs[i], FAKE_FREEZE, 1,
                          REFUSALS[g_rand_int_range(rand, 0, G_N_ELEMENTS(REFUSALS))]);
            break;
        case 1:
            fake_sys_fail(f->fake, f->fs[i], FAKE_THAW, 1, EIO);
            break;
        case 2:
            fake_sys_hold(f->fake, f->fs[i], FAKE_FREEZE);
            break;
        case 3:
            fake_sys_freeze_by_other(f->fake, f->fs[i]);
            break;
        default:
            break;
        }
    }
}

/* A thaw may come at any moment: before, while and after the threads take their work. */
static FrostCourseNews
freeze_and_thaw_at_some_moment(Fixture *f, GRand *rand)
{
    FrostCourseNews news = FROST_COURSE_PENDING;
    gint32 looks = g_rand_boolean(rand) ? g_rand_int_range(rand, 0, 8) : 200;

    frost_course_freeze(&f->course);
    for (gint32 spin = g_rand_int_range(rand, 0, 3000); spin > 0; spin--)
        atomic_signal_fence(memory_order_seq_cst);
    while (looks-- > 0 && news == FROST_COURSE_PENDING) {
        news = frost_course_advance(&f->course);
        g_thread_yield();
    }
    assert_true(news != FROST_COURSE_FROZEN ||
                (frost_ledger_count(f->ledger, FROST_FS_FAILED) == 0 &&
                 frost_ledger_count(f->ledger, FROST_FS_OPEN) == 0));
    if (news != FROST_COURSE_FAILED)
        frost_course_thaw(&f->course);
    for (unsigned i = 0; i < f->count; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_FREEZE);
    return news == FROST_COURSE_FAILED ? news : run(f);
}

static void
check_pairs(Fixture *f, unsigned round)
{
    for (unsigned i = 0; i < f->count; i++) {
        unsigned frozen = count_calls(f, "freeze", i);
        unsigned thawed = count_calls(f, "thaw", i);

        if (frozen != thawed || frozen > 1) {
            g_autofree char *journal = fake_sys_journal(f->fake);
            fail_msg("round %u: /%u frozen %u times, thawed %u times:\n%s", round, i, frozen,
                     thawed, journal);
        }
        assert_false(frost_fs_state_is_held(state_of(f, i)));
    }
}

static void
each_successful_freeze_has_exactly_one_thaw(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20250801);

    for (unsigned round = 0; round < 3000; round++) {
        Fixture *f;

        set_up((void **)&f);
        for (gint32 count = g_rand_int_range(rand, 1, FILESYSTEMS_MAX + 1); count > 0; count--)
            add(f, (unsigned)g_rand_int_range(rand, 0, 3));
        begin(f);
        make_trouble(f, rand);
        freeze_and_thaw_at_some_moment(f, rand);
        /* Idle: a thread that still had work would do it now. */
        frost_crew_stop(f->crew);
        check_pairs(f, round);
        frost_ledger_free(g_steal_pointer(&f->ledger));
        tear_down((void **)&f);
    }
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_sync_is_made_on_all_at_the_same_time),
        FIXTURE_TEST(a_second_round_of_sync_is_waited_for_like_the_first),
        FIXTURE_TEST(a_sync_that_fails_names_the_filesystem),
        FIXTURE_TEST(a_thaw_during_a_sync_does_not_wait_for_it),
        FIXTURE_TEST(levels_go_up_to_freeze_and_down_to_thaw),
        FIXTURE_TEST(levels_may_have_gaps),
        FIXTURE_TEST(everything_of_a_level_is_at_work_at_the_same_time),
        FIXTURE_TEST(a_level_waits_for_the_one_before),
        FIXTURE_TEST(a_stack_of_loops_neither_deadlocks_nor_stays_frozen),
        FIXTURE_TEST(what_others_hold_is_neither_counted_nor_thawed),
        FIXTURE_TEST(what_knows_no_freeze_is_passed_over),
        FIXTURE_TEST(what_is_only_to_be_synced_is_only_synced),
        FIXTURE_TEST(nothing_to_freeze_is_frozen_at_once),
        FIXTURE_TEST(a_failed_freeze_leaves_nothing_frozen),
        FIXTURE_TEST(a_failure_thaws_a_late_one_of_its_level_too),
        FIXTURE_TEST(a_late_freeze_is_thawed_the_moment_it_completes),
        FIXTURE_TEST(a_late_freeze_that_is_refused_is_not_thawed),
        FIXTURE_TEST(what_another_crew_has_under_way_is_left_alone),
        FIXTURE_TEST(a_late_one_keeps_nobody_else_frozen),
        FIXTURE_TEST(a_second_thaw_changes_nothing_but_the_answer),
        FIXTURE_TEST(a_thaw_that_fails_is_tried_twice_and_then_stuck),
        FIXTURE_TEST(a_thaw_that_fails_once_is_tried_again),
        FIXTURE_TEST(what_somebody_else_thawed_is_lost),
        FIXTURE_TEST(times_are_written_down),
        cmocka_unit_test(each_successful_freeze_has_exactly_one_thaw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
