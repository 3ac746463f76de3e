/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-error.h - why there is no plan
 */

#include <glib.h>

#define FROST_PLAN_ERROR (frost_plan_error_quark())

typedef enum {
    FROST_PLAN_ERROR_MOUNTINFO, /* the mount table cannot be read */
    FROST_PLAN_ERROR_OPEN,      /* a mount point that must be frozen cannot be opened */
    FROST_PLAN_ERROR_CYCLE,     /* filesystems that stand on each other */
    FROST_PLAN_ERROR_TOO_MANY,  /* more than FROST_PLAN_FILESYSTEMS_MAX */
} FrostPlanError;

GQuark frost_plan_error_quark(void);
