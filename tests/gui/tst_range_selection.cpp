#include "studio/gallery/range_selection.h"

#include <QTest>

#include <random>
#include <set>

using mien::RangeSelection;

class tst_range_selection : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void touchingRangesMelt()
    {
        RangeSelection selection;
        selection.add(0, 4);
        selection.add(5, 9);
        QCOMPARE(selection.ranges().size(), 1U);
        QCOMPARE(selection.count(), 10);
    }

    void everythingIsOneRange()
    {
        RangeSelection selection;
        selection.add(0, 999'999);
        QCOMPARE(selection.ranges().size(), 1U);
        selection.toggle(500'000);
        QCOMPARE(selection.ranges().size(), 2U);
        QCOMPARE(selection.count(), 999'999);
    }

    void agreesWithASet()
    {
        std::mt19937 random(7);
        RangeSelection selection;
        std::set<std::int64_t> expected;
        for (int step = 0; step < 2000; ++step) {
            const std::int64_t first = random() % 100, last = first + random() % 10;
            const auto act = random() % 3;
            if (act == 0)
                selection.add(first, last);
            else if (act == 1)
                selection.remove(first, last);
            else
                selection.toggle(first);
            for (std::int64_t row = first; row <= (act == 2 ? first : last); ++row) {
                if (act == 0 || (act == 2 && !expected.contains(row)))
                    expected.insert(row);
                else
                    expected.erase(row);
            }
            QCOMPARE(selection.count(), std::int64_t(expected.size()));
        }
        for (std::int64_t row = 0; row < 120; ++row)
            QCOMPARE(selection.contains(row), expected.contains(row));
        for (std::size_t i = 1; i < selection.ranges().size(); ++i)
            QVERIFY(selection.ranges()[i - 1].last + 1 < selection.ranges()[i].first);
    }
};

QTEST_APPLESS_MAIN(tst_range_selection)
#include "tst_range_selection.moc"
