#include "studio/app/page_list.h"

#include "studio/app/start_page.h"

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
    };
    return entries;
}

} // namespace mien
