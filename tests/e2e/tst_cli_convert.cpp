#include "models/io/safetensors.h"
#include "tests/e2e/mien_process.h"
#include "tests/support/torch_files.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace mien;
using namespace mien::test;

/// `mien convert`: weights of others become safetensors, by a process that can do nothing else.
class TestCliConvert : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }

    QString stored(const QString &name, const std::string &bytes) const
    {
        writeFile(path(name), QByteArray::fromStdString(bytes));
        return path(name);
    }

    /// What lies in the folder beside what a test put there.
    QStringList filesOf(const QString &beginning) const
    {
        return QDir(m_folder.path()).entryList({beginning + "*"}, QDir::Files | QDir::Hidden);
    }

private Q_SLOTS:
    void checkpointBecomesSafetensors()
    {
        TorchZip zip = smallTorchZip();
        zip.pickle = "}(" + pickledText("state_dict") +
                     pickledDictionary(pickledText("module.w") + PickledTensor().opcodes()) + pickledText("epoch") +
                     "K\3u";
        const QString file = stored("net.pth", zip.bytes()), out = path("net.safetensors");
        for (int time = 0; time < 2; ++time) { // the second time it is replaced
            const Outcome outcome = runMien({"convert", file, out, "--json"});
            QCOMPARE(outcome.status, 0);
            QVERIFY(outcome.isJsonOnly());
            QCOMPARE(outcome.result()["tensors"].toInt(), 1);
            QCOMPARE(outcome.result()["skipped"].toInt(-1), 0);
            QCOMPARE(outcome.result()["form"].toString(), QString("torch-zip"));
            QCOMPARE(outcome.result()["beside"].toArray(), QJsonArray{"epoch"});
        }
        const auto written = SafetensorsFile::open(out.toStdString());
        QVERIFY(written);
        QCOMPARE(written->tensors().size(), std::size_t(1));
        QCOMPARE(*written->values<float>("w"), (std::vector<float>{0, 1, 2, 3, 4, 5}));
        QVERIFY(written->tensors()[0].shape == (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(filesOf("net.safetensors").size(), 1);

        const Outcome again = runMien({"convert", out, path("again.safetensors")}); // safetensors, too
        QCOMPARE(again.status, 0);
        QVERIFY2(again.out.contains("1 tensor of 6 values"), again.out);
        QVERIFY(QFile(out).open(QIODevice::ReadOnly));
    }

    void whatIsNoTensorIsCounted()
    {
        TorchZip zip = smallTorchZip();
        zip.pickle = pickledDictionary(pickledText("w") + PickledTensor().opcodes() + pickledText("steps") + "K\3");
        const QString file = stored("-odd name.pth", zip.bytes());
        const Outcome outcome =
            runMien({"convert", "--json", "--report", path("report.csv"), "--", "-odd name.pth", "odd.safetensors"},
                    {.folder = m_folder.path()});
        QCOMPARE(outcome.status, 3);
        QCOMPARE(outcome.result()["skipped"].toInt(), 1);
        QCOMPARE(outcome.events("warning").size(), 1);
        QVERIFY(QFileInfo::exists(path("odd.safetensors")));
        QFile report(path("report.csv"));
        QVERIFY(report.open(QIODevice::ReadOnly));
        QVERIFY(report.readAll().contains("steps"));
    }

    void refusalsWriteNothing_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *name, const std::string &bytes, const char *says) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(says);
        };
        TorchZip command = smallTorchZip();
        command.pickle = "cposix\nsystem\n(" + pickledText("touch executed") + "tR";
        row("a command", command.bytes(), "posix.system");
        ZipArchive packed = smallTorchZip().archive();
        packed.items[0].method = 8;
        row("compressed", packed.bytes(), "compressed");
        ZipArchive escaping = smallTorchZip().archive();
        escaping.items[2].name = "archive/../../x";
        row("escaping", escaping.bytes(), "leads out");
        row("cut off", smallTorchZip().bytes().substr(0, 300), "cut off");
        row("empty", "", "is empty");
        row("text", "not weights", "neither");
    }

    void refusalsWriteNothing()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, says);
        const QString file = stored("bad.pth", bytes.toStdString());
        const Outcome outcome = runMien({"convert", file, path("bad.safetensors")}, {.folder = m_folder.path()});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains(says) && outcome.err.contains("bad.pth"), outcome.err);
        QVERIFY2(outcome.err.startsWith("mien convert: ") && !outcome.err.contains("convert: mien"), outcome.err);
        QVERIFY(filesOf("bad.safetensors").isEmpty());
        QVERIFY(!QFileInfo::exists(path("executed")));
    }

    void aRefusalKeepsWhatWasThere()
    {
        const QString out = stored("kept.safetensors", "what was there");
        QCOMPARE(runMien({"convert", stored("worse.pth", "nothing"), out}).status, 1);
        QFile kept(out);
        QVERIFY(kept.open(QIODevice::ReadOnly));
        QCOMPARE(kept.readAll(), QByteArray("what was there"));
        QCOMPARE(filesOf("kept").size(), 1);
    }

    void wrongUsage()
    {
        const QString file = stored("fine.pth", smallTorchZip().bytes());
        const Outcome swapped = runMien({"convert", path("x.safetensors"), file});
        QCOMPARE(swapped.status, 2);
        QVERIFY2(swapped.err.contains(".safetensors"), swapped.err);
        QCOMPARE(runMien({"convert", file}).status, 2);
        QCOMPARE(runMien({"convert", file, path("x.safetensors"), "--classes", "7"}).status, 2);
        QCOMPARE(runMien({"convert", path("none.pth"), path("x.safetensors")}).status, 1);
        QCOMPARE(runMien({"convert", file, path("no/such/x.safetensors")}).status, 1);
        QVERIFY(filesOf("x.safetensors").isEmpty());
    }

    void theNetworkSaysWhatItTakes()
    {
        TorchZip zip = smallTorchZip();
        zip.pickle = pickledDictionary(pickledText("bn1.bias") + PickledTensor{.shape = {3}, .strides = {1}}.opcodes() +
                                       pickledText("other") + PickledTensor().opcodes());
        const QString file = stored("part.pth", zip.bytes()), out = path("part.safetensors");
        const Outcome unknown = runMien({"convert", file, out, "--network", "vgg99"});
        QCOMPARE(unknown.status, 2);
        QVERIFY2(unknown.err.contains("vgg99"), unknown.err);
        QVERIFY(!QFileInfo::exists(out));
        const Outcome outcome = runMien({"convert", file, out, "--network", "resnet18", "--json"});
        QCOMPARE(outcome.status, 0);
        const QJsonObject match = outcome.result()["match"].toObject();
        QCOMPARE(match["matched"].toInt(-1), 0); // of another width
        QCOMPARE(match["mismatched"].toArray(), QJsonArray{"bn1.bias"});
        QCOMPARE(match["unexpected"].toArray(), QJsonArray{"other"});
        QCOMPARE(match["strict"].toBool(true), false);
        QVERIFY(match["missing"].toArray().contains("conv1.weight"));
    }
};

QTEST_GUILESS_MAIN(TestCliConvert)
#include "tst_cli_convert.moc"
