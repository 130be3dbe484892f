#pragma once

#include "pipeline/store/ids.h"
#include "studio/attention/heat_map.h"

#include <QImage>
#include <QRectF>
#include <QString>
#include <QStringList>

#include <optional>
#include <utility>
#include <vector>

class QJsonObject;

namespace mien {

/// One map of a face and of its mirror image: of a class, or of a part of the network.
struct NamedMap
{
    QString name; ///< Canonical class, or the part: left_eye, head1.
    bool ofPart = false;
    HeatMap view;
    HeatMap mirrored; ///< As computed on the mirrored face, not turned back; empty until it is there.
    std::vector<std::pair<QString, double>> shares; ///< Of the regions, by name; empty without positive evidence.
};

/// A face of which some patches are hidden, as a masked auto-encoder draws it.
struct FaceDrawing
{
    QImage original, masked, drawn; ///< Of one size.
    HeatMap errors;                 ///< Of each patch that is hidden; 0 elsewhere.
    std::vector<int> hidden;        ///< Cells of `errors` that are.
    double error = 0;               ///< Their mean.
    bool isNormalised = true;       ///< An even patch scores 1.
    QString run;                    ///< Whose network drew it.
};

/// A face as it is (draw 0), or with a rectangle erased (`models.md` 2.7); of drawings one choice of patches.
struct MapDraw
{
    QRectF erased;                      ///< In units of the face's side; empty: nothing.
    std::vector<int> hidden;            ///< Cells of the maps that the network never looks at.
    std::vector<NamedMap> maps;         ///< Empty for a drawing.
    std::optional<FaceDrawing> drawing; ///< Instead of maps.
};

/// What a run's network looked at in one face.
struct FaceMaps
{
    SampleId sample;
    QString kind;      ///< cam, gradcam, …, reconstruction
    QString predicted; ///< Canonical; empty for a drawing.
    /// What the regions lie by: this many points of the face; 0: a template.
    int regionPoints = 0;
    std::vector<std::pair<QString, double>> probabilities; ///< By canonical class, the most probable first.
    std::vector<MapDraw> draws;                            ///< Draw 0 first; those that are there yet.

    bool isWhole() const; ///< The mirrored maps of draw 0 are there; until then the network speaks of the face alone.
};

/// One draw, from an answer (of maps, or a drawing) of `mien explain --serve` to a request with `classes`; of draw 0
/// with all that belongs to the face. Nothing, and why in `problem`, where the maps are not whole or hold what is no
/// number.
std::optional<FaceMaps> faceMapsIn(const QJsonObject &answer, SampleId sample, QString &problem);

/// What a network can show, from an answer to `"kind":"kinds"`.
struct MapKinds
{
    QStringList kinds;     ///< The one that suits the network best first; may be empty.
    QStringList ofClasses; ///< Of them those with one map a class; the others are the same for every class.
};
MapKinds mapKindsIn(const QJsonObject &answer);

/// A kind of map in words: "Class activation (CAM)"; its own name where there are none.
QString mapKindWord(const QString &kind);
/// A part of a network in words: "left eye" of left_eye, "level 2 head 1" of level2_head1.
QString mapPartWord(const QString &part);

/// What reliability balancing says, from an answer to `"kind":"reliability"`. Shares are by canonical class.
struct ReliabilityFacts
{
    struct Anchor
    {
        QString className;
        int index = 0; ///< Within its class, from 0.
        double distance = 0;
        double similarity = 0;       ///< s_ij by that of the nearest anchor, which has 1.
        std::vector<SampleId> faces; ///< Nearest to the anchor first.
    };
    struct Row
    {
        QString className;
        double raw = 0, anchor = 0, balanced = 0;
    };
    SampleId sample;
    std::vector<Row> rows; ///< The most probable after balancing first.
    double confidence = 0;
    std::vector<Anchor> anchors; ///< Nearest first.
};
ReliabilityFacts reliabilityIn(const QJsonObject &answer, SampleId sample);

} // namespace mien
