#include "models/io/safetensors.h"
#include "models/score/confident_learning.h"
#include "tests/support/test_data.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

using namespace mien;

namespace {

/// 24 samples of 4 classes, the last without samples; what cleanlab 2.9.0 makes of them is stored below.
const std::vector<double> smallProbabilities = {
    0.031, 0.405, 0.549, 0.014, 0.193, 0.066, 0.612, 0.129, 0.453, 0.294, 0.159, 0.094, 0.267, 0.407, 0.188, 0.137,
    0.06,  0.734, 0.044, 0.163, 0.16,  0.67,  0.058, 0.112, 0.101, 0.424, 0.376, 0.099, 0.835, 0.097, 0.006, 0.062,
    0.046, 0.143, 0.792, 0.019, 0.54,  0.096, 0.326, 0.038, 0.885, 0.026, 0.056, 0.033, 0.157, 0.355, 0.418, 0.07,
    0.141, 0.769, 0.033, 0.057, 0.397, 0.379, 0.124, 0.101, 0.781, 0.054, 0.067, 0.099, 0.659, 0.046, 0.266, 0.03,
    0.314, 0.053, 0.501, 0.133, 0.486, 0.075, 0.357, 0.082, 0.348, 0.419, 0.069, 0.164, 0.093, 0.06,  0.488, 0.359,
    0.722, 0.063, 0.035, 0.18,  0.077, 0.785, 0.069, 0.068, 0.059, 0.073, 0.785, 0.083, 0.415, 0.46,  0.111, 0.014};
const std::vector<std::int64_t> smallLabels = {2, 0, 0, 0, 0, 0, 2, 0, 2, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 2, 0, 2, 1, 2};

bool near(std::span<const double> values, std::span<const double> expected)
{
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (!(std::abs(values[i] - expected[i]) <= 1e-9 * std::abs(expected[i]) + 1e-12))
            return false;
    return true;
}

QString text(const std::vector<std::uint8_t> &mask)
{
    QString bits;
    for (const std::uint8_t bit : mask)
        bits += bit ? '1' : '0';
    return bits;
}

struct Set
{
    std::vector<double> p;
    std::vector<std::int64_t> labels;
    int classes = 0;
};

/// Softmax of noise around the true class, with a share of labels drawn anew.
Set noisySet(unsigned seed, std::size_t count, int classes)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_int_distribution<int> anyClass(0, classes - 1);
    Set set;
    set.classes = classes;
    for (std::size_t i = 0; i < count; ++i) {
        const int truth = anyClass(random);
        set.labels.push_back(random() % 4 ? truth : anyClass(random));
        for (int c = 0; c < classes; ++c)
            set.p.push_back(std::exp(normal(random) + (c == truth ? 2 : 0)));
    }
    set.p = normalizedRows(std::span<const double>(set.p), classes);
    return set;
}

} // namespace

