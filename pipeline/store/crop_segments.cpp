#include "pipeline/store/crop_segments.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mien {
namespace {

constexpr std::size_t bufferBytes = 1024 * 1024;

} // namespace

std::filesystem::path cropFolder(const std::filesystem::path &projectFolder)
{
    return projectFolder / "crops";
}

std::filesystem::path cropSegmentFile(const std::filesystem::path &projectFolder, int segment)
{
    char name[24];
    std::snprintf(name, sizeof name, "%04d.pack", segment);
    return cropFolder(projectFolder) / name;
}

Result<CropPlace> committedEnd(SQLite::Database &database)
{
    return guarded(database.getFilename(), "Looking for the last picture", [&]() -> Result<CropPlace> {
        // What is still to be erased is not written over: the erasure would take the new bytes.
        SQLite::Statement select(database,
                                 "SELECT segment, max(offset + size) FROM"
                                 " (SELECT segment, offset, size FROM crops UNION ALL SELECT segment, offset, size"
                                 " FROM erasures WHERE segment IS NOT NULL) GROUP BY segment ORDER BY segment DESC"
                                 " LIMIT 1");
        if (!select.executeStep())
            return CropPlace{};
        return CropPlace{select.getColumn(0).getInt(), select.getColumn(1).getInt64()};
    });
}

Result<CropLock> CropLock::take(const std::filesystem::path &projectFolder)
{
    std::error_code error;
    std::filesystem::create_directories(cropFolder(projectFolder), error);
    if (error)
        return fail(systemError(error.value(), cropFolder(projectFolder), "could not be made"));
    const std::filesystem::path file = cropFolder(projectFolder) / ".lock";
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return fail(systemError(errno, file, "could not be opened for writing"));
    CropLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorCode::Conflict, "Another job is adding pictures to " + projectFolder.string() +
                                             ". Wait until it is done, or stop it.");
    return lock;
}

CropLock::CropLock(CropLock &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

CropLock &CropLock::operator=(CropLock &&other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

CropLock::~CropLock()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

struct CropAppender::State
{
    std::filesystem::path project;
    CropLock lock;
    int descriptor = -1;
    int segment = 0;
    std::int64_t segmentBytes = 0;
    std::int64_t end = 0; ///< Offset of the next byte, buffered ones included.
    bool unsynced = false;
    std::vector<std::uint8_t> buffer;

    State(std::filesystem::path folder, CropLock held)
        : project(std::move(folder))
        , lock(std::move(held))
    {
    }

    ~State()
    {
        if (descriptor >= 0)
            ::close(descriptor);
    }

    std::filesystem::path file() const { return cropSegmentFile(project, segment); }

    Result<> openSegment(int number, std::int64_t at)
    {
        if (descriptor >= 0)
            ::close(descriptor);
        segment = number;
        end = at;
        descriptor = ::open(file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (descriptor < 0)
            return fail(systemError(errno, file(), "could not be opened for writing"));
        struct stat status
        {
        };
        if (::fstat(descriptor, &status) != 0)
            return fail(systemError(errno, file(), "could not be read"));
        if (status.st_size < at)
            return fail(ErrorCode::Unreadable,
                        file().string() + " is shorter than the project says. Run `mien doctor`.");
        if (status.st_size > at && ::ftruncate(descriptor, at) != 0)
            return fail(systemError(errno, file(), "could not be written"));
        if (::lseek(descriptor, at, SEEK_SET) < 0)
            return fail(systemError(errno, file(), "could not be written"));
        return syncFolder(cropFolder(project));
    }

    Result<> flush()
    {
        std::span<const std::uint8_t> left = buffer;
        while (!left.empty()) {
            const ssize_t written = ::write(descriptor, left.data(), left.size());
            if (written < 0 && errno == EINTR)
                continue;
            if (written < 0) {
                // What was half written lies behind the last committed row and is cut off by the next appender.
                return fail(systemError(errno, file(), "could not be written"));
            }
            left = left.subspan(static_cast<std::size_t>(written));
        }
        buffer.clear();
        return {};
    }
};

CropAppender::CropAppender(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}
CropAppender::CropAppender(CropAppender &&) noexcept = default;
CropAppender::~CropAppender() = default;

Result<CropAppender> CropAppender::open(const std::filesystem::path &projectFolder,
                                        const std::function<Result<CropPlace>()> &committed, std::int64_t segmentBytes)
{
    auto lock = CropLock::take(projectFolder);
    if (!lock)
        return fail(lock.error());
    auto state = std::make_unique<State>(projectFolder, std::move(*lock));
    state->segmentBytes = segmentBytes;
    std::error_code error;
    const auto known = committed();
    if (!known)
        return fail(known.error());
    const CropPlace last = *known;
    // Segments behind the last committed one hold only bytes that no row names.
    for (int behind = std::max(1, last.segment + 1);; ++behind) {
        if (!std::filesystem::remove(cropSegmentFile(projectFolder, behind), error))
            break;
    }
    // A segment that lost its end stays as it is: importing its sources again puts what is missing into the next one.
    const std::uintmax_t bytes = std::filesystem::file_size(cropSegmentFile(projectFolder, last.segment), error);
    const bool isCut = last.segment > 0 && (error || bytes < static_cast<std::uintmax_t>(last.offset));
    const bool beginsNext = isCut || last.offset >= segmentBytes;
    const int segment = std::max(1, last.segment + (beginsNext ? 1 : 0));
    if (const auto opened = state->openSegment(segment, beginsNext || last.segment == 0 ? 0 : last.offset); !opened)
        return fail(opened.error());
    state->buffer.reserve(bufferBytes);
    return CropAppender(std::move(state));
}

Result<CropPlace> CropAppender::append(std::span<const std::uint8_t> bytes)
{
    State &state = *m_state;
    const auto size = static_cast<std::int64_t>(bytes.size());
    if (state.end > 0 && state.end + size > state.segmentBytes) {
        if (const auto synced = sync(); !synced)
            return fail(synced.error());
        if (const auto opened = state.openSegment(state.segment + 1, 0); !opened)
            return fail(opened.error());
    }
    const CropPlace place{state.segment, state.end};
    if (state.buffer.size() + bytes.size() > bufferBytes) {
        if (const auto flushed = state.flush(); !flushed)
            return fail(flushed.error());
    }
    state.buffer.insert(state.buffer.end(), bytes.begin(), bytes.end());
    state.end += size;
    state.unsynced = true;
    return place;
}

Result<> CropAppender::sync()
{
    State &state = *m_state;
    if (!state.unsynced)
        return {};
    if (const auto flushed = state.flush(); !flushed)
        return flushed;
    if (::fdatasync(state.descriptor) != 0)
        return fail(systemError(errno, state.file(), "could not be written"));
    state.unsynced = false;
    return {};
}

} // namespace mien
