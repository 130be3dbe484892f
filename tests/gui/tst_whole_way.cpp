// The whole way of issue 3 with the real window and real child processes. Each step runs in a process of its own that
// is killed with SIGKILL when the step is done, as if the studio had crashed there; the next one goes on with what is
// on the disk. Called as `tst_whole_way --step NAME PROJECT [ARGUMENT]` it is such a process.

#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "studio/app/main_window.h"
#include "studio/app/session_keeper.h"
#include "studio/common/action_registry.h"
#include "studio/common/job_queue.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "studio/training/runs_page.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"
#include "tests/support/temporary_folder.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>

#include <csignal>
#include <cstdio>
#include <functional>
#include <map>

#include <unistd.h>

using namespace mien;
using namespace mien::test;

namespace {

[[noreturn]] void giveUp(const QString &why)
{
    std::fprintf(stderr, "STEP FAILED: %s\n", qPrintable(why));
    std::fflush(nullptr);
    std::_Exit(1);
}

void waitFor(const QString &what, const std::function<bool()> &holds, int seconds = 90)
{
    if (!QTest::qWaitFor(holds, seconds * 1000))
        giveUp(QStringLiteral("waited %1 s for: %2").arg(seconds).arg(what));
}

/// The studio of one step. Never deleted: the step ends with SIGKILL, and no destructor tidies up.
class Window
{
public:
    explicit Window(const QString &project, const QString &page)
    {
        Theme::instance().install(*qApp);
        const bool crashed = SessionKeeper::leftOver(project).has_value();
        if (!openProject(window, project))
            giveUp(QStringLiteral("the project did not open"));
        // The step before was killed: what it left is offered, and taken up again.
        auto *recovery = window.findChild<QDialog *>(QStringLiteral("recoveryDialog"));
        if (crashed != (recovery != nullptr))
            giveUp(crashed ? QStringLiteral("nothing is offered after a crash")
                           : QStringLiteral("a recovery is offered without a crash"));
        if (recovery) {
            QTest::mouseClick(recovery->findChild<QPushButton *>(QStringLiteral("recoveryRestore")), Qt::LeftButton);
            waitFor(QStringLiteral("the recovery to be taken"),
                    [&] { return !window.findChild<QDialog *>(QStringLiteral("recoveryDialog")); });
        }
        window.session()->setAnnotator(QStringLiteral("ann"));
        window.showPage(page);
        window.activateWindow();
        waitFor(QStringLiteral("the window to be active"), [&] { return window.isActiveWindow(); });
    }

    JobQueue &jobs() { return window.session()->jobs(); }

    template <typename T>
    T *find(const char *name)
    {
        auto *found = window.findChild<T *>(QLatin1String(name));
        if (!found)
            giveUp(QStringLiteral("no control named %1").arg(QLatin1String(name)));
        return found;
    }

    void click(const char *name)
    {
        auto *button = find<QAbstractButton>(name);
        waitFor(QStringLiteral("%1 to be enabled (%2)").arg(QLatin1String(name), button->toolTip()),
                [&] { return button->isVisible() && button->isEnabled(); });
        QTest::mouseClick(button, Qt::LeftButton);
    }

    /// The newest job of this command, e.g. "train".
    const JobInfo *job(const QString &verb)
    {
        static JobInfo found;
        const JobInfo *newest = nullptr;
        for (const JobInfo &job : jobs().jobs()) {
            if (job.arguments.value(0) == verb && (!newest || job.createdAt > newest->createdAt)) {
                found = job;
                newest = &found;
            }
        }
        return newest;
    }

    JobInfo finished(const QString &verb, int seconds = 120)
    {
        waitFor(
            verb + QStringLiteral(" to end"),
            [&] {
                const JobInfo *running = job(verb);
                return running && running->isOver();
            },
            seconds);
        const JobInfo over = *job(verb);
        if (over.state != JobState::Done && over.state != JobState::DoneWithSkips)
            giveUp(verb + QStringLiteral(": ") + over.error);
        return over;
    }

