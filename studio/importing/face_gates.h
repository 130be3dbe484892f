#pragma once

#include "studio/common/preview_faces.h"

#include <QList>
#include <QString>
#include <QStringList>

namespace mien {

/// A measure that the wizard offers a threshold of.
struct FaceMeasure
{
    const char *field;             ///< quality.blur
    const char *word;              ///< To be translated in the context FaceGates.
    const char *limit;             ///< Likewise, of the threshold: "Sharpness at least".
    bool isAtLeast;                ///< Else at most.
    bool isMagnitude;              ///< −30 counts as 30.
    double lowest, highest, usual; ///< Of the threshold.
    int decimals;
    const char *unit; ///< "", or with its space.
};

/// What thresholds leave out of an extraction. A face without the measure passes.
class FaceGates
{
    Q_GADGET

public:
    static const QList<FaceMeasure> &measures();
    static QString tr(const char *words);
    /// "41", "0.98", "12°"
    static QString text(const FaceMeasure &measure, double value);
    /// Of the face, as the threshold counts it; empty: not measured.
    static std::optional<double> valueOf(const FaceMeasure &measure, const PreviewFace &face);

    /// @param value  empty: no threshold
    void set(const FaceMeasure &measure, std::optional<double> value);
    std::optional<double> threshold(const FaceMeasure &measure) const;
    bool drops(const FaceMeasure &measure, const PreviewFace &face) const; ///< By the threshold of this one alone.
    bool drops(const PreviewFace &face) const;
    bool isEmpty() const { return m_thresholds.isEmpty(); }
    QStringList arguments() const; ///< Of `mien extract`.

private:
    QHash<QString, double> m_thresholds; ///< By field.
};

} // namespace mien
