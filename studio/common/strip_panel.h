#pragma once

#include "pipeline/store/ids.h"
#include "studio/common/plots/strip_plot.h"

#include <QPointer>
#include <QStringList>
#include <QWidget>

#include <optional>

class QLabel;
class QPushButton;
class QStackedWidget;
class QToolButton;

namespace mien {

class Background;
class JobStrip;
class ProjectSession;

/// What eyes, mouth and head do in the video that a sample is from, in curves and figures. Where the video is not
/// measured it offers to do it, shows how far that is, and reads the curves when they are there.
class StripPanel : public QWidget
{
    Q_OBJECT

public:
    explicit StripPanel(QWidget *parent = nullptr);
    ~StripPanel() override;

    void setSession(ProjectSession *session); ///< Null without a project.
    /// @param labelsShown  else neither label nor what disagrees with it is seen
    void setMoment(MediaId video, double timeS, bool labelsShown);
    void clear(); ///< The sample is from no video: nothing is shown.
    void setPlayed(std::optional<double> timeS);

    bool isBusy() const;
    StripPlot &plot() const { return *m_plot; }

Q_SIGNALS:
    void chosen(double timeS); ///< A moment of the video.
    void left();               ///< Escape: the focus belongs elsewhere.

private:
    void load();
    void show(const std::optional<VideoStrip> &strip);
    void refreshEmpty();
    void measure(bool all);
    QStringList whatMeasures(bool all) const;
    void followJob();
    void refreshFacts();

    QPointer<ProjectSession> m_session;
    MediaId m_video;
    double m_momentS = 0;
    Background *m_loading;
    QStackedWidget *m_stack;
    StripPlot *m_plot;
    QLabel *m_facts, *m_sentence;
    QToolButton *m_zoom;
    QPushButton *m_measure, *m_measureAll;
    JobStrip *m_job;
    QString m_reading;
    bool m_isMeasured = false;
};

} // namespace mien
