// /dev/mem, /dev/fb0 and the log, which only Loci shows to everybody who is root: so this is
// run there alone, and judges itself. With the word "fb0" there must be a framebuffer.
#include "report.h"

#include <fcntl.h>
#include <linux/fb.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int wrong;

static void check(const char* what, int is_so) {
    if (!is_so) printf("%s: no (%s)\n", what, errno_name(errno));
    wrong += !is_so;
}

static void* map(int fd, int prot, int flags, off64_t offset) {
    return mmap64(NULL, 4096, prot, flags, fd, offset);
}
static int refused(void* mapped, int why) { return mapped == MAP_FAILED && errno == why; }

static uint64_t frame_of(volatile void* address) {
    uint64_t word = 0;
    const int fd = open("/proc/self/pagemap", O_RDONLY);
    pread(fd, &word, sizeof word, (uintptr_t)address / 4096 * sizeof word);
    close(fd);
    return word & ((1ull << 55) - 1);
}

static volatile int own_word = 1;

static void look_at_memory(int mem) {
    const unsigned char* const bios = map(mem, PROT_READ, MAP_SHARED, 0xff000);
    check("the BIOS is mapped", bios != MAP_FAILED);
    unsigned char read_too[16];
    check("and read", pread(mem, read_too, 16, 0xffff0) == 16);
    check("as one", memcmp(read_too, bios + 0xff0, 16) == 0);
    check("a jump is where a CPU begins", bios[0xff0] == 0xea);
    // Another process faults it in by itself.
    const pid_t child = fork();
    if (child == 0) _exit(memcmp(read_too, bios + 0xff0, 16) != 0);
    int status = -1;
    waitpid(child, &status, 0);
    check("a child sees it", status == 0);

    own_word = 2;
    const uint64_t frame = frame_of(&own_word);
    volatile char* const seen = map(mem, PROT_READ, MAP_SHARED, frame * 4096);
    volatile int* const alias = (volatile int*)(seen + (uintptr_t)&own_word % 4096);
    check("a page of this program", frame && *alias == 2);
    own_word = 3;
    check("as it changes", *alias == 3);
    check("has that frame twice", frame_of(alias) == frame);
    munmap((void*)seen, 4096);
    check("and is still there", own_word == 3);
}

static void be_refused(int mem) {
    char byte = 0;
    void* const video = map(mem, PROT_READ, MAP_SHARED, 0xb8000);
    check("video memory is mapped", video != MAP_FAILED);
    check("not to be written", mprotect(video, 4096, PROT_READ | PROT_WRITE) == -1 &&
                                   errno == EACCES);
    const int both = open("/dev/mem", O_RDWR);
    const int writable = PROT_READ | PROT_WRITE;
    check("nor mapped so", refused(map(both, writable, MAP_SHARED, 0xb8000), EPERM));
    check("nor copied", refused(map(both, writable, MAP_PRIVATE, 0xb8000), EPERM));
    check("nor by write()", write(both, &byte, 1) == -1);
    check("nor beyond the bus", refused(map(mem, PROT_READ, MAP_SHARED, 1ull << 43), EINVAL));
    check("nor read there", pread64(mem, &byte, 1, 1ull << 43) == -1 && errno == EFAULT);
    close(both);
    if (fork() == 0) {
        *(volatile char*)video = 1;
        _exit(0);
    }
    int status = 0;
    wait(&status);
    check("a write is a signal", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    if (fork() == 0) {
        setuid(1000);
        _exit(open("/dev/mem", O_RDONLY) != -1);
    }
    wait(&status);
    check("others do not open it", status == 0);
}

static void draw(int fb) {
    struct fb_var_screeninfo var;
    struct fb_fix_screeninfo fix;
    check("what it is", ioctl(fb, FBIOGET_VSCREENINFO, &var) == 0);
    check("where it is", ioctl(fb, FBIOGET_FSCREENINFO, &fix) == 0);
    check("lines hold pixels", fix.line_length >= var.xres * var.bits_per_pixel / 8);
    check("all of them", fix.smem_len >= fix.line_length * (var.yres - 1));
    const size_t bytes = (fix.smem_start % 4096 + fix.smem_len + 4095) & ~4095u;
    unsigned char* const all = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fb, 0);
    check("mapped", all != MAP_FAILED);
    check("no more of it", refused(mmap(NULL, bytes + 4096, PROT_READ, MAP_SHARED, fb, 0),
                                   EINVAL));
    unsigned char* const pixels = all + fix.smem_start % 4096;
    unsigned char line[64];
    memset(pixels + 5 * fix.line_length, 0xa5, sizeof line);
    check("read", pread(fb, line, sizeof line, 5 * fix.line_length) == sizeof line);
    check("what was drawn", line[0] == 0xa5 && line[63] == 0xa5);
    memset(line, 0x5a, sizeof line);
    check("write", pwrite(fb, line, sizeof line, 6 * fix.line_length) == sizeof line);
    check("is drawing, too", memcmp(pixels + 6 * fix.line_length, line, sizeof line) == 0);
    check("up to its end", pwrite(fb, line, 2, fix.smem_len - 1) == 1);
    check("where reading ends", pread(fb, line, 2, fix.smem_len) == 0);
    check("this mode", ioctl(fb, FBIOPUT_VSCREENINFO, &var) == 0);
    var.xres /= 2;
    check("no other", ioctl(fb, FBIOPUT_VSCREENINFO, &var) == -1 && errno == EINVAL);
}

