/* SPDX-License-Identifier: MIT */

/*
 * test-planner.c - the real planner, over the real kernel with a mount table of our own
 */

#include "planner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "test-support.h"

#define LIMIT_MS 20000
/* Of no driver: for experiments. */
#define DISK_MAJOR 240

typedef struct {
    FrostSys sys; /* first: its calls find the rest by it */
    char *dir;
    FrostPlanner *planner;
    FrostPlan *plan;
    GError *error;
    int fd; /* that was opened again, or a negative errno */
    bool done;
    unsigned times;
    unsigned threads; /* that there were before */
} Fixture;

/* The threads have a copy of the table only: what they share with us is here. */
static struct {
    char table[512]; /* "": it cannot be read */
    GMutex gate;     /* a look-up passes through it */
} shared;

static int
read_made_up_table(FrostSys *sys, const char *path, char **out_text, size_t *out_length)
{
    if (!g_str_has_suffix(path, "/mountinfo"))
        return frost_sys_linux().read_file(sys, path, out_text, out_length);
    if (!*shared.table)
        return -EACCES;
    *out_text = g_strdup(shared.table);
    *out_length = strlen(shared.table);
    return 0;
}

/* The folder of the test may lie on a tmpfs: it says that it is on a disk, and sysfs has each. */
static int
stat_on_a_disk(FrostSys *sys, int fd, FrostStat *out)
{
    int r = frost_sys_linux().stat_fd(sys, fd, out);

    out->dev = makedev(DISK_MAJOR, 1);
    return r;
}

static int
resolve_to_itself(FrostSys *sys, const char *path, char **out_path)
{
    *out_path = g_strdup(path);
    return 0;
}

static int
open_through_the_gate(FrostSys *sys, const char *path)
{
    g_mutex_lock(&shared.gate);
    g_mutex_unlock(&shared.gate);
    return frost_sys_linux().open_mount(sys, path);
}

static unsigned
count_threads(void)
{
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    unsigned n = 0;

    while (g_dir_read_name(tasks))
        n++;
    return n;
}

static int
setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_dir();
    f->threads = count_threads();
    g_snprintf(shared.table, sizeof shared.table, "36 1 %d:1 / %s rw - ext4 /dev/made-up rw\n",
               DISK_MAJOR, f->dir);
    f->sys = frost_sys_linux();
    f->sys.read_file = read_made_up_table;
    f->sys.stat_fd = stat_on_a_disk;
    f->sys.resolve = resolve_to_itself;
    f->sys.open_mount = open_through_the_gate;
    f->planner = frost_planner_new_with(&f->sys, NULL, 1);
    *state = f;
    return 0;
}

/* A thread that was left to itself still comes to its end. */
static void
wait_for_threads(unsigned n)
{
    gint64 deadline_us = g_get_monotonic_time() + (gint64)LIMIT_MS * 1000;

    while (count_threads() > n && g_get_monotonic_time() < deadline_us)
        g_usleep(1000);
}

static int
teardown(void **state)
{
    Fixture *f = *state;

    wait_for_threads(f->threads);
    if (f->planner)
        f->planner->free(f->planner);
    g_clear_pointer(&f->plan, frost_plan_free);
    g_clear_error(&f->error);
    test_remove_dir(f->dir);
    g_free(f);
    return 0;
}

static void
on_planned(void *user, FrostPlan *plan, const GError *error)
{
    Fixture *f = user;

    g_clear_pointer(&f->plan, frost_plan_free);
    g_clear_error(&f->error);
    f->plan = plan;
    f->error = error ? g_error_copy(error) : NULL;
    f->done = true;
    f->times++;
}

static void
ask(Fixture *f, const char *const *mount_points)
{
    const FrostPlanFilter filter = {.mount_points = mount_points};

    f->done = false;
    f->planner->plan(f->planner, &filter, on_planned, f);
    assert_false(f->done);
}

static void
plan(Fixture *f, const char *const *mount_points)
{
    ask(f, mount_points);
    test_run_until(&f->done, LIMIT_MS);
}

static void
what_the_thread_opened_is_open_here(void **state)
{
    Fixture *f = *state;
    struct stat here, there;

    plan(f, NULL);

    assert_no_error(f->error);
    assert_int_equal(f->plan->freezable, 1);
    const FrostFilesystem *fs = f->plan->filesystems->pdata[0];
    assert_string_equal(fs->mount_point, f->dir);
    assert_int_equal(fstat(fs->fd, &here), 0);
    assert_int_equal(stat(f->dir, &there), 0);
    assert_true(here.st_dev == there.st_dev && here.st_ino == there.st_ino);
    assert_int_equal(fcntl(fs->fd, F_GETFD), FD_CLOEXEC);
    assert_ptr_equal(f->plan->sys, &f->sys);
}

