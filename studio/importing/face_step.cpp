#include "studio/importing/face_step.h"

#include "pipeline/store/media.h"
#include "studio/common/background.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/importing/face_preview.h"
#include "studio/importing/face_search_form.h"
#include "studio/importing/face_trial.h"
#include "studio/importing/gate_panel.h"
#include "studio/importing/turned_videos.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QScrollArea>
#include <QScrollBar>
#include <QTabWidget>
#include <QTimer>

#include <algorithm>

namespace mien {

namespace {

constexpr int kTrialVideos = 12, kTrialFrames = 60;
constexpr int kTrialDelayMs = 700; // a trial takes a while: it begins when the settings rest

} // namespace

FaceStep::FaceStep(QWidget *parent)
    : QWidget(parent)
    , m_form(new FaceSearchForm)
    , m_tabs(new QTabWidget(this))
    , m_preview(new FacePreview)
    , m_trial(new FaceTrial(this))
    , m_turnTrial(new FaceTrial(this))
    , m_gates(new GatePanel(*m_trial))
    , m_turned(new TurnedVideos)
    , m_trialDelay(new QTimer(this))
    , m_loading(new Background(this))
{
    setObjectName(QStringLiteral("faceStep"));
    auto *scroll = new QScrollArea(this);
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
    auto *gatesScroll = new QScrollArea; // on a low screen
    gatesScroll->setObjectName(QStringLiteral("gateScroll"));
    gatesScroll->setAccessibleName(tr("Limits"));
    gatesScroll->setFocusPolicy(Qt::NoFocus);
    gatesScroll->setFrameShape(QFrame::NoFrame);
    gatesScroll->setWidgetResizable(true);
    gatesScroll->setWidget(m_gates);
    m_tabs->addTab(gatesScroll, tr("Limits"));
    m_tabs->addTab(m_turned, tr("Rotation"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(16));
    row->addWidget(scroll);
    row->addWidget(m_tabs, 1);
    m_trialDelay->setSingleShot(true);
    m_trialDelay->setInterval(kTrialDelayMs);
    connect(m_form, &FaceSearchForm::changed, this, &FaceStep::settingsChanged);
    connect(m_trialDelay, &QTimer::timeout, this, [this] {
        m_tried = m_form->preview();
        m_isTrialOfOtherTurns = false;
        m_trial->start(m_videos, m_tried, kTrialVideos, kTrialFrames);
        m_turnTrial->stop();
        if (m_wantsAllTurns)
            m_turnTrial->start(m_videos, m_tried, int(m_videos.size()), int(m_videos.size()));
    });
    connect(m_trial, &FaceTrial::changed, this, &FaceStep::showTrial);
    connect(m_turnTrial, &FaceTrial::changed, this, &FaceStep::showTurns);
    connect(m_gates, &GatePanel::changed, this, [this] { m_preview->setGates(m_gates->gates()); });
    connect(m_turned, &TurnedVideos::allWanted, this, [this] {
        m_wantsAllTurns = true;
        m_turnTrial->start(m_videos, m_form->preview(), int(m_videos.size()), int(m_videos.size()));
    });
    connect(m_turned, &TurnedVideos::turningChosen, m_form, &FaceSearchForm::setTurnsByFaces);
    connect(m_turned, &TurnedVideos::turnChosen, this, &FaceStep::keepTurn);
    // The limits are judged by the faces of videos that lie as they are said to; the sheet is not taken away for that
    // while somebody goes through it.
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        if (m_isTrialOfOtherTurns && m_tabs->currentWidget() != m_turned)
            m_trialDelay->start();
    });
    showTurns();
}

FaceStep::~FaceStep() = default;

void FaceStep::begin(ProjectSession &session)
{
    m_session = &session;
    m_isTrialOfOtherTurns = false;
    m_form->reset();
    m_gates->clear();
    m_videos.clear();
    m_tried = {};
    m_wantsAllTurns = false;
    m_tabs->setCurrentIndex(0);
    m_preview->setVideos({});
    m_preview->setSettings(m_form->preview());
    m_loading->start([readers = session.readers()](const Job &) { return readers->with(importedVideos); },
                     [this](const Result<std::vector<ImportedVideo>> &videos) {
                         if (!videos) {
                             m_preview->setProblem(QString::fromStdString(videos.error().message));
                             return;
                         }
                         m_videos = *videos;
                         m_preview->setVideos(m_videos);
                         m_trialDelay->start();
                     });
}

void FaceStep::end()
{
    m_session = nullptr;
    m_loading->stop();
    m_preview->stop();
    m_trialDelay->stop();
    m_trial->stop();
    m_turnTrial->stop();
}

bool FaceStep::isBusy() const
{
    return m_loading->isBusy() ||
           (isVisible() && (m_preview->isBusy() || m_trialDelay->isActive() || m_trial->isRunning()));
}

QStringList FaceStep::arguments() const
{
    return m_form->arguments() + m_gates->gates().arguments();
}

void FaceStep::settingsChanged()
{
    m_preview->setSettings(m_form->preview());
    if (m_form->preview() == m_tried) {
        m_trialDelay->stop(); // changed, and back
    } else if (!m_videos.empty()) {
        m_trialDelay->start();
    }
    showTurns();
}

void FaceStep::showTrial()
{
    m_gates->refresh();
    showTurns();
}

void FaceStep::showTurns()
{
    const FaceTrial &trial = m_turnTrial->videosWanted() > 0 && m_wantsAllTurns ? *m_turnTrial : *m_trial;
    m_turned->refresh(trial, m_form->turnsByFaces(), int(m_videos.size()));
    const auto turned = std::count_if(trial.looks().begin(), trial.looks().end(), TurnedVideos::isTurned);
    m_tabs->setTabText(m_tabs->indexOf(m_turned),
                       turned == 0 ? tr("Rotation") : tr("Rotation (%1)").arg(QLocale().toString(int(turned))));
}

void FaceStep::keepTurn(const QString &path, std::optional<int> turnDeg)
{
    const auto video =
        std::find_if(m_videos.begin(), m_videos.end(), [&path](const ImportedVideo &one) { return one.path == path; });
    if (!m_session || video == m_videos.end())
        return;
    video->turnDeg = turnDeg;
    m_isTrialOfOtherTurns = true;
    m_preview->setTurn(path, turnDeg);
    m_trial->setTurn(path, turnDeg);
    m_turnTrial->setTurn(path, turnDeg);
    m_session->change([media = video->media, turnDeg](Project &project) { return setTurn(project, media, turnDeg); });
}

} // namespace mien
