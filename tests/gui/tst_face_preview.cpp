// What the import shows of the person's own videos before faces are looked for in all of them, with the real `mien`.
#include "pipeline/store/clips.h"
#include "pipeline/store/project.h"
#include "pipeline/store/strips.h"
#include "studio/app/main_window.h"
#include "studio/common/plots/histogram.h"
#include "studio/importing/face_preview.h"
#include "studio/importing/face_search_form.h"
#include "studio/importing/face_step.h"
#include "studio/importing/face_trial.h"
#include "studio/importing/found_faces_view.h"
#include "studio/importing/imported_videos.h"
#include "tests/support/controls.h"
#include "tests/support/face_clips.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDirIterator>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMap>
#include <QProcess>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTranslator>

#include <algorithm>
#include <cmath>
#include <memory>

using namespace mien;
using namespace mien::test;

class tst_face_preview : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QTranslator m_words; ///< Plurals.

    QString path(const char *name) const { return m_folder.filePath(QLatin1String(name)); }

    /// The window at the step in which faces are looked for, in a project of its own.
    std::unique_ptr<MainWindow> atFaces(const QString &project, const QString &data)
    {
        QProcess process;
        process.start(QStringLiteral(MIEN_PROGRAM_PATH), {QStringLiteral("init"), project});
        auto window = std::make_unique<MainWindow>();
        if (!process.waitForFinished(60'000) || process.exitCode() != 0 || !openProject(*window, project))
            return nullptr;
        window->showPage(QStringLiteral("import"));
        auto *next = window->findChild<QPushButton *>(QStringLiteral("importNext"));
        window->findChild<QLineEdit *>(QStringLiteral("importPath"))->setText(data);
        next->click();
        if (!QTest::qWaitFor([&] { return next->isEnabled() && next->text().startsWith("Import "); }, 30'000))
            return nullptr;
        next->click();
        if (!QTest::qWaitFor([&] { return next->text() == "Find faces in the videos"; }, 30'000))
            return nullptr;
        return window;
    }

    static QString said(const QListWidgetItem &item) { return item.data(Qt::AccessibleTextRole).toString(); }

    template <typename Widget>
    static Widget *in(const QWidget &root, const char *name)
    {
        return root.findChild<Widget *>(QLatin1String(name));
    }

private Q_SLOTS:
    void initTestCase()
    {
        prepareWindowTests(MIEN_PROGRAM_PATH);
        QVERIFY(m_words.load(QStringLiteral(":/mien/mien_en.qm")) && QCoreApplication::installTranslator(&m_words));
        makeUtaRlddTree(path("UTA").toStdString());
    }

    void settingsAreSeenOnOnesOwnVideos()
    {
        const auto window = atFaces(path("preview.mien"), path("UTA"));
        QVERIFY(window);
        auto *preview = window->findChild<FacePreview *>();
        const auto *view = window->findChild<FoundFacesView *>();
        const auto settled = [&] { return !preview->isBusy() && !view->isBusy(); };
        QTRY_COMPARE_WITH_TIMEOUT(preview->found().faces.size(), 1, 30'000);
        QCOMPARE(in<QLabel>(*window, "previewPlace")->text(), QStringLiteral("1 of 4"));
        QCOMPARE(in<QLabel>(*window, "previewName")->text(), QStringLiteral("Fold1_part1/01/0.mp4"));
        const PreviewFace face = preview->found().faces.first();
        QCOMPARE(face.landmarks.size(), 5);
        QCOMPARE(face.crop.size(), QSize(224, 224));
        QVERIFY(*face.measure(QStringLiteral("quality.size")) > 64 && face.measure(QStringLiteral("quality.yaw")));
        QVERIFY(!face.measure(QStringLiteral("quality.none")));
        const auto *crops = in<QListWidget>(*window, "previewCrops");
        QCOMPARE(crops->count(), 1);
        QVERIFY2(crops->item(0)->text().contains("Sharpness"), qPrintable(crops->item(0)->text()));
        QCOMPARE(faultsOfLook(*window, QStringLiteral("faces-preview")), QStringList());
        QCOMPARE(namelessIn(window->findChild<FaceStep *>()), QStringList());

        // Time, and frame by frame, by the keys that step in a review too.
        auto *slider = in<QSlider>(*window, "previewTime");
        QCOMPARE(slider->maximum(), 6000);
        slider->setValue(1000);
        QTRY_VERIFY(settled() && preview->found().timeS == 1.0);
        window->activateWindow();
        in<QWidget>(*window, "foundFacesView")->setFocus();
        QTest::keyClick(window->windowHandle(), Qt::Key_Period);
        QTRY_VERIFY(settled() && preview->found().timeS == 1.04);
        QTest::keyClick(window->windowHandle(), Qt::Key_Comma);
        QTRY_VERIFY(settled() && preview->found().timeS == 1.0);
        in<QPushButton>(*window, "previewNext")->click();
        QTRY_COMPARE(in<QLabel>(*window, "previewName")->text(), QStringLiteral("Fold1_part1/01/10.mp4"));

        // A setting changes what is found; the way back brings it again.
        auto *smallest = in<QSpinBox>(*window, "facesSmallest");
        QTRY_COMPARE(preview->found().faces.size(), 1);
        smallest->setValue(230);
        QTRY_VERIFY(settled() && preview->found().faces.isEmpty());
        QVERIFY(!crops->isVisible());
        smallest->setValue(64);
        QTRY_COMPARE(preview->found().faces.size(), 1);
        in<QSpinBox>(*window, "facesSide")->setValue(112);
        QTRY_COMPARE(preview->found().faces.value(0).crop.width(), 112);
        auto *detector = in<QComboBox>(*window, "facesDetector");
        detector->setCurrentIndex(detector->findData(QStringLiteral("none")));
        QTRY_VERIFY(settled() && preview->found().faces.size() == 1);
        QVERIFY(!smallest->isEnabled());
        QVERIFY(preview->found().faces.first().landmarks.isEmpty());
        detector->setCurrentIndex(0);
        QTRY_COMPARE(preview->found().faces.value(0).landmarks.size(), 5);

        // 68 landmarks are not for everyone, and not everywhere: both is said.
        auto *align = in<QComboBox>(*window, "facesAlign");
        align->setCurrentIndex(align->findData(QStringLiteral("68")));
        QVERIFY(in<QLabel>(*window, "facesNote")->text().contains("commercial"));
        QTRY_VERIFY_WITH_TIMEOUT(
            settled() && (preview->found().faces.value(0).landmarks.size() == 68 || !view->message().isEmpty()),
            30'000);
        QCOMPARE(faultsOfLook(*window, QStringLiteral("faces-preview-68")), QStringList());
        QCOMPARE(window->findChild<FaceSearchForm *>()->arguments(),
                 QStringList({QStringLiteral("--align"), QStringLiteral("68"), QStringLiteral("--size"),
                              QStringLiteral("112")}));
        align->setCurrentIndex(0);

        // A file from anywhere, also one that is none.
        preview->tryFile(path("UTA") + "/Fold1_part1/02/0.mp4");
        QTRY_VERIFY(settled() && preview->found().faces.size() == 1);
        QCOMPARE(in<QLabel>(*window, "previewPlace")->text(), QStringLiteral("dropped"));
        QFile text(path("notes.txt"));
        QVERIFY(text.open(QIODevice::WriteOnly) && text.write("no picture") > 0);
        text.close();
        preview->tryFile(text.fileName());
        QTRY_VERIFY_WITH_TIMEOUT(view->message().contains("notes.txt"), 10'000);
        QCOMPARE(faultsOfLook(*window, QStringLiteral("faces-preview-refused")), QStringList());
        in<QPushButton>(*window, "previewFormer")->click(); // back to where one was
        QTRY_VERIFY(settled() && preview->found().faces.size() == 1);
        QCOMPARE(in<QLabel>(*window, "previewPlace")->text(), QStringLiteral("2 of 4"));
    }

    void limitsAreSeenBeforeTheyLeaveOut()
    {
        const QString project = path("gates.mien");
        const auto window = atFaces(project, path("UTA"));
        QVERIFY(window);
        in<QTabWidget>(*window, "faceTabs")->setCurrentIndex(1);
        const auto *trial = window->findChild<FaceTrial *>();
        QTRY_VERIFY_WITH_TIMEOUT(trial->framesDone() > 0 && trial->isRunning(), 30'000);
        QVERIFY(in<QLabel>(*window, "gateProgress")->text().startsWith("Looking: frame "));
        QTRY_VERIFY_WITH_TIMEOUT(!trial->isRunning(), 60'000);
        QCOMPARE(trial->framesDone(), 60);
        QCOMPARE(trial->faces().size(), 60U);
        QCOMPARE(in<QLabel>(*window, "gateProgress")->text(),
                 QStringLiteral("Tried on 60 frames of 4 videos: 60 faces."));
        const auto *step = window->findChild<FaceStep *>();
        QVERIFY(step->arguments().isEmpty()); // off at first
        QVERIFY(!in<QListWidget>(*window, "gateFaces")->isVisible());

        // A threshold between the measured ones: what it says is what it does.
        std::vector<double> blur;
        for (const FaceTrial::Face &one : trial->faces())
            blur.push_back(*one.face.measure(QStringLiteral("quality.blur")));
        std::sort(blur.begin(), blur.end());
        const double limit = std::ceil(blur[20]);
        const auto drops = std::count_if(blur.begin(), blur.end(), [&](double value) { return value < limit; });
        QVERIFY(drops > 20 && drops < 60);
        in<QDoubleSpinBox>(*window, "gateLimit_blur")->setValue(limit);
        QVERIFY(in<QCheckBox>(*window, "gate_blur")->isChecked());
        QCOMPARE(in<QLabel>(*window, "gateDrops_blur")->text(),
                 QStringLiteral("leaves out %1 of 60 (%2 %)").arg(drops).arg(qRound(100.0 * double(drops) / 60)));
        auto *histogram = in<Histogram>(*window, "gateHistogram");
        QCOMPARE(histogram->values(), blur);
        QCOMPARE(histogram->low(), std::optional(limit));
        const auto *faces = in<QListWidget>(*window, "gateFaces");
        QCOMPARE(faces->count(), int(std::min<std::ptrdiff_t>(drops, 24)));
        QVERIFY(faces->item(0)->data(Qt::AccessibleTextRole).toString().contains("Sharpness"));
        QCOMPARE(step->arguments(),
                 QStringList({QStringLiteral("--gate"), QStringLiteral("quality.blur>=%1").arg(limit)}));
        QCOMPARE(faultsOfLook(*window, QStringLiteral("faces-limits")), QStringList());
        QCOMPARE(namelessIn(step), QStringList());

        // The line is dragged; the spin box follows. The pose counts to either side.
        const int y = histogram->height() / 3;
        const auto at = [&](double value) { return QPoint(int(histogram->positionOf(value)), y); };
        const QPoint to = at((histogram->axisLow() + histogram->axisHigh()) / 2);
        QTest::mousePress(histogram, Qt::LeftButton, {}, at(limit));
        QTest::mouseMove(histogram, to);
        QTest::mouseRelease(histogram, Qt::LeftButton, {}, to);
        const double dragged = in<QDoubleSpinBox>(*window, "gateLimit_blur")->value();
        QVERIFY(dragged != limit && std::abs(histogram->positionOf(dragged) - to.x()) < 3);
        in<QCheckBox>(*window, "gate_blur")->setChecked(false);
        in<QCheckBox>(*window, "gate_yaw")->setChecked(true);
        QCOMPARE(step->arguments(), QStringList({QStringLiteral("--gate"), QStringLiteral("quality.yaw<=30"),
                                                 QStringLiteral("--gate"), QStringLiteral("quality.yaw>=-30")}));
        QVERIFY(histogram->values().front() >= 0);
        QVERIFY(!histogram->low() && histogram->high() == 30.0);
        QVERIFY(!trial->isRunning()); // limits alone try nothing anew
        in<QCheckBox>(*window, "gate_yaw")->setChecked(false);

        // The extraction does it.
        in<QDoubleSpinBox>(*window, "gateLimit_blur")->setValue(limit);
        auto *next = in<QPushButton>(*window, "importNext");
        next->click();
        const auto *title = in<QLabel>(*window, "importJobTitle");
        QTRY_VERIFY_WITH_TIMEOUT(title->text().startsWith("Found "), 60'000);
        QVERIFY(in<QLabel>(*window, "importJobText")->text().contains("left out by the limits"));
        QVERIFY(!step->isVisible() && !trial->isRunning());
    }

    void turnedVideosAreConfirmed()
    {
        makeFaceClip((path("phones") + "/drowsy/sideways.mp4").toStdString(),
                     {.person = 5, .encoding = {"-vf", "transpose=1", "-c:v", "libx264", "-preset", "ultrafast"}});
        makeFaceClip((path("phones") + "/alert/upright.mp4").toStdString(), {.person = 6});
        const auto window = atFaces(path("phones.mien"), path("phones"));
        QVERIFY(window);
        auto *tabs = in<QTabWidget>(*window, "faceTabs");
        const auto *trial = window->findChild<FaceTrial *>();
        QTRY_COMPARE_WITH_TIMEOUT(trial->looks().size(), 2U, 60'000);
        QTRY_VERIFY_WITH_TIMEOUT(!trial->isRunning(), 60'000);
        QCOMPARE(tabs->tabText(2), QStringLiteral("Rotation (1)"));
        tabs->setCurrentIndex(2);
        const auto *sheet = in<QListWidget>(*window, "turnedSheet");
        QCOMPARE(sheet->count(), 2);
        QCOMPARE(said(*sheet->item(0)), QStringLiteral("drowsy/sideways.mp4, turned by 270°"));
        QCOMPARE(said(*sheet->item(1)), QStringLiteral("alert/upright.mp4"));
        QVERIFY(!in<QPushButton>(*window, "turnedAll")->isVisible()); // all were looked at
        QCOMPARE(faultsOfLook(*window, QStringLiteral("faces-turned")), QStringList());
        auto *choice = in<QPushButton>(*window, "turnedChoice");
        QCOMPARE(choice->text(), QStringLiteral("Turn none of them"));
        choice->click();
        const auto *step = window->findChild<FaceStep *>();
        QCOMPARE(step->arguments(), QStringList({QStringLiteral("--rotation"), QStringLiteral("0")}));
        QCOMPARE(choice->text(), QStringLiteral("Turn videos by their faces"));
        QTRY_COMPARE_WITH_TIMEOUT(tabs->tabText(2), QStringLiteral("Rotation"), 60'000);
        QTRY_VERIFY_WITH_TIMEOUT(trial->looks().size() == 2 && !trial->isRunning(), 60'000);
        choice->click();
        QVERIFY(step->arguments().isEmpty());
        QTRY_COMPARE_WITH_TIMEOUT(tabs->tabText(2), QStringLiteral("Rotation (1)"), 60'000);
    }

    /// By keys and by buttons, for each video; kept with the project, so that the search does it.
    void aPersonTurnsVideosOneByOne()
    {
        makeFaceClip((path("lying") + "/drowsy/sideways.mp4").toStdString(),
                     {.person = 5, .encoding = {"-vf", "transpose=1", "-c:v", "libx264", "-preset", "ultrafast"}});
        makeFaceClip((path("lying") + "/alert/upright.mp4").toStdString(), {.person = 6});
        makeFaceClip((path("lying") + "/alert/nobody.mp4").toStdString(), {.person = 7, .emptyFrom = 0, .emptyTo = 50});
        const QString project = path("lying.mien");
        const auto window = atFaces(project, path("lying"));
        QVERIFY(window);
        auto *tabs = in<QTabWidget>(*window, "faceTabs");
        tabs->setCurrentIndex(2);
        const auto *trial = window->findChild<FaceTrial *>();
        QTRY_VERIFY_WITH_TIMEOUT(trial->looks().size() == 3 && !trial->isRunning(), 60'000);
        auto *sheet = in<QListWidget>(*window, "turnedSheet");
        QCOMPARE(sheet->count(), 3);
        QCOMPARE(said(*sheet->item(1)), QStringLiteral("alert/nobody.mp4, no face was found"));
        QCOMPARE(sheet->currentRow(), 0);
        const auto isMarked = [&](const char *button) { return in<QPushButton>(*window, button)->isChecked(); };
        QVERIFY(isMarked("turnedAuto") && !isMarked("turned90"));
        QCOMPARE(namelessIn(window->findChild<FaceStep *>()), QStringList());

        window->activateWindow();
        sheet->setFocus();
        const auto press = [&](int key) { QTest::keyClick(window->windowHandle(), Qt::Key(key)); };
        press(Qt::Key_0);
        QCOMPARE(said(*sheet->item(0)), QStringLiteral("drowsy/sideways.mp4, as stored, as you said"));
        QVERIFY(isMarked("turned0") && !isMarked("turnedAuto"));
        QCOMPARE(tabs->tabText(2), QStringLiteral("Rotation"));
        press(Qt::Key_2);
        QCOMPARE(said(*sheet->item(0)), QStringLiteral("drowsy/sideways.mp4, turned by 270° as you said"));
        press(Qt::Key_A);
        QCOMPARE(said(*sheet->item(0)), QStringLiteral("drowsy/sideways.mp4, turned by 270°"));
        press(Qt::Key_2);
        press(Qt::Key_Right);
        QCOMPARE(sheet->currentRow(), 1);
        press(Qt::Key_1);
        QCOMPARE(said(*sheet->item(1)), QStringLiteral("alert/nobody.mp4, turned by 180° as you said"));
        sheet->setCurrentRow(2); // several at once
        sheet->item(1)->setSelected(true);
        in<QPushButton>(*window, "turned90")->click();
        QCOMPARE(said(*sheet->item(1)), QStringLiteral("alert/nobody.mp4, turned by 90° as you said"));
        QCOMPARE(said(*sheet->item(2)), QStringLiteral("alert/upright.mp4, turned by 90° as you said"));
        QCOMPARE(tabs->tabText(2), QStringLiteral("Rotation (3)"));
        QVERIFY(in<QLabel>(*window, "turnedWords")->text().contains("3 videos lie as you said."));
        QCOMPARE(faultsOfLook(*window, QStringLiteral("faces-turned-one-by-one")), QStringList());

        // The preview and the limits follow; the search does as it was told, whatever is chosen for all.
        tabs->setCurrentIndex(0);
        auto *preview = window->findChild<FacePreview *>();
        while (in<QLabel>(*window, "previewName")->text() != QStringLiteral("alert/upright.mp4")) {
            QVERIFY(in<QPushButton>(*window, "previewNext")->isEnabled());
            in<QPushButton>(*window, "previewNext")->click();
        }
        QTRY_VERIFY_WITH_TIMEOUT(!preview->isBusy() && preview->found().turnedDeg == 90, 30'000);
        QTRY_VERIFY_WITH_TIMEOUT(trial->isRunning(), 10'000); // anew, as videos lie otherwise now
        QVERIFY(window->findChild<FaceStep *>()->arguments().isEmpty());
        in<QComboBox>(*window, "facesDetector")->setCurrentIndex(2);
        in<QSpinBox>(*window, "facesPerVideo")->setValue(2);
        in<QPushButton>(*window, "importNext")->click();
        QTRY_VERIFY_WITH_TIMEOUT(in<QLabel>(*window, "importJobTitle")->text().startsWith("Found 6 faces"), 60'000);
        const Project opened = must(Project::open(project.toStdString(), Project::Access::Read));
        QMap<QString, QList<int>> turns;
        for (const ImportedVideo &video : must(importedVideos(opened))) {
            QVERIFY(video.turnDeg);
            for (const TimedSample &sample : samplesOfVideo(opened, video.media))
                turns[video.name].append(faceOf(opened, sample.sample)->rotationDeg);
        }
        QCOMPARE(turns, (QMap<QString, QList<int>>{{"drowsy/sideways.mp4", {270, 270}},
                                                   {"alert/nobody.mp4", {90, 90}},
                                                   {"alert/upright.mp4", {90, 90}}}));
    }

    void aCancelledSearchGoesOn()
    {
        const QString broken = path("stopped") + "/alert/0.mp4";
        makeFaceClip(broken.toStdString(), {.person = 7, .frames = 25});
        QDirIterator videos(path("UTA"), {"*.mp4"}, QDir::Files, QDirIterator::Subdirectories);
        for (int i = 1; videos.hasNext(); ++i)
            QVERIFY(QFile::copy(videos.next(), path("stopped") + QStringLiteral("/alert/%1.mp4").arg(i)));
        const auto window = atFaces(path("cancelled.mien"), path("stopped"));
        QVERIFY(window);
        QFile damaged(broken); // between import and search
        QVERIFY(damaged.open(QIODevice::WriteOnly) && damaged.write("no video") > 0);
        damaged.close();
        in<QSpinBox>(*window, "facesPerVideo")->setValue(140);
        auto *next = in<QPushButton>(*window, "importNext");
        next->click();
        const auto *text = in<QLabel>(*window, "importJobText");
        const auto isSaid = [text](const QStringList &words) {
            return std::all_of(words.begin(), words.end(),
                               [text](const QString &word) { return text->text().contains(word); });
        };
        QTRY_VERIFY_WITH_TIMEOUT(isSaid({"/s", "left", "faces a frame", "1 file not readable"}), 60'000);
        QCOMPARE(faultsOfLook(*window, QStringLiteral("faces-searching")), QStringList());
        in<QPushButton>(*window, "importCancel")->click();
        QTRY_COMPARE_WITH_TIMEOUT(next->text(), QStringLiteral("Go on searching"), 30'000);
        QCOMPARE(in<QLabel>(*window, "importJobTitle")->text(), QStringLiteral("The search for faces was cancelled"));
        QCOMPARE(faultsOfLook(*window, QStringLiteral("faces-cancelled")), QStringList());
        next->click();
        QTRY_VERIFY_WITH_TIMEOUT(in<QLabel>(*window, "importJobTitle")->text().startsWith("Found "), 120'000);
        QVERIFY2(in<QLabel>(*window, "importJobTitle")->text().endsWith(", 1 file skipped"),
                 qPrintable(in<QLabel>(*window, "importJobTitle")->text()));
        QCOMPARE(next->text(), QStringLiteral("Show in gallery"));
    }

    void withoutVideosItSaysSo()
    {
        FacePreview preview;
        preview.resize(700, 420);
        preview.setSettings({{QStringLiteral("detector"), QStringLiteral("mtcnn")}});
        preview.show();
        QVERIFY(preview.findChild<FoundFacesView *>()->message().contains("no video"));
        QTest::qWait(400);
        QVERIFY(!preview.isBusy());
        QVERIFY(!in<QPushButton>(preview, "previewNext")->isEnabled());
        preview.setProblem(QStringLiteral("The project cannot be read."));
        QCOMPARE(preview.findChild<FoundFacesView *>()->message(), QStringLiteral("The project cannot be read."));
    }
};

QTEST_MAIN(tst_face_preview)
#include "tst_face_preview.moc"
