#pragma once

#include "studio/importing/imported_videos.h"

#include <QJsonObject>
#include <QWidget>

#include <optional>
#include <vector>

class QTabWidget;
class QTimer;

namespace mien {

class Background;
class FacePreview;
class FaceSearchForm;
class FaceTrial;
class GatePanel;
class ProjectSession;
class TurnedVideos;

/// The step of the import in which faces are looked for in the imported videos: how, and beside it what that gives.
class FaceStep : public QWidget
{
    Q_OBJECT

public:
    explicit FaceStep(QWidget *parent = nullptr);
    ~FaceStep() override;

    void begin(ProjectSession &session);
    void end(); ///< Stops what runs for it.
    bool isBusy() const;
    QStringList arguments() const; ///< Of `mien extract`.

private:
    void settingsChanged();
    void showTrial();
    void showTurns();
    void keepTurn(const QString &path, std::optional<int> turnDeg);

    FaceSearchForm *m_form;
    QTabWidget *m_tabs;
    FacePreview *m_preview;
    FaceTrial *m_trial, *m_turnTrial; ///< Of some frames for the gates; of every video, once that is asked for.
    GatePanel *m_gates;
    TurnedVideos *m_turned;
    QTimer *m_trialDelay;
    QJsonObject m_tried; ///< Settings of m_trial.
    bool m_wantsAllTurns = false;
    bool m_isTrialOfOtherTurns = false; ///< A person turned videos since m_trial began.
    ProjectSession *m_session = nullptr;
    std::vector<ImportedVideo> m_videos;
    Background *m_loading;
};

} // namespace mien
