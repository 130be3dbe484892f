#include "studio/predicting/prediction_window.h"

#include "studio/common/mien_command.h"
#include "studio/common/preview_faces.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/common/share_bars.h"
#include "studio/common/theme.h"
#include "studio/common/warm_helper.h"
#include "studio/predicting/predicted_picture_view.h"

#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSaveFile>
#include <QSplitter>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

QStringList localFiles(const QMimeData *dropped)
{
    QStringList files;
    for (const QUrl &url : dropped->urls())
        if (QFileInfo(url.toLocalFile()).isFile())
            files << url.toLocalFile();
    return files;
}

QString percent(double share)
{
    return QObject::tr("%1 %").arg(QLocale().toString(100 * share, 'f', share < 0.1 ? 1 : 0));
}

/// Name and colour of a class that a run knows, also when the project has it no more.
QString nameOf(const ProjectSession &session, const QString &canonical)
{
    const ExpressionClass *expression = session.classNamed(canonical);
    return expression ? QString::fromStdString(expression->display) : canonical;
}

QColor colorOf(const ProjectSession &session, const QString &canonical)
{
    const ExpressionClass *expression = session.classNamed(canonical);
    return expression ? Theme::instance().look(*expression).color : Theme::instance().colors().secondary;
}

} // namespace

