#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/store/ids.h"
#include "pipeline/store/lease.h"
#include "pipeline/store/ontology.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace SQLite {
class Database;
}

namespace mien {

/// One entry of the ledger: what Undo would take back, under the name the menu shows.
struct Edit
{
    EditId id;
    std::string name; ///< "Label 12 images: sadness"
    std::string by;
    std::int64_t atMs = 0;
    std::optional<std::int64_t> withdrawnAtMs;
    int samples = 0; ///< How many samples it touched.
};

/// A project folder (`MyStudy.mien`): database, crop packs, runs, snapshots.
///
/// Writers hold the lease (one studio or one command); a reader opens without it. One Project serves one thread:
/// open another for another thread (WAL lets them read side by side).
class Project
{
public:
    enum class Access {
        Write,       ///< Takes the lease, or uses the token handed down in MIEN_LEASE; Conflict names the holder.
        Read,        ///< Never writes.
        WriteOrRead, ///< Write when free, else Read: what the studio does.
    };

    /// Makes an empty project folder. Conflict when `folder` exists and is not empty.
    static Result<Project> create(const std::filesystem::path &folder, const std::string &name);

    /// NotFound (no project there), Invalid (not a project, or made by a newer Mien), Conflict (another writer),
    /// Unreadable (damaged; the message says what doctor can do), NoSpace.
    /// @param program  how the lease names the holder to others
    static Result<Project> open(const std::filesystem::path &folder, Access access,
                                const std::string &program = "mien");

    Project(Project &&) noexcept;
    Project &operator=(Project &&) noexcept;
    ~Project();

    const std::filesystem::path &folder() const;
    std::string name() const;
    bool isWritable() const;
    std::string readOnlyReason() const; ///< Empty when writable. "Opened read-only: pid 4711 on lab2 is writing."
    const Lease *lease() const;         ///< Null when read-only.
    /// False: when it was opened for writing the database was not as Mien left it, and neither doctor nor a backup has
    /// settled that (seal.h).
    bool isAsLeft() const;

    /// A second connection for another thread, with the same rights where `access` allows them.
    Result<Project> reopened(Access access) const;

    /// The one door for undoable changes: one transaction, one ledger entry, `current_labels` refreshed for the
    /// samples that it wrote facts about. When `change` throws or fails the project is as before.
    /// `change` gets the database and the id to write into every row, and returns the samples it touched, which the
    /// ledger counts.
    Result<EditId> edit(const std::string &name, const std::string &by,
                        const std::function<Result<std::vector<SampleId>>(SQLite::Database &, EditId)> &change);

    /// Changes that are not undoable (imports, scores, runs): one transaction; nothing is changed when it fails.
    /// `doing` starts the sentence of an error, e.g. "Storing scores".
    Result<> change(const std::string &doing, const std::function<Result<>(SQLite::Database &)> &work);

    /// Withdraws the newest edit that still counts; NotFound when there is none. Constant number of statements.
    Result<Edit> undo();
    Result<Edit> redo();
    std::optional<Edit> nextUndo() const;
    std::optional<Edit> nextRedo() const;
    /// Newest first, withdrawn ones included.
    std::vector<Edit> history(int limit, int offset = 0) const;

    /// Changes when another connection committed (PRAGMA data_version): how a studio notices what jobs did.
    std::int64_t dataVersion() const;

    /// Classes in project order (what digits 1–9 mean), canonical and own.
    std::vector<ExpressionClass> classes() const;
    std::optional<ClassId> classNamed(std::string_view nameOrAlias) const;
    std::string className(ClassId id) const;
    Result<ClassId> addOwnClass(const std::string &name);
    /// The classes an annotator is offered, in project order: those of the label spaces the given labels are in
    /// (expression/1 while there are none).
    std::vector<ExpressionClass> offeredClasses() const;

    /// Small values that belong to the project: queue positions, the chosen annotator. Not undoable.
    std::optional<std::string> setting(const std::string &key) const;
    Result<> setSetting(const std::string &key, const std::string &value);

    /// Database handle for the other files of this room; nobody else includes SQLiteCpp.
    SQLite::Database &database() const;

private:
    struct State;
    explicit Project(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// Current wall clock in ms since 1970, UTC.
std::int64_t nowMs();

} // namespace mien
