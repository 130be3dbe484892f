#include "studio/importing/import_page.h"

#include "studio/common/action_registry.h"
#include "studio/common/icons.h"
#include "studio/common/job_model.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_strip.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/common/step_header.h"
#include "studio/common/theme.h"
#include "studio/importing/face_step.h"
#include "studio/importing/format_choices.h"
#include "studio/importing/import_report_model.h"
#include "studio/importing/link_question.h"
#include "studio/importing/skipped_rows.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace mien {

namespace {

constexpr int kColumn = 44, kWideColumn = 80; // of words, and where pictures are beside them; in steps of 24

/// Rows of a table, not files of a folder.
bool isOfLines(const QList<QJsonObject> &warnings)
{
    return !warnings.isEmpty() && warnings.first()[QStringLiteral("line")].toInteger() > 0;
}

} // namespace

ImportPage::ImportPage(Studio &studio)
    : Page(studio, QStringLiteral("import"))
    , m_formats(new MienCommand(this))
    , m_dryRun(new MienCommand(this))
    , m_column(new QWidget(this))
    , m_header(new StepHeader({tr("Source"), tr("Check"), tr("Run")}))
    , m_steps(new QStackedWidget(m_column))
    , m_choices(new FormatChoices)
    , m_links(new LinkQuestion)
    , m_model(new ImportReportModel(this))
{
    // Every widget is made below its parent: one that is put there later is dressed anew, with all that it holds.
    auto *centred = new QHBoxLayout(this);
    centred->setContentsMargins(Theme::space(24), Theme::space(16), Theme::space(24), Theme::space(12));
    m_column->setMaximumWidth(Theme::space(24) * kColumn);
    centred->addStretch(1);
    centred->addWidget(m_column, 100);
    centred->addStretch(1);
    auto *layout = new QVBoxLayout(m_column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(16));
    layout->addWidget(Theme::words(tr("Import a data set"), Theme::Type::Title));
    m_header->setObjectName(QStringLiteral("importSteps"));
    layout->addWidget(m_header);
    m_steps->addWidget(makeSource());
    m_steps->addWidget(makeCheck());
    m_steps->addWidget(makeRun());
    layout->addWidget(m_steps, 1);
    auto *line = new QFrame;
    line->setProperty("line", true);
    layout->addWidget(line);
    auto *buttons = new QHBoxLayout;
    m_back = new QPushButton(tr("Back"));
    m_back->setObjectName(QStringLiteral("importBack"));
    m_back->setAccessibleName(tr("Back"));
    buttons->addWidget(m_back);
    buttons->addStretch();
    m_next = new QPushButton;
    m_next->setObjectName(QStringLiteral("importNext"));
    m_next->setProperty("primary", true);
    buttons->addWidget(m_next);
    layout->addLayout(buttons);

    connect(m_back, &QPushButton::clicked, this, [this] {
        m_dryRun->cancel();
        show(step() == Run ? Source : Step(std::max(0, int(step()) - 1)));
    });
    connect(m_next, &QPushButton::clicked, this, [this] {
        switch (step()) {
        case Source: check(); break;
        case Check: run(); break;
        case Run:
            if (hasVideosToSearch())
                findFaces();
            else if (canGoOnSearching())
                m_job->follow(m_session->jobs().retry(m_job->job()->id));
            else
                this->studio().showPage(QStringLiteral("gallery"));
            break;
        }
    });
    connect(m_formats, &MienCommand::event, this, [this](const QJsonObject &row) {
        if (row[QStringLiteral("direction")] == QStringLiteral("import"))
            m_format->addItem(row[QStringLiteral("title")].toString(), row[QStringLiteral("name")].toString());
        if (row[QStringLiteral("direction")] == QStringLiteral("import"))
            m_choices->learn(row);
        if (!m_wantedFormat.isEmpty() && m_format->itemData(m_format->count() - 1) == m_wantedFormat)
            m_format->setCurrentIndex(m_format->count() - 1);
    });
    connect(m_formats, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        m_formatsKnown = outcome.ok();
        if (!m_report.isEmpty())
            showChoices();
    });
    connect(m_dryRun, &MienCommand::event, this, [this](const QJsonObject &line_) {
        if (line_[QStringLiteral("event")] == QStringLiteral("warning"))
            m_skips << line_;
        if (line_[QStringLiteral("event")] != QStringLiteral("progress"))
            return;
        const double total = line_[QStringLiteral("total")].toDouble();
        m_checkBar->setRange(0, total > 0 ? 1000 : 0);
        if (total > 0)
            m_checkBar->setValue(int(1000 * line_[QStringLiteral("done")].toDouble() / total));
    });
    connect(m_dryRun, &MienCommand::finished, this, [this](const MienCommand::Outcome &outcome) {
        m_checkBar->hide();
        if (outcome.exitCode == 130) {
            show(Source);
            return;
        }
        if (!outcome.ok() || outcome.result.isEmpty()) {
            show(Source);
            // Here a button does what the option does.
            const qsizetype option = outcome.error.indexOf(QStringLiteral("; --follow-links"));
            m_sourceProblem->setText(option < 0 ? outcome.error : outcome.error.first(option) + QLatin1Char('.'));
            m_sourceProblem->show();
            m_followLinks->setVisible(option >= 0);
            QWidget *const answer = option < 0 ? static_cast<QWidget *>(m_path) : m_followLinks;
            answer->setFocus(); // the button that was pressed is disabled meanwhile
            return;
        }
        m_report = outcome.result;
        checked();
    });
    show(Source);
}

