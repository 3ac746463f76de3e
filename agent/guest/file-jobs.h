/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * file-jobs.h - the jobs of files.c, which run on a thread (blocking-jobs.h): open, read, write
 */

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *path;
    char *mode;
    int flags;
    int bridge; /* a socket by which the descriptor is sent to the main loop; the job's `keep` */
} FrostOpenJob;

typedef struct {
    int fd; /* the job's `keep` */
    size_t count;
    GBytes *bytes; /* to be written; NULL: the job is a read */
} FrostTransferJob;

typedef struct {
    GByteArray *bytes; /* what was read; NULL after a write */
    size_t count;
    bool eof;
} FrostTransfer;

/* The flags of open() for a mode of fopen(); -1: there is no such mode. */
int frost_open_flags(const char *mode);

void frost_open_job_free(gpointer job);
void frost_transfer_job_free(gpointer job);
void frost_transfer_free(gpointer transfer);

/* For FrostBlockingWork. The first returns a pointer other than NULL if the descriptor was sent;
 * the second a FrostTransfer. */
gpointer frost_open_job_run(gpointer job, GError **error);
gpointer frost_transfer_job_run(gpointer job, GError **error);

/* Receives the descriptor that frost_open_job_run() has sent to the other end; -1: none. */
int frost_bridge_receive(int end);
