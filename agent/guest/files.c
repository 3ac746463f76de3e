/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "file-jobs.h"

/* Enough for a busy disk. A disk that is gone never answers. */
#define OPEN_LIMIT_S 30
#define TRANSFER_LIMIT_S 60

typedef struct {
    int64_t handle;
    int fd;
    int64_t used_us;
    bool busy; /* a transfer is under way, or was left behind */
} File;

/* The request that waits for its job. There is one at a time, as a session asks for one at a time.
 */
typedef struct {
    FrostFilesDone done;
    void *user;
    File *file; /* for a read or a write */
    int bridge; /* for an open: our end of the socket pair */
    int theirs; /* for an open: the thread's end, which has to stay open until it is done */
} Waiter;

struct FrostFiles {
    FrostBlockingJobs *jobs;
    GPtrArray *files; /* of File, in order of their handles */
    int64_t last;
    Waiter waiter; /* if its done is NULL, no request waits */
};

static void
file_free(gpointer data)
{
    File *file = data;

    close(file->fd);
    g_free(file);
}

static File *
find(FrostFiles *self, int64_t handle, GError **error)
{
    for (guint i = 0; i < self->files->len; i++) {
        File *file = g_ptr_array_index(self->files, i);

        if (file->handle == handle) {
            file->used_us = g_get_monotonic_time();
            return file;
        }
    }
    g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_HANDLE,
                "handle '%" G_GINT64_FORMAT "' has not been found", handle);
    return NULL;
}

static bool
is_waited_for(const FrostFiles *self, GError **error)
{
    if (!self->waiter.done)
        return false;
    g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_IO, "another file is being worked on");
    return true;
}

static void
close_bridge(Waiter *waiter)
{
    if (waiter->bridge >= 0)
        close(waiter->bridge);
    if (waiter->theirs >= 0)
        close(waiter->theirs);
}

/* Calls done, which may free @self. */
static void
report_end(FrostFiles *self, int64_t result, const GByteArray *bytes, bool eof, const GError *error)
{
    Waiter waiter = self->waiter;

    self->waiter = (Waiter){.bridge = -1, .theirs = -1};
    close_bridge(&waiter);
    waiter.done(waiter.user, result, bytes, eof, error);
}

/* Opening ------------------------------------------------------------------------------------ */

/* Larger than any handle of an earlier agent, which cannot have opened a file every microsecond. */
static int64_t
next_handle(FrostFiles *self)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    int64_t us = (int64_t)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
    self->last = MAX(self->last + 1, us);
    return self->last;
}

static File *
longest_unused(const FrostFiles *self)
{
    File *oldest = NULL;

    for (guint i = 0; i < self->files->len; i++) {
        File *file = g_ptr_array_index(self->files, i);

        if (!file->busy && (!oldest || file->used_us < oldest->used_us))
            oldest = file;
    }
    return oldest;
}

static bool
make_room(FrostFiles *self, GError **error)
{
    if (self->files->len < FROST_FILES_MAX)
        return true;

    File *oldest = longest_unused(self);
    int64_t limit_us = g_get_monotonic_time() - FROST_FILES_IDLE_S * G_USEC_PER_SEC;
    if (oldest && oldest->used_us <= limit_us) {
        g_ptr_array_remove(self->files, oldest);
        return true;
    }
    g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_TOO_MANY, "%u files are open already",
                self->files->len);
    return false;
}

static void
on_opened(void *user, gpointer result, const GError *error)
{
    FrostFiles *self = user;

    if (error) {
        report_end(self, -1, NULL, false, error);
        return;
    }
    int fd = frost_bridge_receive(self->waiter.bridge);
    if (fd < 0) {
        g_autoptr(GError) lost = g_error_new(FROST_FILES_ERROR, FROST_FILES_ERROR_OPEN,
                                             "failed to open file: no descriptor for it");
        report_end(self, -1, NULL, false, lost);
        return;
    }
    File *file = g_new0(File, 1);
    *file = (File){.handle = next_handle(self), .fd = fd, .used_us = g_get_monotonic_time()};
    g_ptr_array_add(self->files, file);
    report_end(self, file->handle, NULL, false, NULL);
}

