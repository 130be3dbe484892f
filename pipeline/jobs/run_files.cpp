#include "pipeline/jobs/run_files.h"

#include "models/io/safetensors_header.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace mien {

namespace {

namespace fs = std::filesystem;

/// Below a run's folder.
std::vector<fs::path> filesOf(const RunRow &run)
{
    std::vector<fs::path> files = {"config.json", "metrics.jsonl", "folds.safetensors", "predictions.safetensors"};
    for (int k = 0; k < run.folds; ++k)
        files.push_back(run.folds == 1 ? fs::path("checkpoint.safetensors")
                                       : fs::path("fold" + std::to_string(k)) / "checkpoint.safetensors");
    return files;
}

std::vector<fs::path> tensorFilesBelow(const fs::path &folder)
{
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        if (at->path().extension() == ".safetensors")
            files.push_back(at->path().lexically_relative(folder));
    std::sort(files.begin(), files.end());
    return files;
}

/// Why the file cannot be the one that was written; "" when it may be.
std::string damageOf(const fs::path &file)
{
    if (file.extension() == ".safetensors") {
        const auto checked = checkSafetensors(file);
        return checked ? "" : checked.error().message;
    }
    const auto text = readFile(file);
    if (!text)
        return text.error().message;
    const bool isWhole = file.extension() == ".json" ? nlohmann::json::accept(*text) : text->ends_with('\n');
    return isWhole ? "" : file.string() + " is cut off.";
}

} // namespace

Result<std::vector<ProjectProblem>> examineRunFiles(const Project &project, const Job &job)
{
    std::vector<ProjectProblem> problems;
    std::error_code error;
    for (const RunRow &run : runs(project)) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The examination was stopped.");
        const fs::path folder = project.folder() / "runs" / run.id;
        if (run.state != "done" || !fs::is_directory(folder, error))
            continue;
        const std::string advice = " Put it back from a copy, or train again and take run " + run.id +
                                   " out with mien runs remove " + run.id + ".";
        std::vector<fs::path> files = filesOf(run);
        for (const fs::path &other : tensorFilesBelow(folder))
            if (std::find(files.begin(), files.end(), other) == files.end())
                files.push_back(other);
        for (const fs::path &name : files) {
            const fs::path file = folder / name;
            if (!fs::exists(file, error))
                problems.push_back({.kind = "missing_file", .what = file.string() + " is gone." + advice});
            else if (const std::string damage = damageOf(file); !damage.empty())
                problems.push_back({.kind = "damaged_file", .what = damage + advice});
        }
    }
    return problems;
}

} // namespace mien
