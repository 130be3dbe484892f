// From asking for a face to its maps, through the client of the attention page and a warm `mien explain --serve`:
// `bench_attention PROJECT RUN [FACES]`; prints one JSON line with every kind that the run's network offers:
// milliseconds to the first map, to that of a warm face (median, largest) and to its mirrored one (median), and CPU
// milliseconds of the program for a map and for both.
// MIEN_PROGRAM names the program, MIEN_THREADS its threads.

#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "studio/attention/run_maps.h"
#include "studio/common/mien_command.h"
#include "studio/common/warm_helper.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QProcess>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <unistd.h>
#include <vector>

using namespace mien;

namespace {

constexpr qint64 kPatienceMs = 120'000;

/// Until the face's map is there, or with `whole` its mirrored one too. False: it does not come.
bool waitForMaps(const RunMaps &maps, SampleId sample, const QString &kind, bool whole)
{
    QElapsedTimer clock;
    clock.start();
    const FaceMaps *face = nullptr;
    while (!(face = maps.maps(sample, kind)) || (whole && !face->isWhole())) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        if (!maps.problem().isEmpty() || !maps.refusal(sample, kind).isEmpty() || clock.elapsed() > kPatienceMs)
            return false;
    }
    return true;
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

WarmHelper *helperOf(const QString &folder, const QString &run)
{
    return new WarmHelper(mienProgram(),
                          {QStringLiteral("explain"), QStringLiteral("--run"), run, QStringLiteral("--serve"),
                           QStringLiteral("-p"), folder},
                          QStringLiteral("Attention"));
}

QStringList kindsOf(const QString &folder, const QString &run)
{
    RunMaps maps(helperOf(folder, run));
    QElapsedTimer clock;
    clock.start();
    while (!maps.kinds() && maps.problem().isEmpty() && clock.elapsed() < kPatienceMs)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    return maps.kinds() ? maps.kinds()->kinds : QStringList();
}

/// What the child has computed so far, in milliseconds of its threads together.
double cpuMsOf(const WarmHelper &helper)
{
    const auto *child = helper.findChild<QProcess *>();
    QFile stat(QStringLiteral("/proc/%1/stat").arg(child ? child->processId() : 0));
    if (!stat.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray line = stat.readAll();
    const QList<QByteArray> fields = line.mid(line.lastIndexOf(')') + 2).split(' '); // from the third field on
    const double ticks = fields.value(11).toDouble() + fields.value(12).toDouble();
    return 1000 * ticks / double(sysconf(_SC_CLK_TCK));
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
    for (const QString &kind : kindsOf(folder, run)) {
        auto *helper = helperOf(folder, run);
        RunMaps maps(helper);
        std::vector<double> times, wholeTimes, cpuTimes, wholeCpuTimes;
        for (const SampleId sample : samples) {
            const double cpuBefore = cpuMsOf(*helper);
            QElapsedTimer clock;
            clock.start();
            const auto msSoFar = [&] { return double(clock.nsecsElapsed()) / 1e6; };
            maps.show(sample, kind, false, {});
            bool isThere = waitForMaps(maps, sample, kind, false);
            times.push_back(msSoFar());
            cpuTimes.push_back(cpuMsOf(*helper) - cpuBefore);
            isThere = isThere && waitForMaps(maps, sample, kind, true);
            wholeTimes.push_back(msSoFar());
            wholeCpuTimes.push_back(cpuMsOf(*helper) - cpuBefore);
            if (!isThere) {
                std::fprintf(stderr, "%s: an answer did not come.\n", qPrintable(kind));
                return 1;
            }
        }
        const double first = times.front(); // starts the program and loads the network
        // Each fold's network is loaded when its first face comes: none of the first half is warm.
        for (std::vector<double> *all : {&times, &wholeTimes, &cpuTimes, &wholeCpuTimes})
            all->erase(all->begin(), all->begin() + std::ptrdiff_t(all->size() / 2));
        const auto mean = [](const std::vector<double> &all) {
            return std::accumulate(all.begin(), all.end(), 0.0) / double(all.size());
        };
        std::printf(",\"%s\":{\"first_ms\":%.0f,\"median_ms\":%.1f,\"largest_ms\":%.1f,\"cpu_ms\":%.1f,"
                    "\"mirrored_median_ms\":%.1f,\"mirrored_cpu_ms\":%.1f,\"faces\":%zu}",
                    qPrintable(kind), first, median(times), *std::max_element(times.begin(), times.end()),
                    mean(cpuTimes), median(wholeTimes), mean(wholeCpuTimes), times.size());
    }
    std::printf("}\n");
    return 0;
}
