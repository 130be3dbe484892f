#pragma once

#include "pipeline/store/samples.h"

#include <QComboBox>
#include <QPointer>

namespace mien {

class Background;
class ProjectSession;

/// The order of the gallery: some that everybody needs, then each field that was measured in the project, from low to
/// high and from high to low.
class OrderChoice : public QComboBox
{
    Q_OBJECT

public:
    explicit OrderChoice(QWidget *parent = nullptr);
    ~OrderChoice() override;

    void setSession(ProjectSession *session);
    SampleOrder order() const;
    /// Chooses it, and offers it where it is none of those known; orderChosen() where it was another one.
    void setOrder(const SampleOrder &order);
    bool isSettled() const;

    /// As `mien list --sort` writes it: "-suspicion" from high to low.
    static QString textOf(const SampleOrder &order);
    static SampleOrder orderOf(const QString &text);

Q_SIGNALS:
    void orderChosen();

private:
    void reload();
    void fill(const QStringList &measured);
    void offer(const SampleOrder &order);

    QPointer<ProjectSession> m_session;
    Background *m_reader;
    QStringList m_measured;
};

} // namespace mien
