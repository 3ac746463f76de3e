/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * files.h - open files, and the tables of descriptors that lead to them
 *
 * An open file lives as long as a descriptor of any process or thread leads to it, and holds its
 * lock as long. That is how a thread inside FIFREEZE keeps the lock of a process that is dead.
 */

#include "freezer-protocol.h"
#include "ledger-data.h"
#include "world.h"

typedef enum {
    FILE_SOCKET, /* of packets: between agent and freezer */
    FILE_STREAM, /* between agent and parser */
    FILE_EVENT,
    FILE_TIMER,
    FILE_SIGNAL,
    FILE_PROCESS, /* pidfd */
    FILE_LEDGER,
    FILE_DISK, /* a filesystem, or what else the fake kernel has opened */
    FILE_TEXT, /* of /proc: reads as text, swallows what is written */
} FileKind;

#define SOCKET_ROOM 64
#define STREAM_ROOM 4096

/* What was sent at once. */
typedef struct {
    unsigned size;
    char bytes[sizeof(FrostMessage)];
} Packet;

/* The content of a file in the state directory, or of one in memory. */
struct LedgerFile {
    unsigned refs;
    FrostLedgerData *data;
    size_t size;
    OpenFile *locked_by; /* NULL: nobody */
};

struct OpenFile {
    FileKind kind;
    unsigned refs;
    union {
        struct {
            OpenFile *peer; /* NULL: closed */
            bool reset;
            unsigned head, tail;
            unsigned passed_count; /* SCM_RIGHTS */
            OpenFile *passed[DISKS_MAX];
            Packet queue[SOCKET_ROOM];
        } socket;
        struct {
            OpenFile *peer;      /* NULL: closed */
            int64_t patience_us; /* SO_RCVTIMEO; 0: for ever */
            unsigned length;
            uint8_t bytes[STREAM_ROOM];
        } stream;
        uint64_t count; /* FILE_EVENT */
        struct {
            int64_t due_us; /* CLOCK_BOOTTIME; 0: never */
            bool rung;
        } timer;
        Process *process;
        LedgerFile *ledger;
        int disk; /* the fake kernel's own descriptor */
        const char *text;
    };
};

Files *files_new(void);
Files *files_ref(Files *self);
void files_unref(Files *self);
/* Each process and each thread has its own after fork and unshare. */
Files *files_copy(const Files *self);
void files_close_for_exec(Files *self);

OpenFile *open_file_new(FileKind kind);
void open_file_unref(OpenFile *self);
/* Takes @file; the lowest number that is free, or -EMFILE. */
int files_install(Files *self, OpenFile *file, bool close_on_exec);
/* NULL: no such descriptor. */
OpenFile *files_get(const Files *self, int fd);
int files_close(Files *self, int fd);
unsigned files_count(const Files *self);
/* One of the descriptors leads to @ledger. */
bool files_hold_ledger(const Files *self, const LedgerFile *ledger);

/* Into the queue of a socket; false: no room. */
bool open_file_put(OpenFile *self, const void *bytes, size_t size);
/* The oldest packet, or -1: there is none. */
ssize_t open_file_take(OpenFile *self, void *bytes, size_t size);
/* What poll() says of it. */
short open_file_events(const OpenFile *self, const Process *who);

/* What is written to at present, in the state directory or in memory. */
FrostLedgerData *ledger_in_use(void);
LedgerFile *ledger_file_new(void);
void ledger_file_unref(LedgerFile *self);