ImportPage::~ImportPage() = default;

QWidget *ImportPage::makeSource()
{
    auto *page = new QWidget(m_steps);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(4)); // A heading belongs to its field.
    const auto field = [&](QLineEdit *&edit, const char *name, const QString &title, const QString &hint,
                           bool folders) {
        auto *whole = new QWidget(page);
        auto *lines = new QVBoxLayout(whole);
        lines->setContentsMargins(0, 0, 0, Theme::space(12));
        lines->setSpacing(Theme::space(4));
        lines->addWidget(Theme::words(title, Theme::Type::Heading));
        auto *row = new QHBoxLayout;
        row->setSpacing(Theme::space(8));
        edit = new QLineEdit;
        edit->setObjectName(QLatin1String(name));
        edit->setAccessibleName(title);
        edit->setPlaceholderText(hint);
        row->addWidget(edit, 1);
        auto *file = new QPushButton(icon(QStringLiteral("file")), tr("File…"));
        file->setObjectName(QLatin1String(name) + QStringLiteral("File"));
        file->setAccessibleName(tr("%1: choose a file").arg(title));
        row->addWidget(file);
        connect(file, &QPushButton::clicked, this, [this, target = edit] { choose(target, false); });
        if (folders) {
            auto *folder = new QPushButton(icon(QStringLiteral("folder")), tr("Folder…"));
            folder->setObjectName(QLatin1String(name) + QStringLiteral("Folder"));
            folder->setAccessibleName(tr("%1: choose a folder").arg(title));
            row->addWidget(folder);
            connect(folder, &QPushButton::clicked, this, [this, target = edit] { choose(target, true); });
        }
        lines->addLayout(row);
        layout->addWidget(whole);
        connect(edit, &QLineEdit::textChanged, this, &ImportPage::refreshButtons);
        connect(edit, &QLineEdit::textChanged, this, [this] {
            m_choices->forget();
            m_links->forget();
        });
        connect(edit, &QLineEdit::returnPressed, this, [this] {
            if (m_next->isEnabled())
                check();
        });
        return whole;
    };
    field(m_path, "importPath", tr("Data set"), tr("fer2013.csv, or a folder with one folder per class"), true);
    field(m_votes, "importVotes", tr("Votes of several people (optional)"),
          tr("fer2013new.csv of FER+; row for row the same data set"), false);
    m_originalsField = field(m_originals, "importOriginals", tr("Table that the pictures are copies of (optional)"),
                             tr("fer2013.csv; its splits and votes are found by the pictures themselves"), false);
    layout->addWidget(Theme::words(tr("Format"), Theme::Type::Heading));
    m_format = new QComboBox;
    m_format->setObjectName(QStringLiteral("importFormat"));
    m_format->setAccessibleName(tr("Format"));
    m_format->addItem(tr("Find out (the check says why)"), QStringLiteral("auto"));
    layout->addWidget(m_format);
    m_sourceProblem = Theme::words({});
    m_sourceProblem->setObjectName(QStringLiteral("importProblem"));
    m_sourceProblem->setProperty("danger", true);
    m_sourceProblem->hide();
    layout->addWidget(m_sourceProblem);
    m_followLinks = new QPushButton(tr("Read what the links lead to"));
    m_followLinks->setObjectName(QStringLiteral("importFollowLinks"));
    m_followLinks->setAccessibleName(m_followLinks->text());
    m_followLinks->hide();
    connect(m_followLinks, &QPushButton::clicked, this, [this] { m_links->agree(true); });
    connect(m_path, &QLineEdit::textChanged, m_followLinks, &QWidget::hide);
    layout->addWidget(m_followLinks, 0, Qt::AlignLeft);
    layout->addSpacing(Theme::space(8));
    layout->addWidget(Theme::words(
        tr("Your files are read where they are and never changed. Faces that are stored inside a table are "
           "copied into the project. Bad rows are skipped and listed; nothing is written before you have "
           "seen what would come in."),
        Theme::Type::Secondary));
    if (QAction *earlier = studio().actions().action(QStringLiteral("file.importsAndRuns"))) {
        auto *row = new QHBoxLayout;
        auto *button = new QPushButton(tr("What was imported so far…"));
        button->setObjectName(QStringLiteral("importEarlier"));
        button->setAccessibleName(tr("What was imported so far"));
        button->setToolTip(tr("Remove an import, or bring it back."));
        connect(button, &QPushButton::clicked, earlier, &QAction::trigger);
        row->addWidget(button);
        row->addStretch();
        layout->addLayout(row);
    }
    layout->addStretch();
    return page;
}

