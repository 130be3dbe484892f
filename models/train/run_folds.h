#pragma once

#include "models/base/result.h"
#include "models/io/training_pack.h"
#include "models/train/train_config.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mien {

/// Which network of a run saw which sample. Kept as `folds.safetensors` in the run's folder: every later score
/// of the run needs it, whatever has happened to the project since.
struct RunFolds
{
    int folds = 1;
    std::vector<std::int64_t> samples;    ///< Ids, in order of the run's pack.
    std::vector<std::int64_t> labels;     ///< As trained; -1: none.
    std::vector<std::int64_t> fold;       ///< Of each sample; -1: no network of the run was trained on it.
    std::vector<std::uint8_t> validation; ///< folds * samples: 1 where that fold's network kept it for validation.

    /// Rows that fold k's network was trained on.
    std::vector<std::int64_t> trainedRows(int k) const;
    /// Rows that are fold k's to judge: held out, or with one fold the validation slice.
    std::vector<std::int64_t> heldOutRows(int k) const;
    std::vector<std::int64_t> validationRows(int k) const;
    std::vector<std::int64_t> outsideRows() const; ///< Not in the run.
    bool trainedOn(int k, std::size_t row) const;

    std::string hash() const;
    Result<> write(const std::filesystem::path &path) const;
    static Result<RunFolds> read(const std::filesystem::path &path);
};

/// Chooses what is trained on and deals it into folds, with group-aware validation slices out of the training parts.
/// Fails with Invalid when nothing is labelled, or a class or group count does not allow it.
Result<RunFolds> dealRun(const TrainConfig &config, const TrainingPack &pack);

} // namespace mien
