#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "studio/app/main_window.h"
#include "studio/attention/attention_facts.h"
#include "studio/attention/attention_page.h"
#include "studio/attention/face_walk.h"
#include "studio/attention/map_figure.h"
#include "studio/attention/map_sheet_view.h"
#include "studio/attention/reliability_card.h"
#include "studio/attention/run_chooser.h"
#include "studio/attention/run_maps.h"
#include "studio/common/error_bar.h"
#include "studio/common/filter_field.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/settings.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/gallery_view.h"
#include "studio/review/neighbours_panel.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QDir>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QImage>
#include <QLocale>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <csignal>

using namespace mien;
using namespace mien::test;

/// The page of attention on generated faces, with four trained networks and the real `mien`.
class tst_attention_page : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_project;

    static bool mien(const QStringList &arguments)
    {
        QProcess process;
        process.setStandardOutputFile(QProcess::nullDevice());
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process.start(QString::fromLocal8Bit(qgetenv("MIEN_PROGRAM")), arguments);
        return process.waitForFinished(280'000) && (process.exitCode() == 0 || process.exitCode() == 3);
    }

    /// A window with the page in front and everything there.
    struct Shown
    {
        explicit Shown(const QString &project, const QString &filter = QStringLiteral("id<=12"))
        {
            opened = openProject(window, project);
            window.showPage(QStringLiteral("attention"));
            page = qobject_cast<AttentionPage *>(window.page(QStringLiteral("attention")));
            (void)QTest::qWaitFor([&] { return page->walk().isOpened() && !page->walk().isBusy(); }, 20'000);
            page->findChild<FilterField *>(QStringLiteral("attentionFilter"))->setFilter(filter);
            window.activateWindow();
            (void)QTest::qWaitFor([&] { return window.isActiveWindow(); }, 5000);
        }
        bool settles()
        {
            return QTest::qWaitFor([&] { return window.isSettled(); }, 60'000);
        }
        const MapSheet &sheet() const { return page->maps().sheet(); }
        template <typename T>
        T *find(const char *name) const
        {
            return window.findChild<T *>(QLatin1String(name));
        }
        void key(Qt::Key key, Qt::KeyboardModifiers with = Qt::NoModifier) { QTest::keyClick(&window, key, with); }

        MainWindow window;
        AttentionPage *page = nullptr;
        bool opened = false;
    };

    static QProcess *servingHelper(const MainWindow &window)
    {
        for (QProcess *child : window.findChildren<QProcess *>())
            if (child->arguments().contains(QStringLiteral("explain")) && child->state() == QProcess::Running)
                return child;
        return nullptr;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        prepareWindowTests(MIEN_PROGRAM_PATH);
        qputenv("MIEN_PROGRAM", MIEN_PROGRAM_PATH);
        m_project = m_folder.filePath(QStringLiteral("Faces.mien"));
        QVERIFY(mien({"demo", m_project, "--samples", "110"}));
        const QStringList train{"train", "-p", m_project, "--set", "preset=tiny", "--folds", "2"};
        QVERIFY(mien(train + QStringList{"--network", "eac-compact", "--set", "epochs=2"}));
        QVERIFY(mien(train + QStringList{"--network", "dan", "--set", "epochs=1"}));
        QVERIFY(mien(train + QStringList{"--network", "arbex", "--set", "epochs=1"}));
        QVERIFY(mien(train + QStringList{"--network", "mae-visi", "--set", "epochs=2", "--set", "pretrain=1"}));
        QVERIFY(mien({"flag", "-p", m_project, "--run", "r1"}));
    }

    void cleanup() { settings().remove(QStringLiteral("attention")); }

    void mapsOfGivenAndPredictedClass()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        QCOMPARE(shown.page->walk().size(), 12);
        QCOMPARE(shown.page->runs().chosen(), QStringList{QStringLiteral("r1")}); // that made the flags
        QCOMPARE(int(shown.sheet().blocks.size()), 1);
        const MapBlock &block = shown.sheet().blocks.front();
        QVERIFY2(!block.rows.empty(), qPrintable(block.message));
        QVERIFY(block.rows.size() <= 2);
        for (const MapRow &row : block.rows) {
            QCOMPARE(int(row.draws.size()), 9); // as it is, and eight times erased
            QVERIFY(row.draws.front().erased.isEmpty());
            QVERIFY(!row.draws.back().erased.isEmpty());
            QVERIFY(row.draws.front().view.values != row.draws.front().mirrored.values);
            QVERIFY(row.cls.has_value());
        }
        QVERIFY2(block.title.contains(QStringLiteral("CAM")), qPrintable(block.title));
        QVERIFY(!shown.sheet().face.isNull());

        QTRY_COMPARE(shown.find<NeighboursPanel>("neighboursPanel")->count(), 10);
        QVERIFY(shown.page->facts().reliability().hasFacts());
        const auto buttons = shown.page->facts().reliability().findChildren<QAbstractButton *>();
        const auto face = std::find_if(buttons.begin(), buttons.end(), [&](const QAbstractButton *button) {
            return button->isVisibleTo(&shown.window);
        });
        QVERIFY(face != buttons.end());
        const auto *nearest = shown.find<QWidget>("anchor1similarity");
        QVERIFY(nearest->isVisibleTo(&shown.window) && !nearest->accessibleName().isEmpty());
        const QString said = nearest->accessibleDescription();
        QVERIFY2(said.contains(QLocale().toString(1.0, 'f', 2)), qPrintable(said)); // the nearest has 1
        (*face)->click();
        QVERIFY(shown.window.studio().currentSample() != shown.page->walk().current());

        for (const char *state : {"attention", "attention-erased-hidden"}) {
            QCOMPARE(faultsOfLook(shown.window, QLatin1String(state)), QStringList());
            shown.key(Qt::Key_E);
            QVERIFY(shown.settles());
        }
    }

    void arrowsStepAndTheNextFaceIsThere()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        const SampleId first = shown.page->walk().current();
        qint64 slowest = 0;
        for (int step = 1; step <= 5; ++step) {
            QElapsedTimer clock;
            clock.start();
            shown.key(Qt::Key_Right);
            QCOMPARE(shown.page->walk().position(), step);
            QCOMPARE(shown.window.studio().currentSample(), shown.page->walk().current());
            QVERIFY(QTest::qWaitFor([&] { return !shown.sheet().blocks.front().rows.empty(); }, 20'000));
            slowest = std::max(slowest, clock.elapsed());
            QVERIFY(shown.settles());
        }
        qInfo("the slowest of five steps took %lld ms", qlonglong(slowest));
        shown.key(Qt::Key_Left);
        QCOMPARE(shown.page->walk().position(), 4);
        shown.key(Qt::Key_End);
        QCOMPARE(shown.page->walk().position(), 11);
        shown.key(Qt::Key_Right); // the end is the end
        QCOMPARE(shown.page->walk().position(), 11);
        shown.key(Qt::Key_Home);
        QCOMPARE(shown.page->walk().current(), first);
    }

    void kindsAreThoseOfTheNetworks()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        auto *kinds = shown.find<QComboBox>("attentionKind");
        const auto offered = [&] {
            QStringList names;
            for (int i = 0; i < kinds->count(); ++i)
                names << kinds->itemData(i).toString();
            return names;
        };
        QCOMPARE(offered(), QStringList({"attention", "cam", "gradcam", "gradcam++"}));
        shown.key(Qt::Key_K); // cam
        shown.key(Qt::Key_K);
        QCOMPARE(kinds->currentData().toString(), QStringLiteral("gradcam"));
        QVERIFY(shown.settles());
        QVERIFY(shown.sheet().blocks.front().title.contains(QStringLiteral("Grad-CAM")));

        // Two runs beside each other; one of them has attention heads, the other says that it has none.
        shown.page->runs().choose({QStringLiteral("r2"), QStringLiteral("r1")});
        QVERIFY(shown.settles());
        QCOMPARE(int(shown.sheet().blocks.size()), 2);
        QTRY_VERIFY(offered().contains(QStringLiteral("heads")));
        kinds->setCurrentIndex(kinds->findData(QStringLiteral("heads")));
        QVERIFY(shown.settles());
        const auto blockOf = [&](const char *run) {
            for (const MapBlock &block : shown.sheet().blocks)
                if (block.run == QLatin1String(run))
                    return block;
            return MapBlock();
        };
        QVERIFY(blockOf("r2").rows.size() >= 2);
        QVERIFY(blockOf("r1").rows.empty());
        QVERIFY2(blockOf("r1").message.contains(QStringLiteral("Class activation")), qPrintable(blockOf("r1").message));
        QCOMPARE(faultsOfLook(shown.window, QStringLiteral("attention-heads")), QStringList());
        kinds->setCurrentIndex(0);
        QVERIFY(shown.settles());
        QVERIFY(!blockOf("r1").rows.empty() && !blockOf("r2").rows.empty());
        QCOMPARE(faultsOfLook(shown.window, QStringLiteral("attention-two-runs")), QStringList());
    }

    /// Levels and windows of ARBEx, one row each; what differs in the number of cells is on one scale.
    void windowsAreShownByLevel()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        shown.page->runs().choose({QStringLiteral("r3")});
        auto *kinds = shown.find<QComboBox>("attentionKind");
        QTRY_VERIFY(kinds->findData(QStringLiteral("windows")) > 0);
        const auto rowsOf = [&](const char *kind) {
            kinds->setCurrentIndex(kinds->findData(QLatin1String(kind)));
            if (!shown.settles())
                return std::vector<MapRow>();
            return shown.sheet().blocks.front().rows;
        };
        QCOMPARE(int(rowsOf("rollout").size()), 1);
        QCOMPARE(int(rowsOf("levels").size()), 3);
        QCOMPARE(int(rowsOf("window-heads").size()), 1 + 2 + 4);
        QCOMPARE(faultsOfLook(shown.window, QStringLiteral("attention-window-heads")), QStringList());
        const auto *similar = shown.find<QPushButton>("attentionSimilar");
        QVERIFY2(!similar->isEnabled() && similar->toolTip().contains(QStringLiteral("part of the network")),
                 qPrintable(similar->toolTip()));
        const std::vector<MapRow> rows = rowsOf("windows");
        QCOMPARE(int(rows.size()), 3);
        for (int level = 0; level < 3; ++level) {
            const MapRow &row = rows[std::size_t(level)];
            const HeatMap &map = row.draws.front().view;
            QCOMPARE(map.widthCells, 8 >> level); // of the tiny network
            QCOMPARE(row.factor, float(map.values.size()));
            float sum = 0;
            for (const float value : map.values)
                sum += value;
            QVERIFY(std::abs(sum - 1) < 1e-4f);
            QVERIFY2(row.words.contains(QStringLiteral("level %1").arg(level + 1)), qPrintable(row.words));
        }
        QVERIFY(shown.sheet().blocks.front().unit.contains(QStringLiteral("even share")));
        QCOMPARE(faultsOfLook(shown.window, QStringLiteral("attention-windows")), QStringList());
    }

    /// What a masked auto-encoder draws, in place of maps: shown, exported, and beside a run that has none.
    void reconstructionsAreShown()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        shown.page->runs().choose({QStringLiteral("r4")});
        QVERIFY(shown.settles());
        const auto &blocks = shown.sheet().blocks;
        QCOMPARE(int(blocks.size()), 1);
        QVERIFY2(int(blocks[0].rows.size()) == RunMaps::kMasks, qPrintable(blocks[0].message));
        QVERIFY2(blocks[0].title.contains(QStringLiteral("Reconstruction")), qPrintable(blocks[0].title));
        for (const MapRow &row : blocks[0].rows) {
            QVERIFY(row.drawing && row.drawing->drawn != row.drawing->original);
            QVERIFY2(row.words.contains(QStringLiteral("5 of 9")), qPrintable(row.words));
        }
        QVERIFY(blocks[0].rows[0].drawing->hidden != blocks[0].rows[1].drawing->hidden);
        QCOMPARE(faultsOfLook(shown.window, QStringLiteral("attention-reconstruction")), QStringList());
        QTemporaryDir out;
        const MapFigure figure{QStringLiteral("Sample"), {QStringLiteral("run r4")}, shown.sheet()};
        for (const char *ending : {"png", "svg", "npy"}) {
            const auto written = writeFigure(figure, out.filePath(QStringLiteral("drawn.") + QLatin1String(ending)));
            QVERIFY2(written, written ? "" : written.error().message.c_str());
            QCOMPARE(written->size(), QLatin1String(ending) == QLatin1String("npy") ? 2 * RunMaps::kMasks : 1);
        }
        QFile svg(out.filePath(QStringLiteral("drawn.svg")));
        QVERIFY(svg.open(QIODevice::ReadOnly));
        QVERIFY(svg.readAll().contains("even patch"));
        QFile errors(out.filePath(QStringLiteral("drawn.r4.mask1.error.npy")));
        QVERIFY(errors.open(QIODevice::ReadOnly));
        QVERIFY(errors.readAll().left(128).contains("(3, 3)"));
        if (const QString keep = qEnvironmentVariable("MIEN_PICTURES"); !keep.isEmpty())
            QFile::copy(out.filePath(QStringLiteral("drawn.png")), keep + QStringLiteral("/reconstruction-figure.png"));
        shown.key(Qt::Key_E); // one choice of patches alone
        QVERIFY(shown.settles());
        QCOMPARE(int(shown.sheet().blocks[0].rows.size()), 1);
        shown.key(Qt::Key_E);

        shown.page->runs().choose({QStringLiteral("r4"), QStringLiteral("r2")});
        auto *kinds = shown.find<QComboBox>("attentionKind");
        QTRY_VERIFY(kinds->findData(QStringLiteral("reconstruction")) > 0);
        kinds->setCurrentIndex(kinds->findData(QStringLiteral("reconstruction")));
        QVERIFY(shown.settles());
        const MapBlock &other = shown.sheet().blocks.back();
        QVERIFY2(other.rows.empty() && other.message.contains(QStringLiteral("has no such maps")),
                 qPrintable(other.message));
        QCOMPARE(faultsOfLook(shown.window, QStringLiteral("attention-reconstruction-beside")), QStringList());
    }

    void coloursFollowTheChoice()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        const auto picture = [&] { return shown.page->maps().grab().toImage(); };
        QImage before = picture();
        for (const char *name : {"Cividis", "Magma", "Grey"}) {
            shown.key(Qt::Key_P);
            QCOMPARE(shown.find<QComboBox>("attentionPalette")->currentText(), QLatin1String(name));
            const QImage now = picture();
            QVERIFY(now != before);
            before = now;
        }
        auto *opacity = shown.find<QSlider>("attentionOpacity");
        const int value = opacity->value();
        shown.key(Qt::Key_Minus);
        QCOMPARE(opacity->value(), value - 10);
        QVERIFY(picture() != before);
        opacity->setFocus(); // there the arrows are its own
        QTest::keyClick(opacity, Qt::Key_Right);
        QCOMPARE(opacity->value(), value - 9);
        QCOMPARE(shown.page->walk().position(), 0);
    }

    void figuresAreWritten_data()
    {
        QTest::addColumn<QString>("ending");
        for (const char *ending : {"png", "svg", "npy"})
            QTest::newRow(ending) << ending;
    }

    void figuresAreWritten()
    {
        QFETCH(QString, ending);
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        QTemporaryDir out;
        const QString path = out.filePath(QStringLiteral("figure.")) + ending;
        shown.key(Qt::Key_E, Qt::ControlModifier);
        auto *dialog = shown.find<QFileDialog>("attentionExportDialog");
        QVERIFY(dialog);
        dialog->selectFile(path);
        static_cast<QDialog *>(dialog)->accept();
        QTRY_VERIFY(!QDir(out.path()).isEmpty());
        const std::vector<MapRow> &rows = shown.sheet().blocks.front().rows;
        if (ending == QLatin1String("npy")) {
            QCOMPARE(QDir(out.path()).entryList(QDir::Files).size(), qsizetype(rows.size()));
            for (const QString &name : QDir(out.path()).entryList(QDir::Files)) {
                QFile file(out.filePath(name));
                QVERIFY(file.open(QIODevice::ReadOnly));
                const QByteArray bytes = file.readAll();
                const HeatMap &map = rows.front().draws.front().view;
                const QByteArray shape =
                    QStringLiteral("(9, 2, %1, %2)").arg(map.heightCells).arg(map.widthCells).toLatin1();
                QVERIFY2(bytes.left(128).contains(shape) && bytes.left(128).contains("<f4"), bytes.left(128));
                QCOMPARE(bytes.size(), 128 + 9 * 2 * map.heightCells * map.widthCells * 4);
            }
        } else {
            QFile file(path);
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray bytes = file.readAll();
            if (ending == QLatin1String("png")) {
                const QImage picture = QImage::fromData(bytes);
                QVERIFY(picture.width() > 1000 && picture.height() > 500);
                if (const QString keep = qEnvironmentVariable("MIEN_PICTURES"); !keep.isEmpty())
                    QVERIFY(picture.save(keep + QStringLiteral("/attention-figure.png")));
            } else {
                QVERIFY(bytes.startsWith("<?xml"));
                const QByteArray sample = "Sample " + QByteArray::number(qint64(shown.page->walk().current().value));
                QVERIFY(bytes.contains(sample) && bytes.contains("evidence for the class") && bytes.contains("r1"));
            }
        }
        // The folder is remembered.
        shown.key(Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(shown.find<QFileDialog>("attentionExportDialog"));
        QCOMPARE(shown.find<QFileDialog>("attentionExportDialog")->directory().absolutePath(), out.path());
    }

    void aFolderThatIsGoneIsSaid()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        shown.key(Qt::Key_E, Qt::ControlModifier);
        auto *dialog = shown.find<QFileDialog>("attentionExportDialog");
        const QString path = m_folder.filePath(QStringLiteral("nowhere/figure.png"));
        Q_EMIT dialog->fileSelected(path);
        auto *errors = shown.window.findChild<ErrorBar *>();
        QVERIFY2(errors && errors->message().contains(path), qPrintable(errors->message()));
        dialog->reject();
    }

    void similarFacesAreFoundInTheGallery()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        const SampleId sample = shown.page->walk().current();
        auto *similar = shown.find<QPushButton>("attentionSimilar");
        QVERIFY2(similar->isEnabled(), qPrintable(similar->toolTip()));
        const QString filter = shown.page->facts().similarFilter();
        QTest::mouseClick(similar, Qt::LeftButton);
        QCOMPARE(shown.window.currentPage(), QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(shown.window.page(QStringLiteral("gallery")));
        QCOMPARE(gallery->filter().filter(), filter);
        QTRY_VERIFY(gallery->model().rowOf(sample) >= 0); // the face is like itself
        const Project project = must(Project::open(m_project.toStdString(), Project::Access::Read));
        const auto alike = must(countMatching(project, filter.toStdString()));
        QVERIFY(alike >= 1);
        QTRY_COMPARE(gallery->model().rowCount(), int(alike));
        QVERIFY(gallery->model().rowOf(sample) >= 0);
        QVERIFY(gallery->filter().problem().isEmpty());

        // Every scored face has its shares, and they can be sorted and searched by.
        const auto scored = must(countMatching(project, "has:score"));
        const auto high = must(countMatching(project, "attention.eyes>=0.05"));
        const auto low = must(countMatching(project, "attention.eyes<0.05"));
        QVERIFY(scored > 60 && high + low <= scored && high + low > scored * 9 / 10);
    }

    void theGalleryHandsItsFacesOver()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        shown.window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(shown.window.page(QStringLiteral("gallery")));
        gallery->filter().setFilter(QStringLiteral("id>60"));
        QTRY_VERIFY(gallery->model().rowCount() > 20 && gallery->model().rowCount() < 80);
        gallery->view().setCurrentRow(4);
        const SampleId wanted = gallery->model().idAt(4);
        shown.key(Qt::Key_A, Qt::ShiftModifier);
        QCOMPARE(shown.window.currentPage(), QStringLiteral("attention"));
        QCOMPARE(shown.page->walk().current(), wanted);
        QCOMPARE(shown.page->walk().size(), gallery->model().rowCount());
        QVERIFY(shown.settles());
        QVERIFY(!shown.sheet().blocks.front().rows.empty());
    }

    void aKilledHelperIsStartedAgain()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        QProcess *helper = servingHelper(shown.window);
        QVERIFY(helper);
        ::kill(pid_t(helper->processId()), SIGKILL);
        shown.key(Qt::Key_End); // was not computed beforehand
        QVERIFY(shown.settles());
        QVERIFY2(!shown.sheet().blocks.front().rows.empty(), qPrintable(shown.sheet().blocks.front().message));
    }

    void withoutARunThePageSaysSo()
    {
        const QString folder = m_folder.filePath(QStringLiteral("untrained.mien"));
        {
            const Project project = filledProject(folder.toStdString(), 30);
        }
        MainWindow window;
        QVERIFY(openProject(window, folder));
        window.showPage(QStringLiteral("attention"));
        QTRY_VERIFY(window.isSettled());
        auto *empty = window.findChild<QWidget *>(QStringLiteral("attentionEmpty"));
        QVERIFY(empty->isVisible());
        QCOMPARE(faultsOfLook(window, QStringLiteral("attention-no-run")), QStringList());
        QTest::mouseClick(empty->findChild<QPushButton *>(), Qt::LeftButton);
        QCOMPARE(window.currentPage(), QStringLiteral("train"));
    }

    void aWrongFilterIsMarked()
    {
        Shown shown(m_project);
        QVERIFY(shown.opened && shown.settles());
        auto *filter = shown.find<FilterField>("attentionFilter");
        filter->setFilter(QStringLiteral("bogus:1"));
        QTRY_VERIFY(filter->problem().contains(QStringLiteral("bogus")));
        QCOMPARE(shown.page->walk().size(), 12); // what was there stays
        filter->setFilter(QStringLiteral("id>100000"));
        QTRY_COMPARE(shown.page->walk().size(), 0);
        QVERIFY(shown.window.findChild<QWidget *>(QStringLiteral("attentionEmpty"))->isVisible());
        QCOMPARE(faultsOfLook(shown.window, QStringLiteral("attention-no-match")), QStringList());
    }
};

QTEST_MAIN(tst_attention_page)
#include "tst_attention_page.moc"
