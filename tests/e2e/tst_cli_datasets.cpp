#include "tests/e2e/mien_process.h"
#include "tests/support/affectnet_trees.h"
#include "tests/support/rafdb_trees.h"
#include "tests/support/temporary_folder.h"

#include <QFile>
#include <QJsonDocument>
#include <QtTest/QtTest>

using namespace mien::test;

/// Data sets in their published layouts, through the real program: what a dry run says is what comes in, what comes in
/// is listed, and the report tells it.
class TestCliDatasets : public QObject
{
    Q_OBJECT

    TemporaryFolder m_folder; // QTemporaryDir cannot remove names that are not UTF-8

    QString path(const QString &name) const { return QString::fromStdString((m_folder / name.toStdString()).native()); }

    void writeTree(const QString &name, const std::filesystem::path &root)
    {
        if (name == "affectnet.csv")
            writeAffectNetCsv(root, true);
        else if (name == "affectnet.npy")
            writeAffectNetNpy(root, true);
        else if (name == "affectnet.kaggle-csv")
            writeAffectNetKaggle(root);
        else if (name == "affectnet.converted")
            writeAffectNetConverted(root, 2);
        else if (name == "rafdb.basic")
            writeRafDbBasic(root);
        else if (name == "rafdb.compound")
            writeRafDbCompound(root);
        else
            writeRafDbKaggle(root);
    }

    static QJsonObject readJson(const QString &path)
    {
        QFile file(path);
        return file.open(QFile::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
    }

private Q_SLOTS:
    void layouts_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("samples");
        QTest::addColumn<int>("labels");
        QTest::addColumn<int>("skipped");
        QTest::newRow("affectnet.csv") << QStringList() << 15 << 11 << 5;
        QTest::newRow("affectnet.npy") << QStringList() << 4 << 4 << 3;
        QTest::newRow("affectnet.kaggle-csv") << QStringList{"--set", "confidence=0.7"} << 5 << 4 << 3;
        QTest::newRow("affectnet.converted") << QStringList() << 32 << 32 << 0;
        QTest::newRow("rafdb.basic") << QStringList{"--set", "pictures=original"} << 19 << 18 << 1;
        QTest::newRow("rafdb.compound") << QStringList() << 13 << 11 << 0;
        QTest::newRow("rafdb.kaggle") << QStringList() << 14 << 12 << 4;
    }

    void layouts()
    {
        QFETCH(QStringList, options);
        QFETCH(int, samples);
        QFETCH(int, labels);
        QFETCH(int, skipped);
        const QString format = QTest::currentDataTag();
        const QString root = path(format), project = path(format + ".mien");
        writeTree(format, root.toStdString());
        QCOMPARE(runMien({"init", project}).status, 0);
        const QStringList import = QStringList{"import", root, "-p", project, "--json"} + options;

        const Outcome dry = runMien(import + QStringList{"--dry-run"});
        QVERIFY2(dry.status == (skipped ? 3 : 0), dry.err);
        QCOMPARE(runMien({"info", "-p", project, "--json"}).result()["samples"].toInt(), 0);
        const Outcome outcome = runMien(import);
        QVERIFY2(outcome.status == (skipped ? 3 : 0), outcome.err);
        QVERIFY(outcome.isJsonOnly());
        const QJsonObject result = outcome.result();
        QCOMPARE(result["format"].toString(), format);
        QCOMPARE(result["samples"].toInt(), samples);
        QCOMPARE(result["labels"].toInt(), labels);
        QCOMPARE(result["skipped"].toInt(), skipped);
        for (const char *same :
             {"format", "variant", "samples", "labels", "skipped", "flagged", "by_class_split", "problems"})
            QVERIFY2(dry.result()[same] == result[same], same);
        QCOMPARE(outcome.events("warning").size(), skipped);

        const auto rows =
            runMien({"list", "-p", project, "--format", "jsonl", "--fields", "id,source,label,state,split"}).rows();
        QCOMPARE(rows.size(), samples);
        QCOMPARE(std::count_if(rows.begin(), rows.end(), [](const QJsonObject &row) { return !row["label"].isNull(); }),
                 labels);
        for (const QJsonObject &row : rows)
            QVERIFY2(QFile::exists(root + '/' + row["source"].toString()) || row["source"].toString().contains("\\x"),
                     qPrintable(row["source"].toString()));

        const QJsonObject report = readJson(result["folder"].toString() + "/report.json");
        QCOMPARE(report["importer"].toString(), format);
        QCOMPARE(report["counts"].toObject()["imported"].toInt(), samples);
        QCOMPARE(report["by_class_split"].toObject(), result["by_class_split"].toObject());
        const QString expected = report["expected"].toObject()["result"].toString();
        QCOMPARE(expected, format == "affectnet.kaggle-csv" || format == "rafdb.compound" ? "none" : "differs");
        QCOMPARE(report["terms"].toObject()["id"].toString(), format.section('.', 0, 0));
        QVERIFY(report["terms"].toObject()["accepted_at"].isNull());

        // Again, with the notice accepted: the same samples.
        const Outcome again = runMien(import + QStringList{"--accept-terms"});
        QCOMPARE(again.result()["samples"].toInt(), samples);
        QVERIFY(again.result()["terms"].toObject()["accepted_at"].isString());
        QCOMPARE(runMien({"info", "-p", project, "--json"}).result()["samples"].toInt(), samples);
        QCOMPARE(runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(), 0);
    }

    void termsAreToldOnce()
    {
        const QString root = path("told"), project = path("told.mien");
        writeAffectNetConverted(root.toStdString(), 1);
        QCOMPARE(runMien({"init", project}).status, 0);
        const QByteArray notice = "Check the terms you received with the data";
        QVERIFY(runMien({"import", root, "-p", project}).out.contains(notice));
        QVERIFY(!runMien({"import", root, "-p", project}).out.contains(notice));
    }

    void choicesAreListedAndChecked()
    {
        QJsonObject rafdb;
        for (const QJsonObject &row : runMien({"formats", "--json"}).rows())
            if (row["name"] == "rafdb.basic")
                rafdb = row;
        const QJsonObject pictures = rafdb["options"].toArray().first().toObject();
        QCOMPARE(pictures["name"].toString(), "pictures");
        QCOMPARE(pictures["default"].toString(), "aligned");
        QCOMPARE(pictures["argument"].toString(), "--set");
        const QString root = path("choices"), project = path("choices.mien");
        writeRafDbBasic(root.toStdString());
        QCOMPARE(runMien({"init", project}).status, 0);
        for (const auto &[wrong, says] :
             {std::pair("pictures=cropped", "aligned, original"), {"size=3", "possible: pictures"}}) {
            const Outcome outcome = runMien({"import", root, "-p", project, "--set", wrong});
            QCOMPARE(outcome.status, 1);
            QCOMPARE(outcome.errorLines(), 1);
            QVERIFY2(outcome.err.contains(says), outcome.err);
        }
        QCOMPARE(runMien({"import", root, "-p", project, "--set", "pictures"}).status, 2);
    }
};

QTEST_GUILESS_MAIN(TestCliDatasets)
#include "tst_cli_datasets.moc"
