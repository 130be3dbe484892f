#include "studio/common/preview_faces.h"

#include "studio/common/face_images.h"

#include <QJsonArray>

namespace mien {

namespace {

QImage imageOf(const QJsonValue &base64, int sidePx)
{
    const QByteArray jpeg = QByteArray::fromBase64(base64.toString().toLatin1());
    return imageOfJpeg(reinterpret_cast<const std::uint8_t *>(jpeg.constData()), std::size_t(jpeg.size()), sidePx);
}

QRectF boxOf(const QJsonArray &sides)
{
    return {sides.at(0).toDouble(), sides.at(1).toDouble(), sides.at(2).toDouble(), sides.at(3).toDouble()};
}

} // namespace

std::optional<double> PreviewFace::measure(const QString &name) const
{
    const auto found = measures.constFind(name);
    return found == measures.cend() ? std::nullopt : std::optional(*found);
}

PreviewFaces PreviewFaces::of(const QJsonObject &answer, int cropSidePx)
{
    PreviewFaces found;
    if (answer.contains("jpeg"))
        found.picture = imageOf(answer.value("jpeg"), 0);
    found.shown = {answer.value("w").toInt(), answer.value("h").toInt()};
    found.original = {answer.value("original_w").toInt(), answer.value("original_h").toInt()};
    found.turnedDeg = answer.value("turned").toInt();
    if (answer.contains("pts_s")) {
        found.timeS = answer.value("pts_s").toDouble();
        found.durationS = answer.value("duration_s").toDouble();
    }
    for (const QJsonValue &box : answer.value("boxes").toArray())
        found.boxes << boxOf(box.toArray());
    for (const QJsonValue &one : answer.value("faces").toArray()) {
        PreviewFace face{.box = boxOf(one["box"].toArray())};
        const QJsonArray points = one["landmarks"].toArray();
        for (qsizetype i = 0; i + 1 < points.size(); i += 2)
            face.landmarks << QPointF(points[i].toDouble(), points[i + 1].toDouble());
        const QJsonObject measures = one["measures"].toObject();
        for (auto measure = measures.begin(); measure != measures.end(); ++measure)
            face.measures.insert(measure.key(), measure->toDouble());
        face.crop = imageOf(one["crop"], cropSidePx);
        found.faces << face;
    }
    return found;
}

} // namespace mien
