#pragma once

#include <QStringList>

#include <cstdint>
#include <filesystem>

namespace mien::test {

/// A video of a drawn person who moves a little before a grey wall: 320 × 240 pixels, 25 frames/s.
struct FaceClip
{
    std::uint64_t person = 1; ///< The same number, the same face.
    int frames = 50;
    int emptyFrom = -1, emptyTo = -1; ///< Frames in which nobody is there: [from, to).
    QStringList encoding = {"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"};
};
void makeFaceClip(const std::filesystem::path &file, const FaceClip &clip);

/// UTA-RLDD's layout: two people, alert and drowsy, 6 s each.
void makeUtaRlddTree(const std::filesystem::path &root);

} // namespace mien::test
