#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/score/suspicion_features.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mien {

/// `suspicion`(i) = P(the given label of sample i is wrong), `models.md` 10.1.
///
/// Without truth (phases, for every fold on the samples of the other folds):
///   1. The joint Q of confident learning says which classes are taken for which. A random part of the samples is
///      re-read as if it carried another class drawn from Q: their out-of-fold outputs never saw their label, so
///      these are samples whose label is wrong. The others keep their labels, and a share of them is wrong too.
///   2. A logistic regression tells them apart. The contamination is part of the model: expectation-maximisation
///      splits every kept sample into wrong and right, with the share 1 - trace Q as the prior of the odds.
///   3. Drawn labels are wrong at random, people's are wrong where a class is hard, and a network learns that. So
///      the logit is tempered and joined with the log-odds of the class's own noise rate in Q, the more so the less
///      the evidence decides: where it tells wrong from right clearly, it needs no such help.
///   4. The intercept is set so that the mean suspicion is the share of wrong labels found in phase 2 where the
///   evidence
///      decides, and 1 - trace Q where it does not: networks that learned what is systematically wrong find too little
///      of it, while Q takes a weak network's own mistakes for wrong labels. In between by the root of how undecided
///      it is.
///
/// With answers: a second regression on the person's answers, in which the logit from above has the coefficient 1 and
/// all else 0 unless the answers say otherwise: the features, the given class, the class that would take its place, and
/// the pair of both, for people confuse certain classes with certain others. How far the answers may move a kind of
/// coefficient is its deviation before any answer, measured on FER2013 against FER+ (after 1,000 answers, a quarter of
/// them random, AUROC 0.907 on the rest by features alone, 0.922 so). What is answered is scored by the answers of
/// other folds.
///
/// Below `minimumSamples`: the rank average of cl_noise, eac_noise and arbex_noise.

enum class SuspicionWay { Rank, WithoutTruth, WithAnswers };

/// "ranks", "without-truth", "answers": what is stored and shown beside the scores.
std::string_view suspicionWayName(SuspicionWay way);

struct Answer
{
    std::int64_t row = 0; ///< Index into the inputs, at most once.
    bool wrong = false;   ///< The person gave another label.
};

struct SuspicionOptions
{
    std::uint64_t seed = 0;
    std::int64_t minimumSamples = 200;   ///< Below: ranks.
    std::int64_t minimumAnswers = 100;   ///< Below: answers are not used.
    std::int64_t minimumOfEach = 5;      ///< Of "wrong" and of "right": answers of one kind teach nothing.
    double inverseRegularisation = 0.05; ///< C of the regression on standardised features.
    /// Deviations before any answer of the coefficients on a standardised feature, a given class, the class that would
    /// take its place, a pair of them, and (around 1) the logit without truth.
    double answersFeature = 0.1, answersGiven = 1, answersOther = 0.3, answersPair = 0.7, answersLogit = 0.3;
    double rereadShare = 0.5;        ///< Part of the samples that is re-read, in (0, 1].
    std::int64_t largestFit = 50000; ///< More samples than this are thinned for fitting; all are scored.
};

struct Suspicion
{
    SuspicionWay way = SuspicionWay::WithoutTruth;
    std::vector<double> value;     ///< [N] probability; with SuspicionWay::Rank a rank in (0, 1).
    double noiseRate = 0;          ///< Expected share of wrong labels: mean of `value`, of Q with SuspicionWay::Rank.
    std::vector<double> classRate; ///< [L] share of wrong labels of a given class according to Q.
    /// [N, evidenceCount] how much each kind of evidence adds to the log-odds, compared with the mean sample; empty
    /// with SuspicionWay::Rank.
    std::vector<float> contribution;
};

/// Fails with Cancelled only. Shapes and ranges are the caller's duty (checkProbabilities, checkLabels). The result
/// does not depend on the order of rows beyond the last bits.
Result<Suspicion> estimateSuspicion(const SuspicionInputs &inputs, std::span<const Answer> answers,
                                    const SuspicionOptions &options, const Job &job);

} // namespace mien
