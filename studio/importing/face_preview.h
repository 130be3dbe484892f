#pragma once

#include "studio/common/preview_faces.h"
#include "studio/importing/face_gates.h"
#include "studio/importing/imported_videos.h"

#include <QJsonObject>
#include <QWidget>

#include <optional>

class QLabel;
class QListWidget;
class QPushButton;
class QSlider;
class QTimer;

namespace mien {

class FixedLines;
class FoundFacesView;
class WarmHelper;

/// What settings find in one video at one time: the frame with boxes and landmarks, beside it the crops with their
/// measures. Another video by its arrows or by dropping a file, another time by the slider and frame by frame.
/// `mien frames --serve` decodes and searches; the window waits for nothing.
class FacePreview : public QWidget
{
    Q_OBJECT

public:
    explicit FacePreview(QWidget *parent = nullptr);
    ~FacePreview() override;

    void setVideos(std::vector<ImportedVideo> videos);
    void setProblem(const QString &message); ///< Why there are no videos to show.
    /// @param settings  of faces, as `mien frames --serve` takes them
    void setSettings(const QJsonObject &settings);
    void setTurn(const QString &path, std::optional<int> turnDeg); ///< A person said how this video lies.
    void setGates(const FaceGates &gates); ///< Of those shown, the ones they would leave out are marked.
    void tryFile(const QString &path);     ///< A picture or video from anywhere.
    void stop();                           ///< Ends the helper, until something is to be shown again.
    bool isBusy() const;
    const PreviewFaces &found() const { return m_found; }

    static QString timeText(double timeS); ///< "6:52.480"

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    void turnPage(int by);
    void open(int video);
    void showTitle();
    void askLater();
    void ask();
    void step(int by);
    void showAnswer(const QJsonObject &answer);
    void showProblem(const QString &message);
    void showCrops();
    void waitForAnswer(bool waits);

    std::vector<ImportedVideo> m_videos;
    int m_video = 0;
    std::optional<ImportedVideo> m_dropped; ///< Shown in the place of m_videos[m_video].
    QJsonObject m_settings;
    FaceGates m_gates;
    PreviewFaces m_found;
    double m_timeS = 0;
    int m_step = 0;
    bool m_isStale = false; ///< What is shown is not what is set.
    WarmHelper *m_helper = nullptr;
    QTimer *m_delay, *m_patience;

    QPushButton *m_former, *m_next, *m_frameBack, *m_frameForward;
    QLabel *m_place, *m_time;
    FixedLines *m_name;
    FoundFacesView *m_view;
    QListWidget *m_crops;
    QSlider *m_slider;
};

} // namespace mien
