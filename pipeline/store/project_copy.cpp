#include "pipeline/store/project_copy.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <vector>

namespace mien {

namespace fs = std::filesystem;

namespace {

bool staysBehind(const fs::path &name)
{
    static constexpr std::array<std::string_view, 8> left = {
        "project.db", "project.db-wal", "project.db-shm", "lease.json", "lease.lock", "thumbs", "packs", "strips"};
    return std::find(left.begin(), left.end(), name.native()) != left.end();
}

Result<> copyFiles(const fs::path &from, const fs::path &to, const Job &job)
{
    std::vector<fs::path> files;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(from, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (entry.depth() == 0 && staysBehind(entry->path().filename())) {
            if (entry->is_directory())
                entry.disable_recursion_pending();
            continue;
        }
        if (entry->is_regular_file())
            files.push_back(entry->path().lexically_relative(from));
    }
    if (error)
        return fail(systemError(error.value(), from, "could not be listed"));
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Copying the project was stopped.");
        job.report({std::int64_t(i), std::int64_t(files.size()), files[i].string()});
        const fs::path target = to / files[i];
        fs::create_directories(target.parent_path(), error);
        if (!error)
            fs::copy_file(from / files[i], target, error);
        if (error)
            return fail(systemError(error.value(), target, "could not be written"));
    }
    return {};
}

} // namespace

Result<> copyProject(const fs::path &from, const fs::path &to, const Job &job)
{
    std::error_code error;
    if (fs::exists(to, error))
        return fail(ErrorCode::Conflict, to.string() + " exists already; choose a new folder.");
    fs::path partial = to;
    partial += ".part";
    fs::remove_all(partial, error);
    fs::create_directories(partial, error);
    if (error)
        return fail(systemError(error.value(), partial, "could not be made"));
    auto copied = guarded(to / "project.db", "Copying the project", [&]() -> Result<> {
        SQLite::Database source((from / "project.db").string(), SQLite::OPEN_READONLY, 5000);
        SQLite::Database target((partial / "project.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        SQLite::Backup(target, source).executeStep();
        return {};
    });
    if (copied)
        copied = copyFiles(from, partial, job);
    if (copied) {
        fs::rename(partial, to, error);
        if (error)
            copied = fail(systemError(error.value(), to, "could not be made"));
    }
    if (!copied)
        fs::remove_all(partial, error);
    return copied;
}

} // namespace mien
