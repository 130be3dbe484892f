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

using Open = int (*)(const char *, int, ...);

int openChecked(Open next, const char *path, int flags, std::va_list arguments)
{
    crashAt(path);
    const int mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, int) : 0;
    return next(path, flags, mode);
}

} // namespace

extern "C" {

int open(const char *path, int flags, ...)
{
    static const auto next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "open"));
    std::va_list arguments;
    va_start(arguments, flags);
    const int file = openChecked(next, path, flags, arguments);
    va_end(arguments);
    return file;
}

int open64(const char *path, int flags, ...)
{
    static const auto next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "open64"));
    std::va_list arguments;
    va_start(arguments, flags);
    const int file = openChecked(next, path, flags, arguments);
    va_end(arguments);
    return file;
}

} // extern "C"
