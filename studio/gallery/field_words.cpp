#include "studio/gallery/field_words.h"

#include <QCoreApplication>

namespace mien {

namespace {

struct KnownField
{
    const char *name, *word;
};
constexpr KnownField knownFields[] = {
    {"suspicion", QT_TRANSLATE_NOOP("mien::FieldWords", "Suspicion")},
    {"quality.blur", QT_TRANSLATE_NOOP("mien::FieldWords", "Sharpness")},
    {"quality.exposure", QT_TRANSLATE_NOOP("mien::FieldWords", "Exposure")},
    {"quality.contrast", QT_TRANSLATE_NOOP("mien::FieldWords", "Contrast")},
    {"quality.size", QT_TRANSLATE_NOOP("mien::FieldWords", "Face size")},
    {"quality.detection", QT_TRANSLATE_NOOP("mien::FieldWords", "Detection")},
    {"quality.landmarks", QT_TRANSLATE_NOOP("mien::FieldWords", "Landmarks")},
    {"quality.occlusion", QT_TRANSLATE_NOOP("mien::FieldWords", "Occlusion")},
    {"quality.yaw", QT_TRANSLATE_NOOP("mien::FieldWords", "Yaw")},
    {"quality.pitch", QT_TRANSLATE_NOOP("mien::FieldWords", "Pitch")},
    {"quality.roll", QT_TRANSLATE_NOOP("mien::FieldWords", "Roll")},
    {"quality.label_confidence", QT_TRANSLATE_NOOP("mien::FieldWords", "Label confidence")},
    {"drowsiness.eye_opening", QT_TRANSLATE_NOOP("mien::FieldWords", "Eye opening")},
    {"drowsiness.median_opening", QT_TRANSLATE_NOOP("mien::FieldWords", "Eye opening around it")},
    {"drowsiness.mouth_opening", QT_TRANSLATE_NOOP("mien::FieldWords", "Mouth opening")},
    {"drowsiness.closed_s", QT_TRANSLATE_NOOP("mien::FieldWords", "Seconds with closed eyes")},
    {"drowsiness.perclos", QT_TRANSLATE_NOOP("mien::FieldWords", "PERCLOS")},
    {"drowsiness.blinks_per_minute", QT_TRANSLATE_NOOP("mien::FieldWords", "Blinks a minute")},
    {"attention.eyes", QT_TRANSLATE_NOOP("mien::FieldWords", "Attention on the eyes")},
    {"attention.brows", QT_TRANSLATE_NOOP("mien::FieldWords", "Attention on the brows")},
    {"attention.nose", QT_TRANSLATE_NOOP("mien::FieldWords", "Attention on the nose")},
    {"attention.mouth", QT_TRANSLATE_NOOP("mien::FieldWords", "Attention on the mouth")},
    {"attention.outside", QT_TRANSLATE_NOOP("mien::FieldWords", "Attention elsewhere")},
    {"width", QT_TRANSLATE_NOOP("mien::FieldWords", "Width in pixels")},
};

} // namespace

QString fieldWord(const QString &field)
{
    for (const KnownField &known : knownFields)
        if (field == QLatin1String(known.name))
            return QCoreApplication::translate("mien::FieldWords", known.word);
    return field;
}

QString fieldHelp(const QString &field)
{
    if (!field.startsWith(QLatin1String("attention.")))
        return field;
    return field + QStringLiteral(": ") +
           QCoreApplication::translate(
               "mien::FieldWords",
               "the share of the evidence for the predicted class that lies there. Parts of a face lie by its 68 "
               "landmarks where they are stored, else by its five, and where none are known where an aligned face has "
               "them.");
}

} // namespace mien
