#include "pipeline/jobs/pixel_share.h"

#include "pipeline/store/atomic_file.h"

#include <cerrno>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace mien {

PixelShare::~PixelShare()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

Result<nlohmann::json> PixelShare::put(const Picture &picture)
{
    const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/";
    if (m_descriptor < 0)
        m_descriptor = ::memfd_create("mien-frames", MFD_CLOEXEC);
    if (m_descriptor < 0)
        return fail(systemError(errno, path, "could not be made for the pixels"));
    // Grows only: what a slow reader has mapped stays there.
    for (std::size_t at = 0; at < picture.pixels.size();) {
        const ssize_t written =
            ::pwrite(m_descriptor, picture.pixels.data() + at, picture.pixels.size() - at, off_t(at));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail(systemError(written < 0 ? errno : ENOSPC, path, "takes no more pixels"));
        at += std::size_t(written);
    }
    return nlohmann::json{{"file", path + std::to_string(m_descriptor)},
                          {"bytes", picture.pixels.size()},
                          {"stride", picture.widthPx * picture.channels},
                          {"format", "rgb888"}};
}

} // namespace mien
