#include "studio/attention/map_blocks.h"

#include "studio/attention/run_maps.h"
#include "studio/common/project_session.h"
#include "studio/review/face_loader.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace mien {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("mien::MapBlocks", text);
}

QString percent(double share)
{
    return QLocale().toString(100 * share, 'f', 0) + QStringLiteral(" %");
}

/// "Happiness 12 %"
QString classWords(const QString &canonical, const FaceMaps &maps, const ProjectSession &session)
{
    const ExpressionClass *known = session.classNamed(canonical);
    const QString word = known ? QString::fromStdString(known->display) : canonical;
    const auto share = std::find_if(maps.probabilities.begin(), maps.probabilities.end(),
                                    [&](const auto &entry) { return entry.first == canonical; });
    return share == maps.probabilities.end() ? word : word + QLatin1Char(' ') + percent(share->second);
}

/// Draws 0 to `erased` of the map at `index`.
MapRow rowOf(const FaceMaps &maps, std::size_t index, int erased)
{
    MapRow row;
    row.name = maps.draws.front().maps[index].name;
    for (const MapDraw &draw : maps.draws)
        if (int(row.draws.size()) <= erased && index < draw.maps.size() && draw.maps[index].name == row.name)
            row.draws.push_back({draw.erased, draw.maps[index].view, draw.maps[index].mirrored, draw.hidden});
    return row;
}

/// A row for each choice of hidden patches that is there yet; with `erased` of 0 the first alone.
std::vector<MapRow> drawingRows(const FaceMaps &maps, int erased)
{
    std::vector<MapRow> rows;
    for (const MapDraw &draw : maps.draws) {
        if (!draw.drawing || (erased == 0 && !rows.empty()))
            break;
        MapRow row;
        row.name = QStringLiteral("mask%1").arg(rows.size() + 1);
        row.words = tr("%1 of %2 patches hidden · error %3")
                        .arg(draw.drawing->hidden.size())
                        .arg(draw.drawing->errors.values.size())
                        .arg(QLocale().toString(draw.drawing->error, 'f', 2));
        row.drawing = draw.drawing;
        rows.push_back(std::move(row));
    }
    return rows;
}

/// Shares of windows of any number of cells on one scale: 1 is what every cell has where all have the same.
bool isOfWindows(const QString &kind)
{
    return kind == QLatin1String("windows") || kind == QLatin1String("window-heads");
}

QString whyNothing(const RunMaps &maps, const RunChooser::Entry &run, SampleId sample, const QString &kind)
{
    if (!maps.problem().isEmpty())
        return tr("%1 F5 tries again.").arg(maps.problem());
    if (maps.kinds() && maps.kinds()->kinds.isEmpty())
        return tr("The network of %1 (%2) shows no attention: it has no class maps, no map of features that gradients "
                  "could weigh, and no attention of its own. Neighbours and reliability are shown all the same; choose "
                  "another run for maps.")
            .arg(run.id, run.network);
    if (maps.kinds() && kind != QLatin1String("attention") && !maps.kinds()->kinds.contains(kind)) {
        QStringList offered;
        for (const QString &name : maps.kinds()->kinds)
            offered << mapKindWord(name);
        return tr("The network of %1 (%2) has no such maps. It has: %3.")
            .arg(run.id, run.network, offered.join(QStringLiteral(", ")));
    }
    if (const QString refusal = maps.refusal(sample, kind); !refusal.isEmpty())
        return tr("No maps of this face: %1").arg(refusal);
    return tr("Looking …");
}

} // namespace

MapBlock blockOf(const ReviewFace &face, const RunMaps &maps, const RunChooser::Entry &run, const QString &kind,
                 int erased, const ProjectSession &session)
{
    MapBlock block{.run = run.id,
                   .title = QStringLiteral("%1 · %2").arg(run.id, run.network),
                   .message = {},
                   .unit = {},
                   .rows = {}};
    const FaceMaps *known = maps.maps(face.row.id, kind);
    if (!known) {
        block.message = whyNothing(maps, run, face.row.id, kind);
        return block;
    }
    block.title += QStringLiteral(" · ") + mapKindWord(known->kind);
    if (const auto &drawing = known->draws.front().drawing) {
        if (drawing->run != run.id)
            block.title += QStringLiteral(" · ") + tr("drawn by %1, from which it started").arg(drawing->run);
        block.rows = drawingRows(*known, erased);
        return block;
    }
    const auto &first = known->draws.front().maps;
    const bool ofClasses = !maps.kinds() || maps.kinds()->ofClasses.contains(known->kind);
    const ExpressionClass *given = face.row.given ? session.classOf(*face.row.given) : nullptr;
    const QString givenName = given ? QString::fromStdString(given->name) : QString();
    block.unit = ofClasses && !first.front().ofPart ? tr("evidence for the class")
                 : isOfWindows(known->kind)         ? tr("attention; an even share is 1")
                                                    : tr("attention");
    if (first.front().ofPart || !ofClasses)
        block.title += QStringLiteral(" · ") + tr("predicted %1").arg(classWords(known->predicted, *known, session));
    for (std::size_t i = 0; i < first.size(); ++i) {
        MapRow row = rowOf(*known, i, erased);
        if (first[i].ofPart) {
            row.words = mapPartWord(row.name);
            if (isOfWindows(known->kind)) {
                const HeatMap &map = row.draws.front().view;
                row.factor = float(map.values.size());
                row.words += QStringLiteral(" · ") + tr("%1 × %2 cells").arg(map.widthCells).arg(map.heightCells);
            }
        } else if (!ofClasses) {
            row.words = row.draws.front().hidden.empty() ? tr("the same for every class")
                                                         : tr("the same for every class · grey: never looked at");
        } else {
            const ExpressionClass *shown = session.classNamed(row.name);
            row.cls = shown ? std::optional(shown->id) : std::nullopt;
            const QString words = classWords(row.name, *known, session);
            const bool isGiven = row.name == givenName, isPredicted = row.name == known->predicted;
            row.words = isGiven && isPredicted ? tr("given and predicted %1").arg(words)
                        : isGiven              ? tr("given %1").arg(words)
                        : isPredicted          ? tr("predicted %1").arg(words)
                                               : words;
        }
        block.rows.push_back(std::move(row));
        if (!ofClasses && !first[i].ofPart)
            break;
    }
    return block;
}

} // namespace mien
