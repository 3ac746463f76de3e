/* SPDX-License-Identifier: MIT */
#include "totals.h"

#include <string.h>

#include "record-form.h"

static void
clear_hook(gpointer data)
{
    g_free(((FrostHookFailures *)data)->hook);
}

FrostTotals *
frost_totals_new(void)
{
    FrostTotals *self = g_new0(FrostTotals, 1);

    self->hooks = g_array_new(FALSE, FALSE, sizeof(FrostHookFailures));
    g_array_set_clear_func(self->hooks, clear_hook);
    return self;
}

void
frost_totals_free(FrostTotals *self)
{
    if (!self)
        return;
    g_array_unref(self->hooks);
    g_free(self);
}

/* NULL: there are too many. */
static FrostHookFailures *
find_hook(FrostTotals *self, const char *full_name)
{
    g_autofree char *name = frost_form_cut_off(full_name);

    for (guint i = 0; i < self->hooks->len; i++) {
        FrostHookFailures *entry = &g_array_index(self->hooks, FrostHookFailures, i);

        if (strcmp(entry->hook, name) == 0)
            return entry;
    }
    if (self->hooks->len >= FROST_TOTALS_HOOKS)
        return NULL;
    FrostHookFailures fresh = {.hook = g_steal_pointer(&name)};
    g_array_append_val(self->hooks, fresh);
    return &g_array_index(self->hooks, FrostHookFailures, self->hooks->len - 1);
}

void
frost_totals_count(FrostTotals *self, const FrostRecord *record)
{
    if (record->end < FROST_END_NONE)
        self->ends[record->end]++;
    if (record->end == FROST_END_HOST && !record->error && record->thawed_us >= 0)
        self->last_good_real_us = record->began_real_us + record->thawed_us;
    for (guint i = 0; i < record->hooks->len; i++) {
        const FrostRecordHook *hook = g_ptr_array_index(record->hooks, i);
        FrostHookFailures *entry = hook->name ? find_hook(self, hook->name) : NULL;

        if (entry && hook->failed)
            entry->failures++;
    }
}

QgaValue *
frost_totals_to_value(const FrostTotals *self)
{
    QgaValue *value = qga_value_new_object();
    QgaValue *ends = qga_value_new_object();
    QgaValue *hooks = qga_value_new_object();

    for (unsigned i = 0; i < FROST_END_NONE; i++)
        qga_value_set_uint(ends, frost_form_ends[i], self->ends[i]);
    for (guint i = 0; i < self->hooks->len; i++) {
        const FrostHookFailures *entry = &g_array_index(self->hooks, FrostHookFailures, i);

        qga_value_set_uint(hooks, entry->hook, entry->failures);
    }
    qga_value_set(value, "ends", ends);
    qga_value_set(value, "hook_failures", hooks);
    qga_value_set_natural(value, "last_good_us",
                          self->last_good_real_us > 0 ? self->last_good_real_us : -1);
    return value;
}

static uint64_t
number(const QgaValue *value)
{
    uint64_t count;

    if (!value || qga_value_kind(value) != QGA_KIND_INTEGER || !qga_value_get_uint(value, &count))
        return 0;
    return MIN(count, (uint64_t)INT64_MAX);
}

static const QgaValue *
object(const QgaValue *value, const char *name)
{
    const QgaValue *member =
        value && qga_value_kind(value) == QGA_KIND_OBJECT ? qga_value_get(value, name) : NULL;

    return member && qga_value_kind(member) == QGA_KIND_OBJECT ? member : NULL;
}

FrostTotals *
frost_totals_from_value(const QgaValue *value)
{
    FrostTotals *self = frost_totals_new();
    const QgaValue *ends = object(value, "ends");
    const QgaValue *hooks = object(value, "hook_failures");
    QgaMember member = {0};

    for (unsigned i = 0; ends && i < FROST_END_NONE; i++)
        self->ends[i] = number(qga_value_get(ends, frost_form_ends[i]));
    while (hooks && qga_value_next(hooks, &member)) {
        FrostHookFailures *entry = find_hook(self, member.name);

        if (entry)
            entry->failures = number(member.value);
    }
    if (value && qga_value_kind(value) == QGA_KIND_OBJECT)
        self->last_good_real_us = (int64_t)number(qga_value_get(value, "last_good_us"));
    return self;
}
