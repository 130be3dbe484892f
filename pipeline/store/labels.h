#pragma once

#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mien {

class Project;

/// What a person said about one face.
struct Verdict
{
    enum class Kind { Label, Unsure, NotAFace, Skip, Unlabeled }; ///< Unlabeled: nobody's label counts, not the given one either.
    Kind kind = Kind::Label;
    std::optional<ClassId> label;  ///< With Kind::Label.
    std::optional<ClassId> second; ///< Softer second choice.
    double seconds = 0;            ///< From showing the face to the key.
    bool blind = false;
    bool afterReveal = false; ///< A revision after the given label and the model were shown.
    std::string note;
};

/// Appends one verdict; also moves the sample's flag: another label = accepted, the given one = rejected,
/// unsure and skip stay open (`cli.md`, "Flag states"). One undo step.
Result<EditId> annotate(Project &project, SampleId sample, const Verdict &verdict, const std::string &annotator);

/// The same verdict for many samples: one edit, one undo step. Name for the ledger is made from the count and class.
Result<EditId> annotateAll(Project &project, std::span<const SampleId> samples, const Verdict &verdict,
                           const std::string &annotator);

Result<EditId> addTag(Project &project, std::span<const SampleId> samples, const std::string &tag, const std::string &by);
Result<EditId> removeTag(Project &project, std::span<const SampleId> samples, const std::string &tag,
                         const std::string &by);
Result<EditId> assignSplit(Project &project, std::span<const SampleId> samples, Split split, const std::string &by);
Result<EditId> setExcluded(Project &project, std::span<const SampleId> samples, bool excluded, const std::string &by);

std::vector<std::string> annotators(const Project &project);

} // namespace mien
