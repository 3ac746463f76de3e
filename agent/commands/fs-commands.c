/* SPDX-License-Identifier: MIT */

/*
 * guest-get-fsinfo, guest-fstrim (protocol 5)
 */
#include "families.h"

#include <errno.h>

#include "disk-values.h"
#include "filesystems.h"
#include "log.h"

#define TABLE_LIMIT_S 20
/* For the sizes; then those are done without it that hang, a few times. A host waits five seconds
 * by default, and gets the rest sooner than that when nothing hangs. */
#define MEASURE_LIMIT_S 3
#define MEASURE_TOURS 3
/* A large disk takes minutes. */
#define TRIM_LIMIT_S 1800

/* The one request of the family that is under way. */
typedef struct {
    FrostCommandContext *context;
    QgaCall *call;
    bool is_trim;
    uint64_t minimum;
    FrostTour *tour;
    unsigned tours;
} Kept;

/* What is handed to the thread. */
typedef struct {
    FrostTour *tour;
    uint64_t minimum;
} Job;

static void
job_free(gpointer data)
{
    Job *job = data;

    frost_tour_unref(job->tour);
    g_free(job);
}

/* Answers ------------------------------------------------------------------------------------ */

static void
set_space(QgaValue *value, const FrostMounted *mounted)
{
    if (!frost_mounted_is_done(mounted) || mounted->error != 0 || mounted->refusal != 0)
        return;
    qga_value_set(value, "used-bytes", qga_value_new_uint(mounted->space.used));
    qga_value_set(value, "total-bytes", qga_value_new_uint(mounted->space.total));
    qga_value_set(value, "total-bytes-privileged", qga_value_new_uint(mounted->space.privileged));
}

static QgaValue *
info_value(const FrostMounted *mounted)
{
    QgaValue *value = qga_value_new_object();
    QgaValue *disks = qga_value_new_array();

    for (guint i = 0; i < mounted->disks->len; i++)
        qga_value_append(disks, frost_disk_address_value(g_ptr_array_index(mounted->disks, i)));
    qga_value_set(value, "name", qga_value_new_string(mounted->name));
    qga_value_set(value, "mountpoint", qga_value_new_string(mounted->mount_point));
    qga_value_set(value, "type", qga_value_new_string(mounted->type));
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

    qga_value_set(value, "path", qga_value_new_string(mounted->mount_point));
    if (error) {
        qga_value_set(value, "error", qga_value_new_string(error));
    } else {
        qga_value_set(value, "minimum", qga_value_new_uint(mounted->minimum));
        qga_value_set(value, "trimmed", qga_value_new_uint(mounted->trimmed));
    }
    return value;
}

static QgaValue *
write_answer(const Kept *self)
{
    QgaValue *list = qga_value_new_array();

    for (unsigned i = 0; i < frost_tour_length(self->tour); i++) {
        const FrostMounted *mounted = frost_tour_at(self->tour, i);

        qga_value_append(list, self->is_trim ? trim_value(mounted) : info_value(mounted));
    }
    if (!self->is_trim)
        return list;
    QgaValue *answer = qga_value_new_object();
    qga_value_set(answer, "paths", list);
    return answer;
}

/* The way ------------------------------------------------------------------------------------ */

static gpointer
read_table(gpointer input, GError **error)
{
    FrostSys sys = frost_sys_linux();

    sys.mounts_of = GPOINTER_TO_INT(input);
    return frost_tour_new(&sys, "", error);
}

static gpointer
measure(gpointer input, GError **error)
{
    Job *job = input;

    frost_tour_measure(job->tour);
    return job;
}

static gpointer
trim(gpointer input, GError **error)
{
    Job *job = input;

    frost_tour_trim(job->tour, job->minimum);
    return job;
}

static void on_tour_done(void *user, gpointer result, const GError *error);

static void
start_tour(Kept *self)
{
    Job *input = g_new0(Job, 1);

    *input = (Job){.tour = frost_tour_ref(self->tour), .minimum = self->minimum};
    self->tours++;
    const FrostAsideJob job = {.what = self->is_trim ? "trimming" : "measuring the filesystems",
                               .work = self->is_trim ? trim : measure,
                               .input = input,
                               .input_free = job_free,
                               .limit_s = self->is_trim ? TRIM_LIMIT_S : MEASURE_LIMIT_S,
                               .done = on_tour_done,
                               .user = self};
    frost_aside_run(self->context->aside, &job);
}

/* One that hangs costs its own figures only. */
static void
on_tour_done(void *user, gpointer result, const GError *error)
{
    Kept *self = user;

    if (error && error->code == FROST_ASIDE_ERROR_TIMEOUT && !self->is_trim &&
        self->tours < MEASURE_TOURS) {
        start_tour(self);
        return;
    }
    if (error)
        g_warning("%s", error->message);
    frost_tour_stop(self->tour);

    QgaValue *answer = write_answer(self);
    QgaCall *call = self->call;
    g_clear_pointer(&self->tour, frost_tour_unref);
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
    self->tour = result;
    start_tour(self);
}

static void
begin(Kept *self, QgaCall *call, bool is_trim, uint64_t minimum)
{
    const FrostAsideJob job = {.what = "reading the mount table",
                               .work = read_table,
                               .input = GINT_TO_POINTER(self->context->sys->mounts_of),
                               .result_free = (GDestroyNotify)frost_tour_unref,
                               .limit_s = TABLE_LIMIT_S,
                               .done = on_table_read,
                               .user = self};

    self->call = call;
    self->is_trim = is_trim;
    self->minimum = minimum;
    self->tours = 0;
    frost_aside_run(self->context->aside, &job);
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

    if (self->tour)
        frost_tour_stop(self->tour);
    frost_tour_unref(self->tour);
    g_free(self);
}

static const QgaCommand commands[] = {
    {"guest-fstrim", QGA_COMMAND_PLAIN, fstrim},
    {"guest-get-fsinfo", QGA_COMMAND_PLAIN, get_fsinfo},
};

const FrostFamily frost_fs_family = {
    .commands = commands, .count = G_N_ELEMENTS(commands), .keep = keep, .forget = forget};
