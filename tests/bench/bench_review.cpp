// From a key to the next face on the screen, in the real window on a project with 100,000 scored samples; and how long
// the queue takes to open. `bench_review [SAMPLES] [KEYS]`; prints one JSON line.

#include "studio/app/main_window.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"
#include "studio/review/face_view.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QSettings>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <cstdio>
#include <vector>

#include <sys/resource.h>

using namespace mien;
using namespace mien::test;

namespace {

/// Sees when the face has been painted.
class PaintWatch : public QObject
{
public:
    explicit PaintWatch(FaceView &view)
        : m_view(view)
    {
        view.installEventFilter(this);
    }
    qint64 painted() const { return m_painted; }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() == QEvent::Paint)
            m_painted = m_view.face().cacheKey();
        return QObject::eventFilter(watched, event);
    }

private:
    FaceView &m_view;
    qint64 m_painted = 0;
};

/// Of all threads of this process.
double cpuMs()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

double percentile(std::vector<double> values, double share)
{
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

} // namespace

int main(int argc, char **argv)
{
    const int samples = argc > 1 ? std::atoi(argv[1]) : 100'000;
    const int keys = argc > 2 ? std::atoi(argv[2]) : 1000;
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    const TemporaryFolder folder;
    qputenv("XDG_CONFIG_HOME", folder.path().c_str());
    QApplication application(argc, argv);
    Theme::instance().install(application);
    scoredProject(folder / "large.mien", samples);

    MainWindow window;
    window.resize(1280, 800);
    window.show();
    settings().setValue(QStringLiteral("review/attention"), false);
    QElapsedTimer clock;
    clock.start();
    QSignalSpy opened(&window, &MainWindow::projectOpened);
    window.openProject(QString::fromStdString((folder / "large.mien").string()));
    if (!opened.wait(60'000))
        return 1;
    const double openMs = static_cast<double>(clock.restart());
    window.session()->setAnnotator(QStringLiteral("ann"));
    window.showPage(QStringLiteral("review"));
    auto *page = qobject_cast<ReviewPage *>(window.page(QStringLiteral("review")));
    if (!QTest::qWaitFor([&] { return page->desk()->face() != nullptr; }, 60'000))
        return 1;
    const double queueMs = static_cast<double>(clock.elapsed());
    window.activateWindow();
    if (!QTest::qWaitForWindowActive(&window))
        return 1;

    auto *view = page->findChild<FaceView *>();
    PaintWatch watch(*view);
    ReviewDesk &desk = *page->desk();
    const Qt::Key typed[] = {Qt::Key_2, Qt::Key_3, Qt::Key_4, Qt::Key_1, Qt::Key_U};
    std::vector<double> ms;
    const double cpuBefore = cpuMs();
    for (int i = 0; i < keys && !desk.queue().atEnd(); ++i) {
        const int before = desk.queue().position();
        clock.start();
        QTest::keyClick(&window, typed[i % 5]);
        while (clock.elapsed() < 10'000) {
            const auto face = desk.face();
            if (desk.queue().position() > before && face && watch.painted() == face->pixels.cacheKey())
                break;
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 5);
        }
        ms.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
    }
    const double cpuPerKey = (cpuMs() - cpuBefore) / static_cast<double>(ms.size());
    std::printf("{\"bench\":\"review\",\"samples\":%d,\"queue\":%d,\"keys\":%zu,\"open_ms\":%.0f,\"queue_ms\":%.0f,"
                "\"p50_ms\":%.2f,\"p95_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"cpu_ms_per_key\":%.2f}\n",
                samples, desk.queue().size(), ms.size(), openMs, queueMs, percentile(ms, 0.5), percentile(ms, 0.95),
                percentile(ms, 0.99), percentile(ms, 1.0), cpuPerKey);
    return 0;
}
