/* SPDX-License-Identifier: MIT */
#include "freezer-main.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "deadline.h"
#include "disk-queues.h"
#include "freezer-protocol.h"
#include "heir.h"
#include "ledger-data.h"
#include "pipes.h"
#include "protection.h"
#include "seal.h"
#include "sequencer.h"
#include "stop.h"
#include "thaw-answer.h"
#include "workers.h"

/* How often, and after which time, a recovery is tried while a thread is inside a call. */
#define HAND_OVER_TRIES 10
#define HAND_OVER_WAIT_MS 1000

/* So long all threads are inside a call when a thaw is answered before it is done, and later. */
#define EXHAUSTED_US (1000ll * 1000)
#define EXHAUSTED_LATER_US (3 * EXHAUSTED_US)

/* See the diagram in freezer-main.h. */
typedef enum {
    SERVING,
    RELEASED,
    DISMISSED,
    DISMISSED_LATE,
    ORPHANED,
} Service;

typedef struct {
    FrostLedger ledger;
    FrostWorkers workers;
    FrostSequencer sequencer;
    FrostHeir heir;
    FrostSeal seal;
    FrostDiskQueues queues;
    FrostBacklog backlog;
    FrostPipes pipes;
    int command_fd; /* -1: ORPHANED */
    int signal_fd;
    int timer_fd;        /* CLOCK_BOOTTIME: also counts suspend */
    int64_t armed_us;    /* when the timer is set to expire; 0: never */
    int64_t sync_due_us; /* the deadline of the sync that was last reported to the agent */
    Service service;
    FrostThawAnswer answer;
} Freezer;

static void
enter(Freezer *self, Service service)
{
    static const char *const names[] = {"serving", "released", "dismissed", "dismissed-late",
                                        "orphaned"};

    self->service = service;
    frost_stop_point("service", names[service]);
}

static void
say(const Freezer *self, const FrostMessage *message)
{
    if (self->command_fd >= 0)
        frost_message_send(self->command_fd, message);
}

/* Puts into @message the filesystem that a thaw did not thaw as it should: one that is still held,
 * else one that is amiss. */
static void
find_unthawed(const Freezer *self, FrostMessage *message)
{
    const FrostLedgerFs *fs = frost_ledger_find_held(&self->ledger);

    if (!fs)
        fs = frost_ledger_find_amiss(&self->ledger);
    if (!fs)
        return;
    message->culprit = (int32_t)(fs - self->ledger.data->filesystems);
    message->error = atomic_load(&fs->error);
}

static void
tell(Freezer *self, FrostSequencerEvent event)
{
    FrostMessage message = {.culprit = -1};

    switch (event) {
    case FROST_SEQUENCER_PENDING:
        return;
    case FROST_SEQUENCER_SYNCED:
        message.kind = FROST_MESSAGE_SYNCED;
        break;
    case FROST_SEQUENCER_FROZEN:
        frost_stop_point("freezer", "all-frozen");
        message.kind = FROST_MESSAGE_FROZEN;
        message.count = frost_ledger_count(&self->ledger, FROST_FS_FROZEN);
        break;
    case FROST_SEQUENCER_THAWED:
        message.kind = FROST_MESSAGE_THAWED;
        message.count = frost_ledger_count(&self->ledger, FROST_FS_THAWED);
        find_unthawed(self, &message);
        break;
    case FROST_SEQUENCER_FAILED:
        message.kind = FROST_MESSAGE_FAILED;
        message.culprit = self->sequencer.culprit;
        message.error = self->sequencer.error;
        break;
    }
    say(self, &message);
}

static int64_t
now_us(Freezer *self)
{
    return frost_kernel_now_us(self->workers.kernel);
}

/* If a thaw that the host did not ask for ends a freeze that held, the host's next thaw must report
 * why (owed-error.h). */
static void
note_release(Freezer *self, FrostRelease cause)
{
    FrostLedgerData *data = self->ledger.data;
    uint32_t none = FROST_RELEASE_NONE;

    atomic_compare_exchange_strong(&data->release, &none, cause);
    cause = (FrostRelease)atomic_load(&data->release);
    if (cause != FROST_RELEASE_HOST && frost_sequencer_holds(&self->sequencer))
        atomic_store(&data->owed, cause);
}

static bool
is_in_memory(const FrostLedgerData *ledger)
{
    return atomic_load(&ledger->degraded[FROST_DEGRADED_LEDGER_FILE]) != 0;
}

