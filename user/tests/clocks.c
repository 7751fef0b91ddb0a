// Time: the clocks go on, and those who sleep are woken, not too early.
#include "report.h"

#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time)) return -1;
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void) {
    static const struct {
        clockid_t clock;
        const char* name;
    } clocks[] = {{CLOCK_REALTIME, "realtime"},
                  {CLOCK_MONOTONIC, "monotonic"},
                  {CLOCK_PROCESS_CPUTIME_ID, "of the process"},
                  {CLOCK_THREAD_CPUTIME_ID, "of the thread"},
                  {CLOCK_BOOTTIME, "boottime"}};
    for (size_t i = 0; i < LENGTH(clocks); i++) {
        const long long first = now(clocks[i].clock);
        for (volatile int spin = 0; spin < 30000000; spin++) {}
        show_is(clocks[i].name, first >= 0 && now(clocks[i].clock) > first);
    }
    struct timespec time;
    show("clock 77", clock_gettime(77, &time));
    const long long before = now(CLOCK_MONOTONIC);
    const struct timespec nap = {0, 30000000};
    show("nanosleep", nanosleep(&nap, NULL));
    const long long slept = now(CLOCK_MONOTONIC) - before;
    show_is("30 ms at least", slept >= 30000000);
    show_is("less than 2 s", slept < 2000000000);
    const struct timespec bad = {0, 1000000000};
    show("nanosleep, bad", nanosleep(&bad, NULL));
    const struct timespec past = {0, 0};
    show("sleep until the past",
         clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL));
    struct timeval of_day;
    show("gettimeofday", gettimeofday(&of_day, NULL));
    const long difference =
        (long)(time_t)(now(CLOCK_REALTIME) / 1000000000) - of_day.tv_sec;
    show_is("both clocks say the same", difference >= 0 && difference <= 2);
    struct tms used;
    show_is("times()", times(&used) != (clock_t)-1);
    show_is("user time was used", used.tms_utime + used.tms_stime > 0);
    return 0;
}
