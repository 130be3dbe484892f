#pragma once

#include "pipeline/store/ids.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <memory>
#include <optional>

class QJsonObject;
class QTimer;

namespace mien {

class Background;
class FaceImages;
class ProjectSession;
class SourcePanel;
class WarmHelper;

/// Keeps a source panel in step with a face, the one under review or the one in the inspector: reads what the project
/// knows of its origin, and asks `mien frames --serve` for the original picture or video frame. The studio itself
/// decodes no original. A face from a video can be seen in its moment: the two seconds around it play, and frames are
/// stepped through by their times.
class FaceSource : public QObject
{
    Q_OBJECT

public:
    explicit FaceSource(SourcePanel &panel, QObject *parent = nullptr);
    ~FaceSource() override;

    void setSession(ProjectSession *session); ///< Null without a project.
    /// @param sample    none: nothing is shown
    /// @param revealed  else what tells the label stays hidden: path, label in the file, labels of the rows around it
    void setFace(SampleId sample, bool revealed);
    bool isBusy() const;
    bool isVideo() const { return m_momentS.has_value(); } ///< There is a moment to play; known when it was loaded.

    void playMoment();       ///< Plays the seconds around the face's moment, or stops playing; says why it cannot.
    void playOnceShown();    ///< Plays them when the source has been opened; nothing of a face that is from no video.
    void goTo(double timeS); ///< Shows the frame of the video at this time.
    bool isPlaying() const { return m_playUntilS.has_value(); }
    void stepFrame(int by); ///< 1 or −1; the one before or behind what is shown.
    /// Every frame is shown with the faces that are found in it, in place of the face's own box.
    void setDetecting(bool detects);
    bool isDetecting() const { return m_detects; }

Q_SIGNALS:
    void hint(const QString &text); ///< Why this source cannot be shown.

private:
    struct Origin;
    void load();
    void show(const Origin &origin);
    void askOriginal(); ///< The picture, or the frame of the face's own moment.
    void ask(QJsonObject request);
    void showOriginal(const QJsonObject &request, const QJsonObject &answer);
    void goOnPlaying(double timeS);
    void stopPlaying();
    void setPlayUntil(std::optional<double> timeS);
    bool refuseUnlessVideo();

    SourcePanel &m_panel;
    ProjectSession *m_session = nullptr;
    WarmHelper *m_helper = nullptr;
    Background *m_loading;
    std::shared_ptr<FaceImages> m_images;
    QTimer *m_delay;
    SampleId m_sample;
    QString m_file; ///< The original that it is from.
    bool m_revealed = true, m_detects = false;
    QString m_shown; ///< Sample and what was hidden of it.

    // Of a face from a video.
    std::optional<double> m_momentS, m_shownTimeS; ///< The face's own time, and that of the frame that is shown.
    std::optional<double> m_playUntilS;
    bool m_playsWhenLoaded = false;
    QElapsedTimer m_shownSince;
    QTimer *m_nextFrame;
};

} // namespace mien
