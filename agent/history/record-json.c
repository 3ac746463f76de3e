/* SPDX-License-Identifier: MIT */
#include "record-json.h"

#include <sys/sysmacros.h>

#include "record-form.h"

static void
put_text(QgaValue *object, const char *name, const char *text)
{
    g_autofree char *cut = text ? frost_form_cut_off(text) : NULL;

    qga_value_set_string(object, name, cut);
}

static void
put_times(QgaValue *object, const void *from, const FrostFormTime *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        qga_value_set_natural(
            object, members[i].name,
            *(const int64_t *)(const void *)((const char *)from + members[i].offset));
}

/* Times in UTC nanoseconds: the guest's clock when the host asked, plus the time since then. */
static QgaValue *
utc_to_value(const FrostRecord *record)
{
    const struct {
        const char *name;
        int64_t us;
    } moments[] = {
        {"asked", 0},
        {"freeze_begun", record->freeze_begun_us},
        {"frozen", record->frozen_us},
        {"thaw_begun", record->thaw_begun_us},
        {"thawed", record->thawed_us},
    };
    QgaValue *object = qga_value_new_object();

    for (size_t i = 0; i < G_N_ELEMENTS(moments); i++)
        qga_value_set_natural(object, moments[i].name,
                              moments[i].us < 0
                                  ? -1
                                  : (CLAMP(record->began_real_us, 0, FROST_FORM_UTC_MAX_US) +
                                     MIN(moments[i].us, FROST_FORM_TIME_MAX_US)) *
                                        1000);
    return object;
}

static QgaValue *
clock_to_value(const FrostRecordClock *clock)
{
    QgaValue *object = qga_value_new_object();

    put_text(object, "source", clock->source);
    qga_value_set(object, "synchronized",
                  clock->synchronized < 0 ? qga_value_new_null()
                                          : qga_value_new_bool(clock->synchronized > 0));
    qga_value_set_natural(object, "max_error_us", clock->max_error_us);
    qga_value_set_int(object, "shift_us", clock->shift_us);
    return object;
}

static QgaValue *
write_out_to_value(const FrostRecordWriteOut *write_out)
{
    QgaValue *object = qga_value_new_object();

    qga_value_set_natural(object, "dirty_bytes", write_out->dirty_bytes);
    put_times(object, write_out, frost_form_write_out_times,
              G_N_ELEMENTS(frost_form_write_out_times));
    qga_value_set_uint(object, "rounds", write_out->rounds);
    put_text(object, "end", frost_form_write_out_ends[write_out->end]);
    return object;
}

static void
put_began(QgaValue *object, int64_t real_us)
{
    int64_t us = CLAMP(real_us, 0, FROST_FORM_REAL_MAX_US);
    g_autoptr(GDateTime) began = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    g_autofree char *seconds = g_date_time_format(began, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *text = g_strdup_printf("%s.%06dZ", seconds, (int)(us % G_USEC_PER_SEC));

    put_text(object, "began", text);
    qga_value_set_natural(object, "began_us", us);
}

static QgaValue *
strings_to_value(char **strings)
{
    QgaValue *array = qga_value_new_array();

    for (; strings && *strings; strings++) {
        g_autofree char *cut = frost_form_cut_off(*strings);

        qga_value_append(array, qga_value_new_string(cut));
    }
    return array;
}

static QgaValue *
fs_to_value(const void *item)
{
    const FrostRecordFs *fs = item;
    QgaValue *object = qga_value_new_object();
    g_autofree char *device = g_strdup_printf("%u:%u", major(fs->device), minor(fs->device));

    put_text(object, "mount_point", fs->mount_point);
    put_text(object, "type", fs->fs_type);
    put_text(object, "source", fs->source);
    put_text(object, "device", device);
    qga_value_set(object, "serials", strings_to_value(fs->serials));
    qga_value_set_uint(object, "level", fs->level);
    put_text(object, "outcome", frost_form_outcomes[fs->outcome]);
    put_text(object, "left_out_as", fs->left_out_as);
    put_text(object, "reason", fs->reason);
    put_times(object, fs, frost_form_fs_times, G_N_ELEMENTS(frost_form_fs_times));
    qga_value_set_natural(object, "freeze_us",
                          frost_record_span_us(fs->freeze_begun_us, fs->frozen_us));
    qga_value_set_natural(object, "thaw_us",
                          frost_record_span_us(fs->thaw_begun_us, fs->thawed_us));
    return object;
}

static QgaValue *
hook_to_value(const void *item)
{
    const FrostRecordHook *hook = item;
    QgaValue *object = qga_value_new_object();

    put_text(object, "name", hook->name);
    put_text(object, "phase", hook->phase);
    put_text(object, "result", hook->result);
    qga_value_set_bool(object, "failed", hook->failed);
    qga_value_set_bool(object, "required", hook->required);
    put_times(object, hook, frost_form_hook_times, G_N_ELEMENTS(frost_form_hook_times));
    return object;
}

/* Adds the number of items that do not fit, and of those that were omitted before, as
 * "NAME_omitted". */
static void
put_list(QgaValue *object, const char *name, const GPtrArray *items,
         QgaValue *(*to_value)(const void *item), unsigned omitted_before)
{
    g_autofree char *omitted = g_strconcat(name, "_omitted", NULL);
    g_autoptr(GString) printed = g_string_new(NULL);
    QgaValue *list = qga_value_new_array();
    guint i;

    for (i = 0; i < items->len; i++) {
        g_autoptr(QgaValue) value = to_value(g_ptr_array_index(items, i));

        qga_value_print(value, printed);
        if (printed->len > FROST_FORM_LIST_MAX)
            break;
        qga_value_append(list, qga_value_ref(value));
    }
    qga_value_set(object, name, list);
    qga_value_set_uint(object, omitted, (uint64_t)omitted_before + items->len - i);
}

QgaValue *
frost_record_to_value(const FrostRecord *record)
{
    QgaValue *object = qga_value_new_object();

    put_text(object, "id", record->id);
    put_began(object, record->began_real_us);
    qga_value_set(object, "utc_ns", utc_to_value(record));
    qga_value_set(object, "clock", clock_to_value(&record->clock));
    put_times(object, record, frost_form_record_times, G_N_ELEMENTS(frost_form_record_times));
    qga_value_set_natural(object, "window_us", frost_record_window_us(record));
    qga_value_set_uint(object, "count", record->count);
    put_text(object, "end", frost_form_ends[record->end]);
    put_text(object, "error", record->error);
    put_text(object, "degraded", record->degraded);
    qga_value_set(object, "write_out", write_out_to_value(&record->write_out));
    qga_value_set_natural(object, "mounts_of",
                          record->mounts_of > 0 ? (int64_t)record->mounts_of : -1);
    qga_value_set_bool(object, "mounts_changed", record->mounts_changed);
    qga_value_set_natural(object, "repeated_us", record->repeated_us);
    put_text(object, "repeated_for", record->repeated_for);
    put_list(object, "filesystems", record->filesystems, fs_to_value, record->filesystems_omitted);
    put_list(object, "hooks", record->hooks, hook_to_value, record->hooks_omitted);
    return object;
}

char *
frost_record_print(const FrostRecord *record)
{
    g_autoptr(QgaValue) value = frost_record_to_value(record);
    GString *text = g_string_new(NULL);

    qga_value_print(value, text);
    return g_string_free(text, FALSE);
}