/* How long a thaw stays with what the kernel refuses to thaw. A ledger in memory ends with its last
 * process, and no later process could thaw that. But the recovery, which undoes the hooks, starts
 * only when this freezer leaves. */
static int64_t
patience_with_stuck_us(const Freezer *self)
{
    const FrostLedgerData *data = self->ledger.data;

    if (self->service <= RELEASED || !is_in_memory(data))
        return 0;
    return frost_ledger_owes_hooks(data) ? FROST_STUCK_A_WHILE_US : FROST_STUCK_FOR_EVER_US;
}

static void
begin_answer(Freezer *self)
{
    say(self, &(FrostMessage){.kind = FROST_MESSAGE_THAWING, .culprit = -1});
    frost_thaw_answer_begin(&self->answer, now_us(self));
}

static void
thaw(Freezer *self, FrostRelease cause)
{
    self->sequencer.stuck.patience_us = patience_with_stuck_us(self);
    note_release(self, cause);
    begin_answer(self);
    frost_sequencer_thaw(&self->sequencer);
}

/* Once a signal has released the freezer, a sync or freeze of an agent that does not know it yet is
 * ignored: the THAWED that follows the signal answers it. A thaw is obeyed. */
static bool
may_begin(const Freezer *self)
{
    return self->service == SERVING && !frost_workers_have_let_go(&self->workers);
}

static void
carry_out(Freezer *self, FrostMessageKind kind)
{
    switch (kind) {
    case FROST_MESSAGE_SYNC:
        if (may_begin(self))
            frost_sequencer_sync(&self->sequencer);
        break;
    case FROST_MESSAGE_FREEZE:
        if (may_begin(self))
            frost_sequencer_freeze(&self->sequencer);
        break;
    case FROST_MESSAGE_THAW:
        frost_stop_point("freezer", "thaw-asked");
        thaw(self, FROST_RELEASE_HOST);
        break;
    case FROST_MESSAGE_FINISH:
        /* The agent is done with this freezer. What is still held is thawed first. */
        enter(self, frost_ledger_holds(&self->ledger) ? DISMISSED_LATE : DISMISSED);
        if (self->service == DISMISSED_LATE) {
            frost_pipes_leave(&self->pipes);
            thaw(self, FROST_RELEASE_HOST);
        }
        break;
    case FROST_MESSAGE_READY:
    case FROST_MESSAGE_SYNCING:
    case FROST_MESSAGE_SYNCED:
    case FROST_MESSAGE_FROZEN:
    case FROST_MESSAGE_THAWED:
    case FROST_MESSAGE_FAILED:
    case FROST_MESSAGE_THAWING:
    case FROST_MESSAGE_EXHAUSTED:
    case FROST_MESSAGE_SETTLED:
    case FROST_MESSAGE_LEFT:
        break;
    }
}

static void
obey(Freezer *self)
{
    FrostMessage message;
    FrostReceived received = frost_message_receive(self->command_fd, &message);

    if (received == FROST_RECEIVED_MESSAGE)
        carry_out(self, (FrostMessageKind)message.kind);
    if (received != FROST_RECEIVED_END)
        return;
    frost_pipes_leave(&self->pipes);
    close(self->command_fd);
    self->command_fd = -1;
    enter(self, ORPHANED);
    thaw(self, FROST_RELEASE_AGENT_LOST);
}

static void
take_signal(Freezer *self)
{
    struct signalfd_siginfo info;

    if (read(self->signal_fd, &info, sizeof info) != sizeof info || self->service > RELEASED)
        return;
    bool by_person = info.ssi_code == SI_QUEUE && info.ssi_int == FROST_OPERATOR_SIGNAL_VALUE;
    enter(self, RELEASED);
    thaw(self, by_person ? FROST_RELEASE_OPERATOR : FROST_RELEASE_SIGNAL);
}

/* The thaw has had its time, and the next agent can do more. A ledger in memory would be lost. */
static bool
must_make_way(Freezer *self)
{
    return self->service == ORPHANED && self->answer.state == FROST_THAW_ANSWER_EARLY &&
           !is_in_memory(self->ledger.data) &&
           (frost_sequencer_waits_for_later(&self->sequencer) ||
            frost_workers_are_exhausted(&self->workers, EXHAUSTED_LATER_US));
}

