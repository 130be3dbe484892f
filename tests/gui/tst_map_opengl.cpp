#include "studio/common/action_registry.h"
#include "studio/common/settings.h"
#include "studio/map/opengl_thread.h"
#include "tests/support/atlas.h"
#include "tests/support/opened_window.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QRegularExpression>
#include <QSettings>
#include <QSignalSpy>
#include <QTest>

#include <cmath>
#include <random>

using namespace mien;
using namespace mien::test;
namespace fs = std::filesystem;

namespace {

constexpr int kSamples = 210;
const std::vector<QRgb> kPalette{0xffff0000, 0xff00ff00, 0xff0000ff, 0xff808080};

/// Where the ink of a colour lies, and how much of it there is. Of a palette of one colour a channel.
struct Ink
{
    double amount = 0;
    QPointF centre;
};

Ink inkOf(const QImage &image, int (*channel)(QRgb))
{
    Ink ink;
    for (int y = 0; y < image.height(); ++y) {
        const auto *line = reinterpret_cast<const QRgb *>(image.constScanLine(y));
        for (int x = 0; x < image.width(); ++x) {
            ink.amount += channel(line[x]);
            ink.centre += QPointF(x, y) * channel(line[x]);
        }
    }
    ink.centre /= std::max(1.0, ink.amount);
    return ink;
}

int red(QRgb pixel)
{
    return qRed(pixel);
}
int green(QRgb pixel)
{
    return qGreen(pixel);
}
int blue(QRgb pixel)
{
    return qBlue(pixel);
}
int alpha(QRgb pixel)
{
    return qAlpha(pixel);
}

/// Mean difference of a channel, 0 to 255.
double differenceOf(const QImage &one, const QImage &other)
{
    double sum = 0;
    for (int y = 0; y < one.height(); ++y)
        for (int x = 0; x < 4 * one.width(); ++x)
            sum += std::abs(int(one.constScanLine(y)[x]) - int(other.constScanLine(y)[x]));
    return sum / (4.0 * one.width() * one.height());
}

QStringList logged;
void keepLog(QtMsgType, const QMessageLogContext &context, const QString &words)
{
    if (QLatin1String(context.category) == QLatin1String("mien.map"))
        logged << words;
}

} // namespace

