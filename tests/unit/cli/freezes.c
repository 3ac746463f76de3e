/* SPDX-License-Identifier: MIT */
#include "freezes.h"

#include <string.h>

#define BEGAN 1795342272000001 /* 2026-11-22T10:11:12Z */
#define MS 1000
#define S (1000 * MS)

/* -1 and the like may stand in @steps: planned, synced, hooks up, resynced, first FIFREEZE, frozen,
 * first FITHAW, thawed, hooks down, ended. */
static FrostRecord *
make(FrostEnd end, unsigned count, const int64_t steps[10])
{
    FrostRecord *record = frost_record_new();

    record->began_real_us = BEGAN;
    record->end = end;
    record->count = count;
    record->planned_us = steps[0];
    record->synced_us = steps[1];
    record->hooks_up_us = steps[2];
    record->resynced_us = steps[3];
    record->freeze_begun_us = steps[4];
    record->frozen_us = steps[5];
    record->thaw_begun_us = steps[6];
    record->thawed_us = steps[7];
    record->hooks_down_us = steps[8];
    record->ended_us = steps[9];
    return record;
}

static FrostRecordFs *
add_fs(FrostRecord *record, const char *mount_point, FrostOutcome outcome, const char *reason)
{
    FrostRecordFs *fs = frost_record_add_fs(record);

    fs->mount_point = g_strdup(mount_point);
    fs->fs_type = g_strdup("ext4");
    fs->outcome = outcome;
    fs->reason = g_strdup(reason);
    return fs;
}

static void
set_times(FrostRecordFs *fs, int64_t sync_us, int64_t freeze_us, int64_t frozen_us, int64_t thaw_us,
          int64_t thawed_us)
{
    fs->sync_us = sync_us;
    fs->freeze_begun_us = freeze_us;
    fs->frozen_us = frozen_us;
    fs->thaw_begun_us = thaw_us;
    fs->thawed_us = thawed_us;
}

static FrostRecordHook *
add_hook(FrostRecord *record, const char *name, const char *phase, const char *result,
         int64_t begun_us, int64_t ended_us)
{
    FrostRecordHook *hook = frost_record_add_hook(record);

    hook->name = g_strdup(name);
    hook->phase = g_strdup(phase);
    hook->result = g_strdup(result);
    hook->begun_us = begun_us;
    hook->ended_us = ended_us;
    return hook;
}

FrostRecord *
freeze_normal(void)
{
    static const int64_t steps[10] = {412,
                                      1204 * MS + 512,
                                      1357 * MS,
                                      1369 * MS,
                                      1369 * MS + 20,
                                      1372 * MS + 155,
                                      2875 * MS + 99,
                                      2877 * MS + 320,
                                      2917 * MS,
                                      2917 * MS + 50};
    FrostRecord *record = make(FROST_END_HOST, 3, steps);

    set_times(add_fs(record, "/srv/images/vm1", FROST_OUTCOME_FROZEN, NULL), 12345, 1369030,
              1369842, 2876900, 2877310);
    set_times(add_fs(record, "/srv", FROST_OUTCOME_FROZEN, NULL), 1204012, 1369900, 1372001,
              2875600, 2876890);
    set_times(add_fs(record, "/", FROST_OUTCOME_FROZEN, NULL), 88012, 1369910, 1372150, 2875110,
              2875590);
    set_times(add_fs(record, "/boot/efi", FROST_OUTCOME_SYNCED, NULL), 1101, -1, -1, -1, -1);
    add_fs(record, "/media/cdrom", FROST_OUTCOME_READ_ONLY, NULL);
    add_fs(record, "/snap/core22/1122", FROST_OUTCOME_READ_ONLY, NULL);
    add_fs(record, "/proc", FROST_OUTCOME_LEFT_OUT, "not on a block device");
    add_fs(record, "/scratch", FROST_OUTCOME_LEFT_OUT, "excluded");
    for (int i = 1; i <= 9; i++) {
        g_autofree char *name = g_strdup_printf("/run/user/%d", 1000 + i);

        add_fs(record, name, FROST_OUTCOME_LEFT_OUT, "not on a block device");
    }
    add_hook(record, "/etc/qemu/fsfreeze-hook", "freeze", "exit 0", 1204600, 1356900);
    add_hook(record, "/etc/qemu/fsfreeze-hook", "thaw", "exit 0", 2877400, 2916900);
    return record;
}

