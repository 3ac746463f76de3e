/* SPDX-License-Identifier: MIT */

/*
 * slowdisk FOLDER DISKS MIB - files in memory, served as slowly as a given disk
 *
 * Mounts a FUSE filesystem on FOLDER with the files disk0, disk1, ... of so many MiB each; loop
 * devices with direct I/O stand on them. All are one volume: operations are done in the order in
 * which they come, so many bytes and so many operations a second; after a rest some at once, as the
 * buckets of a cloud and of QEMU have it. A line "BYTES OPERATIONS" on
 * standard input sets both, 0 is without limit; "set" answers it, "ready" the mount. Ends when
 * standard input ends.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MIB (1 << 20)
#define WRITE_MAX MIB
#define WAITING_MAX 1024 /* what the kernel is told it may send without an answer */
#define FIRST_FILE (FUSE_ROOT_ID + 1)
#define FOR_EVER_S 1000000
#define NS_PER_S INT64_C(1000000000)
#define SAVED_NS (10 * INT64_C(1000000)) /* of work that a disk without work does at once */

/* An operation whose end is still to come. */
typedef struct {
    uint64_t unique;
    int64_t due_ns;
    struct fuse_write_out written; /* the answer to a write */
    const char *data;              /* the answer to a read; NULL: written */
    uint32_t bytes;
} Operation;

typedef struct {
    int fuse;
    unsigned disks;
    size_t disk_bytes;
    char *memory;
    char input[WRITE_MAX + 4096];

    int64_t bytes_per_s, operations_per_s;
    int64_t bytes_until_ns,
        operations_until_ns;        /* what was asked for keeps the disk busy till then */
    Operation waiting[WAITING_MAX]; /* a ring */
    unsigned first, count;
} Volume;

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void
answer(Volume *self, uint64_t unique, int error, const void *data, size_t bytes)
{
    struct fuse_out_header header = {
        .len = (uint32_t)(sizeof header + bytes), .error = -error, .unique = unique};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)data, bytes}};

    /* ENOENT: the kernel waits for this answer no more. */
    if (writev(self->fuse, parts, bytes ? 2 : 1) < 0 && errno != ENOENT)
        err(EXIT_FAILURE, "an answer");
}

static int64_t
keep_busy(int64_t *until_ns, int64_t amount, int64_t per_s)
{
    int64_t rested_ns = now_ns() - SAVED_NS;

    if (*until_ns < rested_ns)
        *until_ns = rested_ns;
    if (per_s)
        *until_ns += amount * NS_PER_S / per_s;
    return *until_ns;
}

/* Answers when the disk is done with it. */
static void
put_off(Volume *self, Operation operation, int64_t bytes)
{
    int64_t for_bytes = keep_busy(&self->bytes_until_ns, bytes, self->bytes_per_s);
    int64_t for_one = keep_busy(&self->operations_until_ns, 1, self->operations_per_s);

    if (self->count == WAITING_MAX)
        errx(EXIT_FAILURE, "more operations at once than were allowed");
    operation.due_ns = for_bytes > for_one ? for_bytes : for_one;
    self->waiting[(self->first + self->count++) % WAITING_MAX] = operation;
}

static void
answer_what_is_due(Volume *self)
{
    while (self->count && self->waiting[self->first].due_ns <= now_ns()) {
        Operation *done = &self->waiting[self->first];

        if (done->data)
            answer(self, done->unique, 0, done->data, done->bytes);
        else
            answer(self, done->unique, 0, &done->written, done->bytes);
        self->first = (self->first + 1) % WAITING_MAX;
        self->count--;
    }
}

static struct fuse_attr
attributes(const Volume *self, uint64_t node)
{
    struct fuse_attr attr = {.ino = node, .nlink = 1, .blksize = 4096};

    attr.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600;
    attr.size = node == FUSE_ROOT_ID ? 0 : self->disk_bytes;
    attr.blocks = attr.size / 512;
    return attr;
}

static void
look_up(Volume *self, const struct fuse_in_header *in, const char *name)
{
    struct fuse_entry_out out = {.entry_valid = FOR_EVER_S, .attr_valid = FOR_EVER_S};
    unsigned disk;

    if (sscanf(name, "disk%u", &disk) != 1 || disk >= self->disks) {
        answer(self, in->unique, ENOENT, NULL, 0);
        return;
    }
    out.nodeid = FIRST_FILE + disk;
    out.attr = attributes(self, out.nodeid);
    answer(self, in->unique, 0, &out, sizeof out);
}

/* The place of so many bytes at offset; NULL after the end. */
static char *
place(const Volume *self, uint64_t node, uint64_t offset, uint32_t bytes)
{
    if (node < FIRST_FILE || offset > self->disk_bytes || bytes > self->disk_bytes - offset)
        return NULL;
    return self->memory + (node - FIRST_FILE) * self->disk_bytes + offset;
}

