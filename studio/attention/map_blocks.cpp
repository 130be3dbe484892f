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
            row.draws.push_back({draw.erased, draw.maps[index].view, draw.maps[index].mirrored});
    return row;
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
    MapBlock block{.run = run.id, .title = QStringLiteral("%1 · %2").arg(run.id, run.network), .message = {}, .rows = {}};
    const FaceMaps *known = maps.maps(face.row.id, kind);
    if (!known) {
        block.message = whyNothing(maps, run, face.row.id, kind);
        return block;
    }
    block.title += QStringLiteral(" · ") + mapKindWord(known->kind);
    const auto &first = known->draws.front().maps;
    const bool ofClasses = !maps.kinds() || maps.kinds()->ofClasses.contains(known->kind);
    const ExpressionClass *given = face.row.given ? session.classOf(*face.row.given) : nullptr;
    const QString givenName = given ? QString::fromStdString(given->name) : QString();
    if (first.front().ofPart || !ofClasses)
        block.title += QStringLiteral(" · ") + tr("predicted %1").arg(classWords(known->predicted, *known, session));
    for (std::size_t i = 0; i < first.size(); ++i) {
        MapRow row = rowOf(*known, i, erased);
        if (first[i].ofPart) {
            row.words = mapPartWord(row.name);
        } else if (!ofClasses) {
            row.words = tr("the same for every class");
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
