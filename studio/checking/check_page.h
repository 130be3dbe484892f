#pragma once

#include "studio/common/page.h"

class QTabWidget;

namespace mien {

class DuplicatesPanel;
class SplitsPanel;

/// What should be settled before a training: pictures that are there twice, and splits that leak.
class CheckPage : public Page
{
    Q_OBJECT

public:
    explicit CheckPage(Studio &studio);

    void setSession(ProjectSession *session) override;
    void entered() override;
    QVariantMap state() const override;
    void restore(const QVariantMap &state) override;
    bool isSettled() const override;

    DuplicatesPanel &duplicates() const { return *m_duplicates; }
    SplitsPanel &splits() const { return *m_splits; }

private:
    void makeActions();
    void refreshVerbs();
    void showTab();

    QTabWidget *m_tabs;
    DuplicatesPanel *m_duplicates;
    SplitsPanel *m_splits;
};

} // namespace mien
