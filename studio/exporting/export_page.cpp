#include "studio/exporting/export_page.h"

#include "studio/common/background.h"
#include "studio/common/filter_field.h"
#include "studio/common/icons.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_strip.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/common/share_bars.h"
#include "studio/common/theme.h"
#include "studio/exporting/terms_panel.h"

#include <QComboBox>
#include <QDateTime>
#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QUrl>
#include <QVBoxLayout>

#include <set>

namespace mien {

namespace {

QString formatHelp(const QString &format, bool hasFaces)
{
    if (format == QStringLiteral("class-folder"))
        return ExportPage::tr(
            "One folder per split and class with one picture per face: what most training scripts read.");
    if (format == QStringLiteral("csv"))
        return hasFaces ? ExportPage::tr(
                              "Pictures and a table with given label, current label, votes, split and subject of each.")
                        : ExportPage::tr("Given label, current label, votes, split and subject of each face.");
    if (format == QStringLiteral("fer2013"))
        return ExportPage::tr("One fer2013.csv (emotion, pixels, Usage) with the current labels.");
    if (format == QStringLiteral("rafdb"))
        return ExportPage::tr("The list and the aligned faces as training code for RAF-DB reads them: seven classes, "
                              "train and test.");
    return {};
}

QStringList listOf(const std::set<std::string> &importers)
{
    QStringList list;
    for (const std::string &importer : importers)
        list << QString::fromStdString(importer);
    return list;
}

} // namespace

ExportPage::ExportPage(Studio &studio)
    : Page(studio, QStringLiteral("export"))
    , m_counting(new Background(this))
    , m_listing(new Background(this))
    , m_formats(new MienCommand(this))
{
    auto *centred = new QHBoxLayout(this);
    centred->setContentsMargins(0, 0, 0, 0);
    auto *page = new QWidget;
    page->setMaximumWidth(Theme::space(24) * 56);
    centred->addStretch(1);
    centred->addWidget(page, 100);
    centred->addStretch(1);
    auto *outer = new QVBoxLayout(page);
    outer->setContentsMargins(Theme::space(24), Theme::space(16), Theme::space(24), Theme::space(12));
    outer->setSpacing(Theme::space(16));
    outer->addWidget(Theme::words(tr("Export"), Theme::Type::Title));
    auto *columns = new QHBoxLayout;
    columns->setSpacing(Theme::space(24) * 2);
    outer->addLayout(columns, 1);

    auto *left = new QVBoxLayout;
    left->setSpacing(Theme::space(8));
    columns->addLayout(left, 3);
    left->addWidget(Theme::words(tr("Format"), Theme::Type::Heading));
    m_format = new QComboBox;
    m_format->setObjectName(QStringLiteral("exportFormat"));
    m_format->setAccessibleName(tr("Format"));
    m_format->addItem(tr("Class folders"), QStringLiteral("class-folder"));
    m_format->addItem(tr("CSV table"), QStringLiteral("csv"));
    m_format->addItem(tr("FER2013 CSV"), QStringLiteral("fer2013"));
    left->addWidget(m_format);
    m_help = Theme::words(formatHelp(QStringLiteral("class-folder"), true), Theme::Type::Secondary);
    left->addWidget(m_help);
    connect(m_format, &QComboBox::activated, this, [this] { m_isFormatChosen = true; });
    connect(m_format, &QComboBox::currentIndexChanged, this, &ExportPage::refreshButton);

    left->addSpacing(Theme::space(8));
    left->addWidget(Theme::words(tr("Faces"), Theme::Type::Heading));
    m_snapshot = new QComboBox;
    m_snapshot->setObjectName(QStringLiteral("exportSnapshot"));
    m_snapshot->setAccessibleName(tr("Version of the data"));
    left->addWidget(m_snapshot);
    m_filter = new FilterField;
    m_filter->setObjectName(QStringLiteral("exportFilter"));
    m_filter->setAccessibleName(tr("Filter of the faces to export"));
    left->addWidget(m_filter);
    auto *problem = Theme::words({});
    problem->setProperty("danger", true);
    problem->hide();
    left->addWidget(problem);

    m_terms = new TermsPanel;
    left->addWidget(m_terms);
    connect(m_terms, &TermsPanel::changed, this, &ExportPage::takeTerms);

    left->addSpacing(Theme::space(8));
    left->addWidget(Theme::words(tr("New folder"), Theme::Type::Heading));
    auto *row = new QHBoxLayout;
    m_folder = new QLineEdit;
    m_folder->setObjectName(QStringLiteral("exportFolder"));
    m_folder->setAccessibleName(tr("Folder to make"));
    row->addWidget(m_folder, 1);
    auto *choose = new QPushButton(icon(QStringLiteral("folder")), tr("Choose…"));
    choose->setObjectName(QStringLiteral("exportChoose"));
    choose->setAccessibleName(tr("Choose the place of the new folder"));
    row->addWidget(choose);
    left->addLayout(row);
    left->addWidget(Theme::words(
        tr("Written beside it first, read back and compared, then renamed: the folder is whole or absent."),
        Theme::Type::Secondary));
    left->addStretch();

    auto *right = new QVBoxLayout;
    right->setSpacing(Theme::space(8));
    columns->addLayout(right, 2);
    m_title = Theme::words(tr("What will be written"), Theme::Type::Heading);
    right->addWidget(m_title);
    m_counts = Theme::words({});
    m_counts->setObjectName(QStringLiteral("exportCounts"));
    right->addWidget(m_counts);
    m_bars = new QVBoxLayout;
    right->addLayout(m_bars);
    right->addStretch();
    m_job = new JobStrip(QStringLiteral("export"), tr("Cancel export"));
    m_open = new QPushButton(tr("Show folder"));
    m_open->setObjectName(QStringLiteral("exportOpen"));
    m_open->setAccessibleName(tr("Show the exported folder"));
    m_job->addButton(m_open);
    right->addWidget(m_job);

    auto *line = new QFrame;
    line->setProperty("line", true);
    outer->addWidget(line);
    auto *buttons = new QHBoxLayout;
    buttons->addStretch();
    m_export = new QPushButton;
    m_export->setObjectName(QStringLiteral("exportRun"));
    m_export->setProperty("primary", true);
    buttons->addWidget(m_export);
    outer->addLayout(buttons);

    connect(m_filter, &FilterField::filterChosen, this, &ExportPage::preview);
    connect(&studio, &Studio::exportRequested, this, [this](const QString &filter) {
        m_snapshot->setCurrentIndex(0); // the labels now
        m_filter->setFilter(filter);
    });
    connect(m_filter, &FilterField::problemChanged, this, [problem](const QString &message) {
        problem->setText(message);
        problem->setVisible(!message.isEmpty());
    });
    connect(m_snapshot, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_filter->setVisible(index <= 0);
        preview();
    });
    connect(m_folder, &QLineEdit::textChanged, this, &ExportPage::refreshButton);
    connect(choose, &QPushButton::clicked, this, [this] {
        auto *dialog = new QFileDialog(this, tr("New folder for the export"), m_folder->text());
        dialog->setObjectName(QStringLiteral("exportDialog"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->setLabelText(QFileDialog::Accept, tr("Export here"));
        connect(dialog, &QFileDialog::fileSelected, m_folder, &QLineEdit::setText);
        dialog->open();
    });
    connect(m_export, &QPushButton::clicked, this, &ExportPage::run);
    connect(m_job, &JobStrip::changed, this, &ExportPage::tellOutcome);
    connect(m_open, &QPushButton::clicked, this,
            [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(m_folder->text())); });
    connect(m_formats, &MienCommand::event, this, [this](const QJsonObject &format) {
        const QString name = format[QStringLiteral("name")].toString();
        if (format[QStringLiteral("direction")] == QStringLiteral("export") && m_format->findData(name) < 0)
            m_format->addItem(format[QStringLiteral("title")].toString(), name);
        if (format[QStringLiteral("direction")] == QStringLiteral("import"))
            m_terms->learn(format);
    });
    connect(m_formats, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        m_formatsKnown = outcome.ok();
        refreshButton();
    });
    tellOutcome();
}

