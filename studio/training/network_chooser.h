#pragma once

#include "studio/training/network_catalog.h"

#include <QDialog>

class QLabel;
class QListWidget;
class QPushButton;
class QTableWidget;

namespace mien {

class SpeedProbe;

/// The networks as cards: what each is good at, what it needs, and what it costs on this machine, measured by twenty
/// steps on drawn faces where the person asks for it; beside them the options of the chosen one in plain words.
class NetworkChooser : public QDialog
{
    Q_OBJECT

public:
    /// @param faces  that would be trained on, for the time of an epoch; 0: not known
    NetworkChooser(const QList<NetworkEntry> &networks, const QString &current, qint64 faces,
                   QWidget *parent = nullptr);
    ~NetworkChooser() override;

    QString current() const; ///< Name of the network whose card is chosen.
    bool isMeasuring() const;

Q_SIGNALS:
    void networkChosen(const QString &name); ///< The dialog closes.

private:
    void showCard(int row);
    void refresh();
    void measure();
    QString costOf(const NetworkEntry &network) const;

    QList<NetworkEntry> m_networks;
    qint64 m_faces;
    SpeedProbe *m_probe;
    QListWidget *m_cards;
    QLabel *m_title, *m_words, *m_cost;
    QTableWidget *m_options;
    QPushButton *m_measure, *m_use;
};

} // namespace mien
