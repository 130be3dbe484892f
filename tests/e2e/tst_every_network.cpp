#include "models/networks/network_names.h"
#include "tests/e2e/mien_process.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace mien::test;

/// Every network there is, in its tiny size, trained, flagged with and explained on generated faces.
class TestEveryNetwork : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    Outcome on(const QStringList &arguments)
    {
        return runMien(arguments + QStringList{"-p", m_folder.filePath("demo.mien"), "--json"});
    }

private Q_SLOTS:
    void initTestCase()
    {
        const Outcome demo = runMien({"demo", m_folder.filePath("demo.mien"), "--samples", "64", "--json"});
        QVERIFY2(demo.status == 0, demo.err);
    }

    void trainFlagExplain_data()
    {
        QTest::addColumn<QString>("network");
        for (const std::string_view name : mien::trainedNetworkNames)
            QTest::newRow(std::string(name).c_str()) << QString::fromStdString(std::string(name));
    }

    void trainFlagExplain()
    {
        QFETCH(QString, network);
        const Outcome trained = on({"train", "--network", network, "--folds", "2", "--set", "preset=tiny", "--set",
                                    "epochs=2", "--set", "precision=fp32"});
        QVERIFY2(trained.status == 0, trained.err);
        const QString run = trained.result()["run"].toString();
        QVERIFY(trained.result()["metrics"].toObject()["accuracy"].toDouble() > 0);

        const Outcome flagged = on({"flag", "--run", run});
        QVERIFY2(flagged.status == 0, flagged.err);
        const auto rows = runMien({"flags", "-p", m_folder.filePath("demo.mien"), "--format", "jsonl"}).rows();
        QCOMPARE(rows.size(), 64);
        for (const QJsonObject &row : rows)
            QVERIFY(row["suspicion"].toDouble() >= 0 && row["suspicion"].toDouble() <= 1 &&
                    row["suspicion"].isDouble());

        const QString out = m_folder.filePath("maps-" + network);
        const Outcome explained = on({"explain", "--run", run, "--sample", "1", "--sample", "2", "--out", out});
        QVERIFY2(explained.status == 0, explained.err);
        // One array a face, and a picture of each part where a network shows parts.
        QCOMPARE(QDir(out).entryList({"*.npy"}).size(), 2);
        for (const char *pictures : {"1.*.png", "2.*.png"})
            QVERIFY(!QDir(out).entryList({pictures}).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestEveryNetwork)
#include "tst_every_network.moc"
