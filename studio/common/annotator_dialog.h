#pragma once

#include <QDialog>

class QLineEdit;

namespace mien {

/// "Who is labelling?": asked once, at the first label, and again from the status bar.
class AnnotatorDialog : public QDialog
{
    Q_OBJECT

public:
    explicit AnnotatorDialog(QWidget *parent = nullptr, const QString &current = {});
    QString name() const;

private:
    QLineEdit *m_name;
};

} // namespace mien
