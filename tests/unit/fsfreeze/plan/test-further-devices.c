/* SPDX-License-Identifier: MIT */
#include "further-devices.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "test-support.h"

#define JOURNAL_OF(name) "/proc/fs/jbd2/" name "/info"
#define TASK_OF(name) "/sys/fs/ext4/" name "/journal_task"
#define CLASS_DEV(name) "/sys/class/block/" name "/dev"

/* "0:/upper - 1:/lower" is what is frozen, each with its level; "-" follows one of unknown order.
 */
static char *
levels_of(FakeSys *fake)
{
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < plan->freezable; i++) {
        const FrostFilesystem *fs = plan->filesystems->pdata[i];
        g_string_append_printf(text, "%s%u:%s%s", i ? " " : "", fs->level, fs->mount_point,
                               fs->unseen ? " -" : "");
    }
    return g_string_free(text, FALSE);
}

static void
assert_order(FakeSys *fake, const char *expected)
{
    g_autofree char *text = levels_of(fake);

    assert_string_equal(text, expected);
}

/* An ext4 at /lower with its journal inside, and a filesystem at /upper on a disk of its own
 * ("vd9"); returns what lies in /lower: a loop device ("loop0") for a part of the upper one. */
static dev_t
add_pair(FakeSys *fake, const char *type, FakeFs **out_upper)
{
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "ext4");

    *out_upper = fake_sys_add_fs_on(fake, "/upper", type, fake_sys_add_disk(fake, "vd9"));
    fake_sys_set_file(fake, JOURNAL_OF("vd0-8"), "\n");
    fake_sys_set_file(fake, JOURNAL_OF("vd1-8"), "\n");
    return fake_sys_add_loop(fake, lower);
}

static void
the_log_and_the_realtime_section_of_an_xfs_are_among_its_devices(void **state)
{
    static const char *const OPTIONS[] = {"rw,logdev=/dev/loop0,noquota", "rw,rtdev=/dev/loop0",
                                          "rw,logdev=/dev/vd8,rtdev=/dev/loop0"};

    for (size_t i = 0; i < G_N_ELEMENTS(OPTIONS); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        FakeFs *upper;
        add_pair(fake, "xfs", &upper);
        fake_sys_add_disk(fake, "vd8");
        assert_order(fake, "0:/upper 0:/lower");

        fake_fs_set_super_options(upper, OPTIONS[i]);
        assert_order(fake, "0:/upper 1:/lower");
    }
}

static void
a_log_that_cannot_be_found_makes_the_order_unknown(void **state)
{
    static const char *const OPTIONS[] = {"rw,logdev=/dev/gone", "rw,rtdev=loop0",
                                          "rw,logdev=/lower/node", "rw,logdev="};

    for (size_t i = 0; i < G_N_ELEMENTS(OPTIONS); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        FakeFs *upper;
        add_pair(fake, "xfs", &upper);

        fake_fs_set_super_options(upper, OPTIONS[i]);
        assert_order(fake, "0:/upper - 1:/lower");
        assert_int_equal(fake_sys_looked_up(fake, "/lower/node"), 0);
    }
}

static void
give_journal(FakeSys *fake, dev_t journal, const char *comm)
{
    g_autofree char *dev = g_strdup_printf("%u:%u\n", major(journal), minor(journal));

    fake_sys_set_file(fake, JOURNAL_OF("loop0"), "\n");
    fake_sys_set_file(fake, CLASS_DEV("loop0"), dev);
    fake_sys_set_file(fake, TASK_OF("vd9"), "77\n");
    if (comm)
        fake_sys_set_file(fake, "/proc/77/comm", comm);
}

static void
the_external_journal_of_an_ext4_is_among_its_devices(void **state)
{
    FakeSys *fake = *state;
    FakeFs *upper;
    dev_t journal = add_pair(fake, "ext4", &upper);
    assert_order(fake, "0:/upper 0:/lower 0:/");

    give_journal(fake, journal, "jbd2/loop0\n");
    assert_order(fake, "0:/upper 0:/ 1:/lower");
}

/* One look-up tells it; what its thread says is not even asked. */
static void
an_ext4_with_a_journal_inside_has_no_further_device(void **state)
{
    FakeSys *fake = *state;
    FakeFs *upper;
    give_journal(fake, add_pair(fake, "ext4", &upper), "jbd2/loop0\n");
    fake_sys_set_file(fake, JOURNAL_OF("vd9-8"), "\n");
    fake_sys_fail_path(fake, TASK_OF("vd9"), EIO);

    assert_order(fake, "0:/upper 0:/lower 0:/");
    assert_int_equal(fake_sys_looked_up(fake, JOURNAL_OF("vd9-8")), 1);
}

