#include "pipeline/import/import.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/fer2013_csv.h"
#include "pipeline/import/ferplus_votes.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/terms.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/store/imports.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sources.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>

namespace mien {

namespace {

namespace fs = std::filesystem;

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::int64_t countOf(const ItemSink::Counts &counts, ContentMatch match)
{
    const auto found = counts.contents.find(match);
    return found == counts.contents.end() ? 0 : found->second;
}

void takeCounts(ImportReport &report, const ItemSink &sink, const ProblemLog &problems)
{
    const ItemSink::Counts &counts = sink.counts();
    report.media = counts.media;
    report.samples = counts.samples;
    report.clips = counts.clips;
    report.labels = counts.labels;
    report.votes = counts.votes;
    report.byClassSplit = counts.byClassSplit;
    if (sink.contentJoin())
        report.contents = {.unique = countOf(counts, ContentMatch::Unique),
                           .ambiguous = countOf(counts, ContentMatch::Ambiguous),
                           .unmatched = countOf(counts, ContentMatch::None)};
    report.comparedWith = sink.comparedWith();
    report.skipped = problems.count(Severity::Skip);
    report.flagged = problems.count(Severity::Flag);
    report.problems = problems.reasons();
    report.firstSkipped = problems.firstSkipped();
}

/// The folder a source is known by; a table is a source of its own, so that two tables in one folder stay apart.
fs::path sourceRoot(const ImportPlan &plan)
{
    const auto table = plan.parameters.find("table");
    const bool isTable = plan.importer == "fer2013.csv" && table != plan.parameters.end() && !table->second.empty();
    std::error_code error;
    const fs::path root = fs::absolute(isTable ? plan.root / table->second : plan.root, error).lexically_normal();
    return root.filename().empty() ? root.parent_path() : root;
}

bool isNothing(const ItemSink &sink)
{
    return sink.counts().samples == 0 && sink.counts().media == 0;
}

Error nothingFound(const ImportPlan &plan, const ProblemLog &problems)
{
    std::string why = "it holds no item";
    if (problems.firstSkipped())
        why = "every item was skipped, first " + problems.firstSkipped()->key + ": " + problems.firstSkipped()->reason +
              " (" + problems.firstSkipped()->detail + ")";
    return {ErrorCode::Invalid, "Nothing to import in " + shown(plan.root) + ": " + why + "."};
}

/// Whether an interrupted import was asked for in the same way: else what it stored may be something else by now.
bool isPlanOf(const fs::path &folder, const ImportPlan &plan)
{
    std::ifstream file(folder / "plan.json", std::ios::binary);
    const auto earlier = ImportPlan::fromJson(std::string(std::istreambuf_iterator<char>(file), {}));
    return earlier && earlier->variant == plan.variant && earlier->parameters == plan.parameters &&
           earlier->links == plan.links && earlier->byContent == plan.byContent &&
           (!plan.byContent || earlier->votes == plan.votes);
}

/// The one table that votes are meant for, of those they fit to: one that an interrupted import gave a part of them,
/// else the only one without any.
Result<ImportRow> tableMeant(const Project &project, const FerPlusTable &votes, const std::vector<ImportRow> &fitting)
{
    if (fitting.size() == 1)
        return fitting.front();
    const auto empty = std::count_if(votes.rows.begin(), votes.rows.end(),
                                     [](const FerPlusRow &row) { return row.byColumn().empty(); });
    std::vector<ImportRow> begun, without;
    std::string names;
    for (const ImportRow &row : fitting) {
        const VotedSamples samples = votedSamples(project, row.id);
        if (samples.voted == 0)
            without.push_back(row);
        else if (samples.samples - samples.voted > empty)
            begun.push_back(row);
        names += (names.empty() ? "" : ", ") + shown(row.root) + (samples.voted > 0 ? " (has votes)" : "");
    }
    const std::vector<ImportRow> &meant = begun.empty() ? without : begun;
    if (meant.size() == 1)
        return meant.front();
    return fail(ErrorCode::Invalid, "The votes in " + shown(votes.file) + " fit " + std::to_string(fitting.size()) +
                                        " FER2013 tables of this project: " + names +
                                        ". Say which: import the table again with --votes.");
}

/// Null where the plan has no such table.
Result<std::unique_ptr<ContentJoin>> contentJoinOf(const ImportPlan &plan, const Job &job)
{
    return plan.byContent ? ContentJoin::read(*plan.byContent, plan.votes, job) : std::unique_ptr<ContentJoin>();
}

/// What an earlier import of the source brought and this one did not is said: it is not taken out.
Result<> noteWhatStays(const Project &project, ImportId import, ProblemLog &problems)
{
    const auto left = samplesNotBroughtAgain(project, import);
    if (!left)
        return fail(left.error());
    if (left->count > 0)
        problems.add({"NO_LONGER_IN_SOURCE", left->first, left->first, 0,
                      std::to_string(left->count) +
                          (left->count == 1 ? " sample of an earlier import of this source was not in it any more; it"
                                              " is kept."
                                            : " samples of earlier imports of this source were not in it any more;"
                                              " they are kept.")});
    return {};
}

/// Votes that come alone: they belong to a FER2013 table imported before.
/// @param joined  that table
Result<> attachVotes(Project &project, const ImportPlan &plan, ProjectSink *&sink, std::unique_ptr<ProjectSink> &owner,
                     ProblemLog &problems, const std::function<Result<>(ImportWriter &)> &onBegin, const Job &job,
                     fs::path &joined)
{
    const auto name = plan.parameters.find("table");
    const auto table = FerPlusTable::read(
        name == plan.parameters.end() || name->second.empty() ? plan.root : plan.root / name->second);
    if (!table)
        return fail(table.error());
    std::vector<ImportRow> fitting;
    Error mismatch{ErrorCode::Invalid, "The votes in " + shown(table->file) +
                                           " belong to a FER2013 table, and none is in this project; import "
                                           "fer2013.csv first, or both at once with --votes."};
    for (const ImportRow &row : imports(project)) {
        const auto isSame = [&row](const ImportRow &known) { return known.root == row.root; };
        if (row.importer != "fer2013.csv" || std::any_of(fitting.begin(), fitting.end(), isSame))
            continue;
        const auto usage = usageOfRows(row.root, job);
        if (!usage) {
            mismatch = usage.error();
            continue;
        }
        if (const auto fits = table->matches(*usage, row.root); !fits) {
            mismatch = fits.error();
            continue;
        }
        fitting.push_back(row);
    }
    if (fitting.empty())
        return fail(mismatch);
    const auto meant = tableMeant(project, *table, fitting);
    if (!meant)
        return fail(meant.error());
    joined = meant->root;
    for (Problem &note : table->notes())
        problems.add(std::move(note));
    owner = std::make_unique<ProjectSink>(problems, project, meant->importer, meant->variant, meant->root, onBegin);
    sink = owner.get();
    for (std::size_t i = 0; i < table->rows.size(); ++i) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Attaching the votes was stopped; run it again to attach the rest.");
        const std::map<std::string, int> votes = table->rows[i].byColumn();
        if (votes.empty())
            continue;
        if (const auto kept = sink->attachVotes("row:" + std::to_string(i), votes);
            !kept && kept.error().code != ErrorCode::NotFound)
            return kept; // a row that was skipped at import has no sample: its votes have no place
    }
    return {};
}

} // namespace

