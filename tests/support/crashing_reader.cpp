// Preloaded into a program under test: opening a file whose name ends with MIEN_CRASH_AT is a wrong memory access, as
// in a picture library that a malformed file brings down.

#include <dlfcn.h>
#include <fcntl.h>

#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

namespace {

void crashAt(const char *path)
{
    static const char *const end = std::getenv("MIEN_CRASH_AT");
    const std::size_t length = path ? std::strlen(path) : 0, wanted = end ? std::strlen(end) : 0;
    if (wanted > 0 && length >= wanted && std::strcmp(path + length - wanted, end) == 0)
        std::raise(SIGSEGV);
}

} // namespace

extern "C" {

int open(const char *path, int flags, ...)
{
    static const auto next = reinterpret_cast<int (*)(const char *, int, ...)>(dlsym(RTLD_NEXT, "open"));
    crashAt(path);
    va_list arguments;
    va_start(arguments, flags);
    const int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return next(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    static const auto next = reinterpret_cast<int (*)(const char *, int, ...)>(dlsym(RTLD_NEXT, "open64"));
    crashAt(path);
    va_list arguments;
    va_start(arguments, flags);
    const int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return next(path, flags, mode);
}

} // extern "C"
