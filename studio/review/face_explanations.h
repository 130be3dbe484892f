#pragma once

#include "studio/attention/explain_client.h"

#include <QObject>
#include <QString>

#include <memory>

class QTimer;

namespace mien {

class AttentionPanel;
class Background;
class FaceImages;
class NeighboursPanel;
class ProjectSession;
struct NeighbourFace;
struct ReviewFace;

/// Keeps the attention map and the nearest faces in step with the face under review: asks the warm helper of the run
/// that scored it, a moment after it came, because a person who labels on is not waiting for them.
class FaceExplanations : public QObject
{
    Q_OBJECT

public:
    FaceExplanations(AttentionPanel &attention, NeighboursPanel &neighbours, QObject *parent = nullptr);
    ~FaceExplanations() override;

    void setSession(ProjectSession *session); ///< Null without a project.

    /// What is to be explained of the face; nothing of it where blind review hides it.
    struct Wanted
    {
        bool attention = false;
        bool neighbours = false;
    };
    void setFace(std::shared_ptr<const ReviewFace> face, Wanted wanted);
    bool isBusy() const;

private:
    void ask();
    void askAttention();
    void askNeighbours();
    ExplainClient &client();
    void refuse(ExplainClient::Kind kind, const QString &message);
    void showNeighbours(const NearestSamples &nearest);

    AttentionPanel &m_attention;
    NeighboursPanel &m_neighbours;
    ProjectSession *m_session = nullptr;
    ExplainClient *m_client = nullptr;
    Background *m_loading;
    std::shared_ptr<FaceImages> m_images;
    QTimer *m_delay;
    std::shared_ptr<const ReviewFace> m_face;
    Wanted m_wanted;
    QString m_run;           ///< Of the client.
    QString m_attentionFor;  ///< Sample, class and run of the newest request.
    QString m_neighboursFor; ///< Sample and run of the newest request.
};

} // namespace mien
