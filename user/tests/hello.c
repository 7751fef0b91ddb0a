// The C library prints: to standard output and error, in all formats, more than a page.
#include "report.h"

#include <unistd.h>

int main(int argc, char** argv) {
    printf("hello, world, from %s with %d arguments\n", argv[0], argc - 1);
    for (int i = 1; i < argc; i++) printf("argument %d: [%s]\n", i, argv[i]);
    printf("%5d|%-5d|%05d|%x|%#o|%+d|%c|%10.3s|\n", 42, 42, 42, 0xbeef, 8, 7, 'c',
           "string");
    printf("%lld %llu %zu\n", -(1LL << 62), ~0ULL, sizeof(void*));
    printf("%.3f %e %g %a\n", 3.14159, 1e100, 0.0001, 1.5);
    fprintf(stderr, "on standard error\n");
    write(1, "written\n", 8);
    char line[256];
    int lines = 0;
    while (fgets(line, sizeof line, stdin)) printf("line %d: %s", ++lines, line);
    printf("%d lines on standard input\n", lines);
    for (int i = 0; i < 100; i++)
        printf("%3d %s\n", i, "abcdefghijklmnopqrstuvwxyz" + i % 20);
    printf("no end of line");
    fflush(stdout);
    return 42;
}
