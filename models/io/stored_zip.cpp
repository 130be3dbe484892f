#include "models/io/stored_zip.h"

#include "models/io/crc32.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace mien {

static_assert(std::endian::native == std::endian::little, "zip files are little-endian");

namespace {

constexpr std::uint64_t kMostEntries = 100'000;
constexpr std::size_t kLongestName = 512;
constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kDirectoryEnd = 0x06054b50,
                        kDirectoryEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr std::size_t kLocalHeaderBytes = 30, kDirectoryEntryBytes = 46, kDirectoryEndBytes = 22,
                      kDirectoryEnd64Bytes = 56, kLocator64Bytes = 20;
constexpr std::uint16_t kEncrypted = 1u << 0, kSizesFollow = 1u << 3, kStrongEncryption = 1u << 6, kMasked = 1u << 13;
constexpr std::uint16_t kZip64Extra = 1;
constexpr std::uint32_t kIn64 = 0xFFFFFFFFu; ///< Stands where the number is too large, and lies in the zip64 part.

struct ZipError : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

[[noreturn]] void refuse(const std::string &reason)
{
    throw ZipError(reason);
}

/// One entry as the directory says it.
struct Entry
{
    std::string name;
    std::uint16_t flags = 0;
    std::uint32_t crc = 0;
    std::uint64_t size = 0;
    std::uint64_t header = 0; ///< Where its local header begins.
};

std::string quoted(const std::string &name)
{
    std::string result = name.substr(0, 60);
    for (char &c : result)
        if (c < 0x20 || c > 0x7e)
            c = '?';
    return "\"" + result + "\"";
}

void checkName(const std::string &name)
{
    if (name.empty() || name.size() > kLongestName)
        refuse("an entry has no name, or a very long one");
    bool escapes = name.find('\\') != std::string::npos || name.find('\0') != std::string::npos;
    for (std::size_t from = 0; from <= name.size() && !escapes;) {
        const std::size_t to = std::min(name.find('/', from), name.size());
        const std::string_view part(name.data() + from, to - from);
        escapes = part.empty() || part == "." || part == "..";
        from = to + 1;
    }
    if (escapes)
        refuse("the entry " + quoted(name) + " leads out of its folder");
}

class ZipReader
{
public:
    explicit ZipReader(std::span<const std::byte> file)
        : m_file(file)
    {
    }

    ZipEntries read()
    {
        findDirectory();
        std::vector<Entry> entries;
        std::uint64_t at = m_directory;
        for (std::uint64_t i = 0; i < m_count; ++i)
            entries.push_back(directoryEntry(at));
        if (at != m_directory + m_directoryBytes)
            refuse("its directory does not end where it says");

        std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) { return a.header < b.header; });
        ZipEntries result;
        std::uint64_t free = 0;
        for (const Entry &entry : entries) {
            if (entry.header < free)
                refuse("the entry " + quoted(entry.name) + " overlaps another one");
            const auto contents = contentsOf(entry);
            free = std::uint64_t(contents.data() - m_file.data()) + contents.size();
            if (free > m_directory)
                refuse("the entry " + quoted(entry.name) + " reaches into the directory");
            if (crc32(contents) != entry.crc)
                refuse("the entry " + quoted(entry.name) + " is damaged (its CRC-32 is another)");
            if (!result.emplace(entry.name, contents).second)
                refuse("the entry " + quoted(entry.name) + " occurs twice");
        }
        return result;
    }

