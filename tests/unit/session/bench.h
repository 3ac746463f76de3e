/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * bench.h - a session on a unix socket or a pseudo terminal, and commands to ask it for
 *
 *   now      answered at once: {"return": {}}
 *   late     answered by bench_release(); gives way to silent
 *   silent   done at once, answered by nothing
 */

#include "session.h"
#include "test-support.h"

typedef struct {
    char *dir;
    char *path;
    QgaDispatch *dispatch;
    FrostSession *session;
    QgaCall *held;     /* the call of `late` that is under way */
    GString *done;     /* the first letter of each command carried out, in order */
    unsigned now_done; /* how often `now` was */
    unsigned hurried;  /* how often `late` was told that somebody waits for `silent` */
    unsigned absences; /* how often nobody had been there for a second */
    bool free_session; /* `now` frees the session before it answers */
    bool lost;
    char *lost_message;
} Bench;

/* For cmocka: *state is a Bench with a session on a unix socket. */
int bench_setup(void **state);
/* The same without a session. */
int bench_setup_bare(void **state);
int bench_teardown(void **state);

FrostSession *bench_open(Bench *self, const char *method, const char *path, bool retry,
                         GError **error);
/* Answers the call of `late`. */
void bench_release(Bench *self);

int bench_dial(const Bench *self);
void bench_ask(int fd, const char *text);
/* Runs the loop until so many commands are done. */
void bench_expect_done(const Bench *self, const char *done);
/* Runs the loop for so long. */
void bench_run_for(unsigned ms);
/* Runs the loop until nobody has been there that often. */
void bench_expect_absences(const Bench *self, unsigned absences);
/* What is due happens; true: more and more is due, somebody spins. */
bool bench_spins(void);
/* A pseudo terminal behind the symbolic link at @self->path; its host's end. */
int bench_make_line(const Bench *self);