FrostRecord *
freeze_failed(void)
{
    static const int64_t steps[10] = {300, 2000, 2000, 2900, 2950, -1, 9200, 9900, 9900, 9950};
    FrostRecord *record = make(FROST_END_FAILED, 0, steps);

    set_times(add_fs(record, "/srv", FROST_OUTCOME_FROZEN, NULL), 900, 2951, 3300, 9210, 9800);
    set_times(add_fs(record, "/data", FROST_OUTCOME_FAILED, "cannot freeze: Input/output error"),
              1200, 2952, -1, -1, -1);
    set_times(add_fs(record, "/", FROST_OUTCOME_NOT_TRIED, NULL), 1100, -1, -1, -1, -1);
    record->error = g_strdup("cannot freeze /data: Input/output error");
    return record;
}

FrostRecord *
freeze_failed_hook(void)
{
    static const int64_t steps[10] = {300, 2000, -1, -1, -1, -1, -1, -1, 60700 * MS, 60701 * MS};
    FrostRecord *record = make(FROST_END_FAILED, 0, steps);

    set_times(add_fs(record, "/", FROST_OUTCOME_NOT_TRIED, NULL), 1100, -1, -1, -1, -1);
    add_hook(record, "/usr/local/lib/backup/hooks/quiesce-database", "freeze",
             "timed out after 60 seconds, and printed: cannot connect to the database server", 2100,
             60002 * MS)
        ->failed = true;
    add_hook(record, "/usr/local/lib/backup/hooks/quiesce-database", "thaw", "exit 0", 60003 * MS,
             60600 * MS);
    record->error =
        g_strdup("hook failed: timed out after 60 seconds: cannot connect to the database "
                 "server on socket /run/mysqld/mysqld.sock");
    return record;
}

FrostRecord *
freeze_deadline(void)
{
    static const int64_t steps[10] = {300,
                                      2000,
                                      2000,
                                      2900,
                                      2950,
                                      9000,
                                      300 * (int64_t)S + 9000,
                                      300 * (int64_t)S + 11000,
                                      300 * (int64_t)S + 11000,
                                      300 * (int64_t)S + 11100};
    FrostRecord *record = make(FROST_END_DEADLINE, 3, steps);

    set_times(add_fs(record, "/srv", FROST_OUTCOME_FROZEN, NULL), 900, 2951, 3300, 300009100,
              300009300);
    set_times(add_fs(record, "/home", FROST_OUTCOME_NOT_HELD, "thawed by somebody else"), 1200,
              2952, 6000, 300009100, 300009110);
    set_times(add_fs(record, "/", FROST_OUTCOME_STUCK, "cannot thaw: Input/output error"), 1100,
              5000, 9000, 300009100, -1);
    set_times(add_fs(record, "/old", FROST_OUTCOME_FOREIGN, NULL), 1100, 5000, -1, -1, -1);
    add_fs(record, "/mnt/below", FROST_OUTCOME_UNREACHABLE, "covered by another mount");
    record->error = g_strdup("fsfreeze is limited to 300 seconds");
    record->mounts_changed = true;
    return record;
}

FrostRecord *
freeze_repeated(void)
{
    static const int64_t steps[10] = {300,       40 * MS,   40 * MS,   60 * MS,   60 * MS,
                                      1250 * MS, 2000 * MS, 2020 * MS, 2020 * MS, 2021 * MS};
    FrostRecord *record = make(FROST_END_HOST, 2, steps);

    set_times(add_fs(record, "/srv/upper", FROST_OUTCOME_FROZEN, NULL), 900, 1180 * MS, 1200 * MS,
              2010 * MS, 2020 * MS);
    set_times(add_fs(record, "/srv", FROST_OUTCOME_FROZEN, NULL), 1200, 1201 * MS, 1250 * MS,
              2000 * MS, 2009 * MS);
    record->write_out =
        (FrostRecordWriteOut){300000000, 30 * MS, 38 * MS, 1, FROST_WRITE_OUT_OUTRUN};
    record->repeated_us = 1161 * MS;
    record->repeated_for = g_strdup("/srv/upper");
    return record;
}

FrostRecord *
freeze_nothing(void)
{
    static const int64_t steps[10] = {212, -1, -1, -1, -1, -1, -1, -1, -1, 220};
    FrostRecord *record = make(FROST_END_NOTHING_FROZEN, 0, steps);

    add_fs(record, "/", FROST_OUTCOME_READ_ONLY, NULL);
    return record;
}

