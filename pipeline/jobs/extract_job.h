#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/face/extraction_settings.h"
#include "pipeline/import/problem_log.h"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mien {

class Project;

/// What a running extraction has come to.
struct ExtractTally
{
    std::int64_t frames = 0, faces = 0; ///< Looked at, and found in them.
    std::int64_t failures = 0;          ///< Files that cannot be read.
};

struct ExtractRequest
{
    /// Of the media that an importer brought: recipeOf() and what a person changed of it.
    std::function<ExtractionSettings(std::string_view importer)> settings = recipeOf;
    std::string filter;                                ///< "": everything.
    std::set<std::string> utaRlddStates = {"0", "10"}; ///< Recordings of UTA-RLDD whose frames become samples.
    std::set<std::string> leaveOut;                    ///< Source keys not to open: a reader crashed at them.
    int threads = 0;                                   ///< Files at a time; 0: as many as there are processors.
    /// Before each report of progress, from any thread, one at a time.
    std::function<void(const ExtractTally &)> onTally;
};

struct ExtractReport
{
    std::int64_t media = 0;     ///< Pictures and videos that were looked at.
    std::int64_t unchanged = 0; ///< Looked at before with the same settings.
    std::int64_t frames = 0, faces = 0, crops = 0, noFace = 0;
    std::int64_t gated = 0;                      ///< Faces that a threshold left out.
    std::map<std::string, std::int64_t> gatedBy; ///< By threshold; a face may fail several.
    std::int64_t skipped = 0;                    ///< Files that cannot be read.
    double seconds = 0;
    std::map<std::string, std::int64_t> problems;
    std::optional<Problem> firstSkipped;
    std::vector<std::filesystem::path> folders; ///< imports/<time>-<id> of each source, with settings and problems.csv.

    /// All problems as one CSV (`--report FILE`).
    Result<> copyProblems(const std::filesystem::path &to) const;
};

/// Finds faces in the project's pictures and videos, cuts them out and stores them as samples. What an earlier run with
/// the same settings finished is not looked at again, so a stopped one goes on. Several files at a time, stored in
/// their order: the same media and settings give the same samples under the same ids.
/// NotFound: nothing to extract from; Cancelled: what was stored is kept, also of a video that is not done.
Result<ExtractReport> extractFaces(Project &project, const ExtractRequest &request, const Job &job,
                                   const ProblemLog::Listener &onProblem);

} // namespace mien
