/* SPDX-License-Identifier: MIT */
#include "hook-error.h"

G_DEFINE_QUARK(frost_hook_error, frost_hook_error)
