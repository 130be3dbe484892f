#pragma once

#include "pipeline/store/sample.h"

#include <functional>
#include <string>

namespace mien {

/// Called with a reason and a detail for what is wrong about an item that is kept.
using ItemProblem = std::function<void(std::string reason, std::string detail)>;

/// A label that a program gave.
void markAutomatic(NewSample &sample);

/// Flags a file whose name on disk is not UTF-8, or is not quite what the data set calls it (CASE_FOLDED, …).
/// @param onDisk  below the root, raw bytes
/// @param reason  of MediaFinder, "" = found under its very name
void noteName(const std::string &onDisk, const std::string &reason, NewSample &sample, const ItemProblem &problem);

} // namespace mien
