#include "studio/predicting/predicted_picture.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QMap>

#include <algorithm>

namespace mien {

namespace {

QString quoted(QString text)
{
    if (text.contains(QLatin1Char('"')) || text.contains(QLatin1Char(',')) || text.contains(QLatin1Char('\n')))
        text = QLatin1Char('"') + text.replace(QLatin1Char('"'), QStringLiteral("\"\"")) + QLatin1Char('"');
    return text;
}

} // namespace

std::size_t PredictedPictures::pictureOf(const QString &source)
{
    const auto found = std::find_if(m_pictures.begin(), m_pictures.end(),
                                    [&](const PredictedPicture &picture) { return picture.source == source; });
    if (found != m_pictures.end())
        return std::size_t(found - m_pictures.begin());
    PredictedPicture picture{.source = source, .file = source, .timeS = {}, .faces = {}, .problem = {}};
    const qsizetype at = source.lastIndexOf(QLatin1Char('@'));
    bool isTime = false;
    const double timeS = at > 0 ? source.mid(at + 1).toDouble(&isTime) : 0;
    if (isTime && !QFileInfo::exists(source)) { // a picture may be called so
        picture.file = source.left(at);
        picture.timeS = timeS;
    }
    m_pictures.push_back(std::move(picture));
    return m_pictures.size() - 1;
}

std::optional<std::size_t> PredictedPictures::take(const QJsonObject &line)
{
    if (line.value("event").toString() == QLatin1String("warning") && line.contains("path")) {
        const std::size_t index = pictureOf(line.value("path").toString());
        m_pictures[index].problem = line.value("message").toString();
        return index;
    }
    const QJsonArray box = line.value("box").toArray();
    const QJsonObject probabilities = line.value("probabilities").toObject();
    if (!line.contains("source") || box.size() != 4 || probabilities.isEmpty())
        return std::nullopt;
    PredictedFace face{.box = {box[0].toDouble(), box[1].toDouble(), box[2].toDouble(), box[3].toDouble()},
                       .shares = {}};
    for (auto share = probabilities.begin(); share != probabilities.end(); ++share)
        face.shares.push_back({share.key(), share->toDouble()});
    std::stable_sort(
        face.shares.begin(), face.shares.end(),
        [](const PredictedFace::Share &a, const PredictedFace::Share &b) { return a.probability > b.probability; });
    const std::size_t index = pictureOf(line.value("source").toString());
    m_pictures[index].faces.push_back(std::move(face));
    return index;
}

QByteArray PredictedPictures::csv() const
{
    QStringList classes; // every face has the same ones
    for (const PredictedPicture &picture : m_pictures)
        if (!picture.faces.empty()) {
            for (const PredictedFace::Share &share : picture.faces.front().shares)
                classes << share.name;
            break;
        }
    classes.sort();
    QStringList head{QStringLiteral("source"), QStringLiteral("face"),   QStringLiteral("x"),    QStringLiteral("y"),
                     QStringLiteral("width"),  QStringLiteral("height"), QStringLiteral("label")};
    for (const QString &name : classes)
        head << quoted(name);
    QByteArray text = head.join(QLatin1Char(',')).toUtf8() + '\n';
    for (const PredictedPicture &picture : m_pictures) {
        int number = 0;
        for (const PredictedFace &face : picture.faces) {
            QMap<QString, double> byName;
            for (const PredictedFace::Share &share : face.shares)
                byName[share.name] = share.probability;
            QStringList row{quoted(picture.source),
                            QString::number(number++),
                            QString::number(face.box.x(), 'f', 1),
                            QString::number(face.box.y(), 'f', 1),
                            QString::number(face.box.width(), 'f', 1),
                            QString::number(face.box.height(), 'f', 1),
                            quoted(face.shares.front().name)};
            for (const QString &name : classes)
                row << QString::number(byName.value(name), 'f', 6);
            text += row.join(QLatin1Char(',')).toUtf8() + '\n';
        }
    }
    return text;
}

} // namespace mien
