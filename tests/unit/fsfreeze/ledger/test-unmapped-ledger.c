/* SPDX-License-Identifier: MIT */

/*
 * A ledger that cannot be mapped: a freeze must not begin over what it calls frozen.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger-fixture.h"
#include "refused-map.h"
#include "unmapped-ledger.h"

/* The file is refused, and one in memory would not be. */
static FrostLedger *
open_unmapped(Fixture *f, GError **error)
{
    refuse_maps(1);
    FrostLedger *ledger = frost_ledger_open(f->dir, error);
    refuse_maps(0);
    return ledger;
}

static void
what_is_left_frozen_in_it_is_named_and_no_other_ledger_takes_its_place(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    leave_frozen(f);
    assert_null(open_unmapped(f, &error));
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_LEFT, "/srv");
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_LEFT, "Cannot allocate memory");
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_LEFT, f->path);

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_true(frost_ledger_holds(ledger));
}

static void
hooks_that_are_left_in_it_are_an_error(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    leave_frozen(f);
    FrostLedger *ledger = must_open(f);
    atomic_store(&ledger->data->filesystems[0].state, FROST_FS_THAWED);
    atomic_store(&frost_ledger_add_hook(ledger, "10-lock")->state, FROST_HOOK_BEGUN);
    frost_ledger_free(ledger);
    assert_null(open_unmapped(f, &error));
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "hooks of an earlier freeze");
}

static void
assert_in_memory(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostLedger) ledger = open_unmapped(f, &error);

    assert_no_error(error);
    assert_true(ledger->in_memory);
    assert_null(frost_unmapped_ledger_find_left(f->dir, 0));
}

static void
one_that_has_nothing_to_undo_is_replaced_by_one_in_memory(void **state)
{
    Fixture *f = *state;
    const uint32_t history = FROST_LEDGER_HISTORY;

    assert_in_memory(f); /* empty */
    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, active), &history, sizeof history);
    assert_in_memory(f);
}

/* Else a later agent would not learn of the freeze: the file cannot tell it. */
static void
one_in_memory_in_its_place_is_named_in_the_file_and_has_its_lock(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 0; i < 3; i++) { /* an empty file, one that was used, one of another boot */
        if (i == 2)
            overwrite(f, offsetof(FrostLedgerData, boot_id), "another", 7);
        g_autoptr(GError) error = NULL;
        FrostLedger *memory = open_unmapped(f, NULL);
        assert_true(memory->in_memory);
        assert_null(frost_ledger_open(f->dir, &error));
        assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD, FROST_LEDGER_NAME);

        FrostLedger *beside = frost_ledger_open_beside(f->dir);
        assert_non_null(beside);
        assert_int_equal(beside->data->active, FROST_LEDGER_ELSEWHERE);
        assert_int_equal(beside->data->owed, FROST_RELEASE_NONE);
        must_begin(f, memory);
        atomic_store(&memory->data->filesystems[0].state, FROST_FS_THAWED);
        frost_ledger_note_thawed(memory);
        assert_int_equal(beside->data->active, FROST_LEDGER_HISTORY);
        frost_ledger_free(beside);
        frost_ledger_free(memory);
        frost_ledger_free(must_open(f));
    }
}

/* Each says that /srv is frozen. */
static void
one_that_is_not_believed_is_replaced_by_one_in_memory(void **state)
{
    Fixture *f = *state;
    const uint32_t too_many = FROST_LEDGER_FILESYSTEMS + 1;

    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, boot_id), "another", 7);
    assert_in_memory(f);
    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, count), &too_many, sizeof too_many);
    assert_in_memory(f);
    leave_frozen(f);
    assert_int_equal(chmod(f->path, 0620), 0);
    assert_null(frost_unmapped_ledger_find_left(f->dir, 0));
}

/* It may be of this moment only: an earlier freeze may have left something. */
static void
one_that_cannot_be_read_either_is_an_error(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    struct rlimit before;

    leave_frozen(f);
    test_use_up_descriptors(&before);
    error = frost_unmapped_ledger_find_left(f->dir, EMFILE);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "is not known");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_is_left_frozen_in_it_is_named_and_no_other_ledger_takes_its_place),
        FIXTURE_TEST(hooks_that_are_left_in_it_are_an_error),
        FIXTURE_TEST(one_that_has_nothing_to_undo_is_replaced_by_one_in_memory),
        FIXTURE_TEST(one_in_memory_in_its_place_is_named_in_the_file_and_has_its_lock),
        FIXTURE_TEST(one_that_is_not_believed_is_replaced_by_one_in_memory),
        FIXTURE_TEST(one_that_cannot_be_read_either_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
