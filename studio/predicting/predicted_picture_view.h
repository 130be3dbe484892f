#pragma once

#include "studio/predicting/predicted_picture.h"

#include <QColor>
#include <QImage>
#include <QSize>
#include <QWidget>

#include <vector>

namespace mien {

/// A picture with a box around each face that says what a network takes it for. A click or the arrow keys choose one.
class PredictedPictureView : public QWidget
{
    Q_OBJECT

public:
    struct Face
    {
        QRectF box; ///< In pixels of the original.
        QString words;
        QColor color;
    };

    explicit PredictedPictureView(QWidget *parent = nullptr);

    /// @param original  size of the upright picture; what is shown may be smaller
    void setPicture(const QImage &picture, QSize original);
    void setFaces(std::vector<Face> faces);  ///< Chooses the first.
    void setMessage(const QString &message); ///< In the place of a picture.
    void choose(int face);
    int chosen() const { return m_chosen; } ///< −1: none.

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosenChanged(int face);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QRectF place() const; ///< Where the picture is drawn.
    QRectF placed(const Face &face) const;
    void describe();

    QImage m_picture;
    QSize m_original;
    QString m_message;
    std::vector<Face> m_faces;
    int m_chosen = -1;
};

} // namespace mien
