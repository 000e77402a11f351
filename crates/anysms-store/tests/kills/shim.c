// Between a process and its machine: a disk that fails to sync while a file is there, or that is full while another
// is, and a clock that is wrong by as many seconds as a third one says.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((typeof(name) *)dlsym(RTLD_NEXT, #name))

// Whether there is trouble of a kind, and with which file.
static int trouble(const char *kind, int file, char *path, size_t size) {
    const char *sign = getenv(kind);
    if (!sign || access(sign, F_OK) != 0)
        return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, size - 1);
    path[length > 0 ? length : 0] = 0;
    return length > 4;
}

static int broken(int file) {
    char path[4096];
    return trouble("ANYSMS_SHIM_BROKEN", file, path, sizeof path) && strcmp(path + strlen(path) - 4, "-wal") == 0;
}

// Whether a database's file would grow on a disk that is full: one of SQLite, or what PostgreSQL has in its tables.
static int full(int file, off_t end) {
    char path[4096];
    struct stat status;
    return trouble("ANYSMS_SHIM_FULL", file, path, sizeof path) && (strstr(path, ".db") || strstr(path, "/base/")) &&
           fstat(file, &status) == 0 && end > status.st_size;
}

static off_t sum(const struct iovec *parts, int count) {
    off_t sum = 0;
    for (int part = 0; part < count; part++)
        sum += parts[part].iov_len;
    return sum;
}

#define GROW(name, end, parameters, ...)                            \
    ssize_t name parameters {                                       \
        if (full(file, end)) {                                      \
            errno = ENOSPC;                                         \
            return -1;                                              \
        }                                                           \
        return REAL(name)(__VA_ARGS__);                             \
    }

GROW(write, lseek(file, 0, SEEK_CUR) + size, (int file, const void *data, size_t size), file, data, size)
GROW(pwrite, at + size, (int file, const void *data, size_t size, off_t at), file, data, size, at)
GROW(pwrite64, at + size, (int file, const void *data, size_t size, off64_t at), file, data, size, at)
GROW(pwritev, at + sum(data, count), (int file, const struct iovec *data, int count, off_t at), file, data, count, at)
GROW(pwritev64, at + sum(data, count), (int file, const struct iovec *data, int count, off64_t at), file, data, count, at)

// These give the error as their answer.
#define FALLOCATE(name, type)                                       \
    int name(int file, type at, type size) {                        \
        return full(file, at + size) ? ENOSPC : REAL(name)(file, at, size); \
    }

FALLOCATE(posix_fallocate, off_t)
FALLOCATE(posix_fallocate64, off64_t)

#define SYNC(name)                                                  \
    int name(int file) {                                            \
        if (broken(file)) {                                         \
            errno = EIO;                                            \
            return -1;                                              \
        }                                                           \
        return REAL(name)(file);                                    \
    }

SYNC(fsync)
SYNC(fdatasync)

int clock_gettime(clockid_t clock, struct timespec *time) {
    static typeof(clock_gettime) *real;
    if (!real)
        real = REAL(clock_gettime);
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
