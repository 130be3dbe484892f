#include "studio/common/page.h"

namespace mien {

Page::Page(Studio &studio, const QString &id, QWidget *parent)
    : QWidget(parent)
    , m_studio(studio)
{
    setObjectName(id);
}

} // namespace mien
