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
#include <sys/timerfd.h>
#include <unistd.h>

#include "course.h"
#include "crew.h"
#include "freezer-wire.h"
#include "ledger.h"
#include "process.h"
#include "recovery.h"
#include "stop.h"

#define THAW_WAIT_US (FROST_THAW_WAIT_MS * 1000)

typedef struct {
    FrostLedger ledger;
    FrostCrew crew;
    FrostCourse course;
    pid_t pid;
    int command_fd; /* -1 once the agent is gone */
    int signal_fd;
    int timer_fd;          /* CLOCK_BOOTTIME: goes on while the guest is suspended */
    int64_t armed_us;      /* when it rings; 0: never */
    bool finished;         /* the agent needs us no more, or is gone */
    bool late;             /* finished while something was held: the ledger is ours to end */
    bool released;         /* told to thaw by a signal: nothing new is begun */
    int64_t thaw_until_us; /* 0: no thaw waits to be answered */
    bool told;             /* answered before it was done: its end is no news */
} Freezer;

static void
say(const Freezer *self, const FrostWire *wire)
{
    if (self->command_fd >= 0)
        frost_wire_send(self->command_fd, wire);
}

/* After a thaw: what did not go as it should, if anything; what is still held before what was not
 * held any more. */
static void
find_unthawed(const Freezer *self, FrostWire *wire)
{
    const FrostLedgerData *data = self->ledger.data;
    const FrostLedgerFs *fs = frost_ledger_find_held(&self->ledger);

    for (uint32_t i = 0; !fs && i < atomic_load(&data->count); i++) {
        if (atomic_load(&data->filesystems[i].state) == FROST_FS_LOST)
            fs = &data->filesystems[i];
    }
    if (!fs)
        return;
    wire->culprit = (int32_t)(fs - data->filesystems);
    wire->error = atomic_load(&fs->error);
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
        frost_stop_point("freezer", "all-frozen");
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

/* What held until now, and is not ended by the host's own word, is owed an explanation. */
static void
note_release(Freezer *self, FrostRelease cause)
{
    FrostLedgerData *data = self->ledger.data;
    uint32_t none = FROST_RELEASE_NONE;

    atomic_compare_exchange_strong(&data->release, &none, cause);
    cause = (FrostRelease)atomic_load(&data->release);
    if (cause != FROST_RELEASE_HOST && frost_course_holds(&self->course))
        atomic_store(&data->owed, cause);
}

static void
thaw(Freezer *self, FrostRelease cause)
{
    note_release(self, cause);
    say(self, &(FrostWire){.kind = FROST_WIRE_THAWING, .culprit = -1});
    self->thaw_until_us = now_us(self) + THAW_WAIT_US;
    frost_course_thaw(&self->course);
}

static void
agent_is_gone(Freezer *self)
{
    close(self->command_fd);
    self->command_fd = -1;
    self->finished = true;
    thaw(self, FROST_RELEASE_AGENT_LOST);
}

/* There is no way out that leaves something frozen. */
static void
finish(Freezer *self)
{
    self->finished = true;
    self->late = frost_ledger_held(&self->ledger) > 0;
    if (frost_course_holds(&self->course))
        thaw(self, FROST_RELEASE_HOST);
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
        frost_stop_point("freezer", "thaw-asked");
        thaw(self, FROST_RELEASE_HOST);
        break;
    case FROST_WIRE_FINISH:
        finish(self);
        break;
    case FROST_WIRE_READY:
    case FROST_WIRE_SYNCED:
    case FROST_WIRE_FROZEN:
    case FROST_WIRE_THAWED:
    case FROST_WIRE_FAILED:
    case FROST_WIRE_THAWING:
        break;
    }
}

static void
obey(Freezer *self)
{
    FrostWire wire;
    ssize_t n = recv(self->command_fd, &wire, sizeof wire, MSG_DONTWAIT);

    /* A moment's trouble is not the other's end; a line that is none at all is. */
    if (n < 0 && errno != ECONNRESET && errno != EBADF && errno != ENOTSOCK)
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
    bool by_person = info.ssi_code == SI_QUEUE && info.ssi_int == FROST_OPERATOR_SIGNAL_VALUE;
    self->released = true;
    thaw(self, by_person ? FROST_RELEASE_OPERATOR : FROST_RELEASE_SIGNAL);
}

/* Nobody waits for us any more, and nothing of ours is held or about to be. */
static bool
may_leave(const Freezer *self)
{
    return self->finished && self->course.aim == FROST_AIM_REST &&
           !frost_course_has_abandoned(&self->course) && !frost_course_is_thawing(&self->course);
}

static void
arm(Freezer *self, int64_t when_us)
{
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(when_us / 1000000),
                                           .tv_nsec = (long)(when_us % 1000000) * 1000}};

    if (when_us != self->armed_us &&
        timerfd_settime(self->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0)
        self->armed_us = when_us;
}

/* A thaw is answered in time, with the names of what is still pending; what is pending is thawed
 * all the same. */
static void
answer_thaw_early(Freezer *self)
{
    bool failed = self->course.culprit >= 0;

    if (self->course.aim == FROST_AIM_THAW)
        tell(self, failed ? FROST_COURSE_FAILED : FROST_COURSE_THAWED);
    self->thaw_until_us = 0;
    self->told = true;
}

