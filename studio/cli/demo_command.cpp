#include "pipeline/demo/demo.h"
#include "studio/cli/command_table.h"
#include "studio/cli/session.h"

#include <memory>

namespace mien {

namespace {

struct Wanted
{
    std::string folder;
    std::int64_t samples = 1200, size = 112, seed = 0;
    double noise = 0.1;
};

int runDemo(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    std::error_code error;
    std::filesystem::path folder = std::filesystem::absolute(wanted.folder, error).lexically_normal();
    if (!folder.has_filename())
        folder = folder.parent_path();
    const DemoOptions options{.samples = int(wanted.samples),
                              .noise = wanted.noise,
                              .seed = std::uint64_t(wanted.seed),
                              .sidePx = int(wanted.size)};
    const auto report = makeDemo(folder, options, session.job());
    if (!report)
        return out.failed(report.error());
    out.print("Made the project " + folder.string() + ": " + grouped(report->samples) + " drawn faces of " +
              grouped(report->subjects) + " people, " + grouped(report->flipped) +
              " with a wrong label (demo_truth.csv says which), and " + grouped(report->videos) +
              " drowsiness videos (mien extract finds the faces in them).");
    return out.done({{"project", folder.string()},
                     {"samples", report->samples},
                     {"flipped", report->flipped},
                     {"subjects", report->subjects},
                     {"videos", report->videos},
                     {"seconds", report->seconds}});
}

} // namespace

Command demoCommand()
{
    return {
        .name = "demo",
        .summary = "A project of generated faces and drowsiness videos with a known share of wrong labels",
        .declare = [](Options &options) -> Action {
            const auto wanted = std::make_shared<Wanted>();
            options.folder("DIR", "DIR", wanted->folder, "The project to make; an empty folder may exist").required();
            options.whole("--samples", "N", wanted->samples, 8, 1'000'000, "How many faces (1200)");
            options.real("--noise", "R", wanted->noise, 0, 1, "Share of wrong labels (0.1)");
            options.whole("--size", "PX", wanted->size, 48, 512, "Side of the pictures (112)");
            options.whole("--seed", "N", wanted->seed, 0, INT64_MAX, "The same seed gives the same bytes (0)");
            return [wanted](Session &session) { return runDemo(session, *wanted); };
        }};
}

} // namespace mien
