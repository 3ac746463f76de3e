/* SPDX-License-Identifier: MIT */

/*
 * record-read.c - reads a record from JSON that anybody may have written
 */
#include <string.h>
#include <sys/sysmacros.h>

#include "record-form.h"
#include "record-json.h"

/* Reads an object member by member. One invalid member makes the whole object invalid. */
typedef struct {
    const QgaValue *object;
    bool is_valid;
} Reader;

/* The member @name; NULL if it is null or missing. One of another kind makes the object invalid. */
static const QgaValue *
get(Reader *reader, const char *name, QgaKind kind)
{
    const QgaValue *value = qga_value_get(reader->object, name);

    if (!value || qga_value_kind(value) == QGA_KIND_NULL)
        return NULL;
    if (qga_value_kind(value) == kind)
        return value;
    reader->is_valid = false;
    return NULL;
}

static char *
get_text(Reader *reader, const char *name)
{
    const QgaValue *value = get(reader, name, QGA_KIND_STRING);

    return value ? frost_form_cut_off(qga_value_get_string(value)) : NULL;
}

static int64_t
get_time(Reader *reader, const char *name, int64_t max_us)
{
    const QgaValue *value = get(reader, name, QGA_KIND_INTEGER);
    int64_t us;

    return value && qga_value_get_int(value, &us) && us >= 0 && us <= max_us ? us : -1;
}

static unsigned
get_unsigned(Reader *reader, const char *name)
{
    const QgaValue *value = get(reader, name, QGA_KIND_INTEGER);
    uint64_t number;

    return value && qga_value_get_uint(value, &number) && number <= INT32_MAX ? (unsigned)number
                                                                              : 0;
}

static bool
get_bool(Reader *reader, const char *name)
{
    const QgaValue *value = get(reader, name, QGA_KIND_BOOL);

    return value && qga_value_get_bool(value);
}

/* The index in @names of the member's text, which must be one of them. */
static unsigned
get_name(Reader *reader, const char *name, const char *const *names, unsigned count)
{
    g_autofree char *text = get_text(reader, name);

    for (unsigned i = 0; text && i < count; i++) {
        if (names[i] && strcmp(text, names[i]) == 0)
            return i;
    }
    reader->is_valid = false;
    return 0;
}

static void
get_times(Reader *reader, void *into, const FrostFormTime *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *(int64_t *)(void *)((char *)into + members[i].offset) =
            get_time(reader, members[i].name, FROST_FORM_TIME_MAX_US);
}

static dev_t
get_device(Reader *reader, const char *name)
{
    g_autofree char *text = get_text(reader, name);
    g_auto(GStrv) parts = g_strsplit(text ? text : "", ":", 2);
    guint64 numbers[2] = {0};

    for (unsigned i = 0; i < 2 && parts[0] && parts[i]; i++) {
        if (!g_ascii_string_to_unsigned(parts[i], 10, 0, G_MAXUINT32, &numbers[i], NULL))
            return 0;
    }
    return makedev((unsigned)numbers[0], (unsigned)numbers[1]);
}

/* The strings of a list; other items are ignored. */
static char **
get_strings(Reader *reader, const char *name)
{
    const QgaValue *list = get(reader, name, QGA_KIND_ARRAY);
    g_autoptr(GPtrArray) strings = g_ptr_array_new();

    for (size_t i = 0; list && i < qga_value_length(list); i++) {
        const QgaValue *item = qga_value_at(list, i);

        if (qga_value_kind(item) == QGA_KIND_STRING)
            g_ptr_array_add(strings, frost_form_cut_off(qga_value_get_string(item)));
    }
    if (strings->len == 0)
        return NULL;
    g_ptr_array_add(strings, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&strings), FALSE);
}

static void
read_clock(Reader *record, FrostRecordClock *clock)
{
    const QgaValue *value = get(record, "clock", QGA_KIND_OBJECT);
    Reader reader = {value, true};

    if (!value)
        return;
    const QgaValue *synchronized = get(&reader, "synchronized", QGA_KIND_BOOL);
    const QgaValue *shift = get(&reader, "shift_us", QGA_KIND_INTEGER);
    int64_t us;

    clock->source = get_text(&reader, "source");
    clock->synchronized = synchronized ? qga_value_get_bool(synchronized) : -1;
    clock->max_error_us = get_time(&reader, "max_error_us", FROST_FORM_TIME_MAX_US);
    clock->shift_us = shift && qga_value_get_int(shift, &us) ? us : 0;
    record->is_valid = record->is_valid && reader.is_valid;
}

