#pragma once

#include "models/base/result.h"
#include "models/worker/compute.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// What became of one fixture file.
struct GoldenOutcome
{
    enum class State { Passed, Failed, NotBuilt, Input };

    std::string name; ///< File stem.
    std::string kind; ///< The file's metadata `kind`.
    State state = State::Failed;
    double worstError = 0; ///< Largest |ours - stored| of the tensor that came closest to its limit; may be NaN.
    double limit = 0;      ///< What that tensor was allowed.
    std::string tensor;    ///< Its name.
    int compared = 0;      ///< Tensors compared.
    std::string message;   ///< Why it failed.

    nlohmann::json event() const; ///< As `mien-worker golden` prints it.
};

struct GoldenReport
{
    std::vector<GoldenOutcome> outcomes; ///< In order of file name, inputs of other fixtures left out.

    int count(GoldenOutcome::State state) const;
    int exitStatus() const; ///< 1 when any failed, 3 when some kinds are not built, else 0.
};

/// Checks one fixture file against this program's own computation (`models.md` 0.10). Never throws: an unreadable
/// or inconsistent file is a failed outcome.
GoldenOutcome checkFixture(const std::filesystem::path &file);

/// Checks every `*.safetensors` of a folder whose file name or kind contains `filter`, and reports each as an event.
/// Fails with NotFound when the folder or any fixture is missing, with Cancelled when stopped.
Result<GoldenReport> runGolden(const std::filesystem::path &folder, std::string_view filter, const EventSink &events,
                               const Job &job);

} // namespace mien
