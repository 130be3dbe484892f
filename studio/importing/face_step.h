#pragma once

#include "studio/importing/imported_videos.h"

#include <QWidget>

#include <memory>

class QTabWidget;

namespace mien {

class Background;
class FacePreview;
class FaceSearchForm;
class ProjectSession;

/// The step of the import in which faces are looked for in the imported videos: how, and beside it what that gives.
class FaceStep : public QWidget
{
    Q_OBJECT

public:
    explicit FaceStep(QWidget *parent = nullptr);
    ~FaceStep() override;

    /// @param format  of the import whose recipe is the beginning
    void begin(const ProjectSession &session, const QString &format);
    void end(); ///< Stops what runs for it.
    bool isBusy() const;
    QStringList arguments() const; ///< Of `mien extract`.

private:
    void settingsChanged();

    FaceSearchForm *m_form;
    QTabWidget *m_tabs;
    FacePreview *m_preview;
    Background *m_loading;
};

} // namespace mien
