/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * check.h - finds what could go wrong with a freeze, before it does
 *
 * Each check is about one topic, and adds findings. No check changes anything, opens a port, or
 * looks up a path where that may hang.
 */

#include <glib.h>

#include "config.h"
#include "json.h"
#include "plan.h"
#include "running.h"
#include "sys.h"
#include "units.h"

typedef enum {
    FROST_GRADE_OK,
    FROST_GRADE_WARNING, /* a freeze works, but the administrator should know this */
    FROST_GRADE_PROBLEM, /* a freeze would fail, not be requested, or hold too little */
} FrostGrade;

typedef struct {
    FrostGrade grade;
    const char *topic; /* one word, static */
    char *text;
    const char *advice; /* (nullable), static */
} FrostFinding;

typedef struct {
    FrostSys *sys;
    const FrostConfig *config;
    const FrostRunning *agent; /* (nullable): the running agent */
    bool is_blind;             /* we are not root, and cannot see into other users' processes */
    const FrostPlan *plan;     /* NULL: no plan could be made, and a freeze would fail */
    const FrostUnits *units;   /* NULL: systemd does not run, or does not answer */
    GPtrArray *findings;       /* of FrostFinding; the checks append to it */
} FrostCheck;

/* An empty list, of FrostFinding. */
GPtrArray *frost_findings_new(void);
/* Adds a finding. @advice: (nullable): what to do about it. */
void frost_check_add(const FrostCheck *self, FrostGrade grade, const char *topic,
                     const char *advice, const char *format, ...) G_GNUC_PRINTF(5, 6);
FrostGrade frost_findings_worst(const GPtrArray *findings);

/* The number in a file; -1: there is none. */
int64_t frost_check_number(const FrostCheck *self, const char *path);

/* True if SELinux enforces its policy, and the agent is in the domain for guest agents. */
bool frost_check_is_in_domain(const FrostCheck *self);

/* (nullable): the filesystem that has @path, if a freeze would hold it. */
const FrostFilesystem *frost_check_frozen_below(const FrostCheck *self, const char *path);

/* The agent that runs, and its port. */
void frost_check_port(const FrostCheck *self);
/* Root, capabilities, confinement, the mount namespace. */
void frost_check_rights(const FrostCheck *self);
void frost_check_hooks(const FrostCheck *self);
/* The time limits of a freeze, compared with those of hosts. */
void frost_check_limits(const FrostCheck *self);
/* The database servers that run, and whether each has a hook; hooks that protect nothing. */
void frost_check_databases(const FrostCheck *self);
/* The filesystems that would be frozen, and what it means for the others. */
void frost_check_filesystems(const FrostCheck *self);
/* Filesystems to be frozen that have a cache of bcache or device-mapper below them. */
void frost_check_caches(const FrostCheck *self);
/* The agent's own files, swap files and the journal, if they are on filesystems to be frozen. */
void frost_check_places(const FrostCheck *self);
void frost_check_kernel(const FrostCheck *self);
/* Timers and watchdogs of systemd that a freeze meets. */
void frost_check_units(const FrostCheck *self);
/* What LVM's own snapshots meet while a filesystem is frozen, on kernels where that hurts. */
void frost_check_volumes(const FrostCheck *self);
/* Whether the queues of the disks can be kept short while data is written out (pace.h). */
void frost_check_pace(const FrostCheck *self);
/* How long the first sync may take. */
void frost_check_sync(const FrostCheck *self);

/* The findings as text for a terminal; g_free() it. */
char *frost_findings_draw(const GPtrArray *findings, bool colour);
/* The same, without the findings before @first. */
char *frost_findings_draw_from(const GPtrArray *findings, guint first, bool colour);
/* {"format": "frost-ga check", "version": 1, "grade", "findings": [{"grade", "topic", "text",
 * "advice" or null}]} */
QgaValue *frost_findings_to_value(const GPtrArray *findings);
