#include "pipeline/store/backups.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/lease.h"
#include "pipeline/store/project.h"
#include "pipeline/store/seal.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace mien {
namespace {

namespace fs = std::filesystem;

constexpr int pagesAtOnce = 1024; // 4 MB between two looks at the stop button
constexpr std::size_t hexDigits = 32;
constexpr std::string_view timeForm = "00000000T000000000Z"; // 20261122T213000123Z

fs::path backupFolder(const fs::path &project)
{
    return project / "backups";
}

std::string timeName(std::int64_t atMs)
{
    const std::time_t seconds = static_cast<std::time_t>(atMs / 1000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &utc);
    const std::string ms = std::to_string(1000 + atMs % 1000);
    return text + ms.substr(1) + "Z";
}

std::optional<std::int64_t> timeIn(std::string_view name)
{
    const auto number = [&](std::size_t at, std::size_t size) {
        int value = -1;
        const auto [end, error] = std::from_chars(name.data() + at, name.data() + at + size, value);
        return error == std::errc() && end == name.data() + at + size ? value : -1;
    };
    if (name.size() < timeForm.size() || name[8] != 'T' || name[timeForm.size() - 1] != 'Z')
        return std::nullopt;
    std::tm utc{};
    utc.tm_year = number(0, 4) - 1900;
    utc.tm_mon = number(4, 2) - 1;
    utc.tm_mday = number(6, 2);
    utc.tm_hour = number(9, 2);
    utc.tm_min = number(11, 2);
    utc.tm_sec = number(13, 2);
    const int ms = number(15, 3);
    if (utc.tm_mon < 0 || utc.tm_mday < 1 || utc.tm_hour < 0 || utc.tm_min < 0 || utc.tm_sec < 0 || ms < 0)
        return std::nullopt;
    return static_cast<std::int64_t>(::timegm(&utc)) * 1000 + ms;
}

/// Name without extension ends with the hash.
std::string hashIn(const fs::path &backup)
{
    const std::string stem = backup.stem().string();
    return stem.size() > timeForm.size() + hexDigits ? stem.substr(stem.size() - hexDigits) : std::string();
}

std::int64_t changedAtMs(const fs::path &file)
{
    struct stat facts
    {
    };
    if (::stat(file.c_str(), &facts) != 0)
        return 0;
    return static_cast<std::int64_t>(facts.st_mtim.tv_sec) * 1000 + facts.st_mtim.tv_nsec / 1'000'000;
}

std::int64_t createdAtMs(const Project &project)
{
    const auto at = guarded(project.folder() / "project.db", "Reading the project", [&]() -> Result<std::int64_t> {
        SQLite::Statement select(project.database(),
                                 "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'created_at_ms'");
        return select.executeStep() ? select.getColumn(0).getInt64() : 0;
    });
    return at.value_or(0);
}

Error stopped()
{
    return {ErrorCode::Cancelled, "The backup was stopped."};
}

/// Of a file that no connection of this process has open.
Result<std::string> hashOfFile(const fs::path &file, const Job &job)
{
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail(systemError(errno, file, "could not be opened"));
    Hasher hasher;
    std::vector<std::uint8_t> buffer(1 << 20);
    Result<std::string> hash;
    while (true) {
        if (job.stop.stop_requested()) {
            hash = fail(stopped());
            break;
        }
        const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            hash = fail(systemError(errno, file, "could not be read"));
            break;
        }
        if (count == 0) {
            hash = hexOf(hasher.result());
            break;
        }
        hasher.add(std::span(buffer).first(static_cast<std::size_t>(count)));
    }
    ::close(descriptor);
    return hash;
}

Result<> syncFile(const fs::path &file)
{
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int errorNumber = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    return synced ? Result<>() : fail(systemError(errorNumber, file, "could not be written"));
}

/// A connection that makes no log beside a file that nobody else knows of.
SQLite::Database quietly(const fs::path &file)
{
    return {uriOf(file, "?immutable=1"), SQLite::OPEN_READONLY | SQLite::OPEN_URI};
}

