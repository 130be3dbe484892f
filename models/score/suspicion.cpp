#include "models/score/suspicion.h"

#include "models/score/confident_learning.h"
#include "models/score/logistic_regression.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <set>

namespace mien {

namespace {

using Rows = std::vector<std::uint32_t>;

// Phase 3. FER2013 against FER+: 0.63 systematic, AUROC 0.870 by the regression alone, 0.902 with the classes; FER+'s
// majority of which a fifth is flipped evenly: 0.35 systematic, 0.952 alone, 0.943 with the classes.
constexpr double leastSystematic = 0.4; // below: labels are wrong at random, and the class says nothing more
constexpr double mostSystematic = 0.6;  // from here on the class's noise rate counts in full
constexpr double leastEvidenceWeight = 0.5;
constexpr double mostClassRatio = 2.5; // weight of the class's log-odds, as a multiple of the evidence's
constexpr double pseudoSamples = 100;  // with which the rate of a rare class is drawn to that of all
constexpr int standInFolds = 5;        // where no folds are known
constexpr int largestEmSteps = 40;
constexpr int mostPairedClasses = 16; // more have too many pairs to learn something of each
constexpr double interceptDeviation = 3;

/// Uniform in [0, 1) for a sample and a purpose, whatever row it stands in.
double draw(std::uint64_t seed, std::int64_t sample, std::uint64_t purpose)
{
    std::uint64_t z =
        seed * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(sample) * 0xD1B54A32D192ED03ULL + purpose;
    for (int i = 0; i < 2; ++i) {
        z += 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        z ^= z >> 31;
    }
    return static_cast<double>(z >> 11) * 0x1p-53;
}

enum Purpose : std::uint64_t { Fold = 1, Thin = 2, Reread = 3, DrawClass = 4 };

double logOdds(double p)
{
    return std::log(p / (1 - p));
}

LabelNoise noiseOf(const SuspicionInputs &inputs, const Rows &rows)
{
    const auto columns = static_cast<std::size_t>(inputs.classes);
    std::vector<float> p;
    std::vector<std::int64_t> labels;
    p.reserve(rows.size() * columns);
    for (const std::uint32_t row : rows) {
        const auto values = inputs.probabilities.subspan(row * columns, columns);
        p.insert(p.end(), values.begin(), values.end());
        labels.push_back(inputs.label[row]);
    }
    return estimateLabelNoise(normalizedRows(std::span<const float>(p), inputs.classes), labels, inputs.classes);
}

/// Share of wrong labels of every given class according to Q; rare classes are drawn towards the whole.
std::vector<double> classRates(const LabelNoise &noise, std::size_t samples)
{
    const auto columns = static_cast<std::size_t>(noise.classes);
    std::vector<double> rates;
    for (std::size_t c = 0; c < columns; ++c) {
        const auto row = std::span(noise.joint).subspan(c * columns, columns);
        const double total = std::accumulate(row.begin(), row.end(), 0.0) * static_cast<double>(samples);
        const double wrong = total - row[c] * static_cast<double>(samples);
        rates.push_back(std::clamp((wrong + pseudoSamples * noise.noiseRate()) / (total + pseudoSamples), 0.01, 0.99));
    }
    return rates;
}

/// What is learnt from the samples outside a fold.
struct NoTruthModel
{
    std::vector<double> mean;
    std::vector<double> scale;
    std::vector<double> coefficients; // on standardised features, then the intercept
    std::vector<double> classLogit;   // log-odds of the class's noise rate
    double evidenceWeight = 1;        // phase 3: of the regression's logit
    double classWeight = 0;           // phase 3: of the log-odds of the class's noise rate
    double intercept = 0;             // phase 4

    void standardise(std::span<double> row) const
    {
        for (std::size_t j = 0; j < row.size(); ++j)
            row[j] = (row[j] - mean[j]) / scale[j];
    }

