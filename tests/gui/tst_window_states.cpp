#include "pipeline/store/backups.h"
#include "pipeline/store/runs.h"
#include "studio/app/imports_and_runs_dialog.h"
#include "studio/app/main_window.h"
#include "studio/app/session_keeper.h"
#include "studio/common/action_registry.h"
#include "studio/common/error_bar.h"
#include "studio/common/filter_field.h"
#include "studio/common/job_queue.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/settings.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/gallery_view.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>
#include <SQLiteCpp/Database.h>

#include <dlfcn.h>
#include <sys/vfs.h>

#include <cstring>
#include <future>

using namespace mien;

namespace {

const char *networkFolder = nullptr;

} // namespace

/// A folder that lies on a network share, as far as the file system says.
extern "C" int statfs(const char *path, struct statfs *status)
{
    static const auto next = reinterpret_cast<int (*)(const char *, struct statfs *)>(dlsym(RTLD_NEXT, "statfs"));
    const int answer = next(path, status);
    if (answer == 0 && networkFolder && std::strncmp(path, networkFolder, std::strlen(networkFolder)) == 0)
        status->f_type = 0x6969;
    return answer;
}

/// What the window says when something is not as it should be: a crash before, a full disk, a network share, another
/// program that writes. The full disk is tests/support/disk_faults.cpp, preloaded.
class tst_window_states : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_disk; ///< Full while the file "full" beside it exists.

    QString project(const char *name, int samples = 120) const
    {
        const QString path = m_disk + QLatin1Char('/') + QLatin1String(name);
        test::filledProject(path.toStdString(), samples);
        return path;
    }

    void setDiskFull(bool full) const
    {
        const QString name = qEnvironmentVariable("MIEN_FULL_WHILE");
        if (!full) {
            QFile::remove(name);
            return;
        }
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly));
    }

    /// A test that goes on with a window that is not open reads what is not there.
    [[nodiscard]] static bool open(MainWindow &window, const QString &path)
    {
        return test::openProject(window, path) && QTest::qWaitFor([&] { return window.isSettled(); }, 60'000);
    }

    /// Nobody sees these states often, so a test does: light and dark, in a small window.
    static void look(MainWindow &window, const char *state)
    {
        const QStringList faults = test::faultsOfLook(window, QLatin1String(state));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
    }

    template <typename T>
    static T *find(const MainWindow &window, const char *name)
    {
        return window.findChild<T *>(QLatin1String(name));
    }

    static GalleryPage &gallery(MainWindow &window)
    {
        window.showPage(QStringLiteral("gallery"));
        return *qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
    }

    static std::optional<ClassId> labelOfFirstFace(MainWindow &window)
    {
        const SampleRow *row = gallery(window).model().rowAt(0);
        return row ? row->label : std::nullopt;
    }

    static void labelFirstFace(MainWindow &window, int number)
    {
        GalleryPage &page = gallery(window);
        QTRY_VERIFY(page.model().rowAt(0));
        page.view().setCurrentRow(0);
        window.actions().action(QStringLiteral("gallery.label%1").arg(number))->trigger();
    }

    /// What the SIGKILL of a window would leave: its file, under the name of a process that is gone.
    static void leaveCrash(const QString &project, const QString &page, const QJsonObject &pages)
    {
        QVERIFY(QDir().mkpath(SessionKeeper::folder()));
        const QString key = settingsGroupOf(project).section(QLatin1Char('/'), -1);
        QFile file(SessionKeeper::folder() + QStringLiteral("/%1-1.json").arg(key));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(QJsonObject{{QStringLiteral("pid"), 1},
                                             {QStringLiteral("start_time"), QStringLiteral("0")},
                                             {QStringLiteral("project"), project},
                                             {QStringLiteral("page"), page},
                                             {QStringLiteral("at"), QStringLiteral("2026-01-02T03:04:05")},
                                             {QStringLiteral("pages"), pages}})
                       .toJson());
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        m_disk = qEnvironmentVariable("MIEN_FAULT_BELOW");
        QVERIFY2(!m_disk.isEmpty(), "run by ctest, which preloads the full disk");
        QVERIFY(QDir(m_disk).removeRecursively() && QDir().mkpath(m_disk));
        setDiskFull(false);
        test::prepareWindowTests(FAKE_MIEN);
        QDir(SessionKeeper::folder()).removeRecursively(); // a test that failed before looks like a crash
    }

    void savedSaysWhen()
    {
        MainWindow window;
        QVERIFY(open(window, project("saved")));
        auto *saved = find<QPushButton>(window, "statusSaved");
        QSignalSpy states(window.session(), &ProjectSession::savedStateChanged);
        QStringList texts;
        connect(window.session(), &ProjectSession::savedStateChanged, this, [&] { texts << saved->text(); });
        labelFirstFace(window, 3);
        QTRY_COMPARE(window.session()->savedState(), ProjectSession::SavedState::Saved);
        QTRY_VERIFY(
            QRegularExpression(QStringLiteral("^Saved ✓ \\d\\d:\\d\\d:\\d\\d$")).match(saved->text()).hasMatch());
        QVERIFY2(texts.contains(QStringLiteral("Saving…")), qPrintable(texts.join(QLatin1Char('|'))));
    }

    void aFullDiskIsSaidAndRetried()
    {
        MainWindow window;
        QVERIFY(open(window, project("full")));
        setDiskFull(true);
        labelFirstFace(window, 3);
        auto *saved = find<QPushButton>(window, "statusSaved");
        QTRY_COMPARE(saved->text(), QStringLiteral("Not saved: disk full"));
        QVERIFY(saved->property("danger").toBool());
        auto *retry = find<QPushButton>(window, "statusRetry");
        QVERIFY(retry->isVisible() && find<QPushButton>(window, "statusPlace")->isVisible());
        look(window, "disk-full");
        const auto *bar = window.findChild<ErrorBar *>();
        QVERIFY2(bar->message().contains(QStringLiteral("kept in this window")), qPrintable(bar->message()));
        QCOMPARE(find<QPushButton>(window, "errorRemedy1")->text(), QStringLiteral("Retry"));
        QTest::mouseClick(retry, Qt::LeftButton); // Still full.
        QTRY_COMPARE(saved->text(), QStringLiteral("Not saved: disk full"));

        window.close(); // Asks before it loses anything.
        auto *box = find<QMessageBox>(window, "closeUnsaved");
        QVERIFY(box && window.isVisible());
        QTest::mouseClick(box->findChild<QPushButton *>(QStringLiteral("stayOpen")), Qt::LeftButton);
        QTRY_VERIFY(!find<QMessageBox>(window, "closeUnsaved"));

        setDiskFull(false);
        QTest::mouseClick(retry, Qt::LeftButton);
        QTRY_VERIFY(saved->text().startsWith(QStringLiteral("Saved ✓")));
        QVERIFY(!retry->isVisible());
        QVERIFY(!bar->isVisible()); // what it said is over
        const ClassId third = window.session()->classes()[2].id;
        QTRY_COMPARE(labelOfFirstFace(window), std::optional(third));
    }

    void anotherPlaceTakesWhatWasNotSaved()
    {
        MainWindow window;
        QVERIFY(open(window, project("elsewhere")));
        labelFirstFace(window, 2);
        QTRY_COMPARE(window.session()->savedState(), ProjectSession::SavedState::Saved);
        setDiskFull(true);
        labelFirstFace(window, 4);
        QTRY_COMPARE(window.session()->savedState(), ProjectSession::SavedState::NotSaved);
        QTest::mouseClick(find<QPushButton>(window, "statusPlace"), Qt::LeftButton);
        QFileDialog *dialog = nullptr;
        QTRY_VERIFY((dialog = find<QFileDialog>(window, "placeDialog")));
        const QString place = m_folder.filePath(QStringLiteral("elsewhere.mien"));
        QSignalSpy opened(&window, &MainWindow::projectOpened);
        Q_EMIT dialog->fileSelected(place);
        dialog->close();
        QTRY_COMPARE(opened.count(), 1);
        QCOMPARE(window.session()->folder(), place);
        QTRY_COMPARE(window.session()->savedState(), ProjectSession::SavedState::Saved);
        const ClassId fourth = window.session()->classes()[3].id;
        QTRY_COMPARE(labelOfFirstFace(window), std::optional(fourth));
        QVERIFY(window.session()->nextUndo());
        setDiskFull(false);
    }

    void aNetworkShareIsWarnedOf()
    {
        const QString path = project("share");
        const QByteArray below = path.toLocal8Bit();
        networkFolder = below.constData();
        MainWindow window;
        QVERIFY(open(window, path));
        networkFolder = nullptr;
        auto *text = find<QLabel>(window, "errorText");
        QVERIFY(text->isVisible());
        QVERIFY2(text->text().contains(QStringLiteral("network share (NFS)")), qPrintable(text->text()));
        QVERIFY(window.session()->isWritable());
    }

    void readOnlyNamesTheHolder()
    {
        const QString path = project("held");
        MainWindow first;
        QVERIFY(open(first, path));
        MainWindow second;
        QVERIFY(open(second, path));
        const QString text = find<QPushButton>(second, "statusSaved")->text();
        QVERIFY2(text.startsWith(QStringLiteral("Read-only")) && text.contains(QStringLiteral("mien-studio")) &&
                     text.contains(QString::number(QCoreApplication::applicationPid())),
                 qPrintable(text));
        QVERIFY(!second.actions().action(QStringLiteral("edit.undo"))->isEnabled());
        QVERIFY(second.findChild<ErrorBar *>()->property("notice").toBool()); // nothing broke
        for (const char *page : {"gallery", "train"}) {
            second.showPage(QLatin1String(page));
            look(second, qPrintable(QStringLiteral("read-only-") + QLatin1String(page)));
        }
    }

    /// The window that wrote is closed: the other one notices, and writes after one click.
    void aFreeProjectIsOfferedForWriting()
    {
        const QString path = project("freed");
        auto first = std::make_unique<MainWindow>();
        QVERIFY(open(*first, path));
        MainWindow second;
        QVERIFY(open(second, path));
        second.showPage(QStringLiteral("train"));
        QVERIFY(second.session()->readOnlyReason().contains(QStringLiteral("mien-studio")));
        first.reset();
        QTRY_VERIFY(second.session()->isLeaseFree());
        const QString said = find<QLabel>(second, "errorText")->text();
        QVERIFY2(said.contains(QStringLiteral("can be written now")) && !said.contains(QStringLiteral("pid")),
                 qPrintable(said));
        QCOMPARE(find<QPushButton>(second, "statusSaved")->text(), QStringLiteral("Read-only: can be written now"));
        look(second, "read-only-freed");
        QPushButton *remedy = nullptr;
        for (QPushButton *button : second.findChild<ErrorBar *>()->findChildren<QPushButton *>()) {
            if (button->isVisible() && button->text() == QStringLiteral("Open for writing"))
                remedy = button;
        }
        QVERIFY(remedy);
        QTest::mouseClick(remedy, Qt::LeftButton);
        QTRY_VERIFY(second.session() && second.session()->isWritable());
        QCOMPARE(second.currentPage(), QStringLiteral("train"));
        QVERIFY(!second.findChild<ErrorBar *>()->isVisible());
    }

    void aCrashIsOfferedToBeTakenUpAgain()
    {
        const QString path = project("crashed");
        const QJsonObject pages{
            {QStringLiteral("import"), QJsonObject{{QStringLiteral("path"), QStringLiteral("/data/fer2013.csv")}}},
            {QStringLiteral("gallery"), QJsonObject{{QStringLiteral("filter"), QStringLiteral("split:train")}}}};
        leaveCrash(path, QStringLiteral("import"), pages);
        {
            MainWindow window;
            QVERIFY(open(window, path));
            QDialog *dialog = nullptr;
            QTRY_VERIFY((dialog = find<QDialog>(window, "recoveryDialog")));
            auto *list = dialog->findChild<QListWidget *>(QStringLiteral("recoveryList"));
            QStringList shown;
            for (int i = 0; i < list->count(); ++i)
                shown << list->item(i)->text();
            QVERIFY2(shown.join(QLatin1Char('\n')).contains(QStringLiteral("split:train")),
                     qPrintable(shown.join(QLatin1Char('\n'))));
            QVERIFY(shown.join(QLatin1Char('\n')).contains(QStringLiteral("Import")));
            look(window, "recovery");
            QTest::keyClick(dialog, Qt::Key_Escape); // Not now.
            QTRY_VERIFY(!find<QDialog>(window, "recoveryDialog"));
            QVERIFY(SessionKeeper::leftOver(path));
            window.close();
        }
        {
            MainWindow window;
            const QString onward = find<QPushButton>(window, "continue")->text();
            QVERIFY2(onward.endsWith(QStringLiteral("Import")), qPrintable(onward));
            QVERIFY(open(window, path));
            QDialog *dialog = nullptr;
            QTRY_VERIFY((dialog = find<QDialog>(window, "recoveryDialog")));
            QCOMPARE(window.currentPage(), QStringLiteral("import"));
            QTest::mouseClick(dialog->findChild<QPushButton *>(QStringLiteral("recoveryRestore")), Qt::LeftButton);
            QCOMPARE(window.currentPage(), QStringLiteral("import"));
            QCOMPARE(find<QLineEdit>(window, "importPath")->text(), QStringLiteral("/data/fer2013.csv"));
            QTRY_COMPARE(gallery(window).filter().filter(), QStringLiteral("split:train"));
            QVERIFY(!SessionKeeper::leftOver(path));
            window.close();
        }
        leaveCrash(path, QStringLiteral("gallery"),
                   {{QStringLiteral("gallery"), QJsonObject{{QStringLiteral("filter"), QStringLiteral("flag:open")}}}});
        MainWindow window;
        QVERIFY(open(window, path));
        QDialog *dialog = nullptr;
        QTRY_VERIFY((dialog = find<QDialog>(window, "recoveryDialog")));
        QTest::mouseClick(dialog->findChild<QPushButton *>(QStringLiteral("recoveryWithout")), Qt::LeftButton);
        QVERIFY(!SessionKeeper::leftOver(path));
        QCOMPARE(gallery(window).filter().filter(), QStringLiteral("split:train"));
    }

    void whatIsFilledInIsKeptWhileTheWindowLives()
    {
        const QString path = project("kept");
        MainWindow window;
        QVERIFY(open(window, path));
        window.showPage(QStringLiteral("import"));
        find<QLineEdit>(window, "importPath")->setText(QStringLiteral("/data/half.csv"));
        const QString key = settingsGroupOf(path).section(QLatin1Char('/'), -1);
        const QString file =
            QStringLiteral("%1/%2-%3.json").arg(SessionKeeper::folder(), key).arg(QCoreApplication::applicationPid());
        const auto holds = [&] {
            QFile kept(file);
            return kept.open(QIODevice::ReadOnly) && kept.readAll().contains("/data/half.csv");
        };
        QTRY_VERIFY(holds());
        QVERIFY(!SessionKeeper::leftOver(path)); // The window lives.
        window.close();
        QVERIFY(!QFile::exists(file));
    }

    void aDamagedDatabaseIsRestoredByOneClick()
    {
        const QString path = project("damaged");
        {
            const Project whole = test::must(Project::open(path.toStdString(), Project::Access::Read));
            test::must(backUp(whole));
        }
        QFile database(path + QStringLiteral("/project.db"));
        QVERIFY(database.open(QIODevice::ReadWrite));
        database.write(QByteArray(4096, 'x'));
        database.close();
        MainWindow window;
        window.show();
        QSignalSpy opened(&window, &MainWindow::projectOpened);
        window.openProject(path);
        QMessageBox *box = nullptr;
        QTRY_VERIFY((box = find<QMessageBox>(window, "rescueBox")));
        QCOMPARE(box->defaultButton()->objectName(), QStringLiteral("rescueRestore"));
        QTest::mouseClick(box->defaultButton(), Qt::LeftButton);
        QTRY_COMPARE(opened.count(), 1);
        QTRY_COMPARE(gallery(window).model().rowCount(), 120);
        QVERIFY(!find<QMessageBox>(window, "rescueBox"));
    }

    void aDamagedPageIsSaidAndTheWindowStays()
    {
        const QString path = project("page");
        std::int64_t page = 0, pageBytes = 0;
        {
            const Project whole = test::must(Project::open(path.toStdString(), Project::Access::Read));
            page =
                whole.database().execAndGet("SELECT rootpage FROM sqlite_schema WHERE name = 'saved_views'").getInt64();
            pageBytes = whole.database().execAndGet("PRAGMA page_size").getInt64();
        }
        QFile database(path + QStringLiteral("/project.db"));
        QVERIFY(database.open(QIODevice::ReadWrite));
        QVERIFY(database.seek((page - 1) * pageBytes));
        database.write(QByteArray(int(pageBytes), 'x'));
        database.close();

        MainWindow window;
        QVERIFY(open(window, path)); // the gallery asks for the views
        auto *bar = window.findChild<ErrorBar *>();
        // The check of the whole file after opening finds it as well, sooner or later: whichever was said last is in
        // front, and the other one behind it.
        const auto isSaid = [&](const char *words) {
            return QTest::qWaitFor(
                [&] {
                    if (!bar->message().isEmpty() && !bar->message().contains(QLatin1String(words)))
                        bar->findChild<QToolButton *>(QStringLiteral("errorClose"))->click();
                    return bar->message().contains(QLatin1String(words));
                },
                60'000);
        };
        QVERIFY(isSaid("run `mien doctor`")); // by the gallery, which asks for the views
        QVERIFY2(bar->message().contains(QStringLiteral("project.db is damaged")), qPrintable(bar->message()));
        QCOMPARE(gallery(window).model().rowCount(), 120);

        // What a reader throws ends neither the thread nor the program.
        const auto answer =
            std::async(std::launch::async, [readers = window.session()->readers()] {
                return readers->with([](const Project &project) -> Result<std::int64_t> {
                    return project.database().execAndGet("SELECT count(filter) FROM saved_views").getInt64();
                });
            }).get();
        QVERIFY(!answer);
        QCOMPARE(answer.error().code, ErrorCode::Unreadable);
        QVERIFY(answer.error().message.find("mien doctor") != std::string::npos);
    }

    void aRemovedImportComesBackFromTheBin()
    {
        MainWindow window;
        QVERIFY(open(window, project("bin")));
        QCOMPARE(gallery(window).model().rowCount(), 120);
        window.actions().action(QStringLiteral("file.importsAndRuns"))->trigger();
        auto *dialog = find<ImportsAndRunsDialog>(window, "importsAndRuns");
        QVERIFY(dialog);
        auto *list = find<QTreeWidget>(window, "importsAndRunsList");
        auto *act = find<QPushButton>(window, "importsAndRunsAct");
        QTRY_COMPARE(list->topLevelItemCount(), 1);
        QCOMPARE(act->text(), QStringLiteral("Remove…"));
        act->click();
        QMessageBox *box = nullptr;
        QTRY_VERIFY((box = find<QMessageBox>(window, "removeBox")));
        QCOMPARE(box->defaultButton()->objectName(), QStringLiteral("removeKeep"));
        QVERIFY(box->findChild<QPushButton *>(QStringLiteral("removeGo"))->text().contains(QStringLiteral("120")));
        box->findChild<QPushButton *>(QStringLiteral("removeGo"))->click();
        QTRY_COMPARE(gallery(window).model().rowCount(), 0);
        QTRY_COMPARE(act->text(), QStringLiteral("Bring back"));
        QVERIFY(list->topLevelItem(0)->text(3).contains(QStringLiteral("in the bin until")));
        QVERIFY(!window.session()->nextUndo());
        QTRY_VERIFY(act->isEnabled());
        act->click();
        QTRY_COMPARE(gallery(window).model().rowCount(), 120);
        QTRY_COMPARE(act->text(), QStringLiteral("Remove…"));
    }

    void anEmptyProjectSaysWhatToDo()
    {
        MainWindow window;
        QVERIFY(open(window, project("empty", 0)));
        QCOMPARE(gallery(window).model().rowCount(), 0);
        look(window, "empty-gallery");
        window.showPage(QStringLiteral("review"));
        auto *next = window.page(QStringLiteral("review"))->findChild<QPushButton *>(QStringLiteral("emptyAction"));
        QTRY_COMPARE(next->text(), QStringLiteral("Import a data set"));
        look(window, "empty-review");
        QTest::mouseClick(next, Qt::LeftButton);
        QCOMPARE(window.currentPage(), QStringLiteral("import"));
        window.showPage(QStringLiteral("export"));
        look(window, "empty-export");
    }

    void aFilterThatMatchesNothingSaysSo()
    {
        MainWindow window;
        QVERIFY(open(window, project("nothing")));
        gallery(window).filter().setFilter(QStringLiteral("subject:nobody"));
        QTRY_COMPARE(gallery(window).model().rowCount(), 0);
        look(window, "gallery-no-match");
        window.studio().openQueue({QStringLiteral("subject:nobody"), {}, QStringLiteral("subject:nobody")});
        QTRY_COMPARE(window.currentPage(), QStringLiteral("review"));
        look(window, "review-no-match");
        QTest::mouseClick(
            window.page(QStringLiteral("review"))->findChild<QPushButton *>(QStringLiteral("emptyAction")),
            Qt::LeftButton);
        auto *page = qobject_cast<ReviewPage *>(window.page(QStringLiteral("review")));
        QTRY_COMPARE(page->desk()->plan().kind, QueuePlan::Kind::Flagged);
    }

    void whatIsTrainedOffersToFlag()
    {
        const QString path = project("trained");
        {
            Project stored = test::must(Project::open(path.toStdString(), Project::Access::Write));
            for (const auto &[network, settings] :
                 {std::pair("eac-compact", "{}"), {"mae-visi", R"({"set":{"pretrain":"1"}})"}}) {
                RunRow run;
                run.network = network;
                run.state = "done";
                run.configJson = settings;
                QVERIFY(addRun(stored, run));
            }
        }
        MainWindow window;
        QVERIFY(open(window, path));
        window.showPage(QStringLiteral("review"));
        auto *onward = window.page(QStringLiteral("review"))->findChild<QPushButton *>(QStringLiteral("emptyAction"));
        QTRY_COMPARE(onward->text(), QStringLiteral("Flag with r1")); // r2 never saw a label
        look(window, "review-trained");
        QTest::mouseClick(onward, Qt::LeftButton);
        const QList<JobInfo> jobs = window.session()->jobs().jobs();
        QCOMPARE(jobs.size(), 1);
        QCOMPARE(jobs.front().arguments,
                 (QStringList{QStringLiteral("flag"), QStringLiteral("--run"), QStringLiteral("r1")}));
        QTRY_VERIFY(!window.session()->jobs().hasActive());
    }

    void theEndOfAQueueSaysWhatIsLeft()
    {
        MainWindow window;
        QVERIFY(open(window, project("end")));
        window.studio().openQueue({QStringLiteral("Three"), {SampleId{1}, SampleId{2}, SampleId{3}}, {}});
        QTRY_COMPARE(window.currentPage(), QStringLiteral("review"));
        auto *page = qobject_cast<ReviewPage *>(window.page(QStringLiteral("review")));
        const auto answer = [&](const char *verb) {
            QTRY_VERIFY(page->desk()->face());
            window.actions().action(QLatin1String(verb))->trigger();
        };
        answer("review.keep");
        answer("review.skip");
        answer("review.label3");
        QTRY_VERIFY(page->desk()->queue().atEnd());
        QTRY_COMPARE(window.session()->savedState(), ProjectSession::SavedState::Saved);
        look(window, "review-end-open");
        auto *onward = page->findChild<QPushButton *>(QStringLiteral("emptyAction"));
        QTest::mouseClick(onward, Qt::LeftButton);
        QCOMPARE(page->desk()->queue().position(), 1); // a skipped face has no answer
        answer("review.keep");
        QTRY_VERIFY(page->desk()->queue().atEnd());
        QCOMPARE(onward->text(), QStringLiteral("Go to Train"));
        window.studio().openQueue({QStringLiteral("One"), {SampleId{4}}, {}});
        QTRY_COMPARE(page->desk()->queue().size(), 1);
        answer("review.keep");
        QTRY_VERIFY(page->desk()->queue().atEnd());
        look(window, "review-end");
    }

    void aFailedJobSaysWhatToDo()
    {
        MainWindow window;
        QVERIFY(open(window, project("failed")));
        JobQueue &jobs = window.session()->jobs();
        const QString failed = jobs.start(QStringLiteral("Export to Desktop"), {QStringLiteral("fail")});
        QTRY_VERIFY(jobs.job(failed)->isOver());
        const QString crashed =
            jobs.start(QStringLiteral("Import faces"), {QStringLiteral("import"), QStringLiteral("faces")});
        QTRY_VERIFY(jobs.job(crashed)->isOver());
        window.actions().action(QStringLiteral("view.jobs"))->trigger();
        look(window, "failed-job");
        window.actions().action(QStringLiteral("view.jobs"))->trigger();
    }

    void runningJobsAreNamedAfterACrash()
    {
        const QString path = project("running");
        QString id;
        {
            JobQueue jobs(path + QStringLiteral("/jobs"));
            id = jobs.start(QStringLiteral("Train the night"),
                            {QStringLiteral("steps"), QStringLiteral("400"), QStringLiteral("0.05")});
            QTRY_VERIFY(jobs.job(id)->done > 0);
        }
        leaveCrash(path, QStringLiteral("gallery"), {});
        MainWindow window;
        QVERIFY(open(window, path));
        QDialog *dialog = nullptr;
        QTRY_VERIFY((dialog = find<QDialog>(window, "recoveryDialog")));
        auto *list = dialog->findChild<QListWidget *>(QStringLiteral("recoveryList"));
        QCOMPARE(list->count(), 1);
        QVERIFY(list->item(0)->text().startsWith(QStringLiteral("Train the night")));
        dialog->reject();
        QVERIFY(window.session()->jobs().job(id)->isActive());
        window.session()->jobs().stopAll();
        QTRY_VERIFY(!window.session()->jobs().hasActive());
    }
};

QTEST_MAIN(tst_window_states)
#include "tst_window_states.moc"