static void
the_lists_are_those_that_were_given(void **state)
{
    static const char *const other[] = {"/elsewhere", NULL};
    Fixture *f = *state;

    plan(f, other);
    assert_no_error(f->error);
    assert_int_equal(f->plan->freezable, 0);
}

static void
a_plan_that_fails_is_told_as_it_is_without_a_thread(void **state)
{
    Fixture *f = *state;

    shared.table[0] = '\0';
    plan(f, NULL);
    assert_null(f->plan);
    assert_error(f->error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_MOUNTINFO, "Permission denied");
}

static void
a_look_up_that_hangs_is_given_up_and_named(void **state)
{
    Fixture *f = *state;

    g_mutex_lock(&shared.gate);
    plan(f, NULL);
    g_mutex_unlock(&shared.gate);

    assert_null(f->plan);
    assert_error(f->error, FROST_PLANNER_ERROR, FROST_PLANNER_ERROR_HANGS, f->dir);
    plan(f, NULL);
    assert_no_error(f->error);
    assert_non_null(f->plan);
    assert_int_equal(f->times, 2);
}

static void
on_reopened(void *user, int fd)
{
    Fixture *f = user;

    f->fd = fd;
    f->done = true;
    f->times++;
}

static void
ask_for_disk(Fixture *f, unsigned limit_s)
{
    const FrostReopenerWish wish = {
        .mount_dev = makedev(DISK_MAJOR, 1), .device = 0, .fs_type = "ext4"};

    f->done = false;
    f->planner->reopen(f->planner, &wish, limit_s, on_reopened, f);
    assert_false(f->done);
}

static void
what_was_left_frozen_is_opened_beside_the_main_loop(void **state)
{
    Fixture *f = *state;
    struct stat here, there;

    ask_for_disk(f, 10);
    test_run_until(&f->done, LIMIT_MS);
    assert_int_equal(fstat(f->fd, &here), 0);
    assert_int_equal(stat(f->dir, &there), 0);
    assert_true(here.st_dev == there.st_dev && here.st_ino == there.st_ino);
    assert_int_equal(fcntl(f->fd, F_GETFD), FD_CLOEXEC);
    close(f->fd);
}

static void
what_was_left_frozen_and_cannot_be_opened_is_an_error(void **state)
{
    Fixture *f = *state;

    shared.table[0] = '\0';
    ask_for_disk(f, 10);
    test_run_until(&f->done, LIMIT_MS);
    assert_int_equal(f->fd, -EACCES);
}

static void
opening_what_was_left_frozen_is_left_to_itself_when_it_hangs(void **state)
{
    Fixture *f = *state;

    g_mutex_lock(&shared.gate);
    ask_for_disk(f, 1);
    test_run_until(&f->done, LIMIT_MS);
    g_mutex_unlock(&shared.gate);
    assert_int_equal(f->fd, -ETIMEDOUT);
    ask_for_disk(f, 10);
    f->planner->give_up(f->planner);
    plan(f, NULL);
    assert_no_error(f->error);
    assert_int_equal(f->times, 2);
}

static void
one_that_is_given_up_is_heard_of_no_more_and_the_next_one_is(void **state)
{
    static const char *const other[] = {"/elsewhere", NULL};
    Fixture *f = *state;

    ask(f, NULL);
    f->planner->give_up(f->planner);
    plan(f, other);

    assert_int_equal(f->times, 1);
    assert_int_equal(f->plan->freezable, 0);
}

static void
a_planner_may_go_while_its_thread_hangs(void **state)
{
    Fixture *f = *state;

    g_mutex_lock(&shared.gate);
    ask(f, NULL);
    f->planner->give_up(f->planner);
    ask(f, NULL);
    f->planner->free(f->planner);
    f->planner = NULL;
    g_mutex_unlock(&shared.gate);

    assert_int_equal(f->times, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_thread_opened_is_open_here),
        TEST(the_lists_are_those_that_were_given),
        TEST(a_plan_that_fails_is_told_as_it_is_without_a_thread),
        TEST(a_look_up_that_hangs_is_given_up_and_named),
        TEST(what_was_left_frozen_is_opened_beside_the_main_loop),
        TEST(what_was_left_frozen_and_cannot_be_opened_is_an_error),
        TEST(opening_what_was_left_frozen_is_left_to_itself_when_it_hangs),
        TEST(one_that_is_given_up_is_heard_of_no_more_and_the_next_one_is),
        TEST(a_planner_may_go_while_its_thread_hangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
