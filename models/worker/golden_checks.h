#pragma once

#include "models/worker/fixture.h"

namespace mien {

/// One function a kind of golden fixture (`models.md`, appendix B): computes what the file holds and compares.
/// Sizes come from the tensors' shapes, options from the metadata, the rest from the specification's defaults.
/// They throw FixtureError or c10::Error.

void checkBasicBlock(Fixture &fixture);
void checkBottleneck(Fixture &fixture);
void checkResNet18(Fixture &fixture);
void checkResNet50(Fixture &fixture);

void checkVgg19(Fixture &fixture);
void checkEfficientNetV2(Fixture &fixture);
void checkResNet50V2(Fixture &fixture);
void checkInceptionV3(Fixture &fixture);
void checkNativeKeras(Fixture &fixture);
void checkNativeTorch(Fixture &fixture);

void checkSmallTransformer(Fixture &fixture);
void checkTransformerTrunk(Fixture &fixture);
void checkMaskedAutoencoder(Fixture &fixture);
void checkSineCosine(Fixture &fixture);
void checkQueryMask(Fixture &fixture);
void checkCrossAttentionBlock(Fixture &fixture);
void checkCrossVit(Fixture &fixture);
void checkLandmarkQuery(Fixture &fixture);
void checkAttentionRollout(Fixture &fixture);

void checkEacConsistency(Fixture &fixture);
void checkEacNetwork(Fixture &fixture);

void checkCrossAttentionHead(Fixture &fixture);
void checkDanFusion(Fixture &fixture);
void checkAffinityLoss(Fixture &fixture);
void checkPartitionLoss(Fixture &fixture);
void checkThesisLoss(Fixture &fixture);
void checkDanNetwork(Fixture &fixture);

void checkWindowCrossAttention(Fixture &fixture);
void checkPosterNetwork(Fixture &fixture);

void checkArbexConfidence(Fixture &fixture);
void checkArbexLosses(Fixture &fixture);
void checkReliabilityBalancing(Fixture &fixture);

void checkConfidentLearning(Fixture &fixture);
void checkMetrics(Fixture &fixture);
void checkImageResize(Fixture &fixture);
void checkClassAttention(Fixture &fixture);

void checkMtcnnNetworks(Fixture &fixture);
void checkMtcnnHelpers(Fixture &fixture);
void checkMtcnnPipeline(Fixture &fixture);

void checkSamAdam(Fixture &fixture);
void checkNadam(Fixture &fixture);

} // namespace mien
