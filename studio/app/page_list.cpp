#include "studio/app/page_list.h"

#include "studio/app/start_page.h"
#include "studio/attention/attention_page.h"
#include "studio/checking/check_page.h"
#include "studio/exporting/export_page.h"
#include "studio/gallery/gallery_page.h"
#include "studio/importing/import_page.h"
#include "studio/map/map_page.h"
#include "studio/review/review_page.h"
#include "studio/training/runs_page.h"
#include "studio/training/train_page.h"

#include <QCoreApplication>

namespace mien {

namespace {

template <typename P>
Page *make(Studio &studio)
{
    return new P(studio);
}

QString tr(const char *text)
{
    return QCoreApplication::translate("PageList", text);
}

} // namespace

const std::vector<PageEntry> &pageEntries()
{
    // id, word, icon, needs a project, maker
    static const std::vector<PageEntry> entries{
        {QStringLiteral("start"), tr("Start"), QStringLiteral("home"), false, make<StartPage>},
        {QStringLiteral("import"), tr("Import"), QStringLiteral("import"), true, make<ImportPage>},
        {QStringLiteral("gallery"), tr("Gallery"), QStringLiteral("gallery"), true, make<GalleryPage>},
        {QStringLiteral("review"), tr("Review"), QStringLiteral("review"), true, make<ReviewPage>},
        {QStringLiteral("attention"), tr("Attention"), QStringLiteral("attention"), true, make<AttentionPage>},
        {QStringLiteral("map"), tr("Map"), QStringLiteral("map"), true, make<MapPage>},
        {QStringLiteral("check"), tr("Check"), QStringLiteral("checking"), true, make<CheckPage>},
        {QStringLiteral("train"), tr("Train"), QStringLiteral("train"), true, make<TrainPage>},
        {QStringLiteral("runs"), tr("Runs"), QStringLiteral("runs"), true, make<RunsPage>},
        {QStringLiteral("export"), tr("Export"), QStringLiteral("export"), true, make<ExportPage>},
    };
    return entries;
}

} // namespace mien
