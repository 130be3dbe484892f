#include "pipeline/flag/flag_job.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>

namespace mien {

namespace {

constexpr double eacTrustDifference = 0.1;
constexpr double arbexLeastConfidence = 0.3;
constexpr double ambiguousShare = 0.1;
constexpr std::size_t leastPerClass = 5; // for a median that means something

int argmaxOf(std::span<const float> row)
{
    return static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
}

double medianOf(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2)
        return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/// Median and spread of a score among the samples of each given class.
struct ClassTypical
{
    double median = 0;
    double spread = 0; // 1.4826 MAD
};

/// The labelled part of the inputs, scored.
class Flagging
{
public:
    Flagging(const FlagInputs &inputs, const FlagOptions &options, const Job &job)
        : m_in(inputs)
        , m_options(options)
        , m_job(job)
        , m_classes(static_cast<int>(inputs.classes.size()))
        , m_columns(inputs.classes.size())
    {
        for (std::size_t i = 0; i < inputs.label.size(); ++i)
            if (inputs.label[i] >= 0)
                m_labelled.push_back(i);
        m_report.method = options.method;
        m_report.labelled = static_cast<std::int64_t>(m_labelled.size());
    }

    Result<FlagReport> run()
    {
        if (m_options.method == FlagMethod::Eac && m_in.eacTrust.empty())
            return fail(ErrorCode::Invalid, m_in.name + " holds no EAC scores; flag with --method fused or cl.");
        if (m_options.method == FlagMethod::Arbex && m_in.arbexFinal.empty())
            return fail(ErrorCode::Invalid, m_in.name + " holds no ARBEx scores; flag with --method fused or cl.");
        if (!sampleRows())
            return fail(ErrorCode::Cancelled, "Flagging was stopped.");
        if (m_labelled.empty())
            return std::move(m_report);
        confidentLearning();
        const auto done = suspicion();
        if (!done)
            return fail(done.error());
        if (!m_in.eacTrust.empty())
            classRobustViews();
        decide();
        if (m_options.reasons)
            for (std::size_t n = 0; n < m_labelled.size(); ++n)
                explain(n);
        return std::move(m_report);
    }

private:
    const FlagInputs &m_in;
    const FlagOptions &m_options;
    const Job &m_job;
    int m_classes;
    std::size_t m_columns;
    std::vector<std::size_t> m_labelled; // rows with a label
    Suspicion m_suspicion;               // of the labelled rows
    std::vector<ClassTypical> m_inconsistency;
    FlagReport m_report;

    std::span<const float> rowOf(const std::vector<float> &values, std::size_t i) const
    {
        return std::span(values).subspan(i * m_columns, m_columns);
    }

