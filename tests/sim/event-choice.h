/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * event-choice.h - what goes wrong in the history of a seed, and when
 */

#include "event.h"

/* Fills in at most EVENTS_MAX, all of the seed of this world. Returns how many. */
unsigned events_choose(Event *events);
