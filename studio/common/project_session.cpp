#include "studio/common/project_session.h"

#include "pipeline/store/backup_keeper.h"
#include "pipeline/store/bin.h"
#include "pipeline/store/crop_pack.h"
#include "studio/common/annotator_dialog.h"
#include "studio/common/background.h"
#include "studio/common/job_queue.h"
#include "studio/common/settings.h"

#include <QDir>
#include <QMetaObject>
#include <QSettings>
#include <QTimer>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace mien {

namespace {

constexpr int backupsAfterMs = 5000; ///< Opening is to cost nothing but opening.
constexpr int picturesAfterMs = 500;
constexpr int leaseEveryMs = 1000;

/// "mien-studio, pid 4711 on lab2"; empty when nobody writes the project.
QString holderOf(const std::filesystem::path &folder)
{
    const auto holder = leaseHolder(folder);
    return holder ? ProjectSession::tr("%1, pid %2 on %3")
                        .arg(QString::fromStdString(holder->program))
                        .arg(holder->pid)
                        .arg(QString::fromStdString(holder->host))
                  : QString();
}

} // namespace

struct ProjectSession::Task
{
    Change change;
    Done done;
    std::optional<Result<EditId>> answer;
    std::optional<Edit> undo, redo; ///< State of the ledger after it.
    std::optional<Edit> moved;      ///< With undo() and redo(): the entry that was moved over.
    bool withdrawn = false;
};

/// One thread that owns the writing connection and runs changes in the order asked for.
struct ProjectSession::Writer
{
    explicit Writer(ProjectSession *session, std::unique_ptr<Project> writable)
        : owner(session)
        , project(std::move(writable))
        , thread([this](std::stop_token stop) { loop(stop); })
    {
    }

    ~Writer()
    {
        {
            const std::lock_guard lock(mutex);
            thread.request_stop();
        }
        wake.notify_all();
        thread.join();
    }

    void add(std::shared_ptr<Task> task)
    {
        {
            const std::lock_guard lock(mutex);
            tasks.push_back(std::move(task));
        }
        wake.notify_all();
    }

    void loop(std::stop_token stop)
    {
        for (;;) {
            std::shared_ptr<Task> task;
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [&] { return stop.stop_requested() || !tasks.empty(); });
                if (tasks.empty())
                    return; // Everything asked for is written, and the session closes.
                task = tasks.front();
                tasks.pop_front();
            }
            task->answer = task->change(*project);
            task->undo = project->nextUndo();
            task->redo = project->nextRedo();
            QMetaObject::invokeMethod(
                owner, [session = owner, task] { session->finished(task); }, Qt::QueuedConnection);
        }
    }

    ProjectSession *owner;
    std::unique_ptr<Project> project;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::shared_ptr<Task>> tasks;
    std::jthread thread;
};

Result<std::shared_ptr<ProjectSession::Opened>> ProjectSession::open(const std::filesystem::path &folder)
{
    auto writer = Project::open(folder, Project::Access::WriteOrRead, "mien-studio");
    if (!writer)
        return fail(writer.error());
    auto viewer = Project::open(folder, Project::Access::Read);
    if (!viewer)
        return fail(viewer.error());
    auto opened = std::make_shared<Opened>();
    opened->writer = std::make_unique<Project>(std::move(*writer));
    opened->viewer = std::make_unique<Project>(std::move(*viewer));
    opened->classes = opened->writer->offeredClasses();
    opened->allClasses = opened->writer->classes();
    opened->undo = opened->writer->nextUndo();
    opened->redo = opened->writer->nextRedo();
    if (!opened->writer->isWritable())
        opened->holder = holderOf(folder);
    opened->storageWarning = QString::fromStdString(mien::storageWarning(folder).value_or(std::string()));
    return opened;
}

