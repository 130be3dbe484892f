#pragma once

#include "pipeline/store/sample.h"

#include <QImage>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

class QLabel;

namespace mien {

class StripPanel;

/// Where the face under review came from: the original picture with the face's box, or the rows around it in its
/// table; below it what eyes and mouth do in its video, and the chain from crop to file in words.
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
    void setCaption(const QString &text);                             ///< Over the picture, until another one comes.
    QString caption() const;
    void setRows(std::vector<Row> rows);
    const std::vector<Row> &rows() const;
    /// Instead of a picture: that it is on its way, or why there is none.
    void setMessage(const QString &message);
    void setFacts(const QStringList &lines);
    StripPanel &strip() const { return *m_strip; } ///< Of the video, below the picture.

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

private:
    class Canvas;

    Canvas *m_canvas;
    StripPanel *m_strip;
    QLabel *m_facts;
};

} // namespace mien