/* Nothing is held or can become so. */
static bool
is_done(const Freezer *self)
{
    return self->sequencer.phase == FROST_PHASE_REST && self->sequencer.leftovers.count == 0 &&
           !frost_sequencer_has_abandoned(&self->sequencer) &&
           !frost_sequencer_is_thawing(&self->sequencer);
}

/* True if the agent has dismissed us or is gone, and all is done, or others must see to it. */
static bool
may_leave(Freezer *self)
{
    return (self->service > RELEASED && is_done(self)) || must_make_way(self);
}

/* Tells the agent that the filesystems can be unmounted. */
static void
let_go(Freezer *self)
{
    if (frost_workers_have_let_go(&self->workers) || frost_ledger_holds(&self->ledger))
        return;
    if (frost_workers_let_go(&self->workers))
        say(self, &(FrostMessage){.kind = FROST_MESSAGE_LEFT, .culprit = -1});
}

/* The thaw has had its time. The answer names a filesystem that is still held; thawing goes on. But
 * if there is no thread for it, the answer is left to the freezer that takes this one's place. */
static void
look_at_thaw(Freezer *self, int64_t now)
{
    bool is_due = frost_thaw_answer_expire(&self->answer, now);

    if (self->answer.state != FROST_THAW_ANSWER_EARLY || self->sequencer.phase != FROST_PHASE_THAW)
        return;
    bool failed = self->sequencer.culprit >= 0;
    bool is_exhausted =
        frost_workers_are_exhausted(&self->workers, is_due ? EXHAUSTED_US : EXHAUSTED_LATER_US);

    if (is_due && (failed || !is_exhausted))
        tell(self, failed ? FROST_SEQUENCER_FAILED : FROST_SEQUENCER_THAWED);
    if (is_exhausted)
        say(self, &(FrostMessage){.kind = FROST_MESSAGE_EXHAUSTED, .culprit = -1});
}

static void
look_at_clock(Freezer *self)
{
    int64_t now = now_us(self);
    int64_t deadline = frost_sequencer_deadline(&self->sequencer);
    uint64_t rings;

    if (read(self->timer_fd, &rings, sizeof rings) < 0 && errno != EAGAIN)
        return;
    if (deadline != 0 && now >= deadline) {
        if (frost_sequencer_holds(&self->sequencer))
            thaw(self, FROST_RELEASE_DEADLINE);
        else
            tell(self, frost_sequencer_expire(&self->sequencer));
    }
    look_at_thaw(self, now);
}

static void
advance(Freezer *self)
{
    FrostSequencerEvent event = frost_sequencer_advance(&self->sequencer);

    if (event != FROST_SEQUENCER_PENDING && frost_thaw_answer_end(&self->answer))
        say(self, &(FrostMessage){.kind = FROST_MESSAGE_SETTLED, .culprit = -1});
    else
        tell(self, event);
    if (event == FROST_SEQUENCER_THAWED && is_done(self))
        let_go(self);
    /* A freeze that fails thaws, too. That thaw gets the same time as one that was asked for. */
    if (self->sequencer.phase == FROST_PHASE_THAW &&
        self->answer.state == FROST_THAW_ANSWER_NOT_DUE)
        begin_answer(self);
}

/* No thread that is inside a call says so. 0: nothing waits for one. */
static int64_t
threads_look_us(Freezer *self)
{
    bool may_be_exhausted = self->answer.state == FROST_THAW_ANSWER_EARLY &&
                            frost_workers_may_be_exhausted(&self->workers);

    return may_be_exhausted ? now_us(self) + EXHAUSTED_US : 0;
}

static void
arm_for_next(Freezer *self)
{
    int64_t deadline = self->answer.state == FROST_THAW_ANSWER_DUE
                           ? self->answer.until_us
                           : frost_sequencer_deadline(&self->sequencer);
    int64_t when_us = frost_deadline_earlier(
        deadline,
        frost_deadline_earlier(frost_sequencer_look_us(&self->sequencer), threads_look_us(self)));
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(when_us / 1000000),
                                           .tv_nsec = (long)(when_us % 1000000) * 1000}};

    /* The agent must not think that a sync whose deadline has moved hangs. */
    if (self->sequencer.phase == FROST_PHASE_SYNC && deadline != self->sync_due_us) {
        self->sync_due_us = deadline;
        say(self, &(FrostMessage){.kind = FROST_MESSAGE_SYNCING, .culprit = -1});
    }
    if (when_us != self->armed_us &&
        timerfd_settime(self->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0)
        self->armed_us = when_us;
}

