/* SPDX-License-Identifier: MIT */

/*
 * ledger-times FILE - when the freeze in a ledger began and was complete
 *
 * "BEGUN_US FROZEN_US" (CLOCK_BOOTTIME): just before the first FIFREEZE, and when the last one had
 * returned. It is compiled with the agent's own header, so that it follows the file's layout.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <unistd.h>

#include "ledger-data.h"

int
main(int argc, char **argv)
{
    int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    FrostLedgerData *data =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *data, PROT_READ, MAP_SHARED, fd, 0);
    int64_t last = 0;

    if (data == MAP_FAILED || data->version != FROST_LEDGER_VERSION || data->count == 0)
        return EXIT_FAILURE;
    for (uint32_t i = 0; i < data->count; i++)
        last = MAX(last, data->filesystems[i].frozen_us);
    printf("%lld %lld\n", (long long)data->freeze_begun_us, (long long)last);
    return EXIT_SUCCESS;
}
