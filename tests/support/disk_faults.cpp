// Preloaded into a program under test: what a full disk and a sudden death look like, at a moment that the test
// chooses. Only calls that change something below the folder MIEN_FAULT_BELOW are looked at.
//
//   MIEN_FULL_AFTER=BYTES  once so many bytes were written there, every further write fails with ENOSPC; stands in for
//                          a full disk where no small file system can be mounted
//   MIEN_FULL_WHILE=FILE   … only as long as that file exists: a disk that fills up and is cleared again
//   MIEN_KILL_AT=N         SIGKILL at the N-th changing call (from 1), before it is made
//   MIEN_KILL_TORN=1       … a write is half made first
//   MIEN_CALLS_FILE=FILE   the number of changing calls so far is kept there, as 8 bytes, also past the death

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <typename Function>
Function real(const char *name)
{
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

long long numberIn(const char *variable, long long otherwise)
{
    const char *const text = std::getenv(variable);
    return text && *text ? std::atoll(text) : otherwise;
}

struct Plan
{
    const char *below = std::getenv("MIEN_FAULT_BELOW");
    long long fullAfter = numberIn("MIEN_FULL_AFTER", -1);
    long long killAt = numberIn("MIEN_KILL_AT", 0);
    bool torn = numberIn("MIEN_KILL_TORN", 0) != 0;
    std::atomic<std::int64_t> written{0};
    std::atomic<std::int64_t> ownCalls{0};
    std::atomic<std::int64_t> *calls = &ownCalls;

    Plan()
    {
        const char *const file = std::getenv("MIEN_CALLS_FILE");
        const int descriptor = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
        if (descriptor < 0)
            return;
        void *const mapped = mmap(nullptr, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        close(descriptor);
        if (mapped != MAP_FAILED)
            calls = static_cast<std::atomic<std::int64_t> *>(mapped);
    }

    bool covers(const char *path) const { return below && path && std::strncmp(path, below, std::strlen(below)) == 0; }
    bool covers(int descriptor) const
    {
        if (!below)
            return false;
        char link[64], path[PATH_MAX];
        std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
        const ssize_t length = readlink(link, path, sizeof path - 1);
        if (length <= 0)
            return false;
        path[length] = '\0';
        return covers(path);
    }
};

Plan &plan()
{
    static Plan only;
    return only;
}

[[noreturn]] void die()
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/// True when this changing call is the one to die at.
template <typename Place>
bool isFatal(Place place)
{
    Plan &p = plan();
    return p.covers(place) && ++*p.calls == p.killAt;
}

template <typename Place>
void dieHere(Place place)
{
    if (isFatal(place))
        die();
}

/// Whether the disk with this file or descriptor is one that fills up, now.
template <typename Place>
bool mayBeFull(Place place)
{
    Plan &p = plan();
    if (p.fullAfter < 0 || !p.covers(place))
        return false;
    static const char *const onlyWhile = std::getenv("MIEN_FULL_WHILE");
    return !onlyWhile || access(onlyWhile, F_OK) == 0;
}

/// What may still be written there.
template <typename Facts>
void showSpace(const char *path, Facts &facts)
{
    if (mayBeFull(path))
        facts.f_bfree = facts.f_bavail =
            static_cast<fsblkcnt_t>(std::max(0LL, plan().fullAfter - plan().written)) / facts.f_frsize;
}

bool isFull(int descriptor, long long bytes)
{
    Plan &p = plan();
    if (!mayBeFull(descriptor))
        return false;
    if (p.written + bytes > p.fullAfter) {
        errno = ENOSPC;
        return true;
    }
    p.written += bytes;
    return false;
}

} // namespace

extern "C" {

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t)>("write");
    if (isFatal(descriptor)) {
        if (plan().torn && next(descriptor, bytes, count / 2) < 0)
            std::fprintf(stderr, "half a write failed\n");
        die();
    }
    return isFull(descriptor, static_cast<long long>(count)) ? -1 : next(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t, off_t)>("pwrite");
    if (isFatal(descriptor)) {
        if (plan().torn && next(descriptor, bytes, count / 2, offset) < 0)
            std::fprintf(stderr, "half a write failed\n");
        die();
    }
    return isFull(descriptor, static_cast<long long>(count)) ? -1 : next(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t, off64_t)>("pwrite64");
    if (isFatal(descriptor)) {
        if (plan().torn && next(descriptor, bytes, count / 2, offset) < 0)
            std::fprintf(stderr, "half a write failed\n");
        die();
    }
    return isFull(descriptor, static_cast<long long>(count)) ? -1 : next(descriptor, bytes, count, offset);
}

ssize_t writev(int descriptor, const iovec *parts, int count)
{
    static const auto next = real<ssize_t (*)(int, const iovec *, int)>("writev");
    if (isFatal(descriptor)) {
        if (plan().torn && next(descriptor, parts, count / 2) < 0)
            std::fprintf(stderr, "half a write failed\n");
        die();
    }
    long long bytes = 0;
    for (int i = 0; i < count; ++i)
        bytes += static_cast<long long>(parts[i].iov_len);
    return isFull(descriptor, bytes) ? -1 : next(descriptor, parts, count);
}

int posix_fallocate(int descriptor, off_t offset, off_t length)
{
    static const auto next = real<int (*)(int, off_t, off_t)>("posix_fallocate");
    dieHere(descriptor);
    return isFull(descriptor, length) ? ENOSPC : next(descriptor, offset, length);
}

int posix_fallocate64(int descriptor, off64_t offset, off64_t length)
{
    static const auto next = real<int (*)(int, off64_t, off64_t)>("posix_fallocate64");
    dieHere(descriptor);
    return isFull(descriptor, length) ? ENOSPC : next(descriptor, offset, length);
}

int fallocate(int descriptor, int mode, off_t offset, off_t length)
{
    static const auto next = real<int (*)(int, int, off_t, off_t)>("fallocate");
    dieHere(descriptor);
    return isFull(descriptor, length) ? -1 : next(descriptor, mode, offset, length);
}

int statvfs(const char *path, struct statvfs *facts)
{
    static const auto next = real<int (*)(const char *, struct statvfs *)>("statvfs");
    const int status = next(path, facts);
    if (status == 0)
        showSpace(path, *facts);
    return status;
}

int statvfs64(const char *path, struct statvfs64 *facts)
{
    static const auto next = real<int (*)(const char *, struct statvfs64 *)>("statvfs64");
    const int status = next(path, facts);
    if (status == 0)
        showSpace(path, *facts);
    return status;
}

int fsync(int descriptor)
{
    static const auto next = real<int (*)(int)>("fsync");
    dieHere(descriptor);
    return next(descriptor);
}

int fdatasync(int descriptor)
{
    static const auto next = real<int (*)(int)>("fdatasync");
    dieHere(descriptor);
    return next(descriptor);
}

int ftruncate(int descriptor, off_t length)
{
    static const auto next = real<int (*)(int, off_t)>("ftruncate");
    dieHere(descriptor);
    return next(descriptor, length);
}

int ftruncate64(int descriptor, off64_t length)
{
    static const auto next = real<int (*)(int, off64_t)>("ftruncate64");
    dieHere(descriptor);
    return next(descriptor, length);
}

int rename(const char *from, const char *to)
{
    static const auto next = real<int (*)(const char *, const char *)>("rename");
    dieHere(to);
    return next(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    static const auto next = real<int (*)(const char *, mode_t)>("mkdir");
    dieHere(path);
    return next(path, mode);
}

int unlink(const char *path)
{
    static const auto next = real<int (*)(const char *)>("unlink");
    dieHere(path);
    return next(path);
}

} // extern "C"