static void
begin(Volume *self, const struct fuse_in_header *in, const void *argument)
{
    const struct fuse_read_in *read_in = argument;
    const struct fuse_write_in *write_in = argument;
    Operation operation = {.unique = in->unique};
    bool is_write = in->opcode == FUSE_WRITE;
    uint32_t bytes = is_write ? write_in->size : read_in->size;
    char *at = place(self, in->nodeid, is_write ? write_in->offset : read_in->offset, bytes);

    if (!at) {
        answer(self, in->unique, EIO, NULL, 0);
        return;
    }
    if (is_write) {
        memcpy(at, write_in + 1, bytes);
        operation.written.size = bytes;
        operation.bytes = sizeof operation.written;
    } else {
        operation.data = at;
        operation.bytes = bytes;
    }
    put_off(self, operation, bytes);
}

static void
meet(Volume *self, const struct fuse_in_header *in)
{
    struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                                .minor = FUSE_KERNEL_MINOR_VERSION,
                                .max_write = WRITE_MAX,
                                .flags = FUSE_ASYNC_READ | FUSE_ASYNC_DIO | FUSE_BIG_WRITES |
                                         FUSE_MAX_PAGES,
                                .max_background = WAITING_MAX / 2,
                                .congestion_threshold = WAITING_MAX / 2,
                                .max_pages = WRITE_MAX / 4096,
                                .max_readahead = 0};

    answer(self, in->unique, 0, &out, sizeof out);
}

static void
serve(Volume *self, const struct fuse_in_header *in, const void *argument)
{
    struct fuse_attr_out attr = {.attr_valid = FOR_EVER_S};
    struct fuse_open_out opened = {.open_flags = FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES};

    switch (in->opcode) {
    case FUSE_INIT:
        meet(self, in);
        break;
    case FUSE_LOOKUP:
        look_up(self, in, argument);
        break;
    case FUSE_GETATTR:
    case FUSE_SETATTR:
        attr.attr = attributes(self, in->nodeid);
        answer(self, in->unique, 0, &attr, sizeof attr);
        break;
    case FUSE_OPEN:
        answer(self, in->unique, 0, &opened, sizeof opened);
        break;
    case FUSE_READ:
    case FUSE_WRITE:
        begin(self, in, argument);
        break;
    case FUSE_FSYNC:
        put_off(self, (Operation){.unique = in->unique}, 0);
        break;
    case FUSE_RELEASE:
        answer(self, in->unique, 0, NULL, 0);
        break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
        break; /* these want no answer */
    default:
        answer(self, in->unique, ENOSYS, NULL, 0);
    }
}

static void
read_request(Volume *self)
{
    const struct fuse_in_header *in = (const void *)self->input;
    ssize_t n = read(self->fuse, self->input, sizeof self->input);

    if (n >= (ssize_t)sizeof *in)
        serve(self, in, in + 1);
    else if (n < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN)
        err(EXIT_FAILURE, "a request");
}

/* False when there is no more. */
static bool
read_speed(Volume *self)
{
    char line[100];
    ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);

    if (n <= 0)
        return false;
    line[n] = '\0';
    if (sscanf(line, "%" SCNd64 " %" SCNd64, &self->bytes_per_s, &self->operations_per_s) != 2)
        errx(EXIT_FAILURE, "not BYTES OPERATIONS: %s", line);
    puts("set");
    return true;
}

static void
mount_volume(Volume *self, const char *folder)
{
    char options[100];

    self->memory = mmap(NULL, self->disks * self->disk_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    self->fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (self->memory == MAP_FAILED || self->fuse < 0)
        err(EXIT_FAILURE, "memory or /dev/fuse");
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", self->fuse);
    if (mount("slowdisk", folder, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
        err(EXIT_FAILURE, "mounting %s", folder);
}

/* A disk keeps its speed while the machine is busy. */
static void
come_first(void)
{
    struct sched_param priority = {.sched_priority = 1};

    if (sched_setscheduler(0, SCHED_FIFO, &priority) < 0)
        warn("this disk is slower while the machine is busy");
}

/* As long as there is nothing to answer: for ever. */
static int
wait_for_work(const Volume *self, struct pollfd *events)
{
    int64_t left = self->count ? self->waiting[self->first].due_ns - now_ns() : 0;
    struct timespec limit = {0};

    if (left > 0)
        limit = (struct timespec){left / NS_PER_S, left % NS_PER_S};
    return ppoll(events, 2, self->count ? &limit : NULL, NULL);
}

int
main(int argc, char **argv)
{
    static Volume volume;
    struct pollfd events[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};

    if (argc != 4)
        errx(EXIT_FAILURE, "FOLDER DISKS MIB");
    setvbuf(stdout, NULL, _IOLBF, 0);
    volume.disks = (unsigned)strtoul(argv[2], NULL, 10);
    volume.disk_bytes = strtoul(argv[3], NULL, 10) * MIB;
    mount_volume(&volume, argv[1]);
    come_first();
    events[1].fd = volume.fuse;
    puts("ready");
    for (;;) {
        if (wait_for_work(&volume, events) < 0 && errno != EINTR)
            err(EXIT_FAILURE, "ppoll");
        if (events[1].revents)
            read_request(&volume);
        answer_what_is_due(&volume);
        if (events[0].revents && !read_speed(&volume))
            return EXIT_SUCCESS;
    }
}
