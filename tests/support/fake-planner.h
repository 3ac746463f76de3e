/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-planner.h - plans and opens at once, in the next turn of the main loop, and without a thread
 */

#include "planner.h"

typedef struct {
    FrostPlanner base;
    FrostSys *sys;
    GMainContext *context;
    bool hangs; /* to be set: nothing comes back before fake_planner_come_back() */
    GSource *due;
    FrostPlan *plan;
    GError *error;
    FrostPlanned planned;
    FrostReopened reopened; /* NULL: no filesystem is being opened */
    int fd;
    void *user;
} FakePlanner;

/* @sys, @context: borrowed. */
FakePlanner *fake_planner_new(FrostSys *sys, GMainContext *context);
/* Whether a plan or a filesystem has been asked for, and the answer hangs. */
bool fake_planner_awaits(const FakePlanner *self);
/* Lets the answer that hangs come: with success, or with @error (nullable), which this takes over;
 * that of a filesystem with -ETIMEDOUT. */
void fake_planner_come_back(FakePlanner *self, GError *error);
