/* SPDX-License-Identifier: MIT */
#include "ledger-error.h"

G_DEFINE_QUARK(frost_ledger_error, frost_ledger_error)
