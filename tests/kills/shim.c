// Between a process and its machine: a disk that fails to sync while a file is there, and a clock that is wrong by
// as many seconds as another file says.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int broken(int file) {
    const char *sign = getenv("ANYSMS_SHIM_DISK");
    if (!sign || access(sign, F_OK) != 0)
        return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

#define SYNC(name)                                                  \
    int name(int file) {                                            \
        if (broken(file)) {                                         \
            errno = EIO;                                            \
            return -1;                                              \
        }                                                           \
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name);   \
        return real(file);                                          \
    }

SYNC(fsync)
SYNC(fdatasync)

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    const char *path = getenv("ANYSMS_SHIM_CLOCK");
    if (clock != CLOCK_REALTIME || !path)
        return result;
    int file = open(path, O_RDONLY);
    if (file >= 0) {
        char text[32] = {0};
        if (read(file, text, sizeof text - 1) > 0)
            time->tv_sec += atol(text);
        close(file);
    }
    return result;
}
