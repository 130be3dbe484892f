#include "pipeline/store/backups.h"
#include "pipeline/store/project.h"
#include "tests/e2e/kill_loop.h"

#include <SQLiteCpp/Database.h>

#include <QDir>
#include <QDirIterator>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <unistd.h>

using namespace mien::test;

/// Full disks, read-only folders, a second writer: one clear line, the right status, nothing lost.
class TestCliPlaces : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_table;

    QString newProject(bool imported = true)
    {
        static int number = 0;
        const QString project = m_folder.filePath(QString("p%1.mien").arg(++number));
        if (runMien({"init", project}).status != 0 ||
            (imported && runMien({"import", m_table, "-p", project}).status != 0))
            qFatal("cannot make a project");
        return project;
    }

    static int problems(const QString &project)
    {
        return runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1);
    }
    static int samples(const QString &project)
    {
        return runMien({"info", "-p", project, "--json"}).result()["samples"].toInt(-1);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QFile::setPermissions(m_folder.path(), QFile::Permissions(0x7755)); // nobody must get in
        m_table = m_folder.filePath("fer2013.csv");
        writeFile(m_table, fer2013Csv(70));
    }

    void fullDisk_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<bool>("imported");
        QTest::addColumn<int>("bytes");
        const auto add = [](const char *name, const QStringList &arguments, bool imported, const QList<int> &left) {
            for (const int bytes : left)
                QTest::addRow("%s, %d bytes left", name, bytes) << arguments << imported << bytes;
        };
        add("import", {"import", m_table}, false, {0, 5000, 60'000, 150'000, 165'000});
        add("label", {"label", "--filter", "label:fear", "--class", "anger"}, true, {0, 9000});
        add("snapshot", {"snapshot", "create"}, true, {0, 1000});
        add("pack", {"pack", "--size", "48"}, true, {0, 50'000, 161'500});
        for (const char *format : {"csv", "fer2013", "class-folder"})
            add(format, {"export", "--format", format, "OUT"}, true, {0, 3000, 60'000});
    }

    /// One line that says so, nothing half done, and with room again the same command goes through.
    void fullDisk()
    {
        QFETCH(QStringList, arguments);
        QFETCH(bool, imported);
        QFETCH(int, bytes);
        const QString project = newProject(imported), out = project + "-out";
        arguments.replaceInStrings("OUT", out + "/set");
        const bool isExport = arguments[0] == "export";
        QDir().mkpath(out);
        Surroundings full;
        watch(full, isExport ? out : project);
        full.environment.insert("MIEN_FULL_AFTER", QString::number(bytes));
        const Outcome outcome = runMien(arguments + QStringList{"-p", project}, full);
        QVERIFY2(outcome.status == 1, outcome.err + outcome.out);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains("space") || outcome.err.contains("full"), outcome.err);
        QVERIFY2(!outcome.err.contains("lease"), outcome.err); // a name that says nothing to a person
        QCOMPARE(problems(project), 0);
        QVERIFY(QDir(out).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot).isEmpty());
        const Outcome again = runMien(arguments + QStringList{"-p", project}); // room again: it goes on
        QVERIFY2(again.status == 0, again.err);
        QCOMPARE(QDir(out + "/set").exists(), isExport);
        QCOMPARE(samples(project), 70);
        QCOMPARE(problems(project), 0);
    }

    void newProjectOnAFullDisk_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("bytes");
        for (const int bytes : {0, 4096, 30'000, 100'000})
            QTest::addRow("init, %d bytes left", bytes) << QStringList{"init"} << bytes;
        for (const int bytes : {0, 30'000, 500'000})
            QTest::addRow("demo, %d bytes left", bytes) << QStringList{"demo", "--samples", "64"} << bytes;
    }

    /// Said in words that fit a project that is not there, and nothing is left.
    void newProjectOnAFullDisk()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, bytes);
        const QTemporaryDir place;
        Surroundings full;
        watch(full, place.path());
        full.environment.insert("MIEN_FULL_AFTER", QString::number(bytes));
        arguments << place.filePath("new/study.mien");
        const Outcome outcome = runMien(arguments, full);
        QVERIFY2(outcome.status == 1, outcome.err + outcome.out);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains("full") && !outcome.err.contains("Updating"), outcome.err);
        QVERIFY(!QFile::exists(place.filePath("new/study.mien")));
        QCOMPARE(runMien(arguments).status, 0);
    }

    void exportNamesThePlaceThatWasAskedFor()
    {
        const Outcome outcome = runMien({"export", "--format", "csv", "/proc/none/set", "-p", newProject()});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("/proc/none/set cannot be written") && !outcome.err.contains(".tmp-"),
                 outcome.err);
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
        QProcess help;
        help.setStandardOutputFile("/dev/full");
        startMien(help, {"--help"});
        QVERIFY(help.waitForFinished());
        QCOMPARE(help.exitCode(), 1);
        QVERIFY(help.readAllStandardError().contains("could not be written"));
    }

    /// As from a project that may only be read: what it holds can be saved to another disk.
    void exportFromAFullDisk_data()
    {
        QTest::addColumn<int>("bytes");
        for (const int bytes : {0, 300, 6000})
            QTest::addRow("%d bytes left", bytes) << bytes;
    }

    void exportFromAFullDisk()
    {
        QFETCH(int, bytes);
        const QString project = newProject(), out = m_folder.filePath(QString("saved%1").arg(bytes));
        const auto jobs = [&] { return QDir(project + "/jobs").entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(); };
        const auto before = jobs();
        Surroundings full;
        watch(full, project);
        full.environment.insert("MIEN_FULL_AFTER", QString::number(bytes));
        const Outcome saved = runMien({"export", "--format", "csv", out, "-p", project, "--json"}, full);
        QVERIFY2(saved.status == 0, saved.err + saved.out);
        QCOMPARE(saved.result()["samples"].toInt(), 70);
        QVERIFY(QFile::exists(out + "/checksums.csv"));
        QCOMPARE(jobs(), before); // and no half of one
        QCOMPARE(problems(project), 0);
    }

    /// A report that finds no room is said before the work, or else after what was stored.
    void reportOnAFullDisk()
    {
        const QString project = newProject(false), other = project + "-reports";
        QDir().mkpath(other);
        QByteArray table = fer2013Csv(70);
        table.append("9,1 2 3,Training\n");
        const QString file = project + ".csv";
        writeFile(file, table);
        Surroundings full;
        watch(full, other);
        const QStringList import{"import", file, "-p", project, "--report", other + "/report.csv"};
        full.environment.insert("MIEN_FULL_AFTER", "0");
        const Outcome before = runMien(import, full);
        QCOMPARE(before.status, 1);
        QVERIFY2(before.err.contains("report.csv could not be written: the disk is full"), before.err);
        QCOMPARE(samples(project), 0);
        full.environment.insert("MIEN_FULL_AFTER", "40"); // the first line fits
        const Outcome after = runMien(import + QStringList{"--json"}, full);
        QCOMPARE(after.status, 1);
        QCOMPARE(after.errorLines(), 1);
        QVERIFY2(after.err.contains("report.csv could not be written: the disk is full"), after.err);
        QCOMPARE(after.result()["samples"].toInt(), 70);
        QCOMPARE(samples(project), 70);
    }

    void damageIsSaidUntilItIsSettled()
    {
        const QString project = newProject(), by = "Anna-as-written";
        const QStringList label{"label", "-p", project, "--filter", "label:fear", "--class", "anger"};
        QCOMPARE(runMien(label + QStringList{"--by", by}).err, QByteArray());
        QFile file(project + "/project.db");
        QVERIFY(file.open(QIODevice::ReadWrite));
        const QByteArray bytes = file.readAll();
        QVERIFY(bytes.contains(by.toUtf8()));
        file.seek(bytes.indexOf(by.toUtf8()));
        file.write("Otto");
        file.close();
        QCOMPARE(runMien({"doctor", "-p", project}).status, 1);
        for (int i = 0; i < 2; ++i) {
            const Outcome said = runMien({"label", "-p", project, "--filter", "label:anger", "--class", "fear"});
            QCOMPARE(said.status, 0);
            QCOMPARE(said.errorLines(), 1);
            QVERIFY2(said.err.contains("project.db is not as Mien left it") && said.err.contains("mien doctor"),
                     said.err);
            const Outcome json = runMien(label + QStringList{"--json"});
            QCOMPARE(json.err, QByteArray());
            QCOMPARE(json.events("warning").size(), 1);
            QCOMPARE(json.events("warning")[0]["code"].toString(), "NOT_AS_LEFT");
            const Outcome doctor = runMien({"doctor", "-p", project});
            QCOMPARE(doctor.status, 1);
            QVERIFY2(doctor.err.contains("not as Mien left it"), doctor.err);
        }
        const Outcome repair = runMien({"doctor", "--repair", "-p", project});
        QVERIFY2(repair.status == 0 && repair.err.isEmpty(), repair.err);
        QCOMPARE(runMien({"doctor", "-p", project}).status, 0);
        QCOMPARE(runMien(label).err, QByteArray());
        QCOMPARE(problems(project), 0);
    }

    void readOnlyProject_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("label") << QStringList{"label", "--filter", "label:fear", "--class", "anger"};
        QTest::newRow("undo") << QStringList{"undo"};
        QTest::newRow("import") << QStringList{"import", m_table};
        QTest::newRow("train") << QStringList{"train", "--network", "eac-compact"};
        QTest::newRow("snapshot") << QStringList{"snapshot", "create"};
        QTest::newRow("pack") << QStringList{"pack"};
        QTest::newRow("thumbs") << QStringList{"thumbs"};
        QTest::newRow("remove an import") << QStringList{"imports", "remove", "1"};
        QTest::newRow("repair") << QStringList{"doctor", "--repair"};
    }

    /// It is read; who would write is told of the project and not of one of its files.
    void readOnlyProject()
    {
        QFETCH(QStringList, arguments);
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
        const auto before = filesBelow(project);
        const Surroundings nobody{.asNobody = true};
        const Outcome list = runMien({"list", "-p", project, "--format", "jsonl"}, nobody);
        const Outcome refused = runMien(arguments + QStringList{"-p", project}, nobody);
        const auto after = filesBelow(project);
        setWritable(true);
        QVERIFY2(list.status == 0, list.err);
        QCOMPARE(list.rows().size(), 70);
        QCOMPARE(refused.status, 1);
        QCOMPARE(refused.errorLines(), 1);
        QVERIFY2(refused.err.contains(project.toUtf8() + " is read-only: you do not have the right"), refused.err);
        QVERIFY2(refused.err.contains("Nothing was changed."), refused.err);
        QVERIFY2(!refused.err.contains("lease"), refused.err);
        QVERIFY(after == before);
    }

    /// A database that may not be written is not a damaged one: no backup takes its place.
    void writeProtectedDatabaseIsNotReplaced()
    {
        const QString project = newProject();
        {
            auto open = mien::Project::open(project.toStdString(), mien::Project::Access::Write);
            QVERIFY(open.has_value());
            QVERIFY(mien::backUp(*open, {}).has_value());
        }
        QCOMPARE(runMien({"label", "-p", project, "--filter", "label:fear", "--class", "anger"}).status, 0);
        QFile::setPermissions(project, QFile::Permissions(0x7777));
        QFile::setPermissions(project + "/project.db", QFile::Permissions(0x4444));
        QFile::remove(project + "/lease.lock"); // whose file it is does not matter here
        const Outcome outcome = runMien({"doctor", "--repair", "-p", project}, {.asNobody = true});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("project.db is read-only"), outcome.err);
        QVERIFY(QDir(project).entryList({"project.db.damaged*"}).isEmpty());
        QFile::setPermissions(project + "/project.db", QFile::Permissions(0x6644));
        QCOMPARE(runMien({"list", "-p", project, "--filter", "label:fear", "--format", "jsonl"}).rows().size(), 0);
    }

    /// The drive with the originals is not connected.
    void mediaThatAreGone()
    {
        const QString project = newProject(), set = m_folder.filePath("set");
        for (const char *name : {"happy/a", "sad/b"}) {
            QByteArray grey = "P5 48 48 255\n" + QByteArray(48 * 48, name[0]);
            grey[100] = 'x';
            writeFile(set + "/" + name + ".pgm", grey);
        }
        QVERIFY2(runMien({"import", set, "-p", project}).status == 0, "import");
        QCOMPARE(problems(project), 0);
        QVERIFY(QDir().rename(set, set + "-moved"));
        for (const QStringList &arguments : {QStringList{"doctor"}, {"doctor", "--repair"}}) {
            const Outcome outcome = runMien(arguments + QStringList{"-p", project});
            QCOMPARE(outcome.status, 1);
            QCOMPARE(outcome.errorLines(), 1);
            QVERIFY2(outcome.err.contains("are not where they were") && outcome.err.contains(set.toUtf8()),
                     outcome.err);
        }
        QCOMPARE(samples(project), 72);
        QVERIFY(QDir().rename(set + "-moved", set));
        QCOMPARE(problems(project), 0);
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

    void aBackupIsMadeWhereOneIsDue()
    {
        const QString project = newProject();
        const QStringList label{"label", "-p", project, "--filter", "label:fear", "--class", "anger"};
        const auto made = [&] { return QDir(project + "/backups").entryList({"*.db"}, QDir::Files).size(); };
        QCOMPARE(runMien(label).status, 0);
        QCOMPARE(made(), 0); // the project is younger than half an hour
        {
            auto open = mien::Project::open(project.toStdString(), mien::Project::Access::Write);
            QVERIFY(open.has_value());
            open->database().exec("UPDATE meta SET value = value - 3600000 WHERE key = 'created_at_ms'");
            Surroundings child; // of a studio, which makes them itself
            child.environment.insert("MIEN_LEASE", QString::fromStdString(open->lease()->token()));
            QCOMPARE(runMien(label, child).status, 0);
            QCOMPARE(made(), 0);
        }
        QCOMPARE(runMien({"list", "-p", project}).status, 0);
        QCOMPARE(made(), 0);
        QCOMPARE(runMien(label).status, 0);
        QCOMPARE(made(), 1);
        QCOMPARE(runMien(label).status, 0);
        QCOMPARE(made(), 1);
    }
};

QTEST_GUILESS_MAIN(TestCliPlaces)
#include "tst_cli_places.moc"
