/* SPDX-License-Identifier: MIT */
#include "planner.h"

#include "blocking-jobs.h"
#include "descriptor-pass.h"
#include "kept-lines.h"

G_DEFINE_QUARK(frost_planner_error, frost_planner_error)

/* What the thread works with. Shared by both sides, and freed by the last one; the sockets are
 * closed by the main loop, for the thread has a table of its own. */
typedef struct {
    FrostSys sys; /* first: its calls find the rest by it; notes the look-ups */
    int (*open_mount)(FrostSys *self, const char *path);
    GMutex lock;
    char *path;     /* the look-up under way; NULL: none */
    int sockets[2]; /* the main loop's end and the thread's; a negative errno: there is no pair */
    bool given_up;
    FrostPlanMode mode;
    bool all_namespaces;
    char **include;
    char **exclude;
    char **mount_points;
} Order;

/* What comes back. */
typedef struct {
    FrostPlan *plan;        /* NULL: see error */
    GPtrArray *handed_over; /* of the plan's FrostFilesystem: its descriptor is in the socket */
    GError *error;
    FrostKeptLines *said;
} Outcome;

typedef struct {
    FrostPlanner base;
    FrostSys *sys;
    FrostBlockingJobs *jobs;
    FrostReopener *reopener;
    unsigned limit_s;
    GQueue orders; /* of Order: done in this order; all but the last one are given up */
    FrostPlanned planned;
    void *user;
} Planner;

static void
order_clear(gpointer data)
{
    Order *order = data;

    g_mutex_clear(&order->lock);
    g_free(order->path);
    g_strfreev(order->include);
    g_strfreev(order->exclude);
    g_strfreev(order->mount_points);
}

static void
order_unref(gpointer data)
{
    g_atomic_rc_box_release_full(data, order_clear);
}

/* The thread ----------------------------------------------------------------------------------- */

static void
note(Order *order, const char *path)
{
    g_mutex_lock(&order->lock);
    g_free(order->path);
    order->path = g_strdup(path);
    g_mutex_unlock(&order->lock);
}

static int
open_mount_noted(FrostSys *sys, const char *path)
{
    Order *order = (Order *)sys;

    note(order, path);
    int fd = order->open_mount(sys, path);
    note(order, NULL);
    return fd;
}

/* The plan's descriptors are open in this thread's table only, which ends with it. */
static bool
hand_over(Outcome *outcome, int socket, GError **error)
{
    GPtrArray *filesystems = outcome->plan->filesystems;
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < filesystems->len; i++) {
        FrostFilesystem *fs = filesystems->pdata[i];

        if (fs->fd < 0)
            continue;
        g_array_append_val(fds, fs->fd);
        g_ptr_array_add(outcome->handed_over, fs);
        fs->fd = -1;
    }
    int r = socket < 0 ? socket : frost_descriptors_send(socket, (const int *)fds->data, fds->len);
    if (r < 0)
        g_set_error(error, FROST_PLANNER_ERROR, FROST_PLANNER_ERROR_HAND_OVER,
                    "the opened mount points cannot be passed on: %s", g_strerror(-r));
    return r == 0;
}

static void
outcome_free(gpointer data)
{
    Outcome *outcome = data;

    g_clear_pointer(&outcome->plan, frost_plan_free);
    g_ptr_array_unref(outcome->handed_over);
    g_clear_error(&outcome->error);
    frost_kept_lines_free(outcome->said);
    g_free(outcome);
}

static gpointer
make_plan(gpointer input, GError **error)
{
    Order *order = input;
    const FrostPlanFilter filter = {.include = (const char *const *)order->include,
                                    .exclude = (const char *const *)order->exclude,
                                    .mount_points = (const char *const *)order->mount_points,
                                    .mode = order->mode,
                                    .all_namespaces = order->all_namespaces};
    Outcome *outcome = g_new0(Outcome, 1);

    outcome->handed_over = g_ptr_array_new();
    frost_kept_lines_begin();
    outcome->plan = frost_plan_new(&order->sys, &filter, &outcome->error);
    if (outcome->plan && !hand_over(outcome, order->sockets[1], &outcome->error))
        g_clear_pointer(&outcome->plan, frost_plan_free);
    outcome->said = frost_kept_lines_end();
    return outcome;
}

/* The main loop -------------------------------------------------------------------------------- */

/* Of the main loop's reference. */
static void
end_order(gpointer data)
{
    Order *order = data;

    frost_descriptors_close_pair(order->sockets);
    order_unref(order);
}

