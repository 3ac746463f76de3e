/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * refused-map.h - mmap() of a file that fails for lack of memory
 */

/* The next @count mappings of files fail with ENOMEM. */
void refuse_maps(unsigned count);
