/* SPDX-License-Identifier: MIT */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-support.h"

/* Only what leaves no trace: nothing here may ever freeze or thaw. */

typedef struct {
    FrostSys sys;
    char *dir;
} World;

static int
setup(void **state)
{
    World *world = g_new0(World, 1);

    world->sys = frost_sys_linux();
    world->dir = test_make_dir();
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    World *world = *state;

    test_remove_dir(world->dir);
    g_free(world);
    return 0;
}

static char *
path_in(const World *world, const char *name)
{
    return g_build_filename(world->dir, name, NULL);
}

static void
make_file(const char *path, const char *text)
{
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
the_root_opens_as_a_directory(void **state)
{
    World *world = *state;
    FrostStat by_fd, by_path;

    int fd = world->sys.open_mount(&world->sys, "/");
    assert_true(fd >= 0);
    assert_int_equal(world->sys.stat_fd(&world->sys, fd, &by_fd), 0);
    assert_int_equal(world->sys.stat_path(&world->sys, "/", &by_path), 0);
    assert_true(S_ISDIR(by_fd.mode));
    assert_true(by_fd.dev == by_path.dev && by_fd.ino == by_path.ino);
    /* for reading, not O_PATH, on which every ioctl fails (K1); and closed by an exec */
    assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_PATH), O_RDONLY);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    world->sys.close(&world->sys, fd);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* By touch, whose time has 64 bits where that of this program may have 32. */
static void
a_file_dated_after_2038_can_be_opened_and_checked(void **state)
{
    World *world = *state;
    g_autofree char *touch = g_strdup_printf("touch -d @2524608000 '%s'", world->dir);
    FrostStat by_fd, by_path;

    assert_true(g_spawn_command_line_sync(touch, NULL, NULL, NULL, NULL));
    int fd = world->sys.open_mount(&world->sys, world->dir);
    assert_true(fd >= 0);
    assert_int_equal(world->sys.stat_fd(&world->sys, fd, &by_fd), 0);
    assert_int_equal(world->sys.stat_path(&world->sys, world->dir, &by_path), 0);
    assert_true(by_fd.dev == by_path.dev && by_fd.ino == by_path.ino);
    world->sys.close(&world->sys, fd);
}

static void
a_node_has_the_number_of_its_device(void **state)
{
    World *world = *state;
    FrostStat seen;

    assert_int_equal(world->sys.stat_path(&world->sys, "/dev/null", &seen), 0);
    assert_true(S_ISCHR(seen.mode) && seen.rdev == makedev(1, 3));
}

static void
a_regular_file_opens_for_reading(void **state)
{
    World *world = *state;
    g_autofree char *path = path_in(world, "file");
    char byte = 0;

    make_file(path, "x");
    int fd = world->sys.open_mount(&world->sys, path);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    world->sys.close(&world->sys, fd);
}

static int
open_for_writing(const char *fifo)
{
    int fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

static void
nothing_else_is_ever_opened(void **state)
{
    World *world = *state;
    g_autofree char *fifo = path_in(world, "fifo");
    g_autofree char *link = path_in(world, "link");
    g_autofree char *socket_path = path_in(world, "socket");
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("/", link), 0);
    g_strlcpy(address.sun_path, socket_path, sizeof(address.sun_path));
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    close(listener);

    const char *const paths[] = {fifo, link, socket_path, "/dev/null"};
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        assert_int_equal(world->sys.open_mount(&world->sys, paths[i]), -ENXIO);
    assert_int_equal(open_for_writing(fifo), -ENXIO); /* nobody reads it */
}

static bool
is_mounted(const char *path)
{
    g_autofree char *field = g_strdup_printf(" %s ", path);
    g_autofree char *text = NULL;

    return g_file_get_contents("/proc/thread-self/mountinfo", &text, NULL, NULL) &&
           strstr(text, field);
}

typedef enum {
    LEFT_ALONE,
    WAS_MOUNTED,
    CANNOT_TRY,
} Automount;

/* The kernel mounts tracefs when somebody opens this folder of debugfs as a directory. */
static Automount
open_automount_point(World *world)
{
    g_autofree char *point = path_in(world, "tracing");

    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", world->dir, "debugfs", 0, NULL) < 0)
        return CANNOT_TRY;
    int fd = world->sys.open_mount(&world->sys, point);
    if (fd >= 0 && is_mounted(point))
        return WAS_MOUNTED;
    int again = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && again >= 0 && is_mounted(point) ? LEFT_ALONE : CANNOT_TRY;
}

static void
an_automount_point_is_opened_and_mounts_nothing(void **state)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit((int)open_automount_point(*state));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CANNOT_TRY)
        skip();
    assert_int_equal(WEXITSTATUS(status), LEFT_ALONE);
}

