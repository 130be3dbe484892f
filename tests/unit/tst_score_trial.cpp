#include "pipeline/flag/planted_labels.h"
#include "pipeline/flag/score_trial.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace mien;

namespace {

/// Three classes, `count` samples; of class 1 half is taken for class 2, of the others nothing for anything.
struct Labels
{
    std::vector<std::int64_t> sample, label;
    std::vector<std::uint8_t> members;
    LabelNoise noise{.classes = 3, .joint = {0.3, 0, 0, 0, 0.2, 0, 0, 0.2, 0.3}};

    explicit Labels(std::int64_t count)
    {
        for (std::int64_t i = 0; i < count; ++i) {
            sample.push_back(100 + i);
            label.push_back(i % 10 == 9 ? -1 : i % 3);
            members.push_back(i % 4 != 0);
        }
    }
    PlantedLabels plant(double rate, FlipShape shape, std::uint64_t seed = 1) const
    {
        return plantWrongLabels(sample, label, members, rate, shape, noise, seed);
    }
};

FlagReport reportOf(const std::vector<double> &suspicion)
{
    FlagReport report;
    for (std::size_t i = 0; i < suspicion.size(); ++i) {
        FlagRow row{.sample = std::int64_t(i), .label = int(i % 2)};
        row.suspicion = suspicion[i];
        row.clNoise = 1 - suspicion[i]; // the worst that there is
        row.selfConfidence = 0.5;       // says nothing
        report.rows.push_back(row);
    }
    return report;
}

} // namespace

class TestScoreTrial : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void asManyAreFlippedAsWereAsked()
    {
        const Labels labels(1000);
        const auto able =
            std::inner_product(labels.members.begin(), labels.members.end(), labels.label.begin(), 0, std::plus(),
                               [](std::uint8_t member, std::int64_t label) { return int(member && label >= 0); });
        for (const double rate : {0.05, 0.2, 0.5}) {
            const PlantedLabels planted = labels.plant(rate, FlipShape::Uniform);
            QCOMPARE(planted.count, std::llround(rate * able));
            std::int64_t changed = 0;
            for (std::size_t i = 0; i < labels.label.size(); ++i) {
                const bool isChanged = planted.label[i] != labels.label[i];
                QCOMPARE(bool(planted.planted[i]), isChanged);
                QVERIFY(!isChanged || (labels.members[i] && labels.label[i] >= 0 && planted.label[i] >= 0));
                changed += isChanged;
            }
            QCOMPARE(changed, planted.count);
        }
    }

    void shapesAreAsNamed()
    {
        const Labels labels(30000);
        std::array<std::array<int, 3>, 3> to{}, confused{};
        const PlantedLabels evenly = labels.plant(0.5, FlipShape::Uniform);
        const PlantedLabels asConfused = labels.plant(0.5, FlipShape::Confusion);
        for (std::size_t i = 0; i < labels.label.size(); ++i) {
            if (evenly.planted[i])
                ++to[std::size_t(labels.label[i])][std::size_t(evenly.label[i])];
            if (asConfused.planted[i])
                ++confused[std::size_t(labels.label[i])][std::size_t(asConfused.label[i])];
        }
        QVERIFY(std::abs(to[1][0] - to[1][2]) < 0.1 * (to[1][0] + to[1][2]));
        QCOMPARE(confused[1][0], 0); // class 1 is taken for class 2 alone
        QVERIFY(confused[1][2] > 1000);
        QVERIFY(confused[0][1] > 0 && confused[0][2] > 0); // nothing is known of it: evenly
    }

    /// Neither the order of rows nor samples that join change what a sample is given.
    void drawsHangOnTheSample()
    {
        Labels labels(600);
        const PlantedLabels before = labels.plant(0.3, FlipShape::Uniform);
        std::vector<std::size_t> order(labels.label.size());
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), std::mt19937(3));
        Labels shuffled(0);
        for (const std::size_t i : order) {
            shuffled.sample.push_back(labels.sample[i]);
            shuffled.label.push_back(labels.label[i]);
            shuffled.members.push_back(labels.members[i]);
        }
        const PlantedLabels after = shuffled.plant(0.3, FlipShape::Uniform);
        for (std::size_t n = 0; n < order.size(); ++n)
            QCOMPARE(after.label[n], before.label[order[n]]);
        QVERIFY(labels.plant(0.3, FlipShape::Uniform, 2).label != before.label);
    }

    void oneClassHasNoOther()
    {
        Labels labels(50);
        labels.noise = {.classes = 1, .joint = {1}};
        std::replace_if(labels.label.begin(), labels.label.end(), [](std::int64_t label) { return label > 0; }, 0);
        QCOMPARE(labels.plant(0.5, FlipShape::Uniform).count, 0);
    }

    /// Reference: the definition over all pairs, in Python.
    void intervalAfterDeLong()
    {
        const std::vector<double> scores = {0.1, 0.4, 0.35, 0.8, 0.7, 0.6, 0.4, 0.9, 0.2, 0.55};
        const std::vector<std::uint8_t> flags = {0, 0, 1, 1, 0, 1, 1, 1, 0, 0};
        const Interval interval = aurocInterval(scores, flags);
        QVERIFY(std::abs(interval.low - 0.4050812075080461) < 1e-12);
        QCOMPARE(interval.high, 1.0); // 1.0749 before it is cut
        const Interval none = aurocInterval(scores, std::vector<std::uint8_t>(10, 0));
        QCOMPARE(none.low, 0.0);
        QCOMPARE(none.high, 1.0);
    }

    void intervalAfterWilson()
    {
        const Interval interval = wilsonInterval(3, 20);
        QVERIFY(std::abs(interval.low - 0.052368745896216595) < 1e-12);
        QVERIFY(std::abs(interval.high - 0.36041886474075696) < 1e-12);
        QCOMPARE(wilsonInterval(0, 0).high, 1.0);
    }

    void theBestScoreComesFirst()
    {
        std::vector<double> suspicion;
        std::vector<std::uint8_t> planted, judged;
        for (int i = 0; i < 400; ++i) {
            planted.push_back(i % 8 < 2);
            suspicion.push_back(planted.back() ? 0.6 + i / 1000.0 : 0.1 + i / 1000.0);
            judged.push_back(i < 320);
        }
        const auto trials = tryScores(reportOf(suspicion), 2, planted, judged);
        QCOMPARE(trials.size(), std::size_t(3)); // those without evidence are left out
        QCOMPARE(trials.front().name, std::string("suspicion"));
        QCOMPARE(trials.front().auroc, 1.0);
        QCOMPARE(trials.front().precision, 1.0);
        QVERIFY(trials.front().precisionLow > 0.9 && trials.front().precisionLow < 1);
        QCOMPARE(trials[1].name, std::string("1 - self_confidence"));
        QCOMPARE(trials[1].auroc, 0.5);
        QCOMPARE(trials[2].auroc, 0.0);
        QVERIFY(std::is_sorted(trials.front().found.begin(), trials.front().found.end()));
        QCOMPARE(trials.front().found[3], 0.4); // a tenth of the samples, a quarter of which is wrong
        QCOMPARE(trials.front().found.back(), 1.0);
        QCOMPARE(trials.front().aurocOfClass.size(), std::size_t(2));
    }
};

QTEST_APPLESS_MAIN(TestScoreTrial)
#include "tst_score_trial.moc"
