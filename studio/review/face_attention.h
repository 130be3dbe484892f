#pragma once

#include <QObject>
#include <QString>

#include <memory>

class QTimer;

namespace mien {

class AttentionClient;
class AttentionPanel;
class ProjectSession;
struct ReviewFace;

/// Keeps the attention panel in step with the face under review: asks the warm helper of the run that scored the face,
/// a moment after it came, because a person who labels on is not waiting for a map.
class FaceAttention : public QObject
{
    Q_OBJECT

public:
    explicit FaceAttention(AttentionPanel &panel, QObject *parent = nullptr);

    void setSession(ProjectSession *session); ///< Null without a project.
    /// @param face  null: none may be looked at (the queue is at its end, blind review hides it, attention is off)
    void setFace(std::shared_ptr<const ReviewFace> face);
    bool isBusy() const;

private:
    void ask();
    void start(const QString &run);

    AttentionPanel &m_panel;
    ProjectSession *m_session = nullptr;
    AttentionClient *m_client = nullptr;
    QTimer *m_delay;
    std::shared_ptr<const ReviewFace> m_face;
    QString m_run;   ///< Of the client.
    QString m_asked; ///< Sample, class and run of the newest request.
};

} // namespace mien
