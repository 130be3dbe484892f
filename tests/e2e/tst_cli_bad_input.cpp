#include "tests/e2e/mien_process.h"

#include <QDir>
#include <QImage>
#include <QImageWriter>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <sys/stat.h>

using namespace mien::test;

/// What people really have on disk: clear words, the right exit status, nothing lost.
class TestCliBadInput : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_project;

    Outcome import(const QString &name, const QStringList &more = {})
    {
        return runMien(QStringList{"import", m_folder.filePath(name), "-p", m_project, "--json"} + more);
    }

    int sampleCount() const { return runMien({"info", "-p", m_project, "--json"}).result()["samples"].toInt(); }

    static QByteArray jpeg(int seed)
    {
        QImage picture(48, 48, QImage::Format_Grayscale8);
        unsigned noise = unsigned(seed) * 7919u + 1;
        for (int y = 0; y < 48; ++y)
            for (int x = 0; x < 48; ++x) {
                noise = noise * 1664525u + 1013904223u;
                picture.scanLine(y)[x] = uchar(noise >> 24);
            }
        QByteArray bytes;
        QBuffer buffer(&bytes);
        buffer.open(QBuffer::WriteOnly);
        picture.save(&buffer, "JPG", 90);
        return bytes;
    }

private Q_SLOTS:
    void init()
    {
        static int number = 0;
        m_project = m_folder.filePath(QString("p%1.mien").arg(++number));
        QCOMPARE(runMien({"init", m_project}).status, 0);
    }

    void notATable_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("LFS pointer")
            << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:"
                          "6f8c2b1f7d0e4d5a9b3c2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b\nsize 301108654\n")
            << QByteArray("LFS");
        QTest::newRow("HTML page")
            << QByteArray("<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body></body></html>\n")
            << QByteArray("HTML");
        QTest::newRow("empty file") << QByteArray() << QByteArray("empty");
    }

    void notATable()
    {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, says);
        writeFile(m_folder.filePath("fer2013.csv"), content);
        const Outcome outcome = runMien({"import", m_folder.filePath("fer2013.csv"), "-p", m_project});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains("fer2013.csv"), outcome.err);
        QVERIFY2(outcome.err.toLower().contains(says.toLower()), outcome.err);
        QCOMPARE(sampleCount(), 0);
        QVERIFY(QDir(m_project + "/imports").isEmpty());
    }

    void pipesAreRefusedOrStopped()
    {
        const QString pipe = m_folder.filePath("pipe"), table = m_folder.filePath("pipes/fer2013.csv");
        QCOMPARE(::mkfifo(pipe.toUtf8().constData(), 0600), 0);
        writeFile(table, fer2013Csv(7));
        for (const QStringList &arguments :
             {QStringList{"import", pipe}, QStringList{"import", pipe, "--format", "fer2013.csv"},
              QStringList{"import", table, "--votes", pipe}, QStringList{"flag", "--probabilities", pipe}}) {
            const Outcome outcome = runMien(arguments + QStringList{"-p", m_project}, {.timeoutMs = 20'000});
            QCOMPARE(outcome.status, 1);
            QCOMPARE(outcome.errorLines(), 1);
            QVERIFY2(outcome.err.contains(pipe.toUtf8() + " is a pipe; save its contents to a file first."),
                     outcome.err);
        }
        QCOMPARE(sampleCount(), 0);
        const QString folder = m_folder.filePath("pipes/in");
        QDir().mkpath(folder);
        QCOMPARE(::mkfifo((folder + "/fer2013.csv").toUtf8().constData(), 0600), 0);
        QCOMPARE(runMien({"import", folder, "-p", m_project}, {.timeoutMs = 20'000}).status, 1);

        QCOMPARE(runMien({"import", table, "-p", m_project}).status, 0);
        const QStringList label{"label", "-p", m_project, "--class", "fear", "--samples"};
        QProcess waiting;
        startMien(waiting, label + QStringList{pipe});
        QVERIFY(!waiting.waitForFinished(1000));
        waiting.terminate();
        QVERIFY(waiting.waitForFinished(10'000));
        QCOMPARE(waiting.exitCode(), 130);
        const Outcome piped = runMien(label + QStringList{"/dev/stdin", "--json"}, {.input = "\xEF\xBB\xBF"
                                                                                             "1\n2\n"});
        QVERIFY2(piped.status == 0, piped.err);
        QCOMPARE(piped.result()["changed"].toInt(), 2);
    }

    void rowsOfUnknownSamplesAreSkippedAndNamed()
    {
        writeFile(m_folder.filePath("unknown/fer2013.csv"), fer2013Csv(28));
        QCOMPARE(import("unknown/fer2013.csv").status, 0);
        QByteArray table = "id,anger,disgust,fear,happiness,sadness,surprise,neutral\n";
        for (int id = 1; id <= 28; ++id)
            table += QByteArray::number(id) + ",0.4,0.1,0.1,0.1,0.1,0.1,0.1\n";
        const QString own = m_folder.filePath("own.csv"), report = m_folder.filePath("unknown.csv");
        writeFile(own, table + "77,1,0,0,0,0,0,0\n78,1,0,0,0,0,0,0\n");
        const QStringList flag{"flag", "--probabilities", own, "-p", m_project};
        const Outcome outcome = runMien(flag + QStringList{"--json", "--report", report});
        QVERIFY2(outcome.status == 3, outcome.err);
        QCOMPARE(outcome.events("warning").size(), 2);
        QCOMPARE(outcome.events("warning")[0]["code"].toString(), "UNKNOWN_KEY");
        QCOMPARE(outcome.events("warning")[0]["key"].toString(), "77");
        QCOMPARE(outcome.events("warning")[0]["line"].toInt(), 30);
        QFile file(report);
        QVERIFY(file.open(QFile::ReadOnly));
        QCOMPARE(file.readAll().count("UNKNOWN_KEY,7"), 2);
        const Outcome plain = runMien(flag);
        QCOMPARE(plain.status, 3);
        QVERIFY2(plain.err.contains("2 of 30 items skipped, first " + own.toUtf8() + ": UNKNOWN_KEY"), plain.err);
        writeFile(own, table);
        QCOMPARE(runMien(flag).status, 0);
    }

    void oneIsNoPlural()
    {
        writeFile(m_folder.filePath("one/fer2013.csv"), fer2013Csv(1));
        const QRegularExpression plural(R"((^|[^0-9,.])1 (samples|groups|files|runs|snapshots|pictures)\b)");
        for (const QStringList &arguments :
             {QStringList{"import", m_folder.filePath("one/fer2013.csv")}, QStringList{"snapshot", "create"},
              QStringList{"pack", "--size", "48"}, QStringList{"info"}, QStringList{"split", "--by", "random"},
              QStringList{"export", "--format", "csv", m_folder.filePath("one-out")},
              QStringList{"imports", "remove", "1"}}) {
            const Outcome outcome = runMien(arguments + QStringList{"-p", m_project});
            QVERIFY2(!plural.match(QString::fromUtf8(outcome.out + outcome.err)).hasMatch(), outcome.out + outcome.err);
            QVERIFY2(outcome.out.contains("1 sample") || arguments[0] == "split", outcome.out + outcome.err);
        }
    }

    void trainingNeedsLabelledSamples()
    {
        const QStringList train{"train", "--network", "eac-compact", "-p", m_project};
        const Outcome empty = runMien(train);
        QCOMPARE(empty.status, 1);
        QVERIFY2(empty.err.contains("The project holds no samples; import some first."), empty.err);
        for (int i = 0; i < 3; ++i)
            writeFile(m_folder.filePath(QString("photos/%1.jpg").arg(i)), jpeg(i));
        QCOMPARE(import("photos").status, 0);
        const Outcome unlabelled = runMien(train);
        QCOMPARE(unlabelled.status, 1);
        QVERIFY2(unlabelled.err.contains("no sample is labelled"), unlabelled.err);
        QVERIFY(runMien({"runs", "list", "-p", m_project, "--json"}).rows().isEmpty());
    }

    void originalsThatAreGoneAreCodedSo()
    {
        for (int i = 0; i < 4; ++i)
            writeFile(m_folder.filePath(QString("gone/%1/%2.jpg").arg(i % 2 ? "sad" : "happy").arg(i)), jpeg(i));
        QCOMPARE(import("gone").status, 0);
        QVERIFY(QFile::remove(m_folder.filePath("gone/sad/1.jpg")));
        writeFile(m_folder.filePath("gone/sad/3.jpg"), "no picture");
        for (const QStringList &arguments :
             {QStringList{"export", "--format", "csv", m_folder.filePath("gone-out")}, QStringList{"pack"}}) {
            const Outcome outcome = runMien(arguments + QStringList{"-p", m_project, "--json"});
            QVERIFY2(outcome.status == 3, outcome.err);
            const bool isDecoded = arguments[0] == "pack"; // an export copies what is there
            QCOMPARE(outcome.events("warning").size(), isDecoded ? 2 : 1);
            QCOMPARE(outcome.events("warning")[0]["code"].toString(), "MISSING_FILE");
            if (isDecoded)
                QCOMPARE(outcome.events("warning")[1]["code"].toString(), "UNREADABLE_FILE");
        }
    }

    void badRowsAreSkippedAndNamed()
    {
        QByteArray table = fer2013Csv(14);
        const auto row = [](const QByteArray &pixel, int count) {
            QByteArray pixels;
            for (int i = 0; i < count; ++i)
                pixels += (i ? " " : "") + (i == 7 ? pixel : QByteArray::number(100 + i % 50));
            return "3," + pixels + ",Training\n";
        };
        table += row("100", 2303) + row("abc", 2304) + row("256", 2304);
        writeFile(m_folder.filePath("fer2013.csv"), table);
        const QString report = m_folder.filePath("report.csv");
        const Outcome outcome = import("fer2013.csv", {"--report", report});
        QCOMPARE(outcome.status, 3);
        QVERIFY(outcome.isJsonOnly());
        QCOMPARE(outcome.result()["samples"].toInt(), 14);
        QCOMPARE(outcome.result()["skipped"].toInt(), 3);
        QStringList codes;
        for (const QJsonObject &warning : outcome.events("warning")) {
            codes << warning["code"].toString();
            QVERIFY(warning["path"].toString().contains("fer2013.csv"));
        }
        QCOMPARE(codes.count("PIXEL_COUNT"), 1);
        QCOMPARE(codes.count("PIXEL_RANGE") + codes.count("BAD_NUMBER"), 2);
        QFile file(report);
        QVERIFY(file.open(QFile::ReadOnly));
        QVERIFY(file.readLine() == "reason,key,file,line,detail\n");

        QCOMPARE(runMien({"init", m_project + "2"}).status, 0);
        const Outcome plain = runMien({"import", m_folder.filePath("fer2013.csv"), "-p", m_project + "2"});
        QCOMPARE(plain.status, 3);
        QCOMPARE(plain.errorLines(), 1);
        QVERIFY2(plain.err.contains("3 of 17 items skipped, first ") && plain.err.contains("PIXEL_COUNT"), plain.err);
        QVERIFY(!plain.out.contains("{"));
    }

    void damagedPicturesInClassFolders()
    {
        const QString root = m_folder.filePath("faces");
        int seed = 0;
        for (const char *name : {"happy", "sad"})
            for (int i = 0; i < 3; ++i)
                writeFile(root + "/" + name + QString("/%1.jpg").arg(i), jpeg(++seed));
        writeFile(root + "/happy/truncated.jpg", jpeg(50).left(jpeg(50).size() / 3));
        writeFile(root + "/happy/zero.jpg", {});
        writeFile(root + "/sad/page.jpg", "<html><body>not found</body></html>");
        writeFile(root + "/sad/pointer.png", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n");
        const Outcome outcome = import("faces");
        QVERIFY2(outcome.status == 3, outcome.err + outcome.out);
        QCOMPARE(outcome.result()["samples"].toInt(), 6);
        QCOMPARE(outcome.result()["skipped"].toInt(), 4);
        QSet<QString> codes;
        for (const QJsonObject &warning : outcome.events("warning"))
            codes.insert(warning["code"].toString());
        for (const char *code : {"ZERO_BYTE", "NOT_DATA_HTML", "LFS_POINTER"})
            QVERIFY2(codes.contains(code), code);
    }

    void namesThatAreNotUtf8()
    {
        const QByteArray root = m_folder.filePath("gr\xC3\xBC\xC3\x9F").toUtf8();
        QDir().mkpath(QString::fromUtf8(root) + "/happy");
        QDir().mkpath(QString::fromUtf8(root) + "/sad");
        int seed = 100;
        for (const QByteArray &name :
             {QByteArray("happy/\xC4\xE3\xBA\xC3.jpg"), QByteArray("sad/-p.jpg"), QByteArray("sad/b c.jpg")}) {
            std::FILE *file = std::fopen((root + "/" + name).constData(), "wb");
            QVERIFY(file);
            const QByteArray bytes = jpeg(++seed);
            std::fwrite(bytes.constData(), 1, std::size_t(bytes.size()), file);
            std::fclose(file);
        }
        const Outcome outcome = import(QString::fromUtf8("grüß"));
        QVERIFY2(outcome.status == 0, outcome.err + outcome.out);
        QCOMPARE(outcome.result()["samples"].toInt(), 3);
        const Outcome list = runMien({"list", "-p", m_project, "--format", "jsonl"});
        QCOMPARE(list.rows().size(), 3);
        QVERIFY2(list.out.contains("xC4"), list.out);             // bytes that are no UTF-8 are shown as \\xNN
        QCOMPARE(QString::fromUtf8(list.out).toUtf8(), list.out); // valid UTF-8
    }

    void aNameThatBeginsWithADash()
    {
        writeFile(m_folder.filePath("-table.csv"), fer2013Csv(7));
        const Outcome outcome =
            runMien({"import", "-p", m_project, "--json", "--", "-table.csv"}, {.folder = m_folder.path()});
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.result()["samples"].toInt(), 7);
    }

    void importedAgainNothingIsTwice()
    {
        writeFile(m_folder.filePath("fer2013.csv"), fer2013Csv(21));
        QCOMPARE(import("fer2013.csv").status, 0);
        QCOMPARE(runMien({"label", "-p", m_project, "--filter", "label:fear", "--class", "anger"}).status, 0);
        QCOMPARE(import("fer2013.csv").status, 0);
        QCOMPARE(sampleCount(), 21);
        QCOMPARE(runMien({"list", "-p", m_project, "--filter", "label:fear", "--format", "jsonl"}).rows().size(), 0);
    }

    void dryRunWritesNothing()
    {
        const QByteArray table = fer2013Csv(21);
        const QByteArray last = table.mid(table.lastIndexOf('\n', -2) + 1);
        writeFile(m_folder.filePath("fer2013.csv"), table + last);
        const Outcome outcome = import("fer2013.csv", {"--dry-run"});
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.result()["samples"].toInt(), 22);
        QVERIFY2(!outcome.result().contains("duplicates"), outcome.out); // it did not look
        QCOMPARE(sampleCount(), 0);
        QCOMPARE(import("fer2013.csv").result()["duplicates"].toObject()["groups"].toInt(), 1);
    }

    void votesThatDoNotFitAreRefused()
    {
        writeFile(m_folder.filePath("fer2013.csv"), fer2013Csv(21));
        QByteArray votes =
            "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
        for (int row = 0; row < 20; ++row)
            votes += "Training,fer0000000.png,10,0,0,0,0,0,0,0,0,0\n";
        writeFile(m_folder.filePath("votes.csv"), votes);
        const Outcome outcome = runMien(
            {"import", m_folder.filePath("fer2013.csv"), "--votes", m_folder.filePath("votes.csv"), "-p", m_project});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains("votes.csv"), outcome.err);
        QCOMPARE(sampleCount(), 0);
    }

    /// Cut in a later scan, every row of a progressive picture is there, only coarser: kept, and said.
    void aCutProgressivePictureIsFlagged()
    {
        QImage picture = QImage::fromData(jpeg(1)).scaled(200, 200);
        QByteArray bytes;
        QBuffer buffer(&bytes);
        QImageWriter writer(&buffer, "JPG");
        writer.setProgressiveScanWrite(true);
        QVERIFY(buffer.open(QBuffer::WriteOnly) && writer.write(picture));
        writeFile(m_folder.filePath("cut/happy/whole.jpg"), bytes);
        writeFile(m_folder.filePath("cut/happy/cut.jpg"), bytes.first(bytes.size() * 8 / 10));
        const Outcome outcome = import("cut");
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.result()["problems"].toObject()["TRUNCATED_IMAGE"].toInt(), 1);
        const auto rows =
            runMien({"list", "-p", m_project, "--filter", "quality:truncated", "--format", "jsonl"}).rows();
        QCOMPARE(rows.size(), 1);
        QVERIFY(rows[0]["source"].toString().endsWith("cut.jpg"));
    }

    void aManifestNamedWithoutItsFolder()
    {
        writeFile(m_folder.filePath("table/a.jpg"), jpeg(3));
        writeFile(m_folder.filePath("table/manifest.csv"), "path,label\na.jpg,fear\n");
        Surroundings inside;
        inside.folder = m_folder.filePath("table");
        const Outcome outcome = runMien({"import", "manifest.csv", "-p", m_project, "--json"}, inside);
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.result()["samples"].toInt(), 1);
    }

    /// A byte that the disk changed is found by whoever reads it, and importing the source again mends it.
    void damagedPixelsAreToldAndMended()
    {
        const QString table = m_folder.filePath("mend/fer2013.csv");
        writeFile(table, fer2013Csv(21));
        QCOMPARE(import("mend/fer2013.csv").status, 0);
        QFile crops(m_project + "/crops/0001.pack");
        QVERIFY(crops.open(QFile::ReadWrite));
        const QByteArray whole = crops.readAll();
        crops.seek(3 * 48 * 48 + 7);
        crops.write(QByteArray(1, char(~whole[3 * 48 * 48 + 7])));
        crops.close();

        const Outcome exported =
            runMien({"export", "--format", "fer2013", m_folder.filePath("mended"), "-p", m_project});
        QCOMPARE(exported.status, 3);
        QVERIFY2(exported.err.contains("1 of 21"), exported.err);
        QCOMPARE(runMien({"doctor", "-p", m_project}).status, 1);
        QCOMPARE(import("mend/fer2013.csv").status, 0);
        QCOMPARE(sampleCount(), 21);
        QCOMPARE(runMien({"doctor", "-p", m_project}).status, 0);

        QVERIFY(QFile::remove(crops.fileName())); // all of it
        QCOMPARE(runMien({"doctor", "-p", m_project}).status, 1);
        QCOMPARE(import("mend/fer2013.csv").status, 0);
        const Outcome found = runMien({"doctor", "-p", m_project});
        QVERIFY2(found.status == 0, found.out);
        QCOMPARE(runMien({"export", "--format", "fer2013", m_folder.filePath("mended2"), "-p", m_project}).status, 0);
    }

    void oneSampleIsSaidInTheSingular()
    {
        writeFile(m_folder.filePath("one.csv"), fer2013Csv(1));
        const Outcome outcome = runMien({"import", m_folder.filePath("one.csv"), "-p", m_project});
        QVERIFY2(outcome.out.startsWith("Imported 1 sample ("), outcome.out);
    }

    void votesAndFurtherTablesOfAFolder()
    {
        writeFile(m_folder.filePath("both/fer2013.csv"), fer2013Csv(6));
        writeFile(m_folder.filePath("both/train.csv"), fer2013Csv(9));
        QByteArray votes =
            "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
        const QList<QByteArray> usages{"Training", "Training", "PrivateTest", "Training", "Training", "PublicTest"};
        for (int row = 0; row < usages.size(); ++row)
            votes += usages[row] + ",fer000000" + QByteArray::number(row) + ".png,0,10,0,0,0,0,0,0,0,0\n";
        writeFile(m_folder.filePath("both/fer2013new.csv"), votes);
        const Outcome outcome = import("both");
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.result()["samples"].toInt(), 6);
        QCOMPARE(outcome.result()["votes"].toInt(), 6);
        QCOMPARE(outcome.result()["problems"].toObject()["OTHER_TABLE"].toInt(), 1);
    }

    void aDemoThatWasStoppedIsMadeAgain()
    {
        const QString demo = m_folder.filePath("stopped.mien");
        QProcess making;
        startMien(making, {"demo", demo, "--samples", "50000"});
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(demo + "/media/S001/00001.png"), 60'000);
        making.terminate();
        QVERIFY(making.waitForFinished(60'000));
        QCOMPARE(making.exitCode(), 130);
        const Outcome again = runMien({"demo", demo, "--samples", "24", "--json"});
        QVERIFY2(again.status == 0, again.err);
        QCOMPARE(again.result()["samples"].toInt(), 24);
        QCOMPARE(runMien({"demo", demo, "--samples", "24"}).status, 1); // a finished one is not replaced
    }
};

QTEST_GUILESS_MAIN(TestCliBadInput)
#include "tst_cli_bad_input.moc"
