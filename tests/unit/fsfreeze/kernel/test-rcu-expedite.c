/* SPDX-License-Identifier: MIT */
#include "rcu-expedite.h"

#include <errno.h>

#include "fake-sys.h"
#include "test-support.h"

typedef struct {
    FakeSys *fake;
    FrostKernel *kernel;
    _Atomic uint32_t note;
    int fd;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fake = fake_sys_new();
    f->kernel = &fake_sys_get(f->fake)->kernel;
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    fake_sys_free(f->fake);
    g_free(f);
    return 0;
}

static void
open_it(Fixture *f)
{
    f->fd = frost_rcu_expedite_open(f->kernel);
    assert_true(f->fd > 0);
}

static void
the_switch_is_on_from_begin_to_end_and_the_note_says_so(void **state)
{
    Fixture *f = *state;

    open_it(f);
    assert_false(fake_sys_is_expedited(f->fake));
    frost_rcu_expedite_begin(f->kernel, f->fd, &f->note);
    assert_true(fake_sys_is_expedited(f->fake));
    assert_int_equal(atomic_load(&f->note), 1);
    frost_rcu_expedite_end(f->kernel, f->fd, &f->note);
    assert_false(fake_sys_is_expedited(f->fake));
    assert_int_equal(atomic_load(&f->note), 0);
    f->kernel->close(f->kernel, f->fd);
}

static void
a_switch_that_another_program_has_turned_on_stays_on(void **state)
{
    Fixture *f = *state;
    bool on;
    int theirs = f->kernel->expedite_open(f->kernel, &on);

    assert_int_equal(f->kernel->expedite(f->kernel, theirs, true), 0);
    f->fd = frost_rcu_expedite_open(f->kernel);
    assert_int_equal(f->fd, -EALREADY);
    frost_rcu_expedite_begin(f->kernel, f->fd, &f->note);
    frost_rcu_expedite_end(f->kernel, f->fd, &f->note);
    frost_rcu_expedite_recover(f->kernel, &f->note);
    assert_true(fake_sys_is_expedited(f->fake));
    f->kernel->expedite(f->kernel, theirs, false);
    f->kernel->close(f->kernel, theirs);
}

static void
where_it_must_not_be_touched_nothing_is(void **state)
{
    static const int REASONS[] = {EOPNOTSUPP, EROFS, EACCES, ENOENT};
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(REASONS); i++) {
        fake_sys_fail_expedite(f->fake, REASONS[i]);
        f->fd = frost_rcu_expedite_open(f->kernel);
        assert_int_equal(f->fd, -REASONS[i]);
        frost_rcu_expedite_begin(f->kernel, f->fd, &f->note);
        assert_false(fake_sys_is_expedited(f->fake));
    }
}

/* Who died had it on; the descriptor was one of the dead. */
static void
recovery_after_a_death_turns_the_switch_off(void **state)
{
    Fixture *f = *state;

    open_it(f);
    frost_rcu_expedite_begin(f->kernel, f->fd, &f->note);
    f->kernel->close(f->kernel, f->fd);
    frost_rcu_expedite_recover(f->kernel, &f->note);
    assert_false(fake_sys_is_expedited(f->fake));
    assert_int_equal(atomic_load(&f->note), 0);
    assert_int_equal(fake_sys_open_fds(f->fake), 0);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_switch_is_on_from_begin_to_end_and_the_note_says_so),
        FIXTURE_TEST(a_switch_that_another_program_has_turned_on_stays_on),
        FIXTURE_TEST(where_it_must_not_be_touched_nothing_is),
        FIXTURE_TEST(recovery_after_a_death_turns_the_switch_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
