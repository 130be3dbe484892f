#pragma once

#include "pipeline/import/item_notes.h"
#include "pipeline/import/item_sink.h"

#include <optional>
#include <string_view>
#include <vector>

namespace mien {

/// AffectNet's code: 0–7 is a class; 8 none of these, 9 uncertain, 10 not a face (LABEL_EXCLUDED); else unmapped.
void takeAffectNetCode(long long code, Item &item, const ItemProblem &problem);

/// Valence or arousal: -2 means absent, beyond -1…1 it is left out (VA_OUT_OF_RANGE).
void takeAffect(double value, std::string_view name, std::optional<double> &target, const ItemProblem &problem);

/// 68 points as x0, y0, x1, y1, …; any other count is left out (BAD_LANDMARKS).
void takeAffectNetLandmarks(std::vector<double> values, NewSample &sample, const ItemProblem &problem);

} // namespace mien
