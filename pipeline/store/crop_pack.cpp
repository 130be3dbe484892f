#include "pipeline/store/crop_pack.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/crop_segments.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

namespace mien {

struct CropReader::State
{
    std::filesystem::path project;
    std::mutex mutex; ///< The statement and the table of segments; reading the bytes needs none.
    Project connection;
    std::unique_ptr<SQLite::Statement> select;
    std::unordered_map<int, int>
        segments; ///< Number to descriptor. Read by pread: a shrunken file is an error, not SIGBUS.

    explicit State(Project own)
        : project(own.folder())
        , connection(std::move(own))
    {
    }
    ~State()
    {
        for (const auto &[number, descriptor] : segments)
            ::close(descriptor);
    }

    Result<int> segment(int number)
    {
        if (const auto found = segments.find(number); found != segments.end())
            return found->second;
        const std::filesystem::path file = cropSegmentFile(project, number);
        const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0)
            return fail(systemError(errno, file, "could not be opened"));
        segments.emplace(number, descriptor);
        return descriptor;
    }
};

CropReader::CropReader(const Project &project)
{
    // A connection of its own makes the reader safe in any thread.
    auto own = project.reopened(Project::Access::Read);
    if (!own)
        return;
    m_state = std::make_unique<State>(std::move(*own));
    // Nobody above this thread catches: without the statement every crop is asked for in vain, and says so.
    const auto prepared = guarded(m_state->project / "project.db", "Reading the crops", [&]() -> Result<> {
        m_state->select = std::make_unique<SQLite::Statement>(
            m_state->connection.database(),
            "SELECT segment, offset, size, codec, width, height, channels, hash FROM crops WHERE id = ?");
        return {};
    });
    if (!prepared)
        m_state.reset();
}

CropReader::~CropReader() = default;

Result<CropPixels> CropReader::read(CropId crop) const
{
    if (!m_state)
        return fail(ErrorCode::Internal, "The project's database could not be opened a second time to read crops.");
    return guarded(m_state->project / "project.db", "Reading a crop", [&]() -> Result<CropPixels> {
        CropPixels pixels;
        Hash128 hash{};
        int number = 0;
        int descriptor = -1;
        std::int64_t offset = 0;
        {
            const std::lock_guard lock(m_state->mutex);
            SQLite::Statement &select = *m_state->select;
            select.reset();
            select.bind(1, crop.value);
            if (!select.executeStep())
                return fail(ErrorCode::NotFound,
                            "There is no crop " + std::to_string(crop.value) + " in this project.");
            number = select.getColumn(0).getInt();
            offset = select.getColumn(1).getInt64();
            pixels.bytes.resize(static_cast<std::size_t>(select.getColumn(2).getInt64()));
            pixels.codec = select.getColumn(3).getString();
            pixels.widthPx = select.getColumn(4).getInt();
            pixels.heightPx = select.getColumn(5).getInt();
            pixels.channels = select.getColumn(6).getInt();
            if (const auto stored = select.getColumn(7); stored.getBytes() == static_cast<int>(hash.size()))
                std::memcpy(hash.data(), stored.getBlob(), hash.size());
            select.reset();
            const auto opened = m_state->segment(number);
            if (!opened)
                return fail(opened.error());
            descriptor = *opened;
        }
        std::size_t done = 0;
        while (done < pixels.bytes.size()) {
            const ssize_t got = ::pread(descriptor, pixels.bytes.data() + done, pixels.bytes.size() - done,
                                        static_cast<off_t>(offset + static_cast<std::int64_t>(done)));
            if (got < 0 && errno == EINTR)
                continue;
            const std::filesystem::path file = cropSegmentFile(m_state->project, number);
            if (got < 0)
                return fail(systemError(errno, file, "could not be read"));
            if (got == 0)
                return fail(ErrorCode::Unreadable, file.string() + " ends before crop " + std::to_string(crop.value) +
                                                       ". Import its source again, or put the file back from a copy.");
            done += static_cast<std::size_t>(got);
        }
        if (hashOf(pixels.bytes) != hash)
            return fail(ErrorCode::Unreadable, "Crop " + std::to_string(crop.value) + " in " +
                                                   cropSegmentFile(m_state->project, number).string() +
                                                   " is damaged. Import its source again.");
        return pixels;
    });
}

} // namespace mien
