#include "models/train/epoch_order.h"

#include <QTest>

#include <map>
#include <numeric>
#include <set>

using namespace mien;

class TestEpochOrder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void uniformHasEachOnce();
    void balancedDrawsEveryClass();
    void refinedTakesFiveHundredOfAClass();
    void refinedTakesLittleOfALongVideo();
    void theSameArgumentsGiveTheSameOrder();
    void rareClassesGetCopies();
    void anEpochMayBeAShare();
};

namespace {

/// Rows 0 to n - 1; class 1 where i % 10 == 0, group i / groupSize.
struct Samples
{
    explicit Samples(int count, int groupSize = 1)
    {
        for (int i = 0; i < count; ++i) {
            rows.push_back(i);
            labels.push_back(i % 10 == 0);
            groups.push_back(i / groupSize);
        }
    }
    EpochSource source() const { return {rows, labels, groups}; }
    std::vector<std::int64_t> rows, labels, groups;
};

std::map<std::int64_t, int> countsBy(const std::vector<std::int64_t> &order, const std::vector<std::int64_t> &of)
{
    std::map<std::int64_t, int> counts;
    for (const std::int64_t row : order)
        ++counts[of[std::size_t(row)]];
    return counts;
}

} // namespace

void TestEpochOrder::uniformHasEachOnce()
{
    const Samples samples(100);
    auto order = epochOrder(Sampler::Uniform, samples.source(), 32, 7, 0, 0);
    QCOMPARE(std::int64_t(order.size()), epochSize(Sampler::Uniform, samples.source(), 32));
    QVERIFY(order != samples.rows);
    std::sort(order.begin(), order.end());
    QCOMPARE(order, samples.rows);
    QCOMPARE(epochOrder(Sampler::Uniform, samples.source(), 33, 7, 0, 0).size(), std::size_t(99)); // no batch of one
    QCOMPARE(epochSize(Sampler::Uniform, samples.source(), 33), std::int64_t(99));
}

void TestEpochOrder::balancedDrawsEveryClass()
{
    const Samples samples(2000);
    const auto order = epochOrder(Sampler::Balanced, samples.source(), 32, 7, 0, 0);
    QCOMPARE(order.size(), std::size_t(2000));
    const auto counts = countsBy(order, samples.labels);
    QVERIFY(std::abs(counts.at(1) - 1000) < 100);
}

void TestEpochOrder::refinedTakesFiveHundredOfAClass()
{
    const Samples samples(8000); // 800 of class 1
    const auto order = epochOrder(Sampler::Refined, samples.source(), 32, 7, 0, 0);
    QCOMPARE(std::int64_t(order.size()), epochSize(Sampler::Refined, samples.source(), 32));
    QCOMPARE(countsBy(order, samples.labels), (std::map<std::int64_t, int>{{0, 500}, {1, 500}}));
    QCOMPARE(std::set<std::int64_t>(order.begin(), order.end()).size(), order.size()); // without replacement

    const Samples few(900); // 90 of class 1: all of them, and some again
    const auto topped = epochOrder(Sampler::Refined, few.source(), 32, 7, 0, 0);
    QCOMPARE(countsBy(topped, few.labels), (std::map<std::int64_t, int>{{0, 500}, {1, 500}}));
    std::set<std::int64_t> rare;
    for (const std::int64_t row : topped)
        if (few.labels[std::size_t(row)] == 1)
            rare.insert(row);
    QCOMPARE(rare.size(), std::size_t(90));
}

void TestEpochOrder::refinedTakesLittleOfALongVideo()
{
    Samples samples(6000, 100);
    for (std::size_t i = 0; i < 5000; ++i)
        samples.groups[i] = 0; // one video of 5,000 frames, ten of 100
    const auto order = epochOrder(Sampler::Refined, samples.source(), 32, 7, 0, 0);
    std::set<std::int64_t> ofTheLong;
    for (const std::int64_t row : order)
        if (row < 5000)
            ofTheLong.insert(row);
    QVERIFY2(ofTheLong.size() <= 512, qPrintable(QString::number(ofTheLong.size())));
}

void TestEpochOrder::theSameArgumentsGiveTheSameOrder()
{
    const Samples samples(700, 7);
    for (const Sampler sampler : {Sampler::Uniform, Sampler::Balanced, Sampler::Refined}) {
        const auto order = [&](std::uint64_t seed, int epoch, int fold) {
            return epochOrder(sampler, samples.source(), 16, seed, epoch, fold);
        };
        QCOMPARE(order(1, 2, 0), order(1, 2, 0));
        QVERIFY(order(1, 2, 0) != order(2, 2, 0));
        QVERIFY(order(1, 2, 0) != order(1, 3, 0));
        QVERIFY(order(1, 2, 0) != order(1, 2, 1));
    }
}

void TestEpochOrder::rareClassesGetCopies()
{
    const Samples samples(100); // ten of class 1
    EpochSource source = samples.source();
    source.copies = {0, 4};
    const auto order = epochOrder(Sampler::Uniform, source, 32, 7, 0, 0);
    QCOMPARE(std::int64_t(order.size()), epochSize(Sampler::Uniform, source, 32));
    QCOMPARE(countsBy(order, samples.labels), (std::map<std::int64_t, int>{{0, 90}, {1, 50}}));
    std::map<std::int64_t, int> times;
    for (const std::int64_t row : order)
        ++times[row];
    QCOMPARE(times.at(0), 5);
    QCOMPARE(times.at(1), 1);
}

void TestEpochOrder::anEpochMayBeAShare()
{
    const Samples samples(101);
    EpochSource source = samples.source();
    source.share = 0.5;
    std::set<std::int64_t> seen;
    for (int epoch = 0; epoch < 20; ++epoch) {
        const auto order = epochOrder(Sampler::Uniform, source, 32, 7, epoch, 0);
        QCOMPARE(order.size(), std::size_t(51));
        QCOMPARE(epochSize(Sampler::Uniform, source, 32), std::int64_t(51));
        QCOMPARE(std::set<std::int64_t>(order.begin(), order.end()).size(), order.size());
        seen.insert(order.begin(), order.end());
    }
    QCOMPARE(seen.size(), std::size_t(101));                             // another half each time
    QCOMPARE(epochSize(Sampler::Uniform, source, 25), std::int64_t(50)); // no batch of one
}

QTEST_GUILESS_MAIN(TestEpochOrder)
#include "tst_epoch_order.moc"
