/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * tour.h - from one filesystem to the next, with another one to go on behind one that hangs
 */

#include "filesystems.h"

/* Takes @list, of FrostMounted. */
FrostTour *frost_tour_over(GPtrArray *list);
