#pragma once

#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace mien {

class Project;

/// Order of a list. Ties by id in the same direction, so that paging is exact; samples without a value come last.
struct SampleOrder
{
    std::string key = "id"; ///< One of sortKeys(), or a measure of measuredNames().
    bool descending = false;
};

/// What lists can be sorted by: id, source, label, suspicion, margin, …
std::vector<std::string> sortKeys();

/// Ids of all samples that match, in order; one 8-byte value a sample, so a million is 8 MB. What the gallery holds.
/// @param after  keyset paging: only what comes behind this sample (it need not match itself)
Result<std::vector<SampleId>> samplesMatching(const Project &project, std::string_view filter,
                                              const SampleOrder &order = {}, std::optional<std::int64_t> limit = {},
                                              std::optional<SampleId> after = {});

/// Full rows for the ids, in the order asked for. Unknown ids are left out.
Result<std::vector<SampleRow>> sampleRows(const Project &project, std::span<const SampleId> ids);

/// The label spaces these samples are labelled in ("expression/1"), each once: by the given label, else the current
/// one, else what a network says. Samples without any, and those of the project's own classes, say nothing.
Result<std::vector<std::string>> spacesOf(const Project &project, std::span<const SampleId> ids,
                                          const std::stop_token &stop = {});

/// How many match, without listing them.
Result<std::int64_t> countMatching(const Project &project, std::string_view filter);

/// Counts by class for what matches: (class, samples); unlabelled states under ClassId{0}.
struct ClassCount
{
    std::optional<ClassId> label;
    LabelState state = LabelState::Ok;
    std::int64_t samples = 0;
};
Result<std::vector<ClassCount>> countsByLabel(const Project &project, std::string_view filter);
Result<std::vector<std::pair<Split, std::int64_t>>> countsBySplit(const Project &project, std::string_view filter);
/// Ids of the importers of what matches.
Result<std::set<std::string>> importersOf(const Project &project, std::string_view filter);
/// Distinct subjects, those of unsampled clips included.
std::int64_t subjectCount(const Project &project);

/// Everything else that is stored about one sample, for the inspector.
struct AnnotationRow
{
    EditId edit;
    std::string annotator;
    std::string verdict;               ///< Class name, "unsure", "not_a_face", "skip", "unlabeled".
    std::optional<std::string> second; ///< Second choice.
    std::int64_t atMs = 0;
    double seconds = 0;
    bool blind = false, afterReveal = false, withdrawn = false;
    std::optional<double> samplingProbability; ///< See Verdict.
    std::string source;                        ///< import, person, model
    std::string note;
};
std::vector<AnnotationRow> annotationsOf(const Project &project, SampleId sample);

} // namespace mien
