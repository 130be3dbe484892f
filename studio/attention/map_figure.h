#pragma once

#include "models/base/result.h"
#include "studio/attention/map_sheet.h"

#include <QString>
#include <QStringList>

namespace mien {

/// A sheet as a figure for a paper: what it shows of which face above, the maps with their scales below, on white.
struct MapFigure
{
    QString title;     ///< "Sample 412 · train/angry/im0.png"
    QStringList facts; ///< One a line: labels, runs, kind of map.
    MapSheet sheet;
};

/// Writes a figure (`.png`, `.svg`) or the maps themselves (`.npy`, by writeMaps()); beside the target and then
/// renamed. Fails with Invalid for another ending, Unreadable or NoSpace where it cannot be written; the sentence names
/// the file.
/// @return what was written
Result<QStringList> writeFigure(const MapFigure &figure, const QString &path);

/// Each row as float32 [draws, 2, h, w]: draw (0: nothing erased), view and mirrored view, which is not turned back;
/// raw values, of either sign. Of a drawing: original, masked and drawn face as float32 [3, side, side, 3], 0 to 1, and
/// beside it `….error.npy`, float32 [cells, cells], NaN where nothing was hidden. One row is `path` itself, of several
/// each has its own `NAME.RUN.ROW.npy`.
Result<QStringList> writeMaps(const MapSheet &sheet, const QString &path);

} // namespace mien
