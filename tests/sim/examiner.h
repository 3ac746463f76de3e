/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * examiner.h - the end of a history: nothing goes wrong any more, and all must come right
 */

/* For the host's thread. */
void examiner_examine(void);
