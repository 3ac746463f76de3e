/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "fake-plan.h"
#include "fake-sys.h"
#include "ledger-peek.h"
#include "ledger.h"
#include "test-support.h"

typedef struct {
    char *dir;
    char *path;
    FakeSys *sys;
    FrostPlan *plan;
    FrostLedger *ledger;
} Fixture;

/* A freeze of "/srv" and "/" has begun. */
static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_dir();
    f->path = g_build_filename(f->dir, FROST_LEDGER_NAME, NULL);
    f->sys = fake_sys_new();
    fake_sys_add_fs(f->sys, "/", "ext4");
    fake_sys_add_fs(f->sys, "/srv", "xfs");
    f->plan = fake_plan_new(fake_sys_get(f->sys));
    fake_plan_add(f->plan, "/srv", FROST_VERDICT_FREEZE, 0);
    fake_plan_add(f->plan, "/", FROST_VERDICT_FREEZE, 1);
    f->ledger = frost_ledger_open(f->dir, NULL);
    *state = f;
    return f->ledger && frost_ledger_begin(f->ledger, f->plan, NULL) ? 0 : -1;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    frost_ledger_free(f->ledger);
    fake_plan_free(f->plan);
    fake_sys_free(f->sys);
    test_remove_dir(f->dir);
    g_free(f->path);
    g_free(f);
    return 0;
}

static void
step(Fixture *f, unsigned place, FrostFsState from, FrostFsState to)
{
    assert_true(frost_ledger_step(&f->ledger->data->filesystems[place], from, to));
}

static void
a_freeze_that_has_begun_is_under_way(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);

    assert_int_equal(peek->state, FROST_PEEK_UNDER_WAY);
    assert_int_equal(peek->mount_points->len, 0);
}

static void
what_is_held_is_named(void **state)
{
    Fixture *f = *state;

    step(f, 0, FROST_FS_OPEN, FROST_FS_FREEZING);
    step(f, 0, FROST_FS_FREEZING, FROST_FS_FROZEN);
    step(f, 1, FROST_FS_OPEN, FROST_FS_FREEZING);
    atomic_store(&f->ledger->data->freeze_begun_us, 4711);

    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);

    assert_int_equal(peek->state, FROST_PEEK_FROZEN);
    assert_int_equal(peek->mount_points->len, 2);
    assert_string_equal(peek->mount_points->pdata[0], "/srv");
    assert_string_equal(peek->mount_points->pdata[1], "/");
    assert_int_equal(peek->freeze_begun_us, 4711);
}

/* Also when nobody holds the lock any more: both processes were killed. */
static void
what_two_deaths_left_frozen_is_named(void **state)
{
    Fixture *f = *state;

    step(f, 0, FROST_FS_OPEN, FROST_FS_FREEZING);
    g_clear_pointer(&f->ledger, frost_ledger_free);

    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);

    assert_int_equal(peek->state, FROST_PEEK_FROZEN);
    assert_string_equal(peek->mount_points->pdata[0], "/srv");
}

static void
when_all_is_undone_nothing_is_told(void **state)
{
    Fixture *f = *state;

    frost_ledger_end(f->ledger);
    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);

    assert_int_equal(peek->state, FROST_PEEK_IDLE);
    assert_null(peek->reason);
}

static void
the_lock_is_neither_taken_nor_waited_for(void **state)
{
    Fixture *f = *state;

    frost_ledger_end(f->ledger);
    int holder = open(f->path, O_RDONLY | O_CLOEXEC);
    assert_true(holder >= 0);
    assert_int_equal(flock(holder, LOCK_EX | LOCK_NB), 0);

    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);

    assert_int_equal(peek->state, FROST_PEEK_UNKNOWN);
    assert_non_null(strstr(peek->reason, "under way"));
    close(holder);
    g_autoptr(FrostPeek) later = frost_ledger_peek(f->dir);
    assert_int_equal(later->state, FROST_PEEK_IDLE);
}

static void
no_ledger_is_no_freeze(void **state)
{
    Fixture *f = *state;

    assert_int_equal(unlink(f->path), 0);
    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);

    assert_int_equal(peek->state, FROST_PEEK_IDLE);
    assert_int_not_equal(access(f->path, F_OK), 0);
}