    double logit(std::span<const double> standardised, std::int64_t label) const
    {
        return evidenceWeight * linearPredictor(coefficients, standardised) +
               classWeight * classLogit[static_cast<std::size_t>(label)] + intercept;
    }
};

/// The regression of phase 2 on one set of training rows.
class NoTruthFit
{
public:
    NoTruthFit(const SuspicionInputs &inputs, const SuspicionFeatures &features, const Rows &training,
               const SuspicionOptions &options)
        : m_inputs(inputs)
        , m_features(features)
        , m_size(static_cast<std::size_t>(features.count()))
        , m_noise(noiseOf(inputs, training))
        , m_kept(thinned(training, options))
    {
        m_model.classLogit = classRates(m_noise, training.size());
        std::transform(m_model.classLogit.begin(), m_model.classLogit.end(), m_model.classLogit.begin(), logOdds);
        collect(options);
        const double found = separate(options);
        const double part = weigh(training);
        calibrate(found + part * std::max(0.0, m_noise.noiseRate() - found));
    }

    NoTruthModel &&model() { return std::move(m_model); }

private:
    const SuspicionInputs &m_inputs;
    const SuspicionFeatures &m_features;
    std::size_t m_size;
    LabelNoise m_noise;
    Rows m_kept;
    std::vector<std::uint32_t> m_rereadFrom; // position in m_kept
    std::vector<double> m_rows;              // standardised: kept samples, then re-read ones
    std::vector<double> m_wrong;             // P(wrong) of the kept samples
    NoTruthModel m_model;

    Rows thinned(const Rows &training, const SuspicionOptions &options) const
    {
        if (static_cast<std::int64_t>(training.size()) <= options.largestFit)
            return training;
        std::vector<std::pair<double, std::uint32_t>> order;
        for (std::uint32_t n = 0; n < training.size(); ++n)
            order.emplace_back(draw(options.seed, m_inputs.sample[training[n]], Thin), n);
        const auto end = order.begin() + options.largestFit;
        std::nth_element(order.begin(), end, order.end());
        Rows rows;
        for (auto it = order.begin(); it != end; ++it)
            rows.push_back(it->second);
        std::sort(rows.begin(), rows.end()); // `training` is in the order of sample ids
        for (std::uint32_t &row : rows)
            row = training[row];
        return rows;
    }

    void collect(const SuspicionOptions &options)
    {
        m_rows.resize(m_kept.size() * m_size);
        for (std::size_t n = 0; n < m_kept.size(); ++n)
            m_features.write(m_kept[n], m_inputs.label[m_kept[n]], m_rows.data() + n * m_size);
        const auto count = static_cast<double>(m_kept.size());
        m_model.mean.assign(m_size, 0);
        m_model.scale.assign(m_size, 0);
        for (std::size_t i = 0; i < m_rows.size(); ++i)
            m_model.mean[i % m_size] += m_rows[i] / count;
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            const double away = m_rows[i] - m_model.mean[i % m_size];
            m_model.scale[i % m_size] += away * away / count;
        }
        for (double &scale : m_model.scale)
            scale = scale > 1e-12 ? std::sqrt(scale) : 1; // a constant says nothing

        for (std::uint32_t n = 0; n < m_kept.size(); ++n) {
            const std::int64_t id = m_inputs.sample[m_kept[n]];
            const std::int64_t own = m_inputs.label[m_kept[n]];
            if (draw(options.seed, id, Reread) >= options.rereadShare)
                continue;
            const std::int64_t other = drawnGivenClass(m_noise, own, draw(options.seed, id, DrawClass));
            m_rereadFrom.push_back(n);
            m_rows.resize(m_rows.size() + m_size);
            m_features.write(m_kept[n], other, m_rows.data() + m_rows.size() - m_size);
        }
        for (std::size_t start = 0; start < m_rows.size(); start += m_size)
            m_model.standardise(std::span(m_rows).subspan(start, m_size));
    }

