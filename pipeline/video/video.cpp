#include "pipeline/video/video.h"

#include "pipeline/modules/module_loader.h"

namespace mien {

Result<const Video *> video()
{
    static const Result<const Video *> module = []() -> Result<const Video *> {
        const auto entry = loadModule("libmien-video.so", "mienVideo", "which reads videos");
        if (!entry)
            return fail(entry.error());
        return reinterpret_cast<const Video *(*)()>(*entry)();
    }();
    return module;
}

} // namespace mien
