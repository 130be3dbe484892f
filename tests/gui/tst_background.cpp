#include "studio/common/background.h"
#include "studio/common/stall_watchdog.h"

#include <QTest>

#include <thread>

using namespace mien;
using namespace std::chrono_literals;

class tst_background : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersOnTheOwnersThread()
    {
        Background background;
        Qt::HANDLE answeredOn = nullptr, workedOn = nullptr;
        background.start(
            [&](const Job &) {
                workedOn = QThread::currentThreadId();
                return 42;
            },
            [&](int value) {
                QCOMPARE(value, 42);
                answeredOn = QThread::currentThreadId();
            });
        QVERIFY(background.isBusy());
        QTRY_COMPARE(answeredOn, QThread::currentThreadId());
        QVERIFY(workedOn != answeredOn);
        QVERIFY(!background.isBusy());
    }

    void replacedWorkDoesNotAnswer()
    {
        Background background;
        std::atomic<bool> begun = false, stopped = false;
        bool first = false, second = false;
        background.start(
            [&](const Job &job) {
                begun = true;
                while (!job.stop.stop_requested())
                    std::this_thread::sleep_for(1ms);
                stopped = true;
                return 1;
            },
            [&](int) { first = true; });
        QTRY_VERIFY(begun);
        background.start([](const Job &) { return 2; }, [&](int) { second = true; });
        QTRY_VERIFY(second);
        QTRY_VERIFY(stopped);
        QCoreApplication::processEvents();
        QVERIFY(!first);
    }

    void destructorWaits()
    {
        std::atomic<bool> ended = false;
        {
            Background background;
            background.start(
                [&](const Job &job) {
                    while (!job.stop.stop_requested())
                        std::this_thread::sleep_for(1ms);
                    std::this_thread::sleep_for(20ms);
                    ended = true;
                    return 0;
                },
                [](int) { QFAIL("answered after its end"); });
            QTest::qWait(5);
        }
        QVERIFY(ended);
    }

    void watchdogSeesAStall()
    {
        StallWatchdog watchdog(100ms);
        QTest::qWait(60);
        std::this_thread::sleep_for(250ms);
        QTRY_COMPARE(int(watchdog.stallsMs().size()), 1);
        QVERIFY(watchdog.longestMs() >= 150);
    }
};

QTEST_GUILESS_MAIN(tst_background)
#include "tst_background.moc"
