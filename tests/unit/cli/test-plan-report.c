/* SPDX-License-Identifier: MIT */

/*
 * test-plan-report.c - plans of made-up systems, as text and as JSON, compared with tests/data/plan
 */

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "fake-sys.h"
#include "golden.h"
#include "output.h"
#include "plan-report.h"
#include "test-support.h"

static int
set_up(void **state)
{
    FakeSys *fake = fake_sys_new();

    fake_sys_add_nodev_fs(fake, "/proc", "proc", "proc");
    fake_sys_set_file(fake, "/proc/meminfo",
                      "MemTotal:  1000 kB\nDirty:      1234 kB\nWriteback:  10 kB\n");
    *state = fake;
    return 0;
}

static int
tear_down(void **state)
{
    fake_sys_free(*state);
    return 0;
}

typedef struct {
    char *text;
    char *json;
} Printed;

static void
printed_clear(Printed *self)
{
    g_free(self->text);
    g_free(self->json);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Printed, printed_clear)

static Printed
print(FakeSys *fake, const FrostPlanFilter *filter, bool colour)
{
    static const FrostPlanFilter none = {0};
    g_autoptr(GError) error = NULL;

    FrostNotes *notes = frost_notes_begin();
    g_autoptr(FrostPlan) plan = frost_plan_new(fake_sys_get(fake), filter ? filter : &none, &error);
    GPtrArray *said = frost_notes_end(notes);
    assert_no_error(error);

    g_autoptr(FrostPlanReport) report = frost_plan_report_new(plan, said);
    g_autoptr(QgaValue) value = frost_plan_report_to_value(report);
    return (Printed){frost_plan_report_draw(report, colour), frost_output_json(value)};
}

static void
assert_printed(FakeSys *fake, const FrostPlanFilter *filter, const char *name)
{
    g_auto(Printed) printed = print(fake, filter, false);
    g_autofree char *text = g_strdup_printf("plan/%s.txt", name);
    g_autofree char *json = g_strdup_printf("plan/%s.json", name);

    assert_golden(text, printed.text);
    assert_golden(json, printed.json);
}

static void
a_simple_system_is_a_list(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "vda");

    fake_sys_add_fs_on(fake, "/", "ext4", fake_sys_add_partition(fake, "vda1", disk));
    fake_sys_add_fs_on(fake, "/boot/efi", "vfat", fake_sys_add_partition(fake, "vda2", disk));
    FakeFs *home = fake_sys_add_fs(fake, "/home", "xfs");
    fake_sys_bind(fake, home, "/srv/home");
    fake_sys_add_nodev_fs(fake, "/mnt/share", "nfs4", "server:/share");

    assert_printed(fake, NULL, "simple");
}

static void
an_upper_filesystem_is_drawn_above_the_lower_one(void **state)
{
    FakeSys *fake = *state;
    FakeFs *root = fake_sys_add_fs_on(fake, "/", "ext4", fake_sys_add_disk(fake, "vda"));
    FakeFs *images = fake_sys_add_fs_on(fake, "/images", "xfs", fake_sys_add_disk(fake, "vdb"));
    FakeFs *one = fake_sys_add_loop_fs(fake, "/images/one", "ext4", images);
    fake_sys_add_loop_fs(fake, "/images/two", "btrfs", images);
    fake_sys_add_loop_fs(fake, "/images/one/inner", "ext4", one);
    const dev_t legs[] = {fake_sys_add_loop(fake, images), fake_sys_add_loop(fake, root)};
    fake_sys_add_fs_on(fake, "/mirror", "ext4", fake_sys_add_stacked(fake, "dm-0", legs, 2));

    assert_printed(fake, NULL, "tree");
}

static void
reasons_are_given_for_what_is_left_out(void **state)
{
    static const char *const exclude[] = {"/data*", NULL};
    static const FrostPlanFilter filter = {.exclude = exclude};
    FakeSys *fake = *state;

    fake_sys_add_fs(fake, "/", "ext4");
    fake_sys_add_fs(fake, "/data1", "ext4");
    fake_sys_add_fs(fake, "/data2", "ext4");
    fake_fs_set_super_options(fake_sys_add_fs(fake, "/usr", "ext4"), "ro");
    fake_sys_add_fs(fake, "/hidden", "ext4");
    fake_sys_add_nodev_fs(fake, "/hidden", "fuse.sshfs", "me@host:");
    fake_sys_add_nodev_fs(fake, "/tank", "zfs", "tank");
    FakeFs *dark = fake_sys_add_loop_fs(fake, "/dark", "ext4", fake_sys_add_fs(fake, "/x", "ext4"));
    fake_sys_set_loop_backing(fake, fake_fs_device(dark), makedev(0, 99), NULL);

    assert_printed(fake, &filter, "reasons");
}

