#pragma once

#include <QHash>
#include <QImage>
#include <QJsonObject>
#include <QList>
#include <QPointF>
#include <QRectF>
#include <QString>

#include <optional>

namespace mien {

/// A face that an extraction would cut out of a picture or frame.
struct PreviewFace
{
    QRectF box;                      ///< In pixels of the picture that is shown.
    QList<QPointF> landmarks;        ///< Likewise; five, or 68.
    QHash<QString, double> measures; ///< By name: quality.blur, …
    QImage crop;

    std::optional<double> measure(const QString &name) const; ///< Empty: it was not measured.
};

/// What `mien frames --serve` answers about a file of which faces were wanted.
struct PreviewFaces
{
    QImage picture;                         ///< As it is turned; null where no pixels were wanted.
    QSize shown, original;                  ///< Sides of the picture, and what they were before it was made smaller.
    QList<QRectF> boxes;                    ///< Of all faces, in pixels of the picture that is shown.
    QList<PreviewFace> faces;               ///< Those that would be cut out.
    int turnedDeg = 0;                      ///< Clockwise, on top of what the file says.
    std::optional<double> timeS, durationS; ///< Of a video.

    /// @param cropSidePx  crops are decoded no smaller than this
    static PreviewFaces of(const QJsonObject &answer, int cropSidePx);
};

} // namespace mien
