/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * pace-fixture.h - a sequencer of two filesystems, each on a disk of its own, whose queues it turns
 *
 * A case says what the disks have written, what is dirty on the machine, and what programs do
 * meanwhile.
 */

#include "sequencer-fixture.h"

#define MB 1000000ull

void begin_paced(Fixture *f);
/* All queues are. */
bool are_short(const Fixture *f);
/* Until the sync of the first filesystem is inside the kernel. */
void sync_and_wait(Fixture *f);
/* Why the gentle part has ended (FrostGentleEnd). */
unsigned end_of(const Fixture *f);
/* A sync of @found bytes, with the first filesystem inside it. */
void begin_watched(Fixture *f, FrostBacklog *backlog, uint64_t found);
/* The disks write @bytes, until @late_us after the next look is due. */
void look_late(Fixture *f, uint64_t bytes, int64_t late_us);
/* The same when the look is due. */
void write_and_look(Fixture *f, uint64_t bytes);
/* Meanwhile programs write @anew to new files on the first filesystem. */
void append_and_look(Fixture *f, uint64_t bytes, uint64_t anew);
/* Meanwhile programs write @anew elsewhere, or over what was there. */
void overwrite_and_look(Fixture *f, uint64_t bytes, uint64_t anew);
/* Queues take four requests of @kib. */
void assert_length(Fixture *f, unsigned kib);
/* The sync ends, and so does the case. */
void end_watched(Fixture *f, FrostBacklog *backlog);
/* So much more is free on the first filesystem. */
void change_room(Fixture *f, int64_t bytes);