Result<ImportPlan> planImport(const ImportRequest &request)
{
    const auto listing = listingOf(request.path, request.links);
    if (!listing)
        return fail(listing.error());
    ImportPlan plan;
    std::error_code error;
    plan.root = fs::absolute(request.path, error); // what is said of its files holds wherever it is read
    if (error)
        plan.root = request.path;
    plan.votes = request.votes;
    plan.byContent = request.byContent;
    plan.leaveOut = request.leaveOut;
    plan.acceptsTerms = request.acceptsTerms;
    plan.links = request.links;
    plan.linksOut = listing->linksOut;
    plan.probe = candidatesFor(*listing);
    if (request.format == "auto" || request.format.empty()) {
        const auto found = detectFormat(request.path, request.links);
        if (!found)
            return fail(found.error());
        plan.importer = found->importer;
        plan.variant = found->variant;
        plan.parameters = found->parameters;
    } else {
        const Importer *const importer = importerNamed(request.format);
        if (!importer) {
            std::string known;
            for (const Importer *each : importers())
                known += (known.empty() ? "" : ", ") + std::string(each->id());
            return fail(ErrorCode::Invalid, "There is no format \"" + request.format + "\"; known are " + known + ".");
        }
        plan.importer = importer->id();
        for (const Candidate &candidate : plan.probe) {
            if (candidate.importer != plan.importer)
                continue;
            plan.variant = candidate.variant;
            plan.parameters = candidate.parameters;
            break;
        }
    }
    for (const auto &[name, value] : request.parameters) {
        if (const auto possible = checkParameter(*importerNamed(plan.importer), name, value); !possible)
            return fail(possible.error());
        plan.parameters[name] = value;
    }
    plan.variant = importerNamed(plan.importer)->variantFor(plan);
    if (const auto found = plan.parameters.find("votes"); found != plan.parameters.end() && !plan.votes)
        plan.votes = plan.root / found->second;
    if (plan.votes)
        if (const auto readable = refusePipe(*plan.votes); !readable)
            return fail(readable.error());
    if (plan.byContent) {
        if (const auto readable = refusePipe(*plan.byContent); !readable)
            return fail(readable.error());
        if (!canJoinByContent(plan.importer))
            return fail(ErrorCode::Invalid, "Pictures are joined to " + shown(*plan.byContent) + " by content; " +
                                                shown(plan.root) + " is " + plan.importer +
                                                ", which has no such pictures.");
    }
    if (plan.votes && plan.importer != "fer2013.csv" && !plan.byContent)
        return fail(ErrorCode::Invalid, "The votes in " + shown(*plan.votes) +
                                            " are joined to a FER2013 table row by row; " + shown(plan.root) + " is " +
                                            plan.importer +
                                            ". For copies of FER2013's pictures name that table with --by-content.");
    return plan;
}

