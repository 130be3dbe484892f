#include "pipeline/jobs/face_spool.h"

#include "pipeline/store/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace mien {

Result<FaceSpool> FaceSpool::open(const std::filesystem::path &folder)
{
#ifdef O_TMPFILE
    if (const int nameless = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); nameless >= 0)
        return FaceSpool(nameless, folder);
#endif
    std::string name = (folder / (".faces." + std::to_string(::getpid()) + ".XXXXXX")).string();
    const int descriptor = ::mkstemp(name.data());
    if (descriptor < 0)
        return fail(systemError(errno, folder, "takes no temporary file"));
    ::unlink(name.c_str());
    return FaceSpool(descriptor, folder);
}

FaceSpool::FaceSpool(FaceSpool &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_folder(std::move(other.m_folder))
    , m_end(other.m_end)
{
}

FaceSpool &FaceSpool::operator=(FaceSpool &&other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_folder, other.m_folder);
    std::swap(m_end, other.m_end);
    return *this;
}

FaceSpool::~FaceSpool()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

Result<FaceSpool::Place> FaceSpool::add(std::span<const std::uint8_t> bytes)
{
    const Place place{m_end, std::int64_t(bytes.size())};
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(m_descriptor, bytes.data(), bytes.size(), m_end);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail(systemError(written < 0 ? errno : ENOSPC, m_folder, "takes no more temporary data"));
        m_end += written;
        bytes = bytes.subspan(std::size_t(written));
    }
    return place;
}

Result<std::vector<std::uint8_t>> FaceSpool::read(const Place &place) const
{
    std::vector<std::uint8_t> bytes(std::size_t(place.size));
    for (std::size_t filled = 0; filled < bytes.size();) {
        const ssize_t got =
            ::pread(m_descriptor, bytes.data() + filled, bytes.size() - filled, place.offset + std::int64_t(filled));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(systemError(got < 0 ? errno : EIO, m_folder, "does not give back temporary data"));
        filled += std::size_t(got);
    }
    return bytes;
}

Result<> FaceSpool::clear()
{
    if (m_end > 0 && ::ftruncate(m_descriptor, 0) != 0)
        return fail(systemError(errno, m_folder, "does not take back temporary data"));
    m_end = 0;
    return {};
}

} // namespace mien