/// The first thing wrong with the structure; empty when it is whole.
std::string structureProblem(SQLite::Database &database, const Job &job)
{
    const StopQueries stops(database, job.stop);
    SQLite::Statement check(database, "PRAGMA quick_check(1)");
    const std::string answer = check.executeStep() ? check.getColumn(0).getString() : "no answer";
    return answer == "ok" ? std::string() : answer;
}

Result<> copyDatabase(const Project &project, const fs::path &to, const Job &job)
{
    return guarded(project.folder() / "project.db", "Making a backup", [&]() -> Result<> {
        SQLite::Database target(to.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        // The copy is synced once, when it is whole; before that nobody reads it.
        target.exec("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF");
        // While a reader is open the pages are those of one moment, whoever writes; without one each commit of another
        // connection would begin the copy anew.
        SQLite::Statement reader(project.database(), "SELECT 1 FROM meta");
        reader.executeStep();
        SQLite::Backup copy(target, project.database());
        while (copy.executeStep(pagesAtOnce) != SQLITE_DONE) {
            if (job.stop.stop_requested())
                return fail(stopped());
            job.report({copy.getTotalPageCount() - copy.getRemainingPageCount(), copy.getTotalPageCount(), "backup"});
        }
        return {};
    });
}

void removeOldest(const fs::path &projectFolder)
{
    std::vector<Backup> all = backups(projectFolder);
    std::error_code error;
    for (std::size_t i = keptBackups; i < all.size(); ++i)
        fs::remove(all[i].file, error);
}

} // namespace

std::vector<Backup> backups(const fs::path &projectFolder)
{
    std::vector<Backup> found;
    std::error_code error;
    for (const auto &entry : fs::directory_iterator(backupFolder(projectFolder), error)) {
        const fs::path &file = entry.path();
        const auto atMs = timeIn(file.filename().string());
        if (file.extension() != ".db" || !atMs || hashIn(file).empty())
            continue;
        std::error_code unknown;
        found.push_back({file, *atMs, static_cast<std::int64_t>(entry.file_size(unknown))});
    }
    std::sort(found.begin(), found.end(),
              [](const Backup &a, const Backup &b) { return a.file.filename() > b.file.filename(); });
    return found;
}

Result<Backup> newestGoodBackup(const fs::path &projectFolder, const Job &job)
{
    for (const Backup &backup : backups(projectFolder)) {
        const auto hash = hashOfFile(backup.file, job);
        if (!hash && hash.error().code == ErrorCode::Cancelled)
            return fail(hash.error());
        if (hash && *hash == hashIn(backup.file))
            return backup;
    }
    return fail(ErrorCode::NotFound, "There is no whole backup of " + projectFolder.string() + ".");
}

bool isBackupDue(const Project &project, std::int64_t intervalMs)
{
    if (isBrokenSealKept(project.folder()))
        return false;
    const fs::path file = project.folder() / "project.db";
    fs::path log = file;
    log += "-wal";
    const std::vector<Backup> made = backups(project.folder());
    const std::int64_t lastMs = made.empty() ? createdAtMs(project) : made.front().atMs;
    return std::max(changedAtMs(file), changedAtMs(log)) > lastMs && nowMs() - lastMs >= intervalMs;
}