bool canJoinByContent(std::string_view importer)
{
    constexpr std::array importers = {"class-folder", "fer2013.kaggle-folders-a", "fer2013.kaggle-folders-b",
                                      "ferplus.folders", "manifest"};
    return std::find(importers.begin(), importers.end(), importer) != importers.end();
}

std::string_view termsIdOf(const ImportPlan &plan)
{
    const Importer *const importer = importerNamed(plan.importer);
    const std::string_view own = importer ? importer->termsId() : "";
    return own.empty() && plan.byContent ? Fer2013Csv().termsId() : own;
}

Result<> checkBesideOthers(const Project &project, const ImportPlan &plan)
{
    const auto isFer2013 = [](std::string_view importer) { return importer.starts_with("fer2013."); };
    const auto isFerPlus = [](std::string_view importer) { return importer == "ferplus.folders"; };
    if (!isFer2013(plan.importer) && !isFerPlus(plan.importer))
        return {};
    for (const ImportRow &row : imports(project)) {
        if (isFer2013(plan.importer) && isFerPlus(row.importer))
            return fail(ErrorCode::Invalid,
                        "The project holds FER2013's pictures already, with the votes of FER+, from " +
                            shown(row.root) + "; imported again from " + shown(plan.root) +
                            " each would be there twice. Remove that import first, or use "
                            "another project.");
        if (isFerPlus(plan.importer) && isFer2013(row.importer))
            return fail(ErrorCode::Invalid,
                        "The project holds FER2013's pictures already, from " + shown(row.root) +
                            "; imported again from " + shown(plan.root) +
                            " each would be there twice. Attach the votes of FER+ to them instead: import "
                            "fer2013new.csv.");
    }
    return {};
}

Result<ImportReport> dryRun(const ImportPlan &plan, const Job &job, const ProblemLog::Listener &onProblem)
{
    const auto start = std::chrono::steady_clock::now();
    ProblemLog problems(onProblem);
    DryRunSink sink(problems);
    sink.leaveOut(plan.leaveOut);
    const Importer *const importer = importerNamed(plan.importer);
    if (!importer)
        return fail(ErrorCode::Invalid, "There is no format \"" + plan.importer + "\".");
    const auto join = contentJoinOf(plan, job);
    if (!join)
        return fail(join.error());
    sink.joinBy(join->get());
    if (const auto scanned = importer->scan(plan, sink, job); !scanned)
        return fail(scanned.error());
    sink.endItems();
    if (isNothing(sink) && plan.importer != "ferplus.csv")
        return fail(nothingFound(plan, problems));
    ImportReport report;
    report.format = plan.importer;
    report.variant = plan.variant;
    report.isDryRun = true;
    takeCounts(report, sink, problems);
    report.dryProblems = problems.unwritten();
    report.seconds = secondsSince(start);
    return report;
}

