#pragma once

#include <QObject>
#include <QString>

#include <memory>

class QJsonObject;
class QTimer;

namespace mien {

class Background;
class FaceImages;
class ProjectSession;
class SourcePanel;
class WarmHelper;
struct ReviewFace;

/// Keeps the source panel in step with the face under review: reads what the project knows of its origin, and asks
/// `mien frames --serve` for the original picture. The studio itself decodes no original.
class FaceSource : public QObject
{
    Q_OBJECT

public:
    explicit FaceSource(SourcePanel &panel, QObject *parent = nullptr);
    ~FaceSource() override;

    void setSession(ProjectSession *session); ///< Null without a project.
    /// @param face      null: nothing is shown
    /// @param revealed  else what tells the label stays hidden: path, label in the file, labels of the rows around it
    void setFace(std::shared_ptr<const ReviewFace> face, bool revealed);
    bool isBusy() const;

Q_SIGNALS:
    void hint(const QString &text); ///< Why this source cannot be shown.

private:
    struct Origin;
    void load();
    void show(const Origin &origin);
    void askOriginal();
    void showOriginal(const QJsonObject &answer);

    SourcePanel &m_panel;
    ProjectSession *m_session = nullptr;
    WarmHelper *m_helper = nullptr;
    Background *m_loading;
    std::shared_ptr<FaceImages> m_images;
    QTimer *m_delay;
    std::shared_ptr<const ReviewFace> m_face;
    bool m_revealed = true;
    QString m_shown; ///< Sample and what was hidden of it.
};

} // namespace mien
