// What the import shows of the person's own videos before faces are looked for in all of them, with the real `mien`.
#include "studio/app/main_window.h"
#include "studio/importing/face_preview.h"
#include "studio/importing/face_search_form.h"
#include "studio/importing/face_step.h"
#include "studio/importing/found_faces_view.h"
#include "tests/support/controls.h"
#include "tests/support/face_clips.h"
#include "tests/support/opened_window.h"

#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QProcess>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTranslator>

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
        for (int person = 1; person <= 2; ++person)
            for (const char *label : {"0", "10"})
                makeFaceClip(
                    (path("UTA") + QStringLiteral("/Fold1_part1/0%1/%2.mp4").arg(person).arg(QLatin1String(label)))
                        .toStdString(),
                    {.person = std::uint64_t(person), .frames = 150});
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
        QTRY_VERIFY(settled() &&
                    (preview->found().faces.value(0).landmarks.size() == 68 || !view->message().isEmpty()));
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