static void
errors_are_negative_errnos(void **state)
{
    World *world = *state;
    FrostSys *sys = &world->sys;
    g_autofree char *missing = path_in(world, "missing");
    g_autofree char *file = path_in(world, "file");
    g_autofree char *below = path_in(world, "file/below");
    char *text = NULL, **names = NULL;
    FrostStat stat;
    FrostLoopBacking backing;
    uint8_t fsid[16];

    make_file(file, "");
    assert_int_equal(sys->open_mount(sys, missing), -ENOENT);
    assert_int_equal(sys->open_mount(sys, below), -ENOTDIR);
    assert_int_equal(sys->stat_path(sys, missing, &stat), -ENOENT);
    assert_int_equal(sys->stat_fd(sys, -1, &stat), -EBADF);
    assert_int_equal(sys->read_file(sys, missing, &text, NULL), -ENOENT);
    assert_int_equal(sys->read_file(sys, world->dir, &text, NULL), -EISDIR);
    assert_int_equal(sys->list_dir(sys, missing, &names), -ENOENT);
    assert_int_equal(sys->list_dir(sys, file, &names), -ENOTDIR);
    assert_int_equal(sys->resolve(sys, missing, &text), -ENOENT);
    assert_int_equal(sys->btrfs_fsid(sys, -1, fsid), -EBADF);
    assert_int_equal(sys->loop_backing(sys, makedev(7, 1048575), &backing), -ENOENT);
    assert_int_equal(sys->kernel.syncfs(&sys->kernel, -1), -EBADF);
    assert_int_equal(sys->kernel.freeze(&sys->kernel, -1), -EBADF);
    assert_int_equal(sys->kernel.thaw(&sys->kernel, -1), -EBADF);
    assert_null(text);
    assert_null(names);
}

static void
a_file_is_read_to_its_end(void **state)
{
    static const size_t SIZES[] = {0, 1, 16383, 16384, 16385, 300000};
    World *world = *state;
    g_autofree char *path = path_in(world, "file");

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autofree char *content = g_strnfill(SIZES[i], 'x');
        g_autofree char *text = NULL;
        size_t length = 42;

        make_file(path, content);
        assert_int_equal(world->sys.read_file(&world->sys, path, &text, &length), 0);
        assert_int_equal(length, SIZES[i]);
        assert_string_equal(text, content);
    }
}

static void
names_come_sorted_and_without_dots(void **state)
{
    World *world = *state;
    g_autofree char *b = path_in(world, "b");
    g_autofree char *a = path_in(world, "a");
    g_autofree char *hidden = path_in(world, ".c");
    g_auto(GStrv) names = NULL;

    make_file(b, "");
    make_file(a, "");
    make_file(hidden, "");
    assert_int_equal(world->sys.list_dir(&world->sys, world->dir, &names), 0);
    g_autofree char *joined = g_strjoinv(" ", names);
    assert_string_equal(joined, ".c a b");
}

static void
links_are_resolved(void **state)
{
    World *world = *state;
    g_autofree char *link = path_in(world, "link");
    g_autofree char *found = NULL;

    assert_int_equal(symlink("../../../../../../usr/..", link), 0);
    assert_int_equal(world->sys.resolve(&world->sys, link, &found), 0);
    assert_string_equal(found, "/");
}

static void
the_mounts_and_the_clock_of_this_machine_are_there(void **state)
{
    World *world = *state;
    g_autofree char *text = NULL;
    size_t length;

    assert_int_equal(world->sys.read_file(&world->sys, "/proc/self/mountinfo", &text, &length), 0);
    assert_int_equal(strlen(text), length);
    assert_non_null(strstr(text, " - "));

    int64_t before = frost_sys_now_us(&world->sys);
    assert_true(before > 0);
    assert_true(frost_sys_now_us(&world->sys) >= before);
}

static void
the_mounts_of_a_process_are_reached_by_its_own_names(void **state)
{
    World *world = *state;
    FrostSys theirs = world->sys;
    theirs.mounts_of = getpid();
    g_autofree char *root = frost_sys_mounted_path(&theirs, "/");
    g_autofree char *proc = frost_sys_mounted_path(&theirs, "/proc");
    g_autofree char *table = frost_sys_mount_table(&theirs);
    FrostStat ours, reached;
    char *text;

    int fd = theirs.open_mount(&theirs, root);
    assert_true(fd >= 0);
    assert_int_equal(theirs.stat_fd(&theirs, fd, &reached), 0);
    theirs.close(&theirs, fd);
    assert_int_equal(world->sys.stat_path(&world->sys, "/", &ours), 0);
    assert_true(reached.dev == ours.dev && reached.ino == ours.ino);
    assert_int_equal(theirs.stat_path(&theirs, proc, &reached), 0);
    assert_int_equal(theirs.read_file(&theirs, table, &text, NULL), 0);
    g_free(text);
}

static void
our_own_mounts_have_their_own_names(void **state)
{
    World *world = *state;
    g_autofree char *path = frost_sys_mounted_path(&world->sys, "/srv");
    g_autofree char *table = frost_sys_mount_table(&world->sys);

    assert_string_equal(path, "/srv");
    assert_string_equal(table, "/proc/self/mountinfo");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest TESTS[] = {
        TEST(the_mounts_of_a_process_are_reached_by_its_own_names),
        TEST(our_own_mounts_have_their_own_names),
        TEST(the_root_opens_as_a_directory),
        TEST(a_file_dated_after_2038_can_be_opened_and_checked),
        TEST(a_node_has_the_number_of_its_device),
        TEST(a_regular_file_opens_for_reading),
        TEST(nothing_else_is_ever_opened),
        TEST(an_automount_point_is_opened_and_mounts_nothing),
        TEST(errors_are_negative_errnos),
        TEST(a_file_is_read_to_its_end),
        TEST(names_come_sorted_and_without_dots),
        TEST(links_are_resolved),
        TEST(the_mounts_and_the_clock_of_this_machine_are_there),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