QWidget *ImportPage::makeCheck()
{
    auto *page = new QWidget(m_steps);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(12));
    m_what = Theme::words({}, Theme::Type::Heading);
    m_what->setObjectName(QStringLiteral("importWhat"));
    layout->addWidget(m_what);
    m_checkBar = new QProgressBar;
    m_checkBar->setObjectName(QStringLiteral("importCheckBar"));
    m_checkBar->setAccessibleName(tr("Progress of the check"));
    m_checkBar->setTextVisible(false);
    layout->addWidget(m_checkBar);
    m_evidence = Theme::words({}, Theme::Type::Secondary);
    m_evidence->setObjectName(QStringLiteral("importEvidence"));
    layout->addWidget(m_evidence);
    connect(m_choices, &FormatChoices::changed, this, &ImportPage::check);
    layout->addWidget(m_choices);
    connect(m_links, &LinkQuestion::changed, this, &ImportPage::check);
    layout->addWidget(m_links);
    m_table = new QTableView;
    m_table->setObjectName(QStringLiteral("importTable"));
    m_table->setAccessibleName(tr("Counts by label and split"));
    m_table->setModel(m_model);
    m_table->verticalHeader()->hide();
    m_table->setShowGrid(false);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    layout->addWidget(m_table, 1);
    m_problems = Theme::words({});
    m_problems->setObjectName(QStringLiteral("importProblems"));
    layout->addWidget(m_problems);
    m_wouldSkip = new SkippedRows(QStringLiteral("importWouldSkip"));
    layout->addWidget(m_wouldSkip, 1);
    m_notes = Theme::words({}, Theme::Type::Secondary);
    m_notes->setObjectName(QStringLiteral("importNotes"));
    layout->addWidget(m_notes);
    m_terms = Theme::words({});
    m_terms->setObjectName(QStringLiteral("importTerms"));
    m_terms->hide();
    layout->addWidget(m_terms);
    m_reassurance = Theme::words(tr("Nothing has been written yet."), Theme::Type::Secondary);
    layout->addWidget(m_reassurance);
    return page;
}

