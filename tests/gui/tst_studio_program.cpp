#include "tests/support/filled_project.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace mien;

/// The program itself: what it prints, what it loads.
class tst_studio_program : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_project;

    QProcessEnvironment ownHome(const QString &name) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char *kind : {"CONFIG", "DATA", "CACHE"})
            environment.insert(QStringLiteral("XDG_%1_HOME").arg(QLatin1String(kind)),
                               m_folder.filePath(QStringLiteral("%1/%2").arg(name, QLatin1String(kind))));
        return environment;
    }

    /// Files of settings and sessions in a home; caches may come and go.
    QStringList rememberedIn(const QString &home) const
    {
        QStringList files;
        for (const char *kind : {"CONFIG", "DATA"}) {
            QDirIterator each(m_folder.filePath(QStringLiteral("%1/%2/mien").arg(home, QLatin1String(kind))),
                              QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
            while (each.hasNext())
                files << each.next();
        }
        return files;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        m_project = m_folder.filePath(QStringLiteral("p.mien"));
        test::filledProject(m_project.toStdString(), 2000);
    }

    void selfTestPrintsOneLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("empty") << QStringList{QStringLiteral("--self-test")};
        QTest::newRow("project") << QStringList{QStringLiteral("--self-test"), m_project};
        QTest::newRow("page") << QStringList{QStringLiteral("--self-test"), QStringLiteral("--page"),
                                             QStringLiteral("export"), m_project};
        // What is not a project shows the start page, with a question or a sentence.
        const QString table = m_folder.filePath(QStringLiteral("fer2013.csv"));
        QFile file(table);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("emotion,pixels,Usage\n");
        file.close();
        QVERIFY(QDir(m_folder.path()).mkpath(QStringLiteral("pictures")));
        QTest::newRow("file") << QStringList{QStringLiteral("--self-test"), table};
        QTest::newRow("folder") << QStringList{QStringLiteral("--self-test"),
                                               m_folder.filePath(QStringLiteral("pictures"))};
        QTest::newRow("missing") << QStringList{QStringLiteral("--self-test"),
                                                m_folder.filePath(QStringLiteral("nowhere.mien"))};
        QTest::newRow("database") << QStringList{QStringLiteral("--self-test"),
                                                 m_project + QStringLiteral("/project.db")};
    }

    void selfTestPrintsOneLine()
    {
        QFETCH(QStringList, arguments);
        QProcess studio;
        studio.start(QStringLiteral(MIEN_STUDIO_PATH), arguments);
        QVERIFY(studio.waitForFinished());
        QCOMPARE(studio.exitCode(), 0);
        const QByteArray out = studio.readAllStandardOutput();
        QCOMPARE(out.count('\n'), 1);
        const QJsonObject line = QJsonDocument::fromJson(out).object();
        for (const char *field : {"first_window_ms", "first_window_cpu_s", "rss_mb"})
            QVERIFY2(line[QLatin1String(field)].toDouble() > 0, field);
        qInfo("%s", out.trimmed().constData());
        // Memory does not depend on how busy the machine is.
        QVERIFY(line[QStringLiteral("rss_mb")].toDouble() <= (arguments.size() == 1 ? 120 : 150));
    }

    /// Nobody sat in front of it: nothing to recover, nothing recent, no setting changed.
    void selfTestLeavesNoTrace()
    {
        QProcess studio;
        studio.setProcessEnvironment(ownHome(QStringLiteral("untouched")));
        studio.start(QStringLiteral(MIEN_STUDIO_PATH), {QStringLiteral("--self-test"), m_project});
        QVERIFY(studio.waitForFinished());
        QCOMPARE(studio.exitCode(), 0);
        QCOMPARE(rememberedIn(QStringLiteral("untouched")), QStringList());
    }

    void helpFitsIntoItsColumns()
    {
        QProcess studio;
        studio.start(QStringLiteral(MIEN_STUDIO_PATH), {QStringLiteral("--help")});
        QVERIFY(studio.waitForFinished());
        QCOMPARE(studio.exitCode(), 0);
        const QString out = QString::fromUtf8(studio.readAllStandardOutput());
        QVERIFY2(out.contains(QStringLiteral("[PROJECT | FILE | FOLDER]…")), qPrintable(out));
        QVERIFY2(out.contains(QRegularExpression(QStringLiteral("\n  PATH +A project to open"))), qPrintable(out));
    }

    void withoutAScreenItSaysSo()
    {
        QProcessEnvironment bare = QProcessEnvironment::systemEnvironment();
        for (const char *variable : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"})
            bare.remove(QLatin1String(variable));
        QProcess studio;
        studio.setProcessEnvironment(bare);
        studio.start(QStringLiteral(MIEN_STUDIO_PATH), QStringList{});
        QVERIFY(studio.waitForFinished());
        QCOMPARE(studio.exitStatus(), QProcess::NormalExit);
        QCOMPARE(studio.exitCode(), 1);
        const QByteArray error = studio.readAllStandardError();
        QVERIFY2(error.contains("no screen") && error.contains("mien --help"), error.constData());
        for (const char *option : {"--help", "--version"}) {
            studio.start(QStringLiteral(MIEN_STUDIO_PATH), {QLatin1String(option)});
            QVERIFY(studio.waitForFinished());
            QCOMPARE(studio.exitCode(), 0);
            QVERIFY(studio.readAllStandardOutput().contains("mien-studio"));
        }
    }

    void wrongUsageIsStatusTwo()
    {
        QProcess studio;
        studio.start(QStringLiteral(MIEN_STUDIO_PATH), {QStringLiteral("--page"), QStringLiteral("nowhere")});
        QVERIFY(studio.waitForFinished());
        QCOMPARE(studio.exitCode(), 2);
        QVERIFY(studio.readAllStandardError().contains("gallery"));
    }

    void loadsNoneOfTheHeavyLibraries()
    {
        QProcess studio;
        studio.start(QStringLiteral(MIEN_STUDIO_PATH),
                     {QStringLiteral("--page"), QStringLiteral("gallery"), m_project});
        QVERIFY(studio.waitForStarted());
        QFile maps(QStringLiteral("/proc/%1/maps").arg(studio.processId()));
        QByteArray text;
        // The shared index of the database is mapped when the project is open; a page and its pictures follow.
        const auto read = [&] {
            text = maps.open(QIODevice::ReadOnly) ? maps.readAll() : QByteArray();
            maps.close();
            return text.contains("project.db-shm");
        };
        QTRY_VERIFY(read());
        QTest::qWait(1500);
        QVERIFY(read());
        for (const char *heavy : {"libtorch", "libc10", "libopencv", "libdlib", "libavcodec", "libavformat",
                                  "libmien-compute", "libmien-imaging", "libmien-video"})
            QVERIFY2(!text.contains(heavy), heavy);
        studio.terminate();
        QVERIFY(studio.waitForFinished());
    }

    /// The end of the desktop session is no crash: nothing is left behind that would be offered for recovery.
    void closesInOrderWhenAskedToEnd()
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("XDG_DATA_HOME"), m_folder.filePath(QStringLiteral("data")));
        const QDir sessions(m_folder.filePath(QStringLiteral("data/mien/sessions")));
        for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGKILL}) {
            QProcess studio;
            studio.setProcessEnvironment(environment);
            studio.start(QStringLiteral(MIEN_STUDIO_PATH), {m_project});
            QTRY_COMPARE_WITH_TIMEOUT(sessions.entryList(QDir::Files).size(), 1, 20'000);
            kill(pid_t(studio.processId()), signal);
            QVERIFY(studio.waitForFinished());
            const bool isOrderly = signal != SIGKILL;
            QCOMPARE(studio.exitStatus(), isOrderly ? QProcess::NormalExit : QProcess::CrashExit);
            QCOMPARE(sessions.entryList(QDir::Files).size(), isOrderly ? 0 : 1);
        }
    }

    void screensOfEveryPage()
    {
        const QString out = m_folder.filePath(QStringLiteral("screens"));
        QProcess studio;
        studio.setProcessEnvironment(ownHome(QStringLiteral("unseen")));
        studio.start(QStringLiteral(MIEN_STUDIO_PATH), {QStringLiteral("--screens"), out, m_project});
        QVERIFY(studio.waitForFinished(500000));
        QCOMPARE(studio.exitCode(), 0);
        const QByteArray said = studio.readAllStandardError();
        QVERIFY2(!said.contains("Destroyed while process"), said.constData()); // Its children ended before it.
        QCOMPARE(rememberedIn(QStringLiteral("unseen")), QStringList());
        for (const char *page : {"start", "import", "gallery", "review", "train", "runs", "export"}) {
            for (const char *kind : {"light", "dark", "light-2x", "light-1280x720", "dark-1280x720"})
                QVERIFY2(
                    QFile::exists(QStringLiteral("%1/%2-%3.png").arg(out, QLatin1String(page), QLatin1String(kind))),
                    page);
        }
    }
};

QTEST_GUILESS_MAIN(tst_studio_program)
#include "tst_studio_program.moc"
