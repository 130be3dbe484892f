#include "pipeline/store/erasures.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/crop_segments.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mien {
namespace {

struct Range
{
    std::int64_t offset = 0, size = 0;
};

struct Noted
{
    std::map<int, std::vector<Range>> ranges; ///< By segment, in order.
    std::vector<std::filesystem::path> paths; ///< Below the project.
};

Noted noted(SQLite::Database &database)
{
    Noted all;
    SQLite::Statement select(database, "SELECT path, segment, offset, size FROM erasures ORDER BY segment, offset");
    while (select.executeStep()) {
        if (const auto path = select.getColumn(0); !path.isNull()) {
            all.paths.emplace_back(
                std::string(static_cast<const char *>(path.getBlob()), static_cast<std::size_t>(path.getBytes())));
            continue;
        }
        std::vector<Range> &ranges = all.ranges[select.getColumn(1).getInt()];
        const Range next{select.getColumn(2).getInt64(), select.getColumn(3).getInt64()};
        if (!ranges.empty() && ranges.back().offset + ranges.back().size == next.offset)
            ranges.back().size += next.size;
        else
            ranges.push_back(next);
    }
    return all;
}

/// A hole frees the disk; where the file system makes none, zeros take the place of the bytes.
bool blank(int descriptor, Range range)
{
    if (::fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, range.offset, range.size) == 0)
        return true;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return false;
    static constexpr std::array<char, 64 * 1024> zeros{};
    while (range.size > 0) {
        const auto part = std::min<std::int64_t>(range.size, std::int64_t(zeros.size()));
        const ssize_t written = ::pwrite(descriptor, zeros.data(), static_cast<std::size_t>(part), range.offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        range.offset += written;
        range.size -= written;
    }
    return true;
}

Result<std::int64_t> blankIn(const std::filesystem::path &file, const std::vector<Range> &ranges)
{
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) {
        if (errno == ENOENT)
            return 0;
        return fail(systemError(errno, file, "could not be opened for writing"));
    }
    struct stat facts
    {
    };
    bool isDone = ::fstat(descriptor, &facts) == 0;
    std::int64_t bytes = 0;
    for (Range range : ranges) {
        range.size = std::min<std::int64_t>(range.size, facts.st_size - range.offset); // never longer than it was
        if (isDone && range.size > 0) {
            isDone = blank(descriptor, range);
            bytes += range.size;
        }
    }
    isDone = isDone && ::fdatasync(descriptor) == 0;
    const int reason = errno;
    ::close(descriptor);
    if (!isDone)
        return fail(systemError(reason, file, "could not be written"));
    return bytes;
}

/// Cuts what lies behind the last crop of each segment; a segment without crops goes.
Result<> trimSegments(const Project &project)
{
    std::map<int, std::int64_t> ends;
    const auto known = guarded(project.folder() / "project.db", "Reading the project", [&]() -> Result<> {
        SQLite::Statement select(project.database(), "SELECT segment, max(offset + size) FROM crops GROUP BY segment");
        while (select.executeStep())
            ends[select.getColumn(0).getInt()] = select.getColumn(1).getInt64();
        return {};
    });
    if (!known)
        return known;
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::directory_iterator(cropFolder(project.folder()), error)) {
        if (entry.path().extension() == ".pack")
            files.push_back(entry.path());
    }
    for (const std::filesystem::path &file : files) {
        const auto end = ends.find(std::atoi(file.stem().c_str()));
        if (end == ends.end())
            std::filesystem::remove(file, error);
        else if (std::filesystem::file_size(file, error) > std::uintmax_t(end->second))
            std::filesystem::resize_file(file, std::uintmax_t(end->second), error);
        if (error)
            return fail(systemError(error.value(), file, "could not be shortened"));
    }
    return {};
}

} // namespace

void noteErasure(SQLite::Database &database, const std::filesystem::path &relativePath)
{
    SQLite::Statement insert(database, "INSERT INTO erasures (path) VALUES (?)");
    const std::string bytes = relativePath.string();
    insert.bind(1, static_cast<const void *>(bytes.data()), static_cast<int>(bytes.size()));
    insert.exec();
}

void noteErasureOfCrops(SQLite::Database &database, const char *crops)
{
    database.exec(std::string("INSERT INTO erasures (segment, offset, size)"
                              " SELECT segment, offset, size FROM crops WHERE id IN (SELECT id FROM ") +
                  crops + ")");
}

bool hasErasures(SQLite::Database &database)
{
    return database.execAndGet("SELECT EXISTS (SELECT 1 FROM erasures)").getInt() != 0;
}

Result<std::int64_t> carryOutErasures(Project &project, const CropLock &)
{
    Noted all;
    const auto read = guarded(project.folder() / "project.db", "Emptying the bin", [&]() -> Result<> {
        all = noted(project.database());
        return {};
    });
    if (!read)
        return fail(read.error());
    std::int64_t bytes = 0;
    for (const auto &[segment, ranges] : all.ranges) {
        const auto blanked = blankIn(cropSegmentFile(project.folder(), segment), ranges);
        if (!blanked)
            return fail(blanked.error());
        bytes += *blanked;
    }
    for (const std::filesystem::path &path : all.paths) {
        std::error_code error;
        std::filesystem::remove_all(project.folder() / path, error);
        if (error)
            return fail(systemError(error.value(), project.folder() / path, "could not be removed"));
    }
    const auto done = project.change("Emptying the bin", [](SQLite::Database &database) -> Result<> {
        database.exec("DELETE FROM erasures");
        return {};
    });
    if (!done)
        return fail(done.error());
    // Only now: until here an import would have begun behind what is noted.
    if (const auto trimmed = trimSegments(project); !trimmed)
        return fail(trimmed.error());
    return bytes;
}

} // namespace mien
