#pragma once

#include "models/base/job.h"
#include "pipeline/jobs/job_folder.h"
#include "pipeline/store/project.h"
#include "studio/cli/command.h"
#include "studio/cli/json_lines.h"
#include "studio/cli/stop_on_signals.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mien {

/// One run of one command: its voice, its ear, the project it works on, and its job folder if it has one.
class Session
{
public:
    /// @param title  "mien snapshot create"
    Session(std::string title, CommonOptions options, std::vector<std::string> arguments);

    int run(const Action &action); ///< The job boundary: what nobody caught becomes one line and status 1.

    JsonLines &out() { return m_out; }
    const Job &job() const { return m_job; }
    bool isStopped() const { return m_job.stop.stop_requested(); }
    const CommonOptions &options() const { return m_options; }
    std::filesystem::path reportPath() const { return m_options.report; }

    /// The folder named with -p, or the one around the current folder. NotFound says how to name one.
    Result<std::filesystem::path> projectFolder() const;
    /// For writing it also warns when the project lies on a network share, makes the backup that is due, and deletes
    /// what was in the bin for long.
    Result<Project> openProject(Project::Access access);
    /// To examine it: what is found at opening is for doctor to say.
    Result<Project> openToExamine(Project::Access access);
    void warnAboutStorage(const std::filesystem::path &project);

    /// Makes this command a job of the project: a folder under jobs/ follows it from here on.
    Result<> beginJob(const Project &project, const std::string &unit);
    /// Waits for the right to compute, saying so.
    Result<ComputeTurn> takeComputeTurn(const Project &project);
    std::string jobId() const { return m_jobFolder ? m_jobFolder->id() : std::string(); }

    /// Writes `--report`; nothing without it.
    Result<> writeReport(const std::vector<ItemProblem> &problems) const;

private:
    Result<Project> opened(Project::Access access, bool isExamined);
    void keepBackup(const Project &project);
    void emptyDueBin(Project &project);
    void warn(const char *code, const std::filesystem::path &path, const std::string &message);

    std::string m_title;
    CommonOptions m_options;
    std::vector<std::string> m_arguments;
    JsonLines m_out;
    StopOnSignals m_signals;
    Job m_job;
    std::optional<JobFolder> m_jobFolder;
};

/// The name of the person at this computer, for edits that name nobody.
std::string currentUser();

} // namespace mien
