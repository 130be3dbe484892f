#pragma once

#include "pipeline/store/sample.h"
#include "studio/common/preview_faces.h"

#include <QImage>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

class QLabel;
class QToolButton;

namespace mien {

class StripPanel;

/// Where a face came from: the original picture with the face's box, or the rows around it in its table; below it what
/// plays its moment and finds the faces of a frame, what eyes and mouth do in its video, and the chain from crop to
/// file in words.
class SourcePanel : public QWidget
{
    Q_OBJECT

public:
    /// A row of the table a face came from.
    struct Row
    {
        qint64 number = 0;            ///< 0-based data row, as `list` prints it.
        QImage picture;               ///< Null when there is none.
        std::optional<ClassId> given; ///< Drawn as a chip; empty where blind review hides it.
        bool current = false;
    };

    explicit SourcePanel(QWidget *parent = nullptr);
    ~SourcePanel() override;

    void setPicture(const QImage &picture, std::optional<BoxPx> box); ///< The box in pixels of the picture.
    /// Every face that is found in the picture: those that an extraction would cut out with their points.
    void setFound(const PreviewFaces &found);
    int facesFound() const;               ///< In the picture that is shown; −1 where nobody looked for them.
    void setCaption(const QString &text); ///< Over the picture, until another one comes.
    QString caption() const;
    void setRows(std::vector<Row> rows);
    const std::vector<Row> &rows() const;
    /// Instead of a picture: that it is on its way, or why there is none.
    void setMessage(const QString &message);
    void setFacts(const QStringList &lines);
    /// Which buttons there are: to look for faces in an original, to play and to step in a video.
    enum class Kind { Nothing, Picture, Video };
    void setKind(Kind kind);
    void setPlaying(bool playing);
    void setDetecting(bool detects);
    StripPanel &strip() const { return *m_strip; } ///< Of the video, below the picture.
    /// Where the panel may grow in height, as in a scroll area: the picture is never lower, whatever stands below it.
    void setLeastPictureHeight(int px);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void playWanted(); ///< Or to stop.
    void stepWanted(int by);
    void detectionWanted(bool wanted);

private:
    class Canvas;

    QToolButton *makeButton(const char *name, const char *iconName, const QString &words);

    Canvas *m_canvas;
    QWidget *m_bar;
    QToolButton *m_play, *m_back, *m_forward, *m_detect;
    StripPanel *m_strip;
    QLabel *m_facts;
    bool m_keepsPicture = false;
};

} // namespace mien
