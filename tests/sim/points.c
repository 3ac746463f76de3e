/* SPDX-License-Identifier: MIT */
#include "points.h"

#include <string.h>

const Point points[POINT_COUNT] = {
    {"agent", "thawed"},       {"agent", "elsewhere"},     {"agent", "adopting"},
    {"agent", "planning"},     {"agent", "starting"},      {"agent", "syncing"},
    {"agent", "hooks"},        {"agent", "resyncing"},     {"agent", "freezing"},
    {"agent", "frozen"},       {"agent", "thawing"},       {"agent", "undoing"},
    {"agent", "remaining"},    {"agent", "closing"},       {"freezer", "starting"},
    {"freezer", "syncing"},    {"freezer", "freezing"},    {"freezer", "froze"},
    {"freezer", "all-frozen"}, {"freezer", "thaw-asked"},  {"freezer", "thawing"},
    {"freezer", "thawed"},     {"freezer", "leaving"},     {"recovery", "starting"},
    {"recovery", "leaving"},   {"kernel", "freezing"},     {"hook", "freeze"},
    {"hook", "thaw"},          {"freezer", "backing-off"}, {"freezer", "repeating"},
    {"parser", "reading"},     {"parser", "answering"},
};

int
point_find(const char *role, const char *name)
{
    for (int i = 0; i < POINT_COUNT; i++) {
        if (strcmp(points[i].name, name) == 0 && strcmp(points[i].role, role) == 0)
            return i;
    }
    return -1;
}
