#include "tests/e2e/mien_process.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace mien::test;

/// Videos of the generated project: measured, their faces extracted, doubted and trained on, beside its expressions.
class TestCliDrowsiness : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_project = m_folder.filePath("demo.mien");
        const QJsonObject made = runMien({"demo", m_project, "--samples", "80", "--size", "64", "--json"}).result();
        QCOMPARE(made["samples"].toInt(), 80);
        QCOMPARE(made["videos"].toInt(), 9);
        QFile truth(m_project + "/demo_video_truth.csv");
        QVERIFY(truth.open(QIODevice::ReadOnly));
        truth.readLine();
        while (!truth.atEnd()) {
            const QList<QByteArray> row = truth.readLine().split(',');
            m_blinks[row[0]] = qMax(m_blinks[row[0]], row[7].toInt());
            m_closed[row[0]] += row[2].toDouble() <= 0.2;
            ++m_frames[row[0]];
        }
    }

    void videosAreMeasuredOnce()
    {
        const Outcome outcome = on({"drowsiness", "--json"});
        QCOMPARE(outcome.status, 0);
        QVERIFY(outcome.isJsonOnly());
        const QJsonObject result = outcome.result();
        QCOMPARE(result["videos"].toInt(), 9);
        QCOMPARE(result["unchanged"].toInt(), 0);
        QCOMPARE(result["skipped"].toInt(), 0);
        QCOMPARE(result["flagged"].toInt(), 0); // no face of theirs is a sample yet
        int frames = 0, blinks = 0;
        double perclos = 0;
        for (const QByteArray &video : m_frames.keys()) {
            frames += m_frames[video];
            blinks += m_blinks[video];
            perclos += double(m_closed[video]) / m_frames[video] / 9;
        }
        QCOMPARE(result["frames"].toInt(), frames);
        QVERIFY2(qAbs(result["blinks"].toInt() - blinks) <= 0.05 * blinks, outcome.out);
        QVERIFY2(qAbs(result["perclos"].toDouble() - perclos) <= 0.05, outcome.out);
        QVERIFY(!outcome.events("progress").isEmpty());
        QCOMPARE(strips().size(), 9);

        const QJsonObject again = on({"drowsiness", "--json"}).result();
        QCOMPARE(again["videos"].toInt(), 0);
        QCOMPARE(again["unchanged"].toInt(), 9);
        QCOMPARE(again["blinks"], result["blinks"]);
        // What is gone or damaged is made again, and nothing else.
        QVERIFY(QFile::remove(m_project + "/strips/" + strips()[2]));
        QFile damaged(m_project + "/strips/" + strips()[5]);
        QVERIFY(damaged.open(QIODevice::WriteOnly | QIODevice::Truncate));
        damaged.write("{\"format\":\"mien-st");
        damaged.close();
        const QJsonObject third = on({"drowsiness", "--json"}).result();
        QCOMPARE(third["videos"].toInt(), 2);
        QCOMPARE(third["blinks"], result["blinks"]);
        QCOMPARE(on({"doctor", "--json"}).result()["problems"].toInt(-1), 0);
    }

    void samplesCarryWhatWasMeasured()
    {
        const QJsonObject extracted =
            on({"extract", "--filter", "dataset:uta-rldd", "--states", "0,5,10", "--json"}).result();
        QCOMPARE(extracted["media"].toInt(), 9);
        const int faces = extracted["crops"].toInt();
        QVERIFY(faces > 200);
        QCOMPARE(on({"list", "--filter", "drowsiness.eye_opening>=0", "--fields", "id", "--json"}).rows().size(), 0);
        const QJsonObject result = on({"drowsiness", "--json"}).result();
        QCOMPARE(result["unchanged"].toInt(), 9);
        const auto rows =
            on({"list", "--filter", "drowsiness.eye_opening>=0", "--fields", "id,label,drowsiness.*", "--json"}).rows();
        QVERIFY(rows.size() > 0.95 * faces);
        double alert = 0, drowsy = 1;
        for (const QJsonObject &row : rows) {
            if (row["label"].toString() == "alert")
                alert = qMax(alert, row["drowsiness.perclos"].toDouble());
            else if (row["label"].toString() == "drowsy")
                drowsy = qMin(drowsy, row["drowsiness.perclos"].toDouble());
            QVERIFY(row["drowsiness.blinks_per_minute"].toDouble() > 0);
        }
        QVERIFY(alert < 0.1 && drowsy > 0.15);

        // The flag of its own: drowsy people open their eyes between naps. Alert ones of the demo close none for long.
        const auto doubted =
            on({"list", "--filter", "drowsiness:eyes_open", "--fields", "id,label,drowsiness.eye_opening", "--json"})
                .rows();
        QCOMPARE(doubted.size(), result["flagged"].toInt());
        QVERIFY(doubted.size() > 5 && doubted.size() < rows.size() / 2);
        for (const QJsonObject &row : doubted) {
            QCOMPARE(row["label"].toString(), "drowsy");
            QVERIFY(row["drowsiness.eye_opening"].toDouble() >= 0.8);
        }
        QCOMPARE(count("drowsiness:eyes_closed"), 0);
        // It follows the label: a nap that somebody calls alert is doubted.
        QCOMPARE(on({"label", "--filter", "label:drowsy drowsiness.closed_s>0.8", "--class", "alert"}).status, 0);
        QVERIFY(count("drowsiness:eyes_closed") > 0);
        QVERIFY(count("drowsiness:doubt") > doubted.size());
        QCOMPARE(on({"undo"}).status, 0);
        QCOMPARE(count("drowsiness:doubt"), doubted.size());
        QCOMPARE(on({"list", "--filter", "drowsiness:odd"}).status, 2);
        QCOMPARE(on({"doctor", "--json"}).result()["problems"].toInt(-1), 0);
    }

    void trainingLearnsOneKindOfLabels()
    {
        const QStringList tiny = {"--network", "eac-compact",    "--set",   "preset=tiny", "--set",
                                  "epochs=1",  "--set",          "size=32", "--set",       "batch=32",
                                  "--set",     "precision=fp32", "--folds", "2",           "--json"};
        // More samples have labels of drowsiness; either kind can be asked for.
        QVERIFY(count("space:drowsiness") > 80);
        const Outcome drowsy = on(QStringList{"train"} + tiny);
        QVERIFY2(drowsy.status == 0, drowsy.err);
        QCOMPARE(drowsy.result()["space"].toString(), "drowsiness/1");
        QCOMPARE(drowsy.events("warning").size(), 1);
        const Outcome expressions = on(QStringList{"train", "--space", "expression"} + tiny);
        QVERIFY2(expressions.status == 0, expressions.err);
        QCOMPARE(expressions.result()["space"].toString(), "expression/1");
        QCOMPARE(count("has:predicted space:drowsiness") + count("has:predicted space:expression"),
                 count("has:predicted"));
        QCOMPARE(on(QStringList{"train", "--space", "other"} + tiny).status, 2);

        // Flags of either run judge its own labels.
        const QString run = expressions.result()["run"].toString();
        QCOMPARE(on({"flag", "--run", run, "--json"}).status, 0);
        QCOMPARE(count("scored:yes space:drowsiness"), 0);
        QCOMPARE(count("scored:yes"), count("space:expression"));
    }

    void wrongUsageIsRefused()
    {
        const QString empty = m_folder.filePath("empty.mien");
        runMien({"init", empty});
        QCOMPARE(runMien({"drowsiness", "-p", empty}).status, 1);
        QCOMPARE(on({"drowsiness", "--filter", "labl:drowsy"}).status, 2);
        QCOMPARE(on({"drowsiness", "--filter", "subject:99"}).status, 1);
        QCOMPARE(on({"drowsiness", "--jobs", "0"}).status, 2);
    }

    void aLostVideoIsSkippedWithItsReason()
    {
        const QString video = m_project + "/media/drowsiness/Fold1_part1/02/5.mp4";
        QVERIFY(QFile::remove(m_project + "/strips/" + strips()[0]));
        for (const QString &strip : strips())
            QVERIFY(QFile::remove(m_project + "/strips/" + strip));
        QVERIFY(QFile::rename(video, video + ".away"));
        const Outcome outcome = on({"drowsiness", "--filter", "subject:02", "--json"});
        QCOMPARE(outcome.status, 3);
        QCOMPARE(outcome.result()["videos"].toInt(), 2);
        QCOMPARE(outcome.result()["skipped"].toInt(), 1);
        QCOMPARE(outcome.events("warning").front()["code"].toString(), "MISSING_FILE");
        QVERIFY(QFile::rename(video + ".away", video));
    }

private:
    Outcome on(QStringList arguments) { return runMien(arguments << "-p" << m_project); }
    int count(const QString &filter)
    {
        return int(on({"list", "--filter", filter, "--fields", "id", "--format", "jsonl"}).rows().size());
    }
    QStringList strips() const { return QDir(m_project + "/strips").entryList(QDir::Files, QDir::Name); }

    QTemporaryDir m_folder;
    QString m_project;
    QMap<QByteArray, int> m_blinks, m_closed, m_frames;
};

QTEST_GUILESS_MAIN(TestCliDrowsiness)
#include "tst_cli_drowsiness.moc"
