#include "pipeline/store/leftovers.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/crop_segments.h"
#include "pipeline/store/seal.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <system_error>

namespace mien {
namespace {

namespace fs = std::filesystem;

/// The process id that `digits` spell.
std::optional<pid_t> processIn(std::string_view digits)
{
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    return static_cast<pid_t>(std::stol(std::string(digits)));
}

bool isGone(pid_t process)
{
    return ::kill(process, 0) != 0 && errno == ESRCH;
}

/// ".index.json.4711.tmp", unless 4711 is still at it; a name without a process is only used by who holds the lease.
bool isAbandonedTemporary(const fs::path &path)
{
    if (!isTemporaryName(path))
        return false;
    const std::string name = path.stem().string(); // without ".tmp"
    const auto process = processIn(std::string_view(name).substr(name.rfind('.') + 1));
    return !process || isGone(*process);
}

/// "checkpoint.safetensors.part4711": what a training writes until its rename.
bool isAbandonedPart(const std::string &name)
{
    constexpr std::string_view mark = ".part";
    const auto at = name.rfind(mark);
    const auto process =
        at == std::string::npos ? std::nullopt : processIn(std::string_view(name).substr(at + mark.size()));
    return process && isGone(*process);
}

/// Folders in which nothing is written under a name of its own first, and which may hold very many files.
bool isPassedOver(const fs::path &name)
{
    static constexpr std::array<std::string_view, 3> folders = {"crops", "jobs", "thumbs"};
    return std::find(folders.begin(), folders.end(), name.native()) != folders.end();
}

/// The appender cuts off what no committed row names, and its lock keeps an import that is still at work whole.
void cutInterruptedImport(SQLite::Database &database, const fs::path &project)
{
    if (!SQLite::Statement(database, "SELECT 1 FROM imports WHERE finished_at_ms IS NULL").executeStep())
        return;
    // Rows are stored in the order of their bytes, so the newest names the end; looking at all of them would cost.
    SQLite::Statement newest(database, "SELECT segment, offset + size FROM crops ORDER BY id DESC LIMIT 1");
    CropPlace end{1, 0};
    if (newest.executeStep())
        end = {newest.getColumn(0).getInt(), newest.getColumn(1).getInt64()};
    newest.reset();
    std::error_code error;
    const auto bytes = fs::file_size(cropSegmentFile(project, end.segment), error);
    if ((!error && bytes > static_cast<std::uintmax_t>(end.offset)) ||
        fs::exists(cropSegmentFile(project, end.segment + 1), error))
        static_cast<void>(CropAppender::open(project, [&] { return committedEnd(database); }));
}

/// Empty folders of runs that were not stored any more. One that holds something may belong to a state of the project
/// that a backup took the place of.
std::vector<fs::path> emptyRunFolders(SQLite::Database &database, const fs::path &project)
{
    std::vector<fs::path> found;
    std::error_code error;
    SQLite::Statement known(database, "SELECT 1 FROM runs WHERE id = ?");
    for (const auto &entry : fs::directory_iterator(project / "runs", error)) {
        known.bind(1, entry.path().filename().string());
        if (!known.executeStep() && fs::is_empty(entry.path(), error) && !error)
            found.push_back(entry.path());
        known.reset();
    }
    return found;
}

/// In a transaction, so that nobody stores a snapshot or a run meanwhile.
void removeUnstored(SQLite::Database &database, const fs::path &project, const std::vector<fs::path> &ofSnapshots)
{
    const SQLite::Transaction still(database, SQLite::TransactionBehavior::IMMEDIATE);
    std::error_code error;
    SQLite::Statement known(database, "SELECT 1 FROM snapshots WHERE hash = ?");
    for (const fs::path &path : ofSnapshots) {
        const std::string name = path.filename().string(); // ".<hash>.json.<pid>.tmp"
        const std::string hash = name.substr(1, name.find('.', 1) - 1);
        known.bind(1, hash);
        if (!known.executeStep())
            fs::remove(path.parent_path() / (hash + ".json"), error);
        known.reset();
        fs::remove(path, error);
    }
    for (const fs::path &folder : emptyRunFolders(database, project))
        fs::remove(folder, error);
}

} // namespace

std::vector<fs::path> leftovers(const fs::path &projectFolder)
{
    std::vector<fs::path> found;
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    for (auto entry = fs::recursive_directory_iterator(projectFolder, options, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const bool isTop = entry.depth() == 0;
        const bool isFound = isAbandonedTemporary(entry->path()) || isAbandonedPart(name) ||
                             (isTop && name.starts_with("project.db.new"));
        if (isFound)
            found.push_back(entry->path());
        if (isFound || (isTop && isPassedOver(name)))
            entry.disable_recursion_pending();
    }
    std::sort(found.begin(), found.end());
    return found;
}

void clearLeftovers(SQLite::Database &database, const fs::path &projectFolder)
{
    std::error_code error;
    // A snapshot's temporary name goes last, see createSnapshot(): while it is there, its file may lack a row.
    std::vector<fs::path> ofSnapshots;
    for (const fs::path &path : leftovers(projectFolder)) {
        if (path.parent_path().filename() == "snapshots")
            ofSnapshots.push_back(path);
        else
            fs::remove_all(path, error);
    }
    const auto cleared = guarded(projectFolder / "project.db", "Opening the project", [&]() -> Result<> {
        if (!ofSnapshots.empty() || !emptyRunFolders(database, projectFolder).empty())
            removeUnstored(database, projectFolder, ofSnapshots);
        cutInterruptedImport(database, projectFolder);
        if (!SQLite::Statement(database, "SELECT 1 FROM runs WHERE state = 'running'").executeStep())
            return {};
        if (const auto broken = breakSeal(projectFolder); !broken)
            return broken;
        database.exec("UPDATE runs SET state = 'cancelled' WHERE state = 'running'");
        return {};
    });
    static_cast<void>(cleared); // a project that can be opened is not refused for it
}

} // namespace mien
