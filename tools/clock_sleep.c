/* A clock_nanosleep() that asks the kernel. The one of libfaketime 0.9.10 reads the absolute monotonic time that
   Python's time.sleep() gives it as wall time, and fails or sleeps for years. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    int before = errno;
    int result = syscall(SYS_clock_nanosleep, clock, flags, until, left) == 0 ? 0 : errno;
    errno = before; /* the result is the error here */
    return result;
}