    /// Expectation-maximisation; returns the mean P(wrong) of the kept samples.
    double separate(const SuspicionOptions &options)
    {
        const std::size_t kept = m_kept.size();
        const auto reread = static_cast<double>(m_rereadFrom.size());
        const double prior = std::max(m_noise.noiseRate(), 0.005);
        // Log-odds of "wrong" are higher in this collection than among the kept samples alone by this much.
        const double surplus =
            std::log((reread + prior * static_cast<double>(kept)) / (prior * static_cast<double>(kept)));
        std::vector<double> penalty(m_size + 1, 1 / options.inverseRegularisation);
        penalty.back() = 1e-6;
        std::vector<double> targets(m_rows.size() / m_size, 1);
        std::vector<double> weights(targets.size(), 1);
        m_wrong.assign(kept, prior);
        for (int step = 0; step < largestEmSteps; ++step) {
            std::copy(m_wrong.begin(), m_wrong.end(), targets.begin());
            // A sample whose own label is wrong is no good example of a wrong one when it is re-read.
            double sum = 0;
            for (std::size_t n = 0; n < m_rereadFrom.size(); ++n)
                sum += weights[kept + n] = 1 - m_wrong[m_rereadFrom[n]];
            for (std::size_t n = 0; n < m_rereadFrom.size(); ++n)
                weights[kept + n] *= reread / std::max(sum, 1e-9);
            const LogisticProblem problem{static_cast<int>(m_size), m_rows, targets, weights, {}, penalty, {}};
            m_model.coefficients = fitLogistic(problem, std::move(m_model.coefficients), 3);
            double change = 0;
            for (std::size_t n = 0; n < kept; ++n) {
                const double wrong = sigmoid(
                    linearPredictor(m_model.coefficients, std::span(m_rows).subspan(n * m_size, m_size)) - surplus);
                change = std::max(change, std::abs(wrong - m_wrong[n]));
                m_wrong[n] = wrong;
            }
            if (change < 1e-3)
                break;
        }
        m_model.coefficients.back() -= surplus;
        return std::accumulate(m_wrong.begin(), m_wrong.end(), 0.0) / static_cast<double>(kept);
    }

    /// Phase 3. A label that was taken for another one by mistake is what a network thinks of next; one that is wrong
    /// at random stands anywhere behind the class that it predicts.
    /// @return from 0 (at random, or only two classes) to 1 (systematic)
    double weigh(const Rows &training)
    {
        const auto columns = static_cast<std::size_t>(m_inputs.classes);
        double ranks = 0, disagreeing = 0;
        for (const std::uint32_t row : training) {
            const auto p = m_inputs.probabilities.subspan(row * columns, columns);
            const float own = p[static_cast<std::size_t>(m_inputs.label[row])];
            const auto before = std::count_if(p.begin(), p.end(), [own](float other) { return other > own; });
            ranks += static_cast<double>(before);
            disagreeing += before > 0;
        }
        const double atRandom = static_cast<double>(columns) / 2; // mean rank of a label that stands anywhere
        const double systematic =
            disagreeing > 0 && columns > 2 ? (atRandom - ranks / disagreeing) / (atRandom - 1) : 0;
        const double part = std::clamp((systematic - leastSystematic) / (mostSystematic - leastSystematic), 0.0, 1.0);
        m_model.evidenceWeight = 1 - (1 - leastEvidenceWeight) * part;
        m_model.classWeight = mostClassRatio * part * m_model.evidenceWeight;
        return part;
    }

    /// Phase 4.
    void calibrate(double expected)
    {
        std::vector<double> logits;
        for (std::size_t n = 0; n < m_kept.size(); ++n)
            logits.push_back(m_model.logit(std::span(m_rows).subspan(n * m_size, m_size), m_inputs.label[m_kept[n]]));
        double low = -40;
        double high = 40;
        for (int i = 0; i < 50; ++i) {
            const double middle = (low + high) / 2;
            double sum = 0;
            for (const double logit : logits)
                sum += sigmoid(logit + middle);
            (sum < expected * static_cast<double>(logits.size()) ? low : high) = middle;
        }
        m_model.intercept = (low + high) / 2;
    }
};

/// Everything of one call.
class Estimator
{
public:
    Estimator(const SuspicionInputs &inputs, std::span<const Answer> answers, const SuspicionOptions &options,
              const Job &job)
        : m_inputs(inputs)
        , m_answers(answers)
        , m_options(options)
        , m_job(job)
        , m_features(m_inputs)
        , m_size(static_cast<std::size_t>(m_features.count()))
        , m_order(inputs.label.size())
    {
        std::iota(m_order.begin(), m_order.end(), 0);
        std::sort(m_order.begin(), m_order.end(),
                  [&](std::uint32_t a, std::uint32_t b) { return inputs.sample[a] < inputs.sample[b]; });
        chooseFolds();
    }

