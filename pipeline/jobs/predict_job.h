#pragma once

#include "models/worker/compute.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mien {

/// A network's opinion on pictures that are faces already: no detector looks first.
struct PredictRequest
{
    std::filesystem::path checkpoint; ///< One network, or
    std::filesystem::path runFolder;  ///< the mean of a run's fold networks.
    std::vector<std::filesystem::path> pictures;
    int batch = 128;
    std::string device = "auto";
};

struct FacePrediction
{
    std::filesystem::path source;
    double box[4] = {0, 0, 0, 0}; ///< x, y, width, height in pixels of the picture: the square that was judged.
    int label = 0;                ///< Index of the most probable class.
    std::vector<float> probabilities, logits;
};

struct Predictions
{
    std::vector<std::string> classes;
    std::vector<FacePrediction> faces;
    struct Unread
    {
        std::filesystem::path source;
        std::string reason;
    };
    std::vector<Unread> unread; ///< Pictures that could not be decoded.
};

/// Fails with NotFound, Unreadable or Invalid, naming the checkpoint; Cancelled.
Result<Predictions> predictFaces(Compute &compute, const PredictRequest &request, const EventSink &events,
                                 const Job &job);

} // namespace mien
