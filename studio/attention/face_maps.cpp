#include "studio/attention/face_maps.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonObject>
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

} // namespace

std::optional<FaceMaps> faceMapsIn(const QJsonObject &answer, SampleId sample, QString &problem)
{
    FaceMaps face;
    face.sample = sample;
    face.kind = answer.value("kind").toString();
    face.predicted = answer.value("predicted").toString();
    face.byLandmarks = answer.value("regions_from").toString() == QLatin1String("landmarks");
    face.probabilities = sharesIn(answer.value("probabilities").toObject());
    std::stable_sort(face.probabilities.begin(), face.probabilities.end(),
                     [](const auto &a, const auto &b) { return a.second > b.second; });
    MapDraw draw;
    const QJsonArray box = answer.value("erased").toArray();
    if (box.size() == 4)
        draw.erased = {box[0].toDouble(), box[1].toDouble(), box[2].toDouble(), box[3].toDouble()};
    const int width = answer.value("w").toInt(), height = answer.value("h").toInt();
    for (const QJsonValue &value : answer.value("maps").toArray()) {
        const QJsonObject entry = value.toObject();
        NamedMap map;
        map.ofPart = entry.contains("part");
        map.name = entry.value(map.ofPart ? QLatin1String("part") : QLatin1String("class")).toString();
        map.view = heatMapIn(entry.value("map_f32").toString(), width, height);
        map.mirrored = heatMapIn(entry.value("flip_f32").toString(), width, height);
        map.shares = sharesIn(entry.value("regions").toObject());
        if (map.view.isEmpty() || map.mirrored.isEmpty()) {
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
    static const QRegularExpression numbered(QStringLiteral("^(\\D+)(\\d+)$"));
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
        ReliabilityFacts::Anchor near{
            entry.value("class").toString(), entry.value("index").toInt(), entry.value("distance").toDouble(), {}};
        for (const QJsonValue &face : entry.value("faces").toArray())
            near.faces.push_back(SampleId{face.toInteger()});
        facts.anchors.push_back(std::move(near));
    }
    return facts;
}

} // namespace mien