QWidget *ImportPage::makeRun()
{
    auto *page = new QWidget(m_steps);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(12));
    m_job = new JobStrip(QStringLiteral("import"), tr("Cancel"));
    m_showSkipped = new QPushButton(tr("Show what was skipped"));
    m_showSkipped->setObjectName(QStringLiteral("importShowSkipped"));
    m_showSkipped->setAccessibleName(m_showSkipped->text());
    m_showSkipped->setCheckable(true);
    m_job->addButton(m_showSkipped);
    m_skipped = new SkippedRows(QStringLiteral("importSkipped"));
    connect(m_job, &JobStrip::changed, this, &ImportPage::tellOutcome);
    connect(m_showSkipped, &QPushButton::toggled, m_skipped, &QWidget::setVisible);
    m_showSkipped->hide();
    m_skipped->hide();
    layout->addWidget(m_job);
    m_faceStep = new FaceStep(page);
    m_faceStep->hide();
    layout->addWidget(m_faceStep, 3);
    layout->addWidget(m_skipped, 1);
    layout->addStretch();
    return page;
}

void ImportPage::setSession(ProjectSession *session)
{
    m_faceStep->end();
    m_facesOf.clear();
    m_session = session;
    m_job->setQueue(session ? &session->jobs() : nullptr);
    if (!session)
        return;
    // An import or a search for faces that outlived the last window is shown where it is.
    for (const JobInfo &job : session->jobs().jobs()) {
        if (!job.isOver() && (job.isImport() || job.isExtraction())) {
            m_job->follow(job.id);
            show(Run);
            break;
        }
    }
    refreshButtons();
}

void ImportPage::entered()
{
    if (!m_formatsKnown && !m_formats->isRunning()) {
        while (m_format->count() > 1)
            m_format->removeItem(1);
        m_formats->start({QStringLiteral("formats")});
    }
    if (step() == Source)
        m_path->setFocus();
}

QVariantMap ImportPage::state() const
{
    // What became a job is no form any more.
    if (step() == Run)
        return {};
    return {{QStringLiteral("path"), m_path->text()},
            {QStringLiteral("votes"), m_votes->text()},
            {QStringLiteral("originals"), m_originals->text()},
            {QStringLiteral("format"), m_format->currentData()}};
}

void ImportPage::restore(const QVariantMap &state)
{
    m_path->setText(state.value(QStringLiteral("path")).toString());
    m_votes->setText(state.value(QStringLiteral("votes")).toString());
    m_originals->setText(state.value(QStringLiteral("originals")).toString());
    m_wantedFormat = state.value(QStringLiteral("format")).toString();
    if (const int at = m_format->findData(m_wantedFormat); at >= 0)
        m_format->setCurrentIndex(at);
}

bool ImportPage::isSettled() const
{
    return !m_dryRun->isRunning() && !m_faceStep->isBusy();
}

bool ImportPage::dropped(const QStringList &paths)
{
    if (paths.isEmpty() || QFileInfo::exists(paths.first() + QStringLiteral("/project.db")))
        return false;
    show(Source);
    m_votes->clear();
    m_originals->clear();
    const bool hasFolder =
        std::any_of(paths.begin(), paths.end(), [](const QString &path) { return QFileInfo(path).isDir(); });
    for (const QString &path : paths) {
        // The tables of FER2013 and FER+ and a folder of copies dropped together find their places.
        const QString name = QFileInfo(path).fileName();
        if (name.startsWith(QStringLiteral("fer2013new")) && paths.size() > 1)
            m_votes->setText(path);
        else if (name.startsWith(QStringLiteral("fer2013")) && name.endsWith(QStringLiteral(".csv")) && hasFolder)
            m_originals->setText(path);
        else
            m_path->setText(path);
    }
    check();
    return true;
}