    /// The values of the labelled rows, `width` a row.
    template <typename T>
    std::vector<T> labelledPart(const std::vector<T> &values, std::size_t width) const
    {
        if (values.empty() || m_labelled.size() == m_in.label.size())
            return values;
        std::vector<T> part;
        part.reserve(m_labelled.size() * width);
        for (const std::size_t i : m_labelled)
            part.insert(part.end(), values.begin() + static_cast<std::ptrdiff_t>(i * width),
                        values.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
        return part;
    }

    /// What needs no other sample; false: stopped.
    bool sampleRows()
    {
        const auto predicted = predictedClasses(m_in.probabilities, m_classes);
        m_report.rows.resize(m_in.label.size());
        for (std::size_t i = 0; i < m_report.rows.size(); ++i) {
            if (i % 65536 == 0 && m_job.stop.stop_requested())
                return false;
            FlagRow &row = m_report.rows[i];
            row.sample = m_in.sample[i];
            row.label = static_cast<int>(m_in.label[i]);
            row.predicted = row.suggested = static_cast<int>(predicted[i]);
            if (!m_in.eacTrust.empty())
                row.eacLabel = argmaxOf(rowOf(m_in.eacTrust, i));
            if (!m_in.arbexFinal.empty()) {
                row.arbexLabel = argmaxOf(rowOf(m_in.arbexFinal, i));
                row.arbexConfidence = m_in.arbexConfidence[i];
            }
            row.sawLabel = !m_in.sawLabel.empty() && m_in.sawLabel[i] != 0;
            if (row.label < 0)
                continue;
            m_report.sawLabels += row.sawLabel;
            const auto own = static_cast<std::size_t>(row.label);
            if (!m_in.eacTrust.empty()) {
                row.eacNoise = 1 - double(rowOf(m_in.eacTrust, i)[own]);
                row.eacInconsistency = rowOf(m_in.eacInconsistency, i)[own];
                if (!m_in.eacSpread.empty())
                    row.eacSpread = rowOf(m_in.eacSpread, i)[own];
            }
            if (!m_in.arbexFinal.empty()) {
                row.arbexGiven = rowOf(m_in.arbexFinal, i)[own];
                row.arbexNoise = 1 - 0.5 * (labelMargin(rowOf(m_in.arbexFinal, i), row.label) + 1);
            }
        }
        return true;
    }

    void confidentLearning()
    {
        const auto p = labelledPart(m_in.probabilities, m_columns);
        const auto labels = labelledPart(m_in.label, 1);
        m_report.noise = estimateLabelNoise(p, labels, m_classes);
        const auto own = selfConfidence(p, labels, m_classes);
        const auto margin = normalizedMargin(p, labels, m_classes);
        const auto masks = flaggedBy(allFlagRules, p, labels, m_report.noise);
        for (std::size_t n = 0; n < m_labelled.size(); ++n) {
            FlagRow &row = m_report.rows[m_labelled[n]];
            row.selfConfidence = own[n];
            row.margin = margin[n];
            row.clNoise = 1 - margin[n];
            for (std::size_t rule = 0; rule < masks.size(); ++rule)
                row.rules |= static_cast<std::uint8_t>(masks[rule][n] << rule);
        }
    }

    Result<> suspicion()
    {
        const auto sample = labelledPart(m_in.sample, 1);
        const auto label = labelledPart(m_in.label, 1);
        const auto fold = labelledPart(m_in.fold, 1);
        const auto exact = labelledPart(m_in.probabilities, m_columns);
        const std::vector<float> p(exact.begin(), exact.end());
        const auto inSample = labelledPart(m_in.inSample, m_columns);
        const auto neighbours = labelledPart(m_in.neighbours, m_columns);
        const auto trust = labelledPart(m_in.eacTrust, m_columns);
        const auto inconsistency = labelledPart(m_in.eacInconsistency, m_columns);
        const auto arbex = labelledPart(m_in.arbexFinal, m_columns);
        const auto confidence = labelledPart(m_in.arbexConfidence, 1);
        const SuspicionInputs inputs{m_classes,  sample, label,         fold,  p,         inSample,
                                     neighbours, trust,  inconsistency, arbex, confidence};

        std::vector<Answer> answers;
        if (!m_options.answers.empty()) {
            std::unordered_map<std::int64_t, std::int64_t> places;
            for (std::size_t n = 0; n < sample.size(); ++n)
                places.emplace(sample[n], static_cast<std::int64_t>(n));
            for (const SampleAnswer &answer : m_options.answers)
                if (const auto found = places.find(answer.sample); found != places.end())
                    answers.push_back({found->second, answer.wrong});
        }
        auto estimated = estimateSuspicion(inputs, answers, m_options.suspicion, m_job);
        if (!estimated)
            return fail(estimated.error());
        m_suspicion = std::move(*estimated);
        m_report.way = m_suspicion.way;
        m_report.expectedNoise = m_suspicion.noiseRate;
        for (std::size_t n = 0; n < m_labelled.size(); ++n)
            m_report.rows[m_labelled[n]].suspicion = m_suspicion.value[n];
        return {};
    }

    std::vector<ClassTypical> typical(double FlagRow::*score) const
    {
        std::vector<std::vector<double>> byClass(m_columns);
        std::vector<double> all;
        for (const std::size_t i : m_labelled) {
            const FlagRow &row = m_report.rows[i];
            byClass[static_cast<std::size_t>(row.label)].push_back(row.*score);
            all.push_back(row.*score);
        }
        std::vector<ClassTypical> result;
        for (std::vector<double> &own : byClass) {
            std::vector<double> values = own.size() < leastPerClass ? all : std::move(own);
            ClassTypical typicalOfClass;
            typicalOfClass.median = medianOf(values);
            for (double &value : values)
                value = std::abs(value - typicalOfClass.median);
            typicalOfClass.spread = 1.4826 * medianOf(std::move(values));
            result.push_back(typicalOfClass);
        }
        return result;
    }

    void classRobustViews()
    {
        m_inconsistency = typical(&FlagRow::eacInconsistency);
        const auto noise = typical(&FlagRow::eacNoise);
        for (const std::size_t i : m_labelled) {
            FlagRow &row = m_report.rows[i];
            const auto own = static_cast<std::size_t>(row.label);
            row.eacNoiseZ = (row.eacNoise - noise[own].median) / (noise[own].spread + 1e-6);
            row.eacInconsistencyZ =
                (row.eacInconsistency - m_inconsistency[own].median) / (m_inconsistency[own].spread + 1e-6);
        }
    }

    /// Flags the `wanted` rows with the highest score, equal ones by sample id; returns the lowest score among them.
    double flagHighest(double FlagRow::*score, std::int64_t wanted)
    {
        std::vector<std::size_t> order = m_labelled;
        wanted = std::clamp<std::int64_t>(wanted, 0, static_cast<std::int64_t>(order.size()));
        if (wanted == 0)
            return 1;
        const auto last = order.begin() + (wanted - 1);
        std::nth_element(order.begin(), last, order.end(), [&](std::size_t a, std::size_t b) {
            const FlagRow &first = m_report.rows[a];
            const FlagRow &second = m_report.rows[b];
            return first.*score != second.*score ? first.*score > second.*score : first.sample < second.sample;
        });
        for (auto it = order.begin(); it <= last; ++it)
            m_report.rows[*it].flagged = true;
        return m_report.rows[*last].*score;
    }

    double trustDifference(std::size_t i) const
    {
        const auto trust = rowOf(m_in.eacTrust, i);
        const FlagRow &row = m_report.rows[i];
        return double(trust[static_cast<std::size_t>(row.eacLabel)]) - trust[static_cast<std::size_t>(row.label)];
    }

    void decide()
    {
        switch (m_options.method) {
        case FlagMethod::Fused:
            if (!m_options.threshold)
                m_report.threshold = flagHighest(
                    &FlagRow::suspicion, std::llround(m_report.expectedNoise * static_cast<double>(m_labelled.size())));
            else
                flagWhere(*m_options.threshold,
                          [&](std::size_t i, double t) { return m_report.rows[i].suspicion >= t; });
            break;
        case FlagMethod::Eac:
            flagWhere(m_options.threshold.value_or(eacTrustDifference), [&](std::size_t i, double t) {
                return m_report.rows[i].eacLabel != m_report.rows[i].label && trustDifference(i) > t;
            });
            break;
        case FlagMethod::Arbex:
            flagWhere(m_options.threshold.value_or(arbexLeastConfidence), [&](std::size_t i, double t) {
                return m_report.rows[i].arbexLabel != m_report.rows[i].label && m_report.rows[i].arbexConfidence >= t;
            });
            break;
        case FlagMethod::ConfidentLearning:
            if (m_options.threshold) {
                flagWhere(*m_options.threshold, [&](std::size_t i, double t) { return m_report.rows[i].clNoise >= t; });
                break;
            }
            m_report.threshold = 1;
            for (const std::size_t i : m_labelled) {
                FlagRow &row = m_report.rows[i];
                row.flagged = row.rules >> static_cast<int>(FlagRule::PruneByNoiseRate) & 1;
                if (row.flagged)
                    m_report.threshold = std::min(m_report.threshold, row.clNoise);
            }
            break;
        }
        for (const std::size_t i : m_labelled) {
            m_report.flagged += m_report.rows[i].flagged;
            suggest(i);
        }
        if (!m_in.arbexFinal.empty())
            markAmbiguous();
    }

    template <typename Rule>
    void flagWhere(double threshold, Rule rule)
    {
        m_report.threshold = threshold;
        for (const std::size_t i : m_labelled)
            m_report.rows[i].flagged = rule(i, threshold);
    }

    void suggest(std::size_t i)
    {
        FlagRow &row = m_report.rows[i];
        if (m_options.method == FlagMethod::Eac)
            row.suggested = row.eacLabel;
        else if (m_options.method == FlagMethod::Arbex)
            row.suggested = row.arbexLabel;
        if (!row.flagged || row.suggested != row.label || m_classes < 2)
            return;
        // Doubted although it is the most probable class: the next one is what a person should weigh it against.
        const double *p = m_in.probabilities.data() + i * m_columns;
        row.suggested = row.label == 0 ? 1 : 0;
        for (int c = 0; c < m_classes; ++c)
            if (c != row.label && p[c] > p[row.suggested])
                row.suggested = c;
    }

    void markAmbiguous()
    {
        std::vector<double> confidence;
        for (const std::size_t i : m_labelled)
            confidence.push_back(m_report.rows[i].arbexConfidence);
        if (confidence.empty())
            return;
        const auto tenth = confidence.begin() + static_cast<std::ptrdiff_t>(ambiguousShare * double(confidence.size()));
        std::nth_element(confidence.begin(), tenth, confidence.end());
        for (const std::size_t i : m_labelled) {
            FlagRow &row = m_report.rows[i];
            row.ambiguous = row.arbexLabel == row.label && row.arbexConfidence < *tenth;
        }
    }

    /// True statements that speak against the label, in the order of what their evidence added to the suspicion.
    void explain(std::size_t n)
    {
        const std::size_t i = m_labelled[n];
        FlagRow &row = m_report.rows[i];
        const auto own = static_cast<std::size_t>(row.label);
        const double *p = m_in.probabilities.data() + i * m_columns;
        const auto strength = [&](Evidence evidence) {
            return m_suspicion.contribution.empty()
                       ? 0.0
                       : double(m_suspicion.contribution[n * evidenceCount + static_cast<std::size_t>(evidence)]);
        };
        const auto add = [&](ReasonKind kind, int cls, double value, double typicalValue, double weight) {
            row.reasons.push_back({kind, cls, value, typicalValue, weight});
        };
        if (row.predicted != row.label)
            add(ReasonKind::PredictsOther, row.predicted, p[row.predicted], 0, strength(Evidence::OutOfFold));
        else if (p[own] < 0.5)
            add(ReasonKind::DoubtsGiven, row.label, p[own], 0, strength(Evidence::OutOfFold));
        if (!m_in.neighbours.empty()) {
            const int most = argmaxOf(rowOf(m_in.neighbours, i));
            if (most != row.label)
                add(ReasonKind::Neighbours, most, rowOf(m_in.neighbours, i)[static_cast<std::size_t>(most)], 0,
                    strength(Evidence::Neighbours));
        }
        if (!m_in.inSample.empty() && argmaxOf(rowOf(m_in.inSample, i)) != row.label &&
            (m_in.fold.empty() || m_in.fold[i] >= 0))
            add(ReasonKind::ResistsLearning, row.label, rowOf(m_in.inSample, i)[own], 0, strength(Evidence::InSample));
        if (!m_inconsistency.empty() && row.eacInconsistencyZ > 1)
            add(ReasonKind::Attention, row.label, row.eacInconsistency, m_inconsistency[own].median,
                strength(Evidence::Eac));
        if (row.arbexLabel >= 0 && row.arbexLabel != row.label)
            add(ReasonKind::Corrected, row.arbexLabel, row.arbexConfidence, 0, strength(Evidence::Arbex));
        if (m_suspicion.classRate[own] > 1.25 * m_report.noise.noiseRate())
            add(ReasonKind::ClassOftenWrong, row.label, m_suspicion.classRate[own], 0, strength(Evidence::GivenClass));
        std::stable_sort(row.reasons.begin(), row.reasons.end(),
                         [](const Reason &a, const Reason &b) { return a.strength > b.strength; });
    }
};

} // namespace

std::string_view flagMethodName(FlagMethod method)
{
    switch (method) {
    case FlagMethod::Fused: return "fused";
    case FlagMethod::Eac: return "eac";
    case FlagMethod::Arbex: return "arbex";
    case FlagMethod::ConfidentLearning: return "cl";
    }
    return {};
}

std::optional<FlagMethod> flagMethodNamed(std::string_view name)
{
    for (const FlagMethod method :
         {FlagMethod::Fused, FlagMethod::Eac, FlagMethod::Arbex, FlagMethod::ConfidentLearning})
        if (flagMethodName(method) == name)
            return method;
    return std::nullopt;
}

Result<FlagReport> computeFlags(const FlagInputs &inputs, const FlagOptions &options, const Job &job)
{
    if (const auto checked = checkFlagInputs(inputs); !checked)
        return fail(checked.error());
    return Flagging(inputs, options, job).run();
}

} // namespace mien