/* Takes @outcome. (nullable): the plan; else @error is set. */
static FrostPlan *
take_over(const Planner *self, const Order *order, Outcome *outcome, GError **error)
{
    g_autoptr(FrostPlan) plan = g_steal_pointer(&outcome->plan);
    g_autoptr(GPtrArray) filesystems = g_ptr_array_ref(outcome->handed_over);
    g_autofree int *fds = g_new(int, filesystems->len);

    frost_kept_lines_log(outcome->said);
    if (!plan)
        g_propagate_error(error, g_steal_pointer(&outcome->error));
    outcome_free(outcome);
    if (!plan)
        return NULL;
    int r = frost_descriptors_receive(order->sockets[0], fds, filesystems->len);
    if (r < 0) {
        g_set_error(error, FROST_PLANNER_ERROR, FROST_PLANNER_ERROR_HAND_OVER,
                    "the opened mount points cannot be taken over: %s", g_strerror(-r));
        return NULL;
    }
    for (guint i = 0; i < filesystems->len; i++)
        ((FrostFilesystem *)filesystems->pdata[i])->fd = fds[i];
    plan->sys = self->sys;
    return g_steal_pointer(&plan);
}

static GError *
hang_error(Order *order, unsigned limit_s, const GError *error)
{
    g_mutex_lock(&order->lock);
    g_autofree char *path = g_strdup(order->path);
    g_mutex_unlock(&order->lock);

    if (!path)
        return g_error_copy(error);
    return g_error_new(FROST_PLANNER_ERROR, FROST_PLANNER_ERROR_HANGS,
                       "looking up %s has not come back within %u seconds: the server of a mount "
                       "above it may be gone; unmount it, or exclude %s",
                       path, limit_s, path);
}

static void
on_done(void *user, gpointer result, const GError *error)
{
    Planner *self = user;
    Order *order = g_queue_pop_head(&self->orders);
    bool given_up = order->given_up;
    g_autoptr(GError) why = NULL;
    g_autoptr(FrostPlan) plan = NULL;

    if (result && given_up)
        outcome_free(result);
    else if (result)
        plan = take_over(self, order, result, &why);
    else
        why = hang_error(order, self->limit_s, error);
    end_order(order);
    if (!given_up)
        self->planned(self->user, g_steal_pointer(&plan), why);
}

static Order *
order_new(const Planner *self, const FrostPlanFilter *filter)
{
    Order *order = g_atomic_rc_box_new0(Order);

    order->sys = *self->sys;
    order->open_mount = order->sys.open_mount;
    order->sys.open_mount = open_mount_noted;
    g_mutex_init(&order->lock);
    /* Without a pair there is nothing to pass descriptors through: the thread says so. */
    frost_descriptors_open_pair(order->sockets);
    order->mode = filter->mode;
    order->all_namespaces = filter->all_namespaces;
    order->include = g_strdupv((char **)filter->include);
    order->exclude = g_strdupv((char **)filter->exclude);
    order->mount_points = g_strdupv((char **)filter->mount_points);
    return order;
}

static void
plan(FrostPlanner *base, const FrostPlanFilter *filter, FrostPlanned planned, void *user)
{
    Planner *self = (Planner *)base;

    self->planned = planned;
    self->user = user;
    Order *order = order_new(self, filter);
    g_queue_push_tail(&self->orders, order);
    const FrostBlockingJob job = {.what = "planning the freeze",
                                  .work = make_plan,
                                  .input = g_atomic_rc_box_acquire(order),
                                  .input_free = order_unref,
                                  .result_free = outcome_free,
                                  .keep = order->sockets[1],
                                  .limit_s = self->limit_s,
                                  .done = on_done,
                                  .user = self};
    frost_blocking_jobs_run(self->jobs, &job);
}

static void
reopen(FrostPlanner *base, const FrostReopenerWish *wish, unsigned limit_s, FrostReopened reopened,
       void *user)
{
    frost_reopener_open(((Planner *)base)->reopener, wish, limit_s, reopened, user);
}

static void
give_up(FrostPlanner *base)
{
    Planner *self = (Planner *)base;
    Order *last = g_queue_peek_tail(&self->orders);

    if (last)
        last->given_up = true;
    frost_reopener_give_up(self->reopener);
}

static void
planner_free(FrostPlanner *base)
{
    Planner *self = (Planner *)base;

    frost_reopener_free(self->reopener);
    frost_blocking_jobs_free(self->jobs);
    g_queue_clear_full(&self->orders, end_order);
    g_free(self);
}

FrostPlanner *
frost_planner_new_with(FrostSys *sys, GMainContext *context, unsigned limit_s)
{
    Planner *self = g_new0(Planner, 1);

    self->base =
        (FrostPlanner){.plan = plan, .reopen = reopen, .give_up = give_up, .free = planner_free};
    self->sys = sys;
    self->jobs = frost_blocking_jobs_new(context);
    self->reopener = frost_reopener_new(sys, context);
    self->limit_s = limit_s;
    g_queue_init(&self->orders);
    return &self->base;
}

FrostPlanner *
frost_planner_new(FrostSys *sys, GMainContext *context)
{
    return frost_planner_new_with(sys, context, FROST_PLANNER_LIMIT_S);
}
