/* SPDX-License-Identifier: MIT */
#include "pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In case another program removes the file again and again. */
#define MAX_ATTEMPTS 100

struct FrostPidfile {
    char *path;
    int fd;
    pid_t owner; /* the process that has the lock; a forked child must not remove the file */
};

static bool
fail(GError **error, int code, const char *action)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "%s: %s", action,
                g_strerror(code));
    return false;
}

static bool
open_and_lock(FrostPidfile *self, GError **error)
{
    struct flock whole_file = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat st;

    /* O_NOFOLLOW, as others may be able to write to the directory. */
    self->fd =
        open(self->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
    if (self->fd < 0) {
        int code = errno;
        g_autofree char *action = g_strdup_printf("Cannot open pid file '%s'", self->path);
        return fail(error, code, action);
    }
    if (fstat(self->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "pid file '%s' is not a regular file",
                    self->path);
        return false;
    }
    if (fcntl(self->fd, F_SETLK, &whole_file) < 0)
        return fail(error, errno == EACCES ? EAGAIN : errno, "Cannot lock pid file");
    return true;
}

/* True if the path still leads to the file that we have open. */
static bool
is_at_its_path(const FrostPidfile *self)
{
    struct stat open_file, named_file;

    return fstat(self->fd, &open_file) == 0 && lstat(self->path, &named_file) == 0 &&
           open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

/* Between our open and our lock, the process that had the lock may have removed the file. Then we
 * have locked a file without a name, and a third process could create another one. So this starts
 * again until the file that is locked is the one at the path. */
static bool
lock_named_file(FrostPidfile *self, GError **error)
{
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (!open_and_lock(self, error))
            return false;
        if (is_at_its_path(self))
            return true;
        close(self->fd);
        self->fd = -1;
    }
    return fail(error, EAGAIN, "Cannot lock pid file");
}

static bool
write_pid(const FrostPidfile *self, GError **error)
{
    g_autofree char *text = g_strdup_printf("%lu\n", (unsigned long)self->owner);

    if (ftruncate(self->fd, 0) < 0)
        return fail(error, errno, "Failed to truncate pid file");

    ssize_t r = pwrite(self->fd, text, strlen(text), 0);
    if (r != (ssize_t)strlen(text))
        return fail(error, r < 0 ? errno : ENOSPC, "Failed to write pid file");
    return true;
}

static void
let_go(FrostPidfile *self)
{
    if (self->fd >= 0)
        close(self->fd);
    g_free(self->path);
    g_free(self);
}

FrostPidfile *
frost_pidfile_take(const char *path, GError **error)
{
    FrostPidfile *self = g_new0(FrostPidfile, 1);

    self->path = g_strdup(path);
    self->owner = getpid();
    self->fd = -1;

    if (!lock_named_file(self, error)) {
        /* We do not have the lock, so the file stays. */
        let_go(self);
        return NULL;
    }
    if (!write_pid(self, error)) {
        frost_pidfile_free(self);
        return NULL;
    }
    return self;
}

bool
frost_pidfile_probe(const char *path, GError **error)
{
    struct flock whole_file = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);

    /* frost_pidfile_take() will report any other error. */
    if (fd < 0)
        return true;
    bool is_held = fcntl(fd, F_GETLK, &whole_file) == 0 && whole_file.l_type != F_UNLCK;
    close(fd);
    return is_held ? fail(error, EAGAIN, "Cannot lock pid file") : true;
}

void
frost_pidfile_free(FrostPidfile *self)
{
    if (!self)
        return;
    /* The lock is released afterwards: without it, the file might be another process's. */
    if (getpid() == self->owner && is_at_its_path(self))
        unlink(self->path);
    let_go(self);
}