static void
the_mounts_of_another_process_are_called_so(void **state)
{
    FakeSys *fake = *state;

    FakeFs *srv =
        fake_sys_add_fs_on(fake, "/proc/4711/root/srv", "ext4", fake_sys_add_disk(fake, "vda"));
    g_autofree char *line = g_strdup_printf("30 1 %u:%u / /srv rw - ext4 /dev/vda rw\n",
                                            major(fake_fs_dev(srv)), minor(fake_fs_dev(srv)));

    fake_sys_set_file(fake, "/proc/4711/mountinfo", line);
    fake_sys_get(fake)->mounts_of = 4711;

    assert_printed(fake, NULL, "elsewhere");
}

static void
nothing_to_freeze_is_said(void **state)
{
    static const char *const list[] = {"/elsewhere", NULL};
    static const FrostPlanFilter filter = {.mount_points = list};
    FakeSys *fake = *state;

    fake_sys_add_fs(fake, "/", "ext4");
    assert_printed(fake, &filter, "nothing");
}

static void
names_that_would_steer_a_terminal_are_escaped(void **state)
{
    FakeSys *fake = *state;

    fake_sys_add_fs(fake, "/", "ext4");
    fake_sys_add_fs(fake, "/a\033[2J\nb", "ext4");
    fake_sys_add_fs(fake, "/a/very/long/path/that/does/not/fit/into/its/column", "ext4");

    g_auto(Printed) printed = print(fake, NULL, false);
    assert_null(strchr(printed.text, '\033'));
    assert_non_null(strstr(printed.text, "/a\\x1b[2J\\x0ab"));
    g_auto(GStrv) lines = g_strsplit(printed.text, "\n", -1);
    for (char **line = lines; *line; line++)
        assert_true(strlen(*line) <= 80);
}

static void
colour_adds_nothing_but_colour(void **state)
{
    FakeSys *fake = *state;

    fake_sys_add_fs(fake, "/", "ext4");
    g_auto(Printed) plain = print(fake, NULL, false);
    g_auto(Printed) coloured = print(fake, NULL, true);
    g_autoptr(GRegex) codes = g_regex_new("\033\\[[0-9;]*m", 0, 0, NULL);
    g_autofree char *without = g_regex_replace_literal(codes, coloured.text, -1, 0, "", 0, NULL);

    assert_string_not_equal(coloured.text, plain.text);
    assert_string_equal(without, plain.text);
}

/* Unwritten data ------------------------------------------------------------------------------- */

static char *
statistics(dev_t device)
{
    return g_strdup_printf("/sys/kernel/debug/bdi/%u:%u/stats", major(device), minor(device));
}

static void
unwritten_data_of_a_disk_of_its_own_comes_from_its_statistics(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "vdb");
    g_autofree char *path = statistics(disk);

    fake_sys_add_fs(fake, "/", "ext4");
    fake_sys_add_fs_on(fake, "/data", "xfs", disk);
    fake_sys_set_file(fake, path,
                      "BdiWriteback:                2 kB\nBdiReclaimable:           1022 kB\n");

    g_auto(Printed) printed = print(fake, NULL, false);
    assert_non_null(strstr(printed.json, "\"dirty_bytes\": 1048576"));
    assert_non_null(strstr(printed.text, "1.0 MiB"));
}

static void
partitions_share_statistics_that_are_therefore_nobodys(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "vdb");
    dev_t partition = fake_sys_add_partition(fake, "vdb1", disk);
    g_autofree char *path = statistics(disk);

    fake_sys_add_fs_on(fake, "/data", "xfs", partition);
    fake_sys_set_file(fake, path, "BdiWriteback: 2 kB\nBdiReclaimable: 1022 kB\n");

    g_auto(Printed) printed = print(fake, NULL, false);
    assert_null(strstr(printed.json, "1048576"));
}

static void
ext4_tells_of_data_that_has_no_place_yet(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "vdb");

    fake_sys_add_fs_on(fake, "/data", "ext4", disk);
    fake_sys_set_file(fake, "/sys/fs/ext4/vdb/delayed_allocation_blocks", "256\n");

    g_auto(Printed) printed = print(fake, NULL, false);
    assert_non_null(strstr(printed.json, "\"dirty_bytes\": 1048576"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_simple_system_is_a_list),
        CASE(an_upper_filesystem_is_drawn_above_the_lower_one),
        CASE(reasons_are_given_for_what_is_left_out),
        CASE(the_mounts_of_another_process_are_called_so),
        CASE(nothing_to_freeze_is_said),
        CASE(names_that_would_steer_a_terminal_are_escaped),
        CASE(colour_adds_nothing_but_colour),
        CASE(unwritten_data_of_a_disk_of_its_own_comes_from_its_statistics),
        CASE(partitions_share_statistics_that_are_therefore_nobodys),
        CASE(ext4_tells_of_data_that_has_no_place_yet),
    };

    return cmocka_run_group_tests_name("plan-report", tests, NULL, NULL);
}
