#include "pipeline/demo/demo_videos.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/video/video.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <array>
#include <cstdio>
#include <mutex>
#include <optional>

namespace mien {

namespace {

namespace fs = std::filesystem;

struct Recording
{
    int person, state;
    bool isDark, turnsHead;
    FaceScene::Hand hand;
};

using Hand = FaceScene::Hand;
constexpr std::array<Recording, 9> recordings = {{
    {1, 0, false, true, Hand::None},
    {1, 5, false, false, Hand::BeforeMouth},
    {1, 10, false, false, Hand::None},
    {2, 0, false, false, Hand::BeforeEye},
    {2, 5, false, true, Hand::None},
    {2, 10, false, false, Hand::BeforeMouth},
    {3, 0, true, false, Hand::None},
    {3, 5, true, false, Hand::None},
    {3, 10, true, true, Hand::None},
}};

Result<> writeOne(const DemoVideo &video, const fs::path &file, const Video &module, const std::stop_token &stop)
{
    const auto writer = module.create(
        file, {.widthPx = DrowsyClip::widthPx, .heightPx = DrowsyClip::heightPx, .framesPerS = DrowsyClip::framesPerS});
    if (!writer)
        return fail(writer.error());
    for (std::size_t i = 0; i < video.clip.frames.size(); ++i) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Making the demo was stopped.");
        if (const auto added = (*writer)->add(video.clip.picture(i)); !added)
            return added;
    }
    return (*writer)->finish();
}

} // namespace

std::vector<DemoVideo> demoVideos(std::uint64_t seed)
{
    SeededRandom random(seed * 0x632be59bd9b4e019ull + 29);
    std::array<FaceIdentity, 3> people;
    for (FaceIdentity &person : people)
        person = randomIdentity(random);
    for (std::size_t i = 0; i < people.size(); ++i)
        people[i].glasses = i == 1; // seen with and without, whatever the seed
    std::vector<DemoVideo> videos;
    for (const Recording &recording : recordings) {
        const DrowsyClipOptions options{.state = recording.state,
                                        .isDark = recording.isDark,
                                        .turnsHead = recording.turnsHead,
                                        .hand = recording.hand,
                                        .seed = random.next()};
        char source[64];
        std::snprintf(source, sizeof source, "Fold1_part1/%02d/%d.mp4", recording.person, recording.state);
        videos.push_back({source, drowsyClip(people[std::size_t(recording.person - 1)], options)});
    }
    return videos;
}

Result<> writeDemoVideos(const std::vector<DemoVideo> &videos, const fs::path &folder, const Job &job)
{
    const auto module = video();
    if (!module)
        return fail(module.error());
    std::error_code error;
    for (const DemoVideo &video : videos)
        if (fs::create_directories((folder / video.source).parent_path(), error); error)
            return fail(ErrorCode::NoSpace, "The folder " + shown((folder / video.source).parent_path()) +
                                                " cannot be made: " + error.message() + ".");
    std::mutex mutex;
    std::optional<Error> failure;
    std::int64_t done = 0;
    tbb::task_arena arena(pictureThreads());
    arena.execute([&] {
        tbb::parallel_for(std::size_t(0), videos.size(), [&](std::size_t i) {
            {
                const std::lock_guard lock(mutex);
                if (failure)
                    return;
            }
            const auto written = writeOne(videos[i], folder / videos[i].source, **module, job.stop);
            const std::lock_guard lock(mutex);
            if (!written && !failure)
                failure = written.error();
            job.report({++done, std::int64_t(videos.size()), videos[i].source});
        });
    });
    return failure ? Result<>(fail(*failure)) : Result<>();
}

std::string demoVideoTruth(const std::vector<DemoVideo> &videos)
{
    std::string text =
        "video,pts_s,eye_opening,mouth_opening,yaw_deg,pitch_deg,roll_deg,blink,face_x,face_y,face_width,"
        "face_height,occluded\n";
    for (const DemoVideo &video : videos)
        for (const DrowsyFrame &frame : video.clip.frames) {
            char row[256];
            std::snprintf(row, sizeof row, ",%.6f,%.3f,%.3f,%.2f,%.2f,%.2f,%d,%.1f,%.1f,%.1f,%.1f,%d\n", frame.timeS,
                          frame.eyeOpening, frame.mouthOpening, frame.yawDeg, frame.pitchDeg, frame.rollDeg,
                          frame.blink, frame.face.x, frame.face.y, frame.face.width, frame.face.height,
                          int(frame.isOccluded));
            text += video.source + row;
        }
    return text;
}

} // namespace mien
