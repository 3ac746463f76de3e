/* SPDX-License-Identifier: MIT */
#include "database-kind.h"

#include <glib.h>
#include <string.h>

#define MARIADB_ADVICE                                                                           \
    "60-mariadb.hold locks it: without it MyISAM and Aria tables need a repair, and InnoDB may " \
    "lack acknowledged writes (innodb_flush_log_at_trx_commit=0)."
#define REDIS_ADVICE \
    "40-redis holds or saves it: without it what it has not written to disk is missing."

/* The program names are those of Debian, Fedora, the vendors' packages and their containers. The
 * servers of Redis and Valkey are the same file as their check programs. */
static const FrostDatabaseKind kinds[] = {
    {.name = "MariaDB",
     .programs = {"mariadbd"},
     .words = {"mariadb", "mysql"},
     .clients = {"mariadb", "mysql"},
     .advice = MARIADB_ADVICE},
    {.name = "MySQL",
     .programs = {"mysqld"},
     .words = {"mysql", "mariadb"},
     .clients = {"mysql", "mariadb"},
     .advice = MARIADB_ADVICE},
    {.name = "PostgreSQL",
     .programs = {"postgres", "postmaster"},
     .words = {"psql", "postgres"},
     .clients = {"psql"},
     .advice = "A copy is complete after its recovery; 30-postgresql makes that short.",
     .is_whole = true},
    {.name = "Redis",
     .programs = {"redis-server", "redis-check-rdb", "redis-check-aof"},
     .words = {"redis", "valkey"},
     .clients = {"redis-cli", "valkey-cli", "keydb-cli"},
     .advice = REDIS_ADVICE},
    {.name = "Valkey",
     .programs = {"valkey-server", "valkey-check-rdb", "valkey-check-aof", "keydb-server"},
     .words = {"valkey", "redis", "keydb"},
     .clients = {"valkey-cli", "redis-cli", "keydb-cli"},
     .advice = REDIS_ADVICE},
    {.name = "MongoDB",
     .programs = {"mongod"},
     .words = {"mongo"},
     .clients = {"mongosh", "mongo"},
     .advice = "50-mongodb.hold locks it."},
    {.name = "VictoriaMetrics",
     .programs = {"victoria-metrics", "victoria-metrics-prod", "vmstorage", "vmstorage-prod"},
     .words = {"victoria", "vmstorage", "snapshot/create"},
     .advice =
         "45-victoriametrics has it write them: without it a copy lacks samples that are in its "
         "memory only."},
    {.name = "mosquitto",
     .programs = {"mosquitto"},
     .words = {"mosquitto"},
     .advice = "35-mosquitto has it save them: without it a copy lacks all retained messages since "
               "its last save."},
};

const FrostDatabaseKind *
frost_database_kind_at(unsigned i)
{
    return i < G_N_ELEMENTS(kinds) ? &kinds[i] : NULL;
}

const FrostDatabaseKind *
frost_database_kind_of_program(const char *program)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_strv_contains(kinds[i].programs, program))
            return &kinds[i];
    }
    return NULL;
}

bool
frost_database_kind_is_named(const FrostDatabaseKind *self, const char *text)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);

    for (const char *const *word = self->words; *word; word++) {
        if (strstr(lower, *word))
            return true;
    }
    return false;
}
