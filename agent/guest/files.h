/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * files.h - the files that the host has opened, by their handles
 *
 * Opening, reading and writing may hang in the kernel: these three are done by a FrostAside. A
 * handle is never given twice, not by a later agent either: it comes of the clock that runs since
 * boot. What is written is in the file at once, there is nothing to flush.
 *
 * There may be FROST_FILES_MAX of them. When one more is wanted, the one that has been unused for
 * longest is closed if that is at least FROST_FILES_IDLE_S (fault D28 of qemu-ga).
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "aside.h"

#define FROST_FILES_ERROR (frost_files_error_quark())

typedef enum {
    FROST_FILES_ERROR_MODE,     /* no such mode */
    FROST_FILES_ERROR_OPEN,     /* the kernel refused */
    FROST_FILES_ERROR_TOO_MANY, /* all handles are in use */
    FROST_FILES_ERROR_HANDLE,   /* no such handle */
    FROST_FILES_ERROR_COUNT,    /* a count out of its range */
    FROST_FILES_ERROR_IO,       /* reading, writing or seeking failed */
} FrostFilesError;

GQuark frost_files_error_quark(void);

#define FROST_FILES_MAX 256
#define FROST_FILES_IDLE_S INT64_C(3600)
/* Of one read (protocol 1.7). */
#define FROST_FILES_READ_MAX (48 * 1024 * 1024)

typedef struct FrostFiles FrostFiles;

/* @aside: borrowed; what it has begun is answered before it is freed, or not at all. */
FrostFiles *frost_files_new(FrostAside *aside);
/* Closes them all. */
void frost_files_free(FrostFiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostFiles, frost_files_free)

/* @result: of open the handle, of write the bytes written; -1 with @error, which is only lent.
 * @bytes: (nullable): of read, borrowed; fewer than asked for at the end of the file. */
typedef void (*FrostFilesDone)(void *user, int64_t result, const GByteArray *bytes, bool eof,
                               const GError *error);

/* Each is answered exactly once, from the main loop, unless it returns false with @error. */

/* @mode: r w a r+ w+ a+, with or without a b. A new file's mode is 0666 less the umask. Whatever
 * it is, opening it does not wait: a FIFO without a writer is empty. */
bool frost_files_open(FrostFiles *self, const char *path, const char *mode, FrostFilesDone done,
                      void *user, GError **error);
bool frost_files_read(FrostFiles *self, int64_t handle, int64_t count, FrostFilesDone done,
                      void *user, GError **error);
/* All of @bytes, of which it takes a reference. */
bool frost_files_write(FrostFiles *self, int64_t handle, GBytes *bytes, FrostFilesDone done,
                       void *user, GError **error);

/* At once. @whence as lseek has it. */
bool frost_files_seek(FrostFiles *self, int64_t handle, int64_t offset, int whence,
                      int64_t *out_position, GError **error);
bool frost_files_close(FrostFiles *self, int64_t handle, GError **error);
bool frost_files_has(FrostFiles *self, int64_t handle, GError **error);

unsigned frost_files_count(const FrostFiles *self);