PredictionWindow::PredictionWindow(ProjectSession &session, const QString &run, QWidget *parent)
    : QDialog(parent)
    , m_session(session)
    , m_run(run)
    , m_command(new MienCommand(this))
    , m_originals(
          new WarmHelper(mienProgram(), {QStringLiteral("frames"), QStringLiteral("--serve")}, tr("The picture"), this))
{
    setObjectName(QStringLiteral("predictionWindow"));
    setWindowTitle(tr("What %1 sees").arg(run));
    setAcceptDrops(true);
    setAttribute(Qt::WA_DeleteOnClose);

    auto *add = new QPushButton(tr("Choose files…"), this);
    add->setObjectName(QStringLiteral("predictChoose"));
    add->setAccessibleName(add->text());
    connect(add, &QPushButton::clicked, this, &PredictionWindow::chooseFiles);
    m_detector = new QComboBox(this);
    m_detector->setObjectName(QStringLiteral("predictDetector"));
    m_detector->setAccessibleName(tr("How faces are found"));
    m_detector->addItem(tr("find faces (MTCNN)"), QStringLiteral("mtcnn"));
    m_detector->addItem(tr("find faces (HOG)"), QStringLiteral("dlib-hog"));
    m_detector->addItem(tr("each picture is one face"), QStringLiteral("none"));
    connect(m_detector, &QComboBox::activated, this, &PredictionWindow::start);
    m_save = new QPushButton(tr("Save as CSV…"), this);
    m_save->setObjectName(QStringLiteral("predictSave"));
    m_save->setAccessibleName(m_save->text());
    connect(m_save, &QPushButton::clicked, this, &PredictionWindow::save);
    auto *head = new QHBoxLayout;
    head->setSpacing(Theme::space(8));
    head->addWidget(add);
    head->addWidget(m_detector);
    head->addStretch();
    head->addWidget(m_save);

    m_list = new QListWidget(this);
    m_list->setObjectName(QStringLiteral("predictPictures"));
    m_list->setAccessibleName(tr("Pictures and frames"));
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setSpacing(Theme::space(4) / 2);
    connect(m_list, &QListWidget::currentRowChanged, this, &PredictionWindow::showPicture);
    m_view = new PredictedPictureView(this);
    connect(m_view, &PredictedPictureView::chosenChanged, this, &PredictionWindow::showFace);
    m_verdict = Theme::words({}, Theme::Type::Title);
    m_verdict->setObjectName(QStringLiteral("predictVerdict"));
    m_bars = new ShareBars({}, tr("Probability of each class"), this);
    m_bars->setObjectName(QStringLiteral("predictBars"));
    auto *side = new QWidget(this);
    auto *sideColumn = new QVBoxLayout(side);
    sideColumn->setContentsMargins(Theme::space(8), 0, 0, 0);
    sideColumn->addWidget(m_verdict);
    sideColumn->addWidget(m_bars);
    sideColumn->addStretch();
    auto *parts = new QSplitter(this);
    parts->setChildrenCollapsible(false);
    parts->addWidget(m_list);
    parts->addWidget(m_view);
    parts->addWidget(side);
    parts->setStretchFactor(1, 1);
    const int unit = fontMetrics().averageCharWidth();
    parts->setSizes({26 * unit, 80 * unit, 34 * unit});

    m_notice = Theme::words({}, Theme::Type::Secondary);
    m_notice->setObjectName(QStringLiteral("predictNotice"));
    m_progress = new QProgressBar(this);
    m_progress->setObjectName(QStringLiteral("predictProgress"));
    m_progress->setAccessibleName(tr("Pictures that were looked at"));
    m_stop = new QPushButton(tr("Stop"), this);
    m_stop->setObjectName(QStringLiteral("predictStop"));
    m_stop->setAccessibleName(tr("Stop looking at pictures"));
    connect(m_stop, &QPushButton::clicked, m_command, &MienCommand::cancel);
    auto *foot = new QHBoxLayout;
    foot->setSpacing(Theme::space(8));
    foot->addWidget(m_notice, 1);
    foot->addWidget(m_progress);
    foot->addWidget(m_stop);

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(16), Theme::space(16), Theme::space(16), Theme::space(12));
    column->setSpacing(Theme::space(12));
    column->addLayout(head);
    column->addWidget(parts, 1);
    column->addLayout(foot);

    connect(m_command, &MienCommand::event, this, &PredictionWindow::takeLine);
    connect(m_command, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        m_progress->hide();
        m_stop->hide();
        m_save->setEnabled(std::any_of(m_pictures.all().begin(), m_pictures.all().end(),
                                       [](const PredictedPicture &picture) { return !picture.faces.empty(); }));
        m_notice->setText(outcome.ok() ? tr("Nothing of this enters the project.") : outcome.error);
    });
    connect(m_originals, &WarmHelper::answered, this,
            [this](int, const QJsonObject &request, const QJsonObject &answer) {
                const PredictedPicture *shown = current();
                if (!shown || request.value("file").toString() != shown->file)
                    return;
                const PreviewFaces found = PreviewFaces::of(answer, 0);
                if (found.picture.isNull())
                    m_view->setMessage(tr("The picture that arrived is not whole."));
                else
                    m_view->setPicture(found.picture, found.original);
            });
    connect(m_originals, &WarmHelper::refused, this,
            [this](int, const QJsonObject &, const QString &message) { m_view->setMessage(message); });
    connect(m_originals, &WarmHelper::unavailable, m_view, &PredictedPictureView::setMessage);

    resize(settings().value(QStringLiteral("predictionWindow/size"), QSize(150 * unit, 90 * unit)).toSize());
    m_progress->hide();
    m_stop->hide();
    m_save->setEnabled(false);
    m_view->setMessage(tr("Drop photos or videos here.\nThe networks of %1 say what they see in them.").arg(run));
}

PredictionWindow::~PredictionWindow()
{
    settings().setValue(QStringLiteral("predictionWindow/size"), size());
}

bool PredictionWindow::isBusy() const
{
    return m_command->isRunning() || m_originals->isBusy();
}

void PredictionWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (!localFiles(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void PredictionWindow::dropEvent(QDropEvent *event)
{
    event->acceptProposedAction();
    look(localFiles(event->mimeData()));
}

void PredictionWindow::chooseFiles()
{
    auto *dialog = new QFileDialog(this, tr("Photos and videos"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, &PredictionWindow::look);
    dialog->open();
}

void PredictionWindow::look(const QStringList &files)
{
    if (files.isEmpty())
        return;
    m_files = files;
    start();
}

void PredictionWindow::start()
{
    if (m_files.isEmpty())
        return;
    m_pictures.clear();
    m_list->clear();
    m_view->setFaces({});
    m_view->setMessage(tr("Looking for faces…"));
    m_save->setEnabled(false);
    m_notice->clear();
    m_progress->setRange(0, int(m_files.size()));
    m_progress->setValue(0);
    m_progress->show();
    m_stop->show();
    QStringList arguments{QStringLiteral("predict"),
                          QStringLiteral("-p"),
                          m_session.folder(),
                          QStringLiteral("--run"),
                          m_run,
                          QStringLiteral("--detector"),
                          m_detector->currentData().toString()};
    m_command->start(arguments + m_files);
}

void PredictionWindow::takeLine(const QJsonObject &line)
{
    if (line.value("event").toString() == QLatin1String("progress") && line.contains("total")) {
        m_progress->setMaximum(line.value("total").toInt());
        m_progress->setValue(line.value("done").toInt());
    }
    if (const auto picture = m_pictures.take(line))
        showRow(*picture);
}

void PredictionWindow::showRow(std::size_t index)
{
    const PredictedPicture &picture = m_pictures.all()[index];
    QString words = QFileInfo(picture.file).fileName();
    if (picture.timeS)
        words += tr(" at %1 s").arg(QLocale().toString(*picture.timeS, 'f', 2));
    words += QLatin1Char('\n');
    words += picture.faces.empty() ? tr("no face") : tr("%Ln face(s)", nullptr, int(picture.faces.size()));
    if (int(index) == m_list->count())
        m_list->addItem(words);
    else
        m_list->item(int(index))->setText(words);
    m_list->item(int(index))
        ->setToolTip(picture.problem.isEmpty() ? picture.source : picture.source + QLatin1Char('\n') + picture.problem);
    if (m_list->currentRow() < 0)
        m_list->setCurrentRow(0);
    else if (m_list->currentRow() == int(index))
        showPicture();
}

const PredictedPicture *PredictionWindow::current() const
{
    const int row = m_list->currentRow();
    return row < 0 || row >= int(m_pictures.all().size()) ? nullptr : &m_pictures.all()[std::size_t(row)];
}

void PredictionWindow::showPicture()
{
    const PredictedPicture *picture = current();
    if (!picture)
        return;
    std::vector<PredictedPictureView::Face> faces;
    for (const PredictedFace &face : picture->faces) {
        const PredictedFace::Share &first = face.shares.front();
        faces.push_back({face.box, tr("%1 %2").arg(nameOf(m_session, first.name), percent(first.probability)),
                         colorOf(m_session, first.name)});
    }
    m_view->setFaces(std::move(faces));
    m_view->setMessage(picture->problem.isEmpty() ? tr("The picture is being opened…") : picture->problem);
    if (!picture->faces.empty() || picture->problem.isEmpty()) {
        QJsonObject request{
            {"file", picture->file},
            {"side", std::clamp(int(std::max(m_view->width(), m_view->height()) * devicePixelRatioF()), 320, 2048)}};
        if (picture->timeS)
            request.insert("time", *picture->timeS);
        m_originals->request(0, request);
    }
}

void PredictionWindow::showFace(int face)
{
    const PredictedPicture *picture = current();
    if (!picture || face < 0 || face >= int(picture->faces.size())) {
        m_verdict->clear();
        m_bars->setBars({});
        return;
    }
    const PredictedFace &shown = picture->faces[std::size_t(face)];
    m_verdict->setText(nameOf(m_session, shown.shares.front().name));
    std::vector<ShareBars::Bar> bars;
    for (const PredictedFace::Share &share : shown.shares)
        bars.push_back({nameOf(m_session, share.name), percent(share.probability), share.probability,
                        colorOf(m_session, share.name)});
    m_bars->setBars(std::move(bars));
}

void PredictionWindow::save()
{
    auto *dialog = new QFileDialog(this, tr("Save what was seen"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    dialog->selectFile(QStringLiteral("%1-predictions.csv").arg(m_run));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(m_pictures.csv()) < 0 || !file.commit())
            m_notice->setText(tr("Cannot write %1: %2.").arg(path, file.errorString()));
        else
            m_notice->setText(tr("Saved as %1.").arg(path));
    });
    dialog->open();
}

} // namespace mien
