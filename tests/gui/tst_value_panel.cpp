#include "pipeline/store/labels.h"
#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/filter_field.h"
#include "studio/common/plots/histogram.h"
#include "studio/common/project_session.h"
#include "studio/common/sample_list_model.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/order_choice.h"
#include "studio/gallery/value_panel.h"
#include "studio/gallery/value_range.h"
#include "tests/support/controls.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using namespace mien;
using namespace mien::test;

namespace {

/// filledProject() whose row i has blur i % 1000 and, but for every third, yaw i % 90 - 45.
void measuredProject(const std::filesystem::path &folder, int samples)
{
    Project project = must(Project::create(folder, "Measured"));
    ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder.parent_path() / "faces.csv"));
    NewMedia file;
    file.path = folder.parent_path() / "faces.csv";
    file.kind = "table";
    const MediaId media = must(writer.addMedia(file));
    for (int row = 0; row < samples; ++row) {
        NewSample sample = plainSample(writer, media, row);
        sample.measures["quality.blur"] = row % 1000;
        if (row % 3 != 0)
            sample.measures["quality.yaw"] = row % 90 - 45;
        must(writer.addSample(sample));
    }
    must(writer.finish());
}

/// Longest time that the GUI thread did not answer, in ms.
class Heartbeat
{
public:
    Heartbeat()
    {
        m_clock.start();
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer,
                         [this] { m_longest = std::max(m_longest, m_clock.restart()); });
        m_timer.start(0);
    }
    qint64 longestMs() const { return m_longest; }

private:
    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_longest = 0;
};

} // namespace

