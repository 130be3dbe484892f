#include "studio/app/self_test.h"

#include "studio/app/main_window.h"

#include <QApplication>
#include <QEvent>
#include <QFile>
#include <QTimer>

#include <cstdio>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

namespace mien {

namespace {

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double residentMb()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    return file.readAll().split(' ').value(1).toDouble() * double(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

/// Time since the kernel started this process, so that loading of libraries counts.
double millisecondsSinceStart()
{
    QFile file(QStringLiteral("/proc/self/stat"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = file.readAll();
    const double startTicks = text.mid(text.lastIndexOf(')') + 2).split(' ').value(19).toDouble();
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double(now.tv_sec) + double(now.tv_nsec) / 1e9 - startTicks / double(sysconf(_SC_CLK_TCK))) * 1000;
}

} // namespace

SelfTest::SelfTest(MainWindow &window)
    : m_window(window)
{
    qApp->installEventFilter(this);
    connect(&window, &MainWindow::projectFailed, this, [](const QString &message) {
        std::fprintf(stderr, "%s\n", qPrintable(message));
        QApplication::exit(1);
    });
    // A page may settle without painting again (an answer that changed nothing).
    auto *nudge = new QTimer(this);
    connect(nudge, &QTimer::timeout, &window, [&window] {
        if (window.isSettled())
            window.update();
    });
    nudge->start(20);
    QTimer::singleShot(60000, this, [] {
        std::fprintf(stderr, "No window was painted within a minute.\n");
        QApplication::exit(1);
    });
}

bool SelfTest::eventFilter(QObject *watched, QEvent *event)
{
    // The page's own widgets paint after the window; the report comes once the queue behind them is empty.
    // A project that is being opened keeps the window from being settled.
    if (event->type() == QEvent::Paint && !m_done && m_window.isVisible() && m_window.isSettled()) {
        m_done = true;
        QTimer::singleShot(0, this, &SelfTest::report);
    }
    return QObject::eventFilter(watched, event);
}

void SelfTest::report()
{
    std::printf("{\"first_window_ms\":%.0f,\"first_window_cpu_s\":%.3f,\"rss_mb\":%.1f}\n", millisecondsSinceStart(),
                cpuSeconds(), residentMb());
    std::fflush(stdout);
    QApplication::exit(0);
}

} // namespace mien