FrostRecord *
freeze_sixty(void)
{
    static const int64_t steps[10] = {900,   61000,  61000,  75000,  75010,
                                      78000, 578000, 581000, 581000, 581020};
    FrostRecord *record = make(FROST_END_HOST, 60, steps);

    for (int i = 0; i < 60; i++) {
        g_autofree char *name =
            g_strdup_printf("/var/lib/kubelet/pods/7f%02d/volumes/pvc-%d/mount", i, i * 7);

        set_times(add_fs(record, name, FROST_OUTCOME_FROZEN, NULL), 1000 * i + 1, 75010 + 40 * i,
                  75400 + 44 * i, 578000 + 45 * i, 578300 + 45 * i);
    }
    return record;
}

FrostRecord *
freeze_short(void)
{
    static const int64_t steps[10] = {1, 2, 2, 4, 4, 5, 6, 7, 7, 8};
    FrostRecord *record = make(FROST_END_HOST, 1, steps);

    set_times(add_fs(record, "/", FROST_OUTCOME_FROZEN, NULL), 1, 4, 5, 6, 7);
    return record;
}

FrostRecord *
freeze_long(void)
{
    static const int64_t day = (int64_t)86400 * S;
    const int64_t steps[10] = {1,
                               day / 12,
                               day / 11,
                               day / 10,
                               day / 10 + 1,
                               day / 10 + 2,
                               day * 400,
                               day * 400 + 1,
                               day * 400 + 30 * S,
                               day * 400 + 30 * S + 1};
    FrostRecord *record = make(FROST_END_HOST, 1, steps);

    set_times(add_fs(record, "/", FROST_OUTCOME_FROZEN, NULL), day / 12 - 1, day / 10 + 1,
              day / 10 + 2, day * 400, day * 400 + 1);
    add_hook(record, "hook", "freeze", "exit 0", day / 12, day / 11);
    add_hook(record, "hook", "thaw", "exit 0", day * 400 + 1, day * 400 + 30 * S);
    return record;
}

FrostRecord *
freeze_hostile(void)
{
    static const int64_t steps[10] = {300,  2000,  2100,  2900,  2950,
                                      9000, 19000, 21000, 21500, 22000};
    static const char *const names[] = {
        "",
        "/mnt/\033[2J\033]0;owned\007",
        "/mnt/line\nNow: nothing is frozen\r",
        "/mnt/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", /* three wide characters */
        "/mnt/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5",
        "/mnt/\xff\xfe\x80",
        "/mnt/\xe2\x80\xae"
        "abc", /* right to left from here */
        "/mnt/e\xcc\x81"
        "a", /* a combining accent */
        "/mnt/\xe2\x9d\xa4\xef\xb8\x8f",
        "/mnt/\xc2\x9b"
        "31m", /* a control of eight bits */
        "/mnt/\xe2\x80\xa8"
        "below",                 /* a line separator */
        "/mnt/\xf0\x9f\xa7\x8a", /* an emoji */
    };
    FrostRecord *record = make(FROST_END_HOST, 1, steps);
    char text[301];

    memset(text, 'x', 300);
    text[300] = '\0';
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        set_times(add_fs(record, names[i], FROST_OUTCOME_FROZEN, i == 2 ? names[2] : NULL), 300,
                  2950, 8000, 19000, 20000);
    add_fs(record, NULL, FROST_OUTCOME_LEFT_OUT, NULL);
    add_fs(record, text, FROST_OUTCOME_LEFT_OUT, "\033[31m");
    add_hook(record, names[1], names[1], names[1], 2000, 2090);
    add_hook(record, NULL, NULL, NULL, -1, -1);
    record->error = g_strdup(text);
    record->filesystems_omitted = 7;
    record->hooks_omitted = 1;
    return record;
}

FrostRecord *
freeze_empty(void)
{
    FrostRecord *record = frost_record_new();

    add_fs(record, "/", FROST_OUTCOME_NOT_TRIED, NULL);
    return record;
}

FrostRecord *
freeze_senseless(void)
{
    static const int64_t far = (int64_t)1000 * S * S / 1000; /* what the history lets through */
    const int64_t steps[10] = {far, 5, far, 0, far, 3, 2, far, 1, 0};
    FrostRecord *record = make(FROST_END_FREEZER_LOST, 4000000000u, steps);

    set_times(add_fs(record, "/", FROST_OUTCOME_FROZEN, NULL), far, far, 0, far, 0);
    set_times(add_fs(record, "/", FROST_OUTCOME_FROZEN, NULL), far, 0, far, 0, far);
    set_times(add_fs(record, "/", FROST_OUTCOME_STUCK, NULL), -1, 3, -1, 0, -1);
    add_hook(record, "hook", "freeze", "exit 0", far, 0);
    add_hook(record, "hook", "thaw", "exit 0", 0, far);
    return record;
}
