#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace SQLite {
class Database;
}

namespace mien {

/// Where the bytes of a crop lie.
struct CropPlace
{
    int segment = 0; ///< From 1: crops/0001.pack
    std::int64_t offset = 0;
};

std::filesystem::path cropFolder(const std::filesystem::path &projectFolder);
std::filesystem::path cropSegmentFile(const std::filesystem::path &projectFolder, int segment);

/// Segment and end of the last byte that a committed row names, or that is still to be erased
/// (erasures.h); segment 0 when there is none.
Result<CropPlace> committedEnd(SQLite::Database &database);

/// Held by whoever adds to the crop packs or takes from them: one a project, also between processes.
class CropLock
{
public:
    /// Conflict when another job holds it.
    static Result<CropLock> take(const std::filesystem::path &projectFolder);
    CropLock(CropLock &&other) noexcept;
    CropLock &operator=(CropLock &&other) noexcept;
    ~CropLock();

private:
    explicit CropLock(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    int m_descriptor;
};

/// Appends to the segments `crops/NNNN.pack`, one appender a project (CropLock, so that an orphaned job and a new one
/// never interleave). Starts behind `committedEnd`: a tail that no committed row names is cut off first.
class CropAppender
{
public:
    /// @param last  as committedEnd(); asked under the lock: what an appender before this one committed is kept
    /// @param segmentBytes  when the next segment begins; tests take a small one
    static Result<CropAppender> open(const std::filesystem::path &projectFolder,
                                     const std::function<Result<CropPlace>()> &last,
                                     std::int64_t segmentBytes = 256 * 1024 * 1024);
    CropAppender(CropAppender &&) noexcept;
    ~CropAppender();

    /// Buffered: on disk for certain after sync().
    Result<CropPlace> append(std::span<const std::uint8_t> bytes);
    /// Must come before the commit of the rows that name what was appended.
    Result<> sync();

private:
    struct State;
    explicit CropAppender(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace mien
