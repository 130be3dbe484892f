#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/worker/compute.h"

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mien {

/// Where a map's features come from: a file, or one network of a run and a pack of faces.
struct FeatureSource
{
    std::filesystem::path features; ///< `.npy` [N, D]; or
    std::filesystem::path runFolder, pack;
    int fold = 0;
    std::filesystem::path labels; ///< With `features`: `.npy` [N], whole numbers; below 0: no label.
    std::filesystem::path keep;   ///< With `runFolder`: where the features are kept, see runFeatures().
};

/// The rows that a map is made of.
struct FeatureTable
{
    std::string name; ///< The file or run; begins error messages.
    std::string run;  ///< Empty: from a file.
    int dimensions = 0;
    std::vector<float> values;         ///< [N, dimensions]; of a run standardised, of a file scaled by a power of 2.
    std::vector<float> raw;            ///< The same as the network computed them; empty: as `values`.
    std::vector<std::int64_t> samples; ///< [N] ids; of a file row numbers from 0.
    std::vector<std::int64_t> labels;  ///< [N] class index or -1; empty: nobody told.
    std::vector<std::uint8_t> trained; ///< [N] 1: the network was trained on the sample; of a file empty.
    std::vector<std::string> classes;
    std::string modelHash, preprocessingHash;
    std::string hash; ///< Of values and samples.

    std::size_t count() const { return samples.size(); }
};

/// Fails with NotFound, Unreadable or Invalid, naming the file, and the row of a value that is no finite number; or as
/// runFeatures() does.
Result<FeatureTable> readFeatures(const FeatureSource &source, torch::Device device, const EventSink &events,
                                  const Job &job);

/// Invalid where all rows are the same.
Result<> checkFeatures(const FeatureTable &table);

/// The rows that have a label, in double, for the scores of `models.md` 9.
struct ClusterRows
{
    std::vector<double> points; ///< [rows, dimensions], as computed.
    std::vector<std::int64_t> labels;
    int classes = 0; ///< That occur.
};
ClusterRows labelledRows(const FeatureTable &table);

} // namespace mien
