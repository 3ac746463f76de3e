/* SPDX-License-Identifier: MIT */
#include "freezer-process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "course.h"
#include "crew.h"
#include "freezer-wire.h"
#include "ledger.h"
#include "recovery.h"

/* How long a thaw waits for what is still inside FIFREEZE before it answers without it. */
#define ABANDONED_WAIT_US (5 * 1000 * 1000)

typedef struct {
    FrostLedger ledger;
    FrostCrew crew;
    FrostCourse course;
    int command_fd; /* -1 once the agent is gone */
    int signal_fd;
    bool finished;         /* the agent needs us no more, or is gone */
    bool released;         /* told to thaw by a signal: nothing new is begun */
    int64_t thaw_until_us; /* 0: no thaw waits */
} Freezer;

static void
say(const Freezer *self, const FrostWire *wire)
{
    if (self->command_fd >= 0)
        send(self->command_fd, wire, sizeof *wire, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* After a thaw: what did not go as it should, if anything. */
static void
find_unthawed(const Freezer *self, FrostWire *wire)
{
    const FrostLedgerData *data = self->ledger.data;

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        FrostFsState state = (FrostFsState)atomic_load(&data->filesystems[i].state);

        if (state == FROST_FS_STUCK || state == FROST_FS_LOST || state == FROST_FS_ABANDONED) {
            wire->culprit = (int32_t)i;
            wire->error = atomic_load(&data->filesystems[i].error);
            return;
        }
    }
}

static void
tell(Freezer *self, FrostCourseNews news)
{
    FrostWire wire = {.culprit = -1};

    switch (news) {
    case FROST_COURSE_PENDING:
        return;
    case FROST_COURSE_SYNCED:
        wire.kind = FROST_WIRE_SYNCED;
        break;
    case FROST_COURSE_FROZEN:
        wire.kind = FROST_WIRE_FROZEN;
        wire.count = frost_ledger_count(&self->ledger, FROST_FS_FROZEN);
        break;
    case FROST_COURSE_THAWED:
        wire.kind = FROST_WIRE_THAWED;
        wire.count = frost_ledger_count(&self->ledger, FROST_FS_THAWED);
        find_unthawed(self, &wire);
        break;
    case FROST_COURSE_FAILED:
        wire.kind = FROST_WIRE_FAILED;
        wire.culprit = self->course.culprit;
        wire.error = self->course.error;
        break;
    }
    self->thaw_until_us = 0;
    say(self, &wire);
}

static int64_t
now_us(Freezer *self)
{
    return self->crew.sys->boottime_us(self->crew.sys);
}

static void
thaw(Freezer *self)
{
    self->thaw_until_us = now_us(self) + ABANDONED_WAIT_US;
    frost_course_thaw(&self->course);
}

static void
agent_is_gone(Freezer *self)
{
    close(self->command_fd);
    self->command_fd = -1;
    self->finished = true;
    thaw(self);
}

/* After a signal the THAWED on its way is the answer to whatever is still asked, but for a thaw:
 * the agent could not know yet. */
static void
carry_out(Freezer *self, FrostWireKind kind)
{
    switch (kind) {
    case FROST_WIRE_SYNC:
        if (!self->released)
            frost_course_sync(&self->course);
        break;
    case FROST_WIRE_FREEZE:
        if (!self->released)
            frost_course_freeze(&self->course);
        break;
    case FROST_WIRE_THAW:
        thaw(self);
        break;
    case FROST_WIRE_FINISH:
        self->finished = true;
        if (frost_ledger_count(&self->ledger, FROST_FS_FROZEN) > 0)
            thaw(self); /* there is no way out that leaves something frozen */
        break;
    case FROST_WIRE_READY:
    case FROST_WIRE_SYNCED:
    case FROST_WIRE_FROZEN:
    case FROST_WIRE_THAWED:
    case FROST_WIRE_FAILED:
        break;
    }
}

static void
obey(Freezer *self)
{
    FrostWire wire;
    ssize_t n = recv(self->command_fd, &wire, sizeof wire, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n != sizeof wire) {
        agent_is_gone(self);
        return;
    }
    carry_out(self, (FrostWireKind)wire.kind);
}

static void
take_signal(Freezer *self)
{
    struct signalfd_siginfo info;

    if (read(self->signal_fd, &info, sizeof info) != sizeof info || self->finished)
        return;
    self->released = true;
    thaw(self);
}

/* Nobody waits for us any more, and nothing of ours is held or about to be. */
static bool
may_leave(const Freezer *self)
{
    return self->finished && self->course.aim == FROST_AIM_REST &&
           !frost_course_has_abandoned(&self->course) && !frost_course_is_thawing(&self->course);
}

/* Only what is abandoned is left to wait for; a FITHAW under way rings when it ends. */
static bool
waits_for_abandoned(const Freezer *self)
{
    return self->course.aim == FROST_AIM_THAW && frost_course_has_abandoned(&self->course) &&
           !frost_course_is_thawing(&self->course);
}

static int
poll_timeout_ms(Freezer *self)
{
    if (self->thaw_until_us == 0 || !waits_for_abandoned(self))
        return -1;
    int64_t left = self->thaw_until_us - now_us(self);
    return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

static void
serve(Freezer *self)
{
    struct pollfd fds[] = {
        {.fd = self->command_fd, .events = POLLIN},
        {.fd = self->signal_fd, .events = POLLIN},
        {.fd = self->crew.bell, .events = POLLIN},
    };
    eventfd_t rung;

    if (poll(fds, G_N_ELEMENTS(fds), poll_timeout_ms(self)) < 0)
        return;
    if (fds[0].revents)
        obey(self);
    if (fds[1].revents)
        take_signal(self);
    if (fds[2].revents)
        eventfd_read(self->crew.bell, &rung);
    tell(self, frost_course_advance(&self->course));
    /* Also a failed freeze thaws, and waits no longer than one that was asked for. */
    if (self->course.aim == FROST_AIM_THAW && self->thaw_until_us == 0)
        self->thaw_until_us = now_us(self) + ABANDONED_WAIT_US;
    if (self->thaw_until_us != 0 && now_us(self) >= self->thaw_until_us &&
        waits_for_abandoned(self))
        tell(self, frost_course_stop_waiting(&self->course));
}

static void
write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) < 0) {
        /* Without the right to it we are killed like anybody else. */
    }
    close(fd);
}

