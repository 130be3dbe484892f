#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// What flags are made of, row-aligned: N samples, L classes. Votes and reviews have no field here, so they cannot
/// enter a score. Empty vectors are absent evidence.
struct FlagInputs
{
    std::string name;                 ///< Where it comes from; begins error messages.
    std::vector<std::string> classes; ///< [L] canonical ids; index = label
    std::vector<std::int64_t> sample; ///< [N] distinct
    std::vector<std::int64_t> label;  ///< [N] given class index; -1: without a label, only predicted
    std::vector<std::int64_t> fold;   ///< [N] -1: in no fold; empty: no folds known

    std::vector<double> probabilities;   ///< [N, L] rows sum to 1
    std::vector<float> inSample;         ///< [N, L] by the networks that trained on the sample
    std::vector<float> neighbours;       ///< [N, L] share of every class among the nearest training samples
    std::vector<float> eacInconsistency; ///< [N, L]
    std::vector<float> eacSpread;        ///< [N, L]
    std::vector<float> eacTrust;         ///< [N, L]
    std::vector<float> arbexFinal;       ///< [N, L]
    std::vector<float> arbexConfidence;  ///< [N]
    /// [N, regions] shares of attention (models/score/attention_regions.h), NaN where there are none. No part of any
    /// score.
    std::vector<float> attentionRegions;

    /// [N] 1: the probabilities come from a network that was trained on the sample. Allowed, but marked as such
    /// everywhere. Empty: nobody knows.
    std::vector<std::uint8_t> sawLabel;
    std::string run, modelHash, preprocessingHash;
    std::int64_t missing = 0; ///< Samples of the project that the file says nothing about.
    /// A row of the file that no sample answers to.
    struct UnknownRow
    {
        std::string key;
        std::int64_t line = 0;
    };
    std::vector<UnknownRow> unknown;
};

/// `runs/<id>/scores.safetensors`. Without `in_sample`, or with a single fold, there are no in-sample features. What
/// `held_out` calls 0 saw its label (without that tensor: all of a single fold). Rows of fold -1 get their
/// probabilities as in-sample ones. Fails with NotFound, Unreadable or Invalid, naming the file and the tensor.
Result<FlagInputs> readRunScores(const std::filesystem::path &path);

/// One sample of a project, as a researcher's table may name it.
struct SampleKey
{
    std::int64_t id = 0;
    std::string source;
    std::int64_t label = -1; ///< Index into the classes; -1: without a label.
};

/// A researcher's own probabilities: `.npy` [N, L], row i for samples[i], or CSV with a header, keyed by a column `id`
/// or `source` and one column a class (other columns are ignored). Rows are scaled to sum 1.
///
/// @param resolve  class index of a column's name, e.g. of an alias; -1: no class
/// @return only the samples that the file has; fails with Invalid, naming the file, and the row or column
Result<FlagInputs> readProbabilities(const std::filesystem::path &path, std::span<const SampleKey> samples,
                                     const std::vector<std::string> &classes,
                                     const std::function<int(const std::string &)> &resolve);

/// The same without a project: `.npy` [N, L] and labels `.npy` [N], whole numbers in [0, L). Classes are "0", "1", …
Result<FlagInputs> readProbabilitiesAndLabels(const std::filesystem::path &probabilities,
                                              const std::filesystem::path &labels);

/// Fills `inputs.neighbours` from features `.npy` [N, D]: shares of the labels of the 10 nearest others (Euclidean,
/// exact; above 20,000 samples among 20,000 drawn ones). Rows must be those of the probabilities `.npy`.
Result<> readNeighbours(const std::filesystem::path &features, FlagInputs &inputs, const Job &job);

/// Fails with Invalid and the reason in words when shapes, labels or values are not as described above.
Result<> checkFlagInputs(const FlagInputs &inputs);

} // namespace mien
