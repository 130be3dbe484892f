#include "studio/gallery/relabel_dialog.h"

#include "studio/common/background.h"
#include "studio/common/theme.h"

#include "pipeline/store/samples.h"

#include <QDialogButtonBox>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

namespace mien {

Result<RelabelDialog::Preview> RelabelDialog::count(const Project &project, std::span<const SampleId> samples,
                                                    std::optional<ClassId> target, const Job &job)
{
    constexpr std::size_t step = 4096;
    Preview preview;
    for (std::size_t first = 0; first < samples.size(); first += step) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, {});
        const auto rows = sampleRows(project, samples.subspan(first, std::min(step, samples.size() - first)));
        if (!rows)
            return fail(rows.error());
        for (const SampleRow &row : *rows) {
            ++preview.samples;
            preview.same += target && row.label == target;
            preview.reviewed += row.reviews > 0;
            ++preview.byClass[row.label ? row.label->value : 0];
        }
    }
    return preview;
}

RelabelDialog::RelabelDialog(ProjectSession &session, std::vector<SampleId> samples, std::optional<ClassId> target,
                             const QString &targetText, QWidget *parent)
    : QDialog(parent)
    , m_session(session)
    , m_background(new Background(this))
    , m_text(new QLabel)
{
    setObjectName(QStringLiteral("relabelDialog"));
    const int count_ = int(samples.size());
    setWindowTitle(tr("Label %Ln face(s)", nullptr, count_));
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(Theme::space(12));
    auto *title = new QLabel(tr("%Ln face(s) become %1", nullptr, count_).arg(targetText));
    Theme::setType(title, Theme::Type::Title);
    layout->addWidget(title);
    m_text->setWordWrap(true);
    m_text->setText(tr("Counting…"));
    m_text->setMinimumWidth(Theme::space(24) * 16);
    m_text->setObjectName(QStringLiteral("relabelPreview"));
    layout->addWidget(m_text);
    auto *note = new QLabel(tr("One step in the history: Ctrl+Z takes all of it back. The given labels stay stored."));
    note->setWordWrap(true);
    Theme::setType(note, Theme::Type::Secondary);
    layout->addWidget(note);
    auto *buttons = new QDialogButtonBox;
    m_apply = buttons->addButton(tr("Label %Ln face(s)", nullptr, count_), QDialogButtonBox::AcceptRole);
    m_apply->setObjectName(QStringLiteral("relabelApply"));
    auto *cancel = buttons->addButton(tr("Leave as they are"), QDialogButtonBox::RejectRole);
    cancel->setObjectName(QStringLiteral("relabelCancel"));
    m_apply->setEnabled(false); // nothing is applied that was not seen
    m_apply->setAutoDefault(false);
    layout->addWidget(buttons);
    cancel->setDefault(true); // the safe answer
    cancel->setFocus();
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    m_background->start(
        [readers = session.readers(), samples = std::move(samples), target](const Job &job) {
            return readers->with([&](const Project &project) { return count(project, samples, target, job); });
        },
        [this](const Result<Preview> &preview) {
            if (!preview) {
                m_text->setText(QString::fromStdString(preview.error().message));
                return;
            }
            const QLocale locale;
            QStringList lines;
            for (const auto &[id, number] : preview->byClass)
                lines << tr("%1 now %2").arg(locale.toString(qint64(number)), m_session.displayName(ClassId{id}));
            if (preview->same > 0)
                lines << tr("%Ln have this label already", nullptr, int(preview->same));
            if (preview->reviewed > 0)
                lines << tr("%Ln were labelled by a person before; the new opinion is added to theirs", nullptr,
                            int(preview->reviewed));
            m_text->setText(lines.join(QLatin1Char('\n')));
            m_apply->setEnabled(true);
            adjustSize();
        });
}

RelabelDialog::~RelabelDialog() = default;

} // namespace mien
