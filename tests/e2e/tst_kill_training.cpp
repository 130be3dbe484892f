#include "pipeline/store/doctor.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "tests/e2e/kill_loop.h"
#include "tests/support/filled_project.h"
#include "tests/support/reliability.h"
#include "tests/support/temporary_folder.h"

#include <QJsonDocument>
#include <QtTest/QtTest>

using namespace mien;
using namespace mien::test;

namespace {

/// "fold epoch split name" of every line of a run's metrics, sorted.
QStringList metricsIn(const QByteArray &lines)
{
    QStringList metrics;
    for (const QByteArray &line : lines.split('\n')) {
        const QJsonObject metric = QJsonDocument::fromJson(line).object();
        if (!line.isEmpty())
            metrics << QString("%1 %2 %3 %4")
                           .arg(metric["fold"].toInt(-1))
                           .arg(metric["epoch"].toInt(-1))
                           .arg(metric["split"].toString(), metric["name"].toString());
    }
    metrics.sort();
    return metrics;
}

} // namespace

/// T1: a training that is killed again and again ends with the bytes of one that was left in peace.
class TestKillTraining : public QObject
{
    Q_OBJECT

    /// State of the newest run. At every second kill a writer opens the project, who clears what the killed one left;
    /// else only the next training does.
    std::string stateAfterKill(const KillLoop &loop, const QString &project)
    {
        const bool writes = loop.killed() % 2 == 0;
        Project broken =
            must(Project::open(project.toStdString(), writes ? Project::Access::Write : Project::Access::Read));
        for (const ProjectProblem &problem : must(examine(broken, false, {})))
            if (problem.kind != "leftover" || writes)
                QTest::qFail(qPrintable(QString::fromStdString(problem.what) + " " + loop.said()), __FILE__, __LINE__);
        const auto begun = runs(broken);
        return begun.empty() ? std::string() : begun.back().state;
    }

private Q_SLOTS:
    void trainingGoesOn()
    {
        const QTemporaryDir folder;
        const QString fresh = folder.filePath("fresh.mien"), project = folder.filePath("p.mien"),
                      run = project + "/runs/r1";
        writeFile(folder.filePath("fer2013.csv"), fer2013Csv(70));
        QCOMPARE(runMien({"init", fresh}).status, 0);
        QCOMPARE(runMien({"import", folder.filePath("fer2013.csv"), "-p", fresh}).status, 0);
        const QStringList train{"train", "--network",   "eac-compact", "--folds",  "2",     "--seed",         "3",
                                "--set", "preset=tiny", "--set",       "epochs=4", "--set", "precision=fp32", "-p",
                                project, "--json"};
        Surroundings alone;
        alone.environment.insert("MIEN_THREADS", "1");

        copyFolder(fresh, project);
        KillLoop loop(project, pointsOf(10, 100), 3);
        const Outcome whole = loop.measure(train, alone);
        QVERIFY2(whole.status == 0, whole.err);
        const auto expected = filesBelow(run);
        const QStringList compared{"/fold0/checkpoint.safetensors", "/fold1/checkpoint.safetensors",
                                   "/folds.safetensors", "/predictions.safetensors"};
        for (const QString &file : compared)
            QVERIFY2(!expected[file].isEmpty(), qPrintable(file));

        int lost = 0;
        while (!loop.isOver()) {
            copyFolder(fresh, project);
            KillLoop::End end = KillLoop::End::Killed;
            while (end == KillLoop::End::Killed) {
                end = loop.run(train, alone);
                QVERIFY2(end != KillLoop::End::Failed, qPrintable(loop.said()));
                const std::string state = stateAfterKill(loop, project);
                if (QTest::currentTestFailed())
                    return;
                if (state == "done")
                    break; // killed behind its last write: started again, it would be another run
                if (loop.isOver() && end == KillLoop::End::Killed) {
                    const Outcome last = runMien(train, alone);
                    QVERIFY2(last.status == 0, last.err + loop.said().toUtf8());
                    end = KillLoop::End::Done;
                }
            }
            const auto found = filesBelow(run);
            for (const QString &file : compared) {
                lost += found[file] != expected[file];
                QVERIFY2(found[file] == expected[file], qPrintable(file + " differs; " + loop.said()));
            }
            QCOMPARE(metricsIn(found["/metrics.jsonl"]), metricsIn(expected["/metrics.jsonl"]));
            Project done = must(Project::open(project.toStdString(), Project::Access::Write));
            for (const ProjectProblem &problem : must(examine(done, false, {})))
                QVERIFY2(false, qPrintable(QString::fromStdString(problem.what) + " " + loop.said()));
            QCOMPARE(runs(done).size(), std::size_t(1));
            QCOMPARE(runs(done)[0].state, std::string("done"));
        }
        reportReliability("T1", "mien train, SIGKILL, final weights byte for byte:", loop.killed(), lost, loop.seed());
        QVERIFY(loop.killed() >= pointsOf(10, 100));
    }
};

QTEST_GUILESS_MAIN(TestKillTraining)
#include "tst_kill_training.moc"
