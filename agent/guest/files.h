/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * files.h - the files that the host has opened, each with a handle
 *
 * Opening, reading and writing may hang in the kernel, so they are done by blocking jobs. A handle
 * is never used twice, also not by a later agent: it is made from the clock since boot. Written
 * data is in the file at once; nothing is buffered.
 *
 * At most FROST_FILES_MAX files are open. To open one more, the file that has been unused for the
 * longest time is closed, if that is at least FROST_FILES_IDLE_S (fault D28 of qemu-ga).
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "blocking-jobs.h"
#include "files-error.h"

#define FROST_FILES_MAX 256
#define FROST_FILES_IDLE_S INT64_C(3600)
/* The most bytes of one read. */
#define FROST_FILES_READ_MAX (48 * 1024 * 1024)

typedef struct FrostFiles FrostFiles;

/* @jobs: borrowed. It must not call the done of a job any more once this is freed. */
FrostFiles *frost_files_new(FrostBlockingJobs *jobs);
/* Closes all files. */
void frost_files_free(FrostFiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostFiles, frost_files_free)

/* @result: after an open the handle, after a write the number of bytes; -1 with @error, which is
 * borrowed. @bytes: (nullable): after a read, borrowed; at the end of the file there are fewer than
 * were asked for. */
typedef void (*FrostFilesDone)(void *user, int64_t result, const GByteArray *bytes, bool eof,
                               const GError *error);

/* For each of these three, done is called exactly once, from the main loop, unless the function
 * returns false with @error. */

/* @mode: r w a r+ w+ a+, with or without a b. A new file has mode 0666 less the umask. The open
 * does not wait for anything: a FIFO without a writer reads as empty. */
bool frost_files_open(FrostFiles *self, const char *path, const char *mode, FrostFilesDone done,
                      void *user, GError **error);
bool frost_files_read(FrostFiles *self, int64_t handle, int64_t count, FrostFilesDone done,
                      void *user, GError **error);
/* Writes all of @bytes, and takes a reference to them. */
bool frost_files_write(FrostFiles *self, int64_t handle, GBytes *bytes, FrostFilesDone done,
                       void *user, GError **error);

/* These act at once. @whence: as for lseek(). */
bool frost_files_seek(FrostFiles *self, int64_t handle, int64_t offset, int whence,
                      int64_t *out_position, GError **error);
bool frost_files_close(FrostFiles *self, int64_t handle, GError **error);
bool frost_files_has(FrostFiles *self, int64_t handle, GError **error);

unsigned frost_files_count(const FrostFiles *self);