    MainWindow window;
};

void importStep(const QString &project, const QString &table)
{
    Window &studio = *new Window(project, QStringLiteral("import"));
    studio.find<QLineEdit>("importPath")->setText(table);
    studio.click("importNext"); // the check
    auto *next = studio.find<QPushButton>("importNext");
    waitFor(QStringLiteral("the dry run"),
            [&] { return next->isEnabled() && next->text().startsWith(QLatin1String("Import ")); });
    studio.click("importNext"); // the run
    const JobInfo job = studio.finished(QStringLiteral("import"));
    std::printf("imported %d samples\n", job.result.value("samples").toInt());
}

void chooseTiny(Window &studio, int epochs)
{
    auto *network = studio.find<QComboBox>("trainNetwork");
    waitFor(QStringLiteral("the networks to be listed"), [&] { return network->count() > 0; });
    network->setCurrentIndex(network->findData(QStringLiteral("eac-compact")));
    if (auto *preset = studio.window.findChild<QComboBox *>(QStringLiteral("setting.preset")))
        preset->setCurrentText(QStringLiteral("tiny"));
    studio.find<QSpinBox>("trainFolds")->setValue(2);
    studio.find<QSpinBox>("trainEpochs")->setValue(epochs);
}

/// Killed while the training runs.
void trainStep(const QString &project, const QString &)
{
    Window &studio = *new Window(project, QStringLiteral("train"));
    chooseTiny(studio, 3);
    studio.click("trainStart");
    waitFor(QStringLiteral("the training to run"), [&] {
        const JobInfo *job = studio.job(QStringLiteral("train"));
        return job && (job->isOver() || (job->isActive() && job->done > 0));
    });
    const JobInfo job = *studio.job(QStringLiteral("train"));
    if (job.state == JobState::Failed)
        giveUp(job.error);
    std::printf("training at %.0f of %.0f, pid %lld\n", job.done, job.total, job.process.pid);
}

void reattachAndFlagStep(const QString &project, const QString &)
{
    Window &studio = *new Window(project, QStringLiteral("train"));
    const JobInfo *job = studio.job(QStringLiteral("train"));
    if (!job)
        giveUp(QStringLiteral("the training is not found again"));
    std::printf("found again: %s\n", job->isActive() ? "still running" : "over meanwhile");
    studio.finished(QStringLiteral("train"), 150);
    studio.click("trainFlag");
    const JobInfo flagged = studio.finished(QStringLiteral("flag"));
    std::printf("flagged %d\n", flagged.result.value("flagged").toInt());
}

ReviewDesk &deskOf(Window &studio)
{
    auto *page = qobject_cast<ReviewPage *>(studio.window.page(QStringLiteral("review")));
    waitFor(QStringLiteral("the review queue"), [&] {
        return page->desk() && !page->desk()->isLoading() && (page->desk()->face() || page->desk()->queue().atEnd());
    });
    return *page->desk();
}

/// Twenty faces by keys.
void reviewStep(const QString &project, const QString &)
{
    Window &studio = *new Window(project, QStringLiteral("review"));
    ReviewDesk &desk = deskOf(studio);
    if (desk.queue().size() < 20)
        giveUp(QStringLiteral("only %1 faces in the queue").arg(desk.queue().size()));
    QElapsedTimer clock;
    clock.start();
    for (int i = 0; i < 20; ++i) {
        waitFor(QStringLiteral("face %1").arg(i), [&] { return desk.face() != nullptr; });
        QTest::keyClick(&studio.window, i % 3 == 0 ? Qt::Key_Space : i % 3 == 1 ? Qt::Key_Return : Qt::Key_4);
        if (desk.queue().position() != i + 1)
            giveUp(QStringLiteral("key %1 did nothing").arg(i));
    }
    std::printf("20 faces in %lld ms\n", clock.elapsed());
    waitFor(QStringLiteral("everything to be saved"),
            [&] { return studio.window.session()->savedState() == ProjectSession::SavedState::Saved; });
    QTest::qWait(700); // the place in the queue is written half a second after the last answer
}

/// Three answers of the sitting that was killed are taken back.
void undoStep(const QString &project, const QString &)
{
    Window &studio = *new Window(project, QStringLiteral("review"));
    ReviewDesk &desk = deskOf(studio);
    if (desk.queue().answered() != 20)
        giveUp(QStringLiteral("after the restart %1 answers").arg(desk.queue().answered()));
    QAction *undo = studio.window.actions().action(QStringLiteral("edit.undo"));
    for (int left = 19; left >= 17; --left) {
        waitFor(QStringLiteral("Undo to be possible"), [&] { return undo->isEnabled(); });
        QTest::keyClick(&studio.window, Qt::Key_Z, Qt::ControlModifier);
        waitFor(QStringLiteral("an answer to be taken back"), [&] { return desk.queue().answered() == left; });
    }
    std::printf("3 taken back after the restart, in front face %d\n", desk.queue().position() + 1);
    QTest::qWait(700);
}

void retrainStep(const QString &project, const QString &)
{
    // The sitting is where it was: seventeen answers, and the eighteenth face in front.
    Window &studio = *new Window(project, QStringLiteral("review"));
    ReviewDesk &desk = deskOf(studio);
    if (desk.queue().answered() != 17 || desk.queue().position() != 17)
        giveUp(QStringLiteral("after the restart %1 answers, position %2")
                   .arg(desk.queue().answered())
                   .arg(desk.queue().position()));
    studio.window.showPage(QStringLiteral("train"));
    chooseTiny(studio, 3);
    studio.click("trainStart");
    waitFor(QStringLiteral("the second training"),
            [&] { return studio.job(QStringLiteral("train")) && !studio.job(QStringLiteral("train"))->isOver(); });
    studio.finished(QStringLiteral("train"), 150);
}

/// Stopped by its button, offered again and finished.
void stopAndResumeStep(const QString &project, const QString &)
{
    Window &studio = *new Window(project, QStringLiteral("train"));
    chooseTiny(studio, 8);
    studio.click("trainStart");
    waitFor(QStringLiteral("the third training to run"), [&] {
        const JobInfo *job = studio.job(QStringLiteral("train"));
        return job && job->isActive() && job->done > 0;
    });
    studio.click("trainCancel");
    waitFor(QStringLiteral("the training to stop"), [&] { return studio.job(QStringLiteral("train"))->isOver(); });
    const JobInfo stopped = *studio.job(QStringLiteral("train"));
    if (stopped.state != JobState::Cancelled)
        giveUp(QStringLiteral("the stopped training ended otherwise: ") + stopped.error);
    studio.click("trainResume");
    waitFor(QStringLiteral("the training to go on"),
            [&] { return studio.job(QStringLiteral("train"))->id != stopped.id; });
    const JobInfo job = studio.finished(QStringLiteral("train"), 150);
    std::printf("%s went on at epoch %d\n", qPrintable(job.result.value("run").toString()),
                job.result.value("resumed_epoch").toInt());
}

void compareStep(const QString &project, const QString &)
{
    Window &studio = *new Window(project, QStringLiteral("runs"));
    auto *page = qobject_cast<RunsPage *>(studio.window.page(QStringLiteral("runs")));
    waitFor(QStringLiteral("the comparison"), [&] { return page->comparison().has_value(); });
    const RunComparisonView view = *page->comparison();
    if (view.a == view.b || view.samples == 0)
        giveUp(QStringLiteral("compared %1 with %2 on %3 samples").arg(view.a, view.b).arg(view.samples));
    std::printf("%s %.3f -> %s %.3f; fixed %zu, broken %zu, both wrong %zu\n", qPrintable(view.a), view.accuracyA,
                qPrintable(view.b), view.accuracyB, view.fixed.size(), view.broken.size(), view.bothWrong.size());
    const char *kind = !view.fixed.empty() ? "runsFixed" : !view.broken.empty() ? "runsBroken" : "runsBothWrong";
    const std::size_t expected = !view.fixed.empty()    ? view.fixed.size()
                                 : !view.broken.empty() ? view.broken.size()
                                                        : view.bothWrong.size();
    studio.click(kind);
    studio.click("runsReview");
    ReviewDesk &desk = deskOf(studio);
    waitFor(QStringLiteral("the flips as a queue"), [&] { return desk.queue().size() == int(expected); });
}

void exportStep(const QString &project, const QString &folder)
{
    Window &studio = *new Window(project, QStringLiteral("export"));
    auto *format = studio.find<QComboBox>("exportFormat");
    waitFor(QStringLiteral("the formats"), [&] { return format->findData(QStringLiteral("fer2013")) >= 0; });
    auto *faces = studio.find<QCheckBox>("exportFaces"); // the terms of FER2013 are told first
    waitFor(QStringLiteral("the terms"), [&] { return faces->isVisible(); });
    faces->click();
    format->setCurrentIndex(format->findData(QStringLiteral("fer2013")));
    studio.find<QLineEdit>("exportFolder")->setText(folder);
    studio.click("exportRun");
    studio.finished(QStringLiteral("export"));
}

using Step = void (*)(const QString &, const QString &);
const std::map<QString, Step> kSteps{{QStringLiteral("import"), importStep},
                                     {QStringLiteral("train"), trainStep},
                                     {QStringLiteral("flag"), reattachAndFlagStep},
                                     {QStringLiteral("review"), reviewStep},
                                     {QStringLiteral("undo"), undoStep},
                                     {QStringLiteral("retrain"), retrainStep},
                                     {QStringLiteral("compare"), compareStep},
                                     {QStringLiteral("resume"), stopAndResumeStep},
                                     {QStringLiteral("export"), exportStep}};

QJsonObject runMien(const QStringList &arguments)
{
    QProcess process;
    process.setStandardErrorFile(QProcess::nullDevice());
    process.start(QString::fromLocal8Bit(qgetenv("MIEN_PROGRAM")), arguments + QStringList{QStringLiteral("--json")});
    if (!process.waitForFinished(120'000) || process.exitStatus() != QProcess::NormalExit)
        return {};
    QJsonObject last;
    for (const QByteArray &line : process.readAllStandardOutput().split('\n')) {
        if (!line.trimmed().isEmpty())
            last = QJsonDocument::fromJson(line).object();
    }
    return process.exitCode() == 0 || process.exitCode() == 3 ? last : QJsonObject();
}

} // namespace

class WholeWayTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_project = QString::fromStdString((m_folder / "study.mien").string());
        m_clock.start();
        m_table = QString::fromStdString((m_folder / "published" / "fer2013.csv").string());
        const QString demo = QString::fromStdString((m_folder / "demo.mien").string());
        const QJsonObject made =
            runMien({QStringLiteral("demo"), demo, QStringLiteral("--samples"), QStringLiteral("280")});
        QVERIFY2(!made.isEmpty(), "mien demo failed");
        QVERIFY2(!runMien({QStringLiteral("export"), QStringLiteral("--format"), QStringLiteral("fer2013"),
                           QFileInfo(m_table).path(), QStringLiteral("-p"), demo})
                      .isEmpty(),
                 "the demo cannot be exported");
        QVERIFY(QFile::exists(m_table));
        m_again = QString::fromStdString((m_folder / "again.mien").string());
        QVERIFY(!runMien({QStringLiteral("init"), m_project}).isEmpty());
        QVERIFY(!runMien({QStringLiteral("init"), m_again}).isEmpty());
    }

