#pragma once

#include <QObject>
#include <QPointer>

class QLabel;
class QProgressBar;
class QPushButton;
class QStatusBar;

namespace mien {

class JobQueue;
class ProjectSession;

/// What the status bar says: the last announcement, `Saved ✓ 14:02:11`, who labels, the jobs, the device.
class StatusLine : public QObject
{
    Q_OBJECT

public:
    explicit StatusLine(QStatusBar &bar);

    void setSession(ProjectSession *session); ///< Null without a project.
    void setQueue(JobQueue *queue);           ///< Of the project, or of the program without one.
    void announce(const QString &text);       ///< Shown for a few seconds and told to screen readers.

Q_SIGNALS:
    void annotatorClicked();
    void jobsClicked();
    void readOnlyClicked();
    void retryClicked(); ///< With what was not saved.
    void placeClicked(); ///< Another place for a project whose disk takes no more.

private:
    QPushButton *flatButton(const char *name, const QString &accessibleName);
    void refreshSaved();
    void refreshJobs();

    QStatusBar &m_bar;
    QPointer<ProjectSession> m_session;
    QPointer<JobQueue> m_queue;
    QLabel *m_message, *m_device;
    QPushButton *m_saved, *m_retry, *m_place, *m_annotator, *m_jobs;
    QProgressBar *m_progress;
};

} // namespace mien
