#pragma once

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
struct ReviewFace;

/// Keeps the source panel in step with the face under review: reads what the project knows of its origin, and asks
/// `mien frames --serve` for the original picture or video frame. The studio itself decodes no original.
/// A face from a video can be seen in its moment: the two seconds around it play, and frames are stepped through by
/// their times.
class FaceSource : public QObject
{
    Q_OBJECT

public:
    explicit FaceSource(SourcePanel &panel, QObject *parent = nullptr);
    ~FaceSource() override;

    void setSession(ProjectSession *session); ///< Null without a project.
    /// @param face      null: nothing is shown
    /// @param revealed  else what tells the label stays hidden: path, label in the file, labels of the rows around it
    void setFace(std::shared_ptr<const ReviewFace> face, bool revealed);
    bool isBusy() const;

    void playMoment();       ///< Plays the seconds around the face's moment, or stops playing; says why it cannot.
    void playOnceShown();    ///< Plays them when the source has been opened; nothing of a face that is from no video.
    void goTo(double timeS); ///< Shows the frame of the video at this time.
    bool isPlaying() const { return m_playUntilS.has_value(); }
    void stepFrame(int by); ///< 1 or −1; the one before or behind what is shown.

Q_SIGNALS:
    void hint(const QString &text); ///< Why this source cannot be shown.

private:
    struct Origin;
    void load();
    void show(const Origin &origin);
    void askOriginal(); ///< The picture, or the frame of the face's own moment.
    void ask(QJsonObject request);
    void showOriginal(const QJsonObject &answer);
    void goOnPlaying(double timeS);
    void stopPlaying();
    bool refuseUnlessVideo();

    SourcePanel &m_panel;
    ProjectSession *m_session = nullptr;
    WarmHelper *m_helper = nullptr;
    Background *m_loading;
    std::shared_ptr<FaceImages> m_images;
    QTimer *m_delay;
    std::shared_ptr<const ReviewFace> m_face;
    bool m_revealed = true;
    QString m_shown; ///< Sample and what was hidden of it.

    // Of a face from a video.
    std::optional<double> m_momentS, m_shownTimeS; ///< The face's own time, and that of the frame that is shown.
    std::optional<double> m_playUntilS;
    bool m_playsWhenLoaded = false;
    QElapsedTimer m_shownSince;
    QTimer *m_nextFrame;
};

} // namespace mien
