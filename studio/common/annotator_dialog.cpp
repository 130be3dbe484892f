#include "studio/common/annotator_dialog.h"

#include "studio/common/theme.h"

#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace mien {

AnnotatorDialog::AnnotatorDialog(QWidget *parent, const QString &current)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("annotatorDialog"));
    setWindowTitle(tr("Who is labelling?"));
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(Theme::space(12));
    auto *text = new QLabel(tr("Every label is stored with the name of the person who gave it, so that opinions can "
                               "be compared and undone. Any short name will do; it stays in this project."));
    text->setWordWrap(true);
    layout->addWidget(text);
    m_name = new QLineEdit(current.isEmpty() ? qEnvironmentVariable("USER") : current);
    m_name->setObjectName(QStringLiteral("annotatorName"));
    m_name->setAccessibleName(tr("Annotator name"));
    m_name->setMaxLength(60);
    m_name->selectAll();
    layout->addWidget(m_name);
    auto *buttons = new QDialogButtonBox;
    auto *use = buttons->addButton(tr("Label as this person"), QDialogButtonBox::AcceptRole);
    use->setObjectName(QStringLiteral("annotatorAccept"));
    use->setDefault(true);
    use->setEnabled(!name().isEmpty());
    auto *cancel = buttons->addButton(tr("Do not label now"), QDialogButtonBox::RejectRole);
    cancel->setObjectName(QStringLiteral("annotatorCancel"));
    layout->addWidget(buttons);
    connect(m_name, &QLineEdit::textChanged, use, [this, use] { use->setEnabled(!name().isEmpty()); });
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

QString AnnotatorDialog::name() const
{
    return m_name->text().trimmed();
}

} // namespace mien