bool
frost_files_open(FrostFiles *self, const char *path, const char *mode, FrostFilesDone done,
                 void *user, GError **error)
{
    int flags = frost_open_flags(mode);
    int ends[2];

    if (flags < 0) {
        g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_MODE, "invalid file open mode '%s'",
                    mode);
        return false;
    }
    if (is_waited_for(self, error) || !make_room(self, error))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_OPEN,
                    "failed to open file '%s' (mode: '%s'): %s", path, mode, g_strerror(errno));
        return false;
    }

    FrostOpenJob *input = g_new0(FrostOpenJob, 1);
    *input = (FrostOpenJob){
        .path = g_strdup(path), .mode = g_strdup(mode), .flags = flags, .bridge = ends[1]};
    self->waiter = (Waiter){.done = done, .user = user, .bridge = ends[0], .theirs = ends[1]};
    const FrostBlockingJob job = {.what = "opening the file",
                                  .work = frost_open_job_run,
                                  .input = input,
                                  .input_free = frost_open_job_free,
                                  .keep = ends[1],
                                  .limit_s = OPEN_LIMIT_S,
                                  .done = on_opened,
                                  .user = self};
    frost_blocking_jobs_run(self->jobs, &job);
    return true;
}

/* Reading and writing ------------------------------------------------------------------------ */

static void
on_transferred(void *user, gpointer result, const GError *error)
{
    FrostFiles *self = user;
    FrostTransfer *transfer = result;

    if (error) {
        /* A job that was left behind may still move the file offset, so the handle stays busy. */
        self->waiter.file->busy = error->domain == FROST_BLOCKING_ERROR;
        report_end(self, -1, NULL, false, error);
        return;
    }
    self->waiter.file->busy = false;
    report_end(self, (int64_t)transfer->count, transfer->bytes, transfer->eof, NULL);
    frost_transfer_free(transfer);
}

static bool
transfer(FrostFiles *self, File *file, GBytes *bytes, size_t count, FrostFilesDone done, void *user,
         GError **error)
{
    if (is_waited_for(self, error))
        return false;
    if (file->busy) {
        g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_IO,
                    "an earlier request hangs in this file");
        return false;
    }

    FrostTransferJob *input = g_new0(FrostTransferJob, 1);
    *input = (FrostTransferJob){
        .fd = file->fd, .count = count, .bytes = bytes ? g_bytes_ref(bytes) : NULL};
    file->busy = true;
    self->waiter = (Waiter){.done = done, .user = user, .file = file, .bridge = -1, .theirs = -1};
    const FrostBlockingJob job = {.what = bytes ? "writing the file" : "reading the file",
                                  .work = frost_transfer_job_run,
                                  .input = input,
                                  .input_free = frost_transfer_job_free,
                                  .result_free = frost_transfer_free,
                                  .keep = file->fd,
                                  .limit_s = TRANSFER_LIMIT_S,
                                  .done = on_transferred,
                                  .user = self};
    frost_blocking_jobs_run(self->jobs, &job);
    return true;
}

bool
frost_files_read(FrostFiles *self, int64_t handle, int64_t count, FrostFilesDone done, void *user,
                 GError **error)
{
    File *file = find(self, handle, error);

    if (!file)
        return false;
    if (count < 0 || count > FROST_FILES_READ_MAX) {
        g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_COUNT,
                    "value '%" G_GINT64_FORMAT "' is invalid for argument count", count);
        return false;
    }
    return transfer(self, file, NULL, (size_t)count, done, user, error);
}

bool
frost_files_write(FrostFiles *self, int64_t handle, GBytes *bytes, FrostFilesDone done, void *user,
                  GError **error)
{
    File *file = find(self, handle, error);

    return file && transfer(self, file, bytes, g_bytes_get_size(bytes), done, user, error);
}

/* At once ------------------------------------------------------------------------------------ */

bool
frost_files_seek(FrostFiles *self, int64_t handle, int64_t offset, int whence,
                 int64_t *out_position, GError **error)
{
    const File *file = find(self, handle, error);

    if (!file)
        return false;
    off_t position = lseek(file->fd, (off_t)offset, whence);
    if (position < 0) {
        g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_IO, "failed to seek file: %s",
                    g_strerror(errno));
        return false;
    }
    *out_position = position;
    return true;
}

bool
frost_files_close(FrostFiles *self, int64_t handle, GError **error)
{
    File *file = find(self, handle, error);

    if (file)
        g_ptr_array_remove(self->files, file);
    return file != NULL;
}

bool
frost_files_has(FrostFiles *self, int64_t handle, GError **error)
{
    return find(self, handle, error) != NULL;
}

unsigned
frost_files_count(const FrostFiles *self)
{
    return self->files->len;
}

FrostFiles *
frost_files_new(FrostBlockingJobs *jobs)
{
    FrostFiles *self = g_new0(FrostFiles, 1);

    self->jobs = jobs;
    self->files = g_ptr_array_new_with_free_func(file_free);
    self->waiter = (Waiter){.bridge = -1, .theirs = -1};
    return self;
}

void
frost_files_free(FrostFiles *self)
{
    if (!self)
        return;
    close_bridge(&self->waiter);
    g_ptr_array_unref(self->files);
    g_free(self);
}
