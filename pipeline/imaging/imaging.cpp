#include "pipeline/imaging/imaging.h"

#include "pipeline/modules/module_loader.h"

namespace mien {

Result<const Imaging *> imaging()
{
    static const Result<const Imaging *> module = []() -> Result<const Imaging *> {
        const auto entry = loadModule("libmien-imaging.so", "mienImaging", "which reads pictures");
        if (!entry)
            return fail(entry.error());
        return reinterpret_cast<const Imaging *(*)()>(*entry)();
    }();
    return module;
}

} // namespace mien