static void
read_write_out(Reader *record, FrostRecordWriteOut *out)
{
    const QgaValue *value = get(record, "write_out", QGA_KIND_OBJECT);
    Reader reader = {value, true};

    if (!value)
        return;
    const QgaValue *end = get(&reader, "end", QGA_KIND_STRING);

    out->dirty_bytes = get_time(&reader, "dirty_bytes", INT64_MAX);
    get_times(&reader, out, frost_form_write_out_times, G_N_ELEMENTS(frost_form_write_out_times));
    out->rounds = get_unsigned(&reader, "rounds");
    if (end)
        out->end = get_name(&reader, "end", frost_form_write_out_ends, FROST_FORM_WRITE_OUT_ENDS);
    record->is_valid = record->is_valid && reader.is_valid;
}

static bool
read_fs(FrostRecord *record, const QgaValue *value)
{
    Reader reader = {value, true};
    FrostRecordFs *fs = frost_record_add_fs(record);

    fs->mount_point = get_text(&reader, "mount_point");
    fs->fs_type = get_text(&reader, "type");
    fs->source = get_text(&reader, "source");
    fs->device = get_device(&reader, "device");
    fs->serials = get_strings(&reader, "serials");
    fs->level = get_unsigned(&reader, "level");
    fs->outcome = get_name(&reader, "outcome", frost_form_outcomes, FROST_FORM_OUTCOMES);
    fs->left_out_as = get_text(&reader, "left_out_as");
    fs->reason = get_text(&reader, "reason");
    get_times(&reader, fs, frost_form_fs_times, G_N_ELEMENTS(frost_form_fs_times));
    return reader.is_valid;
}

static bool
read_hook(FrostRecord *record, const QgaValue *value)
{
    Reader reader = {value, true};
    FrostRecordHook *hook = frost_record_add_hook(record);

    hook->name = get_text(&reader, "name");
    hook->phase = get_text(&reader, "phase");
    hook->result = get_text(&reader, "result");
    hook->failed = get_bool(&reader, "failed");
    hook->required = get_bool(&reader, "required");
    get_times(&reader, hook, frost_form_hook_times, G_N_ELEMENTS(frost_form_hook_times));
    return reader.is_valid;
}

static void
read_list(Reader *reader, const char *name, FrostRecord *record,
          bool (*read_item)(FrostRecord *record, const QgaValue *value))
{
    const QgaValue *list = get(reader, name, QGA_KIND_ARRAY);

    for (size_t i = 0; list && reader->is_valid && i < qga_value_length(list); i++) {
        const QgaValue *item = qga_value_at(list, i);

        reader->is_valid = qga_value_kind(item) == QGA_KIND_OBJECT && read_item(record, item);
    }
}

FrostRecord *
frost_record_from_value(const QgaValue *value)
{
    Reader reader = {value, true};
    g_autoptr(FrostRecord) record = frost_record_new();

    if (qga_value_kind(value) != QGA_KIND_OBJECT)
        return NULL;
    record->id = get_text(&reader, "id");
    read_clock(&reader, &record->clock);
    record->began_real_us = MAX(get_time(&reader, "began_us", FROST_FORM_REAL_MAX_US), 0);
    get_times(&reader, record, frost_form_record_times, G_N_ELEMENTS(frost_form_record_times));
    record->count = get_unsigned(&reader, "count");
    record->end = get_name(&reader, "end", frost_form_ends, FROST_FORM_ENDS);
    record->error = get_text(&reader, "error");
    record->degraded = get_text(&reader, "degraded");
    read_write_out(&reader, &record->write_out);
    record->mounts_of = get_unsigned(&reader, "mounts_of");
    record->mounts_changed = get_bool(&reader, "mounts_changed");
    record->repeated_us = get_time(&reader, "repeated_us", FROST_FORM_TIME_MAX_US);
    record->repeated_for = get_text(&reader, "repeated_for");
    read_list(&reader, "filesystems", record, read_fs);
    read_list(&reader, "hooks", record, read_hook);
    record->filesystems_omitted = get_unsigned(&reader, "filesystems_omitted");
    record->hooks_omitted = get_unsigned(&reader, "hooks_omitted");
    return reader.is_valid ? g_steal_pointer(&record) : NULL;
}
