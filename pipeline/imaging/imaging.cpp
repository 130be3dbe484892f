#include "pipeline/imaging/imaging.h"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>

namespace mien {

namespace {

Result<const Imaging *> load()
{
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    const fs::path folder = program.parent_path();
    std::string reason;
    for (const fs::path &candidate : {folder / "../lib/libmien-imaging.so", folder / "libmien-imaging.so"}) {
        if (!fs::exists(candidate, error))
            continue;
        void *const module = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!module) {
            reason = dlerror();
            continue;
        }
        const auto entry = reinterpret_cast<const Imaging *(*)()>(dlsym(module, "mienImaging"));
        if (entry)
            return entry();
        reason = candidate.string() + " is not Mien's imaging module";
    }
    return fail(ErrorCode::NotFound,
                "The module libmien-imaging.so, which reads pictures, cannot be loaded" +
                    (reason.empty() ? " (it is not in " + (folder / "../lib").lexically_normal().string() + ")"
                                    : ": " + reason) +
                    "; install Mien again.");
}

} // namespace

Result<const Imaging *> imaging()
{
    static std::once_flag once;
    static Result<const Imaging *> module = nullptr;
    std::call_once(once, [] { module = load(); });
    return module;
}

} // namespace mien
