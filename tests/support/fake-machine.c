/* SPDX-License-Identifier: MIT */
#include "fake-machine.h"

#include <errno.h>
#include <string.h>

#include "source.h"

typedef struct {
    char *name;
    GPtrArray *results; /* of Result; the last one stays */
} Program;

typedef struct {
    int status;
    char *output;
} Result;

struct FakeMachine {
    FrostMachine base;
    GMutex lock; /* the calls that may hang come from threads */
    GString *journal;
    GPtrArray *programs; /* of Program */
    bool fail_run;
    bool hold;
    FakeGate *gate; /* (nullable) */
    int clock_error;
    int rtc_error;
    int end_error;
    int sleep_error;
    int64_t rtc_s;
    bool has_no_rtc;

    /* the program that runs */
    GSource *ended;
    FrostProcessDone done;
    void *user;
    FrostProcessResult result;
    char *output; /* of the result */
};

static void G_GNUC_PRINTF(2, 3) note(FakeMachine *self, const char *format, ...)
{
    va_list args;

    g_mutex_lock(&self->lock);
    va_start(args, format);
    g_string_append_vprintf(self->journal, format, args);
    va_end(args);
    g_string_append_c(self->journal, '\n');
    g_mutex_unlock(&self->lock);
}

static void
result_free(gpointer user)
{
    Result *result = user;

    g_free(result->output);
    g_free(result);
}

static void
program_free(gpointer user)
{
    Program *program = user;

    g_free(program->name);
    g_ptr_array_unref(program->results);
    g_free(program);
}

static Program *
look_up(FakeMachine *self, const char *name)
{
    for (guint i = 0; i < self->programs->len; i++) {
        Program *program = g_ptr_array_index(self->programs, i);

        if (strcmp(program->name, name) == 0)
            return program;
    }
    return NULL;
}

/* The table -------------------------------------------------------------------------------- */

static char *
find(FrostMachine *machine, const char *name)
{
    return look_up((FakeMachine *)machine, name) ? g_strconcat("/sbin/", name, NULL) : NULL;
}

static gboolean
on_ended(gpointer user)
{
    FakeMachine *self = user;

    frost_source_drop(&self->ended);
    self->done(self->user, &self->result);
    return G_SOURCE_REMOVE;
}

static bool
run(FrostMachine *machine, const char *const *argv, unsigned limit_s, FrostProcessDone done,
    void *user, GError **error)
{
    FakeMachine *self = (FakeMachine *)machine;
    g_autofree char *words = g_strjoinv(" ", (char **)argv);

    note(self, "run %s", words);
    if (self->fail_run) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "no process can be made");
        return false;
    }

    Program *program = look_up(self, argv[0] + strlen("/sbin/"));
    const Result *result = g_ptr_array_index(program->results, 0);
    self->done = done;
    self->user = user;
    g_free(self->output);
    self->output = g_strdup(result->output);
    self->result = (FrostProcessResult){.wait_status = result->status << 8,
                                        .output = self->output,
                                        .output_length = strlen(self->output)};
    if (!self->hold)
        self->ended = frost_source_now(NULL, on_ended, self);
    if (program->results->len > 1)
        g_ptr_array_remove_index(program->results, 0);
    return true;
}

static void
cancel(FrostMachine *machine)
{
    FakeMachine *self = (FakeMachine *)machine;

    note(self, "cancel");
    frost_source_drop(&self->ended);
}

static int
set_clock(FrostMachine *machine, int64_t us_since_epoch)
{
    FakeMachine *self = (FakeMachine *)machine;

    note(self, "clock %" G_GINT64_FORMAT, us_since_epoch);
    return self->clock_error;
}

static bool
has_rtc(FrostMachine *machine)
{
    return !((FakeMachine *)machine)->has_no_rtc;
}

static int
read_rtc(FrostMachine *machine, int64_t *out_s)
{
    FakeMachine *self = (FakeMachine *)machine;

    note(self, "rtc read");
    *out_s = self->rtc_s;
    return self->rtc_error;
}

static int
write_rtc(FrostMachine *machine, int64_t s)
{
    FakeMachine *self = (FakeMachine *)machine;

    note(self, "rtc write");
    return self->rtc_error;
}

static void
wait_for_gate(FakeGate *gate)
{
    if (!gate)
        return;
    g_mutex_lock(&gate->lock);
    gate->is_reached = true;
    g_cond_broadcast(&gate->changed);
    while (!gate->is_open)
        g_cond_wait(&gate->changed, &gate->lock);
    g_mutex_unlock(&gate->lock);
}

