#include "tests/support/face_clips.h"

#include "pipeline/demo/face_drawing.h"
#include "tests/support/clips.h"
#include "tests/support/temporary_folder.h"

#include <cmath>
#include <fstream>
#include <string>

namespace mien::test {

void makeFaceClip(const std::filesystem::path &file, const FaceClip &clip)
{
    constexpr int widthPx = 320, heightPx = 240, facePx = 180;
    SeededRandom random(clip.person);
    const FaceIdentity identity = randomIdentity(random);
    FaceScene scene;
    scene.backgroundTop = scene.backgroundBottom = {0.5, 0.5, 0.5};
    const TemporaryFolder folder;
    const std::filesystem::path raw = folder / "frames.rgb";
    {
        std::ofstream bytes(raw, std::ios::binary);
        for (int i = 0; i < clip.frames; ++i) {
            std::vector<std::uint8_t> frame(std::size_t(widthPx) * heightPx * 3, 128);
            if (i < clip.emptyFrom || i >= clip.emptyTo) {
                scene.grainSeed = std::uint64_t(i);
                scene.yaw = 0.1 * std::sin(i * 0.2);
                const Picture face = drawFace(identity, musclesOf("neutral"), scene, facePx);
                const int left = 70 + int(std::lround(20 * std::sin(i * 0.1))), top = 30;
                for (int y = 0; y < facePx; ++y)
                    std::copy_n(face.pixels.begin() + std::ptrdiff_t(y) * facePx * 3, std::size_t(facePx) * 3,
                                frame.begin() + (std::ptrdiff_t(top + y) * widthPx + left) * 3);
            }
            bytes.write(reinterpret_cast<const char *>(frame.data()), std::streamsize(frame.size()));
        }
    }
    std::filesystem::create_directories(file.parent_path());
    ffmpeg(QStringList{"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "320x240", "-r", "25", "-i",
                       QString::fromStdString(raw.string())} +
           clip.encoding + QStringList{QString::fromStdString(file.string())});
}

void makeUtaRlddTree(const std::filesystem::path &root)
{
    for (const unsigned person : {1u, 2u})
        for (const char *state : {"0.mp4", "10.mp4"})
            makeFaceClip(root / "Fold1_part1" / ("0" + std::to_string(person)) / state,
                         {.person = person, .frames = 150});
}

} // namespace mien::test
