#pragma once

#include "studio/common/preview_faces.h"
#include "studio/importing/imported_videos.h"

#include <QJsonObject>
#include <QObject>

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
    struct Turn
    {
        QString video;
        int turnedDeg = 0;
        QImage turned; ///< A frame as it would be turned.
    };

    explicit FaceTrial(QObject *parent = nullptr);
    ~FaceTrial() override;

    /// @param mostVideos, mostFrames  evenly spread; at least a frame a video
    void start(const std::vector<ImportedVideo> &videos, const QJsonObject &settings, int mostVideos, int mostFrames);
    void stop(); ///< Ends the helper; what was found stays.
    bool isRunning() const { return m_isRunning; }

    int framesDone() const { return m_done; }
    int framesWanted() const { return int(m_frames.size()); }
    int videosWanted() const { return int(m_videos.size()); }
    const std::vector<Face> &faces() const { return m_faces; }
    const std::vector<Turn> &turns() const { return m_turns; } ///< Of the videos that would be turned.
    int failures() const { return m_failures; }                ///< Videos that could not be looked at.
    const QString &problem() const { return m_problem; }       ///< Of the first of them.

Q_SIGNALS:
    void changed();

private:
    struct Frame
    {
        std::size_t video = 0;
        int number = 0, of = 1; ///< At the middle of the number-th of so many equal parts.
    };
    void ask();
    void take(const QJsonObject &answer);
    void skipVideo(const QString &message);

    WarmHelper *m_helper = nullptr;
    QJsonObject m_settings;
    std::vector<ImportedVideo> m_videos;
    std::vector<Frame> m_frames;
    int m_done = 0, m_failures = 0;
    bool m_isRunning = false;
    std::vector<Face> m_faces;
    std::vector<Turn> m_turns;
    QString m_problem;
};

} // namespace mien
