#include "studio/attention/face_maps.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonObject>
#include <QPainter>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("mien::FaceMaps", text);
}

struct Word
{
    const char *name, *word;
};
constexpr Word kindWords[] = {
    {"cam", QT_TRANSLATE_NOOP("mien::FaceMaps", "Class activation (CAM)")},
    {"gradcam", QT_TRANSLATE_NOOP("mien::FaceMaps", "Gradients (Grad-CAM)")},
    {"gradcam++", QT_TRANSLATE_NOOP("mien::FaceMaps", "Gradients (Grad-CAM++)")},
    {"rollout", QT_TRANSLATE_NOOP("mien::FaceMaps", "Attention rollout")},
    {"levels", QT_TRANSLATE_NOOP("mien::FaceMaps", "Attention rollout by level")},
    {"windows", QT_TRANSLATE_NOOP("mien::FaceMaps", "Windows by level")},
    {"window-heads", QT_TRANSLATE_NOOP("mien::FaceMaps", "Windows by head")},
    {"reconstruction", QT_TRANSLATE_NOOP("mien::FaceMaps", "Reconstruction of hidden patches")},
    {"heads", QT_TRANSLATE_NOOP("mien::FaceMaps", "Attention heads")},
    {"queries", QT_TRANSLATE_NOOP("mien::FaceMaps", "Landmark queries")},
};

std::vector<std::pair<QString, double>> sharesIn(const QJsonObject &object)
{
    std::vector<std::pair<QString, double>> shares;
    for (auto entry = object.begin(); entry != object.end(); ++entry)
        if (entry.value().isDouble()) // what is no number is sent as null
            shares.emplace_back(entry.key(), entry.value().toDouble());
    return shares;
}

std::vector<int> cellsIn(const QJsonArray &array, int cells)
{
    std::vector<int> known;
    for (const QJsonValue &value : array)
        if (const int cell = value.toInt(-1); cell >= 0 && cell < cells)
            known.push_back(cell);
    return known;
}

/// Rows of pixels, grey or red, green, blue. Null where their number does not fit.
QImage pictureIn(const QString &base64, int side, int channels)
{
    const QByteArray bytes = QByteArray::fromBase64(base64.toLatin1());
    if (side < 1 || (channels != 1 && channels != 3) || bytes.size() != qsizetype(channels) * side * side)
        return {};
    const auto *pixels = reinterpret_cast<const uchar *>(bytes.constData());
    const QImage picture(pixels, side, side, qsizetype(channels) * side,
                         channels == 1 ? QImage::Format_Grayscale8 : QImage::Format_RGB888);
    return picture.convertToFormat(QImage::Format_RGB32); // a copy of its own
}

std::optional<FaceMaps> drawingIn(const QJsonObject &answer, SampleId sample, QString &problem)
{
    const int side = answer.value("side").toInt(), channels = answer.value("channels").toInt();
    const int cells = answer.value("cells").toInt();
    const QJsonArray errors = answer.value("errors").toArray();
    FaceDrawing drawing;
    drawing.original = pictureIn(answer.value("original_u8").toString(), side, channels);
    drawing.drawn = pictureIn(answer.value("drawn_u8").toString(), side, channels);
    drawing.hidden = cellsIn(answer.value("hidden").toArray(), cells * cells);
    drawing.error = answer.value("error").toDouble();
    drawing.isNormalised = answer.value("normalised").toBool();
    drawing.run = answer.value("run").toString();
    if (drawing.original.isNull() || drawing.drawn.isNull() || cells < 1 || cells > side ||
        errors.size() != qsizetype(drawing.hidden.size())) {
        problem = tr("The reconstruction that arrived is not whole.");
        return std::nullopt;
    }
    if (std::any_of(errors.begin(), errors.end(), [](const QJsonValue &error) { return !error.isDouble(); })) {
        problem = tr("The network draws this face with values that are no numbers. Its weights are damaged or "
                     "its training went wrong; train it again.");
        return std::nullopt;
    }
    drawing.errors.widthCells = drawing.errors.heightCells = cells;
    drawing.errors.values.assign(std::size_t(cells) * std::size_t(cells), 0.f);
    drawing.masked = drawing.original;
    QPainter painter(&drawing.masked);
    const double patch = double(side) / cells;
    for (std::size_t i = 0; i < drawing.hidden.size(); ++i) {
        const int cell = drawing.hidden[i];
        drawing.errors.values[std::size_t(cell)] = float(errors[qsizetype(i)].toDouble());
        painter.fillRect(QRectF(cell % cells * patch, cell / cells * patch, patch, patch), QColor(128, 128, 128));
    }
    painter.end();
    FaceMaps face;
    face.sample = sample;
    face.kind = answer.value("kind").toString();
    face.draws.push_back({.erased = {}, .hidden = {}, .maps = {}, .drawing = std::move(drawing)});
    return face;
}

} // namespace

