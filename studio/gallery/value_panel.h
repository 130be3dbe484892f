#pragma once

#include "studio/gallery/value_range.h"

#include <QPointer>
#include <QWidget>

#include <memory>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QTimer;

namespace mien {

class Background;
class Histogram;
class ProjectSession;

/// How a measured value is spread over the faces of the filter, and a range of it that narrows the filter: what is
/// chosen here stands in the filter's text, and what is written there shows here. Values are read away from the GUI
/// thread, for what the rest of the filter lets through.
class ValuePanel : public QWidget
{
    Q_OBJECT

public:
    explicit ValuePanel(QWidget *parent = nullptr);
    ~ValuePanel() override;

    void setSession(ProjectSession *session);
    void setFilter(const QString &filter); ///< As the gallery shows it.
    QString field() const;
    void setField(const QString &field); ///< One of those measured; others are left out of the list.
    bool isSettled() const;
    Histogram &histogram() const { return *m_histogram; }

Q_SIGNALS:
    void filterChosen(const QString &filter);
    void selectionWanted(); ///< Of all faces that the filter with its range lets through.

protected:
    void showEvent(QShowEvent *event) override;

private:
    struct Values;
    void reload();
    void show(const Values &values);
    void showRange();
    void choose(const ValueRange &range);
    void apply();
    void refreshWords();

    QPointer<ProjectSession> m_session;
    Background *m_reader;
    QTimer *m_pause;
    QString m_filter, m_wantedField;
    ValueRange m_range;
    qint64 m_faces = 0; ///< That the rest of the filter lets through, with a value or without.

    QComboBox *m_field;
    Histogram *m_histogram;
    QDoubleSpinBox *m_low, *m_high;
    QLabel *m_words;
    QPushButton *m_all, *m_select;
    bool m_showing = false; ///< The controls follow the filter, not a person.
};

} // namespace mien
