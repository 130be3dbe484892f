#include "pipeline/store/project.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/leftovers.h"
#include "pipeline/store/schema.h"
#include "pipeline/store/seal.h"
#include "pipeline/store/write_gate.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mien {
namespace {

constexpr const char *databaseName = "project.db";
constexpr const char *unfinishedName = "project.db.new"; // while create() fills it

/// Digits 1–9 of the label bar (ux.md, "Keys").
constexpr std::array<std::string_view, 12> classOrder{"anger",   "disgust", "fear",         "happiness",
                                                      "neutral", "sadness", "surprise",     "contempt",
                                                      "other",   "alert",   "low_vigilant", "drowsy"};

void insertClasses(SQLite::Database &database)
{
    SQLite::Statement insert(database, "INSERT INTO classes (id, name, display, code, space, position)"
                                       " VALUES (?, ?, ?, ?, ?, ?)");
    for (const ExpressionClass &entry : canonicalClasses()) {
        std::int64_t position = 0;
        while (classOrder[static_cast<std::size_t>(position)] != entry.name)
            ++position;
        insert.bind(1, entry.id.value);
        insert.bind(2, entry.name);
        insert.bind(3, entry.display);
        insert.bind(4, entry.code);
        insert.bind(5, entry.space);
        insert.bind(6, position);
        insert.exec();
        insert.reset();
    }
}

Result<> writeEmptyDatabase(const std::filesystem::path &file, const std::string &name)
{
    return guarded(file, "Making the project", [&]() -> Result<> {
        SQLite::Database database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        database.exec("PRAGMA synchronous=FULL");
        if (const auto migrated = migrate(database, file, migrations()); !migrated)
            return migrated;
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        insertClasses(database);
        SQLite::Statement insert(database, "INSERT INTO meta (key, value) VALUES (?, ?)");
        for (const auto &[key, value] : {std::pair<std::string, std::string>{"name", name},
                                         {"created_at_ms", std::to_string(nowMs())},
                                         {"created_by", "mien " MIEN_VERSION}}) {
            insert.bind(1, key);
            insert.bind(2, value);
            insert.exec();
            insert.reset();
        }
        database.exec("PRAGMA application_id=" + std::to_string(projectApplicationId));
        transaction.commit();
        return {};
    });
}

/// Empty, or holding nothing but what an interrupted create() left.
bool mayBecomeProject(const std::filesystem::path &folder)
{
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(unfinishedName) && name != "crops")
            return false;
    }
    return !error;
}

/// The topmost folder that has to be made for this one; empty when it is there.
std::filesystem::path topmostMissing(std::filesystem::path folder)
{
    std::error_code error;
    std::filesystem::path missing;
    while (!folder.empty() && !std::filesystem::exists(folder, error)) {
        missing = folder;
        const auto parent = folder.parent_path();
        if (parent == folder)
            break;
        folder = parent;
    }
    return missing;
}

/// What create() made in vain goes, with the folders made for it.
void removeUnmade(const std::filesystem::path &folder, const std::filesystem::path &topmost)
{
    std::error_code error;
    if (!topmost.empty()) {
        std::filesystem::remove_all(topmost, error);
        return;
    }
    std::vector<std::filesystem::path> made;
    for (const auto &entry : std::filesystem::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(databaseName) || name.starts_with("project.seal") || name.starts_with(".lease"))
            made.push_back(entry.path());
    }
    for (const auto &path : made)
        std::filesystem::remove(path, error);
}

Edit editOf(SQLite::Statement &row)
{
    Edit edit;
    edit.id = {row.getColumn(0).getInt64()};
    edit.name = row.getColumn(1).getString();
    edit.by = row.getColumn(2).getString();
    edit.atMs = row.getColumn(3).getInt64();
    if (!row.getColumn(4).isNull())
        edit.withdrawnAtMs = row.getColumn(4).getInt64();
    edit.samples = row.getColumn(5).getInt();
    return edit;
}