Result<ImportReport> runImport(Project &project, const ImportPlan &plan, const Job &job,
                               const ProblemLog::Listener &onProblem)
{
    const auto start = std::chrono::steady_clock::now();
    const Importer *const importer = importerNamed(plan.importer);
    if (!importer)
        return fail(ErrorCode::Invalid, "There is no format \"" + plan.importer + "\".");
    if (const auto fits = checkBesideOthers(project, plan); !fits)
        return fail(fits.error());
    ProblemLog problems(onProblem);
    const Terms *const terms = termsNamed(termsIdOf(plan));
    const auto join = contentJoinOf(plan, job);
    if (!join)
        return fail(join.error());
    const auto onBegin = [&](ImportWriter &writer) -> Result<> {
        if (writer.isResumed() && !isPlanOf(writer.folder(), plan))
            writer.readAgain();
        if (const auto written = writeFileAtomically(writer.folder() / "plan.json", plan.toJson()); !written)
            return written;
        problems.writeTo(writer.folder() / "problems.csv");
        return terms ? rememberTerms(project, *terms, plan.acceptsTerms) : Result<>();
    };
    std::unique_ptr<ProjectSink> owner;
    ProjectSink *sink = nullptr;
    fs::path votesJoined;
    Result<> scanned;
    if (plan.importer == "ferplus.csv") {
        scanned = attachVotes(project, plan, sink, owner, problems, onBegin, job, votesJoined);
    } else {
        owner =
            std::make_unique<ProjectSink>(problems, project, plan.importer, plan.variant, sourceRoot(plan), onBegin);
        sink = owner.get();
        sink->leaveOut(plan.leaveOut);
        sink->joinBy(join->get());
        scanned = importer->scan(plan, *sink, job);
        if (scanned)
            sink->endItems();
    }
    const bool isCancelled = !scanned && scanned.error().code == ErrorCode::Cancelled;
    if (!scanned && !isCancelled)
        return fail(scanned.error());
    if (!sink || !sink->writer()) {
        if (isCancelled)
            return fail(scanned.error());
        return fail(nothingFound(plan, problems));
    }

    ImportReport report;
    report.format = plan.importer;
    report.variant = plan.variant;
    report.isCancelled = isCancelled;
    report.folder = sink->writer()->folder();
    report.votesJoined = votesJoined;
    report.termsAcceptedAt = terms ? termsRecord(project, *terms).acceptedAt : std::string();
    if (isCancelled) {
        if (const auto paused = sink->writer()->pause(); !paused)
            return fail(paused.error());
    } else {
        const auto duplicates = sink->writer()->finish();
        if (!duplicates)
            return fail(duplicates.error());
        report.duplicates = *duplicates;
        if (plan.importer != "ferplus.csv" && plan.leaveOut.empty()) // votes alone bring no samples
            if (const auto noted = noteWhatStays(project, sink->writer()->id(), problems); !noted)
                return fail(noted.error());
    }
    takeCounts(report, *sink, problems);
    report.seconds = secondsSince(start);
    if (!problems.flush())
        return fail(ErrorCode::NoSpace, "The list of problems " + shown(report.folder / "problems.csv") +
                                            " cannot be written; is the disk full?");
    if (const auto written = writeFileAtomically(report.folder / "report.json", report.toJson(plan)); !written)
        return fail(written.error());
    if (isCancelled)
        return fail(scanned.error());
    return report;
}

std::string ImportReport::toJson(const ImportPlan &plan) const
{
    nlohmann::ordered_json json;
    json["format"] = "mien-import-report/1";
    json["importer"] = format;
    json["variant"] = variant;
    json["plan"] = nlohmann::ordered_json::parse(plan.toJson());
    json["probe"] = json["plan"]["probe"];
    json["counts"] = {{"seen", samples + skipped},
                      {"imported", samples},
                      {"skipped", skipped},
                      {"flagged", flagged},
                      {"clips", clips},
                      {"labels", labels},
                      {"votes", votes},
                      {"media", media}};
    json["by_class_split"] = nlohmann::json(byClassSplit);
    const auto differs = problems.find("EXPECTED_COUNT_DIFFERS");
    const bool isCompared = !comparedWith.empty();
    json["expected"] = {{"id", isCompared ? nlohmann::ordered_json(comparedWith) : nlohmann::ordered_json()},
                        {"result", !isCompared                 ? "none"
                                   : differs == problems.end() ? "match"
                                                               : "differs"}};
    if (duplicates)
        json["duplicates"] = {{"groups", duplicates->groups},
                              {"images", duplicates->images},
                              {"duplicates", duplicates->duplicates()},
                              {"conflicts", duplicates->conflicts},
                              {"across_splits", duplicates->acrossSplits}};
    json["problems"] = nlohmann::ordered_json::object();
    for (const auto &[reason, found] : problems) {
        auto first = nlohmann::ordered_json::array();
        for (const Problem &problem : found.first)
            first.push_back(
                {{"key", problem.key},
                 {"file", problem.file},
                 {"line", problem.line > 0 ? nlohmann::ordered_json(problem.line) : nlohmann::ordered_json()},
                 {"detail", problem.detail}});
        json["problems"][reason] = {{"count", found.count}, {"first", std::move(first)}};
    }
    if (contents)
        json["contents"] = {
            {"unique", contents->unique}, {"ambiguous", contents->ambiguous}, {"unmatched", contents->unmatched}};
    json["terms"] = {
        {"id", std::string(termsIdOf(plan))},
        {"accepted_at", termsAcceptedAt.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(termsAcceptedAt)}};
    json["cancelled"] = isCancelled;
    json["duration_ms"] = std::llround(seconds * 1000);
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<> ImportReport::copyProblems(const fs::path &to) const
{
    std::string text;
    if (isDryRun || folder.empty()) {
        text = problemHeader;
        for (const Problem &problem : dryProblems)
            text += problemLine(problem);
    } else {
        std::ifstream file(folder / "problems.csv", std::ios::binary);
        text.assign(std::istreambuf_iterator<char>(file), {});
    }
    return writeOutput(to, text);
}

} // namespace mien
