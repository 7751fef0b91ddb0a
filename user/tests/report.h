// What the programs of this folder print. Each runs on Linux and on Loci, and what it
// printed is compared line by line: so nothing is printed that may differ from run to run,
// and errno values have their names.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

// A line at a time, so that what a child prints stands where it was printed.
__attribute__((constructor)) static void print_lines(void) {
    setvbuf(stdout, NULL, _IOLBF, 4096);
}

static inline const char* errno_name(int number) {
#define NAMED(number) {number, #number}
    static const struct {
        int number;
        const char* name;
    } names[] = {
        NAMED(EPERM), NAMED(ENOENT), NAMED(ESRCH), NAMED(EINTR), NAMED(EIO), NAMED(ENXIO),
        NAMED(E2BIG), NAMED(ENOEXEC), NAMED(EBADF), NAMED(ECHILD), NAMED(EAGAIN),
        NAMED(ENOMEM), NAMED(EACCES), NAMED(EFAULT), NAMED(EBUSY), NAMED(EEXIST),
        NAMED(EXDEV), NAMED(ENODEV), NAMED(ENOTDIR), NAMED(EISDIR), NAMED(EINVAL),
        NAMED(ENFILE), NAMED(EMFILE), NAMED(ENOTTY), NAMED(ETXTBSY), NAMED(EFBIG),
        NAMED(ENOSPC), NAMED(ESPIPE), NAMED(EROFS), NAMED(EMLINK), NAMED(EPIPE),
        NAMED(ERANGE), NAMED(EDEADLK), NAMED(ENAMETOOLONG), NAMED(ENOSYS),
        NAMED(ENOTEMPTY), NAMED(ELOOP), NAMED(EOVERFLOW), NAMED(EOPNOTSUPP),
        NAMED(ETIMEDOUT),
    };
#undef NAMED
    for (size_t i = 0; i < LENGTH(names); i++)
        if (names[i].number == number) return names[i].name;
    static char text[32];
    snprintf(text, sizeof text, "errno %d", number);
    return text;
}

// What a call answered: the number, or why it failed.
static inline long show(const char* what, long answer) {
    if (answer == -1)
        printf("%s: %s\n", what, errno_name(errno));
    else
        printf("%s: %ld\n", what, answer);
    return answer;
}
// Where the number is another one each time.
static inline long show_ok(const char* what, long answer) {
    if (answer == -1)
        printf("%s: %s\n", what, errno_name(errno));
    else
        printf("%s: ok\n", what);
    return answer;
}
static inline void show_is(const char* what, int is_so) {
    printf("%s: %s\n", what, is_so ? "yes" : "no");
}
