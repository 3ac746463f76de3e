/* SPDX-License-Identifier: MIT */
#include "snapshot.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger-fixture.h"

/* A freeze of "/srv" and "/" has begun. */
static int
set_up_begun(void **state)
{
    set_up(state);
    Fixture *f = *state;

    f->ledger = must_open(f);
    must_begin(f, f->ledger);
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
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);

    assert_int_equal(snapshot->state, FROST_SNAPSHOT_UNDER_WAY);
    assert_int_equal(snapshot->mount_points->len, 0);
}

static void
filesystems_that_are_held_are_named(void **state)
{
    Fixture *f = *state;

    step(f, 0, FROST_FS_OPEN, FROST_FS_FREEZING);
    step(f, 0, FROST_FS_FREEZING, FROST_FS_FROZEN);
    step(f, 1, FROST_FS_OPEN, FROST_FS_FREEZING);
    atomic_store(&f->ledger->data->freeze_begun_us, 4711);

    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);

    assert_int_equal(snapshot->state, FROST_SNAPSHOT_FROZEN);
    assert_int_equal(snapshot->mount_points->len, 2);
    assert_string_equal(snapshot->mount_points->pdata[0], "/srv");
    assert_string_equal(snapshot->mount_points->pdata[1], "/");
    assert_int_equal(snapshot->freeze_begun_us, 4711);
}

/* The lock is free, as both processes were killed. */
static void
filesystems_that_two_deaths_left_frozen_are_named(void **state)
{
    Fixture *f = *state;

    step(f, 0, FROST_FS_OPEN, FROST_FS_FREEZING);
    g_clear_pointer(&f->ledger, frost_ledger_free);

    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);

    assert_int_equal(snapshot->state, FROST_SNAPSHOT_FROZEN);
    assert_string_equal(snapshot->mount_points->pdata[0], "/srv");
}

static void
when_all_is_undone_it_is_idle(void **state)
{
    Fixture *f = *state;

    frost_ledger_end(f->ledger);
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);

    assert_int_equal(snapshot->state, FROST_SNAPSHOT_IDLE);
    assert_null(snapshot->reason);
}

static void
the_lock_is_neither_taken_nor_waited_for(void **state)
{
    Fixture *f = *state;

    frost_ledger_end(f->ledger);
    int holder = open(f->path, O_RDONLY | O_CLOEXEC);
    assert_true(holder >= 0);
    assert_int_equal(flock(holder, LOCK_EX | LOCK_NB), 0);

    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);

    assert_int_equal(snapshot->state, FROST_SNAPSHOT_UNKNOWN);
    assert_non_null(strstr(snapshot->reason, "under way"));
    close(holder);
    g_autoptr(FrostSnapshot) later = frost_ledger_snapshot(f->dir);
    assert_int_equal(later->state, FROST_SNAPSHOT_IDLE);
}

static void
no_ledger_is_no_freeze(void **state)
{
    Fixture *f = *state;

    assert_int_equal(unlink(f->path), 0);
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);

    assert_int_equal(snapshot->state, FROST_SNAPSHOT_IDLE);
    assert_int_not_equal(access(f->path, F_OK), 0);
}

static void
another_boot_froze_nothing_of_this_one(void **state)
{
    Fixture *f = *state;

    step(f, 0, FROST_FS_OPEN, FROST_FS_FREEZING);
    f->ledger->data->boot_id[0] ^= 1;
    g_clear_pointer(&f->ledger, frost_ledger_free);

    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);
    assert_int_equal(snapshot->state, FROST_SNAPSHOT_IDLE);
}

static void
another_version_is_not_guessed_at(void **state)
{
    Fixture *f = *state;

    f->ledger->data->version++;
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);

    assert_int_equal(snapshot->state, FROST_SNAPSHOT_UNKNOWN);
    assert_non_null(strstr(snapshot->reason, "version"));
}

static void
a_ledger_shorter_than_it_claims_is_not_believed(void **state)
{
    Fixture *f = *state;
    uint32_t count = atomic_load(&f->ledger->data->count);

    atomic_store(&f->ledger->data->count, FROST_LEDGER_FILESYSTEMS + 1);
    g_autoptr(FrostSnapshot) too_many = frost_ledger_snapshot(f->dir);
    assert_int_equal(too_many->state, FROST_SNAPSHOT_UNKNOWN);

    atomic_store(&f->ledger->data->count, count + 1);
    g_autoptr(FrostSnapshot) too_short = frost_ledger_snapshot(f->dir);
    assert_int_equal(too_short->state, FROST_SNAPSHOT_UNKNOWN);
    assert_non_null(strstr(too_short->reason, "damaged"));
    atomic_store(&f->ledger->data->count, count);
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
        g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);

        assert_int_not_equal(snapshot->state, FROST_SNAPSHOT_UNDER_WAY);
    }
    assert_true(g_file_set_contents(f->path, whole, (gssize)length, NULL));
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(f->dir);
    assert_int_equal(snapshot->state, FROST_SNAPSHOT_FROZEN);
    assert_int_equal(strlen(snapshot->mount_points->pdata[0]), 256);
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_begun, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_freeze_that_has_begun_is_under_way),
        CASE(filesystems_that_are_held_are_named),
        CASE(filesystems_that_two_deaths_left_frozen_are_named),
        CASE(when_all_is_undone_it_is_idle),
        CASE(the_lock_is_neither_taken_nor_waited_for),
        CASE(no_ledger_is_no_freeze),
        CASE(another_boot_froze_nothing_of_this_one),
        CASE(another_version_is_not_guessed_at),
        CASE(a_ledger_shorter_than_it_claims_is_not_believed),
        CASE(a_ledger_cut_off_anywhere_is_borne),
        cmocka_unit_test(a_lock_is_found_by_its_file_and_its_kind),
    };

    return cmocka_run_group_tests_name("ledger-snapshot", tests, NULL, NULL);
}