static int has(const char* text, const char* wanted) { return strstr(text, wanted) != NULL; }

// The kernel log, as dmesg reads it.
static void look_at_log(void) {
    enum { READ = 2, READ_ALL, READ_CLEAR, CLEAR, LEVEL = 8, UNREAD, SIZE };
    static char text[65536];
    const int kmsg = open("/dev/kmsg", O_WRONLY);
    check("a line to /dev/kmsg", write(kmsg, "<5>a line of mine", 17) == 17);
    check("the log's size", klogctl(SIZE, NULL, 0) >= 4096);
    int bytes = klogctl(READ_ALL, text, sizeof text - 1);
    check("all of it", bytes > 100 && text[0] == '<' && has(text, "a line of mine\n"));
    const char* const mine = strstr(text, "a line of mine");
    check("its level", mine && memcmp(mine - 18, "<5>[", 4) == 0);
    check("as much is unread", klogctl(UNREAD, NULL, 0) >= bytes);
    memset(text, 0, sizeof text);
    check("the newest that fit", klogctl(READ_ALL, text, 60) > 0 && text[0] == '<' &&
                                     has(text, "mine\n"));
    memset(text, 0, sizeof text);
    check("a part of a line", klogctl(READ, text, 5) == 5 && text[0] == '<');
    const char fifth = text[5];
    check("and the rest", klogctl(READ, text + 5, sizeof text - 6) > 5 && text[0] == '<' &&
                              fifth == 0 && text[5] != '<');
    while (klogctl(UNREAD, NULL, 0) > 0) klogctl(READ, text, sizeof text);
    check("cleared", klogctl(CLEAR, NULL, 0) == 0 && klogctl(READ_ALL, text, 60000) == 0);
    check("a new line", write(kmsg, "another", 7) == 7 && klogctl(UNREAD, NULL, 0) > 7);
    memset(text, 0, sizeof text);
    check("read and cleared", klogctl(READ_CLEAR, text, 60000) > 7 && has(text, "another\n"));
    check("once", klogctl(READ_ALL, text, 60000) == 0);
    check("level 9", klogctl(LEVEL, NULL, 9) == -1 && errno == EINVAL);
    check("no buffer", klogctl(READ_ALL, NULL, 9) == -1 && errno == EINVAL);
    check("a bad one", klogctl(READ_ALL, (char*)0xfffff000, 9) == -1 && errno == EFAULT);
    const pid_t child = fork();
    if (child == 0) {
        if (setuid(1000) != 0) _exit(1);
        const int refused = klogctl(CLEAR, NULL, 0) == -1 && errno == EPERM;
        _exit(!(refused && klogctl(SIZE, NULL, 0) > 0));
    }
    int status = -1;
    waitpid(child, &status, 0);
    check("others may look only", status == 0);
    close(kmsg);
}

int main(int count, char** words) {
    const int mem = open("/dev/mem", O_RDONLY);
    check("/dev/mem", mem >= 0);
    look_at_memory(mem);
    be_refused(mem);
    const int fb = open("/dev/fb0", O_RDWR);
    if (count > 1 && strcmp(words[1], "fb0") == 0) check("/dev/fb0", fb >= 0);
    if (fb >= 0) draw(fb);
    else check("/dev/fb0 is missing", errno == ENOENT);
    look_at_log();
    printf("%d wrong\n", wrong);
    return wrong != 0;
}
