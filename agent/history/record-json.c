/* SPDX-License-Identifier: MIT */
#include "record-json.h"

#include <stddef.h>
#include <string.h>
#include <sys/sysmacros.h>

#define MAX_TEXT 4096
#define MAX_LIST (1024 * 1024)

/* Thirty years: what is more is no time of a freeze, and sums of such times cannot overflow. */
#define MAX_TIME_US ((int64_t)1000 * 1000 * 1000 * 1000 * 1000)
/* The last second of the year 9999, the end of what GDateTime knows. */
#define MAX_REAL_US ((int64_t)253402300799 * 1000 * 1000)

/* The names of the file are its form: frost_outcome_name() is for people, and may change. */
static const char *const outcomes[] = {
    [FROST_OUTCOME_FROZEN] = "frozen",           [FROST_OUTCOME_NOT_HELD] = "not-held",
    [FROST_OUTCOME_SYNCED] = "synced",           [FROST_OUTCOME_READ_ONLY] = "read-only",
    [FROST_OUTCOME_FOREIGN] = "foreign",         [FROST_OUTCOME_LEFT_OUT] = "left-out",
    [FROST_OUTCOME_UNREACHABLE] = "unreachable", [FROST_OUTCOME_FAILED] = "failed",
    [FROST_OUTCOME_NOT_TRIED] = "not-tried",     [FROST_OUTCOME_STUCK] = "stuck",
};

static const char *const ends[] = {
    [FROST_END_HOST] = "host",
    [FROST_END_NOTHING_FROZEN] = "nothing-frozen",
    [FROST_END_FAILED] = "failed",
    [FROST_END_DEADLINE] = "deadline",
    [FROST_END_SIGNAL] = "signal",
    [FROST_END_AGENT_LOST] = "agent-lost",
    [FROST_END_FREEZER_LOST] = "freezer-lost",
    [FROST_END_PORT_LOST] = "port-lost",
    [FROST_END_FOREIGN_THAW] = "foreign-thaw",
    [FROST_END_OPERATOR] = "operator",
};

typedef struct {
    const char *name;
    size_t offset;
} TimeMember;

static const TimeMember record_times[] = {
    {"planned_us", offsetof(FrostRecord, planned_us)},
    {"synced_us", offsetof(FrostRecord, synced_us)},
    {"hooks_up_us", offsetof(FrostRecord, hooks_up_us)},
    {"resynced_us", offsetof(FrostRecord, resynced_us)},
    {"freeze_begun_us", offsetof(FrostRecord, freeze_begun_us)},
    {"frozen_us", offsetof(FrostRecord, frozen_us)},
    {"thaw_begun_us", offsetof(FrostRecord, thaw_begun_us)},
    {"thawed_us", offsetof(FrostRecord, thawed_us)},
    {"hooks_down_us", offsetof(FrostRecord, hooks_down_us)},
    {"ended_us", offsetof(FrostRecord, ended_us)},
};

static const TimeMember fs_times[] = {
    {"sync_us", offsetof(FrostRecordFs, sync_us)},
    {"freeze_begun_us", offsetof(FrostRecordFs, freeze_begun_us)},
    {"frozen_us", offsetof(FrostRecordFs, frozen_us)},
    {"thaw_begun_us", offsetof(FrostRecordFs, thaw_begun_us)},
    {"thawed_us", offsetof(FrostRecordFs, thawed_us)},
};

static const TimeMember hook_times[] = {
    {"begun_us", offsetof(FrostRecordHook, begun_us)},
    {"ended_us", offsetof(FrostRecordHook, ended_us)},
};

/* Writing -------------------------------------------------------------------------------------- */

/* Valid first and cut then, between two characters, so that what is read again stays as it is. */
static char *
cut_off(const char *text)
{
    char *cut = g_utf8_make_valid(text, -1);

    if (strlen(cut) > MAX_TEXT)
        *g_utf8_find_prev_char(cut, cut + MAX_TEXT + 1) = '\0';
    return cut;
}

static void
put_text(QgaValue *object, const char *name, const char *text)
{
    g_autofree char *cut = text ? cut_off(text) : NULL;

    qga_value_set(object, name, text ? qga_value_new_string(cut) : qga_value_new_null());
}

static void
put_time(QgaValue *object, const char *name, int64_t us)
{
    qga_value_set(object, name, us < 0 ? qga_value_new_null() : qga_value_new_int(us));
}

static void
put_times(QgaValue *object, const void *from, const TimeMember *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_time(object, members[i].name,
                 *(const int64_t *)(const void *)((const char *)from + members[i].offset));
}

