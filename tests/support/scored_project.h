#pragma once

#include "tests/support/filled_project.h"

#include <string>

namespace mien::test {

/// filledProject() with a finished run "r1" and addFlagging().
Project scoredProject(const std::filesystem::path &folder, int samples);

/// A flagging by `run`: suspicion falls with the id (sample 1 is the most
/// suspicious), every 5th sample is flagged, the suggestion is the class after the given one, probabilities are
/// 0.6 for the suggestion and 0.3 for the given class, one reason in words.
void addFlagging(Project &project, const std::string &run);

/// Adds a finished run with predictions: right for every sample but each `wrongEvery`-th; returns its id.
std::string addFinishedRun(Project &project, int wrongEvery, double accuracy);

} // namespace mien::test
