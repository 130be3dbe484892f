#pragma once

#include "models/base/result.h"
#include "models/train/augment.h"
#include "models/train/epoch_order.h"
#include "models/train/schedule.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mien {

/// One choice of precision: what the forward and backward pass compute in.
enum class Precision { Auto, Fp32, Bf16 };

/// What a sample of a class counts in the cross entropy (`models.md` 0.6, 6.5).
enum class ClassWeights {
    None,
    Balanced, ///< (N / L) / n_c, divided by the sum of the weights of the batch, as torch does.
    Keras     ///< N / n_c, divided by the number of samples.
};

/// What the cross entropy learns.
enum class Targets {
    Label,
    Votes ///< The distribution of the annotators' votes where there are some (vote_targets.h).
};

/// How pictures are varied where `--set` says so; what it leaves open is the recipe's. Units and ranges as in
/// AugmentRecipe.
struct AugmentChoice
{
    std::optional<double> mirror, rotation, translation, zoom, shear, noise, noiseVariance, moved;
    std::optional<int> cropPadding;
    std::optional<double> windowSmallest, windowLargest, windowAspect;
    std::optional<double> brightness, contrast, saturation, hue;
};

/// More of rare classes (`models.md` 6.5): an epoch trains each face of a class so many times more, varied anew.
/// Copies are made as faces are trained, so none is ever among those that a network is judged by.
struct MinorityAugment
{
    std::map<std::string, int> copies; ///< By name of the class.
    bool anyWayUp = false; ///< Copies are turned by quarters, too, as in the slides; else faces stay upright.
};

/// A `--set` key common to all networks.
struct TrainKey
{
    std::string name;  ///< "epochs"
    std::string takes; ///< "a whole number of 1 to 100000"
    std::string help;  ///< trainKeyHelp()
};

/// Everything that decides what a run does; see models/worker/verbs.md for its JSON form.
struct TrainConfig
{
    std::filesystem::path pack; ///< Folder of the training pack.
    std::filesystem::path out;  ///< Folder of the run.
    std::string run;            ///< Name in events.
    std::string network = "eac-compact";
    nlohmann::json networkOptions = nlohmann::json::object();
    std::string recipe = "quick";
    std::string select = "auto"; ///< Trained on: `train` (split), `all` (labelled), `auto` (train if there are splits).
    std::filesystem::path assignment; ///< predictions.safetensors of another run whose folds are used again.
    std::filesystem::path modeOf;     ///< config.json of a run whose precision, memory format and threads are used.
    std::filesystem::path initial;    ///< Weights to start from; names that meet are copied.
    bool initialStrict = false;       ///< Every weight of the network, and no other, must be among them.
    std::string device = "auto";
    std::uint64_t seed = 0;
    int folds = 1;
    int allowedLeaks = 0; ///< Between the splits, that somebody allowed: kept with the run, decides nothing.

    int epochs = 14;
    int batch = 128;
    int size = 0; ///< Input side; 0: the network's for this pack.
    std::string optimizer = "adamw";
    double momentum = 0.9;
    double beta2 = 0.999; ///< adam, nadam, adamw: decay of the mean of squares.
    double eps = 1e-8;    ///< The same: added to the root of that mean; Keras uses 1e-7.
    double weightDecay = 0.05;
    double clip = 0;      ///< Largest gradient norm; 0: no limit.
    double clipValue = 0; ///< Largest part of a gradient; 0: no limit.
    double sam = 0;       ///< Radius rho of sharpness-aware minimisation around the optimiser; 0: without.
    double labelSmoothing = 0;
    Targets targets = Targets::Label;
    Sampler sampler = Sampler::Uniform;
    ClassWeights classWeights = ClassWeights::None;
    MinorityAugment minority;
    double epochShare = 1; ///< Of the samples that the sampler gives, drawn anew for each epoch.
    int accumulate = 1;    ///< Batches whose gradients make one update.
    double ema = 0;        ///< Decay of an exponential moving average of the weights, which is what is kept; 0: none.
    double layerDecay = 1; ///< Learning rate of a layer (Network::layers()) by that of the layer after it.
    int freeze = 0;        ///< Epochs at the beginning in which only the last layer, the head, is trained.
    bool keepBest = false; ///< The network of the epoch that was best on the validation slice counts, not the last.
    int earlyStop = 0;     ///< Ends after so many epochs in a row without a better one there; 0: never.
    bool bestByAccuracy = false;     ///< What is best there: the greatest accuracy, else the least loss.
    std::string augment = "default"; ///< default, flip (no more than mirroring) or none, whatever else is set.
    AugmentChoice augmentChoice;
    std::optional<double> validation; ///< Share of the training part; empty: 0.1 without folds, else 0.
    Precision precision = Precision::Auto;
    Schedule schedule;

    double lambda = 0.5;   ///< Weight of the attention consistency; 0: plain training, one view a sample.
    double lambdaFrom = 0; ///< Epoch at which it begins to rise from 0; before it, one view a sample suffices.
    double lambdaRamp = 7; ///< Epochs over which it rises.
    SecondView pair = SecondView::Independent;
    bool classifyBoth = false; ///< The mirrored view is classified as well; published: the first one alone.
    Erasing erasing;

    std::vector<std::string> chosenKeys; ///< Keys of `--set` that were given; the rest came from the recipe.

    double lambdaAt(std::int64_t step, std::int64_t stepsPerEpoch) const;
    AugmentRecipe augmentRecipe() const;
    AugmentRecipe copyRecipe() const; ///< How the copies of `minority` are varied, whatever `augment` says.
    double validationShare() const { return validation.value_or(folds > 1 && !watchesValidation() ? 0.0 : 0.1); }
    bool watchesValidation() const { return keepBest || earlyStop > 0; }

    /// False: pre-training alone (`pretrain` of 1, `models.md` 5.1), after which the network judges nothing.
    bool learnsLabels() const;

    bool isChosen(const std::string &key) const; ///< Given by `--set`.

    /// Recipe `quick`: the attention consistency begins after half of the epochs and rises over a quarter, unless set.
    void fitConsistencyToEpochs();

    /// Fits what the recipe `quick` leaves open to the number of samples a network trains on: below 4,000 the batches
    /// are smaller and the epochs more, or the few steps of an epoch would end before anything is learnt, the compact
    /// network has one block a stage, and the attention consistency weighs less. Keys that were set stay as they are.
    void fitToSize(std::int64_t samples);

    nlohmann::json toJson() const; ///< Complete: fromJson() of it gives the same configuration.

    /// Every setting by its key, also those that the recipe leaves as they are: what a training would do.
    nlohmann::json allSettings() const;

    /// The part of toJson() that decides the weights; equal texts mean that one run may continue the other.
    std::string identity() const;

    /// Reads a configuration of the verb `train`; unknown keys and bad values fail with Invalid, naming what is
    /// possible.
    static Result<TrainConfig> fromJson(const nlohmann::json &json);

    static std::vector<std::string> keys(); ///< Names of the `--set` keys common to all networks.
    static std::vector<TrainKey> describedKeys();
};

} // namespace mien
