#include "pipeline/store/samples.h"
#include "studio/attention/attention_page.h"
#include "studio/attention/face_walk.h"
#include "studio/attention/map_sheet_view.h"
#include "studio/attention/run_chooser.h"
#include "studio/common/job_queue.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/settings.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/gallery_view.h"
#include "studio/map/map_density.h"
#include "studio/map/map_file.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/atlas.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"

#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QElapsedTimer>
#include <QLabel>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QSettings>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>

using namespace mien;
using namespace mien::test;
namespace fs = std::filesystem;

/// The map with everything real: a trained network, `mien embed`, `mien flag`, `mien explain`.
class MapWayTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_project;

    fs::path project() const { return m_project.toStdString(); }

    static bool mien(const QStringList &arguments)
    {
        QProcess process;
        process.setStandardOutputFile(QProcess::nullDevice());
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process.start(QString::fromLocal8Bit(qgetenv("MIEN_PROGRAM")), arguments);
        return process.waitForFinished(280'000) && (process.exitCode() == 0 || process.exitCode() == 3);
    }

    /// Asks for a map of so many iterations in the dialog of the page.
    static void makeMap(Atlas &atlas, int iterations)
    {
        auto *make = atlas.page->findChild<QPushButton *>(QStringLiteral("mapMake"));
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled(), 30'000);
        QTest::mouseClick(make, Qt::LeftButton);
        QDialog *dialog = nullptr;
        QTRY_VERIFY((dialog = atlas.page->findChild<QDialog *>(QStringLiteral("mapChoice"))));
        dialog->findChild<QSpinBox *>(QStringLiteral("mapIterations"))->setValue(iterations);
        QTest::mouseClick(dialog->findChild<QPushButton *>(QStringLiteral("mapMakeNow")), Qt::LeftButton);
    }

    /// As the words below the map say; -1: it does not form.
    static int iterationOf(Atlas &atlas)
    {
        const auto match = QRegularExpression(QStringLiteral("iteration ([0-9,]+)")).match(atlas.words("mapWords"));
        return match.hasMatch() ? match.captured(1).remove(QLatin1Char(',')).toInt() : -1;
    }

    /// Drags around points, along their hull and a little outside.
    static void lassoAround(Atlas &atlas, const std::vector<std::uint32_t> &points)
    {
        std::vector<QPointF> places;
        QPointF middle;
        for (const std::uint32_t point : points) {
            places.push_back(atlas.view().positionOf(point));
            middle += places.back() / double(points.size());
        }
        const QPolygonF hull = convexHull(places);
        const auto corner = [&](qsizetype i) {
            const QPointF away = hull[i % hull.size()] - middle;
            return (hull[i % hull.size()] + 6 * away / std::max(1.0, std::hypot(away.x(), away.y()))).toPoint();
        };
        atlas.trigger("map.lasso");
        QTest::mousePress(&atlas.view(), Qt::LeftButton, {}, corner(0));
        for (qsizetype i = 1; i <= hull.size(); ++i)
            QTest::mouseMove(&atlas.view(), corner(i));
        QTest::mouseRelease(&atlas.view(), Qt::LeftButton, {}, corner(hull.size()));
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        qputenv("MIEN_THREADS", "2"); // a map is the same for the same number of threads
        prepareWindowTests(MIEN_PROGRAM_PATH);
        m_project = m_folder.filePath(QStringLiteral("Faces.mien"));
        QVERIFY(mien({"demo", m_project, "--samples", "240"}));
        QVERIFY(mien({"train", "-p", m_project, "--network", "eac-compact", "--set", "preset=tiny", "--set", "epochs=1",
                      "--folds", "2"}));
        QVERIFY(mien({"flag", "-p", m_project, "--run", "r1"}));
    }

    void init()
    {
        settings().clear();
        settings().setValue(QStringLiteral("annotator"), QStringLiteral("ann"));
    }

    /// Pause holds the layout where it is; the map that went on is that of a start without a pause.
    void aMapPausesAndGoesOnToTheSameLayout()
    {
        Atlas atlas(project());
        makeMap(atlas, 4000);
        QTRY_VERIFY_WITH_TIMEOUT(iterationOf(atlas) > 0, 60'000);
        auto *pause = atlas.page->findChild<QPushButton *>(QStringLiteral("mapPause"));
        QTRY_VERIFY_WITH_TIMEOUT(pause->isVisible() && pause->isEnabled(), 20'000);
        const auto state = [&] {
            for (const JobInfo &job : atlas.window.session()->jobs().jobs())
                if (job.arguments.value(0) == QLatin1String("embed"))
                    return job.state;
            return JobState::Failed;
        };
        QTest::mouseClick(pause, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(state(), JobState::Paused, 20'000);
        QTest::qWait(600); // what was on its way
        const int held = iterationOf(atlas);
        QVERIFY(held > 0 && held < 4000);
        QTest::qWait(1500); // six layouts' time
        QCOMPARE(iterationOf(atlas), held);
        QCOMPARE(state(), JobState::Paused);
        QVERIFY(atlas.page->look()); // and there it is to be looked at
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-paused")).join(QLatin1Char('\n')), QString());

        QTest::mouseClick(pause, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(iterationOf(atlas) > held || state() == JobState::Done, 30'000);
        QTRY_COMPARE_WITH_TIMEOUT(state(), JobState::Done, 240'000);
        atlas.settle();
        const QList<MapFacts> maps = mapsIn(project());
        QCOMPARE(maps.size(), 1);
        QCOMPARE(maps.front().iterations, 4000);
        const MapTable paused = must(readMap(maps.front().path));
        QVERIFY2(atlas.words("mapWords").contains(QStringLiteral("240 faces, all drawn")),
                 qPrintable(atlas.words("mapWords")));
        fs::remove(maps.front().path);
        QVERIFY(mien({"embed", "-p", m_project, "--run", "r1", "--iterations", "4000"}));
        const MapTable whole = must(readMap(maps.front().path));
        QVERIFY(whole.layout == paused.layout);
        QVERIFY(whole.samples == paused.samples);
    }

    /// Done 3 of the issue: lasso, queue, review with attention, undo, flag again, and the colours follow.
    void lassoQueueAttentionUndoAndFlagAgain()
    {
        if (mapsIn(project()).isEmpty())
            QVERIFY(mien({"embed", "-p", m_project, "--run", "r1"}));
        const MapTable map = must(readMap(mapsIn(project()).front().path));
        const auto inProject = [&](const char *filter) {
            return must(countMatching(must(Project::open(project(), Project::Access::Read)), filter));
        };
        Atlas atlas(project());
        auto *color = atlas.page->findChild<QComboBox *>(QStringLiteral("mapColor"));
        const auto colorBy = [&](const char *field) {
            atlas.window.showPage(QStringLiteral("map"));
            color->setCurrentIndex(color->findData(QLatin1String(field)));
            atlas.settle();
        };
        // Points that have the colour of a word of the legend.
        const auto pointsOf = [&](const char *name) {
            const qsizetype code = atlas.page->columns()->color.names.indexOf(QLatin1String(name));
            return code < 0 ? 0 : std::ranges::count_if(atlas.page->look()->styles, [&](const PointStyle &style) {
                return style.color == std::uint8_t(code);
            });
        };

        // A cluster, by lasso.
        colorBy("flag");
        QCOMPARE(qint64(pointsOf("open")), inProject("flag:open"));
        const MapIndex index(map.layout);
        const MapDensity density(index);
        QVERIFY(!density.clusters().empty());
        const std::vector<std::uint32_t> &cluster = density.clusters().back().points; // the smallest
        lassoAround(atlas, cluster);
        const std::vector<SampleId> lassoed = atlas.studio().selection();
        QVERIFY(lassoed.size() >= cluster.size());
        for (const std::uint32_t point : cluster)
            QVERIFY(std::ranges::binary_search(lassoed, map.samples[point]));

        // Its queue.
        atlas.trigger("map.queue");
        auto *review = qobject_cast<ReviewPage *>(atlas.window.page(QStringLiteral("review")));
        QVERIFY(review);
        QTRY_VERIFY_WITH_TIMEOUT(review->desk() && !review->desk()->isLoading() && review->desk()->face(), 20'000);
        QCOMPARE(review->desk()->queue().size(), int(lassoed.size()));
        const SampleId reviewed = review->desk()->queue().current().value();

        // Where the network looks, face by face of this queue.
        QTest::keyClick(&atlas.window, Qt::Key_A, Qt::ShiftModifier);
        auto *attention = qobject_cast<AttentionPage *>(atlas.window.page(QStringLiteral("attention")));
        QVERIFY(attention);
        QTRY_VERIFY(attention->isVisible());
        QTRY_COMPARE_WITH_TIMEOUT(attention->walk().size(), int(lassoed.size()), 20'000);
        QCOMPARE(attention->walk().title(), QStringLiteral("From the review queue"));
        const auto showsMaps = [&] {
            const MapSheet &sheet = attention->maps().sheet();
            return atlas.window.isSettled() && sheet.blocks.size() == 1 && !sheet.blocks.front().rows.empty();
        };
        QTRY_VERIFY_WITH_TIMEOUT(showsMaps(), 60'000);
        QCOMPARE(attention->walk().current(), reviewed); // the one that was under review
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-attention")).join(QLatin1Char('\n')), QString());
        const int first = attention->walk().position();
        QTest::keyClick(&atlas.window, Qt::Key_Right);
        QCOMPARE(attention->walk().position(), first + 1);
        QTRY_VERIFY_WITH_TIMEOUT(showsMaps(), 60'000);
        const SampleId next = attention->walk().current();
        QVERIFY(next != reviewed && std::ranges::binary_search(lassoed, next));
        QCOMPARE(atlas.studio().currentSample(), next);
        QTest::keyClick(&atlas.window, Qt::Key_Left);
        QCOMPARE(attention->walk().current(), reviewed);
        QTRY_VERIFY_WITH_TIMEOUT(showsMaps(), 60'000);

        // An answer, and the map behind it follows; undone, it follows as well.
        colorBy("label");
        const auto wordOf = [&](SampleId sample) {
            const MapColumn &column = atlas.page->columns()->color;
            const auto place = std::ranges::find(map.samples, sample) - map.samples.begin();
            const std::int32_t code = column.codes[std::size_t(place)];
            return code < 0 ? QString() : column.names[code];
        };
        const QString before = wordOf(reviewed);
        atlas.window.showPage(QStringLiteral("review"));
        QTRY_VERIFY_WITH_TIMEOUT(review->desk()->face() && atlas.window.isSettled(), 20'000);
        QCOMPARE(review->desk()->queue().current().value(), reviewed);
        const Qt::Key key = before == QLatin1String("happiness") ? Qt::Key_5 : Qt::Key_4;
        QTest::keyClick(atlas.window.focusWidget() ? atlas.window.focusWidget() : &atlas.window, key);
        QTRY_VERIFY_WITH_TIMEOUT(wordOf(reviewed) != before, 20'000);
        QVERIFY(inProject("reviewed:yes") == 1);
        QTest::keyClick(&atlas.window, Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(wordOf(reviewed), before, 20'000);
        QCOMPARE(inProject("reviewed:yes"), 0);

        // Flagged again, by another threshold.
        colorBy("flag");
        const qint64 flagged = inProject("flag:open");
        QCOMPARE(qint64(pointsOf("open")), flagged);
        const QString job = atlas.window.session()->jobs().start(
            QStringLiteral("Flag again"), {QStringLiteral("flag"), QStringLiteral("--run"), QStringLiteral("r1"),
                                           QStringLiteral("--threshold"), QStringLiteral("0.02")});
        QTRY_COMPARE_WITH_TIMEOUT(atlas.window.session()->jobs().job(job)->state, JobState::Done, 120'000);
        const qint64 more = inProject("flag:open");
        QVERIFY(more > flagged);
        QTRY_COMPARE_WITH_TIMEOUT(qint64(pointsOf("open")), more, 20'000);
        atlas.settle();
        QCOMPARE(
            std::ranges::count_if(atlas.page->look()->styles, [](const PointStyle &style) { return style.isLarge; }),
            more);
        QCOMPARE(atlas.studio().selection(), lassoed); // still the same everywhere
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-flagged-again")).join(QLatin1Char('\n')), QString());
    }
};

QTEST_MAIN(MapWayTest)
#include "tst_map_way.moc"