class TestConfidentLearning : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reference_data()
    {
        QTest::addColumn<FlagRule>("rule");
        QTest::addColumn<QString>("expected");
        QTest::newRow("confident_learning") << FlagRule::ConfidentLearning << "010111100001000010100111";
        QTest::newRow("prune_by_class") << FlagRule::PruneByClass << "010111100001010010100111";
        QTest::newRow("prune_by_noise_rate") << FlagRule::PruneByNoiseRate << "010111100001010010100111";
        QTest::newRow("both") << FlagRule::Both << "010111100001010010100111";
        QTest::newRow("predicted_neq_given") << FlagRule::PredictedNeqGiven << "010111100001010010100111";
        QTest::newRow("low_self_confidence") << FlagRule::LowSelfConfidence << "010111100001000010100111";
        QTest::newRow("low_normalized_margin") << FlagRule::LowNormalizedMargin << "010111100001000010100111";
    }

    void reference()
    {
        QFETCH(FlagRule, rule);
        QFETCH(QString, expected);
        QCOMPARE(std::string(flagRuleName(rule)), std::string(QTest::currentDataTag()));
        const auto p = normalizedRows(std::span<const double>(smallProbabilities), 4);
        const LabelNoise noise = estimateLabelNoise(p, smallLabels, 4);
        const FlagRule rules[] = {rule};
        QCOMPARE(text(flaggedBy(rules, p, smallLabels, noise).at(0)), expected);
    }

    void referenceScores()
    {
        const auto p = normalizedRows(std::span<const double>(smallProbabilities), 4);
        const LabelNoise noise = estimateLabelNoise(p, smallLabels, 4);
        QVERIFY(near(noise.thresholds, {{0.47867536281822, 0.39390534465534466, 0.3976031031031031, 2.0}}));
        const std::vector<std::int64_t> joint = {8, 4, 2, 0, 0, 1, 3, 0, 0, 3, 3, 0, 0, 0, 0, 0};
        QCOMPARE(noise.calibratedJoint, joint);
        QVERIFY(near(std::vector<double>{noise.noiseRate()}, std::vector<double>{12.0 / 24}));
        const auto margin = normalizedMargin(p, smallLabels, 4);
        QVERIFY(near(margin, {{0.572072072072072, 0.2905, 0.5795, 0.42992992992992995}}));
        QVERIFY(near(selfConfidence(p, smallLabels, 4), {{0.5495495495495495, 0.193, 0.453, 0.2672672672672673}}));
        QVERIFY(near(confidenceWeightedEntropy(p, smallLabels, 4),
                     {{0.6687373834003948, 0.40400046779826554, 0.5532483959165746, 0.42838241296730595}}));
        const auto adjusted = adjustedProbabilities(p, noise.thresholds);
        QVERIFY(near(normalizedMargin(adjusted, smallLabels, 4),
                     {{0.5122557496657254, 0.4563622773241661, 0.5064775185959844, 0.48037370215137287}}));
        const FlagRule rules[] = {FlagRule::PruneByNoiseRate};
        const std::vector<std::int64_t> ranked = {21, 22, 4, 5, 1, 23, 16, 3, 18, 11, 6, 13};
        QCOMPARE(rankedIssues(flaggedBy(rules, p, smallLabels, noise).at(0), margin), ranked);
    }

    void goldenFixture()
    {
        MIEN_NEED_TEST_DATA(path, "golden/confident_learning.safetensors");
        const auto file = SafetensorsFile::open(path);
        QVERIFY2(file, file ? "" : file.error().message.c_str());
        const auto doubles = [&](const char *tensor) { return file->values<double>(tensor).value(); };
        const auto integers = [&](const std::string &tensor) { return file->values<std::int64_t>(tensor).value(); };
        const auto p = doubles("input.pred_probs");
        const auto labels = integers("input.labels");
        const int classes = static_cast<int>(file->find("input.pred_probs")->shape.at(1));

        const LabelNoise noise = estimateLabelNoise(p, labels, classes);
        QVERIFY(near(noise.thresholds, doubles("output.thresholds")));
        QVERIFY(near(noise.joint, doubles("output.joint")));
        QCOMPARE(noise.calibratedJoint, integers("output.confident_joint_calibrated"));
        QCOMPARE(noise.confidentJoint, integers("output.confident_joint"));
        QCOMPARE(noise.offDiagonal, integers("output.off_diagonal_indices"));
        const auto margin = normalizedMargin(p, labels, classes);
        const auto adjusted = adjustedProbabilities(p, noise.thresholds);
        QVERIFY(near(margin, doubles("output.normalized_margin")));
        QVERIFY(near(selfConfidence(p, labels, classes), doubles("output.self_confidence")));
        QVERIFY(near(confidenceWeightedEntropy(p, labels, classes), doubles("output.confidence_weighted_entropy")));
        QVERIFY(near(selfConfidence(adjusted, labels, classes), doubles("output.self_confidence_adjusted")));
        QVERIFY(near(normalizedMargin(adjusted, labels, classes), doubles("output.normalized_margin_adjusted")));

        const auto masks = flaggedBy(allFlagRules, p, labels, noise);
        for (std::size_t i = 0; i < masks.size(); ++i) {
            const std::string rule(flagRuleName(allFlagRules[i]));
            QVERIFY2(masks[i] == file->values<std::uint8_t>("output.mask." + rule).value(), rule.c_str());
        }
        QCOMPARE(std::count(masks[0].begin(), masks[0].end(), 1), integers("output.num_label_issues").at(0));
        QCOMPARE(rankedIssues(masks[2], margin), integers("output.ranked_by_normalized_margin"));
    }

    void tiesGoToTheLowerIndex()
    {
        // Five equal samples of class 0, three of which the joint calls wrong.
        const std::vector<double> p = {0.2, 0.8, 0.2, 0.8, 0.2, 0.8, 0.2, 0.8, 0.2, 0.8, 0.9, 0.1};
        const std::vector<std::int64_t> labels = {0, 0, 0, 0, 0, 0};
        LabelNoise noise = estimateLabelNoise(p, labels, 2);
        noise.calibratedJoint = {3, 3, 0, 0};
        const FlagRule rules[] = {FlagRule::PruneByClass, FlagRule::PruneByNoiseRate};
        for (const auto &mask : flaggedBy(rules, p, labels, noise))
            QCOMPARE(text(mask), QString("111000"));
    }

    void largeSetsAndSmallOnesAgree()
    {
        // Above some thousand samples values are binned before they are ordered; check against plain sorting.
        const Set set = noisySet(3, 40000, 3);
        const LabelNoise noise = estimateLabelNoise(set.p, set.labels, 3);
        const FlagRule rules[] = {FlagRule::LowNormalizedMargin, FlagRule::ConfidentLearning};
        const auto masks = flaggedBy(rules, set.p, set.labels, noise);
        const auto margin = normalizedMargin(set.p, set.labels, 3);
        std::vector<std::int64_t> order(margin.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
            return margin[std::size_t(a)] < margin[std::size_t(b)];
        });
        const auto wanted = std::count(masks[1].begin(), masks[1].end(), 1);
        QVERIFY(wanted > 4096);
        std::vector<std::uint8_t> expected(margin.size());
        for (std::ptrdiff_t i = 0; i < wanted; ++i)
            expected[std::size_t(order[std::size_t(i)])] = 1;
        QVERIFY(masks[0] == expected);
    }

    void permutedSamplesArePermutedFlags()
    {
        const Set set = noisySet(7, 500, 5);
        std::vector<std::size_t> order(500);
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), std::mt19937(1));
        Set moved{{}, {}, 5};
        for (const std::size_t i : order) {
            moved.labels.push_back(set.labels[i]);
            moved.p.insert(moved.p.end(), set.p.begin() + std::ptrdiff_t(i * 5),
                           set.p.begin() + std::ptrdiff_t(i * 5 + 5));
        }
        const auto before = flaggedBy(allFlagRules, set.p, set.labels, estimateLabelNoise(set.p, set.labels, 5));
        const auto after = flaggedBy(allFlagRules, moved.p, moved.labels, estimateLabelNoise(moved.p, moved.labels, 5));
        for (std::size_t rule = 0; rule < before.size(); ++rule)
            for (std::size_t i = 0; i < order.size(); ++i)
                QCOMPARE(after[rule][i], before[rule][order[i]]);
    }

    void permutedClassesAreTheSameFlags()
    {
        const Set set = noisySet(9, 500, 4);
        Set renamed = set;
        for (std::size_t i = 0; i < set.labels.size(); ++i) {
            renamed.labels[i] = (set.labels[i] + 1) % 4;
            for (std::size_t c = 0; c < 4; ++c)
                renamed.p[i * 4 + (c + 1) % 4] = set.p[i * 4 + c];
        }
        const FlagRule rules[] = {FlagRule::ConfidentLearning, FlagRule::PredictedNeqGiven,
                                  FlagRule::LowNormalizedMargin};
        QVERIFY(flaggedBy(rules, set.p, set.labels, estimateLabelNoise(set.p, set.labels, 4)) ==
                flaggedBy(rules, renamed.p, renamed.labels, estimateLabelNoise(renamed.p, renamed.labels, 4)));
    }

    void moreProbabilityOfTheGivenIsLessSuspicious()
    {
        double last = -1;
        for (double own = 0.05; own < 1; own += 0.05) {
            const std::vector<double> p = {own, (1 - own) * 0.7, (1 - own) * 0.3};
            const double margin = normalizedMargin(p, std::vector<std::int64_t>{0}, 3).at(0);
            QVERIFY(margin > last);
            QVERIFY(margin >= 0 && margin <= 1);
            last = margin;
        }
    }

    void everyClassKeepsASample()
    {
        // Class 1 has two samples, both clearly of class 0.
        const std::vector<double> p = {0.9, 0.1, 0.8, 0.2, 0.95, 0.05, 0.9, 0.1};
        const std::vector<std::int64_t> labels = {0, 0, 1, 1};
        const auto noise = estimateLabelNoise(p, labels, 2);
        const FlagRule rules[] = {FlagRule::PruneByClass, FlagRule::PruneByNoiseRate};
        for (const auto &mask : flaggedBy(rules, p, labels, noise))
            QVERIFY(mask[2] + mask[3] <= 1);
    }

    void oneSampleAndOneClass()
    {
        const std::vector<double> p = {1};
        const std::vector<std::int64_t> labels = {0};
        const auto noise = estimateLabelNoise(p, labels, 1);
        QCOMPARE(noise.noiseRate(), 0.0);
        for (const auto &mask : flaggedBy(allFlagRules, p, labels, noise))
            QCOMPARE(text(mask), QString("0"));
        QVERIFY(estimateLabelNoise({}, {}, 3).offDiagonal.empty());
    }

    void refusesWhatIsNoProbability_data()
    {
        QTest::addColumn<QList<double>>("p");
        QTest::addColumn<QString>("says");
        QTest::newRow("nan") << QList<double>{0.5, 0.5, 0.5, std::numeric_limits<double>::quiet_NaN()} << "row 1";
        QTest::newRow("infinite") << QList<double>{std::numeric_limits<double>::infinity(), 0} << "no finite number";
        QTest::newRow("logits") << QList<double>{0.5, 0.5, 3, -2} << "not logits";
        QTest::newRow("zeros") << QList<double>{0, 0} << "sums to 0";
        QTest::newRow("doubled") << QList<double>{0.5, 0.5, 0.25, 0.75, 1, 1} << "row 2 (counted from 0) sums to 2,";
        QTest::newRow("just too far") << QList<double>{0.5, 0.4985} << "sums to 0.9985,";
    }

    void refusesWhatIsNoProbability()
    {
        QFETCH(QList<double>, p);
        QFETCH(QString, says);
        const auto checked =
            checkProbabilities(std::span<const double>(p.data(), std::size_t(p.size())), 2, "mine.npy");
        QVERIFY(!checked);
        const QString message = QString::fromStdString(checked.error().message);
        QVERIFY2(message.startsWith("mine.npy: ") && message.contains(says), qPrintable(message));
    }

    void takesRoundedProbabilities()
    {
        const std::vector<double> rounded = {0.333, 0.333, 0.333, 0.3335, 0.3335, 0.3335};
        QVERIFY(checkProbabilities(std::span<const double>(rounded), 3, "mine.npy"));
        std::vector<float> many(1000, 0.001f);
        QVERIFY(checkProbabilities(std::span<const float>(many), 1000, "mine.npy"));
    }

    void refusesLabelsOutside()
    {
        const std::vector<std::int64_t> labels = {0, 3};
        const auto checked = checkLabels(labels, 3, "y.npy");
        QVERIFY(!checked && checked.error().message.find("row 1") != std::string::npos);
        QVERIFY(checkLabels(labels, 4, "y.npy"));
    }
};

QTEST_APPLESS_MAIN(TestConfidentLearning)
#include "tst_confident_learning.moc"
