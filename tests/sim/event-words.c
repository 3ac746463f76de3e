/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <stdio.h>
#include <string.h>

#include "disks.h"
#include "points.h"

static const char *const call_names[TROUBLE_CALLS] = {
    "fork",  "exec", "socketpair", "thread creation", "mmap", "eventfd",
    "pidfd", "open", "open mount", "fallocate",       "send", "unshare"};
static const char *const disk_call_names[FAKE_CALLS] = {
    [FAKE_OPEN] = "open",   [FAKE_STAT] = "stat",       [FAKE_SPACE] = "fstatfs",
    [FAKE_SYNC] = "syncfs", [FAKE_FREEZE] = "FIFREEZE", [FAKE_THAW] = "FITHAW"};

const char *
event_call_name(TroubleCall call)
{
    return call_names[call];
}

static void
print_what(const Event *self)
{
    static const char *const words[EVENT_KINDS] = {
        [EVENT_KILL_AGENT] = "kill the agent",
        [EVENT_KILL_FREEZER] = "kill the freezer",
        [EVENT_KILL_BOTH] = "kill agent and freezer",
        [EVENT_STOP_AGENT] = "stop the agent",
        [EVENT_STOP_FREEZER] = "stop the freezer",
        [EVENT_CONTINUE] = "continue all",
        [EVENT_TERM_AGENT] = "SIGTERM to the agent",
        [EVENT_TERM_FREEZER] = "SIGTERM to the freezer",
        [EVENT_OPERATOR] = "frost-ga thaw in the guest",
        [EVENT_TERM_ALL] = "SIGTERM to all",
        [EVENT_START_AGENT] = "start an agent if none lives",
        [EVENT_LOSE_PORT] = "the port goes",
        [EVENT_FOREIGN_FREEZE] = "another program freezes",
        [EVENT_FOREIGN_THAW] = "another program thaws",
        [EVENT_KILL_HOOK] = "kill the hook that runs",
        [EVENT_UNMOUNT] = "nobody lives: another program thaws and unmounts",
        [EVENT_SLEEP] = "the guest sleeps for hours:",
        [EVENT_RESTORE] = "the machine goes on from a saved state",
        [EVENT_KILL_HEIR] = "kill the heir",
        [EVENT_STOP_HEIR] = "stop the heir",
        [EVENT_KILL_PERSON] = "kill frost-ga thaw",
        [EVENT_KILL_PARSER] = "kill the parser",
        [EVENT_STOP_PARSER] = "stop the parser",
        [EVENT_LIE_PARSER] = "the parser lies",
    };
    const char *disk = world->disks->disk[self->disk].path;

    if (self->kind == EVENT_STICK)
        printf("%s of %s hangs", disk_call_names[self->call], disk);
    else if (self->kind == EVENT_LET_GO)
        printf("%s of %s hangs no longer", disk_call_names[self->call], disk);
    else if (self->kind == EVENT_FAIL)
        printf("the next %u %s of %s fail: %s", self->times, disk_call_names[self->call], disk,
               strerror(self->error));
    else if (self->kind == EVENT_REFUSE)
        printf("the next %u calls of %s fail", self->times, call_names[self->call]);
    else if (self->kind == EVENT_SLOW_PARSER)
        printf("the parser takes %d ms", self->error);
    else if (self->kind == EVENT_HOOK)
        printf("the next %s hook misbehaves (%d)", self->call ? "thaw" : "freeze", self->error);
    else if (self->kind == EVENT_UNMOUNT || self->kind == EVENT_FOREIGN_FREEZE ||
             self->kind == EVENT_FOREIGN_THAW)
        printf("%s %s", words[self->kind], disk);
    else
        printf("%s", words[self->kind]);
}

void
event_print(const Event *self)
{
    printf("  - ");
    print_what(self);
    if (self->point >= 0)
        printf(", when %s comes to %s for the %u. time\n", points[self->point].role,
               points[self->point].name, self->nth);
    else if (self->step > 0)
        printf(", at step %llu\n", (unsigned long long)self->step);
    else
        printf(", after %.3f s\n", (double)self->at_us / SECOND_US);
}
