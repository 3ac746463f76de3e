/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * bench.h - a session on a unix socket or a pseudo terminal, and commands to ask it for
 *
 *   now      answered at once: {"return": {}}
 *   late     answered by bench_release()
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
/* Runs the loop until @fd has given exactly @text and a newline after each of its lines. */
void bench_expect(int fd, const char *text);
void bench_expect_eof(int fd);
/* Runs the loop until so many commands are done. */
void bench_expect_done(const Bench *self, const char *done);
/* What is due happens; true: more and more is due, somebody spins. */
bool bench_spins(void);
/* A pseudo terminal behind the symbolic link at @self->path; its host's end. */
int bench_make_line(const Bench *self);
