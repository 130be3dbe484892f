// Videos in the window, with the real programs: import, faces found in them, a trained network, a face reviewed in the
// moment it is from.
#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/face_source.h"
#include "studio/common/inspector.h"
#include "studio/common/job_queue.h"
#include "studio/common/project_session.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/source_panel.h"
#include "studio/common/strip_panel.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/gallery_view.h"
#include "studio/importing/face_preview.h"
#include "studio/importing/face_search_form.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/face_clips.h"
#include "tests/support/opened_window.h"

#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTranslator>

using namespace mien;
using namespace mien::test;

class tst_video_way : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QTranslator m_words; ///< Plurals.

    QString path(const char *name) const { return m_folder.filePath(QLatin1String(name)); }

    static bool mien(const QStringList &arguments)
    {
        QProcess process;
        process.start(QStringLiteral(MIEN_PROGRAM_PATH), arguments);
        return process.waitForFinished(240'000) && process.exitCode() == 0;
    }

private Q_SLOTS:
    void initTestCase()
    {
        prepareWindowTests(MIEN_PROGRAM_PATH);
        QVERIFY(m_words.load(QStringLiteral(":/mien/mien_en.qm")) && QCoreApplication::installTranslator(&m_words));
        makeUtaRlddTree(path("UTA").toStdString());
        QVERIFY(mien({QStringLiteral("init"), path("p.mien")}));
    }

    void videosAreImportedAndSearchedForFaces()
    {
        MainWindow window;
        QVERIFY(openProject(window, path("p.mien")));
        window.showPage(QStringLiteral("import"));
        auto *next = window.findChild<QPushButton *>(QStringLiteral("importNext"));
        window.findChild<QLineEdit *>(QStringLiteral("importPath"))->setText(path("UTA"));
        next->click();
        QTRY_COMPARE_WITH_TIMEOUT(next->text(), QStringLiteral("Import 4 videos"), 30'000);
        const auto *what = window.findChild<QLabel *>(QStringLiteral("importWhat"));
        QVERIFY2(what->text().contains(QStringLiteral("4 videos, 4 with a label")), qPrintable(what->text()));
        QCOMPARE(faultsOfLook(window, QStringLiteral("import-videos-check")), QStringList());
        next->click();
        QTRY_COMPARE_WITH_TIMEOUT(next->text(), QStringLiteral("Find faces in the videos"), 30'000);
        const auto *title = window.findChild<QLabel *>(QStringLiteral("importJobTitle"));
        QCOMPARE(title->text(), QStringLiteral("Imported 4 videos"));
        QCOMPARE(faultsOfLook(window, QStringLiteral("import-videos-done")), QStringList());
        auto *search = window.findChild<FaceSearchForm *>();
        QTRY_VERIFY_WITH_TIMEOUT(window.findChild<FacePreview *>()->found().faces.size() == 1, 30'000);
        QVERIFY(search->isVisible() && search->arguments().isEmpty()); // the recipe
        search->findChild<QSpinBox *>(QStringLiteral("facesPerVideo"))->setValue(30);
        QCOMPARE(search->arguments(), QStringList({QStringLiteral("--per-video"), QStringLiteral("30")}));
        next->click();
        QTRY_COMPARE_WITH_TIMEOUT(title->text(), QStringLiteral("Found 120 faces"), 60'000);
        QVERIFY(!search->isVisible());
        QCOMPARE(faultsOfLook(window, QStringLiteral("import-videos-faces")), QStringList());
        QCOMPARE(next->text(), QStringLiteral("Show in gallery"));
        next->click();
        auto *gallery = window.findChild<GalleryPage *>();
        QVERIFY(gallery->isVisible());
        QTRY_COMPARE(gallery->findChild<SampleListModel *>()->rowCount(), 120);
        QCOMPARE(faultsOfLook(window, QStringLiteral("gallery-of-frames")), QStringList());
    }

    void aFaceIsSeenInItsMoment()
    {
        QVERIFY(mien({QStringLiteral("train"), QStringLiteral("-p"), path("p.mien"), QStringLiteral("--network"),
                      QStringLiteral("eac-compact"), QStringLiteral("--set"), QStringLiteral("preset=tiny"),
                      QStringLiteral("--set"), QStringLiteral("epochs=1"), QStringLiteral("--folds"),
                      QStringLiteral("2")}));
        QVERIFY(mien({QStringLiteral("flag"), QStringLiteral("-p"), path("p.mien"), QStringLiteral("--run"),
                      QStringLiteral("r1")}));
        MainWindow window;
        QVERIFY(openProject(window, path("p.mien")));
        window.showPage(QStringLiteral("review"));
        auto *page = window.findChild<ReviewPage *>();
        QTRY_VERIFY_WITH_TIMEOUT(page->desk() && page->desk()->face(), 30'000);
        QCOMPARE(page->desk()->classes().size(), 3U); // those of drowsiness, not of expressions
        QCOMPARE(page->desk()->classes().front().name, "alert");
        const auto press = [&](const char *action) {
            window.studio().actions().action(QLatin1String(action))->trigger();
        };
        press("review.source");
        FaceSource &source = page->source();
        const auto *panel = page->findChild<SourcePanel *>();
        QTRY_VERIFY_WITH_TIMEOUT(source.isPlaying(), 10'000); // by itself, once
        QTRY_VERIFY_WITH_TIMEOUT(panel->caption().contains(QStringLiteral("before the face")), 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(panel->caption().contains(QStringLiteral("after the face")), 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(!source.isPlaying() && !panel->caption().contains(QStringLiteral("face")), 10'000);
        const QString own = panel->caption();
        QCOMPARE(faultsOfLook(window, QStringLiteral("review-moment")), QStringList());
        press("review.frameForward");
        QTRY_VERIFY(panel->caption().contains(QStringLiteral("0.040 s after the face")));
        press("review.frameBack");
        QTRY_COMPARE(panel->caption(), own);
        press("review.frameBack");
        QTRY_VERIFY(panel->caption().contains(QStringLiteral("0.040 s before the face")));

        press("review.play");
        QTRY_VERIFY(source.isPlaying());
        press("review.play");
        QTRY_COMPARE(panel->caption(), own);

        QCOMPARE(panel->facesFound(), -1);
        press("review.detect");
        QTRY_COMPARE_WITH_TIMEOUT(panel->facesFound(), 1, 30'000);
        QCOMPARE(panel->caption(), own);
        press("review.frameForward");
        QTRY_VERIFY_WITH_TIMEOUT(panel->caption().contains(QStringLiteral("0.040 s after the face")), 10'000);
        QCOMPARE(panel->facesFound(), 1);
        QCOMPARE(faultsOfLook(window, QStringLiteral("review-detection")), QStringList());
        press("review.detect");
        QTRY_COMPARE_WITH_TIMEOUT(panel->facesFound(), -1, 10'000);
    }

    void theInspectorPlaysTheMoment()
    {
        MainWindow window;
        QVERIFY(openProject(window, path("p.mien")));
        window.showPage(QStringLiteral("gallery"));
        auto *gallery = window.findChild<GalleryPage *>();
        QTRY_VERIFY_WITH_TIMEOUT(gallery->model().rowCount() > 0 && window.isSettled(), 30'000);
        gallery->view().setCurrentRow(5);
        QTRY_VERIFY(gallery->model().rowAt(5));
        window.studio().actions().action(QStringLiteral("gallery.play"))->trigger();
        auto *inspector = window.findChild<Inspector *>();
        const auto *panel = inspector->findChild<SourcePanel *>();
        QTRY_VERIFY_WITH_TIMEOUT(inspector->source().isPlaying(), 20'000);
        QTRY_VERIFY_WITH_TIMEOUT(panel->caption().contains(QStringLiteral("after the face")), 20'000);
        QTRY_VERIFY_WITH_TIMEOUT(!inspector->source().isPlaying() && !panel->caption().contains(QStringLiteral("face")),
                                 20'000);
        const QString own = panel->caption();
        panel->findChild<QToolButton *>(QStringLiteral("sourceForward"))->click();
        QTRY_VERIFY(panel->caption().contains(QStringLiteral("0.040 s after the face")));
        panel->findChild<QToolButton *>(QStringLiteral("sourceDetect"))->click();
        QTRY_COMPARE_WITH_TIMEOUT(panel->facesFound(), 1, 30'000);
        QVERIFY(panel->strip().isVisible()); // of the video, to be measured from here
        QVERIFY(panel->findChild<QWidget *>(QStringLiteral("sourceCanvas"))->height() >= 160);
        QTRY_VERIFY(!inspector->source().isBusy());
        QCOMPARE(faultsOfLook(window, QStringLiteral("gallery-moment")), QStringList());
        gallery->view().setCurrentRow(40); // another face: its own moment
        QTRY_VERIFY(!panel->caption().contains(QStringLiteral("face")) && panel->caption() != own);
        window.findChild<QToolButton *>(QStringLiteral("inspectorSource"))->click();
        QVERIFY(!panel->isVisible());
    }
};

QTEST_MAIN(tst_video_way)
#include "tst_video_way.moc"
