/* SPDX-License-Identifier: MIT */

/*
 * guest-get-fsinfo, guest-fstrim
 */
#include "families.h"

#include <errno.h>

#include "disk-values.h"
#include "fs-walk.h"
#include "log.h"

#define TABLE_LIMIT_S 20
/* How long a walker may measure filesystems. When one hangs, the next walker goes on without that
 * filesystem, a few times. A host waits five seconds by default. */
#define MEASURE_LIMIT_S 3
#define MEASURE_WALKERS 3
/* Trimming a large disk takes minutes. */
#define TRIM_LIMIT_S 1800

/* The one request of the family that is under way. */
typedef struct {
    FrostCommandContext *context;
    QgaCall *call;
    bool is_trim;
    uint64_t minimum;
    FrostFsWalk *walk;
    unsigned walkers;
} Kept;

/* The input of the thread. */
typedef struct {
    FrostFsWalk *walk;
    uint64_t minimum;
} Job;

static void
job_free(gpointer data)
{
    Job *job = data;

    frost_fs_walk_unref(job->walk);
    g_free(job);
}

/* Answers ------------------------------------------------------------------------------------ */

static void
set_space(QgaValue *value, const FrostMounted *mounted)
{
    if (!frost_mounted_is_done(mounted) || mounted->error != 0 || mounted->refusal != 0)
        return;
    qga_value_set_uint(value, "used-bytes", mounted->space.used);
    qga_value_set_uint(value, "total-bytes", mounted->space.total);
    qga_value_set_uint(value, "total-bytes-privileged", mounted->space.privileged);
}

static QgaValue *
info_value(const FrostMounted *mounted)
{
    QgaValue *value = qga_value_new_object();
    QgaValue *disks = qga_value_new_array();

    for (guint i = 0; i < mounted->disks->len; i++)
        qga_value_append(disks, frost_disk_address_value(g_ptr_array_index(mounted->disks, i)));
    qga_value_set_string(value, "name", mounted->name);
    qga_value_set_string(value, "mountpoint", mounted->mount_point);
    qga_value_set_string(value, "type", mounted->type);
    set_space(value, mounted);
    qga_value_set(value, "disk", disks);
    return value;
}

static char *
trim_error(const FrostMounted *mounted)
{
    if (!frost_mounted_is_done(mounted))
        return g_strdup_printf("failed to trim: not finished within %d seconds", TRIM_LIMIT_S);
    if (mounted->error != 0)
        return g_strdup_printf("failed to open: %s", g_strerror(mounted->error));
    if (mounted->refusal == ENOTTY || mounted->refusal == EOPNOTSUPP)
        return g_strdup("trim not supported");
    if (mounted->refusal != 0)
        return g_strdup_printf("failed to trim: %s", g_strerror(mounted->refusal));
    return NULL;
}

static QgaValue *
trim_value(const FrostMounted *mounted)
{
    QgaValue *value = qga_value_new_object();
    g_autofree char *error = trim_error(mounted);

    qga_value_set_string(value, "path", mounted->mount_point);
    if (error) {
        qga_value_set_string(value, "error", error);
    } else {
        qga_value_set_uint(value, "minimum", mounted->minimum);
        qga_value_set_uint(value, "trimmed", mounted->trimmed);
    }
    return value;
}

static QgaValue *
write_answer(const Kept *self)
{
    QgaValue *list = qga_value_new_array();

    for (unsigned i = 0; i < frost_fs_walk_length(self->walk); i++) {
        const FrostMounted *mounted = frost_fs_walk_at(self->walk, i);

        qga_value_append(list, self->is_trim ? trim_value(mounted) : info_value(mounted));
    }
    if (!self->is_trim)
        return list;
    QgaValue *answer = qga_value_new_object();
    qga_value_set(answer, "paths", list);
    return answer;
}

/* Steps -------------------------------------------------------------------------------------- */

static gpointer
read_table(gpointer input, GError **error)
{
    FrostSys sys = frost_sys_linux();

    sys.mounts_of = GPOINTER_TO_INT(input);
    GPtrArray *list = frost_filesystems_read(&sys, "", error);
    return list ? frost_fs_walk_new(list) : NULL;
}

