/* SPDX-License-Identifier: MIT */

#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

/* Generous: only a hang reaches it. */
#define PATIENCE_MS 90000

typedef struct {
    FrostBlockingJobs *jobs;
    FrostFiles *files;
    char *folder;
    /* the last answer */
    bool answered;
    int64_t result;
    char *text; /* of read */
    bool eof;
    GError *error;
} Fixture;

static int
setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->jobs = frost_blocking_jobs_new(NULL);
    self->files = frost_files_new(self->jobs);
    self->folder = test_make_dir();
    *state = self;
    return 0;
}

static int
teardown(void **state)
{
    Fixture *self = *state;

    frost_blocking_jobs_free(self->jobs);
    frost_files_free(self->files);
    test_remove_dir(self->folder);
    g_free(self->text);
    g_clear_error(&self->error);
    g_free(self);
    return 0;
}

static void
on_done(void *user, int64_t result, const GByteArray *bytes, bool eof, const GError *error)
{
    Fixture *self = user;

    self->answered = true;
    self->result = result;
    self->eof = eof;
    self->text = bytes ? g_strndup((const char *)bytes->data, bytes->len) : NULL;
    self->error = error ? g_error_copy(error) : NULL;
}

/* The answer; or, where nothing was begun, the error. */
static int64_t
await(Fixture *self, bool begun, GError *refused)
{
    if (!begun) {
        self->error = refused;
        return -1;
    }
    test_run_until(&self->answered, PATIENCE_MS);
    return self->result;
}

static void
begin(Fixture *self)
{
    self->answered = false;
    g_clear_pointer(&self->text, g_free);
    g_clear_error(&self->error);
}

static char *
path_of(const Fixture *self, const char *name)
{
    return g_build_filename(self->folder, name, NULL);
}

static int64_t
open_file(Fixture *self, const char *name, const char *mode)
{
    g_autofree char *path = path_of(self, name);
    GError *error = NULL;

    begin(self);
    bool begun = frost_files_open(self->files, path, mode, on_done, self, &error);
    return await(self, begun, error);
}

static int64_t
write_text(Fixture *self, int64_t handle, const char *text)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    GError *error = NULL;

    begin(self);
    bool begun = frost_files_write(self->files, handle, bytes, on_done, self, &error);
    return await(self, begun, error);
}

static int64_t
read_file(Fixture *self, int64_t handle, int64_t count)
{
    GError *error = NULL;

    begin(self);
    bool begun = frost_files_read(self->files, handle, count, on_done, self, &error);
    return await(self, begun, error);
}

static void
seek_to(Fixture *self, int64_t handle, int64_t offset, int whence, int64_t expected)
{
    int64_t position = -1;

    assert_true(frost_files_seek(self->files, handle, offset, whence, &position, NULL));
    assert_int_equal(position, expected);
}

static void
written_bytes_are_read_after_a_seek(void **state)
{
    Fixture *self = *state;
    int64_t handle = open_file(self, "x", "w+");

    assert_int_equal(write_text(self, handle, "hello world"), 11);
    assert_int_equal(read_file(self, handle, 4096), 0);
    assert_true(self->eof);
    assert_string_equal(self->text, "");
    seek_to(self, handle, 6, SEEK_SET, 6);
    assert_int_equal(read_file(self, handle, 3), 3);
    assert_string_equal(self->text, "wor");
    assert_false(self->eof);
    assert_int_equal(read_file(self, handle, 4096), 2);
    assert_string_equal(self->text, "ld");
    assert_true(self->eof);
    assert_int_equal(write_text(self, handle, "!"), 1);
    seek_to(self, handle, 0, SEEK_CUR, 12);
    seek_to(self, handle, -1, SEEK_END, 11);
    assert_int_equal(read_file(self, handle, 1), 1);
    assert_string_equal(self->text, "!");
}

static void
what_is_written_is_in_the_file_at_once(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "x");
    g_autofree char *text = NULL;

    write_text(self, open_file(self, "x", "w"), "now");
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, "now");
}

static void
appending_is_always_at_the_end(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "x");
    g_autofree char *text = NULL;

    assert_true(g_file_set_contents(path, "one ", -1, NULL));
    int64_t handle = open_file(self, "x", "ab");
    seek_to(self, handle, 0, SEEK_SET, 0);
    write_text(self, handle, "two");
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, "one two");
}

typedef struct {
    const char *mode;
    bool is_known;
} Mode;

static void
modes_are_those_of_fopen(void **state)
{
    static const Mode modes[] = {
        {"r", true},   {"rb", true},  {"r+", true},    {"rb+", true}, {"r+b", true}, {"w", true},
        {"wb", true},  {"w+", true},  {"wb+", true},   {"w+b", true}, {"a", true},   {"ab", true},
        {"a+", true},  {"ab+", true}, {"a+b", true},   {"", false},   {"q", false},  {"b", false},
        {"br", false}, {"rr", false}, {"r+bb", false}, {"rx", false}, {"+r", false}};
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "x");

    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        assert_true(g_file_set_contents(path, "x", -1, NULL));
        int64_t handle = open_file(self, "x", modes[i].mode);

        if ((handle > 0) != modes[i].is_known)
            fail_msg("mode '%s'", modes[i].mode);
        if (!modes[i].is_known)
            assert_error(self->error, FROST_FILES_ERROR, FROST_FILES_ERROR_MODE, modes[i].mode);
    }
}

