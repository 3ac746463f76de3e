/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * host.h - who asks: clients as Proxmox VE, libvirt and KubeVirt are, one that asks anything, and
 * at the end an examiner
 */

#include "world.h"

typedef enum {
    ASK_STATUS,
    ASK_FREEZE,
    ASK_THAW,
} Ask;

typedef struct {
    Ask ask;
    unsigned visit; /* of which client */
    char text[48];
    unsigned length;
    unsigned sent; /* bytes */
    unsigned read; /* by an agent */
    bool told;     /* by its parser */
    bool taken;    /* by an agent */
    bool answered;
    bool forgotten; /* it was parted from who asked before it had an answer */
    bool lost;      /* with the agent that had it, or with its parser */
    bool gone;      /* nobody waits for the answer */
    bool failed;
    unsigned count;
    char error[200];
    int64_t asked_us;
    int64_t gone_us;  /* CLOCK_MONOTONIC, as asked_us */
    int64_t taken_us; /* CLOCK_BOOTTIME */
} Question;

#define QUESTIONS_MAX 256

struct Host {
    unsigned count;
    unsigned next;             /* not taken yet */
    unsigned unread;           /* all before it are read, or lost */
    unsigned visits;           /* of clients */
    bool is_at_port;           /* a client is */
    unsigned first_unanswered; /* all before it are answered, or lost */
    bool is_done;
    Question questions[QUESTIONS_MAX];
};

Host *host_new(void);
void host_free(Host *self);

/* For what asks: waits for the answer, or until @limit_s is over. */
Question *host_ask(Ask what, int64_t limit_s);
void host_pause(int64_t us);

/* For the agent's port. What one client has sent, @visit, up to the question of which only a part
 * is there, which @out_is_part says. 0: nothing. */
size_t host_read(char *out, size_t size, unsigned *out_visit, bool *out_is_part);
/* A parser has found question @number, with this name. */
void host_note_told(unsigned number, const char *name);
/* The agent sends this error, and parts from its client: what was not told is lost, and so is the
 * answer to the rest. */
void host_dismiss(const char *error);

/* For the agent. NULL: there is none. */
Question *host_take_question(void);
/* A thaw waits behind what is under way. */
bool host_asks_thaw(void);
/* Nobody is at the port any more. */
bool host_is_absent(void);
void host_answer(Question *question, unsigned count, bool frozen, const char *error);
/* What an agent had read has died with it. */
void host_note_death(void);