ProjectSession::ProjectSession(std::shared_ptr<Opened> opened, QObject *parent)
    : QObject(parent)
    , m_viewer(std::move(opened->viewer))
    , m_pictures(new Background(this))
    , m_bin(new Background(this))
    , m_lease(new Background(this))
    , m_classes(std::move(opened->classes))
    , m_allClasses(std::move(opened->allClasses))
    , m_undo(std::move(opened->undo))
    , m_redo(std::move(opened->redo))
    , m_savedAt(QDateTime::currentDateTime())
{
    m_name = QString::fromStdString(opened->writer->name());
    m_writable = opened->writer->isWritable();
    m_holder = opened->holder;
    m_storageWarning = opened->storageWarning;
    m_readOnlyReason = QString::fromStdString(opened->writer->readOnlyReason());
    if (const Lease *lease = opened->writer->lease())
        m_token = QString::fromStdString(lease->token());
    m_annotator = settings().value(QStringLiteral("annotator")).toString();
    m_dataVersion = m_viewer->dataVersion();
    m_readers = std::make_shared<ProjectReaders>(m_viewer->folder());
    m_writer = std::make_unique<Writer>(this, std::move(opened->writer));
    m_jobs = new JobQueue(QDir(folder()).filePath(QStringLiteral("jobs")), this);
    m_jobs->setProject(folder(), childEnvironment());
    m_jobs->setReadOnly(!m_writable);
    m_poll = new QTimer(this);
    m_poll->setInterval(250);
    connect(m_poll, &QTimer::timeout, this, &ProjectSession::checkForChanges);
    m_poll->start();
    connect(m_jobs, &JobQueue::finished, this, [this](const QString &id) {
        if (const JobInfo *job = m_jobs->job(id); job && job->isThumbnails())
            Q_EMIT picturesMade();
    });
    if (m_writable) {
        QTimer::singleShot(backupsAfterMs, this, &ProjectSession::keepBackups);
        QTimer::singleShot(picturesAfterMs, this, &ProjectSession::makeMissingPictures);
        QTimer::singleShot(backupsAfterMs, this, &ProjectSession::emptyDueBin);
    } else if (!m_holder.isEmpty()) {
        watchLease();
    }
}

ProjectSession::~ProjectSession() = default;

void ProjectSession::watchLease()
{
    m_watchesLease = true;
    auto *timer = new QTimer(this);
    connect(timer, &QTimer::timeout, this, [this] {
        if (m_lease->isBusy())
            return; // A folder on a share may take its time.
        m_lease->start([folder = m_viewer->folder()](const Job &) { return holderOf(folder); },
                       [this](const QString &holder) {
                           if (holder == m_holder)
                               return;
                           m_holder = holder;
                           m_readOnlyReason =
                               holder.isEmpty()
                                   ? tr("%1 was opened for reading because another program was writing it. It can be "
                                        "written now: open it again.")
                                         .arg(m_name)
                                   : tr("Opened for reading: %1 is being written by %2.").arg(m_name, holder);
                           Q_EMIT holderChanged();
                       });
    });
    timer->start(leaseEveryMs);
}

void ProjectSession::keepBackups()
{
    BackupListener listener;
    listener.damaged = [this](const Damage &damage) {
        QMetaObject::invokeMethod(
            this, [this, what = QString::fromStdString(damage.what)] { Q_EMIT damaged(what); }, Qt::QueuedConnection);
    };
    m_backups = std::make_unique<BackupKeeper>(*m_viewer, std::move(listener));
}

void ProjectSession::makeMissingPictures()
{
    m_pictures->start(
        [readers = m_readers](const Job &) {
            return readers->with([](const Project &project) -> Result<bool> { return lacksThumbnails(project); });
        },
        [this](const Result<bool> &lacks) {
            const auto jobs = m_jobs->jobs();
            const bool isMaking = std::any_of(jobs.begin(), jobs.end(),
                                              [](const JobInfo &job) { return job.isThumbnails() && !job.isOver(); });
            if (lacks && *lacks && !isMaking)
                m_jobs->start(tr("Make small pictures"), {QStringLiteral("thumbs")}, false);
        });
}

void ProjectSession::emptyDueBin()
{
    m_bin->start(
        [readers = m_readers](const Job &) {
            return readers->with([](const Project &project) -> Result<bool> { return isBinDue(project); });
        },
        [this](const Result<bool> &due) {
            if (!due || !*due)
                return;
            change(
                [](Project &project) -> Result<> {
                    const auto emptied = emptyBin(project);
                    return emptied ? Result<>() : fail(emptied.error());
                },
                [this](const Result<> &) { makeMissingPictures(); });
        });
}

QString ProjectSession::folder() const
{
    return QString::fromStdString(m_viewer->folder().string());
}

const ExpressionClass *ProjectSession::classOf(ClassId id) const
{
    for (const ExpressionClass &expression : m_allClasses) {
        if (expression.id == id)
            return &expression;
    }
    return nullptr;
}

const ExpressionClass *ProjectSession::classNamed(const QString &canonical) const
{
    const std::string name = canonical.toStdString();
    const auto found = std::find_if(m_allClasses.begin(), m_allClasses.end(),
                                    [&](const ExpressionClass &expression) { return expression.name == name; });
    return found == m_allClasses.end() ? nullptr : &*found;
}

QString ProjectSession::displayName(ClassId id) const
{
    const ExpressionClass *expression = classOf(id);
    return expression ? QString::fromStdString(expression->display) : tr("no label");
}