constexpr const char *editColumns = "SELECT id, name, made_by, at_ms, withdrawn_at_ms, samples FROM edits ";
// Undo goes newest first and a new edit abandons what was withdrawn, so what can be redone is newer than all that
// counts, and its oldest was withdrawn last.
constexpr const char *newestCounting = "WHERE withdrawn_at_ms IS NULL ORDER BY id DESC LIMIT 1";
constexpr const char *oldestWithdrawn = "WHERE withdrawn_at_ms IS NOT NULL AND abandoned = 0 ORDER BY id LIMIT 1";

std::optional<Edit> editWhere(SQLite::Database &database, const char *where)
{
    SQLite::Statement select(database, std::string(editColumns) + where);
    if (!select.executeStep())
        return std::nullopt;
    return editOf(select);
}

} // namespace

struct Project::State
{
    std::filesystem::path folder;
    std::unique_ptr<SQLite::Database> database;
    std::shared_ptr<Lease> lease; ///< Shared by the connections of one process.
    std::string readOnlyReason;
    std::string name;
    bool isAsLeft = true;
    const std::chrono::steady_clock::time_point openedAt = std::chrono::steady_clock::now();

    std::filesystem::path file() const { return folder / databaseName; }

    /// Reading the file once must not be felt: it is small, or it was open for long against that.
    bool mayBeSealed() const
    {
        if (!database || !lease || lease->isJoined() || lease.use_count() > 1)
            return false;
        constexpr std::uintmax_t smallBytes = 8 << 20, bytesPerMs = 200'000; // a twentieth of what hashing reads
        std::error_code error;
        const auto bytes = std::filesystem::file_size(file(), error);
        const auto openMs =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - openedAt);
        return !error && (bytes < smallBytes || bytes / bytesPerMs < std::uintmax_t(openMs.count()));
    }

    Result<> needWritable() const
    {
        if (lease)
            return {};
        return fail(ErrorCode::Conflict,
                    readOnlyReason.empty() ? folder.string() + " was opened for reading only." : readOnlyReason);
    }

    Result<Edit> setWithdrawn(const char *which, std::optional<std::int64_t> atMs, const char *none)
    {
        if (const auto writable = needWritable(); !writable)
            return fail(writable.error());
        return guarded(file(), atMs ? "Undo" : "Redo", [&]() -> Result<Edit> {
            const auto passage = WriteGate::pass();
            SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
            auto edit = editWhere(*database, which);
            if (!edit)
                return fail(ErrorCode::NotFound, none);
            SQLite::Statement update(*database, "UPDATE edits SET withdrawn_at_ms = ? WHERE id = ?");
            if (atMs)
                update.bind(1, *atMs);
            update.bind(2, edit->id.value);
            if (const auto broken = breakSeal(folder); !broken)
                return fail(broken.error());
            update.exec();
            refreshCurrentOfEdit(*database, edit->id);
            transaction.commit();
            edit->withdrawnAtMs = atMs;
            return *edit;
        });
    }
};

std::int64_t nowMs()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Project::Project(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}
Project::Project(Project &&) noexcept = default;

Project &Project::operator=(Project &&other) noexcept
{
    Project(std::move(other)).m_state.swap(m_state); // what was here closes as a Project
    return *this;
}

Project::~Project()
{
    // The last connection of the only writer; a child that writes under its token leaves that to it.
    if (m_state && m_state->mayBeSealed())
        makeSeal(*this);
}

Result<Project> Project::create(const std::filesystem::path &folder, const std::string &name)
{
    std::error_code error;
    if (std::filesystem::exists(folder, error) && !std::filesystem::is_directory(folder, error))
        return fail(ErrorCode::Conflict, folder.string() + " is a file. Choose another name for the project.");
    const std::filesystem::path topmost = topmostMissing(std::filesystem::absolute(folder).lexically_normal());
    const auto unmade = [&](const Error &failure) {
        removeUnmade(folder, topmost);
        return fail(failure.code == ErrorCode::NoSpace
                        ? Error{failure.code, "The project " + folder.string() +
                                                  " cannot be made: the disk is full. Free some space and try again."}
                        : failure);
    };
    std::filesystem::create_directories(folder, error);
    if (error)
        return unmade(systemError(error.value(), folder, "could not be made"));
    if (!mayBecomeProject(folder))
        return fail(ErrorCode::Conflict, folder.string() + " is not empty. Choose a new folder for the project.");

    const std::filesystem::path unfinished = folder / unfinishedName;
    for (const char *suffix : {"", "-journal", "-wal", "-shm"})
        std::filesystem::remove(unfinished.string() + suffix, error);
    const std::string shown = name.empty() ? folder.stem().string() : name;
    if (const auto written = writeEmptyDatabase(unfinished, shown); !written)
        return unmade(written.error());
    if (::rename(unfinished.c_str(), (folder / databaseName).c_str()) != 0)
        return unmade(systemError(errno, folder / databaseName, "could not be made"));
    if (const auto synced = syncFolder(folder); !synced)
        return unmade(synced.error());
    auto project = open(folder, Access::Write);
    if (!project && project.error().code == ErrorCode::NoSpace)
        return unmade(project.error());
    return project;
}