    void theWholeWay_data()
    {
        QTest::addColumn<QString>("step");
        QTest::addColumn<QString>("project");
        QTest::addColumn<QString>("argument");
        const QString study = m_project;
        m_export = QString::fromStdString((m_folder / "exported").string());
        QTest::newRow("import wizard") << "import" << study << m_table;
        QTest::newRow("train, killed while it runs") << "train" << study << "";
        QTest::newRow("re-attached, flag") << "flag" << study << "";
        QTest::newRow("review 20") << "review" << study << "";
        QTest::newRow("undo 3") << "undo" << study << "";
        QTest::newRow("retrain") << "retrain" << study << "";
        QTest::newRow("compare") << "compare" << study << "";
        QTest::newRow("stop, resume") << "resume" << study << "";
        QTest::newRow("export") << "export" << study << m_export;
        QTest::newRow("import of the export") << "import" << m_again << m_export;
    }

    void theWholeWay()
    {
        QFETCH(QString, step);
        QFETCH(QString, project);
        QFETCH(QString, argument);
        if (m_failed)
            QSKIP("The step before failed.");
        QElapsedTimer clock;
        clock.start();
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--step"), step, project, argument});
        QVERIFY(process.waitForFinished(250'000));
        QByteArrayList lines;
        for (const QByteArray &line : process.readAll().split('\n')) {
            if (!line.contains("propagateSizeHints") && !line.contains("XDG_RUNTIME_DIR"))
                lines << line; // without what the offscreen platform says of itself
        }
        const QByteArray said = lines.join('\n');
        m_failed = !said.contains("STEP DONE");
        QVERIFY2(!m_failed, said.constData());
        QCOMPARE(process.exitStatus(), QProcess::CrashExit); // killed, as meant
        std::printf("%s: %.1f s: %s\n", qPrintable(step), double(clock.elapsed()) / 1000, lines.value(0).constData());
        // Nothing is broken by the kill.
        const QJsonObject doctor = runMien({QStringLiteral("doctor"), QStringLiteral("-p"), project});
        m_failed = doctor.value("problems").toInt(-1) != 0;
        QVERIFY2(!m_failed, QJsonDocument(doctor).toJson().constData());
    }

    void seventeenAnswersAreStored()
    {
        if (m_failed)
            QSKIP("A step before failed.");
        const Project project = must(Project::open(m_project.toStdString(), Project::Access::Read));
        int counted = 0, withdrawn = 0;
        for (const SampleId id : must(samplesMatching(project, ""))) {
            for (const AnnotationRow &row : annotationsOf(project, id)) {
                if (row.source == "person")
                    ++(row.withdrawn ? withdrawn : counted);
            }
        }
        QCOMPARE(counted, 17);
        QVERIFY(withdrawn == 3 || withdrawn == 0); // listed or not, they do not count
        QCOMPARE(runs(project).size(), std::size_t(3));
        for (const RunRow &run : runs(project))
            QCOMPARE(QString::fromStdString(run.state), QStringLiteral("done"));
    }

    void theExportComesBackEqual()
    {
        if (m_failed)
            QSKIP("A step before failed.");
        const auto before = labels(m_project), after = labels(m_again);
        QCOMPARE(after.size(), before.size());
        QVERIFY(before == after);
        std::printf("the whole way: %.0f s\n", double(m_clock.elapsed()) / 1000);
    }

private:
    /// What an export carries, in its order: label and split of every row with a label.
    static QStringList labels(const QString &folder)
    {
        const Project project = must(Project::open(folder.toStdString(), Project::Access::Read));
        QStringList rows;
        for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, ""))))) {
            if (row.state == LabelState::Ok && row.label)
                rows << QString::fromStdString(project.className(*row.label)) + QLatin1Char(' ') +
                            QString::fromUtf8(nameOf(row.split).data());
        }
        rows.sort();
        return rows;
    }

    TemporaryFolder m_folder;
    QString m_project, m_again, m_table, m_export;
    QElapsedTimer m_clock;
    bool m_failed = false;
};

int main(int argc, char **argv)
{
    if (qEnvironmentVariableIsEmpty("MIEN_PROGRAM"))
        qputenv("MIEN_PROGRAM", MIEN_PROGRAM_PATH);
    if (argc >= 4 && qstrcmp(argv[1], "--step") == 0) {
        QApplication application(argc, argv);
        const QString step = QString::fromLocal8Bit(argv[2]);
        kSteps.at(step)(QString::fromLocal8Bit(argv[3]), argc > 4 ? QString::fromLocal8Bit(argv[4]) : QString());
        std::printf("STEP DONE\n");
        std::fflush(nullptr);
        ::kill(::getpid(), SIGKILL);
        return 1; // never reached
    }
    QApplication application(argc, argv);
    WholeWayTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_whole_way.moc"
