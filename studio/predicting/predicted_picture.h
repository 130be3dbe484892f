#pragma once

#include <QJsonObject>
#include <QRectF>
#include <QString>

#include <optional>
#include <vector>

namespace mien {

/// A face in a picture from anywhere, as a network judges it.
struct PredictedFace
{
    struct Share
    {
        QString name; ///< Canonical name of the class.
        double probability = 0;
    };
    QRectF box;                ///< In pixels of the upright picture.
    std::vector<Share> shares; ///< Most probable first; never empty.
};

/// A picture, or a frame of a video, with the faces in it.
struct PredictedPicture
{
    QString source;              ///< As `mien predict` names it: the file, or FILE@SECONDS.
    QString file;                ///< The file alone.
    std::optional<double> timeS; ///< Of a frame.
    std::vector<PredictedFace> faces;
    QString problem; ///< Why there are no faces.
};

/// What `mien predict --json` said so far, picture by picture in its order.
class PredictedPictures
{
public:
    /// Takes a row or a warning; other lines change nothing. @return the picture it belongs to, or nothing
    std::optional<std::size_t> take(const QJsonObject &line);
    void clear() { m_pictures.clear(); }
    const std::vector<PredictedPicture> &all() const { return m_pictures; }

    /// One face a row: source, face, x, y, width, height, label, and a column of probabilities for each class.
    QByteArray csv() const;

private:
    std::size_t pictureOf(const QString &source);

    std::vector<PredictedPicture> m_pictures;
};

} // namespace mien
