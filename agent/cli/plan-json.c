/* SPDX-License-Identifier: MIT */
#include <sys/sysmacros.h>

#include "plan-report.h"

#define FORMAT "frost-ga plan"
#define VERSION 1

static QgaValue *
strings(const GPtrArray *texts)
{
    QgaValue *array = qga_value_new_array();

    for (guint i = 0; i < texts->len; i++)
        qga_value_append(array, qga_value_new_string(g_ptr_array_index(texts, i)));
    return array;
}

static QgaValue *
device_number(dev_t device)
{
    g_autofree char *text = g_strdup_printf("%u:%u", major(device), minor(device));

    return device == 0 ? qga_value_new_null() : qga_value_new_string(text);
}

static QgaValue *
stands_on(const FrostPlan *plan, const FrostFilesystem *fs)
{
    QgaValue *array = qga_value_new_array();

    for (guint i = 0; i < fs->below->len; i++) {
        const FrostFilesystem *lower =
            g_ptr_array_index(plan->filesystems, g_array_index(fs->below, unsigned, i));

        qga_value_append(array, qga_value_new_string(lower->mount_point));
    }
    return array;
}

static QgaValue *
filesystem(const FrostPlanReport *self, unsigned index)
{
    const FrostFilesystem *fs = g_ptr_array_index(self->plan->filesystems, index);
    bool is_frozen = fs->decision == FROST_DECISION_FREEZE;
    QgaValue *value = qga_value_new_object();

    qga_value_set_string(value, "mount_point", fs->mount_point);
    qga_value_set(value, "aliases", strings(fs->aliases));
    qga_value_set_string(value, "type", fs->fs_type);
    qga_value_set_string(value, "source", fs->source);
    qga_value_set(value, "device", device_number(fs->device));
    qga_value_set_string(value, "verdict", frost_decision_name(fs->decision));
    qga_value_set_natural(value, "step", is_frozen ? (int64_t)fs->level + 1 : -1);
    qga_value_set(value, "stands_on", stands_on(self->plan, fs));
    qga_value_set_bool(value, "stands_on_unseen", fs->unseen != NULL);
    qga_value_set_string(value, "unseen", fs->unseen);
    qga_value_set_natural(value, "dirty_bytes", g_array_index(self->dirty, int64_t, index));
    qga_value_set_string(value, "reason", fs->reason);
    return value;
}

QgaValue *
frost_plan_report_to_value(const FrostPlanReport *self)
{
    QgaValue *document = qga_value_new_object();
    QgaValue *filesystems = qga_value_new_array();

    for (guint i = 0; i < self->plan->filesystems->len; i++)
        qga_value_append(filesystems, filesystem(self, i));
    qga_value_set_string(document, "format", FORMAT);
    qga_value_set_int(document, "version", VERSION);
    qga_value_set_natural(document, "mounts_of",
                          self->plan->sys->mounts_of > 0 ? self->plan->sys->mounts_of : -1);
    qga_value_set_uint(document, "freezable", self->plan->freezable);
    qga_value_set_uint(document, "steps", self->plan->levels);
    qga_value_set_natural(document, "dirty_bytes", self->total_dirty);
    qga_value_set(document, "notes", strings(self->notes));
    qga_value_set(document, "filesystems", filesystems);
    return document;
}
