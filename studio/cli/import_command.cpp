#include "pipeline/import/byte_stream.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/import.h"
#include "pipeline/import/terms.h"
#include "pipeline/import/text_encoding.h"
#include "pipeline/import/text_form.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

#include <cstdio>
#include <map>
#include <memory>
#include <set>

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct Wanted
{
    std::string path, format = "auto", votes, byContent, numbering, encoding;
    std::vector<std::string> classes, options, leaveOut;
    bool dryRun = false, acceptsTerms = false, followsLinks = false;
};

/// The notice about the terms of a data set, with what this project knows of it; null where there is none.
json termsOf(const Project &project, const ImportPlan &plan)
{
    const Terms *const terms = termsNamed(termsIdOf(plan));
    if (!terms)
        return nullptr;
    const TermsRecord record = termsRecord(project, *terms);
    const auto at = [](const std::string &time) { return time.empty() ? json() : json(time); };
    return {{"id", terms->id},
            {"title", terms->title},
            {"text", terms->notice()},
            {"shown_at", at(record.shownAt)},
            {"accepted_at", at(record.acceptedAt)}};
}

json resultOf(const ImportReport &report, const ImportPlan &plan)
{
    json probe = json::array();
    for (const Candidate &candidate : plan.probe)
        probe.push_back({{"importer", candidate.importer},
                         {"variant", candidate.variant},
                         {"confidence", candidate.confidence},
                         {"evidence", candidate.evidence},
                         {"contradictions", candidate.contradictions}});
    json links = json::array();
    for (const LinkOut &link : plan.linksOut)
        links.push_back({{"link", displayText(link.path)}, {"target", shown(link.target)}});
    json problems = json::object();
    for (const auto &[reason, found] : report.problems)
        problems[reason] = found.count;
    json result = {{"format", report.format},
                   {"variant", report.variant},
                   {"dry_run", report.isDryRun},
                   {"media", report.media},
                   {"samples", report.samples},
                   {"clips", report.clips},
                   {"labels", report.labels},
                   {"votes", report.votes},
                   {"skipped", report.skipped},
                   {"flagged", report.flagged},
                   {"seconds", report.seconds},
                   {"by_class_split", report.byClassSplit},
                   {"problems", problems},
                   {"probe", probe},
                   {"links_out", links},
                   {"follows_links", plan.links == LinksOut::Followed},
                   {"folder", report.folder.string()}};
    if (report.contents)
        result["contents"] = {{"unique", report.contents->unique},
                              {"ambiguous", report.contents->ambiguous},
                              {"unmatched", report.contents->unmatched}};
    if (!report.votesJoined.empty())
        result["votes_joined"] = report.votesJoined.string();
    if (const auto &found = report.duplicates) // zeros would say that there are none
        result["duplicates"] = {{"groups", found->groups},
                                {"images", found->images},
                                {"duplicates", found->duplicates()},
                                {"conflicts", found->conflicts},
                                {"across_splits", found->acrossSplits}};
    return result;
}

/// Classes as rows, splits as columns.
std::string countsText(const ImportReport &report)
{
    std::set<std::string> classes;
    std::vector<std::string> header = {"label"};
    for (const auto &[split, counts] : report.byClassSplit) {
        header.push_back(split.empty() ? "(no split)" : split);
        for (const auto &[name, count] : counts)
            classes.insert(name);
    }
    TextTable table(header);
    for (const std::string &name : classes) {
        std::vector<std::string> row = {name};
        for (const auto &[split, counts] : report.byClassSplit)
            row.push_back(counts.contains(name) ? grouped(counts.at(name)) : "");
        table.add(row);
    }
    return table.text();
}

void printReport(JsonLines &out, const ImportReport &report)
{
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.1f s", report.seconds);
    std::string text = (report.isDryRun ? "Would import " : "Imported ") + counted(report.samples, "sample") +
                       (report.clips == 0   ? ""
                        : report.clips == 1 ? " and 1 video"
                                            : " and " + grouped(report.clips) + " videos") +
                       " (" + grouped(report.labels) + " labelled" +
                       (report.votes ? ", " + grouped(report.votes) + " with votes" : "") + ") as " + report.format +
                       " in " + seconds + ".";
    if (!report.votesJoined.empty())
        text += "\nThe votes belong to " + report.votesJoined.string() + ".";
    if (report.contents)
        text += "\nFound in the table by content: " + counted(report.contents->unique, "picture") + "; " +
                grouped(report.contents->ambiguous) + " ambiguous, " + grouped(report.contents->unmatched) +
                " not in it.";
    if (const auto &found = report.duplicates; found && found->groups > 0)
        text += "\nPixel-identical: " + counted(found->images, "picture") + " in " + counted(found->groups, "group") +
                ", " + grouped(found->conflicts) + " with different labels, " + grouped(found->acrossSplits) +
                " across splits.";
    out.print(text + "\n" + countsText(report));
    for (const auto &[reason, found] : report.problems)
        out.print(reason + ": " + grouped(found.count));
    if (const auto others = report.problems.find("OTHER_TABLE"); others != report.problems.end())
        for (const Problem &other : others->second.first)
            out.print(other.file + " is such a table as well and was not read; import it by its name.");
    if (const auto left = report.problems.find("NO_LONGER_IN_SOURCE"); left != report.problems.end())
        out.print(left->second.first.front().detail);
    if (const auto escaping = report.problems.find("PATH_ESCAPES_ROOT"); escaping != report.problems.end())
        out.print(escaping->second.first.front().detail);
    if (report.clips > 0 && !report.isDryRun)
        out.print("mien extract finds the faces in the videos.");
    if (report.problems.contains("LABEL_UNMAPPED"))
        out.print("Say what numbers and names stand for with --numbering TABLE and --class NAME=CLASS.");
}

