#include "pipeline/face/extraction_settings.h"

#include "models/base/fingerprint.h"

#include <nlohmann/json.hpp>

#include <array>
#include <set>

namespace mien {

std::string_view nameOf(ExtractionSettings::Detector detector)
{
    static constexpr std::array<std::string_view, 3> names = {"mtcnn", "dlib-hog", "none"};
    return names[std::size_t(detector)];
}

std::string_view nameOf(ExtractionSettings::Faces faces)
{
    static constexpr std::array<std::string_view, 4> names = {"largest", "all", "central", "box"};
    return names[std::size_t(faces)];
}

std::string_view nameOf(ExtractionSettings::Align align)
{
    static constexpr std::array<std::string_view, 3> names = {"5", "68", "none"};
    return names[std::size_t(align)];
}

std::string_view nameOf(ExtractionSettings::Rotation rotation)
{
    static constexpr std::array<std::string_view, 5> names = {"auto", "0", "90", "180", "270"};
    return names[std::size_t(rotation)];
}

std::string ExtractionSettings::toJson() const
{
    static constexpr std::array<std::string_view, 4> ways = {"per_video", "every_s", "every_frames", "scenes"};
    nlohmann::ordered_json sampled = {{"way", ways[std::size_t(sampling.way)]}};
    switch (sampling.way) {
    case FrameSampling::Way::PerVideo:
        sampled["count"] = sampling.count;
        sampled["margin_s"] = sampling.marginS;
        break;
    case FrameSampling::Way::EverySeconds: sampled["every_s"] = sampling.everyS; break;
    case FrameSampling::Way::EveryFrames: sampled["every_frames"] = sampling.everyFrames; break;
    case FrameSampling::Way::Scenes: break;
    }
    if (sampling.way != FrameSampling::Way::PerVideo)
        sampled["margin_s"] = sampling.marginS;
    sampled["max_per_video"] = sampling.maxPerVideo;
    if (FrameSampler::mayBeDense(sampling))
        sampled["faces_followed"] = 1; // which faces are found depends on how; another way gets another number
    nlohmann::ordered_json all = {{"format", "mien-extraction/2"}, {"sampling", sampled},
                                  {"detector", nameOf(detector)},  {"min_face_px", minFacePx},
                                  {"faces", nameOf(faces)},        {"align", nameOf(align)},
                                  {"rotation", nameOf(rotation)},  {"side_px", sidePx}};
    if (detector == Detector::DlibHog)
        all["points"] = align == Align::Points68 ? "dlib-68" : "mtcnn"; // it has none of its own
    if (!gates.empty()) {                                               // as a set
        std::set<std::string> texts;
        for (const FaceGate &gate : gates)
            texts.insert(gate.text());
        all["gates"] = texts;
    }
    return all.dump();
}

std::string ExtractionSettings::hash() const
{
    return Fingerprint().add(toJson()).hex();
}

ExtractionSettings recipeOf(std::string_view importer)
{
    ExtractionSettings settings;
    // Published as faces already.
    for (const std::string_view set : {"fer2013.", "ferplus.", "affectnet.npy", "affectnet.kaggle", "affectnet.conv",
                                       "rafdb.", "uta-rldd.derived", "manifest"})
        if (importer.starts_with(set))
            settings.detector = ExtractionSettings::Detector::None;
    if (importer == "affectnet.csv") { // web pictures with the box of the face that the label means
        settings.faces = ExtractionSettings::Faces::Box;
        settings.minFacePx = 24;
    }
    if (importer == "class-folder")
        settings.minFacePx = 40;
    return settings;
}

} // namespace mien
