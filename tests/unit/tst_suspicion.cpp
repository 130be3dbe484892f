#include "models/score/logistic_regression.h"
#include "models/score/suspicion.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace mien;

namespace {

struct Synthetic
{
    int classes = 0;
    std::vector<std::int64_t> sample, label, truth, fold;
    std::vector<float> p, inSample, neighbours;

    SuspicionInputs inputs() const
    {
        SuspicionInputs inputs;
        inputs.classes = classes;
        inputs.sample = sample;
        inputs.label = label;
        inputs.fold = fold;
        inputs.probabilities = p;
        inputs.inSample = inSample;
        inputs.neighbours = neighbours;
        return inputs;
    }

    std::vector<bool> wrong() const
    {
        std::vector<bool> result;
        for (std::size_t i = 0; i < label.size(); ++i)
            result.push_back(label[i] != truth[i]);
        return result;
    }
};

void appendSoftmax(std::vector<float> &rows, const std::vector<double> &logits)
{
    double sum = 0;
    for (const double z : logits)
        sum += std::exp(z);
    for (const double z : logits)
        rows.push_back(static_cast<float>(std::exp(z) / sum));
}

/// Three views of the same faces, each with errors of its own; `flips` of the labels are drawn anew.
Synthetic synthetic(unsigned seed, int count, int classes, double flips)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    Synthetic set;
    set.classes = classes;
    std::vector<double> z(static_cast<std::size_t>(classes));
    for (int i = 0; i < count; ++i) {
        const auto truth = static_cast<std::int64_t>(random() % static_cast<unsigned>(classes));
        const bool flipped = uniform(random) < flips;
        const auto label =
            flipped ? (truth + 1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(classes - 1))) % classes
                    : truth;
        set.sample.push_back(1000 + i);
        set.truth.push_back(truth);
        set.label.push_back(label);
        set.fold.push_back(i % 4);
        const double clear = 1 + 3 * uniform(random);
        for (auto *view : {&set.p, &set.neighbours, &set.inSample}) {
            for (int c = 0; c < classes; ++c)
                z[static_cast<std::size_t>(c)] =
                    normal(random) + (c == truth ? clear : 0) + (view == &set.inSample && c == label ? 0.7 : 0);
            appendSoftmax(*view, z);
        }
    }
    return set;
}

double auroc(const std::vector<double> &score, const std::vector<bool> &positive)
{
    std::vector<std::size_t> order(score.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });
    double above = 0;
    double negatives = 0;
    double positives = 0;
    for (const std::size_t i : order) {
        if (positive[i]) {
            above += negatives;
            ++positives;
        } else {
            ++negatives;
        }
    }
    return above / (positives * negatives);
}

std::vector<double> margins(const Synthetic &set, const std::vector<float> &view)
{
    std::vector<double> score;
    const auto columns = static_cast<std::size_t>(set.classes);
    for (std::size_t i = 0; i < set.label.size(); ++i)
        score.push_back(-labelMargin(std::span(view).subspan(i * columns, columns), set.label[i]));
    return score;
}

} // namespace

