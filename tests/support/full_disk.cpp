// Preloaded into a program under test: every write below the folder MIEN_FULL_BELOW fails with ENOSPC once
// MIEN_FULL_AFTER bytes have gone there. Stands in for a full disk where no small file system can be mounted.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long long> written{0};

bool isBelow(int descriptor)
{
    static const char *const folder = std::getenv("MIEN_FULL_BELOW");
    if (!folder)
        return false;
    char link[64], path[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = readlink(link, path, sizeof path);
    const std::size_t wanted = std::strlen(folder);
    return length > ssize_t(wanted) && std::memcmp(path, folder, wanted) == 0;
}

bool isFull(int descriptor, long long bytes)
{
    static const long long limit = std::atoll(std::getenv("MIEN_FULL_AFTER") ? std::getenv("MIEN_FULL_AFTER") : "0");
    if (!isBelow(descriptor))
        return false;
    if (written + bytes > limit) {
        errno = ENOSPC;
        return true;
    }
    written += bytes;
    return false;
}

template <typename Function>
Function real(const char *name)
{
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t)>("write");
    return isFull(descriptor, static_cast<long long>(count)) ? -1 : next(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t, off_t)>("pwrite");
    return isFull(descriptor, static_cast<long long>(count)) ? -1 : next(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset)
{
    static const auto next = real<ssize_t (*)(int, const void *, size_t, off64_t)>("pwrite64");
    return isFull(descriptor, static_cast<long long>(count)) ? -1 : next(descriptor, bytes, count, offset);
}

ssize_t writev(int descriptor, const iovec *parts, int count)
{
    static const auto next = real<ssize_t (*)(int, const iovec *, int)>("writev");
    long long bytes = 0;
    for (int i = 0; i < count; ++i)
        bytes += static_cast<long long>(parts[i].iov_len);
    return isFull(descriptor, bytes) ? -1 : next(descriptor, parts, count);
}

int posix_fallocate(int descriptor, off_t offset, off_t length)
{
    static const auto next = real<int (*)(int, off_t, off_t)>("posix_fallocate");
    return isFull(descriptor, length) ? ENOSPC : next(descriptor, offset, length);
}

int posix_fallocate64(int descriptor, off64_t offset, off64_t length)
{
    static const auto next = real<int (*)(int, off64_t, off64_t)>("posix_fallocate64");
    return isFull(descriptor, length) ? ENOSPC : next(descriptor, offset, length);
}

int fallocate(int descriptor, int mode, off_t offset, off_t length)
{
    static const auto next = real<int (*)(int, int, off_t, off_t)>("fallocate");
    return isFull(descriptor, length) ? -1 : next(descriptor, mode, offset, length);
}

} // extern "C"