static void
a_new_file_obeys_the_umask(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "x");
    struct stat st;
    mode_t before = umask(027);

    open_file(self, "x", "w");
    umask(before);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
}

static void
the_error_of_an_open_has_its_mode(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "none");
    g_autofree char *part =
        g_strdup_printf("failed to open file '%s' (mode: 'r+'): No such file or directory", path);

    assert_int_equal(open_file(self, "none", "r+"), -1);
    assert_error(self->error, FROST_FILES_ERROR, FROST_FILES_ERROR_OPEN, part);
    assert_int_equal(frost_files_count(self->files), 0);
}

static void
a_folder_is_opened_but_not_read(void **state)
{
    Fixture *self = *state;
    int64_t handle = open_file(self, ".", "r");

    assert_true(handle > 0);
    assert_int_equal(read_file(self, handle, 10), -1);
    assert_error(self->error, FROST_FILES_ERROR, FROST_FILES_ERROR_IO,
                 "failed to read file: Is a directory");
}

static void
a_fifo_does_not_make_anybody_wait(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "fifo");

    assert_int_equal(mkfifo(path, 0600), 0);
    int64_t handle = open_file(self, "fifo", "r");
    assert_int_equal(read_file(self, handle, 10), 0);
    assert_true(self->eof);

    int writer = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(writer >= 0);
    assert_int_equal(read_file(self, handle, 10), -1);
    assert_error(self->error, FROST_FILES_ERROR, FROST_FILES_ERROR_IO, "failed to read file: ");
    assert_int_equal(write(writer, "abc", 3), 3);
    assert_int_equal(read_file(self, handle, 10), 3);
    assert_string_equal(self->text, "abc");
    assert_false(self->eof);
    close(writer);
}

static void
a_large_file_comes_in_one_piece(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "x");
    size_t length = 5 * 1024 * 1024 + 1;
    g_autofree char *text = g_malloc(length + 1);

    memset(text, 'a', length);
    text[length] = '\0';
    assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
    int64_t handle = open_file(self, "x", "r");
    assert_int_equal(read_file(self, handle, FROST_FILES_READ_MAX), length);
    assert_string_equal(self->text, text);
    assert_true(self->eof);
}

static void
counts_out_of_range_are_refused(void **state)
{
    static const int64_t counts[] = {-1, INT64_MIN, FROST_FILES_READ_MAX + 1, INT64_MAX};
    Fixture *self = *state;
    int64_t handle = open_file(self, "x", "w+");

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        assert_int_equal(read_file(self, handle, counts[i]), -1);
        assert_error(self->error, FROST_FILES_ERROR, FROST_FILES_ERROR_COUNT,
                     "is invalid for argument count");
    }
    assert_int_equal(read_file(self, handle, 0), 0);
    assert_false(self->eof);
}

static void
a_handle_is_gone_after_it_was_closed(void **state)
{
    Fixture *self = *state;
    int64_t handle = open_file(self, "x", "w");
    int64_t position;
    g_autoptr(GError) error = NULL;

    assert_true(frost_files_close(self->files, handle, NULL));
    assert_false(frost_files_close(self->files, handle, &error));
    assert_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_HANDLE, "has not been found");
    assert_false(frost_files_seek(self->files, handle, 0, SEEK_SET, &position, NULL));
    assert_int_equal(read_file(self, handle, 1), -1);
    assert_error(self->error, FROST_FILES_ERROR, FROST_FILES_ERROR_HANDLE, "has not been found");
}

static void
a_handle_is_not_given_twice_by_a_later_table_either(void **state)
{
    Fixture *self = *state;
    int64_t first = open_file(self, "x", "w");
    int64_t second = open_file(self, "x", "w");

    assert_true(second > first);
    frost_files_free(self->files);
    self->files = frost_files_new(self->jobs);
    assert_true(open_file(self, "x", "w") > second);
}

static void
so_many_files_are_open_and_no_more(void **state)
{
    Fixture *self = *state;
    int64_t handle = 0;

    for (unsigned i = 0; i < FROST_FILES_MAX; i++)
        assert_true((handle = open_file(self, "x", "w")) > 0);
    assert_int_equal(open_file(self, "x", "w"), -1);
    assert_error(self->error, FROST_FILES_ERROR, FROST_FILES_ERROR_TOO_MANY, "open already");
    assert_true(frost_files_close(self->files, handle, NULL));
    assert_true(open_file(self, "x", "w") > 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(written_bytes_are_read_after_a_seek),
        CASE(what_is_written_is_in_the_file_at_once),
        CASE(appending_is_always_at_the_end),
        CASE(modes_are_those_of_fopen),
        CASE(a_new_file_obeys_the_umask),
        CASE(the_error_of_an_open_has_its_mode),
        CASE(a_folder_is_opened_but_not_read),
        CASE(a_fifo_does_not_make_anybody_wait),
        CASE(a_large_file_comes_in_one_piece),
        CASE(counts_out_of_range_are_refused),
        CASE(a_handle_is_gone_after_it_was_closed),
        CASE(a_handle_is_not_given_twice_by_a_later_table_either),
        CASE(so_many_files_are_open_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
