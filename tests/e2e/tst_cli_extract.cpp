#include "pipeline/store/clips.h"
#include "pipeline/store/near_duplicates.h"
#include "pipeline/store/project.h"
#include "tests/e2e/mien_process.h"
#include "tests/support/clips.h"
#include "tests/support/face_clips.h"
#include "tests/support/test_data.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QImage>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <map>

using namespace mien::test;

/// `import` and `extract` of videos: UTA-RLDD, rotated and damaged files, other settings, interruptions.
class TestCliExtract : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_tree = m_folder.filePath("UTA");
        for (int person = 1; person <= 3; ++person) {
            const QString folder = QStringLiteral("%1/Fold1_part1/0%2/").arg(m_tree).arg(person);
            makeFaceClip((folder + "0.mp4").toStdString(), {.person = std::uint64_t(person)});
            QVERIFY(QFile::copy(folder + "0.mp4", folder + "5.mp4"));
            makeFaceClip((folder + "10.MOV").toStdString(),
                         {.person = std::uint64_t(person), .emptyFrom = 10, .emptyTo = 18});
        }
        writeFile(m_tree + "/Fold1_part1/02/7.mov", "no recording");
    }

    /// Frames that are close together follow each face through its clip.
    void denseFramesFollowFaces_data()
    {
        QTest::addColumn<QStringList>("sampling");
        QTest::addColumn<int>("leastFaces");
        QTest::newRow("every frame") << QStringList{"--every-frames", "1"} << 20;
        QTest::newRow("every 0.2 s") << QStringList{"--every", "0.2"} << 4;
    }

    void denseFramesFollowFaces()
    {
        QFETCH(QStringList, sampling);
        QFETCH(int, leastFaces);
        QList<QByteArray> lists;
        for (const char *jobs : {"1", "2"}) {
            const QString project = newProject(QStringLiteral("dense %1 %2").arg(sampling[0], QLatin1String(jobs)));
            QCOMPARE(runMien({"import", m_tree, "-p", project}).status, 0);
            QCOMPARE(runMien(QStringList{"extract", "-p", project, "--jobs", jobs, "--faces", "all"} + sampling).status,
                     0);
            const Outcome listed = runMien(
                {"list", "-p", project, "--format", "jsonl", "--fields", "id,source,track", "--filter", "track:1"});
            std::map<QString, int> facesOf;
            for (const QJsonObject &row : listed.rows()) {
                QCOMPARE(row["track"].toInt(), 1);
                ++facesOf[row["source"].toString().section('@', 0, 0)];
            }
            QCOMPARE(facesOf.size(), std::size_t(6));
            for (const auto &[clip, faces] : facesOf)
                QVERIFY2(faces >= leastFaces, qPrintable(clip + ": " + QString::number(faces)));
            QCOMPARE(samplesOf(project, "track>1").size(), 0);
            lists.append(listed.out);
            QCOMPARE(runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1), 0);
        }
        QCOMPARE(lists[0], lists[1]);
    }

    /// Where a video is cut into parts changes nothing, and a problem of a video is told once.
    void partsOfVideosMakeNoDifference_data()
    {
        QTest::addColumn<QStringList>("sampling");
        QTest::newRow("every frame, followed") << QStringList{"--every-frames", "1", "--faces", "all"};
        QTest::newRow("every second") << QStringList{"--every", "0.3"};
        QTest::newRow("per video") << QStringList{"--per-video", "9"};
    }

    void partsOfVideosMakeNoDifference()
    {
        QFETCH(QStringList, sampling);
        QList<QByteArray> lists, results;
        for (const auto &[rows, jobs] : {std::pair("100", "1"), std::pair("3", "2")}) {
            const QString project = newProject(QStringLiteral("parts %1 %2").arg(QTest::currentDataTag(), jobs));
            QCOMPARE(runMien({"import", m_tree, "-p", project}).status, 0);
            Surroundings small;
            small.environment.insert("MIEN_BATCH_ROWS", rows);
            const Outcome extracted =
                runMien(QStringList{"extract", "-p", project, "--jobs", jobs, "--json"} + sampling, small);
            QCOMPARE(extracted.status, 0);
            QJsonObject result = extracted.result();
            for (const char *varies : {"seconds", "folders"})
                result.remove(varies);
            results.append(QJsonDocument(result).toJson());
            lists.append(
                runMien({"list", "-p", project, "--format", "jsonl", "--fields", "id,source,track,quality.*"}).out);
            QVERIFY(lists.back().size() > 1000);
        }
        QCOMPARE(lists[1], lists[0]);
        QCOMPARE(results[1], results[0]);
    }

    void utaRlddBecomesSamples()
    {
        const QString project = newProject("uta");
        const QJsonObject imported = runMien({"import", m_tree, "-p", project, "--json"}).result();
        QCOMPARE(imported["format"].toString(), "uta-rldd.videos");
        QCOMPARE(imported["media"].toInt(), 9);
        QCOMPARE(imported["samples"].toInt(), 0);
        QCOMPARE(imported["labels"].toInt(), 9);
        QCOMPARE(runMien({"info", "-p", project, "--json"}).result()["subjects"].toInt(), 3);

        const Outcome outcome = runMien({"extract", "-p", project, "--per-video", "3", "--json"});
        QCOMPARE(outcome.status, 0);
        QVERIFY(outcome.isJsonOnly());
        const QJsonObject result = outcome.result();
        QCOMPARE(result["media"].toInt(), 6); // states 0 and 10
        QCOMPARE(result["crops"].toInt(), 18);
        QCOMPARE(result["skipped"].toInt(), 0);
        QCOMPARE(result["frames"].toInt(), 21); // one of each drowsy video shows nobody: the frame 0.2 s on is taken
        QVERIFY(!outcome.events("progress").isEmpty());

        const auto rows = samplesOf(project, "");
        QCOMPARE(rows.size(), 18);
        const QJsonObject first = rows.front();
        QVERIFY(first["source"].toString().startsWith("Fold1_part1/01/0.mp4@0."));
        QCOMPARE(first["label"].toString(), "alert");
        QCOMPARE(first["subject"].toString(), "01");
        QCOMPARE(first["width"].toInt(), 224);
        QVERIFY(first["quality.size"].toDouble() > 64);
        const QJsonObject measured =
            runMien({"list", "-p", project, "--fields", "id,quality.*", "--limit", "1", "--json"}).rows().at(0);
        QVERIFY(measured.contains("quality.size") && measured.contains("quality.yaw"));
        QVERIFY(!measured.contains("quality.*"));
        for (const char *option : {"--fields", "--sort"}) { // a misspelt measure is told, with what there is
            const Outcome misspelt = runMien({"list", "-p", project, option, "quality.misspelt"});
            QCOMPARE(misspelt.status, 2);
            QCOMPARE(misspelt.errorLines(), 1);
            QVERIFY2(misspelt.err.contains("'quality.misspelt'") && misspelt.err.contains("quality.blur"),
                     misspelt.err);
            QVERIFY(misspelt.out.isEmpty());
        }
        QVERIFY(qAbs(first["quality.yaw"].toDouble()) < 20);
        QCOMPARE(samplesOf(project, "label:drowsy").size(), 9);
        QCOMPARE(samplesOf(project, "quality:weak_label").size(), 18);
        QVERIFY(samplesOf(project, "quality.blur>0").size() == 18);
        QCOMPARE(runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1), 0);

        // The third state comes in when it is asked for; what was done is not done again.
        const QJsonObject more =
            runMien({"extract", "-p", project, "--per-video", "3", "--states", "0,5,10", "--json"}).result();
        QCOMPARE(more["media"].toInt(), 3);
        QCOMPARE(more["unchanged"].toInt(), 6);
        QCOMPARE(samplesOf(project, "label:low_vigilant").size(), 9);

        // Frames that far apart follow nobody.
        QVERIFY(samplesOf(project, "track>0").isEmpty());

        // A table names the videos that the frames are of.
        const QString out = m_folder.filePath("table of frames");
        QCOMPARE(runMien({"export", "--format", "csv", "--media", "none", out, "-p", project}).status, 0);
        QFile clips(out + "/clips.csv");
        QVERIFY(clips.open(QFile::ReadOnly));
        const QList<QByteArray> lines = clips.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), 10);
        QCOMPARE(lines.front(), "fold,subject,label,cut,path,rotation,duration_us");
        QVERIFY2(lines.at(1).startsWith("1,01,0,,") && lines.at(1).contains("/Fold1_part1/01/0.mp4,0,"), lines.at(1));
        QVERIFY(lines.at(1).mid(lines.at(1).lastIndexOf(',') + 1).toLongLong() > 0);

        // Folds keep people apart.
        const QJsonObject split =
            runMien({"split", "--by", "subject", "--ratios", "1,1,1", "-p", project, "--json"}).result();
        QVERIFY(split["leaks"].toArray().isEmpty());
    }

    void facesHaveTheirPerceptualHash()
    {
        const QString project = importedProject("hashes");
        QCOMPARE(runMien({"extract", "-p", project, "--per-video", "2"}).status, 0);
        const auto opened = mien::Project::open(project.toStdString(), mien::Project::Access::Read);
        QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
        const auto looks = mien::sampleLooks(*opened, {});
        QVERIFY(looks);
        QCOMPARE(int(looks->size()), 12);
        for (const mien::SampleLook &look : *looks)
            QVERIFY(look.perceptualHash && *look.perceptualHash != 0);
    }

    /// Copies under other names, encoded and scaled anew: the detector's boxes are a few pixels elsewhere.
    void facesOfCopiesAreFoundAgain()
    {
        MIEN_NEED_TEST_DATA(photos, "media");
        const QString originals = m_folder.filePath("originals"), copies = m_folder.filePath("copies");
        QVERIFY(QDir().mkpath(originals) && QDir().mkpath(copies));
        const QStringList names{"multi_face", "single_face", "two_people", "portrait_1", "portrait_2", "partial_face"};
        for (int i = 0; i < names.size(); ++i) {
            const QImage photo(QString::fromStdString((photos / (names[i] + ".jpg").toStdString()).string()));
            QVERIFY(!photo.isNull());
            QVERIFY(photo.save(QStringLiteral("%1/%2.png").arg(originals, names[i])));
            int copy = 0;
            for (const auto &[scale, quality] : {std::pair(1.0, 35), std::pair(0.6, 80), std::pair(1.5, 60)}) {
                const QImage changed =
                    photo.scaled(photo.size() * scale, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
                QVERIFY(changed.save(QStringLiteral("%1/%2%3.jpg").arg(copies).arg(i).arg(copy++), "JPEG", quality));
            }
        }
        makeFaceClip((originals + "/clip.mp4").toStdString(), {.person = 7});
        ffmpeg({"-i", originals + "/clip.mp4", "-vf", "scale=240:180", "-crf", "34", copies + "/renamed.mkv"});
        const QString project = newProject("copies");
        QCOMPARE(runMien({"import", originals, "-p", project}).status, 0);
        QCOMPARE(runMien({"import", copies, "-p", project}).status, 0);
        QCOMPARE(runMien({"extract", "-p", project, "--faces", "all", "--per-video", "3"}).status, 0);
        const QJsonObject found = runMien({"dedup", "-p", project, "--json"}).result();
        QCOMPARE(found["skipped"].toInt(), 0);

        const auto rows =
            runMien({"list", "-p", project, "--format", "jsonl", "--fields", "id,source,near_duplicate"}).rows();
        QMap<int, QStringList> groups;
        int ofPhotos = 0;
        for (const QJsonObject &row : rows) {
            const QString source = row["source"].toString();
            const bool isOfCopy = !source.contains(".png") && !source.contains("clip.mp4");
            const int group = row["near_duplicate"].toInt();
            // What a detector sees in the noise of a copy alone has no counterpart.
            QVERIFY2(group > 0 || (isOfCopy && !source.contains("renamed")), qPrintable(source + " stands alone"));
            if (group > 0)
                groups[group].append(source);
            ofPhotos += source.contains(".png");
        }
        QVERIFY(ofPhotos >= 11);
        for (const QStringList &group : std::as_const(groups)) {
            QStringList files;
            for (const QString &source : group)
                files.append(source.section('#', 0, 0).section('@', 0, 0));
            if (!group.front().contains("clip.mp4")) {
                QVERIFY2(group.size() >= 4, qPrintable(group.join(' ')));
                QCOMPARE(files.removeDuplicates(), 0); // faces of one photo stay apart
            }
        }
    }

    void otherSettingsReplaceWhatWasThere()
    {
        const QString project = importedProject("settings");
        QCOMPARE(runMien({"extract", "-p", project, "--per-video", "4"}).status, 0);
        QCOMPARE(samplesOf(project, "").size(), 24);
        const qint64 kept = samplesOf(project, "").front()["id"].toInt();
        writeFile(m_folder.filePath("one"), QByteArray::number(kept));
        QCOMPARE(
            runMien({"label", "--samples", m_folder.filePath("one"), "--class", "low_vigilant", "-p", project}).status,
            0);

        QCOMPARE(runMien({"extract", "-p", project, "--per-video", "3", "--size", "112"}).status, 0);
        auto rows = samplesOf(project, "");
        QCOMPARE(rows.size(), 18);
        QCOMPARE(rows.front()["width"].toInt(), 112);
        QCOMPARE(runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1), 0);

        // Back to the first ones: the same samples, with what a person said about them.
        QCOMPARE(runMien({"extract", "-p", project, "--per-video", "4"}).status, 0);
        rows = samplesOf(project, "");
        QCOMPARE(rows.size(), 24);
        QCOMPARE(samplesOf(project, "label:low_vigilant").size(), 1);
        QCOMPARE(samplesOf(project, "label:low_vigilant").front()["id"].toInt(), int(kept));
        QCOMPARE(runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1), 0);
    }

    void facesGoAndComeBackWithTheirVideos()
    {
        const QString project = importedProject("removal");
        QCOMPARE(runMien({"extract", "-p", project, "--per-video", "2"}).status, 0);
        const auto count = [&] { return runMien({"info", "-p", project, "--json"}).result()["samples"].toInt(); };
        QCOMPARE(count(), 12);
        const auto rows = runMien({"imports", "list", "-p", project, "--json"}).rows();
        QCOMPARE(rows.size(), 2);
        QCOMPARE(rows[0]["clips"].toInt(), 9);
        QCOMPARE(rows[1]["kind"].toString(), "extraction");
        QCOMPARE(runMien({"imports", "remove", "1", "-p", project}).status, 0);
        QCOMPARE(count(), 0);
        QCOMPARE(runMien({"extract", "-p", project}).status, 1); // nothing is left to search
        QCOMPARE(runMien({"imports", "restore", "1", "-p", project}).status, 0);
        QCOMPARE(count(), 12);
        QCOMPARE(runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1), 0);
    }

    void gatesLeaveFacesOut()
    {
        const QString project = importedProject("gates");
        const auto extract = [&](const QStringList &options) {
            return runMien(QStringList{"extract", "-p", project, "--per-video", "4", "--json"} + options);
        };
        QCOMPARE(extract({}).result()["crops"].toInt(), 24);
        QMap<QString, double> sizes;
        for (const QJsonObject &row : samplesOf(project, ""))
            sizes.insert(row["source"].toString(), row["quality.size"].toDouble());
        QList<double> sorted = sizes.values();
        std::sort(sorted.begin(), sorted.end());
        qsizetype below = 8; // the same face may occur twice
        while (below < 23 && sorted[below - 1] == sorted[below])
            ++below;
        QVERIFY(sorted[below - 1] < sorted[below]);
        const QString limit = QString::number((sorted[below - 1] + sorted[below]) / 2, 'g', 17);

        const QString report = m_folder.filePath("gates.csv");
        const Outcome outcome = extract({"--gate", "quality.size>=" + limit, "--report", report});
        QCOMPARE(outcome.status, 0);
        const QJsonObject result = outcome.result();
        QCOMPARE(result["faces"].toInt(), 24);
        QCOMPARE(result["crops"].toInt(), int(24 - below));
        QCOMPARE(result["gated"].toInt(), int(below));
        const QJsonObject by = result["gated_by"].toObject();
        QCOMPARE(by.size(), 1);
        QVERIFY(by.begin().key().startsWith("quality.size>="));
        QCOMPARE(by.begin()->toInt(), int(below));
        QCOMPARE(result["no_face"].toInt(), 0); // a face was found, and no other frame is taken for it
        QFile csv(report);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const QByteArray text = csv.readAll();
        QVERIFY2(text.contains("\nGATED,") && text.contains("by quality.size>="), text);
        const auto rows = samplesOf(project, "");
        QCOMPARE(rows.size(), 24 - below);
        for (const QJsonObject &row : rows)
            QVERIFY(sizes.value(row["source"].toString()) >= limit.toDouble());
        QCOMPARE(runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1), 0);

        // The same gates in another order, or twice, are the same settings; others are not.
        const QString second = "quality.yaw<=89.5";
        QCOMPARE(extract({"--gate", "quality.size>=" + limit, "--gate", second}).result()["media"].toInt(), 6);
        const QJsonObject again =
            extract({"--gate", second, "--gate", "quality.size>=" + limit, "--gate", second}).result();
        QCOMPARE(again["unchanged"].toInt(), 6);
        QCOMPARE(again["media"].toInt(), 0);
        QCOMPARE(extract({}).result()["crops"].toInt(), 24);

        for (const char *wrong :
             {"quality.smile>=3", "quality.size>3", "quality.size>=many", "blur>=3", "quality.size"}) {
            const Outcome refused = extract({"--gate", wrong});
            QCOMPARE(refused.status, 2);
            QVERIFY2(refused.err.contains(wrong), qPrintable(refused.err));
        }
        QVERIFY(extract({"--gate", "quality.smile>=3"}).err.contains("quality.detection"));
    }

    void framesAreChosenAsAsked_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("frames"); // of a clip of 50 frames, 2 s, with a face in all of them
        QTest::newRow("midpoints") << QStringList{"--per-video", "7"} << 7;
        QTest::newRow("more midpoints than frames") << QStringList{"--per-video", "500", "--margin", "0"} << 50;
        QTest::newRow("seconds") << QStringList{"--every", "0.5"} << 4;
        QTest::newRow("frames") << QStringList{"--every-frames", "10"} << 5;
        QTest::newRow("at most") << QStringList{"--every-frames", "1", "--max-per-video", "10"} << 10;
        QTest::newRow("margin") << QStringList{"--every-frames", "1", "--margin", "0.2"} << 41; // 0.2 to 1.8 s
        QTest::newRow("scenes") << QStringList{"--scenes"} << 1;
    }
    void framesAreChosenAsAsked()
    {
        QFETCH(QStringList, options);
        QFETCH(int, frames);
        const QString project = newProject(QString::fromLatin1(QTest::currentDataTag()));
        QDir().mkpath(m_folder.filePath("one_clip"));
        QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", m_folder.filePath("one_clip/a.mp4"));
        QCOMPARE(runMien({"import", m_folder.filePath("one_clip"), "-p", project}).status, 0);
        const QJsonObject result = runMien(QStringList{"extract", "-p", project, "--json"} + options).result();
        QCOMPARE(result["crops"].toInt(), frames);
        QCOMPARE(result["frames"].toInt(), frames);
    }

    /// A recording cut out of a longer one keeps its times; Matroska then says when it ends, not how long it is.
    void midpointsOfAVideoThatBeginsLate()
    {
        const QString folder = m_folder.filePath("late");
        QVERIFY(QDir().mkpath(folder));
        ffmpeg({"-i", m_tree + "/Fold1_part1/01/0.mp4", "-c", "copy", "-output_ts_offset", "3000", folder + "/a.mkv"});
        const Outcome probed = runMien({"probe", folder + "/a.mkv", "--json"});
        QVERIFY2(probed.status == 0, probed.err);
        const QString project = newProject("late");
        QCOMPARE(runMien({"import", folder, "-p", project}).status, 0);
        const Outcome extracted =
            runMien({"extract", "-p", project, "--detector", "none", "--per-video", "4", "--margin", "0.1", "--json"});
        QVERIFY2(extracted.status == 0, extracted.err);
        QCOMPARE(extracted.result()["frames"].toInt(), 4);
    }

    void facesAreFoundByDlibAndAlignedBySixtyEight()
    {
        MIEN_NEED_TEST_DATA(photos, "media");
        const QString folder = m_folder.filePath("photos");
        QDir().mkpath(folder);
        for (const char *name : {"portrait_1.jpg", "no_face_landscape.jpg"})
            QVERIFY(QFile::copy(QString::fromStdString((photos / name).string()), folder + '/' + name));
        const QString project = newProject("dlib");
        QCOMPARE(runMien({"import", folder, "-p", project}).status, 0);
        const auto extract = [&](const QStringList &options) {
            return runMien(QStringList{"extract", "-p", project, "--detector", "dlib-hog", "--json"} + options);
        };
        const Outcome found = extract({});
        if (found.status == 1 && found.err.contains("This build of Mien has no dlib"))
            QSKIP("this build has no dlib");
        QCOMPARE(found.status, 0);
        QCOMPARE(found.result()["crops"].toInt(), 1);
        QCOMPARE(found.result()["no_face"].toInt(), 1);
        const QJsonObject row = samplesOf(project, "quality.landmarks>0.5").at(0);
        QVERIFY(row["quality.size"].toDouble() > 64);
        QCOMPARE(samplesOf(project, "quality.occlusion<=1").size(), 1);
        QCOMPARE(extract({"--align", "none", "--min-face", "900"}).result()["crops"].toInt(), 0);

        const Outcome aligned = extract({"--align", "68"});
        if (!QFile::exists("/usr/share/dlib/shape_predictor_68_face_landmarks.dat")) {
            QCOMPARE(aligned.status, 1);
            QCOMPARE(aligned.errorLines(), 1);
            QVERIFY(aligned.err.contains("libdlib-data"));
            QSKIP("the package libdlib-data is not installed");
        }
        QCOMPARE(aligned.result()["crops"].toInt(), 1);
    }

    /// A video that cannot be decoded to its end is a problem of its own; those behind it are read.
    void oneVideoEndsForItself()
    {
        const QString folder = m_folder.filePath("one ends");
        QDir().mkpath(folder);
        // Frames of 8K that refer to so many others that they need more memory than a decoder is given.
        ffmpeg({"-f", "lavfi", "-i", "color=gray:size=8192x4320:rate=10:duration=1", "-c:v", "libx264", "-preset",
                "ultrafast", "-refs", "16", "-x264-params", "bframes=0:keyint=300", folder + "/a_too_much.mp4"});
        QVERIFY(QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", folder + "/b_right.mp4"));
        const QString project = newProject("one ends");
        QCOMPARE(runMien({"import", folder, "-p", project}).status, 0);
        for (const QStringList &sampling : {QStringList{"--per-video", "3"}, QStringList{"--every-frames", "10"}}) {
            const Outcome outcome = runMien(QStringList{"extract", "-p", project, "--json"} + sampling);
            QVERIFY2(outcome.status == 0 || outcome.status == 3, outcome.err);
            const QJsonObject result = outcome.result(), problems = result["problems"].toObject();
            QCOMPARE(result["media"].toInt(), 2);
            QCOMPARE(problems["VIDEO_OPEN_FAILED"].toInt() + problems["DAMAGED_VIDEO"].toInt(), 1);
            QVERIFY(result["crops"].toInt() >= 3);
            QCOMPARE(samplesOf(project, "").size(), result["crops"].toInt());
        }
    }

    /// A video of which nothing can be decoded was not read, and is tried again the next time.
    void aVideoWithoutFramesIsSkipped()
    {
        const QString folder = m_folder.filePath("no frames"), file = folder + "/nothing.mp4";
        QDir().mkpath(folder);
        QVERIFY(QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", file));
        QFile video(file);
        QVERIFY(video.open(QIODevice::ReadWrite));
        const QByteArray bytes = video.readAll();
        const qint64 data = bytes.indexOf("mdat") + 4;
        const quint32 size = qFromBigEndian<quint32>(bytes.constData() + data - 8);
        QVERIFY(video.seek(data) && video.write(QByteArray(qint64(size) - 8, '\0')) == qint64(size) - 8);
        video.close();
        const QString project = newProject("no frames");
        runMien({"import", folder, "-p", project});
        for (int times = 0; times < 2; ++times) {
            const Outcome outcome = runMien({"extract", "-p", project, "--every", "1", "--json"});
            QCOMPARE(outcome.status, 3);
            const QString code = outcome.events("warning").value(0)["code"].toString();
            QVERIFY2(code == "NO_FRAMES" || code == "VIDEO_OPEN_FAILED", qPrintable(code));
        }
    }

    /// A margin that does not fit into a video is said, with what is left of it.
    void aMarginThatIsTooLongIsSaid()
    {
        const QString folder = m_folder.filePath("short");
        QVERIFY(QDir().mkpath(folder));
        QVERIFY(QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", folder + "/two_seconds.mp4"));
        const QString project = newProject("short"), report = m_folder.filePath("short.csv");
        QCOMPARE(runMien({"import", folder, "-p", project}).status, 0);
        const QStringList wanted{"extract", "-p", project, "--detector", "none", "--every", "0.25", "--margin"};
        const Outcome outcome = runMien(wanted + QStringList{"3", "--json", "--report", report});
        QCOMPARE(outcome.status, 0);
        const auto warnings = outcome.events("warning");
        QCOMPARE(warnings.size(), 1);
        QCOMPARE(warnings[0]["code"].toString(), "MARGIN_SHORTENED");
        QCOMPARE(warnings[0]["severity"].toString(), "note");
        QCOMPARE(warnings[0]["path"].toString(), "two_seconds.mp4");
        const QString frames = QString::number(outcome.result()["frames"].toInt()) + " frames were looked at";
        for (const QString &told :
             {QStringLiteral("3.000 s"), QStringLiteral("2.000 s"), QStringLiteral("0.500 s"), frames})
            QVERIFY2(warnings[0]["message"].toString().contains(told), qPrintable(told));
        QCOMPARE(outcome.result()["problems"].toObject()["MARGIN_SHORTENED"].toInt(), 1);
        QFile csv(report);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QVERIFY(csv.readAll().contains("MARGIN_SHORTENED,two_seconds.mp4,"));
        const Outcome plain = runMien(wanted + QStringList{"2.5"});
        QCOMPARE(plain.status, 0);
        QVERIFY2(plain.out.contains("two_seconds.mp4: A margin of 2.500 s"), plain.out);
        QVERIFY(runMien(wanted + QStringList{"0.4", "--json"}).events("warning").isEmpty()); // it fits
    }

    /// What a person says about one video stays with the project, through other settings and a second import.
    void aPersonSaysHowAVideoLies()
    {
        const QString folder = m_folder.filePath("said");
        QVERIFY(QDir().mkpath(folder + "/a"));
        for (const char *name : {"/a/one.mp4", "/a/two.mp4"})
            QVERIFY(QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", folder + name));
        const QString project = newProject("said");
        QCOMPARE(runMien({"import", folder, "-p", project}).status, 0);
        const auto extract = [&](const QStringList &options) {
            return runMien(QStringList{"extract", "-p", project, "--detector", "none", "--json"} + options).result();
        };
        const auto turns = [&](const QString &video) { // of what counts, from the store
            const auto opened = mien::Project::open(project.toStdString(), mien::Project::Access::Read);
            const auto rows =
                runMien({"list", "-p", project, "--filter", video, "--format", "jsonl", "--fields", "id"}).rows();
            QList<int> found;
            for (const QJsonObject &row : rows)
                found.append(mien::faceOf(*opened, {row["id"].toInteger()})->rotationDeg);
            return found;
        };
        const QStringList two{"--per-video", "2"};
        QCOMPARE(extract(two)["media"].toInt(), 2);
        QCOMPARE(turns("one.mp4"), (QList<int>{0, 0}));
        QJsonObject result = extract(two + QStringList{"--turn", "a/one.mp4=90"});
        QCOMPARE(result["media"].toInt(), 1); // the other one lies as before
        QCOMPARE(result["unchanged"].toInt(), 1);
        QVERIFY(!result["problems"].toObject().contains("ROTATION_GUESSED"));
        QCOMPARE(turns("one.mp4"), (QList<int>{90, 90}));
        QCOMPARE(turns("two.mp4"), (QList<int>{0, 0}));
        QCOMPARE(extract(two)["unchanged"].toInt(), 2);
        QCOMPARE(extract({"--per-video", "3", "--rotation", "180"})["media"].toInt(), 2);
        QCOMPARE(turns("one.mp4"), (QList<int>{90, 90, 90}));
        QCOMPARE(turns("two.mp4"), (QList<int>{180, 180, 180}));
        QCOMPARE(runMien({"import", folder, "-p", project}).status, 0);
        extract({"--per-video", "2"});
        QCOMPARE(turns("one.mp4"), (QList<int>{90, 90}));
        QCOMPARE(extract(two + QStringList{"--turn", "a/one.mp4=auto"})["media"].toInt(), 1);
        QCOMPARE(turns("one.mp4"), (QList<int>{0, 0}));
        QCOMPARE(runMien({"doctor", "-p", project, "--json"}).result()["problems"].toInt(-1), 0);

        for (const char *wrong : {"a/one.mp4", "=90", "a/one.mp4=45", "a/one.mp4="}) {
            const Outcome refused = runMien({"extract", "-p", project, "--turn", wrong});
            QCOMPARE(refused.status, 2);
            QVERIFY2(refused.err.contains("--turn"), refused.err);
        }
        const Outcome nobody = runMien({"extract", "-p", project, "--leave-out", "nosuch"});
        QCOMPARE(nobody.status, 1);
        QVERIFY2(nobody.err.contains("--leave-out") && nobody.err.contains("nosuch"), nobody.err);
        const Outcome unknown = runMien({"extract", "-p", project, "--turn", "a/none.mp4=90"});
        QCOMPARE(unknown.status, 1);
        QVERIFY2(unknown.err.contains("a/none.mp4"), unknown.err);
    }

    /// Whatever folder the shell stands in: what is said of a file names it from the root of the file system on.
    void pathsInReportsDoNotDependOnTheShell()
    {
        const QString project = newProject("relative"), report = m_folder.filePath("relative.csv");
        const QString tree = m_folder.filePath("Broken UTA");
        QVERIFY(QDir().mkpath(tree + "/Fold1_part1/01"));
        QVERIFY(QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", tree + "/Fold1_part1/01/0.mp4"));
        writeFile(tree + "/Fold1_part1/01/5.mp4", "no video at all");
        QVERIFY(QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", tree + "/Fold1_part1/01/10.mp4"));
        const Outcome imported =
            runMien({"import", "Broken UTA", "-p", project, "--json", "--report", report}, {.folder = m_folder.path()});
        QCOMPARE(imported.status, 3);
        const auto warnings = imported.events("warning");
        QCOMPARE(warnings.size(), 1);
        QCOMPARE(warnings[0]["path"].toString(), "Fold1_part1/01/5.mp4"); // below the imported root
        QVERIFY2(warnings[0]["message"].toString().startsWith(QFileInfo(tree).canonicalFilePath() +
                                                              "/Fold1_part1/01/5.mp4 "),
                 qPrintable(warnings[0]["message"].toString()));
    }

    void rotatedVideoIsTurned()
    {
        // Sideways pixels without a word in the file: found by turning. With a display matrix: turned by the file.
        const QString folder = m_folder.filePath("phones");
        makeFaceClip((folder + "/silent.mp4").toStdString(),
                     {.person = 5, .encoding = {"-vf", "transpose=1", "-c:v", "libx264", "-preset", "ultrafast"}});
        const QString project = newProject("rotated");
        QCOMPARE(runMien({"import", folder, "-p", project}).status, 0);
        const QJsonObject result = runMien({"extract", "-p", project, "--per-video", "3", "--json"}).result();
        QCOMPARE(result["crops"].toInt(), 3);
        QCOMPARE(result["problems"].toObject()["ROTATION_GUESSED"].toInt(), 1);
        for (const QJsonObject &row : samplesOf(project, ""))
            QVERIFY(qAbs(row["quality.roll"].toDouble()) < 15);

        const QString asked = newProject("rotated 270");
        QCOMPARE(runMien({"import", folder, "-p", asked}).status, 0);
        QCOMPARE(runMien({"extract", "-p", asked, "--per-video", "3", "--rotation", "270", "--json"})
                     .result()["crops"]
                     .toInt(),
                 3);
    }

    /// One request after the other to `frames --serve` without a project: a newer one would replace one that waits.
    void filesAreShownBeforeThereIsASample()
    {
        QProcess server;
        startMien(server, {"frames", "--serve"}, {.folder = m_folder.path()});
        const auto asked = [&](QJsonObject request) {
            request["id"] = 7;
            server.write(QJsonDocument(request).toJson(QJsonDocument::Compact) + "\n");
            while (!server.canReadLine() && server.waitForReadyRead(60'000)) {
            }
            return QJsonDocument::fromJson(server.readLine()).object();
        };
        const QString clip = m_tree + "/Fold1_part1/01/0.mp4";
        const QJsonObject settings{{"detector", "mtcnn"}, {"min_face", 40}, {"align", "5"}, {"size", 112}};
        const QJsonObject found = asked({{"file", clip}, {"time", 0.5}, {"side", 160}, {"faces", settings}});
        QVERIFY2(found["ok"].toBool(), qPrintable(found["message"].toString()));
        QCOMPARE(found["kind"].toString(), "video");
        QCOMPARE(found["pts_s"].toDouble(), 0.48);
        QCOMPARE(found["boxes"].toArray().size(), 1);
        const QJsonObject face = found["faces"].toArray().at(0).toObject();
        QCOMPARE(face["landmarks"].toArray().size(), 10);
        QVERIFY(face["measures"].toObject().contains("quality.blur"));
        QImage crop, shown;
        QVERIFY(crop.loadFromData(QByteArray::fromBase64(face["crop"].toString().toLatin1())));
        QCOMPARE(crop.size(), QSize(112, 112));
        QVERIFY(shown.loadFromData(QByteArray::fromBase64(found["jpeg"].toString().toLatin1())));
        QCOMPARE(shown.size(), QSize(found["w"].toInt(), found["h"].toInt()));
        QCOMPARE(std::max(shown.width(), shown.height()), 160);
        const QJsonArray box = face["box"].toArray();
        QVERIFY(box[0].toDouble() > 0 && box[0].toDouble() + box[2].toDouble() < shown.width());
        const QJsonObject large = asked({{"file", clip}, {"time", 0.5}, {"faces", settings}, {"pixels", "none"}});
        QVERIFY(!large.contains("jpeg"));
        const double scale = double(shown.width()) / large["original_w"].toInt();
        const QJsonArray largeBox = large["faces"].toArray().at(0)["box"].toArray();
        QVERIFY(qAbs(largeBox[2].toDouble() * scale - box[2].toDouble()) < 0.01);

        QCOMPARE(asked({{"file", clip}, {"time", 0.48}, {"step", 1}})["pts_s"].toDouble(), 0.52);
        QCOMPARE(asked({{"file", clip}, {"time", 0.48}, {"step", -1}})["pts_s"].toDouble(), 0.44);
        const QJsonArray range =
            asked({{"file", clip}, {"time", 1.0}, {"until", 1.2}, {"side", 64}})["frames"].toArray();
        QCOMPARE(range.size(), 6);
        QCOMPARE(range.last()["pts_s"].toDouble(), 1.2);

        const QJsonObject shared = asked({{"file", clip}, {"time", 0.48}, {"pixels", "shared"}});
        const QJsonObject pixels = shared["pixels"].toObject();
        QFile file(pixels["file"].toString());
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.errorString()));
        QCOMPARE(file.read(pixels["bytes"].toInt()).size(), shared["w"].toInt() * shared["h"].toInt() * 3);
        QCOMPARE(pixels["stride"].toInt(), shared["w"].toInt() * 3);

        const auto message = [&](const QJsonObject &request) {
            const QJsonObject reply = asked(request);
            return reply["ok"].toBool() ? QString() : reply["message"].toString();
        };
        QVERIFY(message({{"file", m_tree + "/Fold1_part1/02/7.mov"}}).contains("7.mov"));
        QVERIFY(message({{"file", m_tree + "/none.mp4"}}).contains("none.mp4"));
        QVERIFY(message({{"file", clip}, {"faces", QJsonObject{{"align", "9"}}}}).contains("\"align\""));
        QVERIFY(message({{"file", clip}, {"side", 5}}).contains("\"side\""));
        QVERIFY(message({{"file", 5}}).contains("is a text"));
        QVERIFY(message({{"sample", 1}}).contains("project"));
        QVERIFY(message({{"file", clip + QChar(0) + ".txt"}}).contains("NUL")); // the system would cut it there
        QVERIFY(message({{"file", ""}}).contains("empty"));
        const QString unknown = message({{"file", clip}, {"at", 1.0}});
        QVERIFY2(unknown.contains("\"at\"") && unknown.contains("time"), qPrintable(unknown));
        const QString setting = message({{"file", clip}, {"faces", QJsonObject{{"minface", 40}}}});
        QVERIFY2(setting.contains("\"minface\"") && setting.contains("min_face"), qPrintable(setting));
        QVERIFY(message({{"file", clip}, {"faces", "all"}}).contains("object"));
        server.closeWriteChannel();
        QVERIFY(server.waitForFinished());
        QCOMPARE(server.exitCode(), 0);
    }

    void damagedFilesAreSkippedWithTheirReason()
    {
        const QString folder = m_folder.filePath("damaged");
        QDir().mkpath(folder);
        QVERIFY(QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", folder + "/good.mp4"));
        QVERIFY(QFile::copy(m_tree + "/Fold1_part1/01/0.mp4", folder + "/gone.mp4"));
        const QString project = newProject("damaged");
        QCOMPARE(runMien({"import", folder, "-p", project}).status, 0);
        QVERIFY(QFile::remove(folder + "/gone.mp4"));
        const QString report = m_folder.filePath("damaged.csv");
        const Outcome outcome = runMien({"extract", "-p", project, "--per-video", "3", "--report", report});
        QCOMPARE(outcome.status, 3);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY(outcome.err.contains("gone.mp4"));
        QFile csv(report);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const QByteArray text = csv.readAll();
        QVERIFY(text.startsWith("reason,key,file,line,detail\nMISSING_FILE,gone.mp4,gone.mp4,,"));
        QCOMPARE(samplesOf(project, "").size(), 3);
    }

    void sameSettingsGiveTheSameCrops()
    {
        QList<QByteArray> lists;
        for (const char *jobs : {"1", "2"}) {
            const QString project = importedProject(QStringLiteral("again %1").arg(QLatin1String(jobs)));
            QCOMPARE(runMien({"extract", "-p", project, "--per-video", "3", "--jobs", jobs}).status, 0);
            const QString out = m_folder.filePath(QStringLiteral("export %1").arg(QLatin1String(jobs)));
            QCOMPARE(runMien({"export", "--format", "csv", out, "-p", project}).status, 0);
            QFile table(out + "/manifest.csv");
            QVERIFY(table.open(QIODevice::ReadOnly));
            lists.push_back(table.readAll());
        }
        QVERIFY(!lists[0].isEmpty());
        QCOMPARE(lists[0], lists[1]);
    }

    void wrongUsageIsRefused()
    {
        const QString project = newProject("usage");
        QCOMPARE(runMien({"extract", "-p", project}).status, 1); // nothing there
        QCOMPARE(runMien({"extract", "-p", project, "--every", "1", "--scenes"}).status, 2);
        QCOMPARE(runMien({"extract", "-p", project, "--states", "0,3"}).status, 2);
        QCOMPARE(runMien({"extract", "-p", project, "--filter", "labl:fear"}).status, 2);
    }

private:
    QString newProject(const QString &name)
    {
        QString path = m_folder.filePath(QString(name).replace(' ', '_') + ".mien");
        runMien({"init", path});
        return path;
    }
    QString importedProject(const QString &name)
    {
        QString project = newProject(name);
        runMien({"import", m_tree, "-p", project});
        return project;
    }
    static QList<QJsonObject> samplesOf(const QString &project, const QString &filter)
    {
        return runMien({"list", "-p", project, "--filter", filter, "--format", "jsonl", "--fields",
                        "id,source,label,subject,width,quality.size,quality.yaw,quality.roll,quality.landmarks,quality."
                        "occlusion"})
            .rows();
    }

    QTemporaryDir m_folder;
    QString m_tree;
};

QTEST_GUILESS_MAIN(TestCliExtract)
#include "tst_cli_extract.moc"
