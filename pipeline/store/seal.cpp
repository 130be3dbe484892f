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

struct Content
{
    std::int64_t bytes = 0;
    std::string hash;
    bool operator==(const Content &) const = default;
};

std::optional<Content> readSeal(const fs::path &projectFolder)
{
    std::ifstream file(sealFile(projectFolder));
    std::string form;
    Content content;
    if (!(file >> form >> content.bytes >> content.hash) || form != sealForm)
        return std::nullopt;
    return content;
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

} // namespace

Result<Seal> checkSeal(const Project &project, const Job &job)
{
    const auto expected = readSeal(project.folder());
    if (!expected || hasLog(project.folder()))
        return Seal::None;
    const auto found = contentOf(project.database(), job);
    if (!found && found.error().code == ErrorCode::Cancelled)
        return fail(found.error());
    // A writer may have come meanwhile; it broke the seal before it wrote anything.
    if (readSeal(project.folder()) != expected || hasLog(project.folder()))
        return Seal::None;
    return found && *found == *expected ? Seal::Whole : Seal::Broken;
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
        if (hasLog(project.folder()))
            return;
        const auto content = contentOf(database, {});
        if (!content)
            return;
        // Not synced: what a power cut leaves of it is no seal, and none is allowed.
        const fs::path temporary = project.folder() / (".project.seal." + std::to_string(::getpid()) + ".tmp");
        {
            std::ofstream file(temporary, std::ios::trunc);
            file << sealForm << ' ' << content->bytes << ' ' << content->hash << '\n';
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
    if (::unlink(sealFile(projectFolder).c_str()) == 0)
        return syncFolder(projectFolder); // or a power cut could bring it back beside a database that has changed since
    return errno == ENOENT ? Result<>() : fail(systemError(errno, sealFile(projectFolder), "could not be removed"));
}

} // namespace mien