static gpointer
measure(gpointer input, GError **error)
{
    Job *job = input;

    frost_fs_walk_measure(job->walk);
    return job;
}

static gpointer
trim(gpointer input, GError **error)
{
    Job *job = input;

    frost_fs_walk_trim(job->walk, job->minimum);
    return job;
}

static void on_walker_done(void *user, gpointer result, const GError *error);

static void
start_walker(Kept *self)
{
    Job *input = g_new0(Job, 1);

    *input = (Job){.walk = frost_fs_walk_ref(self->walk), .minimum = self->minimum};
    self->walkers++;
    const FrostBlockingJob job = {.what = self->is_trim ? "trimming" : "measuring the filesystems",
                                  .work = self->is_trim ? trim : measure,
                                  .input = input,
                                  .input_free = job_free,
                                  .limit_s = self->is_trim ? TRIM_LIMIT_S : MEASURE_LIMIT_S,
                                  .done = on_walker_done,
                                  .user = self};
    frost_blocking_jobs_run(self->context->jobs, &job);
}

/* A filesystem that hangs only misses its own sizes; another walker measures the others. */
static void
on_walker_done(void *user, gpointer result, const GError *error)
{
    Kept *self = user;

    if (error && error->code == FROST_BLOCKING_ERROR_TIMEOUT && !self->is_trim &&
        self->walkers < MEASURE_WALKERS) {
        start_walker(self);
        return;
    }
    if (error)
        g_warning("%s", error->message);
    frost_fs_walk_stop(self->walk);

    QgaValue *answer = write_answer(self);
    QgaCall *call = self->call;
    g_clear_pointer(&self->walk, frost_fs_walk_unref);
    qga_call_return(call, answer);
}

static void
on_table_read(void *user, gpointer result, const GError *error)
{
    Kept *self = user;

    if (error) {
        qga_call_fail(self->call, g_error_copy(error));
        return;
    }
    self->walk = result;
    start_walker(self);
}

static void
begin(Kept *self, QgaCall *call, bool is_trim, uint64_t minimum)
{
    const FrostBlockingJob job = {.what = "reading the mount table",
                                  .work = read_table,
                                  .input = GINT_TO_POINTER(self->context->sys->mounts_of),
                                  .result_free = (GDestroyNotify)frost_fs_walk_unref,
                                  .limit_s = TABLE_LIMIT_S,
                                  .done = on_table_read,
                                  .user = self};

    self->call = call;
    self->is_trim = is_trim;
    self->minimum = minimum;
    self->walkers = 0;
    frost_blocking_jobs_run(self->context->jobs, &job);
}

/* Requests ----------------------------------------------------------------------------------- */

static void
get_fsinfo(QgaCall *call, void *user)
{
    if (frost_call_takes_nothing(call))
        begin(user, call, false, 0);
}

static void
fstrim(QgaCall *call, void *user)
{
    const QgaArgs *args = qga_call_args(call);
    int64_t minimum = 0;
    GError *error = NULL;

    if (!qga_args_int_optional(args, "minimum", &minimum, &error) || !qga_args_end(args, &error)) {
        qga_call_fail(call, error);
        return;
    }
    frost_slog("guest-fstrim called");
    begin(user, call, true, (uint64_t)minimum);
}

static gpointer
keep(FrostCommandContext *context)
{
    Kept *self = g_new0(Kept, 1);

    self->context = context;
    return self;
}

static void
forget(gpointer data)
{
    Kept *self = data;

    if (self->walk)
        frost_fs_walk_stop(self->walk);
    frost_fs_walk_unref(self->walk);
    g_free(self);
}

static const QgaCommand commands[] = {
    {"guest-fstrim", QGA_COMMAND_PLAIN, fstrim},
    {"guest-get-fsinfo", QGA_COMMAND_PLAIN, get_fsinfo},
};

const FrostFamily frost_fs_family = {
    .commands = commands, .count = G_N_ELEMENTS(commands), .keep = keep, .forget = forget};