ExportPage::~ExportPage() = default;

void ExportPage::setSession(ProjectSession *session)
{
    m_counting->stop();
    m_listing->stop();
    m_session = session;
    m_filter->setSession(session);
    m_job->setQueue(session ? &session->jobs() : nullptr);
    m_isFormatChosen = false;
    if (!session)
        return;
    m_folder->setText(QDir(session->folder()).absolutePath().remove(QStringLiteral(".mien")) +
                      QStringLiteral("-export"));
    connect(session, &ProjectSession::dataChanged, this, [this] {
        loadSnapshots();
        preview();
    });
    for (const JobInfo &job : session->jobs().jobs()) {
        if (!job.isOver() && job.arguments.value(0) == QStringLiteral("export")) {
            m_job->follow(job.id);
            break;
        }
    }
    loadSnapshots();
    preview();
}

void ExportPage::entered()
{
    if (!m_formatsKnown && !m_formats->isRunning())
        m_formats->start({QStringLiteral("formats")});
    refreshButton();
}

QVariantMap ExportPage::state() const
{
    return {{QStringLiteral("format"), m_format->currentData()},
            {QStringLiteral("filter"), m_filter->filter()},
            {QStringLiteral("folder"), m_folder->text()}};
}

void ExportPage::restore(const QVariantMap &state)
{
    if (const int at = m_format->findData(state.value(QStringLiteral("format"))); at >= 0) {
        m_format->setCurrentIndex(at);
        m_isFormatChosen = true;
    }
    m_filter->setFilter(state.value(QStringLiteral("filter")).toString());
    if (const QString folder = state.value(QStringLiteral("folder")).toString(); !folder.isEmpty())
        m_folder->setText(folder);
}

