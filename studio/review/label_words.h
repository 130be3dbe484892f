#pragma once

#include "pipeline/store/sample.h"

#include <QString>

#include <optional>

namespace mien {

class ProjectSession;

/// A label in words: the class, or why there is none ("no label", "not a face", "unsure").
QString labelWord(const ProjectSession &session, std::optional<ClassId> label, LabelState state);

} // namespace mien
