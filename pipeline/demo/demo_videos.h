#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/demo/drowsy_clip.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mien {

/// A drawn recording of the demo, before it is drawn.
struct DemoVideo
{
    std::string source; ///< Below its folder, laid out as UTA-RLDD: "Fold1_part1/01/10.mp4".
    DrowsyClip clip;
};

/// Three people, each alert, low vigilant and drowsy for eight seconds; one of them in a dark room, hands before faces
/// and turned heads among them. The same seed gives the same videos.
std::vector<DemoVideo> demoVideos(std::uint64_t seed);

/// Draws and encodes them below `folder`. NoSpace; Cancelled; NotFound: no video module.
Result<> writeDemoVideos(const std::vector<DemoVideo> &videos, const std::filesystem::path &folder, const Job &job);

/// What is true of every frame, as CSV: video, pts_s, eye_opening, mouth_opening, yaw_deg, pitch_deg, roll_deg, blink,
/// face_x, face_y, face_width, face_height, occluded.
std::string demoVideoTruth(const std::vector<DemoVideo> &videos);

} // namespace mien
