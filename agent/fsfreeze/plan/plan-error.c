/* SPDX-License-Identifier: MIT */
#include "plan-error.h"

G_DEFINE_QUARK(frost_plan_error, frost_plan_error)
