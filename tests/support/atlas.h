#pragma once

#include "studio/app/main_window.h"
#include "studio/common/studio.h"
#include "studio/map/map_page.h"
#include "studio/map/map_view.h"

#include <QString>

#include <filesystem>
#include <string>
#include <vector>

namespace mien::test {

/// Seven groups, one for each class, on a circle; who has no label lies in the middle. Sample i + 1 at place i.
std::vector<float> groupedLayout(int count);

/// A map of run r1 as `mien embed` writes it, with these places for samples 1 to N. Its file.
std::filesystem::path writeMap(const std::filesystem::path &project, const std::vector<float> &layout,
                               const std::string &name = "0123abcd");

/// A window with Map in front.
class Atlas
{
public:
    explicit Atlas(const std::filesystem::path &folder);

    MapView &view() { return page->view(); }
    Studio &studio() { return page->studio(); }
    void settle();
    void trigger(const char *id);
    QString words(const char *name); ///< Of a label of the page.

    /// Drags around the group of a class of groupedLayout(), as with a mouse.
    void lassoGroup(int group, Qt::KeyboardModifiers modifiers = {});

    MainWindow window;
    MapPage *page = nullptr;
};

} // namespace mien::test
