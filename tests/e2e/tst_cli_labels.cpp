#include "tests/e2e/mien_process.h"

#include <QBuffer>
#include <QDir>
#include <QImage>
#include <QTemporaryDir>
#include <QtMath>
#include <QtTest/QtTest>

using namespace mien::test;

/// Import, look, label, take back: the ledger through the command line.
class TestCliLabels : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_project;

    QMap<int, QString> labels() const
    {
        QMap<int, QString> found;
        for (const QJsonObject &row : runMien({"list", "-p", m_project, "--format", "jsonl"}).rows())
            found[row["id"].toInt()] = row["label"].toString() + "/" + row["state"].toString();
        return found;
    }

private Q_SLOTS:
    void init()
    {
        m_project = m_folder.filePath(QString(QTest::currentTestFunction()) + ".mien");
        writeFile(m_folder.filePath("fer2013.csv"), fer2013Csv(42));
        QCOMPARE(runMien({"init", m_project, "--name", "Study"}).status, 0);
        const Outcome import = runMien({"import", m_folder.filePath("fer2013.csv"), "-p", m_project, "--json"});
        QVERIFY2(import.status == 0, import.err);
        QVERIFY(import.isJsonOnly());
        QCOMPARE(import.result()["format"].toString(), "fer2013.csv");
        QCOMPARE(import.result()["samples"].toInt(), 42);
        QCOMPARE(import.result()["labels"].toInt(), 42);
        QCOMPARE(import.result()["media"].toInt(), 1);
        QCOMPARE(import.result()["skipped"].toInt(), 0);
    }

    void initRefusesAFullFolder()
    {
        const Outcome again = runMien({"init", m_project});
        QCOMPARE(again.status, 1);
        QCOMPARE(again.errorLines(), 1);
    }

    void infoCounts()
    {
        const QJsonObject info = runMien({"info", "-p", m_project, "--json"}).result();
        QCOMPARE(info["samples"].toInt(), 42);
        QCOMPARE(info["by_label"].toObject()["happiness"].toInt(), 6);
        QCOMPARE(info["by_label"].toObject().size(), 7);
        QCOMPARE(info["by_split"].toObject()["train"].toInt(), 28);
        QCOMPARE(info["flags"].toObject()["open"].toInt(), 0);
        QCOMPARE(info["runs"].toInt(), 0);
        QCOMPARE(info["snapshots"].toInt(), 0);
    }

    void listGivesRows()
    {
        const Outcome csv = runMien({"list", "-p", m_project, "--fields", "id,source,label,split", "--limit", "2"});
        QCOMPARE(csv.status, 0);
        QCOMPARE(csv.out.count('\n'), 3);
        QVERIFY(csv.out.startsWith("id,source,label,split\n"));
        QVERIFY2(csv.out.contains("fer2013.csv#row:0,anger,train"), csv.out);
        const auto rows = runMien({"list", "-p", m_project, "--filter", "label:fear", "--format", "jsonl"}).rows();
        QCOMPARE(rows.size(), 6);
        QCOMPARE(rows[0]["given"].toString(), "fear");
        QVERIFY(rows[0]["votes"].isNull());
        const auto sorted =
            runMien({"list", "-p", m_project, "--sort", "-id", "--fields", "id", "--format", "jsonl"}).rows();
        QVERIFY(sorted[0]["id"].toInt() > sorted[41]["id"].toInt());
    }

    void projectIsFoundFromInside()
    {
        const Outcome info = runMien({"info", "--json"}, {.folder = m_project + "/crops"});
        QCOMPARE(info.result()["samples"].toInt(), 42);
    }

    void wrongFilterNamesThePosition()
    {
        const Outcome outcome = runMien({"list", "-p", m_project, "--filter", "label:fear labl:x"});
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains("osition 12"), outcome.err);
        const Outcome field = runMien({"list", "-p", m_project, "--fields", "id,labl"});
        QCOMPARE(field.status, 2);
        QVERIFY2(field.err.contains("'labl'") && field.err.contains("suspicion"), field.err);
    }

    void aWrongFilterIsWrongUsage()
    {
        for (const QStringList &command : {QStringList{"list"},
                                           {"pack"},
                                           {"label", "--class", "fear"},
                                           {"export", "--format", "csv", m_folder.filePath("never")}}) {
            const Outcome outcome = runMien(command + QStringList{"--filter", "labl:fear", "-p", m_project});
            QVERIFY2(outcome.status == 2 && outcome.errorLines() == 1 && outcome.err.contains("labl"), outcome.err);
        }
        QVERIFY(!QFile::exists(m_folder.filePath("never")));
    }

    void aFilterMayBeginWithADash()
    {
        const auto rows = runMien({"list", "-p", m_project, "--filter", "-label:fear", "--format", "jsonl"}).rows();
        QCOMPARE(rows.size(), 36);
        QCOMPARE(runMien({"list", "-p", m_project, "--filter", "", "--format", "jsonl"}).rows().size(), 42);
    }

    void removedImportsLeaveEverythingAndComeBack()
    {
        const QString out = m_folder.filePath("removed-export");
        QCOMPARE(runMien({"label", "-p", m_project, "--filter", "label:fear", "--class", "sad", "--by", "ann"}).status,
                 0);
        const auto before = labels();
        const Outcome listed = runMien({"imports", "list", "-p", m_project, "--json"});
        QCOMPARE(listed.rows().size(), 1);
        QCOMPARE(listed.rows()[0]["import"].toInt(), 1);
        QCOMPARE(listed.rows()[0]["format"].toString(), "fer2013.csv");
        QCOMPARE(listed.rows()[0]["state"].toString(), "done");

        const Outcome removed = runMien({"imports", "remove", "1", "-p", m_project, "--json"});
        QVERIFY2(removed.status == 0, removed.err);
        QCOMPARE(removed.result()["samples"].toInt(), 42);
        QCOMPARE(removed.result()["state"].toString(), "removed");
        QCOMPARE(removed.result()["deleted_from_ms"].toDouble() - removed.result()["removed_at_ms"].toDouble(),
                 30.0 * 24 * 3600 * 1000);
        QVERIFY(labels().isEmpty());
        const QJsonObject info = runMien({"info", "-p", m_project, "--json"}).result();
        QCOMPARE(info["samples"].toInt(), 0);
        QVERIFY(info["by_label"].toObject().isEmpty());
        QCOMPARE(runMien({"export", "--format", "csv", out, "-p", m_project}).status, 1);
        QCOMPARE(runMien({"snapshot", "create", "-p", m_project}).status, 1);
        QCOMPARE(runMien({"doctor", "-p", m_project}).status, 0);
        QVERIFY(runMien({"imports", "list", "-p", m_project, "--json"}).rows().isEmpty());
        QCOMPARE(runMien({"imports", "list", "--removed", "-p", m_project, "--json"}).rows().size(), 1);
        const Outcome twice = runMien({"imports", "remove", "1", "-p", m_project});
        QCOMPARE(twice.status, 1);
        QVERIFY2(twice.errorLines() == 1 && twice.err.contains("already"), twice.err);

        QCOMPARE(runMien({"imports", "restore", "1", "-p", m_project}).status, 0);
        QCOMPARE(labels(), before);
        QCOMPARE(runMien({"undo", "-p", m_project}).status, 0);
        QVERIFY(labels() != before);
        QCOMPARE(runMien({"redo", "-p", m_project}).status, 0);
        QCOMPARE(runMien({"imports", "remove", "1", "-p", m_project}).status, 0);
        QCOMPARE(runMien({"import", m_folder.filePath("fer2013.csv"), "-p", m_project}).status, 0);
        QCOMPARE(labels(), before); // imported again: the same faces with their labels
        const Outcome unknown = runMien({"imports", "remove", "7", "-p", m_project});
        QCOMPARE(unknown.status, 1);
        QVERIFY2(unknown.err.contains("mien imports list"), unknown.err);
    }

    void labelUndoRedoHistory()
    {
        const auto before = labels();
        const Outcome labelled =
            runMien({"label", "-p", m_project, "--filter", "label:fear", "--class", "sad", "--by", "ann", "--json"});
        QVERIFY2(labelled.status == 0, labelled.err);
        QCOMPARE(labelled.result()["changed"].toInt(), 6);
        const auto after = labels();
        QVERIFY(before != after);
        QCOMPARE(runMien({"list", "-p", m_project, "--filter", "label:sadness", "--format", "jsonl"}).rows().size(),
                 12);
        QCOMPARE(runMien({"list", "-p", m_project, "--filter", "annotator:ann", "--format", "jsonl"}).rows().size(), 6);

        const Outcome undone = runMien({"undo", "-p", m_project, "--json"});
        QVERIFY2(undone.status == 0, undone.err);
        QVERIFY(!undone.result()["edit"].toString().isEmpty());
        QCOMPARE(labels(), before);
        QCOMPARE(runMien({"list", "-p", m_project, "--filter", "annotator:ann", "--format", "jsonl"}).rows().size(), 0);
        QCOMPARE(runMien({"redo", "-p", m_project}).status, 0);
        QCOMPARE(labels(), after);
        const Outcome nothing = runMien({"redo", "-p", m_project});
        QCOMPARE(nothing.status, 1);
        QCOMPARE(nothing.errorLines(), 1);

        const Outcome history = runMien({"history", "-p", m_project, "--json"});
        QCOMPARE(history.rows().size(), 1);
        QCOMPARE(history.rows()[0]["by"].toString(), "ann");
        QCOMPARE(history.result()["edit"].toString(), history.rows()[0]["name"].toString());
        QCOMPARE(runMien({"doctor", "-p", m_project, "--json"}).result()["problems"].toInt(), 0);
    }

    void newEditClearsRedo()
    {
        QCOMPARE(runMien({"label", "-p", m_project, "--filter", "label:happiness", "--class", "anger"}).status, 0);
        QCOMPARE(runMien({"undo", "-p", m_project}).status, 0);
        QCOMPARE(runMien({"label", "-p", m_project, "--filter", "label:disgust", "--class", "unsure"}).status, 0);
        QCOMPARE(runMien({"redo", "-p", m_project}).status, 1);
    }

    void labelFromAFileOfIds()
    {
        const auto rows = runMien({"list", "-p", m_project, "--format", "jsonl", "--limit", "3"}).rows();
        QByteArray ids;
        for (const QJsonObject &row : rows)
            ids += QByteArray::number(row["id"].toInt()) + "\n";
        writeFile(m_folder.filePath("ids.txt"), ids);
        QCOMPARE(runMien({"label", "-p", m_project, "--samples", m_folder.filePath("ids.txt"), "--class", "not_a_face",
                          "--json"})
                     .result()["changed"]
                     .toInt(),
                 3);
        const auto now = labels();
        for (const QJsonObject &row : rows)
            QCOMPARE(now[row["id"].toInt()], QString("/not_a_face"));
        QCOMPARE(runMien({"label", "-p", m_project, "--samples", m_folder.filePath("ids.txt"), "--class", "unlabeled"})
                     .status,
                 0);
        for (const QJsonObject &row : rows)
            QCOMPARE(labels()[row["id"].toInt()], QString("/unlabeled"));
        QCOMPARE(runMien({"undo", "-p", m_project}).status, 0);
        QCOMPARE(labels(), now);

        writeFile(m_folder.filePath("ids.txt"), ids + "999999\n");
        const Outcome unknown =
            runMien({"label", "-p", m_project, "--samples", m_folder.filePath("ids.txt"), "--class", "fear"});
        QCOMPARE(unknown.status, 1);
        QVERIFY2(unknown.err.contains("line 4") && unknown.err.contains("999999"), unknown.err);
        QCOMPARE(labels(), now);
    }

    void splitsAreDealtCheckedAndTakenBack()
    {
        const auto splits = [&] {
            return runMien({"info", "-p", m_project, "--json"}).result()["by_split"].toObject();
        };
        const QJsonObject before = splits();
        // A class folder of a manifest with people: two lie in two splits.
        const QString root = m_folder.filePath("people");
        QByteArray table = "path,label,subject,split\n";
        for (int i = 0; i < 24; ++i) {
            QImage image(24, 24, QImage::Format_RGB32);
            image.fill(qRgb(i * 10, 255 - i * 10, i * 7));
            QDir().mkpath(root);
            const QString name = QString("%1.png").arg(i);
            QVERIFY(image.save(root + "/" + name));
            const bool isTest = i >= 16 || i == 1 || i == 6;
            table += name.toLatin1() + ",happy,person" + QByteArray::number(i / 4) + (isTest ? ",test\n" : ",train\n");
        }
        writeFile(root + "/list.csv", table);
        QCOMPARE(runMien({"import", root + "/list.csv", "-p", m_project}).status, 0);
        const Outcome leaking = runMien({"split", "--check", "-p", m_project, "--json"});
        QCOMPARE(leaking.status, 1);
        const QJsonArray leaks = leaking.events("result")[0]["leaks"].toArray();
        QCOMPARE(leaks.size(), 2);
        QCOMPARE(leaks[0].toObject()["kind"].toString(), "subject");
        QCOMPARE(leaks[0].toObject()["name"].toString(), "person0");
        QCOMPARE(leaks[0].toObject()["splits"].toArray().size(), 2);
        QCOMPARE(leaks[0].toObject()["samples"].toArray().size(), 4);

        const Outcome dry =
            runMien({"split", "--by", "subject", "--ratios", "60,20,20", "--dry-run", "-p", m_project, "--json"});
        QVERIFY2(dry.status == 0 && dry.result()["dry_run"].toBool(), dry.err);
        QCOMPARE(runMien({"split", "--check", "-p", m_project}).status, 1); // as it was
        QCOMPARE(runMien({"split", "--check", "--dry-run", "-p", m_project}).status, 2);
        const Outcome split = runMien({"split", "--by", "subject", "--ratios", "60,20,20", "-p", m_project, "--json"});
        QVERIFY2(split.status == 0, split.err);
        QCOMPARE(split.result()["groups"].toInt(), 42 + 6);
        QCOMPARE(split.result()["leaks"].toArray().size(), 0);
        QCOMPARE(split.result()["certificate"].toString(), dry.result()["certificate"].toString());
        const QJsonObject identity = split.result()["identity"].toObject();
        QCOMPARE(identity["declared"].toInt() + identity["inferred"].toInt() + identity["mixed"].toInt(), 42 + 6);
        const Outcome check = runMien({"split", "--check", "-p", m_project, "--json"});
        QCOMPARE(check.status, 0);
        QVERIFY(check.result()["dealt"].toObject()["holds"].toBool());
        QCOMPARE(check.result()["identity"].toObject(), identity);
        const QJsonObject dealt = splits();
        QVERIFY(qAbs(dealt["train"].toInt() - 40) <= 3 && qAbs(dealt["val"].toInt() - 13) <= 3);
        QCOMPARE(runMien({"undo", "-p", m_project}).status, 0);
        QCOMPARE(splits()["test"].toInt(), before["test"].toInt() + 10);
        QCOMPARE(runMien({"split", "-p", m_project}).status, 2);
        QCOMPARE(runMien({"split", "--by", "subject", "--ratios", "1,2", "-p", m_project}).status, 2);
        QCOMPARE(runMien({"split", "--by", "random", "--ratios", "1,1,1", "-p", m_project}).status, 0);
    }

    /// Pictures of waves: two equal ones, one of them again as a small JPEG with another label and in another split.
    void nearDuplicatesAreGroupedAndKeptTogether()
    {
        const auto drawn = [](int seed) {
            QImage image(96, 96, QImage::Format_Grayscale8);
            for (int y = 0; y < 96; ++y)
                for (int x = 0; x < 96; ++x)
                    image.scanLine(y)[x] =
                        uchar(128 + 40 * qSin(0.06 * (seed + 1) * x + seed) +
                              40 * qCos(0.05 * (seed % 3 + 1) * y + 2 * seed) + 30 * qSin(0.02 * (seed + 2) * (x + y)));
            return image;
        };
        const QString root = m_folder.filePath("alike");
        QDir().mkpath(root);
        QByteArray table = "path,label,split\n";
        for (int seed = 0; seed < 12; ++seed) {
            const QString name = QString("%1.png").arg(seed);
            QVERIFY(drawn(seed).save(root + "/" + name));
            table += name.toLatin1() + ",happy,train\n";
        }
        QVERIFY(drawn(3).save(root + "/copy.png"));
        QVERIFY(drawn(3)
                    .scaled(64, 64, Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
                    .save(root + "/small.jpg", "JPG", 85));
        writeFile(root + "/list.csv", table + "copy.png,happy,train\nsmall.jpg,sad,test\n");
        const QString project = m_folder.filePath("alike.mien");
        QCOMPARE(runMien({"init", project}).status, 0);
        QCOMPARE(runMien({"import", root + "/list.csv", "-p", project}).status, 0);
        const Outcome checked = runMien({"split", "--check", "-p", project, "--json"});
        QCOMPARE(checked.status, 1); // it looks by itself
        QCOMPARE(checked.result()["near_duplicates"].toObject()["distance"].toInt(), 7);

        const Outcome equal = runMien({"dedup", "--distance", "0", "-p", project, "--json"});
        QVERIFY2(equal.status == 0 && equal.isJsonOnly(), equal.err);
        QCOMPARE(equal.result()["groups"].toInt(), 1);
        QCOMPARE(equal.result()["images"].toInt(), 2);
        QCOMPARE(equal.result()["duplicates"].toInt(), 1);
        QCOMPARE(equal.result()["across_splits"].toInt(), 0);
        QCOMPARE(runMien({"split", "--check", "-p", project}).status, 1); // equal ones alone are not all
        QCOMPARE(runMien({"dedup", "--distance", "0", "-p", project}).status, 0);

        const QString report = m_folder.filePath("alike.csv");
        const Outcome near = runMien({"dedup", "-p", project, "--json", "--report", report});
        QVERIFY2(near.status == 0 && near.isJsonOnly(), near.err);
        const QJsonObject result = near.result();
        QCOMPARE(result["groups"].toInt(), 1);
        QCOMPARE(result["images"].toInt(), 3);
        QCOMPARE(result["duplicates"].toInt(), 2);
        QCOMPARE(result["conflicts"].toInt(), 1);
        QCOMPARE(result["across_splits"].toInt(), 1);
        QCOMPARE(result["distance"].toInt(), 7);
        QCOMPARE(result["samples"].toInt(), 14);
        QCOMPARE(result["conflict_groups"].toArray().size(), 1);
        QFile problems(report);
        QVERIFY(problems.open(QFile::ReadOnly));
        const QByteArray rows = problems.readAll();
        QVERIFY2(rows.contains("DUPLICATE_CONFLICT,4,3.png") &&
                     rows.contains("happiness: 3.png, copy.png; sadness: small.jpg"),
                 rows);
        QVERIFY2(rows.contains("DUPLICATE_ACROSS_SPLITS"), rows);
        const auto listed = [&](const char *filter) {
            return runMien({"list", "-p", project, "--filter", filter, "--fields", "id,near_duplicate", "--sort",
                            "near_duplicate", "--format", "jsonl"})
                .rows();
        };
        QCOMPARE(listed("near_duplicate:yes").size(), 3);
        QCOMPARE(listed("near_duplicate:yes")[2]["near_duplicate"].toInt(), 4);
        QCOMPARE(listed("near_duplicate:conflict").size(), 3);
        QCOMPARE(listed("near_duplicate:no").size(), 11);
        const Outcome wrong = runMien({"list", "-p", project, "--filter", "near_duplicate:maybe"});
        QVERIFY2(wrong.status == 2 && wrong.err.contains("position 16") && wrong.err.contains("across_splits"),
                 wrong.err);

        const Outcome leaking = runMien({"split", "--check", "-p", project, "--json"});
        QCOMPARE(leaking.status, 1);
        const QJsonArray leaks = leaking.events("result")[0]["leaks"].toArray();
        QCOMPARE(leaks.size(), 1);
        QCOMPARE(leaks[0].toObject()["kind"].toString(), "near_duplicate");
        QCOMPARE(leaks[0].toObject()["name"].toString(), "3.png");
        QCOMPARE(leaks[0].toObject()["samples"].toArray().size(), 3);
        const Outcome split = runMien({"split", "--by", "random", "--ratios", "1,1,1", "-p", project, "--json"});
        QVERIFY2(split.status == 0, split.err);
        QCOMPARE(split.result()["groups"].toInt(), 12);
        QCOMPARE(split.result()["leaks"].toArray().size(), 0);
        QCOMPARE(split.result()["certificate"].toString().size(), 32);
        const Outcome sound = runMien({"split", "--check", "-p", project, "--json"});
        QCOMPARE(sound.status, 0);
        QCOMPARE(sound.result()["certificate"], split.result()["certificate"]);

        QVERIFY(QFile::remove(root + "/small.jpg"));
        const Outcome gone = runMien({"dedup", "-p", project, "--json"});
        QCOMPARE(gone.status, 3);
        QCOMPARE(gone.result()["skipped"].toInt(), 1);
        QCOMPARE(gone.events("warning")[0]["path"].toString(), "small.jpg");
        QCOMPARE(runMien({"dedup", "--distance", "17", "-p", project}).status, 2);
        QCOMPARE(runMien({"dedup", "--distance", "x", "-p", project}).status, 2);
        QCOMPARE(runMien({"dedup", "-p", m_folder.filePath("none.mien")}).status, 1);
    }

    void wrongClassNamesThePossible()
    {
        const Outcome outcome = runMien({"label", "-p", m_project, "--filter", "label:fear", "--class", "hapy"});
        QCOMPARE(outcome.status, 2);
        QVERIFY2(outcome.err.contains("happiness") && outcome.err.contains("not_a_face"), outcome.err);
    }

    void snapshotsTellVersionsApart()
    {
        const QString first =
            runMien({"snapshot", "create", "-p", m_project, "--name", "one", "--json"}).result()["snapshot"].toString();
        QCOMPARE(first.size(), 32);
        QCOMPARE(runMien({"snapshot", "create", "-p", m_project, "--json"}).result()["snapshot"].toString(), first);
        QCOMPARE(runMien({"label", "-p", m_project, "--filter", "label:happiness", "--class", "anger"}).status, 0);
        const QString second =
            runMien({"snapshot", "create", "-p", m_project, "--json"}).result()["snapshot"].toString();
        QVERIFY(first != second);
        const QJsonObject diff =
            runMien({"snapshot", "diff", first.left(8), second.left(8), "-p", m_project, "--json"}).result();
        QCOMPARE(diff["relabelled"].toInt(), 6);
        QCOMPARE(diff["added"].toInt(), 0);
        QCOMPARE(runMien({"snapshot", "list", "-p", m_project, "--json"}).rows().size(), 2);
        QCOMPARE(runMien({"snapshot", "show", first, "-p", m_project, "--json"}).result()["samples"].toInt(), 42);
        QCOMPARE(runMien({"snapshot", "show", "0000", "-p", m_project}).status, 1);
    }

    /// "Keep" and "change" answers teach while the labels are judged as they were given; judged again after the
    /// changes, every answered label is right, which says nothing about the rest.
    void answersThatWereTrainedOnTeachNothing()
    {
        const QString project = m_folder.filePath("answers.mien");
        QCOMPARE(runMien({"demo", project, "--samples", "400", "--noise", "0.25"}).status, 0);
        QStringList truths;
        QFile table(project + "/demo_truth.csv");
        QVERIFY(table.open(QFile::ReadOnly));
        for (const QByteArray &line : table.readAll().split('\n').sliced(1))
            if (!line.isEmpty())
                truths << line.split(',')[2];
        const QStringList classes{"neutral", "happiness", "surprise", "sadness",
                                  "anger",   "disgust",   "fear",     "contempt"};
        QByteArray probabilities = "id," + classes.join(',').toUtf8() + '\n';
        for (int i = 0; i < truths.size(); ++i) {
            probabilities += QByteArray::number(i + 1);
            const double sure = 0.4 + 0.001 * (i * 7 % 500);
            for (const QString &name : classes)
                probabilities += ',' + QByteArray::number(name == truths[i] ? sure : (1 - sure) / 7);
            probabilities += '\n';
        }
        const QString file = m_folder.filePath("answers.csv");
        writeFile(file, probabilities);
        const QStringList flag{"flag", "--probabilities", file, "-p", project, "--json"};
        const QJsonObject before = runMien(flag).result();
        QCOMPARE(before["answers"].toInt(), 0);
        QVERIFY(before["expected_noise"].toDouble() > 0.1);
        const auto suspects = [&] {
            return runMien({"list", "--filter", "id>200 suspicion>0.25", "-p", project, "--format", "jsonl"})
                .rows()
                .size();
        };
        const auto suspectsBefore = suspects();
        QVERIFY2(suspectsBefore > 20, qPrintable(QString::number(suspectsBefore))); // about 50 are wrong

        for (const QString &name : classes) { // the first half is answered, with the truth
            QByteArray ids;
            for (int i = 0; i < truths.size() / 2; ++i)
                if (truths[i] == name)
                    ids += QByteArray::number(i + 1) + '\n';
            const QString chosen = m_folder.filePath(name + ".txt");
            writeFile(chosen, ids);
            QCOMPARE(runMien({"label", "--samples", chosen, "--class", name, "--by", "ann", "-p", project}).status, 0);
        }
        const QJsonObject after = runMien(flag).result();
        QCOMPARE(after["answers"].toInt(), 0);
        QVERIFY2(after["expected_noise"].toDouble() > 0.05,
                 qPrintable(QString::number(after["expected_noise"].toDouble())));
        QVERIFY2(suspects() > suspectsBefore / 2, qPrintable(QString::number(suspects())));
    }

    void anyFilterGoesWithTheDefaultColumns()
    {
        for (const char *filter : {"row", "-row", "source:row", "dataset:fer2013", "dataset:rafdb", "origin:human",
                                   "native:3", "width>10", "valence>0", "fold:1", "has:subject", "stale:yes"}) {
            for (const char *sort : {"id", "source", "suspicion"}) {
                const Outcome outcome = runMien({"list", "-p", m_project, "--filter", filter, "--sort", sort});
                QVERIFY2(outcome.status == 0, outcome.err);
            }
        }
    }

    /// A class-folder export keeps the splits of those that have one, and a snapshot can be narrowed by a filter.
    void exportsOfAPart()
    {
        const QString out = m_folder.filePath("part"), again = m_folder.filePath("part.mien");
        QCOMPARE(runMien({"snapshot", "create", "-p", m_project}).status, 0);
        const QString hash =
            runMien({"snapshot", "list", "-p", m_project, "--json"}).rows().last()["snapshot"].toString();
        const Outcome narrowed = runMien({"export", "--format", "csv", "--snapshot", hash, "--filter", "label:fear",
                                          m_folder.filePath("narrow"), "-p", m_project, "--json"});
        QVERIFY2(narrowed.status == 0, narrowed.err);
        QCOMPARE(narrowed.result()["samples"].toInt(), 6); // of 42 rows over seven classes

        writeFile(m_folder.filePath("more/happy/a.png"), [] {
            QImage picture(48, 48, QImage::Format_Grayscale8);
            picture.fill(90);
            picture.setPixel(3, 3, 0);
            QByteArray bytes;
            QBuffer buffer(&bytes);
            buffer.open(QBuffer::WriteOnly);
            picture.save(&buffer, "PNG");
            return bytes;
        }());
        QCOMPARE(runMien({"import", m_folder.filePath("more"), "-p", m_project}).status, 0); // has no split
        QCOMPARE(runMien({"export", "--format", "class-folder", out, "-p", m_project}).status, 0);
        QCOMPARE(runMien({"init", again}).status, 0);
        QCOMPARE(runMien({"import", out, "-p", again}).status, 0);
        const QJsonObject before = runMien({"info", "-p", m_project, "--json"}).result();
        const QJsonObject after = runMien({"info", "-p", again, "--json"}).result();
        QCOMPARE(after["samples"].toInt(), 43);
        QCOMPARE(after["by_split"], before["by_split"]);
        QCOMPARE(after["by_label"], before["by_label"]);
    }
};

QTEST_GUILESS_MAIN(TestCliLabels)
#include "tst_cli_labels.moc"
