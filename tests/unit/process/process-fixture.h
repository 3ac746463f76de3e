/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process-fixture.h - a process, what it said, and a FIFO by which a test can follow it
 */

#include <sys/types.h>

#include "process.h"
#include "test-support.h"

#define LIMIT_MS 20000

typedef struct {
    char *dir;
    char *fifo;
    FrostProcess *process;
    bool free_when_done;
    bool done;
    unsigned times;
    FrostProcessResult result;
    GString *output;
} Fixture;

int set_up(void **state);
int tear_down(void **state);
void on_done(void *user, const FrostProcessResult *result);
void make(Fixture *f, const char *const *argv, unsigned timeout_s);
void start(Fixture *f, const char *script, unsigned timeout_s);
void wait_done(Fixture *f);
void run(Fixture *f, const char *script);
char *add_file(Fixture *f, const char *name, const char *text, mode_t mode);
/* The last process that has the fifo open for writing is gone. */
void assert_all_writers_gone(int fifo);
int open_reading(Fixture *f);
/* Runs the main loop until somebody has written to @fd. */
void run_until_written(int fd);
