/* SPDX-License-Identifier: MIT */

/*
 * A ledger says what is to be thawed, and which program is to be run for that: it is believed only
 * where nobody else could have written it.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger.h"
#include "test-support.h"

typedef struct {
    char *dir;
    char *path;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_statedir();
    f->path = g_build_filename(f->dir, FROST_LEDGER_NAME, NULL);
    g_autoptr(FrostLedger) ledger = frost_ledger_open(f->dir, NULL);
    g_strlcpy(ledger->data->hook_source, "/tmp/evil", sizeof ledger->data->hook_source);
    atomic_store(&frost_ledger_add_hook(ledger, "")->state, FROST_HOOK_BEGUN);
    atomic_store(&ledger->data->active, 1);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    test_remove_dir(f->dir);
    g_free(f->path);
    g_free(f);
    return 0;
}

static void
assert_not_believed(const Fixture *f)
{
    g_autoptr(FrostLedger) ledger = frost_ledger_open(f->dir, NULL);

    assert_non_null(ledger);
    assert_true(ledger->in_memory);
    assert_false(frost_ledger_is_active(ledger));
    assert_false(frost_ledger_owes_hooks(ledger->data));
}

static void
a_ledger_that_only_we_can_write_is_believed(void **state)
{
    const Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = frost_ledger_open(f->dir, NULL);

    assert_false(ledger->in_memory);
    assert_true(frost_ledger_is_active(ledger));
}

static void
a_ledger_that_everybody_can_write_is_not_believed(void **state)
{
    const Fixture *f = *state;

    assert_int_equal(chmod(f->path, 0602), 0);

    assert_not_believed(f);
}

static void
a_ledger_that_a_group_can_write_is_not_believed(void **state)
{
    const Fixture *f = *state;

    assert_int_equal(chmod(f->path, 0620), 0);

    assert_not_believed(f);
}

/* Only root can give a file away; to anybody else the file is not theirs to begin with. */
static void
a_ledger_of_another_user_is_not_believed(void **state)
{
    const Fixture *f = *state;

    if (chown(f->path, 65534, (gid_t)-1) < 0)
        assert_int_not_equal(geteuid(), 0);
    else
        assert_not_believed(f);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_ledger_that_only_we_can_write_is_believed),
        FIXTURE_TEST(a_ledger_that_everybody_can_write_is_not_believed),
        FIXTURE_TEST(a_ledger_that_a_group_can_write_is_not_believed),
        FIXTURE_TEST(a_ledger_of_another_user_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
