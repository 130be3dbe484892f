#include "studio/common/job_model.h"
#include "studio/common/job_queue.h"
#include "studio/common/mien_command.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QElapsedTimer>
#include <QLocale>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTranslator>

#include <csignal>
#include <unistd.h>

using namespace mien;

/// Real processes: the shell script `fake_mien.sh` in the place of `mien`.
class tst_job_queue : public QObject
{
    Q_OBJECT

private:
    static QStringList steps(const char *count, const char *seconds)
    {
        return {QStringLiteral("steps"), QLatin1String(count), QLatin1String(seconds)};
    }

private Q_SLOTS:
    void initTestCase() { qputenv("MIEN_PROGRAM", FAKE_MIEN); }

    void followsToTheEnd()
    {
        QTemporaryDir folder;
        JobQueue queue(folder.path());
        JobModel model;
        QAbstractItemModelTester tester(&model);
        model.setQueue(&queue);
        QSignalSpy events(&queue, &JobQueue::event), finished(&queue, &JobQueue::finished);
        const QString id = queue.start(QStringLiteral("Count"), steps("5", "0.02"));
        QTRY_COMPARE(finished.count(), 1);
        const JobInfo *job = queue.job(id);
        QCOMPARE(job->state, JobState::Done);
        QCOMPARE(job->done, 5.0);
        QCOMPARE(job->result[QStringLiteral("steps")].toInt(), 5);
        QCOMPARE(events.count(), 6);
        QCOMPARE(model.rowCount(), 1);
    }

    void unitsAgreeWithTheirNumber_data()
    {
        QTest::addColumn<QString>("unit");
        QTest::addColumn<double>("total");
        QTest::addColumn<QString>("expected");
        for (const char *unit :
             {"check", "face", "frame", "image", "item", "look", "picture", "row", "sample", "step", "video"}) {
            const QString word = QLatin1String(unit);
            QTest::addRow("one %s", unit) << word << 1.0 << QStringLiteral("1 of 1 ") + word;
            QTest::addRow("many %ss", unit) << word << 1200.0 << QStringLiteral("1 of 1,200 %1s").arg(word);
        }
        QTest::newRow("a unit of a newer mien") << QStringLiteral("crop") << 2.0 << QStringLiteral("1 of 2 crop");
    }

    void unitsAgreeWithTheirNumber()
    {
        QFETCH(QString, unit);
        QFETCH(double, total);
        QTranslator english; // as main() installs it
        QVERIFY(english.load(QStringLiteral(":/mien/mien_en.qm")));
        QVERIFY(QCoreApplication::installTranslator(&english));
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        JobInfo job;
        job.state = JobState::Running;
        job.done = 1;
        job.total = total;
        job.unit = unit;
        QTEST(JobModel::detailText(job), "expected");
    }

    void anExtractionTellsWhatItFinds()
    {
        JobInfo job;
        job.state = JobState::Running;
        job.done = 40;
        job.total = 120;
        job.rate = 9.5;
        job.etaS = 8;
        job.facesPerFrame = 1.25;
        QVERIFY2(JobModel::detailText(job).endsWith("9.5/s · 8 s left · 1.25 faces a frame"),
                 qPrintable(JobModel::detailText(job)));
        job.failedFiles = 2;
        job.step = QStringLiteral("01/0.mp4");
        QVERIFY2(JobModel::detailText(job).contains("2 file"), qPrintable(JobModel::detailText(job)));
        QVERIFY(JobModel::detailText(job).endsWith("· 01/0.mp4"));
    }

    void durationsReadWell()
    {
        QCOMPARE(durationText(0.2), QStringLiteral("less than 1 s"));
        QCOMPARE(durationText(1.2), QStringLiteral("1 s"));
        QCOMPARE(durationText(100), QStringLiteral("2 min"));
        QCOMPARE(durationText(7800), QStringLiteral("2 h 10 min"));
    }

