#include "studio/app/main_window.h"
#include "studio/common/job_queue.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/thumbnail_loader.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/gallery_view.h"
#include "tests/support/opened_window.h"
#include "tests/support/temporary_folder.h"

#include <QDir>
#include <QElapsedTimer>
#include <QImage>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

using namespace mien;

/// Every kind of job that the studio starts, with the real `mien`: how fast it stops, that it pauses, that a crash
/// names the item it was at, and that one started in a terminal is seen.
class tst_real_jobs : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    QString path(const char *name) const { return m_folder.filePath(QLatin1String(name)); }

    static QByteArray mien(const QStringList &arguments)
    {
        QProcess process;
        process.setStandardErrorFile(QProcess::nullDevice());
        process.start(QString::fromLocal8Bit(qgetenv("MIEN_PROGRAM")), arguments);
        return process.waitForFinished(240'000) && process.exitStatus() == QProcess::NormalExit &&
                       (process.exitCode() == 0 || process.exitCode() == 3)
                   ? process.readAllStandardOutput()
                   : QByteArray();
    }

    /// A table of noise that takes a few seconds to read.
    QString largeTable() const
    {
        const QString csv = path("fer2013.csv");
        QFile file(csv);
        if (!file.open(QIODevice::WriteOnly))
            return {};
        file.write("emotion,pixels,Usage\n");
        QRandomGenerator random(3);
        QByteArray pixels;
        for (int i = 0; i < 48 * 48 + 4000; ++i)
            pixels += QByteArray::number(int(random.bounded(100, 256))) + ' ';
        for (int row = 0; row < 40'000; ++row) {
            // Values of three digits: every window of 2,304 of them is another face.
            file.write(QByteArray::number(row % 7) + ',' + pixels.mid(4 * (row % 4000), 4 * 48 * 48 - 1) +
                       ",Training\n");
        }
        return csv;
    }

    QString folderOfPictures(const char *name, int count) const
    {
        const QString root = path(name);
        QRandomGenerator random(8);
        for (int i = 0; i < count; ++i) {
            const QString folder = root + (i % 2 ? QStringLiteral("/train/happy") : QStringLiteral("/train/sad"));
            QDir().mkpath(folder);
            QImage picture(48, 48, QImage::Format_Grayscale8);
            for (int y = 0; y < 48; ++y) {
                for (int x = 0; x < 48; ++x)
                    picture.scanLine(y)[x] = uchar(random.bounded(256));
            }
            picture.save(folder + QStringLiteral("/face%1.png").arg(i, 3, 10, QLatin1Char('0')));
        }
        return root;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        qputenv("MIEN_PROGRAM", MIEN_PROGRAM_PATH);
        QVERIFY(!mien({QStringLiteral("demo"), path("demo.mien"), QStringLiteral("--samples"), QStringLiteral("1200")})
                     .isEmpty());
        QVERIFY(
            !mien({QStringLiteral("train"), QStringLiteral("-p"), path("demo.mien"), QStringLiteral("--network"),
                   QStringLiteral("eac-compact"), QStringLiteral("--set"), QStringLiteral("preset=tiny"),
                   QStringLiteral("--set"), QStringLiteral("epochs=1"), QStringLiteral("--folds"), QStringLiteral("2")})
                 .isNull());
    }

    void cancelStopsWithinASecond_data()
    {
        QTest::addColumn<QString>("project");
        QTest::addColumn<QStringList>("arguments");
        QVERIFY(QDir().mkpath(path("empty")));
        mien({QStringLiteral("init"), path("empty.mien")});
        const QString demo = path("demo.mien");
        QTest::newRow("demo") << QString()
                              << QStringList{QStringLiteral("demo"), path("other.mien"), QStringLiteral("--samples"),
                                             QStringLiteral("60000")};
        QTest::newRow("import") << path("empty.mien") << QStringList{QStringLiteral("import"), largeTable()};
        QTest::newRow("train") << demo
                               << QStringList{QStringLiteral("train"), QStringLiteral("--network"),
                                              QStringLiteral("eac-compact"), QStringLiteral("--set"),
                                              QStringLiteral("epochs=60")};
        QTest::newRow("train, steps of many seconds")
            << demo
            << QStringList{QStringLiteral("train"), QStringLiteral("--network"), QStringLiteral("eac-resnet18")};
        QTest::newRow("flag") << demo
                              << QStringList{QStringLiteral("flag"), QStringLiteral("--run"), QStringLiteral("r1")};
        QTest::newRow("export") << demo
                                << QStringList{QStringLiteral("export"), QStringLiteral("--format"),
                                               QStringLiteral("class-folder"), path("out")};
    }

    void cancelStopsWithinASecond()
    {
        QFETCH(QString, project);
        QFETCH(QStringList, arguments);
        JobQueue queue(path("jobs-") + arguments.first());
        queue.setProject(project, {QStringLiteral("MIEN_THREADS=2")});
        const QString id = queue.start(arguments.first(), arguments);
        QTRY_VERIFY_WITH_TIMEOUT(queue.job(id)->isOver() || queue.job(id)->done > 0, 60'000);
        if (queue.job(id)->isOver()) {
            QCOMPARE(queue.job(id)->error, QString());
            return; // done before it could be stopped
        }
        QElapsedTimer clock;
        clock.start();
        queue.cancel(id);
        QCOMPARE(queue.job(id)->state, JobState::Stopping);
        const qint64 acknowledged = clock.elapsed();
        QTRY_VERIFY_WITH_TIMEOUT(queue.job(id)->isOver(), 30'000);
        const qint64 stopped = clock.elapsed();
        qInfo("%s: acknowledged after %lld ms, stopped after %lld ms", qPrintable(arguments.first()), acknowledged,
              stopped);
        QVERIFY2(queue.job(id)->state == JobState::Cancelled || queue.job(id)->state == JobState::Done,
                 qPrintable(queue.job(id)->error));
        QVERIFY(acknowledged <= 200);
        if (qEnvironmentVariableIsSet("MIEN_BUSY_MACHINE"))
            return; // The clock of a busy machine says nothing about the program.
        QVERIFY2(stopped <= 1000, qPrintable(QStringLiteral("%1 ms").arg(stopped)));
    }

    void aTrainingPausesAndGoesOn()
    {
        JobQueue queue(path("demo.mien/jobs"));
        queue.setProject(path("demo.mien"), {QStringLiteral("MIEN_THREADS=2")});
        const QString id = queue.start(QStringLiteral("Train"), {QStringLiteral("train"), QStringLiteral("--network"),
                                                                 QStringLiteral("eac-compact"), QStringLiteral("--set"),
                                                                 QStringLiteral("epochs=60")});
        QTRY_VERIFY_WITH_TIMEOUT(queue.job(id)->isOver() || (queue.job(id)->done > 0 && queue.job(id)->canPause()),
                                 60'000);
        QVERIFY2(!queue.job(id)->isOver(), qPrintable(queue.job(id)->error));
        queue.pause(id);
        QTRY_COMPARE(queue.job(id)->state, JobState::Paused);
        // Paused between two transactions: others read.
        QVERIFY(!mien({QStringLiteral("list"), QStringLiteral("-p"), path("demo.mien"), QStringLiteral("--limit"),
                       QStringLiteral("1")})
                     .isEmpty());
        queue.resume(id);
        QTRY_COMPARE(queue.job(id)->state, JobState::Running);
        const double done = queue.job(id)->done;
        QTRY_VERIFY_WITH_TIMEOUT(queue.job(id)->done > done || queue.job(id)->isOver(), 60'000);
        queue.cancel(id);
        QTRY_VERIFY_WITH_TIMEOUT(queue.job(id)->isOver(), 30'000);
    }

    void aCrashNamesThePictureAndIsOfferedWithoutIt()
    {
        const QString pictures = folderOfPictures("pictures", 40), project = path("crash.mien");
        mien({QStringLiteral("init"), project});
        JobQueue queue(project + QStringLiteral("/jobs"));
        queue.setProject(project, {QStringLiteral("LD_PRELOAD=") + QStringLiteral(CRASHING_READER),
                                   QStringLiteral("MIEN_CRASH_AT=face017.png")});
        const QString id = queue.start(QStringLiteral("Import"), {QStringLiteral("import"), pictures});
        QTRY_VERIFY_WITH_TIMEOUT(queue.job(id)->isOver(), 60'000);
        QCOMPARE(queue.job(id)->state, JobState::Failed);
        QVERIFY2(queue.job(id)->crashedAt.endsWith(QStringLiteral("face017.png")), qPrintable(queue.job(id)->error));
        const QString again = queue.retryWithoutItem(id);
        QVERIFY(!again.isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(queue.job(again)->isOver(), 60'000);
        QVERIFY2(queue.job(again)->state == JobState::DoneWithSkips, qPrintable(queue.job(again)->error));
        QCOMPARE(queue.job(again)->result[QStringLiteral("samples")].toInt(), 39);
        // Repaired meanwhile: what was left out comes in alone.
        queue.setProject(project, {});
        JobQueue repaired(project + QStringLiteral("/jobs"));
        repaired.setProject(project, {});
        const QString all = repaired.start(QStringLiteral("Import"), {QStringLiteral("import"), pictures});
        QTRY_VERIFY_WITH_TIMEOUT(repaired.job(all)->isOver(), 60'000);
        QCOMPARE(repaired.job(all)->state, JobState::Done);
        QCOMPARE(
            mien({QStringLiteral("list"), QStringLiteral("-p"), project, QStringLiteral("--json")}).count("\"id\""),
            40);
    }

    void deletedSmallPicturesComeBackByThemselves()
    {
        const QString pictures = folderOfPictures("twelve", 12), project = path("small.mien");
        mien({QStringLiteral("init"), project});
        QVERIFY(!mien({QStringLiteral("import"), QStringLiteral("-p"), project, pictures}).isEmpty());
        const QString store = project + QStringLiteral("/thumbs");
        QVERIFY(QDir(store).removeRecursively());
        MainWindow window;
        QVERIFY(test::openProject(window, project));
        window.showPage(QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_COMPARE(gallery->model().rowCount(), 12);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(store + QStringLiteral("/192.index")), 30'000);
        const auto making = [&] {
            QList<JobInfo> found;
            for (const JobInfo &job : window.session()->jobs().jobs()) {
                if (job.arguments.value(0) == QLatin1String("thumbs"))
                    found << job;
            }
            return found;
        };
        QCOMPARE(making().size(), 1);
        const auto picture = [&]() -> const QImage * {
            for (const int side : {96, 192, 384}) {
                const QImage *found = gallery->view().thumbnails().find(gallery->model().idAt(0), side);
                if (found && found->width() > 1)
                    return found;
            }
            return nullptr;
        };
        QTRY_VERIFY_WITH_TIMEOUT(picture(), 30'000); // shown without a click
        QTRY_COMPARE(making().first().state, JobState::Done);
    }

    void aTrainingInATerminalIsSeen()
    {
        JobQueue queue(path("demo.mien/jobs"));
        queue.setProject(path("demo.mien"), {});
        QProcess terminal;
        terminal.setStandardErrorFile(QProcess::nullDevice());
        terminal.setStandardOutputFile(QProcess::nullDevice());
        terminal.setWorkingDirectory(path("demo.mien"));
        terminal.start(QString::fromLocal8Bit(qgetenv("MIEN_PROGRAM")),
                       {QStringLiteral("train"), QStringLiteral("--network"), QStringLiteral("eac-compact"),
                        QStringLiteral("--set"), QStringLiteral("epochs=60")});
        QVERIFY(terminal.waitForStarted());
        QString id;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                for (const JobInfo &job : queue.jobs()) {
                    if (job.byHand && job.isActive())
                        id = job.id;
                }
                return !id.isEmpty();
            }(),
            60'000);
        QVERIFY(queue.job(id)->title.startsWith(QStringLiteral("Train")));
        QTRY_VERIFY_WITH_TIMEOUT(queue.job(id)->done > 0, 60'000);
        queue.cancel(id);
        QVERIFY(terminal.waitForFinished(30'000));
        QCOMPARE(terminal.exitCode(), 130);
        QTRY_COMPARE(queue.job(id)->state, JobState::Cancelled);
    }
};

QTEST_MAIN(tst_real_jobs)
#include "tst_real_jobs.moc"
