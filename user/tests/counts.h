// What is in use of all that the kernel hands out: Loci counts it exactly, for programs like
// these (kernel/proc/in_use_probe.cpp). Elsewhere nothing is counted, and nothing missed.
//
// What is counted is as it was, to the last frame and object, when all that a program made
// has ended. A program that counts does a little of everything first: its own memory is
// counted, too, and it is touched by then.
#pragma once

#include "report.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { counts_size = 6000 };
struct counts {
    char text[counts_size];
};

// What is counted now, to be compared; touched with the first count.
static struct counts counts_now;

static inline void count(struct counts* counts) {
    memset(counts_now.text, 0, counts_size);
    memset(counts->text, 0, counts_size);
    const int file = open("/proc/loci/in_use", O_RDONLY);
    for (ssize_t all = 0, got = 1; file >= 0 && got > 0; all += got)
        got = read(file, counts->text + all, counts_size - 1 - all);
    close(file);
}

// The number that a line "NAME number" gives; 0: there is none.
static inline long counted(const struct counts* counts, const char* name, size_t length) {
    for (const char* line = counts->text; *line; line = strchr(line, '\n') + 1)
        if (!strncmp(line, name, length) && line[length] == ' ') return atol(line + length);
    return 0;
}

static inline int show_changes(const struct counts* from, const struct counts* to,
                               const struct counts* names, int only_new) {
    int changes = 0;
    for (const char* line = names->text; *line; line = strchr(line, '\n') + 1) {
        const size_t length = strcspn(line, " ");
        const long before = counted(from, line, length), after = counted(to, line, length);
        if (before == after || (only_new && before)) continue;
        printf("%.*s: %ld before, %ld afterwards\n", (int)length, line, before, after);
        changes++;
    }
    return changes;
}

// Prints what changed since `before`; how many lines. Who has ended may still be on his way
// for a moment.
static inline int compare_counts(const struct counts* before) {
    for (int tries = 0; tries < 50; tries++) {
        count(&counts_now);
        if (!strcmp(before->text, counts_now.text)) return 0;
        usleep(10000);
    }
    return show_changes(before, &counts_now, before, 0) +
           show_changes(before, &counts_now, &counts_now, 1);
}

// For who would do another machine harm, or has nothing to judge by there.
static inline void on_loci_only(void) {
    struct utsname system;
    uname(&system);
    if (strstr(system.release, "loci")) return;
    printf("on Loci only\n");
    exit(2);
}

static inline long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