/* Waits for the next event and acts on it. False: we no longer own the ledger, and did nothing. */
static bool
serve(Freezer *self)
{
    struct pollfd fds[] = {
        {.fd = self->command_fd, .events = POLLIN},
        {.fd = self->signal_fd, .events = POLLIN},
        {.fd = self->workers.bell, .events = POLLIN},
        {.fd = self->timer_fd, .events = POLLIN},
    };
    eventfd_t rung;

    arm_for_next(self);
    int ready = poll(fds, sizeof fds / sizeof *fds, -1);
    if (!frost_workers_are_owner(&self->workers))
        return false;
    if (ready < 0)
        return true;
    if (fds[0].revents)
        obey(self);
    if (fds[1].revents)
        take_signal(self);
    if (fds[2].revents)
        eventfd_read(self->workers.bell, &rung);
    if (fds[3].revents) {
        advance(self); /* first: what has ended by now has not missed its deadline */
        look_at_clock(self);
        frost_sequencer_look(&self->sequencer);
    }
    advance(self);
    return true;
}

/* All that needs more rights than a sealed freezer has. Without an heir it must stay as it is. */
static void
prepare_seal(Freezer *self, FrostKernel *kernel)
{
    const int own[] = {self->command_fd, self->signal_fd};
    FrostLedgerData *data = self->ledger.data;

    frost_pipes_find(&self->pipes);
    int r = frost_heir_start(&self->heir, &self->ledger, own, sizeof own / sizeof *own);
    frost_seal_open(&self->seal, kernel, data, data->is_sealed && r == 0);
    if (data->is_sealed && r < 0)
        frost_seal_note_all(&self->seal, r);
}

/* Turning a queue costs some 40 ms each way. */
static void
prepare_pace(Freezer *self, FrostKernel *kernel, uint32_t owner)
{
    FrostLedgerData *data = self->ledger.data;

    frost_backlog_open(&self->backlog, kernel);
    if (data->is_paced && frost_backlog_now(&self->backlog) >= FROST_BACKLOG_MUCH)
        frost_disk_queues_open(&self->queues, kernel, data, owner);
}

/* The counts of the disks are opened before it. A freezer that takes over what is held will not
 * freeze, and needs no counts. */
static void
seal(Freezer *self)
{
    if (self->seal.is_closed || self->sequencer.leftovers.count > 0)
        return;
    if (!frost_ledger_holds(&self->ledger))
        frost_stall_prepare(&self->sequencer.stall, self->workers.kernel, self->ledger.data);
    frost_seal_close(&self->seal);
}

/* We inherited these descriptors over an exec; they must not survive the next one. */
static void
keep_descriptors_to_ourselves(const Freezer *self)
{
    if (self->ledger.data->expedite_fd > STDERR_FILENO)
        fcntl(self->ledger.data->expedite_fd, F_SETFD, FD_CLOEXEC);
    fcntl(self->command_fd, F_SETFD, FD_CLOEXEC);
    fcntl(self->ledger.fd, F_SETFD, FD_CLOEXEC);
    fcntl(self->ledger.lock_fd, F_SETFD, FD_CLOEXEC);
    for (uint32_t i = 0; i < atomic_load(&self->ledger.data->count); i++)
        fcntl(self->ledger.data->filesystems[i].fd, F_SETFD, FD_CLOEXEC);
}

/* The recovery undoes the hooks and writes the history: a freezer can do neither. If there is no
 * heir, this process is not sealed, and a child becomes the recovery, or, where there can be none
 * either, this process itself. Such an exec would wait for a thread inside a call, with the
 * ledger's lock, so it is tried only while there is none. Returns only if there is no recovery. */
static void
hand_over(Freezer *self)
{
    if (self->heir.socket >= 0) {
        frost_heir_succeed(&self->heir, &self->ledger);
        return;
    }
    for (int i = 0; i < HAND_OVER_TRIES && frost_workers_are_owner(&self->workers); i++) {
        frost_heir_succeed_by_fork(&self->ledger);
        if (frost_workers_let_go(&self->workers)) {
            frost_heir_exec(self->ledger.fd, self->ledger.lock_fd);
            return;
        }
        poll(NULL, 0, HAND_OVER_WAIT_MS);
    }
}

