#pragma once

#include "studio/common/preview_faces.h"
#include "studio/importing/imported_videos.h"

#include <QJsonObject>
#include <QObject>

#include <optional>
#include <vector>

namespace mien {

class WarmHelper;

/// Looks for faces in some frames of some videos, spread over all of them, as an extraction would: what a setting does
/// to a data set before it is done. One frame after the other, by a helper in the background.
class FaceTrial : public QObject
{
    Q_OBJECT

public:
    struct Face
    {
        PreviewFace face;
        QString where; ///< Video and time.
    };
    /// The first frame that was looked at in a video.
    struct Look
    {
        ImportedVideo video;
        int turnedDeg = 0; ///< By the settings alone, whatever a person said about this video.
        int faces = 0;
        QImage picture; ///< So turned.
    };

    explicit FaceTrial(QObject *parent = nullptr);
    ~FaceTrial() override;

    /// @param mostVideos, mostFrames  evenly spread; at least a frame a video
    void start(const std::vector<ImportedVideo> &videos, const QJsonObject &settings, int mostVideos, int mostFrames);
    void stop(); ///< Ends the helper; what was found stays.
    bool isRunning() const { return m_isRunning; }

    int framesDone() const { return m_done; }
    int framesWanted() const { return m_wanted; }
    int videosWanted() const { return int(m_videos.size()); }
    const std::vector<Face> &faces() const { return m_faces; }
    const std::vector<Look> &looks() const { return m_looks; } ///< One a video that could be looked at.
    /// A person said how a video lies: its look says so; its faces are those of before until the next start().
    void setTurn(const QString &path, std::optional<int> turnDeg);
    int failures() const { return m_failures; }          ///< Videos that could not be looked at.
    const QString &problem() const { return m_problem; } ///< Of the first of them.

Q_SIGNALS:
    void changed();

private:
    struct Frame
    {
        std::size_t video = 0;
        int number = 0, of = 1; ///< At the middle of the number-th of so many equal parts.
        bool isLook = false;    ///< It shows how the settings turn the video,
        bool isTried = true;    ///< and its faces count, turned as a person said.
    };
    void goOn();
    void ask();
    void take(const QJsonObject &answer);
    void skipVideo(const QString &message);

    WarmHelper *m_helper = nullptr;
    QJsonObject m_settings;
    std::vector<ImportedVideo> m_videos;
    std::vector<Frame> m_frames;
    std::size_t m_next = 0; ///< Of m_frames.
    int m_done = 0, m_wanted = 0, m_failures = 0;
    bool m_isRunning = false;
    std::vector<Face> m_faces;
    std::vector<Look> m_looks;
    QString m_problem;
};

} // namespace mien
