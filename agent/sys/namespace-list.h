/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * namespace-list.h - the kernel's own list of mount namespaces (Linux 6.11)
 *
 * Unlike /proc it has those that no process is in: they are held by a mount (as snapd and
 * "ip netns" do) or by an open file. The kernel gives it to root in any PID namespace, at least
 * until 6.18.
 */

#include "sys.h"

/* See list_namespaces in sys.h. */
void frost_namespace_list(FrostNamespaceVisit visit, void *user);
