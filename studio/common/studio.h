#pragma once

#include "pipeline/store/ids.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <functional>
#include <memory>
#include <vector>

class QWidget;

namespace mien {

class ActionRegistry;
class JobQueue;
class ProjectSession;

/// A list of samples to review, worst first or as selected.
struct QueueRequest
{
    QString title; ///< "Selected in the gallery", "Broken by r4"
    std::vector<SampleId> samples;
    QString filter;                ///< When the queue is a filter instead of a fixed list; `samples` is empty then.
    QStringList comparedRuns = {}; ///< What each of them said is part of the evidence.
};

/// What a page may ask of the window it lives in. GUI thread only.
class Studio : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    virtual ActionRegistry &actions() = 0;
    virtual ProjectSession *session() const = 0; ///< Null without a project.
    /// Jobs of the project, or of the program (demo, init) without one.
    virtual JobQueue &jobs() = 0;
    virtual QWidget *window() const = 0;

    virtual void openProject(const QString &folder) = 0;
    virtual void closeProject() = 0;
    virtual void showPage(const QString &id) = 0;
    virtual bool hasPage(const QString &id) const = 0;
    virtual void importPaths(const QStringList &paths) = 0; ///< Shows Import with this source.
    virtual void showJobs() = 0;
    virtual void showInspector() = 0;

    struct Remedy
    {
        QString text; ///< A verb: "Retry", "Choose another place".
        std::function<void()> run;
    };
    /// A bar at the top of the page that stays until dealt with. `details` can be copied.
    virtual void showError(const QString &message, const QString &details = {}, std::vector<Remedy> remedies = {}) = 0;
    /// The same for what is no harm but must be known: read-only, a network share.
    virtual void showNotice(const QString &message, std::vector<Remedy> remedies = {}) = 0;
    /// A polite line in the status bar, also for screen readers.
    virtual void announce(const QString &text) = 0;

    /// The sample the inspector shows: the gallery's focused cell, the face under review.
    void setCurrentSample(SampleId sample);
    SampleId currentSample() const { return m_currentSample; }
    /// What is selected, in the gallery, the map, a cell of a confusion matrix or a comparison: one selection for all.
    /// @param samples  each once, in any order
    void setSelection(std::vector<SampleId> samples);
    const std::vector<SampleId> &selection() const { return m_selection; } ///< Ascending.
    /// Opens a queue in Review (shown by whoever listens to queueRequested).
    void openQueue(const QueueRequest &request);
    /// Shows these faces in Attention, beginning with the current sample where the list has it; the compared runs
    /// beside each other.
    void openAttention(const QueueRequest &request);
    /// Shows a sample in the gallery, selected.
    void openSample(SampleId sample);
    /// Shows what matches in the gallery.
    void openFilter(const QString &filter);
    /// Shows what matches in Export.
    void openExport(const QString &filter);
    /// Plays the moment of the current sample in the inspector, or stops.
    void playMoment();
    /// The newest request, for a review page that is made by it.
    const QueueRequest &lastQueue() const { return m_lastQueue; }

Q_SIGNALS:
    void sessionChanged(mien::ProjectSession *session);
    void currentSampleChanged(mien::SampleId sample);
    void selectionChanged();
    void queueRequested(const mien::QueueRequest &request);
    void attentionRequested(const mien::QueueRequest &request);
    void sampleRequested(mien::SampleId sample);
    void filterRequested(const QString &filter);
    void exportRequested(const QString &filter);
    void momentRequested();

private:
    SampleId m_currentSample;
    std::vector<SampleId> m_selection;
    QueueRequest m_lastQueue;
};

} // namespace mien