static void
a_journal_that_cannot_be_found_makes_the_order_unknown(void **state)
{
    static const struct {
        const char *task, *comm;
        const char *order;
    } ROWS[] = {
        {"77\n", "jbd2/loop0", "0:/upper 0:/ 1:/lower"},
        {"77\n", "jbd2/vd9-12", "0:/upper 0:/lower 0:/"}, /* inside, not in inode 8 */
        {"77\n", "jbd2/loop7", "0:/upper - 1:/lower 1:/"},
        {"77\n", NULL, "0:/upper - 1:/lower 1:/"},
        {"0\n", NULL, "0:/upper - 1:/lower 1:/"}, /* of another PID namespace */
        {"<none>\n", NULL, "0:/upper 0:/lower 0:/"},
        {NULL, NULL, "0:/upper - 1:/lower 1:/"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        FakeFs *upper;
        fake_sys_add_fs(fake, "/", "xfs");
        dev_t journal = add_pair(fake, "ext4", &upper);
        give_journal(fake, journal, ROWS[i].comm);
        fake_sys_set_file(fake, TASK_OF("vd9"), ROWS[i].task ? ROWS[i].task : "");
        if (!ROWS[i].task)
            fake_sys_fail_path(fake, TASK_OF("vd9"), ENOENT);
        assert_order(fake, ROWS[i].order);
    }
}

static void
the_thread_of_a_journal_tells_where_it_is(void **state)
{
    static const struct {
        const char *comm, *device, *journal;
    } ROWS[] = {
        {"jbd2/sda1-8\n", "sda1", NULL},
        {"jbd2/sda1-8", "sda1", NULL},
        {"jbd2/sdb1\n", "sda1", "sdb1"},
        {"jbd2/dm-1-8\n", "dm-1", NULL},
        {"jbd2/dm-10\n", "dm-1", "dm-10"},
        {"jbd2/nvme0n1p10", "nvme0n1p10", NULL}, /* cut off */
        {"jbd2/nvme0n1p1-", "nvme0n1p1", NULL},
        {"jbd2/nvme0n1p10", "nvme0n1p1", "nvme0n1p10"},
        {"jbd2/nvme0n1p10-8\n", "nvme0n1p10", NULL}, /* since 5.17 it is not */
        {"jbd2/loop0\n", "loop0", "loop0"},
        {"jbd2/", "sda1", NULL},
        {"kworker/0:1", "sda1", NULL},
        {"", "sda1", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autofree char *journal = frost_journal_of_thread(ROWS[i].comm, ROWS[i].device);

        if (g_strcmp0(journal, ROWS[i].journal) != 0)
            fail_msg("%s on %s: %s", ROWS[i].comm, ROWS[i].device, journal ? journal : "inside");
    }
}

static void
an_f2fs_larger_than_its_device_is_of_unknown_order(void **state)
{
    FakeSys *fake = *state;
    FakeFs *upper;
    add_pair(fake, "f2fs", &upper);
    fake_sys_set_file(fake, "/sys/dev/block/3001:32/size", "100\n");
    fake_fs_set_size(upper, 100 * 512);
    assert_order(fake, "0:/upper 0:/lower 0:/");

    fake_fs_set_size(upper, 101 * 512);
    assert_order(fake, "0:/upper - 1:/lower 1:/");
    fake_fs_set_size(upper, 0);
    fake_sys_fail_path(fake, "/sys/dev/block/3001:32/size", EIO);
    assert_order(fake, "0:/upper - 1:/lower 1:/");
}

/* As fs/bcachefs/fs.c of Linux 6.12 writes it; no program of Debian makes one to look at. */
static void
a_bcachefs_on_several_devices_is_of_unknown_order(void **state)
{
    FakeSys *fake = *state;
    FrostSys *sys = fake_sys_get(fake);
    FakeFs *upper;
    g_autofree char *text = NULL;
    add_pair(fake, "bcachefs", &upper);
    assert_order(fake, "0:/upper 0:/lower 0:/");

    assert_int_equal(sys->read_file(sys, "/proc/self/mountinfo", &text, NULL), 0);
    g_auto(GStrv) parts = g_strsplit(text, "bcachefs ", 2);
    g_autofree char *table = g_strjoinv("bcachefs /dev/sdx:", parts);
    fake_sys_set_file(fake, "/proc/self/mountinfo", table);
    assert_order(fake, "0:/upper - 1:/lower 1:/");
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(the_log_and_the_realtime_section_of_an_xfs_are_among_its_devices),
        cmocka_unit_test(a_log_that_cannot_be_found_makes_the_order_unknown),
        PLAN_TEST(the_external_journal_of_an_ext4_is_among_its_devices),
        PLAN_TEST(an_ext4_with_a_journal_inside_has_no_further_device),
        cmocka_unit_test(a_journal_that_cannot_be_found_makes_the_order_unknown),
        cmocka_unit_test(the_thread_of_a_journal_tells_where_it_is),
        PLAN_TEST(an_f2fs_larger_than_its_device_is_of_unknown_order),
        PLAN_TEST(a_bcachefs_on_several_devices_is_of_unknown_order),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
