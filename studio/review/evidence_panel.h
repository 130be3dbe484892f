#pragma once

#include "studio/review/review_desk.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QVBoxLayout;

namespace mien {

class AttentionPanel;
class FixedLines;
class ProjectSession;

/// Beside the face: given label, suggestion, why it is doubted, attention; in blind review none of it until the
/// answer, and then, for the face just answered, what had been hidden.
class EvidencePanel : public QFrame
{
    Q_OBJECT

public:
    explicit EvidencePanel(QWidget *parent = nullptr);

    void showFace(const ReviewDesk &desk, const ProjectSession &session);
    AttentionPanel &attention() const { return *m_attention; }
    void setAttentionShown(bool shown);
    QLineEdit &note() const { return *m_note; }

protected:
    /// Enter in the note ends the note; it must not take the suggestion.
    bool eventFilter(QObject *watched, QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    class LabelLine;

    QLabel *m_hidden;
    LabelLine *m_given, *m_suggested;
    FixedLines *m_suspicion, *m_reasons;
    AttentionPanel *m_attention;
    QFrame *m_lastCard;
    QLabel *m_lastFace, *m_lastText;
    LabelLine *m_lastAnswer, *m_lastGiven, *m_lastSuggested;
    QLineEdit *m_note;
    bool m_attentionShown = true;
};

} // namespace mien
