#pragma once

#include "studio/common/studio.h"

#include "pipeline/store/given_fields.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"

#include <QImage>
#include <QScrollArea>

#include <memory>
#include <optional>

class QToolButton;
class QVBoxLayout;

namespace mien {

class Background;
class FaceImages;
class FaceSource;
class SourcePanel;

/// Everything that is stored about the current sample: labels, suggestion, scores, votes, reasons in words, history;
/// and where it came from, with the moment of a face from a video to play.
class Inspector : public QScrollArea
{
    Q_OBJECT

public:
    explicit Inspector(Studio &studio, QWidget *parent = nullptr);
    ~Inspector() override;

    FaceSource &source() const { return *m_source; }

    /// What it shows; made on a worker thread.
    struct Facts
    {
        SampleRow row;
        std::optional<ScoreRow> scores;
        std::vector<AnnotationRow> annotations;
        std::vector<GivenField> given;
        QImage face;
    };

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void setSession(ProjectSession *session);
    void load();
    void show(const Facts *facts);
    void setSourceShown(bool shown);
    void followSample();

    Studio &m_studio;
    ProjectSession *m_session = nullptr;
    Background *m_background;
    std::shared_ptr<FaceImages> m_images;
    QVBoxLayout *m_column;
    QWidget *m_body = nullptr;
    QToolButton *m_showSource;
    SourcePanel *m_sourcePanel;
    FaceSource *m_source;
};

} // namespace mien
