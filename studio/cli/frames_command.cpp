#include "pipeline/jobs/original_pictures.h"
#include "studio/cli/command_table.h"
#include "studio/cli/line_server.h"
#include "studio/cli/session.h"

#include <sys/resource.h>

#include <memory>

namespace mien {

namespace {

/// A picture that was made to fill the memory ends this helper, not the studio and not the computer.
void limitMemory()
{
    constexpr rlim_t most = rlim_t(3) << 30;
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) == 0 && (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > most)) {
        limit.rlim_cur = most;
        ::setrlimit(RLIMIT_AS, &limit);
    }
}

int runFrames(Session &session, bool serve)
{
    JsonLines &out = session.out();
    if (!serve)
        return out.wrongUsage("frames needs --serve: it answers requests for originals on standard input.");
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    limitMemory();
    const auto originals = OriginalPictures::open(*project);
    if (!originals)
        return out.failed(originals.error());
    return serveLines(session, [&](const nlohmann::json &request) { return originals->answer(request); });
}

} // namespace

Command framesCommand()
{
    return {.name = "frames",
            .summary = "The pictures that samples were taken from",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<bool>(false);
                options.flag("--serve", *wanted, "Answer JSON lines on standard input until it ends");
                return [wanted](Session &session) { return runFrames(session, *wanted); };
            }};
}

} // namespace mien
