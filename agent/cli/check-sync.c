/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "check.h"
#include "dirty.h"
#include "disk-knobs.h"
#include "history.h"
#include "record.h"
#include "text.h"

#define TOPIC "sync"

/* How long the first sync took in the last freeze that got so far; -1: there is no record of one.
 */
static int64_t
last_sync_us(const char *statedir)
{
    g_autoptr(GPtrArray) records = frost_history_load(statedir, NULL);

    for (guint i = 0; records && i < records->len; i++) {
        const FrostRecord *record = g_ptr_array_index(records, i);
        int64_t us = frost_record_span_us(record->planned_us, record->synced_us);

        if (us >= 0)
            return us;
    }
    return -1;
}

void
frost_check_sync(const FrostCheck *self)
{
    int64_t bytes = frost_dirty_total(self->sys);
    int64_t us = last_sync_us(self->config->statedir);
    g_autofree char *size = frost_text_size(bytes);
    g_autofree char *duration = frost_text_duration(us);

    if (bytes < 0)
        return;
    frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                    "%s are to be written out before a freeze, while nobody has to wait%s%s", size,
                    us >= 0 ? "; the last time it took " : "", us >= 0 ? duration : "");
}

/* Of the disks below the filesystems of the plan: of partitions, and of volumes that pass their
 * requests on, there is none. */
typedef struct {
    unsigned usable;
    unsigned refused;
    int why; /* errno of a refusal */
} Queues;

/* A knob that is only opened stays as it is. */
static void
ask(FrostKernel *kernel, dev_t disk, Queues *queues)
{
    int fds[FROST_KNOBS];
    int r = frost_disk_knobs_open(kernel, disk, fds);

    for (int knob = 0; r == 0 && knob < FROST_KNOBS; knob++)
        kernel->close(kernel, fds[knob]);
    queues->usable += r == 0;
    if (r < 0 && r != -ENOENT && r != -ENODEV) {
        queues->refused++;
        queues->why = -r;
    }
}

static Queues
ask_all(const FrostCheck *self)
{
    g_autoptr(GHashTable) asked = g_hash_table_new(NULL, NULL);
    Queues queues = {0};

    for (guint i = 0; i < self->plan->filesystems->len; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(self->plan->filesystems, i);

        for (guint k = 0; fs->disks && k < fs->disks->len; k++) {
            dev_t disk = g_array_index(fs->disks, dev_t, k);

            if (g_hash_table_add(asked, GSIZE_TO_POINTER((gsize)disk)))
                ask(&self->sys->kernel, disk, &queues);
        }
    }
    return queues;
}

void
frost_check_pace(const FrostCheck *self)
{
    if (!self->plan || !self->config->is_paced || self->is_blind)
        return;
    Queues queues = ask_all(self);

    if (queues.refused > 0)
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                        "In a container sysfs is often mounted read-only; pace=off wants nothing "
                        "of it.",
                        "the queues of %u of %u disks cannot be kept short while data is written "
                        "out (%s): programs that fsync wait longer then",
                        queues.refused, queues.refused + queues.usable, g_strerror(queues.why));
    else if (queues.usable > 0)
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "the queue%s of %u disk%s can be kept short while data is written out",
                        queues.usable == 1 ? "" : "s", queues.usable,
                        queues.usable == 1 ? "" : "s");
    else
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL,
                        "no disk has a queue that can be kept short while data is written out");
}