    Result<Suspicion> run()
    {
        const LabelNoise noise = noiseOf(m_inputs, m_order);
        m_result.classRate = classRates(noise, m_order.size());
        const std::size_t count = m_order.size();
        if (static_cast<std::int64_t>(count) < m_options.minimumSamples || m_inputs.classes < 2) {
            rank();
            m_result.noiseRate = noise.noiseRate();
            return std::move(m_result);
        }
        m_logit.resize(count);
        m_standardised.resize(count * m_size);
        m_result.contribution.resize(count * evidenceCount);
        std::int64_t done = 0;
        for (const std::int64_t fold : m_folds) {
            if (m_job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The estimate of suspicion was stopped.");
            if (m_job.report)
                m_job.report({done++, static_cast<std::int64_t>(m_folds.size()),
                              fold < 0 ? "Samples of no fold" : "Samples of fold " + std::to_string(fold)});
            scoreFold(fold);
        }
        const auto wrong = std::count_if(m_answers.begin(), m_answers.end(), [](const Answer &a) { return a.wrong; });
        const auto right = static_cast<std::int64_t>(m_answers.size()) - wrong;
        if (wrong + right >= m_options.minimumAnswers && std::min(wrong, right) >= m_options.minimumOfEach)
            learnFromAnswers();
        m_result.value.resize(count);
        std::transform(m_logit.begin(), m_logit.end(), m_result.value.begin(), sigmoid);
        for (const std::uint32_t row : m_order)
            m_result.noiseRate += m_result.value[row] / static_cast<double>(count);
        return std::move(m_result);
    }

private:
    SuspicionInputs m_inputs;
    std::span<const Answer> m_answers;
    const SuspicionOptions &m_options;
    const Job &m_job;
    SuspicionFeatures m_features;
    std::size_t m_size;
    Rows m_order; // rows in the order of sample ids
    std::vector<std::int64_t> m_fold;
    std::set<std::int64_t> m_folds;
    std::vector<double> m_logit;        // [N]
    std::vector<double> m_standardised; // [N, features], each by its fold's model
    std::vector<std::size_t> m_other;   // [N] with answers: the class that would take the label's place
    Suspicion m_result;

    void chooseFolds()
    {
        m_fold.assign(m_inputs.fold.begin(), m_inputs.fold.end());
        std::set<std::int64_t> named(m_fold.begin(), m_fold.end());
        named.erase(-1);
        if (named.size() < 2) {
            m_fold.resize(m_inputs.label.size());
            for (std::size_t row = 0; row < m_fold.size(); ++row)
                m_fold[row] =
                    static_cast<std::int64_t>(draw(m_options.seed, m_inputs.sample[row], Fold) * standInFolds);
        }
        m_folds.insert(m_fold.begin(), m_fold.end());
    }

    std::span<double> standardised(std::size_t row) { return std::span(m_standardised).subspan(row * m_size, m_size); }

    void scoreFold(std::int64_t fold)
    {
        Rows training;
        for (const std::uint32_t row : m_order)
            if (m_fold[row] != fold && m_fold[row] >= 0)
                training.push_back(row);
        const NoTruthModel model = NoTruthFit(m_inputs, m_features, training, m_options).model();
        const double meanClass =
            std::accumulate(model.classLogit.begin(), model.classLogit.end(), 0.0) / m_inputs.classes;
        for (const std::uint32_t row : m_order) {
            if (m_fold[row] != fold)
                continue;
            const std::int64_t label = m_inputs.label[row];
            const auto values = standardised(row);
            m_features.write(row, label, values.data());
            model.standardise(values);
            m_logit[row] = model.logit(values, label);
            contribute(row, values, model.coefficients, model.evidenceWeight);
            m_result.contribution[row * evidenceCount + std::size_t(Evidence::GivenClass)] +=
                static_cast<float>(model.classWeight * (model.classLogit[static_cast<std::size_t>(label)] - meanClass));
        }
    }

    void contribute(std::size_t row, std::span<const double> values, std::span<const double> coefficients,
                    double weight)
    {
        for (std::size_t j = 0; j < m_size; ++j)
            m_result.contribution[row * evidenceCount + std::size_t(m_features.evidenceOf(static_cast<int>(j)))] +=
                static_cast<float>(weight * coefficients[j] * values[j]);
    }

    /// What the regression on answers sees of a sample: the standardised features, the given class, the class that
    /// would take its place, the pair of both, and the logit without truth.
    void writeAnswerRow(std::size_t row, std::vector<double> &out)
    {
        const auto classes = static_cast<std::size_t>(m_inputs.classes);
        const auto values = standardised(row);
        out.insert(out.end(), values.begin(), values.end());
        const auto given = static_cast<std::size_t>(m_inputs.label[row]), other = m_other[row];
        const std::size_t start = out.size();
        out.resize(start + 2 * classes + (hasPairs() ? classes * classes : 0), 0);
        out[start + given] = 1;
        out[start + classes + other] = 1;
        if (hasPairs())
            out[start + 2 * classes + given * classes + other] = 1;
        out.push_back(m_logit[row]);
    }

    bool hasPairs() const { return m_inputs.classes <= mostPairedClasses; }

    /// 1 / variance of each coefficient before any answer, in the order of writeAnswerRow(), then the intercept.
    std::vector<double> answerPenalty() const
    {
        const auto classes = static_cast<std::size_t>(m_inputs.classes);
        std::vector<double> penalty;
        const auto add = [&](std::size_t count, double deviation) {
            penalty.insert(penalty.end(), count, 1 / (deviation * deviation));
        };
        add(m_size, m_options.answersFeature);
        add(classes, m_options.answersGiven);
        add(classes, m_options.answersOther);
        if (hasPairs())
            add(classes * classes, m_options.answersPair);
        add(1, m_options.answersLogit);
        add(1, interceptDeviation); // the answers decide how many are wrong
        return penalty;
    }

    /// Coefficients from the answers outside `withoutFold`; -1: from all. Which face is asked depends on its evidence,
    /// which the regression knows, so that no answer weighs more than another.
    std::vector<double> answersModel(std::int64_t withoutFold)
    {
        std::vector<double> rows;
        std::vector<double> targets;
        for (const Answer &answer : m_answers) {
            const auto row = static_cast<std::size_t>(answer.row);
            if (withoutFold >= 0 && m_fold[row] == withoutFold)
                continue;
            writeAnswerRow(row, rows);
            targets.push_back(answer.wrong);
        }
        const std::vector<double> penalty = answerPenalty();
        std::vector<double> centre(penalty.size(), 0);
        centre[centre.size() - 2] = 1; // without answers: the logit as it is
        const LogisticProblem problem{static_cast<int>(penalty.size()) - 1, rows, targets, {}, {}, penalty, centre};
        return fitLogistic(problem, centre, 50);
    }

    void learnFromAnswers()
    {
        m_result.way = SuspicionWay::WithAnswers;
        std::vector<bool> answered(m_order.size());
        for (const Answer &answer : m_answers)
            answered[static_cast<std::size_t>(answer.row)] = true;
        m_other.resize(m_order.size());
        for (const std::uint32_t row : m_order)
            m_other[row] = mostProbableOther(row);
        const std::vector<double> ofAll = answersModel(-1);
        std::vector<double> next = m_logit, values;
        std::vector<float> ofClasses(m_order.size()); // what the answers said of the classes, for the contributions
        for (const std::int64_t fold : m_folds) {
            const std::vector<double> ofOthers = fold >= 0 ? answersModel(fold) : ofAll;
            for (const std::uint32_t row : m_order) {
                if (m_fold[row] != fold)
                    continue;
                const std::vector<double> &model = answered[row] ? ofOthers : ofAll;
                values.clear();
                writeAnswerRow(row, values);
                next[row] = linearPredictor(model, values);
                const double slope = model[model.size() - 2];
                for (std::size_t e = 0; e < evidenceCount; ++e)
                    m_result.contribution[row * evidenceCount + e] *= static_cast<float>(slope);
                contribute(row, std::span(values).first(m_size), model, 1);
                for (std::size_t at = m_size; at + 1 < values.size(); ++at)
                    ofClasses[row] += static_cast<float>(model[at] * values[at]);
            }
        }
        float mean = 0;
        for (const std::uint32_t row : m_order)
            mean += ofClasses[row] / static_cast<float>(m_order.size());
        for (const std::uint32_t row : m_order)
            m_result.contribution[row * evidenceCount + std::size_t(Evidence::GivenClass)] += ofClasses[row] - mean;
        m_logit = std::move(next);
    }

    /// The class that out-of-fold probabilities would put in the label's place; the lowest of equal ones.
    std::size_t mostProbableOther(std::size_t row) const
    {
        const auto classes = static_cast<std::size_t>(m_inputs.classes);
        const auto p = m_inputs.probabilities.subspan(row * classes, classes);
        const auto own = static_cast<std::size_t>(m_inputs.label[row]);
        std::size_t best = own == 0 ? 1 : 0;
        for (std::size_t c = 0; c < classes; ++c)
            if (c != own && p[c] > p[best])
                best = c;
        return best;
    }

    void rank()
    {
        m_result.way = SuspicionWay::Rank;
        const std::size_t count = m_order.size();
        const auto columns = static_cast<std::size_t>(m_inputs.classes);
        const auto own = [&](std::span<const float> values, std::size_t row) {
            return static_cast<double>(values[row * columns + static_cast<std::size_t>(m_inputs.label[row])]);
        };
        std::vector<std::vector<double>> scores(1, std::vector<double>(count));
        for (std::size_t row = 0; row < count; ++row)
            scores[0][row] = -labelMargin(m_inputs.probabilities.subspan(row * columns, columns), m_inputs.label[row]);
        if (!m_inputs.eacTrust.empty()) {
            scores.emplace_back(count);
            for (std::size_t row = 0; row < count; ++row)
                scores.back()[row] = -own(m_inputs.eacTrust, row);
        }
        if (!m_inputs.arbexFinal.empty()) {
            scores.emplace_back(count);
            for (std::size_t row = 0; row < count; ++row)
                scores.back()[row] =
                    -labelMargin(m_inputs.arbexFinal.subspan(row * columns, columns), m_inputs.label[row]);
        }
        m_result.value.assign(count, 0);
        for (const std::vector<double> &score : scores) {
            Rows order = m_order;
            std::sort(order.begin(), order.end(),
                      [&](std::uint32_t a, std::uint32_t b) { return score[a] < score[b]; });
            for (std::size_t start = 0; start < count;) {
                std::size_t end = start;
                while (end < count && score[order[end]] == score[order[start]])
                    ++end;
                const double place = (static_cast<double>(start + end)) / 2 / static_cast<double>(count);
                for (; start < end; ++start)
                    m_result.value[order[start]] += place / static_cast<double>(scores.size());
            }
        }
    }
};

} // namespace

std::string_view suspicionWayName(SuspicionWay way)
{
    switch (way) {
    case SuspicionWay::Rank: return "ranks";
    case SuspicionWay::WithoutTruth: return "without-truth";
    case SuspicionWay::WithAnswers: return "answers";
    }
    return {};
}

Result<Suspicion> estimateSuspicion(const SuspicionInputs &inputs, std::span<const Answer> answers,
                                    const SuspicionOptions &options, const Job &job)
{
    assert(inputs.probabilities.size() == inputs.label.size() * static_cast<std::size_t>(inputs.classes));
    return Estimator(inputs, answers, options, job).run();
}

} // namespace mien
