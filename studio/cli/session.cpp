#include "studio/cli/session.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/backups.h"
#include "pipeline/store/bin.h"
#include "pipeline/store/read_failure.h"
#include "studio/cli/printable_text.h"

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <pwd.h>
#include <unistd.h>

namespace mien {

namespace fs = std::filesystem;

namespace {

/// The folder at or above `start` that holds a project.
std::optional<fs::path> projectAround(fs::path start)
{
    std::error_code error;
    while (true) {
        if (fs::exists(start / "project.db", error))
            return start;
        if (!start.has_relative_path())
            return {};
        start = start.parent_path();
    }
}

} // namespace

Session::Session(std::string title, CommonOptions options, std::vector<std::string> arguments)
    : m_title(std::move(title))
    , m_options(std::move(options))
    , m_arguments(std::move(arguments))
    , m_out(m_title, m_options.json)
{
    m_job.stop = m_signals.token();
    m_job.report = [this](const Progress &progress) { m_out.progress(progress); };
}

int Session::run(const Action &action)
{
    int status = 1;
    // What a damaged database kept from being read was shown as nothing: that is no success.
    std::mutex mutex;
    std::optional<Error> unread;
    setReadFailureListener([&](const Error &error) {
        const std::lock_guard lock(mutex);
        if (!unread)
            unread = error;
    });
    m_out.setCause([&] {
        const std::lock_guard lock(mutex);
        return unread;
    });
    try {
        // A report that cannot be written is said before the work, not after it.
        const auto report = isWrittenInto(m_options.report) ? Result<>() : writeReport({});
        status = report ? action(*this) : m_out.failed(report.error());
        if (unread && (status == 0 || status == 3))
            status = m_out.failed(*unread);
    } catch (const std::bad_alloc &) {
        status = m_out.failed(
            {ErrorCode::Internal, "There is not enough memory; close other programs or use a smaller --batch."});
    } catch (const std::exception &exception) {
        status = m_out.failed({ErrorCode::Internal, std::string("Internal error: ") + exception.what()});
    }
    setReadFailureListener({});
    m_out.setCause({});
    m_out.flush();
    if (m_jobFolder)
        m_jobFolder->end(status, printable(m_out.lastMessage()));
    return status;
}

Result<fs::path> Session::projectFolder() const
{
    std::error_code error;
    if (!m_options.project.empty())
        return fs::absolute(m_options.project, error);
    const fs::path here = fs::current_path(error);
    if (const auto found = projectAround(here))
        return *found;
    return fail(ErrorCode::NotFound,
                "There is no project at or above " + here.string() + "; name one with -p PROJECT.");
}

Result<Project> Session::openProject(Project::Access access)
{
    return opened(access, false);
}

Result<Project> Session::openToExamine(Project::Access access)
{
    return opened(access, true);
}

Result<Project> Session::opened(Project::Access access, bool isExamined)
{
    const auto folder = projectFolder();
    if (!folder)
        return fail(folder.error());
    auto project = Project::open(*folder, access);
    if (project && access != Project::Access::Read) {
        warnAboutStorage(*folder);
        if (!project->isAsLeft() && !isExamined)
            warn("NOT_AS_LEFT", project->folder() / "project.db",
                 (project->folder() / "project.db").string() +
                     " is not as Mien left it: it is damaged, or another program changed it. See mien doctor.");
        // The program whose lease a child writes under does these, and a failure keeps nobody from working.
        if (project->isWritable() && !project->lease()->isJoined()) {
            keepBackup(*project);
            emptyDueBin(*project);
        }
    }
    return project;
}

void Session::warn(const char *code, const fs::path &path, const std::string &message)
{
    m_out.event({{"event", "warning"}, {"code", code}, {"path", path.string()}, {"message", message}});
    m_out.warn(message);
}

/// What the studio does for a project it has open, for one that is written from a terminal alone.
void Session::keepBackup(const Project &project)
{
    if (!isBackupDue(project))
        return;
    if (const auto made = backUp(project, m_job); !made && made.error().code != ErrorCode::Cancelled)
        warn("NO_BACKUP", project.folder() / "backups", "no backup was made. " + made.error().message);
}

void Session::emptyDueBin(Project &project)
{
    if (const auto emptied = emptyBin(project); !emptied)
        warn("BIN_NOT_EMPTIED", project.folder(), emptied.error().message);
}

void Session::warnAboutStorage(const fs::path &project)
{
    if (const auto warning = storageWarning(project))
        warn("NETWORK_SHARE", project, *warning);
}

Result<> Session::beginJob(const Project &project, const std::string &unit)
{
    // A job of a project that was opened for reading writes all the same: its own folder, and what it makes.
    if (::access(project.folder().c_str(), W_OK) != 0) {
        const Error error = notWritable(project.folder(), errno);
        return fail(error.code, error.message + " Nothing was changed.");
    }
    std::vector<std::string> arguments = {m_title.substr(m_title.find(' ') + 1)};
    arguments.insert(arguments.end(), m_arguments.begin(), m_arguments.end());
    auto folder =
        JobFolder::create(project.folder(), m_options.jobId, m_title.substr(m_title.rfind(' ') + 1), arguments);
    if (!folder)
        return fail(folder.error());
    m_jobFolder.emplace(std::move(*folder));
    m_out.setUnit(unit);
    m_out.setMirror([this](const nlohmann::json &event) { m_jobFolder->append(event); });
    m_out.setLog([this](std::string_view line) { m_jobFolder->appendLog(line); });
    return {};
}

Result<ComputeTurn> Session::takeComputeTurn(const Project &project)
{
    return ComputeTurn::take(project.folder(), m_title + " (" + jobId() + ")", [this](const std::string &other) {
        m_out.progress({0, 0, "waiting for " + other});
        return !isStopped();
    });
}

Result<> Session::writeReport(const std::vector<ItemProblem> &problems) const
{
    if (m_options.report.empty())
        return {};
    std::string text = "reason,key,file,line,detail\n";
    for (const ItemProblem &problem : problems)
        text += problem.reason + "," + csvField(printable(problem.key)) + "," + csvField(printable(problem.file)) +
                "," + (problem.line > 0 ? std::to_string(problem.line) : "") + "," +
                csvField(printable(problem.detail)) + "\n";
    return writeOutput(m_options.report, text);
}

std::string currentUser()
{
    for (const char *name : {"USER", "LOGNAME"})
        if (const char *user = std::getenv(name); user && *user)
            return user;
    const passwd *const account = getpwuid(getuid());
    return account && *account->pw_name ? account->pw_name : "annotator";
}

} // namespace mien
