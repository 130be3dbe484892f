// From asking for a face to its maps, through the client of the attention page and a warm `mien explain --serve`:
// `bench_attention PROJECT RUN [FACES]`; prints one JSON line. MIEN_PROGRAM names the program, MIEN_THREADS its
// threads.

#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "studio/attention/run_maps.h"
#include "studio/common/mien_command.h"
#include "studio/common/warm_helper.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace mien;

namespace {

constexpr qint64 kPatienceMs = 120'000;

/// From show() to the answer, in milliseconds; -1: there is none.
double msUntilShown(RunMaps &maps, SampleId sample, const QString &kind)
{
    QElapsedTimer clock;
    clock.start();
    maps.show(sample, kind, false, {});
    while (!maps.maps(sample, kind)) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        if (!maps.problem().isEmpty() || !maps.refusal(sample, kind).isEmpty() || clock.elapsed() > kPatienceMs)
            return -1;
    }
    return double(clock.nsecsElapsed()) / 1e6;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc < 3) {
        std::fprintf(stderr, "bench_attention PROJECT RUN [FACES]\n");
        return 2;
    }
    const QString folder = QString::fromLocal8Bit(argv[1]), run = QString::fromLocal8Bit(argv[2]);
    const int faces = argc > 3 ? std::max(2, QString::fromLocal8Bit(argv[3]).toInt()) : 40;
    std::vector<SampleId> samples;
    {
        const auto project = Project::open(argv[1], Project::Access::Read);
        const auto all = project ? samplesMatching(*project, "has:label", {}, faces) : fail(project.error());
        if (!all || all->empty()) {
            std::fprintf(stderr, "%s\n", all ? "The project has no labelled face." : all.error().message.c_str());
            return 1;
        }
        samples = *all;
    }
    std::printf("{\"run\":\"%s\"", qPrintable(run));
    for (const char *kind : {"attention", "gradcam"}) {
        RunMaps maps(new WarmHelper(mienProgram(),
                                    {QStringLiteral("explain"), QStringLiteral("--run"), run, QStringLiteral("--serve"),
                                     QStringLiteral("-p"), folder},
                                    QStringLiteral("Attention")));
        std::vector<double> times;
        for (const SampleId sample : samples)
            times.push_back(msUntilShown(maps, sample, QLatin1String(kind)));
        if (*std::min_element(times.begin(), times.end()) < 0)
            continue;                       // the network has no such maps
        const double first = times.front(); // starts the program and loads the network
        // Each fold's network is loaded when its first face comes: none of that is warm.
        std::vector<double> warm(times.begin() + std::ptrdiff_t(times.size() / 2), times.end());
        std::sort(warm.begin(), warm.end());
        std::printf(",\"%s\":{\"first_ms\":%.0f,\"median_ms\":%.1f,\"largest_ms\":%.1f,\"faces\":%zu}", kind, first,
                    warm[warm.size() / 2], warm.back(), warm.size());
    }
    std::printf("}\n");
    return 0;
}
