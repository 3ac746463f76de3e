/* SPDX-License-Identifier: MIT */
#include "ledger-fixture.h"

#include <fcntl.h>
#include <unistd.h>

int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_statedir();
    f->path = g_build_filename(f->dir, FROST_LEDGER_NAME, NULL);
    f->sys = fake_sys_new();
    fake_sys_add_fs(f->sys, "/", "ext4");
    fake_sys_add_fs(f->sys, "/srv", "xfs");
    fake_sys_add_fs(f->sys, "/boot/efi", "vfat");
    fake_sys_add_fs(f->sys, "/mnt", "ext4");
    f->plan = fake_plan_new(fake_sys_get(f->sys));
    fake_plan_add(f->plan, "/srv", FROST_DECISION_FREEZE, 0);
    fake_plan_add(f->plan, "/", FROST_DECISION_FREEZE, 1);
    fake_plan_add(f->plan, "/boot/efi", FROST_DECISION_SYNC, 0);
    fake_plan_add(f->plan, "/mnt", FROST_DECISION_EXCLUDED, 0);
    *state = f;
    return 0;
}

int
tear_down(void **state)
{
    Fixture *f = *state;

    frost_ledger_free(f->ledger);
    fake_plan_free(f->plan);
    fake_sys_free(f->sys);
    test_remove_dir(f->dir);
    g_free(f->path);
    g_free(f);
    return 0;
}

FrostLedger *
must_open(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    FrostLedger *ledger = frost_ledger_open(f->dir, &error);

    assert_no_error(error);
    assert_non_null(ledger);
    return ledger;
}

void
must_begin(Fixture *f, FrostLedger *ledger)
{
    g_autoptr(GError) error = NULL;

    assert_true(frost_ledger_begin_plan(ledger, f->plan, &error));
    assert_no_error(error);
}

void
leave_frozen(Fixture *f)
{
    g_autoptr(FrostLedger) ledger = must_open(f);

    must_begin(f, ledger);
    atomic_store(&ledger->data->filesystems[0].state, FROST_FS_FROZEN);
}

void
overwrite(Fixture *f, size_t offset, const void *bytes, size_t length)
{
    int fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, (off_t)offset), length);
    close(fd);
}

char *
content(Fixture *f, gsize *out_length)
{
    char *text = NULL;

    assert_true(g_file_get_contents(f->path, &text, out_length, NULL));
    return text;
}
