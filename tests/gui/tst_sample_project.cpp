#include "studio/app/main_window.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"
#include "studio/gallery/gallery_page.h"

#include <QApplication>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace mien;

/// The first minute of a new user: one click on the start page, and faces are there.
class tst_sample_project : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void oneClickMakesAndOpensIt()
    {
        QTemporaryDir home;
        QVERIFY(home.isValid());
        qputenv("HOME", home.path().toUtf8());
        qputenv("MIEN_PROGRAM", MIEN_PROGRAM_PATH);
        Theme::instance().install(*qApp);
        settings().clear();
        MainWindow window;
        window.resize(1280, 720);
        window.show();
        QSignalSpy opened(&window, &MainWindow::projectOpened);
        QTest::mouseClick(window.page(QStringLiteral("start"))->findChild<QPushButton *>(QStringLiteral("makeDemo")),
                          Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 60000);
        QVERIFY(window.session()->folder().startsWith(home.path()));
        window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_COMPARE(gallery->model().rowCount(), 1200);
        QTRY_VERIFY(window.isSettled());
        window.closeProject();
        // Again: it is opened, not made anew.
        QTest::mouseClick(window.page(QStringLiteral("start"))->findChild<QPushButton *>(QStringLiteral("makeDemo")),
                          Qt::LeftButton);
        QTRY_COMPARE(opened.count(), 2);
    }
};

QTEST_MAIN(tst_sample_project)
#include "tst_sample_project.moc"
