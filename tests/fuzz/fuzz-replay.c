/* SPDX-License-Identifier: MIT */

/*
 * fuzz-replay.c - stands in for libFuzzer: feeds a fuzz target every file of the folders named
 *
 * A target checks itself by aborting, as under libFuzzer; so this program fails only for a corpus
 * that is not there.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
replay_file(const char *path)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_autoptr(GError) error = NULL;

    if (!g_file_get_contents(path, &bytes, &length, &error)) {
        g_printerr("%s\n", error->message);
        return false;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, length);
    return true;
}

static int
replay_folder(const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    const char *name;
    int count = 0;

    if (!dir) {
        g_printerr("%s\n", error->message);
        return -1;
    }
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (!replay_file(path))
            return -1;
        count++;
    }
    return count;
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        g_printerr("usage: %s FOLDER...\n", argv[0]);
        return EXIT_FAILURE;
    }
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);

        if (count <= 0) {
            g_printerr("%s: no corpus\n", argv[i]);
            return EXIT_FAILURE;
        }
        g_print("%s: %d inputs replayed\n", argv[i], count);
    }
    return EXIT_SUCCESS;
}
