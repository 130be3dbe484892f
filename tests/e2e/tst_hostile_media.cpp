#include "tests/e2e/mien_process.h"
#include "tests/support/hostile_media.h"

#include <QDir>
#include <QSet>
#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace mien::test;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool isMeasured = false; // sanitizers need several times the memory and the time
#else
constexpr bool isMeasured = true;
#endif

constexpr qint64 mostBytes = 512ll << 20; ///< Above a process that read one ordinary file.
constexpr double mostSeconds = 10;

QString megabytes(qint64 bytes)
{
    return QString::number(double(bytes) / (1 << 20), 'f', 0) + " MB";
}

} // namespace

/// Media made to harm: no crash, bounded memory and time, and a reason for every file that is not read.
class TestHostileMedia : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_pictures = hostilePictures();
        m_videos = hostileVideos(m_folder.path());
        m_clipBombs = videoBombs(m_folder.path());
        qInfo("%d pictures, %d videos", int(m_pictures.size()), int(m_videos.size()));
        QVERIFY(m_pictures.size() + m_videos.size() >= 300);
        QSet<QString> names;
        for (const HostileFile &file : m_pictures + m_videos)
            names += file.name;
        QCOMPARE(names.size(), m_pictures.size() + m_videos.size());
    }

    void everyPictureIsReadOrNamed()
    {
        const QString tree = written("pictures/happy", m_pictures), project = newProject();
        const Measured run = measured({"import", tree + "/..", "-p", project, "--json", "--report", report()});
        QVERIFY2(run.outcome.status == 3, run.outcome.err + run.outcome.out.right(2000));
        const QSet<QString> read = sourcesOf(project), named = filesInReport();
        for (const HostileFile &file : m_pictures) {
            const QString key = "happy/" + file.name;
            QVERIFY2(read.contains(key) || named.contains(key), qPrintable(file.name + " has no reason"));
            QVERIFY2(!file.mustBeRead || read.contains(key), qPrintable(file.name + " is not read"));
        }
        checkCost(run, "all pictures");

        // What was taken can be used: faces are looked for in it, and it goes into a pack.
        const Measured faces = measured({"extract", "-p", project, "--detector", "none", "--json"});
        QVERIFY2(faces.outcome.status == 0 || faces.outcome.status == 3, faces.outcome.err);
        checkCost(faces, "extract of all pictures");
        QCOMPARE(runMien({"doctor", "-p", project}).status, 0);
    }

    void bombsAmongPictures_data() { rowsOf(pictureBombs()); }
    void bombsAmongPictures()
    {
        const HostileFile file = fetched();
        const QString tree = written("bomb/happy", {file}), project = newProject();
        const Measured run = measured({"import", tree + "/..", "-p", project, "--json", "--report", report()});
        const bool isRead = !sourcesOf(project).isEmpty();
        QVERIFY2(isRead || run.outcome.status == 1 || !filesInReport().isEmpty(), run.outcome.err);
        QVERIFY2(run.outcome.status >= 0, "it crashed");
        QVERIFY2(isRead || !file.mustBeRead, run.outcome.out + run.outcome.err);
        checkCost(run, file.name);
        if (!isRead)
            return;
        const Measured faces = measured({"extract", "-p", project, "--json"});
        QVERIFY2(faces.outcome.status >= 0, faces.outcome.err);
        checkCost(faces, "extract of " + file.name);
    }

    void everyVideoIsProbedOrNamed()
    {
        const QString tree = written("videos", m_videos);
        QStringList arguments{"probe", "--frames", "--json"};
        for (const HostileFile &file : m_videos)
            arguments += tree + "/" + file.name;
        const Measured run = measured(arguments);
        QVERIFY2(run.outcome.status == 3, run.outcome.err + run.outcome.out.right(2000));
        QSet<QString> read, named;
        for (const QJsonObject &result : run.outcome.events("result"))
            if (result["frames"].toInt() > 0 || result["kind"] == "image")
                read += QFileInfo(result["file"].toString()).fileName();
        for (const QJsonObject &warning : run.outcome.events("warning"))
            named += QFileInfo(warning["path"].toString()).fileName();
        for (const HostileFile &file : m_videos) {
            QVERIFY2(read.contains(file.name) || named.contains(file.name), qPrintable(file.name + " has no reason"));
            QVERIFY2(!file.mustBeRead || read.contains(file.name), qPrintable(file.name + " is not read"));
        }
        checkCost(run, "probe of all videos");
    }

    void everyVideoGivesFacesOrAReason()
    {
        const QString tree = written("clips/drowsy", m_videos), project = newProject();
        const Measured import = measured({"import", tree + "/..", "-p", project, "--json", "--report", report()});
        QVERIFY2(import.outcome.status == 0 || import.outcome.status == 3, import.outcome.err);
        checkCost(import, "import of all videos");
        const QSet<QString> skipped = filesInReport();
        const Measured run = measured(
            {"extract", "-p", project, "--detector", "none", "--per-video", "3", "--json", "--report", report()});
        QVERIFY2(run.outcome.status == 0 || run.outcome.status == 3, run.outcome.err + run.outcome.out.right(2000));
        QSet<QString> read;
        for (const QString &source : sourcesOf(project))
            read += source.section('@', 0, -2);
        const QSet<QString> named = filesInReport() + skipped;
        for (const HostileFile &file : m_videos) {
            const QString key = "drowsy/" + file.name;
            QVERIFY2(read.contains(key) || named.contains(key), qPrintable(file.name + " has no reason"));
        }
        checkCost(run, "extract of all videos");
        QCOMPARE(runMien({"doctor", "-p", project}).status, 0);
    }

    void bombsAmongVideos_data() { rowsOf(m_clipBombs); }
    void bombsAmongVideos()
    {
        const HostileFile file = fetched();
        const QString path = written("bomb", {file}) + "/" + file.name;
        const Measured probe = measured({"probe", "--frames", "--json", path});
        QVERIFY2(probe.outcome.status == 0 || probe.outcome.status == 1, probe.outcome.err);
        QVERIFY2(probe.outcome.status == 0 || !file.mustBeRead, probe.outcome.err);
        QVERIFY2(probe.outcome.status == 0 || probe.outcome.err.contains(file.name.toUtf8()) ||
                     !probe.outcome.events("error").isEmpty(),
                 probe.outcome.err + probe.outcome.out);
        checkCost(probe, "probe of " + file.name);
        const Measured frames =
            measured({"frames", path, "--every-frames", "10", "--out", m_folder.filePath("frames")});
        QVERIFY2(frames.outcome.status >= 0, frames.outcome.err);
        checkCost(frames, "frames of " + file.name);
    }