Result<Project> Project::open(const std::filesystem::path &folder, Access access, const std::string &program)
{
    auto state = std::make_unique<State>();
    state->folder = std::filesystem::absolute(folder).lexically_normal();
    if (!state->folder.has_filename())
        state->folder = state->folder.parent_path(); // a trailing slash
    std::error_code error;
    if (!std::filesystem::exists(state->file(), error))
        return fail(ErrorCode::NotFound,
                    state->folder.string() + " holds no project of Mien (no " + std::string(databaseName) + " in it).");

    if (const auto known = checkHeader(state->file()); !known)
        return fail(known.error());
    if (access != Access::Read) {
        auto lease = Lease::acquire(state->folder, program);
        if (lease && ::access(state->file().c_str(), W_OK) != 0)
            lease = fail(notWritable(state->file(), errno));
        if (lease)
            state->lease = std::move(*lease);
        else if (access == Access::Write || lease.error().code == ErrorCode::NoSpace)
            return fail(lease.error().code, lease.error().message + " Nothing was changed.");
        else
            state->readOnlyReason = "Opened read-only: " + lease.error().message;
    }

    auto database = openConnection(state->file(), state->lease ? ConnectionMode::ReadWrite : ConnectionMode::ReadOnly);
    if (!database)
        return fail(database.error());
    state->database = std::move(*database);

    const auto ready = guarded(state->file(), "Opening the project", [&]() -> Result<> {
        if (const auto known = checkIdentity(*state->database, state->file()); !known)
            return known;
        if (state->lease) {
            if (!state->lease->isJoined()) {
                const auto seal = checkSealAtOpening(*state->database, state->folder);
                if (!seal)
                    return fail(seal.error());
                state->isAsLeft = *seal != Seal::Broken;
            }
            if (state->database->execAndGet("PRAGMA user_version").getInt() < schemaVersion())
                if (const auto broken = breakSeal(state->folder); !broken)
                    return broken;
            if (const auto migrated = migrate(*state->database, state->file(), migrations()); !migrated)
                return migrated;
            // Says what it chose; a file system without shared memory keeps the old journal, which is as safe.
            SQLite::Statement(*state->database, "PRAGMA journal_mode=WAL").executeStep();
            if (!state->lease->isJoined()) {
                ensureIndexes(*state->database); // an interrupted bulk load leaves them dropped
                clearLeftovers(*state->database, state->folder);
            }
        } else if (state->database->execAndGet("PRAGMA user_version").getInt() < schemaVersion()) {
            return fail(ErrorCode::Invalid,
                        state->folder.string() + " was made by an older Mien. Open it once for writing to update it.");
        }
        state->name = state->database->execAndGet("SELECT value FROM meta WHERE key = 'name'").getString();
        return {};
    });
    if (!ready)
        return fail(ready.error());
    return Project(std::move(state));
}

Result<Project> Project::reopened(Access access) const
{
    auto state = std::make_unique<State>();
    state->folder = m_state->folder;
    state->name = m_state->name;
    state->readOnlyReason = m_state->readOnlyReason;
    state->isAsLeft = m_state->isAsLeft;
    if (access != Access::Read)
        state->lease = m_state->lease;
    if (access == Access::Write && !state->lease)
        return fail(m_state->needWritable().error());
    auto database = openConnection(state->file(), state->lease ? ConnectionMode::ReadWrite : ConnectionMode::ReadOnly);
    if (!database)
        return fail(database.error());
    state->database = std::move(*database);
    return Project(std::move(state));
}

