#include "studio/review/queue_plan.h"
#include "studio/review/review_queue.h"
#include "studio/review/review_session.h"

#include <QTest>

#include <algorithm>
#include <numeric>
#include <set>

using namespace mien;

namespace {

std::vector<SampleId> ids(int from, int to)
{
    std::vector<SampleId> list;
    for (int i = from; i <= to; ++i)
        list.push_back(SampleId{i});
    return list;
}

std::vector<std::int64_t> valuesOf(const ReviewQueue &queue)
{
    std::vector<std::int64_t> values;
    for (int i = 0; i < queue.size(); ++i)
        values.push_back(queue.at(i).sample.value);
    return values;
}

} // namespace

class ReviewQueueTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aQuarterIsDrawnAtRandom_data()
    {
        QTest::addColumn<double>("share");
        QTest::newRow("a tenth") << 0.1;
        QTest::newRow("a quarter") << 0.25;
        QTest::newRow("half") << 0.5;
    }

    void aQuarterIsDrawnAtRandom()
    {
        QFETCH(double, share);
        // 1–400 suspicious, drawn from 1–10,000: few draws meet a suspicious face.
        const ReviewQueue queue = ReviewQueue::mixed(ids(1, 400), ids(1, 10'000), share, 7);
        int random = 0;
        for (int i = 0; i < 100; ++i)
            random += queue.at(i).random;
        QVERIFY2(std::abs(random - 100 * share) <= 5, qPrintable(QString::number(random)));
        // Every face stands once, every suspicious face is there.
        const auto values = valuesOf(queue);
        QCOMPARE(std::set<std::int64_t>(values.begin(), values.end()).size(), values.size());
        for (int i = 1; i <= 400; ++i)
            QVERIFY(queue.positionOf(SampleId{i}));
    }

    void theWorstComeFirst()
    {
        const ReviewQueue queue = ReviewQueue::mixed(ids(1, 400), ids(1, 10'000), 0.25, 7);
        std::int64_t last = 0;
        for (int i = 0; i < queue.size(); ++i) {
            if (queue.at(i).random)
                continue;
            QVERIFY(queue.at(i).sample.value > last);
            last = queue.at(i).sample.value;
        }
    }

    void drawsAreUniformOverThePool()
    {
        // Over many seeds each face of the pool is drawn about equally often, suspicious or not: chi-square with
        // 9 degrees of freedom over ten blocks, the limit is its 99.9 % quantile.
        std::array<int, 10> counts{};
        int total = 0;
        for (int seed = 1; seed <= 200; ++seed) {
            const ReviewQueue queue =
                ReviewQueue::mixed(ids(1, 100), ids(1, 1000), 0.25, static_cast<std::uint64_t>(seed));
            for (int i = 0; i < queue.size(); ++i) {
                if (!queue.at(i).random)
                    continue;
                ++counts[static_cast<std::size_t>((queue.at(i).sample.value - 1) / 100)];
                ++total;
            }
        }
        double chi = 0;
        for (const int count : counts)
            chi += (count - total / 10.0) * (count - total / 10.0) / (total / 10.0);
        QVERIFY2(chi < 27.9, qPrintable(QString::number(chi)));
    }

    void theSameSeedGivesTheSameQueue()
    {
        auto pool = ids(1, 500);
        const ReviewQueue a = ReviewQueue::mixed(ids(1, 50), pool, 0.25, 3);
        std::reverse(pool.begin(), pool.end());
        QCOMPARE(valuesOf(a), valuesOf(ReviewQueue::mixed(ids(1, 50), pool, 0.25, 3)));
        QVERIFY(valuesOf(a) != valuesOf(ReviewQueue::mixed(ids(1, 50), pool, 0.25, 4)));
    }

    void whatWasSeenNeverMoves()
    {
        ReviewQueue queue = ReviewQueue::mixed(ids(1, 300), ids(1, 3000), 0.25, 11);
        for (int i = 0; i < 60; ++i)
            queue.advance();
        queue.setOutcome(5, ReviewQueue::Outcome::Changed);
        const auto before = valuesOf(queue);
        int randomBefore = 0;
        for (int i = 0; i <= 60; ++i)
            randomBefore += queue.at(i).random;
        auto reversed = ids(1, 300);
        std::reverse(reversed.begin(), reversed.end());
        queue.rerank(reversed);

        const auto after = valuesOf(queue);
        for (std::size_t i = 0; i <= 60; ++i)
            QCOMPARE(after[i], before[i]);
        QCOMPARE(queue.position(), 60);
        QCOMPARE(queue.at(5).outcome, ReviewQueue::Outcome::Changed);
        QCOMPARE(std::set<std::int64_t>(after.begin(), after.end()).size(), after.size());
        QVERIFY(std::vector(after.begin() + 61, after.end()) != std::vector(before.begin() + 61, before.end()));
        // The random share goes on behind what was seen.
        int random = 0;
        for (int i = 61; i < 161; ++i)
            random += queue.at(i).random;
        QVERIFY2(random >= 20 && random <= 45, qPrintable(QString::number(random)));
        QVERIFY(randomBefore >= 10);
    }

    /// A clip's frames stand apart as long as there are others, and the rank gives way by little.
    void framesOfOneVideoStandApart()
    {
        std::vector<SampleId> ranked;
        std::vector<std::int64_t> group;
        for (int i = 0; i < 300; ++i) {
            ranked.push_back(SampleId{i});
            group.push_back(i < 20 ? 1 : i % 30 == 0 ? 2 : 0); // the twenty worst are of one clip
        }
        const std::vector<SampleId> spread = spreadOut(ranked, group);
        QVERIFY(std::is_permutation(spread.begin(), spread.end(), ranked.begin(), ranked.end()));
        QCOMPARE(spread.front(), ranked.front());
        std::vector<std::size_t> places;
        for (std::size_t place = 0; place < spread.size(); ++place) {
            const auto own = group[std::size_t(spread[place].value)];
            if (own == 1)
                places.push_back(place);
            for (std::size_t other = place + 1; other < std::min(place + spreadFaces, spread.size()); ++other)
                QVERIFY(own == 0 || group[std::size_t(spread[other].value)] != own);
        }
        QCOMPARE(places.back(), std::size_t(190));
        const std::vector<SampleId> few{SampleId{1}, SampleId{2}, SampleId{3}};
        QCOMPARE(spreadOut(few, {7, 7, 7}), few); // there is nothing else
    }

    void withoutFlagsItIsARandomQueue()
    {
        const ReviewQueue queue = ReviewQueue::mixed({}, ids(1, 50), 0.25, 1);
        QCOMPARE(queue.size(), 50);
        QVERIFY(queue.at(0).random && queue.at(49).random);
    }

    void movingAndUndoing()
    {
        ReviewQueue queue = ReviewQueue::inOrder(ids(1, 5));
        QVERIFY(!queue.previous());
        queue.setOutcome(0, ReviewQueue::Outcome::Kept);
        queue.advance();
        queue.setOutcome(1, ReviewQueue::Outcome::Skipped);
        queue.advance();
        QCOMPARE(queue.answered(), 2);
        queue.setOutcome(1, ReviewQueue::Outcome::None); // undone
        QCOMPARE(queue.answered(), 1);
        queue.moveTo(1);
        QCOMPARE(queue.current()->value, 2);
        queue.moveTo(4); // never past what was shown and the next one
        QCOMPARE(queue.position(), 3);
        queue.moveTo(0);
        queue.advanceToUnanswered();
        QCOMPARE(queue.position(), 1);
        for (int i = 0; i < 9; ++i)
            queue.advance();
        QVERIFY(queue.atEnd());
        QVERIFY(!queue.current());
        QCOMPARE(queue.upcoming(3).size(), std::size_t(0));
    }

    void thePlaceIsKept()
    {
        ReviewQueue queue = ReviewQueue::mixed(ids(1, 100), ids(1, 1000), 0.25, 5);
        for (int i = 0; i < 10; ++i) {
            queue.setOutcome(i, i % 2 ? ReviewQueue::Outcome::Changed : ReviewQueue::Outcome::Kept);
            queue.advance();
        }
        queue.previous();
        auto restored = ReviewQueue::restored(queue.orderBytes(), queue.placeBytes());
        QVERIFY(restored);
        QCOMPARE(valuesOf(*restored), valuesOf(queue));
        QCOMPARE(restored->position(), 9);
        QCOMPARE(restored->furthest(), 10);
        QCOMPARE(restored->answered(), 10);
        QCOMPARE(restored->randomTally().judged, queue.randomTally().judged);
        for (int i = 0; i < queue.size(); ++i)
            QVERIFY(restored->drawProbability(i) == queue.drawProbability(i));
        // It goes on as the first would have: the same new order after a new ranking.
        auto reversed = ids(1, 100);
        std::reverse(reversed.begin(), reversed.end());
        queue.rerank(reversed);
        restored->rerank(reversed);
        QCOMPARE(valuesOf(*restored), valuesOf(queue));
    }

    void damagedFilesAreRefused()
    {
        const ReviewQueue queue = ReviewQueue::mixed(ids(1, 20), ids(1, 100), 0.25, 5);
        const QByteArray order = queue.orderBytes(), place = queue.placeBytes();
        QVERIFY(!ReviewQueue::restored({}, place));
        QVERIFY(!ReviewQueue::restored(order.left(order.size() / 2), place));
        QVERIFY(!ReviewQueue::restored(order, place.left(9)));
        QVERIFY(!ReviewQueue::restored(order, ReviewQueue::inOrder(ids(1, 3)).placeBytes()));
        QVERIFY(ReviewQueue::restored(order, {})); // from the start
    }

    void shareHasItsInterval()
    {
        const ShareEstimate estimate = shareEstimate(10, 50);
        QCOMPARE(estimate.share, 0.2);
        QVERIFY(std::abs(estimate.low - 0.1124) < 5e-4); // Wilson score interval
        QVERIFY(std::abs(estimate.high - 0.3304) < 5e-4);
        QCOMPARE(shareEstimate(0, 0).high, 1.0);
        QCOMPARE(shareEstimate(0, 20).low, 0.0);
    }

    void theClockLeavesPausesOut()
    {
        using namespace std::chrono_literals;
        const ReviewSession::Clock::time_point start{};
        ReviewSession session(start, 30min);
        auto at = start;
        for (int i = 0; i < 10; ++i)
            session.answered(at += 2s, true, i % 4 != 0);
        QCOMPARE(qRound(session.perMinute(at)), 30);
        QCOMPARE(session.elapsed(at).count(), 20);
        session.answered(at += 3min, true, true); // a pause: one minute of it counts at most
        QCOMPARE(session.elapsed(at).count(), 80);
        QCOMPARE(qRound(session.perMinute(at)), 30);
        QCOMPARE(session.agreement().total, 11);
        session.withdrawn(true, true);
        QCOMPARE(session.agreement().total, 10);
        QVERIFY(!session.breakDue(at));
        for (int i = 0; i < 28 * 60 / 20; ++i)
            session.answered(at += 20s, false, false);
        QVERIFY(session.breakDue(at));
        session.breakTaken(at);
        QVERIFY(!session.breakDue(at));
        // Another page: the clock stands still, and goes on where it stood.
        const auto worked = session.elapsed(at);
        session.setRunning(false, at);
        QCOMPARE(session.elapsed(at + 40s), worked);
        session.setRunning(true, at += 40s);
        session.answered(at += 2s, false, false);
        QCOMPARE((session.elapsed(at) - worked).count(), 2);
    }
};

QTEST_GUILESS_MAIN(ReviewQueueTest)
#include "tst_review_queue.moc"
