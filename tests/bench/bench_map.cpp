// Frames a second of the map, every one of a million points drawn: panning and zooming over clusters as a t-SNE map has
// them, at 1280x720 and at twice that. By the raster with two threads unless told otherwise, then by OpenGL where a
// display gives a context, with the name of its renderer and the reading back of each picture (xvfb-run gives one that
// computes on the processor).
//   bench_map [POINTS [THREADS]]
#include "studio/map/map_density.h"
#include "studio/map/opengl_thread.h"
#include "tests/support/cpu_seconds.h"

#include <QGuiApplication>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>

using namespace mien;

namespace {

using Clock = std::chrono::steady_clock;

double msSince(Clock::time_point begin)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::vector<float> clusters(int count)
{
    std::minstd_rand random(7);
    std::normal_distribution<float> normal;
    std::uniform_real_distribution<float> uniform(-60, 60);
    std::vector<float> centres, layout;
    for (int i = 0; i < 2 * 60; ++i)
        centres.push_back(uniform(random));
    for (int i = 0; i < count; ++i) {
        const auto centre = std::size_t(i % 60) * 2;
        layout.push_back(centres[centre] + 5 * normal(random));
        layout.push_back(centres[centre + 1] + 5 * normal(random));
    }
    return layout;
}

} // namespace

int main(int argumentCount, char **arguments)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen"); // which has OpenGL where DISPLAY names an X server
    const QGuiApplication application(argumentCount, arguments);
    const int count = argumentCount > 1 ? std::max(1, std::atoi(arguments[1])) : 1'000'000;
    const int threads = argumentCount > 2 ? std::max(1, std::atoi(arguments[2])) : 2;
    const std::vector<float> layout = clusters(count);
    auto begin = Clock::now();
    const auto index = std::make_shared<const MapIndex>(layout);
    std::printf("%d points, %d threads; index %.0f ms", count, threads, msSince(begin));
    std::vector<PointStyle> made(index->count());
    for (std::size_t place = 0; place < made.size(); ++place) {
        made[place].color = std::uint8_t(index->pointAt(place) % 60 % 8);
        made[place].marker = Marker(index->pointAt(place) % 4);
        made[place].isLarge = index->pointAt(place) % 10 == 0;
    }
    const auto styles = std::make_shared<const std::vector<PointStyle>>(std::move(made));
    const std::vector<QRgb> palette{0xff7a828c, 0xffe69f00, 0xff0072b2, 0xff56b4e9,
                                    0xffcc79a7, 0xff009e73, 0xffd55e00, 0xffb8a500};
    begin = Clock::now();
    const MapDensity density(*index);
    std::printf(", density and %zu clusters %.0f ms", density.clusters().size(), msSince(begin));
    QPolygonF lasso;
    for (int i = 0; i < 400; ++i)
        lasso << QPointF(40 * std::cos(i * M_PI / 200), 40 * std::sin(i * M_PI / 200));
    begin = Clock::now();
    const std::size_t inside = index->inside(lasso).size();
    std::printf(", lasso of 400 corners around %zu points %.0f ms\n", inside, msSince(begin));

    using Draw = std::function<QImage(const MapPicture &)>;
    const auto measure = [&](const char *way, int times, const Draw &draw) {
        MapPicture picture;
        picture.sizePx = QSize(1280, 720) * times;
        const QRectF all = index->bounds();
        const double whole = std::min(picture.sizePx.width() / all.width(), picture.sizePx.height() / all.height());
        std::vector<double> frames;
        const double cpuBegin = test::cpuSeconds();
        for (int frame = 0; frame < 60; ++frame) { // a pan, then in to 16 times and out again
            const double zoom = frame < 20 ? 1 : std::pow(2, 4 - std::abs(frame - 40) / 5.0);
            picture.scale = whole * zoom;
            picture.centre = all.center() + QPointF(std::sin(frame * 0.3), std::cos(frame * 0.2)) * (20 / zoom);
            picture.takeSizesFor(index->countIn(picture.area()), times);
            begin = Clock::now();
            const QImage image = draw(picture);
            frames.push_back(msSince(begin));
            if (image.isNull())
                return false;
        }
        const double cpuMs = (test::cpuSeconds() - cpuBegin) * 1000 / double(frames.size());
        std::sort(frames.begin(), frames.end());
        double sum = 0;
        for (const double ms : frames)
            sum += ms;
        std::printf("%s %dx%d: %.1f frames/s (mean %.1f ms, median %.1f, slowest %.1f); CPU %.1f ms a frame\n", way,
                    picture.sizePx.width(), picture.sizePx.height(), 1000 * double(frames.size()) / sum,
                    sum / double(frames.size()), frames[frames.size() / 2], frames.back(), cpuMs);
        return true;
    };
    for (const int times : {1, 2}) {
        MapRaster raster;
        if (!measure("raster", times, [&](const MapPicture &picture) {
                return raster.draw(*index, *styles, palette, picture, threads);
            }))
            return 1;
    }

    OpenGlThread openGl;
    std::optional<Result<QString>> renderer;
    openGl.open(true, [&](const Result<QString> &answer) { renderer = answer; });
    while (!renderer)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    if (!*renderer) {
        std::printf("OpenGL: %s\n", renderer->error().message.c_str());
        return 0;
    }
    std::printf("OpenGL by %s\n", qPrintable(**renderer));
    for (const int times : {1, 2})
        if (!measure("OpenGL", times, [&](const MapPicture &picture) {
                return openGl.draw({index, styles}, palette, picture).value_or(QImage());
            }))
            return 1;
    return 0;
}
