#pragma once

#include "models/worker/compute.h"
#include "pipeline/store/project.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace mien {

/// What `mien embed` was asked.
struct EmbedRequest
{
    std::string run;                        ///< A map of what one of this run's networks sees, or
    std::filesystem::path features;         ///< of a researcher's own features, `.npy` [N, D].
    std::optional<std::int64_t> fold;       ///< Whose space it is; 0 where nobody says. Only with `run`.
    std::filesystem::path labels;           ///< With `features`: `.npy` [N], for the scores that need classes.
    std::filesystem::path out;              ///< `.npy` [N, 2], float32; empty: none. Needed with `features`.
    std::string method = "tsne";            ///< tsne or pca
    std::optional<double> perplexity;       ///< 30, or a third of the rows where there are few.
    std::optional<std::int64_t> iterations; ///< 750
    std::int64_t seed = 0;
    std::string device = "auto";
};

/// Lays out every sample of the project in the space of one network of a run; features of several never share a map.
/// Kept in `runs/<id>/embeddings/<hash>.safetensors`: `sample` I64 [N], `layout` F32 [N, 2], `distortion` F32 [N],
/// `label` I64 [N] (as the run was trained; -1: none), `trained` U8 [N] (1: the network was trained on it), metadata
/// `result` (the result event), `classes`, `model_hash`. An equal request is answered from there. While a map forms its
/// layouts are in `layout.safetensors` of the folder beside it that the events `layout` name.
///
/// @return the fields of the result event. NotFound (no such run), Conflict (not finished), Invalid, Cancelled
Result<nlohmann::json> embedRun(const Project &project, Compute &compute, const EmbedRequest &request,
                                const EventSink &events, const Job &job);

/// The same of a file, without a project. What an interrupted start had done is kept in `<out>.work` until the map is
/// whole.
Result<nlohmann::json> embedTable(Compute &compute, const EmbedRequest &request, const EventSink &events,
                                  const Job &job);

} // namespace mien
