#include "models/io/npy.h"
#include "models/io/safetensors.h"
#include "tests/e2e/mien_process.h"

#include <QDir>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <cmath>
#include <csignal>
#include <vector>

using namespace mien;
using namespace mien::test;

/// `mien embed`: maps of a run and of somebody's own features, also when they are stopped, killed, or make no sense.
class TestCliEmbed : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_project;

    QString path(const QString &name) const { return m_folder.filePath(name); }

    static QByteArray bytesOf(const QString &file)
    {
        QFile opened(file);
        return opened.open(QFile::ReadOnly) ? opened.readAll() : QByteArray();
    }

    /// Points of three clouds, the same each time.
    QString features(const QString &name, int rows, float odd = 0) const
    {
        std::uint32_t state = 1;
        std::vector<float> values;
        for (int i = 0; i < rows; ++i)
            for (int d = 0; d < 12; ++d) {
                state = state * 1664525u + 1013904223u;
                values.push_back(float(state >> 8) / 16777216.0f + (d == i % 3 ? 3.0f : 0.0f));
            }
        if (odd != 0)
            values[12 * 5 + 1] = odd;
        if (!writeNpy(path(name).toStdString(), values, {rows, 12}))
            qFatal("the features cannot be written");
        return path(name);
    }

    Outcome embedRun(const QStringList &arguments)
    {
        return runMien(QStringList{"embed", "-p", m_project, "--run", "r1", "--device", "cpu", "--json"} + arguments);
    }

    /// Starts a map and sends `signal` once it is on its way; false when it was done before.
    static bool interrupted(const QStringList &arguments, int signal, Outcome &outcome)
    {
        QProcess process;
        startMien(process, arguments);
        QByteArray said;
        while (process.waitForReadyRead(120'000)) {
            said += process.readAllStandardOutput();
            if (said.contains("\"event\":\"layout\""))
                break;
        }
        if (process.state() != QProcess::Running)
            return false;
        ::kill(pid_t(process.processId()), signal);
        process.waitForFinished(60'000);
        outcome = {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                   said + process.readAllStandardOutput(), process.readAllStandardError()};
        return !outcome.out.contains("\"event\":\"result\"");
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_project = path("faces.mien");
        QCOMPARE(runMien({"demo", m_project, "--samples", "60", "--noise", "0.1"}).status, 0);
        const Outcome trained = runMien({"train", "-p", m_project, "--network", "eac-compact", "--folds", "2", "--set",
                                         "preset=tiny", "--set", "epochs=1", "--set", "precision=fp32"});
        QVERIFY2(trained.status == 0, trained.err);
    }

    void aRunIsLaidOutAndRemembered()
    {
        const Outcome first = embedRun({"--iterations", "300", "--out", path("faces.npy")});
        QVERIFY2(first.status == 0, first.err);
        QVERIFY(first.isJsonOnly());
        const QJsonObject result = first.result();
        for (const char *field :
             {"kl", "trustworthiness", "continuity", "davies_bouldin", "calinski_harabasz", "seconds"})
            QVERIFY2(result[field].isDouble(), field);
        QCOMPARE(result["samples"].toInt(), 60);
        QCOMPARE(result["fold"].toInt(-1), 0);
        const QString embedding = result["embedding"].toString();
        QVERIFY2(embedding.startsWith(m_project + "/runs/r1/embeddings/"), qPrintable(embedding));
        const auto kept = SafetensorsFile::open(embedding.toStdString());
        QVERIFY(kept);
        const auto ids = *kept->values<std::int64_t>("sample");
        QCOMPARE(ids.size(), std::size_t(60));
        const auto rows = runMien({"list", "-p", m_project, "--fields", "id", "--format", "jsonl"}).rows();
        for (const QJsonObject &row : rows)
            QVERIFY(std::find(ids.begin(), ids.end(), row["id"].toInteger()) != ids.end());
        const auto table = NpyArray::read(path("faces.npy").toStdString());
        QVERIFY(table);
        QCOMPARE(table->shapeText(), std::string("(60, 2)"));
        QVERIFY(*table->floats() == *kept->values<float>("layout"));

        const Outcome again = embedRun({"--iterations", "300"});
        QCOMPARE(again.status, 0);
        QVERIFY(again.result()["reused"].toBool());
        QCOMPARE(again.result()["embedding"], result["embedding"]);
        QCOMPARE(again.result()["kl"], result["kl"]);
        const Outcome other = embedRun({"--iterations", "300", "--fold", "1"});
        QCOMPARE(other.status, 0);
        QVERIFY(other.result()["embedding"] != result["embedding"]);
        QVERIFY(!other.result()["reused"].toBool());
        const Outcome axes = embedRun({"--method", "pca"});
        QVERIFY2(axes.status == 0, axes.err);
        QVERIFY(axes.result()["trustworthiness"].isDouble());
        QCOMPARE(runMien({"doctor", "-p", m_project}).status, 0);

        const Outcome plain =
            runMien({"embed", "-p", m_project, "--run", "r1", "--device", "cpu", "--iterations", "300"});
        QCOMPARE(plain.status, 0);
        QVERIFY2(plain.out.startsWith("Found the map of 60 samples: KL "), plain.out);
    }

    void labelsOfTodayLeaveMapsAlone()
    {
        const Outcome before = embedRun({"--iterations", "260"});
        QCOMPARE(before.status, 0);
        QCOMPARE(runMien({"label", "-p", m_project, "--filter", "label:happiness", "--class", "fear"}).status, 0);
        const Outcome after = embedRun({"--iterations", "260"});
        QCOMPARE(after.status, 0);
        QVERIFY(after.result()["reused"].toBool());
        QCOMPARE(runMien({"undo", "-p", m_project}).status, 0);
    }

    void killedMapsGoOnToTheSameBytes()
    {
        const QString rows = features("many.npy", 900);
        const QStringList command{"embed",    "--features", rows,     "--iterations", "1500",
                                  "--device", "cpu",        "--json", "--out"};
        const Outcome whole = runMien(command + QStringList{path("whole.npy")});
        QVERIFY2(whole.status == 0, whole.err);
        QVERIFY(QDir(m_folder.path()).entryList({"whole.npy.work*"}, QDir::AllEntries | QDir::Hidden).isEmpty());
        int stops = 0;
        for (const int signal : {SIGKILL, SIGTERM}) {
            Outcome outcome;
            if (!interrupted(command + QStringList{path("killed.npy")}, signal, outcome))
                break; // it was quicker
            ++stops;
            QCOMPARE(outcome.status, signal == SIGTERM ? 130 : -1);
            QVERIFY(!QFile::exists(path("killed.npy")));
        }
        QVERIFY(stops > 0);
        const Outcome goneOn = runMien(command + QStringList{path("killed.npy")});
        QVERIFY2(goneOn.status == 0, goneOn.err);
        QVERIFY(goneOn.result()["resumed_iteration"].toInt() > 0 || stops < 2); // SIGTERM was last: all was kept
        QVERIFY(bytesOf(path("killed.npy")) == bytesOf(path("whole.npy")));
        QVERIFY(!QFile::exists(path("killed.npy.work")));
    }

    void featuresNeedNoProject()
    {
        features("own.npy", 90);
        const Outcome outcome =
            runMien({"embed", "--features", "own.npy", "--iterations", "260", "--json"}, {.folder = m_folder.path()});
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.result()["embedding"].toString(), QString("own.map.npy"));
        QVERIFY(outcome.result()["davies_bouldin"].isNull());
        const auto map = NpyArray::read(path("own.map.npy").toStdString());
        QVERIFY(map);
        QCOMPARE(map->descr(), std::string("<f4"));
        QCOMPARE(map->shapeText(), std::string("(90, 2)"));
    }

    void whatMakesNoSenseIsSaid_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("says");
        const QString own = features("few.npy", 60), three = features("three.npy", 3),
                      odd = features("odd.npy", 60, NAN);
        QTest::newRow("nothing") << QStringList{} << 2 << QByteArray("either --run ID or --features");
        QTest::newRow("both") << QStringList{"--run", "r1", "--features", own} << 2 << QByteArray("either --run ID");
        QTest::newRow("fold of a file") << QStringList{"--features", own, "--fold", "1"} << 2
                                        << QByteArray("--fold goes with --run");
        QTest::newRow("labels of a run") << QStringList{"--run", "r1", "--labels", own} << 2
                                         << QByteArray("--labels goes with --features");
        QTest::newRow("unknown run") << QStringList{"--run", "r9"} << 1 << QByteArray("There is no run r9");
        QTest::newRow("unknown fold") << QStringList{"--run", "r1", "--fold", "2"} << 1
                                      << QByteArray("its folds are 0 to 1");
        QTest::newRow("no number") << QStringList{"--features", odd} << 1
                                   << QByteArray("row 5, column 1 (counted from 0)");
        QTest::newRow("three rows") << QStringList{"--features", three} << 1 << QByteArray("has 3 rows");
        QTest::newRow("perplexity") << QStringList{"--features", own, "--perplexity", "21"} << 1
                                    << QByteArray("at most a third of them, 20");
        QTest::newRow("perplexity of a run")
            << QStringList{"--run", "r1", "--perplexity", "21"} << 1 << QByteArray("at most a third of them, 20");
        QTest::newRow("no file") << QStringList{"--features", path("none.npy")} << 1 << QByteArray("none.npy");
        QTest::newRow("no map of a run") << QStringList{"--features", m_project + "/project.db"} << 1
                                         << QByteArray("project.db");
        QTest::newRow("nowhere to write")
            << QStringList{"--features", own, "--out", path("none/map.npy")} << 1 << QByteArray("there is no folder");
        QTest::newRow("device") << QStringList{"--features", own, "--device", "tpu"} << 1 << QByteArray("tpu");
    }

    void whatMakesNoSenseIsSaid()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        QFETCH(QByteArray, says);
        const QStringList before = QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden);
        const Outcome outcome = runMien(QStringList{"embed", "-p", m_project} + arguments, {.folder = m_folder.path()});
        QVERIFY2(outcome.status == status, outcome.err);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains(says), outcome.err);
        QCOMPARE(QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden), before);
    }

    void featuresThatAreNoNumbersAreSaid()
    {
        // A network whose weights went wrong cannot be loaded, so no map can hold what it makes.
        const QString checkpoint = m_project + "/runs/r1/fold0/checkpoint.safetensors";
        const QByteArray good = bytesOf(checkpoint);
        QByteArray bad = good;
        const float nan = NAN;
        memcpy(bad.data() + bad.size() - 4, &nan, 4);
        writeFile(checkpoint, bad);
        const Outcome outcome = embedRun({"--iterations", "270"});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains("checkpoint.safetensors"), outcome.err);
        writeFile(checkpoint, good);
    }
};

QTEST_GUILESS_MAIN(TestCliEmbed)
#include "tst_cli_embed.moc"