/* What keeps this process alive and away from the disk. Each is a help, none a condition. */
static void
protect(void)
{
    setsid();
    write_file("/proc/self/oom_score_adj", "-1000");
    prctl(PR_SET_DUMPABLE, 0);
#ifdef MCL_ONFAULT
    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
#endif
}

static int
block_signals(void)
{
    sigset_t all;
    sigset_t term;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Came without the flag over one exec; must not go over the next one. */
static void
keep_descriptors_to_ourselves(const Freezer *self)
{
    fcntl(self->command_fd, F_SETFD, FD_CLOEXEC);
    for (uint32_t i = 0; i < atomic_load(&self->ledger.data->count); i++)
        fcntl(self->ledger.data->filesystems[i].fd, F_SETFD, FD_CLOEXEC);
}

static bool
hook_is_owed_a_thaw(const Freezer *self)
{
    return atomic_load(&self->ledger.data->hook_state) != FROST_HOOK_IDLE;
}

int
frost_freezer_process(FrostSys sys, int command_fd, int ledger_fd)
{
    Freezer state = {.command_fd = command_fd, .signal_fd = block_signals()};
    Freezer *self = &state;

    protect();
    if (self->signal_fd < 0 || frost_ledger_map(&self->ledger, ledger_fd) < 0)
        return EXIT_FAILURE;
    keep_descriptors_to_ourselves(self);

    self->crew.sys = &sys;
    self->crew.ledger = self->ledger.data;
    self->crew.command_fd = command_fd;
    self->crew.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->crew.bell < 0 ||
        frost_crew_start(&self->crew, atomic_load(&self->ledger.data->count)) < 0)
        return EXIT_FAILURE;
    frost_course_init(&self->course, &self->crew);

    say(self, &(FrostWire){.kind = FROST_WIRE_READY, .culprit = -1});
    while (!may_leave(self))
        serve(self);

    bool alone = self->command_fd < 0;
    if (alone && hook_is_owed_a_thaw(self))
        frost_recovery_become(ledger_fd);
    if (alone)
        frost_ledger_end(&self->ledger);
    /* Not by return: the crew's threads live on this stack until the process ends. */
    _exit(EXIT_SUCCESS);
}
