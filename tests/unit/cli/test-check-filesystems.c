/* SPDX-License-Identifier: MIT */

/*
 * The checks of filesystems, and of the files, caches and syncs on them.
 */

#include "check-fixture.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "history.h"

/* The agent's own paths are of its namespace, the mount points of another one. */
static void
files_are_found_on_the_mounts_of_another_process_by_their_device(void **state)
{
    Fixture *f = *state;
    FakeFs *root = fake_sys_add_fs(f->fake, "/proc/4711/root/", "ext4");
    g_autofree char *line = g_strdup_printf("30 1 %u:%u / / rw - ext4 /dev/vdb rw\n",
                                            major(fake_fs_dev(root)), minor(fake_fs_dev(root)));

    fake_sys_set_file(f->fake, "/proc/4711/mountinfo", line);
    fake_sys_bind(f->fake, root, "/host-logs");
    fake_sys_get(f->fake)->mounts_of = f->config->mounts_of = 4711;
    f->config->logfile = g_strdup("/host-logs");
    g_free(f->config->statedir);
    f->config->statedir = g_strdup("/");
    make_plan(f);
    frost_check_places(&f->check);
    assert_found(f, FROST_GRADE_OK, "the log /host-logs is on /, which would be frozen");
    assert_null(find(f, "the state directory"));
}

static void
a_persistent_journal_needs_its_hook(void **state)
{
    Fixture *f = *state;
    g_autofree char *hook = g_build_filename(f->dir, "20-journald", NULL);

    fake_sys_add_entry(f->fake, f->root, "/var/log/journal", S_IFDIR | 0755);
    make_plan(f);
    frost_check_places(&f->check);
    assert_found(f, FROST_GRADE_OK, "it is on /, which would be frozen: journald waits");

    g_ptr_array_set_size(f->check.findings, 0);
    assert_true(g_file_set_contents(hook, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(hook, 0755), 0);
    f->config->fsfreeze_hook = g_strdup(f->dir);
    f->config->hook_trust = false;
    frost_check_places(&f->check);
    assert_found(f, FROST_GRADE_OK, "and a hook keeps it in memory");
}

static void
a_journal_in_memory_is_not_mentioned(void **state)
{
    Fixture *f = *state;

    make_plan(f);
    frost_check_places(&f->check);
    assert_null(find(f, "journal"));
}

static void
the_pid_file_of_a_daemon_on_what_is_frozen_is_a_warning(void **state)
{
    Fixture *f = *state;

    g_free(f->config->pidfile);
    f->config->pidfile = g_strdup("/var/lib/agent.pid");
    make_plan(f);
    frost_check_places(&f->check);
    assert_null(find(f, "pid file"));
    f->config->daemon = true;
    frost_check_places(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "the pid file /var/lib/agent.pid is on /");
}

static void
a_loop_whose_file_cannot_be_seen_is_a_warning(void **state)
{
    Fixture *f = *state;
    FakeFs *dark = fake_sys_add_loop_fs(f->fake, "/dark", "ext4", f->root);

    fake_sys_set_loop_backing(f->fake, fake_fs_device(dark), makedev(0, 99), NULL);
    make_plan(f);
    frost_check_filesystems(&f->check);
    assert_found(f, FROST_GRADE_WARNING,
                 "/dark is of unknown order (a loop device has its file on");
}

/* FIFREEZE writes nothing of dm-writecache or bcache down: measured on 6.1 and 7.3. */
static void
a_cache_below_a_filesystem_is_a_warning(void **state)
{
    Fixture *f = *state;

    fake_sys_add_fs_on(f->fake, "/cached", "ext4",
                       fake_sys_add_stacked(f->fake, "bcache0", NULL, 0));
    fake_sys_add_fs_on(f->fake, "/volume", "ext4", fake_sys_add_stacked(f->fake, "dm-1", NULL, 0));
    fake_sys_set_file(f->fake, "/sys/dev/block/253:0/bcache/state", "no cache\n");
    fake_sys_set_file(f->fake, "/sys/dev/block/253:1/dm/name", "vg-data\n");
    make_plan(f);
    frost_check_caches(&f->check);
    assert_null(find(f, "has a cache"));

    fake_sys_set_file(f->fake, "/sys/dev/block/253:0/bcache/state", "dirty\n");
    frost_check_caches(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "/cached has a cache (");
    assert_null(find(f, "/volume has a cache"));

    fake_sys_set_file(f->fake, "/sys/dev/block/253:1/dm/name", "vg-data_wcorig\n");
    frost_check_caches(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "/volume has a cache (");
}

/* Made by dmsetup, which gives no telling name. */
static void
a_cache_is_known_by_its_target(void **state)
{
    Fixture *f = *state;
    dev_t device = fake_sys_add_stacked(f->fake, "dm-0", NULL, 0);

    fake_sys_add_fs_on(f->fake, "/volume", "ext4", device);
    fake_sys_set_dm_targets(f->fake, device, "linear striped");
    make_plan(f);
    frost_check_caches(&f->check);
    assert_null(find(f, "has a cache"));

    fake_sys_set_dm_targets(f->fake, device, "linear writecache");
    frost_check_caches(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "/volume has a cache (");
}

static void
snapshots_of_a_frozen_volume_are_told_of_where_they_hurt(void **state)
{
    static const char uuid[] = "/sys/dev/block/253:0/dm/uuid";
    static const char text[] = "an LVM snapshot of a frozen filesystem (/volume)";
    Fixture *f = *state;

    fake_sys_add_fs_on(f->fake, "/volume", "ext4", fake_sys_add_stacked(f->fake, "dm-0", NULL, 0));
    fake_sys_set_file(f->fake, "/proc/sys/kernel/osrelease", "6.1.0-57-amd64\n");
    fake_sys_set_file(f->fake, uuid, "CRYPT-LUKS2-0\n");
    make_plan(f);
    frost_check_volumes(&f->check);
    assert_null(find(f, text));

    fake_sys_set_file(f->fake, uuid, "LVM-mY9zhDmVpbVqOUs\n");
    frost_check_volumes(&f->check);
    assert_found(f, FROST_GRADE_OK, text);

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, "/proc/sys/kernel/osrelease", "6.12.95+deb12-amd64\n");
    frost_check_volumes(&f->check);
    assert_found(f, FROST_GRADE_WARNING, text);

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, "/proc/sys/kernel/osrelease", "7.3.4-amd64\n");
    frost_check_volumes(&f->check);
    assert_null(find(f, text));
}