private:
    QString written(const QString &folder, const QList<HostileFile> &files)
    {
        const QString path = m_folder.filePath(folder);
        QDir(path).removeRecursively();
        for (const HostileFile &file : files)
            writeFile(path + "/" + file.name, file.bytes);
        return path;
    }

    QString newProject()
    {
        const QString project = m_folder.filePath(QString("p%1.mien").arg(++m_projects));
        if (runMien({"init", project}).status != 0)
            qFatal("no project");
        return project;
    }

    QString report() const { return m_folder.filePath("report.csv"); }

    QSet<QString> filesInReport() const
    {
        QSet<QString> keys;
        QFile file(report());
        if (!file.open(QIODevice::ReadOnly))
            return keys;
        for (const QByteArray &line : file.readAll().split('\n'))
            keys += QString::fromUtf8(line.split(',').value(1));
        file.remove();
        return keys;
    }

    static QSet<QString> sourcesOf(const QString &project)
    {
        QSet<QString> sources;
        for (const QJsonObject &row : runMien({"list", "-p", project, "--fields", "source", "--json"}).rows())
            sources += row["source"].toString();
        return sources;
    }

    /// One file at a time, so that the most memory is that of one.
    static Measured measured(const QStringList &arguments)
    {
        Surroundings surroundings;
        surroundings.environment.insert("MIEN_THREADS", "1");
        return measuredMien(arguments, surroundings);
    }

    void checkCost(const Measured &run, const QString &what)
    {
        if (!isMeasured)
            return;
        if (m_idleBytes == 0) {
            const QString tree = written("ordinary/happy", {m_pictures.first()}), project = newProject();
            m_idleBytes = measured({"import", tree + "/..", "-p", project}).peakBytes;
            qInfo("an import of one picture: %s", qPrintable(megabytes(m_idleBytes)));
        }
        qInfo("%s: %s, %.1f s", qPrintable(what), qPrintable(megabytes(run.peakBytes)), run.cpuSeconds);
        QVERIFY2(run.peakBytes <= m_idleBytes + mostBytes, qPrintable(what + ": " + megabytes(run.peakBytes)));
        QVERIFY2(run.cpuSeconds <= mostSeconds, qPrintable(what + ": " + QString::number(run.cpuSeconds) + " s"));
    }

    static void rowsOf(const QList<HostileFile> &files)
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("mustBeRead");
        for (const HostileFile &file : files)
            QTest::newRow(qPrintable(file.name)) << file.name << file.bytes << file.mustBeRead;
    }
    static HostileFile fetched()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        QFETCH(bool, mustBeRead);
        return {name, bytes, mustBeRead};
    }

    QTemporaryDir m_folder;
    QList<HostileFile> m_pictures, m_videos, m_clipBombs;
    int m_projects = 0;
    qint64 m_idleBytes = 0;
};

QTEST_GUILESS_MAIN(TestHostileMedia)
#include "tst_hostile_media.moc"
