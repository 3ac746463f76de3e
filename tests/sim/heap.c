/* SPDX-License-Identifier: MIT */
#include "heap.h"

#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static long blocks;
static bool is_apart; /* what is done now does not count */

long
heap_blocks(void)
{
    return blocks;
}

void
heap_set_apart(bool apart)
{
    is_apart = apart;
}

void *
heap_uncounted_new(size_t size)
{
    void *block = __libc_malloc(size);

    if (!block)
        abort();
    return block;
}

void
heap_uncounted_free(void *block)
{
    __libc_free(block);
}

void *
malloc(size_t size)
{
    blocks += !is_apart;
    return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    blocks += !is_apart;
    return __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
    blocks += !block && !is_apart;
    return __libc_realloc(block, size);
}

void
free(void *block)
{
    blocks -= block && !is_apart;
    __libc_free(block);
}
