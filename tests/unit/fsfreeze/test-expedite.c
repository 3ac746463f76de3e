/* SPDX-License-Identifier: MIT */
#include "expedite.h"

#include <errno.h>

#include "fake-sys.h"
#include "lacks.h"
#include "test-support.h"

typedef struct {
    FakeSys *fake;
    FrostSys *sys;
    FrostLedgerData *ledger;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fake = fake_sys_new();
    f->sys = fake_sys_get(f->fake);
    f->ledger = g_new0(FrostLedgerData, 1);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    fake_sys_free(f->fake);
    g_free(f->ledger);
    g_free(f);
    return 0;
}

static void
open_it(Fixture *f)
{
    f->ledger->expedite_fd = frost_expedite_open(f->sys, f->ledger);
    assert_true(f->ledger->expedite_fd > 0);
    assert_null(frost_lacks_describe(f->ledger));
}

static void
it_is_on_from_begin_to_end_and_the_ledger_says_so(void **state)
{
    Fixture *f = *state;

    open_it(f);
    assert_false(fake_sys_is_expedited(f->fake));
    frost_expedite_begin(f->sys, f->ledger);
    assert_true(fake_sys_is_expedited(f->fake));
    assert_int_equal(atomic_load(&f->ledger->expedited), 1);
    frost_expedite_end(f->sys, f->ledger);
    assert_false(fake_sys_is_expedited(f->fake));
    assert_int_equal(atomic_load(&f->ledger->expedited), 0);
    f->sys->close(f->sys, f->ledger->expedite_fd);
}

static void
what_somebody_else_has_switched_on_stays_on(void **state)
{
    Fixture *f = *state;
    bool on;
    int theirs = f->sys->expedite_open(f->sys, &on);

    assert_int_equal(f->sys->expedite(f->sys, theirs, true), 0);
    assert_int_equal(frost_expedite_open(f->sys, f->ledger), -1);
    assert_null(frost_lacks_describe(f->ledger)); /* it lacks nothing */
    frost_expedite_begin(f->sys, f->ledger);
    frost_expedite_end(f->sys, f->ledger);
    frost_expedite_recover(f->sys, f->ledger);
    assert_true(fake_sys_is_expedited(f->fake));
    f->sys->expedite(f->sys, theirs, false);
    f->sys->close(f->sys, theirs);
}

static void
where_it_must_not_be_touched_the_ledger_has_the_reason(void **state)
{
    static const int REASONS[] = {EOPNOTSUPP, EROFS, EACCES, ENOENT};
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(REASONS); i++) {
        fake_sys_fail_expedite(f->fake, REASONS[i]);
        assert_int_equal(frost_expedite_open(f->sys, f->ledger), -1);
        g_autofree char *text = frost_lacks_describe(f->ledger);

        assert_int_equal(atomic_load(&f->ledger->lacks[FROST_LACK_EXPEDITED]), REASONS[i]);
        assert_non_null(strstr(text, "grace periods are not expedited"));
        frost_expedite_begin(f->sys, f->ledger);
        assert_false(fake_sys_is_expedited(f->fake));
    }
}

/* Who died had it on; the descriptor in the ledger is one of the dead. */
static void
who_comes_after_a_death_switches_it_off(void **state)
{
    Fixture *f = *state;

    open_it(f);
    frost_expedite_begin(f->sys, f->ledger);
    f->sys->close(f->sys, f->ledger->expedite_fd);
    f->ledger->expedite_fd = 0;
    frost_expedite_recover(f->sys, f->ledger);
    assert_false(fake_sys_is_expedited(f->fake));
    assert_int_equal(atomic_load(&f->ledger->expedited), 0);
    assert_int_equal(fake_sys_open_fds(f->fake), 0);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(it_is_on_from_begin_to_end_and_the_ledger_says_so),
        FIXTURE_TEST(what_somebody_else_has_switched_on_stays_on),
        FIXTURE_TEST(where_it_must_not_be_touched_the_ledger_has_the_reason),
        FIXTURE_TEST(who_comes_after_a_death_switches_it_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
