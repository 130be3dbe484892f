#pragma once

#include "pipeline/store/ontology.h"
#include "pipeline/store/review_outlook.h"

#include <QDialog>

#include <vector>

class QLabel;
class QPushButton;
class QSpinBox;
class QTableWidget;

namespace mien {

class LinePlot;
class ReviewDesk;

/// "How many to review?": wrong labels that are expected against faces that are reviewed, with the interval that the
/// answers so far allow; the person moves the number, and the queue follows. Beside it how far the suspicion is to be
/// trusted, and how many labels are wrong, of all and of each class, by the faces that were drawn at random.
class OutlookDialog : public QDialog
{
    Q_OBJECT

public:
    OutlookDialog(ReviewOutlook outlook, const std::vector<ExpressionClass> &classes, QWidget *parent = nullptr);

Q_SIGNALS:
    void chosen(int faces); ///< The queue shall hold so many of the most suspicious ones.

private:
    QWidget *makeBudget();
    QWidget *makeTrust();
    QWidget *makeRates(const std::vector<ExpressionClass> &classes);
    void showBudget(int faces);

    ReviewOutlook m_outlook;
    LinePlot *m_curve, *m_trust;
    QSpinBox *m_faces;
    QLabel *m_words;
    QPushButton *m_take;
};

} // namespace mien