static void
it_is_told_whether_the_queues_of_disks_can_be_kept_short(void **state)
{
    Fixture *f = *state;

    make_plan(f);
    f->config->is_paced = true;
    frost_check_pace(&f->check);
    assert_found(f, FROST_GRADE_OK, "the queue of 1 disk can be kept short");
    assert_true(fake_sys_knobs_are_normal(f->fake));

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_fail_knobs(f->fake, EROFS);
    frost_check_pace(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "(Read-only file system)");

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_fail_knobs(f->fake, ENOENT);
    frost_check_pace(&f->check);
    assert_found(f, FROST_GRADE_OK, "no disk has a queue");

    g_ptr_array_set_size(f->check.findings, 0);
    f->config->is_paced = false;
    frost_check_pace(&f->check);
    assert_int_equal(f->check.findings->len, 0);
}

static void
the_first_sync_is_expected_to_take_as_long_as_the_last_time(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostRecord) record = frost_record_new();

    record->planned_us = 1000;
    record->synced_us = 1501000;
    assert_true(frost_history_add(f->dir, record, NULL));
    fake_sys_set_file(f->fake, "/proc/meminfo", "Dirty:   2048 kB\nWriteback: 0 kB\n");
    frost_check_sync(&f->check);
    assert_found(f, FROST_GRADE_OK, "2.0 MiB are to be written out before a freeze");
    assert_found(f, FROST_GRADE_OK, "the last time it took 1500.0 ms");
}

static void
an_empty_plan_is_a_problem(void **state)
{
    static char *exclude[] = {(char *)"/", NULL};
    Fixture *f = *state;

    f->config->exclude = g_strdupv(exclude);
    make_plan(f);
    frost_check_filesystems(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "nothing to freeze");
    assert_found(f, FROST_GRADE_OK, "excluded by");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(files_are_found_on_the_mounts_of_another_process_by_their_device),
        CASE(a_persistent_journal_needs_its_hook),
        CASE(a_journal_in_memory_is_not_mentioned),
        CASE(the_pid_file_of_a_daemon_on_what_is_frozen_is_a_warning),
        CASE(a_loop_whose_file_cannot_be_seen_is_a_warning),
        CASE(a_cache_below_a_filesystem_is_a_warning),
        CASE(a_cache_is_known_by_its_target),
        CASE(snapshots_of_a_frozen_volume_are_told_of_where_they_hurt),
        CASE(it_is_told_whether_the_queues_of_disks_can_be_kept_short),
        CASE(the_first_sync_is_expected_to_take_as_long_as_the_last_time),
        CASE(an_empty_plan_is_a_problem),
    };

    return cmocka_run_group_tests_name("check-filesystems", tests, NULL, NULL);
}
