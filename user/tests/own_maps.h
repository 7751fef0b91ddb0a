// The text of /proc/self/maps, read without the library's help, which would map memory for it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

static char* read_maps(void) {
    static char text[32768];
    const int fd = open("/proc/self/maps", O_RDONLY);
    size_t length = 0;
    for (ssize_t got = 1; fd >= 0 && got > 0; length += got > 0 ? got : 0)
        got = read(fd, text + length, sizeof text - 1 - length);
    text[length] = 0;
    close(fd);
    return text;
}
