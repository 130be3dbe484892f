#include "pipeline/store/connection.h"

#include "pipeline/store/atomic_file.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace mien {
namespace {

constexpr int busyTimeoutMs = 10'000;

/// Counting every allocation for statistics that nobody reads takes a lock each; it can be switched off only before the
/// library is used for the first time.
[[maybe_unused]] const bool countsNothing = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;

void configure(SQLite::Database &database, ConnectionMode mode)
{
    sqlite3_extended_result_codes(database.getHandle(), 1);
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    database.exec("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"
                  "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000");
    if (mode == ConnectionMode::ReadWrite)
        database.exec("PRAGMA secure_delete=FAST; PRAGMA wal_autocheckpoint=2000");
}

/// SQLite cannot make the shared memory of its log then, and calls that a disk error.
bool isDiskFull(const std::filesystem::path &file)
{
    constexpr std::uintmax_t sharedMemoryBytes = 32 * 1024;
    std::error_code error;
    const auto space = std::filesystem::space(file.parent_path(), error);
    return !error && space.available < sharedMemoryBytes;
}

/// The first read is what makes SQLite open the file, its log and its shared memory.
void touch(SQLite::Database &database)
{
    SQLite::Statement(database, "SELECT count(*) FROM sqlite_schema").executeStep();
}

} // namespace

// Everything but unreserved characters is escaped.
std::string uriOf(const std::filesystem::path &file, std::string_view query)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const unsigned char c : std::filesystem::absolute(file).string()) {
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '/' || c == '.' ||
            c == '-' || c == '_') {
            uri += static_cast<char>(c);
        } else {
            uri += '%';
            uri += digits[c >> 4];
            uri += digits[c & 15];
        }
    }
    return uri.append(query);
}

bool isDamage(const SQLite::Exception &exception)
{
    const int code = exception.getErrorCode() & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

StopQueries::StopQueries(SQLite::Database &database, std::stop_token stop)
    : m_database(database)
    , m_stop(std::move(stop))
{
    sqlite3_progress_handler(
        m_database.getHandle(), 10'000,
        [](void *token) { return static_cast<std::stop_token *>(token)->stop_requested() ? 1 : 0; }, &m_stop);
}

StopQueries::~StopQueries()
{
    sqlite3_progress_handler(m_database.getHandle(), 0, nullptr, nullptr);
}

UncheckedReferences::UncheckedReferences(SQLite::Database &database)
    : m_database(database)
{
    m_database.exec("PRAGMA foreign_keys=OFF");
}

UncheckedReferences::~UncheckedReferences()
{
    m_database.tryExec("PRAGMA foreign_keys=ON");
}

Result<> checkHeader(const std::filesystem::path &file)
{
    // Closing any descriptor of a file drops all locks that this process holds on it (POSIX), those of SQLite too:
    // another process would then take itself for the last one, fold the log away, and what is written here afterwards
    // goes into a deleted log. So a file is looked at before its first connection and never again in this process;
    // checkIdentity() asks through SQLite each time. The time of birth is part of a file's identity, because a new file
    // gets the number of a removed one.
    using Identity = std::tuple<unsigned, unsigned, std::uint64_t, std::int64_t, unsigned>;
    static std::mutex mutex;
    static std::set<Identity> seen;
    const std::lock_guard lock(mutex);
    struct statx facts
    {
    };
    if (::statx(AT_FDCWD, file.c_str(), 0, STATX_INO | STATX_BTIME, &facts) != 0)
        return fail(systemError(errno, file, "could not be opened"));
    const Identity identity(facts.stx_dev_major, facts.stx_dev_minor, facts.stx_ino, facts.stx_btime.tv_sec,
                            facts.stx_btime.tv_nsec);
    if (seen.contains(identity))
        return {};
    std::array<unsigned char, 100> header{};
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return fail(systemError(errno, file, "could not be opened"));
    stream.read(reinterpret_cast<char *>(header.data()), header.size());
    const bool isDatabase = std::memcmp(header.data(), "SQLite format 3", 16) == 0;
    const unsigned application = unsigned(header[68]) << 24 | header[69] << 16 | header[70] << 8 | header[71];
    if (!isDatabase || application != static_cast<unsigned>(projectApplicationId))
        return fail(ErrorCode::Invalid, file.string() + " is not a project of Mien, or its beginning is damaged.");
    seen.insert(identity);
    return {};
}

Error databaseError(const SQLite::Exception &exception, const std::filesystem::path &file, std::string_view doing)
{
    const std::string start = std::string(doing) + " failed: ";
    const std::string name = file.string();
    const int code = exception.getErrorCode() & 0xff;
    switch (code == SQLITE_IOERR && isDiskFull(file) ? SQLITE_FULL : code) {
    case SQLITE_FULL:
        return {ErrorCode::NoSpace,
                start + "no space is left for " + name + ". Free some space and try again; nothing was changed."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {ErrorCode::Conflict, start + name + " is being written by another program. Try again in a moment."};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return {ErrorCode::Unreadable, start + name + " is damaged (" + exception.what() +
                                           "). Keep a copy and run `mien doctor`, or go back to a file in backups/."};
    case SQLITE_READONLY: return {ErrorCode::Unreadable, start + name + " cannot be written: it is read-only."};
    case SQLITE_CANTOPEN:
        return {ErrorCode::Unreadable, start + name + " cannot be opened. Check that it exists and may be read."};
    case SQLITE_IOERR:
        return {ErrorCode::Unreadable, start + name + " could not be read or written (" + exception.what() +
                                           "). Check the disk; nothing was changed."};
    default: return {ErrorCode::Internal, start + exception.what() + " (" + name + ")."};
    }
}

Result<std::unique_ptr<SQLite::Database>> openConnection(const std::filesystem::path &file, ConnectionMode mode)
{
    const int flags = (mode == ConnectionMode::ReadWrite ? SQLite::OPEN_READWRITE : SQLite::OPEN_READONLY) |
                      SQLite::OPEN_URI | SQLite::OPEN_NOMUTEX;
    const auto opened = [&](std::string_view query) {
        auto database = std::make_unique<SQLite::Database>(uriOf(file, query), flags, busyTimeoutMs);
        configure(*database, mode);
        touch(*database);
        return database;
    };
    try {
        return opened("");
    } catch (const SQLite::Exception &exception) {
        const int code = exception.getErrorCode() & 0xff;
        // Where SQLite cannot make its shared memory (no right to, or a full disk), nobody can write either; on a full
        // disk that is sure only while no log waits to be read.
        std::error_code error;
        const bool hasLog = std::filesystem::file_size(file.string() + "-wal", error) > 0 && !error;
        const bool mayBeImmutable =
            mode == ConnectionMode::ReadOnly &&
            (code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_IOERR) &&
            ::access(file.c_str(), R_OK) == 0 &&
            (::access(file.parent_path().c_str(), W_OK) != 0 || (code == SQLITE_IOERR && !hasLog && isDiskFull(file)));
        if (!mayBeImmutable)
            return fail(databaseError(exception, file, "Opening the project"));
    }
    return guarded(file, "Opening the project",
                   [&]() -> Result<std::unique_ptr<SQLite::Database>> { return opened("?immutable=1"); });
}

} // namespace mien
