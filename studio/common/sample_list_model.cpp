#include "studio/common/sample_list_model.h"

#include "studio/common/background.h"
#include "studio/common/project_session.h"

#include <QLocale>
#include <QMetaObject>

#include <algorithm>

namespace mien {

SampleListModel::SampleListModel(QObject *parent)
    : QAbstractListModel(parent)
    , m_queryWork(new Background(this))
    , m_pageWork(new Background(this))
{
}

SampleListModel::~SampleListModel() = default;

void SampleListModel::setSession(ProjectSession *session)
{
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (!session) {
        setSource({}, {});
        return;
    }
    Source source;
    source.ids = [readers = session->readers()](const std::string &filter, const SampleOrder &order) {
        return readers->with([&](const Project &project) { return samplesMatching(project, filter, order); });
    };
    source.rows = [readers = session->readers()](std::span<const SampleId> ids) {
        return readers->with([&](const Project &project) { return sampleRows(project, ids); });
    };
    connect(session, &ProjectSession::dataChanged, this, &SampleListModel::refresh);
    setSource(std::move(source), session->classes());
}

void SampleListModel::setSource(Source source, std::vector<ExpressionClass> classes)
{
    m_queryWork->stop();
    m_pageWork->stop();
    m_fetching = false;
    beginResetModel();
    m_source = std::move(source);
    m_classes = std::move(classes);
    m_ids = std::make_shared<std::vector<SampleId>>();
    m_sections.clear();
    m_pages.clear();
    m_wanted.clear();
    endResetModel();
    if (m_source.ids)
        ask();
}

void SampleListModel::setQuery(const Query &query)
{
    if (query == m_query)
        return;
    m_query = query;
    ask();
}

void SampleListModel::refresh()
{
    if (m_session)
        m_classes = m_session->classes();
    ask();
}

void SampleListModel::ask()
{
    if (!m_source.ids)
        return;
    m_queryWork->start(
        [ask = m_source.ids, query = m_query, classes = m_classes](const Job &job) -> Result<Answer> {
            const std::string filter = query.filter.trimmed().toStdString();
            auto all = ask(filter, query.order);
            if (!all)
                return fail(all.error());
            Answer answer;
            if (!query.byLabel) {
                answer.ids = std::make_shared<std::vector<SampleId>>(std::move(*all));
                return answer;
            }
            std::vector<SampleId> ordered, placed;
            ordered.reserve(all->size());
            for (const ExpressionClass &expression : classes) {
                if (job.stop.stop_requested())
                    return fail(ErrorCode::Cancelled, {});
                const std::string part = "label:\"" + expression.name + "\"";
                auto members = ask(filter.empty() ? part : "(" + filter + ") " + part, query.order);
                if (!members)
                    return fail(members.error());
                if (members->empty())
                    continue;
                answer.sections.push_back({QString::fromStdString(expression.display), expression.id,
                                           int(ordered.size()), int(members->size())});
                ordered.insert(ordered.end(), members->begin(), members->end());
            }
            placed = ordered;
            std::sort(placed.begin(), placed.end());
            const int first = int(ordered.size());
            for (const SampleId id : *all) {
                if (!std::binary_search(placed.begin(), placed.end(), id))
                    ordered.push_back(id);
            }
            if (int(ordered.size()) > first)
                answer.sections.push_back({tr("Without a class"), {}, first, int(ordered.size()) - first});
            answer.ids = std::make_shared<std::vector<SampleId>>(std::move(ordered));
            return answer;
        },
        [this](const Result<Answer> &answer) {
            if (!answer) {
                if (answer.error().code != ErrorCode::Cancelled)
                    Q_EMIT failed(QString::fromStdString(answer.error().message));
                Q_EMIT queried();
                return;
            }
            if (*answer->ids == *m_ids) {
                // The same faces: what is shown stays and is brought up to date behind the scenes.
                m_sections = answer->sections;
                for (auto it = m_pages.begin(); it != m_pages.end(); ++it)
                    it->stale = true;
                if (rowCount() > 0)
                    Q_EMIT dataChanged(index(0), index(rowCount() - 1));
            } else {
                beginResetModel();
                m_ids = answer->ids;
                m_sections = answer->sections;
                m_pages.clear();
                m_wanted.clear();
                m_pageWork->stop();
                m_fetching = false;
                endResetModel();
            }
            Q_EMIT queried();
        });
}

int SampleListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_ids->size());
}

const SampleRow *SampleListModel::rowAt(int row) const
{
    if (row < 0 || row >= rowCount())
        return nullptr;
    const int page = row / pageRows;
    const auto at = m_pages.constFind(page);
    const bool known = at != m_pages.cend();
    if (!known || at->stale) {
        m_wanted.insert(page);
        if (!m_fetchPosted && !m_fetching) {
            m_fetchPosted = true;
            auto *self = const_cast<SampleListModel *>(this);
            QMetaObject::invokeMethod(self, [self] { self->fetchPages(); }, Qt::QueuedConnection);
        }
    }
    if (!known)
        return nullptr;
    at->used = ++m_clock;
    const SampleId id = idAt(row);
    const auto inPage = std::size_t(row % pageRows);
    // sampleRows() leaves out unknown ids, so a row may have moved forward.
    for (std::size_t i = std::min(inPage + 1, at->rows.size()); i-- > 0;) {
        if (at->rows[i].id == id)
            return &at->rows[i];
    }
    return nullptr;
}

