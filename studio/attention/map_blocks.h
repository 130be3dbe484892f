#pragma once

#include "studio/attention/map_sheet.h"
#include "studio/attention/run_chooser.h"

namespace mien {

class ProjectSession;
class RunMaps;
struct ReviewFace;

/// What a sheet shows of one run and one face: a row for the given and one for the predicted class, or one row for
/// both; of kinds that are no class's one row for each part, or a single one. Without maps the block says why.
/// @param kind    as asked of `maps`: a name, or "attention"
/// @param erased  draws that the rows may hold
MapBlock blockOf(const ReviewFace &face, const RunMaps &maps, const RunChooser::Entry &run, const QString &kind,
                 int erased, const ProjectSession &session);

} // namespace mien