const std::filesystem::path &Project::folder() const
{
    return m_state->folder;
}

std::string Project::name() const
{
    return m_state->name;
}

bool Project::isWritable() const
{
    return m_state->lease != nullptr;
}

std::string Project::readOnlyReason() const
{
    return m_state->readOnlyReason;
}

const Lease *Project::lease() const
{
    return m_state->lease.get();
}

bool Project::isAsLeft() const
{
    return m_state->isAsLeft;
}

SQLite::Database &Project::database() const
{
    return *m_state->database;
}

Result<> Project::change(const std::string &doing, const std::function<Result<>(SQLite::Database &)> &work)
{
    if (const auto writable = m_state->needWritable(); !writable)
        return writable;
    return guarded(m_state->file(), doing, [&]() -> Result<> {
        const auto passage = WriteGate::pass();
        SQLite::Transaction transaction(*m_state->database, SQLite::TransactionBehavior::IMMEDIATE);
        if (const auto broken = breakSeal(m_state->folder); !broken)
            return broken;
        if (const auto done = work(*m_state->database); !done)
            return done; // rolled back by the transaction's end
        transaction.commit();
        return {};
    });
}

Result<EditId> Project::edit(const std::string &name, const std::string &by,
                             const std::function<Result<std::vector<SampleId>>(SQLite::Database &, EditId)> &work)
{
    EditId id;
    // The references of an edit are known to be right by those who make it; looking each up is a tenth of a large one.
    const UncheckedReferences unchecked(*m_state->database);
    const auto changed = change(name, [&](SQLite::Database &database) -> Result<> {
        database.exec("UPDATE edits SET abandoned = 1 WHERE withdrawn_at_ms IS NOT NULL AND abandoned = 0");
        SQLite::Statement insert(database, "INSERT INTO edits (name, made_by, at_ms) VALUES (?, ?, ?)");
        insert.bind(1, name);
        insert.bind(2, by);
        insert.bind(3, nowMs());
        insert.exec();
        id = {database.getLastInsertRowid()};

        const auto touched = work(database, id);
        if (!touched)
            return fail(touched.error());
        SQLite::Statement count(database, "UPDATE edits SET samples = ? WHERE id = ?");
        count.bind(1, static_cast<std::int64_t>(touched->size()));
        count.bind(2, id.value);
        count.exec();
        refreshCurrentOfEdit(database, id);
        return {};
    });
    if (!changed)
        return fail(changed.error());
    return id;
}

Result<Edit> Project::undo()
{
    return m_state->setWithdrawn(newestCounting, nowMs(), "There is nothing to undo.");
}

Result<Edit> Project::redo()
{
    return m_state->setWithdrawn(oldestWithdrawn, std::nullopt, "There is nothing to redo.");
}

std::optional<Edit> Project::nextUndo() const
{
    return plain(*this, [&]() -> std::optional<Edit> { return editWhere(database(), newestCounting); });
}

std::optional<Edit> Project::nextRedo() const
{
    return plain(*this, [&]() -> std::optional<Edit> { return editWhere(database(), oldestWithdrawn); });
}

std::vector<Edit> Project::history(int limit, int offset) const
{
    return plain(*this, [&]() -> std::vector<Edit> {
        SQLite::Statement select(database(), std::string(editColumns) + "ORDER BY id DESC LIMIT ? OFFSET ?");
        select.bind(1, limit);
        select.bind(2, offset);
        std::vector<Edit> edits;
        while (select.executeStep())
            edits.push_back(editOf(select));
        return edits;
    });
}

std::int64_t Project::dataVersion() const
{
    return plain(*this, [&]() -> std::int64_t { return database().execAndGet("PRAGMA data_version").getInt64(); });
}