private:
    template <typename T>
    T number(std::uint64_t at) const
    {
        T value = 0;
        if (at > m_file.size() || m_file.size() - at < sizeof value)
            refuse("it is cut off");
        std::memcpy(&value, m_file.data() + at, sizeof value);
        return value;
    }

    std::string text(std::uint64_t at, std::size_t bytes) const
    {
        if (at > m_file.size() || m_file.size() - at < bytes)
            refuse("it is cut off");
        return {reinterpret_cast<const char *>(m_file.data()) + at, bytes};
    }

    void findDirectory()
    {
        if (m_file.size() < kDirectoryEndBytes)
            refuse("it is cut off");
        const std::uint64_t end = m_file.size() - kDirectoryEndBytes;
        if (number<std::uint32_t>(end) != kDirectoryEnd || number<std::uint16_t>(end + 20) != 0)
            refuse("it is cut off, or something follows its end");
        if (number<std::uint16_t>(end + 4) != 0 || number<std::uint16_t>(end + 6) != 0)
            refuse("it is one of several parts");
        m_count = number<std::uint16_t>(end + 10);
        m_directoryBytes = number<std::uint32_t>(end + 12);
        m_directory = number<std::uint32_t>(end + 16);
        std::uint64_t behind = end;
        if (number<std::uint16_t>(end + 8) != m_count)
            refuse("it is one of several parts");
        if (end >= kLocator64Bytes && number<std::uint32_t>(end - kLocator64Bytes) == kLocator64)
            behind = readEnd64(end - kLocator64Bytes);
        if (m_count > kMostEntries)
            refuse("it has more than 100,000 entries");
        if (m_directory > behind || behind - m_directory != m_directoryBytes)
            refuse("its directory is not where it says");
    }

    /// @return where it begins
    std::uint64_t readEnd64(std::uint64_t locator)
    {
        const auto end = number<std::uint64_t>(locator + 8);
        if (end > locator || locator - end != kDirectoryEnd64Bytes || number<std::uint32_t>(end) != kDirectoryEnd64 ||
            number<std::uint64_t>(end + 4) != kDirectoryEnd64Bytes - 12)
            refuse("its zip64 directory is not where it says");
        const auto count = number<std::uint64_t>(end + 32), bytes = number<std::uint64_t>(end + 40),
                   directory = number<std::uint64_t>(end + 48);
        if (number<std::uint32_t>(locator + 4) != 0 || number<std::uint32_t>(locator + 16) > 1 ||
            number<std::uint32_t>(end + 16) != 0 || number<std::uint32_t>(end + 20) != 0 ||
            number<std::uint64_t>(end + 24) != count)
            refuse("it is one of several parts");
        if ((m_count != 0xFFFF && m_count != count) || (m_directoryBytes != kIn64 && m_directoryBytes != bytes) ||
            (m_directory != kIn64 && m_directory != directory))
            refuse("its two directories disagree");
        m_count = count;
        m_directoryBytes = bytes;
        m_directory = directory;
        return end;
    }

    /// Reads the entry at `at` and goes behind it.
    Entry directoryEntry(std::uint64_t &at) const
    {
        if (number<std::uint32_t>(at) != kDirectoryEntry)
            refuse("its directory is damaged");
        Entry entry;
        entry.flags = number<std::uint16_t>(at + 8);
        const auto method = number<std::uint16_t>(at + 10);
        entry.crc = number<std::uint32_t>(at + 16);
        std::uint64_t packed = number<std::uint32_t>(at + 20);
        entry.size = number<std::uint32_t>(at + 24);
        const auto nameBytes = number<std::uint16_t>(at + 28), extraBytes = number<std::uint16_t>(at + 30),
                   commentBytes = number<std::uint16_t>(at + 32);
        entry.header = number<std::uint32_t>(at + 42);
        entry.name = text(at + kDirectoryEntryBytes, nameBytes);
        checkName(entry.name);
        if (entry.flags & (kEncrypted | kStrongEncryption | kMasked))
            refuse("the entry " + quoted(entry.name) + " is encrypted");
        if (method != 0)
            refuse("the entry " + quoted(entry.name) + " is compressed; only stored ones are read");
        if (number<std::uint16_t>(at + 34) != 0)
            refuse("it is one of several parts");
        readExtra64(text(at + kDirectoryEntryBytes + nameBytes, extraBytes), entry, packed);
        if (packed != entry.size)
            refuse("the entry " + quoted(entry.name) + " has two sizes");
        at += kDirectoryEntryBytes + nameBytes + extraBytes + commentBytes;
        return entry;
    }

    /// Of a directory entry: the numbers that stand as kIn64, in their order.
    static void readExtra64(const std::string &extra, Entry &entry, std::uint64_t &packed)
    {
        for (std::size_t at = 0; at + 4 <= extra.size();) {
            std::uint16_t id = 0, bytes = 0;
            std::memcpy(&id, extra.data() + at, 2);
            std::memcpy(&bytes, extra.data() + at + 2, 2);
            at += 4;
            if (bytes > extra.size() - at)
                refuse("its directory is damaged");
            if (id == kZip64Extra) {
                std::size_t from = at;
                for (std::uint64_t *number : {&entry.size, &packed, &entry.header}) {
                    if (*number != kIn64)
                        continue;
                    if (from + 8 > at + bytes)
                        refuse("its directory is damaged");
                    std::memcpy(number, extra.data() + from, 8);
                    from += 8;
                }
                return;
            }
            at += bytes;
        }
    }

    /// The bytes of an entry, whose local header must say the same as the directory.
    std::span<const std::byte> contentsOf(const Entry &entry) const
    {
        const std::uint64_t at = entry.header;
        if (number<std::uint32_t>(at) != kLocalHeader)
            refuse("the entry " + quoted(entry.name) + " is not where the directory says");
        const auto nameBytes = number<std::uint16_t>(at + 26), extraBytes = number<std::uint16_t>(at + 28);
        const bool sizesFollow = entry.flags & kSizesFollow;
        const auto crc = number<std::uint32_t>(at + 14), packed = number<std::uint32_t>(at + 18),
                   size = number<std::uint32_t>(at + 22);
        const auto agrees = [&](std::uint32_t local) { return local == entry.size || local == kIn64; };
        if (number<std::uint16_t>(at + 6) != entry.flags || number<std::uint16_t>(at + 8) != 0 ||
            text(at + kLocalHeaderBytes, nameBytes) != entry.name ||
            (!sizesFollow && (crc != entry.crc || !agrees(packed) || !agrees(size))))
            refuse("the entry " + quoted(entry.name) + " and the directory disagree");
        const std::uint64_t from = at + kLocalHeaderBytes + nameBytes + extraBytes;
        if (from > m_file.size() || entry.size > m_file.size() - from)
            refuse("it is cut off");
        return m_file.subspan(from, entry.size);
    }

    std::span<const std::byte> m_file;
    std::uint64_t m_directory = 0, m_directoryBytes = 0, m_count = 0;
};

} // namespace

bool isZip(std::span<const std::byte> file)
{
    std::uint32_t signature = 0;
    if (file.size() < sizeof signature)
        return false;
    std::memcpy(&signature, file.data(), sizeof signature);
    return signature == kLocalHeader || signature == kDirectoryEnd;
}

Result<ZipEntries> storedZipEntries(std::span<const std::byte> file)
{
    try {
        return ZipReader(file).read();
    } catch (const ZipError &error) {
        return fail(ErrorCode::Invalid, error.what());
    }
}

} // namespace mien
