#pragma once

#include "models/worker/compute.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mien {

/// A network's opinion on faces in pictures and in frames of videos.
struct PredictRequest
{
    enum class Detector {
        None,   ///< Each picture is one face: its largest square in the middle is judged.
        Mtcnn,  ///< Every face that is found is cut out with level eyes (levelSquare()).
        DlibHog ///< The same, found by dlib's HOG.
    };
    std::filesystem::path checkpoint;            ///< One network, or
    std::filesystem::path runFolder;             ///< the mean of a run's fold networks.
    std::vector<std::filesystem::path> pictures; ///< Files: pictures or videos.
    int framesPerVideo = 12;                     ///< At the midpoints of equal parts.
    Detector detector = Detector::Mtcnn;
    int batch = 128;
    std::string device = "auto";
};

struct FacePrediction
{
    std::filesystem::path source; ///< The picture, or FILE@SECONDS.
    int face = 0;                 ///< Counts the faces of a picture from 0, largest first.
    double box[4] = {0, 0, 0, 0}; ///< x, y, width, height in pixels of the upright picture: the face, or the square.
    int label = 0;                ///< Index of the most probable class.
    std::vector<float> probabilities, logits;
};

struct Predictions
{
    std::vector<std::string> classes;
    std::vector<FacePrediction> faces;
    struct Skipped
    {
        std::filesystem::path source;
        std::string code; ///< NO_FACE, MISSING_FILE, TRUNCATED_IMAGE and the like, as imports name them.
        std::string reason;
    };
    std::vector<Skipped> skipped;
};

/// Without a face in any picture, `faces` is empty and the network was not asked.
/// Fails with NotFound, Unreadable or Invalid, naming the checkpoint, or the detector's weights where they are missing;
/// Cancelled.
Result<Predictions> predictFaces(Compute &compute, const PredictRequest &request, const EventSink &events,
                                 const Job &job);

} // namespace mien
