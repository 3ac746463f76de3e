/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * file-jobs.h - what files.c has done on a thread of its own (aside.h): open, read, write
 */

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *path;
    char *mode;
    int flags;
    int bridge; /* over which the descriptor is sent to the main loop; the thread keeps it */
} FrostOpenJob;

typedef struct {
    int fd; /* the thread keeps it */
    size_t count;
    GBytes *bytes; /* to be written; NULL: read */
} FrostTransferJob;

typedef struct {
    GByteArray *bytes; /* that were read; NULL after a write */
    size_t count;
    bool eof;
} FrostTransfer;

/* open()'s flags for a mode of fopen(); -1: there is no such mode. */
int frost_open_flags(const char *mode);

void frost_open_job_free(gpointer job);
void frost_transfer_job_free(gpointer job);
void frost_transfer_free(gpointer transfer);

/* FrostAsideWork. The first returns anything but NULL when the descriptor has been sent. */
gpointer frost_open_job_run(gpointer job, GError **error);
gpointer frost_transfer_job_run(gpointer job, GError **error);

/* The descriptor that frost_open_job_run() has sent into the other end of its bridge; -1. */
int frost_bridge_receive(int end);
