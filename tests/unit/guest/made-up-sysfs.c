/* SPDX-License-Identifier: MIT */
#include "made-up-sysfs.h"

#include <unistd.h>

#include "test-support.h"

char *
tree_new(void)
{
    return test_make_dir();
}

int
tree_set_up(void **state)
{
    *state = tree_new();
    return 0;
}

int
tree_tear_down(void **state)
{
    test_remove_dir(*state);
    return 0;
}

void
tree_folder(const char *root, const char *path)
{
    g_autofree char *full = g_strconcat(root, path, NULL);

    assert_int_equal(g_mkdir_with_parents(full, 0755), 0);
}

static char *
place(const char *root, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);

    tree_folder(root, folder);
    return g_strconcat(root, path, NULL);
}

void
tree_file(const char *root, const char *path, const char *text)
{
    g_autofree char *full = place(root, path);

    assert_true(g_file_set_contents(full, text, -1, NULL));
}

void
tree_link(const char *root, const char *path, const char *target)
{
    g_autofree char *full = place(root, path);

    assert_int_equal(symlink(target, full), 0);
}

char *
tree_text(const char *root, const char *path)
{
    g_autofree char *full = g_strconcat(root, path, NULL);
    char *text = NULL;

    return g_file_get_contents(full, &text, NULL, NULL) ? text : NULL;
}