std::optional<FaceMaps> faceMapsIn(const QJsonObject &answer, SampleId sample, QString &problem)
{
    if (answer.value("kind").toString() == QLatin1String("reconstruction"))
        return drawingIn(answer, sample, problem);
    FaceMaps face;
    face.sample = sample;
    face.kind = answer.value("kind").toString();
    face.predicted = answer.value("predicted").toString();
    const QString from = answer.value("regions_from").toString();
    face.regionPoints = from == QLatin1String("68 points") ? 68 : from == QLatin1String("5 points") ? 5 : 0;
    face.probabilities = sharesIn(answer.value("probabilities").toObject());
    std::stable_sort(face.probabilities.begin(), face.probabilities.end(),
                     [](const auto &a, const auto &b) { return a.second > b.second; });
    MapDraw draw;
    const QJsonArray box = answer.value("erased").toArray();
    if (box.size() == 4)
        draw.erased = {box[0].toDouble(), box[1].toDouble(), box[2].toDouble(), box[3].toDouble()};
    draw.hidden = cellsIn(answer.value("hidden").toArray(), answer.value("w").toInt() * answer.value("h").toInt());
    for (const QJsonValue &value : answer.value("maps").toArray()) {
        const QJsonObject entry = value.toObject();
        const int width = entry.value("w").toInt(), height = entry.value("h").toInt();
        NamedMap map;
        map.ofPart = entry.contains("part");
        map.name = entry.value(map.ofPart ? QLatin1String("part") : QLatin1String("class")).toString();
        map.view = heatMapIn(entry.value("map_f32").toString(), width, height);
        map.mirrored = heatMapIn(entry.value("flip_f32").toString(), width, height);
        map.shares = sharesIn(entry.value("regions").toObject());
        if (map.view.isEmpty() || (map.mirrored.isEmpty() && entry.contains("flip_f32"))) {
            problem = tr("The attention map that arrived is not whole.");
            return std::nullopt;
        }
        if (!map.view.isFinite() || !map.mirrored.isFinite()) {
            problem = tr("The network's map of this face holds values that are no numbers. Its weights are damaged or "
                         "its training went wrong; train it again.");
            return std::nullopt;
        }
        const auto same = [&](const NamedMap &other) { return other.name == map.name && other.ofPart == map.ofPart; };
        if (std::none_of(draw.maps.begin(), draw.maps.end(), same)) // given and predicted may be one class
            draw.maps.push_back(std::move(map));
    }
    if (draw.maps.empty()) {
        problem = tr("The attention map that arrived is not whole.");
        return std::nullopt;
    }
    face.draws.push_back(std::move(draw));
    return face;
}

bool FaceMaps::isWhole() const
{
    const auto &maps = draws.front().maps; // of a drawing none
    return std::none_of(maps.begin(), maps.end(), [](const NamedMap &map) { return map.mirrored.isEmpty(); });
}

MapKinds mapKindsIn(const QJsonObject &answer)
{
    MapKinds known;
    const QJsonObject owners = answer.value("map_of").toObject();
    for (const QJsonValue &value : answer.value("kinds").toArray()) {
        const QString kind = value.toString();
        known.kinds << kind;
        if (owners.value(kind).toString() == QLatin1String("class"))
            known.ofClasses << kind;
    }
    return known;
}

QString mapKindWord(const QString &kind)
{
    for (const Word &known : kindWords)
        if (kind == QLatin1String(known.name))
            return tr(known.word);
    return kind;
}

QString mapPartWord(const QString &part)
{
    static const QRegularExpression numbered(QStringLiteral("([a-z])(\\d+)"));
    return QString(part).replace(QLatin1Char('_'), QLatin1Char(' ')).replace(numbered, QStringLiteral("\\1 \\2"));
}

ReliabilityFacts reliabilityIn(const QJsonObject &answer, SampleId sample)
{
    ReliabilityFacts facts;
    facts.sample = sample;
    facts.confidence = answer.value("confidence").toDouble();
    const QJsonObject raw = answer.value("primary").toObject(), anchor = answer.value("anchor").toObject();
    for (const auto &[name, share] : sharesIn(answer.value("balanced").toObject()))
        facts.rows.push_back({name, raw.value(name).toDouble(), anchor.value(name).toDouble(), share});
    std::stable_sort(facts.rows.begin(), facts.rows.end(),
                     [](const auto &a, const auto &b) { return a.balanced > b.balanced; });
    for (const QJsonValue &value : answer.value("anchors").toArray()) {
        const QJsonObject entry = value.toObject();
        ReliabilityFacts::Anchor near{entry.value("class").toString(),
                                      entry.value("index").toInt(),
                                      entry.value("distance").toDouble(),
                                      entry.value("similarity").toDouble(),
                                      {}};
        for (const QJsonValue &face : entry.value("faces").toArray())
            near.faces.push_back(SampleId{face.toInteger()});
        facts.anchors.push_back(std::move(near));
    }
    return facts;
}

} // namespace mien