void ProjectSession::edit(Change change, Done done)
{
    auto task = std::make_shared<Task>();
    task->change = std::move(change);
    task->done = std::move(done);
    ++m_pending;
    setSavedState(SavedState::Saving);
    m_writer->add(std::move(task));
}

void ProjectSession::change(std::function<Result<>(Project &)> work, std::function<void(const Result<> &)> done)
{
    edit(
        [work = std::move(work)](Project &project) -> Result<EditId> {
            if (const auto worked = work(project); !worked)
                return fail(worked.error());
            return EditId{};
        },
        [done = std::move(done)](const Result<EditId> &answer) {
            if (done)
                done(answer ? Result<>() : fail(answer.error()));
        });
}

void ProjectSession::undo()
{
    moveInLedger(true);
}

void ProjectSession::redo()
{
    moveInLedger(false);
}

void ProjectSession::moveInLedger(bool withdraw)
{
    auto task = std::make_shared<Task>();
    std::weak_ptr<Task> weak = task;
    task->withdrawn = withdraw;
    task->change = [weak, withdraw](Project &project) -> Result<EditId> {
        auto edit = withdraw ? project.undo() : project.redo();
        if (!edit)
            return fail(edit.error());
        if (const auto self = weak.lock())
            self->moved = *edit;
        return edit->id;
    };
    ++m_pending;
    m_writer->add(std::move(task));
}

void ProjectSession::finished(const std::shared_ptr<Task> &task)
{
    --m_pending;
    m_undo = task->undo;
    m_redo = task->redo;
    Q_EMIT undoChanged();
    const Result<EditId> answer = *task->answer;
    if (answer) {
        m_savedAt = QDateTime::currentDateTime();
        if (m_failed.empty())
            setSavedState(m_pending > 0 ? SavedState::Saving : SavedState::Saved);
        if (task->moved)
            Q_EMIT edited(*task->moved, task->withdrawn);
        checkForChanges();
    } else if (answer.error().code == ErrorCode::NoSpace || answer.error().code == ErrorCode::Unreadable ||
               answer.error().code == ErrorCode::Internal) {
        m_failed.push_back(task); // The disk refused, not the request: kept for "Retry".
        setSavedState(SavedState::NotSaved, answer.error());
    } else if (m_failed.empty()) {
        setSavedState(m_pending > 0 ? SavedState::Saving : SavedState::Saved);
    }
    if (task->done)
        task->done(answer);
}

void ProjectSession::retrySave()
{
    const auto failed = std::exchange(m_failed, {});
    for (const auto &task : failed) {
        ++m_pending;
        m_writer->add(task);
    }
    setSavedState(failed.empty() ? SavedState::Saved : SavedState::Saving);
}

std::vector<ProjectSession::Change> ProjectSession::unsaved() const
{
    std::vector<Change> changes;
    for (const auto &task : m_failed)
        changes.push_back(task->change);
    return changes;
}

QString ProjectSession::saveProblem() const
{
    return isDiskFull() ? tr("disk full") : tr("the disk refused");
}

void ProjectSession::setSavedState(SavedState state, const Error &error)
{
    m_savedState = state;
    m_saveError = QString::fromStdString(error.message);
    m_saveErrorCode = error.code;
    Q_EMIT savedStateChanged();
}

void ProjectSession::setAnnotator(const QString &name)
{
    if (m_annotator == name)
        return;
    m_annotator = name;
    settings().setValue(QStringLiteral("annotator"), name);
    Q_EMIT annotatorChanged();
}

void ProjectSession::withAnnotator(QWidget *parent, std::function<void(const std::string &)> then)
{
    if (!m_annotator.isEmpty()) {
        then(m_annotator.toStdString());
        return;
    }
    auto *dialog = new AnnotatorDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, then = std::move(then)] {
        setAnnotator(dialog->name());
        then(m_annotator.toStdString());
    });
    dialog->open();
}

QStringList ProjectSession::childEnvironment() const
{
    return m_token.isEmpty() ? QStringList() : QStringList{QStringLiteral("MIEN_LEASE=") + m_token};
}

void ProjectSession::checkForChanges()
{
    const std::int64_t version = m_viewer->dataVersion();
    if (version == m_dataVersion)
        return;
    m_dataVersion = version;
    m_classes = m_viewer->offeredClasses();
    m_allClasses = m_viewer->classes();
    m_undo = m_viewer->nextUndo(); // a job may have made an edit
    m_redo = m_viewer->nextRedo();
    Q_EMIT undoChanged();
    Q_EMIT dataChanged();
}

} // namespace mien
