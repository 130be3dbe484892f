#pragma once

#include "models/backbones/resnet.h"
#include "models/worker/fixture.h"

#include <string>

namespace mien {

/// The residual trunk whose weights a fixture holds under `prefix`; `numbered` as in ResNetLayout.
ResNetLayout residualLayout(const Fixture &fixture, const std::string &prefix = {}, bool numbered = false);

} // namespace mien