void SampleListModel::fetchPages()
{
    m_fetchPosted = false;
    if (m_fetching || m_wanted.empty() || !m_source.rows)
        return;
    // The newest wishes are what is on the screen; more than a few pages at once would make them wait.
    std::vector<int> pages;
    for (auto it = m_wanted.rbegin(); it != m_wanted.rend() && pages.size() < 4; ++it)
        pages.push_back(*it);
    m_wanted.clear();
    m_fetching = true;
    using Fetched = std::vector<std::pair<int, std::vector<SampleRow>>>;
    m_pageWork->start(
        [rows = m_source.rows, ids = m_ids, pages](const Job &job) -> Result<Fetched> {
            Fetched fetched;
            for (const int page : pages) {
                if (job.stop.stop_requested())
                    return fail(ErrorCode::Cancelled, {});
                const std::size_t first = std::size_t(page) * pageRows;
                if (first >= ids->size())
                    continue;
                const std::size_t count = std::min<std::size_t>(pageRows, ids->size() - first);
                auto read = rows(std::span(ids->data() + first, count));
                if (!read)
                    return fail(read.error());
                fetched.emplace_back(page, std::move(*read));
            }
            return fetched;
        },
        [this](const Result<Fetched> &fetched) {
            m_fetching = false;
            if (!fetched) {
                if (fetched.error().code != ErrorCode::Cancelled)
                    Q_EMIT failed(QString::fromStdString(fetched.error().message));
                return;
            }
            for (const auto &[page, rows] : *fetched) {
                m_pages.insert(page, {rows, false, ++m_clock});
                const int first = page * pageRows;
                Q_EMIT dataChanged(index(first), index(std::min(first + pageRows, rowCount()) - 1));
            }
            while (m_pages.size() > keptPages) {
                auto oldest = m_pages.begin();
                for (auto it = m_pages.begin(); it != m_pages.end(); ++it) {
                    if (it->used < oldest->used)
                        oldest = it;
                }
                m_pages.erase(oldest);
            }
            fetchPages();
        });
}

QVariant SampleListModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    if (role == SampleIdRole)
        return QVariant::fromValue<qint64>(idAt(index.row()).value);
    const SampleRow *row = rowAt(index.row());
    if (role == Qt::AccessibleTextRole)
        return spoken(index.row());
    if (!row)
        return role == Qt::DisplayRole ? QVariant(QStringLiteral("…")) : QVariant();
    switch (role) {
    case Qt::DisplayRole: return row->label ? className(row->label) : tr("no label");
    case SourceRole:
    case Qt::ToolTipRole: return QString::fromStdString(row->source);
    case FlagRole: return int(row->flag);
    case SuspicionRole: return row->scored ? QVariant(row->suspicion) : QVariant();
    default: return {};
    }
}

QHash<int, QByteArray> SampleListModel::roleNames() const
{
    QHash<int, QByteArray> names = QAbstractListModel::roleNames();
    names.insert(
        {{SampleIdRole, "sampleId"}, {SourceRole, "source"}, {FlagRole, "flag"}, {SuspicionRole, "suspicion"}});
    return names;
}

int SampleListModel::rowOf(SampleId id) const
{
    const auto at = std::find(m_ids->begin(), m_ids->end(), id);
    return at == m_ids->end() ? -1 : int(at - m_ids->begin());
}

QString SampleListModel::className(std::optional<ClassId> id) const
{
    for (const ExpressionClass &expression : m_classes) {
        if (id && expression.id == *id)
            return QString::fromStdString(expression.name);
    }
    return tr("no label");
}

QString SampleListModel::spoken(int row) const
{
    QStringList parts{tr("row %1").arg(row + 1)};
    const SampleRow *sample = rowAt(row);
    if (!sample)
        return parts.first();
    const QLocale locale;
    parts << tr("given %1").arg(className(sample->given));
    if (sample->label != sample->given || sample->state != sample->givenState) {
        parts << (sample->label ? tr("now %1").arg(className(sample->label))
                                : tr("now %1").arg(QString::fromUtf8(nameOf(sample->state).data(),
                                                                     qsizetype(nameOf(sample->state).size()))));
    }
    if (sample->scored) {
        if (sample->suggested)
            parts << tr("suggested %1").arg(className(sample->suggested));
        parts << tr("suspicion %1").arg(locale.toString(sample->suspicion, 'f', 2));
        parts << tr("reliability %1").arg(locale.toString(sample->arbexConfidence, 'f', 2));
    }
    if (sample->flag == FlagState::Open)
        parts << tr("flagged");
    if (sample->reviews > 0)
        parts << tr("%Ln opinion(s)", nullptr, sample->reviews);
    if (sample->excluded)
        parts << tr("excluded");
    return parts.join(QStringLiteral(", "));
}

bool SampleListModel::isBusy() const
{
    return m_queryWork->isBusy() || m_fetching || m_fetchPosted || !m_wanted.empty();
}

} // namespace mien