/* The workers have their own. */
static void
close_filesystems(const Freezer *self)
{
    FrostKernel *kernel = self->workers.kernel;

    for (uint32_t i = 0; i < atomic_load(&self->ledger.data->count); i++) {
        int fd = self->ledger.data->filesystems[i].fd;

        if (fd >= 0)
            kernel->close(kernel, fd);
    }
}

/* One for each filesystem; and one more for the queues, as the others are inside syncfs. */
static unsigned
count_workers(const Freezer *self)
{
    return atomic_load(&self->ledger.data->count) + (self->queues.count > 0);
}

static bool
start_workers(Freezer *self, FrostKernel *kernel, const FrostFreezerTerms *terms)
{
    self->workers.kernel = kernel;
    self->workers.ledger = self->ledger.data;
    self->workers.owner = terms->owner;
    self->workers.command_fd = terms->command_fd;
    self->workers.lock_fd = terms->lock_fd;
    self->workers.heir_fd = self->heir.socket;
    self->workers.seal = &self->seal;
    self->workers.queues = &self->queues;
    self->workers.backlog = &self->backlog;
    self->workers.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    return self->workers.bell >= 0 && self->timer_fd >= 0 &&
           frost_workers_start(&self->workers, count_workers(self)) >= 0;
}

/* The end of this process, with its threads and its memory, would delay the agent's answer. A
 * worker that is still inside syncfs keeps its filesystem open until that end, so the agent waits
 * for it. */
static void
wait_for_agent(Freezer *self)
{
    struct pollfd end = {.fd = self->command_fd};

    if (self->command_fd < 0)
        return;
    let_go(self);
    if (frost_workers_have_let_go(&self->workers))
        poll(&end, 1, -1);
}

static _Noreturn void
leave(Freezer *self)
{
    FrostLedgerData *data = self->ledger.data;
    uint32_t ours = self->workers.owner;

    frost_stop_point("freezer", "leaving");
    if (self->service == ORPHANED && frost_ledger_is_active(&self->ledger) &&
        frost_workers_are_owner(&self->workers))
        hand_over(self);
    /* If we are DISMISSED, the agent has ended the ledger. If hooks must still be undone, because
     * the recovery could not be started, the ledger stays active for the next agent. */
    if (self->service != DISMISSED && !frost_ledger_owes_hooks(data) &&
        atomic_compare_exchange_strong(&data->owner, &ours, ours + 1))
        frost_ledger_end(&self->ledger);
    wait_for_agent(self);
    frost_heir_dismiss(&self->heir);
    /* Do not return: the workers use this stack until the process ends. */
    _exit(EXIT_SUCCESS);
}

bool
frost_freezer_terms_parse(FrostFreezerTerms *out, int argc, char *const *argv)
{
    if (argc != 6 || strcmp(argv[1], FROST_FREEZER_OPTION) != 0)
        return false;
    *out = (FrostFreezerTerms){.command_fd = atoi(argv[2]),
                               .ledger_fd = atoi(argv[3]),
                               .lock_fd = atoi(argv[4]),
                               .owner = (uint32_t)strtoul(argv[5], NULL, 10)};
    return true;
}

int
frost_freezer_main(FrostKernel kernel, const FrostFreezerTerms *terms)
{
    Freezer state = {.command_fd = terms->command_fd,
                     .signal_fd = frost_protection_block_signals(),
                     .heir = {.socket = -1}};
    Freezer *self = &state;

    if (self->signal_fd < 0 || fcntl(self->command_fd, F_GETFD) < 0 ||
        frost_ledger_map(&self->ledger, terms->ledger_fd, terms->lock_fd) < 0)
        return EXIT_FAILURE;
    frost_protection_begin(self->ledger.data);
    keep_descriptors_to_ourselves(self);
    frost_stop_point("freezer", "starting");
    prepare_seal(self, &kernel);
    if (!frost_ledger_holds(&self->ledger)) /* else it will sync nothing */
        prepare_pace(self, &kernel, terms->owner);
    if (!start_workers(self, &kernel, terms))
        return EXIT_FAILURE;
    frost_sequencer_init(&self->sequencer, &self->workers);
    if (self->workers.has_own_table)
        close_filesystems(self);
    seal(self);

    say(self, &(FrostMessage){.kind = FROST_MESSAGE_READY, .culprit = -1});
    while (!may_leave(self)) {
        if (!serve(self))
            _exit(EXIT_FAILURE);
        seal(self);
    }
    leave(self);
}