    void oneComputeJobAtATime()
    {
        QTemporaryDir folder;
        JobQueue queue(folder.path());
        const QString a = queue.start(QStringLiteral("A"), steps("20", "0.05"));
        const QString b = queue.start(QStringLiteral("B"), steps("1", "0"));
        const QString c = queue.start(QStringLiteral("C"), steps("1", "0"));
        const QString light = queue.start(QStringLiteral("Export"), steps("1", "0"), false);
        QCOMPARE(queue.job(a)->state, JobState::Running);
        QCOMPARE(queue.job(b)->state, JobState::Waiting);
        QCOMPARE(queue.job(light)->state, JobState::Running);
        queue.move(c, -1);
        QStringList finished;
        connect(&queue, &JobQueue::finished, this, [&](const QString &id) { finished << id; });
        QTRY_COMPARE(finished.size(), 4);
        QVERIFY(finished.indexOf(c) < finished.indexOf(b));
        QVERIFY(finished.indexOf(a) < finished.indexOf(c));
    }

    void cancelIsPromptAndNotAFailure()
    {
        QTemporaryDir folder;
        JobQueue queue(folder.path());
        const QString id = queue.start(QStringLiteral("Long"), steps("1000", "0.05"));
        QTRY_VERIFY(queue.job(id)->done >= 2);
        QElapsedTimer timer;
        timer.start();
        queue.cancel(id);
        QCOMPARE(queue.job(id)->state, JobState::Stopping);
        QVERIFY(timer.elapsed() < 200);
        QTRY_COMPARE(queue.job(id)->state, JobState::Cancelled);
        QVERIFY(queue.job(id)->error.isEmpty());
        QCOMPARE(queue.job(id)->warningCount, 1); // It had time to say so.
    }

    void aWaitingJobCanBeCancelled()
    {
        QTemporaryDir folder;
        QString waiting;
        {
            JobQueue queue(folder.path());
            queue.start(QStringLiteral("A"), steps("10", "0.05"));
            waiting = queue.start(QStringLiteral("B"), steps("1", "0"));
            queue.cancel(waiting);
            QCOMPARE(queue.job(waiting)->state, JobState::Cancelled);
        }
        JobQueue again(folder.path());
        QCOMPARE(again.job(waiting)->state, JobState::Cancelled);
        again.stopAll();
        QTRY_VERIFY(!again.hasActive());
    }

    void failuresSayWhat()
    {
        QTemporaryDir folder;
        JobQueue queue(folder.path());
        const QString failing = queue.start(QStringLiteral("F"), {QStringLiteral("fail")}, false);
        const QString skipping = queue.start(QStringLiteral("S"), {QStringLiteral("skip")}, false);
        const QString crashing = queue.start(QStringLiteral("C"), {QStringLiteral("crash")}, false);
        QTRY_VERIFY(!queue.hasActive());
        QCOMPARE(queue.job(failing)->state, JobState::Failed);
        QCOMPARE(queue.job(failing)->error, QStringLiteral("nowhere/x.csv does not exist."));
        QCOMPARE(queue.job(skipping)->state, JobState::DoneWithSkips);
        QCOMPARE(queue.job(skipping)->warnings.size(), 1);
        QVERIFY(!queue.job(skipping)->canRetryFailedOnly()); // Only an import knows what is missing.
        QCOMPARE(queue.job(crashing)->state, JobState::Failed);
        QVERIFY(!queue.job(crashing)->error.isEmpty());
        const QString again = queue.retry(failing);
        QVERIFY(!again.isEmpty() && again != failing);
        QTRY_VERIFY(queue.job(again)->isOver());
        queue.remove(failing);
        QVERIFY(!queue.job(failing));
    }

    void aRestartedWindowFindsItsJob()
    {
        QTemporaryDir folder;
        QString running, waiting;
        {
            JobQueue queue(folder.path());
            running = queue.start(QStringLiteral("Night"), steps("30", "0.05"));
            waiting = queue.start(QStringLiteral("After it"), steps("1", "0"));
            QTRY_VERIFY(queue.job(running)->done >= 1);
        }
        JobQueue queue(folder.path());
        QVERIFY(queue.job(running));
        QCOMPARE(queue.job(running)->state, JobState::Running);
        QCOMPARE(queue.job(running)->title, QStringLiteral("Night"));
        QCOMPARE(queue.job(waiting)->state, JobState::Waiting);
        QTRY_COMPARE(queue.job(running)->state, JobState::Done);
        QTRY_COMPARE(queue.job(waiting)->state, JobState::Done);
    }

