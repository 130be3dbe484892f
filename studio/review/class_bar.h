#pragma once

#include "pipeline/store/ontology.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace mien {

/// The classes below the face: digit, code chip, word and, in assisted review, the model's probability as a thin bar.
/// A click is the same as the key.
class ClassBar : public QWidget
{
    Q_OBJECT

public:
    explicit ClassBar(QWidget *parent = nullptr);

    void setClasses(const std::vector<ExpressionClass> &classes);
    /// Probabilities in the order of the classes; empty hides the bars without moving anything.
    void setProbabilities(const std::vector<float> &probabilities);
    /// Filled chip: the label it carries; outlined: what the model suggests; a mark: the second choice.
    void setMarks(std::optional<ClassId> label, std::optional<ClassId> suggested, std::optional<ClassId> second);
    /// What the person answered, flashed while the next face comes.
    void setAnswered(std::optional<ClassId> label);

    QRectF cellRect(int index) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosen(int index, bool second); ///< `second`: with Shift.

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;

private:
    std::optional<int> cellAt(const QPointF &position) const;

    std::vector<ExpressionClass> m_classes;
    std::vector<float> m_probabilities;
    std::optional<ClassId> m_label, m_suggested, m_second, m_answered;
    std::optional<int> m_hover;
};

} // namespace mien