bool ExportPage::isSettled() const
{
    return !m_counting->isBusy() && !m_listing->isBusy() && !m_formats->isRunning();
}

void ExportPage::loadSnapshots()
{
    m_listing->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with(
                [](const Project &project) -> Result<std::vector<SnapshotRow>> { return snapshots(project); });
        },
        [this](const Result<std::vector<SnapshotRow>> &rows) {
            if (!rows)
                return;
            const QSignalBlocker quiet(m_snapshot);
            const QString chosen = m_snapshot->currentData().toString();
            m_snapshot->clear();
            m_snapshot->addItem(tr("The labels now, filtered"), QString());
            const QLocale locale;
            for (const SnapshotRow &row : *rows) {
                const QString hash = QString::fromStdString(row.hash);
                const QString name = row.name.empty() ? hash.left(8) : QString::fromStdString(row.name);
                m_snapshot->addItem(
                    tr("Snapshot %1, %2 samples, %3")
                        .arg(name, locale.toString(qint64(row.samples)),
                             locale.toString(QDateTime::fromMSecsSinceEpoch(row.atMs), QLocale::ShortFormat)),
                    hash);
            }
            if (const int at = m_snapshot->findData(chosen); at > 0)
                m_snapshot->setCurrentIndex(at);
            m_filter->setVisible(m_snapshot->currentIndex() <= 0);
        });
}

void ExportPage::preview()
{
    if (!m_session)
        return;
    m_counting->start(
        [readers = m_session->readers(), filter = m_filter->filter().toStdString(),
         snapshot = m_snapshot->currentData().toString().toStdString()](const Job &) {
            return readers->with([&](const Project &project) -> Result<Preview> {
                Preview preview;
                preview.knowsFer2013 = project.setting("terms.fer2013").has_value();
                std::set<std::string> importers;
                if (!snapshot.empty()) {
                    const auto samples = snapshotSamples(project, snapshot);
                    if (!samples)
                        return fail(samples.error());
                    std::map<std::int64_t, std::int64_t> labels;
                    std::map<Split, std::int64_t> splits;
                    for (const SnapshotSample &sample : *samples) {
                        ++preview.samples;
                        importers.insert(sample.source);
                        const auto label = project.classNamed(sample.label);
                        preview.labelled += label.has_value();
                        preview.withoutLabel += !label.has_value();
                        if (label)
                            ++labels[label->value];
                        ++splits[sample.split];
                    }
                    for (const auto &[id, count] : labels)
                        preview.byLabel.emplace_back(ClassId{id}, count);
                    preview.bySplit.assign(splits.begin(), splits.end());
                    preview.importers = listOf(importers);
                    return preview;
                }
                const std::string kept = filter.empty() ? "excluded:no" : "(" + filter + ") excluded:no";
                // Asked first as written, so that a wrong filter is told with its own positions.
                if (auto written = countMatching(project, filter); !written)
                    return fail(written.error());
                const auto labels = countsByLabel(project, kept);
                if (!labels)
                    return fail(labels.error());
                for (const ClassCount &count : *labels) {
                    preview.samples += count.samples;
                    if (count.label && count.state == LabelState::Ok) {
                        preview.labelled += count.samples;
                        preview.byLabel.emplace_back(*count.label, count.samples);
                    } else {
                        preview.withoutLabel += count.samples;
                    }
                }
                auto splits = countsBySplit(project, kept);
                if (!splits)
                    return fail(splits.error());
                preview.bySplit = std::move(*splits);
                const auto found = importersOf(project, kept);
                if (!found)
                    return fail(found.error());
                preview.importers = listOf(*found);
                return preview;
            });
        },
        [this](const Result<Preview> &preview) {
            if (!preview) {
                m_filter->setProblem(QString::fromStdString(preview.error().message));
                m_samples = -1;
                m_counts->clear();
                refreshButton();
                return;
            }
            m_filter->setProblem({});
            showPreview(*preview);
        });
}

