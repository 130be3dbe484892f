#include "studio/map/map_drawer.h"

#include "studio/common/background.h"
#include "studio/common/settings.h"
#include "studio/map/opengl_thread.h"

#include <QLoggingCategory>
#include <QSettings>

#include <algorithm>
#include <thread>

namespace mien {

namespace {

Q_LOGGING_CATEGORY(mapLog, "mien.map")

// Set while a driver is tried for the first time in this program: whoever finds it there knows what ended the last one.
const auto kTrialKey = QStringLiteral("map/openglTrial");

int drawingThreads()
{
    return int(std::clamp(std::thread::hardware_concurrency(), 1u, 8u));
}

struct Drawn
{
    QImage image;
    std::string fault; ///< Of OpenGL; the image is the raster's then.
};

} // namespace

MapDrawer::MapDrawer(QObject *parent)
    : QObject(parent)
    , m_background(new Background(this))
{
}

MapDrawer::~MapDrawer()
{
    delete m_background; // waits: the drawing that runs may use the card
    endTrial();
}

bool MapDrawer::wantsOpenGl() const
{
    return m_way == Way::OpenGl || (m_way == Way::Automatic && !isSoftwareRenderer(m_renderer));
}

void MapDrawer::setWay(Way way)
{
    m_way = way;
    if (!m_hasBegun || m_isOpening)
        return; // what is being opened asks again
    if (wantsOpenGl() && !m_usesOpenGl)
        openOpenGl();
    else if (!wantsOpenGl() && m_usesOpenGl)
        takeOpenGl(false); // the context stays: the drawing that runs may need it
}

void MapDrawer::takeOpenGl(bool uses)
{
    m_usesOpenGl = uses;
    if (uses)
        qCInfo(mapLog, "OpenGL draws the map: %s", qPrintable(m_renderer));
    Q_EMIT wayChanged();
}

void MapDrawer::begin()
{
    if (m_hasBegun)
        return;
    m_hasBegun = true;
    if (m_way != Way::Raster)
        openOpenGl();
}

void MapDrawer::openOpenGl()
{
    if (m_openGl) { // it was left for the raster
        takeOpenGl(true);
        return;
    }
    if (m_way == Way::Automatic && settings().contains(kTrialKey)) {
        qCWarning(mapLog, "The raster draws the map: the program ended when OpenGL was last tried. View, Map drawing: "
                          "OpenGL tries again.");
        return;
    }
    settings().setValue(kTrialKey, true);
    settings().sync();
    m_isTrial = m_isOpening = true;
    m_openGl = std::make_unique<OpenGlThread>(this);
    m_openGl->open(m_way == Way::OpenGl, [this](const Result<QString> &renderer) {
        m_isOpening = false;
        if (!renderer) {
            leaveOpenGl(renderer.error().message);
            return;
        }
        m_renderer = *renderer;
        if (wantsOpenGl()) // still
            takeOpenGl(true);
    });
}

void MapDrawer::leaveOpenGl(const std::string &why)
{
    const bool isNews = m_usesOpenGl || m_way == Way::OpenGl; // else nobody asked for it
    endTrial();
    m_usesOpenGl = false;
    m_renderer.clear();
    m_openGl.release()->deleteLater(); // it may be the one that says so
    qCInfo(mapLog, "The raster draws the map: %s", why.c_str());
    if (isNews)
        Q_EMIT refused(QString::fromStdString(why));
    Q_EMIT wayChanged();
}

void MapDrawer::endTrial()
{
    if (!m_isTrial)
        return;
    m_isTrial = false;
    settings().remove(kTrialKey);
}

void MapDrawer::draw(MapOpenGl::Points points, std::vector<QRgb> palette, const MapPicture &picture,
                     std::function<void(const QImage &)> done)
{
    m_background->start(
        [raster = m_raster, openGl = m_usesOpenGl ? m_openGl.get() : nullptr, points = std::move(points),
         palette = std::move(palette), picture](const Job &job) {
            Drawn drawn;
            if (openGl) {
                if (auto image = openGl->draw(points, palette, picture))
                    drawn.image = std::move(*image);
                else
                    drawn.fault = image.error().message;
            }
            if (!openGl || !drawn.fault.empty())
                drawn.image = raster->draw(*points.index, *points.styles, palette, picture, drawingThreads(), job.stop);
            return drawn;
        },
        [this, done = std::move(done), byOpenGl = m_usesOpenGl](const Drawn &drawn) {
            if (byOpenGl && drawn.fault.empty())
                endTrial();
            if (!drawn.fault.empty() && m_openGl)
                leaveOpenGl(drawn.fault);
            done(drawn.image);
        });
}

bool MapDrawer::isBusy() const
{
    return m_background->isBusy();
}

} // namespace mien
