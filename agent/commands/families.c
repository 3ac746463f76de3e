/* SPDX-License-Identifier: MIT */
#include "families.h"

#include "frost-families.h"

#define DECLARE(name) extern const FrostFamily frost_##name##_family;
#define ENTER(name) &frost_##name##_family,

FROST_FAMILIES(DECLARE)

const FrostFamily *const frost_families[] = {FROST_FAMILIES(ENTER) NULL};
