/* SPDX-License-Identifier: MIT */

/*
 * test-password.c - with scripts in place of chpasswd; nobody's password is set
 */

#include "password.h"

#include <string.h>
#include <sys/stat.h>

#include "test-support.h"

/* Generous: only a hang reaches it. */
#define PATIENCE_MS 30000

typedef struct {
    char *folder;
    char *program;
    char *seen; /* where the script writes what it was given */
    bool answered;
    GError *error;
} Fixture;

static int
setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->folder = test_make_dir();
    self->program = g_build_filename(self->folder, "chpasswd", NULL);
    self->seen = g_build_filename(self->folder, "seen", NULL);
    *state = self;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *self = *state;

    test_remove_dir(self->folder);
    g_free(self->program);
    g_free(self->seen);
    g_clear_error(&self->error);
    g_free(self);
    return 0;
}

static void
on_done(void *user, const GError *error)
{
    Fixture *self = user;

    self->error = error ? g_error_copy(error) : NULL;
    self->answered = true;
}

/* Shows its arguments and its input, then does @then. */
static void
write_script(const Fixture *self, const char *then)
{
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\n{ echo \"$*\"; cat; } >%s\n%s\n", self->seen, then);

    assert_true(g_file_set_contents(self->program, text, -1, NULL));
    assert_int_equal(chmod(self->program, 0755), 0);
}

static void
set_password(Fixture *self, const char *name, const char *password, bool crypted)
{
    g_autoptr(GBytes) bytes = g_bytes_new(password, strlen(password));
    GError *error = NULL;
    g_autoptr(FrostPassword) setting =
        frost_password_set(name, bytes, crypted, self->program, NULL, on_done, self, &error);

    if (setting)
        test_run_until(&self->answered, PATIENCE_MS);
    else
        self->error = error;
}

static void
assert_seen(const Fixture *self, const char *text)
{
    g_autofree char *seen = NULL;

    assert_true(g_file_get_contents(self->seen, &seen, NULL, NULL));
    assert_string_equal(seen, text);
}

static void
a_raw_password_is_one_line_of_its_input(void **state)
{
    write_script(*state, "exit 0");
    set_password(*state, "jane", "pass word:x", false);
    assert_no_error(((Fixture *)*state)->error);
    assert_seen(*state, "\njane:pass word:x\n");
}

static void
a_crypted_one_is_said_to_be(void **state)
{
    write_script(*state, "exit 0");
    set_password(*state, "jane", "$6$x$y", true);
    assert_no_error(((Fixture *)*state)->error);
    assert_seen(*state, "-e\njane:$6$x$y\n");
}

static void
its_words_are_the_reason(void **state)
{
    Fixture *self = *state;

    write_script(self, "echo 'user jane does not exist' >&2; exit 1");
    set_password(self, "jane", "x", false);
    assert_error(self->error, FROST_PASSWORD_ERROR, FROST_PASSWORD_ERROR_PROGRAM,
                 "child process has failed to set user password: user jane does not exist");
}

static void
without_words_its_status_is(void **state)
{
    Fixture *self = *state;

    write_script(self, "exit 3");
    set_password(self, "jane", "x", false);
    assert_error(self->error, FROST_PASSWORD_ERROR, FROST_PASSWORD_ERROR_PROGRAM,
                 "failed to set user password: exit status 3");
}

static void
without_the_program_that_is_the_reason(void **state)
{
    Fixture *self = *state;

    set_password(self, "jane", "x", false);
    assert_error(self->error, FROST_PASSWORD_ERROR, FROST_PASSWORD_ERROR_PROGRAM,
                 "/chpasswd': No such file or directory");
}

static void
a_name_or_password_that_would_be_two_lines_is_refused_and_nothing_is_run(void **state)
{
    static const char *const names[] = {"a:b", "a\nb", ":", "\n"};
    Fixture *self = *state;

    write_script(self, "exit 0");
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        set_password(self, names[i], "x", i % 2);
        assert_error(self->error, FROST_PASSWORD_ERROR, FROST_PASSWORD_ERROR_CHARACTERS,
                     "forbidden characters in username");
        g_clear_error(&self->error);
    }
    set_password(self, "jane", "x\nroot:y", true);
    assert_error(self->error, FROST_PASSWORD_ERROR, FROST_PASSWORD_ERROR_CHARACTERS,
                 "forbidden characters in raw password");
    assert_false(g_file_test(self->seen, G_FILE_TEST_EXISTS));
}

static void
freeing_it_ends_the_program(void **state)
{
    Fixture *self = *state;
    g_autoptr(GBytes) bytes = g_bytes_new("x", 1);

    write_script(self, "exec sleep 600");
    FrostPassword *setting =
        frost_password_set("jane", bytes, false, self->program, NULL, on_done, self, NULL);
    assert_non_null(setting);
    frost_password_free(setting);
    assert_false(self->answered);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_raw_password_is_one_line_of_its_input),
        CASE(a_crypted_one_is_said_to_be),
        CASE(its_words_are_the_reason),
        CASE(without_words_its_status_is),
        CASE(without_the_program_that_is_the_reason),
        CASE(a_name_or_password_that_would_be_two_lines_is_refused_and_nothing_is_run),
        CASE(freeing_it_ends_the_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
