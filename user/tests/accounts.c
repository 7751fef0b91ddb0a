// What /proc and getrusage() tell of what has been: faults over exec and of children,
// processes so far, descriptors, the mask of new files.
#include "report.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 300

static char text[65536];

// A file of /proc; where a word begins in it, or null.
static char* find(const char* path, const char* word) {
    const int fd = open(path, O_RDONLY);
    ssize_t length = 0, got;
    while (fd >= 0 && (got = read(fd, text + length, sizeof text - 1 - length)) > 0)
        length += got;
    text[length] = 0;
    close(fd);
    return strstr(text, word);
}

static unsigned number_behind(const char* path, const char* word) {
    const char* const found = find(path, word);
    return found ? strtoul(found + strlen(word), NULL, 10) : 0;
}

// minflt, the tenth word.
static unsigned own_faults(void) {
    char* word = find("/proc/self/stat", ") ");
    for (int i = 0; word && i < 8; ++i) word = strchr(word + 1, ' ');
    return word ? strtoul(word, NULL, 10) : 0;
}

static void touch_pages(void) {
    char* const pages = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(pages, PAGES * 4096, MADV_NOHUGEPAGE);
    for (int i = 0; i < PAGES; ++i) pages[i * 4096] = 1;
    munmap(pages, PAGES * 4096);
}

static void show_faults(char* self) {
    const unsigned before = own_faults();
    touch_pages();
    show_is("each page is a fault", own_faults() - before >= PAGES);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    show_is("getrusage knows them", (unsigned)usage.ru_minflt >= own_faults());

    if (fork() == 0) {
        touch_pages();
        // The next program still has had these.
        execl(self, self, "look", (char*)NULL);
        _exit(127);
    }
    int status = -1;
    wait(&status);
    show("a program's faults outlive exec", status);
    getrusage(RUSAGE_CHILDREN, &usage);
    show_is("and are its parent's to know", usage.ru_minflt >= PAGES);
    const long known = usage.ru_minflt;
    if (fork() == 0) {
        touch_pages();
        _exit(0);
    }
    wait(NULL);
    getrusage(RUSAGE_CHILDREN, &usage);
    show_is("so are those of one that ends", usage.ru_minflt - known >= PAGES);
    show_is("as is its largest size", usage.ru_maxrss >= PAGES * 2);
}

int main(int count, char** words) {
    if (count > 1) return own_faults() < PAGES;
    show_faults("/proc/self/exe");

    const unsigned processes = number_behind("/proc/stat", "\nprocesses ");
    for (int i = 0; i < 3; ++i) {
        if (fork() == 0) _exit(0);
        wait(NULL);
    }
    const unsigned more = number_behind("/proc/stat", "\nprocesses ") - processes;
    show_is("processes are counted, not those there are", more >= 3 && more < 10000);

    umask(0137);
    printf("Umask: %.4s\n", find("/proc/self/status", "Umask:\t") + 7);
    const unsigned few = number_behind("/proc/self/status", "FDSize:\t");
    show_is("descriptors", few >= 32 && few % 32 == 0);
    dup2(0, 700);
    show_is("and more", number_behind("/proc/self/status", "FDSize:\t") >= 701);

    show_is("Cached", number_behind("/proc/meminfo", "\nCached:") > 0);
    show_is("interrupts", find("/proc/interrupts", "CPU0") != NULL);
    show_is("iomem", find("/proc/iomem", " : System RAM\n") != NULL);
    show_is("wchan", find("/proc/self/wchan", "0") == text);
    show_is("oom_score", find("/proc/self/oom_score", "\n") != NULL);
    show_is("panic", find("/proc/sys/kernel/panic", "\n") != NULL);
    (void)words;
    return 0;
}
