#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/filter_field.h"
#include "studio/common/job_queue.h"
#include "studio/common/recent_projects.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/stall_watchdog.h"
#include "studio/common/theme.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/gallery_view.h"
#include "tests/support/controls.h"
#include "tests/support/opened_window.h"
#include "tests/support/scored_project.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QMap>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QScopeGuard>
#include <QScreen>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolButton>
#include <QTranslator>
#include <QWindow>

using namespace mien;

namespace {

/// A language whose words are 40 % longer.
class LongWords : public QTranslator
{
public:
    bool isEmpty() const override { return false; }
    QString translate(const char *, const char *source, const char *, int) const override
    {
        QString text = QString::fromUtf8(source);
        for (qsizetype left = text.size() * 2 / 5; left > 0; left -= 4)
            text += QStringLiteral(" ẅöŕ").left(left);
        return text;
    }
};

} // namespace

/// The real window with a real project; `mien` is a shell script.
class tst_main_window : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    QString project(const char *name, int samples = 300) const
    {
        const QString path = m_folder.filePath(QLatin1String(name));
        test::filledProject(path.toStdString(), samples);
        return path;
    }

    static void open(MainWindow &window, const QString &path, QSize size = {1280, 800})
    {
        QVERIFY(test::openProject(window, path, size));
        QTRY_VERIFY(window.isSettled());
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        test::prepareWindowTests(FAKE_MIEN);
    }

    void everyControlHasAName()
    {
        MainWindow window;
        open(window, project("names"));
        QStringList missing;
        for (const QString &id : window.pageIds()) {
            window.showPage(id);
            QTRY_VERIFY(window.isSettled());
            missing += test::namelessIn(window.page(id));
        }
        missing += test::namelessIn(&window);
        for (const char *id : {"help.palette", "help.keys", "edit.annotator", "help.about"}) {
            window.actions().action(QLatin1String(id))->trigger();
            QTRY_VERIFY(window.findChild<QDialog *>());
            auto *dialog = window.findChild<QDialog *>();
            missing += test::namelessIn(dialog);
            dialog->close();
            QTRY_VERIFY(!window.findChild<QDialog *>());
        }
        missing.removeDuplicates();
        QVERIFY2(missing.isEmpty(), qPrintable(missing.join(QLatin1Char('\n'))));
    }

    void noKeyBelongsToTwoVerbs()
    {
        MainWindow window;
        open(window, project("keys"));
        for (const QString &id : window.pageIds())
            window.showPage(id);
        const auto conflicts = window.actions().conflicts();
        for (const auto &[a, b] : conflicts)
            qWarning("%s and %s answer to the same key", qPrintable(a), qPrintable(b));
        QVERIFY(conflicts.isEmpty());
        for (const ActionRegistry::Entry &entry : window.actions().entries()) {
            QVERIFY2(!entry.action->text().isEmpty(), qPrintable(entry.spec.id));
            QVERIFY2(!entry.spec.help.isEmpty(), qPrintable(entry.spec.id));
        }
    }

    void aKeyIsChangedInTheSheet()
    {
        MainWindow window;
        open(window, project("sheet"));
        window.actions().action(QStringLiteral("help.keys"))->trigger();
        QDialog *sheet = nullptr;
        QTRY_VERIFY((sheet = window.findChild<QDialog *>(QStringLiteral("keySheet"))));
        auto *table = sheet->findChild<QTableWidget *>();
        int row = 0;
        while (row < table->rowCount() &&
               table->item(row, 0)->data(Qt::UserRole).toString() != QStringLiteral("view.inspector"))
            ++row;
        Q_EMIT table->cellActivated(row, 0);
        QDialog *editor = nullptr;
        QTRY_VERIFY((editor = sheet->findChild<QDialog *>(QStringLiteral("keyEditor"))));
        auto *edit = editor->findChild<QKeySequenceEdit *>();
        edit->setKeySequence(QKeySequence(Qt::CTRL | Qt::Key_J));
        QVERIFY(!editor->findChild<QPushButton *>(QStringLiteral("keyUse"))->isEnabled());
        edit->setKeySequence(QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_I));
        QTest::mouseClick(editor->findChild<QPushButton *>(QStringLiteral("keyUse")), Qt::LeftButton);
        QCOMPARE(window.actions().action(QStringLiteral("view.inspector"))->shortcut(),
                 QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_I));
        window.actions().resetKeys(QStringLiteral("view.inspector"));
        sheet->close();
    }

    void modesByKey()
    {
        MainWindow window;
        open(window, project("modes"));
        for (const QString &id : window.pageIds()) {
            window.actions().action(QStringLiteral("go.") + id)->trigger();
            QCOMPARE(window.currentPage(), id);
            QVERIFY(window.findChild<QToolButton *>(QStringLiteral("mode.") + id)->isChecked());
        }
        window.closeProject();
        QCOMPARE(window.currentPage(), QStringLiteral("start"));
        QVERIFY(!window.actions().action(QStringLiteral("go.gallery"))->isEnabled());
    }

    void sessionIsRestored()
    {
        const QString path = project("restore");
        {
            MainWindow window;
            open(window, path);
            window.showPage(QStringLiteral("gallery"));
            auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
            QVERIFY(gallery);
            gallery->filter().setFilter(QStringLiteral("split:train"));
            QTRY_COMPARE(gallery->model().rowCount(), 180);
            QTRY_VERIFY(window.isSettled());
            gallery->view().setCellSide(64);
            gallery->view().setCurrentRow(120);
            window.close();
        }
        MainWindow window;
        open(window, path);
        QCOMPARE(window.currentPage(), QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QCOMPARE(gallery->filter().filter(), QStringLiteral("split:train"));
        QTRY_COMPARE(gallery->view().currentRow(), 120);
        QCOMPARE(gallery->view().cellSide(), 64);
    }

    void digitsGiveTheClassesOfTheSelectedSpace()
    {
        const QString path = m_folder.filePath(QStringLiteral("spaces.mien"));
        {
            Project made = test::must(Project::create(path.toStdString(), "Spaces"));
            ImportWriter writer = test::must(ImportWriter::begin(made, "test.csv", "plain", "/faces.csv"));
            NewMedia file;
            file.path = "/faces.csv";
            file.kind = "table";
            const MediaId media = test::must(writer.addMedia(file));
            for (int row = 0; row < 12; ++row) { // six faces with expressions, six of drivers
                NewSample sample = test::plainSample(writer, media, row);
                sample.givenClass = ClassId{row < 6 ? 1 : 101};
                sample.state = LabelState::Ok;
                test::must(writer.addSample(sample));
            }
            test::must(writer.finish());
        }
        MainWindow window;
        open(window, path);
        window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_VERIFY(window.isSettled());
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        const auto labelAt = [gallery](int row) {
            const SampleRow *shown = gallery->model().rowAt(row);
            return shown ? shown->label.value_or(ClassId{}) : ClassId{};
        };
        const QAction *third = window.actions().action(QStringLiteral("gallery.label3"));

        gallery->view().setCurrentRow(8);
        QTest::keyClick(&gallery->view(), Qt::Key_3); // at once: it waits until it is known what it means
        QTRY_COMPARE(labelAt(8), ClassId{103});
        QVERIFY2(third->text().endsWith(QStringLiteral("Drowsy")), qPrintable(third->text()));
        QVERIFY(!window.actions().action(QStringLiteral("gallery.label4"))->isEnabled());

        gallery->view().setCurrentRow(2);
        QTRY_VERIFY(window.isSettled());
        QVERIFY2(third->text().endsWith(QStringLiteral("Fear")), qPrintable(third->text()));
        QTest::keyClick(&gallery->view(), Qt::Key_3);
        QTRY_COMPARE(labelAt(2), window.session()->classes()[2].id);

        RangeSelection both;
        both.add(4, 7);
        gallery->view().setSelection(both);
        QTRY_VERIFY(window.isSettled());
        QTest::keyClick(&gallery->view(), Qt::Key_2);
        const auto *said = window.findChild<QLabel *>(QStringLiteral("statusMessage"));
        QTRY_VERIFY2(said->text().contains(QStringLiteral("expression, drowsiness")), qPrintable(said->text()));
        QVERIFY(!window.findChild<QDialog *>(QStringLiteral("relabelDialog")));
        QCOMPARE(labelAt(5), ClassId{1});
        QCOMPARE(labelAt(6), ClassId{101});
        const auto *menu = window.findChild<QMenu *>(QStringLiteral("galleryLabelMenu"));
        QVERIFY(!menu->actions().at(0)->isEnabled() && !menu->actions().at(1)->isEnabled());
    }

    void labelsByKeyAndTakesThemBack()
    {
        MainWindow window;
        open(window, project("labels"));
        window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_VERIFY(window.isSettled());
        const ClassId third = window.session()->classes()[2].id;
        gallery->view().setCurrentRow(0);
        gallery->view().setFocus();
        QTRY_VERIFY(gallery->model().rowAt(0));
        const auto label = [gallery]() -> std::optional<ClassId> {
            const SampleRow *row = gallery->model().rowAt(0); // null while it is read again
            return row ? row->label : std::nullopt;
        };
        const auto before = label();
        QVERIFY(before && before != third);
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QTest::keyClick(&gallery->view(), Qt::Key_3);
        QTRY_COMPARE(label(), std::optional(third));
        QTRY_VERIFY(window.actions().action(QStringLiteral("edit.undo"))->isEnabled());
        QVERIFY(window.actions().action(QStringLiteral("edit.undo"))->text().size() > 6);
        QCOMPARE(window.session()->savedState(), ProjectSession::SavedState::Saved);
        window.actions().action(QStringLiteral("edit.undo"))->trigger();
        QTRY_COMPARE(label(), before);
        window.actions().action(QStringLiteral("edit.redo"))->trigger();
        QTRY_COMPARE(label(), std::optional(third));
    }

    void bulkLabelsAskFirstAndAreOneStep()
    {
        MainWindow window;
        open(window, project("bulk"));
        window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_VERIFY(window.isSettled());
        window.actions().action(QStringLiteral("gallery.selectAll"))->trigger();
        window.actions().action(QStringLiteral("gallery.label1"))->trigger();
        QDialog *dialog = nullptr;
        QTRY_VERIFY((dialog = gallery->findChild<QDialog *>(QStringLiteral("relabelDialog"))));
        auto *preview = dialog->findChild<QLabel *>(QStringLiteral("relabelPreview"));
        QTRY_VERIFY(preview->text().contains(QStringLiteral("now")));
        auto *apply = dialog->findChild<QPushButton *>(QStringLiteral("relabelApply"));
        QVERIFY(apply->isEnabled() && !apply->isDefault()); // only what was seen is applied, and never by a stray Enter
        apply->setFocus();
        QTest::keyClick(apply, Qt::Key_Return);
        const ClassId first = window.session()->classes()[0].id;
        QTRY_VERIFY(gallery->model().rowAt(299) && gallery->model().rowAt(299)->label == first);
        window.session()->undo();
        QTRY_VERIFY(gallery->model().rowAt(1) && gallery->model().rowAt(1)->label != gallery->model().rowAt(2)->label);
        QTRY_VERIFY(!window.session()->nextUndo());
    }

    void aWrongFilterSaysWhere()
    {
        MainWindow window;
        open(window, project("filter"));
        window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        gallery->filter().setFilter(QStringLiteral("labl:fear"));
        QTRY_VERIFY(gallery->filter().problem().contains(QStringLiteral("osition 1")));
        QVERIFY(gallery->findChild<QLabel *>(QStringLiteral("galleryProblem"))->isVisible());
        gallery->filter().setFilter(QStringLiteral("label:fear"));
        gallery->filter().setFocus();
        QTest::keyClick(&gallery->filter(), Qt::Key_Down);
        QCOMPARE(window.focusWidget(), &gallery->view());
    }

    void closingWithAJobAsks()
    {
        MainWindow window;
        open(window, project("closing"));
        JobQueue &jobs = window.session()->jobs();
        const QString id = jobs.start(QStringLiteral("Long"),
                                      {QStringLiteral("steps"), QStringLiteral("400"), QStringLiteral("0.05")});
        QTRY_VERIFY(jobs.job(id)->done >= 1);
        const qint64 pid = jobs.job(id)->process.pid;
        window.close();
        QVERIFY(window.isVisible());
        auto *box = window.findChild<QMessageBox *>(QStringLiteral("closeWithJobs"));
        QVERIFY(box);
        QCOMPARE(box->defaultButton()->objectName(), QStringLiteral("keepRunning"));
        QTest::mouseClick(box->findChild<QPushButton *>(QStringLiteral("stayOpen")), Qt::LeftButton);
        QTRY_VERIFY(!window.findChild<QMessageBox *>(QStringLiteral("closeWithJobs")));
        QVERIFY(window.isVisible());
        window.close();
        box = window.findChild<QMessageBox *>(QStringLiteral("closeWithJobs"));
        QVERIFY(box);
        QTest::mouseClick(box->findChild<QPushButton *>(QStringLiteral("keepRunning")), Qt::LeftButton);
        QTRY_VERIFY(!window.isVisible());
        QVERIFY(QFile::exists(QStringLiteral("/proc/%1").arg(pid)));
        jobs.stopAll();
        QTRY_VERIFY(!jobs.hasActive());
    }

    void aSecondWindowReads()
    {
        const QString path = project("twice");
        MainWindow first;
        open(first, path);
        MainWindow second;
        open(second, path);
        QVERIFY(first.session()->isWritable());
        QVERIFY(!second.session()->isWritable());
        QVERIFY(second.findChild<QLabel *>(QStringLiteral("errorText"))->text().contains(QStringLiteral("ead-only")));
    }

    void whatIsNoProjectIsSaid()
    {
        MainWindow window;
        window.show();
        QSignalSpy failed(&window, &MainWindow::projectFailed);
        window.openProject(m_folder.filePath(QStringLiteral("nowhere")));
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(window.findChild<QLabel *>(QStringLiteral("errorText"))->isVisible());
    }

    /// Paths of the window are text; bytes that are none are told as what they are.
    void aNameThatIsNoTextIsSaid()
    {
        const QByteArray folder = QFile::encodeName(m_folder.path()) + "/p\xff.mien";
        test::filledProject(folder.toStdString(), 5);
        // Qt cannot remove it either.
        const auto gone = qScopeGuard([&] { std::filesystem::remove_all(folder.toStdString()); });
        MainWindow window;
        window.show();
        window.openPaths({QString::fromLocal8Bit(folder)});
        const QString said = window.findChild<QLabel *>(QStringLiteral("errorText"))->text();
        QVERIFY2(said.contains(QStringLiteral("UTF-8")) && !said.contains(QStringLiteral("does not exist")),
                 qPrintable(said));
    }

    void projectsOfOneNameAreToldApart()
    {
        const auto remember = [](const char *folder) {
            RecentProject project;
            project.folder = QLatin1String(folder);
            project.name = QStringLiteral("Study");
            project.openedAt = QDateTime::currentDateTime();
            rememberProject(project);
        };
        const auto cards = [] {
            MainWindow window;
            QStringList names;
            for (const QPushButton *card : window.findChildren<QPushButton *>(QStringLiteral("recent.Study")))
                names << card->accessibleName().section(QLatin1Char(','), 0, 0);
            names.sort();
            return names;
        };
        remember("/data/first/Study.mien");
        QCOMPARE(cards(), QStringList{QStringLiteral("Project Study")});
        remember("/data/second/Study.mien");
        QCOMPARE(cards(), (QStringList{QStringLiteral("Project Study in /data/first/"),
                                       QStringLiteral("Project Study in /data/second/")}));
        remember("/data/second/Copy.mien");
        QCOMPARE(cards(), (QStringList{QStringLiteral("Project Study in /data/first/"),
                                       QStringLiteral("Project Study in Copy.mien"),
                                       QStringLiteral("Project Study in Study.mien")}));
        for (const char *folder : {"/data/first/Study.mien", "/data/second/Study.mien", "/data/second/Copy.mien"})
            forgetProject(QLatin1String(folder));
    }

    void everyTextFits_data()
    {
        QTest::addColumn<bool>("longer");
        QTest::addColumn<bool>("mirrored");
        QTest::addColumn<double>("scale");
        QTest::newRow("as it is") << false << false << 1.0;
        QTest::newRow("40 % longer") << true << false << 1.0;
        QTest::newRow("right to left") << false << true << 1.0;
        QTest::newRow("text at 150 %") << false << false << 1.5;
        QTest::newRow("text at 200 %") << false << false << 2.0;
    }

    void everyTextFits()
    {
        QFETCH(bool, longer);
        QFETCH(bool, mirrored);
        QFETCH(double, scale);
        const QString path = m_folder.filePath(QStringLiteral("fits-%1-%2-%3").arg(longer).arg(mirrored).arg(scale));
        {
            Project project = test::scoredProject(path.toStdString(), 300); // so that Review and Runs have something
            test::addFinishedRun(project, 7, 0.8);
        }
        LongWords translator;
        const QFont font = QApplication::font();
        QFont scaled = font;
        scaled.setPointSizeF(font.pointSizeF() * scale);
        QApplication::setFont(scaled);
        if (mirrored)
            QGuiApplication::setLayoutDirection(Qt::RightToLeft);
        if (longer)
            QCoreApplication::installTranslator(&translator);
        QStringList clipped;
        {
            MainWindow window;
            const QSize size = QSize(1280, 720) * scale;
            open(window, path, size);
            for (const QString &id : window.pageIds()) {
                window.showPage(id);
                QTRY_VERIFY(window.isSettled());
                QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
                clipped += test::clippedIn(window, window.page(id), id);
                if (window.size() != size)
                    clipped << QStringLiteral("%1: the window grew to %2 x %3")
                                   .arg(id)
                                   .arg(window.width())
                                   .arg(window.height());
                window.resize(size);
            }
            clipped += test::clippedIn(window, window.statusBar(), QStringLiteral("status bar"));
            window.resize(800, 500); // too little for the keys of Review
            const QSize least = QSize(960, 600).boundedTo(window.screen()->availableSize());
            QVERIFY(window.width() >= least.width() && window.height() >= least.height());
        }
        QCoreApplication::removeTranslator(&translator);
        QGuiApplication::setLayoutDirection(Qt::LeftToRight);
        QApplication::setFont(font);
        QVERIFY2(clipped.isEmpty(), qPrintable(clipped.join(QLatin1Char('\n'))));
    }

    /// A widget that is shown before it has a parent flashes as a window, and takes the keys from the real one.
    void nothingElseIsAWindow()
    {
        class ShownWindows : public QObject
        {
        public:
            QStringList names;

        protected:
            bool eventFilter(QObject *watched, QEvent *event) override
            {
                if (event->type() == QEvent::Show && qobject_cast<QWindow *>(watched))
                    names << watched->objectName();
                return false;
            }
        } shown;
        qApp->installEventFilter(&shown);
        MainWindow window;
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QSignalSpy opened(&window, &MainWindow::projectOpened);
        window.openProject(project("one-window", 200));
        QTRY_COMPARE(opened.count(), 1);
        for (const QString &id : window.pageIds()) {
            window.showPage(id);
            QTRY_VERIFY_WITH_TIMEOUT(window.isSettled(), 30'000);
        }
        QCOMPARE(shown.names, QStringList{QStringLiteral("mainWindowWindow")});
        QVERIFY(window.isActiveWindow());
    }

    void theTourNeverStalls_data()
    {
        QTest::addColumn<int>("faces");
        QTest::newRow("3,000 faces") << 3000;
        QTest::newRow("100,000 faces") << 100'000;
    }

    /// What the program does itself it does at every tour; what else the machine was at, it hardly was three times
    /// over. So the quickest of three tours counts for each step.
    void theTourNeverStalls()
    {
        QFETCH(int, faces);
        const QString path = project(qPrintable(QStringLiteral("tour-%1").arg(faces)), faces);
        QMap<QString, int> quickestMs;
        for (int tour = 0; tour < 3; ++tour) {
            QMap<QString, int> longestMs;
            takeTour(path, longestMs);
            if (QTest::currentTestFailed())
                return;
            for (auto step = longestMs.cbegin(); step != longestMs.cend(); ++step) {
                quickestMs[step.key()] = std::min(quickestMs.value(step.key(), step.value()), step.value());
                if (step.value() > 50)
                    qInfo("tour %d, %s: %d ms", tour + 1, qPrintable(step.key()), step.value());
            }
        }
        QVERIFY(quickestMs.contains(QStringLiteral("light colours"))); // the last step
        for (auto step = quickestMs.cbegin(); step != quickestMs.cend(); ++step) {
            const int limitMs = step.key().endsWith(QLatin1String("colours")) ? 60 : 100;
            QVERIFY2(step.value() <= limitMs,
                     qPrintable(QStringLiteral("%1 stalls for %2 ms").arg(step.key()).arg(step.value())));
        }
    }

private:
    /// Everything that a person can go to once in a window of its own; the longest stall of each step.
    void takeTour(const QString &path, QMap<QString, int> &longestMs)
    {
        MainWindow window;
        window.show();
        QTest::qWait(50);
        StallWatchdog watchdog;
        const auto note = [&](const QString &step) {
            QTest::qWait(20); // until the last question is answered
            longestMs[step] = watchdog.longestMs();
            watchdog.reset();
        };
        QSignalSpy opened(&window, &MainWindow::projectOpened);
        window.openProject(path);
        QTRY_COMPARE(opened.count(), 1);
        QTRY_VERIFY_WITH_TIMEOUT(window.isSettled(), 30'000);
        note(QStringLiteral("opening"));
        for (const char *visit : {"first", "second"}) {
            for (const QString &id : window.pageIds()) {
                QTimer::singleShot(0, &window, [&window, id] { window.showPage(id); });
                QTRY_COMPARE(window.currentPage(), id);
                QTRY_VERIFY_WITH_TIMEOUT(window.isSettled(), 30'000);
                note(QStringLiteral("%1 visit of %2").arg(QLatin1String(visit), id));
            }
        }
        window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        for (int i = 0; i < 40; ++i) {
            gallery->view().verticalScrollBar()->setValue(i * 400);
            QTest::qWait(5);
        }
        note(QStringLiteral("scrolling"));
        for (const char *id :
             {"help.palette", "help.keys", "help.about", "edit.annotator", "view.jobs", "view.inspector"}) {
            window.actions().action(QLatin1String(id))->trigger();
            QTest::qWait(50);
            for (QDialog *dialog : window.findChildren<QDialog *>())
                dialog->close();
            note(QLatin1String(id));
        }
        for (const ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light}) {
            QTimer::singleShot(0, &window, [mode] { Theme::instance().setMode(mode); });
            QTRY_COMPARE(Theme::instance().mode(), mode);
            QTest::qWait(100); // hidden pages follow in small pieces
            note(mode == ThemeMode::Dark ? QStringLiteral("dark colours") : QStringLiteral("light colours"));
        }
    }
};

QTEST_MAIN(tst_main_window)
#include "tst_main_window.moc"