Result<ImportReport> perform(Session &session, Project &project, const ImportPlan &plan, bool isDryRun)
{
    const auto listener = [&](const Problem &problem) {
        if (severityOf(problem) == Severity::Skip)
            session.out().problem({problem.reason, problem.key, problem.file, problem.line, problem.detail}, false);
    };
    return isDryRun ? dryRun(plan, session.job(), listener) : runImport(project, plan, session.job(), listener);
}

/// "--class happy_faces=happiness" and "--numbering rafdb" as parameters of the plan.
Result<std::map<std::string, std::string>> parametersOf(const Wanted &wanted)
{
    std::map<std::string, std::string> parameters;
    if (!wanted.numbering.empty())
        parameters["numbering"] = wanted.numbering;
    if (!wanted.encoding.empty())
        parameters["encoding"] = wanted.encoding;
    for (const std::string &pair : wanted.options) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorCode::Invalid,
                        "--set is written NAME=VALUE, e.g. --set pictures=original; \"" + pair + "\" is not.");
        parameters[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    for (const std::string &pair : wanted.classes) {
        const std::size_t equals = pair.rfind('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorCode::Invalid,
                        "--class is written NAME=CLASS, e.g. --class 3=happiness; \"" + pair + "\" is not.");
        std::string meaning = pair.substr(equals + 1);
        if (const auto known = canonicalClassNamed(meaning))
            for (const ExpressionClass &canonical : canonicalClasses())
                if (canonical.id == *known)
                    meaning = canonical.name;
        parameters["class:" + pair.substr(0, equals)] = meaning;
    }
    return parameters;
}

int runImportCommand(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    const auto parameters = parametersOf(wanted);
    if (!parameters)
        return out.wrongUsage(parameters.error().message);
    ImportRequest request{.path = wanted.path, .format = wanted.format, .parameters = *parameters};
    if (!wanted.votes.empty())
        request.votes = wanted.votes;
    if (!wanted.byContent.empty())
        request.byContent = wanted.byContent;
    request.leaveOut = {wanted.leaveOut.begin(), wanted.leaveOut.end()};
    request.acceptsTerms = wanted.acceptsTerms;
    request.links = wanted.followsLinks ? LinksOut::Followed : LinksOut::Refused;
    auto project = session.openProject(wanted.dryRun ? Project::Access::Read : Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    const auto plan = planImport(request);
    if (!plan)
        return out.failed(plan.error());
    if (const auto fits = checkBesideOthers(*project, *plan); !fits)
        return out.failed(fits.error());
    out.setUnit("item");
    const json terms = termsOf(*project, *plan); // as it stands before this import shows it
    if (!wanted.dryRun)
        if (const auto begun = session.beginJob(*project, "item"); !begun)
            return out.failed(begun.error());
    const auto report = perform(session, *project, *plan, wanted.dryRun);
    if (!report)
        return out.failed(report.error());
    const auto copied = session.reportPath().empty() ? Result<>() : report->copyProblems(session.reportPath());
    printReport(out, *report);
    if (!wanted.dryRun && terms.is_object() && terms["shown_at"].is_null())
        out.print(terms["title"].get<std::string>() + ": " + terms["text"].get<std::string>());
    out.countItems(report->samples + report->clips + report->skipped);
    if (const auto &first = report->firstSkipped)
        out.countSkipped(report->skipped,
                         first->file.empty() || first->file == first->key ? first->key
                         : first->key.empty()                             ? first->file
                                                                          : first->file + '#' + first->key,
                         first->reason);
    json result = resultOf(*report, *plan);
    result["terms"] = termsOf(*project, *plan);
    return out.done(result, copied);
}

} // namespace

Command importCommand()
{
    return {.name = "import",
            .summary = "Read a data set in its published layout",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.file("PATH", "PATH", wanted->path, "The file or folder").required();
                std::vector<std::string> formats = {"auto"};
                for (const Importer *importer : importers())
                    formats.emplace_back(importer->id());
                options.choice("--format", wanted->format, formats, "What it is; auto finds out");
                options.file("--votes", "CSV", wanted->votes,
                             "FER+ votes that belong to it, or to the table of --by-content");
                options.file("--by-content", "CSV", wanted->byContent,
                             "fer2013.csv that the pictures are copies of, whatever their names, size and splits: its "
                             "splits and votes are attached");
                std::vector<std::string> tables;
                for (const CodeTable &table : codeTables())
                    tables.emplace_back(table.id);
                options.choice(
                    "--numbering", wanted->numbering, tables,
                    "Code table of numbered folders and labels, which otherwise stay unmapped where several fit");
                options.choice("--encoding", wanted->encoding, textEncodings(),
                               "Text of a table that is neither UTF-8 nor Windows-1252");
                options.texts("--class", "NAME=CLASS", wanted->classes,
                              "What a folder or label of the data set stands for; nothing behind = leaves it unmapped");
                options.texts("--set", "NAME=VALUE", wanted->options,
                              "A choice that the format offers (mien formats --json names them)");
                options.flag("--accept-terms", wanted->acceptsTerms,
                             "The notice about the terms of the data set was read; its date is kept");
                options.flag("--follow-links", wanted->followsLinks,
                             "Read also what links lead to outside of PATH; otherwise it is skipped");
                options.texts("--leave-out", "KEY", wanted->leaveOut, "Items not to read (key as in the report)");
                options.flag("--dry-run", wanted->dryRun, "Only say what would come in");
                return [wanted](Session &session) { return runImportCommand(session, *wanted); };
            }};
}

} // namespace mien
