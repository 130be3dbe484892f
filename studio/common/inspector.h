#pragma once

#include "studio/common/studio.h"

#include "pipeline/store/given_fields.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"

#include <QImage>
#include <QScrollArea>

#include <memory>
#include <optional>

namespace mien {

class Background;
class FaceImages;

/// Everything that is stored about the current sample: labels, suggestion, scores, votes, reasons in words, history.
class Inspector : public QScrollArea
{
    Q_OBJECT

public:
    explicit Inspector(Studio &studio, QWidget *parent = nullptr);
    ~Inspector() override;

    /// What it shows; made on a worker thread.
    struct Facts
    {
        SampleRow row;
        std::optional<ScoreRow> scores;
        std::vector<AnnotationRow> annotations;
        std::vector<GivenField> given;
        QImage face;
    };

private:
    void setSession(ProjectSession *session);
    void load();
    void show(const Facts *facts);

    Studio &m_studio;
    ProjectSession *m_session = nullptr;
    Background *m_background;
    std::shared_ptr<FaceImages> m_images;
    QWidget *m_body = nullptr;
};

} // namespace mien
