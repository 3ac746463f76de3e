/* SPDX-License-Identifier: MIT */
#include "reopener.h"

#include <errno.h>

#include "blocking-jobs.h"
#include "descriptor-pass.h"
#include "kept-lines.h"
#include "plan-reopen.h"

/* Shared by the main loop and the thread, and freed by the last one. The sockets are closed by the
 * main loop: the thread has a table of its own. */
typedef struct {
    FrostSys sys;
    dev_t mount_dev;
    dev_t device;
    char *fs_type;
    int sockets[2]; /* the main loop's end and the thread's; a negative errno: there is no pair */
    int result;     /* of the thread: 0, or a negative errno */
    bool given_up;
} Order;

struct FrostReopener {
    const FrostSys *sys;
    FrostBlockingJobs *jobs;
    GQueue orders; /* of Order: done in this order; all but the last one are given up */
    FrostReopened reopened;
    void *user;
};

static void
order_clear(gpointer data)
{
    Order *order = data;

    g_free(order->fs_type);
}

static void
order_unref(gpointer data)
{
    g_atomic_rc_box_release_full(data, order_clear);
}

/* The thread ----------------------------------------------------------------------------------- */

static int
pass_on(Order *order, int fd)
{
    int socket = order->sockets[1];
    int r = socket < 0 ? socket : frost_descriptors_send(socket, &fd, 1);

    order->sys.close(&order->sys, fd);
    return r;
}

/* Returns what was logged. */
static gpointer
reopen(gpointer input, GError **error)
{
    Order *order = input;
    FrostSys *sys = &order->sys;

    frost_kept_lines_begin();
    int fd = frost_plan_reopen(sys, order->mount_dev, order->device);
    if (fd == -ENOENT) /* unmounted meanwhile, or hidden (K14) */
        fd = sys->open_unmounted(sys, order->device, order->fs_type);
    order->result = fd < 0 ? fd : pass_on(order, fd);
    return frost_kept_lines_end();
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

static void
free_lines(gpointer lines)
{
    frost_kept_lines_free(lines);
}

static int
why_of(const GError *error)
{
    return g_error_matches(error, FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_TIMEOUT) ? -ETIMEDOUT
                                                                                      : -EAGAIN;
}

static void
on_done(void *user, gpointer result, const GError *error)
{
    FrostReopener *self = user;
    Order *order = g_queue_pop_head(&self->orders);
    bool given_up = order->given_up;
    int fd = error ? why_of(error) : order->result;

    if (result)
        frost_kept_lines_log(result);
    frost_kept_lines_free(result);
    if (fd == 0 && !given_up) {
        int r = frost_descriptors_receive(order->sockets[0], &fd, 1);

        fd = r < 0 ? r : fd;
    }
    end_order(order);
    if (!given_up)
        self->reopened(self->user, fd);
}

void
frost_reopener_open(FrostReopener *self, const FrostReopenerWish *wish, unsigned limit_s,
                    FrostReopened reopened, void *user)
{
    Order *order = g_atomic_rc_box_new0(Order);

    self->reopened = reopened;
    self->user = user;
    order->sys = *self->sys;
    order->mount_dev = wish->mount_dev;
    order->device = wish->device;
    order->fs_type = g_strdup(wish->fs_type);
    frost_descriptors_open_pair(order->sockets);
    g_queue_push_tail(&self->orders, order);
    const FrostBlockingJob job = {.what = "opening what was left frozen",
                                  .work = reopen,
                                  .input = g_atomic_rc_box_acquire(order),
                                  .input_free = order_unref,
                                  .keep = order->sockets[1],
                                  .result_free = free_lines,
                                  .limit_s = limit_s,
                                  .done = on_done,
                                  .user = self};
    frost_blocking_jobs_run(self->jobs, &job);
}

void
frost_reopener_give_up(FrostReopener *self)
{
    Order *last = g_queue_peek_tail(&self->orders);

    if (last)
        last->given_up = true;
}

FrostReopener *
frost_reopener_new(const FrostSys *sys, GMainContext *context)
{
    FrostReopener *self = g_new0(FrostReopener, 1);

    self->sys = sys;
    self->jobs = frost_blocking_jobs_new(context);
    g_queue_init(&self->orders);
    return self;
}

void
frost_reopener_free(FrostReopener *self)
{
    if (!self)
        return;
    frost_blocking_jobs_free(self->jobs);
    g_queue_clear_full(&self->orders, end_order);
    g_free(self);
}
