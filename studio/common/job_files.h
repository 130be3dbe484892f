#pragma once

#include "studio/common/job_info.h"

#include <functional>
#include <optional>

namespace mien {

/// The files of one job folder, read and written for the window.
///
/// `mien` writes request.json, events.jsonl, stderr.log and item (pipeline/jobs/job_folder.h). A window that starts a
/// job adds studio.json (the request with title and place in the queue), process.json (the shell around `mien`),
/// output.jsonl and output.log (all it said) and exit (its status, written also when no window watches).
class JobFiles
{
public:
    explicit JobFiles(QString folder)
        : m_folder(std::move(folder))
    {
    }

    /// The job as its folder tells; nothing when no request can be read yet. Events are read by follow().
    std::optional<JobInfo> load();
    double order() const { return m_order; } ///< Place among those that wait, as load() found it.

    void storeRequest(const JobInfo &job, double order) const;
    void storeProcess(const JobInfo &job) const;

    /// Reads what was said since the last time and brings `job` up to date, its end included.
    /// @param event  called with every line
    /// @return whether anything changed
    bool follow(JobInfo &job, const std::function<void(const QJsonObject &)> &event);

private:
    QString path(const QString &name) const;
    bool readEvents(JobInfo &job, const std::function<void(const QJsonObject &)> &event);
    void take(JobInfo &job, const QJsonObject &line);
    void findWorker(JobInfo &job) const;
    void end(JobInfo &job, int status) const;
    QString itemInHand() const;

    QString m_folder;
    double m_order = 0;
    qint64 m_offset = -1; ///< Not read yet.
    QByteArray m_rest;
    std::optional<int> m_endStatus; ///< Of the event `end`.
    QString m_endMessage;
};

} // namespace mien
