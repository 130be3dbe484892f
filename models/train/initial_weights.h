#pragma once

#include "models/base/result.h"
#include "models/train/train_config.h"

namespace mien {

/// Sets what the weights that a training starts from ask of its network, where nobody chose it (`models.md` D32):
/// ResNet50V2 reads pixels from -1 to 1 for the published ImageNet weights of Keras, and as it did in the run whose
/// weights they are. A run that was begun before goes on as it began, also when the file is gone.
///
/// Fails with NotFound, Unreadable or Invalid where the file of a new run cannot be read.
Result<> followInitialWeights(TrainConfig &config);

} // namespace mien
