#include "pipeline/store/seal.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <cerrno>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mien {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view sealForm = "mien-seal/1";

fs::path sealFile(const fs::path &projectFolder)
{
    return projectFolder / "project.seal";
}

fs::path brokenSealFile(const fs::path &projectFolder)
{
    return projectFolder / "project.seal.broken";
}

struct Content
{
    std::int64_t bytes = 0;
    std::string hash;
    bool operator==(const Content &) const = default;
};

struct Claim
{
    Content content;
    std::int64_t changedAtNs = 0; ///< Of the file when it was sealed; 0 in seals of older versions.
    bool operator==(const Claim &) const = default;
};

std::optional<Claim> readSeal(const fs::path &projectFolder)
{
    std::ifstream file(sealFile(projectFolder));
    std::string form;
    Claim claim;
    if (!(file >> form >> claim.content.bytes >> claim.content.hash) || form != sealForm)
        return std::nullopt;
    if (!(file >> claim.changedAtNs))
        claim.changedAtNs = 0;
    return claim;
}

/// Asked by name: a descriptor of its own would drop SQLite's locks when it is closed.
std::int64_t changedAtNs(const fs::path &projectFolder)
{
    struct stat facts
    {
    };
    if (::stat((projectFolder / "project.db").c_str(), &facts) != 0)
        return -1;
    return std::int64_t(facts.st_mtim.tv_sec) * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

bool isUntouchedSince(const Claim &seal, const fs::path &projectFolder)
{
    std::error_code error;
    const auto bytes = fs::file_size(projectFolder / "project.db", error);
    return !error && std::int64_t(bytes) == seal.content.bytes && changedAtNs(projectFolder) == seal.changedAtNs;
}

Result<> removed(const fs::path &file)
{
    if (::unlink(file.c_str()) == 0)
        return syncFolder(file.parent_path()); // or a power cut could bring it back beside a changed database
    return errno == ENOENT ? Result<>() : fail(systemError(errno, file, "could not be removed"));
}

bool hasLog(const fs::path &projectFolder)
{
    std::error_code error;
    const auto bytes = fs::file_size(projectFolder / "project.db-wal", error);
    return !error && bytes > 0;
}

/// The main file behind a connection, read as bytes.
Result<Content> contentOf(SQLite::Database &database, const Job &job)
{
    sqlite3_file *file = nullptr;
    if (sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file ||
        !file->pMethods)
        return fail(ErrorCode::Unreadable, "the database cannot be read as a file");
    sqlite3_int64 size = 0;
    if (file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return fail(ErrorCode::Unreadable, "its size cannot be read");
    Hasher hasher;
    std::vector<std::uint8_t> buffer(256 * 1024);
    for (sqlite3_int64 at = 0; at < size;) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The examination was stopped.");
        const auto part = std::min<sqlite3_int64>(static_cast<sqlite3_int64>(buffer.size()), size - at);
        if (file->pMethods->xRead(file, buffer.data(), static_cast<int>(part), at) != SQLITE_OK)
            return fail(ErrorCode::Unreadable, "it cannot be read to its end");
        hasher.add(std::span(buffer).first(static_cast<std::size_t>(part)));
        at += part;
    }
    return Content{size, hexOf(hasher.result())};
}

Result<Seal> compare(SQLite::Database &database, const fs::path &projectFolder, const Job &job)
{
    if (isBrokenSealKept(projectFolder))
        return Seal::Broken;
    const auto expected = readSeal(projectFolder);
    if (!expected || hasLog(projectFolder))
        return Seal::None;
    const auto found = contentOf(database, job);
    if (!found && found.error().code == ErrorCode::Cancelled)
        return fail(found.error());
    // A writer may have come meanwhile; it broke the seal before it wrote anything.
    if (readSeal(projectFolder) != expected || hasLog(projectFolder))
        return Seal::None;
    return found && *found == expected->content ? Seal::Whole : Seal::Broken;
}

Result<> keepBrokenSeal(const fs::path &projectFolder)
{
    if (::rename(sealFile(projectFolder).c_str(), brokenSealFile(projectFolder).c_str()) == 0)
        return syncFolder(projectFolder);
    return errno == ENOENT ? Result<>() : fail(systemError(errno, sealFile(projectFolder), "could not be renamed"));
}

} // namespace

Result<Seal> checkSeal(const Project &project, const Job &job)
{
    const auto seal = compare(project.database(), project.folder(), job);
    if (seal && *seal == Seal::Broken && project.isWritable())
        if (const auto kept = keepBrokenSeal(project.folder()); !kept)
            return fail(kept.error());
    return seal;
}

Result<Seal> checkSealAtOpening(SQLite::Database &database, const fs::path &projectFolder)
{
    constexpr std::int64_t smallBytes = 8 << 20; // two milliseconds of hashing
    if (const auto seal = readSeal(projectFolder); seal && seal->content.bytes > smallBytes &&
                                                   isUntouchedSince(*seal, projectFolder) &&
                                                   !isBrokenSealKept(projectFolder))
        return Seal::Whole;
    const auto seal = compare(database, projectFolder, {});
    if (seal && *seal == Seal::Broken)
        if (const auto kept = keepBrokenSeal(projectFolder); !kept)
            return fail(kept.error());
    return seal;
}

bool isBrokenSealKept(const fs::path &projectFolder)
{
    return ::access(brokenSealFile(projectFolder).c_str(), F_OK) == 0;
}

Result<> acceptContent(const fs::path &projectFolder)
{
    if (const auto broken = breakSeal(projectFolder); !broken)
        return broken;
    return removed(brokenSealFile(projectFolder));
}

void makeSeal(const Project &project)
{
    try {
        SQLite::Database &database = project.database();
        database.setBusyTimeout(0); // whoever reads now is not waited for: then there is no seal
        SQLite::Statement fold(database, "PRAGMA wal_checkpoint(TRUNCATE)");
        if (!fold.executeStep() || fold.getColumn(0).getInt() != 0)
            return;
        fold.reset();
        // Nobody else writes while this transaction is open, and it writes nothing.
        const SQLite::Transaction still(database, SQLite::TransactionBehavior::IMMEDIATE);
        if (hasLog(project.folder()) || isBrokenSealKept(project.folder()))
            return;
        if (const auto seal = readSeal(project.folder()); seal && isUntouchedSince(*seal, project.folder()))
            return; // nothing was written
        const auto content = contentOf(database, {});
        if (!content)
            return;
        // Not synced: what a power cut leaves of it is no seal, and none is allowed.
        const fs::path temporary = project.folder() / (".project.seal." + std::to_string(::getpid()) + ".tmp");
        {
            std::ofstream file(temporary, std::ios::trunc);
            file << sealForm << ' ' << content->bytes << ' ' << content->hash << ' ' << changedAtNs(project.folder())
                 << '\n';
            if (!file.flush())
                return;
        }
        std::error_code error;
        fs::rename(temporary, sealFile(project.folder()), error);
    } catch (const SQLite::Exception &) {
        // Closing must not fail, and a project without a seal is examined by its structure.
    }
}

Result<> breakSeal(const fs::path &projectFolder)
{
    return removed(sealFile(projectFolder));
}

} // namespace mien