static void
another_boot_froze_nothing_of_this_one(void **state)
{
    Fixture *f = *state;

    step(f, 0, FROST_FS_OPEN, FROST_FS_FREEZING);
    f->ledger->data->boot_id[0] ^= 1;
    g_clear_pointer(&f->ledger, frost_ledger_free);

    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);
    assert_int_equal(peek->state, FROST_PEEK_IDLE);
}

static void
another_version_is_not_guessed_at(void **state)
{
    Fixture *f = *state;

    f->ledger->data->version++;
    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);

    assert_int_equal(peek->state, FROST_PEEK_UNKNOWN);
    assert_non_null(strstr(peek->reason, "version"));
}

static void
a_ledger_shorter_than_it_claims_is_not_believed(void **state)
{
    Fixture *f = *state;

    atomic_store(&f->ledger->data->count, FROST_LEDGER_FILESYSTEMS + 1);
    g_autoptr(FrostPeek) too_many = frost_ledger_peek(f->dir);
    assert_int_equal(too_many->state, FROST_PEEK_UNKNOWN);

    atomic_store(&f->ledger->data->count, 3); /* of 2 */
    g_autoptr(FrostPeek) too_short = frost_ledger_peek(f->dir);
    assert_int_equal(too_short->state, FROST_PEEK_UNKNOWN);
    assert_non_null(strstr(too_short->reason, "damaged"));
    atomic_store(&f->ledger->data->count, 2);
}

static void
a_ledger_cut_off_anywhere_is_borne(void **state)
{
    Fixture *f = *state;
    g_autofree char *whole = NULL;
    gsize length;

    step(f, 1, FROST_FS_OPEN, FROST_FS_FREEZING);
    memset(f->ledger->data->filesystems[1].mount_point, 'x', 256); /* without an end */
    assert_true(g_file_get_contents(f->path, &whole, &length, NULL));
    g_clear_pointer(&f->ledger, frost_ledger_free);

    for (gsize cut = 0; cut <= length; cut += 37) {
        assert_true(g_file_set_contents(f->path, whole, (gssize)cut, NULL));
        g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);

        assert_int_not_equal(peek->state, FROST_PEEK_UNDER_WAY);
    }
    assert_true(g_file_set_contents(f->path, whole, (gssize)length, NULL));
    g_autoptr(FrostPeek) peek = frost_ledger_peek(f->dir);
    assert_int_equal(peek->state, FROST_PEEK_FROZEN);
    assert_int_equal(strlen(peek->mount_points->pdata[0]), 256);
}

static void
a_lock_is_found_by_its_file_and_its_kind(void **state)
{
    static const char locks[] = "1: POSIX  ADVISORY  WRITE 9 fe:00:17 0 EOF\n"
                                "2: FLOCK  ADVISORY  WRITE 8 00:1a:42 0 EOF\n"
                                "2: -> FLOCK  ADVISORY  WRITE 7 00:1a:43 0 EOF\n";

    assert_true(frost_locks_name(locks, 0, 0x1a, 42));
    assert_false(frost_locks_name(locks, 0, 0x1a, 4));
    assert_false(frost_locks_name(locks, 0, 0x1a, 2));
    assert_false(frost_locks_name(locks, 0, 0x1b, 42));
    assert_false(frost_locks_name(locks, 0x10, 0x1a, 42));
    assert_false(frost_locks_name(locks, 0xfe, 0, 17));
    assert_false(frost_locks_name(locks, 0, 0x1a, 43));
    assert_false(frost_locks_name("", 0, 0x1a, 42));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_freeze_that_has_begun_is_under_way),
        CASE(what_is_held_is_named),
        CASE(what_two_deaths_left_frozen_is_named),
        CASE(when_all_is_undone_nothing_is_told),
        CASE(the_lock_is_neither_taken_nor_waited_for),
        CASE(no_ledger_is_no_freeze),
        CASE(another_boot_froze_nothing_of_this_one),
        CASE(another_version_is_not_guessed_at),
        CASE(a_ledger_shorter_than_it_claims_is_not_believed),
        CASE(a_ledger_cut_off_anywhere_is_borne),
        cmocka_unit_test(a_lock_is_found_by_its_file_and_its_kind),
    };

    return cmocka_run_group_tests_name("ledger-peek", tests, NULL, NULL);
}