std::vector<ExpressionClass> Project::classes() const
{
    return plain(*this, [&]() -> std::vector<ExpressionClass> {
        SQLite::Statement select(database(),
                                 "SELECT id, name, display, code, space FROM classes ORDER BY position, id");
        std::vector<ExpressionClass> classes;
        while (select.executeStep()) {
            classes.push_back({{select.getColumn(0).getInt64()},
                               select.getColumn(1).getString(),
                               select.getColumn(2).getString(),
                               select.getColumn(3).getString(),
                               select.getColumn(4).getString()});
        }
        return classes;
    });
}

std::vector<ExpressionClass> Project::offeredClasses() const
{
    return plain(*this, [&]() -> std::vector<ExpressionClass> {
        const std::vector<ExpressionClass> all = classes();
        std::vector<std::string> spaces;
        SQLite::Statement used(database(), "SELECT DISTINCT space FROM classes c WHERE EXISTS"
                                           " (SELECT 1 FROM current_labels l WHERE l.given_class = c.id)");
        while (used.executeStep())
            spaces.push_back(used.getColumn(0).getString());
        if (spaces.empty())
            spaces.push_back("expression/1");
        std::vector<ExpressionClass> offered;
        for (const ExpressionClass &entry : all) {
            if (entry.space == "user" || std::find(spaces.begin(), spaces.end(), entry.space) != spaces.end())
                offered.push_back(entry);
        }
        return offered;
    });
}

std::optional<ClassId> Project::classNamed(std::string_view nameOrAlias) const
{
    return plain(*this, [&]() -> std::optional<ClassId> {
        SQLite::Statement select(database(), "SELECT id FROM classes WHERE name = ?");
        select.bind(1, std::string(nameOrAlias));
        if (select.executeStep())
            return ClassId{select.getColumn(0).getInt64()};
        if (const auto canonical = canonicalClassNamed(nameOrAlias))
            return canonical;
        SQLite::Statement anyCase(database(), "SELECT id FROM classes WHERE name = ? COLLATE NOCASE");
        anyCase.bind(1, std::string(nameOrAlias));
        if (anyCase.executeStep())
            return ClassId{anyCase.getColumn(0).getInt64()};
        return std::nullopt;
    });
}

std::string Project::className(ClassId id) const
{
    return plain(*this, [&]() -> std::string {
        for (const ExpressionClass &entry : canonicalClasses()) {
            if (entry.id == id)
                return entry.name;
        }
        SQLite::Statement select(database(), "SELECT name FROM classes WHERE id = ?");
        select.bind(1, id.value);
        return select.executeStep() ? select.getColumn(0).getString() : std::string();
    });
}

Result<ClassId> Project::addOwnClass(const std::string &name)
{
    if (const auto known = classNamed(name))
        return *known;
    if (name.empty() || labelStateNamed(name) || name == "unsure" || name == "given")
        return fail(ErrorCode::Invalid, "A class cannot be called '" + name + "'. Choose another name.");
    ClassId id;
    const auto added = change("Adding the class " + name, [&](SQLite::Database &database) -> Result<> {
        id = {database.execAndGet("SELECT max(1000, coalesce(max(id), 0)) + 1 FROM classes").getInt64()};
        std::string code = name.substr(0, 2);
        for (char &c : code)
            c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        SQLite::Statement insert(database, "INSERT INTO classes (id, name, display, code, space, position)"
                                           " VALUES (?1, ?2, ?2, ?3, 'user', ?1)");
        insert.bind(1, id.value);
        insert.bind(2, name);
        insert.bind(3, code);
        insert.exec();
        return {};
    });
    if (!added)
        return fail(added.error());
    return id;
}

std::optional<std::string> Project::setting(const std::string &key) const
{
    return plain(*this, [&]() -> std::optional<std::string> {
        SQLite::Statement select(database(), "SELECT value FROM meta WHERE key = ?");
        select.bind(1, "setting." + key);
        if (!select.executeStep())
            return std::nullopt;
        return select.getColumn(0).getString();
    });
}

Result<> Project::setSetting(const std::string &key, const std::string &value)
{
    return change("Saving " + key, [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement upsert(database, "INSERT INTO meta (key, value) VALUES (?, ?)"
                                           " ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        upsert.bind(1, "setting." + key);
        upsert.bind(2, value);
        upsert.exec();
        return {};
    });
}

} // namespace mien
