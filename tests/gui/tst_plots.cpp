#include "studio/attention/heat_map.h"
#include "studio/common/plots/bar_list.h"
#include "studio/common/plots/confusion_matrix.h"
#include "studio/common/plots/line_plot.h"
#include "studio/training/training_curves.h"

#include <QSignalSpy>
#include <QTest>

using namespace mien;

class PlotsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ticksAreRoundAndCover_data()
    {
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::newRow("unit") << 0.0 << 1.0;
        QTest::newRow("epochs") << 1.0 << 42.0;
        QTest::newRow("small") << 0.0031 << 0.0044;
        QTest::newRow("around zero") << -0.7 << 0.9;
    }

    void ticksAreRoundAndCover()
    {
        QFETCH(double, low);
        QFETCH(double, high);
        const auto ticks = niceTicks(low, high, 4);
        QVERIFY(ticks.size() >= 2 && ticks.size() <= 11);
        for (const double tick : ticks)
            QVERIFY(tick >= low - 1e-9 && tick <= high + 1e-9);
        for (std::size_t i = 1; i < ticks.size(); ++i)
            QVERIFY(std::abs((ticks[i] - ticks[i - 1]) - (ticks[1] - ticks[0])) < 1e-9);
    }

    void smoothingKeepsAConstantAndTheFirstPoint()
    {
        const auto flat = smoothed({{1, 0.5}, {2, 0.5}, {3, 0.5}}, 0.8);
        for (const QPointF &point : flat)
            QVERIFY(std::abs(point.y() - 0.5) < 1e-12);
        const auto line = smoothed({{1, 2}, {2, 0}}, 0.5);
        QCOMPARE(line[0].y(), 2.0);
        QVERIFY(std::abs(line[1].y() - 2.0 / 3.0) < 1e-12); // (0.5·0.5·2 + 0.5·0) / 0.75
        QCOMPARE(smoothed({{1, 2}, {2, 0}}, 0)[1].y(), 0.0);
    }

    void ticksAreToldApart_data()
    {
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("a loss after one epoch")
            << 2.1039 << 2.1068
            << QStringList{QStringLiteral("2.104"), QStringLiteral("2.105"), QStringLiteral("2.106")};
        QTest::newRow("whole") << 0.0 << 4.0 << QStringLiteral("0 1 2 3 4").split(QLatin1Char(' '));
        QTest::newRow("halves") << 1.9 << 3.1 << QStringLiteral("2.0 2.5 3.0").split(QLatin1Char(' '));
    }

    void ticksAreToldApart()
    {
        QFETCH(double, low);
        QFETCH(double, high);
        const auto ticks = niceTicks(low, high, 4);
        QStringList texts;
        for (const double tick : ticks)
            texts << tickText(tick, ticks);
        QTEST(texts, "expected");
    }

    void linePlotReadsTheNearestEpoch()
    {
        LinePlot plot;
        plot.resize(500, 240);
        plot.setLines({{QStringLiteral("train"), Qt::blue, {{1, 2.0}, {2, 1.0}, {3, 0.5}}},
                       {QStringLiteral("held out"), Qt::red, {{2, 1.4}, {3, 1.1}}}});
        QCOMPARE(plot.xAt(plot.positionOf({2, 1.0}) + QPointF(5, 9)).value_or(0), 2.0);
        QCOMPARE(plot.xAt(plot.positionOf({3, 1.0})).value_or(0), 3.0);
        QVERIFY(!plot.xAt({-20, -20}));
        QVERIFY(plot.accessibleDescription().contains(QStringLiteral("train")));
        plot.grab(); // paints without a window
        plot.setLines({});
        QVERIFY(!plot.xAt({250, 120}));
        plot.grab();
    }

    void matrixCellsOpenByMouseAndKeys()
    {
        ConfusionMatrix matrix;
        matrix.resize(360, 360);
        ConfusionCounts counts;
        counts.codes = QStringList{"AN", "FE", "SA"};
        counts.names = QStringList{"Anger", "Fear", "Sadness"};
        counts.counts = {{8, 1, 1}, {0, 5, 5}, {2, 0, 18}};
        matrix.setCounts(counts);
        matrix.show();
        QVERIFY(QTest::qWaitForWindowExposed(&matrix));
        QSignalSpy activated(&matrix, &ConfusionMatrix::cellActivated);
        QTest::mouseClick(&matrix, Qt::LeftButton, {}, matrix.cellRect(1, 2).center().toPoint());
        QCOMPARE(activated.count(), 1);
        QCOMPARE(activated[0][0].toInt(), 1);
        QCOMPARE(activated[0][1].toInt(), 2);
        QVERIFY(matrix.accessibleDescription().contains(QStringLiteral("Fear")));
        QTest::keyClick(&matrix, Qt::Key_Down);
        QTest::keyClick(&matrix, Qt::Key_Left);
        QTest::keyClick(&matrix, Qt::Key_Return);
        QCOMPARE(activated.count(), 2);
        QCOMPARE(activated[1][0].toInt(), 2);
        QCOMPARE(activated[1][1].toInt(), 1);
        QTest::mouseClick(&matrix, Qt::LeftButton, {}, QPoint(2, 2));
        QCOMPARE(activated.count(), 2);
        QCOMPARE(counts.share(1, 2), 0.5);
        // Every cell is found at its own centre.
        for (int row = 0; row < 3; ++row) {
            for (int column = 0; column < 3; ++column)
                QCOMPARE(matrix.cellAt(matrix.cellRect(row, column).center()).value(), QPoint(column, row));
        }
        matrix.setCounts({});
        QVERIFY(!matrix.cellAt({100, 100}));
        matrix.grab();
    }

    void barsOpenByMouseAndKeys()
    {
        BarList bars;
        bars.setBars({{QStringLiteral("Anger"), Qt::red, 0.4, 0.3, QStringLiteral("40 %")},
                      {QStringLiteral("Fear"), Qt::green, 0.9, {}, QStringLiteral("90 %")}});
        bars.resize(400, bars.sizeHint().height());
        bars.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bars));
        QSignalSpy activated(&bars, &BarList::barActivated);
        QTest::mouseClick(&bars, Qt::LeftButton, {}, bars.rowRect(1).center().toPoint());
        QTest::keyClick(&bars, Qt::Key_Up);
        QTest::keyClick(&bars, Qt::Key_Space);
        QCOMPARE(activated.count(), 2);
        QCOMPARE(activated[0][0].toInt(), 1);
        QCOMPARE(activated[1][0].toInt(), 0);
        bars.grab();
    }

    void colourScalesEndWhereTheyShould()
    {
        QCOMPARE(colourOf(ColourScale::Viridis, 0), QColor(0x44, 0x01, 0x54));
        QCOMPARE(colourOf(ColourScale::Viridis, 1), QColor(0xfd, 0xe7, 0x25));
        QCOMPARE(colourOf(ColourScale::Viridis, -3), colourOf(ColourScale::Viridis, 0));
        // Lightness only rises: a print in grey keeps the order. Not so for a rainbow.
        for (const ColourScale scale : {ColourScale::Viridis, ColourScale::Cividis}) {
            double last = -1;
            for (int i = 0; i <= 50; ++i) {
                const QColor colour = colourOf(scale, i / 50.0);
                const double light = 0.2126 * std::pow(colour.redF(), 2.2) + 0.7152 * std::pow(colour.greenF(), 2.2) +
                                     0.0722 * std::pow(colour.blueF(), 2.2);
                QVERIFY2(light > last, qPrintable(QString::number(i)));
                last = light;
            }
        }
    }

    void heatMapsScaleAndMirror()
    {
        const HeatMap map{2, 1, {0.f, 1.f}};
        const QImage image = heatImage(map, ColourScale::Viridis, 0, 1, QSize(8, 4));
        QCOMPARE(image.size(), QSize(8, 4));
        QCOMPARE(image.pixelColor(0, 0), colourOf(ColourScale::Viridis, 0));
        QCOMPARE(image.pixelColor(7, 3), colourOf(ColourScale::Viridis, 1));
        const QImage mirror = heatImage(map.mirrored(), ColourScale::Viridis, 0, 1, QSize(8, 4));
        QCOMPARE(mirror, image.mirrored(true, false));
        QVERIFY(difference(map, map.mirrored().mirrored()).range() == std::pair(0.f, 0.f));
        QVERIFY(difference(map, HeatMap{1, 1, {0.f}}).isEmpty());
        QVERIFY(heatImage({}, ColourScale::Viridis, 0, 1, QSize(8, 4)).isNull());
    }

    void curvesCountAnEventOnce()
    {
        TrainingCurves curves;
        const auto metric = [](int fold, int epoch, const char *split, const char *name, double value) {
            return QJsonObject{{"event", "metric"}, {"run", "r3"},  {"fold", fold},  {"epoch", epoch},
                               {"split", split},    {"name", name}, {"value", value}};
        };
        for (int again = 0; again < 2; ++again) { // a re-attached job tells everything twice
            QVERIFY(curves.add(metric(0, 1, "train", "loss", 1.9)));
            QVERIFY(curves.add(metric(0, 2, "train", "loss", 1.2)));
            QVERIFY(curves.add(metric(1, 1, "train", "loss", 1.8)));
            QVERIFY(curves.add(metric(0, 1, "train", "images_per_s", 400)));
        }
        QVERIFY(!curves.add({{"event", "progress"}, {"done", 1}}));
        const auto loss = curves.line(QStringLiteral("train"), QStringLiteral("loss"));
        QCOMPARE(loss.size(), std::size_t(3));
        QCOMPARE(loss[2], QPointF(3, 1.8)); // fold 1 goes on after fold 0's two epochs
        QCOMPARE(curves.run(), QStringLiteral("r3"));
        QCOMPARE(curves.foldsSeen(), 2);
        QCOMPARE(curves.imagesPerSecond(), 400.0);
    }
};

QTEST_MAIN(PlotsTest)
#include "tst_plots.moc"
