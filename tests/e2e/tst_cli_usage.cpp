#include "tests/e2e/mien_process.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace mien::test;

/// What is said on wrong usage, help, versions and completion, by the real program.
class TestCliUsage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void formatsSayTheirOptions()
    {
        const auto rows = runMien({"formats", "--json"}).rows();
        QVERIFY(rows.size() >= 10);
        int withOptions = 0;
        for (const QJsonObject &row : rows) {
            QVERIFY(row["options"].isArray());
            for (const auto &option : row["options"].toArray()) {
                QVERIFY(option.toObject().contains("default"));
                ++withOptions;
            }
        }
        QVERIFY(withOptions >= 6);
    }

    void theWorkerSaysHowItIsCalled()
    {
        QProcess worker;
        worker.start(QFileInfo(mienProgram()).path() + "/mien-worker", {"--help"});
        QVERIFY(worker.waitForFinished());
        QCOMPARE(worker.exitCode(), 0);
        QVERIFY(worker.readAllStandardOutput().startsWith("usage: mien-worker "));
        QVERIFY(worker.readAllStandardError().isEmpty());
    }

    void version()
    {
        const Outcome plain = runMien({"version"});
        QCOMPARE(plain.status, 0);
        QVERIFY(plain.out.startsWith("mien "));
        const Outcome json = runMien({"version", "--json"});
        QVERIFY(json.isJsonOnly());
        QVERIFY(!json.result()["version"].toString().isEmpty());
    }

    void wrongUsageIsOneHelpfulLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("nothing") << QStringList{} << QByteArray("init");
        QTest::newRow("unknown command") << QStringList{"lst"} << QByteArray("Did you mean 'list'");
        QTest::newRow("command of a later version") << QStringList{"merge"} << QByteArray("not part of this version");
        QTest::newRow("unknown option") << QStringList{"list", "--fiter", "x"} << QByteArray("--fiter");
        QTest::newRow("missing positional") << QStringList{"init"} << QByteArray("DIR");
        QTest::newRow("too many positionals") << QStringList{"init", "a", "b"} << QByteArray("not expected: b");
        QTest::newRow("not a number") << QStringList{"list", "--limit", "many"} << QByteArray("'many' is not a number");
        QTest::newRow("not a choice") << QStringList{"list", "--format", "xml"} << QByteArray("csv, jsonl");
        QTest::newRow("unknown sub-command") << QStringList{"snapshot", "make"} << QByteArray("create");
        QTest::newRow("no sub-command") << QStringList{"runs"} << QByteArray("compare");
        QTest::newRow("option without its value") << QStringList{"list", "--filter"} << QByteArray("--filter");
    }

    void wrongUsageIsOneHelpfulLine()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, says);
        const Outcome outcome = runMien(arguments);
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains(says), outcome.err);
        QVERIFY2(!outcome.err.contains("Error:") && !outcome.err.contains("CLI::"), outcome.err);
        QCOMPARE(outcome.out, QByteArray());
    }

    void aWrongNumberOfThreadsIsSaid_data()
    {
        QTest::addColumn<QString>("threads");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("more than there are") << "99999999999" << QByteArray(); // as many as there are
        QTest::newRow("words") << "many" << QByteArray("is not a number above 0");
        QTest::newRow("negative") << "-4" << QByteArray("is not a number above 0");
        QTest::newRow("one") << "1" << QByteArray();
        QTest::newRow("empty") << "" << QByteArray();
    }

    void aWrongNumberOfThreadsIsSaid()
    {
        QFETCH(QString, threads);
        QFETCH(QByteArray, says);
        Surroundings surroundings;
        surroundings.environment.insert("MIEN_THREADS", threads);
        const Outcome outcome = runMien({"version"}, surroundings);
        QCOMPARE(outcome.status, 0);
        QCOMPARE(outcome.errorLines(), says.isEmpty() ? 0 : 1);
        QVERIFY2(outcome.err.contains(says), outcome.err);
    }

    void helpNamesEveryCommandAndNoOther()
    {
        const Outcome help = runMien({"--help"});
        QCOMPARE(help.status, 0);
        for (const char *name :
             {"init",       "demo",  "import",  "info",       "list",    "label",    "undo",    "redo",     "history",
              "pack",       "train", "flag",    "flags",      "explain", "predict",  "frames",  "snapshot", "runs",
              "probe",      "split", "imports", "export",     "doctor",  "networks", "formats", "devices",  "version",
              "completion", "dedup", "extract", "drowsiness", "convert", "selftest", "embed"}) {
            QVERIFY2(help.out.contains("\n  " + QByteArray(name) + " "), name);
            const Outcome own = runMien({name, "-h"});
            QCOMPARE(own.status, 0);
            QVERIFY2(own.out.contains("Usage: mien " + QByteArray(name)), own.out);
        }
        for (const char *name : {"review", "merge", "agreement", "erase", "relocate", "submit", "plugins"}) {
            QVERIFY2(!help.out.contains("\n  " + QByteArray(name) + " "), name);
            QCOMPARE(runMien({name}).status, 2);
        }
    }

    void completionFollowsTheTable_data()
    {
        QTest::addColumn<QString>("shell");
        for (const char *shell : {"bash", "zsh", "fish"})
            QTest::newRow(shell) << shell;
    }

    void completionFollowsTheTable()
    {
        QFETCH(QString, shell);
        const Outcome script = runMien({"completion", shell});
        QCOMPARE(script.status, 0);
        QVERIFY(!script.out.contains("slurm")); // an option of a command that is not there
        for (const char *word : {"filter", "samples", "compare", "happiness", "eac-resnet50"})
            QVERIFY2(script.out.contains(word), word);
        if (shell == "bash") {
            QTemporaryDir folder;
            writeFile(folder.filePath("mien.bash"), script.out);
            QProcess bash;
            bash.start(
                "bash",
                {"-c", "source " + folder.filePath("mien.bash") +
                           "; COMP_WORDS=(mien snapshot create --fil); COMP_CWORD=3; _mien; echo ${COMPREPLY[0]}"});
            QVERIFY(bash.waitForFinished());
            QCOMPARE(bash.readAllStandardOutput().trimmed(), QByteArray("--filter"));
        }
    }

    void noProjectSaysHowToNameOne()
    {
        QTemporaryDir folder;
        const Outcome outcome = runMien({"info"}, {.folder = folder.path()});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains("-p PROJECT"), outcome.err);
        QCOMPARE(runMien({"info", "-p", folder.filePath("none.mien")}).status, 1);
    }
};

QTEST_GUILESS_MAIN(TestCliUsage)
#include "tst_cli_usage.moc"
