#include "pipeline/store/crop_pack.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <shared_mutex>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mien {
namespace {

// thumbs/96.pack holds JPEG files one behind the other; thumbs/96.index one record of 16 bytes for each, in the order
// they came. Bytes go out before their record, and a record carries a check, so what a crash leaves half done is not
// seen: a torn record fails its check, a record whose bytes never reached the disk points at something that is no
// JPEG. A lost thumbnail is made again, so nothing is synced.
struct Record
{
    std::uint64_t sample = 0; ///< 48 bits
    std::uint64_t offset = 0; ///< 40 bits
    std::uint32_t size = 0;   ///< 24 bits
};

constexpr std::size_t recordBytes = 16;
using RecordBytes = std::array<std::uint8_t, recordBytes>;

std::uint16_t checkOf(const std::uint8_t *bytes)
{
    std::uint32_t check = 0x4d69;
    for (std::size_t i = 0; i < recordBytes - 2; ++i)
        check = (check * 31 + bytes[i]) & 0xffff;
    return static_cast<std::uint16_t>(check);
}

RecordBytes encoded(const Record &record)
{
    RecordBytes bytes{};
    std::memcpy(&bytes[0], &record.sample, 6); // little endian on every machine we build for
    std::memcpy(&bytes[6], &record.offset, 5);
    std::memcpy(&bytes[11], &record.size, 3);
    const std::uint16_t check = checkOf(bytes.data());
    std::memcpy(&bytes[14], &check, 2);
    return bytes;
}

bool decode(const std::uint8_t *bytes, Record &record)
{
    std::uint16_t check = 0;
    std::memcpy(&check, bytes + 14, 2);
    if (check != checkOf(bytes))
        return false;
    record = {};
    std::memcpy(&record.sample, bytes, 6);
    std::memcpy(&record.offset, bytes + 6, 5);
    std::memcpy(&record.size, bytes + 11, 3);
    return true;
}

bool writeAll(int descriptor, const std::uint8_t *bytes, std::size_t size, off_t at)
{
    while (size > 0) {
        const ssize_t written = ::pwrite(descriptor, bytes, size, at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= static_cast<std::size_t>(written);
        at += written;
    }
    return true;
}

off_t sizeOf(int descriptor)
{
    struct stat status
    {
    };
    return ::fstat(descriptor, &status) == 0 ? status.st_size : 0;
}

/// Thumbnails of one size.
class Shelf
{
public:
    explicit Shelf(std::filesystem::path base)
        : m_base(std::move(base))
    {
        load();
    }
    Shelf(const Shelf &) = delete;
    Shelf &operator=(const Shelf &) = delete;
    ~Shelf() { close(); }

    std::vector<std::uint8_t> jpeg(std::int64_t sample) const
    {
        const std::shared_lock lock(m_mutex);
        const Place *place = find(sample);
        if (!place || place->offset + place->size > m_mappedBytes)
            return {};
        const std::uint8_t *begin = m_mapped + place->offset;
        const std::uint8_t *end = begin + place->size;
        const bool isJpeg =
            place->size >= 4 && begin[0] == 0xff && begin[1] == 0xd8 && end[-2] == 0xff && end[-1] == 0xd9;
        return isJpeg ? std::vector<std::uint8_t>(begin, end) : std::vector<std::uint8_t>();
    }

    bool has(std::int64_t sample) const
    {
        const std::shared_lock lock(m_mutex);
        return find(sample) != nullptr;
    }

    Result<> add(std::int64_t sample, const std::vector<std::uint8_t> &jpeg)
    {
        const std::unique_lock lock(m_mutex);
        if (const auto opened = openForAppending(); !opened)
            return opened;
        // Another process may append as well: both ends are read under a lock.
        if (::flock(m_indexWrite, LOCK_EX) != 0)
            return fail(systemError(errno, index(), "could not be locked"));
        const off_t at = sizeOf(m_packWrite);
        const off_t recordAt = sizeOf(m_indexWrite) / static_cast<off_t>(recordBytes) * static_cast<off_t>(recordBytes);
        const Record record{static_cast<std::uint64_t>(sample), static_cast<std::uint64_t>(at),
                            static_cast<std::uint32_t>(jpeg.size())};
        const RecordBytes bytes = encoded(record);
        const bool written = writeAll(m_packWrite, jpeg.data(), jpeg.size(), at) &&
                             writeAll(m_indexWrite, bytes.data(), bytes.size(), recordAt);
        const int errorNumber = errno;
        ::flock(m_indexWrite, LOCK_UN);
        if (!written)
            return fail(systemError(errorNumber, pack(), "could not be written"));
        put(record);
        remapIfNeeded();
        return {};
    }

    void reload()
    {
        const std::unique_lock lock(m_mutex);
        close();
        m_places.clear();
        loadLocked();
    }

private:
    struct Place
    {
        std::uint64_t offset = 0;
        std::uint32_t size = 0; ///< 0: none.
    };

    std::filesystem::path pack() const { return m_base.string() + ".pack"; }
    std::filesystem::path index() const { return m_base.string() + ".index"; }

    void load()
    {
        const std::unique_lock lock(m_mutex);
        loadLocked();
    }

    void loadLocked()
    {
        const auto records = readFile(index());
        if (!records)
            return; // none made yet, or deleted: both are allowed
        for (std::size_t at = 0; at + recordBytes <= records->size(); at += recordBytes) {
            Record record;
            if (decode(reinterpret_cast<const std::uint8_t *>(records->data()) + at, record))
                put(record);
        }
        remapIfNeeded();
    }

    void put(const Record &record)
    {
        if (record.sample > 1'000'000'000)
            return;
        if (m_places.size() <= record.sample)
            m_places.resize(record.sample + record.sample / 4 + 64);
        m_places[record.sample] = {record.offset, record.size};
        m_end = std::max(m_end, record.offset + record.size);
    }

    const Place *find(std::int64_t sample) const
    {
        const auto at = static_cast<std::size_t>(sample);
        return sample >= 0 && at < m_places.size() && m_places[at].size > 0 ? &m_places[at] : nullptr;
    }

    /// Maps more than there is now, so that appending remaps seldom; pages behind the end are never touched, because
    /// m_mappedBytes stops at the file's size.
    void remapIfNeeded()
    {
        if (m_end <= m_mappedBytes)
            return;
        if (m_packRead < 0)
            m_packRead = ::open(pack().c_str(), O_RDONLY | O_CLOEXEC);
        if (m_packRead < 0)
            return;
        const auto size = static_cast<std::size_t>(sizeOf(m_packRead));
        if (size > m_reservedBytes) {
            const std::size_t reserve = size + size / 2 + (1U << 20);
            void *mapped = ::mmap(nullptr, reserve, PROT_READ, MAP_SHARED, m_packRead, 0);
            if (mapped == MAP_FAILED)
                return;
            if (m_mapped)
                ::munmap(m_mapped, m_reservedBytes);
            m_mapped = static_cast<std::uint8_t *>(mapped);
            m_reservedBytes = reserve;
        }
        m_mappedBytes = size;
    }

    Result<> openForAppending()
    {
        if (m_packWrite >= 0 && m_indexWrite >= 0)
            return {};
        std::error_code error;
        std::filesystem::create_directories(m_base.parent_path(), error);
        m_packWrite = ::open(pack().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (m_packWrite < 0)
            return fail(systemError(errno, pack(), "could not be opened for writing"));
        m_indexWrite = ::open(index().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (m_indexWrite < 0)
            return fail(systemError(errno, index(), "could not be opened for writing"));
        return {};
    }

    void close()
    {
        if (m_mapped)
            ::munmap(m_mapped, m_reservedBytes);
        m_mapped = nullptr;
        m_reservedBytes = m_mappedBytes = 0;
        m_end = 0;
        for (int *descriptor : {&m_packRead, &m_packWrite, &m_indexWrite}) {
            if (*descriptor >= 0)
                ::close(*descriptor);
            *descriptor = -1;
        }
    }

    std::filesystem::path m_base;
    mutable std::shared_mutex m_mutex;
    std::vector<Place> m_places; ///< By sample id; ids are dense.
    std::uint64_t m_end = 0;
    std::uint8_t *m_mapped = nullptr;
    std::size_t m_reservedBytes = 0, m_mappedBytes = 0;
    int m_packRead = -1, m_packWrite = -1, m_indexWrite = -1;
};

} // namespace

struct Thumbnails::State
{
    explicit State(const std::filesystem::path &folder)
        : small(folder / "96")
        , large(folder / "192")
    {
    }
    Shelf &shelf(int sidePx) { return sidePx <= 96 ? small : large; }
    Shelf small, large;
};

Thumbnails::Thumbnails(const Project &project)
    : m_state(std::make_unique<State>(project.folder() / "thumbs"))
{
}
Thumbnails::~Thumbnails() = default;

std::vector<std::uint8_t> Thumbnails::jpeg(SampleId sample, int sidePx) const
{
    auto bytes = m_state->shelf(sidePx).jpeg(sample.value);
    return bytes.empty() ? m_state->large.jpeg(sample.value) : bytes;
}

Result<> Thumbnails::add(SampleId sample, int sidePx, const std::vector<std::uint8_t> &jpeg)
{
    if (jpeg.empty() || jpeg.size() >= (1U << 24))
        return fail(ErrorCode::Invalid, "A thumbnail of " + std::to_string(jpeg.size()) + " bytes cannot be kept.");
    return m_state->shelf(sidePx).add(sample.value, jpeg);
}

Result<> Thumbnails::addBoth(SampleId sample, const std::vector<std::uint8_t> &jpeg96,
                             const std::vector<std::uint8_t> &jpeg192)
{
    if (!jpeg96.empty())
        if (const auto added = add(sample, 96, jpeg96); !added)
            return added;
    return add(sample, 192, jpeg192);
}

bool Thumbnails::has(SampleId sample, int sidePx) const
{
    return m_state->shelf(sidePx).has(sample.value);
}

void Thumbnails::reload()
{
    m_state->small.reload();
    m_state->large.reload();
}

bool lacksThumbnails(const Project &project)
{
    const std::filesystem::path folder = project.folder() / "thumbs";
    std::error_code error;
    if (std::filesystem::exists(folder / "192.index", error) && std::filesystem::exists(folder / "192.pack", error))
        return false;
    const auto first = samplesMatching(project, samplesWithThumbnails, {}, 1);
    return first && !first->empty();
}

} // namespace mien
