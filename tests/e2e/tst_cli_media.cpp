#include "tests/e2e/mien_process.h"
#include "tests/support/clips.h"

#include <QDir>
#include <QImage>
#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace mien::test;

/// `probe` and `frames`: what media files hold, without a project.
class TestCliMedia : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_clip = m_folder.filePath("clip.mp4");
        ffmpeg(QString("-f lavfi -i testsrc2=size=160x120:rate=25:duration=2 -c:v libx264 -preset ultrafast -bf 2")
                   .split(' ') +
               QStringList{m_clip});
        m_picture = m_folder.filePath("picture.png");
        QImage image(31, 17, QImage::Format_RGB32);
        image.fill(Qt::darkGreen);
        QVERIFY(image.save(m_picture));
    }

    void probeSaysWhatFilesHold()
    {
        const Outcome outcome = runMien({"probe", m_clip, "--frames", "--json"});
        QCOMPARE(outcome.status, 0);
        QVERIFY(outcome.isJsonOnly());
        const QJsonObject result = outcome.result();
        QCOMPARE(result["kind"].toString(), "video");
        QCOMPARE(result["codec"].toString(), "h264");
        QCOMPARE(result["width"].toInt(), 160);
        QCOMPARE(result["height"].toInt(), 120);
        QCOMPARE(result["rotation"].toInt(-1), 0);
        QVERIFY(qAbs(result["duration_s"].toDouble() - 2) < 0.01);
        QCOMPARE(result["frames"].toInt(), 50);
        const QJsonArray times = result["pts_s"].toArray();
        QCOMPARE(times.size(), 50);
        for (int i = 0; i < 50; ++i)
            QVERIFY(qAbs(times[i].toDouble() - i * 0.04) < 1e-6);

        const QJsonObject quick = runMien({"probe", m_clip, "--json"}).result();
        QVERIFY(!quick.contains("frames") && !quick.contains("pts_s"));
    }

    void probeOfSeveralGivesOneResultEach()
    {
        const QString broken = m_folder.filePath("broken.mov");
        writeFile(broken, "<!DOCTYPE html><html></html>");
        const Outcome outcome = runMien({"probe", m_picture, broken, m_clip, "--json"});
        QCOMPARE(outcome.status, 3);
        const auto results = outcome.events("result");
        QCOMPARE(results.size(), 2);
        QCOMPARE(results[0]["file"].toString(), m_picture);
        QCOMPARE(results[0]["kind"].toString(), "image");
        QCOMPARE(results[0]["width"].toInt(), 31);
        QCOMPARE(results[1]["file"].toString(), m_clip);
        QCOMPARE(outcome.events("warning").size(), 1);
        QVERIFY(outcome.events("warning")[0]["message"].toString().contains("web page"));

        const Outcome alone = runMien({"probe", broken});
        QCOMPARE(alone.status, 1);
        QCOMPARE(alone.errorLines(), 1);
        QVERIFY2(alone.err.contains("web page") && alone.err.contains("broken.mov"), alone.err);
        QCOMPARE(runMien({"probe", m_folder.filePath("none.mp4")}).status, 1);
        QCOMPARE(runMien({"probe"}).status, 2);
    }

    /// Every refusal says what to do.
    void probeNamesARemedy_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QStringList>("told");
        QTest::newRow("sound with a cover") << "cover.m4a" << QStringList{"sound", "attached", "cover", "Save"};
        QTest::newRow("a cover alone") << "cover_alone.mp4" << QStringList{"attached", "cover", "Save"};
        QTest::newRow("sound") << "sound.m4a" << QStringList{"holds sound but no video", "Choose"};
        QTest::newRow("no file") << "none.mp4" << QStringList{"no such file", "Check"};
        QTest::newRow("a folder") << "." << QStringList{"folder", "Name the files"};
        QTest::newRow("an empty file") << "nothing.mp4" << QStringList{"0 bytes", "again"};
        QTest::newRow("noise") << "noise.mp4" << QStringList{"convert", "copy it again"};
        QTest::newRow("text") << "text.mp4" << QStringList{"a text file", "choose another"};
        QTest::newRow("a cut picture") << "cut.png" << QStringList{"cut off", "Copy it again"};
    }

    void probeNamesARemedy()
    {
        QFETCH(QString, name);
        QFETCH(QStringList, told);
        const QString file = m_folder.filePath(name);
        const QStringList sine{"-f", "lavfi", "-i", "sine=duration=1"};
        if (name == "cover.m4a")
            ffmpeg(sine + QStringList{"-i", m_picture, "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "png",
                                      "-disposition:v:0", "attached_pic", file});
        else if (name == "cover_alone.mp4")
            ffmpeg({"-i", m_picture, "-c:v", "png", "-disposition:v:0", "attached_pic", file});
        else if (name == "sound.m4a")
            ffmpeg(sine + QStringList{"-c:a", "aac", file});
        else if (name == "nothing.mp4")
            writeFile(file, "");
        else if (name == "noise.mp4")
            writeFile(file, QByteArray("\x13\x37\xc0\xde\x00\x01", 6).repeated(500));
        else if (name == "text.mp4")
            writeFile(file, "nothing but words\n");
        else if (name == "cut.png") {
            QFile picture(m_picture);
            QVERIFY(picture.open(QIODevice::ReadOnly));
            writeFile(file, picture.read(20));
        }
        const Outcome outcome = runMien({"probe", file});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.errorLines(), 1);
        for (const QString &words : told)
            QVERIFY2(outcome.err.contains(words.toUtf8()), outcome.err);
    }

    void aMovingWebpIsSaidToBeOne()
    {
        // A canvas of 64 x 48 whose flags say that it moves.
        const QByteArray chunk("VP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x3f\x00\x00\x2f\x00\x00", 18);
        const QByteArray moves("ANIM\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00", 14);
        QByteArray webp("RIFF\x00\x00\x00\x00WEBP", 12);
        webp += chunk + moves;
        webp[4] = char(webp.size() - 8);
        const QString folder = m_folder.filePath("webp/happy"), file = folder + "/moving.webp";
        QVERIFY(QDir().mkpath(folder));
        writeFile(file, webp);
        QVERIFY(QFile::copy(m_picture, folder + "/still.png"));
        const Outcome probed = runMien({"probe", file});
        QCOMPARE(probed.status, 0);
        QVERIFY2(probed.out.contains("64 x 48") && probed.out.contains("animated"), probed.out);
        QVERIFY(runMien({"probe", file, "--json"}).result()["animated"].toBool());
        QVERIFY(!runMien({"probe", m_picture, "--json"}).result()["animated"].toBool(true));
        const QString project = m_folder.filePath("webp.mien");
        runMien({"init", project});
        const Outcome imported = runMien({"import", m_folder.filePath("webp"), "-p", project, "--json"});
        QCOMPARE(imported.status, 3);
        const QJsonObject warning = imported.events("warning").value(0);
        QCOMPARE(warning["code"].toString(), "UNREADABLE_FILE");
        for (const char *told : {"animated WebP", "none of which was read", "still picture", "video"})
            QVERIFY2(warning["message"].toString().contains(told), qPrintable(warning["message"].toString()));
    }

    void aGifThatMovesIsSaidToBeOne()
    {
        const QString moving = m_folder.filePath("moving.gif"), still = m_folder.filePath("still.gif");
        ffmpeg(QString("-f lavfi -i testsrc=size=64x48:rate=5:duration=1").split(' ') + QStringList{moving});
        ffmpeg(QString("-f lavfi -i testsrc=size=64x48:rate=5:duration=1 -frames:v 1").split(' ') + QStringList{still});
        QVERIFY(runMien({"probe", moving, "--json"}).result()["animated"].toBool());
        QVERIFY(!runMien({"probe", still, "--json"}).result()["animated"].toBool(true));
        QVERIFY(runMien({"probe", moving}).out.contains("first picture"));
    }

    void framesAreNamedByTheirTime()
    {
        const QString out = m_folder.filePath("frames");
        const Outcome outcome = runMien({"frames", m_clip, "--out", out, "--every-frames", "10", "--json"});
        QVERIFY2(outcome.status == 0, outcome.out);
        QCOMPARE(outcome.result()["frames"].toInt(), 5);
        QCOMPARE(outcome.result()["decoded"].toInt(), 50);
        QCOMPARE(QDir(out).entryList(QDir::Files | QDir::Hidden, QDir::Name),
                 (QStringList{"clip@00000.000000.jpg", "clip@00000.400000.jpg", "clip@00000.800000.jpg",
                              "clip@00001.200000.jpg", "clip@00001.600000.jpg"}));
        QCOMPARE(QImage(out + "/clip@00000.400000.jpg").size(), QSize(160, 120));

        // The frame that ffmpeg itself finds at that time; sharp colours are scaled a little differently, other frames
        // are 30 away.
        const QString theirs = m_folder.filePath("theirs.png"), pngs = m_folder.filePath("pngs");
        ffmpeg({"-ss", "0.4", "-i", m_clip, "-frames:v", "1", theirs});
        QCOMPARE(runMien({"frames", m_clip, "--out", pngs, "--every", "0.4", "--format", "png"}).status, 0);
        const QImage ours = QImage(pngs + "/clip@00000.400000.png").convertToFormat(QImage::Format_RGB888);
        const QImage other = QImage(theirs).convertToFormat(QImage::Format_RGB888);
        QCOMPARE(ours.size(), other.size());
        qint64 difference = 0;
        for (int y = 0; y < ours.height(); ++y)
            for (int x = 0; x < ours.width() * 3; ++x)
                difference += qAbs(ours.constScanLine(y)[x] - other.constScanLine(y)[x]);
        QVERIFY2(difference < 8 * ours.width() * 3 * ours.height(), qPrintable(QString::number(difference)));
    }

    void whatIsWrongIsReported()
    {
        const QString page = m_folder.filePath("page.mp4"), empty = m_folder.filePath("empty.mp4"),
                      report = m_folder.filePath("report.csv");
        writeFile(page, "<!DOCTYPE html><html></html>");
        writeFile(empty, "");
        const QStringList files{page, empty, m_folder.filePath("gone.mp4")};
        for (const QStringList &command :
             {QStringList{"probe"}, QStringList{"frames", "--out", m_folder.filePath("none")}}) {
            const Outcome outcome =
                runMien(command.mid(0, 1) + files + command.mid(1) + QStringList{"--report", report});
            QCOMPARE(outcome.status, 1);
            QFile file(report);
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray rows = file.readAll();
            for (const char *reason : {"NOT_DATA_HTML", "ZERO_BYTE", "MISSING_FILE"})
                QVERIFY2(rows.contains(reason), rows);
        }
        // A clip that is cut off gives what it holds, and says so.
        const QString cut = m_folder.filePath("cut.avi");
        ffmpeg(QString("-f lavfi -i testsrc2=size=160x120:rate=25:duration=2 -c:v mpeg4 -q 3 -g 10").split(' ') +
               QStringList{cut});
        QFile file(cut);
        QVERIFY(file.open(QIODevice::ReadWrite));
        const QByteArray noise = QByteArray("\x13\x37\xc0\xde", 4).repeated(1500);
        file.seek(file.size() / 2);
        file.write(noise);
        file.close();
        const Outcome some = runMien({"frames", cut, "--out", m_folder.filePath("cut"), "--report", report});
        QCOMPARE(some.status, 0);
        QVERIFY2(some.err.contains(" s: ") && some.err.contains("damaged"), some.err);
        QVERIFY(QDir(m_folder.filePath("cut")).entryList(QDir::Files).size() > 20);
    }

    void wrongUseOfFramesIsSaid()
    {
        QCOMPARE(runMien({"frames", m_clip}).status, 2);
        QCOMPARE(runMien({"frames", "--out", m_folder.filePath("x")}).status, 2);
        QCOMPARE(runMien({"frames", m_clip, "--out", "x", "--every", "1", "--every-frames", "2"}).status, 2);
        QDir(m_folder.path()).mkdir("b");
        QVERIFY(QFile::copy(m_clip, m_folder.filePath("b/clip.mp4")));
        const Outcome twins =
            runMien({"frames", m_clip, m_folder.filePath("b/clip.mp4"), "--out", m_folder.filePath("x")});
        QCOMPARE(twins.status, 2);
        QVERIFY2(twins.err.contains("Two of the videos are called clip"), twins.err);
        const QString text = m_folder.filePath("text.mp4");
        writeFile(text, "hello\n");
        const Outcome some = runMien({"frames", text, m_clip, "--out", m_folder.filePath("some"), "--every", "1"});
        QCOMPARE(some.status, 3);
        QCOMPARE(QDir(m_folder.filePath("some")).entryList(QDir::Files).size(), 2);
    }

private:
    QTemporaryDir m_folder;
    QString m_clip, m_picture;
};

QTEST_GUILESS_MAIN(TestCliMedia)
#include "tst_cli_media.moc"
