/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/time.h>
#include <unistd.h>

#include "rtc.h"

typedef struct {
    FrostMachine machine;
    FrostChildSetting setting;
    GMainContext *context;
    FrostProcess *process;
    FrostProcessDone done;
    void *user;
} Linux;

/* These have init and its helpers. They are searched first, whatever the agent's PATH. */
static const char *const folders[] = {"/sbin", "/usr/sbin", "/bin", "/usr/bin"};

static char *
find(FrostMachine *machine, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(folders[i], name, NULL);

        if (access(path, X_OK) == 0)
            return g_steal_pointer(&path);
    }
    return g_find_program_in_path(name);
}

static void
on_done(void *user, const FrostProcessResult *result)
{
    Linux *self = user;
    FrostProcess *process = g_steal_pointer(&self->process);

    self->done(self->user, result);
    frost_process_free(process);
}

static bool
run(FrostMachine *machine, const char *const *argv, unsigned limit_s, FrostProcessDone done,
    void *user, GError **error)
{
    Linux *self = (Linux *)machine;

    const FrostProcessSpec spec = {.argv = argv,
                                   .setting = &self->setting,
                                   .timeout_s = limit_s,
                                   .done = on_done,
                                   .user = self};

    self->process = frost_process_new(&spec, self->context, error);
    if (!self->process)
        return false;
    self->done = done;
    self->user = user;
    frost_process_go(self->process);
    return true;
}

static void
cancel(FrostMachine *machine)
{
    Linux *self = (Linux *)machine;

    g_clear_pointer(&self->process, frost_process_free);
}

static int
set_clock(FrostMachine *machine, int64_t us_since_epoch)
{
    struct timeval time = {.tv_sec = (time_t)(us_since_epoch / G_USEC_PER_SEC),
                           .tv_usec = (suseconds_t)(us_since_epoch % G_USEC_PER_SEC)};

    return settimeofday(&time, NULL) < 0 ? -errno : 0;
}

static bool
has_rtc(FrostMachine *machine)
{
    return frost_rtc_exists();
}

static int
read_rtc(FrostMachine *machine, int64_t *out_s)
{
    return frost_rtc_read(out_s);
}

static int
write_rtc(FrostMachine *machine, int64_t s)
{
    return frost_rtc_write(s);
}

static int
end(FrostMachine *machine, FrostPowerMode mode)
{
    static const int commands[] = {[FROST_POWER_HALT] = RB_HALT_SYSTEM,
                                   [FROST_POWER_OFF] = RB_POWER_OFF,
                                   [FROST_POWER_REBOOT] = RB_AUTOBOOT};

    sync();
    return reboot(commands[mode]) < 0 ? -errno : 0;
}

#define STATE "/sys/power/state"

/* Reading /sys/power/state lists the states that may be written to it. */
static bool
knows_state(int fd, const char *state)
{
    char text[128];
    ssize_t length = read(fd, text, sizeof text - 1);

    text[MAX(length, 0)] = '\0';
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    return g_strv_contains((const char *const *)words, state);
}

static int
write_state(FrostMachine *machine, const char *state)
{
    int fd = open(STATE, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? -EOPNOTSUPP : -errno;
    int r = -EOPNOTSUPP;
    if (knows_state(fd, state))
        r = write(fd, state, strlen(state)) < 0 ? -errno : 0;
    close(fd);
    return r;
}

static void
destroy(FrostMachine *machine)
{
    g_free(machine);
}

FrostMachine *
frost_machine_linux_new(const FrostChildSetting *setting, GMainContext *context)
{
    Linux *self = g_new0(Linux, 1);

    self->setting = setting ? *setting : frost_child_setting_usual();
    self->context = context;
    self->machine = (FrostMachine){.users = 1,
                                   .find = find,
                                   .run = run,
                                   .cancel = cancel,
                                   .set_clock = set_clock,
                                   .has_rtc = has_rtc,
                                   .read_rtc = read_rtc,
                                   .write_rtc = write_rtc,
                                   .end = end,
                                   .sleep = write_state,
                                   .destroy = destroy};
    return &self->machine;
}
