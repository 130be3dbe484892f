#include "models/io/safetensors.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/job_queue.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/settings.h"
#include "studio/common/studio.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/gallery_view.h"
#include "studio/map/map_density.h"
#include "studio/map/map_file.h"
#include "studio/map/map_legend.h"
#include "studio/map/map_page.h"
#include "studio/map/map_raster.h"
#include "studio/map/map_view.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/atlas.h"
#include "tests/support/controls.h"
#include "tests/support/opened_window.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

using namespace mien;
using namespace mien::test;
namespace fs = std::filesystem;

namespace {

constexpr int kSamples = 210;

/// Points of a group that have a label: every 20th row has none, but lies there as well.
std::vector<SampleId> groupOf(int group)
{
    std::vector<SampleId> ids;
    for (int i = group; i < kSamples; i += 7)
        ids.push_back(SampleId{i + 1});
    return ids;
}

} // namespace

class MapTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { prepareWindowTests(FAKE_MIEN); }
    void init()
    {
        settings().clear();
        m_folder = std::make_unique<TemporaryFolder>();
        m_project = *m_folder / "study.mien";
        scoredProject(m_project, kSamples);
    }
    void cleanup() { m_folder.reset(); }

    void theIndexFindsWhatAPlainSearchFinds()
    {
        const std::vector<float> layout = groupedLayout(5000);
        const MapIndex index(layout);
        QPolygonF star;
        for (int i = 0; i < 9; ++i)
            star << QPointF((i % 2 ? 3 : 11) * std::cos(i * 0.698), (i % 2 ? 3 : 11) * std::sin(i * 0.698));
        std::vector<std::uint32_t> inside;
        for (std::uint32_t i = 0; i < 5000; ++i)
            if (star.containsPoint({layout[2 * i], layout[2 * i + 1]}, Qt::OddEvenFill))
                inside.push_back(i);
        QVERIFY(inside.size() > 100);
        QCOMPARE(index.inside(star), inside);
        for (std::uint32_t i = 0; i < 5000; i += 97) {
            const auto found = index.nearest({layout[2 * i], layout[2 * i + 1]}, 0.5);
            QVERIFY(found);
            QCOMPARE(index.positionOf(*found), index.positionOf(i));
        }
        QVERIFY(!index.nearest({500, 500}, 1));
        const QRectF part(-2, 5, 9, 7);
        qsizetype plain = 0;
        for (std::size_t i = 0; i < 5000; ++i)
            plain += part.contains(layout[2 * i], layout[2 * i + 1]) ? 1 : 0;
        QCOMPARE(qsizetype(index.pointsIn(part).size()), plain);
    }

    void everyPointIsDrawn()
    {
        // Points two pixels wide on a lattice of 8: each leaves ink around its place and none between.
        std::vector<float> layout;
        for (int y = 0; y < 40; ++y)
            for (int x = 0; x < 50; ++x) {
                layout.push_back(float(x));
                layout.push_back(float(y));
            }
        const MapIndex index(layout);
        std::vector<PointStyle> styles(index.count());
        for (std::size_t place = 0; place < styles.size(); ++place)
            styles[place].isHidden = index.pointAt(place) == 1234;
        MapPicture picture;
        picture.sizePx = {400, 320};
        picture.centre = {24.5, 19.5};
        picture.scale = 8;
        picture.radiusPx = 1;
        const std::vector<QRgb> palette{0xffff0000};
        MapRaster raster;
        const QImage one = raster.draw(index, styles, palette, picture, 1);
        QCOMPARE(raster.draw(index, styles, palette, picture, 3), one); // whatever the number of threads
        for (std::uint32_t point = 0; point < index.count(); ++point) {
            const QPoint at = picture.toPicture().map(index.positionOf(point)).toPoint();
            QCOMPARE(qAlpha(one.pixel(at)) > 100, point != 1234);
            QCOMPARE(qAlpha(one.pixel(std::min(399, at.x() + 3), at.y())), 0);
        }
        // Where more lie, the colour covers more.
        const std::vector<float> pile(2 * 50, 1.0f);
        const MapIndex piled(pile);
        picture.centre = piled.bounds().center();
        const QImage dense = raster.draw(piled, std::vector<PointStyle>(50), palette, picture, 2);
        QVERIFY(qAlpha(dense.pixel(200, 160)) > qAlpha(one.pixel(picture.sizePx.width() / 2 + 4, 164)));
    }

    void clustersAreThoseOfTheLayout_data()
    {
        QTest::addColumn<int>("points");
        QTest::newRow("few") << kSamples;
        QTest::newRow("many") << 2100;
        QTest::newRow("very many") << 70'000;
    }

    void clustersAreThoseOfTheLayout()
    {
        QFETCH(int, points);
        const MapIndex index(groupedLayout(points));
        const MapDensity density(index);
        QCOMPARE(density.clusters().size(), 7u);
        for (const MapDensity::Cluster &cluster : density.clusters()) {
            QVERIFY(int(cluster.points.size()) > points / 7 * 5 / 6);
            for (const std::uint32_t point : cluster.points)
                QCOMPARE(point % 7, cluster.points.front() % 7);
        }
        // Each line closes, and the outermost go around the groups: inside them lie the points that they are to hold.
        for (std::size_t level = 0; level < MapDensity::kShares.size(); ++level) {
            QVERIFY(!density.contours(level).empty());
            double longest = 0, held = 0;
            for (const QPolygonF &line : density.contours(level)) {
                QVERIFY(line.size() > 2);
                for (qsizetype i = 0; i < line.size(); ++i)
                    longest = std::max(longest, QLineF(line[i], line[(i + 1) % line.size()]).length());
                held += double(index.inside(line).size()) / points;
            }
            QVERIFY2(longest < index.bounds().width() / 20, qPrintable(QString::number(longest)));
            QVERIFY2(held > MapDensity::kShares[level] - 0.15, qPrintable(QString::number(held)));
        }
    }

    void blobsAreClusters_data()
    {
        QTest::addColumn<int>("blobs");
        QTest::addColumn<int>("points");
        QTest::newRow("1 of 20") << 1 << 20;
        QTest::newRow("1 of 50") << 1 << 50;
        QTest::newRow("1 of 500") << 1 << 500;
        QTest::newRow("1 of 20,000") << 1 << 20'000;
        QTest::newRow("2 of 25") << 2 << 25;
        QTest::newRow("3 of 30") << 3 << 30;
        QTest::newRow("7 of 40") << 7 << 40;
        QTest::newRow("10 of 50") << 10 << 50;
        QTest::newRow("5 of 1,000") << 5 << 1'000;
        QTest::newRow("7 of 5,000") << 7 << 5'000;
    }

    /// Normal blobs on a circle, seven widths apart, whatever the seed.
    void blobsAreClusters()
    {
        QFETCH(int, blobs);
        QFETCH(int, points);
        const double radius = blobs == 1 ? 0 : 3.5 / std::sin(M_PI / blobs);
        for (unsigned seed = 1; seed <= (blobs * points <= 2'000 ? 20 : 5); ++seed) {
            std::mt19937 random(seed);
            std::normal_distribution<double> normal;
            std::vector<float> layout;
            for (int i = 0; i < blobs * points; ++i) {
                const double angle = i % blobs * 2 * M_PI / blobs;
                layout.push_back(float(radius * std::cos(angle) + normal(random)));
                layout.push_back(float(radius * std::sin(angle) + normal(random)));
            }
            const MapDensity density{MapIndex(layout)};
            QVERIFY2(int(density.clusters().size()) == blobs,
                     qPrintable(QStringLiteral("seed %1: %2 clusters").arg(seed).arg(density.clusters().size())));
            for (const MapDensity::Cluster &cluster : density.clusters())
                QVERIFY(int(cluster.points.size()) > points * 3 / 4);
        }
    }

    void lassoQueueReviewUndoAndFlagAgain()
    {
        writeMap(m_project, groupedLayout(kSamples));
        Atlas atlas(m_project);
        QVERIFY(atlas.page->look());
        QVERIFY2(atlas.words("mapWords").contains(QStringLiteral("210 faces, all drawn")),
                 qPrintable(atlas.words("mapWords")));
        QVERIFY(atlas.words("mapWords").contains(QStringLiteral("side by side is alike")));

        // Lasso: one selection everywhere.
        atlas.lassoGroup(2);
        QCOMPARE(atlas.studio().selection(), groupOf(2));
        QVERIFY(atlas.words("mapLassoWords").contains(QStringLiteral("30 face")));
        atlas.settle();
        std::size_t selected = 0;
        for (const PointStyle &style : atlas.page->look()->styles)
            selected += style.isSelected ? 1 : 0;
        QCOMPARE(selected, 30u);
        atlas.window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(atlas.window.page(QStringLiteral("gallery")));
        QTRY_COMPARE(gallery->view().selection().count(), 30);
        QCOMPARE(gallery->view().selectedIds(), groupOf(2));
        gallery->view().setCurrentRow(5);
        QCOMPARE(atlas.studio().selection(), std::vector<SampleId>{SampleId{6}});
        atlas.window.showPage(QStringLiteral("map"));
        atlas.lassoGroup(2);

        // Queue, and an answer.
        const auto colorOf = [&](SampleId sample) {
            const MapColumn &column = atlas.page->columns()->color;
            const std::int32_t code = column.codes[std::size_t(sample.value - 1)];
            return code < 0 ? QString() : column.names[code];
        };
        atlas.trigger("map.queue");
        auto *review = qobject_cast<ReviewPage *>(atlas.window.page(QStringLiteral("review")));
        QVERIFY(review);
        QTRY_VERIFY_WITH_TIMEOUT(review->desk() && !review->desk()->isLoading() && review->desk()->face(), 20'000);
        const SampleId reviewed = review->desk()->queue().current().value();
        const std::vector<SampleId> group = groupOf(2);
        QVERIFY(std::ranges::find(group, reviewed) != group.end());
        const QString before = colorOf(reviewed);
        QVERIFY(!before.isEmpty());
        QTest::keyClick(atlas.window.focusWidget() ? atlas.window.focusWidget() : &atlas.window, Qt::Key_5);
        // The map follows, though it is not in front.
        QTRY_VERIFY_WITH_TIMEOUT(colorOf(reviewed) != before && !colorOf(reviewed).isEmpty(), 20'000);
        atlas.window.session()->undo();
        QTRY_COMPARE_WITH_TIMEOUT(colorOf(reviewed), before, 20'000);

        // Flag again: suspicion as colour follows.
        atlas.window.showPage(QStringLiteral("map"));
        auto *color = atlas.page->findChild<QComboBox *>(QStringLiteral("mapColor"));
        color->setCurrentIndex(color->findData(QStringLiteral("suspicion")));
        atlas.settle();
        QCOMPARE(atlas.page->columns()->color.kind, MapColumn::Kind::Numbers);
        const auto suspicion = [&] { return atlas.page->columns()->color.values[2]; };
        const float old = suspicion();
        const auto styleOf = [&](std::uint32_t point) {
            const MapIndex index(groupedLayout(kSamples));
            return atlas.page->look()->styles[index.placeOf(point)];
        };
        const int oldColor = styleOf(2).color;
        atlas.window.session()->change([](Project &project) -> Result<> {
            FlaggingRow flagging = *currentFlagging(project);
            std::vector<ScoreRow> scores;
            for (std::int64_t id = 1; id <= kSamples; ++id)
                if (auto score = scoreOf(project, SampleId{id})) {
                    score->suspicion = 1 - score->suspicion;
                    score->flagged = id % 2 == 0;
                    scores.push_back(*score);
                }
            const auto stored = storeFlagging(project, flagging, scores);
            return stored ? Result<>() : fail(stored.error());
        });
        QTRY_VERIFY_WITH_TIMEOUT(std::abs(suspicion() - (1 - old)) < 1e-4f, 20'000);
        QTRY_VERIFY(styleOf(2).color != oldColor);
        QTRY_VERIFY(styleOf(3).isLarge); // sample 4 is flagged now
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-suspicion")).join(QLatin1Char('\n')), QString());
    }

    void theLegendHidesAndTheSelectionAdds()
    {
        writeMap(m_project, groupedLayout(kSamples));
        Atlas atlas(m_project);
        const auto hidden = [&] {
            return std::ranges::count_if(atlas.page->look()->styles,
                                         [](const PointStyle &style) { return style.isHidden; });
        };
        QCOMPARE(hidden(), 0);
        auto *line = atlas.page->legend().findChild<QCheckBox *>(QStringLiteral("mapLegend.0"));
        QVERIFY(line);
        line->click();
        atlas.settle();
        QVERIFY(hidden() > 20);
        QVERIFY(atlas.words("mapWords").contains(QStringLiteral("hidden by the legend")));
        line = atlas.page->legend().findChild<QCheckBox *>(QStringLiteral("mapLegend.0"));
        line->click();
        atlas.settle();
        QCOMPARE(hidden(), 0);

        atlas.lassoGroup(1);
        atlas.lassoGroup(4, Qt::ShiftModifier);
        QCOMPARE(atlas.studio().selection().size(), 60u);
        atlas.lassoGroup(1, Qt::ControlModifier);
        QCOMPARE(atlas.studio().selection(), groupOf(4));
        // Excluding and its undo are edits like any other.
        atlas.trigger("map.exclude");
        QTRY_COMPARE_WITH_TIMEOUT(
            must(countMatching(must(Project::open(m_project, Project::Access::Read)), "excluded:yes")), 30, 20'000);
        atlas.window.session()->undo();
        QTRY_COMPARE_WITH_TIMEOUT(
            must(countMatching(must(Project::open(m_project, Project::Access::Read)), "excluded:yes")), 0, 20'000);
    }

    void keysAreEnough()
    {
        writeMap(m_project, groupedLayout(kSamples));
        Atlas atlas(m_project);
        QCOMPARE(atlas.window.focusWidget(), &atlas.view());
        const QPointF start = atlas.view().positionOf(0);
        QTest::keyClick(&atlas.view(), Qt::Key_Right);
        QVERIFY(atlas.view().positionOf(0).x() < start.x());
        QTest::keyClick(&atlas.view(), Qt::Key_F);
        QCOMPARE(atlas.view().positionOf(0), start);
        const auto apart = [&] { return QLineF(atlas.view().positionOf(0), atlas.view().positionOf(3)).length(); };
        const double whole = apart();
        QTest::keyClick(&atlas.view(), Qt::Key_Plus);
        QVERIFY(std::abs(apart() - 1.5 * whole) < 1e-3 * whole);
        QTest::keyClick(&atlas.view(), Qt::Key_Minus);
        QVERIFY(std::abs(apart() - whole) < 1e-3 * whole);
        QTest::keyClick(&atlas.view(), Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(atlas.studio().selection().size(), std::size_t(kSamples));
        QTest::keyClick(&atlas.view(), Qt::Key_Escape);
        QVERIFY(atlas.studio().selection().empty());
        QTest::keyClick(&atlas.view(), Qt::Key_C);
        QTest::keyClick(&atlas.view(), Qt::Key_D);
        QVERIFY(atlas.page->findChild<QToolButton *>(QStringLiteral("button.map.clusters"))->isChecked());
        QVERIFY(atlas.page->findChild<QToolButton *>(QStringLiteral("button.map.contours"))->isChecked());
        QCOMPARE(namelessIn(atlas.page).join(QLatin1Char('\n')), QString());
        QCOMPARE(atlas.studio().actions().conflicts(), (QList<std::pair<QString, QString>>()));
        auto *shape = atlas.page->findChild<QComboBox *>(QStringLiteral("mapShape"));
        shape->setCurrentIndex(shape->findData(QStringLiteral("split")));
        atlas.settle();
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map")).join(QLatin1Char('\n')), QString());
        // Closely seen, points are faces.
        for (int i = 0; i < 8; ++i)
            atlas.view().zoomBy(1.5, atlas.view().positionOf(3));
        atlas.settle();
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-faces")).join(QLatin1Char('\n')), QString());
    }

    void shapesAreToldOnceTheyShow()
    {
        writeMap(m_project, groupedLayout(5000)); // more than have room for a shape
        Atlas atlas(m_project);
        auto *shape = atlas.page->findChild<QComboBox *>(QStringLiteral("mapShape"));
        shape->setCurrentIndex(shape->findData(QStringLiteral("label")));
        atlas.settle();
        const auto *hint = atlas.page->legend().findChild<QWidget *>(QStringLiteral("mapShapesHint"));
        QVERIFY(hint);
        QVERIFY(!atlas.view().showsShapes());
        QVERIFY(hint->isVisible());
        const int height = atlas.page->legend().height();
        atlas.view().zoomBy(6, atlas.view().positionOf(3));
        QVERIFY(atlas.view().showsShapes());
        QVERIFY(!hint->isVisible());
        QVERIFY(atlas.page->legend().height() < height);
        atlas.view().fit();
        QVERIFY(hint->isVisible());
        QCOMPARE(atlas.page->legend().height(), height);
    }

    void whatIsUnderThePointerIsTold()
    {
        writeMap(m_project, groupedLayout(kSamples));
        Atlas atlas(m_project);
        const auto *card = atlas.page->findChild<QWidget *>(QStringLiteral("mapHover"));
        QVERIFY(card && !card->isVisible());
        QTest::mouseMove(&atlas.view(), atlas.view().positionOf(2).toPoint());
        QTRY_VERIFY(card->isVisible());
        const auto score = scoreOf(must(Project::open(m_project, Project::Access::Read)), SampleId{3});
        QVERIFY(score);
        const QString words = atlas.words("mapHoverWords");
        QVERIFY2(words.startsWith(atlas.window.session()->displayName(ClassId{3})), qPrintable(words));
        QVERIFY2(words.contains(QStringLiteral("suspicion ") + QLocale().toString(score->suspicion, 'f', 2)),
                 qPrintable(words));
        QVERIFY2(words.contains(QStringLiteral("distortion here 0.01")), qPrintable(words)); // 2 of 210
        QVERIFY(atlas.view().rect().contains(card->geometry()));
        if (const QString folder = qEnvironmentVariable("MIEN_PICTURES"); !folder.isEmpty())
            QVERIFY(atlas.window.grab().save(folder + QStringLiteral("/map-hover.png")));
        QTest::mouseMove(&atlas.view(), QPoint(5, 5)); // nothing lies there
        QTRY_VERIFY(!card->isVisible());
    }

    void theMiddleStaysWhenTheWindowGrows()
    {
        writeMap(m_project, groupedLayout(kSamples));
        Atlas atlas(m_project);
        MapView &view = atlas.view();
        // All of it in sight: all of it stays in sight.
        const auto inSight = [&] { return view.pointsInSight().size(); };
        QCOMPARE(inSight(), std::size_t(kSamples));
        atlas.window.resize(1100, 720);
        atlas.settle();
        QCOMPARE(inSight(), std::size_t(kSamples));
        // A part of it: what is in the middle stays there, as large as it was.
        view.zoomBy(3, view.positionOf(3));
        view.panBy(QRectF(view.rect()).center() - view.positionOf(3));
        const double apart = QLineF(view.positionOf(3), view.positionOf(10)).length();
        for (const QSize size : {QSize(1400, 900), QSize(1280, 720)}) {
            atlas.window.resize(size);
            atlas.settle();
            const QPointF off = view.positionOf(3) - QRectF(view.rect()).center();
            QVERIFY2(std::hypot(off.x(), off.y()) < 1, qPrintable(QStringLiteral("%1 %2").arg(off.x()).arg(off.y())));
            QVERIFY(std::abs(QLineF(view.positionOf(3), view.positionOf(10)).length() - apart) < 1e-6);
        }
    }

    void whatIsNotThereIsSaidInWords_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("words");
        QTest::newRow("no map") << "none" << "There is no map yet";
        QTest::newRow("no number") << "nan" << "2 of its coordinates are not numbers";
        QTest::newRow("damaged") << "damaged" << "the file is damaged";
        QTest::newRow("other sizes") << "sizes" << "do not fit its samples";
    }

    void whatIsNotThereIsSaidInWords()
    {
        QFETCH(QString, what);
        QFETCH(QString, words);
        std::vector<float> layout = groupedLayout(kSamples);
        if (what == QLatin1String("nan"))
            layout[4] = layout[9] = std::numeric_limits<float>::quiet_NaN();
        if (what != QLatin1String("none")) {
            const fs::path file = writeMap(m_project, layout);
            if (what == QLatin1String("damaged"))
                fs::resize_file(file, fs::file_size(file) / 2);
            if (what == QLatin1String("sizes")) {
                SafetensorsWriter writer;
                writer.add("layout", {kSamples, 2}, layout);
                std::vector<std::int64_t> samples(kSamples, 1);
                writer.add("sample", {kSamples}, samples);
                writer.add("distortion", {1}, std::vector<float>{0});
                writer.add("trained", {1}, std::vector<std::uint8_t>{0});
                must(writer.write(file));
            }
        }
        Atlas atlas(m_project);
        QVERIFY(!atlas.page->look());
        bool isSaid = false;
        for (const QLabel *label : atlas.page->findChildren<QLabel *>())
            isSaid |= label->isVisible() && label->text().contains(words);
        QVERIFY2(isSaid, qPrintable(words));
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-%1").arg(what)).join(QLatin1Char('\n')), QString());
    }

    void withoutARunItSaysWhatToDo()
    {
        const fs::path empty = *m_folder / "empty.mien";
        filledProject(empty, 30);
        Atlas atlas(empty);
        bool isSaid = false;
        for (const QLabel *label : atlas.page->findChildren<QLabel *>())
            isSaid |= label->isVisible() && label->text().contains(QStringLiteral("Train a network first"));
        QVERIFY(isSaid);
        QVERIFY(!atlas.page->findChild<QPushButton *>(QStringLiteral("mapMake"))->isEnabled());
    }

    void aMapIsWatchedWhileItFormsAndACancelledOneIsNone()
    {
        SafetensorsWriter forming;
        std::vector<std::int64_t> samples(kSamples);
        std::iota(samples.begin(), samples.end(), 1);
        forming.add("layout", {kSamples, 2}, groupedLayout(kSamples));
        forming.add("sample", {kSamples}, samples);
        forming.setMetadata("iteration", "40");
        fs::create_directories(m_project / "runs" / "r1");
        must(forming.write(m_project / "runs" / "r1" / "forming"));
        Atlas atlas(m_project);
        QTest::mouseClick(atlas.page->findChild<QPushButton *>(QStringLiteral("mapMake")), Qt::LeftButton);
        QDialog *dialog = nullptr;
        QTRY_VERIFY((dialog = atlas.page->findChild<QDialog *>(QStringLiteral("mapChoice"))));
        QCOMPARE(namelessIn(dialog), QStringList());
        QTest::mouseClick(dialog->findChild<QPushButton *>(QStringLiteral("mapMakeNow")), Qt::LeftButton);
        // The stand-in lays out nothing by itself: it says where the layout lies, and waits to be stopped.
        QTRY_VERIFY_WITH_TIMEOUT(atlas.page->look(), 30'000);
        QVERIFY2(atlas.words("mapWords").contains(QStringLiteral("iteration 40")), qPrintable(atlas.words("mapWords")));
        QTRY_VERIFY(atlas.page->findChild<QPushButton *>(QStringLiteral("mapCancel"))->isVisible());
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-forming")).join(QLatin1Char('\n')), QString());
        QTest::mouseClick(atlas.page->findChild<QPushButton *>(QStringLiteral("mapCancel")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!atlas.page->look(), 30'000);
        QTRY_VERIFY(atlas.words("mapJobTitle").contains(QStringLiteral("cancelled")));
    }

private:
    std::unique_ptr<TemporaryFolder> m_folder;
    fs::path m_project;
};

QTEST_MAIN(MapTest)
#include "tst_map.moc"
