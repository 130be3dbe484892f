#pragma once

#include "studio/map/map_opengl.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

namespace mien {

class Background;
class OpenGlThread;

/// Draws pictures of a map away from the GUI thread, one at a time, by MapRaster or by OpenGL. Nothing of OpenGL is
/// touched before begin(). Where its context or a shader cannot be made, or is lost later, the raster goes on, from the
/// very picture that failed, and the log says why. A driver that ended the program is not tried again by itself.
class MapDrawer : public QObject
{
    Q_OBJECT

public:
    enum class Way {
        Automatic, ///< OpenGL where a graphics card draws; one that is computed is slower than the raster.
        Raster,
        OpenGl ///< Computed ones too.
    };

    explicit MapDrawer(QObject *parent = nullptr);
    ~MapDrawer() override;

    void setWay(Way way);
    Way way() const { return m_way; }
    void begin(); ///< A map shows for the first time.
    /// What draws now: OpenGL's name of the renderer; empty: the raster.
    QString renderer() const { return m_usesOpenGl ? m_renderer : QString(); }

    /// @param done  called on this object's thread with the picture; null when there was no memory for it
    void draw(MapOpenGl::Points points, std::vector<QRgb> palette, const MapPicture &picture,
              std::function<void(const QImage &)> done);
    bool isBusy() const;                            ///< A picture is being drawn.
    bool isChoosing() const { return m_isOpening; } ///< It is not known yet whether OpenGL can be had.

Q_SIGNALS:
    void wayChanged();                ///< renderer() is another: pictures look alike, but for their last places.
    void refused(const QString &why); ///< OpenGL was asked for, or drew until now, and the raster draws.

private:
    bool wantsOpenGl() const;
    void openOpenGl();
    void takeOpenGl(bool uses);
    void leaveOpenGl(const std::string &why);
    void endTrial();

    Way m_way = Way::Automatic;
    bool m_hasBegun = false, m_isOpening = false, m_usesOpenGl = false, m_isTrial = false;
    QString m_renderer;
    Background *m_background;
    std::shared_ptr<MapRaster> m_raster = std::make_shared<MapRaster>(); ///< Of the one drawing that runs.
    std::unique_ptr<OpenGlThread> m_openGl;
};

} // namespace mien
