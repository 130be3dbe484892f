#pragma once

#include "pipeline/import/importer.h"
#include "pipeline/import/problem_log.h"
#include "pipeline/store/import_writer.h"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace mien {

class Project;

struct ImportRequest
{
    std::filesystem::path path;                          ///< File or folder.
    std::string format = "auto";                         ///< An importer's id, or "auto".
    std::optional<std::filesystem::path> votes;          ///< FER+ votes that belong to it.
    std::optional<std::filesystem::path> byContent = {}; ///< fer2013.csv that the pictures are copies of.
    std::map<std::string, std::string> parameters =
        {};                              ///< Of the plan ("numbering", "class:NAME"); they overrule what a probe found.
    std::set<std::string> leaveOut = {}; ///< Source keys not to read: see ImportPlan.
    bool acceptsTerms = false;           ///< The notice about terms was read.
    LinksOut links = LinksOut::Refused;  ///< Whether links are followed out of `path`.
};

/// Probes and decides. Invalid: unknown format (names the known ones), ambiguous, nothing importable; NotFound.
Result<ImportPlan> planImport(const ImportRequest &request);

struct ImportReport
{
    std::string format, variant; ///< Importer id as in `mien formats`.
    bool isDryRun = false;
    bool isCancelled = false;
    std::int64_t media = 0;   ///< Files read.
    std::int64_t samples = 0; ///< Items kept.
    std::int64_t clips = 0;   ///< Videos: their samples come when faces are extracted.
    std::int64_t labels = 0;  ///< Items and videos with a class.
    std::int64_t votes = 0;   ///< Of these with votes.
    std::int64_t skipped = 0, flagged = 0;
    /// Pictures that were looked for in a table: found, near to several different ones, not in it.
    struct Contents
    {
        std::int64_t unique = 0, ambiguous = 0, unmatched = 0;
    };
    std::optional<Contents> contents; ///< Empty without a join by content.
    double seconds = 0;
    std::optional<ImportWriter::Duplicates> duplicates; ///< Empty where nobody looked: a dry run decodes nothing.
    std::map<std::string, std::map<std::string, std::int64_t>> byClassSplit; ///< split -> class or state -> items
    std::string comparedWith;                           ///< Published counts that were held against them; "" = none.
    std::string termsAcceptedAt;                        ///< ISO 8601; "" = nobody said to have read them.
    std::map<std::string, ProblemLog::Reason> problems; ///< Counts, and the first 200 of each.
    std::optional<Problem> firstSkipped;
    std::filesystem::path votesJoined; ///< The FER2013 table that votes on their own were attached to.
    std::filesystem::path
        folder; ///< imports/<time>-<id>/ with plan.json, report.json, problems.csv; empty in a dry run.
    std::vector<Problem> dryProblems; ///< All problems of a dry run.

    std::string toJson(const ImportPlan &plan) const; ///< report.json
    /// Writes problems.csv to another place as well (`--report FILE`).
    Result<> copyProblems(const std::filesystem::path &to) const;
};

/// Whether what this importer reads may be copies of FER2013's pictures.
bool canJoinByContent(std::string_view importer);

/// The data set whose terms hold for what a plan imports, "" = none: see terms.h.
std::string_view termsIdOf(const ImportPlan &plan);

/// Invalid: FER2013 and FER+ are the same pictures, and the project has those of the other one already; says how the
/// votes are attached to them instead.
Result<> checkBesideOthers(const Project &project, const ImportPlan &plan);

/// Everything an import would find, by the same code, without writing anything. Pictures are decoded only where they
/// are joined by content.
Result<ImportReport> dryRun(const ImportPlan &plan, const Job &job, const ProblemLog::Listener &onProblem = {});

/// Imports. What is in the project from an interrupted import of the same source is not read again. After Cancelled
/// what was read so far is kept, with its report.
/// Fails with Cancelled, NoSpace, Unreadable or Invalid: nothing importable, votes that do not fit (nothing is
/// written).
/// @param onProblem  called for every problem as it is met, notes included
Result<ImportReport> runImport(Project &project, const ImportPlan &plan, const Job &job,
                               const ProblemLog::Listener &onProblem = {});

} // namespace mien
