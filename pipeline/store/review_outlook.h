#pragma once

#include "models/base/interval.h"
#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mien {

class Project;

/// What suspicion says of a face, and what a person said of its label.
struct JudgedFace
{
    double suspicion = 0; ///< Of the current flagging, in [0, 1].
    ClassId label;        ///< That the suspicion is about.
    bool isJudged = false;
    bool isWrong = false; ///< Judged: the person gave another label, or said that there is no face.
    bool isDrawn = false; ///< The random share of a queue had it: it stands for all faces.
};

/// How many wrong labels are left and how many reviews find how many of them, from the suspicion and from what people
/// answered.
///
/// In each tenth of the suspicion the share of wrong labels is Beta(w + k s, r + k (1 - s)): w faces judged wrong, r
/// judged right, s the mean suspicion there and k = 2 answers that the suspicion is worth by itself. Which face a queue
/// shows depends on its suspicion alone, so that within a tenth all answers count; rates of the whole set rest on the
/// drawn faces alone.
struct ReviewOutlook
{
    struct Tenth
    {
        std::int64_t faces = 0; ///< Not judged yet.
        double suspicion = 0;   ///< Mean over all faces of the tenth; 0 without any.
        int judged = 0, wrong = 0;
        Interval share; ///< Of wrong labels, by the answers alone (Wilson).
    };
    std::array<Tenth, 10> tenths; ///< From low to high suspicion.
    /// Mean over the drawn faces of |share of wrong labels - mean suspicion| of their tenth; empty below 20 drawn ones.
    std::optional<double> calibrationError;

    struct Rate
    {
        ClassId label; ///< ClassId{}: of all labels.
        int judged = 0, wrong = 0;
        Interval share; ///< Wilson.
    };
    Rate all;                    ///< By the drawn faces.
    std::vector<Rate> ofClasses; ///< The same of each label that a drawn face has, by its id.

    struct Point
    {
        std::int64_t reviewed = 0; ///< Of the faces that nobody judged, most suspicious first.
        double found = 0;          ///< Wrong labels expected among them.
        double low = 0, high = 0;  ///< In 95 of 100 cases.
    };
    std::vector<Point> curve; ///< From 0 to all of them, at most 101 points; a single one without any.

    /// The point of the curve for a number of reviews, between its points in proportion.
    Point at(std::int64_t reviewed) const;
};

ReviewOutlook outlookOf(std::span<const JudgedFace> faces);

/// Of the current flagging. Answers that were there before its labels were frozen do not count where they had changed
/// labels: those are right by now, whatever the rest is like. NotFound where nothing was flagged yet.
Result<ReviewOutlook> reviewOutlook(const Project &project);

} // namespace mien