/// The histogram of a measured value beside the gallery, and the range that it puts into the filter.
class tst_value_panel : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;
    int m_projects = 0;

    GalleryPage &gallery() const { return *qobject_cast<GalleryPage *>(m_window->page(QStringLiteral("gallery"))); }
    ValuePanel &panel() const { return gallery().values(); }

    template <typename T>
    T *find(const char *name) const
    {
        return m_window->findChild<T *>(QLatin1String(name));
    }

    void open(int samples)
    {
        const QString path = m_folder.filePath(QStringLiteral("p%1.mien").arg(++m_projects));
        measuredProject(path.toStdString(), samples);
        m_window = std::make_unique<MainWindow>();
        QVERIFY(openProject(*m_window, path));
        m_window->showPage(QStringLiteral("gallery"));
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        m_window->actions().action(QStringLiteral("gallery.histogram"))->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->isSettled(), 60000);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        prepareWindowTests(FAKE_MIEN);
    }

    void cleanup() { m_window.reset(); }

    void measuredFieldsAreOrders()
    {
        open(300);
        auto *order = find<OrderChoice>("gallerySort");
        QVERIFY(order);
        const int down = order->findData(QStringLiteral("-quality.blur")),
                  up = order->findData(QStringLiteral("quality.yaw"));
        QVERIFY(down > 0 && up > 0);
        QCOMPARE(order->itemText(down), QStringLiteral("Sharpness: high to low"));
        order->setCurrentIndex(down);
        QTRY_COMPARE(gallery().model().idAt(0), SampleId{300});
        QCOMPARE(gallery().model().idAt(299), SampleId{1});
        order->setCurrentIndex(up);
        QTRY_COMPARE(gallery().model().idAt(0), SampleId{2}); // row 1: the first with yaw -44
        QCOMPARE(gallery().model().idAt(299), SampleId{298}); // without yaw: behind all others
        const QStringList faults = faultsOfLook(*m_window, QStringLiteral("gallery-order"));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));

        const QString path = m_window->session()->folder();
        m_window->close();
        m_window = std::make_unique<MainWindow>();
        QVERIFY(openProject(*m_window, path));
        QTRY_VERIFY(m_window->isSettled());
        order = find<OrderChoice>("gallerySort");
        QCOMPARE(order->currentData().toString(), QStringLiteral("quality.yaw"));
        QCOMPARE(gallery().model().idAt(0), SampleId{2});
    }

    void rangesAreTakenOutOfAFilter_data()
    {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<QString>("rest");
        QTest::addColumn<double>("low"); // -1: none
        QTest::addColumn<double>("high");
        QTest::addColumn<QString>("again"); // put together
        const auto row = [](const char *name, const char *filter, const char *rest, double low, double high,
                            const char *again) {
            QTest::newRow(name) << QString::fromUtf8(filter) << QString::fromUtf8(rest) << low << high
                                << QString::fromUtf8(again);
        };
        row("empty", "", "", -1, -1, "");
        row("none", "label:sadness", "label:sadness", -1, -1, "label:sadness");
        row("both ends", "label:sadness q.blur>=20 q.blur<=80.5", "label:sadness", 20, 80.5,
            "label:sadness q.blur>=20 q.blur<=80.5");
        row("in the middle", "a q.blur<=3 AND b", "a b", -1, 3, "a b q.blur<=3");
        row("another field", "q.blurry>=2 q.blur>=1", "q.blurry>=2", 1, -1, "q.blurry>=2 q.blur>=1");
        row("below or", "a OR q.blur>=1", "a OR q.blur>=1", -1, -1, "a OR q.blur>=1");
        row("beside or", "(a OR b) q.blur>=1", "(a OR b)", 1, -1, "(a OR b) q.blur>=1");
        row("below not", "NOT q.blur>=1", "NOT q.blur>=1", -1, -1, "NOT q.blur>=1");
        row("in parentheses", "(q.blur>=1) x", "(q.blur>=1) x", -1, -1, "(q.blur>=1) x");
        row("strict", "q.blur>1", "q.blur>1", -1, -1, "q.blur>1");
        row("quoted", "tag:\"a q.blur>=1\" q.blur<=2", "tag:\"a q.blur>=1\"", -1, 2, "tag:\"a q.blur>=1\" q.blur<=2");
        row("a second lower end stays", "q.blur>=1 q.blur>=2", "q.blur>=2", 1, -1, "q.blur>=2 q.blur>=1");
    }

    void rangesAreTakenOutOfAFilter()
    {
        QFETCH(QString, filter);
        QFETCH(double, low);
        QFETCH(double, high);
        const QString field = QStringLiteral("q.blur");
        const RangedFilter taken = RangedFilter::of(filter, field);
        QTEST(taken.rest, "rest");
        QCOMPARE(taken.range.low.value_or(-1), low);
        QCOMPARE(taken.range.high.value_or(-1), high);
        QTEST(taken.text(field), "again");
        RangedFilter withOr{QStringLiteral("a OR b"), {1., {}}};
        QCOMPARE(withOr.text(field), QStringLiteral("(a OR b) q.blur>=1"));
    }

    void aHistogramIsMovedByMouseAndKeys()
    {
        Histogram histogram;
        histogram.resize(410, 100);
        histogram.show();
        QVERIFY(QTest::qWaitForWindowExposed(&histogram));
        std::vector<double> values;
        for (int i = 0; i < 1000; ++i)
            values.push_back(i / 10.);
        values.back() = 1e6; // a tail that would leave one bar
        histogram.setValues(values);
        QVERIFY(histogram.axisHigh() < 101);
        QCOMPARE(histogram.countInRange(), qint64(1000));
        QSignalSpy moved(&histogram, &Histogram::rangeMoved);
        const auto at = [&](double value) { return QPoint(int(std::lround(histogram.positionOf(value))), 40); };
        QTest::mousePress(&histogram, Qt::LeftButton, {}, at(1));
        QTest::mouseMove(&histogram, at(30));
        QTest::mouseRelease(&histogram, Qt::LeftButton, {}, at(30));
        QVERIFY2(std::abs(histogram.low().value() - 30) < 0.5, qPrintable(QString::number(*histogram.low())));
        QVERIFY(!histogram.high());
        QTest::mouseClick(&histogram, Qt::LeftButton, {}, at(80));
        QVERIFY(std::abs(histogram.high().value() - 80) < 0.5);
        QVERIFY(std::abs(double(histogram.countInRange()) - 500) <= 10);
        QVERIFY(histogram.accessibleDescription().contains(QString::number(histogram.countInRange())));

        histogram.setFocus();
        const double low = *histogram.low(), high = *histogram.high();
        QTest::keyClick(&histogram, Qt::Key_Right);
        QVERIFY(*histogram.low() > low && *histogram.high() == high);
        QTest::keyClick(&histogram, Qt::Key_Left, Qt::ShiftModifier);
        QVERIFY(*histogram.high() < high);
        QTest::keyClick(&histogram, Qt::Key_Home);
        QVERIFY(!histogram.low());
        QTest::keyClick(&histogram, Qt::Key_End, Qt::ShiftModifier);
        QVERIFY(!histogram.high());
        QVERIFY(moved.count() >= 6);
        for (int i = 0; i < 100; ++i) // an end does not pass the other
            QTest::keyClick(&histogram, Qt::Key_Left, Qt::ShiftModifier);
        QVERIFY(*histogram.high() >= histogram.axisLow());
        histogram.setValues({});
        QTest::mouseClick(&histogram, Qt::LeftButton, {}, {50, 40});
        histogram.setValues({3, 3, 3});
        QVERIFY(histogram.axisHigh() > histogram.axisLow());
    }

    void aRangeNarrowsTheGalleryVisibly()
    {
        open(300);
        QVERIFY(panel().isVisible());
        QCOMPARE(panel().field(), QStringLiteral("quality.blur"));
        QCOMPARE(panel().histogram().values().size(), std::size_t(300));
        QCOMPARE(find<QLabel>("valueWords")->text(), QStringLiteral("300 of 300 in the range"));

        find<QDoubleSpinBox>("valueHigh")->setValue(99);
        QTRY_COMPARE(gallery().filter().filter(), QStringLiteral("quality.blur<=99"));
        QTRY_COMPARE(gallery().model().rowCount(), 100);
        QCOMPARE(find<QLabel>("valueWords")->text(), QStringLiteral("100 of 300 in the range")); // all stay in sight
        panel().histogram().setFocus();
        QTest::keyClick(&panel().histogram(), Qt::Key_Right);
        QTRY_VERIFY(gallery().filter().filter().startsWith(QStringLiteral("quality.blur>=")));
        QTRY_VERIFY(gallery().model().rowCount() < 100 && gallery().model().rowCount() > 80);
        QTRY_VERIFY(m_window->isSettled());
        const QStringList faults = faultsOfLook(*m_window, QStringLiteral("gallery-histogram"));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
        const QStringList nameless = namelessIn(&gallery());
        QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QLatin1Char('\n'))));

        // What is written shows, with the rest of the filter.
        gallery().filter().setFilter(QStringLiteral("split:val quality.blur>=100"));
        QTRY_COMPARE(panel().histogram().values().size(), std::size_t(60));
        QCOMPARE(panel().histogram().low(), std::optional(100.));
        QCOMPARE(find<QDoubleSpinBox>("valueLow")->value(), 100.);
        QTRY_COMPARE(gallery().model().rowCount(), 40);
        QTest::mouseClick(find<QPushButton>("valueAll"), Qt::LeftButton);
        QTRY_COMPARE(gallery().filter().filter(), QStringLiteral("split:val"));
        QTRY_COMPARE(gallery().model().rowCount(), 60);

        // Another value: those without it are counted.
        panel().setField(QStringLiteral("quality.yaw"));
        QTRY_COMPARE(panel().histogram().values().size(), std::size_t(40));
        QCOMPARE(find<QLabel>("valueWords")->text(), QStringLiteral("40 of 40 in the range; 20 without a value"));
        find<QDoubleSpinBox>("valueLow")->setValue(-10);
        QTRY_COMPARE(gallery().filter().filter(), QStringLiteral("split:val quality.yaw>=-10"));

        // A wrong filter changes nothing here.
        gallery().filter().setFilter(QStringLiteral("nonsense:1"));
        QTRY_VERIFY(!gallery().filter().problem().isEmpty());
        QCOMPARE(panel().histogram().values().size(), std::size_t(40));
    }

    void itComesBackAsItWas()
    {
        open(60);
        panel().setField(QStringLiteral("quality.yaw"));
        QTRY_COMPARE(panel().field(), QStringLiteral("quality.yaw"));
        const QString path = m_window->session()->folder();
        m_window->close();
        m_window = std::make_unique<MainWindow>();
        QVERIFY(openProject(*m_window, path));
        m_window->showPage(QStringLiteral("gallery"));
        QTRY_VERIFY(panel().isVisible() && m_window->isSettled());
        QCOMPARE(panel().field(), QStringLiteral("quality.yaw"));
    }

    void aHundredThousandFacesStayFluent()
    {
        open(100'000);
        const Heartbeat heart;
        QElapsedTimer clock;
        clock.start();
        panel().setField(QStringLiteral("quality.yaw"));
        QTRY_VERIFY_WITH_TIMEOUT(panel().field() == QStringLiteral("quality.yaw") && m_window->isSettled(), 20000);
        const qint64 reading = clock.elapsed();
        QCOMPARE(panel().histogram().values().size(), std::size_t(66'666));
        for (int i = 0; i < 12; ++i) {
            QTest::keyClick(&panel().histogram(), Qt::Key_Right);
            QTest::qWait(30);
        }
        QTRY_VERIFY_WITH_TIMEOUT(gallery().model().rowCount() < 66'666 && m_window->isSettled(), 20000);
        qInfo("100,000 faces: values of another field after %lld ms, the window never silent for more than %lld ms",
              reading, heart.longestMs());
    }
};

QTEST_MAIN(tst_value_panel)
#include "tst_value_panel.moc"