    void aJobThatEndedUnwatchedIsKnown()
    {
        QTemporaryDir folder;
        QString id;
        {
            JobQueue queue(folder.path());
            id = queue.start(QStringLiteral("Short"), {QStringLiteral("skip")});
        }
        QTRY_VERIFY(QFile::exists(folder.filePath(id + QStringLiteral("/exit"))));
        JobQueue queue(folder.path());
        QCOMPARE(queue.job(id)->state, JobState::DoneWithSkips);
        QCOMPARE(queue.job(id)->result[QStringLiteral("samples")].toInt(), 2);
    }

    void aKilledJobIsNotWaitedFor()
    {
        QTemporaryDir folder;
        JobQueue queue(folder.path());
        const QString id = queue.start(QStringLiteral("Night"), steps("1000", "0.05"));
        QTRY_VERIFY(queue.job(id)->done >= 1);
        ::kill(-::getpgid(pid_t(queue.job(id)->process.pid)), SIGKILL); // As a power cut would: the shell, too.
        QTRY_COMPARE(queue.job(id)->state, JobState::Failed);
    }

    void aPausedJobStaysPausedForTheNextWindow()
    {
        QTemporaryDir folder;
        QString id;
        double at = 0;
        {
            JobQueue queue(folder.path());
            id = queue.start(QStringLiteral("Night"), steps("100", "0.05"));
            const QString next = queue.start(QStringLiteral("After it"), steps("1", "0"));
            QTRY_VERIFY(queue.job(id)->done >= 2 && queue.job(id)->canPause());
            queue.pause(id);
            QTRY_COMPARE(queue.job(id)->state, JobState::Paused);
            QCOMPARE(queue.job(next)->state, JobState::Waiting); // It keeps its turn.
            queue.remove(next);
            queue.cancel(next);
            at = queue.job(id)->done;
        }
        JobQueue queue(folder.path());
        QCOMPARE(queue.job(id)->state, JobState::Paused);
        QTest::qWait(400);
        QVERIFY(queue.job(id)->done <= at + 1); // What it had said already may come late.
        queue.resume(id);
        QTRY_COMPARE(queue.job(id)->state, JobState::Running);
        QTRY_VERIFY(queue.job(id)->done > at + 1);
        queue.pause(id);
        QTRY_COMPARE(queue.job(id)->state, JobState::Paused);
        queue.cancel(id);
        QTRY_COMPARE(queue.job(id)->state, JobState::Cancelled);
    }

