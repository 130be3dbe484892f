#pragma once

#include "models/io/training_pack.h"
#include "models/worker/compute.h"
#include "pipeline/pack/crop_landmarks.h"
#include "pipeline/pack/pack.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/snapshots.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mien {

/// The picture a network takes: square.
struct InputShape
{
    int sidePx = 0;
    int channels = 0;
};

/// Input of a network under these settings. Keys of `set` that are common to all networks belong to the training; any
/// other must be an option of the network. Invalid for an unknown network or option, or a bad value.
Result<InputShape> inputOf(Compute &compute, const std::string &network, const nlohmann::json &set, const Job &job);

/// How the pack of a run on `snapshot` is made: no larger than the pictures are. Equal inputs give the same pack.
/// @param space  label space, "" : all labels
Result<PackOptions> packOptionsFor(const Project &project, const std::string &snapshot, const InputShape &input,
                                   const std::string &space);

/// A pack of what a finished run knew and of what the project has gained since, as the run's networks take it.
/// @param known  the samples of the run's snapshot
Result<PackReport> packOfRunAndNew(const Project &project, const RunRow &run, const std::vector<SnapshotSample> &known,
                                   const Job &job);

/// Crops as the networks of one run take them, whether or not the run knew the sample.
class RunCrops
{
public:
    /// @param run  finished; its pack is made again when somebody deleted it
    static Result<RunCrops> open(const Project &project, const RunRow &run, const Job &job);
    RunCrops(RunCrops &&) noexcept;
    ~RunCrops();

    int sidePx() const;
    int channels() const;
    const std::vector<std::string> &classes() const; ///< Order of the network's outputs.

    struct Crop
    {
        std::vector<std::uint8_t> pixels; ///< channels * side * side bytes, planar.
        PointsInSquare points;            ///< In pixels of them; unknown where nobody told.
    };
    /// NotFound when the project has no such sample or its picture is gone.
    Result<Crop> crop(SampleId sample) const;

private:
    struct State;
    explicit RunCrops(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace mien
