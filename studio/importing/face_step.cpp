#include "studio/importing/face_step.h"

#include "studio/common/background.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/importing/face_preview.h"
#include "studio/importing/face_search_form.h"

#include <QHBoxLayout>
#include <QScrollArea>
#include <QScrollBar>
#include <QTabWidget>

namespace mien {

FaceStep::FaceStep(QWidget *parent)
    : QWidget(parent)
    , m_form(new FaceSearchForm)
    , m_tabs(new QTabWidget)
    , m_preview(new FacePreview)
    , m_loading(new Background(this))
{
    setObjectName(QStringLiteral("faceStep"));
    auto *scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("faceFormScroll"));
    scroll->setAccessibleName(tr("How faces are looked for"));
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_form);
    scroll->setFixedWidth(m_form->sizeHint().width() + scroll->verticalScrollBar()->sizeHint().width());
    m_tabs->setObjectName(QStringLiteral("faceTabs"));
    m_tabs->setAccessibleName(tr("What the settings give"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_preview, tr("Preview"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(16));
    row->addWidget(scroll);
    row->addWidget(m_tabs, 1);
    connect(m_form, &FaceSearchForm::changed, this, &FaceStep::settingsChanged);
}

FaceStep::~FaceStep() = default;

void FaceStep::begin(const ProjectSession &session, const QString &format)
{
    m_form->beginWith(format);
    m_preview->setVideos({});
    settingsChanged();
    m_loading->start([readers = session.readers()](const Job &) { return readers->with(importedVideos); },
                     [this](const Result<std::vector<ImportedVideo>> &videos) {
                         if (videos)
                             m_preview->setVideos(*videos);
                         else
                             m_preview->setProblem(QString::fromStdString(videos.error().message));
                     });
}

void FaceStep::end()
{
    m_loading->stop();
    m_preview->stop();
}

bool FaceStep::isBusy() const
{
    return m_loading->isBusy() || (isVisible() && m_preview->isBusy());
}

QStringList FaceStep::arguments() const
{
    return m_form->arguments();
}

void FaceStep::settingsChanged()
{
    m_preview->setSettings(m_form->preview());
}

} // namespace mien
