#pragma once

#include "models/base/result.h"
#include "pipeline/store/sample.h"
#include "pipeline/store/split_certificates.h"

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace mien {

class Project;

/// What a person said about one face.
struct Verdict
{
    enum class Kind {
        Label,
        Unsure,
        NotAFace,
        Skip,
        Unlabeled
    }; ///< Unlabeled: nobody's label counts, not the given one either.
    Kind kind = Kind::Label;
    std::optional<ClassId> label;  ///< With Kind::Label.
    std::optional<ClassId> second; ///< Softer second choice.
    double seconds = 0;            ///< From showing the face to the key.
    bool blind = false;
    bool afterReveal = false; ///< A revision after the given label and the model were shown.
    /// With which probability the queue's random share drew this face, in (0, 1]; empty when it was picked by rank.
    std::optional<double> samplingProbability;
    std::string note;
};

/// Appends one verdict; also moves the sample's flag: another label = accepted, the given one = rejected,
/// unsure and skip stay open (`cli.md`, "Flag states"). One undo step.
Result<EditId> annotate(Project &project, SampleId sample, const Verdict &verdict, const std::string &annotator);

/// The same verdict for many samples: one edit, one undo step. Name for the ledger is made from the count and class.
Result<EditId> annotateAll(Project &project, std::span<const SampleId> samples, const Verdict &verdict,
                           const std::string &annotator);

Result<EditId> addTag(Project &project, std::span<const SampleId> samples, const std::string &tag,
                      const std::string &by);
Result<EditId> removeTag(Project &project, std::span<const SampleId> samples, const std::string &tag,
                         const std::string &by);
Result<EditId> assignSplit(Project &project, std::span<const SampleId> samples, Split split, const std::string &by);
/// A split for each sample, in one edit that is called `name`; `certificate` says how they were dealt.
Result<EditId> assignSplits(Project &project, std::span<const SampleId> samples, std::span<const Split> splits,
                            const std::string &name, const std::string &by,
                            const std::optional<SplitCertificate> &certificate = {});
Result<EditId> setExcluded(Project &project, std::span<const SampleId> samples, bool excluded, const std::string &by);

std::vector<std::string> annotators(const Project &project);

/// Faces that the random share of a review queue drew and a person judged, each with the probability of its latest
/// counting verdict that has one (withdrawn and skipped ones do not count), by sample. Their labels stand for all
/// samples, weighted by 1 / probability; what was picked by rank stands for itself only.
struct DrawnSample
{
    SampleId sample;
    double samplingProbability = 1;
};
Result<std::vector<DrawnSample>> drawnSamples(const Project &project);

/// When a person judged a sample last, in ms since 1970, by sample id; withdrawn and skipped verdicts do not count.
Result<std::unordered_map<std::int64_t, std::int64_t>> judgedAtMs(const Project &project);

} // namespace mien
