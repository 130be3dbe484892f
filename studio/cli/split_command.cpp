#include "pipeline/jobs/dedup_job.h"
#include "pipeline/split/splits.h"
#include "pipeline/store/near_duplicates.h"
#include "pipeline/store/split_certificates.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/printable_text.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

namespace mien {

namespace {

using nlohmann::json;

struct Wanted
{
    std::string by, ratios = "70,15,15", annotator, filter;
    std::int64_t seed = 0;
    bool check = false, dryRun = false;
};

/// "70,15,15"; empty: not three numbers of 0 or more.
std::optional<std::array<double, 3>> ratiosIn(const std::string &text)
{
    std::array<double, 3> ratios{};
    const char *at = text.data(), *const end = text.data() + text.size();
    for (std::size_t i = 0; i < ratios.size(); ++i) {
        const auto [next, error] = std::from_chars(at, end, ratios[i]);
        const bool isLast = i + 1 == ratios.size();
        if (error != std::errc() || !(ratios[i] >= 0) || (isLast ? next != end : next == end || *next != ','))
            return std::nullopt;
        at = next + 1;
    }
    return ratios;
}

json leaksOf(const std::vector<SplitLeak> &leaks)
{
    json rows = json::array();
    for (const SplitLeak &leak : leaks) {
        json splits = json::array(), samples = json::array();
        for (const Split split : leak.splits)
            splits.push_back(nameOf(split));
        for (const SampleId sample : leak.samples)
            samples.push_back(sample.value);
        rows.push_back(
            {{"kind", nameOf(leak.kind)}, {"name", printable(leak.name)}, {"splits", splits}, {"samples", samples}});
    }
    return rows;
}

/// How near-duplicates are known; null: nobody looked for them.
json searchOf(const std::optional<NearDuplicateSearch> &search)
{
    return search ? json{{"distance", search->distance}, {"samples_since", search->samplesSince}} : json();
}

/// What a person should know about them, on a line of its own; mostly nothing.
std::string searchText(const std::optional<NearDuplicateSearch> &search)
{
    if (!search || search->samplesSince > 0)
        return "\nNobody looked for pictures that are nearly the same since samples came: mien dedup does.";
    if (search->distance >= DedupOptions().distance)
        return "";
    return "\nPictures that are nearly the same were looked for within a distance of " +
           std::to_string(search->distance) + " (mien dedup).";
}

json identityOf(const std::optional<GroupIdentity> &identity)
{
    return identity ? json{{"declared", identity->declared},
                           {"inferred", identity->inferred},
                           {"mixed", identity->mixed},
                           {"samples_without_subject", identity->samplesWithoutSubject}}
                    : json();
}

/// On a line of its own.
std::string identityText(const GroupIdentity &identity)
{
    if (identity.declared + identity.inferred + identity.mixed == 0)
        return "";
    std::string text = "\nSubjects: " + counted(identity.declared, "group") + " by declared ids, " +
                       grouped(identity.inferred) + " inferred from videos and pictures";
    if (identity.mixed > 0)
        text += ", " + grouped(identity.mixed) + " declared and joined by samples without an id";
    return text + ".";
}

json stateOf(const CertificateState &state)
{
    const SplitCertificate &certificate = state.certificate;
    return {{"hash", certificate.hash},
            {"at_ms", state.atMs},
            {"by", certificate.way},
            {"groups", certificate.groups},
            {"ratios", certificate.ratios},
            {"seed", certificate.seed},
            {"identity", identityOf(certificate.identity)},
            {"holds", state.holds()},
            {"moved", state.moved},
            {"removed", state.removed},
            {"uncovered", state.uncovered},
            {"groups_differ", state.groupsDiffer}};
}

std::string stateText(const CertificateState &state)
{
    std::string text = "\nCertificate " + state.certificate.hash + ": " + counted(state.certificate.groups, "group") +
                       ", dealt " + (state.certificate.way == "subject" ? "by subject" : "at random");
    if (state.holds())
        return text + "; it holds.";
    text += "; changed since:";
    if (state.moved > 0)
        text += " " + counted(state.moved, "sample") + " moved to another split;";
    if (state.removed > 0)
        text += " " + counted(state.removed, "sample") + " removed;";
    if (state.uncovered > 0)
        text += " " + counted(state.uncovered, "sample") + " in a split without having been dealt;";
    if (state.groupsDiffer)
        text += " other samples belong together now;";
    text.back() = '.';
    return text;
}

/// Keyed by split, "none" for those in no split.
template <typename Counts>
json bySplit(const Counts &counts)
{
    json all = json::object();
    for (std::size_t i = 0; i < counts.size(); ++i)
        all[i == 0 ? "none" : std::string(nameOf(Split(i)))] = counts[i];
    return all;
}

/// Near-duplicates count in splits whether somebody looked for them or not.
/// @param project  replaced by one that can be written where they have to be looked for
Result<> lookForNearDuplicates(Session &session, Project &project)
{
    if (!isNearDuplicateSearchDue(project))
        return {};
    if (!project.isWritable()) {
        auto writable = session.openProject(Project::Access::Write);
        if (!writable)
            return fail(writable.error().code,
                        "Splits leak through pictures that are nearly the same, too; mien dedup has to look for them "
                        "first, and cannot: " +
                            writable.error().message);
        project = std::move(*writable);
    }
    return findDueNearDuplicates(project, session.job());
}

bool isInTwoSplits(const SplitState &state)
{
    return std::count_if(state.byClass.begin() + 1, state.byClass.end(),
                         [](const auto &split) { return !split.empty(); }) > 1;
}

/// Names the leaks; 1 where there are any.
int runCheck(Session &session)
{
    JsonLines &out = session.out();
    auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    auto state = splitState(*project, session.job());
    Result<> looked; // where another program writes, or nobody may, what is known is said all the same
    if (state && isInTwoSplits(*state) && isNearDuplicateSearchDue(*project)) {
        looked = lookForNearDuplicates(session, *project);
        if (looked)
            state = splitState(*project, session.job());
    }
    if (!state)
        return out.failed(state.error());
    const std::vector<SplitLeak> *leaks = &state->leaks;
    TextTable table({"leak", "name", "samples", "splits"});
    for (const SplitLeak &leak : *leaks) {
        std::string splits;
        for (const Split split : leak.splits)
            splits += (splits.empty() ? "" : ", ") + std::string(nameOf(split));
        table.add(
            {std::string(nameOf(leak.kind)), printable(leak.name), grouped(std::int64_t(leak.samples.size())), splits});
    }
    const auto certificate = currentSplitCertificate(*project);
    const auto search = lastNearDuplicateSearch(*project);
    const char *none = search && search->samplesSince == 0
                           ? "No subject, video, equal or nearly equal picture lies in two splits."
                           : "No subject, video or equal picture lies in two splits.";
    out.print((leaks->empty() ? none : table.text()) + identityText(state->identity) +
              (state->certificate ? stateText(*state->certificate) : std::string()) + searchText(search));
    const int status = out.done({{"leaks", leaksOf(*leaks)},
                                 {"certificate", certificate ? json(certificate->hash) : json()},
                                 {"dealt", state->certificate ? stateOf(*state->certificate) : json()},
                                 {"by_class_split", bySplit(state->byClass)},
                                 {"training_leaks", state->trainingLeaks},
                                 {"subjects", bySplit(state->subjects)},
                                 {"samples_without_subject", bySplit(state->samplesWithoutSubject)},
                                 {"identity", identityOf(state->identity)},
                                 {"near_duplicates", searchOf(search)}});
    if (status == 0 && leaks->empty() && !looked)
        return out.failed(looked.error());
    if (leaks->empty() || status != 0)
        return status;
    return out.failed({ErrorCode::Conflict, counted(std::int64_t(leaks->size()), "leak") +
                                                " between splits; mien split --by subject makes splits without."});
}

int runSplit(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (wanted.check && (!wanted.by.empty() || wanted.dryRun))
        return out.wrongUsage("--check looks at the splits as they are; it goes without --by and --dry-run.");
    if (wanted.check)
        return runCheck(session);
    if (wanted.by.empty())
        return out.wrongUsage("say how to split: --by subject or --by random; or --check.");
    const auto ratios = ratiosIn(wanted.ratios);
    if (!ratios)
        return out.wrongUsage("--ratios: '" + wanted.ratios +
                              "' is not three numbers for train, val and test, e.g. 70,15,15.");
    auto project = session.openProject(wanted.dryRun ? Project::Access::Read : Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    const auto looked = lookForNearDuplicates(session, *project);
    if (!looked && !wanted.dryRun)
        return out.failed(looked.error());
    const SplitRequest request{.by = wanted.by == "subject" ? SplitRequest::By::Subject : SplitRequest::By::Random,
                               .ratios = *ratios,
                               .seed = std::uint64_t(wanted.seed),
                               .filter = wanted.filter,
                               .annotator = wanted.annotator.empty() ? currentUser() : wanted.annotator,
                               .isDryRun = wanted.dryRun};
    const auto report = dealSplits(*project, request, session.job());
    if (!report)
        return out.refused(report.error());
    // Splits that were not dealt leak nothing.
    const auto leaks = wanted.dryRun ? Result<std::vector<SplitLeak>>() : splitLeaks(*project, session.job());
    if (!leaks)
        return out.failed(leaks.error());
    const auto search = lastNearDuplicateSearch(*project);

    std::set<std::string> classes;
    for (const auto &split : report->byClass)
        for (const auto &[name, count] : split)
            classes.insert(name);
    TextTable table({"class", "train", "val", "test"});
    for (const std::string &name : classes) {
        std::vector<std::string> row{name.empty() ? "no label" : name};
        for (const auto &split : report->byClass) {
            const auto found = split.find(name);
            row.push_back(grouped(found == split.end() ? 0 : found->second));
        }
        table.add(row);
    }
    json counts = json::object(), subjects = json::object();
    for (std::size_t i = 0; i < report->byClass.size(); ++i) {
        counts[std::string(nameOf(Split(i + 1)))] = report->byClass[i];
        subjects[std::string(nameOf(Split(i + 1)))] = report->subjects[i];
    }
    out.print(
        (wanted.dryRun ? "Would deal " : "Dealt ") + counted(report->groups, "group") + "; certificate " +
        report->certificate + ".\n" + table.text() +
        (report->identity ? identityText(*report->identity) : std::string()) +
        (leaks->empty() ? "" : "\n" + counted(std::int64_t(leaks->size()), "leak") + ": see mien split --check.") +
        searchText(search));
    return out.done({{"groups", report->groups},
                     {"dry_run", wanted.dryRun},
                     {"identity", identityOf(report->identity)},
                     {"leaks", leaksOf(*leaks)},
                     {"by_class_split", counts},
                     {"subjects", subjects},
                     {"certificate", report->certificate},
                     {"near_duplicates", searchOf(search)}});
}

} // namespace

Command splitCommand()
{
    return {.name = "split",
            .summary = "Deal samples into train, val and test without leaks, or name the leaks",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.choice("--by", wanted->by, {"subject", "random"},
                               "subject: a person, a video, equal and nearly equal pictures stay together; random:"
                               " such pictures only");
                options.text("--ratios", "A,B,C", wanted->ratios, "Shares of train, val and test (70,15,15)");
                options.whole("--seed", "N", wanted->seed, 0, INT64_MAX, "Another order of equal groups (0)");
                options.text("--filter", "EXPR", wanted->filter, "Only what matches");
                options.text("--annotator", "NAME", wanted->annotator, "Who splits; default: the user's name");
                options.flag("--dry-run", wanted->dryRun, "Say what would come of it and deal nothing");
                options.flag("--check", wanted->check, "Name what lies in two splits; exit status 1 if anything does");
                return [wanted](Session &session) { return runSplit(session, *wanted); };
            }};
}

} // namespace mien
