#include "pipeline/store/project.h"
#include "pipeline/store/review_outlook.h"
#include "pipeline/store/runs.h"
#include "studio/cli/command_table.h"
#include "studio/cli/sample_lines.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::optional<std::int64_t> top;
    std::string state;
    std::string format = "csv";
    bool outlook = false;
};

json intervalJson(const Interval &interval)
{
    return {interval.low, interval.high};
}

/// "How many to review?" of the studio, in numbers.
int runOutlook(Session &session, const Project &project)
{
    JsonLines &out = session.out();
    const auto outlook = reviewOutlook(project);
    if (!outlook)
        return out.failed(outlook.error());
    json curve = json::array(), reliability = json::array(), classes = json::object();
    for (const ReviewOutlook::Point &point : outlook->curve)
        curve.push_back(
            {{"reviewed", point.reviewed}, {"found", point.found}, {"low", point.low}, {"high", point.high}});
    for (const ReviewOutlook::Tenth &tenth : outlook->tenths)
        reliability.push_back({{"suspicion", tenth.suspicion},
                               {"open", tenth.faces},
                               {"judged", tenth.judged},
                               {"wrong", tenth.wrong},
                               {"share_95", intervalJson(tenth.share)}});
    const auto rate = [](const ReviewOutlook::Rate &of) {
        return json{{"judged", of.judged}, {"wrong", of.wrong}, {"share_95", intervalJson(of.share)}};
    };
    for (const ReviewOutlook::Rate &of : outlook->ofClasses)
        classes[std::string(project.className(of.label))] = rate(of);
    const ReviewOutlook::Point &last = outlook->curve.back();
    for (const double share : {0.01, 0.05, 0.1, 0.25, 0.5, 1.0}) {
        const ReviewOutlook::Point at = outlook->at(std::llround(share * double(last.reviewed)));
        char line[160];
        std::snprintf(line, sizeof line, "%s reviewed: about %.0f wrong labels (%.0f to %.0f)",
                      grouped(at.reviewed).c_str(), at.found, at.low, at.high);
        out.print(line);
    }
    json result = {{"curve", curve},
                   {"reliability", reliability},
                   {"noise", rate(outlook->all)},
                   {"noise_by_class", classes},
                   {"calibration_error", outlook->calibrationError ? json(*outlook->calibrationError) : json()}};
    return out.done(result);
}

int runFlags(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    if (!currentFlagging(*project))
        return out.failed({ErrorCode::NotFound, "No sample of " + project->folder().string() +
                                                    " has been scored yet; run mien train, then mien flag --run ID."});
    if (wanted.outlook)
        return runOutlook(session, *project);
    const std::string shared =
        "id,source,label,suggested,suspicion,eac_noise,eac_inconsistency,arbex_confidence,self_confidence,margin";
    SampleLines lines;
    lines.filter = wanted.state.empty() ? "scored:yes" : "scored:yes flag:" + wanted.state;
    lines.order.key = "suspicion";
    lines.order.descending = true;
    lines.limit = wanted.top;
    lines.columns = splitAtCommas(shared + ",flag,arbex_noise,cl_noise,predicted,in_sample");
    lines.names = splitAtCommas(shared + ",state,arbex_noise,cl_noise,predicted,in_sample");
    lines.asJson = out.isJson() || wanted.format == "jsonl";
    return printSamples(session, *project, lines);
}

} // namespace

Command flagsCommand()
{
    return {.name = "flags",
            .summary = "Scored samples, most suspicious first",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.whole("--top", "N", wanted->top, 0, INT64_MAX,
                              "At most this many; default: every scored sample");
                options.choice("--state", wanted->state, {"open", "accepted", "rejected"}, "Only flags in this state");
                options.flag("--outlook", wanted->outlook,
                             "Instead of rows: how many wrong labels so many reviews are expected to find");
                options.choice("--format", wanted->format, {"csv", "jsonl"}, "csv or one JSON object a line");
                return [wanted](Session &session) { return runFlags(session, *wanted); };
            }};
}

} // namespace mien