Result<Backup> backUp(const Project &project, const Job &job)
{
    const fs::path folder = backupFolder(project.folder());
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(systemError(error.value(), folder, "could not be made"));
    const std::int64_t atMs = nowMs();
    const fs::path temporary = folder / ("." + timeName(atMs) + "." + std::to_string(::getpid()) + ".tmp");
    const auto finished = [&]() -> Result<Backup> {
        if (const auto copied = copyDatabase(project, temporary, job); !copied)
            return fail(copied.error());
        const auto problem = guarded(temporary, "Checking the backup", [&]() -> Result<std::string> {
            SQLite::Database copy = quietly(temporary);
            return structureProblem(copy, job);
        });
        if (job.stop.stop_requested())
            return fail(stopped());
        if (!problem)
            return fail(problem.error());
        if (!problem->empty())
            return fail(ErrorCode::Unreadable,
                        (project.folder() / "project.db").string() + " is damaged: " + *problem + ".");
        const auto hash = hashOfFile(temporary, job);
        if (!hash)
            return fail(hash.error());
        if (const auto synced = syncFile(temporary); !synced)
            return fail(synced.error());
        const fs::path file = folder / (timeName(atMs) + "-" + *hash + ".db");
        if (::rename(temporary.c_str(), file.c_str()) != 0)
            return fail(systemError(errno, file, "could not be written"));
        if (const auto synced = syncFolder(folder); !synced)
            return fail(synced.error());
        return Backup{file, atMs, static_cast<std::int64_t>(fs::file_size(file, error))};
    }();
    if (finished)
        removeOldest(project.folder());
    else
        fs::remove(temporary, error);
    return finished;
}

Result<std::optional<Damage>> findDamage(const Project &project, const Job &job)
{
    const fs::path file = project.folder() / "project.db";
    return guarded(file, "Examining the project", [&]() -> Result<std::optional<Damage>> {
        const auto seal = checkSeal(project, job);
        if (!seal)
            return fail(seal.error());
        if (*seal == Seal::Whole)
            return std::optional<Damage>();
        std::string problem;
        try {
            problem = structureProblem(project.database(), job);
        } catch (const SQLite::Exception &exception) {
            if (!isDamage(exception))
                throw;
            problem = exception.what();
        }
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The examination was stopped.");
        if (!problem.empty())
            return std::optional(Damage{file.string() + " is damaged: " + problem + ".", false});
        if (*seal == Seal::Broken)
            return std::optional(
                Damage{file.string() + " is not as Mien left it: it is damaged, or another program changed it.", true});
        return std::optional<Damage>();
    });
}

Result<Restored> restoreBackup(const fs::path &projectFolder, const Backup &backup)
{
    const auto lease = Lease::acquire(projectFolder, "mien restore");
    if (!lease)
        return fail(lease.error());
    const auto hash = hashOfFile(backup.file, {});
    if (!hash)
        return fail(hash.error());
    if (*hash != hashIn(backup.file))
        return fail(ErrorCode::Unreadable, backup.file.string() + " is damaged too. Choose an older backup.");

    const fs::path file = projectFolder / "project.db";
    const fs::path fresh = projectFolder / (".project.db." + std::to_string(::getpid()) + ".tmp");
    std::error_code error;
    fs::copy_file(backup.file, fresh, fs::copy_options::overwrite_existing, error);
    if (error)
        return fail(systemError(error.value(), fresh, "could not be written"));
    if (const auto synced = syncFile(fresh); !synced)
        return fail(synced.error());

    if (const auto accepted = acceptContent(projectFolder); !accepted)
        return fail(accepted.error());
    Restored restored{backup, projectFolder / ("project.db.damaged-" + timeName(nowMs()))};
    // The log belongs to the file it was written for: it goes with it, before the backup takes the name.
    for (const char *suffix : {"-wal", "-shm"}) {
        const fs::path log = file.string() + suffix;
        if (fs::exists(log, error) && ::rename(log.c_str(), (restored.damaged.string() + suffix).c_str()) != 0)
            return fail(systemError(errno, log, "could not be moved"));
    }
    // A link first, so that a kill between the steps never leaves the folder without a project.db.
    if (fs::exists(file, error) && ::link(file.c_str(), restored.damaged.c_str()) != 0 &&
        !fs::copy_file(file, restored.damaged, error))
        return fail(systemError(error.value(), restored.damaged, "could not be written"));
    if (::rename(fresh.c_str(), file.c_str()) != 0)
        return fail(systemError(errno, file, "could not be written"));
    if (const auto synced = syncFolder(projectFolder); !synced)
        return fail(synced.error());
    return restored;
}

} // namespace mien
