/* SPDX-License-Identifier: MIT */
#include "path-watch.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

typedef struct {
    char *dir;
    FrostPathWatch *watch;
    unsigned changes;
    bool changed;
} Place;

static void
on_changed(void *user)
{
    Place *place = user;

    place->changes++;
    place->changed = true;
}

static int
setup(void **state)
{
    Place *place = g_new0(Place, 1);

    place->dir = test_make_dir();
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    Place *place = *state;

    frost_path_watch_free(place->watch);
    test_remove_dir(place->dir);
    g_free(place);
    return 0;
}

static char *
in(const Place *place, const char *name)
{
    return g_build_filename(place->dir, name, NULL);
}

static void
watch(Place *place, const char *name)
{
    g_autofree char *path = in(place, name);

    frost_path_watch_free(place->watch);
    place->watch = frost_path_watch_new(path, NULL, on_changed, place);
}

static void
make_dir(const Place *place, const char *name)
{
    g_autofree char *path = in(place, name);

    assert_int_equal(mkdir(path, 0700), 0);
}

static void
make_file(const Place *place, const char *name)
{
    g_autofree char *path = in(place, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static void
make_link(const Place *place, const char *name, const char *target)
{
    g_autofree char *path = in(place, name);

    assert_int_equal(symlink(target, path), 0);
}

static void
remove_it(const Place *place, const char *name)
{
    g_autofree char *path = in(place, name);

    assert_int_equal(remove(path), 0);
}

static void
expect_change(Place *place)
{
    place->changed = false;
    test_run_until(&place->changed, 10000);
}

/* Whatever is due happens, and nothing of it is a change. */
static void
expect_no_change(Place *place)
{
    unsigned changes = place->changes;

    for (int i = 0; i < 100 && g_main_context_iteration(NULL, FALSE); i++)
        continue;
    assert_int_equal(place->changes, changes);
}

static void
a_file_that_appears_is_told(void **state)
{
    Place *place = *state;

    watch(place, "port");
    assert_true(frost_path_watch_is_silent(place->watch));
    expect_no_change(place);
    make_file(place, "port");

    expect_change(place);
    assert_false(frost_path_watch_is_silent(place->watch));
}

static void
other_events_in_the_folder_are_not_reported(void **state)
{
    Place *place = *state;

    watch(place, "port");
    make_file(place, "other");
    make_file(place, "port2");
    make_dir(place, "por");
    remove_it(place, "other");

    expect_no_change(place);
    assert_true(frost_path_watch_is_silent(place->watch));
}

static void
folders_on_the_way_may_come_and_go(void **state)
{
    Place *place = *state;

    watch(place, "a/b/port");
    make_dir(place, "a");
    expect_change(place);
    assert_true(frost_path_watch_is_silent(place->watch));
    make_dir(place, "a/b");
    expect_change(place);
    remove_it(place, "a/b");
    expect_change(place);
    assert_true(frost_path_watch_is_silent(place->watch));
    make_dir(place, "a/b");
    expect_change(place);
    make_file(place, "a/other");
    expect_no_change(place);
    make_file(place, "a/b/port");

    expect_change(place);
    assert_false(frost_path_watch_is_silent(place->watch));
}

static void
a_folder_that_arrives_complete_is_told(void **state)
{
    Place *place = *state;
    g_autofree char *from = in(place, "staged");
    g_autofree char *to = in(place, "ports");

    make_dir(place, "staged");
    make_file(place, "staged/port");
    watch(place, "ports/port");
    expect_no_change(place);
    assert_int_equal(rename(from, to), 0);

    expect_change(place);
    assert_false(frost_path_watch_is_silent(place->watch));
}

/* /dev/virtio-ports/NAME -> ../vport1p1, made in any order */
static void
a_link_is_followed_to_where_it_leads(void **state)
{
    Place *place = *state;

    watch(place, "virtio-ports/name");
    make_dir(place, "virtio-ports");
    make_link(place, "virtio-ports/name", "../vport1p1");
    expect_change(place);
    assert_true(frost_path_watch_is_silent(place->watch));
    expect_no_change(place);
    make_file(place, "vport1p1");
    expect_change(place);
    assert_false(frost_path_watch_is_silent(place->watch));

    remove_it(place, "vport1p1");
    expect_change(place);
    assert_true(frost_path_watch_is_silent(place->watch));
    remove_it(place, "virtio-ports/name");
    expect_change(place);
    make_link(place, "virtio-ports/name", "../vport2p1");
    expect_change(place);
    make_file(place, "vport1p1");
    expect_no_change(place);
    make_file(place, "vport2p1");
    expect_change(place);
}

static void
an_absolute_link_is_followed_as_well(void **state)
{
    Place *place = *state;
    g_autofree char *target = in(place, "far/./away//node");

    make_link(place, "link", target);
    watch(place, "link");
    assert_true(frost_path_watch_is_silent(place->watch));
    make_dir(place, "far");
    expect_change(place);
    make_dir(place, "far/away");
    expect_change(place);
    make_file(place, "far/away/node");

    expect_change(place);
    assert_false(frost_path_watch_is_silent(place->watch));
}

static void
links_in_a_ring_end(void **state)
{
    Place *place = *state;

    make_link(place, "a", "b");
    make_link(place, "b", "a");
    watch(place, "a");

    assert_false(frost_path_watch_is_silent(place->watch));
    remove_it(place, "b");
    expect_change(place);
    assert_true(frost_path_watch_is_silent(place->watch));
}

static void
a_file_in_the_place_of_a_folder_is_waited_out(void **state)
{
    Place *place = *state;

    make_file(place, "a");
    watch(place, "a/port");
    assert_true(frost_path_watch_is_silent(place->watch));
    remove_it(place, "a");
    expect_change(place);
    make_dir(place, "a");
    expect_change(place);
    make_file(place, "a/port");
    expect_change(place);
}

static void
another_process_that_closes_the_node_is_told(void **state)
{
    Place *place = *state;
    g_autofree char *path = in(place, "port");

    make_file(place, "port");
    int holder = open(path, O_RDWR | O_CLOEXEC);
    watch(place, "port");
    assert_false(frost_path_watch_is_silent(place->watch));
    expect_no_change(place);
    close(holder);

    expect_change(place);
}

static void
permissions_that_change_are_told(void **state)
{
    Place *place = *state;
    g_autofree char *path = in(place, "port");

    make_file(place, "port");
    watch(place, "port");
    assert_int_equal(chmod(path, 0640), 0);

    expect_change(place);
}

static void
after_a_change_a_path_that_is_there_is_tried_once_more_soon(void **state)
{
    Place *place = *state;
    gint64 start_us;

    watch(place, "port");
    make_file(place, "port");
    expect_change(place);
    expect_no_change(place);
    start_us = g_get_monotonic_time();
    expect_change(place);

    assert_uint_in_range(g_get_monotonic_time() - start_us, 10 * 1000, 2 * G_USEC_PER_SEC);
}

static void
without_a_path_time_alone_is_waited_for(void **state)
{
    Place *place = *state;

    place->watch = frost_path_watch_new(NULL, NULL, on_changed, place);

    assert_false(frost_path_watch_is_silent(place->watch));
    expect_no_change(place);
}

static void
free_it(void *user)
{
    Place *place = user;

    place->changed = true;
    g_clear_pointer(&place->watch, frost_path_watch_free);
}

static void
a_watch_may_be_freed_out_of_its_own_event(void **state)
{
    Place *place = *state;
    g_autofree char *path = in(place, "port");

    place->watch = frost_path_watch_new(path, NULL, free_it, place);
    make_file(place, "port");
    expect_change(place);

    assert_null(place->watch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_appears_is_told),
        TEST(other_events_in_the_folder_are_not_reported),
        TEST(folders_on_the_way_may_come_and_go),
        TEST(a_folder_that_arrives_complete_is_told),
        TEST(a_link_is_followed_to_where_it_leads),
        TEST(an_absolute_link_is_followed_as_well),
        TEST(links_in_a_ring_end),
        TEST(a_file_in_the_place_of_a_folder_is_waited_out),
        TEST(another_process_that_closes_the_node_is_told),
        TEST(permissions_that_change_are_told),
        TEST(after_a_change_a_path_that_is_there_is_tried_once_more_soon),
        TEST(without_a_path_time_alone_is_waited_for),
        TEST(a_watch_may_be_freed_out_of_its_own_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
