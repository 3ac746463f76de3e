/* SPDX-License-Identifier: MIT */
#include "ledger-content.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot-id.h"

size_t
frost_ledger_size_for(size_t count)
{
    return offsetof(FrostLedgerData, filesystems) + count * sizeof(FrostLedgerFs);
}

/* Read without the mapping, as the head of another version may be shorter. */
static bool
is_of_another_version(int fd)
{
    uint32_t head[2] = {0};

    return pread(fd, head, sizeof head, 0) == sizeof head && head[0] == FROST_LEDGER_MAGIC &&
           head[1] != FROST_LEDGER_VERSION;
}

static bool
order_is_believable(const FrostLedgerData *data, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (data->filesystems[i].level >= FROST_LEDGER_FILESYSTEMS ||
            data->filesystems[i].turn >= FROST_LEDGER_FILESYSTEMS)
            return false;
    }
    return atomic_load(&data->repeated_for) < FROST_LEDGER_FILESYSTEMS;
}

bool
frost_ledger_content_is_usable(const FrostLedgerData *data, off_t file_size)
{
    char boot_id[FROST_BOOT_ID_SIZE];
    uint32_t count = atomic_load(&data->count);

    frost_boot_id_read(boot_id);
    return data->magic == FROST_LEDGER_MAGIC &&
           memcmp(data->boot_id, boot_id, sizeof boot_id) == 0 &&
           atomic_load(&data->hook_count) <= FROST_LEDGER_HOOKS &&
           count <= FROST_LEDGER_FILESYSTEMS && (off_t)frost_ledger_size_for(count) <= file_size &&
           order_is_believable(data, count);
}

void
frost_ledger_terminate_texts(FrostLedgerData *data)
{
    data->hook_source[sizeof data->hook_source - 1] = '\0';
    data->hook_log[sizeof data->hook_log - 1] = '\0';
    data->statedir[sizeof data->statedir - 1] = '\0';
    data->failure[sizeof data->failure - 1] = '\0';
    for (uint32_t i = 0; i < atomic_load(&data->hook_count); i++) {
        FrostLedgerHook *hook = &data->hooks[i];

        hook->name[sizeof hook->name - 1] = '\0';
        hook->sides[FROST_HOOK_FREEZE].note[sizeof hook->sides[FROST_HOOK_FREEZE].note - 1] = '\0';
        hook->sides[FROST_HOOK_THAW].note[sizeof hook->sides[FROST_HOOK_THAW].note - 1] = '\0';
    }
    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        FrostLedgerFs *fs = &data->filesystems[i];

        fs->mount_point[sizeof fs->mount_point - 1] = '\0';
        fs->fs_type[sizeof fs->fs_type - 1] = '\0';
        fs->source[sizeof fs->source - 1] = '\0';
    }
}

int
frost_ledger_examine(int fd, bool in_memory, off_t *out_size)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    if (!in_memory && (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))))
        return -EPERM;
    if (is_of_another_version(fd))
        return -EPROTO;
    *out_size = st.st_size;
    return 0;
}