class TestSuspicion : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void logisticFindsTheCoefficients()
    {
        std::mt19937_64 random(1);
        std::normal_distribution<double> normal;
        std::uniform_real_distribution<double> uniform;
        std::vector<double> rows, targets;
        for (int i = 0; i < 40000; ++i) {
            const double a = normal(random), b = normal(random);
            rows.insert(rows.end(), {a, b});
            targets.push_back(uniform(random) < sigmoid(1.5 * a - 0.5 * b - 1));
        }
        const std::vector<double> penalty = {1e-3, 1e-3, 1e-6};
        const auto fit = fitLogistic({2, rows, targets, {}, {}, penalty, {}}, {}, 50);
        // Three standard errors of 40,000 samples are about 0.06.
        QVERIFY(std::abs(fit[0] - 1.5) < 0.06 && std::abs(fit[1] + 0.5) < 0.06 && std::abs(fit[2] + 1) < 0.06);
        const std::vector<double> strong = {1e9, 1e9, 1e9}, centre = {0.25, 0, -1};
        const auto held = fitLogistic({2, rows, targets, {}, {}, strong, centre}, {}, 50);
        QVERIFY(std::abs(held[0] - 0.25) < 1e-3 && std::abs(held[2] + 1) < 1e-3);
    }

    void logisticSurvivesSeparableData()
    {
        const std::vector<double> rows = {-1, -2, 1, 2}, targets = {0, 0, 1, 1}, penalty = {1e-6, 1e-6};
        for (const double c : fitLogistic({1, rows, targets, {}, {}, penalty, {}}, {}, 100))
            QVERIFY(std::isfinite(c));
    }

    void betterThanItsParts_data()
    {
        QTest::addColumn<int>("classes");
        QTest::newRow("7 classes") << 7;
        QTest::newRow("2 classes") << 2;
    }

    void betterThanItsParts()
    {
        QFETCH(int, classes);
        const Synthetic set = synthetic(5, 6000, classes, 0.2);
        const auto found = estimateSuspicion(set.inputs(), {}, {}, {});
        QVERIFY(found);
        QCOMPARE(found->way, SuspicionWay::WithoutTruth);
        const auto wrong = set.wrong();
        const double all = auroc(found->value, wrong);
        for (const auto *view : {&set.p, &set.inSample, &set.neighbours}) {
            const double part = auroc(margins(set, *view), wrong);
            QVERIFY2(all > part, qPrintable(QString("%1 is not above %2").arg(all).arg(part)));
        }
        QVERIFY2(all > (classes == 7 ? 0.93 : 0.9), qPrintable(QString::number(all)));
    }

    void meanSuspicionIsTheNoiseRate_data()
    {
        // Much noise is underestimated: contaminated examples of right labels hide some of it.
        QTest::addColumn<double>("flips");
        QTest::addColumn<double>("tolerance");
        QTest::newRow("5 %") << 0.05 << 0.05;
        QTest::newRow("20 %") << 0.2 << 0.05;
        QTest::newRow("35 %") << 0.35 << 0.1;
    }

    void meanSuspicionIsTheNoiseRate()
    {
        QFETCH(double, flips);
        QFETCH(double, tolerance);
        const Synthetic set = synthetic(11, 8000, 6, flips);
        const auto found = estimateSuspicion(set.inputs(), {}, {}, {});
        QVERIFY(found);
        QVERIFY2(std::abs(found->noiseRate - flips) < tolerance, qPrintable(QString::number(found->noiseRate)));
        for (const double value : found->value)
            QVERIFY(value > 0 && value < 1);
    }

    void answersImproveIt()
    {
        const Synthetic set = synthetic(17, 6000, 5, 0.25);
        const auto wrong = set.wrong();
        std::vector<Answer> answers;
        for (std::int64_t row = 0; row < 6000; row += 8)
            answers.push_back({row, wrong[std::size_t(row)]});
        const auto before = estimateSuspicion(set.inputs(), {}, {}, {});
        const auto after = estimateSuspicion(set.inputs(), answers, {}, {});
        QCOMPARE(after->way, SuspicionWay::WithAnswers);
        QVERIFY(auroc(after->value, wrong) > auroc(before->value, wrong) - 0.002);
        QVERIFY(std::abs(after->noiseRate - 0.25) < 0.04);
        answers.resize(99);
        QCOMPARE(estimateSuspicion(set.inputs(), answers, {}, {})->way, SuspicionWay::WithoutTruth);
    }

    /// Labels of one class are wrong where no network sees it: only answers can tell.
    void answersTellWhichClassIsOftenWrong()
    {
        const Synthetic set = synthetic(23, 6000, 5, 0.15);
        auto wrong = set.wrong();
        for (std::size_t row = 0; row < wrong.size(); ++row)
            if (set.label[row] == 2 && row % 10 < 7)
                wrong[row] = true;
        std::vector<Answer> answers;
        for (std::int64_t row = 0; row < 6000; row += 20)
            answers.push_back({row, wrong[std::size_t(row)]});
        const auto before = estimateSuspicion(set.inputs(), {}, {}, {});
        const auto after = estimateSuspicion(set.inputs(), answers, {}, {});
        QVERIFY2(
            auroc(after->value, wrong) > auroc(before->value, wrong) + 0.05,
            qPrintable(QStringLiteral("%1 and %2").arg(auroc(before->value, wrong)).arg(auroc(after->value, wrong))));
    }

    void anAnswerDoesNotScoreItself()
    {
        const Synthetic set = synthetic(19, 1000, 4, 0.2);
        const auto wrong = set.wrong();
        std::vector<Answer> answers;
        for (std::int64_t row = 0; row < 400; ++row)
            answers.push_back({row, wrong[std::size_t(row)]});
        const auto one = estimateSuspicion(set.inputs(), answers, {}, {});
        answers[0].wrong = !answers[0].wrong;
        const auto other = estimateSuspicion(set.inputs(), answers, {}, {});
        QCOMPARE(one->value[0], other->value[0]);
        QVERIFY(one->value[999] != other->value[999]);
    }

    void orderOfRowsDoesNotMatter()
    {
        const Synthetic set = synthetic(23, 1200, 4, 0.2);
        std::vector<std::size_t> order(set.label.size());
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), std::mt19937(3));
        Synthetic moved;
        moved.classes = 4;
        for (const std::size_t i : order) {
            moved.sample.push_back(set.sample[i]);
            moved.label.push_back(set.label[i]);
            moved.fold.push_back(set.fold[i]);
            for (std::size_t c = 0; c < 4; ++c) {
                moved.p.push_back(set.p[i * 4 + c]);
                moved.inSample.push_back(set.inSample[i * 4 + c]);
                moved.neighbours.push_back(set.neighbours[i * 4 + c]);
            }
        }
        const auto before = estimateSuspicion(set.inputs(), {}, {}, {});
        const auto after = estimateSuspicion(moved.inputs(), {}, {}, {});
        for (std::size_t i = 0; i < order.size(); ++i)
            QCOMPARE(after->value[i], before->value[order[i]]); // to the bit: rows are taken in the order of ids
    }

    void sameSeedSameBits()
    {
        const Synthetic set = synthetic(29, 900, 7, 0.2);
        QVERIFY(estimateSuspicion(set.inputs(), {}, {}, {})->value ==
                estimateSuspicion(set.inputs(), {}, {}, {})->value);
        QVERIFY(estimateSuspicion(set.inputs(), {}, {}, {})->value !=
                estimateSuspicion(set.inputs(), {}, {.seed = 1}, {})->value);
    }

    void smallSetsAreRanked()
    {
        const Synthetic set = synthetic(31, 120, 5, 0.2);
        const auto found = estimateSuspicion(set.inputs(), {}, {}, {});
        QCOMPARE(found->way, SuspicionWay::Rank);
        auto sorted = found->value;
        std::sort(sorted.begin(), sorted.end());
        QVERIFY(sorted.front() > 0 && sorted.back() < 1);
        QVERIFY(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
        QVERIFY(auroc(found->value, set.wrong()) > 0.8);
    }

    void oddSetsWork_data()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("a class with one sample") << 0;
        QTest::newRow("a class without samples") << 1;
        QTest::newRow("no wrong label at all") << 2;
        QTest::newRow("one fold") << 3;
        QTest::newRow("constant probabilities") << 4;
    }

    void oddSetsWork()
    {
        QFETCH(int, kind);
        Synthetic set = synthetic(37, 600, 4, kind == 2 ? 0 : 0.2);
        if (kind <= 1)
            for (std::size_t i = 0; i < set.label.size(); ++i)
                if (set.label[i] == 3 && (kind == 1 || i > 3))
                    set.label[i] = 0;
        if (kind == 3)
            set.fold.assign(set.fold.size(), 0);
        if (kind == 4)
            set.p.assign(set.p.size(), 0.25f);
        const auto found = estimateSuspicion(set.inputs(), {}, {}, {});
        QVERIFY(found);
        for (const double value : found->value)
            QVERIFY(std::isfinite(value) && value >= 0 && value <= 1);
    }

    void progressIsSaidInWords()
    {
        Synthetic set = synthetic(7, 400, 4, 0.1);
        std::fill(set.fold.begin(), set.fold.begin() + 100, -1);
        std::vector<std::string> steps;
        Job job;
        job.report = [&](const Progress &progress) { steps.push_back(progress.step); };
        QVERIFY(estimateSuspicion(set.inputs(), {}, {}, job));
        QVERIFY(std::find(steps.begin(), steps.end(), "Samples of no fold") != steps.end());
        for (const std::string &step : steps)
            QVERIFY2(step.find("-1") == std::string::npos, step.c_str());
    }

    void stopsWhenAsked()
    {
        const Synthetic set = synthetic(41, 400, 3, 0.2);
        std::stop_source source;
        source.request_stop();
        const auto found = estimateSuspicion(set.inputs(), {}, {}, Job{source.get_token()});
        QVERIFY(!found);
        QCOMPARE(found.error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(TestSuspicion)
#include "tst_suspicion.moc"
