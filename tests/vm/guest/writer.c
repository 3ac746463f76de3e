/* SPDX-License-Identifier: MIT */
/*
 * Writes without end, and says in memory how far it has come.
 *
 *     writer fsynced|buffered|mapped|churn FOLDER NOTE
 *     writer show NOTE...             "STARTED DONE" of each, one line a NOTE
 *
 * NOTE, on a tmpfs, has two numbers: the step that was begun last, and the one that the kernel has
 * acknowledged last. What was done when a freeze was answered must be in an image of the frozen
 * disk, and nothing that was begun later. verify.py knows what each step leaves behind.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD 512
#define MAPPED_PAGES 64
#define CHURN_KEPT 32
#define WRAP 8192 /* records in a file: it stays small however long the test */

struct note {
    volatile uint64_t started, done;
};

static void
die(const char *what)
{
    fprintf(stderr, "writer: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct note *
map_note(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(struct note)) < 0) {
        die(path);
    }
    void *memory = mmap(NULL, sizeof(struct note), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        die(path);
    }
    close(fd);
    return memory;
}

static int
open_in(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0) {
        die(path);
    }
    return fd;
}

/* Number, body made from it, FNV-1a over both, little-endian: a torn or an invented record is
 * noticed. */
static void
make_record(uint8_t *record, uint64_t number)
{
    uint64_t stored = htole64(number);
    memcpy(record, &stored, sizeof stored);
    for (size_t i = 8; i < RECORD - 8; i++) {
        record[i] = (uint8_t)(number * 31 + i * 7);
    }
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < RECORD - 8; i++) {
        sum = (sum ^ record[i]) * 0x100000001b3;
    }
    sum = htole64(sum);
    memcpy(record + RECORD - 8, &sum, sizeof sum);
}

static void
record_step(int fd, uint64_t number, int sync)
{
    uint8_t record[RECORD];
    make_record(record, number);
    if (pwrite(fd, record, RECORD, (off_t)(number % WRAP * RECORD)) != RECORD ||
        (sync && fdatasync(fd) < 0)) {
        die("record");
    }
}

static void
mapped_step(uint8_t *memory, long page, uint64_t number)
{
    *(volatile uint64_t *)(memory + number % MAPPED_PAGES * (size_t)page) = htole64(number);
}

/* Makes N with one line in it, under its name by a rename, and removes N - CHURN_KEPT. */
static void
churn_step(const char *folder, uint64_t number)
{
    char fresh[512], name[512], old[512];
    snprintf(fresh, sizeof fresh, "%s/fresh", folder);
    snprintf(name, sizeof name, "%s/%llu", folder, (unsigned long long)number);
    snprintf(old, sizeof old, "%s/%lld", folder, (long long)number - CHURN_KEPT);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || dprintf(fd, "%llu\n", (unsigned long long)number) < 0 || close(fd) < 0 ||
        rename(fresh, name) < 0 || (unlink(old) < 0 && errno != ENOENT)) {
        die("churn");
    }
}

static void
work(const char *kind, const char *folder, struct note *note)
{
    long page = sysconf(_SC_PAGESIZE);
    int fd = -1;
    uint8_t *memory = NULL;
    mkdir(folder, 0700);
    if (strcmp(kind, "churn") != 0) {
        fd = open_in(folder, "data");
    }
    if (strcmp(kind, "mapped") == 0) {
        uint8_t zero[MAPPED_PAGES] = {0};
        for (long i = 0; i < page; i++) {
            if (write(fd, zero, sizeof zero) != sizeof zero) {
                die("fill");
            }
        }
        memory =
            mmap(NULL, (size_t)(MAPPED_PAGES * page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED) {
            die("mmap");
        }
    }
    for (uint64_t number = 1;; number++) {
        note->started = number;
        if (memory != NULL) {
            mapped_step(memory, page, number);
        } else if (fd >= 0) {
            record_step(fd, number, strcmp(kind, "fsynced") == 0);
        } else {
            churn_step(folder, number);
        }
        note->done = number;
        usleep(1000);
    }
}

int
main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "show") == 0) {
        for (int i = 2; i < argc; i++) {
            struct note *note = map_note(argv[i]);
            printf("%llu %llu\n", (unsigned long long)note->started,
                   (unsigned long long)note->done);
        }
        return 0;
    }
    if (argc != 4) {
        fprintf(stderr, "usage: writer KIND FOLDER NOTE\n");
        return 2;
    }
    work(argv[1], argv[2], map_note(argv[3]));
}