void ExportPage::showPreview(const Preview &preview)
{
    const QLocale locale;
    m_samples = preview.samples;
    QStringList words{tr("%1 faces, %2 with a label")
                          .arg(locale.toString(qint64(preview.samples)), locale.toString(qint64(preview.labelled)))};
    if (preview.withoutLabel > 0)
        words << tr("%1 without one").arg(locale.toString(qint64(preview.withoutLabel)));
    QStringList splits;
    for (const auto &[split, count] : preview.bySplit) {
        const auto name = nameOf(split);
        splits << QStringLiteral("%1 %2").arg(name.empty() ? tr("no split")
                                                           : QString::fromUtf8(name.data(), qsizetype(name.size())),
                                              locale.toString(qint64(count)));
    }
    m_counts->setText(words.join(QStringLiteral(", ")) + QLatin1Char('\n') + splits.join(QStringLiteral(" · ")));
    while (QLayoutItem *old = m_bars->takeAt(0)) {
        delete old->widget();
        delete old;
    }
    std::int64_t most = 1;
    for (const auto &[id, count] : preview.byLabel)
        most = std::max(most, count);
    std::vector<ShareBars::Bar> bars;
    for (const auto &[id, count] : preview.byLabel) {
        bars.push_back({m_session->displayName(id), locale.toString(qint64(count)), double(count) / double(most),
                        Theme::instance().lookOf(id).color});
    }
    m_bars->addWidget(new ShareBars(std::move(bars), tr("Faces per label")));
    m_terms->showFor(preview.importers, preview.knowsFer2013);
    refreshButton();
}

bool ExportPage::isTableAlone() const
{
    return !m_terms->areFacesWanted() && m_format->currentData() == QStringLiteral("csv");
}

void ExportPage::takeTerms()
{
    // What is proposed passes on no face.
    if (!m_terms->areFacesWanted() && !m_isFormatChosen)
        m_format->setCurrentIndex(m_format->findData(QStringLiteral("csv")));
    refreshButton();
}

void ExportPage::refreshButton()
{
    m_help->setText(formatHelp(m_format->currentData().toString(), !isTableAlone()));
    const QString count = QLocale().toString(m_samples);
    m_export->setText(m_samples <= 0   ? tr("Export")
                      : isTableAlone() ? tr("Export a table of %1 faces").arg(count)
                                       : tr("Export %1 faces").arg(count));
    m_export->setAccessibleName(m_export->text());
    // Which terms hold is not known before the formats are.
    m_export->setEnabled(!m_job->isBusy() && !m_formats->isRunning() && m_samples > 0 &&
                         !m_folder->text().trimmed().isEmpty() && (m_terms->areFacesWanted() || isTableAlone()));
}

void ExportPage::run()
{
    if (!m_session)
        return;
    QStringList arguments{QStringLiteral("export"), QStringLiteral("--format"), m_format->currentData().toString()};
    if (const QString snapshot = m_snapshot->currentData().toString(); !snapshot.isEmpty())
        arguments << QStringLiteral("--snapshot") << snapshot;
    else if (!m_filter->filter().isEmpty())
        arguments << QStringLiteral("--filter") << m_filter->filter();
    if (isTableAlone())
        arguments << QStringLiteral("--media") << QStringLiteral("none");
    arguments << m_folder->text().trimmed();
    m_job->follow(m_session->jobs().start(
        tr("Export %1 to %2").arg(m_format->currentText(), QDir(m_folder->text()).dirName()), arguments, false));
}

void ExportPage::tellOutcome()
{
    const JobInfo *job = m_job->job();
    const bool done = job && (job->state == JobState::Done || job->state == JobState::DoneWithSkips);
    m_open->setVisible(done);
    if (done) {
        const QLocale locale;
        m_job->say(job->title,
                   tr("%1 files written, %2.")
                           .arg(locale.toString(qint64(job->result[QStringLiteral("files")].toDouble())),
                                locale.formattedDataSize(qint64(job->result[QStringLiteral("bytes")].toDouble()))) +
                       (job->error.isEmpty() ? QString() : QLatin1Char('\n') + job->error));
    }
    refreshButton();
}

} // namespace mien
