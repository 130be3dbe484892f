#include "pipeline/dlib/dlib_faces.h"

#include "pipeline/modules/module_loader.h"

namespace mien {

Result<const DlibFaces *> dlibFaces()
{
    static const Result<const DlibFaces *> module = []() -> Result<const DlibFaces *> {
        const bool hasAvx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        const char *const file = hasAvx2 ? "libmien-dlib-avx2.so" : "libmien-dlib.so";
        const auto entry = loadModule(file, "mienDlib", "which holds dlib's face detector and 68 landmarks");
        if (!entry)
            return fail(entry.error().code,
                        "This build of Mien has no dlib: " + entry.error().message +
                            " It is made where dlib's headers are (libdlib-dev); --detector mtcnn needs none.");
        return reinterpret_cast<const DlibFaces *(*)()>(*entry)();
    }();
    return module;
}

} // namespace mien
