/* SPDX-License-Identifier: MIT */
#include "fs-state.h"

#define TO(state) (1u << FROST_FS_##state)

/* The arrows drawn in fs-state.h. */
static const unsigned arrows[FROST_FS_STATES] = {
    [FROST_FS_OPEN] = TO(FREEZING),
    [FROST_FS_FREEZING] =
        TO(FROZEN) | TO(FOREIGN) | TO(UNSUPPORTED) | TO(FAILED) | TO(ABANDONED) | TO(LOST),
    [FROST_FS_ABANDONED] =
        TO(THAWING) | TO(FOREIGN) | TO(UNSUPPORTED) | TO(FAILED) | TO(FROZEN) | TO(LOST),
    [FROST_FS_FROZEN] = TO(THAWING) | TO(LOST),
    [FROST_FS_THAWING] = TO(THAWED) | TO(LOST) | TO(STUCK) | TO(FROZEN),
    [FROST_FS_THAWED] = TO(OPEN),
    [FROST_FS_LOST] = TO(OPEN),
    [FROST_FS_STUCK] = TO(FROZEN) | TO(LOST),
};

bool
frost_fs_state_may_become(FrostFsState from, FrostFsState to)
{
    return from < FROST_FS_STATES && to < FROST_FS_STATES && (arrows[from] & (1u << to)) != 0;
}

bool
frost_fs_state_is_held(FrostFsState state)
{
    switch (state) {
    case FROST_FS_FREEZING:
    case FROST_FS_ABANDONED:
    case FROST_FS_FROZEN:
    case FROST_FS_THAWING:
    case FROST_FS_STUCK:
        return true;
    case FROST_FS_OPEN:
    case FROST_FS_FOREIGN:
    case FROST_FS_UNSUPPORTED:
    case FROST_FS_FAILED:
    case FROST_FS_THAWED:
    case FROST_FS_LOST:
        break;
    }
    return false;
}
