#pragma once

#include "models/base/result.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace SQLite {
class Database;
class Exception;
} // namespace SQLite

namespace mien {

class Project;

/// SQLite's application_id of a project: "MIEN".
constexpr int projectApplicationId = 0x4D49454E;

enum class ConnectionMode {
    ReadWrite,
    ReadOnly, ///< Falls back to an immutable view where not even the shared-memory file can be made.
};

/// Opens `project.db` with the settings every connection has: foreign keys, full sync, no trust in the schema,
/// cell checks, busy timeout. Does not look at what is inside.
Result<std::unique_ptr<SQLite::Database>> openConnection(const std::filesystem::path &file, ConnectionMode mode);

/// What went wrong in SQLite, as a sentence about `file`; `doing` reads like "Labelling images".
Error databaseError(const SQLite::Exception &exception, const std::filesystem::path &file, std::string_view doing);

/// Whether SQLite says that the file itself is damaged.
bool isDamage(const SQLite::Exception &exception);

/// A `file:` URI for names of any bytes. @param query  e.g. "?immutable=1"
std::string uriOf(const std::filesystem::path &file, std::string_view query);

/// While it lives, statements of the connection end with SQLITE_INTERRUPT once the token is stopped.
class StopQueries
{
public:
    StopQueries(SQLite::Database &database, std::stop_token stop);
    StopQueries(const StopQueries &) = delete;
    StopQueries &operator=(const StopQueries &) = delete;
    ~StopQueries();

private:
    SQLite::Database &m_database;
    std::stop_token m_stop;
};

/// While it lives SQLite does not look every reference up: for bulk work on rows whose references its author keeps
/// right. `doctor` looks at them all. To be made outside a transaction.
class UncheckedReferences
{
public:
    explicit UncheckedReferences(SQLite::Database &database);
    UncheckedReferences(const UncheckedReferences &) = delete;
    UncheckedReferences &operator=(const UncheckedReferences &) = delete;
    ~UncheckedReferences();

private:
    SQLite::Database &m_database;
};

/// Fails with Invalid when the first bytes of `file` are not those of a project; writes nothing.
Result<> checkHeader(const std::filesystem::path &file);

/// Runs `work` and turns what SQLite throws into an Error.
template <typename Work>
auto guarded(const std::filesystem::path &file, std::string_view doing, Work &&work) -> decltype(work());

/// Runs `work` for a function that gives a plain value: when SQLite throws, the value is empty and the listener of
/// read_failure.h is told.
template <typename Work>
auto plain(const Project &project, Work &&work) -> decltype(work());

} // namespace mien

#include "pipeline/store/project.h"
#include "pipeline/store/read_failure.h"

#include <SQLiteCpp/Exception.h>

template <typename Work>
auto mien::guarded(const std::filesystem::path &file, std::string_view doing, Work &&work) -> decltype(work())
{
    try {
        return work();
    } catch (const SQLite::Exception &exception) {
        return fail(databaseError(exception, file, doing));
    }
}

template <typename Work>
auto mien::plain(const Project &project, Work &&work) -> decltype(work())
{
    try {
        return work();
    } catch (const SQLite::Exception &exception) {
        tellReadFailure(databaseError(exception, project.folder() / "project.db", "Reading the project"));
        return {};
    }
}
