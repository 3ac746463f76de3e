/* SPDX-License-Identifier: MIT */
#include "guest-fixture.h"

int
guest_setup(void **state)
{
    Guest *self = g_new0(Guest, 1);

    self->fake = fake_machine_new();
    self->machine = fake_machine_get(self->fake);
    self->jobs = frost_blocking_jobs_new(NULL);
    *state = self;
    return 0;
}

int
guest_teardown(void **state)
{
    Guest *self = *state;

    frost_blocking_jobs_free(self->jobs);
    if (self->fake)
        fake_machine_free(self->fake);
    g_clear_error(&self->error);
    g_free(self);
    return 0;
}

void
guest_answer(void *user, const GError *error)
{
    Guest *self = user;

    g_clear_error(&self->error);
    self->error = error ? g_error_copy(error) : NULL;
    self->answered = true;
}

void
guest_wait(Guest *self)
{
    test_run_until(&self->answered, PATIENCE_MS);
}

void
guest_assert_journal(Guest *self, const char *expected)
{
    g_autofree char *journal = fake_machine_journal(self->fake);

    assert_string_equal(journal, expected);
}
