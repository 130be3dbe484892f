#include "pipeline/store/project.h"
#include "tests/e2e/mien_process.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <csignal>
#include <unistd.h>

using namespace mien::test;

/// Full disks, read-only folders, a second writer, a killed one: one clear line, the right status, nothing lost.
class TestCliPlaces : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_table;

    QString newProject(bool imported = true)
    {
        static int number = 0;
        const QString project = m_folder.filePath(QString("p%1.mien").arg(++number));
        if (runMien({"init", project}).status != 0 || (imported && runMien({"import", m_table, "-p", project}).status != 0))
            qFatal("cannot make a project");
        return project;
    }

    static int problems(const QString &project) { return runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1); }
    static int samples(const QString &project) { return runMien({"info", "-p", project, "--json"}).result()["samples"].toInt(-1); }

private Q_SLOTS:
    void initTestCase()
    {
        QFile::setPermissions(m_folder.path(), QFile::Permissions(0x7755)); // nobody must get in
        m_table = m_folder.filePath("fer2013.csv");
        writeFile(m_table, fer2013Csv(70));
    }

    void fullDiskDuringImport_data()
    {
        QTest::addColumn<int>("bytes");
        for (const int bytes : {0, 5000, 60'000, 150'000, 250'000})
            QTest::newRow(qPrintable(QString("%1 bytes left").arg(bytes))) << bytes;
    }

    void fullDiskDuringImport()
    {
        QFETCH(int, bytes);
        const QString project = newProject(false);
        Surroundings full;
        full.environment.insert("LD_PRELOAD", QCoreApplication::applicationDirPath() + "/libmien-full-disk.so");
        full.environment.insert("MIEN_FULL_BELOW", project);
        full.environment.insert("MIEN_FULL_AFTER", QString::number(bytes));
        const Outcome outcome = runMien({"import", m_table, "-p", project}, full);
        QVERIFY2(outcome.status == 1, outcome.err + outcome.out);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains("space") || outcome.err.contains("full"), outcome.err);
        QCOMPARE(problems(project), 0);
        QCOMPARE(runMien({"import", m_table, "-p", project}).status, 0); // room again: it goes on
        QCOMPARE(samples(project), 70);
        QCOMPARE(problems(project), 0);
    }

    void fullDiskUnderTheOutput()
    {
        const QString project = newProject();
        QProcess list;
        list.setStandardOutputFile("/dev/full");
        startMien(list, {"list", "-p", project});
        QVERIFY(list.waitForFinished());
        QCOMPARE(list.exitCode(), 1);
        QVERIFY(list.readAllStandardError().contains("space"));
    }

    void readOnlyProject()
    {
        const QString project = newProject();
        const auto setWritable = [&](bool writable) {
            QDirIterator all(project, QDir::AllEntries | QDir::NoDotAndDotDot, QDirIterator::Subdirectories);
            QStringList paths{project};
            while (all.hasNext())
                paths << all.next();
            for (const QString &path : paths)
                QFile::setPermissions(path, QFile::Permissions(QFileInfo(path).isDir() ? (writable ? 0x7755 : 0x5555)
                                                                                      : (writable ? 0x6644 : 0x4444)));
        };
        setWritable(false);
        const Surroundings nobody{.asNobody = true};
        const Outcome list = runMien({"list", "-p", project, "--format", "jsonl"}, nobody);
        const Outcome label = runMien({"label", "-p", project, "--filter", "label:fear", "--class", "anger"}, nobody);
        setWritable(true);
        QVERIFY2(list.status == 0, list.err);
        QCOMPARE(list.rows().size(), 70);
        QCOMPARE(label.status, 1);
        QCOMPARE(label.errorLines(), 1);
        QVERIFY2(label.err.contains(project.toUtf8()), label.err);
    }

    void secondWriterIsNamedTheFirst()
    {
        const QString project = newProject();
        {
            const auto holder = mien::Project::open(project.toStdString(), mien::Project::Access::Write);
            QVERIFY(holder.has_value());
            const Outcome refused = runMien({"label", "-p", project, "--filter", "label:fear", "--class", "anger"});
            QCOMPARE(refused.status, 1);
            QCOMPARE(refused.errorLines(), 1);
            QVERIFY2(refused.err.contains(QByteArray::number(::getpid())), refused.err);
            QCOMPARE(runMien({"list", "-p", project}).status, 0); // reading goes on

            Surroundings child; // a child of the holder writes under its token
            child.environment.insert("MIEN_LEASE", QString::fromStdString(holder->lease()->token()));
            QCOMPARE(runMien({"label", "-p", project, "--filter", "label:fear", "--class", "anger"}, child).status, 0);
        }
        QCOMPARE(runMien({"undo", "-p", project}).status, 0);
    }

    /// Ten moments here, the full number with --long.
    void killedWhileLabelling()
    {
        const QString project = newProject();
        const int moments = qEnvironmentVariableIsSet("MIEN_LONG_TESTS") ? 100 : 10;
        QRandomGenerator random(7);
        for (int moment = 0; moment < moments; ++moment) {
            QProcess label;
            startMien(label, {"label", "-p", project, "--filter", "label:fear OR label:anger", "--class", moment % 2 ? "fear" : "anger"});
            QVERIFY(label.waitForStarted());
            QTest::qSleep(int(random.bounded(12)));
            ::kill(pid_t(label.processId()), SIGKILL);
            label.waitForFinished();
            QCOMPARE(problems(project), 0);
            const int fear = int(runMien({"list", "-p", project, "--filter", "label:fear", "--format", "jsonl"}).rows().size());
            QVERIFY2(fear == 0 || fear == 10 || fear == 20, qPrintable(QString::number(fear))); // whole or not at all
        }
    }

    void killedWhileImporting()
    {
        const QString project = newProject(false);
        const int moments = qEnvironmentVariableIsSet("MIEN_LONG_TESTS") ? 100 : 10;
        QRandomGenerator random(11);
        for (int moment = 0; moment < moments; ++moment) {
            QProcess import;
            startMien(import, {"import", m_table, "-p", project});
            QVERIFY(import.waitForStarted());
            QTest::qSleep(int(random.bounded(25)));
            ::kill(pid_t(import.processId()), SIGKILL);
            import.waitForFinished();
            QCOMPARE(runMien({"info", "-p", project}).status, 0);
        }
        QCOMPARE(runMien({"import", m_table, "-p", project}).status, 0);
        QCOMPARE(samples(project), 70);
        QCOMPARE(problems(project), 0);
    }
};

QTEST_GUILESS_MAIN(TestCliPlaces)
#include "tst_cli_places.moc"
