/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * person.h - somebody in the guest who runs frost-ga thaw
 *
 * What agent/cli/thaw.c does, without its words: it asks the freezer that lives, and waits for it,
 * or takes over what dead processes have left.
 */

void person_start(void);
