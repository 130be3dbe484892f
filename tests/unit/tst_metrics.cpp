#include "models/score/metrics.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace mien;

namespace {

void near(double value, double expected, double tolerance = 1e-12)
{
    QVERIFY2(std::abs(value - expected) <= tolerance,
             qPrintable(QStringLiteral("%1 instead of %2").arg(value, 0, 'g', 17).arg(expected, 0, 'g', 17)));
}

} // namespace

class TstMetrics : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void classification();
    void calibrationTable();
    void clusterIndices();
    void ranking();
    void rankingAgreesWithCounting();
    void emptyInputIsNoCrash();
};

void TstMetrics::classification()
{
    // Class 2 has no sample, class 3 is never predicted.
    const std::vector<std::int64_t> labels{0, 0, 0, 1, 1, 3}, predictions{0, 0, 1, 1, 2, 0};
    const auto confusion = confusionMatrix(labels, predictions, 4);
    QCOMPARE(confusion, (std::vector<std::int64_t>{2, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0}));
    const auto metrics = classificationMetrics(confusion, 4);
    near(metrics.accuracy, 3.0 / 6);
    near(metrics.balancedAccuracy, (2.0 / 3 + 1.0 / 2 + 0) / 3); // of the three classes that occur
    near(metrics.precision[0], 2.0 / 3);
    near(metrics.recall[2], 0);
    near(metrics.precision[3], 0);
    near(metrics.f1[0], 2.0 / 3);
    near(metrics.f1[1], 0.5);
    near(metrics.macroF1, (2.0 / 3 + 0.5) / 4);
    near(metrics.weightedF1, (3 * 2.0 / 3 + 2 * 0.5) / 6);
}

void TstMetrics::calibrationTable()
{
    // Top probabilities 1 (right), 0.6 (right), 0.6 (wrong); 0.6 = 9/15 belongs to the bin that ends there.
    const std::vector<double> p{1, 0, 0.6, 0.4, 0.6, 0.4};
    const std::vector<std::int64_t> labels{0, 0, 1};
    const Calibration result = calibration(p, labels, 2);
    QCOMPARE(result.bins.size(), std::size_t(15));
    QCOMPARE(result.bins[8].count, std::int64_t(2));
    QCOMPARE(result.bins[14].count, std::int64_t(1));
    near(result.bins[8].accuracy, 0.5);
    near(result.expectedError, 2.0 / 3 * 0.1);
    near(result.nll, -(std::log(0.6) + std::log(0.4)) / 3);
    near(result.brier, (0 + 2 * 0.16 + 2 * 0.36) / 3);
}

void TstMetrics::clusterIndices()
{
    // Two pairs on a line: centres 1 and 11, spread 1 each.
    const std::vector<double> line{0, 2, 10, 12};
    const std::vector<std::int64_t> labels{5, 5, -3, -3}; // any integers
    near(daviesBouldin(line, 1, labels), 2.0 / 10);
    near(calinskiHarabasz(line, 1, labels), (4 * 25.0 / 1) / (4.0 / 2));
    near(silhouette(line, 1, labels), ((1 - 2 / 11.0) + (1 - 2 / 9.0)) / 2);
    const std::vector<double> points{1, 1, 4, 4};
    near(calinskiHarabasz(points, 1, labels), 1); // no scatter within
    near(daviesBouldin(points, 1, labels), 0);
    const std::vector<double> together{0, 2, 0, 2};
    near(daviesBouldin(together, 1, labels), 0); // equal centres count as infinitely far apart
}

void TstMetrics::ranking()
{
    const std::vector<double> scores{0.9, 0.8, 0.8, 0.1};
    const std::vector<std::uint8_t> flags{1, 0, 1, 0};
    near(rocAuc(scores, flags), (2 + 1.5) / 4);
    near(averagePrecision(scores, flags), 0.5 * 1 + 0.5 * 2 / 3);
    near(precisionAt(scores, flags, 1), 1);
    near(precisionAt(scores, flags, 99), 0.5);
    near(rocAuc(scores, std::vector<std::uint8_t>(4, 1)), 0.5);
    near(averagePrecision(scores, std::vector<std::uint8_t>(4, 0)), 0);
}

void TstMetrics::rankingAgreesWithCounting()
{
    std::mt19937 random(7);
    std::vector<double> scores(200);
    std::vector<std::uint8_t> flags(200);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        scores[i] = double(random() % 20); // many ties
        flags[i] = random() % 3 == 0;
    }
    double wins = 0, pairs = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
        for (std::size_t j = 0; j < scores.size(); ++j)
            if (flags[i] && !flags[j]) {
                wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                ++pairs;
            }
    near(rocAuc(scores, flags), wins / pairs);
}

void TstMetrics::emptyInputIsNoCrash()
{
    near(classificationMetrics(confusionMatrix({}, {}, 3), 3).accuracy, 0);
    near(calibration({}, {}, 3).expectedError, 0);
    near(rocAuc({}, {}), 0.5);
    near(daviesBouldin({}, 2, {}), 0);
    near(silhouette({}, 2, {}), 0);
}

QTEST_GUILESS_MAIN(TstMetrics)
#include "tst_metrics.moc"
