/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * check.h - what could go wrong with a freeze, found before it does
 *
 * Each check looks at one topic and adds what it finds. None of them changes anything, opens a
 * port, or looks where a look-up may hang.
 */

#include <glib.h>

#include "config.h"
#include "json.h"
#include "plan.h"
#include "running.h"
#include "sys.h"

typedef enum {
    FROST_GRADE_OK,
    FROST_GRADE_WARNING, /* a freeze works, but something is to be known */
    FROST_GRADE_PROBLEM, /* a freeze would fail, would not be asked for, or would hold too little */
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
    const FrostRunning *agent; /* (nullable): the one that is running */
    bool is_blind;             /* not root: nobody else's processes can be looked into */
    const FrostPlan *plan;     /* (nullable): there is none, a freeze would fail */
    GPtrArray *findings;       /* of FrostFinding, to be added to */
} FrostCheck;

/* Of FrostFinding, empty. */
GPtrArray *frost_findings_new(void);
/* @advice: (nullable): what to do about it. */
void frost_check_add(const FrostCheck *self, FrostGrade grade, const char *topic,
                     const char *advice, const char *format, ...) G_GNUC_PRINTF(5, 6);
FrostGrade frost_findings_worst(const GPtrArray *findings);

/* The number in a file; -1 where there is none. */
int64_t frost_check_number(const FrostCheck *self, const char *path);

/* SELinux enforces its policy, and the agent is in the domain that this has for it. */
bool frost_check_is_in_domain(const FrostCheck *self);

/* Whoever is to answer the host, and the port. */
void frost_check_port(const FrostCheck *self);
/* Root, capabilities, confinement, the mount namespace. */
void frost_check_rights(const FrostCheck *self);
void frost_check_hooks(const FrostCheck *self);
/* What would be frozen, and what that means for those that are not. */
void frost_check_filesystems(const FrostCheck *self);
/* The agent's own files, swap files and the journal on what would be frozen. */
void frost_check_places(const FrostCheck *self);
void frost_check_kernel(const FrostCheck *self);
/* How long the first sync may take. */
void frost_check_sync(const FrostCheck *self);

/* g_free() it. */
char *frost_findings_draw(const GPtrArray *findings, bool colour);
/* Only from the one at @first on. */
char *frost_findings_draw_from(const GPtrArray *findings, guint first, bool colour);
/* {"format": "frost-ga check", "version": 1, "grade", "findings": [{"grade", "topic", "text",
 * "advice" or null}]} */
QgaValue *frost_findings_to_value(const GPtrArray *findings);