/// The map drawn by OpenGL, beside the raster. Runs under Xvfb with Mesa's llvmpipe where there is no graphics card.
class MapOpenGlTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        prepareWindowTests(FAKE_MIEN);
        OpenGlThread thread;
        std::optional<Result<QString>> renderer;
        thread.open(true, [&](const Result<QString> &answer) { renderer = answer; });
        QTRY_VERIFY_WITH_TIMEOUT(renderer, 60'000);
        if (!*renderer)
            QSKIP(qPrintable(
                QStringLiteral("no OpenGL here: %1").arg(QString::fromStdString(renderer->error().message))));
        m_renderer = **renderer;
        qInfo("OpenGL by %s", qPrintable(m_renderer));
    }

    void init()
    {
        settings().clear();
        logged.clear();
        m_folder = std::make_unique<TemporaryFolder>();
        m_project = *m_folder / "study.mien";
    }
    void cleanup() { m_folder.reset(); }

    void bothWaysDrawTheSame_data()
    {
        QTest::addColumn<int>("points");
        QTest::addColumn<double>("zoom");
        QTest::addColumn<bool>("dims");
        QTest::addColumn<int>("alone"); // at least so many of them
        QTest::newRow("a few, with shapes") << 300 << 1.0 << false << 0;
        QTest::newRow("a few, half of them selected") << 300 << 1.0 << true << 0;
        QTest::newRow("a few, far apart") << 300 << 6.0 << true << 10;
        QTest::newRow("many") << 100'000 << 1.0 << false << 0;
        QTest::newRow("many, selected") << 100'000 << 1.0 << true << 0;
        QTest::newRow("close, cut by the edges") << 20'000 << 7.0 << false << 0;
        QTest::newRow("very close") << 20'000 << 60.0 << false << 5;
        QTest::newRow("none in sight") << 300 << 5'000.0 << false << 0;
    }

    void bothWaysDrawTheSame()
    {
        QFETCH(int, points);
        QFETCH(double, zoom);
        QFETCH(bool, dims);
        QFETCH(int, alone);
        std::minstd_rand random(5);
        std::normal_distribution<float> normal;
        std::vector<float> layout;
        for (int i = 0; i < points; ++i) {
            const double angle = i % 3 * 2 * M_PI / 3;
            layout.push_back(float(8 * std::cos(angle)) + normal(random));
            layout.push_back(float(8 * std::sin(angle)) + normal(random));
        }
        const auto index = std::make_shared<const MapIndex>(layout);
        std::vector<PointStyle> styles(index->count());
        for (std::size_t place = 0; place < styles.size(); ++place) {
            const std::uint32_t point = index->pointAt(place);
            styles[place].color = std::uint8_t(point % 3);
            styles[place].marker = Marker(point % 9);
            styles[place].isLarge = point % 10 == 0;
            styles[place].isHidden = point % 7 == 0;
            styles[place].isSelected = dims && point % 2 == 0;
        }
        MapPicture picture;
        picture.sizePx = {901, 604}; // no power of two, one odd
        picture.scale = 25 * zoom;
        picture.centre = index->bounds().center() + QPointF(8, 0) * (zoom > 1 ? 1 : 0);
        picture.takeSizesFor(index->countIn(picture.area()), 1);
        picture.dimsOthers = dims;
        MapRaster raster;
        const QImage plain = raster.draw(*index, styles, kPalette, picture, 2);

        OpenGlThread thread;
        std::optional<Result<QString>> renderer;
        thread.open(true, [&](const Result<QString> &answer) { renderer = answer; });
        QTRY_VERIFY_WITH_TIMEOUT(renderer, 60'000);
        QVERIFY(*renderer);
        const auto drawn =
            thread.draw({index, std::make_shared<const std::vector<PointStyle>>(styles)}, kPalette, picture);
        QVERIFY2(drawn, drawn ? "" : drawn.error().message.c_str());
        if (const QString folder = qEnvironmentVariable("MIEN_PICTURES"); !folder.isEmpty()) {
            QVERIFY(QDir().mkpath(folder));
            const QString name =
                QString::fromLatin1(QTest::currentDataTag()).replace(QLatin1Char(' '), QLatin1Char('-'));
            QVERIFY(plain.save(QStringLiteral("%1/way-raster-%2.png").arg(folder, name)));
            QVERIFY(drawn->save(QStringLiteral("%1/way-opengl-%2.png").arg(folder, name)));
        }
        QCOMPARE(drawn->size(), plain.size());
        QCOMPARE(drawn->format(), plain.format());
        for (const auto channel : {red, green, blue, alpha}) {
            const Ink one = inkOf(plain, channel), other = inkOf(*drawn, channel);
            QVERIFY2(std::abs(one.amount - other.amount) <= 0.02 * one.amount,
                     qPrintable(QStringLiteral("ink %1 and %2").arg(one.amount).arg(other.amount)));
            QVERIFY2(QLineF(one.centre, other.centre).length() < 3, // 2 % of the ink at the far side
                     qPrintable(QStringLiteral("%1 px apart").arg(QLineF(one.centre, other.centre).length())));
        }
        const double difference = differenceOf(plain, *drawn);
        QVERIFY2(difference < 1.5, qPrintable(QStringLiteral("%1 of 255").arg(difference)));
        // Who lies alone lies at the same place: the raster keeps quarters of a pixel.
        const int reach = int(std::ceil(picture.radiusPx * 1.7)) + 2;
        int found = 0;
        for (std::size_t place = 0; place < styles.size() && alone > 0; ++place) {
            const QPointF at = picture.toPicture().map(QPointF(index->x(place), index->y(place)));
            const QRect box(int(std::floor(at.x())) - reach, int(std::floor(at.y())) - reach, 2 * reach + 1,
                            2 * reach + 1);
            const double apart = 2.0 * reach / picture.scale;
            if (styles[place].isHidden || !plain.rect().contains(box) ||
                index->pointsIn(QRectF(index->x(place) - apart, index->y(place) - apart, 2 * apart, 2 * apart)).size() >
                    1)
                continue;
            ++found;
            const Ink one = inkOf(plain.copy(box), alpha), other = inkOf(drawn->copy(box), alpha);
            QVERIFY2(QLineF(one.centre, other.centre).length() < 0.4,
                     qPrintable(QStringLiteral("%1 px apart").arg(QLineF(one.centre, other.centre).length())));
            QVERIFY2(std::abs(one.amount - other.amount) <= 0.08 * one.amount,
                     qPrintable(QStringLiteral("marker %1: ink %2 and %3")
                                    .arg(int(styles[place].marker))
                                    .arg(one.amount)
                                    .arg(other.amount)));
        }
        QVERIFY2(found >= alone, qPrintable(QString::number(found)));
        if (zoom < 100)
            QVERIFY(inkOf(*drawn, alpha).amount > 0);
        // The same once more: nothing stays of the picture before.
        QCOMPARE(*thread.draw({index, std::make_shared<const std::vector<PointStyle>>(styles)}, kPalette, picture),
                 *drawn);
    }

    void thePageIsTheSameByBothWays()
    {
        scoredProject(m_project, kSamples);
        writeMap(m_project, groupedLayout(kSamples));
        settings().setValue(QStringLiteral("map/drawing"), QStringLiteral("opengl"));
        Atlas atlas(m_project);
        QCOMPARE(atlas.view().drawer().renderer(), m_renderer);
        QVERIFY(atlas.studio().actions().action(QStringLiteral("map.drawing.opengl"))->isChecked());
        auto *shape = atlas.page->findChild<QComboBox *>(QStringLiteral("mapShape"));
        shape->setCurrentIndex(shape->findData(QStringLiteral("label")));
        atlas.trigger("map.contours");
        atlas.trigger("map.clusters");
        atlas.lassoGroup(3);
        atlas.settle();
        QCOMPARE(atlas.studio().selection().size(), 30u);
        const QImage byCard = atlas.window.grab().toImage();
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-opengl")).join(QLatin1Char('\n')), QString());
        atlas.settle();

        atlas.trigger("map.drawing.raster");
        QCOMPARE(atlas.view().drawer().renderer(), QString());
        QCOMPARE(settings().value(QStringLiteral("map/drawing")).toString(), QStringLiteral("raster"));
        atlas.settle();
        const QImage byRaster = atlas.window.grab().toImage();
        QCOMPARE(byCard.size(), byRaster.size());
        const double difference = differenceOf(byCard.convertToFormat(QImage::Format_ARGB32),
                                               byRaster.convertToFormat(QImage::Format_ARGB32));
        QVERIFY2(difference < 1.5, qPrintable(QString::number(difference)));
        // And back, without a new context.
        atlas.trigger("map.drawing.opengl");
        QCOMPARE(atlas.view().drawer().renderer(), m_renderer);
        // Thumbnails, and other selections, on the card as well.
        for (int i = 0; i < 8; ++i)
            atlas.view().zoomBy(1.5, atlas.view().positionOf(3));
        atlas.settle();
        QCOMPARE(faultsOfLook(atlas.window, QStringLiteral("map-opengl-faces")).join(QLatin1Char('\n')), QString());
    }

    void whatComputesOnTheProcessorIsNotTakenByItself()
    {
        if (!isSoftwareRenderer(m_renderer))
            QSKIP("a graphics card draws here");
        scoredProject(m_project, kSamples);
        writeMap(m_project, groupedLayout(kSamples));
        const auto before = qInstallMessageHandler(keepLog);
        Atlas atlas(m_project);
        qInstallMessageHandler(before);
        QCOMPARE(atlas.view().drawer().renderer(), QString());
        QVERIFY(!atlas.view().drawnPicture().isNull());
        QCOMPARE(logged.size(), 1);
        QVERIFY2(logged.first().contains(m_renderer), qPrintable(logged.first()));
        QVERIFY2(logged.first().contains(QStringLiteral("The raster draws the map")), qPrintable(logged.first()));
        // By hand it is.
        atlas.trigger("map.drawing.opengl");
        atlas.settle();
        QCOMPARE(atlas.view().drawer().renderer(), m_renderer);
        atlas.trigger("map.drawing.automatic");
        QCOMPARE(atlas.view().drawer().renderer(), QString());
    }

    void nothingOfItIsTouchedBeforeTheMapShows()
    {
        scoredProject(m_project, kSamples);
        writeMap(m_project, groupedLayout(kSamples));
        settings().setValue(QStringLiteral("map/drawing"), QStringLiteral("opengl"));
        const auto threads = [] {
            QStringList names;
            for (const auto &entry : fs::directory_iterator("/proc/self/task")) {
                QFile file(QString::fromStdString((entry.path() / "comm").string()));
                if (file.open(QIODevice::ReadOnly))
                    names << QString::fromLatin1(file.readAll().trimmed());
            }
            return names;
        };
        MainWindow window;
        QVERIFY(openProject(window, QString::fromStdString(m_project.string())));
        QTRY_VERIFY_WITH_TIMEOUT(window.isSettled(), 30'000);
        QVERIFY(!threads().contains(QStringLiteral("OpenGL")));
        window.showPage(QStringLiteral("map"));
        auto *page = qobject_cast<MapPage *>(window.page(QStringLiteral("map")));
        QTRY_COMPARE_WITH_TIMEOUT(page->view().drawer().renderer(), m_renderer, 30'000);
        QVERIFY(threads().contains(QStringLiteral("OpenGL")));
    }

    void whatTheCardCannotDrawTheRasterDraws()
    {
        scoredProject(m_project, kSamples);
        writeMap(m_project, groupedLayout(kSamples));
        settings().setValue(QStringLiteral("map/drawing"), QStringLiteral("opengl"));
        Atlas atlas(m_project);
        MapDrawer &drawer = atlas.view().drawer();
        QCOMPARE(drawer.renderer(), m_renderer);
        QSignalSpy refused(&drawer, &MapDrawer::refused);
        const auto before = qInstallMessageHandler(keepLog);
        // Wider than any card's largest picture.
        const auto index = std::make_shared<const MapIndex>(groupedLayout(kSamples));
        MapPicture picture;
        picture.sizePx = {40'000, 8};
        picture.centre = index->bounds().center();
        QImage drawn;
        drawer.draw({index, std::make_shared<const std::vector<PointStyle>>(index->count())}, kPalette, picture,
                    [&](const QImage &image) { drawn = image; });
        QTRY_VERIFY_WITH_TIMEOUT(!drawn.isNull(), 30'000);
        qInstallMessageHandler(before);
        QCOMPARE(drawn.size(), picture.sizePx);
        QCOMPARE(refused.count(), 1);
        QCOMPARE(drawer.renderer(), QString());
        QCOMPARE(logged.size(), 1);
        QVERIFY2(logged.first().contains(QRegularExpression(QStringLiteral("raster draws the map: .* pixels wide"))),
                 qPrintable(logged.first()));
        // The map goes on, drawn by the raster.
        atlas.view().zoomBy(2);
        atlas.settle();
        QCOMPARE(atlas.view().drawnPicture().size(), atlas.view().size() * atlas.view().devicePixelRatio());
    }

    void aDriverThatEndedTheProgramIsNotTriedAgainByItself()
    {
        scoredProject(m_project, kSamples);
        writeMap(m_project, groupedLayout(kSamples));
        settings().setValue(QStringLiteral("map/openglTrial"), true); // as a program that ended in the driver leaves it
        const auto before = qInstallMessageHandler(keepLog);
        Atlas atlas(m_project);
        qInstallMessageHandler(before);
        QCOMPARE(atlas.view().drawer().renderer(), QString());
        QVERIFY(!atlas.view().drawnPicture().isNull());
        QCOMPARE(logged.size(), 1);
        QVERIFY2(logged.first().contains(QStringLiteral("ended when OpenGL was last tried")),
                 qPrintable(logged.first()));
        // A person may try it, and when it draws all is well again.
        atlas.trigger("map.drawing.opengl");
        atlas.settle();
        QCOMPARE(atlas.view().drawer().renderer(), m_renderer);
        QVERIFY(!settings().contains(QStringLiteral("map/openglTrial")));
    }

private:
    QString m_renderer;
    std::unique_ptr<TemporaryFolder> m_folder;
    fs::path m_project;
};

QTEST_MAIN(MapOpenGlTest)
#include "tst_map_opengl.moc"
