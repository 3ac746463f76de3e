/* SPDX-License-Identifier: MIT */
#include "file-jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "files-error.h"

/* How much room is made at a time: the file may have less than was asked for. */
#define PIECE (64u * 1024)

typedef struct {
    const char *mode;
    int flags;
} Mode;

static const Mode modes[] = {
    {"r", O_RDONLY}, {"w", O_WRONLY | O_CREAT | O_TRUNC}, {"a", O_WRONLY | O_CREAT | O_APPEND},
    {"r+", O_RDWR},  {"w+", O_RDWR | O_CREAT | O_TRUNC},  {"a+", O_RDWR | O_CREAT | O_APPEND},
};

/* A b may stand anywhere after the first letter, as with fopen(): "rb", "rb+", "r+b". */
int
frost_open_flags(const char *mode)
{
    g_autoptr(GString) plain = g_string_new(mode);
    const char *b = strchr(mode, 'b');

    if (b && b != mode)
        g_string_erase(plain, b - mode, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        if (strcmp(modes[i].mode, plain->str) == 0)
            return modes[i].flags;
    }
    return -1;
}

void
frost_open_job_free(gpointer data)
{
    FrostOpenJob *job = data;

    g_free(job->path);
    g_free(job->mode);
    g_free(job);
}

void
frost_transfer_job_free(gpointer data)
{
    FrostTransferJob *job = data;

    g_clear_pointer(&job->bytes, g_bytes_unref);
    g_free(job);
}

void
frost_transfer_free(gpointer data)
{
    FrostTransfer *transfer = data;

    g_clear_pointer(&transfer->bytes, g_byte_array_unref);
    g_free(transfer);
}

/* The bridge ------------------------------------------------------------------------------- */

typedef union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
} Control;

static bool
send_descriptor(int end, int fd)
{
    Control control = {{0}};
    struct iovec byte = {.iov_base = "", .iov_len = 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(end, &message, MSG_NOSIGNAL) == 1;
}

int
frost_bridge_receive(int end)
{
    Control control = {{0}};
    char place;
    struct iovec byte = {.iov_base = &place, .iov_len = 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    int fd = -1;

    if (recvmsg(end, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1)
        return -1;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

/* The jobs --------------------------------------------------------------------------------- */

gpointer
frost_open_job_run(gpointer data, GError **error)
{
    const FrostOpenJob *job = data;
    int fd = open(job->path, job->flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);

    if (fd >= 0 && send_descriptor(job->bridge, fd)) {
        close(fd);
        return data;
    }
    g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_OPEN,
                "failed to open file '%s' (mode: '%s'): %s", job->path, job->mode,
                g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* If an error comes after some bytes, these are the result. The next read will have the error. */
static int
read_file(const FrostTransferJob *job, FrostTransfer *transfer)
{
    GByteArray *bytes = transfer->bytes = g_byte_array_new();

    while (bytes->len < job->count) {
        size_t piece = MIN(job->count - bytes->len, MAX(PIECE, bytes->len));
        guint used = bytes->len;

        g_byte_array_set_size(bytes, used + (guint)piece);
        ssize_t n = read(job->fd, bytes->data + used, piece);
        int why = errno;
        g_byte_array_set_size(bytes, used + (guint)MAX(n, 0));
        if (n == 0) {
            transfer->eof = true;
            break;
        }
        if (n < 0 && why != EINTR)
            return bytes->len > 0 ? 0 : why;
        transfer->count = bytes->len;
    }
    return 0;
}

static int
write_file(const FrostTransferJob *job, FrostTransfer *transfer)
{
    const char *data = g_bytes_get_data(job->bytes, NULL);

    while (transfer->count < job->count) {
        ssize_t n = write(job->fd, data + transfer->count, job->count - transfer->count);

        if (n < 0 && errno != EINTR)
            return transfer->count > 0 ? 0 : errno;
        transfer->count += (size_t)MAX(n, 0);
    }
    return 0;
}

gpointer
frost_transfer_job_run(gpointer data, GError **error)
{
    const FrostTransferJob *job = data;
    FrostTransfer *transfer = g_new0(FrostTransfer, 1);
    int why = job->bytes ? write_file(job, transfer) : read_file(job, transfer);

    if (why == 0)
        return transfer;
    g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_IO, "failed to %s file: %s",
                job->bytes ? "write to" : "read", g_strerror(why));
    frost_transfer_free(transfer);
    return NULL;
}
