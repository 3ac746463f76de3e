/* SPDX-License-Identifier: MIT */
#include "whole-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

#define TWO_PIECES (20 * 1024)

typedef struct {
    char *path;
    int fd;
} Folder;

static int
in_a_folder(void **state)
{
    Folder *folder = g_new0(Folder, 1);

    folder->path = test_make_dir();
    folder->fd = open(folder->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *state = folder;
    return folder->fd >= 0 ? 0 : -1;
}

static int
folder_removed(void **state)
{
    Folder *folder = *state;

    close(folder->fd);
    test_remove_dir(folder->path);
    g_free(folder);
    return 0;
}

static int
read_back(const Folder *folder, const char *name, size_t max_bytes, GString *text)
{
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);

    int r = frost_read_whole(fd, max_bytes, text);
    close(fd);
    return r;
}

static void
a_written_file_is_read_to_its_end(void **state)
{
    const Folder *folder = *state;
    g_autofree char *written = g_strnfill(TWO_PIECES, 'x');
    g_autoptr(GString) text = g_string_new("before ");

    assert_int_equal(frost_replace_file(folder->fd, "file", written, TWO_PIECES, 0600, true), 0);
    assert_int_equal(read_back(folder, "file", TWO_PIECES + 7, text), 0);
    assert_int_equal(text->len, TWO_PIECES + 7);
    assert_string_equal(text->str + 7, written);
}

static void
an_attribute_is_read_whole_whatever_its_length(void **state)
{
    const Folder *folder = *state;
    const size_t lengths[] = {0, 1, 4095, 4096, 4097, TWO_PIECES, TWO_PIECES + 4095};

    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *written = g_strnfill(lengths[i], 'x');
        g_autoptr(GString) text = g_string_new(NULL);

        assert_int_equal(frost_replace_file(folder->fd, "file", written, lengths[i], 0600, false),
                         0);
        int fd = openat(folder->fd, "file", O_RDONLY | O_CLOEXEC);
        assert_int_equal(frost_read_attribute(fd, 2 * TWO_PIECES, text), 0);
        assert_string_equal(text->str, written);
        close(fd);
    }
}

/* uevent, dev, size and the like of all block devices. */
static void
a_read_of_less_than_a_page_of_an_attribute_is_the_last_one(void **state)
{
    g_autoptr(GDir) dir = g_dir_open("/sys/class/block", 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_strdup_printf("/sys/class/block/%s/uevent", name);
        g_autoptr(GString) text = g_string_new(NULL);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        char more;

        if (fd < 0)
            continue; /* a device may go at any time */
        if (frost_read_attribute(fd, TWO_PIECES, text) == 0)
            assert_true(read(fd, &more, 1) <= 0);
        close(fd);
    }
}

static void
one_byte_more_than_allowed_is_too_big(void **state)
{
    const Folder *folder = *state;
    g_autoptr(GString) exact = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);

    assert_int_equal(frost_replace_file(folder->fd, "file", "12345", 5, 0600, false), 0);
    assert_int_equal(read_back(folder, "file", 5, exact), 0);
    assert_int_equal(read_back(folder, "file", 4, text), -EFBIG);
}

static void
a_link_that_waits_for_the_new_file_is_not_followed(void **state)
{
    const Folder *folder = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    struct stat st;

    assert_int_equal(frost_replace_file(folder->fd, "victim", "kept", 4, 0600, false), 0);
    assert_int_equal(symlinkat("victim", folder->fd, "file.frost-new"), 0);
    assert_int_equal(symlinkat("victim", folder->fd, "file"), 0);
    assert_int_equal(frost_replace_file(folder->fd, "file", "new", 3, 0600, false), 0);
    assert_int_equal(read_back(folder, "victim", 10, text), 0);
    assert_string_equal(text->str, "kept");
    assert_int_equal(fstatat(folder->fd, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0600);
}

static void
a_file_that_cannot_be_replaced_leaves_nothing_behind(void **state)
{
    const Folder *folder = *state;

    assert_int_equal(mkdirat(folder->fd, "file", 0700), 0);
    assert_int_equal(frost_replace_file(folder->fd, "file", "new", 3, 0600, false), -EISDIR);
    assert_int_equal(faccessat(folder->fd, "file.frost-new", F_OK, 0), -1);
    assert_int_equal(errno, ENOENT);
}

static void
bytes_that_a_device_refuses_are_an_error(void **state)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    assert_int_equal(frost_write_whole(full, "x", 1), -ENOSPC);
    close(full);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_written_file_is_read_to_its_end, in_a_folder,
                                        folder_removed),
        cmocka_unit_test_setup_teardown(an_attribute_is_read_whole_whatever_its_length, in_a_folder,
                                        folder_removed),
        cmocka_unit_test(a_read_of_less_than_a_page_of_an_attribute_is_the_last_one),
        cmocka_unit_test_setup_teardown(one_byte_more_than_allowed_is_too_big, in_a_folder,
                                        folder_removed),
        cmocka_unit_test_setup_teardown(a_link_that_waits_for_the_new_file_is_not_followed,
                                        in_a_folder, folder_removed),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_replaced_leaves_nothing_behind,
                                        in_a_folder, folder_removed),
        cmocka_unit_test(bytes_that_a_device_refuses_are_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