static void
look_at_clock(Freezer *self)
{
    int64_t now = now_us(self);
    int64_t deadline = frost_course_deadline(&self->course);
    uint64_t rings;

    if (read(self->timer_fd, &rings, sizeof rings) < 0 && errno != EAGAIN)
        return;
    if (deadline != 0 && now >= deadline) {
        if (frost_course_holds(&self->course))
            thaw(self, FROST_RELEASE_DEADLINE);
        else
            tell(self, frost_course_expire(&self->course));
    }
    if (self->thaw_until_us != 0 && now >= self->thaw_until_us)
        answer_thaw_early(self);
}

static void
advance(Freezer *self)
{
    FrostCourseNews news = frost_course_advance(&self->course);

    if (news != FROST_COURSE_PENDING && self->told)
        self->told = false;
    else
        tell(self, news);
    /* Also a failed freeze thaws, and waits no longer than one that was asked for. */
    if (self->course.aim == FROST_AIM_THAW && self->thaw_until_us == 0 && !self->told) {
        say(self, &(FrostWire){.kind = FROST_WIRE_THAWING, .culprit = -1});
        self->thaw_until_us = now_us(self) + THAW_WAIT_US;
    }
}

static void
serve(Freezer *self)
{
    struct pollfd fds[] = {
        {.fd = self->command_fd, .events = POLLIN},
        {.fd = self->signal_fd, .events = POLLIN},
        {.fd = self->crew.bell, .events = POLLIN},
        {.fd = self->timer_fd, .events = POLLIN},
    };
    int64_t deadline = frost_course_deadline(&self->course);
    eventfd_t rung;

    arm(self, self->thaw_until_us != 0 ? self->thaw_until_us : deadline);
    if (poll(fds, G_N_ELEMENTS(fds), -1) < 0)
        return;
    if (fds[0].revents)
        obey(self);
    if (fds[1].revents)
        take_signal(self);
    if (fds[2].revents)
        eventfd_read(self->crew.bell, &rung);
    if (fds[3].revents) {
        advance(self); /* what has ended by now is not late */
        look_at_clock(self);
    }
    advance(self);
}

/* 0, or an errno. */
static int
write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return errno;
    int why = write(fd, text, strlen(text)) < 0 ? errno : 0;
    close(fd);
    return why;
}

static int
lock_memory(void)
{
#ifdef MCL_ONFAULT
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? errno : 0;
#else
    return ENOSYS;
#endif
}

/* What keeps this process alive and away from the disk. Each is a help, none a condition: whoever
 * must do without it says so (lacks.h). The file under /proc is root's once we are not dumpable. */
static void
protect(FrostLedgerData *ledger)
{
    setsid();
    atomic_store(&ledger->lacks[FROST_LACK_OOM_PROTECTION],
                 write_file("/proc/self/oom_score_adj", "-1000"));
    prctl(PR_SET_DUMPABLE, 0);
    atomic_store(&ledger->lacks[FROST_LACK_LOCKED_MEMORY], lock_memory());
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
    if (self->ledger.data->expedite_fd > STDERR_FILENO)
        fcntl(self->ledger.data->expedite_fd, F_SETFD, FD_CLOEXEC);
    fcntl(self->command_fd, F_SETFD, FD_CLOEXEC);
    for (uint32_t i = 0; i < atomic_load(&self->ledger.data->count); i++)
        fcntl(self->ledger.data->filesystems[i].fd, F_SETFD, FD_CLOEXEC);
}

/* So that it can be asked to thaw by whoever only has the ledger. */
static void
sign(const Freezer *self)
{
    atomic_store(&self->ledger.data->freezer_start, frost_process_start_time(getpid()));
    atomic_store(&self->ledger.data->freezer_pid, getpid());
}

/* Whoever signed last has the say. One that was given up, and lives on for whatever reason, must
 * not thaw what a later freeze holds by the same ledger. */
static bool
is_ours(const Freezer *self)
{
    return atomic_load(&self->ledger.data->freezer_pid) == self->pid ||
           self->course.aim != FROST_AIM_REST;
}

int
frost_freezer_process(FrostSys sys, int command_fd, int ledger_fd)
{
    Freezer state = {.pid = getpid(), .command_fd = command_fd, .signal_fd = block_signals()};
    Freezer *self = &state;

    if (self->signal_fd < 0 || fcntl(command_fd, F_GETFD) < 0 ||
        frost_ledger_map(&self->ledger, ledger_fd) < 0)
        return EXIT_FAILURE;
    protect(self->ledger.data);
    keep_descriptors_to_ourselves(self);
    sign(self);
    frost_stop_point("freezer", "starting");

    self->crew.sys = &sys;
    self->crew.ledger = self->ledger.data;
    self->crew.command_fd = command_fd;
    self->crew.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (self->crew.bell < 0 || self->timer_fd < 0 ||
        frost_crew_start(&self->crew, atomic_load(&self->ledger.data->count)) < 0)
        return EXIT_FAILURE;
    frost_course_init(&self->course, &self->crew);

    say(self, &(FrostWire){.kind = FROST_WIRE_READY, .culprit = -1});
    while (!may_leave(self) && is_ours(self))
        serve(self);
    if (!is_ours(self))
        _exit(EXIT_FAILURE);

    frost_stop_point("freezer", "leaving");
    bool alone = self->command_fd < 0;
    if (alone && frost_ledger_is_active(&self->ledger))
        frost_recovery_become(ledger_fd);
    if (alone || self->late)
        frost_ledger_end(&self->ledger);
    /* Not by return: the crew's threads live on this stack until the process ends. */
    _exit(EXIT_SUCCESS);
}