    void aJobStartedByHandAppears()
    {
        QTemporaryDir folder;
        const QString jobs = folder.filePath(QStringLiteral("jobs"));
        JobQueue queue(jobs);
        QSignalSpy added(&queue, &JobQueue::added);
        // As `mien train` in a terminal: its own folder, its own process, and events by the folder alone.
        const QString id = QStringLiteral("20260101T000000-train"), path = jobs + QLatin1Char('/') + id;
        QVERIFY(QDir().mkpath(path));
        QProcess terminal;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("MIEN_JOB_FOLDER"), path);
        terminal.setProcessEnvironment(environment);
        terminal.setStandardOutputFile(path + QStringLiteral("/events.jsonl"));
        terminal.start(QStringLiteral(FAKE_MIEN), steps("200", "0.05"));
        QVERIFY(terminal.waitForStarted());
        QTRY_COMPARE(added.count(), 1);
        const JobInfo *job = queue.job(id);
        QVERIFY(job && job->byHand);
        QTRY_VERIFY(queue.job(id)->done >= 2);
        QCOMPARE(queue.job(id)->state, JobState::Running);
        QCOMPARE(queue.ownActiveCount(), 0);
        queue.stopAll(); // Closing the window leaves it alone.
        QCOMPARE(queue.job(id)->state, JobState::Running);
        queue.pause(id);
        QTRY_COMPARE(queue.job(id)->state, JobState::Paused);
        queue.resume(id);
        QTRY_COMPARE(queue.job(id)->state, JobState::Running);
        queue.cancel(id);
        QVERIFY(terminal.waitForFinished(5000));
        QCOMPARE(terminal.exitCode(), 130);
        QTRY_VERIFY(queue.job(id)->isOver());
    }

    void aCrashNamesItsItemAndIsOfferedWithoutIt()
    {
        QTemporaryDir folder;
        JobQueue queue(folder.path());
        const QString id = queue.start(QStringLiteral("Import"), {QStringLiteral("import"), QStringLiteral("faces")});
        QTRY_COMPARE(queue.job(id)->state, JobState::Failed);
        QCOMPARE(queue.job(id)->crashedAt, QStringLiteral("bad.png"));
        QVERIFY2(queue.job(id)->error.contains(QStringLiteral("bad.png")), qPrintable(queue.job(id)->error));
        QVERIFY(queue.job(id)->canGoOnWithoutItem());
        const QString again = queue.retryWithoutItem(id);
        QTRY_COMPARE(queue.job(again)->state, JobState::Done);
        QCOMPARE(queue.job(again)->arguments.mid(2),
                 (QStringList{QStringLiteral("--leave-out"), QStringLiteral("bad.png")}));
    }

    void aReadingWindowStartsNothing()
    {
        QTemporaryDir folder;
        JobQueue writer(folder.path());
        const QString running = writer.start(QStringLiteral("A"), steps("100", "0.05"));
        JobQueue reader(folder.path());
        reader.setReadOnly(true);
        const QString waiting = writer.start(QStringLiteral("B"), steps("1", "0"));
        QTRY_VERIFY(reader.job(waiting));
        QCOMPARE(reader.job(waiting)->state, JobState::Waiting);
        reader.cancel(running);
        QTRY_COMPARE(writer.job(waiting)->state, JobState::Done);
        QTRY_COMPARE(reader.job(waiting)->state, JobState::Done);
    }

    void theOrderOfWaitingJobsIsStored()
    {
        QTemporaryDir folder;
        QString a, b, c, running;
        {
            JobQueue queue(folder.path());
            running = queue.start(QStringLiteral("Running"), steps("1000", "0.05"));
            a = queue.start(QStringLiteral("A"), steps("1", "0"));
            b = queue.start(QStringLiteral("B"), steps("1", "0"));
            c = queue.start(QStringLiteral("C"), steps("1", "0"));
            queue.move(c, -2);
        }
        JobQueue queue(folder.path());
        QStringList waiting;
        for (const JobInfo &job : queue.jobs()) {
            if (job.state == JobState::Waiting)
                waiting << job.id;
        }
        QCOMPARE(waiting, (QStringList{c, a, b}));
        for (const QString &id : std::as_const(waiting))
            queue.cancel(id);
        queue.stopAll();
        QTRY_VERIFY(!queue.hasActive());
    }

    void projectAndTokenReachTheChild()
    {
        QTemporaryDir folder;
        JobQueue queue(folder.path());
        queue.setProject(QStringLiteral("/some/project"), {QStringLiteral("MIEN_LEASE=abc")});
        const QString id = queue.start(QStringLiteral("Echo"), {QStringLiteral("echo")});
        QTRY_COMPARE(queue.job(id)->state, JobState::Done);
        QCOMPARE(queue.job(id)->result[QStringLiteral("arguments")].toString(),
                 QStringLiteral("echo -p /some/project --job %1 --json").arg(id));
    }

    void shortCommandsAnswer()
    {
        MienCommand command;
        QSignalSpy lines(&command, &MienCommand::event);
        QSignalSpy ends(&command, &MienCommand::finished);
        command.start({QStringLiteral("formats")});
        QTRY_COMPARE(ends.count(), 1);
        QCOMPARE(lines.count(), 2);
        const auto outcome = ends[0][0].value<MienCommand::Outcome>();
        QVERIFY(outcome.ok());
        QCOMPARE(outcome.result[QStringLiteral("rows")].toInt(), 1);
        command.start({QStringLiteral("fail")});
        QTRY_COMPARE(ends.count(), 2);
        QCOMPARE(ends[1][0].value<MienCommand::Outcome>().exitCode, 1);
        qputenv("MIEN_PROGRAM", "/nowhere/mien");
        command.start({QStringLiteral("formats")});
        QTRY_COMPARE(ends.count(), 3);
        QVERIFY(!ends[2][0].value<MienCommand::Outcome>().error.isEmpty());
        qputenv("MIEN_PROGRAM", FAKE_MIEN);
    }
};

QTEST_GUILESS_MAIN(tst_job_queue)
#include "tst_job_queue.moc"