ImportPage::Step ImportPage::step() const
{
    return Step(m_steps->currentIndex());
}

void ImportPage::show(Step step)
{
    m_steps->setCurrentIndex(step);
    m_header->setCurrent(step);
    refreshButtons();
}

void ImportPage::refreshButtons()
{
    const QLocale locale;
    m_back->setVisible(step() == Check || (step() == Run && !m_job->isBusy()));
    m_back->setText(step() == Run ? tr("Import something else") : tr("Back"));
    m_back->setAccessibleName(m_back->text());
    switch (step()) {
    case Source:
        m_originalsField->setVisible(mayBeCopies());
        m_next->setText(tr("Check what would come in"));
        m_next->setEnabled(!m_path->text().trimmed().isEmpty() && m_session);
        break;
    case Check: {
        const qint64 samples = qint64(m_report[QStringLiteral("samples")].toDouble());
        const qint64 clips = qint64(m_report[QStringLiteral("clips")].toDouble());
        m_next->setText(
            m_dryRun->isRunning() ? tr("Checking…")
            : clips == 0          ? tr("Import %1 samples").arg(locale.toString(samples))
            : samples == 0
                ? tr("Import %Ln video(s)", nullptr, int(clips))
                : tr("Import %1 samples and %Ln video(s)", nullptr, int(clips)).arg(locale.toString(samples)));
        m_next->setEnabled(!m_dryRun->isRunning() && samples + clips > 0 && m_session && m_session->isWritable());
        m_next->setToolTip(m_session && !m_session->isWritable() ? m_session->readOnlyReason() : QString());
        break;
    }
    case Run:
        m_next->setText(hasVideosToSearch()  ? tr("Find faces in the videos")
                        : canGoOnSearching() ? tr("Go on searching")
                                             : tr("Show in gallery"));
        m_next->setEnabled(true);
        break;
    }
    m_next->setAccessibleName(m_next->text());
    refreshFaceStep();
}

void ImportPage::refreshFaceStep()
{
    const JobInfo *job = m_job->job();
    const QString of = step() == Run && hasVideosToSearch() ? job->id : QString();
    if (of != m_facesOf && of.isEmpty())
        m_faceStep->end();
    else if (of != m_facesOf)
        m_faceStep->begin(*m_session);
    m_facesOf = of;
    m_faceStep->setVisible(!of.isEmpty());
    m_column->setMaximumWidth(of.isEmpty() ? Theme::space(24) * kColumn : Theme::space(24) * kWideColumn);
}

bool ImportPage::mayBeCopies() const
{
    const QFileInfo source(m_path->text().trimmed());
    if (source.isDir())
        return true;
    const QString name = source.fileName().toLower();
    return source.isFile() && !name.startsWith(QStringLiteral("fer2013")) && !name.startsWith(QStringLiteral("icml"));
}