static void
put_began(QgaValue *object, int64_t real_us)
{
    int64_t us = CLAMP(real_us, 0, MAX_REAL_US);
    g_autoptr(GDateTime) began = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    g_autofree char *seconds = g_date_time_format(began, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *text = g_strdup_printf("%s.%06dZ", seconds, (int)(us % G_USEC_PER_SEC));

    put_text(object, "began", text);
    put_time(object, "began_us", us);
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
    qga_value_set(object, "level", qga_value_new_uint(fs->level));
    put_text(object, "outcome", outcomes[fs->outcome]);
    put_text(object, "reason", fs->reason);
    put_times(object, fs, fs_times, G_N_ELEMENTS(fs_times));
    put_time(object, "freeze_us", frost_record_span_us(fs->freeze_begun_us, fs->frozen_us));
    put_time(object, "thaw_us", frost_record_span_us(fs->thaw_begun_us, fs->thawed_us));
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
    qga_value_set(object, "failed", qga_value_new_bool(hook->failed));
    put_times(object, hook, hook_times, G_N_ELEMENTS(hook_times));
    return object;
}

/* What does not fit is counted in "NAME_omitted", beside those that were omitted before. */
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
        if (printed->len > MAX_LIST)
            break;
        qga_value_append(list, qga_value_ref(value));
    }
    qga_value_set(object, name, list);
    qga_value_set(object, omitted, qga_value_new_uint((uint64_t)omitted_before + items->len - i));
}

QgaValue *
frost_record_to_value(const FrostRecord *record)
{
    QgaValue *object = qga_value_new_object();

    put_began(object, record->began_real_us);
    put_times(object, record, record_times, G_N_ELEMENTS(record_times));
    put_time(object, "window_us", frost_record_window_us(record));
    qga_value_set(object, "count", qga_value_new_uint(record->count));
    put_text(object, "end", ends[record->end]);
    put_text(object, "error", record->error);
    put_text(object, "degraded", record->degraded);
    put_time(object, "mounts_of", record->mounts_of > 0 ? (int64_t)record->mounts_of : -1);
    qga_value_set(object, "mounts_changed", qga_value_new_bool(record->mounts_changed));
    put_list(object, "filesystems", record->filesystems, fs_to_value, record->filesystems_omitted);
    put_list(object, "hooks", record->hooks, hook_to_value, record->hooks_omitted);
    return object;
}

/* Reading -------------------------------------------------------------------------------------- */

/* An object that is read member by member: what cannot be understood spoils the whole. */
typedef struct {
    const QgaValue *object;
    bool is_valid;
} Reader;

/* NULL where it is null or missing, or not of this kind, which is noted. */
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

    return value ? cut_off(qga_value_get_string(value)) : NULL;
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

/* Must be one of @names; its place in them. */
static unsigned
get_name(Reader *reader, const char *name, const char *const *names, unsigned count)
{
    g_autofree char *text = get_text(reader, name);

    for (unsigned i = 0; text && i < count; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
    }
    reader->is_valid = false;
    return 0;
}

static void
get_times(Reader *reader, void *into, const TimeMember *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *(int64_t *)(void *)((char *)into + members[i].offset) =
            get_time(reader, members[i].name, MAX_TIME_US);
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

static bool
read_fs(FrostRecord *record, const QgaValue *value)
{
    Reader reader = {value, true};
    FrostRecordFs *fs = frost_record_add_fs(record);

    fs->mount_point = get_text(&reader, "mount_point");
    fs->fs_type = get_text(&reader, "type");
    fs->source = get_text(&reader, "source");
    fs->device = get_device(&reader, "device");
    fs->level = get_unsigned(&reader, "level");
    fs->outcome = get_name(&reader, "outcome", outcomes, G_N_ELEMENTS(outcomes));
    fs->reason = get_text(&reader, "reason");
    get_times(&reader, fs, fs_times, G_N_ELEMENTS(fs_times));
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
    get_times(&reader, hook, hook_times, G_N_ELEMENTS(hook_times));
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
    record->began_real_us = MAX(get_time(&reader, "began_us", MAX_REAL_US), 0);
    get_times(&reader, record, record_times, G_N_ELEMENTS(record_times));
    record->count = get_unsigned(&reader, "count");
    record->end = get_name(&reader, "end", ends, G_N_ELEMENTS(ends));
    record->error = get_text(&reader, "error");
    record->degraded = get_text(&reader, "degraded");
    record->mounts_of = get_unsigned(&reader, "mounts_of");
    record->mounts_changed = get_bool(&reader, "mounts_changed");
    read_list(&reader, "filesystems", record, read_fs);
    read_list(&reader, "hooks", record, read_hook);
    record->filesystems_omitted = get_unsigned(&reader, "filesystems_omitted");
    record->hooks_omitted = get_unsigned(&reader, "hooks_omitted");
    return reader.is_valid ? g_steal_pointer(&record) : NULL;
}
