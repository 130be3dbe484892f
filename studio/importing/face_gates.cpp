#include "studio/importing/face_gates.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>

namespace mien {

const QList<FaceMeasure> &FaceGates::measures()
{
    static const QList<FaceMeasure> all = {
        {"quality.size", QT_TRANSLATE_NOOP("mien::FaceGates", "Face size"),
         QT_TRANSLATE_NOOP("mien::FaceGates", "Face size at least"), true, false, 8, 2000, 80, 0, " px"},
        {"quality.blur", QT_TRANSLATE_NOOP("mien::FaceGates", "Sharpness"),
         QT_TRANSLATE_NOOP("mien::FaceGates", "Sharpness at least"), true, false, 0, 10'000, 50, 0, ""},
        {"quality.exposure", QT_TRANSLATE_NOOP("mien::FaceGates", "Brightness"),
         QT_TRANSLATE_NOOP("mien::FaceGates", "Brightness at least"), true, false, 0, 255, 40, 0, ""},
        {"quality.detection", QT_TRANSLATE_NOOP("mien::FaceGates", "Detection"),
         QT_TRANSLATE_NOOP("mien::FaceGates", "Detection at least"), true, false, 0, 1, 0.95, 3, ""},
        {"quality.yaw", QT_TRANSLATE_NOOP("mien::FaceGates", "Turned aside"),
         QT_TRANSLATE_NOOP("mien::FaceGates", "Turned aside at most"), false, true, 0, 90, 30, 0, "°"},
    };
    return all;
}

QString FaceGates::tr(const char *words)
{
    return QCoreApplication::translate("mien::FaceGates", words);
}

QString FaceGates::text(const FaceMeasure &measure, double value)
{
    return QLocale().toString(value, 'f', measure.decimals) + QString::fromUtf8(measure.unit);
}

std::optional<double> FaceGates::valueOf(const FaceMeasure &measure, const PreviewFace &face)
{
    const auto value = face.measure(QLatin1String(measure.field));
    return value && measure.isMagnitude ? std::optional(std::abs(*value)) : value;
}

void FaceGates::set(const FaceMeasure &measure, std::optional<double> value)
{
    if (value)
        m_thresholds.insert(QLatin1String(measure.field), *value);
    else
        m_thresholds.remove(QLatin1String(measure.field));
}

std::optional<double> FaceGates::threshold(const FaceMeasure &measure) const
{
    const auto found = m_thresholds.constFind(QLatin1String(measure.field));
    return found == m_thresholds.cend() ? std::nullopt : std::optional(*found);
}

bool FaceGates::drops(const FaceMeasure &measure, const PreviewFace &face) const
{
    const auto limit = threshold(measure), value = valueOf(measure, face);
    return limit && value && (measure.isAtLeast ? *value < *limit : *value > *limit);
}

bool FaceGates::drops(const PreviewFace &face) const
{
    return std::any_of(measures().begin(), measures().end(),
                       [&](const FaceMeasure &measure) { return drops(measure, face); });
}

QStringList FaceGates::arguments() const
{
    QStringList arguments;
    for (const FaceMeasure &measure : measures()) {
        const auto limit = threshold(measure);
        if (!limit)
            continue;
        const QString field = QLatin1String(measure.field), number = QString::number(*limit, 'g', 12);
        arguments << QStringLiteral("--gate") << field + (measure.isAtLeast ? ">=" : "<=") + number;
        if (measure.isMagnitude)
            arguments << QStringLiteral("--gate") << field + ">=-" + number;
    }
    return arguments;
}

} // namespace mien
