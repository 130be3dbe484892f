#pragma once

#include "models/base/result.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/project.h"
#include "studio/common/project_readers.h"

#include <QDateTime>
#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QTimer;
class QWidget;

namespace mien {

class Background;
class BackupKeeper;
class JobQueue;

/// An open project as the whole window sees it: who writes, what is saved, what changed, its jobs.
///
/// Reads go through readers() on worker threads, changes through edit(), which a writer thread runs one after the
/// other; the GUI thread never waits for the database. GUI thread only.
class ProjectSession : public QObject
{
    Q_OBJECT

public:
    /// What opening found; made on a worker thread, handed to the constructor.
    struct Opened
    {
        std::unique_ptr<Project> writer; ///< Holds the lease when the project could be opened for writing.
        std::unique_ptr<Project> viewer; ///< For the GUI thread: data version and other constant-time questions.
        std::vector<ExpressionClass> classes, allClasses;
        std::optional<Edit> undo, redo;
        QString holder;         ///< Who writes it instead, "mien-studio, pid 4711 on lab2"; empty when we do.
        QString storageWarning; ///< A sentence when the project lies on a network share; else empty.
    };
    static Result<std::shared_ptr<Opened>> open(const std::filesystem::path &folder);

    explicit ProjectSession(std::shared_ptr<Opened> opened, QObject *parent = nullptr);
    ~ProjectSession() override; ///< Waits for the edits that were asked for.

    QString folder() const;
    QString name() const { return m_name; }
    bool isWritable() const { return m_writable; }
    QString readOnlyReason() const { return m_readOnlyReason; }
    QString holder() const { return m_holder; }
    /// Opened for reading because somebody else wrote; that one is gone, so that opening again would write.
    bool isLeaseFree() const { return m_watchesLease && m_holder.isEmpty(); }
    QString storageWarning() const { return m_storageWarning; }

    /// Classes that are offered, in project order: what the digits 1–9 mean. Those of the spaces that the given labels
    /// are in, and the project's own.
    const std::vector<ExpressionClass> &classes() const { return m_classes; }
    const ExpressionClass *classOf(ClassId id) const; ///< Null when unknown.
    /// By its canonical name, as runs and predictions write it; null when unknown.
    const ExpressionClass *classNamed(const QString &canonical) const;
    QString displayName(ClassId id) const; ///< "Happiness"; "no label" for none.

    std::shared_ptr<ProjectReaders> readers() const { return m_readers; }
    JobQueue &jobs() const { return *m_jobs; }

    /// Runs a change on the writer thread. `change` calls one function of pipeline/store/labels.h (or undo, redo …);
    /// `done` (may be empty) is called on the GUI thread. A failure that `done` is not told about shows in savedState.
    using Change = std::function<Result<EditId>(Project &)>;
    using Done = std::function<void(const Result<EditId> &)>;
    void edit(Change change, Done done = {});
    /// The same for what is not undoable: saved views.
    void change(std::function<Result<>(Project &)> work, std::function<void(const Result<> &)> done = {});
    void undo();
    void redo();
    const std::optional<Edit> &nextUndo() const { return m_undo; }
    const std::optional<Edit> &nextRedo() const { return m_redo; }

    enum class SavedState { Saved, Saving, NotSaved };
    SavedState savedState() const { return m_savedState; }
    QDateTime savedAt() const { return m_savedAt; }
    QString saveError() const { return m_saveError; } ///< With NotSaved: the sentence,
    QString saveProblem() const;                      ///< and two words for the status bar: "disk full".
    bool isDiskFull() const { return m_saveErrorCode == ErrorCode::NoSpace; }
    void retrySave();                    ///< Runs the changes that failed once more, in order.
    std::vector<Change> unsaved() const; ///< The changes that failed, to be made elsewhere.

    /// Who labels. Empty until chosen; asked for once, at the first label.
    QString annotator() const { return m_annotator; }
    void setAnnotator(const QString &name);
    /// Calls `then(annotator)` at once when one is chosen, else after a dialog over `parent`; not at all when
    /// cancelled.
    void withAnnotator(QWidget *parent, std::function<void(const std::string &)> then);

    /// Job ids, tokens: environment entries that let a child process write under this session's lease.
    QStringList childEnvironment() const;

    void checkForChanges(); ///< Asks now instead of at the next tick (250 ms).

Q_SIGNALS:
    void dataChanged(); ///< Something was committed, here or by a job: ask again for what you show.
    void edited(const mien::Edit &edit, bool withdrawn); ///< An undo (withdrawn) or redo happened: what it was.
    void savedStateChanged();
    void undoChanged();
    void annotatorChanged();
    void holderChanged();              ///< Another program writes it, or none does any more; readOnlyReason() says so.
    void picturesMade();               ///< A job made small pictures: those that could not be had may be there.
    void damaged(const QString &what); ///< The database is not what was written; no backup is made from here on.

private:
    struct Writer;
    struct Task;
    void moveInLedger(bool withdraw);
    void finished(const std::shared_ptr<Task> &task);
    void keepBackups();
    void makeMissingPictures();
    void emptyDueBin();
    void watchLease();
    void setSavedState(SavedState state, const Error &error = {});

    std::unique_ptr<Writer> m_writer;
    std::unique_ptr<Project> m_viewer;
    std::unique_ptr<BackupKeeper> m_backups;
    std::shared_ptr<ProjectReaders> m_readers;
    JobQueue *m_jobs = nullptr;
    Background *m_pictures, *m_bin, *m_lease;
    QTimer *m_poll = nullptr;
    QString m_name, m_readOnlyReason, m_holder, m_storageWarning, m_annotator, m_saveError, m_token;
    ErrorCode m_saveErrorCode = ErrorCode::Internal;
    bool m_writable = false, m_watchesLease = false;
    std::vector<ExpressionClass> m_classes, m_allClasses;
    std::optional<Edit> m_undo, m_redo;
    std::int64_t m_dataVersion = 0;
    int m_pending = 0;
    SavedState m_savedState = SavedState::Saved;
    QDateTime m_savedAt;
    std::vector<std::shared_ptr<Task>> m_failed;
};

} // namespace mien