void ImportPage::choose(QLineEdit *field, bool folder)
{
    auto *dialog = new QFileDialog(this, folder ? tr("Choose the folder of the data set") : tr("Choose the file"));
    dialog->setObjectName(QStringLiteral("importFileDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, field, &QLineEdit::setText);
    dialog->open();
}

QStringList ImportPage::arguments() const
{
    QStringList arguments{QStringLiteral("import"), m_path->text().trimmed()};
    if (const QString format = m_format->currentData().toString(); format != QStringLiteral("auto"))
        arguments << QStringLiteral("--format") << format;
    if (const QString votes = m_votes->text().trimmed(); !votes.isEmpty())
        arguments << QStringLiteral("--votes") << votes;
    if (const QString originals = m_originals->text().trimmed(); !originals.isEmpty() && mayBeCopies())
        arguments << QStringLiteral("--by-content") << originals;
    if (m_links->isAgreed())
        arguments << QStringLiteral("--follow-links");
    return arguments + m_choices->arguments();
}

void ImportPage::check()
{
    if (!m_session)
        return;
    m_sourceProblem->hide();
    m_followLinks->hide();
    m_report = {};
    m_skips.clear();
    m_model->setResult({});
    m_what->setText(tr("Reading %1 without writing…").arg(QFileInfo(m_path->text()).fileName()));
    m_evidence->clear();
    m_problems->clear();
    m_notes->clear();
    m_links->hide();
    m_wouldSkip->hide();
    m_checkBar->setRange(0, 0);
    m_checkBar->show();
    m_table->hide();
    m_terms->hide();
    m_reassurance->hide();
    m_dryRun->start(arguments() + QStringList{QStringLiteral("--dry-run"), QStringLiteral("-p"), m_session->folder()},
                    m_session->childEnvironment());
    show(Check);
}

void ImportPage::checked()
{
    const QLocale locale;
    const auto number = [&](const char *key) { return qint64(m_report[QLatin1String(key)].toDouble()); };
    QString format = m_report[QStringLiteral("format")].toString();
    for (int i = 0; i < m_format->count(); ++i) {
        if (m_format->itemData(i).toString() == format)
            format = m_format->itemText(i);
    }
    const qint64 clips = number("clips");
    m_what->setText((clips == 0               ? tr("%1: %2 samples").arg(format, locale.toString(number("samples")))
                     : number("samples") == 0 ? tr("%1: %Ln video(s)", nullptr, int(clips)).arg(format)
                                              : tr("%1: %2 samples and %Ln video(s)", nullptr, int(clips))
                                                    .arg(format, locale.toString(number("samples")))) +
                    tr(", %1 with a label").arg(locale.toString(number("labels"))) +
                    (number("votes") > 0 ? tr(", %1 with votes").arg(locale.toString(number("votes"))) : QString()));
    QStringList evidence;
    const QJsonArray probe = m_report[QStringLiteral("probe")].toArray();
    if (!probe.isEmpty()) {
        const QJsonObject best = probe.first().toObject();
        QStringList why;
        for (const auto &entry : best[QStringLiteral("evidence")].toArray())
            why << entry.toString();
        evidence << tr("Taken for %1 (%2 % sure): %3")
                        .arg(best[QStringLiteral("importer")].toString())
                        .arg(best[QStringLiteral("confidence")].toInt())
                        .arg(why.join(QStringLiteral(" · ")));
        for (const auto &entry : best[QStringLiteral("contradictions")].toArray())
            evidence << tr("But %1.").arg(entry.toString());
        for (qsizetype i = 1; i < probe.size(); ++i) {
            const QJsonObject other = probe[i].toObject();
            evidence << tr("It could also be %1 (%2 %).")
                            .arg(other[QStringLiteral("importer")].toString())
                            .arg(other[QStringLiteral("confidence")].toInt());
        }
    }
    if (const QString contents = contentsText(m_report); !contents.isEmpty())
        evidence << contents;
    m_evidence->setText(evidence.join(QLatin1Char('\n')));
    showChoices();
    m_links->showFor(m_report[QStringLiteral("links_out")].toArray());
    m_model->setResult(m_report);
    m_table->setVisible(m_model->rowCount() > 0);
    QHash<QString, qint64> skips;
    for (const QJsonObject &skip : std::as_const(m_skips))
        ++skips[skip[QStringLiteral("code")].toString()];
    QStringList skipped, notes;
    const auto list = [&locale](QStringList &to, const QString &code, qint64 count) {
        if (count > 0)
            to << QStringLiteral("%1 %2").arg(locale.toString(count), problemText(code, count));
    };
    const QJsonObject found = m_report[QStringLiteral("problems")].toObject();
    for (auto it = found.begin(); it != found.end(); ++it) {
        const qint64 count =
            qint64(it->isObject() ? it->toObject()[QStringLiteral("count")].toDouble() : it->toDouble());
        list(skipped, it.key(), std::min(count, skips.value(it.key())));
        list(notes, it.key(), count - skips.value(it.key()));
    }
    const QString separator = QStringLiteral(", ");
    const auto lost = number("skipped");
    m_problems->setText(skipped.isEmpty() ? tr("Nothing will be skipped.")
                        : isOfLines(m_skips)
                            ? tr("%Ln row(s) will be skipped: %1.", nullptr, int(lost)).arg(skipped.join(separator))
                            : tr("%Ln file(s) will be skipped: %1.", nullptr, int(lost)).arg(skipped.join(separator)));
    m_wouldSkip->setWarnings(m_skips, lost);
    m_wouldSkip->setVisible(!m_skips.isEmpty());
    m_notes->setText(notes.isEmpty() ? QString() : tr("Noted, the faces are kept: %1.").arg(notes.join(separator)));
    m_notes->setVisible(!notes.isEmpty());
    tellTerms();
    m_reassurance->show();
    show(Check);
    m_next->setFocus();
}

QString ImportPage::contentsText(const QJsonObject &result)
{
    const QJsonObject contents = result[QStringLiteral("contents")].toObject();
    if (contents.isEmpty())
        return {};
    const auto number = [&contents](const char *key) { return int(contents[QLatin1String(key)].toDouble()); };
    return tr("%Ln picture(s) were found in the table", nullptr, number("unique")) +
           tr("; %Ln may be several of its rows", nullptr, number("ambiguous")) +
           tr(", %Ln are not in it.", nullptr, number("unmatched"));
}

void ImportPage::showChoices()
{
    const QJsonObject problems = m_report[QStringLiteral("problems")].toObject();
    m_choices->showFor(m_report[QStringLiteral("format")].toString(),
                       problems.contains(QStringLiteral("LABEL_UNMAPPED")));
}

/// Once a project, until an import was begun below the notice.
void ImportPage::tellTerms()
{
    const QJsonObject terms = m_report[QStringLiteral("terms")].toObject();
    const bool isNew = !terms.isEmpty() && terms[QStringLiteral("accepted_at")].isNull();
    if (isNew)
        m_terms->setText(tr("Terms of %1: %2 By importing you say that you have read this.")
                             .arg(terms[QStringLiteral("title")].toString(), terms[QStringLiteral("text")].toString()));
    m_terms->setVisible(isNew);
}

void ImportPage::run()
{
    if (!m_session)
        return;
    QStringList command = arguments();
    if (!m_terms->isHidden())
        command << QStringLiteral("--accept-terms");
    m_job->follow(
        m_session->jobs().start(tr("Import %1").arg(QFileInfo(m_path->text().trimmed()).fileName()), command));
    show(Run);
}

bool ImportPage::hasVideosToSearch() const
{
    const JobInfo *job = m_job->job();
    return job && job->isOver() && job->isImport() && job->result[QStringLiteral("clips")].toDouble() > 0 &&
           m_session && m_session->isWritable();
}

bool ImportPage::canGoOnSearching() const
{
    const JobInfo *job = m_job->job();
    return job && job->isExtraction() && (job->state == JobState::Cancelled || job->state == JobState::Failed) &&
           m_session && m_session->isWritable();
}

void ImportPage::findFaces()
{
    m_job->follow(
        m_session->jobs().start(tr("Find faces"), QStringList{QStringLiteral("extract")} + m_faceStep->arguments()));
    refreshButtons();
}

void ImportPage::tellExtraction(const JobInfo &job)
{
    const auto number = [&job](const char *key) { return int(job.result[QLatin1String(key)].toDouble()); };
    QStringList detail;
    if (job.startedAt.isValid() && job.finishedAt.isValid())
        detail << tr("It took %1.").arg(durationText(double(job.startedAt.msecsTo(job.finishedAt)) / 1000));
    detail << tr("%Ln frame(s) were looked at", nullptr, number("frames")) +
                  tr(" in %Ln file(s)", nullptr, number("media")) +
                  (number("no_face") > 0 ? tr("; no face was found %Ln time(s).", nullptr, number("no_face"))
                                         : QStringLiteral("."));
    if (const int gated = number("gated"); gated > 0)
        detail << tr("%Ln face(s) were left out by the limits.", nullptr, gated);
    const QJsonObject problems = job.result[QStringLiteral("problems")].toObject();
    if (const int guessed = int(problems[QStringLiteral("ROTATION_GUESSED")].toDouble()); guessed > 0)
        detail << tr("%Ln file(s) were turned, because their faces lay on the side.", nullptr, guessed);
    if (const int shortened = int(problems[QStringLiteral("MARGIN_SHORTENED")].toDouble()); shortened > 0)
        detail << tr("%Ln video(s) were too short for the margin at both ends; less was left out there.", nullptr,
                     shortened);
    QString title = tr("Found %Ln face(s)", nullptr, number("crops"));
    if (const int lost = number("skipped"); lost > 0) {
        title += tr(", %Ln file(s) skipped", nullptr, lost);
        m_skipped->setWarnings(job.warnings, lost, {});
    }
    m_job->say(title, detail.join(QLatin1Char('\n')));
}

void ImportPage::tellOutcome()
{
    refreshButtons();
    const JobInfo *job = m_job->job();
    const bool skipped = job && job->isOver() && !job->warnings.isEmpty();
    m_showSkipped->setVisible(skipped);
    if (!skipped)
        m_showSkipped->setChecked(false);
    if (!job)
        return;
    if (!job->isOver()) {
        m_job->say(job->state == JobState::Paused ? tr("%1 is paused").arg(job->title) : job->title,
                   JobModel::detailText(*job) + QLatin1Char('\n') +
                       tr("It is a job of its own: go on working, or close the window."));
    }
    if (job->isExtraction() && job->state == JobState::Cancelled)
        m_job->say(tr("The search for faces was cancelled"),
                   tr("What was finished is kept; going on begins after it."));
    if (job->state != JobState::Done && job->state != JobState::DoneWithSkips)
        return;
    if (!job->isImport()) {
        tellExtraction(*job);
        return;
    }
    const auto number = [](const QJsonObject &object, const char *key) {
        return int(object[QLatin1String(key)].toDouble());
    };
    QStringList detail;
    if (job->startedAt.isValid() && job->finishedAt.isValid())
        detail << tr("It took %1.").arg(durationText(double(job->startedAt.msecsTo(job->finishedAt)) / 1000));
    if (const QString contents = contentsText(job->result); !contents.isEmpty())
        detail << contents;
    const QJsonObject duplicates = job->result[QStringLiteral("duplicates")].toObject();
    if (number(duplicates, "groups") > 0) {
        detail << tr("%Ln picture(s) occur more than once", nullptr, number(duplicates, "images")) +
                      tr(" (in %Ln group(s))", nullptr, number(duplicates, "groups")) +
                      tr("; %Ln group(s) disagree about the label", nullptr, number(duplicates, "conflicts")) +
                      tr(", %Ln reach across splits", nullptr, number(duplicates, "across_splits")) + QLatin1Char('.');
    }
    const int clips = number(job->result, "clips");
    QString title = clips == 0 ? tr("Imported %Ln face(s)", nullptr, number(job->result, "samples"))
                    : number(job->result, "samples") == 0
                        ? tr("Imported %Ln video(s)", nullptr, clips)
                        : tr("Imported %Ln face(s)", nullptr, number(job->result, "samples")) +
                              tr(" and %Ln video(s)", nullptr, clips);
    if (clips > 0)
        detail << tr("Videos show no faces in the gallery until they are searched for them.");
    if (const int lost = number(job->result, "skipped"); lost > 0) {
        title += isOfLines(job->warnings) ? tr(", %Ln row(s) skipped", nullptr, lost)
                                          : tr(", %Ln file(s) skipped", nullptr, lost);
        m_skipped->setWarnings(
            job->warnings, lost,
            QDir(job->result[QStringLiteral("folder")].toString()).filePath(QStringLiteral("problems.csv")));
    }
    m_job->say(title, detail.join(QLatin1Char('\n')));
}

} // namespace mien