static int
end(FrostMachine *machine, FrostPowerMode mode)
{
    FakeMachine *self = (FakeMachine *)machine;

    wait_for_gate(self->gate);
    note(self, "end %d", (int)mode);
    return self->end_error;
}

static int
fall_asleep(FrostMachine *machine, const char *state)
{
    FakeMachine *self = (FakeMachine *)machine;

    note(self, "sleep %s", state);
    return self->sleep_error;
}

static void
tell_gone(FakeGate *gate)
{
    g_mutex_lock(&gate->lock);
    gate->is_gone = true;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
}

static void
destroy(FrostMachine *machine)
{
    FakeMachine *self = (FakeMachine *)machine;
    FakeGate *gate = self->gate;

    g_ptr_array_unref(self->programs);
    g_free(self->output);
    g_string_free(self->journal, TRUE);
    g_mutex_clear(&self->lock);
    g_free(self);
    if (gate)
        tell_gone(gate);
}

/* The test's side -------------------------------------------------------------------------- */

FakeMachine *
fake_machine_new(void)
{
    FakeMachine *self = g_new0(FakeMachine, 1);

    g_mutex_init(&self->lock);
    self->journal = g_string_new(NULL);
    self->programs = g_ptr_array_new_with_free_func(program_free);
    self->base = (FrostMachine){.users = 1,
                                .find = find,
                                .run = run,
                                .cancel = cancel,
                                .set_clock = set_clock,
                                .has_rtc = has_rtc,
                                .read_rtc = read_rtc,
                                .write_rtc = write_rtc,
                                .end = end,
                                .sleep = fall_asleep,
                                .destroy = destroy};
    return self;
}

void
fake_machine_free(FakeMachine *self)
{
    frost_source_drop(&self->ended);
    frost_machine_unref(&self->base);
}

void
fake_machine_stop_end_at(FakeMachine *self, FakeGate *gate)
{
    self->gate = gate;
}

static bool
gate_wait(FakeGate *gate, const bool *what)
{
    gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    bool in_time = true;

    g_mutex_lock(&gate->lock);
    while (!*what && in_time)
        in_time = g_cond_wait_until(&gate->changed, &gate->lock, deadline);
    bool is_so = *what;
    g_mutex_unlock(&gate->lock);
    return is_so;
}

bool
fake_gate_is_reached(FakeGate *gate)
{
    return gate_wait(gate, &gate->is_reached);
}

bool
fake_gate_is_gone(FakeGate *gate)
{
    return gate_wait(gate, &gate->is_gone);
}

void
fake_gate_open(FakeGate *gate)
{
    g_mutex_lock(&gate->lock);
    gate->is_open = true;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
}

FrostMachine *
fake_machine_get(FakeMachine *self)
{
    return &self->base;
}

void
fake_machine_add_program(FakeMachine *self, const char *name, int status, const char *output)
{
    Program *program = look_up(self, name);
    Result *result = g_new0(Result, 1);

    if (!program) {
        program = g_new0(Program, 1);
        program->name = g_strdup(name);
        program->results = g_ptr_array_new_with_free_func(result_free);
        g_ptr_array_add(self->programs, program);
    }
    result->status = status;
    result->output = g_strdup(output);
    g_ptr_array_add(program->results, result);
}

void
fake_machine_fail_run(FakeMachine *self)
{
    self->fail_run = true;
}

void
fake_machine_hold(FakeMachine *self)
{
    self->hold = true;
}

void
fake_machine_fail_clock(FakeMachine *self, int error)
{
    self->clock_error = -error;
}

void
fake_machine_remove_rtc(FakeMachine *self)
{
    self->has_no_rtc = true;
}

void
fake_machine_fail_rtc(FakeMachine *self, int error)
{
    self->rtc_error = -error;
}

void
fake_machine_fail_end(FakeMachine *self, int error)
{
    self->end_error = -error;
}

void
fake_machine_fail_sleep(FakeMachine *self, int error)
{
    self->sleep_error = -error;
}

void
fake_machine_set_rtc(FakeMachine *self, int64_t s)
{
    self->rtc_s = s;
}

char *
fake_machine_journal(FakeMachine *self)
{
    g_mutex_lock(&self->lock);
    char *journal = g_strdup(self->journal->str);
    g_mutex_unlock(&self->lock);
    return journal;
}
